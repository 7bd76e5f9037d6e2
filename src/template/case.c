/* SPDX-License-Identifier: MIT */
/*
 * The mappings are utf8proc's, but for what it maps otherwise than Go. Where a
 * word begins is told by categories; the tables hold what Unicode's word break
 * and case properties (15.0) say beyond them.
 */
#include "case.h"

#include <stdbool.h>
#include <utf8proc.h>

#include "rune.h"

struct range {
	uint32_t from, to;
};

/* Letters that are no part of a word with others: ideographs, kana, the scripts
 * of South-East Asia. */
static const struct range breaking[] = {
    {0xE01, 0xE30},
    {0xE32, 0xE33},
    {0xE40, 0xE46},
    {0xE81, 0xEB0},
    {0xEB2, 0xEB3},
    {0xEBD, 0xEC6},
    {0xEDC, 0xEDF},
    {0x1000, 0x102A},
    {0x103F, 0x103F},
    {0x1050, 0x1055},
    {0x105A, 0x105D},
    {0x1061, 0x1061},
    {0x1065, 0x1066},
    {0x106E, 0x1070},
    {0x1075, 0x1081},
    {0x108E, 0x108E},
    {0x1780, 0x17B3},
    {0x17D7, 0x17DC},
    {0x1950, 0x19C9},
    {0x1A20, 0x1A54},
    {0x1AA7, 0x1AA7},
    {0x200B, 0x200B},
    {0x3006, 0x3006},
    {0x3031, 0x3035},
    {0x3041, 0x3096},
    {0x309D, 0x30FF},
    {0x31F0, 0x9FFF},
    {0xA9E0, 0xA9E4},
    {0xA9E6, 0xA9EF},
    {0xA9FA, 0xA9FE},
    {0xAA60, 0xAA7A},
    {0xAA7E, 0xAAAF},
    {0xAAB1, 0xAAB1},
    {0xAAB5, 0xAAB6},
    {0xAAB9, 0xAABD},
    {0xAAC0, 0xAAC0},
    {0xAAC2, 0xAADD},
    {0xF900, 0xFAD9},
    {0xFF66, 0xFF9D},
    {0x11700, 0x1171A},
    {0x11740, 0x11746},
    {0x17000, 0x1B2FB},
    {0x20000, 0x323AF},
};

/* Of other categories, but part of a word. */
static const struct range joining[] = {
    {0x2C2, 0x2D7},
    {0x2DE, 0x2FF},
    {0x55A, 0x55C},
    {0x55E, 0x55E},
    {0x58A, 0x58A},
    {0x5F3, 0x5F3},
    {0x66B, 0x66B},
    {0x16EE, 0x16F0},
    {0x202F, 0x202F},
    {0x2160, 0x2188},
    {0x24B6, 0x24E9},
    {0xA6E6, 0xA6EF},
    {0xA708, 0xA78A},
    {0xAB5B, 0xAB5B},
    {0x10140, 0x10174},
    {0x10341, 0x1034A},
    {0x103D1, 0x103D5},
    {0x12400, 0x1246E},
    {0x1F130, 0x1F149},
    {0x1F150, 0x1F169},
    {0x1F170, 0x1F189},
    {0x1F3FB, 0x1F3FF},
};

/* In the middle of a word (MidLetter, MidNumLet, Single_Quote). */
static const uint32_t middle[] = {
    '\'',
    '.',
    ':',
    0xB7,
    0x387,
    0x55F,
    0x5F4,
    0x2018,
    0x2019,
    0x2024,
    0x2027,
    0xFE13,
    0xFE52,
    0xFE55,
    0xFF07,
    0xFF0E,
    0xFF1A,
};

/* Cased, though no Lu, Ll or Lt. */
static const struct range cased[] = {
    {0xAA, 0xAA},
    {0xBA, 0xBA},
    {0x2B0, 0x2B8},
    {0x2C0, 0x2C1},
    {0x2E0, 0x2E4},
    {0x345, 0x345},
    {0x37A, 0x37A},
    {0x10FC, 0x10FC},
    {0x1D2C, 0x1D6A},
    {0x1D78, 0x1D78},
    {0x1D9B, 0x1DBF},
    {0x2071, 0x2071},
    {0x207F, 0x207F},
    {0x2090, 0x209C},
    {0x2160, 0x217F},
    {0x24B6, 0x24E9},
    {0x2C7C, 0x2C7D},
    {0xA69C, 0xA69D},
    {0xA770, 0xA770},
    {0xA7F2, 0xA7F4},
    {0xA7F8, 0xA7F9},
    {0xAB5C, 0xAB5F},
    {0xAB69, 0xAB69},
    {0x10780, 0x10780},
    {0x10783, 0x10785},
    {0x10787, 0x107B0},
    {0x107B2, 0x107BA},
    {0x1E030, 0x1E06D},
    {0x1F130, 0x1F149},
    {0x1F150, 0x1F169},
    {0x1F170, 0x1F189},
};

