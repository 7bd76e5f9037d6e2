/* SPDX-License-Identifier: MIT */
/*
 * Go's strconv, the reading half. The grammar is checked here, since C's is
 * another (no underscores, blanks before it, a locale); the digits of a float
 * then go to strtod, which rounds correctly, as Go does.
 */
#include "number.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <strings.h>

#include "weir/xalloc.h"

static char
lower(char c)
{
	return (char)(c | 0x20);
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_hex(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}

static struct str
without_sign(struct str s)
{
	if (s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-'))
		return (struct str){s.ptr + 1, s.len - 1};
	return s;
}

/* Go's rule: an underscore stands between two digits, or behind the prefix. */
static bool
underscores_fit(struct str s)
{
	enum { START, DIGIT, UNDERSCORE, ELSE } saw = START;
	bool hex = false;
	size_t i = 0;

	s = without_sign(s);
	if (s.len >= 2 && s.ptr[0] == '0' && strchr("box", lower(s.ptr[1]))) {
		i = 2;
		saw = DIGIT;
		hex = lower(s.ptr[1]) == 'x';
	}
	for (; i < s.len; i++) {
		if (is_digit(s.ptr[i]) || (hex && is_hex(s.ptr[i]))) {
			saw = DIGIT;
		} else if (s.ptr[i] == '_') {
			if (saw != DIGIT)
				return false;
			saw = UNDERSCORE;
		} else {
			if (saw == UNDERSCORE)
				return false;
			saw = ELSE;
		}
	}
	return saw != UNDERSCORE;
}

/* The base that a prefix tells, the prefix cut off; an octal's 0 is one. */
static int
cut_prefix(struct str *s)
{
	int base = 8, width = 1;

	if (s->ptr[0] != '0')
		return 10;
	if (s->len >= 3) {
		char c = lower(s->ptr[1]);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		width = c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	s->ptr += width;
	s->len -= (size_t)width;
	return base;
}

static int
digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'z' ? c - 'a' + 10 : 99;
}

enum number_error
number_uint(struct str s, int base, int bits, uint64_t *u)
{
	uint64_t max = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	struct str whole = s;
	bool prefix = base == 0, underscores = false;

	*u = 0;
	if (s.len == 0)
		return NUMBER_SYNTAX;
	if (prefix)
		base = cut_prefix(&s);
	for (size_t i = 0; i < s.len; i++) {
		int d = digit_value(s.ptr[i]);

		if (s.ptr[i] == '_' && prefix) {
			underscores = true;
			continue;
		}
		if (d >= base) {
			*u = 0;
			return NUMBER_SYNTAX;
		}
		if (__builtin_mul_overflow(*u, (uint64_t)base, u) ||
		    __builtin_add_overflow(*u, (uint64_t)d, u) || *u > max) {
			*u = max;
			return NUMBER_RANGE;
		}
	}
	if (underscores && !underscores_fit(whole)) {
		*u = 0;
		return NUMBER_SYNTAX;
	}
	return NUMBER_OK;
}

enum number_error
number_int(struct str s, int base, int bits, int64_t *i)
{
	uint64_t u, cut = UINT64_C(1) << (bits - 1);
	bool minus = s.len > 0 && s.ptr[0] == '-';
	enum number_error e = number_uint(without_sign(s), base, 64, &u);

	*i = 0;
	if (e == NUMBER_SYNTAX)
		return e;
	if (!minus && u >= cut) {
		*i = (int64_t)(cut - 1);
		return NUMBER_RANGE;
	}
	if (minus && u > cut) {
		*i = (int64_t)(0 - cut);
		return NUMBER_RANGE;
	}
	*i = (int64_t)(minus ? 0 - u : u);
	return NUMBER_OK;
}

/* inf, infinity (signed too) and nan, in any case. */
static bool
special(struct str s, double *f)
{
	struct str name = without_sign(s);
	bool minus = s.len > 0 && s.ptr[0] == '-';

	if (name.len == 3 && s.len == 3 && !strncasecmp(s.ptr, "nan", 3)) {
		*f = NAN;
		return true;
	}
	if ((name.len != 3 && name.len != 8) ||
	    strncasecmp(name.ptr, "infinity", name.len) != 0)
		return false;
	*f = minus ? -INFINITY : INFINITY;
	return true;
}

/* [eE|pP] [sign] digits, at *i; false if that is not a whole exponent. */
static bool
skip_exponent(struct str s, size_t *i)
{
	++*i;
	if (*i < s.len && (s.ptr[*i] == '+' || s.ptr[*i] == '-'))
		++*i;
	if (*i >= s.len || !is_digit(s.ptr[*i]))
		return false;
	while (*i < s.len && (is_digit(s.ptr[*i]) || s.ptr[*i] == '_'))
		++*i;
	return true;
}

/* Is s a whole Go float, inf and nan aside? */
static bool
is_float(struct str s)
{
	struct str n = without_sign(s);
	bool dot = false, digits = false, hex;
	size_t i;

	hex = n.len > 2 && n.ptr[0] == '0' && lower(n.ptr[1]) == 'x';
	for (i = hex ? 2 : 0; i < n.len; i++) {
		char c = n.ptr[i];

		if (c == '_')
			continue;
		if (c == '.' && !dot)
			dot = true;
		else if (hex ? is_hex(c) : is_digit(c))
			digits = true;
		else
			break;
	}
	if (!digits)
		return false;
	if (i < n.len && lower(n.ptr[i]) == (hex ? 'p' : 'e')) {
		if (!skip_exponent(n, &i))
			return false;
	} else if (hex) {
		return false;
	}
	return i == n.len && (!memchr(s.ptr, '_', s.len) || underscores_fit(s));
}

enum number_error
number_float(struct str s, double *f)
{
	char small[64], *copy = small;
	size_t n = 0;

	*f = 0;
	if (s.len > 0 && special(s, f))
		return NUMBER_OK;
	if (!is_float(s))
		return NUMBER_SYNTAX;
	if (s.len >= sizeof(small))
		copy = xmalloc(s.len + 1);
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '_')
			copy[n++] = s.ptr[i];
	copy[n] = 0;
	*f = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	return isinf(*f) ? NUMBER_RANGE : NUMBER_OK;
}

const char *
number_error_text(enum number_error e)
{
	return e == NUMBER_RANGE ? "value out of range" : "invalid syntax";
}
