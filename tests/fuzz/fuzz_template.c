/* SPDX-License-Identifier: MIT */
/* seeds: tests/template/cases/syntax tests/template/cases/values */
/*
 * Lexer, parser and executor: any bytes as a template, executed with no data
 * behind Consul's functions and no way to reach outside.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "weir/catalog.h"
#include "weir/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
on_file_written(void *arg, const char *path, struct str content)
{
	(void)arg;
	(void)path;
	(void)content;
}

/* A fuzzer's template must not read files or the environment. */
static const char *denied[] = {"file", "env*", "mustEnv", "plugin", "sockaddr",
    "spew_dump", "spew_printf"};

static void
execute(struct template *t, struct catalog *catalog)
{
	struct view view;
	struct arena arena;
	struct buf out;
	struct error e = {0};
	struct template_world world = {.file_written = on_file_written};
	struct render r = {
	    .arena = &arena, .out = &out, .data = &view, .world = &world};

	view_init(&view, catalog);
	arena_init(&arena, 0);
	buf_init(&out, 1 << 20);
	template_execute(t, &r, &e);
	error_fini(&e);
	buf_fini(&out);
	arena_fini(&arena);
	view_fini(&view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct template_options o = {.path = "fuzz.tmpl",
	    .denied = denied,
	    .denied_count = sizeof(denied) / sizeof(*denied),
	    .families = catalog_families};
	struct catalog *catalog = catalog_new();
	struct error e = {0};
	struct template *t =
	    template_new(&o, (struct str){(const char *)data, size}, &e);

	if (t)
		execute(t, catalog);
	template_free(&t);
	error_fini(&e);
	catalog_free(&catalog);
	return 0;
}
