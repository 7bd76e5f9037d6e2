/* SPDX-License-Identifier: MIT */
/*
 * sprig's dicts: map[string]interface {} that set, unset and merge change where
 * they are. Where Go's order of keys is random, ours is sorted.
 */
#include <string.h>

#include "capacity.h"
#include "families.h"
#include "func.h"
#include "sprig.h"
#include "weir/limits.h"

/* Steps that an element of a walk takes. */
#define WALK 8

/* ---- one dict ---- */

static int
call_dict(struct call *c, struct value *result)
{
	struct map *map = map_new(c->arena, &type_map_string_any);

	for (size_t i = 0; i < c->argc; i += 2)
		map_put_str(map, sprig_text(c->arena, &c->args[i]),
		    i + 1 < c->argc ? c->args[i + 1] : value_str(STR("")));
	*result = value_map(map, &type_map_string_any);
	return 0;
}

static int
call_get(struct call *c, struct value *result)
{
	struct str key = value_as_str(&c->args[1]);

	if (map_has_str(c->args[0].u.map, key))
		*result = map_get_str(c->args[0].u.map, key);
	else
		*result = value_str(STR(""));
	return 0;
}

static int
call_set(struct call *c, struct value *result)
{
	if (!c->args[0].u.map)
		return call_fail(c, "assignment to entry in nil map");
	map_put_str(c->args[0].u.map, value_as_str(&c->args[1]), c->args[2]);
	*result = c->args[0];
	return 0;
}

static int
call_unset(struct call *c, struct value *result)
{
	if (c->args[0].u.map)
		map_remove(c->args[0].u.map, &c->args[1]);
	*result = c->args[0];
	return 0;
}

static int
call_has_key(struct call *c, struct value *result)
{
	*result = value_bool(
	    map_has_str(c->args[0].u.map, value_as_str(&c->args[1])));
	return 0;
}

static bool
is_named(const struct value *names, size_t count, struct str key)
{
	for (size_t i = 0; i < count; i++)
		if (str_equal(value_as_str(&names[i]), key))
			return true;
	return false;
}

/* The entries whose keys are (not) among the other arguments. */
static int
choose(struct call *c, struct value *result, bool named)
{
	struct map *from = c->args[0].u.map;
	struct map *map = map_new(c->arena, &type_map_string_any);

	for (size_t i = 0; i < map_count(from); i++) {
		struct map_entry e = map_at(from, i);
		struct str key = value_as_str(&e.key);

		if (is_named(c->args + 1, c->argc - 1, key) == named)
			map_put_str(map, key, e.value);
	}
	*result = value_map(map, &type_map_string_any);
	return 0;
}

static int
call_pick(struct call *c, struct value *result)
{
	return choose(c, result, true);
}

static int
call_omit(struct call *c, struct value *result)
{
	return choose(c, result, false);
}

static int
end(struct list_builder *list, struct value *result)
{
	*result =
	    list_end_room(list, capacity_grown(list->type, 0, list->count));
	result->not_nil = true;
	return 0;
}

static int
call_values(struct call *c, struct value *result)
{
	struct list_builder list;

	list_begin(&list, c->arena, &type_anys);
	for (size_t i = 0; i < map_count(c->args[0].u.map); i++)
		list_add(&list, map_at(c->args[0].u.map, i).value);
	return end(&list, result);
}

/* ---- several dicts ---- */

static int
call_keys(struct call *c, struct value *result)
{
	struct list_builder list;

	list_begin(&list, c->arena, &type_strings);
	for (size_t i = 0; i < c->argc; i++)
		for (size_t k = 0; k < map_count(c->args[i].u.map); k++)
			list_add(&list, map_at(c->args[i].u.map, k).key);
	return end(&list, result);
}

static int
call_pluck(struct call *c, struct value *result)
{
	struct str key = value_as_str(&c->args[0]);
	struct list_builder list;

	list_begin(&list, c->arena, &type_anys);
	for (size_t i = 1; i < c->argc; i++)
		if (map_has_str(c->args[i].u.map, key))
			list_add(&list, map_get_str(c->args[i].u.map, key));
	return end(&list, result);
}

