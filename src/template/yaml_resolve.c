/* SPDX-License-Identifier: MIT */
/*
 * Which type a plain YAML scalar has. The reader asks to convert, the writer to
 * know what must be quoted, so both agree.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weir/xalloc.h"
#include "yaml.h"

struct word {
	const char *text;
	enum yaml_tag tag;
	double number; /* of a bool: 0 or 1 */
};

static const struct word words[] = {
    {"y", YAML_TAG_BOOL, 1},
    {"Y", YAML_TAG_BOOL, 1},
    {"yes", YAML_TAG_BOOL, 1},
    {"Yes", YAML_TAG_BOOL, 1},
    {"YES", YAML_TAG_BOOL, 1},
    {"true", YAML_TAG_BOOL, 1},
    {"True", YAML_TAG_BOOL, 1},
    {"TRUE", YAML_TAG_BOOL, 1},
    {"on", YAML_TAG_BOOL, 1},
    {"On", YAML_TAG_BOOL, 1},
    {"ON", YAML_TAG_BOOL, 1},
    {"n", YAML_TAG_BOOL, 0},
    {"N", YAML_TAG_BOOL, 0},
    {"no", YAML_TAG_BOOL, 0},
    {"No", YAML_TAG_BOOL, 0},
    {"NO", YAML_TAG_BOOL, 0},
    {"false", YAML_TAG_BOOL, 0},
    {"False", YAML_TAG_BOOL, 0},
    {"FALSE", YAML_TAG_BOOL, 0},
    {"off", YAML_TAG_BOOL, 0},
    {"Off", YAML_TAG_BOOL, 0},
    {"OFF", YAML_TAG_BOOL, 0},
    {"", YAML_TAG_NULL, 0},
    {"~", YAML_TAG_NULL, 0},
    {"null", YAML_TAG_NULL, 0},
    {"Null", YAML_TAG_NULL, 0},
    {"NULL", YAML_TAG_NULL, 0},
    {".nan", YAML_TAG_FLOAT, NAN},
    {".NaN", YAML_TAG_FLOAT, NAN},
    {".NAN", YAML_TAG_FLOAT, NAN},
    {".inf", YAML_TAG_FLOAT, INFINITY},
    {".Inf", YAML_TAG_FLOAT, INFINITY},
    {".INF", YAML_TAG_FLOAT, INFINITY},
    {"+.inf", YAML_TAG_FLOAT, INFINITY},
    {"+.Inf", YAML_TAG_FLOAT, INFINITY},
    {"+.INF", YAML_TAG_FLOAT, INFINITY},
    {"-.inf", YAML_TAG_FLOAT, -INFINITY},
    {"-.Inf", YAML_TAG_FLOAT, -INFINITY},
    {"-.INF", YAML_TAG_FLOAT, -INFINITY},
};

