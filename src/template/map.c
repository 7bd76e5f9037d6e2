/* SPDX-License-Identifier: MIT */
/*
 * Maps. Two forms behind one face: a table that can grow (entries in an array,
 * an index of hash slots beside it once there are more than a few), and a
 * packed one of the catalog: sorted pairs of strings, 16 bytes a pair, searched
 * by halving.
 *
 * A table's entries are sorted when somebody first asks for them in order, in
 * the order that Go's fmt and range give keys; Go's own order is random.
 */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weir/strmap.h"
#include "weir/value.h"
#include "weir/xalloc.h"

/* Up to this many entries are searched one after another. */
#define SMALL 8

struct map {
	const struct type *type;
	uint32_t count;
	bool packed;
	bool sorted;
};

struct packed {
	struct map head;
	const struct pstr *pairs[]; /* key, value, … */
};

struct entry {
	uint64_t hash;
	struct map_entry pair;
};

struct table {
	struct map head;
	struct arena *arena;
	struct entry *entries;
	uint32_t capacity;
	uint32_t slots;  /* of index, a power of two; 0: none */
	uint32_t *index; /* 1 + place in entries; 0: free */
};

static const struct packed *
as_packed(const struct map *map)
{
	return (const struct packed *)(const void *)map;
}

/* Sorting is no change that anybody can see, so const maps are sorted too. */
static struct table *
as_table(const struct map *map)
{
	return (struct table *)(uintptr_t)map;
}

struct map *
map_new(struct arena *arena, const struct type *type)
{
	struct table *t = arena_zalloc(arena, sizeof *t);

	t->head.type = type;
	t->head.sorted = true;
	t->arena = arena;
	return &t->head;
}

const struct type *
map_type(const struct map *map)
{
	return map->type;
}

size_t
map_count(const struct map *map)
{
	return map ? map->count : 0;
}

/* ---- packed maps ---- */

struct numbered_pair {
	const struct pstr *key, *value;
	size_t place;
};

static int
compare_pairs(const void *a, const void *b)
{
	const struct numbered_pair *x = a, *y = b;
	int c = str_compare(str_of_packed(x->key), str_of_packed(y->key));

	return c ? c : (x->place > y->place) - (x->place < y->place);
}

static bool
is_sorted(const struct pstr **pairs, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (str_compare(str_of_packed(pairs[2 * i - 2]),
			str_of_packed(pairs[2 * i])) >= 0)
			return false;
	return true;
}

/* Sorts by key; of equal keys the last stays. Returns the new count. */
static size_t
sort_pairs(const struct pstr **pairs, size_t count)
{
	struct numbered_pair *all = xcalloc(count, sizeof *all);
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		all[i] =
		    (struct numbered_pair){pairs[2 * i], pairs[2 * i + 1], i};
	qsort(all, count, sizeof *all, compare_pairs);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && str_equal(str_of_packed(all[i].key),
					 str_of_packed(all[i + 1].key)))
			continue;
		pairs[2 * n] = all[i].key;
		pairs[2 * n + 1] = all[i].value;
		n++;
	}
	free(all);
	return n;
}

struct map *
map_of_pairs(struct arena *arena, const struct pstr **pairs, size_t count)
{
	struct packed *p;

	if (!is_sorted(pairs, count))
		count = sort_pairs(pairs, count);
	p = arena_alloc(arena, sizeof *p + 2 * count * sizeof pairs[0]);
	p->head = (struct map){.type = &type_map_string_string,
	    .count = (uint32_t)count,
	    .packed = true,
	    .sorted = true};
	if (count)
		memcpy(p->pairs, pairs, 2 * count * sizeof pairs[0]);
	return &p->head;
}

static bool
find_packed(const struct packed *p, struct str key, struct value *value)
{
	size_t low = 0, high = p->head.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = str_compare(key, str_of_packed(p->pairs[2 * middle]));

		if (c == 0) {
			*value =
			    value_str(str_of_packed(p->pairs[2 * middle + 1]));
			return true;
		}
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* ---- keys ---- */

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93u;
	x ^= x >> 32;
	return x;
}

static uint64_t
hash_double(double f)
{
	uint64_t bits;

	if (f == 0)
		f = 0; /* -0 equals 0 */
	memcpy(&bits, &f, sizeof bits);
	return mix(bits);
}

static bool hash_key(const struct value *, uint64_t *);

static bool
hash_parts(const struct value *v, uint64_t *hash)
{
	const struct type *t = v->type;
	uint32_t count = t->kind == KIND_STRUCT ? t->field_count : v->len;

	*hash = 17;
	for (uint32_t i = 0; i < count; i++) {
		struct value part = t->kind == KIND_STRUCT
					? value_field(v->u.ptr, &t->fields[i])
					: value_index(v, i);
		uint64_t h;

		if (!hash_key(&part, &h))
			return false;
		*hash = mix(*hash * 31 + h);
	}
	return true;
}

