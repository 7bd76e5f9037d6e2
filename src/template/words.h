/* SPDX-License-Identifier: MIT */
/* Words in names and lines, as the libraries behind sprig cut them: oddities
 * with bytes and all. Each appends its result. */
#ifndef WEIR_TEMPLATE_WORDS_H
#define WEIR_TEMPLATE_WORDS_H

#include "weir/buf.h"

/* fooBar2 becomes foo_bar2 (connector '_') or foo-bar2 ('-'). */
void words_connect(struct buf *, struct str, char connector);
/* foo_bar becomes FooBar. */
void words_camel(struct buf *, struct str);
/* Lines of at most width bytes; longer words are cut if cut is set. */
void words_wrap(
    struct buf *, struct str, int64_t width, struct str line_break, bool cut);
/* At most width bytes, "..." for what is left out at the end, and, when offset
 * lies behind the start, there. */
void words_abbreviate(struct buf *, struct str, int64_t offset, int64_t width);
/* The first bytes of all words, as Latin-1. */
void words_initials(struct buf *, struct str);
/* Without white space, the rest read as Latin-1 if there was any. */
void words_join(struct buf *, struct str);
/* The first rune of each word in title, or lower, case. */
void words_title(struct buf *, struct str);
void words_untitle(struct buf *, struct str);
/* Upper becomes lower; lower becomes upper, or title at the start of a word. */
void words_swap_case(struct buf *, struct str);

#endif
