/* SPDX-License-Identifier: MIT */
/* Environment variables as templates see them. */
#ifndef WEIR_PLAN_ENV_H
#define WEIR_PLAN_ENV_H

#include "weir/config.h"

/* Borrowed from the configuration or the environment; NULL: not set. c may be
 * NULL. */
const char *env_lookup(const struct config_consul *c, const char *name);

#endif
