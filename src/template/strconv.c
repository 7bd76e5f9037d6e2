/* SPDX-License-Identifier: MIT */
/*
 * libc's strtol and strtod take blanks, other bases and what the locale says,
 * so the text is checked against Go's grammar before they see it, if they do.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "strconv.h"
#include "weir/xalloc.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value of a digit up to z, or 99. */
static unsigned
digit_value(char c)
{
	if (is_digit(c))
		return (unsigned)(c - '0');
	c |= 0x20;
	return c >= 'a' && c <= 'z' ? (unsigned)(c - 'a') + 10 : 99;
}

static bool
has_prefix(struct str s, char letter)
{
	return s.len >= 2 && s.ptr[0] == '0' && (s.ptr[1] | 0x20) == letter;
}

/* Do underscores stand only between digits, or behind a base prefix? */
static bool
underscores_fit(struct str s)
{
	char last =
	    '^'; /* '0' a digit, '_' an underscore, '!' something else */
	bool hex = false;
	size_t i = 0;

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+')) {
		s.ptr++;
		s.len--;
	}
	if (has_prefix(s, 'b') || has_prefix(s, 'o') || has_prefix(s, 'x')) {
		hex = has_prefix(s, 'x');
		last = '0';
		i = 2;
	}
	for (; i < s.len; i++) {
		char c = s.ptr[i];

		if (is_digit(c) || (hex && digit_value(c) < 16)) {
			last = '0';
		} else if (c == '_') {
			if (last != '0')
				return false;
			last = '_';
		} else {
			if (last == '_')
				return false;
			last = '!';
		}
	}
	return last != '_';
}

/* Takes the prefix off a number of base 0; its base. */
static unsigned
take_base(struct str *s)
{
	unsigned base = 8;
	size_t n = 1;

	if (s->ptr[0] != '0')
		return 10;
	if (s->len > 2 && has_prefix(*s, 'b'))
		base = 2, n = 2;
	else if (s->len > 2 && has_prefix(*s, 'o'))
		base = 8, n = 2;
	else if (s->len > 2 && has_prefix(*s, 'x'))
		base = 16, n = 2;
	s->ptr += n;
	s->len -= n;
	return base;
}

enum strconv_result
strconv_uint(struct str s, unsigned base, uint64_t *n)
{
	struct str all = s;
	bool any = base == 0, underscores = false;

	*n = 0;
	if (!s.len)
		return STRCONV_SYNTAX;
	if (any)
		base = take_base(&s);
	for (size_t i = 0; i < s.len; i++) {
		unsigned d = digit_value(s.ptr[i]);

		if (any && s.ptr[i] == '_') {
			underscores = true;
			continue;
		}
		if (d >= base)
			return *n = 0, STRCONV_SYNTAX;
		if (__builtin_mul_overflow(*n, base, n) ||
		    __builtin_add_overflow(*n, d, n))
			return *n = UINT64_MAX, STRCONV_RANGE;
	}
	if (underscores && !underscores_fit(all))
		return *n = 0, STRCONV_SYNTAX;
	return STRCONV_OK;
}

enum strconv_result
strconv_int(struct str s, unsigned base, int64_t *n)
{
	bool negative = s.len && s.ptr[0] == '-';
	enum strconv_result result;
	uint64_t size;

	if (negative || (s.len && s.ptr[0] == '+')) {
		s.ptr++;
		s.len--;
	}
	result = strconv_uint(s, base, &size);
	if (negative && size > (uint64_t)INT64_MAX + 1) {
		*n = INT64_MIN;
		return STRCONV_RANGE;
	}
	if (!negative && size > INT64_MAX) {
		*n = INT64_MAX;
		return STRCONV_RANGE;
	}
	*n = negative ? (int64_t)-size : (int64_t)size;
	return result;
}

/* inf, infinity with a sign; nan without: any case. */
static bool
special(const char *p, double *f)
{
	double sign = *p == '-' ? -1 : 1;

	if (!strcasecmp(p, "nan")) {
		*f = NAN;
		return true;
	}
	p += *p == '-' || *p == '+';
	if (strcasecmp(p, "inf") != 0 && strcasecmp(p, "infinity") != 0)
		return false;
	*f = sign * INFINITY;
	return true;
}

/* [+-] digits with a point, and an exponent, which hex numbers must have. */
static bool
is_float(const char *p)
{
	const char *letters = "0123456789";
	size_t digits, fraction = 0;
	bool hex;

	p += *p == '-' || *p == '+';
	hex = p[0] == '0' && (p[1] | 0x20) == 'x';
	if (hex) {
		letters = "0123456789abcdefABCDEF";
		p += 2;
	}
	digits = strspn(p, letters);
	p += digits;
	if (*p == '.') {
		fraction = strspn(p + 1, letters);
		p += 1 + fraction;
	}
	if (!digits && !fraction)
		return false;
	if ((*p | 0x20) != (hex ? 'p' : 'e'))
		return !*p && !hex;
	p++;
	p += *p == '-' || *p == '+';
	return is_digit(*p) && !p[strspn(p, "0123456789")];
}

enum strconv_result
strconv_float(struct str s, double *f)
{
	enum strconv_result result = STRCONV_SYNTAX;
	char *copy = xmalloc(s.len + 1);
	size_t n = 0;

	*f = 0;
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '_')
			copy[n++] = s.ptr[i] ? s.ptr[i] : '?';
	copy[n] = 0;
	if (n == s.len && special(copy, f)) {
		result = STRCONV_OK;
	} else if (is_float(copy) && (n == s.len || underscores_fit(s))) {
		*f = strtod(copy, NULL);
		result = isinf(*f) ? STRCONV_RANGE : STRCONV_OK;
	}
	free(copy);
	return result;
}
