/* SPDX-License-Identifier: MIT */
/* Maps: growing and packed, found and in order. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/value.h"

static struct arena arena;

static struct str
number(int i)
{
	return str_of(arena_printf(&arena, "%05d", i));
}

static struct map *
any_map(void)
{
	return map_new(&arena, &type_map_any_any);
}

static void
what_was_put_is_found(void **state)
{
	struct map *m = map_new(&arena, &type_map_string_any);

	(void)state;
	for (int i = 0; i < 1000; i++)
		map_put_str(m, number(i * 7 % 1000), value_int(i * 7 % 1000));
	assert_int_equal(map_count(m), 1000);
	for (int i = 0; i < 1000; i++) {
		struct value v = map_get_str(m, number(i));

		assert_int_equal(v.u.i, i);
		assert_true(v.iface);
	}
	assert_false(map_has_str(m, STR("absent")));
	assert_null(map_get_str(m, STR("absent")).type);
}

static void
putting_again_replaces(void **state)
{
	struct map *m = map_new(&arena, &type_map_string_any);

	(void)state;
	map_put_str(m, STR("a"), value_int(1));
	map_put_str(m, STR("a"), value_int(2));
	assert_int_equal(map_count(m), 1);
	assert_int_equal(map_get_str(m, STR("a")).u.i, 2);
}

static void
keys_come_in_order(void **state)
{
	struct map *m = map_new(&arena, &type_map_string_any);

	(void)state;
	for (int i = 0; i < 100; i++)
		map_put_str(m, number(i * 37 % 100), value_int(i));
	for (int i = 0; i < 100; i++) {
		struct map_entry e = map_at(m, (size_t)i);

		assert_true(str_equal(value_as_str(&e.key), number(i)));
		assert_false(e.key.iface);
	}
	/* Still found, and in order again after more was put. */
	map_put_str(m, STR("0000"), value_int(-1));
	assert_int_equal(map_at(m, 0).value.u.i, -1);
	assert_true(map_has_str(m, number(99)));
}

static void
keys_of_several_types_have_gos_order(void **state)
{
	struct map *m = any_map();
	const enum kind want[] = {KIND_INVALID, KIND_STRING, KIND_INT64,
	    KIND_INT, KIND_INT, KIND_FLOAT64, KIND_FLOAT64, KIND_BOOL};

	(void)state;
	map_put(m, value_bool(true), value_int(0));
	map_put(m, value_float(0.5), value_int(0));
	map_put(m, value_float(NAN), value_int(0));
	map_put(m, value_int(3), value_int(0));
	map_put(m, value_int(-3), value_int(0));
	map_put(m, value_int64(1), value_int(0));
	map_put(m, value_str(STR("z")), value_int(0));
	map_put(m, VALUE_NIL, value_int(0));
	assert_int_equal(map_count(m), 8);
	for (size_t i = 0; i < 8; i++) {
		struct map_entry e = map_at(m, i);

		assert_int_equal(value_kind(&e.key), want[i]);
		assert_true(e.key.iface);
	}
	assert_int_equal(map_at(m, 3).key.u.i, -3);
	assert_true(isnan(map_at(m, 5).key.u.f));
}

static void
keys_of_other_types_differ(void **state)
{
	struct map *m = any_map();
	struct value i = value_int(1), l = value_int64(1);

	(void)state;
	map_put(m, i, value_str(STR("int")));
	map_put(m, l, value_str(STR("int64")));
	assert_int_equal(map_count(m), 2);
	i = map_get(m, &i);
	assert_true(str_is(value_as_str(&i), "int"));
}

static void
a_list_is_no_key(void **state)
{
	struct map *m = any_map();
	struct value list = value_slice(&type_anys, NULL, 0);

	(void)state;
	assert_int_equal(map_put(m, list, value_int(1)), -1);
	assert_null(map_get(m, &list).type);
}

static void
what_is_removed_is_gone(void **state)
{
	struct map *m = map_new(&arena, &type_map_string_any);

	(void)state;
	for (int i = 0; i < 50; i++)
		map_put_str(m, number(i), value_int(i));
	for (int i = 0; i < 50; i += 2) {
		struct value key = value_str(number(i));

		map_remove(m, &key);
	}
	assert_int_equal(map_count(m), 25);
	for (int i = 0; i < 50; i++)
		assert_int_equal(map_has_str(m, number(i)), i % 2);
	map_put_str(m, number(2), value_int(2));
	assert_int_equal(map_at(m, 1).value.u.i, 2);
}

static void
nil_maps_are_empty(void **state)
{
	(void)state;
	assert_int_equal(map_count(NULL), 0);
	assert_false(map_has_str(NULL, STR("a")));
}

static void
packed_pairs_are_sorted_and_the_last_stays(void **state)
{
	const struct pstr *pairs[] = {arena_pstr(&arena, STR("b")),
	    arena_pstr(&arena, STR("1")), arena_pstr(&arena, STR("a")),
	    arena_pstr(&arena, STR("2")), arena_pstr(&arena, STR("b")),
	    arena_pstr(&arena, STR("3"))};
	struct map *m = map_of_pairs(&arena, pairs, 3);
	struct value v;

	(void)state;
	assert_int_equal(map_count(m), 2);
	assert_ptr_equal(map_type(m), &type_map_string_string);
	v = map_at(m, 0).key;
	assert_true(str_is(value_as_str(&v), "a"));
	v = map_get_str(m, STR("b"));
	assert_true(str_is(value_as_str(&v), "3"));
	assert_false(v.iface);
	assert_false(map_has_str(m, STR("c")));
	assert_int_equal(map_count(map_of_pairs(&arena, NULL, 0)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_put_is_found),
	    cmocka_unit_test(putting_again_replaces),
	    cmocka_unit_test(keys_come_in_order),
	    cmocka_unit_test(keys_of_several_types_have_gos_order),
	    cmocka_unit_test(keys_of_other_types_differ),
	    cmocka_unit_test(a_list_is_no_key),
	    cmocka_unit_test(what_is_removed_is_gone),
	    cmocka_unit_test(nil_maps_are_empty),
	    cmocka_unit_test(packed_pairs_are_sorted_and_the_last_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
