/* SPDX-License-Identifier: MIT */
/*
 * From outputs to steps. Who runs is asked each time: one round trip, and what
 * a reload by somebody else has taken away is noticed before a step relies on
 * it.
 */
#include "live.h"

#include <assert.h>
#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

const char *
live_reason_name(enum live_reason why)
{
	static const char *const names[LIVE_REASONS] = {
	    [LIVE_CHANGE] = "change",
	    [LIVE_FOREIGN] = "foreign file",
	    [LIVE_UNKNOWN] = "unknown",
	    [LIVE_SOCKET] = "socket",
	    [LIVE_REFUSED] = "refused",
	    [LIVE_READBACK] = "read-back",
	    [LIVE_DRIFT] = "drift"};

	return names[why];
}

void
live_policy(struct haproxy_policy *p, const struct config_haproxy *h,
    const struct haproxy_version *v)
{
	haproxy_policy_default(p, v);
	if (h->dynamic >= 0)
		p->dynamic = h->dynamic;
	if (h->dynamic == 0)
		p->delete = false;
	p->drain_ms = h->drain_ms;
}

/* ---- the plan ---- */

static void
refuse(struct live *l, enum live_reason why, const char *text)
{
	struct live_change *c = &l->change;

	if (c->steps.reload)
		return;
	c->why = why;
	haproxy_steps_refuse(&c->steps, "%s", text);
}

static void
plan(struct live *l)
{
	struct live_change *c = &l->change;
	const struct live_files_view view = {.files = live_files_of(l->loaded),
	    .model = &c->model,
	    .version = &l->running.version};

	haproxy_steps_plan(
	    &c->steps, &l->model, &c->model, &l->running, &l->policy);
	c->why = LIVE_CHANGE;
	live_files_plan(&c->steps, &l->runs, &c->wanted, &view);
}

static void
end_plan(struct live *l)
{
	l->change.planned = true;
	l->generation = NULL;
	live_end(l);
}

static void
plan_all(void *arg)
{
	struct live *l = arg;

	plan(l);
	end_plan(l);
}

/* What stands in the way of any step. */
static void
look_for_reasons(struct live *l)
{
	struct live_change *c = &l->change;
	const char *foreign;

	if (l->owes_reload)
		refuse(l, l->owes_why, l->owes.ptr);
	else if (!l->certain)
		refuse(l, LIVE_UNKNOWN, l->doubt.ptr);
	else if ((foreign = texts_foreign_change(&l->runs, &c->wanted))) {
		char *text = xasprintf(
		    "%s changed on disk; it is not one of weir's", foreign);

		refuse(l, LIVE_FOREIGN, text);
		free(text);
	}
}

static void
read_wanted(struct live *l)
{
	struct live_change *c = &l->change;
	struct texts_source source = live_disk(l);
	struct error error = {0};

	source.generation = l->generation;
	if (texts_read(&c->wanted, &source, &error) < 0)
		refuse(l, LIVE_UNKNOWN, error.text);
	error_fini(&error);
	haproxy_model_parse(&c->model, texts_config(&c->wanted));
}

static void begin(void *);

static void
again(void *arg)
{
	struct live *l = arg;

	live_reconnect(l);
	begin(l);
}

static void
on_info(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;
	struct live_change *c = &l->change;
	struct error error = {0};
	int rc = live_identify(l, reply, &error);

	if (rc > 0) {
		live_later(l, again, 0);
		return;
	}
	if (rc < 0)
		refuse(l, LIVE_SOCKET, error.text);
	error_fini(&error);
	read_wanted(l);
	if (!c->steps.reload)
		look_for_reasons(l);
	if (c->steps.reload)
		end_plan(l);
	else if (live_files_differ(&l->runs, &c->wanted))
		live_files_ask(l, plan_all);
	else
		plan_all(l);
}

static void
begin(void *arg)
{
	struct live *l = arg;

	haproxy_runtime_ask(l->runtime, "show info", on_info, l);
}

void
live_plan_go(struct live *l)
{
	l->waiting = false;
	begin(l);
}

void
live_plan(struct live *l, const struct generation *g, live_cb *done, void *arg)
{
	assert(!l->done);
	live_change_fini(l);
	arena_init(&l->change.steps.arena, 0);
	l->applying = true;
	live_drain_pause(l);
	l->generation = g;
	l->done = done;
	l->arg = arg;
	l->again = false;
	if (l->busy) {
		l->waiting = true;
		return;
	}
	begin(l);
}

bool
live_wants_reload(const struct live *l)
{
	return l->change.steps.reload;
}

bool
live_is_proven(const struct live *l)
{
	return l->change.steps.proven && l->change.steps.count > 0;
}

const char *
live_reason_text(const struct live *l)
{
	const struct buf *reason = &l->change.steps.reason;

	return reason->len ? reason->ptr : "";
}

bool
live_owes(const struct live *l)
{
	return l->owes_reload;
}

int
live_probe(const struct live *l, struct error *error)
{
	if (!l->certain || !l->change.planned || !l->running.pid)
		return 0;
	return haproxy_bind_probe(&l->model, &l->change.model, error);
}
