/* SPDX-License-Identifier: MIT */
/*
 * Values from the state file. The checksum has been seen to be right, yet
 * nothing is believed: each count is held against the bytes that are left, each
 * reference against the type that is due there.
 */
#include "state_value.h"

#include <stdlib.h>
#include <string.h>

#include "shared.h"
#include "weir/xalloc.h"

/* ---- bytes ---- */

static size_t
left(const struct state_in *in)
{
	return (size_t)(in->end - in->at);
}

static void
give_up(struct state_in *in)
{
	in->bad = true;
	in->at = in->end;
}

uint64_t
state_get_number(struct state_in *in)
{
	uint64_t n = 0;

	for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
		unsigned char c = *in->at++;

		n |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return n;
	}
	give_up(in);
	return 0;
}

struct str
state_get_str(struct state_in *in)
{
	uint64_t len = state_get_number(in);
	struct str s = {(const char *)in->at, (size_t)len};

	if (len > left(in) || len > UINT32_MAX / 2) {
		give_up(in);
		return (struct str){"", 0};
	}
	in->at += len;
	return s;
}

/* Of things that take at least `each` bytes. */
static uint32_t
get_count(struct state_in *in, size_t each)
{
	uint64_t n = state_get_number(in);

	if (n > left(in) / (each ? each : 1)) {
		give_up(in);
		return 0;
	}
	return (uint32_t)n;
}

/* ---- what came before ---- */

/* The thing if it came before, NULL and *follows, or NULL for nothing. */
static const void *
get_head(struct state_in *in, const void *what, uint32_t count, bool *follows)
{
	uint64_t head = state_get_number(in);
	const struct known *k;

	*follows = head == 1;
	if (head < 2)
		return NULL;
	if (head - 2 < in->known_count) {
		k = &in->known[head - 2];
		if (k->what == what && k->count == count)
			return k->ptr;
	}
	give_up(in);
	return NULL;
}

/* Its number is that of the moment at which its head was read. */
static size_t
take_number(struct state_in *in)
{
	if (in->known_count == in->known_room) {
		in->known_room = in->known_room ? in->known_room * 2 : 256;
		in->known =
		    xrealloc(in->known, in->known_room, sizeof(*in->known));
	}
	in->known[in->known_count] = (struct known){0};
	return in->known_count++;
}

/* ---- values ---- */

static void get_record(struct state_in *, const struct type *, void *to);
static struct value get_value(struct state_in *, const struct type *);

static const struct pstr *
get_pstr(struct state_in *in)
{
	bool follows;
	const struct pstr *s = get_head(in, &state_string, 0, &follows);
	size_t number;

	if (!follows)
		return s;
	number = take_number(in);
	s = arena_pstr(in->arena, state_get_str(in));
	in->known[number] = (struct known){s, &state_string, 0};
	return s->len ? s : NULL;
}

static const void *
get_pointer(struct state_in *in, const struct type *type)
{
	bool follows;
	const void *known = get_head(in, type, 0, &follows);
	size_t number;
	void *made;

	if (!follows)
		return known || type != &type_check_definition
			   ? known
			   : &record_no_definition;
	number = take_number(in);
	made = arena_zalloc(in->arena, type->size);
	get_record(in, type, made);
	in->known[number] = (struct known){made, type, 0};
	return made;
}

static const void *
get_strs(struct state_in *in, uint32_t count)
{
	struct str *strs = arena_array(in->arena, count, sizeof(*strs));

	for (uint32_t i = 0; i < count && !in->bad; i++)
		strs[i] = arena_str(in->arena, state_get_str(in));
	return strs;
}

static const void *
get_items(struct state_in *in, const struct type *slice, uint32_t count)
{
	const struct type *elem = slice->elem;
	const void **pointers;
	char *records;

	if (slice->elem_store == STORE_STR)
		return get_strs(in, count);
	if (slice->elem_store == STORE_PTR) {
		pointers = arena_array(in->arena, count, sizeof(*pointers));
		for (uint32_t i = 0; i < count && !in->bad; i++)
			pointers[i] = get_pointer(in, elem->elem);
		/* No list of records holds nil. */
		for (uint32_t i = 0; i < count; i++)
			if (!pointers[i])
				give_up(in);
		return pointers;
	}
	records = arena_array(in->arena, count, elem->size);
	for (uint32_t i = 0; i < count && !in->bad; i++)
		get_record(in, elem, records + i * elem->size);
	return records;
}

