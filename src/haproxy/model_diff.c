/* SPDX-License-Identifier: MIT */
/*
 * The difference of two models: sections matched by kind and name, lines by
 * their words, servers by their names. It says what changes, in the order of
 * the new text, not how to bring it about.
 */
#include "weir/haproxy.h"

#include <stdlib.h>

#include "sections.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

struct difference {
	struct haproxy_changes *out;
	size_t room;
	const struct haproxy_section *section;
};

/* A section's lines: servers, and the others. */
struct content {
	struct haproxy_line *lines;
	size_t count;
	struct strmap servers; /* name → struct server_line */
};

struct server_line {
	const struct haproxy_line *line;
	struct haproxy_server server;
	size_t order;
	bool matched;
};

static struct haproxy_change *
add(struct difference *d, enum haproxy_change_kind kind)
{
	struct haproxy_changes *out = d->out;

	if (out->count == d->room) {
		d->room = d->room ? d->room * 2 : 16;
		out->items = xrealloc(out->items, d->room, sizeof(*out->items));
	}
	out->items[out->count] =
	    (struct haproxy_change){.kind = kind, .section = d->section};
	return &out->items[out->count++];
}

static void
add_lines(struct haproxy_change *c, const struct haproxy_line *old,
    const struct haproxy_line *new)
{
	if (old) {
		c->old_line = old->text;
		c->old_number = old->number;
	}
	if (new) {
		c->new_line = new->text;
		c->new_number = new->number;
	}
}

/* ---- servers ---- */

static bool
has_servers(const struct haproxy_section *s)
{
	return str_is(s->kind, "backend") || str_is(s->kind, "listen");
}

/* A second server of a name is told apart by its number. */
static void
put_server(struct content *c, struct arena *arena, const struct haproxy_line *l)
{
	struct server_line *s = arena_zalloc(arena, sizeof(*s));
	struct str key;

	if (haproxy_server_parse(l, arena, &s->server) < 0)
		return;
	key = s->server.name;
	for (int n = 2; strmap_has(&c->servers, key); n++)
		key = str_of(arena_printf(arena, "%.*s\n%d",
		    (int)s->server.name.len, s->server.name.ptr, n));
	s->line = l;
	s->order = c->servers.count;
	strmap_put(&c->servers, key, s);
}

static bool
is_server(const struct haproxy_section *s, const struct haproxy_line *l)
{
	return has_servers(s) && l->count >= 3 && str_is(l->words[0], "server");
}

static void
content_init(
    struct content *c, const struct haproxy_section *s, struct arena *arena)
{
	*c = (struct content){0};
	c->lines = haproxy_section_lines(s, arena, &c->count);
	for (size_t i = 0; i < c->count; i++)
		if (is_server(s, &c->lines[i]))
			put_server(c, arena, &c->lines[i]);
}

static void
put_separator(struct buf *out)
{
	if (out->len)
		buf_puts(out, ", ");
}

static void
put_value(struct buf *out, const char *name, struct str old, struct str new)
{
	if (str_equal(old, new))
		return;
	put_separator(out);
	buf_printf(out, "%s %.*s -> %.*s", name, (int)old.len, old.ptr,
	    (int)new.len, new.ptr);
}

static struct str
endpoint(const struct haproxy_line *l)
{
	return l->words[2];
}

/* The n-th option of that keyword. */
static const struct haproxy_option *
nth_option(const struct haproxy_server *s, struct str keyword, size_t n)
{
	for (size_t i = 0; i < s->count; i++)
		if (str_equal(s->options[i].keyword, keyword) && n-- == 0)
			return &s->options[i];
	return NULL;
}

static size_t
number_of(const struct haproxy_server *s, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < at; i++)
		n += str_equal(s->options[i].keyword, s->options[at].keyword);
	return n;
}

static void
put_option(struct buf *out, char sign, const struct haproxy_option *o)
{
	put_separator(out);
	buf_char(out, sign);
	buf_str(out, o->keyword);
	if (o->value.ptr) {
		buf_char(out, ' ');
		buf_str(out, o->value);
	}
}

