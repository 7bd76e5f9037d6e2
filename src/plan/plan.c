/* SPDX-License-Identifier: MIT */
/*
 * The plan: the tasks of one configuration, what they wait for, when they are
 * due. A task that waits is executed again when the last of its missing answers
 * is there, so that a start with a thousand services executes a template three
 * times and not a thousand.
 */
#include "weir/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "weir/xalloc.h"

#include "task.h"

struct plan {
	struct catalog *catalog;
	struct task *tasks;
	size_t count;
	struct task_bench bench;
	bool asks_anew;
};

bool
plan_template_is(const struct config_template *c, const char *word)
{
	return !strcmp(c->name, word) || !strcmp(c->source, word) ||
	       (c->destination && !strcmp(c->destination, word));
}

static bool
is_chosen(const struct plan_options *o, const struct config_template *c)
{
	for (size_t i = 0; i < o->only_count; i++)
		if (plan_template_is(c, o->only[i]))
			return true;
	return o->only_count == 0;
}

struct plan *
plan_new(const struct plan_options *o, struct error *e)
{
	struct plan *p = xcalloc(1, sizeof(*p));
	size_t count = o->config->template_count;

	p->catalog = o->catalog;
	p->asks_anew = true;
	p->tasks = xcalloc(count ? count : 1, sizeof(*p->tasks));
	task_bench_init(&p->bench, o->capture_writes, o->plugins);
	p->bench.consul = &o->config->consul;
	for (size_t i = 0; i < count; i++)
		if (is_chosen(o, o->config->templates[i]))
			task_init(&p->tasks[p->count++],
			    o->config->templates[i], o->catalog);
	for (size_t i = 0; i < p->count; i++) {
		if (task_load(&p->tasks[i], e) < 0) {
			plan_free(&p);
			return NULL;
		}
		settle_now(&p->tasks[i].settle, 1);
	}
	return p;
}

void
plan_free(struct plan **pp)
{
	struct plan *p = *pp;

	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		task_fini(&p->tasks[i]);
	task_bench_fini(&p->bench);
	free(p->tasks);
	free(p);
	*pp = NULL;
}

size_t
plan_count(const struct plan *p)
{
	return p->count;
}

struct task *
plan_task(const struct plan *p, size_t i)
{
	assert(i < p->count);
	return &p->tasks[i];
}

void
plan_adopt(struct plan *p, struct plan *old)
{
	for (size_t i = 0; i < p->count; i++) {
		struct task *t = &p->tasks[i];

		for (size_t k = 0; k < old->count; k++) {
			if (strcmp(old->tasks[k].config->name, t->config->name))
				continue;
			task_adopt(t, &old->tasks[k]);
			break;
		}
	}
}

int
plan_reload_source(struct plan *p, struct task *t, int64_t now)
{
	int rc = task_reload(t);

	(void)p;
	if (rc > 0)
		settle_now(&t->settle, now);
	return rc;
}

static void
change(struct task *t, int64_t now)
{
	settle_change(&t->settle, now, t->config->settle_min_ms,
	    t->config->settle_max_ms);
}

void
plan_touch(struct plan *p, struct str id, int64_t now)
{
	for (size_t i = 0; i < p->count; i++) {
		struct task *t = &p->tasks[i];

		if (strmap_take(&t->missing, id)) {
			if (t->missing.count == 0)
				settle_now(&t->settle, now);
			else
				change(t, now);
		} else if (view_has(&t->view, id)) {
			change(t, now);
		}
	}
}

void
plan_touch_file(struct plan *p, const char *path, int64_t now)
{
	for (size_t i = 0; i < p->count; i++) {
		struct task *t = &p->tasks[i];

		for (size_t k = 0; k < t->files_used.count; k++)
			if (!strcmp(t->files_used.items[k], path))
				change(t, now);
	}
}

