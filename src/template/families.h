/* SPDX-License-Identifier: MIT */
/* The tables of functions, one for each func_*.c. */
#ifndef WEIR_TEMPLATE_FAMILIES_H
#define WEIR_TEMPLATE_FAMILIES_H

#include "weir/template.h"

extern const struct func_family family_encoding, family_sprig_dicts,
    family_sprig_lists, family_sprig_math, family_sprig_types;
extern const struct func_family family_engine;

#endif
