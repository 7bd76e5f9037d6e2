/* SPDX-License-Identifier: MIT */
/*
 * Literals by Go's rules for constants: an integer is also every float and
 * unsigned that holds it exactly, 1e3 is also an int, 'x' is an int.
 */
#include "literal.h"

#include "rune.h"
#include "strconv.h"
#include "weir/template.h"

/* --- strings --- */

struct escape {
	uint32_t rune;
	bool is_byte; /* \x41, \101: a byte, not a rune */
};

/* Digits of base at *at, count of them. */
static int
read_digits(struct str s, size_t *at, int count, unsigned base, uint32_t *n)
{
	*n = 0;
	for (int i = 0; i < count; i++, ++*at) {
		unsigned d = 99;
		char c = *at < s.len ? s.ptr[*at] : 0;

		if (c >= '0' && c <= '9')
			d = (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			d = (unsigned)((c | 0x20) - 'a' + 10);
		if (d >= base)
			return -1;
		*n = *n * base + d;
	}
	return 0;
}

/* The escape behind the backslash, at *at. */
static int
read_escape(struct str s, size_t *at, char quote, struct escape *e)
{
	static const char letters[] = "abfnrtv\\",
			  values[] = "\a\b\f\n\r\t\v\\";
	char c = *at < s.len ? s.ptr[*at] : 0;
	const char *letter = c ? strchr(letters, c) : NULL;

	*e = (struct escape){0};
	if (letter || (c && c == quote)) {
		e->rune =
		    (unsigned char)(letter ? values[letter - letters] : quote);
		++*at;
		return 0;
	}
	if (c >= '0' && c <= '7') {
		e->is_byte = true;
		return read_digits(s, at, 3, 8, &e->rune) < 0 || e->rune > 255
			   ? -1
			   : 0;
	}
	++*at;
	if (c == 'x') {
		e->is_byte = true;
		return read_digits(s, at, 2, 16, &e->rune);
	}
	if (c != 'u' && c != 'U')
		return -1;
	if (read_digits(s, at, c == 'u' ? 4 : 8, 16, &e->rune) < 0)
		return -1;
	return e->rune > 0x10FFFF || (e->rune >= 0xD800 && e->rune < 0xE000)
		   ? -1
		   : 0;
}

/* `raw`: what stands there, without carriage returns. */
static struct str
unquote_raw(struct arena *arena, struct str s)
{
	char *copy;
	size_t n = 0;

	if (!memchr(s.ptr, '\r', s.len))
		return s;
	copy = arena_alloc(arena, s.len);
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '\r')
			copy[n++] = s.ptr[i];
	return (struct str){copy, n};
}

int
literal_unquote(struct arena *arena, struct str quoted, struct str *text)
{
	struct str s = {quoted.ptr + 1, quoted.len - 2};
	struct buf b = {0};
	struct escape e;
	int rc = -1;

	if (quoted.ptr[0] == '`') {
		*text = unquote_raw(arena, s);
		return 0;
	}
	if (!memchr(s.ptr, '\\', s.len) && rune_is_valid(s)) {
		*text = s;
		return 0;
	}
	for (size_t i = 0; i < s.len;) {
		e.is_byte = false;
		if (s.ptr[i] != '\\') {
			i += rune_decode(s.ptr + i, s.len - i, &e.rune);
		} else {
			i++;
			if (read_escape(s, &i, quoted.ptr[0], &e) < 0)
				goto out;
		}
		if (e.is_byte)
			buf_char(&b, (char)e.rune);
		else
			buf_rune(&b, e.rune);
	}
	*text = arena_str(arena, buf_as_str(&b));
	rc = 0;
out:
	buf_fini(&b);
	return rc;
}

/* --- numbers --- */

static int
fail_quoted(struct buf *message, const char *what, struct str text)
{
	buf_puts(message, what);
	value_quote(message, text);
	return -1;
}

/* Every integer type that holds f exactly. */
static void
take_float(struct node_number *n, double f)
{
	n->is_float = true;
	n->f = f;
	if (!n->is_int && f >= -0x1p63 && f < 0x1p63 &&
	    (double)(int64_t)f == f) {
		n->is_int = true;
		n->i = (int64_t)f;
	}
	if (!n->is_uint && f >= 0 && f < 0x1p64 && (double)(uint64_t)f == f) {
		n->is_uint = true;
		n->u = (uint64_t)f;
	}
}

static void
take_complex(struct node_number *n, double real, double imaginary)
{
	n->is_complex = true;
	n->complex_parts[0] = real;
	n->complex_parts[1] = imaginary;
	if (imaginary == 0)
		take_float(n, real);
}

