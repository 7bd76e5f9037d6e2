/* SPDX-License-Identifier: MIT */
/*
 * What changes under a running daemon: its configuration on SIGHUP, its
 * templates and what they read when the files change. Everything new is loaded
 * and parsed before anything old is let go; watches and data are kept by
 * identity, so what is unchanged notices nothing.
 */
#include "daemon.h"

#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

static bool
same_source(const struct config *a, const struct config *b)
{
	if (!a->catalog_file != !b->catalog_file)
		return false;
	if (a->catalog_file)
		return !strcmp(a->catalog_file, b->catalog_file);
	return config_consul_equal(&a->consul, &b->consul);
}

/* Groups whose files and HAProxy are as before stay applied. */
static void
adopt_groups(struct daemon *d, struct groups *fresh)
{
	for (size_t i = 0; i < fresh->count; i++) {
		struct group *g = &fresh->items[i];

		g->wanted = true;
		g->watched = false;
	}
	daemon_live(d, fresh, &d->groups);
	groups_fini(&d->groups);
	d->groups = *fresh;
}

/* The old source read its configuration until here. */
static void
on_source_closed(void *config)
{
	struct config *c = config;

	config_free(&c);
}

static int
open_source(struct daemon *d, struct config *c, struct error *e)
{
	struct source_options so = {.loop = &d->loop,
	    .config = c,
	    .catalog = d->catalog,
	    .on_change = daemon_changed,
	    .arg = d};
	struct source *fresh = source_new(&so, e);

	if (!fresh)
		return -1;
	source_close(&d->source, on_source_closed, d->source_config);
	d->source = fresh;
	d->source_config = c;
	d->consul = source_consul(fresh);
	return 0;
}

static int
replace(struct daemon *d, struct config *c, struct error *e)
{
	struct plan_options po = {
	    .config = c, .catalog = d->catalog, .plugins = true};
	struct groups groups;
	struct plan *plan;
	struct config *old = d->config, *old_source = d->source_config;
	bool keep = same_source(d->source_config, c);

	if (c->template_count == 0)
		return error_set(e, ERROR_CONFIG, "no template is configured");
	plan = plan_new(&po, e);
	if (!plan)
		return -1;
	groups = groups_of(plan);
	if (daemon_lock(c, &groups, &d->groups, e) < 0 ||
	    report_listen(d->report, c->http_listen, e) < 0) {
		groups_fini(&groups);
		plan_free(&plan);
		return -1;
	}
	if (!keep && open_source(d, c, e) < 0) {
		report_listen(d->report, old->http_listen, NULL);
		groups_fini(&groups);
		plan_free(&plan);
		return -1;
	}
	plan_adopt(plan, d->plan);
	d->config = c;
	adopt_groups(d, &groups);
	plan_free(&d->plan);
	d->plan = plan;
	daemon_keep(d, false);
	guard_configure(d->guard, c->guard_max_removed, c->guard_hold_ms);
	if (old != old_source)
		config_free(&old);
	return 0;
}

bool
daemon_reconfigure(struct daemon *d, struct buf *said)
{
	struct error e = {0};
	struct config *c;
	bool done = false;

	d->reconfigure = false;
	report_reloading(d->report);
	c = cmd_config(d->common, &e);
	if (!c || replace(d, c, &e) < 0) {
		d->totals.config_reloads_refused++;
		log_error(LOG_LEVEL_ERROR, "config", &e,
		    "new configuration refused, the old one goes on:");
		if (said)
			error_print(&e, said);
		if (c)
			config_free(&c);
	} else {
		done = true;
		d->totals.config_reloads++;
		log_info("config", "configuration reloaded: %zu template%s, %s",
		    plan_count(d->plan), plan_count(d->plan) == 1 ? "" : "s",
		    source_name(d->source));
	}
	error_fini(&e);
	if (said)
		buf_puts(said, done ? "reloaded\n" : "\n");
	report_ready(d->report);
	daemon_step(d);
	return done;
}

void
daemon_notice(struct daemon *d)
{
	size_t n = 0, room = 1;
	const char **paths;

	for (size_t i = 0; i < plan_count(d->plan); i++)
		room += 1 + plan_task(d->plan, i)->files_used.count;
	paths = xcalloc(room, sizeof(*paths));
	for (size_t i = 0; i < plan_count(d->plan); i++) {
		const struct task *t = plan_task(d->plan, i);

		paths[n++] = t->config->source;
		for (size_t k = 0; k < t->files_used.count; k++)
			paths[n++] = t->files_used.items[k];
	}
	if (d->config->catalog_file)
		paths[n++] = d->config->catalog_file;
	notice_want(d->notice, paths, n);
	free(paths);
}

static void
source_changed(struct daemon *d, struct task *t)
{
	switch (plan_reload_source(d->plan, t, daemon_now(d))) {
	case 1:
		log_info("template", "%s: changed on disk, parsed",
		    t->config->source);
		break;
	case -1:
		log_error(LOG_LEVEL_ERROR, "template", &t->source_error,
		    "%s: refused, the last good template goes on:",
		    t->config->name);
		break;
	default:
		break;
	}
}

void
daemon_file_changed(void *arg, const char *path)
{
	struct daemon *d = arg;
	struct error e = {0};

	if (d->stopping)
		return;
	for (size_t i = 0; i < plan_count(d->plan); i++) {
		struct task *t = plan_task(d->plan, i);

		if (!strcmp(t->config->source, path))
			source_changed(d, t);
	}
	plan_touch_file(d->plan, path, daemon_now(d));
	if (d->config->catalog_file && !strcmp(d->config->catalog_file, path) &&
	    source_reload(d->source, &e) < 0)
		log_error(LOG_LEVEL_ERROR, "catalog", &e,
		    "catalog file refused, the last good one goes on:");
	error_fini(&e);
	daemon_wake(d);
}
