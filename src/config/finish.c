/* SPDX-License-Identifier: MIT */
/*
 * What only the whole configuration shows: references, defaults that depend on
 * other keys, and keys that contradict each other.
 */
#include "draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/xalloc.h"

/* Consul's own default. */
#define DEFAULT_ADDRESS "http://127.0.0.1:8500"

static struct object *
object_of(const struct draft *d, const void *target, enum section_id section)
{
	for (size_t i = 0; i < d->object_count; i++)
		if (d->objects[i]->target == target &&
		    d->objects[i]->section == &config_sections[section])
			return d->objects[i];
	return NULL;
}

static int
refuse(const struct draft *d, const struct place *place, struct error *error,
    const char *text)
{
	error_set(error, ERROR_CONFIG, "%s", text);
	return draft_at(d, place, error);
}

/* A key that each section of the kind must have; the name says which one where
 * no line does (--set, -t). */
static int
refuse_lack(const struct draft *d, const struct object *o, const char *kind,
    const char *name, const char *lack, struct error *error)
{
	error_set(
	    error, ERROR_CONFIG, "[%s \"%s\"] has no %s", kind, name, lack);
	return draft_at(d, &o->place, error);
}

static int
finish_consul(struct draft *d, struct error *error)
{
	struct config_consul *c = &d->config->consul;
	struct object *o = object_of(d, c, SECTION_CONSUL);

	if (c->addresses.count == 0)
		draft_put(o, "address", DEFAULT_ADDRESS, NULL);
	if (c->retry_max_ms < c->retry_min_ms)
		return refuse(d,
		    draft_place(o, draft_is_set(o, "retry_max") ? "retry_max"
								: "retry_min"),
		    error, "retry_max is shorter than retry_min");
	if (c->key_file && !c->cert_file)
		return refuse(d, draft_place(o, "key_file"), error,
		    "key_file without cert_file");
	return 0;
}

static int
finish_haproxy(struct draft *d, struct config_haproxy *h, struct error *error)
{
	struct object *o = object_of(d, h, SECTION_HAPROXY);

	h->place.source = xstrdup(o->place.source);
	h->place.line = o->place.line;
	if (h->configs.count == 0)
		return refuse_lack(d, o, "haproxy", h->name,
		    "config (the files given to haproxy -f, in order)", error);
	if (!draft_is_set(o, "reload") && h->master_socket)
		h->reload = RELOAD_MASTER;
	if (h->reload == RELOAD_MASTER && !h->master_socket)
		return refuse(d, draft_place(o, "reload"), error,
		    "reload = master needs master_socket");
	return 0;
}

static int
unknown_haproxy(const struct draft *d, const struct object *o, const char *name,
    struct error *error)
{
	const struct config *c = d->config;
	const char **names = xcalloc(c->haproxy_count, sizeof(*names)), *near;

	for (size_t i = 0; i < c->haproxy_count; i++)
		names[i] = c->haproxies[i]->name;
	near = str_nearest(str_of(name), names, c->haproxy_count);
	if (near)
		error_set(error, ERROR_CONFIG,
		    "there is no [haproxy \"%s\"] (did you mean \"%s\"?)", name,
		    near);
	else
		error_set(
		    error, ERROR_CONFIG, "there is no [haproxy \"%s\"]", name);
	free(names);
	return draft_at(d, draft_place(o, "haproxy"), error);
}

static int
resolve_haproxy(struct draft *d, struct config_template *t,
    const struct object *o, struct error *error)
{
	const struct config *c = d->config;

	if (!t->haproxy_name)
		return 0;
	for (size_t i = 0; i < c->haproxy_count; i++)
		if (!strcmp(c->haproxies[i]->name, t->haproxy_name))
			t->haproxy = c->haproxies[i];
	if (!t->haproxy)
		return unknown_haproxy(d, o, t->haproxy_name, error);
	if (t->check)
		return refuse(d, draft_place(o, "check"), error,
		    "check beside haproxy: its own check is run, use one of "
		    "the two");
	if (t->reload)
		return refuse(d, draft_place(o, "reload"), error,
		    "reload beside haproxy: HAProxy is reloaded as its section "
		    "says, use one of the two");
	return 0;
}

static int
finish_template(struct draft *d, struct config_template *t, struct error *error)
{
	struct object *o = object_of(d, t, SECTION_TEMPLATE);
	size_t n;

	t->place.source = xstrdup(o->place.source);
	t->place.line = o->place.line;
	if (!t->source)
		return refuse_lack(d, o, "template", t->name,
		    "source (the file that holds the template)", error);
	/* -t IN prints; a file's template must go somewhere. */
	if (!t->destination && strcmp(t->place.source, "-t"))
		return refuse_lack(d, o, "template", t->name,
		    "destination (the file to be written)", error);
	n = t->destination ? strlen(t->destination) : 0;
	if (n > 0 && t->destination[n - 1] == '/')
		return refuse(d, draft_place(o, "destination"), error,
		    "destination names a directory, not a file");
	return resolve_haproxy(d, t, o, error);
}

/* "/a//b/./c" and "/a/b/c" are one file: their common form, the caller frees.
 */
static char *
normal_path(const char *path)
{
	struct buf b = {0};

	while (*path) {
		size_t n = strcspn(path, "/");

		if (n == 0) {
			if (b.len == 0 || b.ptr[b.len - 1] != '/')
				buf_char(&b, '/');
			n = 1;
		} else if (!(n == 1 && *path == '.')) {
			buf_put(&b, path, n);
		} else if (path[1] == '/') {
			n = 2;
		}
		path += n;
	}
	return buf_take(&b, NULL);
}

static int
same_destination(const struct draft *d, const struct config_template *first,
    const struct config_template *second, struct error *error)
{
	const struct object *a = object_of(d, first, SECTION_TEMPLATE);
	const struct object *b = object_of(d, second, SECTION_TEMPLATE);
	const struct place *p = draft_place(a, "destination");
	char where[32] = "";

	if (p->line)
		snprintf(where, sizeof(where), ":%d", p->line);
	error_set(error, ERROR_CONFIG,
	    "[template \"%s\"] and [template \"%s\"] (%s%s) have one "
	    "destination, %s",
	    second->name, first->name, p->source, where, second->destination);
	return draft_at(d, draft_place(b, "destination"), error);
}

static int
check_destinations(struct draft *d, struct error *error)
{
	const struct config *c = d->config;
	char **paths = xcalloc(c->template_count, sizeof(*paths));
	int rc = 0;

	for (size_t i = 0; i < c->template_count && rc == 0; i++) {
		if (!c->templates[i]->destination)
			continue;
		paths[i] = normal_path(c->templates[i]->destination);
		for (size_t j = 0; j < i && rc == 0; j++)
			if (paths[j] && !strcmp(paths[i], paths[j]))
				rc = same_destination(
				    d, c->templates[j], c->templates[i], error);
	}
	for (size_t i = 0; i < c->template_count; i++)
		free(paths[i]);
	free(paths);
	return rc;
}

int
draft_finish(struct draft *d, struct error *error)
{
	struct config *c = d->config;

	if (finish_consul(d, error) < 0)
		return -1;
	for (size_t i = 0; i < c->haproxy_count; i++)
		if (finish_haproxy(d, c->haproxies[i], error) < 0)
			return -1;
	for (size_t i = 0; i < c->template_count; i++)
		if (finish_template(d, c->templates[i], error) < 0)
			return -1;
	return check_destinations(d, error);
}