static int
read_rune(struct str text, struct node_number *n, struct buf *message)
{
	struct str s = {text.ptr + 1, text.len - 1};
	struct escape e = {0};
	size_t at = 0;

	if (s.ptr[0] == '\'')
		goto bad;
	if (s.ptr[0] != '\\') {
		at = rune_decode(s.ptr, s.len, &e.rune);
	} else {
		at = 1;
		if (read_escape(s, &at, '\'', &e) < 0)
			goto bad;
	}
	if (at + 1 != s.len) {
		buf_puts(message, "malformed character constant: ");
		buf_str(message, text);
		return -1;
	}
	n->is_rune = n->is_int = n->is_uint = n->is_float = true;
	n->i = e.rune;
	n->u = e.rune;
	n->f = e.rune;
	return 0;
bad:
	buf_puts(message, "invalid syntax");
	return -1;
}

static bool
take_one(struct str s, size_t *at, const char *set)
{
	if (*at >= s.len || !s.ptr[*at] || !strchr(set, s.ptr[*at]))
		return false;
	++*at;
	return true;
}

/* One half of a complex number, as Go's fmt.Sscan finds its end. */
static struct str
scan_half(struct str s, size_t *at)
{
	const char *digits = "0123456789_", *exponent = "eEpP";
	size_t from = *at;

	take_one(s, at, "+-");
	take_one(s, at, "iI"); /* perhaps "inf", but not here */
	if (take_one(s, at, "0") && take_one(s, at, "xX")) {
		digits = "0123456789aAbBcCdDeEfF_";
		exponent = "pP";
	}
	while (take_one(s, at, digits))
		;
	if (take_one(s, at, "."))
		while (take_one(s, at, digits))
			;
	if (take_one(s, at, exponent)) {
		take_one(s, at, "+-");
		while (take_one(s, at, "0123456789_"))
			;
	}
	return (struct str){s.ptr + from, *at - from};
}

static int
read_half(struct str s, double *f, struct buf *message)
{
	enum strconv_result e = strconv_float(s, f);

	if (e == STRCONV_OK)
		return 0;
	fail_quoted(message, "strconv.ParseFloat: parsing ", s);
	buf_printf(message, ": %s",
	    e == STRCONV_RANGE ? "value out of range" : "invalid syntax");
	return -1;
}

static int
read_complex(struct str text, struct node_number *n, struct buf *message)
{
	struct str real, imaginary;
	double r, i;
	size_t at = 0, from;

	real = scan_half(text, &at);
	from = at;
	if (!take_one(text, &at, "+-"))
		goto bad;
	scan_half(text, &at);
	imaginary = (struct str){text.ptr + from, at - from};
	if (!take_one(text, &at, "i"))
		goto bad;
	if (read_half(real, &r, message) < 0 ||
	    read_half(imaginary, &i, message) < 0)
		return -1;
	take_complex(n, r, i);
	return 0;
bad:
	buf_puts(message, "syntax error scanning complex number");
	return -1;
}

static bool
has_any(struct str s, const char *set)
{
	for (size_t i = 0; i < s.len; i++)
		if (strchr(set, s.ptr[i]))
			return true;
	return false;
}

static int
read_real(struct str text, struct node_number *n, struct buf *message)
{
	double f;

	n->is_uint = strconv_uint(text, 0, &n->u) == STRCONV_OK;
	n->is_int = strconv_int(text, 0, &n->i) == STRCONV_OK;
	if (n->is_int && n->i == 0) {
		n->is_uint = true; /* -0 */
		n->u = 0;
	}
	if (n->is_int || n->is_uint) {
		n->is_float = true;
		n->f = n->is_int ? (double)n->i : (double)n->u;
		return 0;
	}
	if (strconv_float(text, &f) != STRCONV_OK)
		return fail_quoted(message, "illegal number syntax: ", text);
	if (!has_any(text, ".eEpP"))
		return fail_quoted(message, "integer overflow: ", text);
	take_float(n, f);
	return 0;
}

int
literal_number(
    const struct token *t, struct node_number *n, struct buf *message)
{
	struct str s = t->text;
	double f;

	*n = (struct node_number){.text = s};
	if (t->kind == TOKEN_CHAR)
		return read_rune(s, n, message);
	if (t->kind == TOKEN_COMPLEX)
		return read_complex(s, n, message);
	if (s.len > 0 && s.ptr[s.len - 1] == 'i' &&
	    strconv_float((struct str){s.ptr, s.len - 1}, &f) == STRCONV_OK) {
		take_complex(n, 0, f);
		return 0;
	}
	return read_real(s, n, message);
}
