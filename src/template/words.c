/* SPDX-License-Identifier: MIT */
/*
 * snakecase and its kin walk over runs of one class of rune: upper case, other
 * letters, digits, punctuation, connectors. The rules are those of xstrings;
 * the rest is goutils, which counts bytes and takes them for runes.
 */
#include <utf8proc.h>

#include "case.h"
#include "unicode.h"
#include "words.h"

enum word {
	WORD_NONE,
	WORD_NUMBER,
	WORD_UPPER,
	WORD_ALPHABET,
	WORD_CONNECTOR,
	WORD_PUNCT,
	WORD_OTHER
};

static bool
is_category(uint32_t rune, utf8proc_category_t from, utf8proc_category_t to)
{
	utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)rune);

	return c >= from && c <= to;
}

static bool
is_upper(uint32_t rune)
{
	return is_category(rune, UTF8PROC_CATEGORY_LU, UTF8PROC_CATEGORY_LU);
}

static bool
is_lower(uint32_t rune)
{
	return is_category(rune, UTF8PROC_CATEGORY_LL, UTF8PROC_CATEGORY_LL);
}

static bool
is_title(uint32_t rune)
{
	return is_category(rune, UTF8PROC_CATEGORY_LT, UTF8PROC_CATEGORY_LT);
}

static bool
is_number(uint32_t rune)
{
	return is_category(rune, UTF8PROC_CATEGORY_ND, UTF8PROC_CATEGORY_NO);
}

static bool
is_punct(uint32_t rune)
{
	return is_category(rune, UTF8PROC_CATEGORY_PC, UTF8PROC_CATEGORY_PO);
}

static bool
is_connector(uint32_t rune)
{
	return rune == '-' || rune == '_' || rune_is_space(rune);
}

/* A letter of a script that has words: not of Chinese and the like. */
static bool
is_alphabet(uint32_t rune)
{
	return rune_is_letter(rune) && !(rune >= 0x4E00 && rune <= 0x9FCC) &&
	       !(rune >= 0x3400 && rune <= 0x4D85) &&
	       !(rune >= 0x20000 && rune <= 0x2B81D);
}

/* ---- snake and kebab ---- */

struct words {
	struct str rest;
	enum word kind; /* of the word in hand */
	struct str word;
	struct buf *out;
	char connector;
};

/* The next rune that is not U+FFFD; *size is all that was passed. At the end,
 * prev. */
static uint32_t
valid_rune(struct str s, uint32_t prev, size_t *size)
{
	uint32_t rune;

	*size = 0;
	while (*size < s.len) {
		*size += rune_decode(s.ptr + *size, s.len - *size, &rune);
		if (rune != RUNE_ERROR)
			return rune;
	}
	return prev;
}

static struct str
tail(struct str s, size_t n)
{
	return (struct str){s.ptr + n, s.len - n};
}

static bool
belongs(enum word kind, uint32_t rune)
{
	switch (kind) {
	case WORD_CONNECTOR:
		return is_connector(rune);
	case WORD_PUNCT:
		return is_punct(rune);
	case WORD_NUMBER:
		return is_number(rune);
	case WORD_UPPER:
		return is_upper(rune);
	case WORD_ALPHABET:
		return is_alphabet(rune) && !is_upper(rune);
	default:
		return !is_connector(rune) && !is_alphabet(rune) &&
		       !is_number(rune) && !is_punct(rune);
	}
}

static enum word
kind_of(uint32_t rune)
{
	if (is_connector(rune))
		return WORD_CONNECTOR;
	if (is_punct(rune))
		return WORD_PUNCT;
	if (is_upper(rune))
		return WORD_UPPER;
	if (is_alphabet(rune))
		return WORD_ALPHABET;
	return is_number(rune) ? WORD_NUMBER : WORD_OTHER;
}

/* How far the run of that kind goes from n on; *rune is what ended it, *last
 * the size of the last rune in it. */
static size_t
run(struct str s, size_t n, enum word kind, uint32_t *rune, size_t *last)
{
	size_t size;

	while (n < s.len) {
		*rune = valid_rune(tail(s, n), *rune, &size);
		if (!belongs(kind, *rune))
			break;
		*last = size;
		n += size;
	}
	return n;
}

