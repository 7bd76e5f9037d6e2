/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/http */
/*
 * What Consul, or whoever answers in its place, sends: a server that gives each
 * request the next piece of the input and hangs up. The first byte says what is
 * watched; pieces are parted by a line "%%". All of libcurl, weir's callbacks,
 * the index rules and the decoders are passed. No time passes but what is
 * asked for.
 *
 * A watch that once had a good answer keeps one.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "weir/consul.h"
#include "weir/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- time: libuv's and libcurl's, not libFuzzer's ---- */

static int64_t clock_us = 1000000;

int
clock_gettime(clockid_t which, struct timespec *t)
{
	if (which == CLOCK_REALTIME)
		return (int)syscall(SYS_clock_gettime, which, t);
	clock_us++;
	t->tv_sec = clock_us / 1000000;
	t->tv_nsec = clock_us % 1000000 * 1000;
	return 0;
}

/* Who would sleep is woken at once, and so much later. */
static int
wait_events(int fd, struct epoll_event *events, int most, int ms)
{
	int n = (int)syscall(
	    SYS_epoll_pwait, fd, events, most, ms < 0 ? -1 : 0, NULL, 0);

	if (n == 0)
		clock_us += (int64_t)ms * 1000;
	return n;
}

int
epoll_wait(int fd, struct epoll_event *events, int most, int ms)
{
	return wait_events(fd, events, most, ms);
}

int
epoll_pwait(
    int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask)
{
	(void)mask;
	return wait_events(fd, events, most, ms);
}

/* ---- what is sent ---- */

static const char *next_piece, *pieces_end;

static struct str
take_piece(void)
{
	const char *from = next_piece;
	const char *to = memmem(from, (size_t)(pieces_end - from), "%%\n", 3);

	next_piece = to ? to + 3 : pieces_end;
	return (struct str){from, (size_t)((to ? to : pieces_end) - from)};
}

/* ---- the server ---- */

struct guest {
	uv_pipe_t pipe;
	uv_write_t write;
	uv_shutdown_t shutdown;
	char request[4096];
	size_t len;
};

static uv_loop_t loop;
static uv_pipe_t server;
static char path[64];
static struct consul *consul;

static void
on_closed(uv_handle_t *h)
{
	free(h->data);
}

static void
hang_up(struct guest *g)
{
	if (!uv_is_closing((uv_handle_t *)&g->pipe))
		uv_close((uv_handle_t *)&g->pipe, on_closed);
}

static void
on_sent(uv_write_t *w, int status)
{
	(void)status;
	hang_up(w->data);
}

static void
answer(struct guest *g)
{
	struct str piece = take_piece();
	uv_buf_t buf =
	    uv_buf_init((char *)(uintptr_t)piece.ptr, (unsigned)piece.len);

	uv_read_stop((uv_stream_t *)&g->pipe);
	g->write.data = g;
	if (uv_write(&g->write, (uv_stream_t *)&g->pipe, &buf, 1, on_sent))
		hang_up(g);
}

static void
on_alloc(uv_handle_t *h, size_t size, uv_buf_t *buf)
{
	struct guest *g = h->data;

	(void)size;
	*buf = uv_buf_init(
	    g->request + g->len, (unsigned)(sizeof(g->request) - g->len));
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
	struct guest *g = s->data;

	(void)buf;
	if (n < 0) {
		hang_up(g);
		return;
	}
	g->len += (size_t)n;
	if (!memmem(g->request, g->len, "\r\n\r\n", 4))
		return;
	if (next_piece < pieces_end) {
		answer(g);
		return;
	}
	hang_up(g);
	consul_close(&consul, NULL, NULL);
}

static void
on_guest(uv_stream_t *s, int status)
{
	struct guest *g = calloc(1, sizeof(*g));

	assert(g && status == 0);
	uv_pipe_init(&loop, &g->pipe, 0);
	g->pipe.data = g;
	status = uv_accept(s, (uv_stream_t *)&g->pipe);
	assert(status == 0);
	uv_read_start((uv_stream_t *)&g->pipe, on_alloc, on_read);
}

static void
serve(void)
{
	int rc;

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	snprintf(path, sizeof(path), "/tmp/weir-fuzz-%d", (int)getpid());
	unlink(path);
	uv_loop_init(&loop);
	uv_pipe_init(&loop, &server, 0);
	rc = uv_pipe_bind(&server, path);
	assert(rc == 0);
	rc = uv_listen((uv_stream_t *)&server, 16, on_guest);
	assert(rc == 0);
	uv_unref((uv_handle_t *)&server);
}

/* ---- the watches ---- */

static struct {
	enum query_kind kind;
	const char *argument;
	bool answered;
} watches[] = {
    {QUERY_SERVICE, "web", false},
    {QUERY_SERVICES, "", false},
    {QUERY_NODE, "", false},
    {QUERY_NODES, "", false},
    {QUERY_DATACENTERS, "true", false},
    {QUERY_KEY, "a/b", false},
    {QUERY_KEY_LIST, "a", false},
    {QUERY_CONNECT, "web|any", false},
};
#define WATCHES (sizeof(watches) / sizeof(*watches))

static struct query *wanted[WATCHES];
static struct catalog *catalog;

static void
on_change(void *arg, struct str id, bool changed)
{
	struct watch_info info;

	(void)arg;
	(void)changed;
	for (size_t i = 0; i < WATCHES; i++) {
		bool has;

		if (!wanted[i])
			continue;
		has = consul_watch_info(consul, wanted[i]->id, &info) &&
		      info.answered;
		assert(has || !watches[i].answered);
		watches[i].answered = has;
		assert(!has || catalog_get(catalog, wanted[i]->id));
	}
	(void)id;
}

/* Two neighbours in the table, so that there is a choice of what to ask. */
static size_t
want(struct arena *a, uint8_t which)
{
	size_t count = 0;

	for (size_t i = 0; i < 2; i++) {
		size_t k = (which + i) % WATCHES;
		int rc = query_parse(watches[k].kind,
		    str_of(watches[k].argument), a, &wanted[count], NULL);

		assert(rc == 0);
		watches[count++].answered = false;
	}
	return count;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char address[80];
	static char *addresses[] = {address};
	struct config_consul config = {.addresses = {addresses, 1},
	    .compression = 1,
	    .stale_ms = 2000,
	    .wait_ms = 60000,
	    .connect_timeout_ms = 5000,
	    .retry_min_ms = 250,
	    .retry_max_ms = 30000};
	struct consul_options o = {
	    .loop = &loop, .config = &config, .on_change = on_change};
	struct arena arena;
	size_t count;

	if (size < 2)
		return 0;
	if (!*path)
		serve();
	snprintf(address, sizeof(address), "unix://%s", path);
	next_piece = (const char *)data + 1;
	pieces_end = (const char *)data + size;
	arena_init(&arena, 0);
	o.catalog = catalog = catalog_new();
	config.max_connections = data[0] & 64 ? 3 : 100;
	count = want(&arena, data[0] & 15);
	consul = consul_new(&o, NULL);
	assert(consul);
	consul_want(consul, (const struct query *const *)wanted, count);
	uv_run(&loop, UV_RUN_DEFAULT);
	catalog_free(&catalog);
	arena_fini(&arena);
	return 0;
}