static struct list
get_list(struct state_in *in, const struct type *slice)
{
	uint64_t n = state_get_number(in);
	struct list l = {.count = (uint32_t)(n >> 1), .not_nil = n & 1};
	size_t number, each = slice->elem_store == STORE_STRUCT
				  ? slice->elem->field_count
				  : 1;
	bool follows;

	if (n >> 1 == 0)
		return l;
	if (n >> 1 > UINT32_MAX / 2) {
		give_up(in);
		return (struct list){0};
	}
	l.items = get_head(in, slice, l.count, &follows);
	if (follows && l.count > left(in) / each)
		give_up(in);
	if (follows && !in->bad) {
		number = take_number(in);
		l.items = get_items(in, slice, l.count);
		in->known[number] = (struct known){l.items, slice, l.count};
	}
	if (!l.items)
		give_up(in);
	return in->bad ? (struct list){0} : l;
}

static const struct map *
get_frozen(struct state_in *in, uint32_t count)
{
	const struct pstr **pairs =
	    arena_array(in->arena, (size_t)2 * count + 1, sizeof(*pairs));

	for (uint32_t i = 0; i < 2 * count && !in->bad; i++)
		pairs[i] = get_pstr(in);
	return map_of_pairs(in->arena, pairs, count);
}

static const struct map *
get_table(struct state_in *in, const struct type *type, uint32_t count)
{
	struct map *map = map_new(in->arena, type);

	for (uint32_t i = 0; i < count && !in->bad; i++) {
		struct str key = arena_str(in->arena, state_get_str(in));

		map_put_str(map, key, get_value(in, type->elem));
	}
	return map;
}

static const struct map *
get_map(struct state_in *in, const struct type *type)
{
	bool follows;
	const struct map *map = get_head(in, type, 0, &follows);
	uint32_t count;
	size_t number;

	if (!follows)
		return map;
	number = take_number(in);
	count = get_count(in, 2);
	map = type == &type_map_string_string ? get_frozen(in, count)
					      : get_table(in, type, count);
	in->known[number] = (struct known){map, type, 0};
	return map;
}

static void
get_time(struct state_in *in, void *to)
{
	struct value v;

	if (!value_time_read(in->arena, state_get_str(in), &v))
		give_up(in);
	else
		memcpy(to, v.u.ptr, type_time.size);
}

static struct value
get_value(struct state_in *in, const struct type *type)
{
	struct value v = {.type = type};
	struct list list;

	if (state_get_number(in) == 0)
		return VALUE_NONE;
	switch (type->kind) {
	case KIND_STRING:
		return value_str(arena_str(in->arena, state_get_str(in)));
	case KIND_SLICE:
		list = get_list(in, type);
		v.u.items = list.items;
		v.len = list.count;
		v.not_nil = list.not_nil;
		return v;
	case KIND_PTR:
		v.u.ptr = get_pointer(in, type->elem);
		return v;
	case KIND_STRUCT:
		v.u.ptr = get_pointer(in, type);
		if (!v.u.ptr)
			give_up(in);
		return v;
	default:
		give_up(in);
		return VALUE_NONE;
	}
}