/* An upper-case rune and what follows: a word like Http, or a run like HTTP
 * whose last letter begins the next word. */
static size_t
upper_run(struct str s, size_t n, uint32_t rune)
{
	size_t last = 0, size;

	if (n == s.len)
		return n;
	rune = valid_rune(tail(s, n), rune, &size);
	if (is_upper(rune)) {
		n = run(s, n, WORD_UPPER, &rune, &last);
		return n < s.len && is_alphabet(rune) ? n - last : n;
	}
	return is_alphabet(rune) ? run(s, n, WORD_ALPHABET, &rune, &last) : n;
}

static void
next(struct words *w)
{
	struct str s = w->rest;
	uint32_t rune;
	size_t n, last;

	w->kind = WORD_NONE;
	w->word = s;
	if (!s.len)
		return;
	rune = valid_rune(s, RUNE_ERROR, &n);
	if (rune != RUNE_ERROR) {
		w->kind = kind_of(rune);
		n = w->kind == WORD_UPPER ? upper_run(s, n, rune)
					  : run(s, n, w->kind, &rune, &last);
	}
	w->word.len = n;
	w->rest = tail(s, n);
}

static void
emit(struct words *w, enum word kind, struct str word)
{
	uint32_t rune;

	if (kind != WORD_UPPER && kind != WORD_CONNECTOR) {
		buf_str(w->out, word);
		return;
	}
	for (size_t i = 0; i < word.len;) {
		i += rune_decode(word.ptr + i, word.len - i, &rune);
		if (is_connector(rune))
			buf_char(w->out, w->connector);
		else
			buf_rune(
			    w->out, is_upper(rune) ? rune_lower(rune) : rune);
	}
}

static void
connect(struct words *w, bool at_end)
{
	if (w->kind != WORD_PUNCT && w->kind != WORD_CONNECTOR &&
	    (at_end || w->kind != WORD_NONE))
		buf_char(w->out, w->connector);
}

/* Letters and digits that belong to the number before them. */
static void
emit_number_tail(struct words *w)
{
	while (w->kind == WORD_ALPHABET || w->kind == WORD_NUMBER) {
		emit(w, w->kind, w->word);
		next(w);
	}
	connect(w, false);
}

/* Behind a word, the one in hand: a number joins it at the end of the text or
 * before another word, but goes with small letters that follow. */
static void
after_word(struct words *w)
{
	struct str number = w->word;

	if (w->kind != WORD_NUMBER) {
		connect(w, true);
		return;
	}
	if (!w->rest.len)
		return;
	next(w);
	if (w->kind != WORD_ALPHABET) {
		emit(w, WORD_NUMBER, number);
		connect(w, true);
		return;
	}
	buf_char(w->out, w->connector);
	emit(w, WORD_NUMBER, number);
	emit_number_tail(w);
}

void
words_connect(struct buf *out, struct str s, char connector)
{
	struct words w = {.rest = s, .out = out, .connector = connector};

	next(&w);
	while (w.rest.len) {
		enum word kind = w.kind;
		struct str word = w.word;

		if (kind != WORD_CONNECTOR)
			emit(&w, kind, word);
		next(&w);
		if (kind == WORD_NUMBER)
			emit_number_tail(&w);
		else if (kind == WORD_CONNECTOR)
			emit(&w, kind, word);
		else if (kind != WORD_PUNCT)
			after_word(&w);
	}
	emit(&w, w.kind, w.word);
}

/* ---- camel ---- */

static uint32_t
take(struct str *s)
{
	uint32_t rune;
	size_t n = rune_decode(s->ptr, s->len, &rune);

	*s = tail(*s, n);
	return rune;
}

void
words_camel(struct buf *out, struct str s)
{
	uint32_t rune = 0, before;
	bool was_upper = false;

	if (!s.len)
		return;
	while (s.len) {
		rune = take(&s);
		if (!is_connector(rune)) {
			was_upper = is_upper(rune);
			rune = rune_upper(rune);
			break;
		}
		buf_rune(out, rune);
	}
	while (s.len) {
		before = rune;
		rune = take(&s);
		if (is_connector(rune) && is_connector(before)) {
			buf_rune(out, before);
			continue;
		}
		if (is_connector(before)) {
			was_upper = is_upper(rune);
			rune = rune_upper(rune);
			continue;
		}
		if (was_upper && is_upper(rune))
			rune = rune_lower(rune);
		else
			was_upper = false;
		buf_rune(out, before);
	}
	buf_rune(out, rune);
}

