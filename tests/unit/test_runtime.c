/* SPDX-License-Identifier: MIT */
/* The kept connection to a stats socket, against a peer that follows a script:
 * it hears what it must hear and says it in pieces, says wrong things, closes,
 * keeps silent. And the judge of replies, with what real versions said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/limits.h"
#include "weir/runtime.h"
#include "weir/xalloc.h"

#define HELLO   "prompt\nset severity-output number\n"
#define WELCOME "\n> \n> "
#define GUARD   "set severity-output number\n"
/* As a piece: it closes the connection. */
#define CLOSE "close"

enum { PIECES = 6, TURNS = 8 };

/* ---- the peer ---- */

/* What it must hear, all of it, and then says piece by piece. */
struct turn {
	const char *hear;
	const char *say[PIECES];
};

/* One expected connection. */
struct visit {
	struct turn turns[TURNS];
};

struct peer {
	uv_pipe_t listener;
	const struct visit *visits;
	size_t count, at;
	size_t open;
	size_t beyond; /* bytes that came with a turn's, and are none of it */
};

struct guest {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_write_t write;
	struct peer *peer;
	const struct turn *turn;
	size_t piece;
	int handles;
	bool over, speaking;
	struct buf heard;
	char chunk[65536];
};

static char folder[] = "/tmp/weir-runtime-XXXXXX";
static char path[80];
static uv_loop_t loop;
static struct peer peer;
static struct guest *guests[8];

static void
on_guest_closed(uv_handle_t *handle)
{
	struct guest *g = handle->data;

	if (--g->handles)
		return;
	buf_fini(&g->heard);
	free(g);
}

static void
end_guest(struct guest *g)
{
	if (g->over)
		return;
	g->over = true;
	peer.open--;
	uv_close((uv_handle_t *)&g->pipe, on_guest_closed);
	uv_close((uv_handle_t *)&g->timer, on_guest_closed);
}

static void listen_on(struct guest *);

static void on_piece(uv_timer_t *);

/* The request is free for the next piece. */
static void
on_said(uv_write_t *write, int status)
{
	struct guest *g = write->data;

	(void)status;
	if (!g->over)
		uv_timer_start(&g->timer, on_piece, 2, 0);
}

static void
on_piece(uv_timer_t *timer)
{
	struct guest *g = timer->data;
	const char *text = g->piece < PIECES ? g->turn->say[g->piece] : NULL;
	uv_buf_t buf;

	if (text && !strcmp(text, CLOSE)) {
		end_guest(g);
		return;
	}
	if (!text) {
		g->turn++;
		g->piece = 0;
		g->speaking = false;
		listen_on(g);
		return;
	}
	g->piece++;
	buf = uv_buf_init((char *)(uintptr_t)text, (unsigned)strlen(text));
	g->write.data = g;
	uv_write(&g->write, (uv_stream_t *)&g->pipe, &buf, 1, on_said);
}

/* Has it heard all of the turn? What is heard beyond is kept. */
static void
listen_on(struct guest *g)
{
	const char *hear = g->turn->hear;
	size_t n = hear ? strlen(hear) : 0;

	if (!hear || g->speaking || g->heard.len < n)
		return;
	g->speaking = true;
	if (memcmp(g->heard.ptr, hear, n))
		fail_msg(
		    "heard \"%.300s\", not \"%.300s\"", g->heard.ptr, hear);
	memmove(g->heard.ptr, g->heard.ptr + n, g->heard.len - n);
	g->heard.len -= n;
	peer.beyond += g->heard.len;
	uv_timer_start(&g->timer, on_piece, 0, 0);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct guest *g = handle->data;

	(void)suggested;
	*buf = uv_buf_init(g->chunk, sizeof(g->chunk));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct guest *g = stream->data;

	if (n < 0) {
		end_guest(g);
		return;
	}
	buf_put(&g->heard, buf->base, (size_t)n);
	listen_on(g);
}

static void
on_connection(uv_stream_t *server, int status)
{
	struct guest *g = xcalloc(1, sizeof(*g));

	(void)server;
	(void)status;
	assert_in_range(peer.at, 0, peer.count - 1);
	guests[peer.at] = g;
	g->turn = peer.visits[peer.at++].turns;
	peer.open++;
	uv_pipe_init(&loop, &g->pipe, 0);
	uv_timer_init(&loop, &g->timer);
	g->handles = 2;
	g->pipe.data = g->timer.data = g;
	assert_int_equal(
	    uv_accept((uv_stream_t *)&peer.listener, (uv_stream_t *)&g->pipe),
	    0);
	uv_read_start((uv_stream_t *)&g->pipe, on_alloc, on_read);
}

