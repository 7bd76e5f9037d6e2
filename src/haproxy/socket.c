/* SPDX-License-Identifier: MIT */
/*
 * One command, one reply, one connection. We half-close behind the command, the
 * other side closes behind its reply: so the end of the reply is the end of the
 * connection, on every socket of every version. Freed in the last close
 * callback, just before which the reply is given.
 */
#include "weir/haproxy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "weir/limits.h"
#include "weir/xalloc.h"

struct haproxy_socket {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_connect_t connect;
	uv_write_t write;
	uv_shutdown_t shutdown;
	int open; /* handles that have not closed */
	bool ended;
	int status;
	bool timed_out;
	int64_t timeout_ms;
	char *path;
	char *command; /* with its new line */
	struct buf reply;
	haproxy_reply_cb *on_reply; /* NULL: cancelled */
	void *arg;
	char chunk[16384];
};

static void
give(struct haproxy_socket *s)
{
	struct haproxy_reply reply = {
	    .text = buf_as_str(&s->reply), .status = s->status};

	if (s->timed_out)
		error_set(&reply.error, ERROR_REMOTE,
		    "%s: no answer within %.10g s", s->path,
		    (double)s->timeout_ms / 1000);
	else if (s->reply.failed)
		error_set(&reply.error, ERROR_LIMIT,
		    "%s: the answer is longer than %u bytes", s->path,
		    LIMIT_RUNTIME_REPLY);
	else if (s->status)
		error_set(&reply.error, ERROR_REMOTE, "%s: %s", s->path,
		    uv_strerror(s->status));
	s->on_reply(s->arg, &reply);
	error_fini(&reply.error);
}

static void
on_close(uv_handle_t *handle)
{
	struct haproxy_socket *s = handle->data;

	if (--s->open)
		return;
	if (s->on_reply)
		give(s);
	buf_fini(&s->reply);
	free(s->path);
	free(s->command);
	free(s);
}

static void
end(struct haproxy_socket *s, int status)
{
	if (s->ended)
		return;
	s->ended = true;
	s->status = status;
	uv_close((uv_handle_t *)&s->pipe, on_close);
	uv_close((uv_handle_t *)&s->timer, on_close);
}

static void
on_timeout(uv_timer_t *timer)
{
	struct haproxy_socket *s = timer->data;

	s->timed_out = true;
	end(s, UV_ETIMEDOUT);
}

/* A path that is too long: said from the loop, not from within the call. */
static void
on_unusable(uv_timer_t *timer)
{
	end(timer->data, UV_ENAMETOOLONG);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct haproxy_socket *s = handle->data;

	(void)suggested;
	*buf = uv_buf_init(s->chunk, sizeof(s->chunk));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct haproxy_socket *s = stream->data;

	if (n > 0) {
		buf_put(&s->reply, buf->base, (size_t)n);
		if (s->reply.failed)
			end(s, UV_EMSGSIZE);
	} else if (n < 0) {
		end(s, n == UV_EOF ? 0 : (int)n);
	}
}

/* What the peer makes of it, the reply or its absence tells. */
static void
on_shutdown(uv_shutdown_t *request, int status)
{
	(void)request;
	(void)status;
}

static void
on_write(uv_write_t *request, int status)
{
	struct haproxy_socket *s = request->data;

	if (status < 0 && status != UV_ECANCELED)
		end(s, status);
}

static void
on_connect(uv_connect_t *request, int status)
{
	struct haproxy_socket *s = request->data;
	uv_stream_t *stream = (uv_stream_t *)&s->pipe;
	uv_buf_t buf = uv_buf_init(s->command, (unsigned)strlen(s->command));

	if (status == UV_ECANCELED || s->ended)
		return;
	if (status == 0)
		status = uv_write(&s->write, stream, &buf, 1, on_write);
	if (status == 0)
		status = uv_shutdown(&s->shutdown, stream, on_shutdown);
	if (status == 0)
		status = uv_read_start(stream, on_alloc, on_read);
	if (status < 0)
		end(s, status);
}

struct haproxy_socket *
haproxy_ask(uv_loop_t *loop, const char *path, const char *command,
    int64_t timeout_ms, haproxy_reply_cb *on_reply, void *arg)
{
	struct haproxy_socket *s = xcalloc(1, sizeof(*s));
	struct sockaddr_un address;

	s->path = xstrdup(path);
	s->command = xasprintf("%s\n", command);
	s->timeout_ms = timeout_ms;
	s->on_reply = on_reply;
	s->arg = arg;
	buf_init(&s->reply, LIMIT_RUNTIME_REPLY);
	uv_pipe_init(loop, &s->pipe, 0);
	uv_timer_init(loop, &s->timer);
	s->open = 2;
	s->pipe.data = s;
	s->timer.data = s;
	s->connect.data = s;
	s->write.data = s;
	if (strlen(path) >= sizeof(address.sun_path)) {
		/* libuv would cut it short and connect elsewhere. */
		uv_timer_start(&s->timer, on_unusable, 0, 0);
		return s;
	}
	uv_timer_start(&s->timer, on_timeout, (uint64_t)timeout_ms, 0);
	uv_pipe_connect(&s->connect, &s->pipe, path, on_connect);
	return s;
}

void
haproxy_socket_cancel(struct haproxy_socket **socket)
{
	struct haproxy_socket *s = *socket;

	*socket = NULL;
	if (!s)
		return;
	s->on_reply = NULL;
	end(s, UV_ECANCELED);
}
