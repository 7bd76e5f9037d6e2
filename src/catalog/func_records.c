/* SPDX-License-Identifier: MIT */
/*
 * Functions over the records that the others give: grouping services and key
 * pairs. Groups keep the order of their elements; maps are sorted by whoever
 * looks at them.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "func.h"
#include "record.h"

static const struct type type_map_lists = {.kind = KIND_MAP,
    .name = "map[string][]interface {}",
    .key = &type_string,
    .elem = &type_anys};
static const struct type type_map_int_lists = {.kind = KIND_MAP,
    .name = "map[int][]interface {}",
    .key = &type_int,
    .elem = &type_anys};
static const struct type type_map_services = {.kind = KIND_MAP,
    .name = "map[string][]*dependency.HealthService",
    .key = &type_string,
    .elem = &type_health_services};
static const struct type type_map_pairs = {.kind = KIND_MAP,
    .name = "map[string]*dependency.KeyPair",
    .key = &type_string,
    .elem = &type_key_pair_ptr};
static const struct type type_map_map_pairs = {.kind = KIND_MAP,
    .name = "map[string]map[string]*dependency.KeyPair",
    .key = &type_string,
    .elem = &type_map_pairs};

/* ---- groups ---- */

/* Lists under construction, each under the key of its group. */
struct groups {
	struct arena *arena;
	const struct type *list; /* type of the lists */
	struct strmap by_key;    /* key → struct group */
};

struct group {
	struct value key;
	struct list_builder list;
};

/* name: the key as text; key: as it stands in the map. */
static void
group_add(struct groups *g, struct str name, struct value key, struct value v)
{
	struct group *group = strmap_get(&g->by_key, name);

	if (!group) {
		group = arena_zalloc(g->arena, sizeof(*group));
		group->key = key;
		list_begin(&group->list, g->arena, g->list);
		strmap_put(&g->by_key, name, group);
	}
	list_add(&group->list, v);
}

static struct value
group_end(struct groups *g, const struct type *type)
{
	struct map *map = map_new(g->arena, type);
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&g->by_key, &i));) {
		struct group *group = e->value;

		map_put(map, group->key, list_end(&group->list));
	}
	strmap_fini(&g->by_key);
	return value_map(map, type);
}

/* ---- byTag, byPort ---- */

static int
wrong_type(struct call *c, const char *name)
{
	const struct type *type = c->args[0].type;

	return call_fail(
	    c, "%s: wrong argument type %s", name, type ? type->name : "<nil>");
}

static bool
is_of(const struct value *v, const struct type *type)
{
	return v->type && type_same(v->type, type);
}

/* The tags of an element of a list of services. */
static const struct list *
tags_of(const struct value *list, uint32_t i)
{
	const void *const *items = list->u.items;

	if (is_of(list, &type_health_services))
		return &((const struct kept_service *)items[i])->part->tags;
	return &((const struct catalog_snippet *)items[i])->tags;
}

static int
call_by_tag(struct call *c, struct value *result)
{
	const struct value *in = &c->args[0];
	struct groups g = {.arena = c->arena, .list = &type_anys};

	if (in->type && !is_of(in, &type_health_services) &&
	    !is_of(in, &type_snippets))
		return wrong_type(c, "byTag");
	for (uint32_t i = 0; in->type && i < in->len; i++) {
		const struct list *tags = tags_of(in, i);
		const struct str *items = tags->items;

		for (uint32_t k = 0; k < tags->count; k++)
			group_add(&g, items[k], value_str(items[k]),
			    value_index(in, i));
	}
	*result = group_end(&g, &type_map_lists);
	return 0;
}

static int
call_by_port(struct call *c, struct value *result)
{
	const struct value *in = &c->args[0];
	struct groups g = {.arena = c->arena, .list = &type_anys};

	if (in->type && !is_of(in, &type_health_services))
		return wrong_type(c, "byPort");
	for (uint32_t i = 0; in->type && i < in->len; i++) {
		struct value v = value_index(in, i);
		const struct kept_service *s = v.u.ptr;
		struct str name = {(const char *)&s->port, sizeof(s->port)};

		group_add(&g, name, value_int(s->port), v);
	}
	*result = group_end(&g, &type_map_int_lists);
	return 0;
}

/* ---- byMeta ---- */

