/* SPDX-License-Identifier: MIT */
/*
 * What comes after a line went: its server drains, goes into maintenance when
 * its time is over, and is deleted where the version does that well. None of it
 * is worth a reload.
 */
#include "live.h"

#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

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
end_expired(struct live *l)
{
	bool was_sweeping = l->sweeping;

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
note_expired(struct live *l)
{
	haproxy_steps_note(&l->expired, &l->running, &l->policy, live_now(l));
	say_expired(l);
	live_remember(l);
}

/* Up to the character, which goes too. */
static struct str
cut(struct str *s, char at)
{
	const char *end = s->len ? memchr(s->ptr, at, s->len) : NULL;
	struct str part = {s->ptr, end ? (size_t)(end - s->ptr) : s->len};

	s->ptr += part.len + (end ? 1 : 0);
	s->len -= part.len + (end ? 1 : 0);
	return part;
}

/* A row of "show servers state": be_id be_name srv_id srv_name … */
static bool
has_row(struct str state, struct str server)
{
	while (state.len) {
		struct str line = cut(&state, '\n'), word = {0};

		for (int i = 0; i < 4; i++)
			word = cut(&line, ' ');
		if (str_equal(word, server))
			return true;
	}
	return false;
}

static void
forget(struct live *l)
{
	const struct haproxy_step *s = &l->expired.items[0];

	log_info("apply",
	    "%s: of a line that went: backend %.*s: server %.*s: is no more",
	    live_log_name(l), (int)s->backend.len, s->backend.ptr,
	    (int)s->server.len, s->server.ptr);
	haproxy_leftover_drop(&l->running, s->backend, s->server);
	live_remember(l);
}

static void
on_looked(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;
	bool told = !reply->status && !error_is_set(&reply->error) &&
		    str_find(reply->text, STR("srv_name")) >= 0;

	if (told && !has_row(reply->text, l->expired.items[0].server))
		forget(l);
	else
		put_off(l);
	end_expired(l);
}

/* A deletion that was dropped under way may have taken all the same; or
 * somebody else deleted it. */
static void
look(struct live *l)
{
	struct str backend = l->expired.items[0].backend;
	char *command =
	    xasprintf("show servers state %.*s", (int)backend.len, backend.ptr);

	haproxy_runtime_ask(
	    l->sweeping ? l->sweeper : l->runtime, command, on_looked, l);
	free(command);
}

static void
on_expired(void *arg, struct haproxy_steps_result *r)
{
	struct live *l = arg;

	l->totals.steps_done += r->done;
	if (!error_is_set(&r->error)) {
		note_expired(l);
		end_expired(l);
		return;
	}
	log_error(LOG_LEVEL_DEBUG, "apply", &r->error,
	    "%s: put off:", live_log_name(l));
	look(l);
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

	if (!o || l->held) {
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
