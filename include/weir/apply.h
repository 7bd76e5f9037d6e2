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
#include "weir/haproxy.h"
#include "weir/plan.h"

struct buf;
struct live;

/* One file to be brought live. Borrowed until the callback. */
struct apply_file {
	const struct config_template *config;
	struct str text;
};

enum apply_outcome {
	APPLY_UNCHANGED, /* bytes are the same: nothing was done */
	APPLY_WRITTEN,   /* files swapped, nothing to reload */
	APPLY_RUNTIME,   /* … and the running HAProxy was changed, and read
			  * back, without a reload */
	APPLY_RELOADED,  /* … and a reload was observed */
	APPLY_REFUSED,   /* a check refused: nothing was changed */
	APPLY_FAILED,    /* could not write, sync or run the check: nothing was
			  * changed; may succeed another time */
	APPLY_ROLLED_BACK, /* the reload failed: the previous files are back */
	APPLY_DEFERRED     /* it takes a reload, which has to wait: nothing was
			    * changed */
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
	/* With a struct live. Both borrowed until the callback returns. */
	size_t steps; /* RUNTIME: so many, which took steps_us in all */
	int64_t steps_us;
	const char *changes; /* RUNTIME: what they changed */
	const char *reason;  /* why it takes a reload; NULL: it does not, or
			      * nobody asked */
	int64_t again_ms;    /* DEFERRED: to the next try */
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
	/* What is known of the HAProxy that runs; NULL: it is reloaded for
	 * every change. */
	struct live *live;
	bool may_defer;    /* without live, too, for old workers */
	int64_t reload_at; /* no reload before, monotonic ms: reload_interval */
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
 * of its HAProxy. Who holds the lock, or starts the daemon, may: nobody else is
 * at work then. */
void apply_clean(const struct config_template *);

/* ---- what runs: live.c ---- */

/*
 * What is known of a running HAProxy from one apply to the next: which worker,
 * the texts that it runs, the servers that run without a line. Between applies
 * it looks every `verify` whether that is still so, repairs what is not, and
 * ends the drains that are over.
 */
struct live_options {
	uv_loop_t *loop;
	const struct config_haproxy *haproxy;
	/* The templates of that HAProxy; the array is copied. */
	const struct config_template *const *templates;
	size_t template_count;
	const char *state_path; /* where it is remembered over a restart of
				 * weir; NULL: nowhere */
	/* An apply is wanted though no output changed: what runs differs in
	 * what only a reload can mend. */
	void (*on_want)(void *arg);
	void *arg;
};
/* NULL if the configuration wants none: apply = reload, no stats_socket. */
struct live *live_new(const struct live_options *);
/* The same under a new configuration; false if it is not of that HAProxy any
 * more. */
bool live_adopt(struct live *, const struct live_options *);
/* No callback any more; the rest goes with the loop's next turn. NULL is fine.
 */
void live_free(struct live **);
/* The first apply is over: look now, and every `verify` from then on. */
void live_watch(struct live *);
/* Paused: nothing is sent until it is over, neither to mend what persons do
 * meanwhile nor to end a drain. */
void live_hold(struct live *, bool);

/* Why there was a reload. */
enum live_reason {
	LIVE_CHANGE,   /* the change can't be expressed in steps */
	LIVE_FOREIGN,  /* a file of the set changed that is not weir's */
	LIVE_UNKNOWN,  /* nobody knows what runs */
	LIVE_SOCKET,   /* the stats socket does not answer */
	LIVE_REFUSED,  /* a step was refused, or its reply unknown */
	LIVE_READBACK, /* the steps took, but what runs is something else */
	LIVE_DRIFT,    /* somebody changed what runs */
	LIVE_REASONS
};
const char *live_reason_name(enum live_reason);

struct live_totals {
	uint64_t applies; /* at run time */
	uint64_t reloads[LIVE_REASONS];
	uint64_t deferred;
	uint64_t steps_done, steps_refused, steps_undone;
	uint64_t verifies, verify_errors;
	uint64_t drift_found, drift_repaired;
	uint64_t restarts; /* by others */
};
const struct live_totals *live_get_totals(const struct live *);
const char *live_name(const struct live *);
size_t live_leftovers(const struct live *);
size_t live_manual(const struct live *);
/* 1: what runs is not what the files say, not even after a reload. */
size_t live_diverged(const struct live *);
/* As one JSON object. */
struct json_t;
struct json_t *live_status(const struct live *);

/* What applying these files would do to the HAProxy that runs, as far as the
 * files on disk say what that is. Prints "run time: …" or "reload: …", then a
 * line for each step. True: a reload. */
struct live_preview {
	const struct config_haproxy *haproxy;
	const struct apply_file *files;
	size_t count;
	const struct haproxy_version *version;
	pid_t pid;              /* of the worker that runs; 0: none */
	const char *state_path; /* of the daemon, for servers without a line */
	/* The answers to live_files_commands, NULL: none. */
	char *const *loaded;
};
bool live_print_preview(
    const struct live_preview *, struct buf *reason, struct buf *details);
/* What tells which files it has loaded; so many of them that version knows. */
#define LIVE_FILES 6
extern const char *const live_files_commands[LIVE_FILES];
size_t live_files_count(const struct haproxy_version *);

/* ---- one weir at a time: lock.c ---- */

struct apply_lock;
/* Of the group whose first destination this is. NULL and the error if another
 * process has it: its pid is named. NULL without an error if no lock can be
 * had there (no such directory): then nothing can be written there either. */
struct apply_lock *apply_lock_take(const char *destination, struct error *);
/* NULL is fine. */
void apply_lock_drop(struct apply_lock **);

#endif
