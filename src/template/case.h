/* SPDX-License-Identifier: MIT */
/*
 * Upper, lower and title case as Go has them, each rune on its own in the first
 * two, so that a text's length in runes never changes there.
 */
#ifndef WEIR_TEMPLATE_CASE_H
#define WEIR_TEMPLATE_CASE_H

#include <stdint.h>

#include "weir/buf.h"
#include "weir/str.h"

/* unicode.ToUpper, ToLower, ToTitle. */
uint32_t rune_upper(uint32_t);
uint32_t rune_lower(uint32_t);
uint32_t rune_title(uint32_t);

/* strings.ToUpper, ToLower: a bad byte becomes U+FFFD, if there is anything
 * beyond ASCII. */
void str_upper(struct buf *, struct str);
void str_lower(struct buf *, struct str);
/* golang.org/x/text/cases.Title(language.Und, cases.NoLower): the first letter
 * of every word, words being found by Unicode's rules (UAX #29). */
void str_title(struct buf *, struct str);

#endif
