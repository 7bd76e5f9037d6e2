/* SPDX-License-Identifier: MIT */
/*
 * From two texts to steps. Sections that are equal at the head and the tail of
 * both are skipped by their bytes, then whole sections; what remains is read.
 * Lines that are no server must mean the same in both; for servers see
 * plan_server.c.
 */
#include "planner.h"

#include <stdlib.h>

#include "sections.h"
#include "weir/xalloc.h"

/* Bytes of a line that a reason quotes. */
#define QUOTED 120

/* ---- the list ---- */

int
version_number(const struct haproxy_version *v)
{
	return v->major * 100 + v->minor;
}

void
plan_init(struct plan *p, struct haproxy_steps *out,
    const struct haproxy_running *running, const struct haproxy_policy *policy)
{
	*out = (struct haproxy_steps){.proven = true};
	*p = (struct plan){.out = out,
	    .running = running,
	    .policy = policy,
	    .version = version_number(&running->version)};
}

static void
sort_steps(struct plan *p)
{
	struct haproxy_steps *s = p->out;
	size_t at[PHASE_COUNT + 1] = {0};
	struct haproxy_step *sorted;

	for (size_t i = 0; i < s->count; i++)
		at[(unsigned char)p->phases.ptr[i] + 1]++;
	for (size_t i = 0; i < PHASE_COUNT; i++)
		at[i + 1] += at[i];
	sorted = xcalloc(s->count, sizeof(*sorted));
	for (size_t i = 0; i < s->count; i++)
		sorted[at[(unsigned char)p->phases.ptr[i]]++] = s->items[i];
	free(s->items);
	s->items = sorted;
	s->room = s->count;
}

void
plan_fini(struct plan *p)
{
	if (p->out->reload) {
		p->out->count = 0;
		p->out->proven = false;
	} else if (p->out->count > 1) {
		sort_steps(p);
	}
	arena_fini(&p->arena);
	buf_fini(&p->phases);
	buf_fini(&p->tracked);
	buf_fini(&p->word);
}

struct haproxy_step *
plan_step(struct plan *p, enum phase phase, enum haproxy_step_kind kind,
    struct str path)
{
	const char *slash = memchr(path.ptr, '/', path.len);
	struct str backend = {path.ptr, (size_t)(slash - path.ptr)};
	struct str server = {slash + 1, path.len - backend.len - 1};

	buf_char(&p->phases, (char)phase);
	return haproxy_step_add(p->out, kind, backend, server);
}

struct str
plan_join(struct plan *p, const struct str *parts, size_t count)
{
	size_t len = 0;
	char *text;
	char *at;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	at = text = arena_alloc(&p->out->arena, len + 1);
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len)
			memcpy(at, parts[i].ptr, parts[i].len);
		at += parts[i].len;
	}
	*at = 0;
	return (struct str){text, len};
}

/* ---- reasons ---- */

static void
put_quoted(struct buf *out, struct str line)
{
	while (line.len && (*line.ptr == ' ' || *line.ptr == '\t')) {
		line.ptr++;
		line.len--;
	}
	while (line.len && strchr(" \t\r", line.ptr[line.len - 1]))
		line.len--;
	buf_char(out, '"');
	buf_put(out, line.ptr, line.len < QUOTED ? line.len : QUOTED);
	buf_puts(out, line.len > QUOTED ? "…\"" : "\"");
}

void
plan_put_lines(struct buf *out, struct str old_line, struct str new_line)
{
	if (old_line.ptr && new_line.ptr) {
		put_quoted(out, old_line);
		buf_puts(out, " -> ");
		put_quoted(out, new_line);
	} else {
		buf_puts(out, old_line.ptr ? "- " : "+ ");
		put_quoted(out, old_line.ptr ? old_line : new_line);
	}
}

void
plan_refuse_server(
    struct plan *p, const struct server_change *c, const char *format, ...)
{
	va_list args;

	buf_reset(&p->word);
	if (!p->out->refusals) { /* only the first is kept */
		buf_printf(&p->word,
		    "%.*s %.*s: server %.*s: ", (int)p->after.section->kind.len,
		    p->after.section->kind.ptr, (int)c->backend.len,
		    c->backend.ptr, (int)c->server.len, c->server.ptr);
		va_start(args, format);
		buf_vprintf(&p->word, format, args);
		va_end(args);
		buf_puts(&p->word, ": ");
		plan_put_lines(&p->word, c->old_line, c->new_line);
	}
	haproxy_steps_refuse(p->out, "%s", p->word.ptr ? p->word.ptr : "");
}

static void
refuse_section(struct plan *p, const struct haproxy_section *s, const char *why,
    struct str old_line, struct str new_line)
{
	buf_reset(&p->word);
	buf_str(&p->word, s->kind.len ? s->kind : STR("before any section"));
	if (s->name.len) {
		buf_char(&p->word, ' ');
		buf_str(&p->word, s->name);
	}
	buf_puts(&p->word, why);
	if (old_line.ptr || new_line.ptr)
		plan_put_lines(&p->word, old_line, new_line);
	haproxy_steps_refuse(p->out, "%.*s", (int)p->word.len, p->word.ptr);
}

bool
is_safe_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (!(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    (!c || !strchr("_.:-", c)))
			return false;
	}
	return s.len > 0;
}

/* The command line divides words at blanks, commands at semicolons, and knows
 * backslashes and "<<" (management.txt, "Unix Socket commands"). */
bool
is_safe_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (!(c >= '0' && c <= '9') &&
		    !((c | 0x20) >= 'a' && (c | 0x20) <= 'z') &&
		    (!c || !strchr("_.:-/@%+,=()[]{}*!?~^|&", c)))
			return false;
	}
	return s.len > 0;
}

