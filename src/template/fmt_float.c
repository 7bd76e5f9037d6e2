/* SPDX-License-Identifier: MIT */
/*
 * strconv.FormatFloat. The C library rounds decimal digits exactly, as Go does,
 * so a given precision is its printf; the shortest form is found by asking for
 * 15, 16, 17 digits until the number reads back. Hexadecimal and binary forms
 * are made here: C's differ in the exponent and for subnormal numbers.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/template.h"

/* d1.d2d3… x 10^(point - 1), without trailing zeros; 0 has no digits. */
struct decimal {
	char digits[24];
	int count;
	int point;
};

static void
trim_zeros(struct decimal *d)
{
	while (d->count && d->digits[d->count - 1] == '0')
		d->count--;
	if (!d->count)
		d->point = 0;
}

static void
take_digits(struct decimal *d, const char *text)
{
	const char *e = strchr(text, 'e');

	d->count = 0;
	for (const char *p = text; p < e; p++)
		if (*p != '.')
			d->digits[d->count++] = *p;
	d->point = atoi(e + 1) + 1;
	trim_zeros(d);
}

/* f > 0 rounded to `digits` digits; true if that reads back as f. */
static bool
reads_back(double f, int digits, int bits, struct decimal *d)
{
	char text[40];

	snprintf(text, sizeof text, "%.*e", digits - 1, f);
	take_digits(d, text);
	return bits == 32 ? strtof(text, NULL) == (float)f
			  : strtod(text, NULL) == f;
}

/*
 * Above a power of two the numbers lie twice as far apart as below, so the next
 * decimal may read back where the nearest one doesn't.
 */
static bool
next_reads_back(double f, int digits, int bits, struct decimal *d)
{
	char text[40];
	int exponent;
	char *last;

	if (frexp(f, &exponent) != 0.5)
		return false;
	snprintf(text, sizeof text, "%.*e", digits - 1, f);
	last = strchr(text, 'e') - 1;
	if (*last == '.' || *last == '9')
		return false;
	++*last;
	take_digits(d, text);
	return bits == 32 ? strtof(text, NULL) == (float)f
			  : strtod(text, NULL) == f;
}

static void
shortest(double f, int bits, struct decimal *d)
{
	double least = bits == 32 ? FLT_MIN : DBL_MIN;
	/* So many digits of a decimal always survive, so its zeros go. */
	int n = f < least ? 1 : bits == 32 ? 6 : 15;

	*d = (struct decimal){0};
	if (f == 0)
		return;
	for (; n < 17; n++)
		if (reads_back(f, n, bits, d) || next_reads_back(f, n, bits, d))
			return;
	reads_back(f, 17, bits, d);
}

static void
put_exponent(struct buf *b, char letter, int exponent)
{
	buf_printf(
	    b, "%c%c%02d", letter, exponent < 0 ? '-' : '+', abs(exponent));
}

static void
put_scientific(struct buf *b, const struct decimal *d, char letter)
{
	buf_char(b, d->count ? d->digits[0] : '0');
	if (d->count > 1) {
		buf_char(b, '.');
		buf_put(b, d->digits + 1, (size_t)d->count - 1);
	}
	put_exponent(b, letter, d->count ? d->point - 1 : 0);
}

static void
put_plain(struct buf *b, const struct decimal *d)
{
	int whole = d->point < d->count ? d->point : d->count;

	if (d->point <= 0) {
		buf_char(b, '0');
		whole = 0;
	} else {
		buf_put(b, d->digits, (size_t)whole);
		buf_repeat(b, '0', (size_t)(d->point - whole));
	}
	if (d->count <= whole)
		return;
	buf_char(b, '.');
	if (d->point < 0)
		buf_repeat(b, '0', (size_t)-d->point);
	buf_put(b, d->digits + whole, (size_t)(d->count - whole));
}

