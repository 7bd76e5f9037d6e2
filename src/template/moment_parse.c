/* SPDX-License-Identifier: MIT */
/*
 * time.ParseInLocation of Go: the layout is walked item by item, each taking
 * what it can from the front of the text.
 */
#include <string.h>
#include <strings.h>

#include "duration.h"
#include "moment.h"
#include "moment_layout.h"

#define UNSET (-1)

struct parser {
	struct str text;   /* what is left */
	const char *range; /* what was out of range */
	int64_t year;
	int month, day, year_day; /* UNSET: not seen */
	int hour, minute, second;
	int64_t nanos;
	bool am, pm, utc;
	bool has_offset;
	int offset;
	struct str zone_name;
};

static bool
digit_at(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9';
}

static void
drop(struct str *s, size_t n)
{
	s->ptr += n;
	s->len -= n;
}

/* One or two digits, or (fixed) just two. */
static bool
take_number(struct str *s, bool fixed, int *n)
{
	bool two = digit_at(*s, 1);

	*n = 0;
	if (!digit_at(*s, 0) || (fixed && !two))
		return false;
	*n = s->ptr[0] - '0';
	if (two)
		*n = *n * 10 + (s->ptr[1] - '0');
	drop(s, two ? 2 : 1);
	return true;
}

static bool
in_range(struct parser *p, bool ok, const char *what)
{
	if (!ok)
		p->range = what;
	return true;
}

/* ---- names ---- */

/* One of names, in any case; its first three letters if short_form. */
static bool
take_name(struct str *s, const char *const *names, int count, bool short_form,
    int *which)
{
	for (int i = 0; i < count; i++) {
		size_t n = short_form ? 3 : strlen(names[i]);

		if (s->len < n || strncasecmp(s->ptr, names[i], n) != 0)
			continue;
		*which = i;
		drop(s, n);
		return true;
	}
	return false;
}

static bool
take_month(struct parser *p, bool short_form)
{
	bool ok = take_name(&p->text, layout_months, 12, short_form, &p->month);

	p->month++;
	return ok;
}

static bool
take_weekday(struct parser *p, bool short_form)
{
	int ignored;

	return take_name(&p->text, layout_weekdays, 7, short_form, &ignored);
}

static bool
take_half(struct parser *p, const char *am, const char *pm)
{
	bool is_pm = str_has_prefix(p->text, str_of(pm));

	if (!is_pm && !str_has_prefix(p->text, str_of(am)))
		return false;
	p->pm = p->pm || is_pm;
	p->am = p->am || !is_pm;
	drop(&p->text, 2);
	return true;
}

/* ---- numbers ---- */

/* All of s, with a sign perhaps, as a number; a sign alone is 0. */
static bool
read_signed(struct str s, int64_t *n)
{
	bool negative = s.len && s.ptr[0] == '-';
	size_t i = s.len && (negative || s.ptr[0] == '+');

	for (*n = 0; i < s.len; i++) {
		if (!digit_at(s, i))
			return false;
		*n = *n * 10 + (s.ptr[i] - '0');
	}
	if (negative)
		*n = -*n;
	return true;
}

static bool
take_year(struct parser *p)
{
	int64_t n;

	if (p->text.len < 2 || !read_signed((struct str){p->text.ptr, 2}, &n))
		return false;
	drop(&p->text, 2);
	p->year = n >= 69 ? n + 1900 : n + 2000;
	return true;
}

static bool
take_long_year(struct parser *p)
{
	p->year = 0;
	for (size_t i = 0; i < 4; i++) {
		if (!digit_at(p->text, i))
			return false;
		p->year = p->year * 10 + (p->text.ptr[i] - '0');
	}
	drop(&p->text, 4);
	return true;
}

static void
skip_blank(struct parser *p, bool allowed)
{
	if (allowed && p->text.len && p->text.ptr[0] == ' ')
		drop(&p->text, 1);
}

static bool
take_day(struct parser *p, enum layout_item item)
{
	skip_blank(p, item == LAYOUT_UNDER_DAY);
	return take_number(&p->text, item == LAYOUT_ZERO_DAY, &p->day);
}

static bool
take_year_day(struct parser *p, enum layout_item item)
{
	size_t n = 0;

	skip_blank(p, item == LAYOUT_UNDER_YEAR_DAY);
	skip_blank(p, item == LAYOUT_UNDER_YEAR_DAY);
	for (p->year_day = 0; n < 3 && digit_at(p->text, n); n++)
		p->year_day = p->year_day * 10 + (p->text.ptr[n] - '0');
	if (n == 0 || (item == LAYOUT_ZERO_YEAR_DAY && n < 3))
		return false;
	drop(&p->text, n);
	return true;
}

