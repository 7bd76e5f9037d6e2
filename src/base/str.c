/* SPDX-License-Identifier: MIT */
/*
 * What slices need beyond the inline part: search, and the nearest name for
 * "did you mean". Distance is optimal string alignment, so that two swapped
 * letters, the commonest slip, count once.
 */
#include "weir/str.h"

#include <ctype.h>

/* Names longer than this are not compared: no key or option comes near. */
#define NEAREST_MAX 64

ptrdiff_t
str_find(struct str s, struct str needle)
{
	const char *p;

	if (needle.len == 0)
		return 0;
	if (s.len < needle.len)
		return -1;
	p = memmem(s.ptr, s.len, needle.ptr, needle.len);
	return p ? p - s.ptr : -1;
}

size_t
str_count_lines(struct str text)
{
	size_t n = 0;

	for (; text.len; n++)
		str_take_line(&text);
	return n;
}

static inline bool
is_in(char c, const char *set)
{
	while (*set && *set != c)
		set++;
	return *set != 0;
}

struct str
str_trim_start(struct str s, const char *set)
{
	size_t n = 0;

	while (n < s.len && is_in(s.ptr[n], set))
		n++;
	return str_after(s, n);
}

struct str
str_trim_end(struct str s, const char *set)
{
	while (s.len && is_in(s.ptr[s.len - 1], set))
		s.len--;
	return s;
}

bool
str_take_word(struct str *s, const char *set, struct str *word)
{
	size_t n = 0;

	*s = str_trim_start(*s, set);
	while (n < s->len && !is_in(s->ptr[n], set))
		n++;
	*word = (struct str){s->ptr, n};
	*s = str_after(*s, n);
	return n > 0;
}

size_t
str_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n = 0;

	if (s.len == 0 || p[0] > 0xf4)
		return 0;
	if (p[0] < 0x80)
		n = 1;
	else if (p[0] >= 0xc2)
		n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n == 0 || n > s.len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, and what is beyond U+10FFFF. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The letter as it is compared: case and the two word joiners don't matter. */
static char
fold(char c)
{
	return c == '-' ? '_' : (char)tolower((unsigned char)c);
}

static size_t
distance(struct str a, struct str b)
{
	size_t rows[3][NEAREST_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *free_row = before;

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = fold(a.ptr[i - 1]), y = fold(b.ptr[j - 1]);
			size_t d = last[j - 1] + (x != y);

			d = least(d, least(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && x == fold(b.ptr[j - 2]) &&
			    fold(a.ptr[i - 2]) == y)
				d = least(d, before[j - 2] + 1);
			now[j] = d;
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[b.len];
}

/* One slip in a short word, up to a third of a long one. */
static size_t
tolerance(size_t len)
{
	return len < 3 ? 1 : len < 6 ? 2 : len / 3;
}

const char *
str_nearest(struct str s, const char *const *names, size_t count)
{
	const char *best = NULL;
	size_t best_distance = tolerance(s.len) + 1;

	if (s.len == 0 || s.len > NEAREST_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct str name = str_of(names[i]);
		size_t d;

		if (name.len == 0 || name.len > NEAREST_MAX)
			continue;
		d = distance(s, name);
		/* All letters replaced is not "near". */
		if (d < best_distance && d < name.len) {
			best = names[i];
			best_distance = d;
		}
	}
	return best;
}
