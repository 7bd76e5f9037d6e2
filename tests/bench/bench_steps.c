/* SPDX-License-Identifier: MIT */
/*
 * What planning costs: two configurations of 500 backends with 40 servers each,
 * that differ in one server, in all, in one line that comes, and only in
 * blanks. The new text is read each time, the old one is known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/runtime.h"

#define BACKENDS 500
#define SERVERS  40
#define ROUNDS   25

struct shape {
	const char *name;
	int backends; /* so many differ */
	int servers;  /* so many in each */
	bool reload;  /* what is to come out */
	size_t steps;
	const char *line; /* of a server that differs */
};

/* '@' stands for "NUMBER 10.B.B.NUMBER:PORT". */
static void
put_server(struct buf *out, const char *line, int b, int s)
{
	for (; line && *line; line++) {
		if (*line == '@')
			buf_printf(out, "%d 10.%d.%d.%d:%d", s, b / 250,
			    b % 250, s, 8000 + s);
		else
			buf_char(out, *line);
	}
	if (line)
		buf_char(out, '\n');
}

static const char plain[] = "\tserver web-@ check weight 10 inter 2s";

static struct str
write_text(struct buf *out, const struct shape *shape)
{
	buf_puts(out, "global\n\tmaxconn 500\ndefaults\n\tmode http\n"
		      "\ttimeout connect 1s\n\tdefault-server fall 2\n");
	for (int b = 0; b < BACKENDS; b++) {
		bool differs = shape && b < shape->backends;

		buf_printf(
		    out, "backend service-%d\n\tbalance roundrobin\n", b);
		for (int s = 0; s < SERVERS; s++)
			put_server(out,
			    differs && s < shape->servers ? shape->line : plain,
			    b, s);
	}
	return buf_as_str(out);
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
plan_once(
    const struct haproxy_model *old, struct str text, const struct shape *shape)
{
	struct haproxy_running running = {.version = {3, 0, 11, "3.0.11"}};
	struct haproxy_policy policy = {.dynamic = true};
	struct haproxy_model new;
	struct haproxy_steps steps;

	haproxy_model_parse(&new, text);
	haproxy_steps_plan(&steps, old, &new, &running, &policy);
	if (steps.reload != shape->reload || steps.count != shape->steps) {
		fprintf(stderr, "bench_steps: %s: %zu steps, %s\n", shape->name,
		    steps.count, steps.reload ? steps.reason.ptr : "no reload");
		exit(1);
	}
	haproxy_steps_fini(&steps);
	haproxy_model_fini(&new);
}

static void
measure(const struct haproxy_model *old, const struct shape *shape)
{
	struct buf out = {0};
	struct str text = write_text(&out, shape);
	double ms[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		double from = cpu_ms();

		plan_once(old, text, shape);
		ms[i] = cpu_ms() - from;
	}
	qsort(ms, ROUNDS, sizeof(*ms), compare);
	printf("%-28s %8zu %9.2f %9.2f\n", shape->name, shape->steps, ms[0],
	    ms[ROUNDS / 2]);
	buf_fini(&out);
}

int
main(void)
{
	static const struct shape shapes[] = {
	    {"nothing differs", 0, 0, false, 0, NULL},
	    {"one server's weight", 1, 1, false, 1,
		"\tserver web-@ check weight 20 inter 2s"},
	    {"one server is gone", 1, 1, false, 1, NULL},
	    {"one server is new", 1, 1, false, 4,
		"\tserver new-@ check weight 10 inter 2s"},
	    {"one of each backend", BACKENDS, 1, false, BACKENDS,
		"\tserver web-@ check weight 20 inter 2s"},
	    {"all servers' weights", BACKENDS, SERVERS, false,
		BACKENDS * SERVERS, "\tserver web-@ check weight 20 inter 2s"},
	    {"only blanks, in all", BACKENDS, SERVERS, false, 0,
		" server  web-@ check weight 10 inter 2s #"},
	    {"an option of all: reload", BACKENDS, SERVERS, true, 0,
		"\tserver web-@ check weight 10 inter 3s"}};
	struct buf out = {0};
	struct haproxy_model old;

	haproxy_model_parse(&old, write_text(&out, NULL));
	printf("%d servers, %.1f MB; CPU time to read the new text and plan:\n"
	       "%-28s %8s %9s %9s\n",
	    BACKENDS * SERVERS, (double)out.len / 1e6, "", "steps", "best ms",
	    "median ms");
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		measure(&old, &shapes[i]);
	haproxy_model_fini(&old);
	buf_fini(&out);
	return 0;
}
