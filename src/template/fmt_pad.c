/* SPDX-License-Identifier: MIT */
/*
 * Go's fmt at its lowest: a number, a string, a rune, written with the width,
 * precision and flags of the verb in hand. Numbers are written in pieces
 * (blanks, sign, prefix, zeros, digits), so that no precision needs a larger
 * buffer.
 */
#include <assert.h>
#include <string.h>

#include "fmt.h"
#include "rune.h"

#define RUNE_MAX 0x10FFFFu

void
fmt_padding(struct printer *p, int count)
{
	if (count > 0)
		buf_repeat(p->out, p->flags.zero && !p->flags.minus ? '0' : ' ',
		    (size_t)count);
}

static int
count_runes(struct str s)
{
	int n = 0;
	uint32_t rune;

	for (size_t i = 0; i < s.len; n++)
		i += rune_decode(s.ptr + i, s.len - i, &rune);
	return n;
}

void
fmt_pad(struct printer *p, struct str s)
{
	int width;

	if (!p->flags.has_width || p->width == 0) {
		buf_str(p->out, s);
		return;
	}
	width = p->width - count_runes(s);
	if (!p->flags.minus)
		fmt_padding(p, width);
	buf_str(p->out, s);
	if (p->flags.minus)
		fmt_padding(p, width);
}

static void
pad_blank(struct printer *p, struct str s)
{
	bool zero = p->flags.zero;

	p->flags.zero = false;
	fmt_pad(p, s);
	p->flags.zero = zero;
}

/* A number in pieces; all of it ASCII but the tail's rune. */
struct pieces {
	char head[8];
	int head_len;
	int zeros;
	char digits[72];
	int digit_len;
};

static void
put_pieces(struct printer *p, const struct pieces *n, struct str tail)
{
	int len = n->head_len + n->zeros + n->digit_len + count_runes(tail);
	int fill = p->flags.has_width && p->width > len ? p->width - len : 0;

	if (!p->flags.minus)
		buf_repeat(p->out, ' ', (size_t)fill);
	buf_put(p->out, n->head, (size_t)n->head_len);
	buf_repeat(p->out, '0', (size_t)n->zeros);
	buf_put(p->out, n->digits, (size_t)n->digit_len);
	buf_str(p->out, tail);
	if (p->flags.minus)
		buf_repeat(p->out, ' ', (size_t)fill);
}

static void
add_digits(struct pieces *n, uint64_t u, unsigned base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char reversed[64];
	int len = 0;

	do
		reversed[len++] = digits[u % base];
	while (u /= base);
	while (len)
		n->digits[n->digit_len++] = reversed[--len];
}

static void
add_head(struct pieces *n, const char *s)
{
	size_t len = strlen(s);

	memcpy(n->head + n->head_len, s, len);
	n->head_len += (int)len;
}

static void
add_sign(struct printer *p, struct pieces *n, bool negative)
{
	if (negative)
		add_head(n, "-");
	else if (p->flags.plus)
		add_head(n, "+");
	else if (p->flags.space)
		add_head(n, " ");
}

static void
add_prefix(struct printer *p, struct pieces *n, const struct fmt_integer *f)
{
	if (f->letter_o)
		add_head(n, "0o");
	if (!p->flags.sharp)
		return;
	if (f->base == 2)
		add_head(n, "0b");
	else if (f->base == 16)
		add_head(n, f->upper ? "0X" : "0x");
	else if (f->base == 8 && !n->zeros && n->digits[0] != '0')
		add_head(n, "0");
}

void
fmt_int(struct printer *p, struct fmt_integer f)
{
	bool negative = f.is_signed && (int64_t)f.u < 0;
	struct pieces n = {.head_len = 0};
	int wanted = 0;

	if (negative)
		f.u = -f.u;
	if (p->flags.has_precision) {
		wanted = p->precision;
		if (wanted == 0 && f.u == 0) {
			if (p->flags.has_width)
				buf_repeat(p->out, ' ', (size_t)p->width);
			return;
		}
	} else if (p->flags.zero && !p->flags.minus && p->flags.has_width) {
		wanted = p->width;
		if (negative || p->flags.plus || p->flags.space)
			wanted--;
	}
	add_digits(&n, f.u, f.base, f.upper);
	if (wanted > n.digit_len)
		n.zeros = wanted - n.digit_len;
	add_sign(p, &n, negative);
	add_prefix(p, &n, &f);
	put_pieces(p, &n, STR(""));
}

/* U+0078, with # and a printable rune U+0078 'x'. */
void
fmt_unicode(struct printer *p, uint64_t u)
{
	struct pieces n = {.head_len = 0};
	int wanted =
	    p->flags.has_precision && p->precision > 4 ? p->precision : 4;
	char tail_bytes[16];
	struct buf tail = {.ptr = tail_bytes, .cap = sizeof tail_bytes};

	add_head(&n, "U+");
	add_digits(&n, u, 16, true);
	if (wanted > n.digit_len)
		n.zeros = wanted - n.digit_len;
	if (p->flags.sharp && u <= RUNE_MAX && rune_is_print((uint32_t)u)) {
		buf_puts(&tail, " '");
		buf_rune(&tail, (uint32_t)u);
		buf_char(&tail, '\'');
	}
	put_pieces(p, &n, buf_as_str(&tail));
}

static struct str
truncated(struct printer *p, struct str s)
{
	uint32_t rune;
	size_t at = 0;

	if (!p->flags.has_precision)
		return s;
	for (int n = p->precision; n > 0 && at < s.len; n--)
		at += rune_decode(s.ptr + at, s.len - at, &rune);
	s.len = at;
	return s;
}

void
fmt_str(struct printer *p, struct str s)
{
	fmt_pad(p, truncated(p, s));
}

