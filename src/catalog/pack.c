/* SPDX-License-Identifier: MIT */
/*
 * Both walks are the same code: while measuring, `copy` only counts and returns
 * NULL, and whoever would write into the copy leaves it. The measure of a map
 * that is no map[string]string is a guess; the arena grows if it was too low.
 */
#include "pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "weir/xalloc.h"

/* A frozen map: its head, and a pair. A table: its head and four entries. */
#define FROZEN_HEAD 16
#define TABLE_HEAD  (64 + 4 * 56)

static size_t
slot_of(const struct pack *p, const void *from)
{
	uint64_t h = (uintptr_t)from * 0x9e3779b97f4a7c15u;
	size_t at = (h >> 32) & (p->size - 1);

	while (p->from[at] && p->from[at] != from)
		at = (at + 1) & (p->size - 1);
	return at;
}

static void
grow(struct pack *p)
{
	const void **from = p->from, **made = p->made;
	size_t size = p->size;

	p->size = size ? size * 2 : 512;
	p->from = xcalloc(p->size, sizeof(*p->from));
	p->made = xcalloc(p->size, sizeof(*p->made));
	for (size_t i = 0; i < size; i++) {
		size_t at;

		if (!from[i])
			continue;
		at = slot_of(p, from[i]);
		p->from[at] = from[i];
		p->made[at] = made[i];
	}
	free(from);
	free(made);
}

/* The slot of the pointer; *known: it has been seen in this walk. */
static const void **
look_up(struct pack *p, const void *from, bool *known)
{
	size_t at;

	if (p->used * 4 >= p->size * 3)
		grow(p);
	at = slot_of(p, from);
	*known = p->measuring ? p->from[at] != NULL : p->made[at] != NULL;
	if (!p->from[at]) {
		p->from[at] = from;
		p->used++;
	}
	return &p->made[at];
}

void
pack_keep(struct pack *p, const void *ptr)
{
	bool known;

	if (ptr)
		*look_up(p, ptr, &known) = ptr;
}

void
pack_fini(struct pack *p)
{
	free(p->from);
	free(p->made);
	*p = (struct pack){0};
}

/* Room for size bytes like those at from; NULL while measuring. */
static void *
copy(struct pack *p, const void *from, size_t size)
{
	if (p->measuring) {
		p->total += (size + 7) & ~(size_t)7;
		return NULL;
	}
	return memcpy(arena_alloc(p->to, size), from, size);
}

/* A string is met for the first time. */
static void
look_for_control(struct pack *p, struct str s)
{
	if (p->measuring && !p->has_control)
		p->has_control = str_has_control(s);
}

static const struct pstr *
pack_pstr(struct pack *p, const struct pstr *s)
{
	bool known;
	const void **made;
	struct pstr *to;

	if (!s || s->len == 0)
		return NULL;
	made = look_up(p, s, &known);
	if (known)
		return *made;
	look_for_control(p, str_of_packed(s));
	*made = to = copy(p, s, sizeof(*s) + s->len + 1);
	if (to && p->mark)
		control_mark(to->bytes, to->len);
	return to;
}

/* The bytes of a string that is not packed. */
static const char *
pack_bytes(struct pack *p, struct str s)
{
	bool known;
	const void **made;
	const char *was;
	char *to;

	if (s.len == 0)
		return "";
	made = look_up(p, s.ptr, &known);
	was = *made;
	if (known && p->measuring)
		return NULL;
	if (known && !memcmp(was, s.ptr, s.len) && was[s.len] == 0)
		return was;
	look_for_control(p, s);
	if (p->measuring) {
		p->total += (s.len + 8) & ~(size_t)7;
		return NULL;
	}
	*made = to = arena_strndup(p->to, s.ptr, s.len);
	if (p->mark)
		control_mark(to, s.len);
	return to;
}

static void walk_record(
    struct pack *, const struct type *, const void *from, void *to);
static struct value walk_value(struct pack *, const struct value *);

static const void *
pack_record(struct pack *p, const struct type *type, const void *record)
{
	bool known;
	const void **made;
	void *to;

	if (!record)
		return NULL;
	made = look_up(p, record, &known);
	if (known)
		return *made;
	*made = to = copy(p, record, type->size);
	walk_record(p, type, record, to);
	return to;
}

static void
walk_items(
    struct pack *p, const struct type *slice, const struct list *from, void *to)
{
	const struct type *elem = slice->elem;

	for (uint32_t i = 0; i < from->count; i++) {
		const struct str *strs = from->items;
		const void *const *records = from->items;

		if (slice->elem_store == STORE_STR) {
			const char *s = pack_bytes(p, strs[i]);

			if (to)
				((struct str *)to)[i].ptr = s;
		} else if (slice->elem_store == STORE_PTR) {
			const void *r = pack_record(p, elem->elem, records[i]);

			if (to)
				((const void **)to)[i] = r;
		} else if (slice->elem_store == STORE_STRUCT) {
			size_t at = i * elem->size;

			walk_record(p, elem, (const char *)from->items + at,
			    to ? (char *)to + at : NULL);
		}
	}
}

static size_t
item_size(const struct type *slice)
{
	if (slice->elem_store == STORE_STR)
		return sizeof(struct str);
	if (slice->elem_store == STORE_PTR)
		return sizeof(void *);
	assert(slice->elem_store == STORE_STRUCT);
	return slice->elem->size;
}