/* Is a task of the same HAProxy being applied? Then this one waits as well. */
static bool
is_busy(const struct plan *p, const struct task *t)
{
	if (t->busy)
		return true;
	for (size_t i = 0; t->config->haproxy && i < p->count; i++)
		if (p->tasks[i].busy &&
		    p->tasks[i].config->haproxy == t->config->haproxy)
			return true;
	return false;
}

int64_t
plan_due(const struct plan *p)
{
	int64_t due = -1;

	for (size_t i = 0; i < p->count; i++) {
		const struct task *t = &p->tasks[i];

		if (!t->settle.due || is_busy(p, t))
			continue;
		if (due < 0 || t->settle.due < due)
			due = t->settle.due;
	}
	return due;
}

/* Due itself, or dirty with a task of the same HAProxy that is due. */
static bool
is_due(const struct plan *p, const struct task *t, int64_t now)
{
	if (!t->settle.due || is_busy(p, t))
		return false;
	if (t->settle.due <= now)
		return true;
	for (size_t i = 0; t->config->haproxy && i < p->count; i++) {
		const struct task *other = &p->tasks[i];

		if (other->config->haproxy == t->config->haproxy &&
		    other->settle.due && other->settle.due <= now)
			return true;
	}
	return false;
}

void
plan_pass(
    struct plan *p, int64_t now, bool all, plan_task_cb *on_task, void *arg)
{
	bool *due = xcalloc(p->count ? p->count : 1, sizeof(*due));

	for (size_t i = 0; i < p->count; i++) {
		struct task *t = &p->tasks[i];

		due[i] =
		    all ? t->settle.due && !is_busy(p, t) : is_due(p, t, now);
	}
	for (size_t i = 0; i < p->count; i++) {
		struct task *t = &p->tasks[i];
		bool changed;

		if (!due[i])
			continue;
		settle_done(&t->settle);
		changed = task_execute(t, &p->bench);
		p->asks_anew |= !view_is_same(&t->view);
		if (on_task)
			on_task(arg, t, changed);
	}
	free(due);
}

bool
plan_asks_anew(const struct plan *p)
{
	return p->asks_anew;
}

const struct query **
plan_wanted(struct plan *p, struct arena *a, size_t *count)
{
	size_t n = 0, room = 0;
	const struct query **q;
	struct strmap seen = {0};

	p->asks_anew = false;
	for (size_t i = 0; i < p->count; i++)
		room += p->tasks[i].view.by_id.count;
	q = arena_array(a, room ? room : 1, sizeof(*q));
	for (size_t i = 0; i < p->count; i++) {
		const struct wanted *w;

		for (size_t k = 0; (w = view_next(&p->tasks[i].view, &k));) {
			if (w->query->kind == QUERY_FOREIGN ||
			    (p->count > 1 && strmap_has(&seen, w->query->id)))
				continue;
			if (p->count > 1)
				strmap_put(&seen, w->query->id, &seen);
			q[n++] = w->query;
		}
	}
	strmap_fini(&seen);
	*count = n;
	return q;
}

bool
plan_is_complete(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->tasks[i].state != TASK_READY && !p->tasks[i].absent)
			return false;
	return true;
}

bool
plan_lacks_answers(const struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct wanted *w;

		for (size_t k = 0; (w = view_next(&p->tasks[i].view, &k));)
			if (!catalog_get(p->catalog, w->query->id))
				return true;
	}
	return false;
}

size_t
plan_print_waits(
    const struct plan *p, struct buf *out, plan_why_fn *why, void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct task *t = &p->tasks[i];
		const struct wanted *w;

		for (size_t k = 0; (w = task_next_wait(t, &k));) {
			const char *reason =
			    why ? why(arg, w->query->id) : NULL;

			buf_printf(out, "%s%.*s%s%s  (%s:%d)", n ? "\n" : "",
			    (int)w->query->id.len, w->query->id.ptr,
			    reason ? ": " : "", reason ? reason : "",
			    t->config->source, w->line);
			n++;
		}
	}
	return n;
}
