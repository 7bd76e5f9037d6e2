/* SPDX-License-Identifier: MIT */
/* Durations, with the methods that templates may call on one. */
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "rune.h"
#include "weir/template.h"

struct unit {
	const char *name;
	uint64_t nanos;
};

static const struct unit units[] = {
    {"ns", 1},
    {"us", 1000},
    {"\xC2\xB5s", 1000}, /* U+00B5, the micro sign */
    {"\xCE\xBCs", 1000}, /* U+03BC, the Greek letter */
    {"ms", 1000000},
    {"s", DURATION_SECOND},
    {"m", DURATION_MINUTE},
    {"h", DURATION_HOUR},
};

#define MOST ((uint64_t)1 << 63)

/* ---- printing ---- */

/* n in units of 10^digits, without zeros at the end. */
static void
put_fraction(struct buf *out, uint64_t n, int digits)
{
	char text[16];
	uint64_t unit = 1;
	int last;

	for (int i = 0; i < digits; i++)
		unit *= 10;
	buf_printf(out, "%llu", (unsigned long long)(n / unit));
	n %= unit;
	if (!n)
		return;
	for (int i = digits; i-- > 0; n /= 10)
		text[i] = (char)('0' + n % 10);
	for (last = digits; text[last - 1] == '0';)
		last--;
	buf_char(out, '.');
	buf_put(out, text, (size_t)last);
}

void
duration_print(int64_t d, struct buf *out)
{
	uint64_t n = d < 0 ? -(uint64_t)d : (uint64_t)d;
	uint64_t minutes = n / DURATION_MINUTE;

	if (d < 0)
		buf_char(out, '-');
	if (n == 0) {
		buf_puts(out, "0s");
	} else if (n < 1000) {
		buf_printf(out, "%lluns", (unsigned long long)n);
	} else if (n < 1000000) {
		put_fraction(out, n, 3);
		buf_puts(out, "\xC2\xB5s");
	} else if (n < DURATION_SECOND) {
		put_fraction(out, n, 6);
		buf_puts(out, "ms");
	} else {
		if (minutes >= 60)
			buf_printf(
			    out, "%lluh", (unsigned long long)(minutes / 60));
		if (minutes)
			buf_printf(
			    out, "%llum", (unsigned long long)(minutes % 60));
		put_fraction(out, n % DURATION_MINUTE, 9);
		buf_char(out, 's');
	}
}

/* ---- parsing ---- */

void
duration_quote(struct buf *out, struct str s)
{
	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c >= 0x80 || c < ' ') {
			buf_printf(out, "\\x%02x", c);
			continue;
		}
		if (c == '"' || c == '\\')
			buf_char(out, '\\');
		buf_char(out, (char)c);
	}
	buf_char(out, '"');
}

static int
bad(struct error *e, const char *what, const struct str *unit, struct str all)
{
	struct buf text = {0};

	buf_printf(&text, "time: %s ", what);
	if (unit) {
		duration_quote(&text, *unit);
		buf_puts(&text, " in duration ");
	}
	duration_quote(&text, all);
	error_set(e, ERROR_TEMPLATE, "%s", text.ptr);
	buf_fini(&text);
	return -1;
}

static bool
is_digit(const char *p, const char *end)
{
	return p < end && *p >= '0' && *p <= '9';
}

/* Digits in front of the point; false when there are too many. */
static bool
read_whole(const char **p, const char *end, uint64_t *n)
{
	for (*n = 0; is_digit(*p, end); ++*p) {
		if (*n > MOST / 10)
			return false;
		*n = *n * 10 + (uint64_t)(**p - '0');
		if (*n > MOST)
			return false;
	}
	return true;
}

/* Digits behind it, as many as fit, and the power of ten below them. */
static void
read_fraction(const char **p, const char *end, uint64_t *n, double *scale)
{
	bool full = false;

	for (*n = 0, *scale = 1; is_digit(*p, end); ++*p) {
		full = full || *n > (MOST - 1) / 10;
		if (full)
			continue;
		*n = *n * 10 + (uint64_t)(**p - '0');
		*scale *= 10;
	}
}

static const struct unit *
find_unit(struct str name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (str_is(name, units[i].name))
			return &units[i];
	return NULL;
}

/* One number and its unit, added to *sum. */
static int
read_part(const char **p, const char *end, uint64_t *sum, struct error *e,
    struct str all)
{
	static const char invalid[] = "invalid duration";
	const char *start = *p;
	uint64_t n, fraction = 0;
	double scale = 1;
	const struct unit *unit;
	struct str name;

