/* SPDX-License-Identifier: MIT */
/* A pattern of Go's on its way to RE2: what Go alone minds is found, names of
 * groups are taken out. */
#ifndef WEIR_TEMPLATE_REGEX_SCAN_H
#define WEIR_TEMPLATE_REGEX_SCAN_H

#include "re2.h"
#include "weir/buf.h"

/* Beside RE2's own. */
#define REGEX_TOO_DEEP (RE2_TOO_LARGE + 1)

struct regex_scan {
	struct str in;
	size_t at;
	struct buf out;
	struct str *names;
	size_t name_count;
	size_t depth, deepest;
	size_t class_at;      /* in the pattern: the last […] */
	bool in_class;        /* it ends within […] */
	enum re2_error error; /* what Go alone minds, and */
	struct buf part;      /* the part of the pattern it is about */
};

/* Makes s->out a pattern for RE2 of s->in, which is borrowed. -1 if Go would
 * not have it; then it is the pattern up to there, s->depth groups are open,
 * and s->error and s->part say why. */
int regex_scan(struct regex_scan *s);
/* Sets what is wrong, and with which part of the pattern; -1. */
int regex_scan_stop(struct regex_scan *, enum re2_error error, struct str part);

#endif