static void
play(const struct visit *visits, size_t count)
{
	uv_loop_init(&loop);
	peer = (struct peer){.visits = visits, .count = count};
	uv_pipe_init(&loop, &peer.listener, 0);
	unlink(path);
	assert_int_equal(uv_pipe_bind(&peer.listener, path), 0);
	assert_int_equal(
	    uv_listen((uv_stream_t *)&peer.listener, 8, on_connection), 0);
}

#define PLAY(...)                                           \
	static const struct visit visits[] = {__VA_ARGS__}; \
	play(visits, sizeof(visits) / sizeof(*visits))

static void
end_play(struct haproxy_runtime **rt)
{
	haproxy_runtime_free(rt);
	assert_null(*rt);
	uv_close((uv_handle_t *)&peer.listener, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(peer.at, peer.count);
	assert_int_equal(peer.open, 0);
	assert_int_equal(peer.beyond, 0);
}

static int
setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/admin.sock", folder);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* ---- what came of it ---- */

struct heard {
	int count;
	char *text;
	char *error;
	int status;
	size_t done;
};

static void
forget(struct heard *h)
{
	free(h->text);
	free(h->error);
	*h = (struct heard){0};
}

static void
on_reply(void *arg, struct haproxy_reply *reply)
{
	struct heard *h = arg;

	h->count++;
	uv_stop(&loop); /* which may be about to wait */
	h->text = xstrndup(reply->text.ptr, reply->text.len);
	h->status = reply->status;
	h->error = reply->error.text ? xstrdup(reply->error.text) : NULL;
}

static void
on_steps(void *arg, struct haproxy_steps_result *result)
{
	struct heard *h = arg;

	h->count++;
	uv_stop(&loop); /* which may be about to wait */
	h->done = result->done;
	h->error = result->error.text ? xstrdup(result->error.text) : NULL;
}

static void
await(struct heard *h)
{
	while (!h->count)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(h->count, 1);
}

static void
ask(struct haproxy_runtime *rt, const char *command, struct heard *h)
{
	forget(h);
	haproxy_runtime_ask(rt, command, on_reply, h);
	assert_int_equal(h->count, 0);
	await(h);
}

static void
run(struct haproxy_runtime *rt, struct haproxy_step *items, size_t count,
    struct heard *h)
{
	struct haproxy_steps steps = {.items = items, .count = count};

	forget(h);
	haproxy_runtime_run(rt, &steps, on_steps, h);
	assert_int_equal(h->count, 0);
	await(h);
}

#define RUN(rt, items, h) run(rt, items, sizeof(items) / sizeof(*(items)), h)

static struct haproxy_step
step(enum haproxy_step_kind kind, const char *command, const char *undo)
{
	return (struct haproxy_step){
	    .kind = kind, .command = str_of(command), .undo = str_of(undo)};
}

/* ---- questions ---- */

static void
a_question_is_answered_on_a_connection_that_stays(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "Pid: 7\n\n> \n> "}},
	    {"show map\n" GUARD, {"# id\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	assert_string_equal(h.text, "Pid: 7\n");
	assert_null(h.error);
	ask(rt, "show map", &h);
	assert_string_equal(h.text, "# id\n");
	forget(&h);
	end_play(&rt);
}

static void
a_reply_in_pieces_is_put_together(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD,
	    {"\n", "> \n> Pi", "d: 7\n\n", "> \n", ">", " "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	assert_string_equal(h.text, "Pid: 7\n");
	forget(&h);
	end_play(&rt);
}

/* A piece that ends with a prompt is not the end of a question's reply. */
static void
a_reply_may_hold_what_looks_like_a_prompt(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show env\n" GUARD,
	    {WELCOME, "A=x\n> ", "y > z\n> ", "w\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show env", &h);
	assert_string_equal(h.text, "A=x\n> y > z\n> w\n");
	forget(&h);
	end_play(&rt);
}

static void
an_empty_reply_is_empty(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show ssl cert\n" GUARD, {WELCOME, "\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show ssl cert", &h);
	assert_string_equal(h.text, "");
	assert_null(h.error);
	forget(&h);
	end_play(&rt);
}

static void
a_connection_closed_while_idle_is_opened_again(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n\n> \n> ", CLOSE}}}},
	    {{{HELLO "show info\n" GUARD, {WELCOME "b\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	while (peer.open)
		uv_run(&loop, UV_RUN_ONCE);
	ask(rt, "show info", &h);
	assert_string_equal(h.text, "b\n");
	forget(&h);
	end_play(&rt);
}

/* It was written to before the end of it was seen: nothing was heard, so the
 * words are said again. */
static void
a_connection_that_dies_as_it_is_used_again_costs_nothing(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n\n> \n> "}},
		 {"show map\n" GUARD, {CLOSE}}}},
	    {{{HELLO "show map\n" GUARD, {WELCOME "b\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	ask(rt, "show map", &h);
	assert_null(h.error);
	assert_string_equal(h.text, "b\n");
	forget(&h);
	end_play(&rt);
}

static void
a_connection_is_closed_soon_after_its_last_use(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	uint64_t began;

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	began = uv_now(&loop);
	while (peer.open)
		uv_run(&loop, UV_RUN_ONCE);
	assert_in_range(uv_now(&loop) - began, 150, 1500);
	forget(&h);
	end_play(&rt);
}

static void
close_ends_the_connection_before_a_reload(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	uint64_t began;

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n\n> \n> "}}}},
	    {{{HELLO "show info\n" GUARD, {WELCOME "b\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	haproxy_runtime_ask(rt, "show info", on_reply, &h);
	haproxy_runtime_close(rt);
	await(&h);
	began = uv_now(&loop);
	while (peer.open)
		uv_run(&loop, UV_RUN_ONCE);
	assert_in_range(uv_now(&loop) - began, 0, 100);
	ask(rt, "show info", &h);
	assert_string_equal(h.text, "b\n");
	haproxy_runtime_close(rt);
	while (peer.open)
		uv_run(&loop, UV_RUN_ONCE);
	forget(&h);
	end_play(&rt);
}

static void
questions_wait_for_each_other(void **state)
{
	struct haproxy_runtime *rt;
	struct heard a = {0};
	struct heard b = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n", "\n> \n> "}},
	    {"show map\n" GUARD, {"b\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	haproxy_runtime_ask(rt, "show info", on_reply, &a);
	haproxy_runtime_ask(rt, "show map", on_reply, &b);
	await(&b);
	assert_string_equal(a.text, "a\n");
	assert_string_equal(b.text, "b\n");
	forget(&a);
	forget(&b);
	end_play(&rt);
}

/* ---- what goes wrong ---- */

static void
nobody_there_is_said(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	char expected[160];

	(void)state;
	uv_loop_init(&loop);
	unlink(path);
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	snprintf(expected, sizeof(expected),
	    "%s: show info: no such file or directory", path);
	assert_string_equal(h.error, expected);
	assert_int_equal(h.status, UV_ENOENT);
	forget(&h);
	haproxy_runtime_free(&rt);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
a_path_that_is_too_long_is_an_error(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	char name[200];

	(void)state;
	uv_loop_init(&loop);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = 0;
	rt = haproxy_runtime_new(&loop, name, 2000);
	ask(rt, "show info", &h);
	assert_int_equal(h.status, UV_ENAMETOOLONG);
	assert_non_null(strstr(h.error, "name too long"));
	forget(&h);
	haproxy_runtime_free(&rt);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void
silence_ends_with_the_timeout_and_a_hint(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {NULL}}}});
	rt = haproxy_runtime_new(&loop, path, 30);
	ask(rt, "show info", &h);
	assert_int_equal(h.status, UV_ETIMEDOUT);
	assert_non_null(strstr(h.error, "show info: no answer within 0.03 s"));
	assert_non_null(strstr(h.error, "stats maxconn"));
	forget(&h);
	end_play(&rt);
}

static void
an_end_in_the_middle_is_an_error_with_what_came(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "Pid: 7\nUp", CLOSE}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	assert_int_equal(h.status, UV_EOF);
	assert_non_null(strstr(h.error, "in the middle of the reply"));
	assert_string_equal(h.text, "Pid: 7\nUp");
	forget(&h);
	end_play(&rt);
}

static void
what_is_no_stats_socket_is_said_to_be_none(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {"HTTP/1.0 400 Bad request\r\n"}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	assert_int_equal(h.status, UV_EPROTO);
	assert_non_null(
	    strstr(h.error, "this is no stats socket: it says \"HTTP/1.0 400"));
	forget(&h);
	end_play(&rt);
}

static void
after_an_error_the_next_question_begins_anew(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "Pi", CLOSE}}}},
	    {{{HELLO "show info\n" GUARD, {WELCOME "b\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	ask(rt, "show info", &h);
	assert_non_null(h.error);
	ask(rt, "show info", &h);
	assert_null(h.error);
	assert_string_equal(h.text, "b\n");
	forget(&h);
	end_play(&rt);
}

static void
freed_at_work_no_callback_fires(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "Pi"}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	haproxy_runtime_ask(rt, "show info", on_reply, &h);
	haproxy_runtime_ask(rt, "show map", on_reply, &h);
	while (!peer.open || guests[0]->piece < 1)
		uv_run(&loop, UV_RUN_ONCE);
	end_play(&rt);
	assert_int_equal(h.count, 0);
}

static void
on_reply_that_frees(void *arg, struct haproxy_reply *reply)
{
	(void)reply;
	haproxy_runtime_free(arg);
}

static void
it_may_be_freed_by_its_own_callback(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	haproxy_runtime_ask(rt, "show info", on_reply_that_frees, &rt);
	haproxy_runtime_ask(rt, "show map", on_reply, &h);
	while (rt)
		uv_run(&loop, UV_RUN_ONCE);
	end_play(&rt);
	assert_int_equal(h.count, 0);
}

/* What is longer than any answer of HAProxy is none. */
static void
a_reply_has_a_limit(void **state)
{
	size_t n = LIMIT_RUNTIME_REPLY + 1;
	char *reply = xmalloc(n + 1);
	const struct visit visit = {
	    {{HELLO "show info\n" GUARD, {WELCOME, reply}}}};
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	memset(reply, 'x', n);
	reply[n] = 0;
	play(&visit, 1);
	rt = haproxy_runtime_new(&loop, path, 20000);
	ask(rt, "show info", &h);
	assert_int_equal(h.status, UV_EMSGSIZE);
	assert_non_null(strstr(h.error, "longer than 67108864 bytes"));
	forget(&h);
	end_play(&rt);
	free(reply);
}

/* ---- steps ---- */

static void
steps_of_one_kind_go_out_together(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1", NULL),
	    step(STEP_WEIGHT, "set server b/b weight 2", NULL),
	    step(STEP_READY, "set server b/a state ready", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\nset server b/b weight 2\n",
		   {WELCOME "\n> \n> "}},
	    {"set server b/a state ready\n", {"\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_null(h.error);
	assert_int_equal(h.done, 3);
	forget(&h);
	end_play(&rt);
}

static void
replies_to_steps_come_in_pieces(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1", NULL),
	    step(STEP_WEIGHT, "set server b/b weight 2", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\nset server b/b weight 2\n",
	    {WELCOME "\n", "> ", "\n>", " "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_null(h.error);
	assert_int_equal(h.done, 2);
	forget(&h);
	end_play(&rt);
}

static void
no_steps_are_done_at_once(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};

	(void)state;
	PLAY({{{HELLO "show info\n" GUARD, {WELCOME "a\n\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	run(rt, NULL, 0, &h);
	assert_null(h.error);
	assert_int_equal(h.done, 0);
	ask(rt, "show info", &h);
	forget(&h);
	end_play(&rt);
}

static void
what_follows_a_refused_step_is_not_sent(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	char expected[200];
	struct haproxy_step steps[] = {
	    step(STEP_ADDRESS, "set server b/a addr x port 1", NULL),
	    step(STEP_READY, "set server b/a state ready", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a addr x port 1\n",
	    {WELCOME
		"[4]: Invalid addr 'x' by 'stats socket command'\n\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	snprintf(expected, sizeof(expected),
	    "%s: set server b/a addr x port 1: Invalid addr 'x' by 'stats "
	    "socket command'",
	    path);
	assert_string_equal(h.error, expected);
	assert_int_equal(h.done, 0);
	forget(&h);
	end_play(&rt);
}

/* HAProxy goes on behind what it refuses, so the batch is made whole. */
static void
what_took_behind_a_refused_step_is_taken_back(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1",
		"set server b/a weight 9"),
	    step(STEP_WEIGHT, "set server b/b weight 2",
		"set server b/b weight 9"),
	    step(STEP_WEIGHT, "set server b/c weight 3",
		"set server b/c weight 9"),
	    step(STEP_WEIGHT, "set server b/d weight 4",
		"set server b/d weight 9")};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\nset server b/b weight 2\n"
		      "set server b/c weight 3\nset server b/d weight 4\n",
		   {WELCOME "\n> [3]: No such server.\n> \n> \n> "}},
	    {"set server b/d weight 9\nset server b/c weight 9\n",
		{"\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_non_null(
	    strstr(h.error, "set server b/b weight 2: No such server."));
	assert_int_equal(h.done, 1);
	forget(&h);
	end_play(&rt);
}

static void
a_death_in_a_batch_says_how_many_took(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1", NULL),
	    step(STEP_WEIGHT, "set server b/b weight 2", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\nset server b/b weight 2\n",
	    {WELCOME "\n> ", CLOSE}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_non_null(strstr(h.error, "connection was closed"));
	assert_int_equal(h.done, 1);
	forget(&h);
	end_play(&rt);
}

static void
the_wrong_level_is_named(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\n",
	    {WELCOME "[3]: Permission denied\n\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_non_null(strstr(h.error, "Permission denied"));
	assert_non_null(strstr(h.error, "level admin"));
	forget(&h);
	end_play(&rt);
}

static void
more_replies_than_commands_are_an_error(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\n", {WELCOME "\n> \n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_non_null(strstr(h.error, "more replies than commands"));
	forget(&h);
	end_play(&rt);
}

static void
the_prepared_version_is_put_into_the_commands(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_MAP, "prepare map /m", "clear map @* /m"),
	    step(STEP_MAP, "add map @* /m <<\na 1\nb 2\n", ""),
	    step(STEP_MAP, "commit map @* /m", NULL)};

	(void)state;
	for (int i = 0; i < 3; i++)
		steps[i].backend = STR("/m");
	PLAY({{{HELLO "prepare map /m\n",
		   {WELCOME "[6]: New version created: 12\n\n> "}},
	    {"add map @12 /m <<\na 1\nb 2\n\n", {"+ + + \n> "}},
	    {"commit map @12 /m\n", {"\n> "}},
	    {"clear map @12 /m\n", {"\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_null(h.error);
	assert_int_equal(h.done, 3);
	forget(&h);
	haproxy_runtime_undo(rt,
	    &(struct haproxy_steps){.items = steps, .count = 3}, 2, on_steps,
	    &h);
	await(&h);
	assert_null(h.error);
	assert_int_equal(h.done, 2);
	forget(&h);
	end_play(&rt);
}

static void
undo_goes_backwards_and_stops_where_there_is_none(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_MAINT, "set server b/z state maint", NULL),
	    step(STEP_ADD, "add server b/n 127.0.0.1:1",
		"set server b/n state maint\ndel server b/n"),
	    step(STEP_WEIGHT, "set server b/a weight 1",
		"set server b/a weight 9"),
	    step(STEP_WEIGHT, "set server b/b weight 1",
		"set server b/b weight 9")};
	struct haproxy_steps all = {.items = steps, .count = 4};

	(void)state;
	PLAY({{{HELLO "set server b/b weight 9\nset server b/a weight 9\n",
		   {WELCOME "\n> \n> "}},
	    {"set server b/n state maint\ndel server b/n\n",
		{"\n> [6]: Server deleted.\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	haproxy_runtime_undo(rt, &all, 4, on_steps, &h);
	await(&h);
	assert_int_equal(h.done, 3);
	assert_non_null(strstr(
	    h.error, "set server b/z state maint: nothing takes it back"));
	forget(&h);
	end_play(&rt);
}

/* A key is in it. */
static void
a_payload_is_not_in_the_error(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_CERT, "set ssl cert /c <<\nSECRET\n", NULL)};

	(void)state;
	PLAY({{{HELLO "set ssl cert /c <<\nSECRET\n\n",
	    {WELCOME "+ + [3]: unable to load certificate from file '/c'.\n"
		     "Can't load the payload\nCan't update /c!\n\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_null(strstr(h.error, "SECRET"));
	assert_non_null(strstr(h.error,
	    "set ssl cert /c: unable to load certificate from file '/c'. "
	    "Can't load the payload Can't update /c!"));
	forget(&h);
	end_play(&rt);
}

/* So many commands of so many bytes go out `batch` at a time. */
static void
play_batches(const struct haproxy_step *like, int count, int batch, int bytes)
{
	static struct visit visit[1];
	static char sent[TURNS][16384], said[TURNS][4096];
	struct haproxy_step *steps = xcalloc((size_t)count, sizeof(*steps));
	const char *words = like->command.ptr, *reply = like->undo.ptr;
	struct haproxy_runtime *rt;
	struct heard h = {0};

	memset(visit, 0, sizeof(visit));
	for (int i = 0; i < count; i++) {
		int turn = i / batch;
		char *command =
		    xasprintf("%s%0*d", words, bytes - (int)strlen(words), i);

		if (strstr(words, "<<"))
			command[bytes - 1] = '\n';
		steps[i] = step(like->kind, command, NULL);
		if (i % batch == 0) {
			strcpy(sent[turn], i ? "" : HELLO);
			strcpy(said[turn], i ? "" : WELCOME);
		}
		strcat(strcat(sent[turn], command), "\n");
		strcat(said[turn], reply);
		visit[0].turns[turn].hear = sent[turn];
		visit[0].turns[turn].say[0] = said[turn];
	}
	play(visit, 1);
	rt = haproxy_runtime_new(&loop, path, 2000);
	run(rt, steps, (size_t)count, &h);
	assert_null(h.error);
	assert_int_equal(h.done, count);
	forget(&h);
	end_play(&rt);
	for (int i = 0; i < count; i++)
		free((char *)(uintptr_t)steps[i].command.ptr);
	free(steps);
}

/* As many as keep HAProxy busy for a moment only, and as its buffer holds. */
static void
a_thousand_steps_go_in_batches(void **state)
{
	struct haproxy_step weight =
	    step(STEP_WEIGHT, "set server b/a weight ", "\n> ");
	struct haproxy_step add = step(
	    STEP_ADD, "add server b/a ", "[6]: New server registered.\n\n> ");
	struct haproxy_step payload =
	    step(STEP_MAP, "add map /m <<\nk ", "+ + \n> ");

	(void)state;
	play_batches(&weight, 1000, 128, 30);
	play_batches(&weight, 200, 68, 119);
	play_batches(&add, 100, 32, 30);
	play_batches(&payload, 20, 4, 1000);
}

/* What must not be sent before it is known that the one before it took, though
 * both are of one kind. */
static void
some_steps_stand_alone(void **state)
{
	static const struct {
		enum haproxy_step_kind kind;
		const char *first, *reply, *second;
	} rows[] = {{STEP_CERT, "set ssl cert /c <<\nX\n",
			"[3]: unable to load certificate\nCan't update /c!\n",
			"commit ssl cert /c"},
	    {STEP_MAP, "prepare map /m", "[3]: Unknown map identifier.\n",
		"add map /n a b"},
	    {STEP_MAP, "add map /m a b", "[3]: Unknown map identifier.\n",
		"commit map @1 /m"},
	    {STEP_MAP, "clear map @1 /m", "[3]: Unknown map identifier.\n",
		"add map /m a b"},
	    {STEP_WAIT_REMOVABLE, "wait 1s srv-removable b/a", "[3]: Failed.\n",
		"wait 1s srv-removable b/b"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct haproxy_step steps[] = {
		    step(rows[i].kind, rows[i].first, NULL),
		    step(rows[i].kind, rows[i].second, NULL)};
		char *hear = xasprintf(HELLO "%s\n", rows[i].first);
		char *say = xasprintf(WELCOME "%s\n> ", rows[i].reply);
		struct visit visit = {{{hear, {say}}}};
		struct haproxy_runtime *rt;
		struct heard h = {0};

		play(&visit, 1);
		rt = haproxy_runtime_new(&loop, path, 2000);
		RUN(rt, steps, &h);
		assert_non_null(h.error);
		assert_int_equal(h.done, 0);
		forget(&h);
		end_play(&rt);
		free(hear);
		free(say);
	}
}

/* A wait may take what it says, beyond the patience with others. */
static void
a_wait_is_waited_for(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WAIT_REMOVABLE, "wait 5s srv-removable b/a", NULL)};

	(void)state;
	/* Nothing is a piece, too: each takes 2 ms. */
	PLAY({{{HELLO "wait 5s srv-removable b/a\n",
	    {WELCOME, "", "", "", "[6]: Done.\n\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 3);
	RUN(rt, steps, &h);
	assert_null(h.error);
	assert_int_equal(h.done, 1);
	forget(&h);
	end_play(&rt);
}

/* An old worker still listens, and does nothing. */
static void
a_worker_that_was_replaced_is_named(void **state)
{
	struct haproxy_runtime *rt;
	struct heard h = {0};
	struct haproxy_step steps[] = {
	    step(STEP_WEIGHT, "set server b/a weight 1", NULL)};

	(void)state;
	PLAY({{{HELLO "set server b/a weight 1\n",
	    {WELCOME "[3]: Proxy is disabled.\n\n> "}}}});
	rt = haproxy_runtime_new(&loop, path, 2000);
	RUN(rt, steps, &h);
	assert_non_null(strstr(h.error, "(this worker was replaced)"));
	forget(&h);
	end_play(&rt);
}

/* ---- the judge ---- */

static const struct {
	const char *command, *reply;
	bool took;
} verdicts[] = {{"set server b/a weight 5", "", true},
    {"set server b/a weight 5", "\n", true},
    {"set server b/a weight 500",
	"[3]: Absolute weight can only be between 0 and 256 inclusive.\n",
	false},
    {"set server b/a weight 5",
	"[3]: Backend is using a static LB algorithm and only accepts weights "
	"'0%' and '100%'.\n",
	false},
    {"set server b/a weight 5", "[3]: No such server.", false},
    {"set server b/a addr 127.0.0.1 port 8001",
	"[4]: no need to change the addr, port changed from '8000' to '8001' "
	"by 'stats socket command'\n",
	true},
    {"set server b/a addr 127.0.0.1 port 8001",
	"[4]: no need to change the addr, no need to change the port by 'stats "
	"socket command'\n",
	true},
    {"set server b/a addr ::1 port 5",
	"[4]: IP changed from '127.0.0.1' to '::1', port changed from '+1' to "
	"'5' by 'stats socket command'\n",
	true},
    {"set server b/a addr 127.0.0.1", "[4]: nothing changed\n", true},
    {"set server b/a addr 127.0.0.1 port 5",
	"[4]: port changed from '8003' to '5' by 'stats socket command'\n",
	true},
    {"set server b/a addr 127.0.0.1 port x",
	"[4]: no need to change the addr, problem converting port 'x' to an "
	"int by 'stats socket command'\n",
	false},
    {"set server b/a addr 127.0.0.1 port x",
	"[4]: problem converting port 'x' to an int\n", false},
    {"set server b/a addr x port 1",
	"[4]: Invalid addr 'x' by 'stats socket command'\n", false},
    {"set server b/a addr 127.0.0.1 port 3",
	"[4]: Update for the current server address family is only supported "
	"through configuration file by 'stats socket command'\n",
	false},
    {"set server b/a addr 127.0.0.1 port 3",
	"[4]: Update for the current server address family is only supported "
	"through configuration file.\n",
	false},
    {"set server b/a addr 127.0.0.1 port 3", "", false},
    {"set server b/a check-port 7", "", true},
    {"set server b/a check-port 7", "[5]: health check port updated.\n", true},
    {"set server b/a check-port 7",
	"[4]: health checks are not enabled on this server", false},
    {"set server b/a check-port 999999", "[4]: provided port is invalid",
	false},
    {"set server b/a agent-addr 1.2.3.4",
	"[4]: agent checks are not enabled on this server", false},
    {"set server b/a state ready", "", true},
    {"set server b/a state ready", "[3]: Permission denied\n", false},
    {"set server b/a state ready", "Proxy is disabled.\n", false},
    {"set maxconn server b/a 5", "", true},
    {"set maxconn server b/a x",
	"[3]: maxconn string empty or preceded by garbage\n", false},
    {"enable health b/a", "", true},
    {"enable health b/a",
	"[3]: Health check was not configured on this server, cannot "
	"enable.\n",
	false},
    {"add server b/n 127.0.0.1:1", "[6]: New server registered.\n", true},
    {"add server b/n 127.0.0.1:1",
	"[3]: Already exists a server with the same name in backend.\n", false},
    {"add server b/n 127.0.0.1:1 foo",
	"[3]: unknown keyword 'foo'; did you mean 'tfo' maybe ?\n", false},
    {"add server b/n 127.0.0.1:1",
	"[6]: Unknown command. Please enter one of the following commands only "
	":\n  help           : this message\n",
	false},
    {"del server b/n", "[6]: Server deleted.", true},
    {"del server b/n", "[3]: Only servers in maintenance mode can be deleted.",
	false},
    {"wait 1s srv-removable b/n", "[6]: Done.\n", true},
    {"wait 1s srv-removable b/n", "[3]: Failed.\n", false},
    {"wait 1s srv-removable b/n", "[6]: Unknown command, but maybe", false},
    {"prepare map /m", "[6]: New version created: 1\n", true},
    {"prepare map /m", "[6]: New version created: x\n", false},
    {"prepare map /m",
	"[3]: Unknown map identifier. Please use #<id> or <file>.\n", false},
    {"add map /m a b", "", true}, {"add map /m <<\na b\n", "", true},
    {"del map /m a", "[3]: Key not found.\n", false},
    {"set map /m a b", "[3]: entry not found.\n", false},
    {"commit acl @1 /m", "", true},
    {"set ssl cert /c <<\nx\n",
	"[5]: Transaction created for certificate /c!\n", true},
    {"set ssl cert /c <<\nx\n",
	"[5]: Transaction updated for certificate /c!\n", true},
    {"set ssl cert /c <<\nx\n",
	"[3]: Can't replace a certificate which is not referenced by the "
	"configuration!\nCan't update /c!\n",
	false},
    {"commit ssl cert /c", "Committing /c..\nSuccess!\n", true},
    {"commit ssl cert /c", "[3]: No ongoing transaction! !\nCan't commit /c!\n",
	false},
    {"abort ssl cert /c", "[5]: Transaction aborted for certificate '/c'!\n",
	true},
    {"abort ssl cert /c", "[3]: No ongoing transaction!\n", false},
    {"new ssl cert /c", "[5]: New empty certificate store '/c'!\n", true},
    {"del ssl cert /c", "[5]: Certificate '/c' deleted!\n", true},
    {"del ssl cert /c",
	"[3]: Can't remove the certificate: certificate '/c' doesn't "
	"exist!\n\n",
	false},
    {"add ssl crt-list /l /c",
	"Inserting certificate '/c' in crt-list '/l'.\nSuccess!\n", true},
    {"del ssl crt-list /l /c:3", "[5]: Entry '/c' deleted in crtlist '/l'!\n",
	true},
    {"del ssl crt-list /l /c",
	"[3]: Can't delete the entry: certificate '/c' can't be found in "
	"crt-list '/l'!\n",
	false},
    {"set server b/a check-addr 1.1.1.1",
	"[4]: health checks are not enabled on this server\n", false},
    {"set server b/a agent-port 7",
	"[4]: agent checks are not enabled on this server\n", false},
    {"set server b/a agent-send x",
	"[3]: agent checks are not enabled on this server.\n\n", false},
    {"set server b/a health x",
	"[3]: 'set server <srv> health' expects 'up', 'stopping', or "
	"'down'.\n",
	false},
    {"set server b/a agent x",
	"[3]: agent checks are not enabled on this server.\n\n", false},
    {"enable agent b/a",
	"[3]: Agent was not configured on this server, cannot enable.\n\n",
	false},
    {"disable health b/z", "[3]: No such server.\n", false},
    {"disable agent b/z", "[3]: No such server.\n", false},
    {"shutdown sessions server b/z", "[3]: No such server.\n", false},
    {"add map /m a b",
	"[3]: Unknown map identifier. Please use #<id> or <file>.\n", false},
    {"add acl /m a",
	"[3]: Unknown ACL identifier. Please use #<id> or <file>.\n", false},
    {"del acl /m a", "[3]: Key not found.\n", false},
    {"clear map @1 /m",
	"[3]: Unknown map identifier. Please use #<id> or <file>.\n", false},
    {"clear acl @1 /m",
	"[3]: Unknown ACL identifier. Please use #<id> or <file>.\n", false},
    {"commit map @1 /m", "[3]: Version number out of range.\n", false},
    {"commit acl @1 /m", "[3]: Version number out of range.\n", false},
    {"prepare acl /m",
	"[3]: Unknown ACL identifier. Please use #<id> or <file>.\n", false},
    {"commit ssl cert /c", "Committing /c..\nCan't commit /c!\n", false},
    {"new ssl cert /c", "[3]: Certificate '/c' already exists!\n", false},
    {"add ssl crt-list /l /c",
	"[3]: Can't edit the crt-list: crt-list '/l' does not exist!\n", false},
    {"drop everything", "", false}};

static void
replies_are_judged_by_command_and_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		struct haproxy_step s =
		    step(STEP_WEIGHT, verdicts[i].command, NULL);
		struct error e = {0};
		int rc = haproxy_step_judge(&s, str_of(verdicts[i].reply), &e);

		if ((rc == 0) != verdicts[i].took)
			fail_msg(
			    "%s: %s", verdicts[i].command, verdicts[i].reply);
		assert_int_equal(error_is_set(&e), !verdicts[i].took);
		error_fini(&e);
	}
}

static void
a_long_refusal_is_cut(void **state)
{
	struct haproxy_step s = step(STEP_ADD, "add server b/n x:1", NULL);
	struct error e = {0};
	struct buf reply = {0};

	(void)state;
	buf_puts(&reply, "[6]: Unknown command.\n");
	buf_repeat(&reply, 'x', 10000);
	assert_int_equal(haproxy_step_judge(&s, buf_as_str(&reply), &e), -1);
	assert_in_range(strlen(e.text), 100, 500);
	assert_null(strchr(e.text, '\n'));
	buf_fini(&reply);
	error_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_question_is_answered_on_a_connection_that_stays),
	    cmocka_unit_test(a_reply_in_pieces_is_put_together),
	    cmocka_unit_test(a_reply_may_hold_what_looks_like_a_prompt),
	    cmocka_unit_test(an_empty_reply_is_empty),
	    cmocka_unit_test(a_connection_closed_while_idle_is_opened_again),
	    cmocka_unit_test(
		a_connection_that_dies_as_it_is_used_again_costs_nothing),
	    cmocka_unit_test(a_connection_is_closed_soon_after_its_last_use),
	    cmocka_unit_test(close_ends_the_connection_before_a_reload),
	    cmocka_unit_test(questions_wait_for_each_other),
	    cmocka_unit_test(nobody_there_is_said),
	    cmocka_unit_test(a_path_that_is_too_long_is_an_error),
	    cmocka_unit_test(silence_ends_with_the_timeout_and_a_hint),
	    cmocka_unit_test(an_end_in_the_middle_is_an_error_with_what_came),
	    cmocka_unit_test(what_is_no_stats_socket_is_said_to_be_none),
	    cmocka_unit_test(after_an_error_the_next_question_begins_anew),
	    cmocka_unit_test(freed_at_work_no_callback_fires),
	    cmocka_unit_test(it_may_be_freed_by_its_own_callback),
	    cmocka_unit_test(a_reply_has_a_limit),
	    cmocka_unit_test(steps_of_one_kind_go_out_together),
	    cmocka_unit_test(replies_to_steps_come_in_pieces),
	    cmocka_unit_test(no_steps_are_done_at_once),
	    cmocka_unit_test(what_follows_a_refused_step_is_not_sent),
	    cmocka_unit_test(what_took_behind_a_refused_step_is_taken_back),
	    cmocka_unit_test(a_death_in_a_batch_says_how_many_took),
	    cmocka_unit_test(the_wrong_level_is_named),
	    cmocka_unit_test(more_replies_than_commands_are_an_error),
	    cmocka_unit_test(the_prepared_version_is_put_into_the_commands),
	    cmocka_unit_test(undo_goes_backwards_and_stops_where_there_is_none),
	    cmocka_unit_test(a_payload_is_not_in_the_error),
	    cmocka_unit_test(a_thousand_steps_go_in_batches),
	    cmocka_unit_test(some_steps_stand_alone),
	    cmocka_unit_test(a_wait_is_waited_for),
	    cmocka_unit_test(a_worker_that_was_replaced_is_named),
	    cmocka_unit_test(replies_are_judged_by_command_and_words),
	    cmocka_unit_test(a_long_refusal_is_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
