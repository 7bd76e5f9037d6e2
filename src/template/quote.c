/* SPDX-License-Identifier: MIT */
/*
 * strconv's quoted forms: what is printable stands as it is, a bad byte is
 * \xNN, everything else has Go's shortest escape.
 */
#include <utf8proc.h>

#include "fmt.h"
#include "rune.h"

#define RUNE_MAX 0x10FFFFu

/* Go: letters, marks, numbers, punctuation, symbols, and the ASCII blank. */
bool
rune_is_print(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= ' ' && rune < 0x7F;
	if (rune > RUNE_MAX)
		return false;
	switch (utf8proc_category((utf8proc_int32_t)rune)) {
	case UTF8PROC_CATEGORY_CN:
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CC:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS:
	case UTF8PROC_CATEGORY_CO:
		return false;
	default:
		return true;
	}
}

/* The letter of \a … \v, 0 if the rune has none. */
static char
letter(uint32_t rune)
{
	static const char letters[] = "abtnvfr";

	return rune >= 7 && rune <= 13 ? letters[rune - 7] : 0;
}

static void
escape(struct buf *b, uint32_t rune, char quote, bool ascii)
{
	if (rune == (unsigned char)quote || rune == '\\') {
		buf_char(b, '\\');
		buf_char(b, (char)rune);
	} else if (rune_is_print(rune) && (!ascii || rune < 0x80)) {
		buf_rune(b, rune);
	} else if (letter(rune)) {
		buf_char(b, '\\');
		buf_char(b, letter(rune));
	} else if (rune < ' ' || rune == 0x7F) {
		buf_printf(b, "\\x%02x", rune);
	} else if (rune > RUNE_MAX || (rune >= 0xD800 && rune < 0xE000)) {
		buf_puts(b, "\\ufffd");
	} else {
		buf_printf(b, rune < 0x10000 ? "\\u%04x" : "\\U%08x", rune);
	}
}

static void
quote(struct buf *b, struct str s, bool ascii)
{
	uint32_t rune;

	buf_char(b, '"');
	for (size_t i = 0, w; i < s.len; i += w) {
		w = rune_decode(s.ptr + i, s.len - i, &rune);
		if (w == 1 && rune == RUNE_ERROR)
			buf_printf(b, "\\x%02x", (unsigned char)s.ptr[i]);
		else
			escape(b, rune, '"', ascii);
	}
	buf_char(b, '"');
}

void
value_quote(struct buf *b, struct str s)
{
	quote(b, s, false);
}

void
quote_ascii(struct buf *b, struct str s)
{
	quote(b, s, true);
}

void
quote_rune(struct buf *b, uint32_t rune, bool ascii)
{
	if (rune > RUNE_MAX || (rune >= 0xD800 && rune < 0xE000))
		rune = RUNE_ERROR;
	buf_char(b, '\'');
	escape(b, rune, '\'', ascii);
	buf_char(b, '\'');
}

/* strconv.CanBackquote */
bool
quote_can_be_raw(struct str s)
{
	uint32_t rune;

	for (size_t i = 0, w; i < s.len; i += w) {
		w = rune_decode(s.ptr + i, s.len - i, &rune);
		if (w > 1 ? rune == 0xFEFF
			  : rune == RUNE_ERROR || rune == '`' || rune == 0x7F ||
				(rune < ' ' && rune != '\t'))
			return false;
	}
	return true;
}
