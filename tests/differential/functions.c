/* SPDX-License-Identifier: MIT */
/*
 * All functions, Consul's too: its answers come from the file that ANSWERS
 * names, a line for each: function, argument, path, JSON, with tabs between.
 * functions/consul.go reads the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "weir/catalog.h"
#include "weir/consul.h"

const struct func_family *const *const driver_families = catalog_families;

static struct catalog *catalog;
static struct view view;

static enum query_kind
kind_of(const char *function)
{
	static const struct {
		const char *function;
		enum query_kind kind;
	} kinds[] = {{"service", QUERY_SERVICE}, {"services", QUERY_SERVICES},
	    {"nodes", QUERY_NODES}, {"node", QUERY_NODE}};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kinds[i].function, function) == 0)
			return kinds[i].kind;
	return QUERY_KEY_LIST;
}

static void
put_answer(const char *function, struct str argument, struct str json)
{
	struct error e = {0};
	struct wanted *w;
	struct answer *a = NULL;

	if (view_parse(&view, kind_of(function), argument, &w, &e) == 0)
		a = consul_decode(w->query, json, &e);
	if (!a) {
		fprintf(stderr, "functions: %s: %s\n", function, e.text);
		exit(2);
	}
	catalog_put(catalog, w->query->id, a);
}

static void
read_answers(FILE *in)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, in) > 0) {
		char *part[4], *next = line;

		line[strcspn(line, "\n")] = 0;
		for (int i = 0; i < 4; i++)
			part[i] = strsep(&next, "\t");
		if (part[3])
			put_answer(part[0], str_of(part[1]), str_of(part[3]));
	}
	free(line);
}

static void
fini(void)
{
	view_fini(&view);
	catalog_free(&catalog);
}

void *
driver_data(void)
{
	const char *path = getenv("ANSWERS");
	FILE *in = NULL;

	if (catalog) {
		view_reset(&view);
		return &view;
	}
	catalog = catalog_new();
	view_init(&view, catalog);
	atexit(fini);
	if (path)
		in = fopen(path, "r");
	if (in) {
		read_answers(in);
		fclose(in);
	}
	return &view;
}
