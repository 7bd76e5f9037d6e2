/* SPDX-License-Identifier: MIT */
/*
 * YAML text into values. libyaml's events become a tree of nodes, which is then
 * decoded as yaml.v2 does it: an alias is decoded anew each time, so that no
 * two places of the result share a map, and what aliases may multiply is
 * bounded by yaml.v2's own rule.
 */
#include <string.h>
#include <yaml.h>

#include "base64.h"
#include "rune.h"
#include "weir/limits.h"
#include "weir/strmap.h"
#include "weir/template.h"
#include "yaml.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP, NODE_ALIAS };

struct node {
	enum node_kind kind;
	enum yaml_tag tag;
	bool plain;  /* SCALAR: without quotes and tag */
	bool active; /* ALIAS: being decoded */
	bool flow;
	struct str text;     /* SCALAR; ALIAS: the anchor's name */
	struct node *target; /* ALIAS */
	struct node *parent; /* LIST, MAP: while it is read */
	struct node *first;  /* LIST, MAP: children; MAP: key, value, … */
	struct node *last;
	struct node *next; /* in the parent */
};

struct decoder {
	struct arena *arena;
	struct error *error;
	yaml_parser_t parser;
	struct str text;
	size_t at_index; /* a character of the text, counted from 0, */
	size_t at_byte;  /* and where it lies */
	struct strmap anchors;
	struct node *open; /* the container that is being read */
	unsigned flow_depth;
	unsigned block_depth;

	/* yaml.v2's measure of how much of the work aliases make */
	uint64_t decoded;
	uint64_t from_alias;
	unsigned alias_depth;
	unsigned depth;
};

/* ---- events into nodes ---- */

static int
fail_at(struct decoder *d, size_t line, const char *problem)
{
	if (line)
		return error_set(
		    d->error, ERROR_TEMPLATE, "line %zu: %s", line, problem);
	return error_set(d->error, ERROR_TEMPLATE, "%s", problem);
}

/* libyaml's problem with yaml.v2's notion of the line. */
static int
fail(struct decoder *d)
{
	const yaml_parser_t *p = &d->parser;
	size_t line = p->problem_mark.line;

	if (line)
		line += p->error == YAML_SCANNER_ERROR;
	else
		line = p->context_mark.line;
	return fail_at(d, line,
	    p->problem && *p->problem ? p->problem
				      : "unknown problem parsing YAML content");
}

static int
too_deep(struct decoder *d, const yaml_event_t *e)
{
	size_t line = e->start_mark.line;

	return fail_at(d, line ? line + 1 : 0, "exceeded max depth of 10000");
}

static enum yaml_tag
tag_of(const yaml_char_t *tag)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	const char *text = (const char *)tag;

	if (!text || !*text)
		return YAML_TAG_NONE;
	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return YAML_TAG_OTHER;
	for (int t = YAML_TAG_STR; t < YAML_TAG_OTHER; t++)
		if (!strcmp(text + sizeof(prefix) - 1,
			yaml_tag_name((enum yaml_tag)t) + 2))
			return (enum yaml_tag)t;
	return YAML_TAG_OTHER;
}

static struct str
copy(struct decoder *d, const yaml_char_t *text, size_t len)
{
	return arena_str(d->arena, (struct str){(const char *)text, len});
}

/* A new node, child of the open container. */
static struct node *
add_node(struct decoder *d, enum node_kind kind, const yaml_char_t *anchor)
{
	struct node *n = arena_zalloc(d->arena, sizeof(*n));
	struct node *parent = d->open;

	n->kind = kind;
	if (parent && parent->last)
		parent->last->next = n;
	else if (parent)
		parent->first = n;
	if (parent)
		parent->last = n;
	if (anchor)
		strmap_put(&d->anchors, str_of((const char *)anchor), n);
	return n;
}

