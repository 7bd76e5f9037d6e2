/* SPDX-License-Identifier: MIT */
/*
 * time.Time. Formatting walks a table of Go's layout words; the longest that
 * matches where the layout stands is taken, as Go's own scanner does.
 */
#include "time.h"

#include <stdio.h>
#include <string.h>

#include "weir/template.h"

#define DAY 86400

static const char *const months[] = {"January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December"};
static const char *const days[] = {"Sunday", "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday"};

/* Days from 1970-01-01 of a date of the proleptic Gregorian calendar (Howard
 * Hinnant's civil calendar arithmetic: years begin in March). */
static int64_t
days_of(int64_t y, int m, int d)
{
	int64_t era, yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

int64_t
gotime_seconds(int64_t year, int64_t month, int64_t day)
{
	int64_t m = month - 1;

	year += m / 12;
	m %= 12;
	if (m < 0) {
		m += 12;
		year--;
	}
	return (days_of(year, (int)m + 1, 1) + day - 1) * DAY;
}

void
gotime_split(const struct gotime *t, struct gotime_fields *f)
{
	int64_t local = t->seconds + t->offset;
	int64_t day = local / DAY, rest = local % DAY;
	int64_t era, doe, yoe, doy, mp;

	if (rest < 0) {
		rest += DAY;
		day--;
	}
	f->hour = (int)(rest / 3600);
	f->minute = (int)(rest % 3600 / 60);
	f->second = (int)(rest % 60);
	f->weekday = (int)(((day + 4) % 7 + 7) % 7);
	day += 719468;
	era = (day >= 0 ? day : day - 146096) / 146097;
	doe = day - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	f->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	f->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	f->year = yoe + era * 400 + (f->month <= 2);
	f->yearday = (int)(day - 719468 - days_of(f->year, 1, 1)) + 1;
}

struct gotime
gotime_zero(void)
{
	return (struct gotime){.seconds = INT64_C(-62135596800), .zone = "UTC"};
}

bool
gotime_is_zero(const struct gotime *t)
{
	return t->seconds == INT64_C(-62135596800) && t->nanoseconds == 0;
}

/* ---- formatting ---- */

enum word {
	WORD_NONE,
	WORD_LONG_MONTH,
	WORD_MONTH,
	WORD_NUM_MONTH,
	WORD_ZERO_MONTH,
	WORD_LONG_WEEKDAY,
	WORD_WEEKDAY,
	WORD_DAY,
	WORD_UNDER_DAY,
	WORD_ZERO_DAY,
	WORD_UNDER_YEARDAY,
	WORD_ZERO_YEARDAY,
	WORD_HOUR,
	WORD_HOUR12,
	WORD_ZERO_HOUR12,
	WORD_MINUTE,
	WORD_ZERO_MINUTE,
	WORD_SECOND,
	WORD_ZERO_SECOND,
	WORD_LONG_YEAR,
	WORD_YEAR,
	WORD_PM,
	WORD_LOWER_PM,
	WORD_ZONE,
	WORD_ISO,         /* Z0700 */
	WORD_ISO_SECONDS, /* Z070000 */
	WORD_ISO_SHORT,   /* Z07 */
	WORD_ISO_COLON,   /* Z07:00 */
	WORD_ISO_COLON_SECONDS,
	WORD_NUM_ZONE, /* -0700 */
	WORD_NUM_SECONDS,
	WORD_NUM_SHORT,
	WORD_NUM_COLON,
	WORD_NUM_COLON_SECONDS,
	WORD_FRACTION0, /* .000 */
	WORD_FRACTION9  /* .999 */
};

/* A word that begins another stands behind it. */
static const struct layout_word {
	const char *text;
	enum word word;
} words[] = {
    {"January", WORD_LONG_MONTH},
    {"Jan", WORD_MONTH},
    {"Monday", WORD_LONG_WEEKDAY},
    {"Mon", WORD_WEEKDAY},
    {"MST", WORD_ZONE},
    {"002", WORD_ZERO_YEARDAY},
    {"01", WORD_ZERO_MONTH},
    {"02", WORD_ZERO_DAY},
    {"03", WORD_ZERO_HOUR12},
    {"04", WORD_ZERO_MINUTE},
    {"05", WORD_ZERO_SECOND},
    {"06", WORD_YEAR},
    {"15", WORD_HOUR},
    {"1", WORD_NUM_MONTH},
    {"2006", WORD_LONG_YEAR},
    {"2", WORD_DAY},
    {"__2", WORD_UNDER_YEARDAY},
    {"_2", WORD_UNDER_DAY},
    {"3", WORD_HOUR12},
    {"4", WORD_MINUTE},
    {"5", WORD_SECOND},
    {"PM", WORD_PM},
    {"pm", WORD_LOWER_PM},
    {"-07:00:00", WORD_NUM_COLON_SECONDS},
    {"-07:00", WORD_NUM_COLON},
    {"-070000", WORD_NUM_SECONDS},
    {"-0700", WORD_NUM_ZONE},
    {"-07", WORD_NUM_SHORT},
    {"Z07:00:00", WORD_ISO_COLON_SECONDS},
    {"Z07:00", WORD_ISO_COLON},
    {"Z070000", WORD_ISO_SECONDS},
    {"Z0700", WORD_ISO},
    {"Z07", WORD_ISO_SHORT},
};

static bool
is_lower(struct str s, size_t at)
{
	return at < s.len && s.ptr[at] >= 'a' && s.ptr[at] <= 'z';
}

/* ".000" or ",999": the digits all alike, none behind them. */
static enum word
match_fraction(struct str s, size_t *len)
{
	size_t n = 1;

	if (s.len < 2 || (s.ptr[0] != '.' && s.ptr[0] != ',') ||
	    (s.ptr[1] != '0' && s.ptr[1] != '9'))
		return WORD_NONE;
	while (n < s.len && s.ptr[n] == s.ptr[1])
		n++;
	if (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
		return WORD_NONE;
	*len = n;
	return s.ptr[1] == '0' ? WORD_FRACTION0 : WORD_FRACTION9;
}

/* The word at the start of s; *len its length, 1 for none. */
static enum word
match(struct str s, size_t *len)
{
	enum word fraction = match_fraction(s, len);

	if (fraction)
		return fraction;
	/* "_2006" is an underscore and a year. */
	*len = 1;
	if (str_has_prefix(s, STR("_2006")))
		return WORD_NONE;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct str w = str_of(words[i].text);

		if (!str_has_prefix(s, w))
			continue;
		/* "Januarys" is a month's name with letters behind it: the
		 * short form stands only where no lower-case letter follows. */
		if ((words[i].word == WORD_MONTH ||
			words[i].word == WORD_WEEKDAY) &&
		    is_lower(s, w.len))
			continue;
		*len = w.len;
		return words[i].word;
	}
	return WORD_NONE;
}

static void
put_year(struct buf *out, int64_t year)
{
	buf_printf(out, "%s%04lld", year < 0 ? "-" : "",
	    (long long)(year < 0 ? -year : year));
}

static void
put_offset(struct buf *out, const struct gotime *t, enum word w)
{
	bool colon = w == WORD_ISO_COLON || w == WORD_ISO_COLON_SECONDS ||
		     w == WORD_NUM_COLON || w == WORD_NUM_COLON_SECONDS;
	bool seconds = w == WORD_ISO_SECONDS || w == WORD_ISO_COLON_SECONDS ||
		       w == WORD_NUM_SECONDS || w == WORD_NUM_COLON_SECONDS;
	int zone = t->offset / 60, absolute = t->offset;

	if (w <= WORD_ISO_COLON_SECONDS && t->offset == 0) {
		buf_char(out, 'Z');
		return;
	}
	buf_char(out, zone < 0 ? '-' : '+');
	if (zone < 0) {
		zone = -zone;
		absolute = -absolute;
	}
	buf_printf(out, "%02d", zone / 60);
	if (w == WORD_ISO_SHORT || w == WORD_NUM_SHORT)
		return;
	buf_printf(out, "%s%02d", colon ? ":" : "", zone % 60);
	if (seconds)
		buf_printf(out, "%s%02d", colon ? ":" : "", absolute % 60);
}

static void
put_zone(struct buf *out, const struct gotime *t)
{
	int zone = t->offset / 60;

	if (t->zone[0]) {
		buf_puts(out, t->zone);
		return;
	}
	buf_printf(out, "%c%02d", zone < 0 ? '-' : '+',
	    (zone < 0 ? -zone : zone) / 60);
	if (zone % 60)
		buf_printf(out, "%02d", (zone < 0 ? -zone : zone) % 60);
}

/* digits of the layout's fraction, its separator in s.ptr[0]. */
static void
put_nanoseconds(
    struct buf *out, const struct gotime *t, struct str s, enum word w)
{
	char text[16];
	size_t n = s.len - 1 > 9 ? 9 : s.len - 1;

	snprintf(text, sizeof(text), "%09d", t->nanoseconds);
	if (w == WORD_FRACTION9) {
		while (n && text[n - 1] == '0')
			n--;
		if (!n)
			return;
	}
	buf_char(out, s.ptr[0]);
	buf_put(out, text, n);
}

static void
put_word(struct buf *out, enum word w, const struct gotime *t,
    const struct gotime_fields *f)
{
	int hour12 = f->hour % 12 ? f->hour % 12 : 12;

	switch (w) {
	case WORD_LONG_MONTH:
		buf_puts(out, months[f->month - 1]);
		break;
	case WORD_MONTH:
		buf_put(out, months[f->month - 1], 3);
		break;
	case WORD_NUM_MONTH:
		buf_printf(out, "%d", f->month);
		break;
	case WORD_ZERO_MONTH:
		buf_printf(out, "%02d", f->month);
		break;
	case WORD_LONG_WEEKDAY:
		buf_puts(out, days[f->weekday]);
		break;
	case WORD_WEEKDAY:
		buf_put(out, days[f->weekday], 3);
		break;
	case WORD_DAY:
		buf_printf(out, "%d", f->day);
		break;
	case WORD_UNDER_DAY:
		buf_printf(out, "%2d", f->day);
		break;
	case WORD_ZERO_DAY:
		buf_printf(out, "%02d", f->day);
		break;
	case WORD_UNDER_YEARDAY:
		buf_printf(out, "%3d", f->yearday);
		break;
	case WORD_ZERO_YEARDAY:
		buf_printf(out, "%03d", f->yearday);
		break;
	case WORD_HOUR:
		buf_printf(out, "%02d", f->hour);
		break;
	case WORD_HOUR12:
		buf_printf(out, "%d", hour12);
		break;
	case WORD_ZERO_HOUR12:
		buf_printf(out, "%02d", hour12);
		break;
	case WORD_MINUTE:
		buf_printf(out, "%d", f->minute);
		break;
	case WORD_ZERO_MINUTE:
		buf_printf(out, "%02d", f->minute);
		break;
	case WORD_SECOND:
		buf_printf(out, "%d", f->second);
		break;
	case WORD_ZERO_SECOND:
		buf_printf(out, "%02d", f->second);
		break;
	case WORD_LONG_YEAR:
		put_year(out, f->year);
		break;
	case WORD_YEAR:
		buf_printf(out, "%02d",
		    (int)((f->year < 0 ? -f->year : f->year) % 100));
		break;
	case WORD_PM:
		buf_puts(out, f->hour >= 12 ? "PM" : "AM");
		break;
	case WORD_LOWER_PM:
		buf_puts(out, f->hour >= 12 ? "pm" : "am");
		break;
	case WORD_ZONE:
		put_zone(out, t);
		break;
	default:
		put_offset(out, t, w);
		break;
	}
}

void
gotime_format(const struct gotime *t, struct str layout, struct buf *out)
{
	struct gotime_fields f;

	gotime_split(t, &f);
	while (layout.len) {
		size_t len = 1;
		enum word w = match(layout, &len);

		if (w == WORD_NONE)
			buf_put(out, layout.ptr, len);
		else if (w == WORD_FRACTION0 || w == WORD_FRACTION9)
			put_nanoseconds(
			    out, t, (struct str){layout.ptr, len}, w);
		else
			put_word(out, w, t, &f);
		layout.ptr += len;
		layout.len -= len;
	}
}

/* ---- reading RFC 3339 ---- */

static bool
read_digits(struct str *s, size_t n, int *value)
{
	*value = 0;
	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (s->ptr[i] < '0' || s->ptr[i] > '9')
			return false;
		*value = *value * 10 + (s->ptr[i] - '0');
	}
	s->ptr += n;
	s->len -= n;
	return true;
}

