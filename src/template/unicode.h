/* SPDX-License-Identifier: MIT */
/*
 * Go's package unicode, as far as templates see it: which runes are letters,
 * which are printed as they are. utf8proc's tables answer beyond ASCII.
 */
#ifndef WEIR_TEMPLATE_UNICODE_H
#define WEIR_TEMPLATE_UNICODE_H

#include <stdbool.h>
#include <stdint.h>

#include "rune.h"

/* unicode.IsLetter: category L. */
bool rune_is_letter(uint32_t);
/* unicode.IsDigit: category Nd. */
bool rune_is_digit(uint32_t);
/* unicode.IsSpace: White_Space, NBSP and U+0085 included. */
bool rune_is_space(uint32_t);
/* A letter, digit or underscore: what names are made of. */
static inline bool
rune_is_word(uint32_t rune)
{
	if (rune < 0x80)
		return rune == '_' || (rune >= '0' && rune <= '9') ||
		       ((rune | 0x20) >= 'a' && (rune | 0x20) <= 'z');
	return rune_is_letter(rune) || rune_is_digit(rune);
}
/* The rune at the end of s, s.len > 0; its width (utf8.DecodeLastRune). */
size_t rune_decode_last(struct str s, uint32_t *rune);
/* Without the white space at its ends (strings.TrimSpace). */
struct str str_trim_space(struct str);

#endif
