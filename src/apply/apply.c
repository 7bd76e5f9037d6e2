/* SPDX-License-Identifier: MIT */
/*
 * The apply: one state after the other, each either done at once or waiting for
 * a child or a reload. Up to the swap every failure leaves things as they were;
 * from the swap on, a failure puts the previous files back.
 */
#include "weir/apply.h"

#include <assert.h>
#include <stdlib.h>

#include "live.h"
#include "weir/log.h"
#include "weir/xalloc.h"

/* Milliseconds to the next look at old workers, and for one answer. */
#define OLD_WORKERS_MS 1000
#define ASK_MS         2000

enum state {
	STATE_COMPARE, /* which files differ? */
	STATE_PLAN,    /* steps, or a reload? */
	STATE_GATE,    /* a reload: may it be now? */
	STATE_AHEAD,   /* the fast lane: steps before the files */
	STATE_WRITE,   /* candidates */
	STATE_CHECK,   /* one check after the other */
	STATE_SWAP,
	STATE_STEPS,  /* the slow lane: steps behind the files */
	STATE_DUMP,   /* before a reload: what the new worker is to know */
	STATE_RELOAD, /* one program after the other */
	STATE_BACK,   /* a reload failed: previous files */
	STATE_AGAIN,  /* … and those that have the new ones in memory */
	STATE_UNDO,   /* steps that the files don't hold */
	STATE_DONE
};
static const char *const state_names[] = {"compare", "plan", "gate", "ahead",
    "write", "check", "swap", "steps", "dump", "reload", "back", "again",
    "undo", "done"};

/* One program to be told. */
struct reload_job {
	const char *command; /* NULL: the group's HAProxy */
	int64_t timeout_ms;
	bool told; /* it has the new files in memory, or runs nothing */
};

struct apply {
	uv_loop_t *loop;
	uv_timer_t timer;
	enum state state;
	bool check, write, reload, may_defer;
	struct generation generation;
	struct check_jobs checks;
	struct reload_job *reloads;
	size_t reload_count;
	size_t at; /* the check or reload in hand */
	struct child *child;
	struct haproxy_reload *reloading;
	struct live *live; /* NULL: a reload for every change */
	int64_t reload_at;
	struct haproxy_socket *asking; /* how many old workers there are */
	bool planned;                  /* live has a plan for this */
	bool ahead;                    /* the steps went out before the files */
	enum apply_outcome outcome;    /* once the steps are undone */
	char *changes, *reason;        /* of the result */
	uint64_t since;                /* of the step in hand, uv_hrtime */
	struct apply_result result;
	apply_cb *on_done; /* NULL: cancelled */
	void *arg;
};

const char *
apply_outcome_name(enum apply_outcome outcome)
{
	static const char *const names[] = {"unchanged", "written",
	    "applied at run time", "reloaded", "refused", "failed",
	    "rolled back", "deferred"};

	return names[outcome];
}

static void step(struct apply *);

static void
set_state(struct apply *a, enum state state)
{
	assert(state > a->state);
	log_debug(
	    "apply", "%s -> %s", state_names[a->state], state_names[state]);
	a->state = state;
	a->at = 0;
	a->since = uv_hrtime();
}

static int64_t
elapsed_us(const struct apply *a)
{
	return (int64_t)((uv_hrtime() - a->since) / 1000);
}

/* ---- the end ---- */

static void
on_close(uv_handle_t *handle)
{
	struct apply *a = handle->data;

	if (a->on_done)
		a->on_done(a->arg, &a->result);
	error_fini(&a->result.error);
	free(a->changes);
	free(a->reason);
	free(a);
}

/* What the result says of the plan, before live forgets it. */
static void
keep_words(struct apply *a)
{
	struct apply_result *r = &a->result;

	if (!a->planned)
		return;
	if (live_wants_reload(a->live))
		r->reason = a->reason = xstrdup(live_reason_text(a->live));
	else if (r->outcome == APPLY_RUNTIME)
		r->changes = a->changes = live_take_said(a->live);
}