/* False for what Go can't hash: lists, maps, functions. */
static bool
hash_key(const struct value *v, uint64_t *hash)
{
	switch (value_kind(v)) {
	case KIND_STRING:
		*hash = str_hash(value_as_str(v));
		return true;
	case KIND_SLICE:
	case KIND_MAP:
	case KIND_FUNC:
		return false;
	case KIND_STRUCT:
	case KIND_ARRAY:
		return hash_parts(v, hash);
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		*hash = hash_double(v->u.f);
		return true;
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		*hash = hash_double(v->u.complex[0]) +
			31 * hash_double(v->u.complex[1]);
		return true;
	case KIND_BOOL:
		*hash = mix(v->u.b);
		return true;
	case KIND_INVALID:
		*hash = 0;
		return true;
	default:
		*hash = mix(v->u.u);
		return true;
	}
}

static bool
same_key(const struct value *a, const struct value *b)
{
	enum kind kind = value_kind(a);

	if (!a->type || !b->type)
		return a->type == b->type;
	if (a->type != b->type && !type_same(a->type, b->type))
		return false;
	if (kind == KIND_STRING)
		return str_equal(value_as_str(a), value_as_str(b));
	if (kind == KIND_PTR)
		return a->u.ptr == b->u.ptr;
	return value_equal_deep(a, b);
}

/*
 * Go orders keys of different types by the place of their types in the program;
 * basic types stand there in this order.
 */
