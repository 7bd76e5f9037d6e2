/* SPDX-License-Identifier: MIT */
/*
 * The scanner. Strings without escapes, which is nearly all of them, are given
 * as slices of the document; the others are unescaped into one buffer.
 */
#include "scan.h"

#include <string.h>

/* Bytes that end the fast part of a string: quote, backslash, controls, and
 * whatever is not ASCII. */
static const bool is_special[256] = {
    [0 ... 31] = true, ['"'] = true, ['\\'] = true, [128 ... 255] = true};

void
scan_init(
    struct scan *s, struct str text, const char *what, struct error *error)
{
	s->at = text.ptr;
	s->end = text.ptr + text.len;
	s->what = what;
	s->error = error;
	s->failed = false;
	s->depth = 0;
	buf_init(&s->text, 0);
}

void
scan_fini(struct scan *s)
{
	buf_fini(&s->text);
}

/* "[3].Service.Port", bounded and without control characters. */
static void
print_path(const struct scan *s, struct buf *b)
{
	for (unsigned i = 0; i < s->depth; i++) {
		const struct scan_step *step = &s->steps[i];
		size_t n = step->key.len < 64 ? step->key.len : 64;

		if (!step->started)
			break;
		if (!step->key.ptr) {
			buf_printf(b, "[%u]", step->index);
			continue;
		}
		if (b->len)
			buf_char(b, '.');
		for (size_t k = 0; k < n; k++)
			buf_char(b, (unsigned char)step->key.ptr[k] < ' '
					? '?'
					: step->key.ptr[k]);
	}
}

static bool
fail(struct scan *s, const char *words)
{
	struct buf path = {0};

	if (s->failed)
		return false;
	s->failed = true;
	print_path(s, &path);
	error_set(s->error, ERROR_DATA, "%s: %s%s%s", s->what,
	    path.len ? path.ptr : "", path.len ? ": " : "", words);
	buf_fini(&path);
	return false;
}

static void
skip_blanks(struct scan *s)
{
	const char *p = s->at;
	uint64_t eight;

	while (p < s->end) {
		if (*p == ' ') {
			while (s->end - p >= 8) {
				memcpy(&eight, p, 8);
				if (eight != UINT64_C(0x2020202020202020))
					break;
				p += 8;
			}
			while (p < s->end && *p == ' ')
				p++;
		} else if (*p == '\n' || *p == '\r' || *p == '\t') {
			p++;
		} else {
			break;
		}
	}
	s->at = p;
}

/* The next byte that is no blank; 0 at the end. */
static char
peek(struct scan *s)
{
	if (s->at < s->end && (unsigned char)*s->at > ' ')
		return *s->at;
	skip_blanks(s);
	return s->at < s->end ? *s->at : 0;
}

bool
scan_expected(struct scan *s, const char *words)
{
	char text[64] = "expected ";

	if (s->at >= s->end)
		return fail(s, "the answer ends too early");
	strncat(text, words, sizeof(text) - strlen(text) - 1);
	return fail(s, text);
}

static bool
word(struct scan *s, const char *literal)
{
	size_t n = strlen(literal);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, literal, n) != 0)
		return false;
	s->at += n;
	return true;
}

bool
scan_null(struct scan *s)
{
	return !s->failed && peek(s) == 'n' && word(s, "null");
}

bool
scan_is_string(struct scan *s)
{
	return !s->failed && peek(s) == '"';
}

/* ---- strings ---- */

static int
hex4(const char *p, const char *end)
{
	int value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			value |= (c | 32) - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* \uXXXX, at behind the u; a pair of surrogates is one rune. */
static bool
unicode(struct scan *s)
{
	int high = hex4(s->at, s->end), low = -1;

	if (high < 0)
		return fail(s, "malformed \\u in a string");
	s->at += 4;
	if (high >= 0xD800 && high < 0xDC00 && s->end - s->at >= 6 &&
	    s->at[0] == '\\' && s->at[1] == 'u')
		low = hex4(s->at + 2, s->end);
	if (low >= 0xDC00 && low < 0xE000) {
		s->at += 6;
		high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
	}
	buf_rune(&s->text, (uint32_t)high);
	return true;
}

static bool
escape(struct scan *s)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;
	char c;

	if (s->end - s->at < 2)
		return fail(s, "the answer ends within a string");
	c = s->at[1];
	s->at += 2;
	if (c == 'u')
		return unicode(s);
	which = c ? strchr(from, c) : NULL;
	if (!which)
		return fail(s, "unknown escape in a string");
	buf_char(&s->text, to[which - from]);
	return true;
}

