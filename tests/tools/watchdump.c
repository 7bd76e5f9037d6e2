/* SPDX-License-Identifier: MIT */
/*
 * Watches queries and says what comes: a look at the consul stage alone.
 *
 * usage: watchdump [-1] [-q] [-n CONNECTIONS] [-a ADDRESS] QUERY…
 *   QUERY is KIND:ARGUMENT (service:web|any, kv:app/name, nodes:) or
 *   service:web-%d*500 for 500 of them. -1: one answer each, then ends; SIGINT
 *   ends it otherwise. -q: no line for each answer.
 */
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "weir/consul.h"
#include "weir/log.h"
#include "weir/xalloc.h"

static const struct {
	const char *name;
	enum query_kind kind;
} kinds[] = {{"service", QUERY_SERVICE}, {"connect", QUERY_CONNECT},
    {"services", QUERY_SERVICES}, {"node", QUERY_NODE}, {"nodes", QUERY_NODES},
    {"datacenters", QUERY_DATACENTERS}, {"key", QUERY_KEY},
    {"kv", QUERY_KEY_GET}, {"ls", QUERY_KEY_LIST}, {"roots", QUERY_CA_ROOTS},
    {"leaf", QUERY_CA_LEAF}, {"partitions", QUERY_PARTITIONS}};

static struct consul *consul;
static struct catalog *catalog;
static uv_loop_t loop;
static uv_signal_t on_int, on_usr1;
static size_t wanted, heard;
static bool once, quiet;
static uint64_t began;

static void
report(const char *when)
{
	struct rusage u;
	struct consul_totals t;
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	if (getenv("TRIM"))
		malloc_trim(0);
	getrusage(RUSAGE_SELF, &u);
	consul_totals(consul, &t);
	printf("%s: %.3f s, cpu %.3f s, peak %ld kB, %" PRIu64
	       " requests, %" PRIu64 " answers, %" PRIu64 " changes, %" PRIu64
	       " errors, %" PRIu64 " MB, %" PRIu64 " sweeps, %u out\n",
	    when, (double)(uv_hrtime() - began) / 1e9,
	    (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
	    u.ru_maxrss, t.requests, t.answers, t.changes, t.errors,
	    t.bytes >> 20, t.sweeps, t.connections);
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "RssAnon", 7))
			fputs(line, stdout);
	if (f)
		fclose(f);
	fflush(stdout);
}

static void
on_closed(void *arg)
{
	(void)arg;
	uv_close((uv_handle_t *)&on_int, NULL);
	uv_close((uv_handle_t *)&on_usr1, NULL);
}

static void
on_signal(uv_signal_t *s, int number)
{
	struct watch_info info;
	unsigned states[6] = {0};

	(void)s;
	if (!consul)
		return;
	if (number == SIGINT || number == SIGTERM) {
		report("end");
		consul_close(&consul, on_closed, NULL);
		return;
	}
	report("now");
	for (size_t i = 0; consul_next(consul, &i, &info);)
		states[info.state]++;
	for (int i = 0; i < 6; i++)
		printf(
		    "%s %u ", watch_state_name((enum watch_state)i), states[i]);
	printf("\n");
	fflush(stdout);
}

static void
on_change(void *arg, struct str id, bool changed)
{
	struct answer *a = catalog_get(catalog, id);

	(void)arg;
	if (!quiet)
		printf("%10.3f %.*s %s: %u, index %" PRIu64 "\n",
		    (double)(uv_hrtime() - began) / 1e9, (int)id.len, id.ptr,
		    changed ? "changed" : "same", a ? a->value.len : 0,
		    a ? a->index : 0);
	fflush(stdout);
	if (++heard == wanted) {
		report("all");
		if (once)
			consul_close(&consul, on_closed, NULL);
	}
}

static void
parse(struct arena *arena, const char *word, const struct query ***out)
{
	const char *colon = strchr(word, ':'), *star = strrchr(word, '*');
	int count = star ? atoi(star + 1) : 1;
	size_t n = colon ? (size_t)(colon - word) : strlen(word);

	for (int i = 0; i < count; i++)
		for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
			struct query *q = NULL;
			struct error e = {0};
			char text[256] = "";
			char rest[256], *mark;

			if (strlen(kinds[k].name) != n ||
			    strncmp(kinds[k].name, word, n) != 0)
				continue;
			if (colon)
				snprintf(text, sizeof(text), "%.*s",
				    (int)(star ? star - colon - 1 : 255),
				    colon + 1);
			if ((mark = strstr(text, "%d"))) {
				strcpy(rest, mark + 2);
				sprintf(mark, "%d%.200s", i, rest);
			}
			if (query_parse(kinds[k].kind, str_of(text), arena, &q,
				&e) != 0) {
				fprintf(stderr, "%s: %s\n", word,
				    e.text ? e.text : "asks nothing");
				exit(2);
			}
			(*out)[wanted++] = q;
		}
}

int
main(int argc, char **argv)
{
	struct config_consul config = {.verify = true,
	    .compression = -1,
	    .stale_ms = 2000,
	    .wait_ms = 60000,
	    .connect_timeout_ms = 5000,
	    .retry_min_ms = 250,
	    .retry_max_ms = 30000,
	    .max_connections = 100};
	const struct query **queries = xcalloc(20000, sizeof(*queries));
	struct arena arena = {0};
	struct error e = {0};
	char *addresses[8];
	int letter;

	config.addresses.items = addresses;
	while ((letter = getopt(argc, argv, "1qvka:n:t:w:c:C:K:")) != -1)
		switch (letter) {
		case '1':
			once = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'v':
			log_init(LOG_LEVEL_DEBUG, LOG_FORMAT_TEXT);
			break;
		case 'k':
			config.verify = false;
			break;
		case 'n':
			config.max_connections = atoi(optarg);
			break;
		case 't':
			config.token_file = optarg;
			break;
		case 'c':
			config.ca_file = optarg;
			break;
		case 'C':
			config.cert_file = optarg;
			break;
		case 'K':
			config.key_file = optarg;
			break;
		case 'w':
			config.wait_ms = atoi(optarg);
			break;
		case 'a':
			addresses[config.addresses.count++] = optarg;
			break;
		default:
			return 2;
		}
	uv_loop_init(&loop);
	catalog = catalog_new();
	began = uv_hrtime();
	for (; optind < argc; optind++)
		parse(&arena, argv[optind], &queries);
	struct consul_options o = {.loop = &loop,
	    .config = &config,
	    .catalog = catalog,
	    .on_change = on_change,
	    .once = once};
	consul = consul_new(&o, &e);
	if (!consul) {
		fprintf(stderr, "watchdump: %s\n", e.text);
		return 1;
	}
	uv_signal_init(&loop, &on_int);
	uv_signal_start(&on_int, on_signal, SIGINT);
	uv_signal_init(&loop, &on_usr1);
	uv_signal_start(&on_usr1, on_signal, SIGUSR1);
	consul_want(consul, queries, wanted);
	uv_run(&loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&loop) != 0)
		fprintf(stderr, "watchdump: the loop is not empty\n");
	catalog_free(&catalog);
	arena_fini(&arena);
	free(queries);
	return 0;
}
