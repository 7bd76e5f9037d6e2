/* SPDX-License-Identifier: MIT */
/*
 * What comes after a line went: its server drains, goes into maintenance when
 * its time is over, and is deleted where the version does that well. None of it
 * is worth a reload.
 */
#include "live.h"

#include "weir/log.h"

/* Milliseconds to the end of a drain when an apply is just at work. */
#define BUSY_MS 50
/* Milliseconds for a wait until a server can be deleted, and its reply. */
#define SWEEP_MS 15000
/* Milliseconds to the next try to delete one. */
#define PUT_OFF_MS 60000

/* The deletions have a connection of their own: HAProxy waits in them. */
static bool
is_due(const struct live *l, const struct haproxy_leftover *o)
{
	return o->draining || (l->policy.delete &&o->line && !l->sweeping);
}

static struct haproxy_leftover *
next_due(const struct live *l)
{
	struct haproxy_leftover *first = NULL;

	for (size_t i = 0; i < l->running.count; i++) {
		struct haproxy_leftover *o = &l->running.leftovers[i];

		if (is_due(l, o) && (!first || o->until < first->until))
			first = o;
	}
	return first;
}

static void
say_expired(const struct live *l)
{
	struct buf text = {0};

	live_print_steps(&l->expired, &text);
	log_info(
	    "apply", "%s: of a line that went: %s", live_log_name(l), text.ptr);
	buf_fini(&text);
}

/* A deletion that is refused is none: there are connections left, or a rule
 * points to it. */
static void
put_off(struct live *l)
{
	const struct haproxy_step *s = &l->expired.items[0];
	struct haproxy_leftover *o =
	    haproxy_leftover_find(&l->running, s->backend, s->server);

	if (o)
		o->until = live_now(l) + PUT_OFF_MS;
}

static void
on_expired(void *arg, struct haproxy_steps_result *r)
{
	struct live *l = arg;
	bool was_sweeping = l->sweeping;

	l->totals.steps_done += r->done;
	if (error_is_set(&r->error)) {
		log_error(LOG_LEVEL_DEBUG, "apply", &r->error,
		    "%s: put off:", live_log_name(l));
		put_off(l);
	} else {
		haproxy_steps_note(
		    &l->expired, &l->running, &l->policy, live_now(l));
		say_expired(l);
		live_remember(l);
	}
	haproxy_steps_fini(&l->expired);
	l->state = 0;
	l->sweeping = false;
	if (!was_sweeping)
		l->busy = false;
	live_drain_next(l);
	if (!was_sweeping && l->waiting)
		live_plan_go(l);
}

static void
expire(struct live *l, struct haproxy_leftover *o)
{
	bool deletes = !o->draining;

	haproxy_steps_expire(
	    &l->expired, o, &l->model, &l->running, &l->policy);
	if (l->expired.reload || !l->expired.count) {
		haproxy_steps_fini(&l->expired);
		o->draining = false;
		o->until = live_now(l) + PUT_OFF_MS;
		live_drain_next(l);
		return;
	}
	if (!deletes) {
		l->busy = true;
		haproxy_runtime_run(l->runtime, &l->expired, on_expired, l);
		return;
	}
	l->sweeping = true;
	if (!l->sweeper)
		l->sweeper = haproxy_runtime_new(
		    l->loop, l->haproxy->stats_socket, SWEEP_MS);
	haproxy_runtime_run(l->sweeper, &l->expired, on_expired, l);
}

static void
on_drain(uv_timer_t *timer)
{
	struct live *l = timer->data;
	struct haproxy_leftover *o = next_due(l);

	if (!l->certain)
		return; /* the next apply goes on with it */
	if (l->applying || l->busy || l->next || l->sweeping) {
		uv_timer_start(&l->drain, on_drain, BUSY_MS, 0);
		return;
	}
	if (o && o->until <= live_now(l))
		expire(l, o);
	else
		live_drain_next(l);
}

void
live_drain_next(struct live *l)
{
	const struct haproxy_leftover *o = next_due(l);
	int64_t due;

	if (!o) {
		uv_timer_stop(&l->drain);
		return;
	}
	due = o->until - live_now(l);
	uv_timer_start(&l->drain, on_drain, due > 0 ? (uint64_t)due : 0, 0);
}

/* A deletion under way is dropped: its server may be wanted again. */
void
live_drain_pause(struct live *l)
{
	if (!l->sweeping)
		return;
	haproxy_runtime_free(&l->sweeper);
	haproxy_steps_fini(&l->expired);
	l->sweeping = false;
}
