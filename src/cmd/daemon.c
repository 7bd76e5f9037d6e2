/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

#include "loop.h"

/* Milliseconds from a change of what is waited for to the line that says so:
 * at start everything is waited for, for a moment. */
#define SAY_MS 1000
/* Identities named in one "because". */
#define BECAUSE_MAX 3

int64_t
daemon_now(const struct daemon *d)
{
	return (int64_t)uv_now(&d->loop);
}

static void
on_due(uv_timer_t *t)
{
	daemon_step(t->data);
}

/* Ticks only while there is something that may come to be said, or no longer be
 * true: an idle weir sleeps. */
static void
on_say(uv_timer_t *t)
{
	struct daemon *d = t->data;

	daemon_say_waits(d);
	daemon_say_remembered(d);
	if (daemon_say_state(d))
		uv_timer_start(t, on_say, SAY_MS, 0);
}

static void
say_soon(struct daemon *d)
{
	if (!d->stopping && !uv_is_active((uv_handle_t *)&d->say))
		uv_timer_start(&d->say, on_say, SAY_MS, 0);
}

void
daemon_wake(struct daemon *d)
{
	int64_t due = plan_due(d->plan), retry = daemon_retry_due(d);

	say_soon(d);
	if (retry >= 0 && (due < 0 || retry < due))
		due = retry;
	retry = guard_due(d->guard);
	if (retry >= 0 && (due < 0 || retry < due))
		due = retry;
	if (due < 0) {
		uv_timer_stop(&d->due);
		return;
	}
	due -= daemon_now(d);
	uv_timer_start(&d->due, on_due, due > 0 ? (uint64_t)due : 0, 0);
}

void
daemon_changed(void *arg, struct str id, bool changed)
{
	struct daemon *d = arg;

	(void)changed;
	daemon_heard(d);
	if (d->because_count++ < BECAUSE_MAX)
		buf_printf(&d->because, "%s%.*s", d->because.len ? ", " : "",
		    (int)id.len, id.ptr);
	plan_touch(d->plan, id, daemon_now(d));
	daemon_wake(d);
}

static void
on_task(void *arg, struct task *t, bool changed)
{
	struct daemon *d = arg;

	d->totals.renders++;
	d->totals.last_render_us = t->render_us;
	if (t->state == TASK_FAILED)
		d->totals.render_errors++;
	else if (t->state == TASK_READY && !changed)
		d->totals.renders_unchanged++;
	daemon_say_task(d, t, changed);
	for (size_t i = 0; changed && i < d->groups.count; i++) {
		struct group *g = &d->groups.items[i];

		for (size_t k = 0; k < g->count; k++)
			if (g->tasks[k] == t) {
				g->wanted = true;
				g->defer_until = 0;
			}
	}
}

static void
want(struct daemon *d)
{
	const struct query **wanted;
	size_t count;

	if (!plan_asks_anew(d->plan))
		return;
	arena_reset(&d->arena);
	wanted = plan_wanted(d->plan, &d->arena, &count);
	source_want(d->source, wanted, count);
}

void
daemon_step(struct daemon *d)
{
	if (d->stopping)
		return;
	guard_expire(d->guard);
	plan_pass(d->plan, daemon_now(d), false, on_task, d);
	buf_reset(&d->because);
	d->because_count = 0;
	want(d);
	daemon_recall(d);
	daemon_notice(d);
	daemon_apply(d);
	daemon_say_state(d);
	daemon_wake(d);
}

static void
stop(struct daemon *d)
{
	if (d->stopping)
		return;
	d->stopping = true;
	report_stopping(d->report);
	keep_close(&d->keep);
	groups_fini(&d->groups);
	notice_close(&d->notice);
	report_free(&d->report);
	source_close(&d->source, NULL, NULL);
	uv_close((uv_handle_t *)&d->due, NULL);
	uv_close((uv_handle_t *)&d->say, NULL);
	uv_close((uv_handle_t *)&d->look, NULL);
	uv_close((uv_handle_t *)&d->on_term, NULL);
	uv_close((uv_handle_t *)&d->on_int, NULL);
	uv_close((uv_handle_t *)&d->on_hup, NULL);
}

static void
on_stop_signal(uv_signal_t *s, int number)
{
	log_info("run", "%s: stopping; files and HAProxy stay as they are",
	    number == SIGTERM ? "SIGTERM" : "SIGINT");
	stop(s->data);
}

static void
on_hup(uv_signal_t *s, int number)
{
	struct daemon *d = s->data;

	(void)number;
	d->reconfigure = true;
	if (!d->applying)
		daemon_reconfigure(d, NULL);
}