/* A point or comma and n - 1 digits, or a sign among them. */
static bool
take_nanos(struct parser *p, size_t n)
{
	size_t used = n < 10 ? n : 10;

	if (p->text.ptr[0] != '.' && p->text.ptr[0] != ',')
		return false;
	if (!read_signed((struct str){p->text.ptr + 1, used - 1}, &p->nanos))
		return false;
	in_range(p, p->nanos >= 0, "fractional second");
	for (size_t i = used; i < 10; i++)
		p->nanos *= 10;
	drop(&p->text, n);
	return true;
}

/* How many bytes a fraction at hand has, with its point; 0: none. */
static size_t
fraction_length(struct str s)
{
	size_t n = 1;

	if (!s.len || (s.ptr[0] != '.' && s.ptr[0] != ',') || !digit_at(s, 1))
		return 0;
	while (digit_at(s, n))
		n++;
	return n;
}

/* A fraction behind the seconds is taken even where the layout has none. */
static bool
take_second(struct parser *p, bool fixed, struct str layout)
{
	struct layout_chunk next;
	size_t n;

	if (!take_number(&p->text, fixed, &p->second))
		return false;
	if (p->second >= 60)
		return in_range(p, false, "second");
	n = fraction_length(p->text);
	if (!n)
		return true;
	layout_next(&layout, &next);
	if (next.item == LAYOUT_FRACTION0 || next.item == LAYOUT_FRACTION9)
		return true;
	return take_nanos(p, n);
}

static bool
take_fraction(struct parser *p, const struct layout_chunk *c)
{
	size_t n = (size_t)c->digits + 1;

	if (c->item == LAYOUT_FRACTION9)
		n = fraction_length(p->text);
	if (c->item == LAYOUT_FRACTION9 && !n)
		return true;
	return p->text.len >= n && take_nanos(p, n);
}

/* ---- zones ---- */

/* The two bytes of a part of an offset. */
static bool
take_zone_part(struct str *s, bool colon, struct str *part)
{
	if (colon) {
		if (!s->len || s->ptr[0] != ':')
			return false;
		drop(s, 1);
	}
	if (s->len < 2)
		return false;
	*part = (struct str){s->ptr, 2};
	drop(s, 2);
	return true;
}

/* An offset behind its sign. What is out of range is said first, then what is
 * no number. */
static bool
take_offset(struct parser *p, const struct layout_chunk *c, struct str *s)
{
	struct str parts[3] = {STR("00"), STR("00"), STR("00")};
	int n[3] = {0};
	bool ok = true;

	for (int i = 0; i < c->parts; i++)
		if (!take_zone_part(s, i > 0 && c->colons, &parts[i]))
			return false;
	for (int i = 0; i < 3 && ok; i++)
		ok = take_number(&parts[i], true, &n[i]);
	in_range(p, n[0] <= 24, "time zone offset hour");
	in_range(p, n[1] <= 60, "time zone offset minute");
	in_range(p, n[2] <= 60, "time zone offset second");
	p->offset = (n[0] * 60 + n[1]) * 60 + n[2];
	return ok;
}

static bool
take_zone(struct parser *p, const struct layout_chunk *c)
{
	struct str s = p->text;
	char sign;

	if (c->zulu && s.len && s.ptr[0] == 'Z') {
		drop(&p->text, 1);
		p->utc = true;
		return true;
	}
	if (!s.len)
		return false;
	sign = s.ptr[0];
	drop(&s, 1);
	if (!take_offset(p, c, &s) || (sign != '+' && sign != '-'))
		return false;
	if (sign == '-')
		p->offset = -p->offset;
	/* Go marks "not seen" with -1, which is an offset too */
	p->has_offset = p->offset != -1;
	p->text = s;
	return true;
}

/* +h or -hh, at most 23; its length, 0 if it is none. */
static size_t
signed_offset(struct str s)
{
	size_t n = 1;
	int hours = 0;

	if (!s.len || (s.ptr[0] != '+' && s.ptr[0] != '-'))
		return 0;
	for (; digit_at(s, n); n++)
		hours = hours > 23 ? hours : hours * 10 + (s.ptr[n] - '0');
	return n > 1 && hours <= 23 ? n : 0;
}

/* How long an abbreviation at hand is, 0 if there is none. */
static size_t
zone_name_length(struct str s)
{
	size_t n = 0;

	if (s.len < 3)
		return 0;
	if (str_has_prefix(s, STR("ChST")) || str_has_prefix(s, STR("MeST")))
		return 4;
	if (str_has_prefix(s, STR("GMT"))) {
		drop(&s, 3);
		return 3 + signed_offset(s);
	}
	if (s.ptr[0] == '+' || s.ptr[0] == '-')
		return signed_offset(s);
	while (n < 6 && n < s.len && s.ptr[n] >= 'A' && s.ptr[n] <= 'Z')
		n++;
	if (n == 5)
		return s.ptr[4] == 'T' ? 5 : 0;
	if (n == 4)
		return s.ptr[3] == 'T' || str_has_prefix(s, STR("WITA")) ? 4
									 : 0;
	return n == 3 ? 3 : 0;
}

