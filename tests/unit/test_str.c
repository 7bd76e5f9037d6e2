/* SPDX-License-Identifier: MIT */
/* Slices: search and the nearest name. */
#include "weir/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const names[] = {
    "address", "stats_socket", "settle", "binary", "stale"};
#define NEAREST(s) str_nearest(STR(s), names, sizeof(names) / sizeof(*names))

static void
an_empty_needle_is_at_zero(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("abc"), STR("")), 0);
	assert_int_equal(str_find((struct str){0}, STR("")), 0);
}

static void
find_gives_the_first_position(void **state)
{
	(void)state;
	assert_int_equal(str_find(STR("a\0bab"), STR("b")), 2);
	assert_int_equal(str_find(STR("abc"), STR("cd")), -1);
	assert_int_equal(str_find(STR("ab"), STR("abc")), -1);
}

static void
the_last_line_may_have_no_new_line(void **state)
{
	struct str text = STR("a\n\nb");

	(void)state;
	assert_int_equal(str_count_lines(text), 3);
	assert_true(str_is(str_take_line(&text), "a"));
	assert_true(str_is(str_take_line(&text), ""));
	assert_true(str_is(str_take_line(&text), "b"));
	assert_int_equal(text.len, 0);
	assert_int_equal(str_count_lines(STR("a\n\nb\n")), 3);
	assert_int_equal(str_count_lines((struct str){0}), 0);
}

static void
words_end_at_bytes_of_the_set_and_a_nul_is_none(void **state)
{
	struct str text = STR("\t a\0b  c "), word;

	(void)state;
	assert_true(str_take_word(&text, " \t", &word));
	assert_true(str_equal(word, STR("a\0b")));
	assert_true(str_take_word(&text, " \t", &word));
	assert_true(str_is(word, "c"));
	assert_false(str_take_word(&text, " \t", &word));
	assert_int_equal(word.len, 0);
}

static void
trims_each_end_by_a_set(void **state)
{
	(void)state;
	assert_true(str_is(str_trim_start(STR(" \ta "), " \t"), "a "));
	assert_true(str_is(str_trim_end(STR(" a\r "), " \r"), " a"));
	assert_int_equal(str_trim_end(STR("   "), " ").len, 0);
	assert_int_equal(str_trim_start((struct str){0}, " ").len, 0);
}

static void
two_swapped_letters_are_near(void **state)
{
	(void)state;
	assert_string_equal(NEAREST("adderss"), "address");
	assert_string_equal(NEAREST("bianry"), "binary");
}

static void
case_and_joiner_do_not_matter(void **state)
{
	(void)state;
	assert_string_equal(NEAREST("Stats-Socket"), "stats_socket");
}

static void
another_word_is_not_near(void **state)
{
	(void)state;
	assert_null(NEAREST("frobnicate"));
	assert_null(NEAREST(""));
	assert_null(NEAREST("x"));
}

static void
the_nearest_of_two_near_ones_wins(void **state)
{
	(void)state;
	assert_string_equal(NEAREST("settl"), "settle");
	assert_string_equal(NEAREST("stal"), "stale");
}

static void
order_is_by_bytes_then_length(void **state)
{
	(void)state;
	assert_true(str_compare(STR("a"), STR("ab")) < 0);
	assert_true(str_compare(STR("\xc3"), STR("z")) > 0);
	assert_int_equal(str_compare(STR("x"), STR("x")), 0);
}

static void
only_shortest_forms_of_scalar_values_are_utf8(void **state)
{
	(void)state;
	assert_int_equal(str_utf8(STR("a")), 1);
	assert_int_equal(str_utf8(STR("\xc3\xa4x")), 2);
	assert_int_equal(str_utf8(STR("\xe2\x82\xac")), 3);
	assert_int_equal(str_utf8(STR("\xf4\x8f\xbf\xbf")), 4);
	assert_int_equal(str_utf8(STR("")), 0);
	assert_int_equal(str_utf8(STR("\x80")), 0);
	assert_int_equal(str_utf8(STR("\xc1\xbf")), 0);
	assert_int_equal(str_utf8(STR("\xc3")), 0);
	assert_int_equal(str_utf8(STR("\xe0\x9f\xbf")), 0);
	assert_int_equal(str_utf8(STR("\xed\xa0\x80")), 0);
	assert_int_equal(str_utf8(STR("\xf4\x90\x80\x80")), 0);
	assert_int_equal(str_utf8(STR("\xff")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_needle_is_at_zero),
	    cmocka_unit_test(find_gives_the_first_position),
	    cmocka_unit_test(the_last_line_may_have_no_new_line),
	    cmocka_unit_test(words_end_at_bytes_of_the_set_and_a_nul_is_none),
	    cmocka_unit_test(trims_each_end_by_a_set),
	    cmocka_unit_test(two_swapped_letters_are_near),
	    cmocka_unit_test(case_and_joiner_do_not_matter),
	    cmocka_unit_test(another_word_is_not_near),
	    cmocka_unit_test(the_nearest_of_two_near_ones_wins),
	    cmocka_unit_test(order_is_by_bytes_then_length),
	    cmocka_unit_test(only_shortest_forms_of_scalar_values_are_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
