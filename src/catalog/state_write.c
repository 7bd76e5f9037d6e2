/* SPDX-License-Identifier: MIT */
/*
 * Values to the state file, in pieces of 64 kB, so that tens of megabytes need
 * no memory of their own. Only reads what it is given: it may run beside the
 * loop.
 */
#include "state_value.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "weir/file.h"
#include "weir/xalloc.h"

#define PIECE_BYTES ((size_t)64 << 10)

const char state_string;

/* ---- bytes ---- */

static void
flush(struct state_out *o)
{
	struct str piece = buf_as_str(&o->piece);

	EVP_DigestUpdate(o->digest, piece.ptr, piece.len);
	if (!o->error && file_write_all(o->fd, piece) < 0)
		o->error = errno;
	o->total += piece.len;
	buf_reset(&o->piece);
}

static void
put(struct state_out *o, const void *bytes, size_t n)
{
	if (o->piece.len + n > PIECE_BYTES)
		flush(o);
	buf_put(&o->piece, bytes, n);
}

void
state_put_raw(struct state_out *o, struct str s)
{
	put(o, s.ptr, s.len);
}

void
state_put_number(struct state_out *o, uint64_t n)
{
	unsigned char bytes[10];
	size_t len = 0;

	do {
		bytes[len] = (unsigned char)(n & 0x7f);
		n >>= 7;
		bytes[len++] |= n ? 0x80 : 0;
	} while (n);
	put(o, bytes, len);
}

void
state_put_str(struct state_out *o, struct str s)
{
	state_put_number(o, s.len);
	put(o, s.ptr, s.len);
}

/* ---- what was met ---- */

static struct met_slot *
find_slot(const struct met *m, const void *ptr, const void *what, uint32_t n)
{
	uint64_t h = ((uintptr_t)ptr + n) * 0x9e3779b97f4a7c15u;
	size_t at = (h >> 32) & (m->size - 1);
	struct met_slot *s;

	for (;; at = (at + 1) & (m->size - 1)) {
		s = &m->slots[at];
		if (s->round != m->round ||
		    (s->ptr == ptr && s->what == what && s->count == n))
			return s;
	}
}

static void
grow(struct met *m)
{
	struct met old = *m;

	m->size = old.size ? old.size * 2 : 256;
	m->slots = xcalloc(m->size, sizeof(*m->slots));
	for (size_t i = 0; i < old.size; i++) {
		const struct met_slot *s = &old.slots[i];

		if (s->round == m->round)
			*find_slot(m, s->ptr, s->what, s->count) = *s;
	}
	free(old.slots);
}

static void
start_round(struct met *m)
{
	m->round++;
	m->used = 0;
	m->next = 0;
}

/* Writes the head; true if the thing itself is to follow. */
static bool
put_head(struct state_out *o, struct met *m, const void *ptr, const void *what,
    uint32_t count)
{
	struct met_slot *s;

	if (!ptr) {
		state_put_number(o, 0);
		return false;
	}
	if (m->used * 4 >= m->size * 3)
		grow(m);
	s = find_slot(m, ptr, what, count);
	if (s->round == m->round) {
		state_put_number(o, (uint64_t)s->number + 2);
		return false;
	}
	*s = (struct met_slot){ptr, what, count, m->next++, m->round};
	m->used++;
	state_put_number(o, 1);
	return true;
}

/* ---- values ---- */

static void put_record(struct state_out *, const struct type *, const void *);
static void put_value(struct state_out *, const struct value *);

static void
put_pstr(struct state_out *o, const struct pstr *s)
{
	if (s && !s->len)
		s = NULL;
	if (put_head(o, o->met, s, &state_string, 0))
		state_put_str(o, str_of_packed(s));
}

static void
put_pointer(struct state_out *o, const struct type *type, const void *record)
{
	if (record == &record_no_definition)
		record = NULL;
	if (put_head(o, o->met, record, type, 0))
		put_record(o, type, record);
}

static void
put_items(struct state_out *o, const struct type *slice, const void *items,
    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (slice->elem_store == STORE_STR)
			state_put_str(o, ((const struct str *)items)[i]);
		else if (slice->elem_store == STORE_PTR)
			put_pointer(o, slice->elem->elem,
			    ((const void *const *)items)[i]);
		else
			put_record(o, slice->elem,
			    (const char *)items + i * slice->elem->size);
	}
}

static void
put_list(struct state_out *o, const struct type *slice, const struct list *l)
{
	state_put_number(o, (uint64_t)l->count << 1 | l->not_nil);
	if (l->count && put_head(o, o->met, l->items, slice, l->count))
		put_items(o, slice, l->items, l->count);
}

static const struct pstr *
packed(const struct value *v)
{
	return v->len ? (const void *)(v->u.str - offsetof(struct pstr, bytes))
		      : NULL;
}

static void
put_map(struct state_out *o, const struct type *type, const struct map *map)
{
	bool frozen = type == &type_map_string_string;

	if (!put_head(o, o->met, map, type, 0))
		return;
	state_put_number(o, map_count(map));
	for (size_t i = 0; i < map_count(map); i++) {
		struct map_entry e = map_at(map, i);

		if (frozen) {
			put_pstr(o, packed(&e.key));
			put_pstr(o, packed(&e.value));
		} else {
			state_put_str(o, value_as_str(&e.key));
			put_value(o, &e.value);
		}
	}
}