static bool
take_zone_name(struct parser *p)
{
	size_t n;

	if (str_has_prefix(p->text, STR("UTC"))) {
		p->utc = true;
		drop(&p->text, 3);
		return true;
	}
	n = zone_name_length(p->text);
	p->zone_name = (struct str){p->text.ptr, n};
	drop(&p->text, n);
	return n > 0;
}

/* ---- items ---- */

static bool
take_clock_item(
    struct parser *p, const struct layout_chunk *c, struct str layout)
{
	switch (c->item) {
	case LAYOUT_HOUR:
		return take_number(&p->text, false, &p->hour) &&
		       in_range(p, p->hour < 24, "hour");
	case LAYOUT_HOUR12:
	case LAYOUT_ZERO_HOUR12:
		return take_number(
			   &p->text, c->item == LAYOUT_ZERO_HOUR12, &p->hour) &&
		       in_range(p, p->hour <= 12, "hour");
	case LAYOUT_MINUTE:
	case LAYOUT_ZERO_MINUTE:
		return take_number(&p->text, c->item == LAYOUT_ZERO_MINUTE,
			   &p->minute) &&
		       in_range(p, p->minute < 60, "minute");
	case LAYOUT_SECOND:
	case LAYOUT_ZERO_SECOND:
		return take_second(p, c->item == LAYOUT_ZERO_SECOND, layout);
	case LAYOUT_UPPER_PM:
		return take_half(p, "AM", "PM");
	case LAYOUT_LOWER_PM:
		return take_half(p, "am", "pm");
	case LAYOUT_ZONE:
		return take_zone(p, c);
	case LAYOUT_ZONE_NAME:
		return take_zone_name(p);
	default:
		return take_fraction(p, c);
	}
}

static bool
take_item(struct parser *p, const struct layout_chunk *c, struct str layout)
{
	switch (c->item) {
	case LAYOUT_YEAR:
		return take_year(p);
	case LAYOUT_LONG_YEAR:
		return take_long_year(p);
	case LAYOUT_MONTH:
	case LAYOUT_LONG_MONTH:
		return take_month(p, c->item == LAYOUT_MONTH);
	case LAYOUT_NUM_MONTH:
	case LAYOUT_ZERO_MONTH:
		return take_number(
			   &p->text, c->item == LAYOUT_ZERO_MONTH, &p->month) &&
		       in_range(p, p->month >= 1 && p->month <= 12, "month");
	case LAYOUT_WEEKDAY:
	case LAYOUT_LONG_WEEKDAY:
		return take_weekday(p, c->item == LAYOUT_WEEKDAY);
	case LAYOUT_DAY:
	case LAYOUT_UNDER_DAY:
	case LAYOUT_ZERO_DAY:
		return take_day(p, c->item);
	case LAYOUT_UNDER_YEAR_DAY:
	case LAYOUT_ZERO_YEAR_DAY:
		return take_year_day(p, c->item);
	default:
		return take_clock_item(p, c, layout);
	}
}

/* The layout's own text; blanks match any number of blanks. */
static bool
skip_text(struct str *text, struct str *before)
{
	while (before->len) {
		if (before->ptr[0] == ' ') {
			if (text->len && text->ptr[0] != ' ')
				return false;
			while (before->len && before->ptr[0] == ' ')
				drop(before, 1);
			while (text->len && text->ptr[0] == ' ')
				drop(text, 1);
			continue;
		}
		if (!text->len || text->ptr[0] != before->ptr[0])
			return false;
		drop(before, 1);
		drop(text, 1);
	}
	return true;
}

/* ---- errors ---- */

struct texts {
	struct str layout;
	struct str text;
	struct error *error;
};

static int
mismatch(const struct texts *t, struct str item, struct str at)
{
	struct buf b = {0};

	buf_puts(&b, "parsing time ");
	duration_quote(&b, t->text);
	buf_puts(&b, " as ");
	duration_quote(&b, t->layout);
	buf_puts(&b, ": cannot parse ");
	duration_quote(&b, at);
	buf_puts(&b, " as ");
	duration_quote(&b, item);
	error_set(t->error, ERROR_TEMPLATE, "%s", b.ptr);
	buf_fini(&b);
	return -1;
}