static void
put_hex_bytes(struct printer *p, struct str s, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	const char *prefix = upper ? "0X" : "0x";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (p->flags.space && i > 0)
			buf_char(p->out, ' ');
		if (p->flags.sharp && (p->flags.space || i == 0))
			buf_puts(p->out, prefix);
		buf_char(p->out, digits[c >> 4]);
		buf_char(p->out, digits[c & 15]);
	}
}

/* The bytes in hexadecimal; the precision counts bytes. */
void
fmt_hex(struct printer *p, struct str s, bool upper)
{
	size_t width;
	int fill;

	if (p->flags.has_precision && (size_t)p->precision < s.len)
		s.len = (size_t)p->precision;
	if (s.len == 0) {
		if (p->flags.has_width)
			fmt_padding(p, p->width);
		return;
	}
	width = 2 * s.len;
	if (p->flags.space)
		width = width * (p->flags.sharp ? 2 : 1) + s.len - 1;
	else if (p->flags.sharp)
		width += 2;
	fill = p->flags.has_width && (size_t)p->width > width
		   ? p->width - (int)width
		   : 0;
	if (!p->flags.minus)
		fmt_padding(p, fill);
	put_hex_bytes(p, s, upper);
	if (p->flags.minus)
		fmt_padding(p, fill);
}

void
fmt_quoted(struct printer *p, struct str s)
{
	struct buf quoted = {0};

	s = truncated(p, s);
	if (p->flags.sharp && quote_can_be_raw(s)) {
		buf_char(&quoted, '`');
		buf_str(&quoted, s);
		buf_char(&quoted, '`');
	} else if (p->flags.plus) {
		quote_ascii(&quoted, s);
	} else {
		value_quote(&quoted, s);
	}
	fmt_pad(p, buf_as_str(&quoted));
	buf_fini(&quoted);
}

void
fmt_rune(struct printer *p, uint64_t c)
{
	char bytes[8];
	struct buf b = {.ptr = bytes, .cap = sizeof bytes};

	buf_rune(&b, c > RUNE_MAX ? RUNE_ERROR : (uint32_t)c);
	fmt_pad(p, buf_as_str(&b));
}

void
fmt_quoted_rune(struct printer *p, uint64_t c)
{
	char bytes[24];
	struct buf b = {.ptr = bytes, .cap = sizeof bytes};

	quote_rune(&b, c > RUNE_MAX ? RUNE_ERROR : (uint32_t)c, p->flags.plus);
	fmt_pad(p, buf_as_str(&b));
}

/* ---- floats ---- */

/* With #, a point stands in every number and trailing zeros are kept: inserts
 * what is missing before the exponent. num begins with its sign. */
static void
sharpen(struct buf *num, char verb, int precision)
{
	bool is_hex = verb == 'x' || verb == 'X';
	bool has_point = false, nonzero = false;
	int digits = 0;
	size_t i;
	char tail[8];
	size_t tail_len;

	if (verb == 'g' || verb == 'G' || verb == 'x')
		digits = precision < 0 ? 6 : precision;
	for (i = 1; i < num->len; i++) {
		char c = num->ptr[i];

		if (c == 'p' || c == 'P' || (!is_hex && (c == 'e' || c == 'E')))
			break;
		if (c == '.') {
			has_point = true;
			continue;
		}
		nonzero = nonzero || c != '0';
		digits -= nonzero;
	}
	tail_len = num->len > i ? num->len - i : 0;
	assert(tail_len <= sizeof tail);
	memcpy(tail, num->ptr + i, tail_len);
	num->len = i;
	if (!has_point) {
		if (num->len == 2 && num->ptr[1] == '0')
			digits--;
		buf_char(num, '.');
	}
	if (digits > 0)
		buf_repeat(num, '0', (size_t)digits);
	buf_put(num, tail, tail_len);
}

/* num begins with its sign, + if it has none. */
static void
put_number(struct printer *p, struct str num)
{
	if (!p->flags.plus && num.ptr[0] == '+') {
		num.ptr++;
		num.len--;
		fmt_pad(p, num);
		return;
	}
	if (p->flags.zero && !p->flags.minus && p->flags.has_width &&
	    (size_t)p->width > num.len) {
		buf_char(p->out, num.ptr[0]);
		fmt_padding(p, p->width - (int)num.len);
		num.ptr++;
		num.len--;
		buf_str(p->out, num);
		return;
	}
	fmt_pad(p, num);
}

/* Infinities and NaN are no numbers: no zeros before them. */
static bool
put_special(struct printer *p, struct str num)
{
	if (num.ptr[1] != 'I' && num.ptr[1] != 'N')
		return false;
	if (num.ptr[1] == 'N' && !p->flags.space && !p->flags.plus) {
		num.ptr++;
		num.len--;
	}
	pad_blank(p, num);
	return true;
}

void
fmt_double(struct printer *p, double f, int bits, char verb, int precision)
{
	char room[64];
	struct buf fixed = {.ptr = room, .cap = sizeof room}, grown = {0};
	struct buf *num;

	if (p->flags.has_precision)
		precision = p->precision;
	num = precision > 20 || verb == 'f' || p->flags.sharp ? &grown : &fixed;
	buf_char(num, '+');
	value_format_float(num, f, verb, precision, bits);
	if (num->ptr[1] == '-' || num->ptr[1] == '+') {
		memmove(num->ptr, num->ptr + 1, num->len);
		num->len--;
	}
	if (p->flags.space && num->ptr[0] == '+' && !p->flags.plus)
		num->ptr[0] = ' ';
	if (!put_special(p, buf_as_str(num))) {
		if (p->flags.sharp && verb != 'b')
			sharpen(num, verb, precision);
		put_number(p, buf_as_str(num));
	}
	buf_fini(&grown);
}