const char *
yaml_tag_name(enum yaml_tag tag)
{
	static const char *const names[] = {
	    [YAML_TAG_NONE] = "",
	    [YAML_TAG_STR] = "!!str",
	    [YAML_TAG_BOOL] = "!!bool",
	    [YAML_TAG_INT] = "!!int",
	    [YAML_TAG_FLOAT] = "!!float",
	    [YAML_TAG_NULL] = "!!null",
	    [YAML_TAG_TIMESTAMP] = "!!timestamp",
	    [YAML_TAG_BINARY] = "!!binary",
	    [YAML_TAG_MERGE] = "!!merge",
	    [YAML_TAG_OTHER] = "!",
	};

	return names[tag];
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* ---- timestamps ---- */

/* One or two digits, in [least, most]; the number, or -1. */
static int
number(struct str *s, int least, int most)
{
	int n = 0;
	size_t i = 0;

	while (i < s->len && i < 2 && is_digit(s->ptr[i]))
		n = n * 10 + (s->ptr[i++] - '0');
	if (i == 0 || n < least || n > most)
		return -1;
	s->ptr += i;
	s->len -= i;
	return n;
}

static bool
eat(struct str *s, char c)
{
	if (!s->len || *s->ptr != c)
		return false;
	s->ptr++;
	s->len--;
	return true;
}

/* YYYY-M-D */
static bool
date(struct str *s)
{
	static const char days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year = 0, month, most;

	for (int i = 0; i < 4; i++) {
		if (!s->len || !is_digit(*s->ptr))
			return false;
		year = year * 10 + (*s->ptr - '0');
		eat(s, *s->ptr);
	}
	if (!eat(s, '-') || (month = number(s, 1, 12)) < 0 || !eat(s, '-'))
		return false;
	most = days[month - 1] + (month == 2 && year % 4 == 0 &&
				     (year % 100 != 0 || year % 400 == 0));
	return number(s, 1, most) > 0;
}

/* H:M:S and perhaps a fraction */
static bool
clock_time(struct str *s)
{
	if (number(s, 0, 23) < 0 || !eat(s, ':') || number(s, 0, 59) < 0 ||
	    !eat(s, ':') || number(s, 0, 59) < 0)
		return false;
	if (s->len > 1 && (*s->ptr == '.' || *s->ptr == ',') &&
	    is_digit(s->ptr[1])) {
		eat(s, *s->ptr);
		while (s->len && is_digit(*s->ptr))
			eat(s, *s->ptr);
	}
	return true;
}

/* Z or ±hh:mm */
static bool
zone(struct str *s)
{
	const char *p = s->ptr;

	if (eat(s, 'Z'))
		return true;
	if (s->len < 6 || (*p != '+' && *p != '-') || p[3] != ':' ||
	    !is_digit(p[1]) || !is_digit(p[2]) || !is_digit(p[4]) ||
	    !is_digit(p[5]))
		return false;
	s->ptr += 6;
	s->len -= 6;
	return (p[1] - '0') * 10 + (p[2] - '0') <= 24 &&
	       (p[4] - '0') * 10 + (p[5] - '0') <= 60;
}

static bool
is_timestamp(struct str s)
{
	if (!date(&s))
		return false;
	if (!s.len)
		return true;
	if (eat(&s, 'T') || eat(&s, 't'))
		return clock_time(&s) && zone(&s) && !s.len;
	return eat(&s, ' ') && clock_time(&s) && !s.len;
}

/* ---- numbers ---- */

/* [+-] (digits [ "." digits ] | "." digits) [ e [+-] digits ]: all of it. */
static bool
is_decimal(const char *p)
{
	size_t whole, fraction = 0;

	p += *p == '+' || *p == '-';
	whole = strspn(p, "0123456789");
	p += whole;
	if (*p == '.') {
		fraction = strspn(p + 1, "0123456789");
		p += 1 + fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*p == 'e' || *p == 'E') {
		p += p[1] == '+' || p[1] == '-' ? 2 : 1;
		if (!is_digit(*p))
			return false;
		p += strspn(p, "0123456789");
	}
	return !*p;
}

/* The digits' value; false if there are none, others, or too many. */
static bool
whole(const char *p, unsigned base, uint64_t *n)
{
	*n = 0;
	if (!*p)
		return false;
	for (; *p; p++) {
		unsigned d = is_digit(*p) ? (unsigned)(*p - '0')
					  : (unsigned)(*p | 0x20) - 'a' + 10;

		if ((!is_digit(*p) && (*p | 0x20) < 'a') || d >= base ||
		    __builtin_mul_overflow(*n, base, n) ||
		    __builtin_add_overflow(*n, d, n))
			return false;
	}
	return true;
}

/* Go's ParseInt, then ParseUint, with base 0. */
static bool
integer(const char *p, struct value *v)
{
	bool negative = *p == '-', sign = negative || *p == '+';
	unsigned base = 10;
	uint64_t n;

	p += sign;
	if (*p == '0' && p[1]) {
		char c = (char)(p[1] | 0x20);

		base = c == 'x' ? 16 : c == 'b' ? 2 : 8;
		p += c == 'x' || c == 'b' || c == 'o' ? 2 : 1;
	}
	if (!whole(p, base, &n))
		return false;
	if (negative && n <= (uint64_t)INT64_MAX + 1)
		*v = value_int((int64_t)-n);
	else if (!negative && n <= INT64_MAX)
		*v = value_int((int64_t)n);
	else if (!sign)
		*v = value_uint64(n);
	else
		return false;
	return true;
}

/* "0b-11" and the like, which only yaml.v2 takes. */
static bool
signed_binary(const char *p, struct value *v)
{
	bool negative;
	uint64_t n;

	if (strncmp(p, "0b", 2) != 0 || (p[2] != '-' && p[2] != '+'))
		return false;
	negative = p[2] == '-';
	if (!whole(p + 3, 2, &n) || n > (uint64_t)INT64_MAX + negative)
		return false;
	*v = value_int(negative ? (int64_t)-n : (int64_t)n);
	return true;
}

static bool
decimal(const char *p, struct value *v)
{
	double f;

	if (!is_decimal(p))
		return false;
	f = strtod(p, NULL);
	*v = value_float(f);
	return !isinf(f);
}

/* A text that begins with a sign or a digit. */
static enum yaml_tag
resolve_number(struct str text, struct value *v)
{
	char small[64];
	char *plain = text.len < sizeof(small) ? small : xmalloc(text.len + 1);
	enum yaml_tag tag = YAML_TAG_STR;
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		/* no NUL is in a number */
		if (text.ptr[i] != '_')
			plain[n++] = text.ptr[i] ? text.ptr[i] : '?';
	}
	plain[n] = 0;
	if (integer(plain, v))
		tag = YAML_TAG_INT;
	else if (decimal(plain, v))
		tag = YAML_TAG_FLOAT;
	else if (signed_binary(plain, v))
		tag = YAML_TAG_INT;
	if (plain != small)
		free(plain);
	return tag;
}

