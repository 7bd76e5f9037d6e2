/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Hash table from strings to pointers. Iterates in the order of insertion, so
 * that what is printed from it is stable. The hash is keyed per process: who
 * chooses the keys cannot choose the collisions.
 */
#ifndef WEIR_STRMAP_H
#define WEIR_STRMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/str.h"

struct strmap_entry {
	struct str
	    key; /* owned by the map, NUL-terminated; NULL ptr: deleted */
	uint64_t hash;
	void *value; /* borrowed: the map frees keys, never values */
};

/* Zero-initialise. */
struct strmap {
	struct strmap_entry *entries;
	uint32_t *index;
	size_t used;     /* entries in use, deleted ones included */
	size_t count;    /* live entries */
	size_t capacity; /* of entries */
	size_t slots;    /* of index, a power of two */
};

uint64_t str_hash(struct str);

void strmap_fini(struct strmap *);
/* NULL if absent. */
void *strmap_get(const struct strmap *, struct str key);
/* The same; hash is str_hash(key), for who asks often. */
void *strmap_get_hashed(const struct strmap *, struct str key, uint64_t hash);
bool strmap_has(const struct strmap *, struct str key);
/* Copies the key; returns the value that was there before, or NULL. */
void *strmap_put(struct strmap *, struct str key, void *value);
/* Returns the value that was there, or NULL. */
void *strmap_take(struct strmap *, struct str key);
/* for (size_t i = 0; (e = strmap_next(m, &i));) — in order of insertion.
 * Taking the entry in hand is allowed while iterating; putting is not. */
struct strmap_entry *strmap_next(const struct strmap *, size_t *at);

#endif
