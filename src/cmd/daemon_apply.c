/* SPDX-License-Identifier: MIT */
/*
 * Groups going live, one apply at a time for each. While a group is applied its
 * tasks are not executed, so what is written is what was checked. A refused or
 * rolled-back text is not tried again until it changes; a file that could not
 * be written is (the disk may have room again).
 */
#include "daemon.h"

#include <stdlib.h>
#include <time.h>

#include "weir/log.h"

/* Milliseconds to the first and at most between two tries to write. */
#define RETRY_MIN_MS 5000
#define RETRY_MAX_MS 300000

static void
set_busy(struct group *g, bool busy)
{
	for (size_t i = 0; i < g->count; i++)
		g->tasks[i]->busy = busy;
}

static void
count_outcome(struct run_totals *t, const struct apply_result *r)
{
	switch (r->outcome) {
	case APPLY_UNCHANGED:
		break;
	case APPLY_WRITTEN:
		t->applies_written++;
		break;
	case APPLY_RUNTIME:
		t->applies_runtime++;
		break;
	case APPLY_RELOADED:
		t->applies_reloaded++;
		break;
	case APPLY_REFUSED:
		t->applies_refused++;
		break;
	case APPLY_FAILED:
		t->applies_failed++;
		break;
	case APPLY_ROLLED_BACK:
		t->applies_rolled_back++;
		break;
	case APPLY_DEFERRED:
		t->applies_deferred++;
		break;
	}
	if (r->outcome >= APPLY_WRITTEN && r->outcome <= APPLY_RELOADED)
		t->last_apply_unix = (int64_t)time(NULL);
	if (r->old_workers >= 0)
		t->old_workers = r->old_workers;
	t->last_check_ms = r->check_ms;
	if (r->outcome != APPLY_RUNTIME)
		t->last_reload_ms = r->reload_ms;
}

static void
plan_retry(struct daemon *d, struct group *g, enum apply_outcome outcome)
{
	g->retry_at = 0;
	if (outcome == APPLY_DEFERRED)
		return;
	if (outcome != APPLY_FAILED && outcome != APPLY_ROLLED_BACK) {
		g->retry_ms = 0;
		return;
	}
	g->retry_ms = g->retry_ms ? g->retry_ms * 2 : RETRY_MIN_MS;
	if (g->retry_ms > RETRY_MAX_MS)
		g->retry_ms = RETRY_MAX_MS;
	/* Not before for a reload that is owed, either. */
	g->defer_until = daemon_now(d) + g->retry_ms;
	if (outcome == APPLY_FAILED)
		g->retry_at = g->defer_until;
}

/* At most one reload in reload_interval; what changes meanwhile waits. */
static void
space_reloads(struct daemon *d, struct group *g, enum apply_outcome outcome)
{
	if (g->haproxy &&
	    (outcome == APPLY_RELOADED || outcome == APPLY_ROLLED_BACK))
		g->not_before = daemon_now(d) + g->haproxy->reload_interval_ms;
}

/* It takes a reload that has to wait: what is there then counts. */
static void
plan_deferred(struct daemon *d, struct group *g, const struct apply_result *r)
{
	bool waits = r->outcome == APPLY_DEFERRED;

	if (waits) {
		g->wanted = true;
		g->defer_until = daemon_now(d) + r->again_ms;
	}
	g->deferred = waits;
	if (g->live && !waits && !g->watched) {
		g->watched = true;
		live_watch(g->live);
	}
}

/* What is not live is said as long as that is so. */
static void
keep_error(struct group *g, const struct apply_result *r)
{
	struct error bare = r->error;
	struct buf text = {0};

	if (r->outcome == APPLY_DEFERRED)
		return;
	if (r->outcome > APPLY_RELOADED) {
		bare.excerpt = NULL;
		buf_printf(&text, "%s: ", apply_outcome_name(r->outcome));
		error_print(&bare, &text);
	}
	for (size_t i = 0; i < g->count; i++)
		task_set_apply_error(g->tasks[i], text.ptr);
	buf_fini(&text);
}

static void
check_ready(struct daemon *d)
{
	for (size_t i = 0; i < d->groups.count; i++)
		if (!d->groups.items[i].applied)
			return;
	if (!d->totals.ready)
		log_info("run", "ready: every file is live");
	d->totals.ready = true;
	report_ready(d->report);
}

static void
on_applied(void *arg, const struct apply_result *r)
{
	struct group *g = arg;
	struct daemon *d = g->owner;

	g->apply = NULL;
	free(g->files);
	g->files = NULL;
	d->applying--;
	set_busy(g, false);
	count_outcome(&d->totals, r);
	daemon_say_apply(d, g, r);
	keep_error(g, r);
	plan_deferred(d, g, r);
	plan_retry(d, g, r->outcome);
	space_reloads(d, g, r->outcome);
	if (r->outcome <= APPLY_RELOADED)
		g->applied = true;
	check_ready(d);
	if (d->reconfigure && !d->applying)
		daemon_reconfigure(d, NULL);
	else
		daemon_step(d);
}

static void
start(struct daemon *d, struct group *g)
{
	size_t count;
	struct apply_options o = {.loop = &d->loop,
	    .haproxy = g->haproxy,
	    .check = true,
	    .write = true,
	    .reload = true,
	    .live = g->live,
	    .may_defer = true,
	    .reload_at = g->live ? g->not_before : 0,
	    .on_done = on_applied,
	    .arg = g};

	g->wanted = false;
	g->retry_at = 0;
	g->defer_until = 0;
	g->files = group_files(g, &count);
	o.files = g->files;
	o.count = count;
	d->applying++;
	set_busy(g, true);
	g->apply = apply_start(&o);
}

/* What is known of the HAProxy decides whether it takes a reload at all. */
static int64_t
not_before(const struct group *g)
{
	if (g->live || g->defer_until > g->not_before)
		return g->defer_until;
	return g->not_before;
}

void
daemon_apply(struct daemon *d)
{
	if (d->totals.paused_unix)
		return;
	for (size_t i = 0; i < d->groups.count; i++) {
		struct group *g = &d->groups.items[i];
		bool again = g->retry_at && g->retry_at <= daemon_now(d);

		if (g->apply || d->reconfigure || not_before(g) > daemon_now(d))
			continue;
		if ((g->wanted || again) && group_is_complete(g))
			start(d, g);
	}
}

int64_t
daemon_retry_due(const struct daemon *d)
{
	int64_t due = -1;

	if (d->totals.paused_unix)
		return -1;
	for (size_t i = 0; i < d->groups.count; i++) {
		const struct group *g = &d->groups.items[i];

		int64_t at = g->retry_at;

		if (g->wanted && not_before(g) > daemon_now(d))
			at = not_before(g);
		else if (at && at < not_before(g))
			at = not_before(g);
		if (at && !g->apply && (due < 0 || at < due))
			due = at;
	}
	return due;
}
