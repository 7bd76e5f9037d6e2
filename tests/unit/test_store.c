/* SPDX-License-Identifier: MIT */
/* The store: what replaces what, and who learns of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/catalog.h"

static struct answer *
string_answer(const char *s)
{
	struct answer *a = answer_new();

	answer_shape_string(a, str_of(s));
	return a;
}

static int
set_up(void **state)
{
	*state = catalog_new();
	return 0;
}

static int
tear_down(void **state)
{
	struct catalog *c = *state;

	catalog_free(&c);
	assert_null(c);
	return 0;
}

static void
nothing_is_there_before_the_first_put(void **state)
{
	assert_null(catalog_get(*state, STR("kv.block(a)")));
}

static void
a_first_answer_is_a_change(void **state)
{
	struct answer *a = string_answer("x");

	assert_true(catalog_put(*state, STR("kv.block(a)"), a));
	assert_ptr_equal(catalog_get(*state, STR("kv.block(a)")), a);
	assert_null(catalog_get(*state, STR("kv.get(a)")));
}

static void
the_same_answer_again_is_none(void **state)
{
	struct answer *first = string_answer("x"), *second;

	catalog_put(*state, STR("id"), first);
	second = string_answer("x");
	second->index = 7;
	assert_false(catalog_put(*state, STR("id"), second));
	assert_ptr_equal(catalog_get(*state, STR("id")), first);
	assert_int_equal(first->index, 7);
}

static void
another_answer_has_another_stamp(void **state)
{
	uint64_t stamp;

	catalog_put(*state, STR("id"), string_answer("x"));
	stamp = catalog_get(*state, STR("id"))->stamp;
	assert_true(stamp > 1);
	assert_true(catalog_put(*state, STR("id"), string_answer("y")));
	assert_true(catalog_get(*state, STR("id"))->stamp != stamp);
}

static void
an_absent_key_differs_from_an_empty_one(void **state)
{
	catalog_put(*state, STR("id"), string_answer(""));
	assert_true(catalog_put(*state, STR("id"), string_answer(NULL)));
	assert_false(catalog_put(*state, STR("id"), string_answer(NULL)));
	assert_true(
	    value_kind(&catalog_get(*state, STR("id"))->value) == KIND_INVALID);
}

static void
a_dropped_answer_is_gone(void **state)
{
	catalog_put(*state, STR("id"), string_answer("x"));
	catalog_drop(*state, STR("id"));
	catalog_drop(*state, STR("id"));
	assert_null(catalog_get(*state, STR("id")));
}

static void
who_holds_a_reference_keeps_the_answer(void **state)
{
	struct answer *a = string_answer("long enough to be somewhere");

	catalog_put(*state, STR("id"), answer_ref(a));
	catalog_drop(*state, STR("id"));
	assert_memory_equal(a->value.u.str, "long enough", 11);
	answer_unref(&a);
	assert_null(a);
}

static void
only_what_a_template_sees_makes_a_difference(void **state)
{
	struct answer *answers[3];
	struct query q = {.kind = QUERY_SERVICE, .filters = FILTER_ANY};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct answer *a = answers[i] = answer_new();
		struct health_service *s = arena_zalloc(&a->arena, sizeof(*s));

		s->node = arena_pstr(&a->arena, STR("a"));
		s->port = i == 2;
		a->index = (uint64_t)i;
		answer_shape_services(a, &q, &s, 1);
	}
	assert_true(answer_same(answers[0], answers[1]));
	assert_false(answer_same(answers[0], answers[2]));
	for (int i = 0; i < 3; i++)
		answer_unref(&answers[i]);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_there_before_the_first_put),
	    TEST(a_first_answer_is_a_change),
	    TEST(the_same_answer_again_is_none),
	    TEST(another_answer_has_another_stamp),
	    TEST(an_absent_key_differs_from_an_empty_one),
	    TEST(a_dropped_answer_is_gone),
	    TEST(who_holds_a_reference_keeps_the_answer),
	    TEST(only_what_a_template_sees_makes_a_difference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
