/* SPDX-License-Identifier: MIT */
/*
 * The planner by hand: reads paths of configurations from stdin, a line each,
 * and prints how to get from the last one to it: the commands, or
 * "reload REASON", then ".". A reload forgets what was left over. Other lines:
 * "expire" (what drains goes, what is gone is deleted), "undo" (the undo of the
 * last steps, the last first), "reloaded" (as after a reload).
 *
 * usage: stepper VERSION [dynamic] [delete] [drain=MS] [proven] <PATHS
 */
#include <stdio.h>
#include <stdlib.h>

#include "weir/file.h"
#include "weir/limits.h"
#include "weir/runtime.h"

struct text {
	struct buf bytes;
	struct haproxy_model model;
};

static struct haproxy_running running;
static struct haproxy_policy policy;
static bool show_proven;

static void
load(struct text *t, const char *path)
{
	struct error e = {0};

	*t = (struct text){0};
	if (file_read(path, LIMIT_OUTPUT_BYTES, &t->bytes, &e) != 0) {
		fprintf(stderr, "stepper: %s: %s\n", path, e.text);
		exit(2);
	}
	haproxy_model_parse(&t->model, buf_as_str(&t->bytes));
}

static void
unload(struct text *t)
{
	haproxy_model_fini(&t->model);
	buf_fini(&t->bytes);
}

static void
forget(void)
{
	haproxy_running_fini(&(struct haproxy_running){
	    .leftovers = running.leftovers, .count = running.count});
	running.leftovers = NULL;
	running.count = 0;
}

static void
show(struct haproxy_steps *s)
{
	if (s->reload) {
		printf("reload %s\n", s->reason.ptr);
		forget();
	}
	for (size_t i = 0; i < s->count; i++)
		printf("%s\n", s->items[i].command.ptr);
	if (show_proven && !s->reload)
		puts(s->proven ? "proven" : "not proven");
	haproxy_steps_note(s, &running, &policy, 0);
}

static void
plan(struct text *t, const char *path, struct haproxy_steps *last)
{
	struct text next;

	load(&next, path);
	haproxy_steps_fini(last);
	haproxy_steps_plan(last, &t->model, &next.model, &running, &policy);
	show(last);
	unload(t);
	*t = next;
}

static void
undo(const struct haproxy_steps *s)
{
	for (size_t i = s->count; i > 0; i--)
		if (s->items[i - 1].undo.ptr)
			printf("%s\n", s->items[i - 1].undo.ptr);
}

/* A deletion takes a leftover away, so from the last to the first. */
static void
expire(const struct text *t)
{
	for (size_t i = running.count; i > 0; i--) {
		struct haproxy_steps s;

		haproxy_steps_expire(&s, &running.leftovers[i - 1], &t->model,
		    &running, &policy);
		show(&s);
		haproxy_steps_fini(&s);
	}
}

static bool
read_options(int argc, char **argv)
{
	if (argc < 2 || haproxy_version_parse(argv[1], &running.version) < 0)
		return false;
	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "dynamic"))
			policy.dynamic = true;
		else if (!strcmp(argv[i], "delete"))
			policy.delete = true;
		else if (!strcmp(argv[i], "proven"))
			show_proven = true;
		else if (!strncmp(argv[i], "drain=", 6))
			policy.drain_ms = atoll(argv[i] + 6);
		else
			return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	struct text now = {0};
	struct haproxy_steps last = {0};
	char line[4096];
	bool started = false;

	if (!read_options(argc, argv)) {
		fputs("usage: stepper VERSION [dynamic] [delete] [drain=MS] "
		      "[proven] <PATHS\n",
		    stderr);
		return 2;
	}
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		if (!strcmp(line, "expire"))
			expire(&now);
		else if (!strcmp(line, "reloaded"))
			forget();
		else if (!strcmp(line, "undo"))
			undo(&last);
		else if (started)
			plan(&now, line, &last);
		else
			load(&now, line);
		started = true;
		puts(".");
		fflush(stdout);
	}
	haproxy_steps_fini(&last);
	haproxy_running_fini(&running);
	unload(&now);
	return 0;
}