/* ---- a section ---- */

static struct str
text_of(const struct haproxy_line *l)
{
	return l ? l->text : (struct str){0};
}

/* The first that differ; false: none does. */
static bool
differing_line(const struct haproxy_line **old, size_t old_count,
    const struct haproxy_line **new, size_t new_count,
    const struct haproxy_line *found[2])
{
	size_t i = 0;

	while (i < old_count && i < new_count && lines_equal(old[i], new[i]))
		i++;
	found[0] = i < old_count ? old[i] : NULL;
	found[1] = i < new_count ? new[i] : NULL;
	return i < old_count || i < new_count;
}

/* Where weir can't tell what applies, nothing may differ but blanks. */
static void
plan_opaque(struct plan *p)
{
	const struct proxy *a = &p->before;
	const struct proxy *b = &p->after;
	size_t i = 0;

	while (i < a->line_count && i < b->line_count &&
	       lines_equal(&a->lines[i], &b->lines[i]))
		i++;
	if (i < a->line_count || i < b->line_count)
		refuse_section(p, b->section,
		    ": it depends on .if or on the environment: ",
		    i < a->line_count ? a->lines[i].text : (struct str){0},
		    i < b->line_count ? b->lines[i].text : (struct str){0});
}

/* A name that two sections share says nothing in a command. */
static bool
is_alone(const struct haproxy_model *m, const struct haproxy_section *s)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_equal(m->sections[i].name, s->name) &&
		    &m->sections[i] != s &&
		    section_has_servers(&m->sections[i]))
			return false;
	return true;
}

static void
compare_sections(struct plan *p)
{
	const struct haproxy_section *s = p->after.section;
	const struct haproxy_line *found[2];

	if (p->before.facts.opaque || p->after.facts.opaque) {
		plan_opaque(p);
		return;
	}
	if (differing_line(p->before.others, p->before.other_count,
		p->after.others, p->after.other_count, found))
		refuse_section(
		    p, s, ": ", text_of(found[0]), text_of(found[1]));
	if (!section_has_servers(s))
		return;
	if (is_alone(p->old_model, p->before.section) &&
	    is_alone(p->new_model, s))
		plan_servers(p);
	else
		refuse_section(p, s, ": there are two of that name",
		    (struct str){0}, (struct str){0});
}

static void
plan_section(struct plan *p, const struct haproxy_section *old,
    const struct haproxy_section *new)
{
	if (str_equal(old->text, new->text))
		return;
	proxy_init(&p->before, p->old_model, old, &p->arena);
	proxy_init(&p->after, p->new_model, new, &p->arena);
	compare_sections(p);
	arena_reset(&p->arena);
}

/* ---- sections ---- */

static bool
same_title(const struct haproxy_section *a, const struct haproxy_section *b)
{
	return str_equal(a->kind, b->kind) && str_equal(a->name, b->name);
}

/* Those may stand in any order among each other; what stands between others
 * must stay there. */
static bool
is_proxy(const struct haproxy_section *s)
{
	return section_has_servers(s) || str_is(s->kind, "frontend");
}

static size_t
others_before(
    const struct haproxy_section *from, const struct haproxy_section *s)
{
	size_t n = 0;

	for (; from < s; from++)
		n += !is_proxy(from);
	return n;
}

struct range {
	const struct haproxy_section *from;
	size_t count;
};

static void
plan_matched(struct plan *p, const struct range *old, const struct range *new)
{
	struct strmap olds = {0};
	struct strmap news = {0};
	struct strmap_entry *e;

	sections_index(old->from, old->count, &olds);
	sections_index(new->from, new->count, &news);
	for (size_t i = 0; (e = strmap_next(&news, &i));) {
		const struct haproxy_section *s = e->value;
		const struct haproxy_section *was = strmap_get(&olds, e->key);

		if (!was)
			refuse_section(
			    p, s, " is new", (struct str){0}, (struct str){0});
		else if (others_before(old->from, was) !=
			 others_before(new->from, s))
			refuse_section(p, s, " stands elsewhere",
			    (struct str){0}, (struct str){0});
		else
			plan_section(p, was, s);
	}
	for (size_t i = 0; (e = strmap_next(&olds, &i));)
		if (!strmap_has(&news, e->key))
			refuse_section(p, e->value, " is gone", (struct str){0},
			    (struct str){0});
	strmap_fini(&olds);
	strmap_fini(&news);
}

static void
plan_sections(struct plan *p)
{
	struct range old = {p->old_model->sections, p->old_model->count};
	struct range new = {p->new_model->sections, p->new_model->count};
	size_t i = 0;

	while (old.count && new.count &&
	       str_equal(old.from->text, new.from->text)) {
		old.from++;
		new.from++;
		old.count--;
		new.count--;
	}
	while (old.count && new.count &&
	       str_equal(old.from[old.count - 1].text,
		   new.from[new.count - 1].text)) {
		old.count--;
		new.count--;
	}
	while (i < old.count &&
	       i < new.count &&same_title(&old.from[i], &new.from[i]))
		i++;
	if (i < old.count || i < new.count) {
		plan_matched(p, &old, &new);
		return;
	}
	for (i = 0; i < new.count; i++)
		plan_section(p, &old.from[i], &new.from[i]);
}

void
haproxy_steps_plan(struct haproxy_steps *out,
    const struct haproxy_model *old_model,
    const struct haproxy_model *new_model,
    const struct haproxy_running *running, const struct haproxy_policy *policy)
{
	struct plan p;

	plan_init(&p, out, running, policy);
	p.old_model = old_model;
	p.new_model = new_model;
	plan_sections(&p);
	plan_fini(&p);
}