static void
finish(struct apply *a, enum apply_outcome outcome)
{
	set_state(a, STATE_DONE);
	a->result.outcome = outcome;
	keep_words(a);
	if (a->live)
		live_release(a->live);
	check_jobs_fini(&a->checks);
	generation_fini(&a->generation);
	free(a->reloads);
	uv_close((uv_handle_t *)&a->timer, on_close);
}

static void
on_timer(uv_timer_t *timer)
{
	step(timer->data);
}

/* The next step from the loop: a callback of a child is not to start another
 * below itself. */
static void
step_soon(struct apply *a)
{
	uv_timer_start(&a->timer, on_timer, 0, 0);
}

static void
go(struct apply *a, enum state state)
{
	set_state(a, state);
	step_soon(a);
}

/* Not this one: what the running HAProxy was told goes too. */
static void
give_up(struct apply *a, enum apply_outcome outcome)
{
	a->outcome = outcome;
	if (a->planned && live_has_done(a->live))
		go(a, STATE_UNDO);
	else
		finish(a, outcome);
}

/* ---- compare, write ---- */

/* Nothing to write, but nobody knows whether what runs has read it. */
static void
make_up(struct apply *a)
{
	log_info("apply",
	    "%s: was written by a weir that did not live to see it taken",
	    a->generation.members[0].config->destination);
	go(a, STATE_RELOAD);
}

static void
compare(struct apply *a)
{
	struct generation *g = &a->generation;

	if (generation_compare(g, &a->result.error) < 0) {
		finish(a, APPLY_FAILED);
		return;
	}
	a->result.changed = generation_changed(g);
	if (generation_is_pending(g) && a->live)
		live_owe(a->live, LIVE_UNKNOWN,
		    "%s was written by a weir that did not live to see it "
		    "taken",
		    g->members[0].config->destination);
	if (a->live && (a->result.changed || live_owes(a->live)))
		go(a, STATE_PLAN);
	else if (a->result.changed && a->may_defer)
		go(a, STATE_GATE);
	else if (a->result.changed || !a->write)
		go(a, STATE_WRITE);
	else if (generation_is_pending(g))
		make_up(a);
	else
		finish(a, APPLY_UNCHANGED);
}

/* ---- plan, gate ---- */

static void
on_planned(void *arg)
{
	struct apply *a = arg;

	a->planned = true;
	if (live_wants_reload(a->live))
		go(a, STATE_GATE);
	else if (live_is_proven(a->live))
		go(a, STATE_AHEAD);
	else
		go(a, STATE_WRITE);
}

static void
plan(struct apply *a)
{
	live_plan(a->live, &a->generation, on_planned, a);
}

static void
defer(struct apply *a, int64_t ms)
{
	a->result.again_ms = ms;
	finish(a, APPLY_DEFERRED);
}

/* An address that is taken fails for two seconds in which nobody is served. */
static void
probe(struct apply *a)
{
	if (a->live && live_probe(a->live, &a->result.error) < 0)
		finish(a, APPLY_FAILED);
	else
		go(a, STATE_WRITE);
}

static void
on_old_workers(void *arg, struct haproxy_reply *reply)
{
	struct apply *a = arg;
	struct haproxy_processes p;
	int old = 0;

	a->asking = NULL;
	if (!reply->status &&
	    haproxy_processes_parse(reply->text, &p, NULL) == 0) {
		for (size_t i = 0; i < p.count; i++)
			old += p.workers[i].old;
		haproxy_processes_fini(&p);
		a->result.old_workers = old;
	}
	if (old <= a->generation.haproxy->max_old_workers) {
		probe(a);
		return;
	}
	error_set(&a->result.error, ERROR_REFUSED,
	    "%d old workers still have connections (max_old_workers = %d)", old,
	    a->generation.haproxy->max_old_workers);
	defer(a, OLD_WORKERS_MS);
}

