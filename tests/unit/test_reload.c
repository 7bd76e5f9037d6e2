/* SPDX-License-Identifier: MIT */
/* Questions to sockets and observed reloads, against a master that follows a
 * script: what the real ones say is scripted as they said it, and what they
 * cannot be made to do (silence, resets, death) as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/haproxy.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

/* ---- the master ---- */

/* One expected connection. */
struct scene {
	const char *command; /* what it must ask; NULL: anything */
	const char *reply;   /* NULL: say nothing and keep silent */
	bool reset;          /* end without a word */
	bool gone;           /* from now on nobody listens */
};

struct master {
	uv_pipe_t listener;
	const struct scene *scenes;
	size_t count, at;
	bool closed;
};

/* One connection to it. */
struct guest {
	uv_pipe_t pipe;
	uv_write_t write;
	struct master *master;
	struct buf asked;
	char chunk[512];
};

static char folder[] = "/tmp/weir-reload-XXXXXX";
static char path[80];
static uv_loop_t loop;
static struct master master;
static struct guest *silent[8];
static size_t silent_count;

static void
on_guest_closed(uv_handle_t *handle)
{
	struct guest *g = handle->data;

	buf_fini(&g->asked);
	free(g);
}

static void
on_written(uv_write_t *request, int status)
{
	struct guest *g = request->data;

	(void)status;
	uv_close((uv_handle_t *)&g->pipe, on_guest_closed);
}

static void
stop_listening(struct master *m)
{
	if (!m->closed)
		uv_close((uv_handle_t *)&m->listener, NULL);
	m->closed = true;
	unlink(path);
}

static void
act(struct guest *g)
{
	struct master *m = g->master;
	const struct scene *s = &m->scenes[m->at++];
	uv_buf_t reply;

	assert_in_range(m->at, 1, m->count);
	if (s->command)
		assert_string_equal(g->asked.ptr, s->command);
	if (s->gone)
		stop_listening(m);
	if (s->reset || !s->reply) {
		if (s->reset)
			uv_close((uv_handle_t *)&g->pipe, on_guest_closed);
		else
			silent[silent_count++] = g;
		return;
	}
	reply.base = xstrdup(s->reply);
	reply.len = strlen(s->reply);
	g->write.data = g;
	buf_reset(&g->asked);
	buf_puts(&g->asked, reply.base);
	free(reply.base);
	reply.base = g->asked.ptr;
	uv_write(&g->write, (uv_stream_t *)&g->pipe, &reply, 1, on_written);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct guest *g = handle->data;

	(void)suggested;
	*buf = uv_buf_init(g->chunk, sizeof(g->chunk));
}

/* The question is over when the asker closes its half. */
static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct guest *g = stream->data;

	if (n > 0) {
		buf_put(&g->asked, buf->base, (size_t)n);
	} else if (n < 0) {
		uv_read_stop(stream);
		act(g);
	}
}

static void
on_connection(uv_stream_t *server, int status)
{
	struct guest *g = xcalloc(1, sizeof(*g));

	(void)status;
	g->master = server->data;
	uv_pipe_init(&loop, &g->pipe, 0);
	g->pipe.data = g;
	assert_int_equal(uv_accept(server, (uv_stream_t *)&g->pipe), 0);
	uv_read_start((uv_stream_t *)&g->pipe, on_alloc, on_read);
}

static void
play(const struct scene *scenes, size_t count)
{
	uv_loop_init(&loop);
	master = (struct master){.scenes = scenes, .count = count};
	silent_count = 0;
	uv_pipe_init(&loop, &master.listener, 0);
	master.listener.data = &master;
	unlink(path);
	assert_int_equal(uv_pipe_bind(&master.listener, path), 0);
	assert_int_equal(
	    uv_listen((uv_stream_t *)&master.listener, 8, on_connection), 0);
}

static void
end_play(void)
{
	for (size_t i = 0; i < silent_count; i++)
		uv_close((uv_handle_t *)&silent[i]->pipe, on_guest_closed);
	stop_listening(&master);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(master.at, master.count);
}

static int
setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/master.sock", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

#define PLAY(...)                                           \
	static const struct scene scenes[] = {__VA_ARGS__}; \
	(void)state;                                        \
	play(scenes, sizeof(scenes) / sizeof(*scenes))

/* ---- one question ---- */

struct heard {
	int calls;
	char *text;
	int status;
	struct error error;
};

static void
on_reply(void *arg, struct haproxy_reply *r)
{
	struct heard *h = arg;

	h->calls++;
	h->text = xstrndup(r->text.ptr, r->text.len);
	h->status = r->status;
	error_move(&h->error, &r->error);
}

