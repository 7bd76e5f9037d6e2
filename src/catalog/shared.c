/* SPDX-License-Identifier: MIT */
/*
 * One hash table of the process, by content. It goes away with its last entry,
 * so that who frees all answers has freed everything.
 */
#include "shared.h"

#include <stdlib.h>

#include "pack.h"
#include "weir/xalloc.h"

struct shared {
	struct shared *next; /* of the same bucket */
	uint64_t hash;
	uint32_t refs;
	bool has_control;
	const struct node_part *node;
	struct arena arena;
};

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
make(uint64_t hash, const struct node_part *node)
{
	struct shared *s = xcalloc(1, sizeof(*s));
	struct node_part source = *node;
	struct value v = value_ptr(&type_node_part_ptr, &source);
	struct pack p = {0};

	source.self = s;
	pack_keep(&p, &record_no_definition);
	s->hash = hash;
	s->node = pack_value(&p, &s->arena, &v).u.ptr;
	s->has_control = p.has_control;
	pack_fini(&p);
	return s;
}

static uint64_t
add(uint64_t hash, uint64_t more)
{
	return hash * 0x9e3779b97f4a7c15u + more;
}

static uint64_t
hash_node(const struct node_part *node)
{
	const struct kept_check *const *checks = node->checks.items;
	uint64_t h = str_hash(str_of_packed(node->node));

	h = add(h, str_hash(str_of_packed(node->id)));
	h = add(h, str_hash(str_of_packed(node->address)));
	for (uint32_t i = 0; i < node->checks.count; i++)
		h = add(h, checks[i]->modify_index);
	return h ^ h >> 32;
}

const struct node_part *
shared_node(const struct node_part *node)
{
	uint64_t hash = hash_node(node);
	struct value v = value_ptr(&type_node_part_ptr, node);
	struct shared *s;

	if (used >= size)
		resize(size ? size * 2 : 64);
	for (s = buckets[hash & (size - 1)]; s; s = s->next) {
		struct value other = value_ptr(&type_node_part_ptr, s->node);

		if (s->hash == hash && value_equal_deep(&other, &v))
			break;
	}
	if (!s) {
		s = make(hash, node);
		s->next = buckets[hash & (size - 1)];
		buckets[hash & (size - 1)] = s;
		used++;
	}
	s->refs++;
	return s->node;
}

const struct node_part *
shared_ref(const struct node_part *node)
{
	node->self->refs++;
	return node;
}

void
shared_unref(const struct node_part *node)
{
	struct shared *s = node->self;
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

bool
shared_has_control(const struct node_part *node)
{
	return node->self->has_control;
}

size_t
shared_count(void)
{
	return used;
}
