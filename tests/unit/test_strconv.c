/* SPDX-License-Identifier: MIT */
/* Numbers as Go's strconv reads them; decimals and Base64 beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../src/template/decimal.h"
#include "../../src/template/strconv.h"
#include "weir/base64.h"
#include "weir/template.h"

static const struct {
	const char *text;
	const char *base;
	const char *result;
	const char *number;
} ints[] = {
#define INT(text, base, result, number) {text, base, result, number},
#define FLOAT(text, result, number)
#include "strconv_rows.h"
#undef INT
#undef FLOAT
};

static const struct {
	const char *text;
	const char *result;
	const char *number;
} floats[] = {
#define INT(text, base, result, number)
#define FLOAT(text, result, number) {text, result, number},
#include "strconv_rows.h"
#undef INT
#undef FLOAT
};

static const char results[] = {
    [STRCONV_OK] = 'O', [STRCONV_SYNTAX] = 'S', [STRCONV_RANGE] = 'R'};

static void
whole_numbers_are_read_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ints) / sizeof(ints[0]); i++) {
		char number[32];
		int64_t n;
		char result = results[strconv_int(
		    str_of(ints[i].text), (unsigned)atoi(ints[i].base), &n)];

		snprintf(number, sizeof(number), "%lld", (long long)n);
		if (result != ints[i].result[0] ||
		    strcmp(number, ints[i].number))
			fail_msg("of %s, base %s\nwant %s %s\ngot  %c %s",
			    ints[i].text, ints[i].base, ints[i].result,
			    ints[i].number, result, number);
	}
}

static void
floats_are_read_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
		struct buf number = {0};
		double f;
		char result =
		    results[strconv_float(str_of(floats[i].text), &f)];

		value_format_float(&number, f, 'g', -1, 64);
		if (result != floats[i].result[0] ||
		    strcmp(number.ptr, floats[i].number))
			fail_msg("of %s\nwant %s %s\ngot  %c %s",
			    floats[i].text, floats[i].result, floats[i].number,
			    result, number.ptr);
		buf_fini(&number);
	}
}

static double
compute(double a, int (*op)(struct decimal *, const struct decimal *), double b)
{
	struct decimal x, y;
	double f;

	decimal_init(&x);
	decimal_init(&y);
	decimal_set(&x, a);
	decimal_set(&y, b);
	assert_int_equal(op(&x, &y), 0);
	f = decimal_get(&x);
	decimal_fini(&x);
	decimal_fini(&y);
	return f;
}

static void
decimals_add_up(void **state)
{
	(void)state;
	assert_true(compute(0.1, decimal_add, 0.2) == 0.3);
	assert_true(compute(0.3, decimal_subtract, 0.1) == 0.2);
	assert_true(compute(1.1, decimal_multiply, 1.1) == 1.21);
	assert_true(compute(1e308, decimal_add, 1e-308) == 1e308);
	assert_true(compute(-1, decimal_multiply, 0) == 0);
}

static void
quotients_have_sixteen_places(void **state)
{
	(void)state;
	assert_true(compute(1, decimal_divide, 3) == 0.3333333333333333);
	assert_true(compute(2, decimal_divide, 3) == 0.6666666666666667);
	assert_true(compute(-2, decimal_divide, 3) == -0.6666666666666667);
	assert_true(compute(1, decimal_divide, 3e10) == 3.33333e-11);
	assert_true(compute(1, decimal_divide, 7e16) == 0);
	assert_true(compute(1e20, decimal_divide, 3) == 1e20 / 3);
}

static void
digits_are_bounded(void **state)
{
	struct decimal a, b;
	int rc = 0, n = 0;

	(void)state;
	decimal_init(&a);
	decimal_init(&b);
	decimal_set(&a, 1);
	decimal_set(&b, 1.7976931348623157e-300);
	for (; rc == 0 && n < 1000000; n++) {
		rc = decimal_multiply(&a, &a);
		if (rc == 0)
			rc = decimal_multiply(&a, &b);
	}
	assert_int_equal(rc, -1);
	assert_true(n < 100);
	decimal_fini(&a);
	decimal_fini(&b);
}

static void
expect_base64(const char *text, bool url, const char *expected)
{
	struct buf out = {0};
	size_t at;

	if (base64_decode(&out, str_of(text), url, &at) < 0) {
		buf_reset(&out);
		buf_printf(&out, "E%zu", at);
	}
	assert_string_equal(buf_as_str(&out).ptr, expected);
	buf_fini(&out);
}

static void
base64_names_the_byte_that_go_names(void **state)
{
	(void)state;
	expect_base64("aGVs\r\nbG8=\n", false, "hello");
	expect_base64("Zg=\n=", false, "f");
	expect_base64("Zh==", false, "f");
	expect_base64("-_-_", false, "E0");
	expect_base64("ab$d", false, "E2");
	expect_base64("Zm8", false, "E0");
	expect_base64("aGVsbG8", false, "E4");
	expect_base64("Zg==Zg==", false, "E4");
	expect_base64("aGVsbG8==", false, "E8");
	expect_base64("Z===", false, "E1");
	expect_base64("Zg=x", false, "E2");
	expect_base64("Zg=", false, "E3");
	expect_base64("a+/8", true, "E1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whole_numbers_are_read_as_in_go),
	    cmocka_unit_test(floats_are_read_as_in_go),
	    cmocka_unit_test(decimals_add_up),
	    cmocka_unit_test(quotients_have_sixteen_places),
	    cmocka_unit_test(digits_are_bounded),
	    cmocka_unit_test(base64_names_the_byte_that_go_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
