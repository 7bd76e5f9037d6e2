/* SPDX-License-Identifier: MIT */
/*
 * Copies a value with all that it holds into an arena of just its size. Walks
 * the type descriptors, once to measure, once to copy; what several places
 * point to is copied once.
 */
#ifndef WEIR_CATALOG_PACK_H
#define WEIR_CATALOG_PACK_H

#include "weir/value.h"

/* Zero-initialise. */
struct pack {
	struct arena *to;
	bool measuring;
	bool mark;        /* control characters are marked in the copy */
	bool has_control; /* a string that was copied has one */
	size_t total;
	/* from[i] was copied to made[i]; NULL: measured, not yet copied */
	const void **from;
	const void **made;
	size_t size, used;
};

/* What ptr points to is not copied: it outlives the copy. */
void pack_keep(struct pack *, const void *ptr);
/* The value in the arena, which is initialised here. */
struct value pack_value(struct pack *, struct arena *, const struct value *);
void pack_fini(struct pack *);

#endif
