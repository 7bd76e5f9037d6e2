/* SPDX-License-Identifier: MIT */
/*
 * Go's time.Time: an instant and the zone that it is shown in. Its type is
 * type_time, a record without visible fields; what templates do with one, its
 * methods do.
 */
#ifndef WEIR_TEMPLATE_MOMENT_H
#define WEIR_TEMPLATE_MOMENT_H

#include "weir/error.h"
#include "weir/value.h"

enum moment_zone { MOMENT_UTC, MOMENT_LOCAL, MOMENT_FIXED };
#define MOMENT_ZONES 3

struct moment {
	int64_t seconds; /* since 1970-01-01 00:00 UTC */
	int64_t nanos;   /* 0 … 999,999,999 */
	int64_t zone;    /* enum moment_zone */
	int64_t offset;  /* of a fixed zone, seconds east */
	struct str name; /* of a fixed zone; "": none; it lives as long */
	/* As Go's own fields have it, for %d and its like; moment_value sets
	 * them. */
	int64_t ext; /* seconds since year 1 */
	int64_t loc; /* 0: UTC; in Go's place an address */
};

/* Seconds of 0001-01-01 00:00 UTC: Go's zero time. */
#define MOMENT_ZERO_SECONDS (-62135596800LL)
#define MOMENT_ZERO         ((struct moment){.seconds = MOMENT_ZERO_SECONDS})

/* A date and a time of day, as a calendar and a clock show them. */
struct moment_fields {
	int64_t year;
	int month; /* 1 … 12 */
	int day;   /* 1 … 31 */
	int hour, minute, second;
	int weekday;    /* 0: Sunday */
	int year_day;   /* 1 … 366 */
	int64_t offset; /* seconds east of UTC */
	char zone[16];  /* "": without a name */
};

/* Now, in the local zone. */
struct moment moment_now(void);
void moment_fields(const struct moment *, struct moment_fields *);
/* Days since 1970-01-01 of a date; month and day may lie outside of the year
 * and the month. */
int64_t moment_days(int64_t year, int64_t month, int64_t day);
/* Days of that month, 1 … 12. */
int moment_days_in(int64_t year, int month);
/* The instant at which the zone's clocks show it, seconds being since 1970 as
 * if they were UTC. */
struct moment moment_of_clock(int64_t seconds, int64_t nanos, enum moment_zone);
/* The local zone's offset at an instant, and its name there. */
int64_t moment_local_offset(int64_t seconds, char name[16]);
/* The offset that goes with a name of the local zone: the one of then if it has
 * the name then, or else the first that ever had it; false: none. */
bool moment_local_named(struct str name, int64_t seconds, int64_t *offset);

/* Adds nanoseconds. */
void moment_add(struct moment *, int64_t nanos);
/* a - b in nanoseconds, saturating. */
int64_t moment_subtract(const struct moment *a, const struct moment *b);
/* <0, 0, >0 */
int moment_compare(const struct moment *, const struct moment *);

/* Time.Format of Go. */
void moment_format(const struct moment *, struct str layout, struct buf *);
/* time.ParseInLocation with the local zone. -1, Go's message and Go's zero time
 * for what does not fit. A zone's name points into the text. */
int moment_parse(
    struct str layout, struct str text, struct moment *, struct error *);
/* A time.Time that holds a copy. */
struct value moment_value(struct arena *, const struct moment *);

#endif