/* Bytes of the UTF-8 character at s, 1 for what is none. */
static size_t
rune_length(struct str s)
{
	unsigned char c = (unsigned char)s.ptr[0];
	size_t n = c < 0xc2   ? 1
		   : c < 0xe0 ? 2
		   : c < 0xf0 ? 3
		   : c < 0xf5 ? 4
			      : 1;
	unsigned char second = s.len > 1 ? (unsigned char)s.ptr[1] : 0;

	if (n > s.len || (c == 0xe0 && second < 0xa0) ||
	    (c == 0xed && second > 0x9f) || (c == 0xf0 && second < 0x90) ||
	    (c == 0xf4 && second > 0x8f))
		return 1;
	for (size_t i = 1; i < n; i++)
		if (((unsigned char)s.ptr[i] & 0xc0) != 0x80)
			return 1;
	return n;
}

/* Whatever is no letter, digit, "_" or "-" becomes "_". */
static void
put_normal(struct buf *out, struct str s)
{
	while (s.len) {
		char c = s.ptr[0];
		bool keep = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '-';
		size_t n = rune_length(s);

		buf_char(out, keep ? c : '_');
		s.ptr += n;
		s.len -= n;
	}
}

/* Go's strconv.Atoi. NULL, or what is wrong. */
static const char *
parse_int(struct str s, int64_t *number)
{
	size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+');
	bool negative = i && s.ptr[0] == '-', too_large = false;
	int64_t n = 0;

	if (i == s.len)
		return "invalid syntax";
	for (; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return "invalid syntax";
		/* Counted downwards, where there is one number more. */
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, s.ptr[i] - '0', &n))
			too_large = true;
	}
	if (too_large || (!negative && n == INT64_MIN))
		return "value out of range";
	*number = negative ? n : -n;
	return NULL;
}

static int
put_number(struct call *c, struct buf *out, struct str value)
{
	int64_t n;
	const char *wrong = parse_int(value, &n);
	struct buf quoted = {0};

	if (!wrong) {
		buf_printf(out, "%05lld", (long long)n);
		return 0;
	}
	value_quote(&quoted, value);
	call_fail(c,
	    "cannot parse %.*s as number : strconv.Atoi: parsing %s: %s",
	    (int)value.len, value.ptr, quoted.ptr, wrong);
	buf_fini(&quoted);
	return -1;
}

/* One part of a group's key: the value of NAME or NAME|int. */
static int
put_meta(
    struct call *c, struct buf *out, const struct map *meta, struct str name)
{
	struct str suffix = STR("|int"), value;
	bool is_number = str_has_suffix(name, suffix);
	struct value found;
	struct buf missing = {0};

	if (is_number)
		name.len -= suffix.len;
	found = map_get_str(meta, name);
	value = found.type ? value_as_str(&found) : STR("");
	if (is_number)
		return put_number(c, out, value.len ? value : STR("0"));
	if (value.len == 0) {
		buf_puts(&missing, "_no_");
		buf_str(&missing, name);
		buf_char(&missing, '_');
		value = buf_as_str(&missing);
	}
	put_normal(out, value);
	buf_fini(&missing);
	return 0;
}

/* The key of the record's group: its values of the names, with "_" between. */
static int
put_metas(
    struct call *c, struct buf *out, const struct map *meta, struct str names)
{
	for (;;) {
		const char *comma =
		    names.len ? memchr(names.ptr, ',', names.len) : NULL;
		struct str name = {
		    names.ptr, comma ? (size_t)(comma - names.ptr) : names.len};

		if (put_meta(c, out, meta, name) < 0)
			return -1;
		if (!comma)
			return 0;
		buf_char(out, '_');
		names.ptr += name.len + 1;
		names.len -= name.len + 1;
	}
}

static int
call_by_meta(struct call *c, struct value *result)
{
	const struct value *in = &c->args[1];
	struct groups g = {.arena = c->arena, .list = &type_health_services};
	struct buf key = {0};
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < in->len; i++) {
		struct value v = value_index(in, i);
		const struct kept_service *s = v.u.ptr;

		buf_reset(&key);
		rc = put_metas(
		    c, &key, s->part->meta, value_as_str(&c->args[0]));
		if (rc == 0)
			group_add(&g, buf_as_str(&key),
			    value_str(arena_str(c->arena, buf_as_str(&key))),
			    v);
	}
	buf_fini(&key);
	*result = group_end(&g, &type_map_services);
	return rc;
}

