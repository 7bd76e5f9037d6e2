/* SPDX-License-Identifier: MIT */
/*
 * A reload, observed. Before: who runs. Trigger: master command, signal or a
 * command line. After: a worker that was not there before has taken over, or
 * the master counts one more failure. While 2.6 and earlier load, their master
 * refuses, resets or is silent: so no answer is never a verdict, only time is.
 */
#include "weir/haproxy.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "pidfile.h"
#include "scene.h"
#include "weir/log.h"
#include "weir/xalloc.h"

/* ms to wait for a socket that refuses before HAProxy counts as not running:
 * during a reload by somebody else it refuses for so long. */
#define PATIENCE_REFUSED 3000
/* … and for one that does not exist: a master that is just starting. */
#define PATIENCE_ABSENT 500
/* ms for one question; a silent master is asked again. */
#define ASK_TIMEOUT 1000
/* ms between two questions: the first and the longest. */
#define POLL_FIRST   10
#define POLL_LONGEST 100
/* ms that old workers have to end before they are counted. */
#define GRACE_OLD 100
/* ms before a master that is busy with somebody else's reload is told again. */
#define RETRY_BUSY 200

enum state {
	STATE_BEFORE,  /* who runs now? */
	STATE_TRIGGER, /* tell it */
	STATE_OBSERVE, /* is there a new worker? */
	STATE_CONFIRM, /* does it answer? 3.1 lists one that is still loading */
	STATE_COUNT,   /* it has: how many old ones are left? */
	STATE_LOG,     /* it has failed: why? from 2.7 on the master knows */
	STATE_LAST,    /* does anything run? */
	STATE_DONE
};
static const char *const state_names[] = {
    "before", "trigger", "observe", "confirm", "count", "log", "last", "done"};

struct haproxy_reload {
	uv_loop_t *loop;
	enum haproxy_reload_kind kind;
	char *master_socket, *stats_socket, *argument;
	int64_t started, deadline, poll; /* ms, uv_hrtime */
	enum state state;
	uv_timer_t timer;
	struct haproxy_socket *socket;
	struct child *child;
	struct scene before;
	bool master_visible; /* its pid means something here */
	bool said_success;   /* "Success=1" */
	pid_t fresh;         /* the new worker, to be confirmed */
	int old_workers;     /* when it was seen */
	struct haproxy_reload_result result;
	haproxy_reload_cb *on_reload; /* NULL: cancelled */
	void *arg;
};

static int64_t
now_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

static void step(struct haproxy_reload *);

static void
set_state(struct haproxy_reload *r, enum state state)
{
	assert(state > r->state || r->state == STATE_CONFIRM);
	log_debug("haproxy", "reload: %s -> %s", state_names[r->state],
	    state_names[state]);
	r->state = state;
	r->poll = POLL_FIRST;
}

/* ---- the end ---- */

static void
on_close(uv_handle_t *handle)
{
	struct haproxy_reload *r = handle->data;

	if (r->on_reload)
		r->on_reload(r->arg, &r->result);
	error_fini(&r->result.error);
	scene_fini(&r->before);
	free(r->master_socket);
	free(r->stats_socket);
	free(r->argument);
	free(r);
}

static void
finish(struct haproxy_reload *r)
{
	if (r->state != STATE_DONE) {
		set_state(r, STATE_DONE);
		uv_close((uv_handle_t *)&r->timer, on_close);
	}
}

static void
succeed(struct haproxy_reload *r, pid_t worker, bool observed)
{
	r->result.ok = true;
	r->result.worker = worker;
	r->result.observed = observed;
	r->result.time_ms = now_ms() - r->started;
}

static void
fail(struct haproxy_reload *r)
{
	r->result.ok = false;
	r->result.time_ms = now_ms() - r->started;
	if (r->master_socket || r->stats_socket) {
		set_state(r, STATE_LAST);
		step(r);
	} else {
		finish(r);
	}
}

/* ---- timing ---- */

static void
on_timer(uv_timer_t *timer)
{
	step(timer->data);
}

static void
step_in(struct haproxy_reload *r, int64_t ms)
{
	uv_timer_start(&r->timer, on_timer, (uint64_t)ms, 0);
}

static void
poll_again(struct haproxy_reload *r)
{
	step_in(r, r->poll);
	r->poll = r->poll * 2 < POLL_LONGEST ? r->poll * 2 : POLL_LONGEST;
}

