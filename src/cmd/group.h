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
	bool wanted;         /* outputs differ from what was applied last */
	bool applied;        /* at least once, and nothing is wrong since */
	int64_t retry_at;    /* monotonic ms, 0: no retry */
	int64_t retry_ms;    /* the next pause */
	int64_t not_before;  /* of the next reload: reload_interval */
	struct live *live;   /* what is known of its HAProxy; NULL: nothing */
	bool watched;        /* live looks after it between applies */
	int64_t defer_until; /* a reload waits, monotonic ms; 0: none */
	bool deferred;       /* … and the log says so */
	struct apply_lock *lock; /* on its files; NULL: none */
	char *lock_path;         /* the destination that it is named after */
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
/* The destination that its lock is named after: the first of the HAProxy's in
 * the configuration, whichever templates are chosen. NULL: no HAProxy. */
const char *group_lock_name(const struct config *, const struct group *);
/* Are all its tasks READY (or absent)? */
bool group_is_complete(const struct group *);
/* The files of its tasks that have output, in order; the caller frees. */
struct apply_file *group_files(const struct group *, size_t *count);

#endif
