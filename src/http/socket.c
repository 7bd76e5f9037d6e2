/* SPDX-License-Identifier: MIT */
/*
 * curl's sockets and its timer on a libuv loop. One uv_poll_t for each socket
 * that curl wants watched; it is freed in its close callback and nowhere else.
 * Finished transfers are collected after every action, timeouts included, since
 * curl may finish any of them in any action.
 *
 * Source: CURLMOPT_SOCKETFUNCTION(3), CURLMOPT_TIMERFUNCTION(3).
 */
#include "client.h"

#include <stdlib.h>

#include "weir/xalloc.h"

struct socket {
	uv_poll_t poll;
	struct http_client *client;
	curl_socket_t fd;
	int events; /* of uv, that curl wants */
	int errors; /* in a row */
};

static void
on_socket_closed(uv_handle_t *handle)
{
	struct socket *s = handle->data;
	struct http_client *c = s->client;

	free(s);
	client_handle_closed(c);
}

static void on_poll(uv_poll_t *, int, int);

static void
act(struct http_client *c, curl_socket_t fd, int events)
{
	int running;

	curl_multi_socket_action(c->multi, fd, events, &running);
	client_collect(c);
}

/*
 * libuv has stopped the handle and says nothing of the cause. Told that it may
 * read, curl meets the socket's own error, which is worth more than "error"; if
 * there is none after all, the watch goes on, a few times.
 */
static void
on_poll_error(struct socket *s)
{
	bool give_up = ++s->errors > 2;

	act(s->client, s->fd,
	    give_up ? CURL_CSELECT_ERR : CURL_CSELECT_IN | CURL_CSELECT_ERR);
	if (!give_up && !uv_is_closing((uv_handle_t *)&s->poll) && s->events)
		uv_poll_start(&s->poll, s->events, on_poll);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
	struct socket *s = poll->data;
	int flags = 0;

	if (status < 0) {
		on_poll_error(s);
		return;
	}
	s->errors = 0;
	if (events & UV_READABLE)
		flags |= CURL_CSELECT_IN;
	if (events & UV_WRITABLE)
		flags |= CURL_CSELECT_OUT;
	act(s->client, s->fd, flags);
}

static struct socket *
watch(struct http_client *c, curl_socket_t fd)
{
	struct socket *s = xcalloc(1, sizeof(*s));

	if (uv_poll_init_socket(c->loop, &s->poll, fd) < 0) {
		free(s);
		return NULL;
	}
	s->client = c;
	s->fd = fd;
	s->poll.data = s;
	c->handles++;
	curl_multi_assign(c->multi, fd, s);
	return s;
}

static void
unwatch(struct http_client *c, struct socket *s)
{
	if (!s)
		return;
	curl_multi_assign(c->multi, s->fd, NULL);
	uv_poll_stop(&s->poll);
	uv_close((uv_handle_t *)&s->poll, on_socket_closed);
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *client, void *socket)
{
	struct http_client *c = client;
	struct socket *s = socket;
	int events = 0;

	if (what == CURL_POLL_REMOVE) {
		unwatch(c, s);
		return 0;
	}
	if (!s)
		s = watch(c, fd);
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		events |= UV_READABLE;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		events |= UV_WRITABLE;
	if (s)
		s->events = events;
	if (!s || uv_poll_start(&s->poll, events, on_poll) < 0)
		client_fail(c, easy, "can't watch the socket");
	return 0;
}

static void
on_timer(uv_timer_t *timer)
{
	act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* curl may not be called back from within: 0 ms is a turn of the loop. */
static int
on_timeout(CURLM *multi, long ms, void *client)
{
	struct http_client *c = client;

	(void)multi;
	if (ms < 0 || c->closing)
		uv_timer_stop(&c->timer);
	else
		uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
	return 0;
}

void
socket_attach(struct http_client *c)
{
	uv_timer_init(c->loop, &c->timer);
	c->timer.data = c;
	c->handles++;
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
}
