/* SPDX-License-Identifier: MIT */
/*
 * Commands go out in one piece, a line each, and every reply ends with the
 * prompt: measured on 2.2, 2.6, 3.0 and 3.2 this is right and fast, while of
 * "a;b" on one line 3.2 prints one prompt for both. A reply that may hold
 * anything is followed by a command without one: two prompts in a row, and
 * nothing behind them, end it.
 *
 * The connection closes soon after its last use: it belongs to one worker, and
 * a worker that was replaced lives as long as it is open.
 */
#include "prompt.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "weir/limits.h"
#include "weir/xalloc.h"

/* Said first; the replies are empty. */
#define GREETING "prompt\nset severity-output number\n"
#define GUARD    "set severity-output number\n"
#define PROMPT   "\n> "
#define PROMPTS  PROMPT PROMPT

/* ms: as long as the changes of one apply are apart. */
enum { IDLE_MS = 200 };

/* The handle has a life of its own: it is freed when it has closed. */
struct wire {
	uv_pipe_t pipe;
	uv_connect_t connect;
	struct prompt *prompt; /* NULL: given up */
	int writing;           /* pieces that are not out */
	bool greeted;
	bool used; /* an exchange before this one went well */
	char chunk[65536];
};

/* What goes out, until it is out. */
struct piece {
	uv_write_t write;
	struct wire *wire;
	struct buf bytes;
};

struct prompt {
	uv_loop_t *loop;
	char *path;
	uv_timer_t timer; /* of the exchange; of its rest while none is */
	struct wire *wire;
	struct buf commands; /* of this exchange: it may be said again */
	struct buf in;
	char *name;
	size_t wanted;
	size_t *ends; /* of the replies that are whole, in `in` */
	size_t found;
	size_t scanned;
	bool whole;
	int64_t timeout_ms;
	prompt_cb *on_answer; /* NULL: nothing is under way */
	void *arg;
};

/* ---- the wire ---- */

static void
on_wire_close(uv_handle_t *handle)
{
	free(handle->data);
}

static void
drop_wire(struct prompt *p)
{
	struct wire *w = p->wire;

	p->wire = NULL;
	if (!w)
		return;
	w->prompt = NULL;
	uv_close((uv_handle_t *)&w->pipe, on_wire_close);
}

static void
on_idle(uv_timer_t *timer)
{
	drop_wire(timer->data);
}

/* ---- the end of an exchange ---- */

/* Payload mode prints "+ " for each line of it, up to 2.9. */
static struct str
trim_reply(struct str s)
{
	while (str_has_prefix(s, STR("+ "))) {
		s.ptr += 2;
		s.len -= 2;
	}
	return str_trim_start(s, "\n");
}

static struct str
slice(const struct prompt *p, size_t from, size_t to)
{
	return (struct str){p->in.ptr ? p->in.ptr + from : "", to - from};
}

static void
collect(const struct prompt *p, struct prompt_answer *a)
{
	size_t from = 0;

	a->replies = xcalloc(p->wanted + 1, sizeof(*a->replies));
	for (; a->count < p->found; a->count++) {
		struct str text = slice(p, from, p->ends[a->count]);

		a->replies[a->count] = p->whole ? text : trim_reply(text);
		from = p->ends[a->count] + strlen(PROMPT);
	}
	if (from < p->in.len && !p->whole)
		a->rest = slice(p, from, p->in.len);
	else if (!p->found)
		a->rest = slice(p, 0, p->in.len);
}

/* Takes what belongs to the answer out of p, which the callback may free or use
 * again. */
static void
finish(struct prompt *p, int status, struct error *error)
{
	struct prompt_answer a = {.status = status};
	struct buf in;
	prompt_cb *on_answer = p->on_answer;

	collect(p, &a);
	if (error)
		error_move(&a.error, error);
	in = p->in;
	p->in = (struct buf){0};
	p->on_answer = NULL;
	if (status || p->wire->writing)
		drop_wire(p);
	else
		p->wire->used = true;
	uv_timer_start(&p->timer, on_idle, IDLE_MS, 0);
	on_answer(p->arg, &a);
	error_fini(&a.error);
	free(a.replies);
	buf_fini(&in);
}

