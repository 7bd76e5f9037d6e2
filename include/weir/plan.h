/* SPDX-License-Identifier: MIT */
/* stage: plan
 *
 * Views × templates → outputs. A plan holds the parsed templates of one
 * configuration; a pass executes those whose data changed and says of each
 * whether it has output, waits (for what), or fails (why). Settling and the
 * text diff live here too. No loop, no I/O but reading sources; the caller
 * gives the time (monotonic, milliseconds).
 */
#ifndef WEIR_PLAN_H
#define WEIR_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "weir/buf.h"
#include "weir/catalog.h"
#include "weir/config.h"
#include "weir/error.h"
#include "weir/template.h"

enum task_state {
	TASK_NEW,     /* never executed */
	TASK_WAITING, /* a dependency has no data: the view says which */
	TASK_FAILED,  /* parse or execution error: error says */
	TASK_READY    /* output is the rendered text */
};
const char *task_state_name(enum task_state);

/*
 * When a change is rendered (DESIGN §6.1): the first after quiet at once, those
 * of a burst when it has been quiet for min, at most max after its first.
 */
struct settle {
	int64_t due;         /* 0: nothing to do */
	int64_t latest;      /* 0: no burst */
	int64_t last_change; /* 0: never */
};
/* A change at `now`; min and max in milliseconds. */
void settle_change(struct settle *, int64_t now, int64_t min, int64_t max);
/* Due at once, whatever the burst. */
void settle_now(struct settle *, int64_t now);
/* The change was rendered. */
void settle_done(struct settle *);

/* One template of the configuration and what became of it. */
struct task {
	const struct config_template *config; /* borrowed */
	struct template *template; /* NULL: never parsed, or optional and
				    * missing */
	struct buf source;         /* the bytes that were parsed */
	struct view view;          /* what the last pass asked */
	struct strmap missing;     /* ids that had no answer in that pass and
				    * have none yet */
	enum task_state state;
	struct error error;        /* why FAILED */
	struct error source_error; /* the source on disk is bad; the template
				    * in use is the last good one */
	struct error apply_error;  /* its last text was refused, or could not
				    * be brought live: the destination has
				    * an older one */
	int64_t apply_error_unix;  /* since when */
	struct buf output;         /* the last good text, if has_output */
	bool has_output;
	struct buf standing; /* what the destination held before that, once
			      * a function asked: standing_read */
	bool standing_read;
	bool absent; /* optional, and its source is missing */
	bool forget; /* the engine's memory is of another text than output */
	bool busy;   /* being applied: not executed meanwhile */
	struct settle settle;
	uint64_t renders, unchanged;
	int64_t render_us;                   /* the last execution */
	struct config_strings files_used;    /* by `file`: to be watched */
	struct config_strings files_written; /* captured writeToFile: path,
					      * content, path, content … */
};

/* for (size_t i = 0; (w = task_next_wait(t, &i));): what a WAITING task lacks,
 * be it an answer or another answer (a key that is not there). */
const struct wanted *task_next_wait(const struct task *, size_t *at);
/* Why its text is not live, in these words; NULL: it is. */
void task_set_apply_error(struct task *, const char *text);

struct plan;

struct plan_options {
	const struct config *config; /* borrowed */
	struct catalog *catalog;     /* borrowed */
	bool capture_writes;         /* diff, check: writeToFile only shows */
	bool plugins;                /* may run programs */
	/* Only the templates with one of these names, sources or destinations;
	 * none: all. */
	const char *const *only;
	size_t only_count;
};

/* Does a word name this template? */
bool plan_template_is(const struct config_template *, const char *word);

/* Loads and parses every template. NULL and the error if a source is missing
 * or unreadable (ERROR_CONFIG) or does not parse (ERROR_TEMPLATE). */
struct plan *plan_new(const struct plan_options *, struct error *);
void plan_free(struct plan **);

size_t plan_count(const struct plan *);
struct task *plan_task(const struct plan *, size_t i);

/* Takes over what an old plan of an earlier configuration knows about the same
 * templates: output, what they asked. */
void plan_adopt(struct plan *, struct plan *old);

/* Re-reads one source. 1: it changed and parses, the task is due; 0: the same
 * bytes; -1: missing or doesn't parse: the old template goes on, source_error
 * says why. */
int plan_reload_source(struct plan *, struct task *, int64_t now);

/* Data of a query changed, or its first answer came. */
void plan_touch(struct plan *, struct str query_id, int64_t now);
/* A file that `file` read changed. */
void plan_touch_file(struct plan *, const char *path, int64_t now);
/* When the next pass has something to do, monotonic ms; -1: nothing is due. */
int64_t plan_due(const struct plan *);

/*
 * Executes the tasks that are due. One HAProxy's tasks are due together. Calls
 * on_task for each executed one: changed says whether its output differs from
 * the last good one. all: without settling.
 */
typedef void plan_task_cb(void *arg, struct task *, bool changed);
void plan_pass(struct plan *, int64_t now, bool all, plan_task_cb *, void *arg);

/* Has a task asked other queries than before, since plan_wanted? */
bool plan_asks_anew(const struct plan *);
/* The union of what all tasks asked in their last pass, in the arena. */
const struct query **plan_wanted(struct plan *, struct arena *, size_t *count);
/* All tasks READY (or absent)? */
bool plan_is_complete(const struct plan *);
/* Does any task still lack a first answer for something it asked? */
bool plan_lacks_answers(const struct plan *);

/* One line for each thing waited for, with who asks for it:
 * "health.service(web|passing)  (a.tmpl:3)" and, if why gives one, ": REASON".
 * Returns how many. why may be NULL. */
typedef const char *plan_why_fn(void *arg, struct str id);
size_t plan_print_waits(
    const struct plan *, struct buf *, plan_why_fn *why, void *arg);

/* ---- text diff ---- */

/* Unified diff (diff -u form, three lines of context) of old and new; labels as
 * given. colour: ANSI. Returns false and prints nothing if they are the same.
 * Myers' algorithm after common head and tail; bounded work: beyond it the
 * middle is shown as one replacement. */
bool text_diff(struct buf *, struct str old_text, struct str new_text,
    const char *old_label, const char *new_label, bool colour);

#endif
