/* SPDX-License-Identifier: MIT */
/*
 * What runs, in eight files: live.c (its life, who runs), live_record.c (over a
 * restart of weir), live_plan.c (a change becomes steps), live_files.c (maps
 * and certificates), live_steps.c (they are sent, read back, undone),
 * live_watch.c (drift), live_drain.c (lines that went), live_status.c. One
 * operation at a time; its callback fires once and never from within the call.
 */
#ifndef APPLY_LIVE_H
#define APPLY_LIVE_H

#include "texts.h"
#include "weir/apply.h"
#include "weir/runtime.h"
#include "weir/strmap.h"

typedef void live_cb(void *arg);

/* One change, from its plan to its end. */
struct live_change {
	bool planned;
	struct texts wanted;
	struct haproxy_model model; /* of wanted */
	struct haproxy_steps steps;
	enum live_reason why; /* if they are to be a reload */
	size_t done;          /* steps that took and stand */
	bool intends;         /* live_note_intent wrote something */
	int64_t time_us;
	struct haproxy_running before; /* its leftovers: before the steps */
	struct buf said;               /* for the result */
};

struct live {
	uv_loop_t *loop;
	const struct config_haproxy *haproxy;
	const struct config_template **templates;
	size_t template_count;
	char *record; /* path; NULL: none */
	void (*on_want)(void *arg);
	void *want_arg;

	/* who runs */
	struct haproxy_runtime *runtime;
	struct haproxy_running running; /* pid 0: unknown */
	int64_t start_ms;    /* of the worker, since the boot; 0: unknown */
	int64_t start_day_s; /* … unix, as it says itself; 0: it does not */
	struct haproxy_policy policy;

	/* what it runs */
	bool certain; /* the texts below are what it runs */
	struct buf doubt;
	struct texts runs;
	struct haproxy_model model; /* of it */

	/* a reload is owed, whatever the files say */
	bool owes_reload;
	enum live_reason owes_why;
	struct buf owes;

	/* the operation in hand */
	live_cb *done; /* NULL: nobody waits */
	void *arg;
	bool busy;    /* of looking, when no apply is at work */
	bool waiting; /* an apply waits until that is over */
	bool again;   /* the connection led to a worker that stops */
	bool applying;
	const struct generation *generation; /* of the plan in hand */
	size_t at;
	size_t tries; /* of a read-back */
	struct buf reply;
	struct live_change change;

	/* files beside the configuration */
	char *loaded[LIVE_FILES]; /* answers to live_files_commands */
	live_cb *files_next;      /* with l, when they are asked, checked */
	const struct texts *files_is, *files_was; /* in check */
	struct buf files_wrong;                   /* what is not so … */
	struct buf files_seen; /* … and what the worker has in its place */
	struct haproxy_steps mending;
	bool mending_tried; /* in this look */

	/* looking */
	uv_timer_t verify, drain;
	uv_timer_t soon; /* what is not to be done within a callback */
	live_cb *next;   /* … of it, with l */
	int open;        /* timers not closed */
	bool watching, held;
	uint64_t state; /* haproxy_state_digest; 0: to be compared in full */
	struct haproxy_findings findings;
	bool has_findings;
	bool repaired;         /* once already in this look */
	bool mended;           /* the last reload was for a drift */
	bool diverged;         /* … and did not help: nothing more is tried */
	struct strmap touched; /* "backend/server" that a weir took out of
				* traffic, and died before it wrote why */
	char **manual; /* what persons have set, "web/web-2: maintenance" */
	size_t manual_count;
	struct haproxy_runtime *sweeper; /* for deletions; NULL: none yet */
	bool sweeping;                   /* one is under way */
	struct haproxy_steps expired;    /* … or the end of a drain */

	struct live_totals totals;
	char *last; /* what was done last, for people */
	int64_t last_unix;
};

/* ---- live.c ---- */
const char *live_log_name(const struct live *);
int64_t live_now(const struct live *);
/* Forgets the connection: the next command opens one. Nothing may be under way.
 */