static int
type_rank(const struct type *t)
{
	static const unsigned char ranks[] = {
	    [KIND_INVALID] = 0,
	    [KIND_STRING] = 1,
	    [KIND_INT8] = 2,
	    [KIND_UINT8] = 3,
	    [KIND_INT16] = 4,
	    [KIND_UINT16] = 5,
	    [KIND_INT32] = 6,
	    [KIND_UINT32] = 7,
	    [KIND_INT64] = 8,
	    [KIND_UINT64] = 9,
	    [KIND_INT] = 10,
	    [KIND_UINT] = 11,
	    [KIND_UINTPTR] = 12,
	    [KIND_COMPLEX64] = 13,
	    [KIND_COMPLEX128] = 14,
	    [KIND_FLOAT32] = 15,
	    [KIND_FLOAT64] = 16,
	    [KIND_BOOL] = 17,
	    [KIND_INTERFACE] = 0,
	};

	if (!t)
		return 0;
	return t->kind < sizeof ranks && ranks[t->kind] ? ranks[t->kind] : 18;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int
compare_floats(double a, double b)
{
	if (isnan(a) || isnan(b))
		return isnan(b) - isnan(a);
	return ORDER(a, b);
}

static int compare_keys(const struct value *, const struct value *);

static int
compare_parts(const struct value *a, const struct value *b)
{
	const struct type *t = a->type;

	for (uint32_t i = 0; i < t->field_count; i++) {
		struct value x = value_field(a->u.ptr, &t->fields[i]);
		struct value y = value_field(b->u.ptr, &t->fields[i]);
		int c = compare_keys(&x, &y);

		if (c)
			return c;
	}
	return 0;
}

static int
compare_types(const struct type *a, const struct type *b)
{
	int c = ORDER(type_rank(a), type_rank(b));

	return c || !a || !b ? c : strcmp(a->name, b->name);
}

static int
compare_keys(const struct value *a, const struct value *b)
{
	enum kind kind = value_kind(a);
	int c;

	if (a->type != b->type && (c = compare_types(a->type, b->type)))
		return c;
	if (kind == KIND_STRING)
		return str_compare(value_as_str(a), value_as_str(b));
	if (kind == KIND_INVALID)
		return 0;
	if (kind == KIND_BOOL)
		return ORDER(a->u.b, b->u.b);
	if (kind_is_int(kind))
		return ORDER(a->u.i, b->u.i);
	if (kind_is_float(kind))
		return compare_floats(a->u.f, b->u.f);
	if (kind == KIND_STRUCT)
		return compare_parts(a, b);
	if (kind == KIND_COMPLEX128 || kind == KIND_COMPLEX64) {
		c = compare_floats(a->u.complex[0], b->u.complex[0]);
		return c ? c : compare_floats(a->u.complex[1], b->u.complex[1]);
	}
	return ORDER(a->u.u, b->u.u);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare_keys(&x->pair.key, &y->pair.key);
}

/* ---- tables ---- */

static void
index_entry(struct table *t, uint32_t place)
{
	uint32_t slot = (uint32_t)t->entries[place].hash & (t->slots - 1);

	while (t->index[slot])
		slot = (slot + 1) & (t->slots - 1);
	t->index[slot] = place + 1;
}

static void
reindex(struct table *t)
{
	if (t->head.count <= SMALL) {
		t->slots = 0;
		return;
	}
	if (t->slots < t->head.count * 2) {
		t->slots = t->slots ? t->slots : 32;
		while (t->slots < t->head.count * 2)
			t->slots *= 2;
		t->index = arena_alloc(t->arena, t->slots * sizeof t->index[0]);
	}
	memset(t->index, 0, t->slots * sizeof t->index[0]);
	for (uint32_t i = 0; i < t->head.count; i++)
		index_entry(t, i);
}

static struct entry *
find_small(const struct table *t, const struct value *key)
{
	for (uint32_t i = 0; i < t->head.count; i++)
		if (same_key(&t->entries[i].pair.key, key))
			return &t->entries[i];
	return NULL;
}

static struct entry *
find_entry(const struct table *t, const struct value *key, uint64_t hash)
{
	uint32_t slot, place;

	if (!t->slots)
		return find_small(t, key);
	slot = (uint32_t)hash & (t->slots - 1);
	for (; (place = t->index[slot]); slot = (slot + 1) & (t->slots - 1)) {
		struct entry *e = &t->entries[place - 1];

		if (e->hash == hash && same_key(&e->pair.key, key))
			return e;
	}
	return NULL;
}

/* The value as it comes out of the map. */
static struct value
boxed(const struct type *elem, struct value v)
{
	v.iface = elem && elem->kind == KIND_INTERFACE;
	return v;
}

bool
map_find(const struct map *map, const struct value *key, struct value *value)
{
	const struct entry *e;
	uint64_t hash;

	if (!map_count(map))
		return false;
	if (map->packed)
		return value_kind(key) == KIND_STRING &&
		       find_packed(as_packed(map), value_as_str(key), value);
	if (!hash_key(key, &hash))
		return false;
	e = find_entry(as_table(map), key, hash);
	if (!e)
		return false;
	*value = boxed(map->type->elem, e->pair.value);
	return true;
}

struct value
map_get(const struct map *map, const struct value *key)
{
	struct value v = VALUE_NONE;

	return map_find(map, key, &v) ? v : VALUE_NONE;
}

struct value
map_get_str(const struct map *map, struct str key)
{
	struct value k = value_str(key);

	return map_get(map, &k);
}

bool
map_has_str(const struct map *map, struct str key)
{
	struct value k = value_str(key), v;

	return map_find(map, &k, &v);
}

static struct entry *
add_entry(struct table *t)
{
	struct entry *entries;

	if (t->head.count == t->capacity) {
		t->capacity = t->capacity ? t->capacity * 2 : 4;
		entries = arena_alloc(t->arena, t->capacity * sizeof *entries);
		if (t->head.count)
			memcpy(entries, t->entries,
			    t->head.count * sizeof *entries);
		t->entries = entries;
	}
	return &t->entries[t->head.count++];
}

int
map_put(struct map *map, struct value key, struct value value)
{
	struct table *t = as_table(map);
	struct entry *e;
	uint64_t hash;

	assert(map && !map->packed);
	if (!hash_key(&key, &hash))
		return -1;
	e = find_entry(t, &key, hash);
	if (e) {
		e->pair.value = value;
		return 0;
	}
	e = add_entry(t);
	*e = (struct entry){hash, {key, value}};
	if (map->count > 1 && map->sorted)
		map->sorted = compare_entries(e - 1, e) < 0;
	if (map->count > SMALL) {
		if (t->slots < map->count * 2)
			reindex(t);
		else
			index_entry(t, map->count - 1);
	}
	return 0;
}

void
map_put_str(struct map *map, struct str key, struct value value)
{
	map_put(map, value_str(key), value);
}

void
map_remove(struct map *map, const struct value *key)
{
	struct table *t;
	struct entry *e, *end;
	uint64_t hash;

	if (!map_count(map) || !hash_key(key, &hash))
		return;
	assert(!map->packed);
	t = as_table(map);
	e = find_entry(t, key, hash);
	if (!e)
		return;
	end = t->entries + map->count;
	memmove(e, e + 1, (size_t)(end - e - 1) * sizeof *e);
	map->count--;
	reindex(t);
}

struct map_entry
map_at(const struct map *map, size_t i)
{
	struct map_entry pair;

	assert(i < map_count(map));
	if (map->packed) {
		const struct pstr *const *p = &as_packed(map)->pairs[2 * i];

		pair.key = value_str(str_of_packed(p[0]));
		pair.value = value_str(str_of_packed(p[1]));
		return pair;
	}
	if (!map->sorted) {
		struct table *t = as_table(map);

		qsort(t->entries, map->count, sizeof t->entries[0],
		    compare_entries);
		t->head.sorted = true;
		reindex(t);
	}
	pair = as_table(map)->entries[i].pair;
	pair.key = boxed(map->type->key, pair.key);
	pair.value = boxed(map->type->elem, pair.value);
	return pair;
}
