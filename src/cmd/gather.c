/* SPDX-License-Identifier: MIT */
/*
 * The loop of the one-shot commands. Progress stands on one line of a terminal
 * and is wiped before anything else is printed; elsewhere a line every ten
 * seconds says what is still missing.
 */
#include "gather.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/file.h"
#include "weir/log.h"
#include "weir/xalloc.h"

#include "loop.h"

#define SAY_MS 10000

static void step(struct gather *);

static void
clear_progress(struct gather *g)
{
	if (g->shown)
		fputs("\r\033[K", stderr);
	g->shown = false;
}

static void
end(struct gather *g)
{
	g->ended = true;
	uv_stop(&g->loop);
}

static void
on_deadline(uv_timer_t *t)
{
	struct gather *g = t->data;

	g->timed_out = true;
	end(g);
}

/* "waiting for 3 answers: a, b, c" on the terminal. */
static void
show_progress(struct gather *g)
{
	struct buf waits = {0};
	size_t n = plan_print_waits(g->plan, &waits, NULL, NULL);
	char *first = waits.ptr;
	char *line_end = first ? strchr(first, '\n') : NULL;

	if (line_end)
		*line_end = 0;
	clear_progress(g);
	if (n) {
		fprintf(stderr, "waiting for %zu answer%s of %s: %.60s%s", n,
		    n == 1 ? "" : "s", source_name(g->source), first,
		    n > 1 ? ", …" : "");
		fflush(stderr);
		g->shown = true;
	}
	buf_fini(&waits);
}

static void
on_say(uv_timer_t *t)
{
	struct gather *g = t->data;
	struct buf waits = {0};

	if (isatty(STDERR_FILENO)) {
		show_progress(g);
		return;
	}
	if (plan_print_waits(g->plan, &waits, source_why, g->source))
		log_info("render", "waiting for %s:\n%s",
		    source_name(g->source), waits.ptr);
	buf_fini(&waits);
}

static void
on_due(uv_timer_t *t)
{
	step(t->data);
}

static void
on_change(void *arg, struct str id, bool changed)
{
	struct gather *g = arg;
	int64_t due;

	(void)changed;
	plan_touch(g->plan, id, (int64_t)uv_now(&g->loop));
	due = plan_due(g->plan);
	if (due < 0)
		return;
	due -= (int64_t)uv_now(&g->loop);
	uv_timer_start(&g->due, on_due, due > 0 ? (uint64_t)due : 0, 0);
}

static bool
has_failed(const struct gather *g)
{
	for (size_t i = 0; i < plan_count(g->plan); i++)
		if (plan_task(g->plan, i)->state == TASK_FAILED)
			return true;
	return false;
}

/* Executes what is due and asks for what is missing. */
static void
step(struct gather *g)
{
	const struct query **wanted;
	size_t count;

	plan_pass(g->plan, (int64_t)uv_now(&g->loop), false, NULL, NULL);
	arena_reset(&g->arena);
	wanted = plan_wanted(g->plan, &g->arena, &count);
	if (plan_is_complete(g->plan) || has_failed(g)) {
		end(g);
		return;
	}
	source_want(g->source, wanted, count);
	if (source_is_settled(g->source) && plan_due(g->plan) < 0) {
		g->stuck = true;
		end(g);
	}
}

/* Every operand must name a template. */
static int
check_operands(const struct config *c, const struct cmd_words *only)
{
	for (size_t k = 0; only && k < only->count; k++) {
		bool found = false;

		for (size_t i = 0; i < c->template_count; i++)
			found |=
			    plan_template_is(c->templates[i], only->items[k]);
		if (!found) {
			fprintf(stderr,
			    "weir: no template has the name, source or "
			    "destination \"%s\"\n",
			    only->items[k]);
			return 2;
		}
	}
	return 0;
}

static int
load(struct gather *g, const struct gather_options *o, struct error *e)
{
	struct plan_options po = {.catalog = g->catalog,
	    .capture_writes = o->capture_writes,
	    .plugins = o->plugins,
	    .only = o->only ? o->only->items : NULL,
	    .only_count = o->only ? o->only->count : 0};
	struct source_options so = {.loop = &g->loop,
	    .catalog = g->catalog,
	    .once = true,
	    .on_change = on_change,
	    .arg = g};

	g->config = cmd_config(o->common, e);
	if (!g->config)
		return 2;
	if (g->config->template_count == 0) {
		error_set(e, ERROR_CONFIG,
		    "no template is configured: add a [template \"NAME\"] "
		    "section or say -t SOURCE:DESTINATION");
		return 2;
	}
	if (check_operands(g->config, o->only))
		return 2;
	po.config = so.config = g->config;
	g->plan = plan_new(&po, e);
	if (!g->plan)
		return e->kind == ERROR_CONFIG ? 2 : 1;
	g->source = source_new(&so, e);
	if (!g->source)
		return 2;
	return 0;
}