static void
open_handles(struct daemon *d)
{
	cmd_loop_init(&d->loop);
	uv_timer_init(&d->loop, &d->due);
	uv_timer_init(&d->loop, &d->say);
	uv_timer_init(&d->loop, &d->look);
	uv_signal_init(&d->loop, &d->on_term);
	uv_signal_init(&d->loop, &d->on_int);
	uv_signal_init(&d->loop, &d->on_hup);
	d->due.data = d->say.data = d->look.data = d;
	d->on_term.data = d->on_int.data = d->on_hup.data = d;
	uv_signal_start(&d->on_term, on_stop_signal, SIGTERM);
	uv_signal_start(&d->on_int, on_stop_signal, SIGINT);
	uv_signal_start(&d->on_hup, on_hup, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
}

/* 0, or the exit status with the error. */
/* Without it weir works, only `weir status` doesn't. */
static void
open_control(struct daemon *d)
{
	struct error e = {0};

	if (report_control(d->report, d->config->state_path, &e) < 0)
		log_error(LOG_LEVEL_WARN, "run", &e,
		    "weir status can't ask this weir:");
	error_fini(&e);
}

static int
lock(struct daemon *d, struct error *e)
{
	struct groups none = {0};

	d->groups = groups_of(d->plan);
	if (daemon_lock(d->config, &d->groups, &none, e) < 0)
		return -1;
	daemon_live(d, &d->groups, &none);
	return 0;
}

static int
load(struct daemon *d, struct error *e)
{
	struct plan_options po = {.catalog = d->catalog, .plugins = true};
	struct source_options so = {.loop = &d->loop,
	    .catalog = d->catalog,
	    .on_change = daemon_changed,
	    .arg = d};
	struct report_options ro = {.loop = &d->loop,
	    .totals = &d->totals,
	    .plan = &d->plan,
	    .consul = &d->consul,
	    .on_order = daemon_order,
	    .order_arg = d,
	    .next_live = daemon_next_live,
	    .live_arg = d};

	d->config = cmd_config(d->common, e);
	if (!d->config)
		return 2;
	if (d->config->template_count == 0) {
		error_set(e, ERROR_CONFIG,
		    "no template is configured: add a [template \"NAME\"] "
		    "section or say -t SOURCE:DESTINATION");
		return 2;
	}
	d->source_config = d->config;
	po.config = so.config = d->config;
	d->plan = plan_new(&po, e);
	if (!d->plan)
		return e->kind == ERROR_CONFIG ? 2 : 1;
	d->source = source_new(&so, e);
	if (!d->source)
		return 2;
	d->consul = source_consul(d->source);
	daemon_guard(d);
	ro.guard = d->guard;
	ro.catalog = d->catalog;
	ro.listen = d->config->http_listen;
	d->report = report_new(&ro, e);
	if (!d->report)
		return 2;
	if (lock(d, e) < 0)
		return 1;
	open_control(d);
	daemon_keep(d, true);
	return 0;
}

static void
start(struct daemon *d)
{
	for (size_t i = 0; i < d->config->template_count; i++)
		apply_clean(d->config->templates[i]);
	d->notice = notice_new(&d->loop, daemon_file_changed, d);
	d->totals.started_ms = daemon_now(d);
	d->totals.old_workers = -1;
	log_info("run", "weir %s: %zu template%s, %s", WEIR_VERSION,
	    plan_count(d->plan), plan_count(d->plan) == 1 ? "" : "s",
	    source_name(d->source));
	uv_timer_start(&d->due, on_due, 0, 0);
}

static void
fini(struct daemon *d)
{
	plan_free(&d->plan);
	guard_free(&d->guard);
	catalog_free(&d->catalog);
	if (d->source_config != d->config)
		config_free(&d->source_config);
	config_free(&d->config);
	arena_fini(&d->arena);
	buf_fini(&d->because);
	free(d->seen_waits);
	free(d->said_waits);
	free(d->kept_in);
}

int
cmd_run(int argc, char **argv)
{
	struct cmd_common common = {0};
	struct cmd_words none = {0};
	struct daemon d = {.common = &common};
	struct error e = {0};
	const struct cmd_option options[] = {{0}};
	const struct cmd_usage usage = {.name = "run",
	    .operands = "",
	    .summary = "Watches, renders, checks and applies until it is "
		       "told to stop.",
	    .options = options,
	    .takes_from = true};
	int rc = cmd_parse(&usage, argc, argv, &common, &none);

	if (rc >= 0) {
		cmd_common_fini(&common);
		return rc;
	}
	arena_init(&d.arena, 0);
	d.catalog = catalog_new();
	open_handles(&d);
	rc = load(&d, &e);
	if (rc == 0)
		start(&d);
	else
		stop(&d);
	uv_run(&d.loop, UV_RUN_DEFAULT);
	uv_loop_close(&d.loop);
	fini(&d);
	if (rc)
		cmd_fail(rc, &e);
	cmd_common_fini(&common);
	return rc ? rc : d.status;
}