/* What of the options is gone, is new, or has another value. */
static void
put_options(struct buf *out, const struct haproxy_server *old,
    const struct haproxy_server *new)
{
	for (size_t i = 0; i < old->count; i++)
		if (!nth_option(
			new, old->options[i].keyword, number_of(old, i)))
			put_option(out, '-', &old->options[i]);
	for (size_t i = 0; i < new->count; i++) {
		const struct haproxy_option *o = &new->options[i];
		const struct haproxy_option *was =
		    nth_option(old, o->keyword, number_of(new, i));

		if (!was) {
			put_option(out, '+', o);
		} else if (!str_equal(was->value, o->value)) {
			put_separator(out);
			buf_printf(out, "%.*s %.*s -> %.*s",
			    (int)o->keyword.len, o->keyword.ptr,
			    (int)was->value.len, was->value.ptr,
			    (int)o->value.len, o->value.ptr);
		}
	}
}

static bool
same_words(const struct haproxy_line *a, const struct haproxy_line *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!str_equal(a->words[i], b->words[i]))
			return false;
	return true;
}

static void
compare_server(struct difference *d, const struct server_line *old,
    const struct server_line *new)
{
	struct buf what = {0};
	struct haproxy_change *c;

	if (same_words(old->line, new->line))
		return;
	put_value(&what, "address", endpoint(old->line), endpoint(new->line));
	put_options(&what, &old->server, &new->server);
	if (!what.len)
		buf_puts(&what, "options in another order");
	c = add(d, CHANGE_SERVER);
	c->server = new->server.name;
	c->what = arena_str(&d->out->arena, buf_as_str(&what));
	add_lines(c, old->line, new->line);
	buf_fini(&what);
}

/* The server's words behind its name. */
static struct str
describe(struct difference *d, const struct haproxy_line *l)
{
	struct buf what = {0};
	struct str result;

	for (size_t i = 2; i < l->count; i++) {
		if (i > 2)
			buf_char(&what, ' ');
		buf_str(&what, l->words[i]);
	}
	result = arena_str(&d->out->arena, buf_as_str(&what));
	buf_fini(&what);
	return result;
}

static void
add_server(struct difference *d, enum haproxy_change_kind kind,
    const struct server_line *s)
{
	struct haproxy_change *c = add(d, kind);

	c->server = s->server.name;
	c->what = describe(d, s->line);
	add_lines(c, kind == CHANGE_SERVER_REMOVED ? s->line : NULL,
	    kind == CHANGE_SERVER_ADDED ? s->line : NULL);
}

static void
compare_servers(struct difference *d, struct content *old, struct content *new)
{
	struct strmap_entry *e;
	size_t last = 0;
	bool moved = false;

	for (size_t i = 0; (e = strmap_next(&new->servers, &i));) {
		struct server_line *s = e->value;
		struct server_line *was = strmap_get(&old->servers, e->key);

		if (!was) {
			add_server(d, CHANGE_SERVER_ADDED, s);
			continue;
		}
		was->matched = true;
		moved |= was->order < last;
		last = was->order;
		compare_server(d, was, s);
	}
	for (size_t i = 0; (e = strmap_next(&old->servers, &i));) {
		const struct server_line *s = e->value;

		if (!s->matched)
			add_server(d, CHANGE_SERVER_REMOVED, s);
	}
	if (moved)
		add(d, CHANGE_SERVERS_MOVED);
}

/* ---- other lines ---- */

/* The next line from *i on that is no server; NULL at the end. */
static const struct haproxy_line *
next_other(const struct content *c, const struct haproxy_section *s, size_t *i)
{
	while (*i < c->count && is_server(s, &c->lines[*i]))
		(*i)++;
	return *i < c->count ? &c->lines[(*i)++] : NULL;
}

static void
compare_others(struct difference *d, const struct haproxy_section *old_section,
    const struct content *old, const struct content *new)
{
	size_t i = 0;
	size_t k = 0;

	for (;;) {
		const struct haproxy_line *a = next_other(old, old_section, &i);
		const struct haproxy_line *b = next_other(new, d->section, &k);

		if (!a && !b)
			return;
		if (a && b && same_words(a, b))
			continue;
		add_lines(add(d, CHANGE_SECTION), a, b);
		return;
	}
}

static void
compare_section(struct difference *d, const struct haproxy_section *old)
{
	struct content before, after;

	if (str_equal(old->text, d->section->text))
		return;
	content_init(&before, old, &d->out->arena);
	content_init(&after, d->section, &d->out->arena);
	compare_others(d, old, &before, &after);
	compare_servers(d, &before, &after);
	strmap_fini(&before.servers);
	strmap_fini(&after.servers);
}

/* ---- sections ---- */

