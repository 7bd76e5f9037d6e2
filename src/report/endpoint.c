/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd without threads: it keeps its sockets in an epoll of its own,
 * whose descriptor is polled by the loop, and its timeout is a timer of the
 * loop. Answers are made whole in memory, so that a slow reader sees one
 * moment.
 */
#include "endpoint.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "page.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

struct endpoint {
	const struct report_options *options;
	struct MHD_Daemon *daemon;
	uv_poll_t poll;
	uv_timer_t timer;
	int open_handles;
	bool takes_orders;
	char *unlink_path; /* of a unix socket that we made */
};

/* ---- what is answered ---- */

static unsigned
print_health(const struct report_options *o, struct buf *b)
{
	(void)o;
	buf_puts(b, "ok\n");
	return MHD_HTTP_OK;
}

static unsigned
print_readiness(const struct report_options *o, struct buf *b)
{
	if (o->totals->ready) {
		buf_puts(b, "ready\n");
		return MHD_HTTP_OK;
	}
	buf_puts(b, "not ready\n");
	if (o->plan && *o->plan)
		plan_print_waits(*o->plan, b, NULL, NULL);
	return MHD_HTTP_SERVICE_UNAVAILABLE;
}

static unsigned
print_metrics(const struct report_options *o, struct buf *b)
{
	report_print_metrics(o, b);
	return MHD_HTTP_OK;
}

static unsigned
print_status(const struct report_options *o, struct buf *b)
{
	report_print_status(o, b);
	return MHD_HTTP_OK;
}

static unsigned
print_page(const struct report_options *o, struct buf *b)
{
	page_print(o, b);
	return MHD_HTTP_OK;
}

#define PLAIN "text/plain; charset=utf-8"
static const struct resource {
	const char *path, *type;
	unsigned (*print)(const struct report_options *, struct buf *);
} resources[] = {
    {"/metrics", "text/plain; version=0.0.4; charset=utf-8", print_metrics},
    {"/healthz", PLAIN, print_health},
    {"/readyz", PLAIN, print_readiness},
    {"/status", "application/json", print_status},
    {"/", "text/html; charset=utf-8", print_page},
};

static const char *const headers[][2] = {
    {"Cache-Control", "no-store"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Content-Security-Policy",
	"default-src 'none'; style-src 'unsafe-inline'; "
	"frame-ancestors 'none'"},
};

static enum MHD_Result
answer(
    struct MHD_Connection *c, unsigned status, const char *type, struct buf *b)
{
	struct MHD_Response *r;
	enum MHD_Result rc;
	size_t len;
	char *text = buf_take(b, &len);

	r = MHD_create_response_from_buffer(len, text, MHD_RESPMEM_MUST_FREE);
	if (!r) {
		free(text);
		return MHD_NO;
	}
	MHD_add_response_header(r, "Content-Type", type);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		MHD_add_response_header(r, headers[i][0], headers[i][1]);
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

/* ---- what is ordered ---- */

static const struct {
	const char *path;
	enum report_order order;
} orders[] = {
    {"/approve", ORDER_APPROVE},
    {"/deny", ORDER_DENY},
    {"/pause", ORDER_PAUSE},
    {"/resume", ORDER_RESUME},
    {"/reload", ORDER_RELOAD},
};

/* The process that asks, as the kernel knows it: our own user, or root? */
static bool
is_owner(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (!info || getsockopt(info->connect_fd, SOL_SOCKET, SO_PEERCRED,
			 &peer, &len) < 0)
		return false;
	return peer.uid == 0 || peer.uid == geteuid();
}

static unsigned
obey(struct endpoint *e, struct MHD_Connection *c, enum report_order order,
    struct buf *b)
{
	const char *query =
	    MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "query");

	if (!is_owner(c)) {
		buf_puts(b, "only weir's own user and root may say that\n");
		return MHD_HTTP_FORBIDDEN;
	}
	return e->options->on_order(
		   e->options->order_arg, order, str_of(query ? query : ""), b)
		   ? MHD_HTTP_OK
		   : MHD_HTTP_NOT_FOUND;
}

