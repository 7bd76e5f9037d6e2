/* SPDX-License-Identifier: MIT */
/* The types time.Time, time.Month and time.Weekday, and their methods. */
#include <stdlib.h>
#include <string.h>

#include "duration.h"
#include "moment.h"
#include "moment_layout.h"
#include "moment_type.h"
#include "weir/template.h"

#define STRING_LAYOUT  STR("2006-01-02 15:04:05.999999999 -0700 MST")
#define RFC3339_LAYOUT STR("2006-01-02T15:04:05.999999999Z07:00")
#define MOST_YEARS     1000000000 /* what AddDate adds: keeps days in int64 */

/* ---- Month, Weekday ---- */

static void
put_name(const struct value *v, struct buf *out, const char *const *names,
    int64_t first, int64_t count)
{
	int64_t i = v->u.i - first;

	if (i >= 0 && i < count)
		buf_puts(out, names[i]);
	else
		buf_printf(out, "%%!%s(%lld)", strchr(v->type->name, '.') + 1,
		    (long long)v->u.i);
}

static void
print_month(const struct value *v, struct buf *out)
{
	put_name(v, out, layout_months, 1, 12);
}

static void
print_weekday(const struct value *v, struct buf *out)
{
	put_name(v, out, layout_weekdays, 0, 7);
}

