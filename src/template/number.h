/* SPDX-License-Identifier: MIT */
/*
 * Reading numbers as Go's strconv does, with its two ways to fail. The text may
 * hold any byte and needs no NUL behind it.
 */
#ifndef WEIR_TEMPLATE_NUMBER_H
#define WEIR_TEMPLATE_NUMBER_H

#include <stdint.h>

#include "weir/str.h"

enum number_error {
	NUMBER_OK,
	NUMBER_SYNTAX, /* "invalid syntax" */
	NUMBER_RANGE   /* "value out of range"; the result is the nearest */
};

/* strconv.ParseUint: base 0 takes Go's prefixes and underscores; bits 8…64. */
enum number_error number_uint(struct str, int base, int bits, uint64_t *);
/* strconv.ParseInt. */
enum number_error number_int(struct str, int base, int bits, int64_t *);
/* strconv.ParseFloat(s, 64): hexadecimal, underscores, inf and nan too. */
enum number_error number_float(struct str, double *);
/* "invalid syntax", "value out of range". */
const char *number_error_text(enum number_error);

#endif
