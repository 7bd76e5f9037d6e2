/* SPDX-License-Identifier: MIT */
/*
 * A section read for what its servers may do: the facts come from a table of
 * the words that a line begins with, first those of the defaults that apply,
 * then its own. A word that only HAProxy's environment knows makes a fact
 * unknown, never a guess.
 */
#include "proxy.h"

/* A defaults section may go on from another; this many is a circle. */
#define DEFAULTS_DEPTH 16

bool
section_has_servers(const struct haproxy_section *s)
{
	return str_is(s->kind, "backend") || str_is(s->kind, "listen");
}

bool
lines_equal(const struct haproxy_line *a, const struct haproxy_line *b)
{
	if (a->count != b->count || a->open != b->open)
		return false;
	if (str_equal(a->text, b->text))
		return true;
	for (size_t i = 0; i < a->count; i++)
		if (!str_equal(a->words[i], b->words[i]))
			return false;
	return true;
}

/* ---- facts ---- */

/* "random(2)", "hdr(host)": the word before the bracket. */
static struct str
before_bracket(struct str s)
{
	const char *bracket = memchr(s.ptr, '(', s.len);

	return (struct str){s.ptr, bracket ? (size_t)(bracket - s.ptr) : s.len};
}

static void
read_balance(struct facts *f, const struct haproxy_line *l)
{
	static const struct {
		const char *name;
		enum balance is;
	} algorithms[] = {{"roundrobin", BALANCE_DYNAMIC},
	    {"leastconn", BALANCE_DYNAMIC}, {"first", BALANCE_DYNAMIC},
	    {"random", BALANCE_DYNAMIC}, {"static-rr", BALANCE_STATIC},
	    {"source", BALANCE_HASH}, {"uri", BALANCE_HASH},
	    {"url_param", BALANCE_HASH}, {"hdr", BALANCE_HASH},
	    {"rdp-cookie", BALANCE_HASH}, {"hash", BALANCE_HASH}};
	struct str name = before_bracket(l->count > 1 ? l->words[1] : STR(""));

	f->balance = BALANCE_UNKNOWN;
	f->first = str_is(name, "first");
	for (size_t i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		if (str_is(name, algorithms[i].name))
			f->balance = algorithms[i].is;
}

static void
read_hash_type(struct facts *f, const struct haproxy_line *l)
{
	f->consistent = l->count > 1 && str_is(l->words[1], "consistent");
	if (l->count > 1 && !f->consistent && !str_is(l->words[1], "map-based"))
		f->opaque = true;
}

static void
read_mode(struct facts *f, const struct haproxy_line *l)
{
	f->other_mode = l->count < 2 || (!str_is(l->words[1], "http") &&
					    !str_is(l->words[1], "tcp"));
}

/* "option X", "no option X" */
static void
read_option(struct facts *f, const struct haproxy_line *l)
{
	bool no = str_is(l->words[0], "no");
	struct str name =
	    l->count > (size_t)no + 1 ? l->words[no + 1] : STR("");

	if (no && (l->count < 2 || !str_is(l->words[1], "option")))
		return;
	if (str_is(name, "allbackups"))
		f->all_backups = !no;
	else if (str_is(name, "external-check"))
		f->external_check = !no;
	else if (memchr(name.ptr, '$', name.len))
		f->opaque = true;
}

static void
read_stick(struct facts *f, const struct haproxy_line *l)
{
	(void)l;
	f->sticks = true;
}

static void
read_cookie_key(struct facts *f, const struct haproxy_line *l)
{
	(void)l;
	f->dynamic_cookie = true;
}

static void
read_disabled(struct facts *f, const struct haproxy_line *l)
{
	f->disabled = str_is(l->words[0], "disabled");
}

static void
read_line(struct facts *f, const struct haproxy_line *l)
{
	static const struct {
		const char *word;
		void (*read)(struct facts *, const struct haproxy_line *);
	} readers[] = {{"balance", read_balance}, {"disabled", read_disabled},
	    {"dynamic-cookie-key", read_cookie_key}, {"enabled", read_disabled},
	    {"hash-type", read_hash_type}, {"mode", read_mode},
	    {"no", read_option}, {"option", read_option},
	    {"stick", read_stick}};

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (str_is(l->words[0], readers[i].word)) {
			readers[i].read(f, l);
			return;
		}
}

/* A condition or a log line that names a server by its id. */
static bool
speaks_of_ids(const struct haproxy_section *s)
{
	return str_find(s->text, STR("srv_id")) >= 0;
}

/* ---- what applies ---- */

static void
add_inherited(
    struct proxy *p, const struct haproxy_line *l, struct arena *arena)
{
	size_t count;
	struct haproxy_option *more = options_parse(l, 1, arena, &count);
	struct haproxy_option *all;

	if (!count)
		return;
	all = arena_array(arena, p->inherited_count + count, sizeof(*all));
	if (p->inherited_count)
		memcpy(all, p->inherited, p->inherited_count * sizeof(*all));
	memcpy(all + p->inherited_count, more, count * sizeof(*all));
	p->inherited = all;
	p->inherited_count += count;
	p->inherits_variables |= memchr(l->text.ptr, '$', l->text.len) != NULL;
}

static void
read_other(struct proxy *p, const struct haproxy_line *l, struct arena *arena)
{
	p->facts.opaque |= l->open;
	if (str_is(l->words[0], "default-server"))
		add_inherited(p, l, arena);
	else
		read_line(&p->facts, l);
}

/* "backend b from NAME" */
static struct str
from_of(const struct haproxy_line *header)
{
	for (size_t i = 1; i + 1 < header->count; i++)
		if (str_is(header->words[i], "from"))
			return header->words[i + 1];
	return (struct str){0};
}

static const struct haproxy_section *
find_defaults(struct proxy *p, const struct haproxy_model *m,
    const struct haproxy_section *s, const struct haproxy_line *header)
{
	struct str name = from_of(header);

	if (!name.ptr && str_is(s->kind, "defaults"))
		return NULL;
	while (s-- > m->sections)
		if (str_is(s->kind, "defaults") &&
		    (!name.ptr || str_equal(s->name, name)))
			return s;
	p->facts.opaque |= name.ptr != NULL;
	return NULL;
}

static void
read_defaults(struct proxy *p, const struct haproxy_model *m,
    const struct haproxy_section *s, struct arena *arena)
{
	const struct haproxy_section *chain[DEFAULTS_DEPTH];
	struct haproxy_line *lines[DEFAULTS_DEPTH];
	size_t counts[DEFAULTS_DEPTH] = {0};
	size_t depth = 0;

	if (p->line_count)
		s = find_defaults(p, m, s, &p->lines[0]);
	for (; s && depth < DEFAULTS_DEPTH; depth++) {
		chain[depth] = s;
		p->facts.opaque |= s->opaque;
		lines[depth] = haproxy_section_lines(s, arena, &counts[depth]);
		s = counts[depth] ? find_defaults(p, m, s, lines[depth]) : NULL;
	}
	p->facts.opaque |= s != NULL;
	while (depth-- > 0) {
		p->facts.sticks |= speaks_of_ids(chain[depth]);
		for (size_t i = 1; i < counts[depth]; i++)
			read_other(p, &lines[depth][i], arena);
	}
}

/* ---- the section ---- */

static bool
is_server(const struct proxy *p, const struct haproxy_line *l)
{
	return l->count >= 3 && str_is(l->words[0], "server") &&
	       section_has_servers(p->section);
}

static void
add_server(struct proxy *p, const struct haproxy_line *l, struct arena *arena)
{
	struct proxy_server *s = &p->servers[p->count];

	*s = (struct proxy_server){
	    .line = l, .inherits = p->inherited_count, .order = p->count};
	p->count += haproxy_server_parse(l, arena, &s->server) == 0;
}

bool
proxy_is_backup(const struct proxy *p, const struct proxy_server *s)
{
	bool backup = false;

	for (size_t i = 0; i < s->inherits + s->server.count; i++) {
		const struct haproxy_option *o =
		    i < s->inherits ? &p->inherited[i]
				    : &s->server.options[i - s->inherits];

		if (o->known && (o->known->has & HAS_BACKUP))
			backup = o->known->write != WRITE_CANCEL;
	}
	return backup;
}

void
proxy_init(struct proxy *p, const struct haproxy_model *m,
    const struct haproxy_section *s, struct arena *arena)
{
	*p = (struct proxy){.section = s};
	p->facts.opaque = s->opaque;
	p->lines = haproxy_section_lines(s, arena, &p->line_count);
	p->others =
	    arena_alloc(arena, (p->line_count + 1) * sizeof(*p->others));
	p->servers =
	    arena_alloc(arena, (p->line_count + 1) * sizeof(*p->servers));
	if (section_has_servers(s))
		read_defaults(p, m, s, arena);
	p->facts.sticks |= speaks_of_ids(s);
	for (size_t i = 0; i < p->line_count; i++) {
		const struct haproxy_line *l = &p->lines[i];

		if (is_server(p, l)) {
			add_server(p, l, arena);
			continue;
		}
		p->others[p->other_count++] = l;
		if (i > 0 && section_has_servers(s))
			read_other(p, l, arena);
	}
	for (size_t i = 0; i < p->count; i++)
		p->backup_count += proxy_is_backup(p, &p->servers[i]);
}

/* A table of order + 1, with open addressing. */
static uint32_t *
find_slot(const struct proxy *p, struct str name)
{
	uint32_t *slot;
	size_t i = str_hash(name);

	for (;; i++) {
		slot = &p->names[i & (p->name_slots - 1)];
		if (!*slot ||
		    str_equal(p->servers[*slot - 1].server.name, name))
			return slot;
	}
}

void
proxy_index(struct proxy *p, struct arena *arena)
{
	p->name_slots = 8;
	while (p->name_slots < p->count * 2)
		p->name_slots *= 2;
	p->names = arena_array(arena, p->name_slots, sizeof(*p->names));
	for (size_t i = 0; i < p->count; i++) {
		uint32_t *slot = find_slot(p, p->servers[i].server.name);

		p->twice |= *slot != 0;
		*slot = (uint32_t)i + 1;
	}
}

struct proxy_server *
proxy_find(const struct proxy *p, struct str name)
{
	uint32_t slot = *find_slot(p, name);

	return slot ? &p->servers[slot - 1] : NULL;
}

struct str
proxy_next(const struct proxy *p, const struct proxy_server *s)
{
	bool backup = proxy_is_backup(p, s);

	for (size_t i = s->order + 1; i < p->count; i++)
		if (proxy_is_backup(p, &p->servers[i]) == backup)
			return p->servers[i].server.name;
	return STR("");
}

bool
proxy_is_dynamic(const struct proxy *p)
{
	const struct facts *f = &p->facts;

	return !f->opaque && !f->other_mode &&
	       (f->balance == BALANCE_DYNAMIC ||
		   (f->balance == BALANCE_HASH && f->consistent));
}

static bool
all_have_ids(const struct proxy *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (!haproxy_server_option(&p->servers[i].server, "id"))
			return false;
	return true;
}

bool
proxy_goes_by_id(const struct proxy *p)
{
	const struct facts *f = &p->facts;

	return (f->first || f->sticks ||
		   (f->balance == BALANCE_HASH && f->consistent)) &&
	       !all_have_ids(p);
}

bool
proxy_goes_by_place(const struct proxy *p, bool backup)
{
	return !proxy_is_dynamic(p) || (backup && !p->facts.all_backups);
}
