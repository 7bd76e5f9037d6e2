/* SPDX-License-Identifier: MIT */
/*
 * Layouts are read from a table: at each position the first entry that fits is
 * taken, so of two with one beginning the longer stands first.
 */
#include "gotime.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#define DAY 86400

enum element {
	YEAR,
	YEAR_SHORT,
	MONTH_NAME,
	MONTH_SHORT,
	MONTH,
	WEEKDAY,
	WEEKDAY_SHORT,
	DAY_OF_MONTH,
	DAY_OF_YEAR,
	HOUR,
	HOUR_12,
	MINUTE,
	SECOND,
	HALF_DAY,
	ZONE_NAME,
	ZONE_OFFSET
};

enum how { PLAIN = 0, ZERO = 2, ZERO_3 = 3, BLANK = -2, BLANK_3 = -3 };

/* Of a zone's offset. */
#define COLON    1
#define MINUTES  2
#define SECONDS  4
#define LETTER_Z 8

static const struct layout {
	const char *text;
	enum element element;
	int how;      /* enum how; the parts of a zone's offset */
	bool is_word; /* no lower-case letter may follow */
} layouts[] = {
    {"January", MONTH_NAME, 0, false},
    {"Jan", MONTH_SHORT, 0, true},
    {"Monday", WEEKDAY, 0, false},
    {"Mon", WEEKDAY_SHORT, 0, true},
    {"MST", ZONE_NAME, 0, false},
    {"01", MONTH, ZERO, false},
    {"02", DAY_OF_MONTH, ZERO, false},
    {"03", HOUR_12, ZERO, false},
    {"04", MINUTE, ZERO, false},
    {"05", SECOND, ZERO, false},
    {"06", YEAR_SHORT, ZERO, false},
    {"002", DAY_OF_YEAR, ZERO_3, false},
    {"15", HOUR, ZERO, false},
    {"1", MONTH, PLAIN, false},
    {"2006", YEAR, 0, false},
    {"2", DAY_OF_MONTH, PLAIN, false},
    {"_2", DAY_OF_MONTH, BLANK, false},
    {"__2", DAY_OF_YEAR, BLANK_3, false},
    {"3", HOUR_12, PLAIN, false},
    {"4", MINUTE, PLAIN, false},
    {"5", SECOND, PLAIN, false},
    {"PM", HALF_DAY, 'A', false},
    {"pm", HALF_DAY, 'a', false},
    {"-070000", ZONE_OFFSET, MINUTES | SECONDS, false},
    {"-07:00:00", ZONE_OFFSET, COLON | MINUTES | SECONDS, false},
    {"-0700", ZONE_OFFSET, MINUTES, false},
    {"-07:00", ZONE_OFFSET, COLON | MINUTES, false},
    {"-07", ZONE_OFFSET, 0, false},
    {"Z070000", ZONE_OFFSET, LETTER_Z | MINUTES | SECONDS, false},
    {"Z07:00:00", ZONE_OFFSET, LETTER_Z | COLON | MINUTES | SECONDS, false},
    {"Z0700", ZONE_OFFSET, LETTER_Z | MINUTES, false},
    {"Z07:00", ZONE_OFFSET, LETTER_Z | COLON | MINUTES, false},
    {"Z07", ZONE_OFFSET, LETTER_Z, false},
};

static const char *const months[] = {"January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December"};
static const char *const weekdays[] = {"Sunday", "Monday", "Tuesday",
    "Wednesday", "Thursday", "Friday", "Saturday"};

struct gotime
gotime_now_utc(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct gotime){now.tv_sec, (int32_t)now.tv_nsec, 0, "UTC"};
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1970 to a date: years begin in March, so that the leap day is the
 * last, and are counted in cycles of 400. */
static void
set_date(struct gotime_parts *p, int64_t days)
{
	int64_t cycle, day, year, month;

	days += 719468; /* from 0000-03-01 */
	cycle = floor_div(days, 146097);
	day = days - cycle * 146097;
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	p->day = (int)(day - (153 * month + 2) / 5 + 1);
	p->month = (int)(month < 10 ? month + 3 : month - 9);
	p->year = year + cycle * 400 + (p->month <= 2);
}

static bool
is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

