/* SPDX-License-Identifier: MIT */
/*
 * Times as Go's package time has them: seconds from 1970 in UTC, the zone only
 * for showing. The calendar is the proleptic Gregorian one, for any year.
 */
#ifndef WEIR_TEMPLATE_GOTIME_H
#define WEIR_TEMPLATE_GOTIME_H

#include <stdint.h>

#include "weir/buf.h"
#include "weir/str.h"

struct gotime {
	int64_t seconds;
	int32_t nanoseconds; /* 0 … 999,999,999 */
	int32_t offset;      /* of the zone, seconds east of UTC */
	const char *zone;    /* its abbreviation; NULL: none, borrowed */
};

/* The date and clock of a time in its zone. */
struct gotime_parts {
	int64_t year;
	int month, day; /* from 1 */
	int hour, minute, second;
	int weekday; /* 0: Sunday */
	int yday;    /* from 1 */
};

struct gotime gotime_now_utc(void);
struct gotime_parts gotime_split(const struct gotime *);
/* Time.Format: a layout written as Go's reference time (2006-01-02 …). */
void gotime_format(struct buf *, const struct gotime *, struct str layout);

#define GOTIME_RFC3339 "2006-01-02T15:04:05Z07:00"

#endif
