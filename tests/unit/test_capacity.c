/* SPDX-License-Identifier: MIT */
/* The room that Go 1.26's append leaves, as its spew shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/capacity.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
interfaces_grow_in_the_allocators_sizes(void **state)
{
	static const struct {
		size_t count, room;
	} rows[] = {{0, 0}, {1, 1}, {3, 4}, {5, 8}, {17, 32}, {33, 71},
	    {72, 143}, {144, 303}, {304, 591}, {592, 1023}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    capacity_grown(&type_anys, 0, rows[i].count), rows[i].room);
}

static void
numbers_have_no_header(void **state)
{
	(void)state;
	assert_int_equal(capacity_grown(&type_ints, 0, 3), 4);
	assert_int_equal(capacity_grown(&type_ints, 0, 65), 128);
	assert_int_equal(capacity_grown(&type_ints, 0, 256), 256);
	assert_int_equal(capacity_grown(&type_ints, 0, 257), 512);
}

static void
one_append_of_many_takes_just_what_is_wanted(void **state)
{
	(void)state;
	assert_int_equal(capacity_append(&type_anys, 1, 5), 5);
	assert_int_equal(capacity_append(&type_anys, 1, 17), 18);
	assert_int_equal(capacity_append(&type_anys, 1, 304), 335);
}

static void
what_fits_stays(void **state)
{
	(void)state;
	assert_int_equal(capacity_append(&type_strings, 10, 10), 10);
	assert_int_equal(capacity_grown(&type_strings, 10, 11), 20);
}

static void
a_list_has_zeros_behind_its_end(void **state)
{
	struct arena arena = {0};
	struct list_builder list;
	struct value v, part, item;

	(void)state;
	list_begin(&list, &arena, &type_anys);
	list_add(&list, value_int(7));
	v = list_end_room(&list, 4);
	assert_int_equal(v.len, 1);
	assert_int_equal(v.spare, 3);
	part = value_part(&v, 0, 3);
	assert_int_equal(part.len, 3);
	assert_int_equal(part.spare, 1);
	item = value_index(&part, 0);
	assert_int_equal(item.u.i, 7);
	item = value_index(&part, 2);
	assert_null(item.type);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(interfaces_grow_in_the_allocators_sizes),
	    cmocka_unit_test(numbers_have_no_header),
	    cmocka_unit_test(one_append_of_many_takes_just_what_is_wanted),
	    cmocka_unit_test(what_fits_stays),
	    cmocka_unit_test(a_list_has_zeros_behind_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
