/* SPDX-License-Identifier: MIT */
/*
 * consul-template's argument grammar. Each kind of query has a row that says
 * which parts its argument may have; the order of the parts is always
 *
 *	[tag "."] name ["?" parameters] ["@" datacenter] ["~" near] ["|" filter]
 *
 * No part may hold the sign with which a later one begins, so one look at the
 * next byte decides, where consul-template has regular expressions.
 */
#include "weir/query.h"

#include <stdlib.h>

#include "weir/buf.h"
#include "weir/template.h"
#include "weir/xalloc.h"

/* What an argument begins with. */
enum head {
	HEAD_NONE,
	HEAD_SERVICE, /* [tag "."] name */
	HEAD_NODE,    /* name, with dots */
	HEAD_KEY,     /* all but "@" and "?"; one slash in front is dropped */
	HEAD_ALL      /* the whole argument, whatever it holds */
};

enum part {
	PART_QUERY = 1,
	PART_DATACENTER = 2,
	PART_NEAR = 4,
	PART_FILTER = 8
};

enum parameter {
	PARAMETER_NS = 1,
	PARAMETER_PARTITION = 2,
	PARAMETER_PEER = 4,
	PARAMETER_GROUP = 8
};

#define TENANT (PARAMETER_NS | PARAMETER_PARTITION)

static const struct grammar {
	const char *label; /* in identities */
	const char *error; /* in messages */
	enum head head;
	bool may_be_empty; /* the empty argument asks something */
	unsigned parts;
	unsigned parameters; /* that the query uses; others only parse */
} grammars[] = {
    [QUERY_SERVICE] = {"health.service", "health.service", HEAD_SERVICE, false,
	PART_QUERY | PART_DATACENTER | PART_NEAR | PART_FILTER,
	TENANT | PARAMETER_PEER | PARAMETER_GROUP},
    [QUERY_CONNECT] = {"health.connect", "health.service", HEAD_SERVICE, false,
	PART_QUERY | PART_DATACENTER | PART_NEAR | PART_FILTER,
	TENANT | PARAMETER_PEER | PARAMETER_GROUP},
    [QUERY_SERVICES] = {"catalog.services", "catalog.services", HEAD_NONE, true,
	PART_QUERY | PART_DATACENTER, TENANT},
    [QUERY_NODE] = {"catalog.node", "catalog.node", HEAD_NODE, true,
	PART_QUERY | PART_DATACENTER, TENANT},
    [QUERY_NODES] = {"catalog.nodes", "catalog.nodes", HEAD_NONE, true,
	PART_QUERY | PART_DATACENTER | PART_NEAR, PARAMETER_PARTITION},
    [QUERY_DATACENTERS] = {"catalog.datacenters", NULL, HEAD_ALL, true, 0, 0},
    [QUERY_KEY] = {"kv.block", "kv.get", HEAD_KEY, false,
	PART_QUERY | PART_DATACENTER, TENANT},
    [QUERY_KEY_GET] = {"kv.get", "kv.get", HEAD_KEY, false,
	PART_QUERY | PART_DATACENTER, TENANT},
    [QUERY_KEY_LIST] = {"kv.list", "kv.list", HEAD_KEY, false,
	PART_QUERY | PART_DATACENTER, TENANT},
    [QUERY_CA_ROOTS] = {"connect.caroots", NULL, HEAD_ALL, true, 0, 0},
    [QUERY_CA_LEAF] = {"connect.caleaf", NULL, HEAD_ALL, false, 0, 0},
    [QUERY_PARTITIONS] = {"list.partitions", NULL, HEAD_ALL, true, 0, 0},
    [QUERY_PEERINGS] = {"list.peerings", "list.peering", HEAD_NONE, true,
	PART_QUERY, PARAMETER_PARTITION},
    [QUERY_EXPORTED] = {"list.exportedServices", NULL, HEAD_ALL, true, 0, 0},
    [QUERY_IMPORTED] = {"list.importedServices", NULL, HEAD_ALL, true, 0, 0},
    [QUERY_FOREIGN] = {NULL, NULL, HEAD_ALL, false, 0, 0},
};

static const struct {
	const char *name;
	unsigned bit;
} filters[] = {
    {"any", FILTER_ANY},
    {"critical", FILTER_CRITICAL},
    {"maintenance", FILTER_MAINTENANCE},
    {"passing", FILTER_PASSING},
    {"warning", FILTER_WARNING},
};
#define FILTER_COUNT (sizeof(filters) / sizeof(filters[0]))

/* An argument on the way. */
struct parser {
	const struct grammar *grammar;
	struct str argument;
	size_t at;
	struct query *query;
	struct str parameters;
	struct str filter;
	/* How often each filter is named: identities keep duplicates. */
	unsigned times[FILTER_COUNT];
	struct error *error;
};

/* ---- messages ---- */