/* Title case of more than one rune. */
static const struct {
	uint32_t rune;
	const char *title;
} titles[] = {
    {0xDF, "Ss"},
    {0x149, "\xca\xbc"
	    "N"},
    {0x1F0, "J\xcc\x8c"},
    {0x390, "\xce\x99\xcc\x88\xcc\x81"},
    {0x3B0, "\xce\xa5\xcc\x88\xcc\x81"},
    {0x587, "\xd4\xb5\xd6\x82"},
    {0x1E96, "H\xcc\xb1"},
    {0x1E97, "T\xcc\x88"},
    {0x1E98, "W\xcc\x8a"},
    {0x1E99, "Y\xcc\x8a"},
    {0x1E9A, "A\xca\xbe"},
    {0x1F50, "\xce\xa5\xcc\x93"},
    {0x1F52, "\xce\xa5\xcc\x93\xcc\x80"},
    {0x1F54, "\xce\xa5\xcc\x93\xcc\x81"},
    {0x1F56, "\xce\xa5\xcc\x93\xcd\x82"},
    {0x1FB2, "\xe1\xbe\xba\xcd\x85"},
    {0x1FB4, "\xce\x86\xcd\x85"},
    {0x1FB6, "\xce\x91\xcd\x82"},
    {0x1FB7, "\xce\x91\xcd\x82\xcd\x85"},
    {0x1FC2, "\xe1\xbf\x8a\xcd\x85"},
    {0x1FC4, "\xce\x89\xcd\x85"},
    {0x1FC6, "\xce\x97\xcd\x82"},
    {0x1FC7, "\xce\x97\xcd\x82\xcd\x85"},
    {0x1FD2, "\xce\x99\xcc\x88\xcc\x80"},
    {0x1FD3, "\xce\x99\xcc\x88\xcc\x81"},
    {0x1FD6, "\xce\x99\xcd\x82"},
    {0x1FD7, "\xce\x99\xcc\x88\xcd\x82"},
    {0x1FE2, "\xce\xa5\xcc\x88\xcc\x80"},
    {0x1FE3, "\xce\xa5\xcc\x88\xcc\x81"},
    {0x1FE4, "\xce\xa1\xcc\x93"},
    {0x1FE6, "\xce\xa5\xcd\x82"},
    {0x1FE7, "\xce\xa5\xcc\x88\xcd\x82"},
    {0x1FF2, "\xe1\xbf\xba\xcd\x85"},
    {0x1FF4, "\xce\x8f\xcd\x85"},
    {0x1FF6, "\xce\xa9\xcd\x82"},
    {0x1FF7, "\xce\xa9\xcd\x82\xcd\x85"},
    {0xFB00, "Ff"},
    {0xFB01, "Fi"},
    {0xFB02, "Fl"},
    {0xFB03, "Ffi"},
    {0xFB04, "Ffl"},
    {0xFB05, "St"},
    {0xFB06, "St"},
    {0xFB13, "\xd5\x84\xd5\xb6"},
    {0xFB14, "\xd5\x84\xd5\xa5"},
    {0xFB15, "\xd5\x84\xd5\xab"},
    {0xFB16, "\xd5\x8e\xd5\xb6"},
    {0xFB17, "\xd5\x84\xd5\xad"},
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static bool
in_ranges(uint32_t rune, const struct range *ranges, size_t count)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t at = (from + to) / 2;

		if (rune > ranges[at].to)
			from = at + 1;
		else if (rune < ranges[at].from)
			to = at;
		else
			return true;
	}
	return false;
}

/* --- single runes --- */

uint32_t
rune_upper(uint32_t rune)
{
	if (rune == 0xDF) /* utf8proc has the capital sharp s */
		return rune;
	return (uint32_t)utf8proc_toupper((utf8proc_int32_t)rune);
}

uint32_t
rune_lower(uint32_t rune)
{
	return (uint32_t)utf8proc_tolower((utf8proc_int32_t)rune);
}

uint32_t
rune_title(uint32_t rune)
{
	if (rune == 0xDF)
		return rune;
	return (uint32_t)utf8proc_totitle((utf8proc_int32_t)rune);
}

static bool
is_middle(uint32_t rune)
{
	for (size_t i = 0; i < COUNT(middle); i++)
		if (middle[i] == rune)
			return true;
	return false;
}

static bool
is_cased(uint32_t rune)
{
	if (rune < 0x80)
		return (rune | 0x20) >= 'a' && (rune | 0x20) <= 'z';
	switch (utf8proc_category((utf8proc_int32_t)rune)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
		return true;
	default:
		return in_ranges(rune, cased, COUNT(cased));
	}
}

/* Does a word end at this rune? */
static bool
is_break(uint32_t rune)
{
	if (is_middle(rune))
		return false;
	switch (utf8proc_category((utf8proc_int32_t)rune)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_CF:
		return in_ranges(rune, breaking, COUNT(breaking));
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_PC:
		return false;
	default:
		return !in_ranges(rune, joining, COUNT(joining));
	}
}

static void
put_title(struct buf *b, uint32_t rune)
{
	for (size_t i = 0; i < COUNT(titles); i++)
		if (titles[i].rune == rune) {
			buf_puts(b, titles[i].title);
			return;
		}
	buf_rune(b, rune_title(rune));
}

/* --- texts --- */

static void
map_runes(struct buf *b, struct str s, uint32_t (*map)(uint32_t))
{
	uint32_t rune;

	for (size_t i = 0; i < s.len;) {
		i += rune_decode(s.ptr + i, s.len - i, &rune);
		buf_rune(b, map(rune));
	}
}

void
str_upper(struct buf *b, struct str s)
{
	map_runes(b, s, rune_upper);
}

void
str_lower(struct buf *b, struct str s)
{
	map_runes(b, s, rune_lower);
}

void
str_title(struct buf *b, struct str s)
{
	bool in_word = false, was_middle = false;
	uint32_t rune;
	size_t width;

	for (size_t i = 0; i < s.len; i += width) {
		bool bad;

		width = rune_decode(s.ptr + i, s.len - i, &rune);
		bad = width == 1 && rune == RUNE_ERROR;
		if (was_middle && is_middle(rune))
			in_word = false;
		was_middle = is_middle(rune);
		if (!bad && is_cased(rune) && !in_word) {
			put_title(b, rune);
			in_word = true;
			continue;
		}
		buf_put(b, s.ptr + i, width);
		if (bad || (!is_cased(rune) && is_break(rune)))
			in_word = false;
	}
}