/* ---- lines ---- */

static ptrdiff_t
last_blank(struct str s, size_t from, size_t to)
{
	while (to > from)
		if (s.ptr[--to] == ' ')
			return (ptrdiff_t)to;
	return -1;
}

void
words_wrap(struct buf *out, struct str s, int64_t width, struct str line_break,
    bool cut)
{
	size_t at = 0, line = width < 1 ? 1 : (size_t)width;

	if (!line_break.len)
		line_break = STR("\n");
	while (s.len - at > line) {
		ptrdiff_t blank;
		const char *later;
		size_t end = at + line;

		if (s.ptr[at] == ' ') {
			at++;
			continue;
		}
		blank = last_blank(s, at, end + 1);
		if (blank < 0 && !cut) {
			later = memchr(s.ptr + end, ' ', s.len - end);
			blank = later ? later - s.ptr : (ptrdiff_t)s.len;
		}
		if (blank >= 0)
			end = (size_t)blank;
		buf_put(out, s.ptr + at, end - at);
		if (end == s.len && blank >= 0)
			return;
		buf_str(out, line_break);
		at = end + (blank >= 0);
	}
	buf_put(out, s.ptr + at, s.len - at);
}

void
words_abbreviate(struct buf *out, struct str s, int64_t offset, int64_t width)
{
	int64_t length = (int64_t)s.len, kept = width - 3;

	if (!s.len || width < 4)
		return;
	if (length <= width) {
		buf_str(out, s);
		return;
	}
	if (offset > length)
		offset = length;
	if (length - offset < kept)
		offset = length - kept;
	if (offset <= 4) {
		buf_put(out, s.ptr, (size_t)kept);
		buf_puts(out, "...");
		return;
	}
	if (width < 7)
		return;
	buf_puts(out, "...");
	if (offset + kept < length)
		words_abbreviate(out, tail(s, (size_t)offset), 0, kept);
	else
		buf_put(out, s.ptr + length - kept, (size_t)kept);
}

/* ---- bytes taken for runes ---- */

void
words_initials(struct buf *out, struct str s)
{
	bool gap = true;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool space = rune_is_space(c);

		if (!space && gap)
			buf_rune(out, c);
		gap = space;
	}
}

void
words_join(struct buf *out, struct str s)
{
	size_t spaces = 0;

	for (size_t i = 0; i < s.len; i++)
		spaces += rune_is_space((unsigned char)s.ptr[i]);
	if (!spaces) {
		buf_str(out, s);
		return;
	}
	for (size_t i = 0; i < s.len; i++)
		if (!rune_is_space((unsigned char)s.ptr[i]))
			buf_rune(out, (unsigned char)s.ptr[i]);
}

/* ---- case ---- */

/* Go's strings.Title: what stands between words. */
static bool
is_separator(uint32_t rune)
{
	if (rune_is_word(rune))
		return false;
	return rune < 0x80 || rune_is_space(rune);
}

void
words_title(struct buf *out, struct str s)
{
	uint32_t before = ' ', rune;

	for (; s.len; before = rune) {
		rune = take(&s);
		buf_rune(out, is_separator(before) ? rune_title(rune) : rune);
	}
}

void
words_untitle(struct buf *out, struct str s)
{
	bool start = true;

	while (s.len) {
		uint32_t rune = take(&s);
		bool space = rune_is_space(rune);

		buf_rune(out, start && !space ? rune_lower(rune) : rune);
		start = space;
	}
}

void
words_swap_case(struct buf *out, struct str s)
{
	bool start = true;

	while (s.len) {
		uint32_t rune = take(&s), swapped = rune;

		if (is_upper(rune) || is_title(rune)) {
			swapped = rune_lower(rune);
			start = false;
		} else if (is_lower(rune)) {
			swapped = start ? rune_title(rune) : rune_upper(rune);
			start = false;
		} else {
			start = rune_is_space(rune);
		}
		buf_rune(out, swapped);
	}
}