/* "KIND NAME", and the number of the section among those of that name. */
static struct str
section_key(
    struct buf *key, const struct haproxy_section *s, const struct strmap *seen)
{
	for (int n = 1;; n++) {
		buf_reset(key);
		buf_printf(key, "%d ", n);
		buf_str(key, s->kind);
		buf_char(key, ' ');
		buf_str(key, s->name);
		if (!strmap_has(seen, buf_as_str(key)))
			return buf_as_str(key);
	}
}

void
sections_index(
    const struct haproxy_section *sections, size_t count, struct strmap *map)
{
	struct buf key = {0};

	for (size_t i = 0; i < count; i++)
		strmap_put(map, section_key(&key, &sections[i], map),
		    (void *)(uintptr_t)&sections[i]);
	buf_fini(&key);
}

static void
add_removed(
    struct difference *d, const struct strmap *old, const struct strmap *new)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(old, &i));) {
		struct haproxy_change *c;

		if (strmap_has(new, e->key))
			continue;
		d->section = e->value;
		c = add(d, CHANGE_SECTION_REMOVED);
		c->old_number = d->section->line;
	}
}

void
haproxy_model_diff(const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, struct haproxy_changes *out)
{
	struct difference d = {.out = out};
	struct strmap old = {0};
	struct strmap new = {0};
	struct strmap_entry *e;
	const struct haproxy_section *last = NULL;
	bool moved = false;

	*out = (struct haproxy_changes){0};
	sections_index(old_model->sections, old_model->count, &old);
	sections_index(new_model->sections, new_model->count, &new);
	for (size_t i = 0; (e = strmap_next(&new, &i));) {
		const struct haproxy_section *was = strmap_get(&old, e->key);

		d.section = e->value;
		if (!was) {
			add(&d, CHANGE_SECTION_ADDED)->new_number =
			    d.section->line;
			continue;
		}
		moved |= last && was < last;
		last = was;
		compare_section(&d, was);
	}
	add_removed(&d, &old, &new);
	d.section = NULL;
	if (moved)
		add(&d, CHANGE_SECTIONS_MOVED);
	strmap_fini(&old);
	strmap_fini(&new);
}

void
haproxy_changes_fini(struct haproxy_changes *c)
{
	arena_fini(&c->arena);
	free(c->items);
	*c = (struct haproxy_changes){0};
}

/* ---- in words ---- */

static struct str
trim(struct str s)
{
	return str_trim_end(str_trim_start(s, " \t"), " \r");
}

static void
put_line_change(struct buf *out, const struct haproxy_change *c)
{
	if (c->old_line.ptr) {
		buf_puts(out, "- ");
		buf_str(out, trim(c->old_line));
	}
	if (c->new_line.ptr) {
		buf_puts(out, c->old_line.ptr ? "; + " : "+ ");
		buf_str(out, trim(c->new_line));
	}
}

static void
put_section(struct buf *out, const struct haproxy_section *s)
{
	buf_str(out, s->kind.len ? s->kind : STR("before the first section"));
	if (s->name.len) {
		buf_char(out, ' ');
		buf_str(out, s->name);
	}
}

static void
put_server_change(struct buf *out, const struct haproxy_change *c)
{
	static const char *const verbs[] = {[CHANGE_SERVER_ADDED] = " added: ",
	    [CHANGE_SERVER_REMOVED] = " removed: ",
	    [CHANGE_SERVER] = ": "};

	buf_puts(out, "server ");
	buf_str(out, c->server);
	buf_puts(out, verbs[c->kind]);
	buf_str(out, c->what);
}

void
haproxy_change_print(const struct haproxy_change *c, struct buf *out)
{
	if (!c->section) {
		buf_puts(out, "sections in another order");
		return;
	}
	put_section(out, c->section);
	switch (c->kind) {
	case CHANGE_SECTION_ADDED:
		buf_puts(out, " added");
		break;
	case CHANGE_SECTION_REMOVED:
		buf_puts(out, " removed");
		break;
	case CHANGE_SECTION:
		buf_puts(out, ": ");
		put_line_change(out, c);
		break;
	case CHANGE_SERVERS_MOVED:
		buf_puts(out, ": servers in another order");
		break;
	case CHANGE_SERVER_ADDED:
	case CHANGE_SERVER_REMOVED:
	case CHANGE_SERVER:
		buf_puts(out, ": ");
		put_server_change(out, c);
		break;
	case CHANGE_SECTIONS_MOVED:
		break;
	}
}
