/* SPDX-License-Identifier: MIT */
/*
 * Tasks that go live together: all of one HAProxy, or one alone. One check, one
 * swap, one reload for a group.
 */
#ifndef WEIR_CMD_GROUP_H
#define WEIR_CMD_GROUP_H

#include "weir/apply.h"
#include "weir/config.h"
#include "weir/plan.h"

struct group {
	const struct config_haproxy *haproxy; /* NULL: one task without */
	struct task **tasks;
	size_t count;
	/* the run command's: */
	struct apply *apply;      /* in progress */
	struct apply_file *files; /* of the apply in progress */
	bool wanted;        /* outputs differ from what was applied last */
	bool applied;       /* at least once, and nothing is wrong since */
	int64_t retry_at;   /* monotonic ms, 0: no retry */
	int64_t retry_ms;   /* the next pause */
	int64_t not_before; /* of the next apply: reload_interval */
	void *owner;
};

struct groups {
	struct group *items;
	size_t count;
};

struct groups groups_of(const struct plan *);
void groups_fini(struct groups *);
/* "haproxy main" or the template's name. */
const char *group_name(const struct group *);
/* Are all its tasks READY (or absent)? */
bool group_is_complete(const struct group *);
/* The files of its tasks that have output, in order; the caller frees. */
struct apply_file *group_files(const struct group *, size_t *count);

#endif