static void
gate(struct apply *a)
{
	const struct config_haproxy *h = a->generation.haproxy;
	bool limited = h && h->reload != RELOAD_NONE && h->max_old_workers &&
		       h->master_socket;
	int64_t rest = a->reload_at - (int64_t)uv_now(a->loop);

	if (a->reload_at && rest > 0) {
		error_set(&a->result.error, ERROR_REFUSED,
		    "the last one is not %lld ms ago (reload_interval)",
		    (long long)h->reload_interval_ms);
		defer(a, rest);
	} else if (limited) {
		a->asking = haproxy_ask(a->loop, h->master_socket, "show proc",
		    ASK_MS, on_old_workers, a);
	} else {
		probe(a);
	}
}

/* ---- steps ---- */

/* They took, they are read back. */
static void
end_steps(struct apply *a)
{
	live_commit(a->live, &a->result);
	generation_settle(&a->generation);
	finish(a, APPLY_RUNTIME);
}

static void
on_steps(void *arg)
{
	struct apply *a = arg;
	bool failed = live_failed(a->live);

	if (a->state == STATE_AHEAD) {
		a->ahead = !failed;
		go(a, STATE_WRITE);
	} else if (failed) {
		go(a, STATE_DUMP);
	} else {
		end_steps(a);
	}
}

static void
send_steps(struct apply *a)
{
	live_run(a->live, on_steps, a);
}

static void
on_undone(void *arg)
{
	struct apply *a = arg;

	finish(a, a->outcome);
}

static void
undo(struct apply *a)
{
	live_undo(a->live, on_undone, a);
}

static void
on_dump(void *arg)
{
	struct apply *a = arg;

	go(a, STATE_RELOAD);
}

static void
dump(struct apply *a)
{
	live_dump(a->live, on_dump, a);
}

static void
write_candidates(struct apply *a)
{
	struct generation *g = &a->generation;
	int rc = generation_write(g, &a->result.error);

	a->result.write_us += elapsed_us(a);
	if (rc == 0 && a->check)
		rc = check_jobs_init(&a->checks, g, &a->result.error);
	if (rc < 0)
		give_up(a, APPLY_FAILED);
	else
		go(a, STATE_CHECK);
}

/* ---- check ---- */

static void
end_checks(struct apply *a)
{
	a->result.check_ms = elapsed_us(a) / 1000;
	generation_remove_copies(&a->generation);
	if (a->write)
		go(a, STATE_SWAP);
	else
		finish(a, APPLY_UNCHANGED);
}

static void
refuse(struct apply *a)
{
	a->result.check_ms = elapsed_us(a) / 1000;
	give_up(a, a->result.error.kind == ERROR_REFUSED ? APPLY_REFUSED
							 : APPLY_FAILED);
}

static void
on_check(void *arg, struct child_result *result)
{
	struct apply *a = arg;

	a->child = NULL;
	if (check_job_judge(&a->checks.items[a->at], &a->generation, result,
		&a->result.error) < 0) {
		refuse(a);
		return;
	}
	a->at++;
	step(a);
}

static void
check(struct apply *a)
{
	struct child_options options = {.on_exit = on_check, .arg = a};
	const struct check_job *job;

	if (a->at == a->checks.count) {
		end_checks(a);
		return;
	}
	job = &a->checks.items[a->at];
	options.shell = job->shell;
	options.argv = (const char *const *)job->argv;
	options.timeout_ms = job->timeout_ms;
	a->child = child_start(a->loop, &options, &a->result.error);
	if (!a->child)
		refuse(a);
}

/* ---- swap ---- */