int
gather_open(struct gather *g, const struct gather_options *o)
{
	struct error e = {0};
	int rc;

	*g = (struct gather){.o = o};
	cmd_loop_init(&g->loop);
	arena_init(&g->arena, 0);
	g->catalog = catalog_new();
	uv_timer_init(&g->loop, &g->deadline);
	uv_timer_init(&g->loop, &g->say);
	uv_timer_init(&g->loop, &g->due);
	g->deadline.data = g->say.data = g->due.data = g;
	rc = load(g, o, &e);
	if (rc && error_is_set(&e))
		cmd_fail(rc, &e);
	error_fini(&e);
	return rc;
}

static void
print_failures(struct gather *g)
{
	for (size_t i = 0; i < plan_count(g->plan); i++) {
		struct task *t = plan_task(g->plan, i);
		struct buf text = {0};

		if (t->state != TASK_FAILED)
			continue;
		error_print(&t->error, &text);
		fprintf(stderr, "%s\n", text.ptr);
		buf_fini(&text);
	}
}

static void
print_waits(struct gather *g)
{
	struct buf waits = {0};

	plan_print_waits(g->plan, &waits, source_why, g->source);
	fprintf(stderr, "weir: %s %s has no answer for\n%s\n",
	    g->timed_out ? "timeout:" : "nothing will change:",
	    source_name(g->source), waits.ptr ? waits.ptr : "");
	buf_fini(&waits);
}

int
gather_wait(struct gather *g)
{
	bool tty = isatty(STDERR_FILENO) && !g->o->quiet;

	if (g->o->timeout_ms)
		uv_timer_start(
		    &g->deadline, on_deadline, (uint64_t)g->o->timeout_ms, 0);
	uv_timer_start(&g->say, on_say, tty ? 500 : SAY_MS, tty ? 200 : SAY_MS);
	uv_timer_start(&g->due, on_due, 0, 0);
	while (!g->ended && uv_run(&g->loop, UV_RUN_DEFAULT))
		;
	uv_timer_stop(&g->say);
	uv_timer_stop(&g->deadline);
	clear_progress(g);
	if (has_failed(g)) {
		print_failures(g);
		return 1;
	}
	if (g->timed_out || g->stuck) {
		print_waits(g);
		return 1;
	}
	return 0;
}

void
gather_close(struct gather *g)
{
	uv_close((uv_handle_t *)&g->deadline, NULL);
	uv_close((uv_handle_t *)&g->say, NULL);
	uv_close((uv_handle_t *)&g->due, NULL);
	source_close(&g->source, NULL, NULL);
	uv_run(&g->loop, UV_RUN_DEFAULT);
	uv_loop_close(&g->loop);
	plan_free(&g->plan);
	catalog_free(&g->catalog);
	config_free(&g->config);
	arena_fini(&g->arena);
}

struct waited_apply {
	struct gather *gather;
	struct apply_result result;
	bool done;
};

static void
on_applied(void *arg, const struct apply_result *r)
{
	struct waited_apply *w = arg;

	w->result = *r;
	w->result.error = (struct error){0};
	w->result.changes = w->result.reason = NULL;
	w->done = true;
	if (error_is_set(&r->error)) {
		struct buf text = {0};

		error_print(&r->error, &text);
		error_set(&w->result.error, r->error.kind, "%s", text.ptr);
		buf_fini(&text);
	}
	uv_stop(&w->gather->loop);
}

/* What has no HAProxy has no lock: a candidate so old is nobody's. Seconds. */
#define LEFTOVER_AGE_S 600

/* Also without a reload where the lock is to be had: whoever has it knows that
 * nobody else is at work, and may remove what a killed weir left behind. */
static int
take_lock(const struct gather *g, const struct group *group, bool reload,
    struct apply_lock **lock, struct error *error)
{
	const char *name = group_lock_name(g->config, group);
	struct error ignored = {0};

	for (size_t i = 0; !name && i < group->count; i++)
		if (group->tasks[i]->config->destination)
			file_clean(group->tasks[i]->config->destination,
			    LEFTOVER_AGE_S);
	if (!name)
		return 0;
	*lock = apply_lock_take(name, reload ? error : &ignored);
	error_fini(&ignored);
	if (!*lock)
		return reload ? -1 : 0;
	for (size_t i = 0; i < group->count; i++)
		apply_clean(group->tasks[i]->config);
	return 0;
}

struct apply_result
gather_apply(
    struct gather *g, const struct group *group, bool write, bool reload)
{
	struct waited_apply w = {.gather = g};
	size_t count;
	struct apply_file *files = group_files(group, &count);
	struct apply_options o = {.loop = &g->loop,
	    .haproxy = group->haproxy,
	    .files = files,
	    .count = count,
	    .check = true,
	    .write = write,
	    .reload = reload,
	    .on_done = on_applied,
	    .arg = &w};
	struct apply_lock *lock = NULL;
	struct error e = {0};
	struct apply *a;

	if (write && take_lock(g, group, reload, &lock, &e) < 0) {
		free(files);
		w.result.outcome = APPLY_REFUSED;
		error_move(&w.result.error, &e);
		return w.result;
	}
	a = apply_start(&o);
	while (!w.done && uv_run(&g->loop, UV_RUN_DEFAULT))
		;
	(void)a;
	apply_lock_drop(&lock);
	free(files);
	return w.result;
}