static struct heard
ask(const char *where, int64_t timeout_ms)
{
	struct heard h = {0};

	haproxy_ask(&loop, where, "show info", timeout_ms, on_reply, &h);
	assert_int_equal(h.calls, 0);
	while (!h.calls)
		uv_run(&loop, UV_RUN_ONCE);
	return h;
}

static void
forget(struct heard *h)
{
	free(h->text);
	error_fini(&h->error);
}

static void
one_question_has_one_answer(void **state)
{
	struct heard h;

	PLAY({.command = "show info\n", .reply = "Name: x\nPid: 7\n\n"});
	h = ask(path, 1000);
	assert_string_equal(h.text, "Name: x\nPid: 7\n\n");
	assert_int_equal(h.status, 0);
	assert_false(error_is_set(&h.error));
	forget(&h);
	end_play();
}

static void
silence_ends_with_the_time(void **state)
{
	struct heard h;

	PLAY({.command = "show info\n", .reply = NULL});
	h = ask(path, 50);
	assert_int_equal(h.status, UV_ETIMEDOUT);
	assert_non_null(strstr(h.error.text, "no answer within 0.05 s"));
	forget(&h);
	end_play();
}

static void
nobody_there_is_an_error_with_its_number(void **state)
{
	char absent[120], longer[200];
	struct heard h;

	PLAY({.command = NULL});
	master.count = 0;
	snprintf(absent, sizeof(absent), "%s.absent", path);
	h = ask(absent, 1000);
	assert_int_equal(h.status, UV_ENOENT);
	assert_non_null(strstr(h.error.text, ".absent: no such file"));
	forget(&h);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = 0;
	h = ask(longer, 1000);
	assert_int_equal(h.status, UV_ENAMETOOLONG);
	forget(&h);
	end_play();
}

static void
a_cancelled_question_is_not_answered(void **state)
{
	struct heard h = {0};
	struct haproxy_socket *s;

	PLAY({.command = NULL});
	master.count = 0;
	s = haproxy_ask(&loop, path, "show info", 1000, on_reply, &h);
	haproxy_socket_cancel(&s);
	assert_null(s);
	haproxy_socket_cancel(&s);
	end_play();
	assert_int_equal(h.calls, 0);
}

static void
an_answer_has_a_limit(void **state)
{
	size_t n = LIMIT_RUNTIME_REPLY + 1;
	char *reply = xmalloc(n + 1);
	const struct scene scene = {.reply = reply};
	struct heard h;

	(void)state;
	memset(reply, 'x', n);
	reply[n] = 0;
	play(&scene, 1);
	h = ask(path, 20000);
	assert_non_null(strstr(h.error.text, "longer than 67108864 bytes"));
	forget(&h);
	end_play();
	free(reply);
}

/* ---- reloads ---- */

#define HEAD "#<PID> <type> <reloads> <uptime> <version>\n"
#define PROC(reloads, failed, version, workers)                               \
	HEAD "1 master " reloads " [failed: " failed "] 0d00h00m01s " version \
	     "\n# workers\n" workers "\n"
#define WORKER(pid, reloads) pid " worker " reloads " 0d00h00m01s 2.6.12\n"
#define OLD                  "# old workers\n"

#define BEFORE_26 PROC("0", "0", "2.6.12", WORKER("100", "0"))

struct ended {
	int calls;
	bool ok, not_running, nothing_runs, may_still, observed;
	pid_t worker;
	int old_workers;
	struct error error;
};

static void
on_reload(void *arg, struct haproxy_reload_result *r)
{
	struct ended *e = arg;

	e->calls++;
	e->ok = r->ok;
	e->not_running = r->not_running;
	e->nothing_runs = r->nothing_runs;
	e->may_still = r->may_still;
	e->observed = r->observed;
	e->worker = r->worker;
	e->old_workers = r->old_workers;
	error_move(&e->error, &r->error);
}

static struct ended
reload_with(struct haproxy_reload_options o)
{
	struct ended e = {0};

	if (!o.timeout_ms)
		o.timeout_ms = 3000;
	haproxy_reload(&loop, &o, on_reload, &e);
	assert_int_equal(e.calls, 0);
	while (!e.calls)
		uv_run(&loop, UV_RUN_ONCE);
	return e;
}

static struct ended
reload(int64_t timeout_ms)
{
	return reload_with(
	    (struct haproxy_reload_options){.kind = HAPROXY_RELOAD_MASTER,
		.master_socket = path,
		.timeout_ms = timeout_ms});
}

