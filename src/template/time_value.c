/* SPDX-License-Identifier: MIT */
/* time.Time as a value: its methods, and time.Month and time.Weekday. */
#include <string.h>

#include "time.h"
#include "weir/template.h"

static const struct gotime *
receiver(const struct call *c)
{
	return c->args[0].u.ptr;
}

struct value
value_time(struct arena *a, const struct gotime *t)
{
	struct gotime *copy = arena_alloc(a, sizeof(*copy));

	*copy = *t;
	return (struct value){.type = &type_time, .u.ptr = copy};
}

static void
print(const struct value *v, struct buf *out)
{
	gotime_format(
	    v->u.ptr, STR("2006-01-02 15:04:05.999999999 -0700 MST"), out);
}

static int
give_text(struct call *c, struct value *result, struct str layout)
{
	struct buf text = {0};

	gotime_format(receiver(c), layout, &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

static int
call_format(struct call *c, struct value *result)
{
	return give_text(c, result, value_as_str(&c->args[1]));
}

static int
call_string(struct call *c, struct value *result)
{
	return give_text(
	    c, result, STR("2006-01-02 15:04:05.999999999 -0700 MST"));
}

/* ---- the clock and the calendar ---- */

static struct gotime_fields
fields(const struct call *c)
{
	struct gotime_fields f;

	gotime_split(receiver(c), &f);
	return f;
}

#define FIELD(member)                                                  \
	static int call_##member(struct call *c, struct value *result) \
	{                                                              \
		*result = value_int((int64_t)fields(c).member);        \
		return 0;                                              \
	}
FIELD(year)
FIELD(day)
FIELD(hour)
FIELD(minute)
FIELD(second)
FIELD(yearday)

static int
call_nanosecond(struct call *c, struct value *result)
{
	*result = value_int(receiver(c)->nanoseconds);
	return 0;
}

static void
print_name(const struct value *v, struct buf *out, const char *layout)
{
	static const struct gotime sunday = {.seconds = 3 * 86400};
	struct gotime t = sunday;

	if (layout[0] == 'J')
		t.seconds = gotime_seconds(1970, v->u.i, 1);
	else
		t.seconds += v->u.i * 86400;
	gotime_format(&t, str_of(layout), out);
}

static void
print_month(const struct value *v, struct buf *out)
{
	if (v->u.i < 1 || v->u.i > 12)
		buf_printf(out, "%%!Month(%lld)", (long long)v->u.i);
	else
		print_name(v, out, "January");
}

static void
print_weekday(const struct value *v, struct buf *out)
{
	if (v->u.i < 0 || v->u.i > 6)
		buf_printf(out, "%%!Weekday(%lld)", (long long)v->u.i);
	else
		print_name(v, out, "Monday");
}

static int
call_name(struct call *c, struct value *result)
{
	struct buf text = {0};

	c->args[0].type->string(&c->args[0], &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

static const struct method name_methods[] = {
    {"String", "", "string", call_name}};
static const struct type type_month = {.kind = KIND_INT,
    .name = "time.Month",
    .methods = name_methods,
    .method_count = 1,
    .string = print_month};
static const struct type type_weekday = {.kind = KIND_INT,
    .name = "time.Weekday",
    .methods = name_methods,
    .method_count = 1,
    .string = print_weekday};

static int
call_month(struct call *c, struct value *result)
{
	*result = (struct value){.type = &type_month, .u.i = fields(c).month};
	return 0;
}

static int
call_weekday(struct call *c, struct value *result)
{
	*result =
	    (struct value){.type = &type_weekday, .u.i = fields(c).weekday};
	return 0;
}

/* ---- instants ---- */

static int
call_unix(struct call *c, struct value *result)
{
	*result = value_int64(receiver(c)->seconds);
	return 0;
}

static int
call_unix_milli(struct call *c, struct value *result)
{
	const struct gotime *t = receiver(c);

	*result = value_int64(
	    (int64_t)((uint64_t)t->seconds * 1000) + t->nanoseconds / 1000000);
	return 0;
}

static int
call_unix_nano(struct call *c, struct value *result)
{
	const struct gotime *t = receiver(c);

	*result = value_int64((int64_t)((uint64_t)t->seconds * 1000000000 +
					(uint64_t)t->nanoseconds));
	return 0;
}

static int
compare(const struct gotime *a, const struct gotime *b)
{
	if (a->seconds != b->seconds)
		return a->seconds < b->seconds ? -1 : 1;
	return (a->nanoseconds > b->nanoseconds) -
	       (a->nanoseconds < b->nanoseconds);
}

static int
call_before(struct call *c, struct value *result)
{
	*result = value_bool(compare(receiver(c), c->args[1].u.ptr) < 0);
	return 0;
}

static int
call_after(struct call *c, struct value *result)
{
	*result = value_bool(compare(receiver(c), c->args[1].u.ptr) > 0);
	return 0;
}

static int
call_equal(struct call *c, struct value *result)
{
	*result = value_bool(compare(receiver(c), c->args[1].u.ptr) == 0);
	return 0;
}

static int
call_compare(struct call *c, struct value *result)
{
	*result = value_int(compare(receiver(c), c->args[1].u.ptr));
	return 0;
}

static int
call_is_zero(struct call *c, struct value *result)
{
	*result = value_bool(gotime_is_zero(receiver(c)));
	return 0;
}

static int
call_utc(struct call *c, struct value *result)
{
	struct gotime t = *receiver(c);

	t.offset = 0;
	strcpy(t.zone, "UTC");
	*result = value_time(c->arena, &t);
	return 0;
}

static int
call_add(struct call *c, struct value *result)
{
	struct gotime t = *receiver(c);
	int64_t d = c->args[1].u.i;
	int64_t nanoseconds = t.nanoseconds + d % 1000000000;

	t.seconds += d / 1000000000;
	if (nanoseconds < 0) {
		nanoseconds += 1000000000;
		t.seconds--;
	} else if (nanoseconds >= 1000000000) {
		nanoseconds -= 1000000000;
		t.seconds++;
	}
	t.nanoseconds = (int32_t)nanoseconds;
	*result = value_time(c->arena, &t);
	return 0;
}

/* As in Go: a difference that a Duration can't hold is the largest it can. */
static int
call_sub(struct call *c, struct value *result)
{
	const struct gotime *a = receiver(c), *b = c->args[1].u.ptr;
	__int128 d = ((__int128)a->seconds - b->seconds) * 1000000000 +
		     a->nanoseconds - b->nanoseconds;

	if (d > INT64_MAX)
		d = INT64_MAX;
	if (d < INT64_MIN)
		d = INT64_MIN;
	*result = value_duration((int64_t)d);
	return 0;
}

static int
call_add_date(struct call *c, struct value *result)
{
	struct gotime t = *receiver(c);
	struct gotime_fields f = fields(c);

	t.seconds = gotime_seconds(f.year + c->args[1].u.i,
			f.month + c->args[2].u.i, f.day + c->args[3].u.i) +
		    f.hour * 3600 + f.minute * 60 + f.second - t.offset;
	*result = value_time(c->arena, &t);
	return 0;
}

static const struct method methods[] = {
    {"Add", "time.Duration", "time.Time", call_add},
    {"AddDate", "int,int,int", "time.Time", call_add_date},
    {"After", "time.Time", "bool", call_after},
    {"Before", "time.Time", "bool", call_before},
    {"Compare", "time.Time", "int", call_compare},
    {"Day", "", "int", call_day},
    {"Equal", "time.Time", "bool", call_equal},
    {"Format", "string", "string", call_format},
    {"Hour", "", "int", call_hour},
    {"IsZero", "", "bool", call_is_zero},
    {"Minute", "", "int", call_minute},
    {"Month", "", "time.Month", call_month},
    {"Nanosecond", "", "int", call_nanosecond},
    {"Second", "", "int", call_second},
    {"String", "", "string", call_string},
    {"Sub", "time.Time", "time.Duration", call_sub},
    {"UTC", "", "time.Time", call_utc},
    {"Unix", "", "int64", call_unix},
    {"UnixMilli", "", "int64", call_unix_milli},
    {"UnixNano", "", "int64", call_unix_nano},
    {"Weekday", "", "time.Weekday", call_weekday},
    {"Year", "", "int", call_year},
    {"YearDay", "", "int", call_yearday},
};

const struct type type_time = {.kind = KIND_STRUCT,
    .name = "time.Time",
    .size = sizeof(struct gotime),
    .methods = methods,
    .method_count = sizeof(methods) / sizeof(*methods),
    .string = print};

bool
value_time_read(struct arena *arena, struct str text, struct value *out)
{
	struct gotime t;

	if (!gotime_parse_rfc3339(text, &t))
		return false;
	*out = value_time(arena, &t);
	return true;
}