static void
put_shortest(struct buf *b, double f, char format, int bits)
{
	struct decimal d;

	shortest(f, bits, &d);
	switch (format) {
	case 'f':
		put_plain(b, &d);
		break;
	case 'e':
	case 'E':
		put_scientific(b, &d, format);
		break;
	default:
		/* Without a precision Go decides as if it were 6. */
		if (d.point - 1 < -4 || d.point - 1 >= 6)
			put_scientific(b, &d, format == 'G' ? 'E' : 'e');
		else
			put_plain(b, &d);
	}
}

static void
put_precise(struct buf *b, double f, char format, int precision)
{
	switch (format) {
	case 'f':
		buf_printf(b, "%.*f", precision, f);
		break;
	case 'e':
		buf_printf(b, "%.*e", precision, f);
		break;
	case 'E':
		buf_printf(b, "%.*E", precision, f);
		break;
	case 'G':
		buf_printf(b, "%.*G", precision, f);
		break;
	default:
		buf_printf(b, "%.*g", precision, f);
		break;
	}
}

/* The mantissa and the power of two: f = mantissa x 2^*exponent. */
static uint64_t
take_mantissa(double f, int bits, int *exponent)
{
	int width = bits == 32 ? 24 : 53, least = bits == 32 ? -149 : -1074;
	double fraction;

	if (f == 0) {
		*exponent = least;
		return 0;
	}
	fraction = frexp(f, exponent);
	*exponent -= width;
	if (*exponent < least) {
		fraction = ldexp(fraction, *exponent - least);
		*exponent = least;
	}
	return (uint64_t)ldexp(fraction, width);
}

static void
put_binary(struct buf *b, double f, int bits)
{
	int exponent;
	uint64_t mantissa = take_mantissa(f, bits, &exponent);

	buf_printf(b, "%llup%+d", (unsigned long long)mantissa, exponent);
}

/* Rounds the fraction, 60 bits below the leading one, to 4 * precision bits. */
static uint64_t
round_hex(uint64_t mantissa, int precision, int *exponent)
{
	unsigned cut = (unsigned)(60 - 4 * precision);
	uint64_t half = (uint64_t)1 << (cut - 1);
	uint64_t rest = mantissa & (((uint64_t)1 << cut) - 1);

	mantissa >>= cut;
	if (rest > half || (rest == half && (mantissa & 1)))
		mantissa++;
	mantissa <<= cut;
	if (mantissa >> 61) {
		mantissa >>= 1;
		++*exponent;
	}
	return mantissa;
}

/* Go's %x: 0x1.8p+01, whatever the number. */
static void
put_hex(struct buf *b, double f, char format, int precision)
{
	const char *digits =
	    format == 'x' ? "0123456789abcdef" : "0123456789ABCDEF";
	int exponent = 0;
	uint64_t mantissa = 0;

	if (f != 0) {
		mantissa = (uint64_t)ldexp(frexp(f, &exponent), 61);
		exponent--;
	}
	if (precision >= 0 && precision < 15)
		mantissa = round_hex(mantissa, precision, &exponent);
	buf_char(b, '0');
	buf_char(b, format);
	buf_char(b, mantissa ? '1' : '0');
	mantissa <<= 4;
	if (precision < 0 ? mantissa != 0 : precision > 0)
		buf_char(b, '.');
	for (int i = 0; precision < 0 ? mantissa != 0 : i < precision; i++) {
		buf_char(b, digits[mantissa >> 60]);
		mantissa <<= 4;
	}
	put_exponent(b, format == 'x' ? 'p' : 'P', exponent);
}

void
value_format_float(
    struct buf *b, double f, char format, int precision, int bits)
{
	if (isnan(f)) {
		buf_puts(b, "NaN");
		return;
	}
	if (isinf(f)) {
		buf_puts(b, f < 0 ? "-Inf" : "+Inf");
		return;
	}
	if (signbit(f))
		buf_char(b, '-');
	f = fabs(f);
	if (format == 'b')
		put_binary(b, f, bits);
	else if (format == 'x' || format == 'X')
		put_hex(b, f, format, precision);
	else if (precision < 0)
		put_shortest(b, f, format, bits);
	else
		put_precise(b, f, format, precision);
}
