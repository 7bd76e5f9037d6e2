/* SPDX-License-Identifier: MIT */
/* Go's strconv: text into numbers, by Go's grammar. */
#ifndef WEIR_TEMPLATE_STRCONV_H
#define WEIR_TEMPLATE_STRCONV_H

#include "weir/str.h"

enum strconv_result { STRCONV_OK, STRCONV_SYNTAX, STRCONV_RANGE };

/*
 * strconv.ParseInt(s, base, 64); base 2 … 36, or 0: the prefix (0x, 0o, 0b, 0)
 * says it and underscores may stand between digits. STRCONV_RANGE leaves the
 * nearest number, STRCONV_SYNTAX leaves 0.
 */
enum strconv_result strconv_int(struct str, unsigned base, int64_t *);
enum strconv_result strconv_uint(struct str, unsigned base, uint64_t *);
/* strconv.ParseFloat(s, 64). STRCONV_RANGE leaves an infinity. */
enum strconv_result strconv_float(struct str, double *);

#endif