/* The byte at which a character lies that is not before the last one asked. */
static size_t
byte_of(struct decoder *d, size_t index)
{
	if (d->at_index == 0 && str_has_prefix(d->text, STR("\xEF\xBB\xBF")))
		d->at_byte = 3; /* libyaml doesn't count the mark */
	while (d->at_index < index && d->at_byte < d->text.len) {
		d->at_byte++;
		while (d->at_byte < d->text.len &&
		       rune_is_tail((unsigned char)d->text.ptr[d->at_byte]))
			d->at_byte++;
		d->at_index++;
	}
	return d->at_byte;
}

/* libyaml knows the escape \/ of JSON and YAML 1.2, yaml.v2 doesn't. */
static int
check_escapes(struct decoder *d, const yaml_event_t *e)
{
	size_t line = e->start_mark.line;
	size_t i = byte_of(d, e->start_mark.index);
	size_t end = byte_of(d, e->end_mark.index);

	for (; i < end; i++) {
		if (d->text.ptr[i] == '\n')
			line++;
		if (d->text.ptr[i] != '\\' || ++i >= end)
			continue;
		if (d->text.ptr[i] == '/')
			return fail_at(d, line ? line + 1 : 0,
			    "found unknown escape character");
		line += d->text.ptr[i] == '\n';
	}
	return 0;
}

static struct node *
add_scalar(struct decoder *d, const yaml_event_t *e)
{
	struct node *n = add_node(d, NODE_SCALAR, e->data.scalar.anchor);

	if (e->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE &&
	    check_escapes(d, e) < 0)
		return NULL;
	n->tag = tag_of(e->data.scalar.tag);
	n->plain = e->data.scalar.plain_implicit;
	n->text = copy(d, e->data.scalar.value, e->data.scalar.length);
	return n;
}

static struct node *
add_alias(struct decoder *d, const yaml_event_t *e)
{
	struct str name = str_of((const char *)e->data.alias.anchor);
	struct node *n = add_node(d, NODE_ALIAS, NULL);

	n->text = arena_str(d->arena, name);
	n->target = strmap_get(&d->anchors, name);
	if (n->target)
		return n;
	error_set(d->error, ERROR_TEMPLATE, "unknown anchor '%s' referenced",
	    n->text.ptr);
	return NULL;
}

static struct node *
open_node(struct decoder *d, const yaml_event_t *e)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;
	bool flow =
	    map ? e->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
		: e->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	unsigned *depth = flow ? &d->flow_depth : &d->block_depth;
	struct node *n;

	if (++*depth > LIMIT_VALUE_DEPTH) {
		too_deep(d, e);
		return NULL;
	}
	n = add_node(d, map ? NODE_MAP : NODE_LIST,
	    map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor);
	n->flow = flow;
	n->parent = d->open;
	d->open = n;
	return n;
}

static void
close_node(struct decoder *d)
{
	if (d->open->flow)
		d->flow_depth--;
	else
		d->block_depth--;
	d->open = d->open->parent;
}

