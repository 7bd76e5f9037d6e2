/* SPDX-License-Identifier: MIT */
/* Types beside type_time that its methods give. */
#ifndef WEIR_TEMPLATE_MOMENT_TYPE_H
#define WEIR_TEMPLATE_MOMENT_TYPE_H

#include "weir/value.h"

extern const struct type type_month, type_weekday;

#endif
