/* SPDX-License-Identifier: MIT */
/*
 * The draft is filled key by key, in order of precedence, lowest first: a later
 * value of a key replaces the earlier one, except within one file, where
 * setting a key twice is a mistake.
 */
#include "draft.h"

#include <stdlib.h>
#include <string.h>

#include "weir/file.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

static void *
grow(void *array, size_t count)
{
	return xrealloc(array, count + 1, sizeof(void *));
}

/* ---- objects ---- */

static struct object *
add_object(
    struct draft *d, const struct section *s, const char *name, void *target)
{
	struct object *o = xcalloc(1, sizeof(*o));

	o->section = s;
	o->name = name;
	o->target = target;
	o->places = xcalloc(s->count, sizeof(*o->places));
	section_preset(s, target);
	d->objects = grow(d->objects, d->object_count);
	d->objects[d->object_count++] = o;
	return o;
}

static struct object *
add_named(struct draft *d, const struct section *s, const char *name)
{
	struct config *c = d->config;
	struct config_haproxy *h;
	struct config_template *t;

	if (s == &config_sections[SECTION_HAPROXY]) {
		h = xcalloc(1, sizeof(*h));
		h->name = xstrdup(name);
		c->haproxies = grow(c->haproxies, c->haproxy_count);
		c->haproxies[c->haproxy_count++] = h;
		return add_object(d, s, h->name, h);
	}
	t = xcalloc(1, sizeof(*t));
	t->name = xstrdup(name);
	c->templates = grow(c->templates, c->template_count);
	c->templates[c->template_count++] = t;
	return add_object(d, s, t->name, t);
}

void
draft_init(struct draft *d)
{
	*d = (struct draft){.config = xcalloc(1, sizeof(*d->config))};
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		const struct section *s = &config_sections[i];

		if (!s->is_named)
			add_object(d, s, NULL,
			    i == SECTION_CONSUL ? (void *)&d->config->consul
						: d->config);
	}
}

void
draft_fini(struct draft *d)
{
	for (size_t i = 0; i < d->object_count; i++) {
		free(d->objects[i]->places);
		free(d->objects[i]);
	}
	for (size_t i = 0; i < d->file_count; i++) {
		free(d->files[i]->name);
		buf_fini(&d->files[i]->text);
		free(d->files[i]);
	}
	free(d->objects);
	free(d->files);
	config_free(&d->config);
}

static const struct section *
find_section(const char *name, struct error *error)
{
	const char *names[SECTION_COUNT], *near;

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (!strcmp(config_sections[i].name, name))
			return &config_sections[i];
		names[i] = config_sections[i].name;
	}
	near = str_nearest(str_of(name), names, SECTION_COUNT);
	if (near)
		error_set(error, ERROR_CONFIG,
		    "unknown section [%s] (did you mean [%s]?)", name, near);
	else
		error_set(error, ERROR_CONFIG,
		    "unknown section [%s] (there are consul, haproxy, "
		    "template, guard, state, catalog, http)",
		    name);
	return NULL;
}

struct object *
draft_object(struct draft *d, const char *section, const char *name,
    const struct place *place, struct error *error)
{
	const struct section *s = find_section(section, error);
	struct object *o;

	if (!s)
		return NULL;
	if (s->is_named && (!name || !*name)) {
		error_set(error, ERROR_CONFIG,
		    "[%s] needs a name: [%s \"NAME\"]", section, section);
		return NULL;
	}
	if (!s->is_named && name) {
		error_set(error, ERROR_CONFIG, "[%s] takes no name", section);
		return NULL;
	}
	for (size_t i = 0; i < d->object_count; i++) {
		o = d->objects[i];
		if (o->section == s && (!name || !strcmp(o->name, name)))
			return o;
	}
	o = add_named(d, s, name);
	o->place = *place;
	return o;
}

/* ---- keys ---- */

static int
unknown_key(const struct object *o, const char *key, struct error *error)
{
	const char *near = section_nearest(o->section, key);

	if (near)
		return error_set(error, ERROR_CONFIG,
		    "unknown key \"%s\" in [%s] (did you mean \"%s\"?)", key,
		    o->section->name, near);
	return error_set(error, ERROR_CONFIG, "unknown key \"%s\" in [%s]", key,
	    o->section->name);
}

