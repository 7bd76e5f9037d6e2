/* SPDX-License-Identifier: MIT */
/* Exact decimals, as many digits as it takes: what sprig's addf, mulf … compute
 * with, so that 0.1 + 0.2 is 0.3. */
#ifndef WEIR_TEMPLATE_DECIMAL_H
#define WEIR_TEMPLATE_DECIMAL_H

#include <gmp.h>

/* coefficient * 10^exponent */
struct decimal {
	mpz_t coefficient;
	long exponent;
};

void decimal_init(struct decimal *);
void decimal_fini(struct decimal *);
/* The shortest decimal that reads back as f; f is finite. */
void decimal_set(struct decimal *, double f);
/* The nearest double. */
double decimal_get(const struct decimal *);

/* a becomes a op b. -1: the result would have more than a million digits. */
int decimal_add(struct decimal *a, const struct decimal *b);
int decimal_subtract(struct decimal *a, const struct decimal *b);
int decimal_multiply(struct decimal *a, const struct decimal *b);
/* To 16 decimal places, halves away from zero; b is not 0. */
int decimal_divide(struct decimal *a, const struct decimal *b);

#endif