static void __attribute__((format(printf, 3, 4)))
fail(struct prompt *p, int status, const char *format, ...)
{
	struct error e = {0};
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	error_set(&e, status == UV_EMSGSIZE ? ERROR_LIMIT : ERROR_REMOTE,
	    "%s: %s: %s", p->path, p->name, text);
	free(text);
	finish(p, status, &e);
	error_fini(&e);
}

/* ---- what comes ---- */

/* Cuts the greeting's replies off; false: not there yet, or the end. */
static bool
take_greeting(struct prompt *p)
{
	size_t n = strlen(PROMPTS);
	struct str in = buf_as_str(&p->in);
	struct str head = {in.ptr, in.len < n ? in.len : n};

	if (p->wire->greeted)
		return true;
	if (!str_has_prefix(STR(PROMPTS), head)) {
		fail(p, UV_EPROTO, "this is no stats socket: it says \"%.*s\"",
		    (int)(in.len < 200 ? in.len : 200), in.ptr);
		return false;
	}
	if (in.len < n)
		return false;
	memmove(p->in.ptr, p->in.ptr + n, p->in.len - n);
	p->in.len -= n;
	p->wire->greeted = true;
	return true;
}

static void
find_replies(struct prompt *p)
{
	struct str in = buf_as_str(&p->in);

	while (p->found < p->wanted) {
		struct str rest = {in.ptr + p->scanned, in.len - p->scanned};
		ptrdiff_t at = str_find(rest, STR(PROMPT));

		if (at < 0) {
			/* A part of it may be there. */
			p->scanned = in.len - (rest.len < 2 ? rest.len : 2);
			return;
		}
		p->ends[p->found++] = p->scanned + (size_t)at;
		p->scanned += (size_t)at + strlen(PROMPT);
	}
}

static void
take_input(struct prompt *p)
{
	if (!take_greeting(p))
		return;
	if (p->whole) {
		if (!str_has_suffix(buf_as_str(&p->in), STR(PROMPTS)))
			return;
		p->ends[p->found++] = p->in.len - strlen(PROMPTS);
		finish(p, 0, NULL);
		return;
	}
	find_replies(p);
	if (p->found < p->wanted)
		return;
	if (p->scanned < p->in.len)
		fail(p, UV_EPROTO, "more replies than commands");
	else
		finish(p, 0, NULL);
}

static void open_wire(struct prompt *);

/* A connection that was kept may have been closed meanwhile: then nothing of
 * this exchange was heard, and it is said again on another. */
static void
lose(struct prompt *p, int status)
{
	if (p->wire->used && !p->in.len) {
		drop_wire(p);
		open_wire(p);
		return;
	}
	if (status == UV_EOF)
		fail(p, status, "the connection was closed %s",
		    p->in.len ? "in the middle of the reply"
			      : "without a reply");
	else
		fail(p, status, "%s", uv_strerror(status));
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct wire *w = handle->data;

	(void)suggested;
	*buf = uv_buf_init(w->chunk, sizeof(w->chunk));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct wire *w = stream->data;
	struct prompt *p = w->prompt;

	if (!p || !n)
		return;
	if (!p->on_answer) {
		/* Closed, or something that nobody asked for. */
		drop_wire(p);
		return;
	}
	if (n < 0) {
		lose(p, (int)n);
		return;
	}
	buf_put(&p->in, buf->base, (size_t)n);
	if (p->in.failed)
		fail(p, UV_EMSGSIZE, "the reply is longer than %u bytes",
		    LIMIT_RUNTIME_REPLY);
	else
		take_input(p);
}

static void
on_timeout(uv_timer_t *timer)
{
	struct prompt *p = timer->data;
	bool deaf = !p->wire->greeted;

	fail(p, UV_ETIMEDOUT, "no answer within %.10g s%s",
	    (double)p->timeout_ms / 1000,
	    deaf ? " (are all its connections in use? \"stats maxconn\")" : "");
}

/* ---- what goes ---- */

static void
on_write(uv_write_t *request, int status)
{
	struct piece *piece = request->data;
	struct wire *w = piece->wire;
	struct prompt *p = w->prompt;

	w->writing--;
	buf_fini(&piece->bytes);
	free(piece);
	/* A peer that closed first may have said why: on_read tells. */
	if (p && p->on_answer && status < 0 && status != UV_EPIPE &&
	    status != UV_ECONNRESET)
		lose(p, status);
}

