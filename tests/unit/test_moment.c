/* SPDX-License-Identifier: MIT */
/* Times and durations: what Go's package time makes of layouts and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "../../src/template/duration.h"
#include "../../src/template/moment.h"

enum row_kind { PARSE, FORMAT };

struct row {
	enum row_kind kind;
	const char *layout;
	const char *text; /* PARSE */
	const char *expected;
};

static const struct row rows[] = {
#define PARSE(layout, in, out) {PARSE, layout, in, out},
#define FORMAT(layout, out)    {FORMAT, layout, NULL, out},
#include "moment_rows.h"
#undef PARSE
#undef FORMAT
};

static const struct {
	const char *text;
	const char *expected;
} durations[] = {
#define DURATION(in, out) {in, out},
#include "duration_rows.h"
#undef DURATION
};

#define STRING_LAYOUT STR("2006-01-02 15:04:05.999999999 -0700 MST")

static void
expect(const char *what, struct buf *got, const char *expected)
{
	buf_puts(got, "");
	if (strcmp(got->ptr, expected))
		fail_msg("of %s\nwant %s\ngot  %s", what, expected, got->ptr);
	buf_fini(got);
}

static void
check_parse(const struct row *row)
{
	struct error error = {0};
	struct buf out = {0};
	struct moment m;

	if (moment_parse(str_of(row->layout), str_of(row->text), &m, &error) <
	    0)
		buf_printf(&out, "E%s", error.text);
	else
		moment_format(&m, STRING_LAYOUT, &out);
	expect(row->text, &out, row->expected);
	error_fini(&error);
}

static void
check_format(const struct row *row)
{
	/* 2024-03-07 05:06:07.0809 three and a half hours west */
	const struct moment m = {.seconds = moment_days(2024, 3, 7) * 86400 +
					    5 * 3600 + 6 * 60 + 7 + 12600,
	    .nanos = 80900000,
	    .zone = MOMENT_FIXED,
	    .offset = -12600};
	struct buf out = {0};

	moment_format(&m, str_of(row->layout), &out);
	expect(row->layout, &out, row->expected);
}

static void
layouts_read_and_write_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].kind == PARSE)
			check_parse(&rows[i]);
		else
			check_format(&rows[i]);
	}
}

static void
durations_read_and_write_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		struct error error = {0};
		struct buf out = {0};
		int64_t d;

		if (duration_parse(str_of(durations[i].text), &d, &error) < 0)
			buf_printf(&out, "E%s", error.text);
		else
			duration_print(d, &out);
		expect(durations[i].text, &out, durations[i].expected);
		error_fini(&error);
	}
}

static void
the_least_duration_prints(void **state)
{
	struct buf out = {0};

	(void)state;
	duration_print(INT64_MIN, &out);
	expect("least", &out, "-2562047h47m16.854775808s");
	assert_int_equal(duration_round(INT64_MAX, DURATION_HOUR), INT64_MAX);
	assert_int_equal(duration_round(INT64_MIN, DURATION_HOUR), INT64_MIN);
	assert_int_equal(duration_round(-90 * DURATION_MINUTE, DURATION_HOUR),
	    -2 * DURATION_HOUR);
}

static void
days_and_dates_agree_over_many_years(void **state)
{
	(void)state;
	for (int64_t year = -1000; year < 4000; year += 7) {
		for (int month = 1; month <= 12; month++) {
			const struct moment m = {
			    .seconds = moment_days(year, month, 28) * 86400};
			struct moment_fields f;

			moment_fields(&m, &f);
			assert_int_equal(f.year, year);
			assert_int_equal(f.month, month);
			assert_int_equal(f.day, 28);
		}
	}
	assert_int_equal(moment_days_in(2000, 2), 29);
	assert_int_equal(moment_days_in(1900, 2), 28);
	assert_int_equal(moment_days(2024, 14, -1), moment_days(2025, 1, 30));
}

static void
a_far_difference_saturates(void **state)
{
	const struct moment near = {.seconds = 0};
	const struct moment far = {.seconds = INT64_MAX / 2};

	(void)state;
	assert_int_equal(moment_subtract(&far, &near), INT64_MAX);
	assert_int_equal(moment_subtract(&near, &far), INT64_MIN);
}

static int
use_utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(layouts_read_and_write_as_in_go),
	    cmocka_unit_test(durations_read_and_write_as_in_go),
	    cmocka_unit_test(the_least_duration_prints),
	    cmocka_unit_test(days_and_dates_agree_over_many_years),
	    cmocka_unit_test(a_far_difference_saturates),
	};

	return cmocka_run_group_tests(tests, use_utc, NULL);
}
