/* SPDX-License-Identifier: MIT */
/* What a pass asked, from pass to pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "weir/catalog.h"

static struct catalog *catalog;
static struct view view;

static int
set_up(void **state)
{
	(void)state;
	catalog = catalog_new();
	view_init(&view, catalog);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	view_fini(&view);
	catalog_free(&catalog);
	return 0;
}

static struct wanted *
query(const char *argument)
{
	struct wanted *w = NULL;

	assert_int_equal(
	    view_parse(&view, QUERY_KEY, str_of(argument), &w, NULL), 0);
	return w;
}

static void
put(const char *id, const char *s)
{
	struct answer *a = answer_new();

	answer_shape_string(a, str_of(s));
	catalog_put(catalog, str_of(id), a);
}

static void
what_has_no_answer_is_waited_for(void **state)
{
	const struct wanted *w;
	size_t at = 0;

	(void)state;
	put("kv.block(a)", "x");
	assert_non_null(view_ask(&view, query("a"), 3));
	assert_null(view_ask(&view, query("b"), 4));
	w = view_next(&view, &at);
	assert_true(str_is(w->query->id, "kv.block(a)"));
	assert_false(w->wait);
	assert_int_equal(w->line, 3);
	w = view_next(&view, &at);
	assert_true(w->wait);
	assert_null(w->answer);
	assert_null(view_next(&view, &at));
}

static void
two_calls_of_one_identity_are_one_dependency(void **state)
{
	size_t at = 0;

	(void)state;
	view_ask(&view, query("a"), 3);
	view_ask(&view, query("/a"), 9);
	assert_int_equal(view_next(&view, &at)->line, 3);
	assert_null(view_next(&view, &at));
}

static void
a_call_is_parsed_once(void **state)
{
	struct wanted *first = query("some/key"), *again;

	(void)state;
	view_ask(&view, first, 1);
	view_reset(&view);
	assert_ptr_equal(query("some/key"), first);
	assert_int_equal(
	    view_parse(&view, QUERY_KEY_GET, STR("some/key"), &again, NULL), 0);
	assert_ptr_not_equal(again, first);
}

static void
a_pass_forgets_what_the_one_before_asked(void **state)
{
	size_t at = 0;

	(void)state;
	view_ask(&view, query("a"), 1);
	view_ask(&view, query("b"), 2);
	view_reset(&view);
	assert_false(view_has(&view, STR("kv.block(a)")));
	view_ask(&view, query("b"), 7);
	assert_true(view_has(&view, STR("kv.block(b)")));
	assert_false(view_has(&view, STR("kv.block(a)")));
	assert_int_equal(view_next(&view, &at)->line, 7);
	assert_null(view_next(&view, &at));
}

static void
a_pass_sees_the_answer_of_its_time(void **state)
{
	(void)state;
	assert_null(view_ask(&view, query("a"), 1));
	put("kv.block(a)", "x");
	assert_null(view_ask(&view, query("a"), 1));
	view_reset(&view);
	assert_non_null(view_ask(&view, query("a"), 1));
}

static void
an_answer_may_not_be_enough(void **state)
{
	size_t at = 0;

	(void)state;
	put("kv.block(a)", NULL);
	view_ask(&view, query("a"), 1);
	view_wait(&view, query("a"));
	assert_true(view_next(&view, &at)->wait);
	view_reset(&view);
	at = 0;
	view_ask(&view, query("a"), 1);
	assert_false(view_next(&view, &at)->wait);
}

static void
arguments_that_never_repeat_do_not_pile_up(void **state)
{
	(void)state;
	for (int i = 0; i < 20000; i++) {
		char s[32];

		snprintf(s, sizeof(s), "key/%d", i);
		view_reset(&view);
		view_ask(&view, query(s), 1);
	}
	assert_true(view.by_call.count < 2000);
	assert_true(view.arena.used < 1u << 20);
}

static void
a_call_longer_than_any_buffer_is_found_again(void **state)
{
	char s[2000];
	struct wanted *q;

	(void)state;
	memset(s, 'k', sizeof(s) - 1);
	s[sizeof(s) - 1] = 0;
	q = query(s);
	assert_int_equal(q->query->name.len, sizeof(s) - 1);
	assert_ptr_equal(query(s), q);
}

/* The first pass, then one that asks the arguments of that text, one each. */
static bool
is_same(const char *then, const char *now)
{
	char name[2] = "";

	for (; *then; then++) {
		*name = *then;
		view_ask(&view, query(name), 1);
	}
	view_reset(&view);
	for (; *now; now++) {
		*name = *now;
		view_ask(&view, query(name), 1);
	}
	return view_is_same(&view);
}

static void
a_pass_knows_whether_it_asks_what_the_last_one_asked(void **state)
{
	(void)state;
	assert_true(is_same("abc", "abc"));
	assert_true(is_same("", "abbca"));
	assert_false(is_same("", "ab"));
	assert_false(is_same("", "ba"));
	assert_false(is_same("", "bac"));
	assert_true(is_same("", "bac"));
	assert_false(is_same("", ""));
	assert_true(is_same("", ""));
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(what_has_no_answer_is_waited_for),
	    TEST(two_calls_of_one_identity_are_one_dependency),
	    TEST(a_call_is_parsed_once),
	    TEST(a_pass_forgets_what_the_one_before_asked),
	    TEST(a_pass_sees_the_answer_of_its_time),
	    TEST(an_answer_may_not_be_enough),
	    TEST(arguments_that_never_repeat_do_not_pile_up),
	    TEST(a_call_longer_than_any_buffer_is_found_again),
	    TEST(a_pass_knows_whether_it_asks_what_the_last_one_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
