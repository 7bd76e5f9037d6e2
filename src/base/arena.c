/* SPDX-License-Identifier: MIT */
/*
 * The chain of chunks behind an arena. The newest chunk is first in the chain
 * and is the one that is being filled; a request larger than a chunk gets one
 * of its own behind the first, so that the rest of the first is not lost.
 */
#include "weir/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/xalloc.h"

#define CHUNK_FIRST ((size_t)4096)
#define CHUNK_MOST  ((size_t)256 << 10)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of bytes[] */
	char bytes[] __attribute__((aligned(8)));
};

void
arena_init(struct arena *a, size_t first)
{
	*a = (struct arena){.chunk = (first + 7) & ~(size_t)7};
}

static void
free_chain(struct arena_chunk *c)
{
	while (c) {
		struct arena_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void
arena_fini(struct arena *a)
{
	free_chain(a->chunks);
	*a = (struct arena){0};
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk **at, **largest = &a->chunks, *keep;

	if (!a->chunks)
		return;
	for (at = &a->chunks; *at; at = &(*at)->next)
		if ((*at)->size > (*largest)->size)
			largest = at;
	keep = *largest;
	*largest = keep->next;
	free_chain(a->chunks);
	keep->next = NULL;
	a->chunks = keep;
	a->used = keep->size;
	a->at = keep->bytes;
	a->end = keep->bytes + keep->size;
}

static struct arena_chunk *
new_chunk(struct arena *a, size_t size)
{
	struct arena_chunk *c;

	if (size > SIZE_MAX - sizeof(*c))
		abort();
	c = xmalloc(sizeof(*c) + size);
	c->size = size;
	a->used += size;
	return c;
}

/* The slow half of arena_alloc: size is already rounded up. */
void *
arena_grow(struct arena *a, size_t size)
{
	struct arena_chunk *c;
	size_t room = a->chunk ? a->chunk : CHUNK_FIRST;

	if (a->chunks && size > room / 4) {
		c = new_chunk(a, size);
		c->next = a->chunks->next;
		a->chunks->next = c;
		return c->bytes;
	}
	c = new_chunk(a, size > room ? size : room);
	c->next = a->chunks;
	a->chunks = c;
	a->at = c->bytes + size;
	a->end = c->bytes + c->size;
	a->chunk = room * 2 > CHUNK_MOST ? CHUNK_MOST : room * 2;
	return c->bytes;
}

void *
arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

void *
arena_array(struct arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		abort();
	return arena_zalloc(a, total);
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_alloc(a, n + 1);

	if (n)
		memcpy(p, s, n);
	p[n] = 0;
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

struct str
arena_str(struct arena *a, struct str s)
{
	return (struct str){arena_strndup(a, s.ptr, s.len), s.len};
}

const struct pstr *
arena_pstr(struct arena *a, struct str s)
{
	struct pstr *p;

	if (s.len > UINT32_MAX - sizeof(*p) - 1)
		abort();
	p = arena_alloc(a, sizeof(*p) + s.len + 1);
	p->len = (uint32_t)s.len;
	if (s.len)
		memcpy(p->bytes, s.ptr, s.len);
	p->bytes[s.len] = 0;
	return p;
}

char *
arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *s, *copy;

	va_start(args, format);
	s = xvasprintf(format, args);
	va_end(args);
	copy = arena_strdup(a, s);
	free(s);
	return copy;
}