static void
swap(struct apply *a)
{
	int rc = generation_swap(&a->generation, &a->result.error);

	a->result.write_us += elapsed_us(a);
	if (rc < 0)
		give_up(a, APPLY_FAILED);
	else if (a->ahead)
		end_steps(a);
	else if (a->planned)
		go(a, live_wants_reload(a->live) ? STATE_DUMP : STATE_STEPS);
	else
		go(a, STATE_RELOAD);
}

/* ---- reload ---- */

static void
add_reload(struct apply *a, const char *command, int64_t timeout_ms)
{
	for (size_t i = 0; i < a->reload_count; i++)
		if (a->reloads[i].command && command &&
		    !strcmp(a->reloads[i].command, command))
			return;
	a->reloads =
	    xrealloc(a->reloads, a->reload_count + 1, sizeof(*a->reloads));
	a->reloads[a->reload_count++] =
	    (struct reload_job){.command = command, .timeout_ms = timeout_ms};
}

static void
list_reloads(struct apply *a)
{
	const struct generation *g = &a->generation;

	if (g->haproxy && g->haproxy->reload != RELOAD_NONE)
		add_reload(a, NULL, g->haproxy->reload_timeout_ms);
	for (size_t i = 0; i < g->count; i++) {
		const struct member *m = &g->members[i];

		if (m->config->reload && (m->differs || m->pending))
			add_reload(a, m->config->reload,
			    m->config->command_timeout_ms);
	}
}

static void
on_command(void *arg, struct child_result *result)
{
	struct apply *a = arg;
	struct reload_job *job = &a->reloads[a->at];

	a->child = NULL;
	if (a->state == STATE_AGAIN) {
		a->at++;
		step(a);
		return;
	}
	if (!error_is_set(&result->error)) {
		job->told = true;
		a->at++;
		step(a);
		return;
	}
	error_set(&a->result.error, ERROR_REMOTE, "reload command \"%s\" %s",
	    job->command, result->error.text);
	error_excerpt(&a->result.error, result->error.excerpt);
	go(a, STATE_BACK);
}

static void
run_command(struct apply *a, const struct reload_job *job)
{
	struct child_options options = {.shell = job->command,
	    .timeout_ms = job->timeout_ms,
	    .on_exit = on_command,
	    .arg = a};

	a->child = child_start(a->loop, &options, &a->result.error);
	if (a->child)
		return;
	if (a->state == STATE_RELOAD) {
		go(a, STATE_BACK);
	} else {
		a->at++;
		step_soon(a);
	}
}

static void
on_reload(void *arg, struct haproxy_reload_result *result)
{
	struct apply *a = arg;
	struct reload_job *job = &a->reloads[a->at];

	a->reloading = NULL;
	if (result->old_workers >= 0)
		a->result.old_workers = result->old_workers;
	job->told = result->ok || result->nothing_runs || result->may_still;
	if (result->ok || a->state == STATE_AGAIN) {
		if (result->ok && a->planned && a->state == STATE_RELOAD)
			live_reloaded(a->live, result->worker);
		else if (result->ok && a->planned)
			live_restarted(a->live);
		else if (a->planned)
			live_not_running(a->live);
		a->at++;
		step(a);
		return;
	}
	error_move(&a->result.error, &result->error);
	if (result->not_running) {
		/* Previous files would not help it. */
		a->result.not_running = true;
		if (a->planned)
			live_not_running(a->live);
		a->at++;
		step(a);
	} else {
		go(a, STATE_BACK);
	}
}

static void
tell_haproxy(struct apply *a, const struct reload_job *job)
{
	static const enum haproxy_reload_kind kinds[] = {
	    [RELOAD_MASTER] = HAPROXY_RELOAD_MASTER,
	    [RELOAD_SIGNAL] = HAPROXY_RELOAD_SIGNAL,
	    [RELOAD_COMMAND] = HAPROXY_RELOAD_COMMAND};
	const struct config_haproxy *h = a->generation.haproxy;
	struct haproxy_reload_options options = {.kind = kinds[h->reload],
	    .master_socket = h->master_socket,
	    .stats_socket = h->stats_socket,
	    .argument = h->reload_argument,
	    .timeout_ms = job->timeout_ms};

	a->reloading = haproxy_reload(a->loop, &options, on_reload, a);
}

