/* SPDX-License-Identifier: MIT */
/* stage: apply
 *
 * Outputs → files → the running program: candidates beside their destinations,
 * checked as a set, swapped in by rename, then the reload, observed; a failed
 * one puts the previous generation back. At any point each destination is
 * whole, old or new. No write, check or reload when bytes are the same.
 */
#ifndef WEIR_APPLY_H
#define WEIR_APPLY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "weir/config.h"
#include "weir/error.h"
#include "weir/plan.h"

/* One file to be brought live. Borrowed until the callback. */
struct apply_file {
	const struct config_template *config;
	struct str text;
};

enum apply_outcome {
	APPLY_UNCHANGED,  /* bytes are the same: nothing was done */
	APPLY_WRITTEN,    /* files swapped, nothing to reload */
	APPLY_RELOADED,   /* … and a reload was observed */
	APPLY_REFUSED,    /* a check refused: nothing was changed */
	APPLY_FAILED,     /* could not write, sync or run the check: nothing was
			   * changed; may succeed another time */
	APPLY_ROLLED_BACK /* the reload failed: the previous files are back */
};
const char *apply_outcome_name(enum apply_outcome);

struct apply_result {
	enum apply_outcome outcome;
	struct error error;
	size_t changed; /* files whose bytes differed */
	/* WRITTEN, since the HAProxy that is to be reloaded does not run: it
	 * reads the files when it starts. The error says how that was seen. */
	bool not_running;
	int64_t write_us, check_ms, reload_ms;
	int old_workers; /* -1 unknown */
};
typedef void apply_cb(void *arg, const struct apply_result *);

struct apply_options {
	uv_loop_t *loop;
	/* The group: one HAProxy's files, or one file without a HAProxy. */
	const struct config_haproxy *haproxy; /* NULL: none */
	const struct apply_file *files;
	size_t count;
	bool check;  /* run the checks */
	bool write;  /* false: weir check: candidates are checked, then removed;
		      * UNCHANGED if the checks accept them */
	bool reload; /* false: weir render without --reload */
	apply_cb *on_done;
	void *arg;
};

struct apply;
/*
 * Starts; the callback fires exactly once, never from within the call.
 *
 * A weir that was killed between the swap and the end of the reload leaves a
 * second name of each previous file beside it: then the reload is made up for,
 * even if the bytes are the same by now.
 */
struct apply *apply_start(const struct apply_options *);
/* Removes candidates; what was swapped stays whole. No callback. NULL is
 * fine. */
void apply_cancel(struct apply **);

/* Removes candidates that a killed weir left beside a destination and the files
 * of its HAProxy. At the start of the daemon: nobody else is at work then. */
void apply_clean(const struct config_template *);

#endif
