/* SPDX-License-Identifier: MIT */
/*
 * UTF-8 as Go reads it: a byte that begins no valid sequence is U+FFFD of width
 * 1, so that every input has an end and the width tells a real U+FFFD from a
 * bad byte.
 */
#ifndef WEIR_TEMPLATE_RUNE_H
#define WEIR_TEMPLATE_RUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/str.h"

#define RUNE_ERROR 0xFFFDu
#define RUNE_MAX   0x10FFFFu

static inline bool
rune_is_tail(unsigned char c)
{
	return (c & 0xC0) == 0x80;
}

/* Go's utf8.DecodeRune of n > 0 bytes: the width, 1 for a bad byte. */
static inline size_t
rune_decode(const char *bytes, size_t n, uint32_t *rune)
{
	const unsigned char *p = (const unsigned char *)bytes;
	unsigned char c = p[0];

	*rune = c;
	if (c < 0x80)
		return 1;
	*rune = RUNE_ERROR;
	if (c < 0xC2 || c > 0xF4 || n < 2 || !rune_is_tail(p[1]))
		return 1;
	if (c < 0xE0) {
		*rune = (uint32_t)(c & 0x1F) << 6 | (p[1] & 0x3F);
		return 2;
	}
	if (n < 3 || !rune_is_tail(p[2]))
		return 1;
	if (c < 0xF0) {
		if ((c == 0xE0 && p[1] < 0xA0) || (c == 0xED && p[1] > 0x9F))
			return 1;
		*rune = (uint32_t)(c & 0x0F) << 12 |
			(uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
		return 3;
	}
	if (n < 4 || !rune_is_tail(p[3]) || (c == 0xF0 && p[1] < 0x90) ||
	    (c == 0xF4 && p[1] > 0x8F))
		return 1;
	*rune = (uint32_t)(c & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
		(uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
	return 4;
}

/* Go's utf8.ValidString. */
static inline bool
rune_is_valid(struct str s)
{
	uint32_t rune;

	for (size_t i = 0, w; i < s.len; i += w) {
		w = rune_decode(s.ptr + i, s.len - i, &rune);
		if (rune == RUNE_ERROR && w == 1)
			return false;
	}
	return true;
}

#endif
