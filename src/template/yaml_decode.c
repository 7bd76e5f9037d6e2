/* SPDX-License-Identifier: MIT */
/*
 * YAML text into values. The tree of nodes is decoded as yaml.v2 does it: an
 * alias is decoded anew each time, so that no two places of the result share a
 * map, and what aliases may multiply is bounded by yaml.v2's own rule.
 */
#include "yaml.h"

#include "weir/base64.h"
#include "weir/limits.h"
#include "weir/template.h"
#include "yaml_node.h"

struct decoder {
	struct arena *arena;
	struct error *error;

	/* yaml.v2's measure of how much of the work aliases make */
	uint64_t decoded;
	uint64_t from_alias;
	unsigned alias_depth;
	unsigned depth;
};

static int decode(struct decoder *, struct yaml_node *, struct value *);

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
decode_scalar(struct decoder *d, const struct yaml_node *n, struct value *v)
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
	    "cannot decode %s `%.*s` as a %s", yaml_tag_name(found),
	    (int)n->text.len, n->text.ptr, yaml_tag_name(n->tag));
}

static int
decode_list(struct decoder *d, const struct yaml_node *n, struct value *v)
{
	struct list_builder list;

	list_begin(&list, d->arena, &type_anys);
	for (struct yaml_node *child = n->first; child; child = child->next) {
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
is_merge(const struct yaml_node *n)
{
	return n->kind == YAML_NODE_SCALAR && str_is(n->text, "<<") &&
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

static int merge(struct decoder *, struct yaml_node *, struct map *);

/* The pairs of a mapping, in the order written, into a map. */
static int
fill(struct decoder *d, struct yaml_node *n, struct map *map)
{
	for (struct yaml_node *k = n->first; k; k = k->next->next) {
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
		return error_set(
		    d->error, ERROR_TEMPLATE, "document needs too much memory");
	return 0;
}

/* Decodes what an alias stands for: into *v, or (a merge) into map. */
static int
follow(struct decoder *d, struct yaml_node *n, struct value *v, struct map *map)
{
	int rc;

	if (n->active)
		return error_set(d->error, ERROR_TEMPLATE,
		    "anchor '%.*s' value contains itself", (int)n->text.len,
		    n->text.ptr);
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
merge_one(struct decoder *d, struct yaml_node *n, struct map *map)
{
	bool alias = n->kind == YAML_NODE_ALIAS;
	int rc;

	if ((alias ? n->target : n)->kind != YAML_NODE_MAP)
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
merge(struct decoder *d, struct yaml_node *n, struct map *map)
{
	struct yaml_node **items;
	size_t length = 0;

	if (n->kind != YAML_NODE_LIST)
		return merge_one(d, n, map);
	for (struct yaml_node *child = n->first; child; child = child->next)
		length++;
	items = arena_array(d->arena, length + 1, sizeof(*items));
	for (struct yaml_node *child = n->first; child; child = child->next)
		*items++ = child;
	while (length--)
		if (merge_one(d, *--items, map) < 0)
			return -1;
	return 0;
}

static int
decode_map(struct decoder *d, struct yaml_node *n, struct value *v)
{
	struct map *map = map_new(d->arena, &type_map_any_any);

	*v = value_map(map, &type_map_any_any);
	return fill(d, n, map);
}

static int
decode(struct decoder *d, struct yaml_node *n, struct value *v)
{
	int rc = count(d);

	if (rc < 0)
		return rc;
	d->depth++;
	switch (n->kind) {
	case YAML_NODE_SCALAR:
		rc = decode_scalar(d, n, v);
		break;
	case YAML_NODE_LIST:
		rc = decode_list(d, n, v);
		break;
	case YAML_NODE_MAP:
		rc = decode_map(d, n, v);
		break;
	case YAML_NODE_ALIAS:
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
	struct decoder d = {.arena = arena, .error = error, .decoded = 1};
	struct yaml_node *root;

	*result = VALUE_NIL;
	if (yaml_node_read(arena, text, &root, error) < 0)
		return -1;
	return root ? decode(&d, root, result) : 0;
}
