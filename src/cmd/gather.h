/* SPDX-License-Identifier: MIT */
/*
 * One complete rendering: what render, diff, check and snapshot share. Loads
 * the configuration, asks the source until every template has its data, says
 * what it waits for, gives up at the timeout.
 */
#ifndef WEIR_CMD_GATHER_H
#define WEIR_CMD_GATHER_H

#include "weir/cmd.h"

#include "group.h"
#include "source.h"

struct gather_options {
	const struct cmd_common *common;
	const struct cmd_words *only; /* templates by name, source or
				       * destination; none: all */
	int64_t timeout_ms;           /* 0: none */
	bool capture_writes;
	bool plugins;
	bool quiet; /* no progress */
};

struct gather {
	uv_loop_t loop;
	struct config *config;
	struct catalog *catalog;
	struct plan *plan;
	struct source *source;
	/* private */
	const struct gather_options *o;
	uv_timer_t deadline, say, due;
	struct arena arena;
	bool ended, timed_out, stuck;
	bool shown; /* a progress line stands on the terminal */
};

/* Configuration, templates, source. 0, or the exit status after a message. */
int gather_open(struct gather *, const struct gather_options *);
/* Until every template has output. 0, or the exit status after a message. */
int gather_wait(struct gather *);
void gather_close(struct gather *);

/* One apply of a group, waited for; gives its result. The error is the
 * caller's to free. */
struct apply_result gather_apply(
    struct gather *, const struct group *, bool write, bool reload);

#endif