static int
call_string(struct call *c, struct value *result)
{
	struct buf text = {0};

	c->args[0].type->string(&c->args[0], &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

static const struct method name_methods[] = {
    {"String", "", "string", call_string},
};

const struct type type_month = {.kind = KIND_INT,
    .name = "time.Month",
    .methods = name_methods,
    .method_count = 1,
    .string = print_month};
const struct type type_weekday = {.kind = KIND_INT,
    .name = "time.Weekday",
    .methods = name_methods,
    .method_count = 1,
    .string = print_weekday};

/* ---- Time ---- */

static const struct moment *
self(const struct call *c)
{
	return c->args[0].u.ptr;
}

static const struct moment *
other(const struct call *c)
{
	return c->args[1].u.ptr;
}

static void
format(const struct value *v, struct str layout, struct buf *out)
{
	moment_format(v->u.ptr, layout, out);
}

static void
print_time(const struct value *v, struct buf *out)
{
	format(v, STRING_LAYOUT, out);
}

static void
print_rfc3339(const struct value *v, struct buf *out)
{
	format(v, RFC3339_LAYOUT, out);
}

/* GoString() */
static void
print_go(const struct value *v, struct buf *out)
{
	const struct moment *m = v->u.ptr;
	struct moment_fields f;

	moment_fields(m, &f);
	buf_printf(out, "time.Date(%lld, time.%s, %d, %d, %d, %d, %lld, ",
	    (long long)f.year, layout_months[f.month - 1], f.day, f.hour,
	    f.minute, f.second, (long long)m->nanos);
	if (m->zone == MOMENT_UTC)
		buf_puts(out, "time.UTC)");
	else if (m->zone == MOMENT_LOCAL)
		buf_puts(out, "time.Local)");
	else
		buf_printf(out, "time.Location(\"%.*s\"))", (int)m->name.len,
		    m->name.len ? m->name.ptr : "");
}

static int
call_format(struct call *c, struct value *result)
{
	struct buf text = {0};

	format(&c->args[0], value_as_str(&c->args[1]), &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

#define PART(name, of_type, member)                                            \
	static int call_##name(struct call *c, struct value *result)           \
	{                                                                      \
		struct moment_fields f;                                        \
                                                                               \
		moment_fields(self(c), &f);                                    \
		*result = (struct value){.type = &(of_type), .u.i = f.member}; \
		return 0;                                                      \
	}
PART(year, type_int, year)
PART(month, type_month, month)
PART(day, type_int, day)
PART(hour, type_int, hour)
PART(minute, type_int, minute)
PART(second, type_int, second)
PART(weekday, type_weekday, weekday)
PART(year_day, type_int, year_day)

static int
call_nanosecond(struct call *c, struct value *result)
{
	*result = value_int(self(c)->nanos);
	return 0;
}

/* Seconds since 1970 in units of 1/n s; wraps as Go does. */
static int
give_unix(struct call *c, uint64_t n, struct value *result)
{
	const struct moment *m = self(c);
	uint64_t nanos = (uint64_t)m->nanos;

	*result = value_int64(
	    (int64_t)((uint64_t)m->seconds * n + nanos / (1000000000 / n)));
	return 0;
}

static int
call_unix(struct call *c, struct value *result)
{
	return give_unix(c, 1, result);
}

static int
call_unix_milli(struct call *c, struct value *result)
{
	return give_unix(c, 1000, result);
}

static int
call_unix_micro(struct call *c, struct value *result)
{
	return give_unix(c, 1000000, result);
}

static int
call_unix_nano(struct call *c, struct value *result)
{
	return give_unix(c, 1000000000, result);
}

static int
call_is_zero(struct call *c, struct value *result)
{
	*result = value_bool(
	    self(c)->seconds == MOMENT_ZERO_SECONDS && self(c)->nanos == 0);
	return 0;
}

static int
give_in(struct call *c, enum moment_zone zone, struct value *result)
{
	struct moment m = *self(c);

	m.zone = zone;
	*result = moment_value(c->arena, &m);
	return 0;
}

static int
call_utc(struct call *c, struct value *result)
{
	return give_in(c, MOMENT_UTC, result);
}

static int
call_local(struct call *c, struct value *result)
{
	return give_in(c, MOMENT_LOCAL, result);
}

static int
call_after(struct call *c, struct value *result)
{
	*result = value_bool(moment_compare(self(c), other(c)) > 0);
	return 0;
}

static int
call_before(struct call *c, struct value *result)
{
	*result = value_bool(moment_compare(self(c), other(c)) < 0);
	return 0;
}

static int
call_equal(struct call *c, struct value *result)
{
	*result = value_bool(moment_compare(self(c), other(c)) == 0);
	return 0;
}

static int
call_compare(struct call *c, struct value *result)
{
	*result = value_int(moment_compare(self(c), other(c)));
	return 0;
}

static int
call_sub(struct call *c, struct value *result)
{
	*result = duration_value(moment_subtract(self(c), other(c)));
	return 0;
}

static int
call_add(struct call *c, struct value *result)
{
	struct moment m = *self(c);

	moment_add(&m, c->args[1].u.i);
	*result = moment_value(c->arena, &m);
	return 0;
}

static int64_t
clamp(int64_t n)
{
	if (n > MOST_YEARS)
		return MOST_YEARS;
	return n < -MOST_YEARS ? -MOST_YEARS : n;
}

static int
call_add_date(struct call *c, struct value *result)
{
	struct moment m = *self(c), moved;
	struct moment_fields f;
	int64_t days;

	moment_fields(&m, &f);
	days = moment_days(f.year + clamp(c->args[1].u.i),
	    f.month + clamp(c->args[2].u.i), f.day + clamp(c->args[3].u.i));
	moved = moment_of_clock(
	    days * 86400 + f.hour * 3600 + f.minute * 60 + f.second, m.nanos,
	    (enum moment_zone)m.zone);
	if (m.zone == MOMENT_FIXED)
		moved.seconds -= m.offset;
	moved.offset = m.offset;
	moved.name = m.name;
	*result = moment_value(c->arena, &moved);
	return 0;
}

/* How far the time is above a multiple of unit since Go's zero time. */
static int64_t
above_multiple(const struct moment *m, int64_t unit)
{
	__int128 nanos =
	    ((__int128)m->seconds - MOMENT_ZERO_SECONDS) * 1000000000 +
	    m->nanos;
	int64_t rest = (int64_t)(nanos % unit);

	return rest < 0 ? rest + unit : rest;
}

static int
shift_to_multiple(struct call *c, struct value *result, bool nearest)
{
	struct moment m = *self(c);
	int64_t unit = c->args[1].u.i, rest;

	if (unit > 0) {
		rest = above_multiple(&m, unit);
		if (nearest && rest >= unit - rest)
			rest -= unit;
		moment_add(&m, -rest);
	}
	*result = moment_value(c->arena, &m);
	return 0;
}

static int
call_truncate(struct call *c, struct value *result)
{
	return shift_to_multiple(c, result, false);
}

static int
call_round(struct call *c, struct value *result)
{
	return shift_to_multiple(c, result, true);
}

static const struct method time_methods[] = {
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
    {"Local", "", "time.Time", call_local},
    {"Minute", "", "int", call_minute},
    {"Month", "", "time.Month", call_month},
    {"Nanosecond", "", "int", call_nanosecond},
    {"Round", "time.Duration", "time.Time", call_round},
    {"Second", "", "int", call_second},
    {"String", "", "string", call_string},
    {"Sub", "time.Time", "time.Duration", call_sub},
    {"Truncate", "time.Duration", "time.Time", call_truncate},
    {"UTC", "", "time.Time", call_utc},
    {"Unix", "", "int64", call_unix},
    {"UnixMicro", "", "int64", call_unix_micro},
    {"UnixMilli", "", "int64", call_unix_milli},
    {"UnixNano", "", "int64", call_unix_nano},
    {"Weekday", "", "time.Weekday", call_weekday},
    {"Year", "", "int", call_year},
    {"YearDay", "", "int", call_year_day},
};

#define AT(member, t, s)                                              \
	.type = &type_##t, .offset = offsetof(struct moment, member), \
	.store = STORE_##s
/* Not to be reached by name, but two times differ if these do. */
static const struct field time_fields[] = {
    {.name = "wall", AT(nanos, uint64, U64)},
    {.name = "ext", AT(ext, int64, I64)},
    {.name = "loc", AT(loc, int64, I64)},
};

const struct type type_time = {.kind = KIND_STRUCT,
    .name = "time.Time",
    .size = sizeof(struct moment),
    .fields = time_fields,
    .field_count = sizeof(time_fields) / sizeof(time_fields[0]),
    .methods = time_methods,
    .method_count = sizeof(time_methods) / sizeof(time_methods[0]),
    .string = print_time,
    .go_string = print_go,
    .text = print_rfc3339};

struct value
moment_value(struct arena *arena, const struct moment *m)
{
	struct moment *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *m;
	copy->ext = m->seconds - MOMENT_ZERO_SECONDS;
	if (m->zone != MOMENT_UTC)
		copy->loc = m->zone + m->offset * MOMENT_ZONES;
	return (struct value){.type = &type_time, .u.ptr = copy};
}

/* A zone without a name points nowhere, so the text need not live on. */
bool
value_time_read(struct arena *arena, struct str text, struct value *out)
{
	struct moment m;

	if (moment_parse(STR("2006-01-02T15:04:05Z07:00"), text, &m, NULL) < 0)
		return false;
	*out = moment_value(arena, &m);
	return true;
}

void
value_time_write(const struct value *v, struct buf *out)
{
	const struct moment *m = v->u.ptr;
	struct moment_fields f;
	long long minutes, hours;

	moment_format(m, STR("2006-01-02T15:04:05.999999999"), out);
	if (m->zone == MOMENT_UTC) {
		buf_char(out, 'Z');
		return;
	}
	moment_fields(m, &f);
	minutes = llabs(f.offset / 60);
	hours = minutes / 60 > 24 ? 24 : minutes / 60;
	buf_printf(out, "%c%02lld:%02lld", f.offset < 0 ? '-' : '+', hours,
	    minutes - hours * 60);
}
