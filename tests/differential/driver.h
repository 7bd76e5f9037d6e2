/* SPDX-License-Identifier: MIT */
/* What a program adds to driver.c: shims.c or functions.c. */
#ifndef WEIR_TESTS_DRIVER_H
#define WEIR_TESTS_DRIVER_H

#include "weir/template.h"

/* Functions beside template_families; NULL: none. */
extern const struct func_family *const *const driver_families;
/* render->data of the next execution. */
void *driver_data(void);

#endif
