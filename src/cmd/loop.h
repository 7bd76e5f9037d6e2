/* SPDX-License-Identifier: MIT */
/* The loop on which a command runs. */
#ifndef WEIR_CMD_LOOP_H
#define WEIR_CMD_LOOP_H

#include <uv.h>

/* Called before anything else is opened: a command that can't have a loop says
 * so and exits with 1. */
void cmd_loop_init(uv_loop_t *);

#endif