/* A text that begins with a point: yaml.v2 leaves it to Go's ParseFloat, which
 * takes a '_' between two digits. */
static enum yaml_tag
resolve_fraction(struct str text, struct value *v)
{
	char *copy = xmalloc(text.len + 1);
	size_t n = 0;
	bool ok = true;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c != '_')
			copy[n++] = c ? c : '?';
		else if (i + 1 == text.len || !is_digit(text.ptr[i - 1]) ||
			 !is_digit(text.ptr[i + 1]))
			ok = false;
	}
	copy[n] = 0;
	ok = ok && decimal(copy, v);
	free(copy);
	return ok ? YAML_TAG_FLOAT : YAML_TAG_STR;
}

static const struct word *
find_word(struct str text)
{
	if (text.len > 5)
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_is(text, words[i].text))
			return &words[i];
	return NULL;
}

enum yaml_tag
yaml_resolve(enum yaml_tag tag, struct str text, struct value *v)
{
	const struct word *word = find_word(text);
	enum yaml_tag found = YAML_TAG_STR;
	char c = text.len ? *text.ptr : 0;

	*v = value_str(text);
	if (tag == YAML_TAG_STR)
		return YAML_TAG_STR;
	if (word) {
		if (word->tag == YAML_TAG_BOOL)
			*v = value_bool(word->number != 0);
		else if (word->tag == YAML_TAG_NULL)
			*v = VALUE_NIL;
		else
			*v = value_float(word->number);
		return word->tag;
	}
	if (c == '.') {
		found = resolve_fraction(text, v);
	} else if (is_digit(c) || c == '+' || c == '-') {
		if ((tag == YAML_TAG_NONE || tag == YAML_TAG_TIMESTAMP) &&
		    is_timestamp(text))
			return YAML_TAG_TIMESTAMP;
		found = resolve_number(text, v);
	}
	if (found == YAML_TAG_STR)
		*v = value_str(text);
	return found;
}
