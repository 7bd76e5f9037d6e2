/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions as Go's package regexp has them: RE2, and where RE2
 * differs (bad bytes in a text, doubled group names, `\_`, messages) what Go
 * does. Compiled patterns are kept, so a template that uses one in a loop
 * compiles it once.
 */
#ifndef WEIR_TEMPLATE_REGEX_H
#define WEIR_TEMPLATE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "re2.h"
#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/str.h"

struct regex;

/* regexp.Compile. Borrowed until the next call; NULL, and Go's message appended
 * to the buf: "error parsing regexp: …". */
const struct regex *regex_get(struct str pattern, struct buf *message);
/* Capturing groups, the whole match not counted. */
int regex_groups(const struct regex *);

/* A text to be searched; made in the arena if it has bad bytes. */
struct regex_text {
	struct str text; /* valid UTF-8 */
	struct str given;
	const size_t *was; /* offsets in given by those in text; NULL: equal */
};
void regex_text(struct regex_text *, struct arena *, struct str);

/*
 * One match after the other, as Go's FindAll and ReplaceAll find them: none
 * that overlap, no empty one right behind another. Zero-initialise position,
 * set the rest.
 */
struct regex_search {
	const struct regex *regex;
	const struct regex_text *text;
	struct re2_span *spans; /* groups + 1, offsets in text->given */
	size_t position;
	size_t last_end; /* of the last match */
	bool is_over;
};
/* Allocates the spans in the arena. */
void regex_begin(struct regex_search *, struct arena *, const struct regex *,
    const struct regex_text *);
/* The next match; false: none. */
bool regex_next(struct regex_search *);

bool regex_matches(const struct regex *, const struct regex_text *);
/* ReplaceAllString: $1 and ${name} in to are expanded, unless literal. */
void regex_replace(
    struct buf *, struct regex_search *, struct str to, bool literal);

#endif
