/* SPDX-License-Identifier: MIT */
/*
 * Runes by category. ASCII, nearly all there is in a template, is answered
 * without a look at the tables.
 */
#include "unicode.h"

#include <utf8proc.h>

static utf8proc_category_t
category(uint32_t rune)
{
	return rune > 0x10FFFF ? UTF8PROC_CATEGORY_CN
			       : utf8proc_category((utf8proc_int32_t)rune);
}

static bool
is_ascii_letter(uint32_t rune)
{
	return (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';
}

bool
rune_is_letter(uint32_t rune)
{
	utf8proc_category_t c;

	if (rune < 0x80)
		return is_ascii_letter(rune);
	c = category(rune);
	return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool
rune_is_digit(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= '0' && rune <= '9';
	return category(rune) == UTF8PROC_CATEGORY_ND;
}

bool
rune_is_space(uint32_t rune)
{
	if (rune < 0x80)
		return rune == ' ' || (rune >= '\t' && rune <= '\r');
	if (rune == 0x85)
		return true;
	switch (category(rune)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return true;
	default:
		return false;
	}
}

size_t
rune_decode_last(struct str s, uint32_t *rune)
{
	for (size_t back = 1; back <= 4 && back <= s.len; back++) {
		const char *at = s.ptr + s.len - back;

		if (rune_is_tail((unsigned char)*at))
			continue;
		if (rune_decode(at, back, rune) == back)
			return back;
		break;
	}
	*rune = RUNE_ERROR;
	return 1;
}

struct str
str_trim_space(struct str s)
{
	uint32_t rune;
	size_t n;

	while (s.len > 0) {
		n = rune_decode(s.ptr, s.len, &rune);
		if (!rune_is_space(rune))
			break;
		s.ptr += n;
		s.len -= n;
	}
	while (s.len > 0) {
		n = rune_decode_last(s, &rune);
		if (!rune_is_space(rune))
			break;
		s.len -= n;
	}
	return s;
}
