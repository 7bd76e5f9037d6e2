/* SPDX-License-Identifier: MIT */
/*
 * JSON text into values: one pass, no recursion. Go checks the whole text
 * before it converts anything, so a number out of range is reported only when
 * nothing else is wrong. Containers that are open stand on a stack of our own,
 * bounded as Go bounds it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capacity.h"
#include "json.h"
#include "rune.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

#define CHUNK 64 /* frames that the stack grows by at first */

struct frame {
	struct map *map; /* an object; NULL: a list */
	struct str key;
	struct list_builder list;
};

struct json {
	const char *at;
	const char *end;
	struct arena *arena;
	struct error *error;
	struct frame *stack;
	size_t depth;
	size_t capacity;
	struct str too_big; /* the first number that no float64 holds */
};

/* A byte as Go's scanner shows it: Latin-1, quoted as a Go rune. */
static void
show_byte(char *out, unsigned char c)
{
	static const char names[] = "abtnvfr";

	if (c == '\'' || c == '\\')
		sprintf(out, "\\%c", c);
	else if (c >= 7 && c <= 13)
		sprintf(out, "\\%c", names[c - 7]);
	else if (c < 0x20 || c == 0x7F)
		sprintf(out, "\\x%02x", c);
	else if (c < 0x7F)
		sprintf(out, "%c", c);
	else if (c <= 0xA0 || c == 0xAD)
		sprintf(out, "\\u%04x", c);
	else
		sprintf(out, "%c%c", 0xC0 | c >> 6, 0x80 | (c & 0x3F));
}

/* The byte at hand does not belong there. Go's scanner is given a blank at the
 * end of the text, so inside a word or number it complains about that. */
static int
unexpected(struct json *j, const char *where)
{
	bool ended = j->at >= j->end;
	char shown[8];

	if (ended && strncmp(where, "in ", 3) != 0 &&
	    strncmp(where, "after decimal", 13) != 0)
		return error_set(
		    j->error, ERROR_TEMPLATE, "unexpected end of JSON input");
	show_byte(shown, ended ? ' ' : (unsigned char)*j->at);
	return error_set(j->error, ERROR_TEMPLATE, "invalid character '%s' %s",
	    shown, where);
}

/* The next byte behind white space, -1 at the end. */
static int
next(struct json *j)
{
	while (j->at < j->end && (*j->at == ' ' || *j->at == '\t' ||
				     *j->at == '\n' || *j->at == '\r'))
		j->at++;
	return j->at < j->end ? (unsigned char)*j->at : -1;
}

static int
hex4(const char *p)
{
	int n = 0;

	for (int i = 0; i < 4; i++) {
		int c = p[i] | 0x20;

		n = n << 4 | (c >= 'a' ? c - 'a' + 10 : c - '0');
	}
	return n;
}

/* \uXXXX at p, with the second half of a surrogate pair; bytes taken. */
static size_t
unescape_rune(struct buf *b, const char *p, const char *end)
{
	uint32_t rune = (uint32_t)hex4(p + 2);
	uint32_t low;

	if (rune < 0xD800 || rune > 0xDFFF) {
		buf_rune(b, rune);
		return 6;
	}
	if (rune < 0xDC00 && end - p >= 12 && p[6] == '\\' && p[7] == 'u') {
		low = (uint32_t)hex4(p + 8);
		if (low >= 0xDC00 && low <= 0xDFFF) {
			buf_rune(b,
			    0x10000 + ((rune - 0xD800) << 10) + (low - 0xDC00));
			return 12;
		}
	}
	buf_rune(b, RUNE_ERROR);
	return 6;
}

/* The text between the quotes, checked before, without its escapes. */
static struct str
unescape(struct json *j, const char *p, const char *end)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	struct buf b = {0};
	struct str s;
	uint32_t rune;

	while (p < end) {
		const char *known;

		if (*p == '\\' && p[1] == 'u') {
			p += unescape_rune(&b, p, end);
		} else if (*p == '\\') {
			known = strchr(from, p[1]);
			buf_char(&b, known ? to[known - from] : p[1]);
			p += 2;
		} else {
			p += rune_decode(p, (size_t)(end - p), &rune);
			buf_rune(&b, rune);
		}
	}
	s = arena_str(j->arena, buf_as_str(&b));
	buf_fini(&b);
	return s;
}

