/* SPDX-License-Identifier: MIT */
/* Which HAProxy runs, or would: asked by weir diff, which changes nothing. */
#ifndef WEIR_CMD_RUNS_H
#define WEIR_CMD_RUNS_H

#include "gather.h"
#include "weir/apply.h"
#include "weir/haproxy.h"

struct runs {
	struct haproxy_version version; /* 0.0: nobody knows */
	bool answers;                   /* the stats socket does */
	pid_t pid;                      /* then: of the worker */
	char *loaded[LIVE_FILES];       /* to live_files_commands */
	struct buf said;                /* "HAProxy 2.6.12 runs" */
};
/* The stats socket, else the binary. On the gather's loop. */
void runs_ask(struct runs *, struct gather *, const struct config_haproxy *);
void runs_fini(struct runs *);

#endif