/* Length of the UTF-8 sequence at p, 0 if there is none: RFC 3629, table of
 * well-formed sequences. */
static int
utf8_length(const unsigned char *p, const unsigned char *end)
{
	unsigned char c = p[0], low = 0x80, high = 0xBF;
	int n;

	if (c < 0xC2 || c > 0xF4)
		return 0;
	n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	if (c == 0xE0)
		low = 0xA0;
	else if (c == 0xED)
		high = 0x9F;
	else if (c == 0xF0)
		low = 0x90;
	else if (c == 0xF4)
		high = 0x8F;
	if (end - p < n || p[1] < low || p[1] > high)
		return 0;
	for (int i = 2; i < n; i++)
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	return n;
}

/* The rest of a string that is more than plain ASCII; start is its first
 * byte. */
static bool
slow_string(struct scan *s, const char *start, struct str *out)
{
	buf_reset(&s->text);
	buf_put(&s->text, start, (size_t)(s->at - start));
	while (s->at < s->end && *s->at != '"') {
		unsigned char c = (unsigned char)*s->at;
		int n;

		if (c == '\\') {
			if (!escape(s))
				return false;
		} else if (c < ' ') {
			return fail(s, "control character in a string");
		} else if (c < 128) {
			buf_char(&s->text, (char)c);
			s->at++;
		} else if ((n = utf8_length((const unsigned char *)s->at,
				(const unsigned char *)s->end))) {
			buf_put(&s->text, s->at, (size_t)n);
			s->at += n;
		} else {
			buf_rune(&s->text, 0xFFFD);
			s->at++;
		}
	}
	if (s->at >= s->end)
		return fail(s, "the answer ends within a string");
	s->at++;
	*out = buf_as_str(&s->text);
	return true;
}

bool
scan_string(struct scan *s, struct str *out)
{
	const char *p, *start;

	*out = STR("");
	if (s->failed)
		return false;
	if (peek(s) != '"')
		return scan_null(s) || scan_expected(s, "a string");
	start = p = s->at + 1;
	while (p < s->end && !is_special[(unsigned char)*p])
		p++;
	s->at = p;
	if (p >= s->end || *p != '"')
		return slow_string(s, start, out);
	*out = (struct str){start, (size_t)(p - start)};
	s->at = p + 1;
	return true;
}

/* ---- numbers, booleans ---- */

/* Is this a number without fraction and exponent? Reads its digits. */
static bool
digits(struct scan *s, bool *negative, uint64_t *value)
{
	const char *first;
	uint64_t n = 0;

	*negative = peek(s) == '-';
	if (*negative)
		s->at++;
	first = s->at;
	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++)
		if (__builtin_mul_overflow(n, UINT64_C(10), &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*s->at - '0'), &n))
			return fail(s, "number out of range");
	if (s->at == first)
		return scan_expected(s, "a number");
	if (*first == '0' && s->at - first > 1)
		return fail(s, "malformed number");
	if (s->at < s->end && (*s->at == '.' || (*s->at | 32) == 'e'))
		return fail(s, "expected a whole number");
	*value = n;
	return true;
}

bool
scan_int(struct scan *s, int64_t *out)
{
	bool negative;
	uint64_t n;

	*out = 0;
	if (s->failed)
		return false;
	if (peek(s) == 'n')
		return scan_null(s) || scan_expected(s, "a number");
	if (!digits(s, &negative, &n))
		return false;
	if (n > (uint64_t)INT64_MAX + negative)
		return fail(s, "number out of range");
	*out = negative ? (int64_t)(0 - n) : (int64_t)n;
	return true;
}

