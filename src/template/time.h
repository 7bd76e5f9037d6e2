/* SPDX-License-Identifier: MIT */
/*
 * Go's time.Time and time.Duration as templates see them: values with methods.
 * A time is an instant with the offset and name of a zone; no zone database is
 * kept beside the C library's.
 *
 * Source: pkg.go.dev/time (layouts, String forms).
 */
#ifndef WEIR_TEMPLATE_TIME_H
#define WEIR_TEMPLATE_TIME_H

#include "weir/value.h"

struct gotime {
	int64_t seconds; /* since 1970-01-01T00:00:00Z */
	int32_t nanoseconds;
	int32_t offset; /* of the zone, seconds east of UTC */
	char zone[16];  /* its abbreviation, "" if it has none */
};

/* What a clock and a calendar in the time's zone show. */
struct gotime_fields {
	int64_t year;
	int month, day, hour, minute, second; /* month and day from 1 */
	int weekday;                          /* 0 is Sunday */
	int yearday;                          /* from 1 */
};

void gotime_split(const struct gotime *, struct gotime_fields *);
/* Seconds of a date in UTC; month may be any, as in time.Date. */
int64_t gotime_seconds(int64_t year, int64_t month, int64_t day);
/* Time.Format with one of Go's layouts. */
void gotime_format(const struct gotime *, struct str layout, struct buf *);
/* RFC 3339 with up to nine digits of fraction; false if it is none. */
bool gotime_parse_rfc3339(struct str, struct gotime *);
/* The instant of January 1, year 1, 00:00:00 UTC. */
struct gotime gotime_zero(void);
bool gotime_is_zero(const struct gotime *);
/* A time.Time value; copied into the arena. */
struct value value_time(struct arena *, const struct gotime *);
struct value value_duration(int64_t nanoseconds);
/* Duration.String: "1h2m3.5s". */
void duration_format(int64_t nanoseconds, struct buf *);

#endif
