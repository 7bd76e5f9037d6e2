/* SPDX-License-Identifier: MIT */
/*
 * weir run, in six files: daemon.c (start, stop, what is due), daemon_apply.c
 * (groups going live), daemon_config.c (SIGHUP, sources on disk),
 * daemon_guard.c (what is held), daemon_live.c (locks, what runs), daemon_say.c
 * (log and status). One loop, one thread.
 */
#ifndef WEIR_CMD_DAEMON_H
#define WEIR_CMD_DAEMON_H

#include "weir/cmd.h"
#include "weir/report.h"

#include "group.h"
#include "keep.h"
#include "notice.h"
#include "source.h"

struct daemon {
	uv_loop_t loop;
	const struct cmd_common *common;
	struct config *config;
	struct config *source_config; /* the one that the source borrows from;
				       * may be the same */
	struct catalog *catalog;
	struct plan *plan;
	struct guard *guard;
	struct source *source;
	struct groups groups;
	struct notice *notice;
	struct report *report;
	struct consul *consul; /* the source's, for the report */
	struct run_totals totals;
	uv_timer_t due, say, look;
	struct keep *keep;     /* NULL: nothing is kept */
	char *kept_in;         /* its directory */
	int64_t heard_ms;      /* when a source last told of an answer */
	size_t recalled;       /* answers of an earlier run brought into use */
	bool offline;          /* … and none of this run since */
	bool knows_datacenter; /* what stands by was held against it */
	bool said_remembered;  /* that some are in use was logged */
	uv_signal_t on_term, on_int, on_hup;
	struct arena arena;
	struct buf because; /* the ids that changed since the last pass */
	size_t because_count;
	char *seen_waits; /* what was waited for a moment ago */
	char *said_waits; /* the wait that was logged last */
	int applying;     /* groups being applied */
	bool stopping;
	bool reconfigure; /* SIGHUP came: as soon as nothing is applied */
	int status;       /* the exit status */
};

int64_t daemon_now(const struct daemon *);
/* Sets the timer for what is due next. */
void daemon_wake(struct daemon *);
/* Executes what is due, asks for what is missing, starts applies. */
void daemon_step(struct daemon *);

/* Starts an apply for each group that wants one and can have it. */
void daemon_apply(struct daemon *);
/* When a failed group is tried again, monotonic ms; -1: none. */
int64_t daemon_retry_due(const struct daemon *);

/* Loads the configuration again; the old one goes on if the new one is bad, and
 * that is said (said may be NULL). */
bool daemon_reconfigure(struct daemon *, struct buf *said);
/* The files that the daemon reads: templates, what they read, the catalog. */
void daemon_notice(struct daemon *);
/* A file of those changed. */
void daemon_file_changed(void *daemon, const char *path);

/* ---- daemon_live.c ---- */
/* Takes the locks that the old groups don't have. -1 and whose it is. */
int daemon_lock(const struct config *, struct groups *fresh, struct groups *old,
    struct error *);
/* Moves locks and what is known of HAProxy over from the old groups. */
void daemon_live(struct daemon *, struct groups *fresh, struct groups *old);
/* report_options.next_live */
const struct live *daemon_next_live(void *daemon, size_t *at);

void daemon_say_task(struct daemon *, const struct task *, bool changed);
void daemon_say_apply(
    struct daemon *, const struct group *, const struct apply_result *);
/* STATUS for systemd. */
bool daemon_say_state(struct daemon *);
/* Every SAY_MS: a log line when what is waited for changed and lasts. */
void daemon_say_waits(struct daemon *);

/* Judges what enters the catalog, as the configuration says. */
void daemon_guard(struct daemon *);
/* Keeps answers on disk as the configuration says; at the start, those of an
 * earlier run stand by. */
void daemon_keep(struct daemon *, bool at_start);
/* The source told of an answer. */
void daemon_heard(struct daemon *);
/* Brings into use what an earlier run knew, where Consul doesn't answer. */
void daemon_recall(struct daemon *);
/* Logs that it is in use, and that it is no more. */
void daemon_say_remembered(struct daemon *);
/* report_options.on_order */
bool daemon_order(
    void *daemon, enum report_order, struct str query, struct buf *said);

/* source_options.on_change */
void daemon_changed(void *daemon, struct str id, bool changed);

#endif
