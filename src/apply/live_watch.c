/* SPDX-License-Identifier: MIT */
/*
 * Between applies: is what runs still what the texts say? The cheap answer is a
 * digest of what a person or another program could have changed; only when it
 * differs are all servers compared. What differs is repaired in steps, once;
 * after that, or where steps can't, a reload is owed.
 */
#include "live.h"

#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* Milliseconds between two looks while a reload is owed, or nothing answers. */
#define SOON_MS 1000
/* Differences that are told one by one. */
#define SAID_MOST 10

static void look(void *);
static void ask_state(struct live *);
static void state_again(void *);

static void
on_verify(uv_timer_t *timer)
{
	look(timer->data);
}

static void
arm(struct live *l, int64_t ms)
{
	if (l->watching && ms > 0)
		uv_timer_start(&l->verify, on_verify, (uint64_t)ms, 0);
}

static void
end_look(struct live *l, bool answered)
{
	bool want = l->owes_reload && answered;

	if (l->has_findings)
		haproxy_findings_fini(&l->findings);
	l->has_findings = false;
	l->busy = false;
	arm(l, l->owes_reload || !answered ? SOON_MS : l->haproxy->verify_ms);
	if (l->waiting)
		live_plan_go(l);
	else if (want && l->on_want)
		l->on_want(l->want_arg);
}

/* ---- what persons have set ---- */

static bool
is_noted(char *const *list, size_t count, const char *what)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i], what))
			return true;
	return false;
}

static void
add_manual(char ***list, size_t *count, char *what)
{
	*list = xrealloc(*list, *count + 1, sizeof(**list));
	(*list)[(*count)++] = what;
}

