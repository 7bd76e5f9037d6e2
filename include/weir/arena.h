/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Memory that is freed all at once: a chain of chunks, a pointer that moves.
 * One arena holds a parse tree, another one render, another one answer.
 */
#ifndef WEIR_ARENA_H
#define WEIR_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/str.h"

struct arena_chunk;

/* Zero-initialise or arena_init. chunk is the size of the next chunk. */
struct arena {
	char *at;
	char *end;
	struct arena_chunk *chunks;
	size_t chunk;
	size_t used; /* bytes of all chunks, for metrics and limits */
};

/* first: size of the first chunk in bytes, 0 for the default (4 KiB); chunks
 * double up to 256 KiB. Allocates nothing yet. */
void arena_init(struct arena *, size_t first);
/* Frees everything; the arena can be used again. */
void arena_fini(struct arena *);
/* Forgets everything but keeps the largest chunk, so that the next use of the
 * same size allocates nothing. */
void arena_reset(struct arena *);

void *arena_grow(struct arena *, size_t size);

/* Aligned to 8, uninitialised, never NULL; lives until reset or fini. */
static inline void *
arena_alloc(struct arena *a, size_t size)
{
	char *p = a->at;

	size = (size + 7) & ~(size_t)7;
	if (!p || (size_t)(a->end - p) < size)
		return arena_grow(a, size);
	a->at = p + size;
	return p;
}

void *arena_zalloc(struct arena *, size_t size);
/* count * size, zeroed; aborts on overflow. */
void *arena_array(struct arena *, size_t count, size_t size);
/* Copies, NUL-terminated. */
char *arena_strdup(struct arena *, const char *);
char *arena_strndup(struct arena *, const char *, size_t);
struct str arena_str(struct arena *, struct str);
/* A packed copy. */
const struct pstr *arena_pstr(struct arena *, struct str);
char *arena_printf(struct arena *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