void live_reconnect(struct live *);
void live_doubt(struct live *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A reload is due, whatever the files say. */
void live_owe(struct live *, enum live_reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Takes the answer to "show info": a worker that is not the one known makes it
 * decide anew what runs. 1: ask again, it was one that stops; -1: no answer. */
int live_identify(struct live *, const struct haproxy_reply *, struct error *);
/* The worker of a reload that weir saw. */
void live_take_pid(struct live *, pid_t);
/* Takes both: the model is of these texts. */
void live_adopt_texts(struct live *, struct texts *, struct haproxy_model *);
struct texts_source live_disk(const struct live *);
void live_copy_leftovers(
    struct haproxy_running *to, const struct haproxy_running *from);
void live_drop_leftovers(struct haproxy_running *);
void live_end(struct live *); /* calls back */
/* From the loop, in so many milliseconds. */
void live_later(struct live *, live_cb *, int64_t ms);
/* Before the next read-back, if this one shows what was before: from 3.0 on an
 * address is set by a task of its own, behind the reply. 0: no more. */
int64_t live_patience(struct live *);

/* ---- live_record.c ---- */
struct memory {
	const char *path;                /* NULL: none */
	struct haproxy_running *running; /* its pid counts; leftovers come */
	int64_t start_ms; /* of the worker, since the boot; 0: unknown */
	int64_t now;      /* monotonic ms, for drains */
	const struct texts *texts;
};
bool memory_recall(const struct memory *);
/* "STATE/live-NAME"; the caller frees. NULL: none. */
char *memory_path(const char *state_path, const struct config_haproxy *);
/* Does what was remembered fit the worker and these texts? Then its leftovers
 * are taken over. */
bool live_recall(struct live *, const struct texts *);
/* Before the steps: which servers they take out of traffic. Should weir die
 * before the files say so, it is not taken for the work of a person. */
void live_note_intent(struct live *);
void live_drop_intent(const struct live *);
/* What a weir that died took out of traffic of this worker: into touched. */
void live_recall_intent(struct live *);
void live_remember(struct live *);

/* ---- live_plan.c: what an apply asks for ---- */
/* Also the waiting one, when what kept it is over. */
void live_plan_go(struct live *);
void live_plan(struct live *, const struct generation *, live_cb *, void *arg);
/* After it. */
bool live_wants_reload(const struct live *);
bool live_is_proven(const struct live *);
const char *live_reason_text(const struct live *);
/* Tries what the new text binds and the old one does not. */
int live_probe(const struct live *, struct error *);
/* A reload is owed that no output asks for. */
bool live_owes(const struct live *);
void live_policy(struct haproxy_policy *, const struct config_haproxy *,
    const struct haproxy_version *);

/* ---- live_files.c ---- */
struct live_files_view {
	struct haproxy_files files;
	const struct haproxy_model *model; /* which names them */
	const struct haproxy_version *version;
};
struct haproxy_files live_files_of(char *const answers[LIVE_FILES]);
bool live_files_any(const struct texts *);
/* From what files_seen holds to what the file says, into l->mending. False: no
 * steps do it. */
bool live_files_mend(struct live *);
bool live_files_differ(const struct texts *was, const struct texts *is);
/* Adds the steps of those that differ. */
void live_files_plan(struct haproxy_steps *, const struct texts *was,
    const struct texts *is, const struct live_files_view *);
/* Asks what the worker has loaded; then next(l). */
void live_files_ask(struct live *, live_cb *next);
void live_files_drop(struct live *);
/* After it: holds what the worker has against the files (those that differ from
 * was; NULL: all). Then next(l), with what is wrong in files_wrong. */
void live_files_check(struct live *, const struct texts *is,
    const struct texts *was, live_cb *next);

/* ---- live_steps.c ---- */
/* Sends the steps and reads back; live_failed() says what became of it. */
void live_run(struct live *, live_cb *, void *arg);
bool live_failed(const struct live *);
/* Steps stand that the file on disk does not hold, should it not be swapped. */
bool live_has_done(const struct live *);
void live_undo(struct live *, live_cb *, void *arg);
/* The new texts run. */
void live_commit(struct live *, struct apply_result *);
/* Before a reload: the state file, if the configuration has one. */
void live_dump(struct live *, live_cb *, void *arg);
/* A reload of the new texts was seen (pid 0: by whom, nobody knows), or there
 * was none to be reloaded. */
void live_reloaded(struct live *, pid_t pid);
void live_not_running(struct live *);
/* The reload failed and the files of before are on disk again: what nobody saw
 * taken is not owed any more. */
void live_put_back(struct live *);
/* HAProxy, which had died of the new ones, was started with those. */
void live_restarted(struct live *);
/* What the steps changed, for the result; the caller frees. */
char *live_take_said(struct live *);
/* In the middle of it: no callback any more. */
void live_cancel(struct live *);
/* The end of an apply, however it ended. */
void live_release(struct live *);
void live_change_fini(struct live *);
/* "backend web: server web-2: weight 1 -> 5; … and 2 more" */
void live_print_steps(const struct haproxy_steps *, struct buf *);

/* ---- live_watch.c ---- */
void live_watch_init(struct live *);
void live_watch_close(struct live *);
/* Findings of a look at all (or, if only some, what is new in them). */
void live_note_manual(struct live *, const struct haproxy_findings *, bool all);
/* An apply is over. */
void live_watch_resume(struct live *);

/* ---- live_drain.c ---- */
/* Sets the timer of the next drain's end. */
void live_drain_next(struct live *);
/* An apply begins. */
void live_drain_pause(struct live *);

#endif