static void
put_time(struct state_out *o, const void *moment)
{
	const struct value v = {.type = &type_time, .u.ptr = moment};
	struct buf text = {0};

	value_time_write(&v, &text);
	state_put_str(o, buf_as_str(&text));
	buf_fini(&text);
}

static void
put_value(struct state_out *o, const struct value *v)
{
	struct list list = {v->u.items, v->len, v->not_nil};

	state_put_number(o, v->type != NULL);
	switch (value_kind(v)) {
	case KIND_INVALID:
		break;
	case KIND_STRING:
		state_put_str(o, value_as_str(v));
		break;
	case KIND_SLICE:
		put_list(o, v->type, &list);
		break;
	case KIND_PTR:
		put_pointer(o, v->type->elem, v->u.ptr);
		break;
	case KIND_STRUCT:
		put_pointer(o, v->type, v->u.ptr);
		break;
	default:
		assert(!"a type of the records");
	}
}

static uint64_t
plain(const struct field *f, const void *at)
{
	struct value v = value_load(f->type, f->store, at);

	if (f->store == STORE_BOOL)
		return v.u.b;
	/* Zigzag, so that what is negative stays short. */
	if (f->store == STORE_I32 || f->store == STORE_I64)
		return (uint64_t)v.u.i << 1 ^ (uint64_t)(v.u.i >> 63);
	assert(f->store == STORE_U64);
	return v.u.u;
}

static void
put_field(struct state_out *o, const struct field *f, const void *at)
{
	switch (f->store) {
	case STORE_STRUCT:
		put_record(o, f->type, at);
		break;
	case STORE_VALUE:
		put_value(o, at);
		break;
	case STORE_LIST:
		put_list(o, f->type, at);
		break;
	case STORE_PSTR:
		put_pstr(o, *(const struct pstr *const *)at);
		break;
	case STORE_MAP:
		put_map(o, f->type, *(const struct map *const *)at);
		break;
	case STORE_PTR:
		put_pointer(o,
		    f->type->kind == KIND_PTR ? f->type->elem : f->type,
		    *(const void *const *)at);
		break;
	default:
		state_put_number(o, plain(f, at));
	}
}

static void
put_node(struct state_out *o, const struct node_part *node)
{
	if (!put_head(o, &o->nodes, node, &type_node_part, 0))
		return;
	start_round(&o->of_node);
	o->met = &o->of_node;
	put_record(o, &type_node_part, node);
	o->met = &o->things;
}

/* The checks of its node are not repeated. */
static void
put_own_checks(struct state_out *o, const struct kept_service *s)
{
	const void *const *checks = s->checks.items;
	uint32_t of_node = s->node->checks.count;

	assert(s->checks.count >= of_node);
	state_put_number(o, s->checks.count - of_node);
	for (uint32_t i = of_node; i < s->checks.count; i++)
		put_pointer(o, &type_health_check, checks[i]);
}

static void
put_parts(struct state_out *o, const struct type *type, const void *record)
{
	const struct record_part *p = record_parts(type);

	for (; p && p->type; p++) {
		const void *part =
		    *(const void *const *)(const void *)((const char *)record +
							 p->offset);

		if (p->type == &type_node_part)
			put_node(o, part);
		else
			put_pointer(o, p->type, part);
	}
}

static void
put_record(struct state_out *o, const struct type *type, const void *record)
{
	if (type == &type_time) {
		put_time(o, record);
		return;
	}
	put_parts(o, type, record);
	for (uint32_t i = 0; i < type->field_count; i++) {
		const struct field *f = &type->fields[i];

		if (f->through)
			continue;
		if (f->type == &type_health_checks &&
		    type == &type_health_service)
			put_own_checks(o, record);
		else
			put_field(o, f, (const char *)record + f->offset);
	}
}

void
state_put_answer(struct state_out *o, const struct answer *a)
{
	start_round(&o->things);
	put_value(o, &a->value);
}

/* ---- life ---- */

void
state_out_init(struct state_out *o, int fd)
{
	*o = (struct state_out){.fd = fd, .digest = EVP_MD_CTX_new()};
	if (!o->digest || !EVP_DigestInit_ex(o->digest, EVP_sha256(), NULL))
		abort();
	o->met = &o->things;
	start_round(&o->nodes);
}

void
state_out_fini(struct state_out *o)
{
	EVP_MD_CTX_free(o->digest);
	buf_fini(&o->piece);
	free(o->nodes.slots);
	free(o->things.slots);
	free(o->of_node.slots);
}

int
state_out_finish(struct state_out *o)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned len;

	flush(o);
	EVP_DigestFinal_ex(o->digest, sum, &len);
	o->total += len;
	if (!o->error &&
	    file_write_all(o->fd, (struct str){(const char *)sum, len}) < 0)
		o->error = errno;
	errno = o->error;
	return o->error ? -1 : 0;
}