static int
bad_conversion(struct call *c, const struct value *v, const char *wanted)
{
	return call_fail(c, "interface conversion: interface {} is %s, not %s",
	    v->type ? v->type->name : "nil", wanted);
}

static bool
is_dict(const struct value *v)
{
	return v->type && !strcmp(v->type->name, type_map_string_any.name);
}

static int
call_dig(struct call *c, struct value *result)
{
	size_t keys = c->argc - 2;
	struct value at;

	if (c->argc < 3)
		return call_fail(c, "dig needs at least three arguments");
	at = c->args[c->argc - 1];
	if (!is_dict(&at))
		return bad_conversion(c, &at, type_map_string_any.name);
	for (size_t i = 0; i < keys; i++)
		if (!c->args[i].type || c->args[i].type != &type_string)
			return bad_conversion(c, &c->args[i], "string");
	for (size_t i = 0; i < keys; i++) {
		struct str key = value_as_str(&c->args[i]);

		if (!is_dict(&at))
			return bad_conversion(c, &at, type_map_string_any.name);
		if (!map_has_str(at.u.map, key)) {
			*result = c->args[c->argc - 2];
			return 0;
		}
		at = map_get_str(at.u.map, key);
	}
	*result = at;
	return 0;
}

/* ---- merge, as mergo does it ---- */

struct merging {
	struct call *call;
	bool overwrite;
	unsigned depth;
};

/* mergo's isEmptyValue: also a pointer to something empty. */
static bool
is_vacant(const struct value *v)
{
	enum kind kind = value_kind(v);

	return kind != KIND_COMPLEX64 && kind != KIND_COMPLEX128 &&
	       kind != KIND_CHAN && sprig_is_empty(v);
}

static int merge_maps(struct merging *, struct map *dst, struct map *src);

/* What lies at a key in both: maps grow into one another, pointers to other
 * things can't. */
static int
merge_inside(
    struct merging *m, const struct value *dst, const struct value *src)
{
	enum kind kind = value_kind(src);
	int rc = 0;

	if (kind != KIND_MAP && kind != KIND_PTR && kind != KIND_STRUCT)
		return 0;
	if (value_kind(dst) == KIND_PTR && kind != KIND_PTR && dst->u.ptr &&
	    !m->overwrite && !type_same(dst->type->elem, src->type))
		return call_fail(m->call, "src and dst must be of same type");
	if (value_kind(dst) != KIND_MAP || kind != KIND_MAP || !dst->u.map)
		return 0;
	if (++m->depth > LIMIT_VALUE_DEPTH)
		return call_fail(m->call, "the maps are too deep to merge");
	rc = merge_maps(m, dst->u.map, src->u.map);
	m->depth--;
	return rc;
}

/* Is the entry at dst, merged inside already, to become src? */
static bool
replaces(const struct merging *m, bool present, const struct value *dst,
    const struct value *src)
{
	if (!present || is_vacant(dst))
		return true;
	if (value_kind(src) == KIND_SLICE ||
	    (value_kind(src) == KIND_MAP && value_kind(dst) == KIND_MAP))
		return m->overwrite && value_kind(src) == KIND_SLICE;
	return m->overwrite;
}

/* Stores what is of `type` there, be it as an element of an interface's type.
 */
static int
put_entry(struct merging *m, struct map *dst, const struct map_entry *e,
    const struct type *type)
{
	const struct type *wanted = map_type(dst)->elem;

	if (wanted->kind != KIND_INTERFACE && !type_same(wanted, type))
		return call_fail(m->call,
		    "reflect.Value.SetMapIndex: value of type %s is not "
		    "assignable to type %s",
		    type->name, wanted->name);
	map_put(dst, e->key, e->value);
	return 0;
}

/* mergo asks whether what a list meets is nil, and stores one in any case. */
static int
check_list(
    struct merging *m, struct map *dst, bool present, const struct map_entry *e)
{
	enum kind kind = map_type(dst)->elem->kind;

