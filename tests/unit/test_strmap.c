/* SPDX-License-Identifier: MIT */
/* The map, against a plain array of what should be in it. */
#include "weir/strmap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

static struct str
name(char *to, size_t i)
{
	return (struct str){to, (size_t)snprintf(to, 32, "key-%zu", i)};
}

static void
an_empty_map_has_nothing(void **state)
{
	struct strmap m = {0};
	size_t at = 0;

	(void)state;
	assert_null(strmap_get(&m, STR("x")));
	assert_false(strmap_has(&m, STR("")));
	assert_null(strmap_take(&m, STR("x")));
	assert_null(strmap_next(&m, &at));
	strmap_fini(&m);
}

static void
put_replaces_and_gives_the_old_value(void **state)
{
	struct strmap m = {0};
	int a, b;

	(void)state;
	assert_null(strmap_put(&m, STR("x"), &a));
	assert_ptr_equal(strmap_put(&m, STR("x"), &b), &a);
	assert_ptr_equal(strmap_get(&m, STR("x")), &b);
	assert_int_equal(m.count, 1);
	strmap_fini(&m);
}

static void
keys_may_be_empty_or_hold_nul(void **state)
{
	struct strmap m = {0};
	int a, b;

	(void)state;
	strmap_put(&m, STR(""), &a);
	strmap_put(&m, STR("x\0y"), &b);
	assert_ptr_equal(strmap_get(&m, (struct str){0}), &a);
	assert_ptr_equal(strmap_get(&m, STR("x\0y")), &b);
	assert_false(strmap_has(&m, STR("x")));
	strmap_fini(&m);
}

static void
a_null_value_is_there(void **state)
{
	struct strmap m = {0};

	(void)state;
	strmap_put(&m, STR("x"), NULL);
	assert_true(strmap_has(&m, STR("x")));
	strmap_fini(&m);
}

static void
it_is_walked_in_order_of_insertion(void **state)
{
	struct strmap m = {0};
	struct strmap_entry *e;
	char text[32];
	size_t i, at = 0, n = 0;
	static char values[1000];

	(void)state;
	for (i = 0; i < 1000; i++)
		strmap_put(&m, name(text, i), &values[i]);
	for (i = 0; i < 1000; i += 3)
		assert_ptr_equal(strmap_take(&m, name(text, i)), &values[i]);
	for (i = 0; (e = strmap_next(&m, &at)); i++, n++) {
		if (i % 3 == 0)
			i++;
		assert_ptr_equal(e->value, &values[i]);
		assert_true(str_equal(e->key, name(text, i)));
	}
	assert_int_equal(n, m.count);
	assert_int_equal(n, 666);
	strmap_fini(&m);
}

static void
taking_while_walking_sees_each_once(void **state)
{
	struct strmap m = {0};
	struct strmap_entry *e;
	char text[32];
	size_t at = 0, n = 0;

	(void)state;
	for (size_t i = 0; i < 100; i++)
		strmap_put(&m, name(text, i), &m);
	while ((e = strmap_next(&m, &at))) {
		strmap_take(&m, e->key);
		n++;
	}
	assert_int_equal(n, 100);
	assert_int_equal(m.count, 0);
	strmap_fini(&m);
}

static void
put_and_take_for_ever_takes_no_more_room(void **state)
{
	struct strmap m = {0};
	char text[32];

	(void)state;
	for (size_t i = 0; i < 100000; i++) {
		strmap_put(&m, name(text, i), &m);
		if (i >= 10)
			assert_ptr_equal(
			    strmap_take(&m, name(text, i - 10)), &m);
	}
	assert_int_equal(m.count, 10);
	assert_true(m.slots <= 64);
	strmap_fini(&m);
}

static void
the_hash_depends_on_every_byte(void **state)
{
	char text[24] = {0};
	uint64_t empty = str_hash((struct str){text, sizeof(text)});

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++) {
		text[i] = 1;
		assert_true(
		    str_hash((struct str){text, sizeof(text)}) != empty);
		text[i] = 0;
		assert_true(str_hash((struct str){text, i}) != empty);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_map_has_nothing),
	    cmocka_unit_test(put_replaces_and_gives_the_old_value),
	    cmocka_unit_test(keys_may_be_empty_or_hold_nul),
	    cmocka_unit_test(a_null_value_is_there),
	    cmocka_unit_test(it_is_walked_in_order_of_insertion),
	    cmocka_unit_test(taking_while_walking_sees_each_once),
	    cmocka_unit_test(put_and_take_for_ever_takes_no_more_room),
	    cmocka_unit_test(the_hash_depends_on_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