static void
assert_failed(struct ended *e, const char *part)
{
	assert_false(e->ok);
	if (!e->error.text || !strstr(e->error.text, part))
		print_error("error is: %s\n", e->error.text);
	assert_non_null(e->error.text);
	assert_non_null(strstr(e->error.text, part));
	error_fini(&e->error);
}

static void
two_six_says_nothing_and_is_observed(void **state)
{
	struct ended e;

	/* It may go on for a moment as if nothing were. */
	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "show proc\n", .reset = true},
	    {.command = "show proc\n",
		.reply = PROC("1", "0", "2.6.12", WORKER("200", "0"))},
	    {.command = "@!200 show info\n",
		.reply = "Name: HAProxy\nPid: 200\n"});
	e = reload(0);
	assert_true(e.ok && e.observed);
	assert_int_equal(e.worker, 200);
	assert_int_equal(e.old_workers, 0);
	end_play();
}

static void
two_six_counts_its_failures(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n",
		 .reply = PROC("4", "1", "2.6.12", WORKER("100", "1"))},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply = PROC("5", "2", "2.6.12", WORKER("100", "2"))},
	    {.command = "show startup-logs\n", .reply = "Unknown command\n"},
	    {.command = "show proc\n",
		.reply = PROC("5", "2", "2.6.12", WORKER("100", "2"))});
	e = reload(0);
	assert_failed(&e, "could not start with the new configuration");
	assert_false(e.nothing_runs);
	assert_false(e.may_still);
	end_play();
}

/* Failed before, works now: the count of the earlier failures is no failure. */
static void
a_reload_may_succeed_after_failures(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n",
		 .reply = PROC("4", "1", "2.6.12", WORKER("100", "1"))},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply = PROC("4", "1", "2.6.12", WORKER("100", "1"))},
	    {.command = "show proc\n",
		.reply = PROC("5", "0", "2.6.12", WORKER("200", "0"))},
	    {.command = "@!200 show info\n", .reply = "Name: x\nPid: 200\n"});
	e = reload(0);
	assert_true(e.ok);
	end_play();
}

/* A worker that is new, but has seen a reload fail, or is on its way out. */
static void
somebody_elses_worker_is_no_success(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply = PROC("2", "1", "2.6.12",
		    WORKER("200", "1") OLD WORKER("300", "0"))},
	    {.command = "show startup-logs\n", .reply = "Unknown command\n"},
	    {.command = "show proc\n", .reply = BEFORE_26});
	e = reload(0);
	assert_failed(&e, "could not start with the new configuration");
	end_play();
}

/* Its counts say nothing of this reload. */
static void
another_master_has_not_failed(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply = HEAD "2 master 1 [failed: 1] 0d00h00m01s 2.6.12\n"
			      "# workers\n\n"},
	    {.command = "show proc\n",
		.reply = HEAD "2 master 2 [failed: 0] 0d00h00m01s 2.6.12\n"
			      "# workers\n" WORKER("200", "0") "\n"},
	    {.command = "@!200 show info\n", .reply = "Name: x\nPid: 200\n"});
	e = reload(0);
	assert_true(e.ok);
	end_play();
}

/* 2.2 counts no failures, and two reloads for a bind that fails. */
static void
two_two_has_no_new_worker_when_it_failed(void **state)
{
	struct ended e;

	PLAY(
	    {.command = "show proc\n",
		.reply =
		    "#<PID> <type> <relative PID> <reloads> <uptime> <version>\n"
		    "1 master 0 3 0d00h00m01s 2.2.9\n# workers\n"
		    "100 worker 1 0 0d00h00m01s 2.2.9\n"},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply =
		    "#<PID> <type> <relative PID> <reloads> <uptime> <version>\n"
		    "1 master 0 5 0d00h00m01s 2.2.9\n# workers\n# old workers\n"
		    "100 worker [was: 1] 2 0d00h00m01s 2.2.9\n"},
	    {.command = "show startup-logs\n", .reply = ""},
	    {.command = "show proc\n", .reply = BEFORE_26});
	e = reload(0);
	assert_failed(&e, "could not start");
	end_play();
}

static void
two_seven_says_success(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n",
		.reply = "Success=1\n--\n[NOTICE] (1) : Loading success.\n"},
	    {.command = "show proc\n",
		.reply = PROC("1", "0", "2.8.0",
		    WORKER("200", "0") OLD WORKER("100", "1"))},
	    {.command = "show proc\n",
		.reply = PROC("1", "0", "2.8.0",
		    WORKER("200", "0") OLD WORKER("100", "1"))});
	e = reload(0);
	assert_true(e.ok && e.observed);
	assert_int_equal(e.worker, 200);
	assert_int_equal(e.old_workers, 1);
	end_play();
}

