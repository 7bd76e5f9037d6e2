/* SPDX-License-Identifier: MIT */
/*
 * What a new worker may be told of the old one's servers. HAProxy's state file
 * overrides the port that the configuration names, so a line of it is passed on
 * only if the server means the same in both texts.
 */
#include "proxy.h"
#include "weir/runtime.h"

/* A backend's servers in both texts. */
struct pair {
	struct proxy old, new;
};

struct filter {
	const struct haproxy_model *old_model, *new_model;
	struct strmap old_sections, new_sections;
	struct strmap pairs; /* name → struct pair, as they are needed */
	struct arena arena;
};

static void
index_backends(const struct haproxy_model *m, struct strmap *map)
{
	for (size_t i = 0; i < m->count; i++)
		if (section_has_servers(&m->sections[i]))
			strmap_put(map, m->sections[i].name, &m->sections[i]);
}

static struct pair *
find_pair(struct filter *f, struct str name)
{
	struct pair *p = strmap_get(&f->pairs, name);
	const struct haproxy_section *old = strmap_get(&f->old_sections, name);
	const struct haproxy_section *new = strmap_get(&f->new_sections, name);

	if (p || !old || !new)
		return p;
	p = arena_zalloc(&f->arena, sizeof(*p));
	proxy_init(&p->old, f->old_model, old, &f->arena);
	proxy_init(&p->new, f->new_model, new, &f->arena);
	proxy_index(&p->old, &f->arena);
	proxy_index(&p->new, &f->arena);
	strmap_put(&f->pairs, name, p);
	return p;
}

static bool
same_slots(const struct definition *a, const struct definition *b)
{
	for (size_t i = 0; i < SLOT_COUNT; i++)
		if (!str_equal(a->set[i], b->set[i]))
			return false;
	return true;
}

static bool
same_server(struct filter *f, struct pair *p, struct proxy_server *old,
    struct proxy_server *new)
{
	const struct haproxy_option *a, *b;
	struct definition was, is;

	if (!old || !new)
		return false;
	definition_of(&was, &p->old, old, &f->arena);
	definition_of(&is, &p->new, new, &f->arena);
	return !was.opaque && !is.opaque &&
	       str_equal(was.endpoint, is.endpoint) && same_slots(&was, &is) &&
	       definition_is_same(&was, &is, &a, &b);
}

/* Of a server-template line "server-template PREFIX NUMBERS …". */
static bool
is_from_template(const struct haproxy_line *l, struct str server)
{
	struct str number;

	if (l->count < 4 || !str_is(l->words[0], "server-template") ||
	    !str_has_prefix(server, l->words[1]))
		return false;
	number = (struct str){
	    server.ptr + l->words[1].len, server.len - l->words[1].len};
	return number_of(number, INT32_MAX) > 0;
}

static const struct haproxy_line *
find_template(const struct proxy *p, struct str server)
{
	for (size_t i = 0; i < p->other_count; i++)
		if (is_from_template(p->others[i], server))
			return p->others[i];
	return NULL;
}

static bool
same_inherited(const struct proxy *a, const struct proxy *b)
{
	if (a->inherited_count != b->inherited_count)
		return false;
	for (size_t i = 0; i < a->inherited_count; i++)
		if (!str_equal(
			a->inherited[i].keyword, b->inherited[i].keyword) ||
		    !str_equal(a->inherited[i].value, b->inherited[i].value))
			return false;
	return true;
}

static bool
same_template(const struct pair *p, struct str server)
{
	const struct haproxy_line *old = find_template(&p->old, server);
	const struct haproxy_line *new = find_template(&p->new, server);

	return old && new &&lines_equal(old, new) &&
	       same_inherited(&p->old, &p->new);
}

/* Word n of a line of blanks-separated words, from 0. */
static struct str
nth_word(struct str line, size_t n)
{
	struct str word = {line.ptr, 0};

	for (size_t i = 0; i <= n; i++) {
		word.ptr += word.len;
		while (word.ptr < line.ptr + line.len && *word.ptr == ' ')
			word.ptr++;
		word.len = 0;
		while (word.ptr + word.len < line.ptr + line.len &&
		       word.ptr[word.len] != ' ')
			word.len++;
	}
	return word;
}

/* be_id be_name srv_id srv_name … */
static bool
is_kept(struct filter *f, struct str line)
{
	struct str server = nth_word(line, 3);
	struct pair *p;

	if (!server.len)
		return false;
	p = find_pair(f, nth_word(line, 1));
	if (!p || p->old.facts.opaque || p->new.facts.opaque)
		return false;
	return same_server(f, p, proxy_find(&p->old, server),
		   proxy_find(&p->new, server)) ||
	       same_template(p, server);
}

static bool
is_header(struct str line)
{
	return str_is(line, "1") || str_has_prefix(line, STR("#"));
}

static void
filter_fini(struct filter *f)
{
	strmap_fini(&f->pairs);
	strmap_fini(&f->old_sections);
	strmap_fini(&f->new_sections);
	arena_fini(&f->arena);
}

void
haproxy_state_filter(struct str state, const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, struct buf *out)
{
	struct filter f = {.old_model = old_model, .new_model = new_model};

	index_backends(old_model, &f.old_sections);
	index_backends(new_model, &f.new_sections);
	while (state.len) {
		struct str line = str_take_line(&state);

		if (is_header(line) || is_kept(&f, line)) {
			buf_str(out, line);
			buf_char(out, '\n');
		}
	}
	filter_fini(&f);
}

/* ---- where it is ---- */

/* The last line of that word in sections of that kind; NULL ptr: none. */
static struct str
global_value(
    const struct haproxy_model *m, const char *word, struct arena *arena)
{
	struct str value = {0};

	for (size_t i = 0; i < m->count; i++) {
		size_t count;
		struct haproxy_line *lines;

		if (!str_is(m->sections[i].kind, "global"))
			continue;
		lines = haproxy_section_lines(&m->sections[i], arena, &count);
		for (size_t k = 0; k < count; k++)
			if (lines[k].count > 1 &&
			    str_is(lines[k].words[0], word))
				value = lines[k].words[1];
	}
	return value;
}

static bool
is_loaded(const struct haproxy_model *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct arena arena = {0};
		size_t count;
		bool found = false;
		const struct haproxy_section *s = &m->sections[i];
		struct haproxy_line *lines;

		if (!section_has_servers(s) && !str_is(s->kind, "defaults"))
			continue;
		if (str_find(s->text, STR("load-server-state-from-file")) < 0)
			continue;
		lines = haproxy_section_lines(s, &arena, &count);
		for (size_t k = 0; k < count; k++)
			found |= lines[k].count > 1 &&
				 str_is(lines[k].words[0],
				     "load-server-state-from-file") &&
				 str_is(lines[k].words[1], "global");
		arena_fini(&arena);
		if (found)
			return true;
	}
	return false;
}

struct str
haproxy_state_file(const struct haproxy_model *m, struct arena *arena)
{
	struct str path = global_value(m, "server-state-file", arena);
	struct str base = global_value(m, "server-state-base", arena);

	if (!path.len || !is_loaded(m))
		return (struct str){0};
	if (*path.ptr == '/' || !base.len)
		return arena_str(arena, path);
	return str_of(arena_printf(arena, "%.*s/%.*s", (int)base.len, base.ptr,
	    (int)path.len, path.ptr));
}
