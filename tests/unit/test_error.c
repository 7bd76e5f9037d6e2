/* SPDX-License-Identifier: MIT */
/* Errors: the first wins, and what people see of one. */
#include "weir/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/buf.h"

static char *
printed(const struct error *e)
{
	struct buf b = {0};

	error_print(e, &b);
	return buf_take(&b, NULL);
}

static void
assert_prints(struct error *e, const char *expected)
{
	char *text = printed(e);

	assert_string_equal(text, expected);
	free(text);
	error_fini(e);
}

static void
first_error_wins(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(error_set(&e, ERROR_IO, "one %d", 1), -1);
	error_set(&e, ERROR_DATA, "two");
	assert_int_equal(e.kind, ERROR_IO);
	assert_prints(&e, "one 1");
	assert_false(error_is_set(&e));
}

static void
nobody_has_to_want_an_error(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERROR_IO, "x"), -1);
	error_at(NULL, "f", 1, 1);
	error_quote(NULL, "x", 1);
	error_fini(NULL);
	assert_false(error_is_set(NULL));
}

static void
errno_is_told_and_survives(void **state)
{
	struct error e = {0};

	(void)state;
	errno = ENOSPC;
	error_set_errno(&e, ERROR_IO, "cannot write %s", "/x");
	assert_int_equal(errno, ENOSPC);
	assert_prints(&e, "cannot write /x: No space left on device");
}

static void
place_is_printed_as_far_as_it_is_known(void **state)
{
	struct error e = {0};

	(void)state;
	error_set(&e, ERROR_CONFIG, "bad");
	error_at(&e, "a.ini", 3, -1);
	error_at(&e, "b.ini", 4, 4);
	assert_prints(&e, "a.ini:3: bad");
	error_set(&e, ERROR_CONFIG, "bad");
	error_at(&e, "a.ini", 0, -1);
	assert_prints(&e, "a.ini: bad");
	error_set(&e, ERROR_CONFIG, "bad");
	error_at(&e, "a.ini", 3, 0);
	assert_prints(&e, "a.ini:3:0: bad");
}

static void
quote(struct error *e, const char *text, int line, int column)
{
	error_set(e, ERROR_TEMPLATE, "bad");
	error_at(e, "t", line, column);
	error_quote(e, text, strlen(text));
}

static void
the_caret_is_below_the_column(void **state)
{
	struct error e = {0};

	(void)state;
	quote(&e, "one\n\ttwo three\r\nfour", 2, 5);
	assert_prints(&e, "t:2:5: bad\n\ttwo three\n\t    ^");
}

static void
letters_of_several_bytes_take_one_column(void **state)
{
	struct error e = {0};

	(void)state;
	quote(&e, "äö x", 1, 5);
	assert_prints(&e, "t:1:5: bad\näö x\n   ^");
}

static void
a_column_behind_the_line_is_its_end(void **state)
{
	struct error e = {0};

	(void)state;
	quote(&e, "ab", 1, 9);
	assert_prints(&e, "t:1:9: bad\nab\n  ^");
}

static void
a_line_that_is_not_there_is_not_quoted(void **state)
{
	struct error e = {0};

	(void)state;
	quote(&e, "ab\n", 3, 0);
	assert_prints(&e, "t:3:0: bad");
}

static void
a_long_line_is_quoted_around_the_column(void **state)
{
	struct error e = {0};
	char *text = malloc(100001), *caret;

	(void)state;
	memset(text, 'x', 100000);
	text[50000] = 'Y';
	text[100000] = 0;
	quote(&e, text, 1, 50000);
	assert_true(strlen(e.excerpt) < 1000);
	caret = strchr(e.excerpt, '\n') + 1;
	assert_int_equal(strlen(caret) - 1, strchr(e.excerpt, 'Y') - e.excerpt);
	error_fini(&e);
	free(text);
}

static void
an_escape_in_the_source_is_not_repeated(void **state)
{
	struct error e = {0};

	(void)state;
	quote(&e, "a\033[31mb", 1, 0);
	assert_prints(&e, "t:1:0: bad\na?[31mb\n^");
}

static void
moving_keeps_the_first(void **state)
{
	struct error a = {0}, b = {0};

	(void)state;
	error_set(&b, ERROR_IO, "b");
	error_at(&b, "f", 1, 2);
	error_move(&a, &b);
	assert_false(error_is_set(&b));
	error_set(&b, ERROR_IO, "later");
	error_move(&a, &b);
	assert_false(error_is_set(&b));
	assert_prints(&a, "f:1:2: b");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_error_wins),
	    cmocka_unit_test(nobody_has_to_want_an_error),
	    cmocka_unit_test(errno_is_told_and_survives),
	    cmocka_unit_test(place_is_printed_as_far_as_it_is_known),
	    cmocka_unit_test(the_caret_is_below_the_column),
	    cmocka_unit_test(letters_of_several_bytes_take_one_column),
	    cmocka_unit_test(a_column_behind_the_line_is_its_end),
	    cmocka_unit_test(a_line_that_is_not_there_is_not_quoted),
	    cmocka_unit_test(a_long_line_is_quoted_around_the_column),
	    cmocka_unit_test(an_escape_in_the_source_is_not_repeated),
	    cmocka_unit_test(moving_keeps_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
