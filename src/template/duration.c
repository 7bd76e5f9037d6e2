/* SPDX-License-Identifier: MIT */
/* time.Duration: nanoseconds that print as "1h2m3.5s". */
#include "time.h"
#include "weir/template.h"

#define SECOND INT64_C(1000000000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* n/unit without trailing zeros of the fraction. */
static void
put_fraction(struct buf *out, uint64_t n, uint64_t unit)
{
	uint64_t rest = n % unit;

	buf_printf(out, "%llu", (unsigned long long)(n / unit));
	if (!rest)
		return;
	buf_char(out, '.');
	while (rest) {
		unit /= 10;
		buf_char(out, (char)('0' + rest / unit));
		rest %= unit;
	}
}

static void
put_small(struct buf *out, uint64_t n)
{
	if (n == 0) {
		buf_puts(out, "0s");
	} else if (n < 1000) {
		buf_printf(out, "%lluns", (unsigned long long)n);
	} else if (n < 1000000) {
		put_fraction(out, n, 1000);
		buf_puts(out, "\302\265s");
	} else {
		put_fraction(out, n, 1000000);
		buf_puts(out, "ms");
	}
}

void
duration_format(int64_t d, struct buf *out)
{
	uint64_t n = d < 0 ? -(uint64_t)d : (uint64_t)d;

	if (d < 0)
		buf_char(out, '-');
	if (n < (uint64_t)SECOND) {
		put_small(out, n);
		return;
	}
	if (n >= (uint64_t)HOUR)
		buf_printf(out, "%lluh", (unsigned long long)(n / HOUR));
	if (n >= (uint64_t)MINUTE)
		buf_printf(
		    out, "%llum", (unsigned long long)(n % HOUR / MINUTE));
	put_fraction(out, n % (uint64_t)MINUTE, (uint64_t)SECOND);
	buf_char(out, 's');
}

static void
print(const struct value *v, struct buf *out)
{
	duration_format(v->u.i, out);
}

static int
in_floats(struct call *c, struct value *result, int64_t unit)
{
	int64_t d = c->args[0].u.i;

	*result =
	    value_float((double)(d / unit) + (double)(d % unit) / (double)unit);
	return 0;
}

static int
call_hours(struct call *c, struct value *result)
{
	return in_floats(c, result, HOUR);
}

static int
call_minutes(struct call *c, struct value *result)
{
	return in_floats(c, result, MINUTE);
}

static int
call_seconds(struct call *c, struct value *result)
{
	return in_floats(c, result, SECOND);
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
call_string(struct call *c, struct value *result)
{
	struct buf text = {0};

	duration_format(c->args[0].u.i, &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

static int
call_abs(struct call *c, struct value *result)
{
	int64_t d = c->args[0].u.i;

	*result = value_duration(d == INT64_MIN ? INT64_MAX : d < 0 ? -d : d);
	return 0;
}

/* Toward zero to a multiple. */
static int
call_truncate(struct call *c, struct value *result)
{
	int64_t d = c->args[0].u.i, m = c->args[1].u.i;

	*result = value_duration(m <= 0 ? d : d - d % m);
	return 0;
}

/* To the nearest multiple, halves away from zero. */
static int
call_round(struct call *c, struct value *result)
{
	int64_t d = c->args[0].u.i, m = c->args[1].u.i;
	int64_t r = m > 0 ? d % m : 0;
	int64_t abs_r = r < 0 ? -r : r, rounded;

	if (m <= 0) {
		*result = value_duration(d);
		return 0;
	}
	if (abs_r < m - abs_r)
		*result = value_duration(d - r);
	else if (__builtin_add_overflow(
		     d, d < 0 ? r * -1 - m : m - r, &rounded))
		*result = value_duration(d < 0 ? INT64_MIN : INT64_MAX);
	else
		*result = value_duration(rounded);
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

const struct type type_duration = {.kind = KIND_INT64,
    .name = "time.Duration",
    .methods = methods,
    .method_count = sizeof(methods) / sizeof(*methods),
    .string = print};

struct value
value_duration(int64_t nanoseconds)
{
	return (struct value){.type = &type_duration, .u.i = nanoseconds};
}
