/* SPDX-License-Identifier: MIT */
/*
 * What the daemon says: one line for each decision, with its reason; what it
 * waits for whenever that changes.
 */
#include "daemon.h"

#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

static double
ms(int64_t us)
{
	return (double)us / 1000;
}

void
daemon_say_task(struct daemon *d, const struct task *t, bool changed)
{
	const char *because = d->because.len ? d->because.ptr : NULL;

	switch (t->state) {
	case TASK_FAILED:
		log_error(LOG_LEVEL_ERROR, "template", &t->error,
		    "%s: failed%s:", t->config->name,
		    t->has_output ? ", the last good text stays" : "");
		break;
	case TASK_READY:
		if (!changed)
			log_debug("template", "%s: the same text in %.1f ms",
			    t->config->name, ms(t->render_us));
		else if (because)
			log_info("template",
			    "%s: rendered in %.1f ms, %zu bytes, because of "
			    "%s%s",
			    t->config->name, ms(t->render_us), t->output.len,
			    because, d->because_count > 3 ? " and more" : "");
		else
			log_info("template",
			    "%s: rendered in %.1f ms, %zu bytes",
			    t->config->name, ms(t->render_us), t->output.len);
		break;
	case TASK_NEW:
	case TASK_WAITING:
		break;
	}
}

/* The files are in place, and nothing runs that could take them. */
static void
say_not_running(const struct group *g, const struct apply_result *r)
{
	log_error(LOG_LEVEL_WARN, "apply", &r->error,
	    "%s: %zu file%s written, but not taken:", group_name(g), r->changed,
	    r->changed == 1 ? "" : "s");
}

static void
say_reload(const struct group *g, const struct apply_result *r)
{
	char old[48] = "";

	if (r->old_workers > 0)
		snprintf(old, sizeof(old), ", %d old worker%s left",
		    r->old_workers, r->old_workers == 1 ? "" : "s");
	log_info("apply",
	    "%s: %zu file%s written, checked in %lld ms, reloaded in %lld "
	    "ms%s",
	    group_name(g), r->changed, r->changed == 1 ? "" : "s",
	    (long long)r->check_ms, (long long)r->reload_ms, old);
}

static void
say_runtime(const struct group *g, const struct apply_result *r)
{
	log_info("apply", "%s: run time: %s (%zu step%s, %.1f ms)",
	    group_name(g), r->changes, r->steps, r->steps == 1 ? "" : "s",
	    ms(r->steps_us));
}

/* Once, not at each try. */
static void
say_deferred(const struct group *g, const struct apply_result *r)
{
	if (!g->deferred)
		log_info("apply", "%s: the reload waits: %s", group_name(g),
		    r->error.text);
}

void
daemon_say_apply(
    struct daemon *d, const struct group *g, const struct apply_result *r)
{
	(void)d;
	if (r->reason && !g->deferred)
		log_info("apply", "%s: reload: %s", group_name(g), r->reason);
	if (r->not_running && r->outcome <= APPLY_RELOADED) {
		say_not_running(g, r);
		return;
	}
	switch (r->outcome) {
	case APPLY_UNCHANGED:
		log_info("apply", "%s: files are as rendered, nothing to do",
		    group_name(g));
		break;
	case APPLY_WRITTEN:
		log_info("apply", "%s: %zu file%s written", group_name(g),
		    r->changed, r->changed == 1 ? "" : "s");
		if (r->not_running)
			log_error(LOG_LEVEL_WARN, "apply", &r->error,
			    "%s: not reloaded:", group_name(g));
		break;
	case APPLY_RUNTIME:
		say_runtime(g, r);
		break;
	case APPLY_DEFERRED:
		say_deferred(g, r);
		break;
	case APPLY_RELOADED:
		say_reload(g, r);
		break;
	case APPLY_REFUSED:
	case APPLY_FAILED:
	case APPLY_ROLLED_BACK:
		log_error(LOG_LEVEL_ERROR, "apply", &r->error,
		    "%s: %s:", group_name(g), apply_outcome_name(r->outcome));
		break;
	}
}

void
daemon_say_waits(struct daemon *d)
{
	struct buf waits = {0};
	bool lasts;

	if (d->stopping)
		return;
	plan_print_waits(d->plan, &waits, source_why, d->source);
	lasts = waits.len && d->seen_waits && !strcmp(d->seen_waits, waits.ptr);
	free(d->seen_waits);
	d->seen_waits = waits.len ? xstrdup(waits.ptr) : NULL;
	if (lasts && (!d->said_waits || strcmp(d->said_waits, waits.ptr))) {
		free(d->said_waits);
		d->said_waits = xstrdup(waits.ptr);
		log_info("run", "waiting for %s:\n%s", source_name(d->source),
		    waits.ptr);
	} else if (!waits.len && d->said_waits) {
		free(d->said_waits);
		d->said_waits = NULL;
		log_info("run", "every template has its data");
	}
	buf_fini(&waits);
}

/* "; held: QUERY from 3 to 0, and 2 more" */
static size_t
say_held(const struct daemon *d, struct buf *status)
{
	struct held h;
	size_t n = 0;

	for (size_t i = 0; guard_next(d->guard, &i, &h); n++) {
		if (n > 0)
			continue;
		buf_printf(status, "; held: %.*s ", (int)h.id.len, h.id.ptr);
		held_print_change(&h, status);
	}
	if (n > 1)
		buf_printf(status, ", and %zu more", n - 1);
	return n;
}

/* Files whose last text was refused, or is not live for another reason. */
static size_t
count_not_live(const struct daemon *d)
{
	size_t n = 0;

	for (size_t i = 0; i < plan_count(d->plan); i++)
		n += error_is_set(&plan_task(d->plan, i)->apply_error);
	return n;
}

static const char *
how_far(const struct daemon *d)
{
	if (d->totals.ready)
		return "live";
	for (size_t i = 0; i < d->groups.count; i++)
		if (d->groups.items[i].retry_at)
			return "failed, tried again (the log says why)";
	return "applying";
}

bool
daemon_say_state(struct daemon *d)
{
	struct buf waits = {0}, status = {0};
	size_t old = count_not_live(d), n;

	if (d->stopping)
		return false;
	n = plan_print_waits(d->plan, &waits, source_why, d->source);
	if (n)
		buf_printf(&status, "waiting for %zu: %.*s", n,
		    (int)strcspn(waits.ptr, "\n"), waits.ptr);
	else
		buf_printf(&status, "%s: %zu file%s", how_far(d),
		    plan_count(d->plan), plan_count(d->plan) == 1 ? "" : "s");
	if (old)
		buf_printf(&status,
		    "; %zu with an older text (weir status "
		    "says why)",
		    old);
	if (d->totals.paused_unix)
		buf_puts(&status, "; paused, nothing is applied");
	if (d->said_remembered)
		buf_puts(&status, "; stale, from an earlier run");
	n += say_held(d, &status);
	report_status(d->report, status.ptr);
	buf_fini(&waits);
	buf_fini(&status);
	return n || d->recalled;
}