static void
run_job(struct apply *a)
{
	const struct reload_job *job = &a->reloads[a->at];

	if (job->command)
		run_command(a, job);
	else
		tell_haproxy(a, job);
}

static void
end_reloads(struct apply *a)
{
	size_t told = 0;

	for (size_t i = 0; i < a->reload_count; i++)
		told += a->reloads[i].told;
	a->result.reload_ms = elapsed_us(a) / 1000;
	generation_settle(&a->generation);
	/* There is no way to reload, and the steps alone are half of it. */
	if (a->planned && !a->reload_count) {
		live_doubt(a->live, "%s: nothing reloads it",
		    live_reason_text(a->live));
		give_up(a, APPLY_WRITTEN);
		return;
	}
	finish(a, told ? APPLY_RELOADED : APPLY_WRITTEN);
}

static void
reload(struct apply *a)
{
	if (a->at == 0 && a->reload)
		list_reloads(a);
	/* The one connection that its stats socket may allow. */
	if (a->planned && a->at == 0)
		live_reconnect(a->live);
	if (a->at == a->reload_count) {
		end_reloads(a);
		return;
	}
	run_job(a);
}

/* ---- back ---- */

static void
put_back(struct apply *a)
{
	a->result.reload_ms = elapsed_us(a) / 1000;
	if (generation_roll_back(&a->generation, &a->result.error) == 0 &&
	    a->planned)
		live_put_back(a->live);
	go(a, STATE_AGAIN);
}

/* Only who has the new files in memory, may yet take them, or died of them, is
 * told again: a program that refused them goes on with the old ones. */
static void
tell_again(struct apply *a)
{
	while (a->at < a->reload_count && !a->reloads[a->at].told)
		a->at++;
	if (a->at == a->reload_count) {
		give_up(a, APPLY_ROLLED_BACK);
		return;
	}
	run_job(a);
}

static void
step(struct apply *a)
{
	static void (*const steps[])(struct apply *) = {
	    [STATE_COMPARE] = compare,
	    [STATE_PLAN] = plan,
	    [STATE_GATE] = gate,
	    [STATE_AHEAD] = send_steps,
	    [STATE_STEPS] = send_steps,
	    [STATE_DUMP] = dump,
	    [STATE_UNDO] = undo,
	    [STATE_WRITE] = write_candidates,
	    [STATE_CHECK] = check,
	    [STATE_SWAP] = swap,
	    [STATE_RELOAD] = reload,
	    [STATE_BACK] = put_back,
	    [STATE_AGAIN] = tell_again};

	assert(a->state < STATE_DONE);
	steps[a->state](a);
}

struct apply *
apply_start(const struct apply_options *o)
{
	struct apply *a = xcalloc(1, sizeof(*a));

	a->loop = o->loop;
	a->check = o->check;
	a->write = o->write;
	a->reload = o->reload && o->write;
	a->may_defer = o->may_defer;
	a->live = o->live;
	a->reload_at = o->reload_at;
	a->on_done = o->on_done;
	a->arg = o->arg;
	a->result.old_workers = -1;
	a->since = uv_hrtime();
	generation_init(&a->generation, o);
	uv_timer_init(a->loop, &a->timer);
	a->timer.data = a;
	step_soon(a);
	return a;
}

void
apply_cancel(struct apply **apply)
{
	struct apply *a = *apply;

	*apply = NULL;
	if (!a)
		return;
	a->on_done = NULL;
	child_cancel(&a->child);
	haproxy_reload_cancel(&a->reloading);
	haproxy_socket_cancel(&a->asking);
	if (a->live)
		live_cancel(a->live);
	if (a->state != STATE_DONE)
		finish(a, APPLY_FAILED);
}