/* The byte behind a backslash, and the digits of \u; at is behind them. */
static int
scan_escape(struct json *j)
{
	j->at++;
	if (j->at >= j->end || !*j->at || !strchr("bfnrt\\/\"u", *j->at))
		return unexpected(j, "in string escape code");
	if (*j->at++ != 'u')
		return 0;
	for (int i = 0; i < 4; i++, j->at++) {
		int c = j->at < j->end ? *j->at | 0x20 : -1;

		if (!(c >= 'a' && c <= 'f') &&
		    (c < 0 || *j->at < '0' || *j->at > '9'))
			return unexpected(
			    j, "in \\u hexadecimal character escape");
	}
	return 0;
}

/* string = '"' … '"'; at is on the quote. */
static int
string(struct json *j, struct str *s)
{
	const char *start = ++j->at;
	bool plain = true;

	while (j->at < j->end && *j->at != '"') {
		unsigned char c = (unsigned char)*j->at;

		if (c < 0x20)
			return unexpected(j, "in string literal");
		if (c == '\\') {
			plain = false;
			if (scan_escape(j) < 0)
				return -1;
			continue;
		}
		plain = plain && c < 0x80;
		j->at++;
	}
	if (j->at >= j->end)
		return unexpected(j, "");
	*s = (struct str){start, (size_t)(j->at - start)};
	if (!plain && (memchr(start, '\\', s->len) || !rune_is_valid(*s)))
		*s = unescape(j, start, j->at);
	j->at++;
	return 0;
}

static bool
digit(const struct json *j)
{
	return j->at < j->end && *j->at >= '0' && *j->at <= '9';
}

static int
digits(struct json *j, const char *where)
{
	if (!digit(j))
		return unexpected(j, where);
	while (digit(j))
		j->at++;
	return 0;
}

static void
convert(struct json *j, const char *start, struct value *v)
{
	struct str text = {start, (size_t)(j->at - start)};
	char small[64];
	char *copy = text.len < sizeof(small) ? small : xmalloc(text.len + 1);
	double f;

	memcpy(copy, text.ptr, text.len);
	copy[text.len] = 0;
	f = strtod(copy, NULL);
	if (copy != small)
		free(copy);
	*v = isinf(f) ? VALUE_NIL : value_float(f);
	if (isinf(f) && !j->too_big.ptr)
		j->too_big = text;
}

/* number = [ "-" ] int [ frac ] [ exp ] */
static int
number(struct json *j, struct value *v)
{
	const char *start = j->at;

	if (*j->at == '-')
		j->at++;
	if (j->at < j->end && *j->at == '0')
		j->at++;
	else if (digits(j, "in numeric literal") < 0)
		return -1;
	if (j->at < j->end && *j->at == '.') {
		j->at++;
		if (digits(j, "after decimal point in numeric literal") < 0)
			return -1;
	}
	if (j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
		j->at++;
		if (j->at < j->end && (*j->at == '+' || *j->at == '-'))
			j->at++;
		if (digits(j, "in exponent of numeric literal") < 0)
			return -1;
	}
	convert(j, start, v);
	return 0;
}

static int
word(struct json *j, const char *expected)
{
	char where[64];

	for (const char *p = expected; *p; p++, j->at++) {
		if (j->at < j->end && *j->at == *p)
			continue;
		snprintf(where, sizeof(where), "in literal %s (expecting '%c')",
		    expected, *p);
		return unexpected(j, where);
	}
	return 0;
}

