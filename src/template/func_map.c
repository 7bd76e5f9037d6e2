/* SPDX-License-Identifier: MIT */
/*
 * consul-template's functions on maps, and the scratch: a map that lives for
 * one render. Maps inside maps are shared, not copied, as in Go.
 */
#include "families.h"
#include "func.h"
#include "sprig.h"

#define MAP "map[string]interface {}"

/* ---- explodeMap ---- */

struct explosion {
	struct call *call;
	struct map *map; /* where what is left of the key goes */
	struct str path; /* as the error names it */
};

static int
fail_clash(struct explosion *x, struct str top, const struct value *already)
{
	const struct value args[] = {
	    value_str(x->path), value_str(top), *already};
	struct buf b = {0};

	value_printf(
	    &b, STR("not a map: %q: %q already has value %q"), args, 3);
	call_fail(x->call, "explodeMap: %s", b.ptr);
	buf_fini(&b);
	return -1;
}

/* Goes down one level, made where it is missing. */
static int
descend(struct explosion *x, struct str top)
{
	struct value inner = map_get_str(x->map, top);

	if (!map_has_str(x->map, top)) {
		inner = value_map(map_new(x->call->arena, &type_map_string_any),
		    &type_map_string_any);
		map_put_str(x->map, top, inner);
	}
	if (value_kind(&inner) != KIND_MAP ||
	    !type_same(inner.type, &type_map_string_any))
		return fail_clash(x, top, &inner);
	if (!inner.u.map)
		return call_fail(x->call, "assignment to entry in nil map");
	x->map = inner.u.map;
	return 0;
}

static int
explode(struct explosion *x, struct str key, struct value v)
{
	ptrdiff_t at;

	while ((at = str_find(key, STR("/"))) >= 0) {
		if (descend(x, (struct str){key.ptr, (size_t)at}) < 0)
			return -1;
		x->path = key;
		key.ptr += at + 1;
		key.len -= (size_t)at + 1;
	}
	if (key.len > 0)
		map_put_str(x->map, key, v);
	return 0;
}

static int
call_explode_map(struct call *c, struct value *result)
{
	struct map *out = map_new(c->arena, &type_map_string_any);
	const struct map *in = c->args[0].u.map;

	for (size_t i = 0; i < map_count(in); i++) {
		struct map_entry e = map_at(in, i);
		struct str key = value_as_str(&e.key);
		struct explosion x = {.call = c, .map = out, .path = key};

		if (explode(&x, key, e.value) < 0)
			return -1;
	}
	*result = value_map(out, &type_map_string_any);
	return 0;
}

/* ---- mergeMap ---- */

static int
call_merge_map(struct call *c, struct value *result)
{
	if (c->argc > 2) /* an option, which can only be nil */
		return call_fail(c,
		    "runtime error: invalid memory address or nil pointer "
		    "dereference");
	return sprig_merge(c, result, false);
}

static int
call_merge_map_with_override(struct call *c, struct value *result)
{
	return sprig_merge(c, result, true);
}

/* What mergeMap's further arguments would have to be, so that they are refused
 * with Go's words. */
static const struct type type_merge_option = {
    .kind = KIND_FUNC, .name = "func(*mergo.Config)"};
static const struct type *const types[] = {&type_merge_option};

static const struct func funcs[] = {
    {"explodeMap", MAP, MAP, call_explode_map, FUNC_PURE,
	"explodeMap map — {\"a/b\":1} as {\"a\":{\"b\":1}}"},
    {"mergeMap", MAP "," MAP ",...func(*mergo.Config)", MAP, call_merge_map,
	FUNC_EFFECT,
	"mergeMap map from — fills what map lacks or has empty, deeply"},
    {"mergeMapWithOverride", MAP "," MAP, MAP, call_merge_map_with_override,
	FUNC_EFFECT, "mergeMapWithOverride map from — the same, from winning"},
};

const struct func_family family_map = {
    .name = "map",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
    .types = types,
    .type_count = sizeof(types) / sizeof(*types),
};
