/* SPDX-License-Identifier: MIT */
/* The loop on which a command runs. */
#include "loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "libraries.h"

void
cmd_loop_init(uv_loop_t *loop)
{
	int rc;

	libraries_init();
	rc = uv_loop_init(loop);
	if (rc == 0)
		return;
	fprintf(stderr, "weir: cannot start: %s\n", uv_strerror(rc));
	exit(EXIT_FAILURE);
}
