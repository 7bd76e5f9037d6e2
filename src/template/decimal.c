/* SPDX-License-Identifier: MIT */
/*
 * A coefficient of any size and a power of ten, on GMP's integers. How large a
 * number may grow is bounded, since a template chooses how many are multiplied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "weir/template.h"
#include "weir/xalloc.h"

#define DIGITS 1000000 /* of a coefficient: beyond it, GMP takes seconds */
#define PLACES 16      /* of a quotient, behind the point */

void
decimal_init(struct decimal *d)
{
	mpz_init(d->coefficient);
	d->exponent = 0;
}

void
decimal_fini(struct decimal *d)
{
	mpz_clear(d->coefficient);
}

void
decimal_set(struct decimal *d, double f)
{
	struct buf text = {0};
	char *e, *point;
	long places = 0;

	value_format_float(&text, f, 'e', -1, 64);
	e = strchr(text.ptr, 'e');
	d->exponent = strtol(e + 1, NULL, 10);
	*e = 0;
	point = strchr(text.ptr, '.');
	if (point) {
		places = e - point - 1;
		memmove(point, point + 1, (size_t)places + 1);
	}
	mpz_set_str(d->coefficient, text.ptr, 10);
	d->exponent -= places;
	buf_fini(&text);
}

double
decimal_get(const struct decimal *d)
{
	size_t digits = mpz_sizeinbase(d->coefficient, 10);
	char *text, *end;
	double f;

	if (mpz_sgn(d->coefficient) == 0)
		return 0;
	text = xmalloc(digits + 32);
	mpz_get_str(text, 10, d->coefficient);
	end = text + strlen(text);
	snprintf(end, 24, "e%ld", d->exponent);
	f = strtod(text, NULL);
	free(text);
	return f;
}

/* Multiplies the coefficient by 10^n. */
static int
scale(mpz_t coefficient, long n)
{
	mpz_t power;

	if (mpz_sgn(coefficient) == 0)
		return 0;
	if (n > DIGITS)
		return -1;
	mpz_init(power);
	mpz_ui_pow_ui(power, 10, (unsigned long)n);
	mpz_mul(coefficient, coefficient, power);
	mpz_clear(power);
	return 0;
}

static int
check(const struct decimal *d)
{
	return mpz_sizeinbase(d->coefficient, 10) > DIGITS ? -1 : 0;
}

static int
combine(struct decimal *a, const struct decimal *b,
    void (*op)(mpz_t, const mpz_t, const mpz_t))
{
	struct decimal c;
	int rc = 0;

	decimal_init(&c);
	mpz_set(c.coefficient, b->coefficient);
	if (a->exponent > b->exponent) {
		rc = scale(a->coefficient, a->exponent - b->exponent);
		a->exponent = b->exponent;
	} else {
		rc = scale(c.coefficient, b->exponent - a->exponent);
	}
	if (rc == 0)
		op(a->coefficient, a->coefficient, c.coefficient);
	decimal_fini(&c);
	return rc < 0 ? -1 : check(a);
}

static void
add(mpz_t result, const mpz_t a, const mpz_t b)
{
	mpz_add(result, a, b);
}

static void
subtract(mpz_t result, const mpz_t a, const mpz_t b)
{
	mpz_sub(result, a, b);
}

int
decimal_add(struct decimal *a, const struct decimal *b)
{
	return combine(a, b, add);
}

int
decimal_subtract(struct decimal *a, const struct decimal *b)
{
	return combine(a, b, subtract);
}

int
decimal_multiply(struct decimal *a, const struct decimal *b)
{
	mpz_mul(a->coefficient, a->coefficient, b->coefficient);
	a->exponent += b->exponent;
	return check(a);
}

int
decimal_divide(struct decimal *a, const struct decimal *b)
{
	long shift = a->exponent + PLACES - b->exponent;
	int sign = mpz_sgn(a->coefficient) * mpz_sgn(b->coefficient);
	mpz_t divisor, rest;
	int rc;

	mpz_init_set(divisor, b->coefficient);
	mpz_init(rest);
	rc = shift >= 0 ? scale(a->coefficient, shift) : scale(divisor, -shift);
	if (rc == 0) {
		mpz_tdiv_qr(a->coefficient, rest, a->coefficient, divisor);
		mpz_mul_2exp(rest, rest, 1);
		if (mpz_cmpabs(rest, divisor) >= 0 && sign < 0)
			mpz_sub_ui(a->coefficient, a->coefficient, 1);
		else if (mpz_cmpabs(rest, divisor) >= 0)
			mpz_add_ui(a->coefficient, a->coefficient, 1);
		a->exponent = -PLACES;
	}
	mpz_clear(divisor);
	mpz_clear(rest);
	return rc < 0 ? -1 : check(a);
}