/* Opens the container at hand; 1. */
static int
push(struct json *j, bool object)
{
	struct frame *f;

	if (j->depth == LIMIT_VALUE_DEPTH)
		return unexpected(j, "exceeded max depth");
	if (j->depth == j->capacity) {
		j->capacity = j->capacity ? 2 * j->capacity : CHUNK;
		j->stack = xrealloc(j->stack, j->capacity, sizeof(*j->stack));
	}
	f = &j->stack[j->depth++];
	*f = (struct frame){0};
	if (object)
		f->map = map_new(j->arena, &type_map_string_any);
	else
		list_begin(&f->list, j->arena, &type_anys);
	j->at++;
	return 1;
}

static struct value
pop(struct json *j)
{
	struct frame *f = &j->stack[--j->depth];
	struct value v;

	j->at++;
	if (f->map)
		return value_map(f->map, &type_map_string_any);
	v = list_end_room(
	    &f->list, capacity_grown(&type_anys, 0, f->list.count));
	v.not_nil = true;
	return v;
}

/* A scalar into *v: 0; a container was opened: 1. */
static int
begin(struct json *j, struct value *v)
{
	static const char nothing[] = "looking for beginning of value";
	struct str s;
	int c = next(j);

	switch (c) {
	case '{':
	case '[':
		return push(j, c == '{');
	case '"':
		if (string(j, &s) < 0)
			return -1;
		*v = value_str(s);
		return 0;
	case 't':
	case 'f':
		*v = value_bool(c == 't');
		return word(j, c == 't' ? "true" : "false");
	case 'n':
		*v = VALUE_NIL;
		return word(j, "null");
	default:
		if (c == '-' || (c >= '0' && c <= '9'))
			return number(j, v);
		return unexpected(j, nothing);
	}
}

/* key ":" of the object on top. */
static int
key(struct json *j)
{
	if (next(j) != '"')
		return unexpected(
		    j, "looking for beginning of object key string");
	if (string(j, &j->stack[j->depth - 1].key) < 0)
		return -1;
	if (next(j) != ':')
		return unexpected(j, "after object key");
	j->at++;
	return 0;
}

/* Puts v into the container on top and looks at what follows: 1, another value
 * comes; 0, the container ended and is now v. */
static int
put(struct json *j, struct value *v)
{
	struct frame *f = &j->stack[j->depth - 1];
	int c;

	if (f->map)
		map_put_str(f->map, f->key, *v);
	else
		list_add(&f->list, *v);
	c = next(j);
	if (c == ',') {
		j->at++;
		return f->map && key(j) < 0 ? -1 : 1;
	}
	if (c != (f->map ? '}' : ']'))
		return unexpected(j, f->map ? "after object key:value pair"
					    : "after array element");
	*v = pop(j);
	return 0;
}

/* What stands behind the opening bracket: 0, it was empty and is v; 1. */
static int
enter(struct json *j, struct value *v)
{
	bool object = j->stack[j->depth - 1].map;

	if (next(j) == (object ? '}' : ']')) {
		*v = pop(j);
		return 0;
	}
	return object && key(j) < 0 ? -1 : 1;
}

static int
document(struct json *j, struct value *v)
{
	do {
		int more = begin(j, v);

		if (more == 1)
			more = enter(j, v);
		if (more == 1)
			continue;
		while (more == 0 && j->depth)
			more = put(j, v);
		if (more < 0)
			return -1;
		if (j->arena->used > LIMIT_RENDER_BYTES)
			return error_set(j->error, ERROR_LIMIT,
			    "the JSON text needs too much memory");
	} while (j->depth);
	if (next(j) >= 0)
		return unexpected(j, "after top-level value");
	return 0;
}

int
json_decode(struct arena *arena, struct str text, struct value *result,
    struct error *error)
{
	struct json j = {.at = text.ptr,
	    .end = text.ptr + text.len,
	    .arena = arena,
	    .error = error};
	int rc = document(&j, result);

	if (rc < 0)
		*result = VALUE_NIL;
	else if (j.too_big.ptr)
		rc = error_set(error, ERROR_TEMPLATE,
		    "json: cannot unmarshal number %.*s into Go value of type "
		    "float64",
		    (int)j.too_big.len, j.too_big.ptr);
	free(j.stack);
	return rc;
}