static int
refuse_secret(const char *key, struct error *error)
{
	if (!strcmp(key, "token"))
		return error_set(error, ERROR_CONFIG,
		    "a token does not stand in a configuration file: use "
		    "token_file, or the variable CONSUL_HTTP_TOKEN");
	return error_set(error, ERROR_CONFIG,
	    "a password does not stand in a configuration file: use the "
	    "variable CONSUL_HTTP_AUTH");
}

static int
parse_value(struct object *o, const struct key *k, const char *value,
    struct error *error)
{
	struct error e = {0};

	/* "key =" takes back what an earlier file said. */
	if (!*value && k->preset)
		value = k->preset;
	if (k->type->parse(o->target, k, value, &e) == 0)
		return 0;
	error_set(error, ERROR_CONFIG, "%s: %s", k->name, e.text);
	error_fini(&e);
	return -1;
}

int
draft_set(struct draft *d, struct object *o, const char *key, const char *value,
    const struct place *place, struct error *error)
{
	const struct key *k = section_key(o->section, key);
	struct place *was;

	(void)d;
	if (!k)
		return unknown_key(o, key, error);
	if (k->flags & KEY_SECRET)
		return refuse_secret(key, error);
	was = &o->places[k - o->section->keys];
	if (was->line > 0 && was->source == place->source)
		return error_set(error, ERROR_CONFIG,
		    "%s is set a second time (first in line %d)", key,
		    was->line);
	*was = *place;
	return parse_value(o, k, value, error);
}

int
draft_put(
    struct object *o, const char *key, const char *value, struct error *error)
{
	return parse_value(o, section_key(o->section, key), value, error);
}

bool
draft_is_set(const struct object *o, const char *key)
{
	return o->places[section_key(o->section, key) - o->section->keys]
		   .source != NULL;
}

const struct place *
draft_place(const struct object *o, const char *key)
{
	const struct place *p =
	    &o->places[section_key(o->section, key) - o->section->keys];

	return p->source ? p : &o->place;
}

int
draft_at(const struct draft *d, const struct place *place, struct error *error)
{
	error_at(error, place->source, place->line,
	    place->line ? place->column : -1);
	for (size_t i = 0; i < d->file_count; i++)
		if (d->files[i]->name == place->source)
			error_quote(error, d->files[i]->text.ptr,
			    d->files[i]->text.len);
	return -1;
}

/* ---- files ---- */

static int
on_section(void *arg, const char *section, const char *name,
    const struct place *place, struct error *error)
{
	struct draft *d = arg;

	d->current = draft_object(d, section, name, place, error);
	return d->current ? 0 : draft_at(d, place, error);
}

static int
on_entry(void *arg, const char *key, const char *value,
    const struct place *key_at, const struct place *value_at,
    struct error *error)
{
	struct draft *d = arg;

	if (!d->current) {
		error_set(error, ERROR_CONFIG,
		    "\"%s\" stands before the first [section]", key);
		return draft_at(d, key_at, error);
	}
	if (draft_set(d, d->current, key, value, value_at, error) == 0)
		return 0;
	/* What is wrong is the key, unless it is known. */
	if (!section_key(d->current->section, key))
		value_at = key_at;
	return draft_at(d, value_at, error);
}

static bool
is_key(void *arg, struct str word)
{
	struct draft *d = arg;
	char *key = xstrndup(word.ptr, word.len);
	bool known = d->current && section_key(d->current->section, key);

	free(key);
	return known;
}

int
draft_read(struct draft *d, const char *path, struct error *error)
{
	const struct reader_sink sink = {on_section, on_entry, is_key, d};
	struct draft_file *f = xcalloc(1, sizeof(*f));
	struct config_strings *sources = &d->config->sources;
	int rc;

	f->name = xstrdup(path);
	d->files = grow(d->files, d->file_count);
	d->files[d->file_count++] = f;
	sources->items = grow(sources->items, sources->count);
	sources->items[sources->count++] = xstrdup(path);
	rc = file_read(path, LIMIT_CONFIG_BYTES, &f->text, error);
	if (rc > 0)
		return error_set(error, ERROR_CONFIG,
		    "cannot read %s: there is no such file", path);
	d->current = NULL;
	if (rc == 0)
		rc = reader_run(f->name, buf_as_str(&f->text), &sink, error);
	return rc;
}
