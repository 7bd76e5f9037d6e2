/* SPDX-License-Identifier: MIT */
/*
 * The Gregorian calendar, extended to all years as Go does, and the local zone
 * through libc.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "moment.h"

#include "weir/xalloc.h"

#define DAY   86400
#define NANOS 1000000000LL

/* A zone's names with their offsets: those in tzdata have up to some twenty. */
#define ZONE_NAMES 64
/* Days; a name that held for less is not found. */
#define ZONE_STEP 10

static int64_t
divide_down(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
moment_days(int64_t year, int64_t month, int64_t day)
{
	int64_t era, of_era, of_year;

	year += divide_down(month - 1, 12);
	month -= 12 * divide_down(month - 1, 12);
	/* years from March on, so that the leap day is the last */
	year -= month <= 2;
	era = divide_down(year, 400);
	of_era = year - era * 400;
	of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year + day - 1 - 719468;
}

/* The date of a day since 1970-01-01. */
static void
set_date(struct moment_fields *f, int64_t days)
{
	int64_t era, of_era, year, of_year, month;

	f->weekday = (int)(((days + 4) % 7 + 7) % 7);
	days += 719468;
	era = divide_down(days, 146097);
	of_era = days - era * 146097;
	year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	month = (5 * of_year + 2) / 153;
	f->day = (int)(of_year - (153 * month + 2) / 5 + 1);
	f->month = (int)(month < 10 ? month + 3 : month - 9);
	f->year = year + era * 400 + (f->month <= 2);
	f->year_day = (int)(days - 719468 - moment_days(f->year, 1, 1) + 1);
}

int
moment_days_in(int64_t year, int month)
{
	return (
	    int)(moment_days(year, month + 1, 1) - moment_days(year, month, 1));
}

/* Without memory for the zone the C library takes UTC in its place, and says
 * nothing. */
static void
load_zone(void)
{
	static bool loaded;
	int saved = errno;

	if (loaded)
		return;
	errno = 0;
	tzset();
	if (errno == ENOMEM)
		xalloc_fail();
	loaded = true;
	errno = saved;
}

int64_t
moment_local_offset(int64_t seconds, char name[16])
{
	time_t t = (time_t)seconds;
	struct tm tm;

	load_zone();
	if (!localtime_r(&t, &tm)) {
		snprintf(name, 16, "UTC");
		return 0;
	}
	snprintf(name, 16, "%s", tm.tm_zone ? tm.tm_zone : "");
	return tm.tm_gmtoff;
}

/* A name that the local zone has or had, with an offset that went with it. */
struct zone_name {
	char name[16];
	int64_t offset;
};

static struct zone_name zone_names[ZONE_NAMES];

static void
add_zone_name(const struct zone_name *z)
{
	size_t i = 0;

	while (i < ZONE_NAMES && zone_names[i].name[0] &&
	       (zone_names[i].offset != z->offset ||
		   strcmp(zone_names[i].name, z->name) != 0))
		i++;
	if (i < ZONE_NAMES)
		zone_names[i] = *z;
}

/* libc does not list them, so it is asked about every few days. */
static void
collect_zone_names(void)
{
	for (int64_t day = moment_days(1800, 1, 1);
	     day < moment_days(2050, 1, 1); day += ZONE_STEP) {
		struct zone_name z;

		z.offset = moment_local_offset(day * DAY, z.name);
		add_zone_name(&z);
	}
}

bool
moment_local_named(struct str wanted, int64_t seconds, int64_t *offset)
{
	const struct zone_name *first = NULL;
	char name[16];

	if (!zone_names[0].name[0])
		collect_zone_names();
	for (size_t i = 0; i < ZONE_NAMES && zone_names[i].name[0]; i++) {
		const struct zone_name *z = &zone_names[i];

		if (!str_is(wanted, z->name))
			continue;
		*offset = moment_local_offset(seconds - z->offset, name);
		if (str_is(wanted, name))
			return true;
		if (!first)
			first = z;
	}
	if (first)
		*offset = first->offset;
	return first;
}

struct moment
moment_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct moment){
	    .seconds = now.tv_sec, .nanos = now.tv_nsec, .zone = MOMENT_LOCAL};
}

/* Where clocks skip or repeat an hour, the offset is that of before: Go's. */
struct moment
moment_of_clock(int64_t seconds, int64_t nanos, enum moment_zone zone)
{
	struct moment m = {.seconds = seconds, .nanos = nanos, .zone = zone};
	int64_t offset;
	char name[16];

	if (zone != MOMENT_LOCAL)
		return m;
	offset = moment_local_offset(seconds, name);
	if (offset != 0)
		offset = moment_local_offset(seconds - offset, name);
	m.seconds -= offset;
	return m;
}

void
moment_fields(const struct moment *m, struct moment_fields *f)
{
	int64_t seconds, days;

	*f = (struct moment_fields){.offset = 0};
	switch ((enum moment_zone)m->zone) {
	case MOMENT_UTC:
		snprintf(f->zone, sizeof(f->zone), "UTC");
		break;
	case MOMENT_LOCAL:
		f->offset = moment_local_offset(m->seconds, f->zone);
		break;
	case MOMENT_FIXED:
		f->offset = m->offset;
		snprintf(f->zone, sizeof(f->zone), "%.*s", (int)m->name.len,
		    m->name.len ? m->name.ptr : "");
		break;
	}
	seconds = m->seconds + f->offset;
	days = divide_down(seconds, DAY);
	seconds -= days * DAY;
	f->hour = (int)(seconds / 3600);
	f->minute = (int)(seconds / 60 % 60);
	f->second = (int)(seconds % 60);
	set_date(f, days);
}

void
moment_add(struct moment *m, int64_t nanos)
{
	int64_t whole = divide_down(nanos, NANOS);

	m->seconds += whole;
	m->nanos += nanos % NANOS + (nanos % NANOS < 0 ? NANOS : 0);
	if (m->nanos >= NANOS) {
		m->nanos -= NANOS;
		m->seconds++;
	}
}

int64_t
moment_subtract(const struct moment *a, const struct moment *b)
{
	__int128 d =
	    ((__int128)a->seconds - b->seconds) * NANOS + a->nanos - b->nanos;

	if (d > INT64_MAX)
		return INT64_MAX;
	return d < INT64_MIN ? INT64_MIN : (int64_t)d;
}

int
moment_compare(const struct moment *a, const struct moment *b)
{
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	return (a->nanos > b->nanos) - (a->nanos < b->nanos);
}
