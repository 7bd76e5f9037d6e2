/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/control */
/* What comes over the control socket: requests and orders, to an endpoint whose
 * weir has no templates yet. Whatever is said, each order names an existing
 * kind and a query of the line's length at most. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../src/report/endpoint.h"
#include "weir/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Turns of the loop after which a request that ended has its answer. */
#define TURNS 50

static uv_loop_t loop;
static uv_idle_t awake; /* the endpoint alone doesn't keep a loop running */
static struct sockaddr_un address = {.sun_family = AF_UNIX};

static bool
on_order(void *arg, enum report_order order, struct str query, struct buf *said)
{
	(void)arg;
	assert(order <= ORDER_RELOAD);
	assert(query.len <= LIMIT_HTTP_REQUEST);
	buf_printf(said, "approved %.*s\n", (int)query.len, query.ptr);
	return query.len > 0;
}

static void
on_idle(uv_idle_t *idle)
{
	(void)idle;
}

static void
serve(void)
{
	static struct run_totals totals;
	static struct plan *plan;
	static struct consul *consul;
	static struct report_options options = {.loop = &loop,
	    .totals = &totals,
	    .plan = &plan,
	    .consul = &consul,
	    .on_order = on_order};
	char name[96];
	struct endpoint *e;

	snprintf(address.sun_path, sizeof(address.sun_path),
	    "/tmp/weir-fuzz-control-%d", (int)getpid());
	unlink(address.sun_path);
	uv_loop_init(&loop);
	uv_idle_init(&loop, &awake);
	uv_idle_start(&awake, on_idle);
	snprintf(name, sizeof(name), "unix:%s", address.sun_path);
	e = endpoint_new(&options, name, 0600, NULL);
	assert(e);
	endpoint_take_orders(e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char answer[4096];
	int fd, rc;

	if (!*address.sun_path)
		serve();
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	rc = connect(fd, (const struct sockaddr *)&address, sizeof(address));
	assert(rc == 0);
	if (send(fd, data, size, MSG_NOSIGNAL) < 0)
		size = 0;
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < TURNS; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		if (recv(fd, answer, sizeof(answer), 0) == 0)
			break;
	}
	close(fd);
	uv_run(&loop, UV_RUN_NOWAIT);
	return 0;
}
