/* SPDX-License-Identifier: MIT */
/* How much room Go's append leaves behind the end of a slice: what spew shows,
 * and slicing reaches. */
#ifndef WEIR_TEMPLATE_CAPACITY_H
#define WEIR_TEMPLATE_CAPACITY_H

#include "weir/value.h"

/* The room of a slice of that type that had room for `room` elements, after one
 * append that makes it `count` long. */
size_t capacity_append(const struct type *, size_t room, size_t count);
/* The same after appends of one element each. */
size_t capacity_grown(const struct type *, size_t room, size_t count);

#endif
