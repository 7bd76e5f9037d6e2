/* SPDX-License-Identifier: MIT */
/* How go-spew shows values: dumps over many lines, and %v with types. Where
 * go-spew prints an address, there is one; keys are sorted. */
#ifndef WEIR_TEMPLATE_SPEW_H
#define WEIR_TEMPLATE_SPEW_H

#include "weir/value.h"

/* spew.Sdump of one value, with its new line. */
void spew_dump(struct buf *, const struct value *);
/* spew.Sprintf. */
void spew_printf(
    struct buf *, struct str format, const struct value *args, size_t count);

#endif