static int64_t
left(const struct haproxy_reload *r)
{
	int64_t ms = r->deadline - now_ms();

	return ms > 1 ? ms : 1;
}

static bool
is_late(const struct haproxy_reload *r)
{
	return now_ms() >= r->deadline;
}

/* ---- who runs ---- */

static int
read_scene(const struct haproxy_reload *r, struct scene *s,
    const struct haproxy_reply *reply)
{
	return scene_read(s, reply, r->master_socket != NULL);
}

static bool
is_absent(int status)
{
	return status == UV_ENOENT || status == UV_ECONNREFUSED;
}

static void
ask_scene(struct haproxy_reload *r, haproxy_reply_cb *on_scene)
{
	int64_t timeout = left(r) < ASK_TIMEOUT ? left(r) : ASK_TIMEOUT;

	r->socket = haproxy_ask(r->loop,
	    r->master_socket ? r->master_socket : r->stats_socket,
	    r->master_socket ? "show proc" : "show info", timeout, on_scene, r);
}

/* ---- before ---- */

static bool
is_process_seen(pid_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

static void
begin(struct haproxy_reload *r)
{
	set_state(r, STATE_TRIGGER);
	step(r);
}

/* Nobody answers. A command may start it, a signal has a pid file of its own:
 * they go on without a scene. */
static void
give_up_before(struct haproxy_reload *r, struct haproxy_reply *reply)
{
	if (r->kind != HAPROXY_RELOAD_MASTER) {
		begin(r);
		return;
	}
	r->result.not_running = is_absent(reply->status);
	if (r->result.not_running)
		error_set(&r->result.error, ERROR_REMOTE,
		    "HAProxy is not running: %s: %s (haproxy -W -S %s listens "
		    "there)",
		    r->master_socket, uv_strerror(reply->status),
		    r->master_socket);
	error_move(&r->result.error, &reply->error);
	if (!error_is_set(&r->result.error))
		haproxy_processes_parse(
		    reply->text, &r->before.processes, &r->result.error);
	r->result.time_ms = now_ms() - r->started;
	finish(r);
}

static int64_t
patience(const struct haproxy_reload *r, const struct haproxy_reply *reply)
{
	int64_t total = r->deadline - r->started;
	int64_t ms = total;

	if (reply->status == UV_ENOENT)
		ms = PATIENCE_ABSENT;
	else if (reply->status == UV_ECONNREFUSED)
		ms = PATIENCE_REFUSED;
	else if (reply->status == UV_EACCES || reply->status == UV_EPERM ||
		 reply->status == UV_ENAMETOOLONG)
		ms = 0;
	else if (reply->status == 0 && reply->text.len)
		ms = 0; /* an answer, but not to show proc */
	return ms < total ? ms : total;
}

static void
on_before(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;

	r->socket = NULL;
	if (read_scene(r, &r->before, reply) == 0) {
		r->master_visible = is_process_seen(r->before.processes.master);
		begin(r);
	} else if (now_ms() - r->started < patience(r, reply)) {
		poll_again(r);
	} else {
		give_up_before(r, reply);
	}
}

/* ---- trigger ---- */

static void
observe(struct haproxy_reload *r)
{
	if (!r->master_socket && !r->stats_socket) {
		succeed(r, 0, false);
		finish(r);
		return;
	}
	set_state(r, STATE_OBSERVE);
	step(r);
}

/* "Success=0\n--\nLOG" */
static void
fail_with_log(struct haproxy_reload *r, struct str log)
{
	ptrdiff_t at = str_find(log, STR("\n--\n"));

	if (at >= 0)
		log = (struct str){log.ptr + at + 4, log.len - (size_t)at - 4};
	haproxy_check_explain(log, NULL, &r->result.error);
	fail(r);
}

static void
fail_with_words(struct haproxy_reload *r, struct str words)
{
	while (words.len && words.ptr[words.len - 1] == '\n')
		words.len--;
	error_set(&r->result.error, ERROR_REMOTE,
	    "the master socket %s refuses to reload: %.*s%s", r->master_socket,
	    (int)words.len, words.ptr,
	    str_find(words, STR("ermission")) >= 0
		? " (haproxy -S PATH,level,admin)"
		: "");
	fail(r);
}

/* Told at the last moment it would reload when nobody looks any more. */
static void
give_up_busy(struct haproxy_reload *r)
{
	error_set(&r->result.error, ERROR_REMOTE,
	    "the master socket %s: another reload is still in progress",
	    r->master_socket);
	fail(r);
}

static void
on_master_reply(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;

	r->socket = NULL;
	if (str_has_prefix(reply->text, STR("Success=1"))) {
		r->said_success = true;
		observe(r);
	} else if (str_has_prefix(reply->text, STR("Success=0"))) {
		fail_with_log(r, reply->text);
	} else if (str_find(reply->text, STR("still in progress")) >= 0) {
		if (left(r) > RETRY_BUSY)
			step_in(r, RETRY_BUSY);
		else
			give_up_busy(r);
	} else if (reply->status == 0 && reply->text.len > 1) {
		fail_with_words(r, reply->text);
	} else {
		observe(r);
	}
}

static void
send_signal(struct haproxy_reload *r)
{
	if (pidfile_reload(
		r->argument, &r->result.not_running, &r->result.error) == 0)
		observe(r);
	else
		finish(r);
}

static void
on_command(void *arg, struct child_result *result)
{
	struct haproxy_reload *r = arg;

	r->child = NULL;
	if (!error_is_set(&result->error)) {
		observe(r);
		return;
	}
	error_set(&r->result.error, ERROR_REMOTE, "reload command \"%s\" %s",
	    r->argument, result->error.text);
	error_excerpt(&r->result.error, result->error.excerpt);
	fail(r);
}

static void
run_command(struct haproxy_reload *r)
{
	struct child_options options = {.shell = r->argument,
	    .timeout_ms = left(r),
	    .on_exit = on_command,
	    .arg = r};

	r->child = child_start(r->loop, &options, &r->result.error);
	if (!r->child)
		fail(r);
}

static void
trigger(struct haproxy_reload *r)
{
	switch (r->kind) {
	case HAPROXY_RELOAD_MASTER:
		r->socket = haproxy_ask(r->loop, r->master_socket, "reload",
		    left(r), on_master_reply, r);
		break;
	case HAPROXY_RELOAD_SIGNAL:
		send_signal(r);
		break;
	case HAPROXY_RELOAD_COMMAND:
		run_command(r);
		break;
	}
}

/* ---- after ---- */

static void
on_log(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;

	r->socket = NULL;
	if (str_find(reply->text, STR("[ALERT]")) >= 0)
		haproxy_check_explain(reply->text, NULL, &r->result.error);
	error_set(&r->result.error, ERROR_REMOTE,
	    "HAProxy could not start with the new configuration, though its "
	    "check accepts it; the old worker goes on. An address that is in "
	    "use is the usual reason; HAProxy's own log says it");
	fail(r);
}

static void
ask_log(struct haproxy_reload *r)
{
	r->socket = haproxy_ask(r->loop, r->master_socket, "show startup-logs",
	    ASK_TIMEOUT, on_log, r);
}

static void
fail_observed(struct haproxy_reload *r, const char *what)
{
	error_set(&r->result.error, ERROR_REMOTE, "%s", what);
	fail(r);
}

static void
conclude(struct haproxy_reload *r)
{
	succeed(r, r->fresh, true);
	r->result.old_workers = r->old_workers;
	if (r->old_workers <= 0) {
		finish(r);
		return;
	}
	set_state(r, STATE_COUNT);
	step_in(r, GRACE_OLD);
}

static void
give_up(struct haproxy_reload *r)
{
	if (r->said_success) {
		succeed(r, 0, true);
		finish(r);
		return;
	}
	error_set(&r->result.error, ERROR_REMOTE,
	    "no new worker of HAProxy was seen within %.10g s",
	    (double)(r->deadline - r->started) / 1000);
	r->result.may_still = true;
	fail(r);
}

static bool
master_died(const struct haproxy_reload *r)
{
	/* A command may restart it. */
	return r->master_visible && r->kind != HAPROXY_RELOAD_COMMAND &&
	       !is_process_seen(r->before.processes.master);
}

/* Success, failure, or ask again. */
static void
judge(struct haproxy_reload *r, const struct scene *after)
{
	r->fresh = after->known ? scene_fresh_worker(&r->before, after) : 0;
	r->old_workers = scene_old_workers(after);
	if (r->fresh && (r->said_success || after->worker)) {
		conclude(r);
	} else if (r->fresh) {
		set_state(r, STATE_CONFIRM);
		step(r);
	} else if (after->known && scene_has_failed(&r->before, after)) {
		set_state(r, STATE_LOG);
		step(r);
	} else if (master_died(r)) {
		fail_observed(r, "HAProxy's master process ended");
	} else if (is_late(r)) {
		give_up(r);
	} else {
		poll_again(r);
	}
}

static void
on_after(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;
	struct scene after;

	r->socket = NULL;
	read_scene(r, &after, reply);
	judge(r, &after);
	scene_fini(&after);
}

/* The master passes the question on; a worker that loads answers nothing. */
static void
on_confirm(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;

	r->socket = NULL;
	if (scene_info_pid(reply->text) == r->fresh) {
		conclude(r);
		return;
	}
	set_state(r, STATE_OBSERVE);
	if (is_late(r))
		step(r);
	else
		poll_again(r);
}

static void
confirm(struct haproxy_reload *r)
{
	char command[64];
	int64_t timeout = left(r) < ASK_TIMEOUT ? left(r) : ASK_TIMEOUT;

	snprintf(command, sizeof(command), "@!%d show info", (int)r->fresh);
	r->socket = haproxy_ask(
	    r->loop, r->master_socket, command, timeout, on_confirm, r);
}

static void
on_count(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;
	struct scene after;

	r->socket = NULL;
	if (read_scene(r, &after, reply) == 0)
		r->result.old_workers = scene_old_workers(&after);
	scene_fini(&after);
	finish(r);
}

/* Silence is no sign: a master that is busy is alive. */
static void
on_last(void *arg, struct haproxy_reply *reply)
{
	struct haproxy_reload *r = arg;
	struct scene after;

	r->socket = NULL;
	if (read_scene(r, &after, reply) < 0)
		r->result.nothing_runs = is_absent(reply->status);
	else if (r->master_socket)
		r->result.nothing_runs = after.processes.count == 0;
	scene_fini(&after);
	finish(r);
}

static void
step(struct haproxy_reload *r)
{
	switch (r->state) {
	case STATE_BEFORE:
		if (r->master_socket || r->stats_socket)
			ask_scene(r, on_before);
		else
			begin(r);
		break;
	case STATE_TRIGGER:
		trigger(r);
		break;
	case STATE_OBSERVE:
		ask_scene(r, on_after);
		break;
	case STATE_CONFIRM:
		confirm(r);
		break;
	case STATE_COUNT:
		ask_scene(r, on_count);
		break;
	case STATE_LOG:
		ask_log(r);
		break;
	case STATE_LAST:
		/* Time may be up; the last look has its own. */
		r->deadline += ASK_TIMEOUT;
		ask_scene(r, on_last);
		break;
	case STATE_DONE:
		break;
	}
}

static char *
copy(const char *s)
{
	return s && *s ? xstrdup(s) : NULL;
}

struct haproxy_reload *
haproxy_reload(uv_loop_t *loop, const struct haproxy_reload_options *o,
    haproxy_reload_cb *on_reload, void *arg)
{
	struct haproxy_reload *r = xcalloc(1, sizeof(*r));

	assert(o->kind != HAPROXY_RELOAD_MASTER || o->master_socket);
	assert(o->kind == HAPROXY_RELOAD_MASTER || o->argument);
	r->loop = loop;
	r->kind = o->kind;
	r->master_socket = copy(o->master_socket);
	r->stats_socket = copy(o->stats_socket);
	r->argument = copy(o->argument);
	r->on_reload = on_reload;
	r->arg = arg;
	r->result.old_workers = -1;
	r->started = now_ms();
	r->deadline = r->started + o->timeout_ms;
	r->poll = POLL_FIRST;
	uv_timer_init(loop, &r->timer);
	r->timer.data = r;
	step_in(r, 0);
	return r;
}

void
haproxy_reload_cancel(struct haproxy_reload **reload)
{
	struct haproxy_reload *r = *reload;

	*reload = NULL;
	if (!r)
		return;
	r->on_reload = NULL;
	haproxy_socket_cancel(&r->socket);
	child_cancel(&r->child);
	finish(r);
}
