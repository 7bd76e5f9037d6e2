/* SPDX-License-Identifier: MIT */
/*
 * Who runs, as one question to one socket tells it, and what two such answers
 * say of the reload that lies between them.
 */
#ifndef HAPROXY_SCENE_H
#define HAPROXY_SCENE_H

#include "weir/haproxy.h"

struct scene {
	bool known;
	struct haproxy_processes processes; /* "show proc", master socket */
	pid_t worker;                       /* "show info", stats socket */
};

/* -1: the reply tells nothing. */
int scene_read(struct scene *, const struct haproxy_reply *, bool is_master);
void scene_fini(struct scene *);
/* "Pid: 123" of `show info`; 0: none. */
pid_t scene_info_pid(struct str text);

/* A current worker that was not there before; 0: none. */
pid_t scene_fresh_worker(const struct scene *before, const struct scene *after);
/* Has the master tried, and counts it as failed? Before 2.5 it counts nothing,
 * but answers only when it has done what it was told. */
bool scene_has_failed(const struct scene *before, const struct scene *after);
/* -1: unknown. */
int scene_old_workers(const struct scene *);

#endif
