/* SPDX-License-Identifier: MIT */
/*
 * sprig's dates and durations, those of them that give the same each time, and
 * ago. A time's methods are the way to print it.
 */
#include <string.h>

#include "duration.h"
#include "families.h"
#include "moment.h"
#include "moment_type.h"
#include "strconv.h"

/* ---- times ---- */

static int
call_must_to_date(struct call *c, struct value *result)
{
	struct error error = {0};
	struct moment m;
	int rc = moment_parse(
	    value_as_str(&c->args[0]), value_as_str(&c->args[1]), &m, &error);

	*result = moment_value(c->arena, &m);
	if (rc < 0)
		call_fail(c, "%s", error.text);
	error_fini(&error);
	return rc;
}

static int
call_to_date(struct call *c, struct value *result)
{
	struct moment m;

	moment_parse(
	    value_as_str(&c->args[0]), value_as_str(&c->args[1]), &m, NULL);
	*result = moment_value(c->arena, &m);
	return 0;
}

static int
call_unix_epoch(struct call *c, struct value *result)
{
	const struct moment *m = c->args[0].u.ptr;

	*result = value_str(
	    str_of(arena_printf(c->arena, "%lld", (long long)m->seconds)));
	return 0;
}

static int
call_must_date_modify(struct call *c, struct value *result)
{
	struct moment m = *(const struct moment *)c->args[1].u.ptr;
	struct error error = {0};
	int64_t d;

	if (duration_parse(value_as_str(&c->args[0]), &d, &error) < 0) {
		call_fail(c, "%s", error.text);
		error_fini(&error);
		return -1;
	}
	moment_add(&m, d);
	*result = moment_value(c->arena, &m);
	return 0;
}

/* ---- durations ---- */

static int
give_duration(struct call *c, int64_t d, struct value *result)
{
	struct buf text = {0};

	duration_print(d, &text);
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

/* How long ago a time, or seconds since 1970, is. */
static int
call_ago(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	struct moment now = moment_now(), then = now;

	if (v->type == &type_time)
		then = *(const struct moment *)v->u.ptr;
	else if (v->type == &type_int || v->type == &type_int64)
		then = (struct moment){.seconds = v->u.i};
	return give_duration(c,
	    duration_round(moment_subtract(&now, &then), DURATION_SECOND),
	    result);
}

/* Seconds as a text or an int64; anything else is 0. */
static int
call_duration(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	int64_t seconds = 0;

	if (v->type == &type_int64)
		seconds = v->u.i;
	else if (v->type == &type_string)
		strconv_int(value_as_str(v), 10, &seconds);
	return give_duration(c,
	    (int64_t)((uint64_t)seconds * (uint64_t)DURATION_SECOND), result);
}

/* The largest unit that it is more than one of. */
static int
call_duration_round(struct call *c, struct value *result)
{
	static const struct {
		const char *name;
		uint64_t nanos;
	} units[] = {
	    {"y", 365 * 24 * DURATION_HOUR},
	    {"mo", 30 * 24 * DURATION_HOUR},
	    {"d", 24 * DURATION_HOUR},
	    {"h", DURATION_HOUR},
	    {"m", DURATION_MINUTE},
	    {"s", DURATION_SECOND},
	};
	const struct value *v = &c->args[0];
	struct moment now = moment_now();
	int64_t d = 0;
	uint64_t n;

	if (v->type == &type_int64)
		d = v->u.i;
	else if (v->type == &type_string)
		duration_parse(value_as_str(v), &d, NULL);
	else if (v->type == &type_time)
		d = moment_subtract(&now, v->u.ptr);
	n = d < 0 ? -(uint64_t)d : (uint64_t)d;
	*result = value_str(STR("0s"));
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (n <= units[i].nanos)
			continue;
		*result = value_str(str_of(arena_printf(c->arena, "%llu%s",
		    (unsigned long long)(n / units[i].nanos), units[i].name)));
		break;
	}
	return 0;
}

#define ANY "interface {}"

static const struct func funcs[] = {
    {"sprig_ago", ANY, "string", call_ago, FUNC_EFFECT,
	"sprig_ago time — how long ago that was"},
    {"sprig_duration", ANY, "string", call_duration, FUNC_PURE,
	"sprig_duration seconds — as 1h2m3s"},
    {"sprig_durationRound", ANY, "string", call_duration_round, FUNC_EFFECT,
	"sprig_durationRound duration — in its largest unit: 2h"},
    {"sprig_mustDateModify", "string,time.Time", "time.Time",
	call_must_date_modify, FUNC_PURE,
	"sprig_mustDateModify duration time — the time, moved"},
    {"sprig_mustToDate", "string,string", "time.Time", call_must_to_date,
	FUNC_PURE, "sprig_mustToDate layout s — the time, or an error"},
    {"sprig_must_date_modify", "string,time.Time", "time.Time",
	call_must_date_modify, FUNC_PURE,
	"sprig_must_date_modify duration time — as sprig_mustDateModify"},
    {"sprig_toDate", "string,string", "time.Time", call_to_date, FUNC_PURE,
	"sprig_toDate layout s — the time, or that of year 1"},
    {"sprig_unixEpoch", "time.Time", "string", call_unix_epoch, FUNC_PURE,
	"sprig_unixEpoch time — seconds since 1970"},
};

static const struct type *const types[] = {
    &type_time, &type_duration, &type_month, &type_weekday};

const struct func_family family_sprig_dates = {
    .name = "sprig dates",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
};