static void
drop_manual(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

/* A weir that died in the middle of it took this one out of traffic: not a
 * person. */
static bool
is_touched(const struct live *l, const struct haproxy_finding *f)
{
	char *name = xasprintf("%.*s/%.*s", (int)f->backend.len, f->backend.ptr,
	    (int)f->server.len, f->server.ptr);
	bool touched = strmap_has(&l->touched, str_of(name));

	free(name);
	return touched;
}

void
live_note_manual(
    struct live *l, const struct haproxy_findings *findings, bool all)
{
	char **was = l->manual;
	size_t was_count = l->manual_count;

	if (all) {
		l->manual = NULL;
		l->manual_count = 0;
	}
	for (size_t i = 0; i < findings->count; i++) {
		const struct haproxy_finding *f = &findings->items[i];
		char *what;

		if (f->kind != FINDING_MANUAL || is_touched(l, f))
			continue;
		what = xasprintf("%.*s/%.*s: %.*s", (int)f->backend.len,
		    f->backend.ptr, (int)f->server.len, f->server.ptr,
		    (int)f->what.len, f->what.ptr);
		if (!is_noted(was, was_count, what))
			log_info("apply",
			    "%s: %s: set by hand, left as it is "
			    "(respect_manual)",
			    live_log_name(l), what);
		if (all || !is_noted(was, was_count, what)) {
			add_manual(&l->manual, &l->manual_count, what);
			was = all ? was : l->manual;
		} else {
			free(what);
		}
	}
	if (all)
		drop_manual(was, was_count);
}

/* ---- looking ---- */

static const char *const kind_names[] = {[FINDING_DIFFERS] = "differs",
    [FINDING_MISSING] = "missing",
    [FINDING_UNKNOWN] = "unknown",
    [FINDING_MANUAL] = "manual",
    [FINDING_LEFTOVER] = "leftover",
    [FINDING_GONE] = "gone"};

static void
say_finding(const struct live *l, const struct haproxy_finding *f)
{
	log_info("apply", "%s: drift: backend %.*s: server %.*s: %.*s (%s)",
	    live_log_name(l), (int)f->backend.len, f->backend.ptr,
	    (int)f->server.len, f->server.ptr, (int)f->what.len, f->what.ptr,
	    kind_names[f->kind]);
}

static void
make_ready(struct live *l, const struct haproxy_finding *f)
{
	struct haproxy_steps *repair = &l->findings.repair;
	struct haproxy_step *s =
	    haproxy_step_add(repair, STEP_READY, f->backend, f->server);

	s->command = str_of(arena_printf(&repair->arena,
	    "set server %.*s/%.*s state ready", (int)f->backend.len,
	    f->backend.ptr, (int)f->server.len, f->server.ptr));
	s->what = STR("ready");
}

/* Those that are wrong; the others are taken note of. */
static size_t
sort_findings(struct live *l)
{
	const struct haproxy_findings *all = &l->findings;
	/* What was just repaired may take a moment. */
	bool quiet = l->repaired || l->diverged;
	size_t wrong = 0;

	live_note_manual(l, all, true);
	for (size_t i = 0; i < all->count; i++) {
		const struct haproxy_finding *f = &all->items[i];

		if (f->kind == FINDING_LEFTOVER) {
			haproxy_leftover_put(&l->running, f->backend, f->server,
			    (struct str){0});
			continue;
		}
		if (f->kind == FINDING_GONE) {
			haproxy_leftover_deleted(
			    &l->running, f->backend, f->server);
			continue;
		}
		if (f->kind == FINDING_MANUAL && !is_touched(l, f))
			continue;
		if (f->kind == FINDING_MANUAL)
			make_ready(l, f);
		if (wrong++ < SAID_MOST && !quiet)
			say_finding(l, f);
	}
	if (wrong > SAID_MOST && !quiet)
		log_info("apply", "%s: drift: … and %zu more", live_log_name(l),
		    wrong - SAID_MOST);
	return wrong;
}

/* A reload has not helped, so another would not: until something changes, what
 * differs is only told. */
static void
give_up(struct live *l, const char *why)
{
	if (!l->diverged)
		log_line(LOG_LEVEL_ERROR, "apply",
		    "%s: what runs is not what the files say, not even after "
		    "a reload: %s",
		    live_log_name(l), why);
	l->diverged = true;
	end_look(l, true);
}

static void
owe(struct live *l, const char *why)
{
	if (l->mended) {
		give_up(l, why);
		return;
	}
	live_owe(l, LIVE_DRIFT, "what runs is not what the files say: %s", why);
	end_look(l, true);
}

static void
on_repaired(void *arg, struct haproxy_steps_result *r)
{
	struct live *l = arg;

	l->totals.steps_done += r->done;
	if (error_is_set(&r->error)) {
		l->totals.steps_refused++;
		owe(l, r->error.text);
		return;
	}
	haproxy_steps_note(
	    &l->findings.repair, &l->running, &l->policy, live_now(l));
	l->repaired = true;
	l->tries = 0;
	ask_state(l);
}

static void
repair(struct live *l, size_t wrong)
{
	const struct haproxy_steps *steps = &l->findings.repair;

	int64_t pause;

	l->totals.drift_found += l->repaired ? 0 : wrong;
	if (l->repaired && (pause = live_patience(l)))
		live_later(l, state_again, pause);
	else if (l->repaired)
		owe(l, "the repair did not hold");
	else if (steps->reload || !steps->count)
		owe(l,
		    steps->reason.len ? steps->reason.ptr : "no step mends it");
	else
		haproxy_runtime_run(l->runtime, steps, on_repaired, l);
}

static void
say_repaired(struct live *l)
{
	if (!l->repaired)
		return;
	l->totals.drift_repaired++;
	log_info("apply", "%s: drift repaired at run time", live_log_name(l));
}

/* ---- the files beside the configuration ---- */

static void check_files(void *);

static void
on_mended(void *arg, struct haproxy_steps_result *r)
{
	struct live *l = arg;

	l->totals.steps_done += r->done;
	haproxy_steps_fini(&l->mending);
	l->mending_tried = true;
	if (error_is_set(&r->error)) {
		l->totals.steps_refused++;
		owe(l, r->error.text);
		return;
	}
	check_files(l);
}

static void
on_files(void *arg)
{
	struct live *l = arg;

	if (!l->files_wrong.len) {
		if (l->mending_tried) {
			l->repaired = true;
			say_repaired(l);
		}
		l->mended = l->diverged = false;
		end_look(l, true);
		return;
	}
	if (!l->diverged && !l->mending_tried)
		log_info("apply", "%s: drift: %s", live_log_name(l),
		    l->files_wrong.ptr);
	l->totals.drift_found += !l->mending_tried;
	if (!l->mending_tried && live_files_mend(l))
		haproxy_runtime_run(l->runtime, &l->mending, on_mended, l);
	else
		owe(l, l->files_wrong.ptr);
}

static void
check_files(void *arg)
{
	struct live *l = arg;

	live_files_check(l, &l->runs, NULL, on_files);
}

static void
look_at_files(struct live *l)
{
	l->mending_tried = false;
	buf_reset(&l->files_wrong);
	if (live_files_any(&l->runs) && !l->waiting)
		live_files_ask(l, check_files);
	else
		on_files(l);
}

static void
judge(struct live *l, struct str state)
{
	struct haproxy_expected expected = {.model = &l->model,
	    .running = &l->running,
	    .respect_manual = l->haproxy->respect_manual};
	struct error error = {0};
	uint64_t digest = haproxy_state_digest(state);
	size_t wrong;

	if (l->has_findings)
		haproxy_findings_fini(&l->findings);
	l->has_findings = false;
	l->totals.verifies++;
	if (digest == l->state && digest) {
		say_repaired(l);
		look_at_files(l);
		return;
	}
	if (haproxy_verify(&l->findings, &expected, state, &error) < 0) {
		l->totals.verify_errors++;
		log_error(LOG_LEVEL_WARN, "apply", &error,
		    "%s: cannot be verified:", live_log_name(l));
		error_fini(&error);
		end_look(l, true);
		return;
	}
	l->has_findings = true;
	wrong = sort_findings(l);
	if (wrong) {
		repair(l, wrong);
		return;
	}
	say_repaired(l);
	l->state = digest;
	if (l->touched.count) {
		strmap_fini(&l->touched);
		live_drop_intent(l);
	}
	look_at_files(l);
}

static void
on_state(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;

	if (reply->status || error_is_set(&reply->error)) {
		l->totals.verify_errors++;
		end_look(l, false);
		return;
	}
	judge(l, reply->text);
}

static void
ask_state(struct live *l)
{
	haproxy_runtime_ask(l->runtime, "show servers state", on_state, l);
}

static void
state_again(void *arg)
{
	ask_state(arg);
}

static void
look_again(void *arg)
{
	struct live *l = arg;

	live_reconnect(l);
	/* Who waits asks for itself; look() would only let it go by. */
	if (l->waiting) {
		end_look(l, true);
		return;
	}
	l->busy = false;
	look(l);
}

static void
on_info(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;
	struct error error = {0};
	int rc = live_identify(l, reply, &error);

	if (rc > 0) {
		live_later(l, look_again, 0);
		return;
	}
	if (rc < 0) {
		l->totals.verify_errors++;
		log_error(LOG_LEVEL_DEBUG, "apply", &error,
		    "%s: cannot be verified:", live_log_name(l));
		error_fini(&error);
		end_look(l, false);
		return;
	}
	if (l->waiting || l->owes_reload || !l->certain)
		end_look(l, true);
	else
		ask_state(l);
}

static void
look(void *arg)
{
	struct live *l = arg;

	if (l->held)
		return;
	if (l->applying || l->busy || l->next) {
		arm(l, SOON_MS);
		return;
	}
	l->busy = true;
	l->repaired = false;
	haproxy_runtime_ask(l->runtime, "show info", on_info, l);
}

void
live_watch(struct live *l)
{
	l->watching = true;
	arm(l, 1);
}

void
live_hold(struct live *l, bool held)
{
	l->held = held;
	arm(l, 1);
	live_drain_next(l);
}

void
live_watch_resume(struct live *l)
{
	if (l->owes_reload)
		arm(l, SOON_MS);
}

/* ---- its life ---- */

static void
on_close(uv_handle_t *handle)
{
	struct live *l = handle->data;

	if (--l->open == 0)
		free(l);
}

void
live_watch_init(struct live *l)
{
	uv_timer_t *timers[] = {&l->verify, &l->drain, &l->soon};

	for (size_t i = 0; i < 3; i++) {
		uv_timer_init(l->loop, timers[i]);
		timers[i]->data = l;
		l->open++;
	}
}

/* Frees it in the end. */
void
live_watch_close(struct live *l)
{
	haproxy_runtime_free(&l->sweeper);
	if (l->has_findings)
		haproxy_findings_fini(&l->findings);
	haproxy_steps_fini(&l->expired);
	uv_close((uv_handle_t *)&l->verify, on_close);
	uv_close((uv_handle_t *)&l->drain, on_close);
	uv_close((uv_handle_t *)&l->soon, on_close);
}