	if (kind == KIND_INTERFACE || kind == KIND_SLICE)
		return 0;
	if (present)
		return call_fail(m->call,
		    "reflect: call of reflect.Value.IsNil on %s Value",
		    kind_name(kind));
	return put_entry(m, dst, e, e->value.type);
}

/* from: the type of the elements where the entry comes from. */
static int
merge_entry(struct merging *m, struct map *dst, const struct map_entry *e,
    const struct type *from)
{
	struct value old = map_get(dst, &e->key);
	bool present = old.type || old.iface;

	if (func_step(m->call, WALK) < 0)
		return -1;
	if (!e->value.type)
		return m->overwrite ? put_entry(m, dst, e, from) : 0;
	if (value_kind(&e->value) == KIND_SLICE &&
	    check_list(m, dst, present, e) < 0)
		return -1;
	if (merge_inside(m, &old, &e->value) < 0)
		return -1;
	return replaces(m, present, &old, &e->value)
		   ? put_entry(m, dst, e, from)
		   : 0;
}

static int
merge_maps(struct merging *m, struct map *dst, struct map *src)
{
	const struct type *key;

	if (dst == src || !src)
		return 0;
	key = map_type(dst)->key;
	if (map_count(src) && key->kind != KIND_INTERFACE &&
	    !type_same(key, map_type(src)->key))
		return call_fail(m->call,
		    "reflect.Value.MapIndex: value of type %s is not "
		    "assignable to type %s",
		    map_type(src)->key->name, key->name);
	for (size_t i = 0; i < map_count(src); i++) {
		struct map_entry e = map_at(src, i);

		if (merge_entry(m, dst, &e, map_type(src)->elem) < 0)
			return -1;
	}
	return 0;
}

int
sprig_merge(struct call *c, struct value *result, bool overwrite)
{
	struct merging m = {.call = c, .overwrite = overwrite};
	struct value dst = c->args[0];

	for (size_t i = 1; i < c->argc; i++) {
		struct map *src = c->args[i].u.map;

		if (!dst.u.map && src)
			dst = value_map(map_new(c->arena, &type_map_string_any),
			    &type_map_string_any);
		if (merge_maps(&m, dst.u.map, src) < 0)
			return -1;
	}
	*result = dst;
	return 0;
}

/* Without "must", an error of mergo's is an empty string. */
static int
merge_softly(struct call *c, struct value *result, bool overwrite)
{
	if (sprig_merge(c, result, overwrite) == 0)
		return 0;
	if (!str_is(str_of(c->error.text), "src and dst must be of same type"))
		return -1;
	error_fini(&c->error);
	*result = value_str(STR(""));
	return 0;
}

static int
call_merge(struct call *c, struct value *result)
{
	return merge_softly(c, result, false);
}

static int
call_merge_overwrite(struct call *c, struct value *result)
{
	return merge_softly(c, result, true);
}

static int
call_must_merge(struct call *c, struct value *result)
{
	return sprig_merge(c, result, false);
}

static int
call_must_merge_overwrite(struct call *c, struct value *result)
{
	return sprig_merge(c, result, true);
}

/* ---- deepCopy ---- */

static int copy(struct call *, struct value *, unsigned depth);

static int
copy_map(struct call *c, struct value *v, unsigned depth)
{
	struct map *from = v->u.map;

	if (!from)
		return 0;
	v->u.map = map_new(c->arena, v->type);
	for (size_t i = 0; i < map_count(from); i++) {
		struct map_entry e = map_at(from, i);

		if (copy(c, &e.value, depth) < 0)
			return -1;
		map_put(v->u.map, e.key, e.value);
	}
	return 0;
}

static int
copy_list(struct call *c, struct value *v, unsigned depth)
{
	struct list_builder list;
	bool not_nil = v->len || v->not_nil;

	list_begin(&list, c->arena, v->type);
	for (size_t i = 0; i < v->len; i++) {
		struct value item = value_index(v, i);

		if (copy(c, &item, depth) < 0)
			return -1;
		list_add(&list, item);
	}
	*v = list_end_room(&list, (size_t)v->len + v->spare);
	v->not_nil = not_nil;
	return 0;
}

/* Records of the catalog never change, so they may be shared. Go copies only
 * exported fields, and a record without any comes out empty. */