static void
two_seven_says_why_it_failed(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n",
		.reply =
		    "Success=0\n--\n[ALERT]    (9) : Binding [x.cfg:4] for "
		    "frontend f: cannot bind socket.\n"
		    "[ALERT]    (9) : [haproxy.main()] Some protocols failed to "
		    "start their listeners! Exiting.\n"},
	    {.command = "show proc\n", .reply = BEFORE_26});
	e = reload(0);
	assert_string_equal(e.error.text,
	    "Binding [x.cfg:4] for frontend f: cannot bind socket.");
	assert_failed(&e, "Binding");
	end_play();
}

/* 3.1 and later list a worker that still loads. */
static void
a_worker_that_does_not_answer_is_not_there_yet(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply = PROC("1", "0", "3.2.0", WORKER("200", "0"))},
	    {.command = "@!200 show info\n", .reply = ""},
	    {.command = "show proc\n",
		.reply = PROC("1", "1", "3.2.0", OLD WORKER("100", "1"))},
	    {.command = "show startup-logs\n",
		.reply = "[ALERT] (2) : config : no\n"},
	    {.command = "show proc\n",
		.reply = PROC("1", "1", "3.2.0", OLD WORKER("100", "1"))});
	e = reload(0);
	assert_string_equal(e.error.text, "no");
	assert_failed(&e, "no");
	assert_false(e.nothing_runs);
	end_play();
}

static void
a_busy_master_is_told_again(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n",
		.reply = "Another reload is still in progress.\n"},
	    {.command = "reload\n", .reply = "Success=1\n--\n"},
	    {.command = "show proc\n",
		.reply = PROC("2", "0", "3.2.0", WORKER("200", "0"))});
	e = reload(0);
	assert_true(e.ok);
	end_play();
}

static void
a_master_that_stays_busy_is_told_no_more(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n",
		.reply = "Another reload is still in progress.\n"},
	    {.command = "show proc\n", .reply = BEFORE_26});
	e = reload(150);
	assert_failed(&e, "another reload is still in progress");
	assert_false(e.nothing_runs);
	end_play();
}

static void
a_socket_without_the_right_to_reload_is_told(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reply = "Permission denied\n"},
	    {.command = "show proc\n", .reply = BEFORE_26});
	e = reload(0);
	assert_failed(&e, "refuses to reload: Permission denied (haproxy -S "
			  "PATH,level,admin)");
	end_play();
}

static void
a_stats_socket_is_no_master_socket(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n",
	    .reply = "Unknown command. Please enter …\n"});
	e = reload(0);
	assert_failed(&e, "is this the master socket");
	assert_false(e.not_running);
	end_play();
}

static void
nobody_listens_is_not_running(void **state)
{
	struct ended e;

	PLAY({.command = NULL});
	master.count = 0;
	stop_listening(&master);
	e = reload(0);
	assert_true(e.not_running);
	assert_failed(&e, "HAProxy is not running");
	assert_int_equal(e.old_workers, -1);
	end_play();
}

static void
a_master_that_stays_silent_ends_with_the_time(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n", .reply = NULL},
	    {.command = "show proc\n", .reply = NULL});
	e = reload(300);
	assert_failed(&e, "no new worker of HAProxy was seen within 0.3 s");
	assert_false(e.nothing_runs);
	assert_true(e.may_still);
	end_play();
}

/* 2.8.0 did that when a bind failed. */
static void
a_master_that_dies_leaves_nothing_running(void **state)
{
	struct ended e;

	PLAY({.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true, .gone = true});
	e = reload(300);
	assert_failed(&e, "no new worker");
	assert_true(e.nothing_runs);
	end_play();
}

/* Where it can be seen to, nobody waits for the time to be up. */
static void
the_end_of_the_master_is_seen(void **state)
{
	static char before[200];
	const struct scene scenes[] = {
	    {.command = "show proc\n", .reply = before},
	    {.command = "reload\n", .reset = true, .gone = true}};
	struct ended e;
	pid_t pid;

	(void)state;
	signal(SIGCHLD, SIG_IGN); /* so that none is left to be waited for */
	pid = fork();
	if (pid == 0) {
		usleep(100000);
		_exit(0);
	}
	snprintf(before, sizeof(before),
	    HEAD "%d master 0 [failed: 0] 0d00h00m01s 2.8.0\n# workers\n%s\n",
	    (int)pid, WORKER("100", "0"));
	play(scenes, 2);
	e = reload(20000);
	assert_failed(&e, "HAProxy's master process ended");
	assert_true(e.nothing_runs);
	end_play();
	signal(SIGCHLD, SIG_DFL);
}