bool
scan_uint(struct scan *s, uint64_t *out)
{
	bool negative;

	*out = 0;
	if (s->failed)
		return false;
	if (peek(s) == 'n')
		return scan_null(s) || scan_expected(s, "a number");
	if (!digits(s, &negative, out))
		return false;
	if (negative && *out)
		return fail(s, "number out of range");
	return true;
}

bool
scan_bool(struct scan *s, bool *out)
{
	*out = false;
	if (s->failed)
		return false;
	switch (peek(s)) {
	case 't':
		*out = true;
		return word(s, "true") || scan_expected(s, "true or false");
	case 'f':
		return word(s, "false") || scan_expected(s, "true or false");
	default:
		return scan_null(s) || scan_expected(s, "true or false");
	}
}

/* ---- objects and arrays ---- */

bool
scan_open(struct scan *s, char bracket)
{
	if (s->failed)
		return false;
	if (peek(s) != bracket) {
		if (!scan_null(s))
			scan_expected(
			    s, bracket == '{' ? "an object" : "an array");
		return false;
	}
	if (s->depth == SCAN_DEPTH)
		return fail(s, "nested too deeply");
	s->at++;
	s->steps[s->depth++] = (struct scan_step){0};
	return true;
}

/* Past the comma before the next item; false at the closing bracket, which is
 * read. */
static bool
next(struct scan *s, char closing)
{
	struct scan_step *step = &s->steps[s->depth - 1];
	char c;

	if (s->failed)
		return false;
	c = peek(s);
	if (c == closing) {
		s->at++;
		s->depth--;
		return false;
	}
	if (!step->started)
		return step->started = true;
	if (c != ',')
		return scan_expected(
		    s, closing == '}' ? "a comma or }" : "a comma or ]");
	s->at++;
	step->index++;
	return true;
}

bool
scan_member(struct scan *s, struct str *key)
{
	if (!next(s, '}'))
		return false;
	if (peek(s) != '"')
		return scan_expected(s, "a name");
	if (!scan_string(s, key))
		return false;
	/* A name with escapes lies in a buffer that is used again. */
	s->steps[s->depth - 1].key =
	    key->ptr == s->text.ptr ? STR("(name)") : *key;
	if (peek(s) != ':')
		return scan_expected(s, "a colon");
	s->at++;
	return true;
}

bool
scan_element(struct scan *s)
{
	return next(s, ']');
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* RFC 8259 §6, number. */
static bool
skip_number(struct scan *s)
{
	const char *p = s->at, *first;

	p += p < s->end && *p == '-';
	first = p;
	p = skip_digits(p, s->end);
	if (p == first)
		return scan_expected(s, "a value");
	if (*first == '0' && p - first > 1)
		return fail(s, "malformed number");
	if (p < s->end && *p == '.') {
		first = ++p;
		p = skip_digits(p, s->end);
		if (p == first)
			return fail(s, "malformed number");
	}
	if (p < s->end && (*p | 32) == 'e') {
		p++;
		p += p < s->end && (*p == '-' || *p == '+');
		first = p;
		p = skip_digits(p, s->end);
		if (p == first)
			return fail(s, "malformed number");
	}
	s->at = p;
	return true;
}

bool
scan_skip(struct scan *s)
{
	struct str text;
	bool ok;

	if (s->failed)
		return false;
	switch (peek(s)) {
	case '"':
		return scan_string(s, &text);
	case 't':
	case 'f':
		return scan_bool(s, &ok);
	case 'n':
		return scan_null(s) || scan_expected(s, "a value");
	case '{':
		for (ok = scan_open(s, '{'); ok && scan_member(s, &text);)
			scan_skip(s);
		return !s->failed;
	case '[':
		for (ok = scan_open(s, '['); ok && scan_element(s);)
			scan_skip(s);
		return !s->failed;
	default:
		return skip_number(s);
	}
}

int
scan_finish(struct scan *s)
{
	skip_blanks(s);
	if (!s->failed && s->at < s->end)
		fail(s, "more text behind the document");
	return s->failed ? -1 : 0;
}
