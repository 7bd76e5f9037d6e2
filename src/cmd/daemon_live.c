/* SPDX-License-Identifier: MIT */
/*
 * What belongs to a group beyond one apply: the lock on its files, and what is
 * known of the HAProxy that runs. Both outlive a SIGHUP.
 */
#include "daemon.h"

#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* The group of the old configuration with the same lock; NULL. */
static struct group *
same_files(struct groups *old, const char *path)
{
	for (size_t i = 0; path && i < old->count; i++) {
		struct group *o = &old->items[i];

		if (o->lock && !strcmp(o->lock_path, path))
			return o;
	}
	return NULL;
}

int
daemon_lock(const struct config *c, struct groups *fresh, struct groups *old,
    struct error *e)
{
	for (size_t i = 0; i < fresh->count; i++) {
		struct group *g = &fresh->items[i];
		const char *path = group_lock_name(c, g);

		if (!path || same_files(old, path))
			continue;
		g->lock = apply_lock_take(path, e);
		if (error_is_set(e))
			return -1;
		g->lock_path = g->lock ? xstrdup(path) : NULL;
	}
	return 0;
}

/* An apply without an output that changed. */
static void
on_want(void *arg)
{
	struct group *g = arg;

	g->wanted = true;
	daemon_step(g->owner);
}

static const struct config_template **
templates_of(const struct group *g)
{
	const struct config_template **list =
	    xcalloc(g->count + 1, sizeof(*list));

	for (size_t i = 0; i < g->count; i++)
		list[i] = g->tasks[i]->config;
	return list;
}

/* The old group's, if it is about the same HAProxy. */
static void
take_live(struct group *g, struct groups *old, const struct live_options *o)
{
	for (size_t i = 0; i < old->count && !g->live; i++) {
		struct group *was = &old->items[i];

		if (!was->live || !live_adopt(was->live, o))
			continue;
		g->live = was->live;
		g->not_before = was->not_before;
		was->live = NULL;
	}
	if (!g->live)
		g->live = live_new(o);
}

void
daemon_live(struct daemon *d, struct groups *fresh, struct groups *old)
{
	for (size_t i = 0; i < fresh->count; i++) {
		struct group *g = &fresh->items[i];
		struct group *was =
		    same_files(old, group_lock_name(d->config, g));
		const struct config_template **templates = templates_of(g);
		const struct live_options o = {.loop = &d->loop,
		    .haproxy = g->haproxy,
		    .templates =
			(const struct config_template *const *)templates,
		    .template_count = g->count,
		    .state_path = d->config->state_path,
		    .on_want = on_want,
		    .arg = g};

		if (was) {
			g->lock = was->lock;
			g->lock_path = was->lock_path;
			was->lock = NULL;
			was->lock_path = NULL;
		}
		g->owner = d;
		take_live(g, old, &o);
		if (g->live && d->totals.paused_unix)
			live_hold(g->live, true);
		free(templates);
	}
}

const struct live *
daemon_next_live(void *arg, size_t *at)
{
	const struct daemon *d = arg;

	while (*at < d->groups.count) {
		const struct live *l = d->groups.items[(*at)++].live;

		if (l)
			return l;
	}
	return NULL;
}