struct gotime_parts
gotime_split(const struct gotime *t)
{
	static const int before[] = {
	    0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
	struct gotime_parts p;
	int64_t local = t->seconds + t->offset;
	int64_t days = floor_div(local, DAY);
	int clock = (int)(local - days * DAY);

	set_date(&p, days);
	p.hour = clock / 3600;
	p.minute = clock / 60 % 60;
	p.second = clock % 60;
	p.weekday = (int)(days + 4 - floor_div(days + 4, 7) * 7);
	p.yday = before[p.month - 1] + p.day + (p.month > 2 && is_leap(p.year));
	return p;
}

/* --- writing --- */

static void
put_number(struct buf *b, int64_t n, int how)
{
	if (how < 0)
		buf_printf(b, "%*lld", -how, (long long)n);
	else
		buf_printf(b, "%0*lld", how, (long long)n);
}

static void
put_year(struct buf *b, int64_t year)
{
	if (year < 0)
		buf_char(b, '-');
	put_number(b, year < 0 ? -year : year, 4);
}

static void
put_offset(struct buf *b, int offset, int how)
{
	int minutes = offset / 60, rest;

	if ((how & LETTER_Z) && offset == 0) {
		buf_char(b, 'Z');
		return;
	}
	rest = offset < 0 ? -offset : offset;
	buf_char(b, minutes < 0 ? '-' : '+');
	buf_printf(b, "%02d", rest / 3600);
	if (how & MINUTES)
		buf_printf(b, how & COLON ? ":%02d" : "%02d", rest / 60 % 60);
	if (how & SECONDS)
		buf_printf(b, how & COLON ? ":%02d" : "%02d", rest % 60);
}

static void
put_element(struct buf *b, const struct gotime *t, const struct gotime_parts *p,
    const struct layout *l)
{
	int hour = p->hour % 12 ? p->hour % 12 : 12;

	switch (l->element) {
	case YEAR:
		put_year(b, p->year);
		break;
	case YEAR_SHORT:
		put_number(b, (p->year < 0 ? -p->year : p->year) % 100, 2);
		break;
	case MONTH_NAME:
		buf_puts(b, months[p->month - 1]);
		break;
	case MONTH_SHORT:
		buf_put(b, months[p->month - 1], 3);
		break;
	case MONTH:
		put_number(b, p->month, l->how);
		break;
	case WEEKDAY:
		buf_puts(b, weekdays[p->weekday]);
		break;
	case WEEKDAY_SHORT:
		buf_put(b, weekdays[p->weekday], 3);
		break;
	case DAY_OF_MONTH:
		put_number(b, p->day, l->how);
		break;
	case DAY_OF_YEAR:
		put_number(b, p->yday, l->how);
		break;
	case HOUR:
		put_number(b, p->hour, l->how);
		break;
	case HOUR_12:
		put_number(b, hour, l->how);
		break;
	case MINUTE:
		put_number(b, p->minute, l->how);
		break;
	case SECOND:
		put_number(b, p->second, l->how);
		break;
	case HALF_DAY:
		buf_char(b, (char)(l->how + (p->hour >= 12 ? 'P' - 'A' : 0)));
		buf_char(b, (char)(l->how + 'M' - 'A'));
		break;
	case ZONE_NAME:
		if (t->zone && *t->zone)
			buf_puts(b, t->zone);
		else
			put_offset(b, t->offset, MINUTES);
		break;
	case ZONE_OFFSET:
		put_offset(b, t->offset, l->how);
		break;
	}
}

/* .000 and .999, a comma too: bytes of it at the beginning of s, or 0. */
static size_t
fraction_width(struct str s)
{
	size_t n = 1;

	if (s.len < 2 || (s.ptr[0] != '.' && s.ptr[0] != ',') ||
	    (s.ptr[1] != '0' && s.ptr[1] != '9'))
		return 0;
	while (n < s.len && s.ptr[n] == s.ptr[1])
		n++;
	return n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9' ? 0 : n;
}

/* Zeros of the layout stay, nines drop the zeros at the end. */
static void
put_fraction(struct buf *b, int32_t nanoseconds, struct str s)
{
	char digits[16];
	size_t n = s.len - 1;

	snprintf(digits, sizeof(digits), "%09d", (int)nanoseconds);
	if (s.ptr[1] == '9') {
		if (n > 9)
			n = 9;
		while (n > 0 && digits[n - 1] == '0')
			n--;
		if (n == 0)
			return;
	}
	buf_char(b, s.ptr[0]);
	buf_put(b, digits, n < 9 ? n : 9);
}

static const struct layout *
layout_at(struct str s)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++) {
		const struct layout *l = &layouts[i];
		struct str text = str_of(l->text);

		if (!str_has_prefix(s, text))
			continue;
		if (l->is_word && s.len > text.len && s.ptr[text.len] >= 'a' &&
		    s.ptr[text.len] <= 'z')
			continue;
		return l;
	}
	return NULL;
}

void
gotime_format(struct buf *b, const struct gotime *t, struct str layout)
{
	struct gotime_parts parts = gotime_split(t);
	const struct layout *l;

	while (layout.len > 0) {
		size_t n = fraction_width(layout);

		if (n > 0) {
			put_fraction(
			    b, t->nanoseconds, (struct str){layout.ptr, n});
		} else if (str_has_prefix(layout, STR("_2006"))) {
			n = 1; /* a dash and a year, not _2 and 006 */
			buf_char(b, '_');
		} else if ((l = layout_at(layout))) {
			n = strlen(l->text);
			put_element(b, t, &parts, l);
		} else {
			n = 1;
			buf_char(b, *layout.ptr);
		}
		layout.ptr += n;
		layout.len -= n;
	}
}