/* "GRAMMAR: TEXT"; a " in the text stands for one of the strings, quoted. */
static int
fail(struct parser *p, const char *text, struct str first, struct str second)
{
	struct buf out = {0};
	struct str parts[] = {first, second};
	size_t n = 0;
	int rc;

	for (const char *s = text; *s; s++) {
		if (*s == '"')
			value_quote(&out, parts[n++]);
		else
			buf_char(&out, *s);
	}
	rc = error_set(
	    p->error, ERROR_TEMPLATE, "%s: %s", p->grammar->error, out.ptr);
	buf_fini(&out);
	return rc;
}

static int
fail_format(struct parser *p)
{
	return fail(p, "invalid format: \"", p->argument, (struct str){0});
}

/* ---- the parts ---- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

static bool
is_in(char c, const char *extra)
{
	return is_word(c) || (c && strchr(extra, c));
}

/* One or more word characters or those of extra, from where we stand. */
static struct str
take_class(struct parser *p, const char *extra)
{
	size_t start = p->at;

	while (p->at < p->argument.len && is_in(p->argument.ptr[p->at], extra))
		p->at++;
	return (struct str){p->argument.ptr + start, p->at - start};
}

/* SIGN CLASS+ if the part is allowed and begins here. False: SIGN alone. */
static bool
take_part(struct parser *p, enum part part, char sign, const char *extra,
    struct str *to)
{
	if (!(p->grammar->parts & part) || p->at >= p->argument.len ||
	    p->argument.ptr[p->at] != sign)
		return true;
	p->at++;
	*to = take_class(p, extra);
	return to->len > 0;
}

/* The last dot divides the tag from the name. */
static bool
take_service(struct parser *p)
{
	struct str s = take_class(p, "-=:.");
	size_t dot = s.len;

	while (dot && s.ptr[dot - 1] != '.')
		dot--;
	p->query->name = (struct str){s.ptr + dot, s.len - dot};
	for (size_t i = 0; i < p->query->name.len; i++)
		if (!is_in(p->query->name.ptr[i], "-"))
			return false;
	if (dot)
		p->query->tag = (struct str){s.ptr, dot - 1};
	return p->query->name.len && dot != 1;
}

static bool
take_key(struct parser *p)
{
	struct str s = p->argument;
	size_t len = 0;

	while (len < s.len && s.ptr[len] != '@' && s.ptr[len] != '?')
		len++;
	p->at = len;
	if (len > 1 && s.ptr[0] == '/') {
		s.ptr++;
		len--;
	}
	p->query->name = (struct str){s.ptr, len};
	return len > 0;
}

static bool
take_head(struct parser *p)
{
	switch (p->grammar->head) {
	case HEAD_SERVICE:
		return take_service(p);
	case HEAD_NODE:
		p->query->name = take_class(p, "-.");
		return p->query->name.len > 0;
	case HEAD_KEY:
		return take_key(p);
	case HEAD_ALL:
		p->query->name = p->argument;
		p->at = p->argument.len;
		return true;
	case HEAD_NONE:
		break;
	}
	return true;
}

/* ---- parameters and filters ---- */

static struct str *
parameter_field(struct query *q, struct str key, unsigned *bit)
{
	if (str_is(key, "ns")) {
		*bit = PARAMETER_NS;
		return &q->ns;
	}
	if (str_is(key, "partition")) {
		*bit = PARAMETER_PARTITION;
		return &q->partition;
	}
	if (str_is(key, "peer")) {
		*bit = PARAMETER_PEER;
		return &q->peer;
	}
	if (str_is(key, "sameness-group")) {
		*bit = PARAMETER_GROUP;
		return &q->sameness_group;
	}
	return NULL;
}

/* Cuts the text before the sign off *s, and the sign. */
static struct str
cut(struct str *s, char sign)
{
	const char *end = s->len ? memchr(s->ptr, sign, s->len) : NULL;
	struct str head = {s->ptr, end ? (size_t)(end - s->ptr) : s->len};
	size_t gone = end ? head.len + 1 : head.len;

	*s = (struct str){s->ptr + gone, s->len - gone};
	return head;
}

/* KEY=VALUE&…: of a key that stands twice the first value counts. */
static int
read_parameters(struct parser *p)
{
	struct str rest = p->parameters;
	unsigned seen = 0;

	while (rest.len) {
		struct str value = cut(&rest, '&');
		struct str key, *field;
		unsigned bit;

		if (value.len == 0)
			continue;
		key = cut(&value, '=');
		field = parameter_field(p->query, key, &bit);
		if (!field)
			return fail(p,
			    "invalid query parameter key \" in query \": "
			    "supported keys: ns,peer,partition,sameness-group",
			    key, p->parameters);
		if (!(seen & bit) && (p->grammar->parameters & bit))
			*field = value;
		seen |= bit;
	}
	if (p->query->peer.len && p->query->sameness_group.len)
		return error_set(p->error, ERROR_TEMPLATE,
		    "%s: cannot specify both peer and sameness-group",
		    p->grammar->error);
	return 0;
}

