/* SPDX-License-Identifier: MIT */
/* TOML as BurntSushi's encoder 1.5 writes it, with its messages. */
#ifndef WEIR_TEMPLATE_TOML_H
#define WEIR_TEMPLATE_TOML_H

#include "weir/error.h"
#include "weir/value.h"

/* v is any value but a nil interface. -1 and the message for what TOML can't
 * hold; what the buffer holds then has no meaning. */
int toml_encode(struct buf *, const struct value *v, struct error *);

#endif
