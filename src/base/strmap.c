/* SPDX-License-Identifier: MIT */
/*
 * Entries lie in an array in the order of insertion; a separate open-addressed
 * index of entry numbers finds them, so iterating is walking the array. The
 * hash is SipHash-1-3 (Aumasson and Bernstein) with a key drawn once per
 * process.
 */
#include "weir/strmap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "weir/xalloc.h"

/* An index slot holds an entry's number + 1. */
#define SLOT_EMPTY   0
#define SLOT_DELETED UINT32_MAX
#define FIRST_SLOTS  8

static uint64_t
rotate(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline __attribute__((always_inline)) void
mix(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static const uint64_t *
hash_key(void)
{
	static uint64_t key[2];
	static bool is_drawn;

	if (!is_drawn) {
		if (getrandom(key, sizeof(key), GRND_NONBLOCK) !=
		    (ssize_t)sizeof(key)) {
			struct timespec now;

			/* Early in boot: worse, but no reason to wait. */
			clock_gettime(CLOCK_MONOTONIC, &now);
			key[0] =
			    (uint64_t)now.tv_nsec << 32 ^ (uint64_t)now.tv_sec;
			key[1] = (uint64_t)(uintptr_t)&now;
		}
		is_drawn = true;
	}
	return key;
}

uint64_t
str_hash(struct str s)
{
	const uint64_t *key = hash_key();
	uint64_t word, v[4] = {
			   key[0] ^ 0x736f6d6570736575u,
			   key[1] ^ 0x646f72616e646f6du,
			   key[0] ^ 0x6c7967656e657261u,
			   key[1] ^ 0x7465646279746573u,
		       };
	size_t i;

	for (i = 0; i + 8 <= s.len; i += 8) {
		memcpy(&word, s.ptr + i, 8);
		v[3] ^= word;
		mix(v);
		v[0] ^= word;
	}
	word = (uint64_t)s.len << 56;
	if (s.len > i)
		memcpy(&word, s.ptr + i, s.len - i);
	word |= (uint64_t)s.len << 56;
	v[3] ^= word;
	mix(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	for (int n = 0; n < 3; n++)
		mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
strmap_fini(struct strmap *m)
{
	for (size_t i = 0; i < m->used; i++)
		free((void *)(uintptr_t)m->entries[i].key.ptr);
	free(m->entries);
	free(m->index);
	*m = (struct strmap){0};
}

/* The slot that holds the key, or NULL. */
static uint32_t *
find(const struct strmap *m, struct str key, uint64_t hash)
{
	size_t mask = m->slots - 1;

	if (m->slots == 0)
		return NULL;
	for (size_t at = hash & mask;; at = (at + 1) & mask) {
		uint32_t n = m->index[at];

		if (n == SLOT_EMPTY)
			return NULL;
		if (n != SLOT_DELETED && m->entries[n - 1].hash == hash &&
		    str_equal(m->entries[n - 1].key, key))
			return &m->index[at];
	}
}

static void
index_entry(struct strmap *m, size_t entry)
{
	size_t mask = m->slots - 1, at = m->entries[entry].hash & mask;

	while (m->index[at] != SLOT_EMPTY && m->index[at] != SLOT_DELETED)
		at = (at + 1) & mask;
	m->index[at] = (uint32_t)entry + 1;
}

/* Room for one more entry: deleted ones are squeezed out, and the index is made
 * anew with at least a third of its slots empty. */
static void
make_room(struct strmap *m)
{
	size_t live = 0, slots = FIRST_SLOTS;

	for (size_t i = 0; i < m->used; i++)
		if (m->entries[i].key.ptr)
			m->entries[live++] = m->entries[i];
	m->used = live;
	while (slots * 2 / 3 < live + live / 2 + 1)
		slots *= 2;
	if (slots >= UINT32_MAX)
		abort();
	m->capacity = slots * 2 / 3;
	m->entries = xrealloc(m->entries, m->capacity, sizeof(*m->entries));
	free(m->index);
	m->index = xcalloc(slots, sizeof(*m->index));
	m->slots = slots;
	for (size_t i = 0; i < m->used; i++)
		index_entry(m, i);
}

void *
strmap_get(const struct strmap *m, struct str key)
{
	uint32_t *slot = find(m, key, m->count ? str_hash(key) : 0);

	return slot ? m->entries[*slot - 1].value : NULL;
}

void *
strmap_get_hashed(const struct strmap *m, struct str key, uint64_t hash)
{
	uint32_t *slot = find(m, key, hash);

	return slot ? m->entries[*slot - 1].value : NULL;
}

bool
strmap_has(const struct strmap *m, struct str key)
{
	return find(m, key, m->count ? str_hash(key) : 0) != NULL;
}

void *
strmap_put(struct strmap *m, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	uint32_t *slot = find(m, key, hash);
	char *copy;

	if (slot) {
		void *was = m->entries[*slot - 1].value;

		m->entries[*slot - 1].value = value;
		return was;
	}
	if (m->used == m->capacity)
		make_room(m);
	copy = xmalloc(key.len + 1);
	if (key.len)
		memcpy(copy, key.ptr, key.len);
	copy[key.len] = 0;
	m->entries[m->used] =
	    (struct strmap_entry){{copy, key.len}, hash, value};
	index_entry(m, m->used);
	m->used++;
	m->count++;
	return NULL;
}

void *
strmap_take(struct strmap *m, struct str key)
{
	uint32_t *slot = find(m, key, m->count ? str_hash(key) : 0);
	struct strmap_entry *e;
	void *value;

	if (!slot)
		return NULL;
	e = &m->entries[*slot - 1];
	*slot = SLOT_DELETED;
	value = e->value;
	free((void *)(uintptr_t)e->key.ptr);
	*e = (struct strmap_entry){0};
	m->count--;
	return value;
}

struct strmap_entry *
strmap_next(const struct strmap *m, size_t *at)
{
	while (*at < m->used) {
		struct strmap_entry *e = &m->entries[(*at)++];

		if (e->key.ptr)
			return e;
	}
	return NULL;
}