static struct piece *
piece_new(const struct prompt *p)
{
	struct piece *piece = xcalloc(1, sizeof(*piece));

	piece->wire = p->wire;
	piece->write.data = piece;
	if (!p->wire->greeted)
		buf_puts(&piece->bytes, GREETING);
	buf_str(&piece->bytes, buf_as_str(&p->commands));
	if (p->whole)
		buf_puts(&piece->bytes, GUARD);
	return piece;
}

static void
write_commands(struct prompt *p)
{
	struct wire *w = p->wire;
	struct piece *piece = piece_new(p);
	uv_buf_t buf =
	    uv_buf_init(piece->bytes.ptr, (unsigned)piece->bytes.len);
	uv_stream_t *stream = (uv_stream_t *)&w->pipe;
	int status = uv_write(&piece->write, stream, &buf, 1, on_write);

	if (status < 0) {
		buf_fini(&piece->bytes);
		free(piece);
	} else {
		w->writing++;
		if (!w->greeted)
			status = uv_read_start(stream, on_alloc, on_read);
	}
	if (status < 0)
		lose(p, status);
}

static void
on_connect(uv_connect_t *request, int status)
{
	struct wire *w = request->data;

	if (!w->prompt)
		return;
	if (status < 0)
		fail(w->prompt, status, "%s", uv_strerror(status));
	else
		write_commands(w->prompt);
}

static void
open_wire(struct prompt *p)
{
	struct wire *w = xcalloc(1, sizeof(*w));

	p->wire = w;
	w->prompt = p;
	w->connect.data = w;
	uv_pipe_init(p->loop, &w->pipe, 0);
	w->pipe.data = w;
	uv_pipe_connect(&w->connect, &w->pipe, p->path, on_connect);
}

/* A path that libuv would cut short, and connect elsewhere. */
static void
on_unusable(uv_timer_t *timer)
{
	fail(timer->data, UV_ENAMETOOLONG, "%s", uv_strerror(UV_ENAMETOOLONG));
}

/* The callback shall not fire from within, whatever writing says. */
static void
on_start(uv_timer_t *timer)
{
	struct prompt *p = timer->data;

	uv_timer_start(&p->timer, on_timeout, (uint64_t)p->timeout_ms, 0);
	if (p->wire)
		write_commands(p);
	else
		open_wire(p);
}

void
prompt_send(struct prompt *p, const struct prompt_exchange *x,
    prompt_cb *on_answer, void *arg)
{
	struct sockaddr_un address;

	p->on_answer = on_answer;
	p->arg = arg;
	p->wanted = x->count;
	p->whole = x->whole;
	p->found = p->scanned = 0;
	p->ends = xrealloc(p->ends, x->count, sizeof(*p->ends));
	p->timeout_ms = x->timeout_ms;
	buf_reset(&p->commands);
	buf_str(&p->commands, x->commands);
	buf_fini(&p->in);
	buf_init(&p->in, LIMIT_RUNTIME_REPLY);
	free(p->name);
	p->name = xstrndup(x->name.ptr, x->name.len);
	uv_timer_start(&p->timer,
	    strlen(p->path) < sizeof(address.sun_path) ? on_start : on_unusable,
	    0, 0);
}

void
prompt_rest(struct prompt *p)
{
	if (!p->on_answer)
		drop_wire(p);
}

const char *
prompt_path(const struct prompt *p)
{
	return p->path;
}

struct prompt *
prompt_new(uv_loop_t *loop, const char *path)
{
	struct prompt *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->path = xstrdup(path);
	uv_timer_init(loop, &p->timer);
	p->timer.data = p;
	return p;
}

static void
on_timer_close(uv_handle_t *handle)
{
	struct prompt *p = handle->data;

	buf_fini(&p->commands);
	buf_fini(&p->in);
	free(p->ends);
	free(p->name);
	free(p->path);
	free(p);
}

void
prompt_free(struct prompt **prompt)
{
	struct prompt *p = *prompt;

	*prompt = NULL;
	if (!p)
		return;
	drop_wire(p);
	uv_close((uv_handle_t *)&p->timer, on_timer_close);
}