static const void *
pack_items(struct pack *p, const struct type *slice, const struct list *list)
{
	bool known;
	const void **made;
	void *to;

	if (list->count == 0)
		return NULL;
	made = look_up(p, list->items, &known);
	if (known)
		return *made;
	*made = to = copy(p, list->items, list->count * item_size(slice));
	walk_items(p, slice, list, to);
	return to;
}

/* The packed string that a value of a frozen map was read from. */
static const struct pstr *
pstr_of(const struct value *v)
{
	if (v->len == 0)
		return NULL;
	return (const void *)(v->u.str - offsetof(struct pstr, bytes));
}

static const struct map *
pack_frozen(struct pack *p, const struct map *map)
{
	size_t n = map_count(map);
	const struct pstr **pairs = xcalloc(2 * n + 1, sizeof(*pairs));
	const struct map *made = NULL;

	for (size_t i = 0; i < n; i++) {
		struct map_entry e = map_at(map, i);

		pairs[2 * i] = pack_pstr(p, pstr_of(&e.key));
		pairs[2 * i + 1] = pack_pstr(p, pstr_of(&e.value));
	}
	if (p->measuring)
		p->total += FROZEN_HEAD + 2 * n * sizeof(*pairs);
	else
		made = map_of_pairs(p->to, pairs, n);
	free(pairs);
	return made;
}

static const struct map *
pack_table(struct pack *p, const struct map *map)
{
	struct map *made = p->measuring ? NULL : map_new(p->to, map_type(map));

	if (p->measuring)
		p->total += TABLE_HEAD;
	for (size_t i = 0; i < map_count(map); i++) {
		struct map_entry e = map_at(map, i);
		struct value key = walk_value(p, &e.key);
		struct value value = walk_value(p, &e.value);

		if (made)
			map_put(made, key, value);
	}
	/* In order now: what is shared by threads isn't sorted later. */
	if (map_count(made))
		map_at(made, 0);
	return made;
}

static const struct map *
pack_map(struct pack *p, const struct map *map)
{
	bool known;
	const void **made;
	const struct map *copied;

	if (!map)
		return NULL;
	made = look_up(p, map, &known);
	if (known)
		return *made;
	copied = map_type(map) == &type_map_string_string ? pack_frozen(p, map)
							  : pack_table(p, map);
	/* The table may have grown meanwhile. */
	*look_up(p, map, &known) = copied;
	return copied;
}

static void
walk_parts(struct pack *p, const struct type *type, const void *from, void *to)
{
	const struct record_part *part = record_parts(type);

	for (; part && part->type; part++) {
		const void *at = (const char *)from + part->offset;
		const void *made =
		    pack_record(p, part->type, *(const void *const *)at);

		if (to)
			memcpy((char *)to + part->offset, &made, sizeof(made));
	}
}

static void
walk_record(struct pack *p, const struct type *type, const void *from, void *to)
{
	for (uint32_t i = 0; i < type->field_count; i++) {
		const struct field *f = &type->fields[i];
		const void *at = (const char *)from + f->offset;
		const void *made;

		if (f->through)
			continue;
		if (f->store == STORE_STRUCT) {
			walk_record(
			    p, f->type, at, to ? (char *)to + f->offset : NULL);
			continue;
		}
		if (f->store == STORE_VALUE) {
			struct value v = walk_value(p, at);

			if (to)
				memcpy((char *)to + f->offset, &v, sizeof(v));
			continue;
		}
		if (f->store == STORE_LIST)
			made = pack_items(p, f->type, at);
		else if (f->store == STORE_PSTR)
			made = pack_pstr(p, *(const struct pstr *const *)at);
		else if (f->store == STORE_MAP)
			made = pack_map(p, *(const struct map *const *)at);
		else if (f->store == STORE_PTR)
			made = pack_record(p,
			    f->type->kind == KIND_PTR ? f->type->elem : f->type,
			    *(const void *const *)at);
		else
			continue;
		/* A list begins with its items. */
		if (to)
			memcpy((char *)to + f->offset, &made, sizeof(made));
	}
	walk_parts(p, type, from, to);
}

static struct value
walk_value(struct pack *p, const struct value *v)
{
	struct value made = *v;
	struct list list = {.items = v->u.items, .count = v->len};

	switch (value_kind(v)) {
	case KIND_STRING:
		made.u.str = pack_bytes(p, value_as_str(v));
		break;
	case KIND_SLICE:
		made.u.items = pack_items(p, v->type, &list);
		break;
	case KIND_PTR:
		made.u.ptr = pack_record(p, v->type->elem, v->u.ptr);
		break;
	case KIND_STRUCT:
		made.u.ptr = pack_record(p, v->type, v->u.ptr);
		break;
	case KIND_MAP:
		made.u.ptr = pack_map(p, v->u.map);
		break;
	default:
		break;
	}
	return made;
}

struct value
pack_value(struct pack *p, struct arena *to, const struct value *v)
{
	p->measuring = true;
	walk_value(p, v);
	p->measuring = false;
	p->to = to;
	arena_init(to, p->total);
	return walk_value(p, v);
}
