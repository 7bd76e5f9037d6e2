/* SPDX-License-Identifier: MIT */
/* The functions that both sides of the comparison know beside Go's own. */
#ifndef WEIR_TESTS_SHIMS_H
#define WEIR_TESTS_SHIMS_H

#include "weir/template.h"

extern const struct func_family family_shims;

#endif