/* 0: it is no order. */
static unsigned
take_order(struct endpoint *e, struct MHD_Connection *c, const char *url,
    struct buf *b)
{
	if (!e->takes_orders || !e->options->on_order)
		return 0;
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		if (!strcmp(url, orders[i].path))
			return obey(e, c, orders[i].order, b);
	return 0;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload,
    size_t *upload_size, void **request)
{
	struct endpoint *e = arg;
	struct buf b = {0};
	unsigned status;

	(void)version;
	(void)upload;
	(void)request;
	/* What comes with it is read to its end and ignored. */
	if (*upload_size > 0) {
		*upload_size = 0;
		return MHD_YES;
	}
	if (!strcmp(method, "POST") && (status = take_order(e, c, url, &b)))
		return answer(c, status, PLAIN, &b);
	if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
		buf_puts(&b, "only GET and HEAD\n");
		return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, PLAIN, &b);
	}
	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
		if (!strcmp(url, resources[i].path)) {
			status = resources[i].print(e->options, &b);
			return answer(c, status, resources[i].type, &b);
		}
	buf_puts(&b, "there are / /metrics /healthz /readyz /status\n");
	return answer(c, MHD_HTTP_NOT_FOUND, PLAIN, &b);
}

/* ---- on the loop ---- */

static void on_timer(uv_timer_t *);

static bool
has_clients(struct endpoint *e)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(e->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return info && info->num_connections;
}

/* A daemon that is full, or could not accept for want of descriptors while it
 * had a client, takes its listening socket out of its epoll, and puts it back
 * in the run after the one that sees a client go: without that one nothing
 * would ever wake it again. */
static void
run(struct endpoint *e)
{
	bool again = has_clients(e);
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(e->daemon);
	if (again)
		MHD_run(e->daemon);
	if (MHD_get_timeout(e->daemon, &ms) == MHD_YES)
		uv_timer_start(&e->timer, on_timer, ms, 0);
	else
		uv_timer_stop(&e->timer);
}

static void
on_timer(uv_timer_t *timer)
{
	run(timer->data);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	run(poll->data);
}

static struct MHD_Daemon *
start_daemon(struct endpoint *e, int fd)
{
	return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, e,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    LIMIT_HTTP_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
	    LIMIT_HTTP_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)LIMIT_HTTP_REQUEST, MHD_OPTION_END);
}

/* From here on nothing fails. */
static void
start_handles(struct endpoint *e, int epoll_fd)
{
	uv_loop_t *loop = e->options->loop;
	int rc = uv_poll_init(loop, &e->poll, epoll_fd);

	assert(rc == 0);
	rc = uv_timer_init(loop, &e->timer);
	assert(rc == 0);
	(void)rc;
	e->open_handles = 2;
	e->poll.data = e->timer.data = e;
	uv_unref((uv_handle_t *)&e->poll);
	uv_unref((uv_handle_t *)&e->timer);
	uv_poll_start(&e->poll, UV_READABLE, on_poll);
}

struct endpoint *
endpoint_with(const struct report_options *options, int fd, struct error *error)
{
	const union MHD_DaemonInfo *info;
	struct endpoint *e = xcalloc(1, sizeof(*e));

	e->options = options;
	e->daemon = start_daemon(e, fd);
	if (!e->daemon) {
		close(fd);
		free(e);
		error_set(error, ERROR_IO, "the HTTP endpoint does not start");
		return NULL;
	}
	info = MHD_get_daemon_info(e->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	start_handles(e, info->epoll_fd);
	return e;
}

struct endpoint *
endpoint_new(const struct report_options *options, const char *address,
    mode_t mode, struct error *error)
{
	struct endpoint *e;
	char *unlink_path;
	int fd = listen_open(address, mode, &unlink_path, error);

	if (fd < 0)
		return NULL;
	e = endpoint_with(options, fd, error);
	if (e)
		e->unlink_path = unlink_path;
	else
		free(unlink_path);
	return e;
}

void
endpoint_take_orders(struct endpoint *e)
{
	e->takes_orders = true;
}

static void
on_closed(uv_handle_t *handle)
{
	struct endpoint *e = handle->data;

	if (--e->open_handles > 0)
		return;
	free(e->unlink_path);
	free(e);
}

void
endpoint_free(struct endpoint **endpoint)
{
	struct endpoint *e = *endpoint;

	*endpoint = NULL;
	if (!e)
		return;
	/* Before the descriptors are closed under them. */
	uv_close((uv_handle_t *)&e->poll, on_closed);
	uv_close((uv_handle_t *)&e->timer, on_closed);
	MHD_stop_daemon(e->daemon);
	e->daemon = NULL;
	if (e->unlink_path)
		unlink(e->unlink_path);
}