static void
a_signal_without_sockets_is_not_observed(void **state)
{
	char file[120];
	struct ended e;
	FILE *f;

	PLAY({.command = NULL});
	master.count = 0;
	snprintf(file, sizeof(file), "%s.pid", path);
	f = fopen(file, "we");
	fprintf(f, "%d\n", (int)getpid());
	fclose(f);
	signal(SIGUSR2, SIG_IGN);
	e = reload_with((struct haproxy_reload_options){
	    .kind = HAPROXY_RELOAD_SIGNAL, .argument = file});
	assert_true(e.ok);
	assert_false(e.observed);
	assert_int_equal(e.old_workers, -1);
	unlink(file);
	e = reload_with((struct haproxy_reload_options){
	    .kind = HAPROXY_RELOAD_SIGNAL, .argument = file});
	assert_true(e.not_running);
	assert_failed(&e, "pid file");
	end_play();
}

static void
a_command_is_observed_on_the_stats_socket(void **state)
{
	char command[] = "true";
	struct ended e;

	PLAY({.command = "show info\n", .reply = "Name: x\nPid: 100\n"},
	    {.command = "show info\n", .reply = "Name: x\nPid: 100\n"},
	    {.command = "show info\n", .reply = "Name: x\nPid: 101\n"});
	e = reload_with(
	    (struct haproxy_reload_options){.kind = HAPROXY_RELOAD_COMMAND,
		.argument = command,
		.stats_socket = path});
	assert_true(e.ok && e.observed);
	assert_int_equal(e.worker, 101);
	assert_int_equal(e.old_workers, -1);
	end_play();
}

static void
cancel_is_safe_at_any_moment(void **state)
{
	static const struct scene endless[] = {
	    {.command = "show proc\n", .reply = BEFORE_26},
	    {.command = "reload\n", .reset = true},
	    {.command = "show proc\n",
		.reply = PROC("1", "0", "2.6.12", WORKER("200", "0"))},
	    {.command = "@!200 show info\n", .reply = "Name: x\nPid: 200\n"}};
	struct haproxy_reload_options o = {.kind = HAPROXY_RELOAD_MASTER,
	    .master_socket = path,
	    .timeout_ms = 3000};

	(void)state;
	for (int rounds = 0; rounds < 40; rounds++) {
		struct ended e = {0};
		struct haproxy_reload *r;

		play(endless, 4);
		r = haproxy_reload(&loop, &o, on_reload, &e);
		for (int i = 0; i < rounds && !e.calls; i++)
			uv_run(&loop, UV_RUN_ONCE);
		if (!e.calls) {
			haproxy_reload_cancel(&r);
			assert_null(r);
		}
		stop_listening(&master);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&loop), 0);
		assert_in_range(e.calls, 0, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(one_question_has_one_answer),
	    cmocka_unit_test(an_answer_has_a_limit),
	    cmocka_unit_test(silence_ends_with_the_time),
	    cmocka_unit_test(nobody_there_is_an_error_with_its_number),
	    cmocka_unit_test(a_cancelled_question_is_not_answered),
	    cmocka_unit_test(two_six_says_nothing_and_is_observed),
	    cmocka_unit_test(two_six_counts_its_failures),
	    cmocka_unit_test(a_reload_may_succeed_after_failures),
	    cmocka_unit_test(somebody_elses_worker_is_no_success),
	    cmocka_unit_test(another_master_has_not_failed),
	    cmocka_unit_test(two_two_has_no_new_worker_when_it_failed),
	    cmocka_unit_test(two_seven_says_success),
	    cmocka_unit_test(two_seven_says_why_it_failed),
	    cmocka_unit_test(a_worker_that_does_not_answer_is_not_there_yet),
	    cmocka_unit_test(a_busy_master_is_told_again),
	    cmocka_unit_test(a_master_that_stays_busy_is_told_no_more),
	    cmocka_unit_test(a_socket_without_the_right_to_reload_is_told),
	    cmocka_unit_test(a_stats_socket_is_no_master_socket),
	    cmocka_unit_test(nobody_listens_is_not_running),
	    cmocka_unit_test(a_master_that_stays_silent_ends_with_the_time),
	    cmocka_unit_test(a_master_that_dies_leaves_nothing_running),
	    cmocka_unit_test(the_end_of_the_master_is_seen),
	    cmocka_unit_test(a_signal_without_sockets_is_not_observed),
	    cmocka_unit_test(a_command_is_observed_on_the_stats_socket),
	    cmocka_unit_test(cancel_is_safe_at_any_moment),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