static bool
read_char(struct str *s, char c)
{
	if (!s->len || *s->ptr != c)
		return false;
	s->ptr++;
	s->len--;
	return true;
}

static bool
read_zone(struct str *s, struct gotime *t)
{
	int sign = 1, hours, minutes;

	t->offset = 0;
	t->zone[0] = 0;
	if (read_char(s, 'Z')) {
		strcpy(t->zone, "UTC");
		return s->len == 0;
	}
	if (read_char(s, '-'))
		sign = -1;
	else if (!read_char(s, '+'))
		return false;
	if (!read_digits(s, 2, &hours) || !read_char(s, ':') ||
	    !read_digits(s, 2, &minutes) || hours > 24 || minutes > 60)
		return false;
	t->offset = sign * (hours * 3600 + minutes * 60);
	return s->len == 0;
}

bool
gotime_parse_rfc3339(struct str s, struct gotime *t)
{
	int y, mo, d, h, mi, sec, digit, scale = 100000000;

	if (!read_digits(&s, 4, &y) || !read_char(&s, '-') ||
	    !read_digits(&s, 2, &mo) || !read_char(&s, '-') ||
	    !read_digits(&s, 2, &d) || !read_char(&s, 'T') ||
	    !read_digits(&s, 2, &h) || !read_char(&s, ':') ||
	    !read_digits(&s, 2, &mi) || !read_char(&s, ':') ||
	    !read_digits(&s, 2, &sec))
		return false;
	if (mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 ||
	    sec > 59)
		return false;
	t->nanoseconds = 0;
	if (read_char(&s, '.')) {
		while (read_digits(&s, 1, &digit)) {
			t->nanoseconds += digit * scale;
			scale /= 10;
		}
	}
	if (!read_zone(&s, t))
		return false;
	t->seconds =
	    gotime_seconds(y, mo, d) + h * 3600 + mi * 60 + sec - t->offset;
	return true;
}
