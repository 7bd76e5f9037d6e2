/* SPDX-License-Identifier: MIT */
/*
 * Reading values out of memory, their truth and their deep equality. A record's
 * field is loaded by its store: what the catalog keeps small becomes a struct
 * value of 24 bytes only when a template looks at it.
 */
#include <assert.h>
#include <string.h>

#include "weir/limits.h"
#include "weir/value.h"

const char *
value_type_name(const struct value *v)
{
	if (v->iface)
		return type_any.name;
	return v->type ? v->type->name : "<nil>";
}

/* A value that lies in memory as a struct value. */
static struct value
load_value(const struct type *type, const void *at)
{
	struct value v = *(const struct value *)at;

	v.iface = type->kind == KIND_INTERFACE;
	if (!v.type && !v.iface)
		v.type = type;
	return v;
}

static struct value
load_list(const struct type *type, const struct list *list)
{
	return (struct value){.type = type,
	    .u.items = list->items,
	    .len = list->count,
	    .not_nil = list->not_nil || list->count > 0};
}

static struct value
load_str(const struct type *type, struct str s)
{
	return (struct value){
	    .type = type, .u.str = s.ptr, .len = (uint32_t)s.len};
}

struct value
value_load(const struct type *type, enum store store, const void *at)
{
	struct value v = {.type = type};

	switch (store) {
	case STORE_VALUE:
		return load_value(type, at);
	case STORE_STR:
		return load_str(type, *(const struct str *)at);
	case STORE_PSTR:
		return load_str(
		    type, str_of_packed(*(const struct pstr *const *)at));
	case STORE_LIST:
		return load_list(type, at);
	case STORE_PTR:
	case STORE_MAP:
		v.u.ptr = *(const void *const *)at;
		break;
	case STORE_STRUCT:
		v.u.ptr = at;
		break;
	case STORE_BOOL:
		v.u.b = *(const bool *)at;
		break;
	case STORE_U8:
		v.u.u = *(const uint8_t *)at;
		break;
	case STORE_I32:
		v.u.i = *(const int32_t *)at;
		break;
	case STORE_I64:
	case STORE_U64:
	case STORE_F64:
		v.u.i = *(const int64_t *)at;
		break;
	}
	return v;
}

struct value
value_field(const void *record, const struct field *f)
{
	static const uint64_t nothing[64];

	if (f->through) {
		const char *at = (const char *)record + f->through - 1;

		record = *(const void *const *)(const void *)at;
		if (!record)
			record = nothing;
	}
	return value_load(f->type, f->store, (const char *)record + f->offset);
}

/* Bytes between two elements of a slice. */
static size_t
stride(const struct type *slice)
{
	switch (slice->elem_store) {
	case STORE_VALUE:
		return sizeof(struct value);
	case STORE_STR:
		return sizeof(struct str);
	case STORE_PSTR:
	case STORE_PTR:
	case STORE_MAP:
		return sizeof(void *);
	case STORE_LIST:
		return sizeof(struct list);
	case STORE_STRUCT:
		return slice->elem->size;
	case STORE_BOOL:
		return sizeof(bool);
	case STORE_U8:
		return sizeof(uint8_t);
	case STORE_I32:
		return sizeof(int32_t);
	case STORE_I64:
	case STORE_U64:
	case STORE_F64:
		return sizeof(int64_t);
	}
	return 0;
}

struct value
value_index(const struct value *slice, size_t i)
{
	const struct type *t = slice->type;

	assert(i < slice->len);
	return value_load(t->elem, t->elem_store,
	    (const char *)slice->u.items + i * stride(t));
}

static void
store_list(struct list *to, const struct value *v)
{
	to->items = v->u.items;
	to->count = v->len;
	to->not_nil = v->not_nil;
}

/* The opposite of value_load. A packed string can't be made here. */
static void
store(const struct type *type, enum store as, void *at, struct value v)
{
	switch (as) {
	case STORE_VALUE:
		v.iface = false;
		*(struct value *)at = v;
		return;
	case STORE_STR:
		*(struct str *)at = value_as_str(&v);
		return;
	case STORE_LIST:
		store_list(at, &v);
		return;
	case STORE_PTR:
	case STORE_MAP:
		*(const void **)at = v.u.ptr;
		return;
	case STORE_STRUCT:
		memcpy(at, v.u.ptr, type->size);
		return;
	case STORE_BOOL:
		*(bool *)at = v.u.b;
		return;
	case STORE_U8:
		*(uint8_t *)at = (uint8_t)v.u.u;
		return;
	case STORE_I32:
		*(int32_t *)at = (int32_t)v.u.i;
		return;
	case STORE_I64:
	case STORE_U64:
	case STORE_F64:
		*(int64_t *)at = v.u.i;
		return;
	case STORE_PSTR:
		break;
	}
	assert(!"a list of packed strings is never written");
}

/* As much of it as a value can say. */
static size_t
spare(size_t count)
{
	return count < UINT16_MAX ? count : UINT16_MAX;
}

struct value
value_part(const struct value *slice, size_t from, size_t to)
{
	struct value part = *slice;

	assert(from <= to && to <= slice->len + (size_t)slice->spare);
	if (slice->u.items)
		part.u.items =
		    (const char *)slice->u.items + from * stride(slice->type);
	part.len = (uint32_t)(to - from);
	part.spare = (uint16_t)spare(slice->len + slice->spare - to);
	part.not_nil = slice->len || slice->not_nil;
	return part;
}

void
value_set_index(const struct value *slice, size_t i, struct value v)
{
	const struct type *t = slice->type;
	uintptr_t items = (uintptr_t)slice->u.items;

	assert(i < slice->len);
	store(t->elem, t->elem_store, (char *)items + i * stride(t), v);
}

