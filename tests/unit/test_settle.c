/* SPDX-License-Identifier: MIT */
/* When a change is rendered: at once after quiet, gathered in a burst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/plan.h"

#define MIN 250
#define MAX 2000

static void
change(struct settle *s, int64_t now)
{
	settle_change(s, now, MIN, MAX);
}

static void
first_change_after_quiet_is_due_at_once(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	assert_int_equal(s.due, 1000);
}

static void
second_change_of_a_burst_waits_for_quiet(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	settle_done(&s);
	change(&s, 1100);
	assert_int_equal(s.due, 1100 + MIN);
	change(&s, 1300);
	assert_int_equal(s.due, 1300 + MIN);
}

static void
burst_is_rendered_at_the_latest_after_max(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	settle_done(&s);
	for (int64_t t = 1100; t < 1100 + MAX; t += 200)
		change(&s, t);
	assert_int_equal(s.due, 1100 + MAX);
}

static void
change_before_the_first_was_rendered_does_not_postpone_it(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	change(&s, 1001);
	assert_int_equal(s.due, 1000);
}

static void
quiet_after_a_burst_makes_the_next_change_immediate(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	settle_done(&s);
	change(&s, 1100);
	settle_done(&s);
	change(&s, 1100 + MIN);
	assert_int_equal(s.due, 1100 + MIN);
}

static void
second_burst_has_a_maximum_of_its_own(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	settle_done(&s);
	change(&s, 1100);
	settle_done(&s);
	change(&s, 1200);
	assert_int_equal(s.due, 1200 + MIN);
	assert_int_equal(s.latest, 1200 + MAX);
}

static void
settle_of_nothing_is_due_at_once_each_time(void **state)
{
	struct settle s = {0};

	(void)state;
	settle_change(&s, 1000, 0, 0);
	assert_int_equal(s.due, 1000);
	settle_done(&s);
	settle_change(&s, 1000, 0, 0);
	assert_int_equal(s.due, 1000);
}

static void
now_overrides_a_burst(void **state)
{
	struct settle s = {0};

	(void)state;
	change(&s, 1000);
	settle_done(&s);
	change(&s, 1100);
	settle_now(&s, 1110);
	assert_int_equal(s.due, 1110);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(first_change_after_quiet_is_due_at_once),
	    cmocka_unit_test(second_change_of_a_burst_waits_for_quiet),
	    cmocka_unit_test(burst_is_rendered_at_the_latest_after_max),
	    cmocka_unit_test(
		change_before_the_first_was_rendered_does_not_postpone_it),
	    cmocka_unit_test(
		quiet_after_a_burst_makes_the_next_change_immediate),
	    cmocka_unit_test(second_burst_has_a_maximum_of_its_own),
	    cmocka_unit_test(settle_of_nothing_is_due_at_once_each_time),
	    cmocka_unit_test(now_overrides_a_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
