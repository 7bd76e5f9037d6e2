/* SPDX-License-Identifier: MIT */
/*
 * What an answer costs until its records are there: Consul's JSON of 500
 * services × 40 instances, as `consul agent -dev` prints it, through jansson's
 * tree, through the same with an arena under it, and through our decoder. The
 * trees are only built and freed, nothing is read from them: what they would
 * still cost is to our decoder's disadvantage.
 */
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/catalog.h"
#include "weir/consul.h"
#include "weir/error.h"

#define SERVICES  500
#define INSTANCES 40
#define ROUNDS    7

static struct buf texts[SERVICES];
static struct answer *answers[SERVICES];
static struct arena arena;
static struct arena kept;
static struct query *query;

/* ---- the answers ---- */

static const char node_json[] = "        \"Node\": {\n"
				"            \"ID\": \"\",\n"
				"            \"Node\": \"node-%d\",\n"
				"            \"Address\": \"10.1.0.%d\",\n"
				"            \"Datacenter\": \"dc1\",\n"
				"            \"TaggedAddresses\": null,\n"
				"            \"Meta\": null,\n"
				"            \"CreateIndex\": 12,\n"
				"            \"ModifyIndex\": 12\n"
				"        },\n";

static const char service_json[] = "        \"Service\": {\n"
				   "            \"ID\": \"svc-%d-%d\",\n"
				   "            \"Service\": \"svc-%d\",\n"
				   "            \"Tags\": [\n"
				   "                \"http\",\n"
				   "                \"zone-%d\"\n"
				   "            ],\n"
				   "            \"Address\": \"\",\n"
				   "            \"Meta\": {\n"
				   "                \"version\": \"1.4.2\"\n"
				   "            },\n"
				   "            \"Port\": %d,\n"
				   "            \"Weights\": {\n"
				   "                \"Passing\": 1,\n"
				   "                \"Warning\": 1\n"
				   "            },\n"
				   "            \"EnableTagOverride\": false,\n"
				   "            \"Proxy\": {\n"
				   "                \"MeshGateway\": {},\n"
				   "                \"Expose\": {}\n"
				   "            },\n"
				   "            \"Connect\": {},\n"
				   "            \"CreateIndex\": 23,\n"
				   "            \"ModifyIndex\": 23\n"
				   "        },\n";

static const char check_json[] = "            {\n"
				 "                \"Node\": \"node-%d\",\n"
				 "                \"CheckID\": \"%s\",\n"
				 "                \"Name\": \"%s\",\n"
				 "                \"Status\": \"passing\",\n"
				 "                \"Notes\": \"\",\n"
				 "                \"Output\": \"%s\",\n"
				 "                \"ServiceID\": \"%s\",\n"
				 "                \"ServiceName\": \"%s\",\n"
				 "                \"ServiceTags\": [%s],\n"
				 "                \"Type\": \"\",\n"
				 "                \"Definition\": {},\n"
				 "                \"CreateIndex\": 23,\n"
				 "                \"ModifyIndex\": 23\n"
				 "            }%s\n";

static void
print_instance(struct buf *b, int s, int n)
{
	char check[64], id[64], name[32], tags[96], title[64];

	snprintf(id, sizeof(id), "svc-%d-%d", s, n);
	snprintf(check, sizeof(check), "service:%.40s", id);
	snprintf(name, sizeof(name), "svc-%d", s);
	snprintf(title, sizeof(title), "%.20s check", name);
	snprintf(tags, sizeof(tags),
	    "\n                    \"http\",\n"
	    "                    \"zone-%d\"\n                ",
	    n % 3);
	buf_puts(b, "    {\n");
	buf_printf(b, node_json, n, n + 1);
	buf_printf(b, service_json, s, n, s, n % 3, 20000 + n);
	buf_puts(b, "        \"Checks\": [\n");
	buf_printf(b, check_json, n, "externalNodeHealth", "node alive",
	    "Agent alive and reachable", "", "", "", ",");
	buf_printf(b, check_json, n, check, title, "HTTP GET: 200 OK", id, name,
	    tags, "");
	buf_puts(b, "        ]\n");
	buf_puts(b, n + 1 < INSTANCES ? "    },\n" : "    }\n");
}

static size_t
print_answers(void)
{
	size_t bytes = 0;

	for (int s = 0; s < SERVICES; s++) {
		buf_puts(&texts[s], "[\n");
		for (int n = 0; n < INSTANCES; n++)
			print_instance(&texts[s], s, n);
		buf_puts(&texts[s], "]\n");
		bytes += texts[s].len;
	}
	return bytes;
}

/* ---- the ways ---- */

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static void
fail(const char *text)
{
	fprintf(stderr, "bench_decode: %s\n", text);
	exit(1);
}

/* Each way: bytes of memory when it is done, the tree or the records. */
static size_t
build_tree(size_t i)
{
	size_t before = in_use(), most;
	json_t *tree = json_loadb(texts[i].ptr, texts[i].len, 0, NULL);

	if (!tree)
		fail("jansson refuses an answer");
	most = in_use() - before;
	json_decref(tree);
	return most;
}

static void *
take(size_t n)
{
	return arena_alloc(&arena, n);
}

static void
leave(void *p)
{
	(void)p;
}

static size_t
build_tree_in_arena(size_t i)
{
	size_t before = in_use(), most;

	if (!json_loadb(texts[i].ptr, texts[i].len, 0, NULL))
		fail("jansson refuses an answer");
	most = in_use() - before;
	arena_fini(&arena);
	return most;
}

static size_t
decode(size_t i)
{
	size_t before = in_use();
	struct error e = {0};

	answer_unref(&answers[i]);
	answers[i] = consul_decode(query, buf_as_str(&texts[i]), &e);
	if (!answers[i] || answers[i]->value.len != INSTANCES)
		fail(e.text ? e.text : "instances are missing");
	return in_use() - before;
}

/* ---- measuring ---- */

static const struct way {
	const char *name;
	size_t (*run)(size_t);
} ways[] = {
    {"jansson, a tree", build_tree},
    {"jansson, a tree in an arena", build_tree_in_arena},
    {"our decoder, with the records", decode},
};

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The best of some rounds: others use the machine too. */
static void
measure(const struct way *w)
{
	double best = 0;
	size_t most = 0;

	if (w->run == build_tree_in_arena)
		json_set_alloc_funcs(take, leave);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ms(), took;

		for (size_t i = 0; i < SERVICES; i++) {
			size_t n = w->run(i);

			if (round == 0 && n > most)
				most = n;
		}
		took = now_ms() - start;
		if (!round || took < best)
			best = took;
	}
	json_set_alloc_funcs(malloc, free);
	printf("%-32s %8.1f ms %8.0f us %8.0f kB\n", w->name, best,
	    best * 1000 / SERVICES, (double)most / 1024);
}

int
main(void)
{
	size_t bytes = print_answers(), before;

	if (query_parse(QUERY_SERVICE, STR("svc"), &kept, &query, NULL) != 0)
		fail("the query is wrong");
	printf("%d answers of %d instances, %.0f kB each\n", SERVICES,
	    INSTANCES, (double)bytes / SERVICES / 1024);
	printf("%-32s %11s %11s %11s\n", "", "all of them", "each", "memory");
	before = in_use();
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		measure(&ways[i]);
	printf("records of all answers, kept: %.1f MB\n",
	    (double)(in_use() - before) / (1 << 20));
	for (size_t i = 0; i < SERVICES; i++) {
		answer_unref(&answers[i]);
		buf_fini(&texts[i]);
	}
	arena_fini(&kept);
	return 0;
}
