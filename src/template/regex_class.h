/* SPDX-License-Identifier: MIT */
/* \p{name} and \P{name}, as Go's package regexp knows names. */
#ifndef WEIR_TEMPLATE_REGEX_CLASS_H
#define WEIR_TEMPLATE_REGEX_CLASS_H

#include <stdbool.h>

#include "weir/buf.h"
#include "weir/str.h"

/* Writes the class for RE2; in_class: within brackets. False, and nothing is
 * written, if Go does not know the name. */
bool regex_class_put(
    struct buf *, struct str name, bool negated, bool in_class);

#endif
