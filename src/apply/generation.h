/* SPDX-License-Identifier: MIT */
/*
 * The files of one apply, from candidate to settled: what each of the steps
 * knows about a file is here, so that any of them can be undone.
 */
#ifndef APPLY_GENERATION_H
#define APPLY_GENERATION_H

#include "weir/apply.h"
#include "weir/file.h"
#include "weir/haproxy.h"

struct member {
	const struct config_template *config;
	struct str text;
	char *path;      /* the destination, absolute, its directory resolved */
	bool differs;    /* from what is at the destination */
	bool pending;    /* swapped by an earlier weir, reload unknown */
	char *candidate; /* NULL: none (any more) */
	char *previous;  /* second name of what was there; NULL: none */
	char *missing; /* the first directory that was not there; NULL: none */
};

/* A file that is given to a check in another's place. */
struct stand_in {
	char *name; /* removed when the check is over, unless a member's
		     * candidate */
	char *path; /* in whose place */
	bool is_copy;
};

struct generation {
	const struct config_haproxy *haproxy; /* NULL: none */
	bool write, reload;
	struct member *members;
	size_t count;
	struct stand_in *stand_ins;
	size_t stand_in_count;
	char *scratch; /* a private directory; NULL: none was needed */
};

/* Borrows the files of the options. */
void generation_init(struct generation *, const struct apply_options *);
/* Removes candidates and copies; leaves what was swapped. */
void generation_fini(struct generation *);

/* Sets differs and pending. -1: a destination cannot be read. */
int generation_compare(struct generation *, struct error *);
size_t generation_changed(const struct generation *);
bool generation_is_pending(const struct generation *);

/* Writes the candidates of all that differ (of all, if nothing is to be
 * written). -1: none is left. */
int generation_write(struct generation *, struct error *);
void generation_remove_candidates(struct generation *);

/* ---- the files of -f: list.c ---- */

/* In HAProxy's order, NULL-terminated; fresh: absolute names of files that
 * will be there. Given to config_files_free. */
char **config_files(
    const struct config_haproxy *, const char *const *fresh, size_t count);
void config_files_free(char ***);

/* ---- what is checked: copy.c ---- */

/* The -f words of `haproxy -c`, NULL-terminated; the caller frees each and the
 * array. Makes copies where a file names another that has a candidate. NULL on
 * failure. */
char **generation_check_files(struct generation *, struct error *);
/* candidate, destination, … of all stand-ins, NULL-terminated; the array is the
 * caller's, the strings are borrowed. */
const char **generation_names(const struct generation *);
void generation_remove_copies(struct generation *);
/* A file with this text that stands in for path: beside it, else in a private
 * directory. NULL on failure. Borrowed until the copies are removed. */
const char *generation_stand_in(
    struct generation *, const char *path, struct str text, struct error *);
/* Says that candidate `name` stands in for path. Copies both. */
void generation_note(
    struct generation *, const char *name, const char *path, bool is_copy);

/* The absolute name of a file that need not exist; the caller frees. */
char *resolve_path(const char *path);

/* ---- the checks: verdict.c ---- */

/* One check, ready to be run. */
struct check_job {
	char **argv; /* NULL: a line for the shell */
	char *shell;
	int64_t timeout_ms;
	const struct member *member; /* whose check this is; NULL: HAProxy's */
};
struct check_jobs {
	struct check_job *items;
	size_t count;
};
/* All checks of what has a candidate. -1: they cannot be prepared. */
int check_jobs_init(struct check_jobs *, struct generation *, struct error *);
void check_jobs_fini(struct check_jobs *);
/* What the end of one means: 0, or -1 and why. REFUSED, if the check itself
 * says so; any other kind if it could not do its work. */
int check_job_judge(const struct check_job *, const struct generation *,
    struct child_result *, struct error *);

/* ---- swap.c, rollback.c ---- */

/* All or none: candidates over destinations. */
int generation_swap(struct generation *, struct error *);
/* Previous files back over what was swapped. */
int generation_roll_back(struct generation *, struct error *);
/* The swap stands: drops the second names of the previous files. */
void generation_settle(struct generation *);

/* Keeps what is at the destination under a second name. */
int previous_keep(struct member *, bool reload, struct error *);
int previous_restore(struct member *, struct error *);
void previous_drop(struct member *);
/* Takes over one that an earlier weir left. */
bool previous_find(struct member *);
/* Removes those of swaps that nothing was to be told of. */
void previous_clean(const char *destination);

#endif