static int
wrong(const struct texts *t, const char *what, const char *how)
{
	struct buf b = {0};

	buf_puts(&b, "parsing time ");
	duration_quote(&b, t->text);
	buf_printf(&b, ": %s%s", what, how);
	error_set(t->error, ERROR_TEMPLATE, "%s", b.ptr);
	buf_fini(&b);
	return -1;
}

static int
extra_text(const struct texts *t, struct str rest)
{
	struct buf b = {0};
	int rc;

	duration_quote(&b, rest);
	rc = wrong(t, "extra text: ", b.ptr);
	buf_fini(&b);
	return rc;
}

static int
walk(struct parser *p, const struct texts *t)
{
	struct str layout = t->layout;
	struct layout_chunk c;

	for (;;) {
		struct str hold;

		layout_next(&layout, &c);
		hold = c.before;
		if (!skip_text(&p->text, &hold))
			return mismatch(t, c.before, p->text);
		if (c.item == LAYOUT_NONE)
			return p->text.len ? extra_text(t, p->text) : 0;
		hold = p->text;
		if (!take_item(p, &c, layout) && !p->range)
			return mismatch(t, c.text, hold);
		if (p->range)
			return wrong(t, p->range, " out of range");
	}
}

/* ---- the whole ---- */

/* A day of the year becomes month and day, which must agree if given. */
static int
apply_year_day(struct parser *p, const struct texts *t)
{
	int day = p->year_day, month = 1;
	int most = moment_days_in(p->year, 2) == 29 ? 366 : 365;

	if (day < 1 || day > most)
		return wrong(t, "day-of-year out of range", "");
	while (day > moment_days_in(p->year, month))
		day -= moment_days_in(p->year, month++);
	if (p->month >= 0 && p->month != month)
		return wrong(t, "day-of-year does not match month", "");
	p->month = month;
	if (p->day >= 0 && p->day != day)
		return wrong(t, "day-of-year does not match day", "");
	p->day = day;
	return 0;
}

static int
check_date(struct parser *p, const struct texts *t)
{
	if (p->pm && p->hour < 12)
		p->hour += 12;
	else if (p->am && !p->pm && p->hour == 12)
		p->hour = 0;
	if (p->year_day >= 0 && apply_year_day(p, t) < 0)
		return -1;
	if (p->month < 0)
		p->month = 1;
	if (p->day < 0)
		p->day = 1;
	if (p->day < 1 || p->day > moment_days_in(p->year, p->month))
		return wrong(t, "day out of range", "");
	return 0;
}

static void
fix_zone(struct moment *m, struct str name, int64_t offset)
{
	m->zone = MOMENT_FIXED;
	m->name = name;
	m->offset = offset;
}

/* The local zone where it has that offset then, else one without a name. */
static void
apply_offset(const struct parser *p, struct moment *m)
{
	char name[16];

	m->seconds -= p->offset;
	if (moment_local_offset(m->seconds, name) == p->offset &&
	    (!p->zone_name.len || str_is(p->zone_name, name)))
		m->zone = MOMENT_LOCAL;
	else
		fix_zone(m, p->zone_name, p->offset);
}

static void
apply_name(const struct parser *p, struct moment *m)
{
	int64_t offset = 0;
	struct str digits = p->zone_name;

	if (moment_local_named(p->zone_name, m->seconds, &offset)) {
		m->seconds -= offset;
		m->zone = MOMENT_LOCAL;
		return;
	}
	offset = 0;
	if (digits.len > 3 && str_has_prefix(digits, STR("GMT"))) {
		bool negative = digits.ptr[3] == '-';

		for (drop(&digits, 4); digits.len; drop(&digits, 1))
			offset = offset * 10 + (digits.ptr[0] - '0');
		offset *= negative ? -3600 : 3600;
	}
	fix_zone(m, p->zone_name, offset);
}

int
moment_parse(
    struct str layout, struct str text, struct moment *m, struct error *error)
{
	const struct texts t = {layout, text, error};
	struct parser p = {
	    .text = text, .month = UNSET, .day = UNSET, .year_day = UNSET};
	int64_t seconds;

	*m = MOMENT_ZERO;
	if (walk(&p, &t) < 0 || check_date(&p, &t) < 0)
		return -1;
	seconds = moment_days(p.year, p.month, p.day) * 86400 + p.hour * 3600 +
		  p.minute * 60 + p.second;
	*m = (struct moment){.seconds = seconds, .nanos = p.nanos};
	if (p.utc)
		return 0;
	if (p.has_offset)
		apply_offset(&p, m);
	else if (p.zone_name.len)
		apply_name(&p, m);
	else
		*m = moment_of_clock(seconds, p.nanos, MOMENT_LOCAL);
	return 0;
}