static void
copy_pointer(struct call *c, struct value *v)
{
	const struct type *record = v->type->elem;

	if (v->u.ptr && record && record->size && record->field_count &&
	    record->fields[0].name[0] >= 'a')
		v->u.ptr = arena_zalloc(c->arena, record->size);
}

static int
copy(struct call *c, struct value *v, unsigned depth)
{
	if (depth > LIMIT_VALUE_DEPTH)
		return call_fail(c, "the value is too deep to copy");
	if (func_step(c, WALK) < 0)
		return -1;
	switch (value_kind(v)) {
	case KIND_MAP:
		return copy_map(c, v, depth + 1);
	case KIND_SLICE:
		return copy_list(c, v, depth + 1);
	case KIND_PTR:
		copy_pointer(c, v);
		return 0;
	default:
		return 0;
	}
}

static int
call_deep_copy(struct call *c, struct value *result)
{
	if (!c->args[0].type)
		return call_fail(
		    c, "reflect: call of reflect.Value.Type on zero Value");
	*result = c->args[0];
	return copy(c, result, 0);
}

#define DICT "map[string]interface {}"
#define ANY  "interface {}"

static const struct func funcs[] = {
    {"sprig_deepCopy", ANY, ANY, call_deep_copy, FUNC_PURE,
	"sprig_deepCopy v — a copy that shares nothing"},
    {"sprig_dict", "..." ANY, DICT, call_dict, FUNC_EFFECT,
	"sprig_dict key value… — a map of them"},
    {"sprig_dig", "..." ANY, ANY, call_dig, FUNC_PURE,
	"sprig_dig key… default dict — what lies down the path of keys"},
    {"sprig_get", DICT ",string", ANY, call_get, FUNC_PURE,
	"sprig_get dict key — the value, or \"\""},
    {"sprig_hasKey", DICT ",string", "bool", call_has_key, FUNC_PURE,
	"sprig_hasKey dict key — is the key there?"},
    {"sprig_keys", "..." DICT, "[]string", call_keys, FUNC_PURE,
	"sprig_keys dict… — all keys"},
    {"sprig_merge", DICT ",..." DICT, ANY, call_merge, FUNC_EFFECT,
	"sprig_merge dict from… — fills what dict lacks, deeply"},
    {"sprig_mergeOverwrite", DICT ",..." DICT, ANY, call_merge_overwrite,
	FUNC_EFFECT, "sprig_mergeOverwrite dict from… — later ones win"},
    {"sprig_mustDeepCopy", ANY, ANY, call_deep_copy, FUNC_PURE,
	"sprig_mustDeepCopy v — as sprig_deepCopy"},
    {"sprig_mustMerge", DICT ",..." DICT, ANY, call_must_merge, FUNC_EFFECT,
	"sprig_mustMerge dict from… — as sprig_merge"},
    {"sprig_mustMergeOverwrite", DICT ",..." DICT, ANY,
	call_must_merge_overwrite, FUNC_EFFECT,
	"sprig_mustMergeOverwrite dict from… — as sprig_mergeOverwrite"},
    {"sprig_omit", DICT ",...string", DICT, call_omit, FUNC_PURE,
	"sprig_omit dict key… — a copy without those keys"},
    {"sprig_pick", DICT ",...string", DICT, call_pick, FUNC_PURE,
	"sprig_pick dict key… — a copy with only those keys"},
    {"sprig_pluck", "string,..." DICT, "[]interface {}", call_pluck, FUNC_PURE,
	"sprig_pluck key dict… — the values that the dicts have there"},
    {"sprig_set", DICT ",string," ANY, DICT, call_set, FUNC_EFFECT,
	"sprig_set dict key value — changes the dict and gives it"},
    {"sprig_unset", DICT ",string", DICT, call_unset, FUNC_EFFECT,
	"sprig_unset dict key — removes the key and gives the dict"},
    {"sprig_values", DICT, "[]interface {}", call_values, FUNC_PURE,
	"sprig_values dict — all values, by key"},
};

const struct func_family family_sprig_dicts = {
    .name = "sprig dicts",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
