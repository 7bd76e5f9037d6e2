/* SPDX-License-Identifier: MIT */
/*
 * INI text to sections and entries, each with its place. Knows no section and
 * no key; opens no file. inih does the parsing; what it would drop or misread
 * without a word (long lines, text behind a section) is refused here.
 */
#ifndef WEIR_CONFIG_READER_H
#define WEIR_CONFIG_READER_H

#include <stdbool.h>

#include "weir/error.h"
#include "weir/str.h"

/* Of the file in hand. line counts from 1, 0: not in a file; columns from 0. */
struct place {
	const char *source; /* borrowed */
	int line;
	int column;
};

/* Each gives 0 or -1 with the error set, which ends the reading; strings are
 * borrowed for the call. */
struct reader_sink {
	/* [section] or [section "name"]; name is NULL in the first. */
	int (*on_section)(void *arg, const char *section, const char *name,
	    const struct place *, struct error *);
	/* Continuation lines are joined to value by blanks. The key stands at
	 * the beginning of its line. */
	int (*on_entry)(void *arg, const char *key, const char *value,
	    const struct place *key_at, const struct place *value_at,
	    struct error *);
	/* Is the word a key of the section in hand? A continuation line that
	 * begins like one is a mistake. */
	bool (*is_key)(void *arg, struct str word);
	void *arg;
};

/* source: name of the file, borrowed by every place that is handed out. The
 * error is set with place and quoted line unless the sink placed it. */
int reader_run(const char *source, struct str text, const struct reader_sink *,
    struct error *);

#endif