/* One event; the root in *root when it begins. 1 at the end of the document. */
static int
take_event(struct decoder *d, const yaml_event_t *e, struct node **root)
{
	struct node *n = NULL;

	switch (e->type) {
	case YAML_SCALAR_EVENT:
		n = add_scalar(d, e);
		break;
	case YAML_ALIAS_EVENT:
		n = add_alias(d, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		n = open_node(d, e);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_node(d);
		return 0;
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		return 1;
	default:
		return 0;
	}
	if (!n)
		return -1;
	if (!*root)
		*root = n;
	if (d->arena->used > LIMIT_RENDER_BYTES)
		return fail_at(d, 0, "document needs too much memory");
	return 0;
}

static int
read_document(struct decoder *d, struct node **root)
{
	yaml_event_t event;
	int rc;

	do {
		if (!yaml_parser_parse(&d->parser, &event))
			return fail(d);
		rc = take_event(d, &event, root);
		yaml_event_delete(&event);
	} while (rc == 0);
	return rc < 0 ? -1 : 0;
}

/* ---- nodes into values ---- */

static int decode(struct decoder *, struct node *, struct value *);

static int
decode_binary(struct decoder *d, struct value *v)
{
	struct buf bytes = {0};
	size_t at;
	int rc = base64_decode(&bytes, value_as_str(v), false, &at);

	if (rc < 0)
		error_set(d->error, ERROR_TEMPLATE,
		    "!!binary value contains invalid base64 data");
	else
		*v = value_str(arena_str(d->arena, buf_as_str(&bytes)));
	buf_fini(&bytes);
	return rc;
}

static int
decode_scalar(struct decoder *d, const struct node *n, struct value *v)
{
	enum yaml_tag found;

	*v = value_str(n->text);
	if (n->tag == YAML_TAG_BINARY)
		return decode_binary(d, v);
	if ((n->tag == YAML_TAG_NONE && !n->plain) ||
	    n->tag == YAML_TAG_OTHER || n->tag == YAML_TAG_MERGE)
		return 0;
	found = yaml_resolve(n->tag, n->text, v);
	if (n->tag == YAML_TAG_NONE || n->tag == found)
		return 0;
	if (n->tag == YAML_TAG_FLOAT && found == YAML_TAG_INT &&
	    v->type == &type_int) {
		*v = value_float((double)v->u.i);
		return 0;
	}
	return error_set(d->error, ERROR_TEMPLATE,
	    "cannot decode %s `%s` as a %s", yaml_tag_name(found), n->text.ptr,
	    yaml_tag_name(n->tag));
}

static int
decode_list(struct decoder *d, const struct node *n, struct value *v)
{
	struct list_builder list;

	list_begin(&list, d->arena, &type_anys);
	for (struct node *child = n->first; child; child = child->next) {
		struct value element;

		if (decode(d, child, &element) < 0)
			return -1;
		list_add(&list, element);
	}
	*v = list_end(&list);
	v->not_nil = true;
	return 0;
}

static bool
is_merge(const struct node *n)
{
	return n->kind == NODE_SCALAR && str_is(n->text, "<<") &&
	       (n->plain || n->tag == YAML_TAG_MERGE);
}

static int
bad_merge(struct decoder *d)
{
	return error_set(d->error, ERROR_TEMPLATE,
	    "map merge requires map or sequence of maps as the value");
}

static int
bad_key(struct decoder *d, const struct value *key)
{
	struct buf text = {0};

	value_printf(&text, STR("%#v"), key, 1);
	error_set(d->error, ERROR_TEMPLATE, "invalid map key: %s",
	    buf_as_str(&text).ptr);
	buf_fini(&text);
	return -1;
}

static int merge(struct decoder *, struct node *, struct map *);

/* The pairs of a mapping, in the order written, into a map. */
static int
fill(struct decoder *d, struct node *n, struct map *map)
{
	for (struct node *k = n->first; k; k = k->next->next) {
		struct value key, value;

		if (is_merge(k)) {
			if (merge(d, k->next, map) < 0)
				return -1;
			continue;
		}
		if (decode(d, k, &key) < 0)
			return -1;
		if (value_kind(&key) == KIND_MAP ||
		    value_kind(&key) == KIND_SLICE)
			return bad_key(d, &key);
		if (decode(d, k->next, &value) < 0)
			return -1;
		map_put(map, key, value);
	}
	return 0;
}

/* What allowedAliasRatio of yaml.v2 allows: 99 % of a small document may come
 * from aliases, 10 % of a huge one. */
static double
allowed_ratio(uint64_t decoded)
{
	const double low = 400000, high = 4000000;

	if ((double)decoded <= low)
		return 0.99;
	if ((double)decoded >= high)
		return 0.10;
	return 0.99 - 0.89 * (((double)decoded - low) / (high - low));
}

/* Before each node: is it still decent? */
static int
count(struct decoder *d)
{
	d->decoded++;
	if (d->alias_depth)
		d->from_alias++;
	if (d->from_alias > 100 && d->decoded > 1000 &&
	    (double)d->from_alias / (double)d->decoded >
		allowed_ratio(d->decoded))
		return error_set(d->error, ERROR_TEMPLATE,
		    "document contains excessive aliasing");
	if (d->depth > LIMIT_VALUE_DEPTH)
		return error_set(
		    d->error, ERROR_TEMPLATE, "exceeded max depth of 10000");
	if (d->arena->used > LIMIT_RENDER_BYTES)
		return fail_at(d, 0, "document needs too much memory");
	return 0;
}

/* Decodes what an alias stands for: into *v, or (a merge) into map. */
static int
follow(struct decoder *d, struct node *n, struct value *v, struct map *map)
{
	int rc;

	if (n->active)
		return error_set(d->error, ERROR_TEMPLATE,
		    "anchor '%s' value contains itself", n->text.ptr);
	n->active = true;
	d->alias_depth++;
	if (map)
		rc = count(d) < 0 ? -1 : fill(d, n->target, map);
	else
		rc = decode(d, n->target, v);
	d->alias_depth--;
	n->active = false;
	return rc;
}

/* One mapping, or an alias of one, into map. */
static int
merge_one(struct decoder *d, struct node *n, struct map *map)
{
	bool alias = n->kind == NODE_ALIAS;
	int rc;

	if ((alias ? n->target : n)->kind != NODE_MAP)
		return bad_merge(d);
	d->depth++;
	rc = count(d);
	if (rc == 0)
		rc = alias ? follow(d, n, NULL, map) : fill(d, n, map);
	d->depth--;
	return rc;
}

/* The value of a "<<": later elements first, so that earlier ones win. */
static int
merge(struct decoder *d, struct node *n, struct map *map)
{
	struct node **items;
	size_t length = 0;

	if (n->kind != NODE_LIST)
		return merge_one(d, n, map);
	for (struct node *child = n->first; child; child = child->next)
		length++;
	items = arena_array(d->arena, length + 1, sizeof(*items));
	for (struct node *child = n->first; child; child = child->next)
		*items++ = child;
	while (length--)
		if (merge_one(d, *--items, map) < 0)
			return -1;
	return 0;
}

static int
decode_map(struct decoder *d, struct node *n, struct value *v)
{
	struct map *map = map_new(d->arena, &type_map_any_any);

	*v = value_map(map, &type_map_any_any);
	return fill(d, n, map);
}

static int
decode(struct decoder *d, struct node *n, struct value *v)
{
	int rc = count(d);

	if (rc < 0)
		return rc;
	d->depth++;
	switch (n->kind) {
	case NODE_SCALAR:
		rc = decode_scalar(d, n, v);
		break;
	case NODE_LIST:
		rc = decode_list(d, n, v);
		break;
	case NODE_MAP:
		rc = decode_map(d, n, v);
		break;
	case NODE_ALIAS:
		rc = follow(d, n, v, NULL);
		break;
	}
	d->depth--;
	return rc;
}

int
yaml_decode(struct arena *arena, struct str text, struct value *result,
    struct error *error)
{
	struct decoder d = {.arena = arena, .error = error, .text = text};
	struct node *root = NULL;
	int rc;

	*result = VALUE_NIL;
	if (!yaml_parser_initialize(&d.parser))
		return error_set(error, ERROR_LIMIT, "out of memory");
	yaml_parser_set_input_string(&d.parser,
	    (const unsigned char *)(text.len ? text.ptr : ""), text.len);
	rc = read_document(&d, &root);
	d.decoded = 1; /* the document itself */
	if (rc == 0 && root)
		rc = decode(&d, root, result);
	yaml_parser_delete(&d.parser);
	strmap_fini(&d.anchors);
	return rc;
}
