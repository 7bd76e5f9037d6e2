/* SPDX-License-Identifier: MIT */
/*
 * One hash table of the process, by content. It goes away with its last entry,
 * so that who frees all answers has freed everything.
 */
#include "shared.h"

#include <stdlib.h>

#include "pack.h"
#include "record.h"
#include "weir/xalloc.h"

struct shared {
	struct shared *next; /* of the same bucket */
	uint64_t hash;
	uint32_t refs;
	const struct type *type;
	const void *record;
	struct arena arena;
};

struct node_part {
	const struct pstr *node, *id, *address;
	const struct map *tagged_addresses, *meta;
};

#define FIELD(member, as, of)                                                \
	{                                                                    \
		.type = &(of), .offset = offsetof(struct node_part, member), \
		.store = STORE_##as                                          \
	}
static const struct field node_part_fields[] = {
    FIELD(node, PSTR, type_string),
    FIELD(id, PSTR, type_string),
    FIELD(address, PSTR, type_string),
    FIELD(tagged_addresses, MAP, type_map_string_string),
    FIELD(meta, MAP, type_map_string_string),
};
static const struct type type_node_part = {.kind = KIND_STRUCT,
    .name = "node",
    .size = sizeof(struct node_part),
    .fields = node_part_fields,
    .field_count = sizeof(node_part_fields) / sizeof(node_part_fields[0])};
static const struct type type_node_part_ptr = {
    .kind = KIND_PTR, .name = "*node", .elem = &type_node_part};

static struct shared **buckets;
static size_t size, used;

static void
resize(size_t new_size)
{
	struct shared **old = buckets;
	size_t old_size = size;

	size = new_size;
	buckets = xcalloc(size, sizeof(*buckets));
	for (size_t i = 0; i < old_size; i++) {
		struct shared *s, *next;

		for (s = old[i]; s; s = next) {
			struct shared **head = &buckets[s->hash & (size - 1)];

			next = s->next;
			s->next = *head;
			*head = s;
		}
	}
	free(old);
}

static struct shared *
make(uint64_t hash, const struct value *v)
{
	struct shared *s = xcalloc(1, sizeof(*s));
	struct pack p = {0};

	if (v->type == &type_health_check_ptr)
		pack_keep(&p, &record_no_definition);
	s->hash = hash;
	s->type = v->type;
	s->record = pack_value(&p, &s->arena, v).u.ptr;
	pack_fini(&p);
	return s;
}

/* What is kept for the record that v points to. */
static struct shared *
take(uint64_t hash, const struct value *v)
{
	struct shared *s;

	if (used >= size)
		resize(size ? size * 2 : 64);
	for (s = buckets[hash & (size - 1)]; s; s = s->next) {
		struct value other = value_ptr(s->type, s->record);

		if (s->hash == hash && s->type == v->type &&
		    value_equal_deep(&other, v))
			break;
	}
	if (!s) {
		s = make(hash, v);
		s->next = buckets[hash & (size - 1)];
		buckets[hash & (size - 1)] = s;
		used++;
	}
	s->refs++;
	return s;
}

static uint64_t
add(uint64_t hash, const struct pstr *s)
{
	return hash * 0x9e3779b97f4a7c15u + str_hash(str_of_packed(s));
}

struct shared *
shared_check(const struct health_check *c)
{
	struct value v = value_ptr(&type_health_check_ptr, c);

	return take(
	    add(add(add(c->modify_index, c->node), c->check_id), c->output),
	    &v);
}

struct shared *
shared_node(const struct health_service *s)
{
	struct node_part part = {s->node, s->node_id, s->node_address,
	    s->node_tagged_addresses, s->node_meta};
	struct value v = value_ptr(&type_node_part_ptr, &part);

	return take(add(add(add(1, s->node), s->node_id), s->node_address), &v);
}

void
shared_unref(struct shared *s)
{
	struct shared **at = &buckets[s->hash & (size - 1)];

	if (--s->refs)
		return;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	arena_fini(&s->arena);
	free(s);
	if (--used == 0) {
		free(buckets);
		buckets = NULL;
		size = 0;
	}
}

const struct health_check *
shared_as_check(const struct shared *s)
{
	return s->record;
}

void
shared_put_node(const struct shared *s, struct health_service *to)
{
	const struct node_part *part = s->record;

	to->node = part->node;
	to->node_id = part->id;
	to->node_address = part->address;
	to->node_tagged_addresses = part->tagged_addresses;
	to->node_meta = part->meta;
}

size_t
shared_count(void)
{
	return used;
}
