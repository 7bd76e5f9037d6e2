/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <stdlib.h>

#include "weir/xalloc.h"

static struct group *
find(struct groups *gs, const struct config_haproxy *h)
{
	for (size_t i = 0; h && i < gs->count; i++)
		if (gs->items[i].haproxy == h)
			return &gs->items[i];
	gs->items[gs->count] = (struct group){.haproxy = h};
	return &gs->items[gs->count++];
}

struct groups
groups_of(const struct plan *p)
{
	struct groups gs = {0};
	size_t n = plan_count(p);

	gs.items = xcalloc(n ? n : 1, sizeof(*gs.items));
	for (size_t i = 0; i < n; i++) {
		struct task *t = plan_task(p, i);
		struct group *g = find(&gs, t->config->haproxy);

		g->tasks = xrealloc(g->tasks, g->count + 1, sizeof(*g->tasks));
		g->tasks[g->count++] = t;
	}
	return gs;
}

void
groups_fini(struct groups *gs)
{
	for (size_t i = 0; i < gs->count; i++) {
		apply_cancel(&gs->items[i].apply);
		live_free(&gs->items[i].live);
		apply_lock_drop(&gs->items[i].lock);
		free(gs->items[i].lock_path);
		free(gs->items[i].files);
		free(gs->items[i].tasks);
	}
	free(gs->items);
	*gs = (struct groups){0};
}

const char *
group_name(const struct group *g)
{
	return g->haproxy ? g->haproxy->name : g->tasks[0]->config->name;
}

const char *
group_lock_name(const struct config *c, const struct group *g)
{
	for (size_t i = 0; g->haproxy && i < c->template_count; i++)
		if (c->templates[i]->haproxy == g->haproxy &&
		    c->templates[i]->destination)
			return c->templates[i]->destination;
	return NULL;
}

bool
group_is_complete(const struct group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->tasks[i]->state != TASK_READY && !g->tasks[i]->absent)
			return false;
	return true;
}

struct apply_file *
group_files(const struct group *g, size_t *count)
{
	struct apply_file *files = xcalloc(g->count, sizeof(*files));
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct task *t = g->tasks[i];

		if (!t->has_output || t->absent)
			continue;
		files[n++] = (struct apply_file){
		    .config = t->config, .text = buf_as_str(&t->output)};
	}
	*count = n;
	return files;
}