void
list_begin(struct list_builder *b, struct arena *arena, const struct type *type)
{
	*b = (struct list_builder){.arena = arena, .type = type};
}

void
list_add(struct list_builder *b, struct value v)
{
	size_t each = stride(b->type);
	char *items;

	if (b->count == b->capacity) {
		b->capacity = b->capacity ? b->capacity * 2 : 8;
		items = arena_alloc(b->arena, b->capacity * each);
		if (b->count)
			memcpy(items, b->items, b->count * each);
		b->items = items;
	}
	store(b->type->elem, b->type->elem_store,
	    (char *)b->items + b->count * each, v);
	b->count++;
}

struct value
list_end(struct list_builder *b)
{
	return value_slice(b->type, b->items, b->count);
}

struct value
list_end_room(struct list_builder *b, size_t room)
{
	size_t each = stride(b->type), count = b->count;
	size_t behind = room > count ? spare(room - count) : 0;
	struct value v;
	char *items = b->items;

	if (count + behind > b->capacity) {
		items = arena_alloc(b->arena, (count + behind) * each);
		if (count)
			memcpy(items, b->items, count * each);
	}
	if (behind)
		memset(items + count * each, 0, behind * each);
	v = value_slice(b->type, items, b->count);
	v.spare = (uint16_t)behind;
	return v;
}

/* ---- truth and equality ---- */

bool
value_is_nil(const struct value *v)
{
	switch (value_kind(v)) {
	case KIND_INVALID:
		return true;
	case KIND_SLICE:
		return v->len == 0 && !v->not_nil;
	case KIND_MAP:
	case KIND_PTR:
	case KIND_CHAN:
	case KIND_FUNC:
		return !v->u.ptr;
	default:
		return false;
	}
}

bool
value_truth(const struct value *v)
{
	switch (value_kind(v)) {
	case KIND_BOOL:
		return v->u.b;
	case KIND_STRING:
	case KIND_SLICE:
	case KIND_ARRAY:
		return v->len > 0;
	case KIND_MAP:
		return map_count(v->u.map) > 0;
	case KIND_STRUCT:
		return true;
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		return v->u.f != 0;
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		return v->u.complex[0] != 0 || v->u.complex[1] != 0;
	case KIND_PTR:
	case KIND_CHAN:
	case KIND_FUNC:
		return v->u.ptr != NULL;
	case KIND_INVALID:
		return false;
	default:
		return v->u.u != 0;
	}
}

/* What is beyond either is taken for different: values that hold one another
 * take 2^n steps to walk. */
struct comparison {
	unsigned depth, steps;
};

static bool equal(
    struct comparison *, const struct value *, const struct value *);

static bool
equal_lists(struct comparison *c, const struct value *a, const struct value *b)
{
	if (a->len != b->len || value_is_nil(a) != value_is_nil(b))
		return false;
	if (a->u.items == b->u.items)
		return true;
	for (size_t i = 0; i < a->len; i++) {
		struct value x = value_index(a, i), y = value_index(b, i);

		if (!equal(c, &x, &y))
			return false;
	}
	return true;
}

static bool
equal_maps(struct comparison *c, const struct value *a, const struct value *b)
{
	size_t n = map_count(a->u.map);

	if (n != map_count(b->u.map) || !a->u.map != !b->u.map)
		return false;
	if (a->u.map == b->u.map)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct map_entry e = map_at(a->u.map, i);
		struct value other;

		if (!map_find(b->u.map, &e.key, &other) ||
		    !equal(c, &e.value, &other))
			return false;
	}
	return true;
}

static bool
equal_records(
    struct comparison *c, const struct type *t, const void *a, const void *b)
{
	if (a == b)
		return true;
	for (uint32_t i = 0; i < t->field_count; i++) {
		struct value x = value_field(a, &t->fields[i]);
		struct value y = value_field(b, &t->fields[i]);

		if (!equal(c, &x, &y))
			return false;
	}
	return true;
}

static bool
equal_pointers(
    struct comparison *c, const struct value *a, const struct value *b)
{
	if (a->u.ptr == b->u.ptr)
		return true;
	if (!a->u.ptr || !b->u.ptr || !a->type->elem)
		return false;
	return equal_records(c, a->type->elem, a->u.ptr, b->u.ptr);
}

static bool
compare(struct comparison *c, const struct value *a, const struct value *b)
{
	switch (a->type->kind) {
	case KIND_STRING:
		return str_equal(value_as_str(a), value_as_str(b));
	case KIND_SLICE:
	case KIND_ARRAY:
		return equal_lists(c, a, b);
	case KIND_MAP:
		return equal_maps(c, a, b);
	case KIND_STRUCT:
		return equal_records(c, a->type, a->u.ptr, b->u.ptr);
	case KIND_PTR:
		return equal_pointers(c, a, b);
	case KIND_BOOL:
		return a->u.b == b->u.b;
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		return a->u.f == b->u.f;
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		return a->u.complex[0] == b->u.complex[0] &&
		       a->u.complex[1] == b->u.complex[1];
	case KIND_FUNC:
		return !a->u.func && !b->u.func;
	default:
		return a->u.u == b->u.u;
	}
}

static bool
equal(struct comparison *c, const struct value *a, const struct value *b)
{
	bool same;

	if (!a->type || !b->type)
		return !a->type && !b->type;
	if (!type_same(a->type, b->type) || c->depth >= LIMIT_VALUE_DEPTH ||
	    c->steps++ >= LIMIT_STEPS)
		return false;
	c->depth++;
	same = compare(c, a, b);
	c->depth--;
	return same;
}

bool
value_equal_deep(const struct value *a, const struct value *b)
{
	struct comparison c = {0};

	return equal(&c, a, b);
}
