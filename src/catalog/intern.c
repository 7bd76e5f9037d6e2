/* SPDX-License-Identifier: MIT */
/*
 * Strings, lists and maps kept once while an answer is built. One table for all
 * three: a string is found by its bytes, a list or a map by the pointers of its
 * (interned) strings. The table is freed after the answer is built; what it
 * found stays in the arena.
 */
#include <stdlib.h>
#include <string.h>

#include "weir/catalog.h"
#include "weir/xalloc.h"

enum sort { SORT_FREE, SORT_STRING, SORT_LIST, SORT_MAP };

struct slot {
	uint32_t hash;
	uint32_t count; /* of a list: strings; of a map: pairs */
	enum sort sort;
	const struct pstr *const *parts; /* of a list or map: what it is of */
	const void *made;
};

struct intern {
	struct arena *arena;
	struct arena parts; /* the keys of lists and maps */
	struct slot *slots;
	size_t size; /* a power of two, or 0 */
	size_t used;
	const struct pstr **scratch;
	size_t room;
};

struct intern *
intern_new(struct arena *arena)
{
	struct intern *in = xcalloc(1, sizeof(*in));

	in->arena = arena;
	return in;
}

void
intern_free(struct intern **inp)
{
	struct intern *in = *inp;

	if (!in)
		return;
	arena_fini(&in->parts);
	free(in->slots);
	free(in->scratch);
	free(in);
	*inp = NULL;
}

static void
grow(struct intern *in)
{
	struct slot *old = in->slots;
	size_t size = in->size;

	in->size = size ? size * 2 : 128;
	in->slots = xcalloc(in->size, sizeof(*in->slots));
	for (size_t i = 0; i < size; i++) {
		size_t at = old[i].hash & (in->size - 1);

		if (old[i].sort == SORT_FREE)
			continue;
		while (in->slots[at].sort != SORT_FREE)
			at = (at + 1) & (in->size - 1);
		in->slots[at] = old[i];
	}
	free(old);
}

/* The next slot to look at for this hash; *at starts at SIZE_MAX. */
static struct slot *
probe(struct intern *in, uint32_t hash, size_t *at)
{
	*at = *at == SIZE_MAX ? hash : *at + 1;
	*at &= in->size - 1;
	return &in->slots[*at];
}

const struct pstr *
intern_str(struct intern *in, struct str s)
{
	uint32_t hash;
	size_t at = SIZE_MAX;
	struct slot *slot;

	if (s.len == 0)
		return NULL;
	if (in->used * 4 >= in->size * 3)
		grow(in);
	hash = (uint32_t)str_hash(s);
	while ((slot = probe(in, hash, &at))->sort != SORT_FREE)
		if (slot->sort == SORT_STRING && slot->hash == hash &&
		    str_equal(str_of_packed(slot->made), s))
			return slot->made;
	*slot = (struct slot){.hash = hash,
	    .sort = SORT_STRING,
	    .made = arena_pstr(in->arena, s)};
	in->used++;
	return slot->made;
}

/* The slot of a list or map of these strings, perhaps a new one (made NULL). */
static struct slot *
find_parts(struct intern *in, enum sort sort, const struct pstr *const *parts,
    size_t count)
{
	size_t n = sort == SORT_MAP ? count * 2 : count, at = SIZE_MAX;
	uint64_t h = sort * 0x9e3779b97f4a7c15u + count;
	struct slot *slot;
	void *copy;

	if (in->used * 4 >= in->size * 3)
		grow(in);
	for (size_t i = 0; i < n; i++) {
		h = (h ^ (uintptr_t)parts[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
	}
	while ((slot = probe(in, (uint32_t)h, &at))->sort != SORT_FREE)
		if (slot->sort == sort && slot->hash == (uint32_t)h &&
		    slot->count == count &&
		    !memcmp(slot->parts, parts, n * sizeof(*parts)))
			return slot;
	copy = arena_alloc(&in->parts, n * sizeof(*parts));
	memcpy(copy, parts, n * sizeof(*parts));
	*slot = (struct slot){.hash = (uint32_t)h,
	    .count = (uint32_t)count,
	    .sort = sort,
	    .parts = copy};
	in->used++;
	return slot;
}

struct list
intern_strs(struct intern *in, const struct str *strs, size_t count)
{
	struct list list = {.count = (uint32_t)count, .not_nil = true};
	struct slot *slot;
	struct str *items;

	if (count == 0)
		return list;
	if (count > in->room) {
		in->room = count * 2;
		in->scratch =
		    xrealloc(in->scratch, in->room, sizeof(*in->scratch));
	}
	for (size_t i = 0; i < count; i++)
		in->scratch[i] = intern_str(in, strs[i]);
	slot = find_parts(in, SORT_LIST, in->scratch, count);
	if (!slot->made) {
		items = arena_alloc(in->arena, count * sizeof(*items));
		for (size_t i = 0; i < count; i++)
			items[i] = str_of_packed(in->scratch[i]);
		slot->made = items;
	}
	list.items = slot->made;
	return list;
}

const struct map *
intern_map(struct intern *in, const struct pstr **pairs, size_t count)
{
	static const struct pstr *const none[1];
	struct slot *slot =
	    find_parts(in, SORT_MAP, count ? pairs : none, count);

	if (!slot->made)
		slot->made = map_of_pairs(in->arena, pairs, count);
	return slot->made;
}