	if (**p != '.' && !is_digit(*p, end))
		return bad(e, invalid, NULL, all);
	if (!read_whole(p, end, &n))
		return bad(e, invalid, NULL, all);
	if (*p < end && **p == '.') {
		const char *point = (*p)++;

		read_fraction(p, end, &fraction, &scale);
		if (point == start && *p == point + 1)
			return bad(e, invalid, NULL, all);
	}
	name.ptr = *p;
	while (*p < end && **p != '.' && !is_digit(*p, end))
		++*p;
	name.len = (size_t)(*p - name.ptr);
	if (!name.len)
		return bad(e, "missing unit in duration", NULL, all);
	unit = find_unit(name);
	if (!unit)
		return bad(e, "unknown unit", &name, all);
	if (n > MOST / unit->nanos)
		return bad(e, invalid, NULL, all);
	n = n * unit->nanos +
	    (uint64_t)((double)fraction * ((double)unit->nanos / scale));
	if (n > MOST || *sum + n > MOST)
		return bad(e, invalid, NULL, all);
	*sum += n;
	return 0;
}

int
duration_parse(struct str s, int64_t *d, struct error *e)
{
	const char *p = s.ptr, *end = p + s.len;
	bool negative = s.len && *p == '-';
	uint64_t sum = 0;

	*d = 0;
	if (negative || (s.len && *p == '+'))
		p++;
	if (end - p == 1 && *p == '0')
		return 0;
	if (p == end)
		return bad(e, "invalid duration", NULL, s);
	while (p < end)
		if (read_part(&p, end, &sum, e, s) < 0)
			return -1;
	if (!negative && sum > INT64_MAX)
		return bad(e, "invalid duration", NULL, s);
	*d = negative ? (int64_t)-sum : (int64_t)sum;
	return 0;
}

/* ---- the type ---- */

static void
print(const struct value *v, struct buf *out)
{
	duration_print(v->u.i, out);
}

static int
call_string(struct call *c, struct value *result)
{
	struct buf text = {0};

	duration_print(c->args[0].u.i, &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

/* Whole and fraction apart, as Go does, so that no digit is lost. */
static int
give_float(struct call *c, int64_t unit, struct value *result)
{
	int64_t d = c->args[0].u.i;

	*result =
	    value_float((double)(d / unit) + (double)(d % unit) / (double)unit);
	return 0;
}

static int
call_hours(struct call *c, struct value *result)
{
	return give_float(c, DURATION_HOUR, result);
}

static int
call_minutes(struct call *c, struct value *result)
{
	return give_float(c, DURATION_MINUTE, result);
}

static int
call_seconds(struct call *c, struct value *result)
{
	return give_float(c, DURATION_SECOND, result);
}

static int
call_milliseconds(struct call *c, struct value *result)
{
	*result = value_int64(c->args[0].u.i / 1000000);
	return 0;
}

static int
call_microseconds(struct call *c, struct value *result)
{
	*result = value_int64(c->args[0].u.i / 1000);
	return 0;
}

static int
call_nanoseconds(struct call *c, struct value *result)
{
	*result = value_int64(c->args[0].u.i);
	return 0;
}

static int
call_abs(struct call *c, struct value *result)
{
	int64_t d = c->args[0].u.i;

	*result = duration_value(d == INT64_MIN ? INT64_MAX : llabs(d));
	return 0;
}

static int
call_truncate(struct call *c, struct value *result)
{
	int64_t d = c->args[0].u.i, unit = c->args[1].u.i;

	*result = duration_value(unit <= 0 ? d : d - d % unit);
	return 0;
}

int64_t
duration_round(int64_t d, int64_t unit)
{
	int64_t rest, up;

	if (unit <= 0)
		return d;
	rest = d % unit;
	if ((uint64_t)llabs(rest) * 2 < (uint64_t)unit)
		return d - rest;
	if (__builtin_add_overflow(d - rest, d < 0 ? -unit : unit, &up))
		return d < 0 ? INT64_MIN : INT64_MAX;
	return up;
}

static int
call_round(struct call *c, struct value *result)
{
	*result =
	    duration_value(duration_round(c->args[0].u.i, c->args[1].u.i));
	return 0;
}

static const struct method methods[] = {
    {"Abs", "", "time.Duration", call_abs},
    {"Hours", "", "float64", call_hours},
    {"Microseconds", "", "int64", call_microseconds},
    {"Milliseconds", "", "int64", call_milliseconds},
    {"Minutes", "", "float64", call_minutes},
    {"Nanoseconds", "", "int64", call_nanoseconds},
    {"Round", "time.Duration", "time.Duration", call_round},
    {"Seconds", "", "float64", call_seconds},
    {"String", "", "string", call_string},
    {"Truncate", "time.Duration", "time.Duration", call_truncate},
};

const struct type type_duration = {
    .kind = KIND_INT64,
    .name = "time.Duration",
    .methods = methods,
    .method_count = sizeof(methods) / sizeof(methods[0]),
    .string = print,
};

struct value
duration_value(int64_t d)
{
	return (struct value){.type = &type_duration, .u.i = d};
}