/* ---- byKey, explode ---- */

/* Divides at the first slash; false if there is none. */
static bool
divide(struct str key, struct str *top, struct str *rest)
{
	const char *slash = key.len ? memchr(key.ptr, '/', key.len) : NULL;

	if (!slash)
		return false;
	*top = (struct str){key.ptr, (size_t)(slash - key.ptr)};
	*rest = (struct str){slash + 1, key.len - top->len - 1};
	return true;
}

static int
call_by_key(struct call *c, struct value *result)
{
	const struct value *in = &c->args[0];
	struct map *all = map_new(c->arena, &type_map_map_pairs);

	for (uint32_t i = 0; i < in->len; i++) {
		const struct key_pair *pair = value_index(in, i).u.ptr;
		struct key_pair *copy;
		struct str top, rest;
		struct value group;

		if (!divide(str_of_packed(pair->key), &top, &rest) || !rest.len)
			continue;
		group = map_get_str(all, top);
		if (!group.type) {
			group = value_map(map_new(c->arena, &type_map_pairs),
			    &type_map_pairs);
			map_put_str(all, top, group);
		}
		copy = arena_alloc(c->arena, sizeof(*copy));
		*copy = *pair;
		copy->key = arena_pstr(c->arena, rest);
		map_put_str(
		    group.u.map, rest, value_ptr(&type_key_pair_ptr, copy));
	}
	*result = value_map(all, &type_map_map_pairs);
	return 0;
}

static int
fail_clash(
    struct call *c, struct str path, struct str top, const struct value *there)
{
	struct buf out = {0};

	buf_puts(&out, "explode: not a map: ");
	value_quote(&out, path);
	buf_puts(&out, ": ");
	value_quote(&out, top);
	buf_puts(&out, " already has value ");
	value_quote(&out, value_as_str(there));
	call_fail(c, "%s", out.ptr);
	buf_fini(&out);
	return -1;
}

/* Puts the value where the key says. path: the key one level up, which is what
 * messages name. */
static int
explode_pair(struct call *c, struct map *map, const struct key_pair *pair)
{
	struct str key = str_of_packed(pair->key), path = key, top, rest;

	while (divide(key, &top, &rest)) {
		struct value there = map_get_str(map, top);

		if (!there.type) {
			there =
			    value_map(map_new(c->arena, &type_map_string_any),
				&type_map_string_any);
			map_put_str(map, top, there);
		}
		if (value_kind(&there) != KIND_MAP)
			return fail_clash(c, path, top, &there);
		map = there.u.map;
		path = key;
		key = rest;
	}
	if (key.len)
		map_put_str(map, key, value_str(str_of_packed(pair->value)));
	return 0;
}

static int
call_explode(struct call *c, struct value *result)
{
	const struct value *in = &c->args[0];
	struct map *map = map_new(c->arena, &type_map_string_any);

	for (uint32_t i = 0; i < in->len; i++)
		if (explode_pair(c, map, value_index(in, i).u.ptr) < 0)
			return -1;
	*result = value_map(map, &type_map_string_any);
	return 0;
}

static const struct func funcs[] = {
    {"byKey", "[]*dependency.KeyPair",
	"map[string]map[string]*dependency.KeyPair", call_by_key, FUNC_PURE,
	"byKey PAIRS — grouped by the first part of their keys"},
    {"byMeta", "string,[]*dependency.HealthService",
	"map[string][]*dependency.HealthService", call_by_meta, FUNC_PURE,
	"byMeta \"NAME[|int],…\" INSTANCES — grouped by their meta"},
    {"byPort", "interface {}", "map[int][]interface {}", call_by_port,
	FUNC_PURE, "byPort INSTANCES — grouped by port"},
    {"byTag", "interface {}", "map[string][]interface {}", call_by_tag,
	FUNC_PURE, "byTag INSTANCES — grouped by tag"},
    {"explode", "[]*dependency.KeyPair", "map[string]interface {}",
	call_explode, FUNC_PURE, "explode PAIRS — a map of maps"},
};

static const struct type *const types[] = {&type_key_pairs,
    &type_health_services, &type_map_lists, &type_map_int_lists,
    &type_map_services, &type_map_map_pairs};

const struct func_family family_records = {
    .name = "records",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
};
