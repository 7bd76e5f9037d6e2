/* SPDX-License-Identifier: MIT */
/*
 * A scalar while it is put together. One whose characters are in the text as
 * they are meant is a part of the text; any other grows in s->scalar.
 */
#ifndef WEIR_TEMPLATE_YAML_FOLD_H
#define WEIR_TEMPLATE_YAML_FOLD_H

#include "yaml_scan.h"

/* The line breaks between two parts of a scalar. */
struct yaml_fold {
	bool broken;      /* behind a break, also one that was escaped */
	struct str first; /* the first one */
	struct buf *more; /* the others: s->breaks */
};

/* The text from here to there. */
static inline struct str
yaml_fold_part(const struct yaml_scanner *s, size_t from, size_t to)
{
	return (struct str){(const char *)s->text.bytes + from, to - from};
}

/* An empty scalar. */
void yaml_fold_begin(struct yaml_scanner *, struct yaml_fold *);
/* Over one break. */
void yaml_fold_take(struct yaml_scanner *, struct yaml_fold *);
/* One new line is a space, each further one a new line. */
void yaml_fold_put(struct yaml_scanner *, struct yaml_fold *);
/* What is in s->scalar, and behind it the text from here to there; lives as
 * long as the scanner's arena. */
struct str yaml_fold_finish(struct yaml_scanner *, size_t from, size_t to);

#endif