static int
read_filter(struct parser *p)
{
	struct str rest = p->filter;

	if (!rest.len && (p->grammar->parts & PART_FILTER))
		rest = STR("passing");
	while (rest.len) {
		struct str word = cut(&rest, ',');
		size_t i = 0;

		if (word.len == 0)
			continue;
		while (i < FILTER_COUNT && !str_is(word, filters[i].name))
			i++;
		if (i == FILTER_COUNT)
			return fail(
			    p, "invalid filter: \" in \"", word, p->argument);
		p->times[i]++;
		p->query->filters |= filters[i].bit;
	}
	return 0;
}

/* ---- the identity ---- */

static void
add_part(struct buf *out, const char *sign, struct str s)
{
	if (s.len) {
		buf_puts(out, sign);
		buf_str(out, s);
	}
}

static void
add_filters(struct buf *out, const struct parser *p)
{
	char sign = '|';

	for (size_t i = 0; i < FILTER_COUNT; i++)
		for (unsigned n = 0; n < p->times[i]; n++) {
			buf_char(out, sign);
			buf_puts(out, filters[i].name);
			sign = ',';
		}
}

/* What stands between the parentheses. */
static void
print_inner(struct buf *out, const struct parser *p)
{
	const struct query *q = p->query;

	if (q->kind == QUERY_PEERINGS) {
		add_part(out, "?partition=", q->partition);
		return;
	}
	buf_str(out, q->tag);
	if (q->tag.len)
		buf_char(out, '.');
	buf_str(out, q->name);
	add_part(out, "@", q->datacenter);
	add_part(out, "@partition=", q->partition);
	add_part(out, "@ns=", q->ns);
	add_part(out, "@peer=", q->peer);
	add_part(out, "@sameness-group=", q->sameness_group);
	add_part(out, "~", q->near);
	add_filters(out, p);
}

static struct str
make_id(const struct parser *p, struct arena *arena)
{
	struct buf inner = {0}, out = {0};
	struct str id;
	enum query_kind kind = p->query->kind;

	print_inner(&inner, p);
	if (kind == QUERY_FOREIGN)
		buf_str(&out, buf_as_str(&inner));
	else if (kind == QUERY_PEERINGS)
		buf_printf(&out, "%s%s", p->grammar->label,
		    inner.len ? inner.ptr : "");
	else if (inner.len || kind == QUERY_EXPORTED ||
		 kind == QUERY_IMPORTED) {
		buf_puts(&out, p->grammar->label);
		buf_char(&out, '(');
		buf_str(&out, buf_as_str(&inner));
		buf_char(&out, ')');
	} else
		buf_puts(&out, p->grammar->label);
	id = arena_str(arena, buf_as_str(&out));
	buf_fini(&inner);
	buf_fini(&out);
	return id;
}

/* ---- the whole ---- */

static int
parse(struct parser *p)
{
	struct query *q = p->query;

	if (p->argument.len == 0)
		return read_filter(p);
	if (!take_head(p) ||
	    !take_part(p, PART_QUERY, '?', "-=&", &p->parameters) ||
	    !take_part(p, PART_DATACENTER, '@', "-.", &q->datacenter) ||
	    !take_part(p, PART_NEAR, '~', "-.", &q->near) ||
	    !take_part(p, PART_FILTER, '|', ",", &p->filter) ||
	    p->at != p->argument.len)
		return fail_format(p);
	if (read_filter(p) < 0)
		return -1;
	return read_parameters(p);
}

int
query_parse(enum query_kind kind, struct str argument, struct arena *arena,
    struct query **query, struct error *error)
{
	struct parser p = {.grammar = &grammars[kind], .error = error};

	if (argument.len == 0 && !p.grammar->may_be_empty)
		return 1;
	p.argument = arena_str(arena, argument);
	p.query = arena_zalloc(arena, sizeof(*p.query));
	p.query->kind = kind;
	if (parse(&p) < 0)
		return -1;
	if (kind == QUERY_DATACENTERS)
		p.query->only_reachable = str_is(argument, "true");
	p.query->id = make_id(&p, arena);
	*query = p.query;
	return 0;
}

/* The strings of a query, in the order of the struct. */
#define STRING_COUNT 9

static void
strings_of(struct query *q, struct str *to[STRING_COUNT])
{
	struct str *all[STRING_COUNT] = {&q->id, &q->name, &q->tag,
	    &q->datacenter, &q->near, &q->ns, &q->partition, &q->peer,
	    &q->sameness_group};

	memcpy(to, all, sizeof(all));
}

struct query *
query_copy(const struct query *q)
{
	struct query source = *q, *copy;
	struct str *from[STRING_COUNT], *to[STRING_COUNT];
	size_t size = sizeof(*copy);
	char *at;

	strings_of(&source, from);
	for (size_t i = 0; i < STRING_COUNT; i++)
		size += from[i]->len + 1;
	copy = xmalloc(size);
	*copy = source;
	strings_of(copy, to);
	at = (char *)(copy + 1);
	for (size_t i = 0; i < STRING_COUNT; i++) {
		if (from[i]->len)
			memcpy(at, from[i]->ptr, from[i]->len);
		at[from[i]->len] = 0;
		to[i]->ptr = at;
		at += from[i]->len + 1;
	}
	return copy;
}

void
query_free(struct query **q)
{
	free(*q);
	*q = NULL;
}