static void
get_plain(struct state_in *in, const struct field *f, void *to)
{
	uint64_t n = state_get_number(in);
	int64_t i = (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
	int32_t narrow = (int32_t)i;
	bool b = n != 0;

	if (f->store == STORE_BOOL)
		memcpy(to, &b, sizeof(b));
	else if (f->store == STORE_I32)
		memcpy(to, &narrow, sizeof(narrow));
	else
		memcpy(
		    to, f->store == STORE_I64 ? &i : (int64_t *)&n, sizeof(n));
}

static void
get_field(struct state_in *in, const struct field *f, void *to)
{
	const void *made;
	struct value v;
	struct list l;

	switch (f->store) {
	case STORE_STRUCT:
		get_record(in, f->type, to);
		return;
	case STORE_VALUE:
		v = get_value(in, f->type);
		memcpy(to, &v, sizeof(v));
		return;
	case STORE_LIST:
		l = get_list(in, f->type);
		memcpy(to, &l, sizeof(l));
		return;
	case STORE_PSTR:
		made = get_pstr(in);
		break;
	case STORE_MAP:
		made = get_map(in, f->type);
		break;
	case STORE_PTR:
		made = get_pointer(
		    in, f->type->kind == KIND_PTR ? f->type->elem : f->type);
		break;
	default:
		get_plain(in, f, to);
		return;
	}
	memcpy(to, &made, sizeof(made));
}

/* ---- nodes ---- */

static void
keep_node(struct state_in *in, const struct node_part *node)
{
	if (in->node_count == in->node_room) {
		in->node_room = in->node_room ? in->node_room * 2 : 64;
		in->nodes = xrealloc(in->nodes, in->node_room, sizeof(void *));
	}
	in->nodes[in->node_count++] = shared_node(node);
}

/* It has numbers of its own, and the process keeps it. */
static void
read_node(struct state_in *in)
{
	struct state_in inner = {.at = in->at, .end = in->end};
	struct node_part node = {0};
	struct arena arena = {0};

	inner.arena = &arena;
	get_record(&inner, &type_node_part, &node);
	in->at = inner.at;
	if (inner.bad)
		give_up(in);
	else
		keep_node(in, &node);
	free(inner.known);
	arena_fini(&arena);
}

/* Borrowed from the file that is read; NULL and bad. */
static const struct node_part *
get_node(struct state_in *in)
{
	uint64_t head = state_get_number(in);

	if (head == 1) {
		read_node(in);
		head = in->node_count + 1;
	}
	if (in->bad || head < 2 || head - 2 >= in->node_count) {
		give_up(in);
		return NULL;
	}
	return in->nodes[head - 2];
}

static struct list
get_checks(struct state_in *in, const struct node_part *node)
{
	uint32_t own = get_count(in, 2), of_node = node->checks.count;
	struct list l = {.count = of_node + own, .not_nil = true};
	const void **all =
	    arena_array(in->arena, (size_t)l.count + 1, sizeof(*all));

	if (of_node)
		memcpy(all, node->checks.items, of_node * sizeof(*all));
	for (uint32_t i = 0; i < own && !in->bad; i++) {
		all[of_node + i] = get_pointer(in, &type_health_check);
		if (!all[of_node + i])
			give_up(in);
	}
	l.items = all;
	return l;
}

/* What an answer to `service` holds: its node is in other hands. */
static void
get_service(struct state_in *in, struct kept_service *s)
{
	const struct node_part *node = get_node(in);
	const struct type *type = &type_health_service;
	const struct record_part *parts = record_parts(type);

	s->part = get_pointer(in, parts[1].type);
	if (!node || !s->part) {
		give_up(in);
		return;
	}
	for (uint32_t i = 0; i < type->field_count && !in->bad; i++) {
		const struct field *f = &type->fields[i];

		if (f->through)
			continue;
		if (f->type == &type_health_checks)
			s->checks = get_checks(in, node);
		else
			get_field(in, f, (char *)s + f->offset);
	}
	if (str_equal(str_of_packed(s->address), str_of_packed(node->address)))
		s->address = node->address;
	if (!in->bad)
		s->node = shared_ref(node);
}

static void
get_parts(struct state_in *in, const struct type *type, void *to)
{
	const struct record_part *p = record_parts(type);

	for (; p && p->type; p++) {
		const void *part = get_pointer(in, p->type);

		if (!part)
			give_up(in);
		memcpy((char *)to + p->offset, &part, sizeof(part));
	}
}

static void
get_record(struct state_in *in, const struct type *type, void *to)
{
	if (type == &type_time) {
		get_time(in, to);
		return;
	}
	if (type == &type_health_service) {
		get_service(in, to);
		return;
	}
	get_parts(in, type, to);
	for (uint32_t i = 0; i < type->field_count && !in->bad; i++) {
		const struct field *f = &type->fields[i];

		if (!f->through)
			get_field(in, f, (char *)to + f->offset);
	}
}

/* ---- answers ---- */

/* Services that were read before the file proved bad. */
static void
drop_services(const struct state_in *in)
{
	for (size_t i = 0; i < in->known_count; i++) {
		const struct kept_service *s = in->known[i].ptr;

		if (in->known[i].what == &type_health_service && s->node)
			shared_unref(s->node);
	}
}

/* Each service has a node in its hands, so none may stand there twice. */
static bool
is_whole(const struct state_in *in, const struct value *v)
{
	size_t services = 0;

	for (size_t i = 0; i < in->known_count; i++)
		services += in->known[i].what == &type_health_service;
	if (v->type == &type_health_services && services != v->len)
		return false;
	return value_kind(v) != KIND_PTR || v->u.ptr;
}

struct answer *
state_get_answer(struct state_in *in, const struct type *type)
{
	struct answer *a = answer_new();
	struct value v;

	in->known_count = 0;
	in->arena = &a->arena;
	v = get_value(in, type);
	in->arena = NULL;
	if (!is_whole(in, &v))
		give_up(in);
	if (in->bad) {
		drop_services(in);
		answer_unref(&a);
		return NULL;
	}
	answer_shape_kept(a, &v);
	return a;
}

void
state_in_init(struct state_in *in, struct str bytes)
{
	*in = (struct state_in){
	    .at = (const void *)bytes.ptr,
	    .end = (const unsigned char *)bytes.ptr + bytes.len,
	};
}

void
state_in_fini(struct state_in *in)
{
	for (size_t i = 0; i < in->node_count; i++)
		shared_unref(in->nodes[i]);
	free(in->nodes);
	free(in->known);
}
