/* SPDX-License-Identifier: MIT */
/* stage: plan
 *
 * Views × templates → outputs. A plan holds the parsed templates of one
 * configuration; a pass executes those whose data changed and says of each
 * whether it has output, waits (for what), or fails (why). Settling, the guard
 * and the text diff live here too. No loop, no I/O but reading sources.
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
	TASK_NEW,      /* never executed */
	TASK_WAITING,  /* a dependency has no data: view says which */
	TASK_FAILED,   /* parse or execution error: error says */
	TASK_READY     /* output is the rendered text */
};
const char *task_state_name(enum task_state);

/* One template of the configuration and what became of it. */
struct task {
	const struct config_template *config; /* borrowed */
	struct template *template;  /* NULL: did not parse, or no source */
	struct view view;           /* what the last pass asked */
	enum task_state state;
	struct error error;         /* of FAILED; of a bad source with the last
				     * good template going on: state READY */
	struct buf output;          /* the text while READY; while WAITING or
				     * FAILED the last text, if has_output */
	bool has_output;
	bool dirty;                 /* data or source changed since */
	uint64_t output_stamp;      /* grows with every different output */
	uint64_t renders, unchanged;
	int64_t render_us;          /* the last execution */
	/* Settling: monotonic ms; 0: not armed. */
	int64_t quiet_at, latest_at, last_change;
	struct config_strings files_used; /* by `file`; to be watched */
	struct config_strings files_written; /* by writeToFile, when captured:
				     * path, content, path, content … */
};

struct plan {
	const struct config *config; /* borrowed */
	struct catalog *catalog;     /* borrowed */
	struct task *tasks;
	size_t count;
	struct strmap interest;      /* query id → list of tasks (private) */
	struct arena arena;          /* of the render in hand, kept warm */
	struct template_world world;
};

struct plan_options {
	const struct config *config;
	struct catalog *catalog;
	bool capture_writes; /* diff, check: writeToFile only shows */
	bool plugins;        /* may run programs */
};

/* Loads and parses every template. A template that doesn't load is a FAILED
 * task, not a failed plan. */
struct plan *plan_new(const struct plan_options *);
void plan_free(struct plan **);

/* Re-reads one source. 1: it changed and parses (dirty); 0: same bytes; -1: it
 * is missing or doesn't parse: the old template goes on, error is set in task. */
int plan_reload_source(struct plan *, struct task *);

/* Data of a query changed: marks its tasks dirty, arms their settling. */
void plan_touch(struct plan *, struct str query_id, int64_t now_ms);
/* A file that a template read changed. */
void plan_touch_file(struct plan *, const char *path, int64_t now_ms);
/* When the next task is due, monotonic ms; -1: none is. A HAProxy's tasks are
 * due together. */
int64_t plan_due(const struct plan *, int64_t now_ms);
/* Executes the dirty tasks that are due. True if any output changed. */
bool plan_pass(struct plan *, int64_t now_ms);
/* All dirty tasks, without settling (render, diff, check). */
bool plan_pass_all(struct plan *);

/* The union of what all tasks asked in their last pass; array in the arena. */
const struct query **plan_wanted(struct plan *, struct arena *, size_t *count);
/* All tasks READY? */
bool plan_is_complete(const struct plan *);
/* One line for each thing waited for: "health.service(web|passing)  (a.tmpl:3)"
 * into the buf; returns how many. */
size_t plan_print_waits(const struct plan *, struct buf *);

/* ---- text diff ---- */

/* Unified diff (diff -u form, three lines of context) of old and new; labels as
 * given. colour: ANSI. Returns false and prints nothing if they are the same.
 * Myers' algorithm after common head and tail; bounded work: beyond it the
 * middle is shown as one replacement. */
bool text_diff(struct buf *, struct str old_text, struct str new_text,
    const char *old_label, const char *new_label, bool colour);

#endif
