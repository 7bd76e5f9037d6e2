/* SPDX-License-Identifier: MIT */
/*
 * Two texts as lines that are numbered by what they hold, and which of them
 * have no counterpart: what the text diff prints.
 */
#ifndef PLAN_LINES_H
#define PLAN_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/str.h"

/* One of the two texts. */
struct side {
	struct str *lines; /* with their new line; the last may lack it */
	uint32_t *class;   /* equal lines of both sides have the same */
	bool *changed;     /* [-1 … count]: both ends are false */
	size_t count;      /* lines */
	size_t compared;   /* the first of them; the rest is equal anyhow */
	bool *memory;      /* that changed lies in */
};

struct lines {
	struct side side[2];
	size_t classes;
};

/* Splits and numbers; nothing is changed yet. Borrows the texts. common: so
 * many lines at the end of both are equal and not compared. */
void lines_init(
    struct lines *, struct str old_text, struct str new_text, size_t common);
void lines_fini(struct lines *);
/* Sets changed. */
void lines_compare(struct lines *);

#endif
