/* SPDX-License-Identifier: MIT */
/* Go's time.Duration: nanoseconds in an int64. Its type is type_duration. */
#ifndef WEIR_TEMPLATE_DURATION_H
#define WEIR_TEMPLATE_DURATION_H

#include "weir/error.h"
#include "weir/value.h"

#define DURATION_SECOND 1000000000LL
#define DURATION_MINUTE (60 * DURATION_SECOND)
#define DURATION_HOUR   (60 * DURATION_MINUTE)

/* "1h2m3.5s", Duration.String of Go. */
void duration_print(int64_t, struct buf *);
/* time.ParseDuration. -1 and Go's message, and 0, for what is none. */
int duration_parse(struct str, int64_t *, struct error *);
/* As the messages of Go's time quote: what is not ASCII byte by byte. */
void duration_quote(struct buf *, struct str);
/* To the nearest multiple of unit, halves away from 0; saturating. */
int64_t duration_round(int64_t, int64_t unit);
struct value duration_value(int64_t);

#endif
