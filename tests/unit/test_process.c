/* SPDX-License-Identifier: MIT */
/* `show proc` of the master, as 2.2.9, 2.6.12, 3.0.11 and 3.2 printed it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "weir/haproxy.h"

#define HEADING                                                    \
	"#<PID>          <type>          <reloads>       <uptime>" \
	"        <version>      \n"
#define HEADING_22                                         \
	"#<PID>          <type>          <relative PID>  " \
	"<reloads>       <uptime>        <version>      \n"

static void
two_six_after_a_good_reload(void **state)
{
	struct haproxy_processes p;
	struct error e = {0};

	(void)state;
	assert_int_equal(
	    haproxy_processes_parse(
		STR(HEADING
		    "9084            master          3 [failed: 0]   1d02h03m04s  "
		    "   2.6.12-1+deb12u4\n"
		    "# workers\n"
		    "9119            worker          0               0d00h00m05s  "
		    "   2.6.12-1+deb12u4\n"
		    "# old workers\n"
		    "9098            worker          1               0d00h00m09s  "
		    "   2.6.12-1+deb12u4\n"
		    "# programs\n\n"),
		&p, &e),
	    0);
	assert_int_equal(p.master, 9084);
	assert_int_equal(p.reloads, 3);
	assert_int_equal(p.failed, 0);
	assert_int_equal(p.version.major, 2);
	assert_int_equal(p.version.minor, 6);
	assert_int_equal(p.version.patch, 12);
	assert_string_equal(p.version.text, "2.6.12-1+deb12u4");
	assert_int_equal(p.count, 2);
	assert_int_equal(p.workers[0].pid, 9119);
	assert_int_equal(p.workers[0].reloads, 0);
	assert_int_equal(p.workers[0].uptime_s, 5);
	assert_false(p.workers[0].old);
	assert_int_equal(p.workers[1].pid, 9098);
	assert_int_equal(p.workers[1].reloads, 1);
	assert_true(p.workers[1].old);
	haproxy_processes_fini(&p);
}

static void
two_six_after_a_failed_reload(void **state)
{
	struct haproxy_processes p;

	(void)state;
	assert_int_equal(
	    haproxy_processes_parse(
		STR(HEADING
		    "9084            master          2 [failed: 1]   0d00h00m03s  "
		    "   2.6.12-1+deb12u4\n"
		    "# workers\n"
		    "9098            worker          1               0d00h00m01s  "
		    "   2.6.12-1+deb12u4\n"
		    "# programs\n\n"),
		&p, NULL),
	    0);
	assert_int_equal(p.reloads, 2);
	assert_int_equal(p.failed, 1);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.workers[0].reloads, 1);
	haproxy_processes_fini(&p);
}

/* One more column, and a former worker's relative pid has a blank in it. */
static void
two_two_has_relative_pids_and_counts_no_failures(void **state)
{
	struct haproxy_processes p;

	(void)state;
	assert_int_equal(
	    haproxy_processes_parse(
		STR(HEADING_22
		    "12775           master          0               6            "
		    "   0d00h00m08s     2.2.9-2+deb11u6\n"
		    "# workers\n"
		    "13108           worker          1               0            "
		    "   0d00h00m00s     2.2.9-2+deb11u6\n"
		    "# old workers\n"
		    "12815           worker          [was: 1]        3            "
		    "   0d00h01m06s     2.2.9-2+deb11u6\n"
		    "# programs\n\n"),
		&p, NULL),
	    0);
	assert_int_equal(p.master, 12775);
	assert_int_equal(p.reloads, 6);
	assert_int_equal(p.failed, -1);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.workers[0].pid, 13108);
	assert_int_equal(p.workers[0].reloads, 0);
	assert_int_equal(p.workers[1].pid, 12815);
	assert_int_equal(p.workers[1].reloads, 3);
	assert_int_equal(p.workers[1].uptime_s, 66);
	assert_true(p.workers[1].old);
	haproxy_processes_fini(&p);
}

static void
three_two_lists_the_survivor_of_a_failure_as_old(void **state)
{
	struct haproxy_processes p;

	(void)state;
	assert_int_equal(
	    haproxy_processes_parse(
		STR(HEADING
		    "13648           master          4 [failed: 1]   0d00h00m05s  "
		    "   3.2.26-1       \n"
		    "# workers\n"
		    "# old workers\n"
		    "13687           worker          1               0d00h00m03s  "
		    "   3.2.26-1       \n\n"),
		&p, NULL),
	    0);
	assert_int_equal(p.failed, 1);
	assert_int_equal(p.count, 1);
	assert_true(p.workers[0].old);
	assert_true(haproxy_version_at_least(&p.version, 3, 1));
	haproxy_processes_fini(&p);
}

static void
a_program_is_no_worker(void **state)
{
	struct haproxy_processes p;

	(void)state;
	assert_int_equal(
	    haproxy_processes_parse(
		STR(HEADING
		    "1               master          0 [failed: 0]   0d00h00m05s  "
		    "   2.6.12\n"
		    "# workers\n"
		    "2               worker          0               0d00h00m05s  "
		    "   2.6.12\n"
		    "# programs\n"
		    "3               worker          0               0d00h00m05s  "
		    "   -\n"
		    "4               dataplane       0               0d00h00m05s  "
		    "   -\n\n"),
		&p, NULL),
	    0);
	assert_int_equal(p.count, 1);
	assert_int_equal(p.workers[0].pid, 2);
	haproxy_processes_fini(&p);
}

static void
other_answers_are_refused(void **state)
{
	static const char *const answers[] = {"", "\n",
	    "Unknown command. Please enter one of …\n", "Permission denied\n",
	    "# workers\n1 worker 0 0d00h00m05s 2.6.12\n", HEADING,
	    HEADING "x master y z\n"};
	struct haproxy_processes p;

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct error e = {0};

		assert_int_equal(
		    haproxy_processes_parse(str_of(answers[i]), &p, &e), -1);
		assert_true(error_is_set(&e));
		error_fini(&e);
	}
}

/* Whatever is cut off, nothing is read beyond it. */
static void
a_truncated_answer_is_harmless(void **state)
{
	static const char whole[] = HEADING_22
	    "12775 master 0 6 [failed: 2] 0d00h00m08s 2.2.9-2+deb11u6\n"
	    "# workers\n13108 worker 1 0 0d00h00m00s 2.2.9-2+deb11u6\n"
	    "# old workers\n12815 worker [was: 1] 3 0d00h01m06s 2.2.9\n";

	(void)state;
	for (size_t n = 0; n < sizeof(whole); n++) {
		struct haproxy_processes p;
		char *piece = test_malloc(n ? n : 1);

		memcpy(piece, whole, n);
		if (haproxy_processes_parse((struct str){piece, n}, &p, NULL) ==
		    0)
			haproxy_processes_fini(&p);
		test_free(piece);
	}
}

static void
versions_are_found_in_what_programs_print(void **state)
{
	struct haproxy_version v;

	(void)state;
	assert_int_equal(haproxy_version_parse("HAProxy version 3.2.26-1 "
					       "2026/10/14 - x\n",
			     &v),
	    0);
	assert_string_equal(v.text, "3.2.26-1");
	assert_int_equal(v.patch, 26);
	assert_int_equal(haproxy_version_parse("2.6-dev3", &v), 0);
	assert_int_equal(v.minor, 6);
	assert_int_equal(v.patch, 0);
	assert_true(haproxy_version_at_least(&v, 2, 6));
	assert_true(haproxy_version_at_least(&v, 1, 9));
	assert_false(haproxy_version_at_least(&v, 2, 7));
	assert_false(haproxy_version_at_least(&v, 3, 0));
	assert_int_equal(haproxy_version_parse("no version here\n3.2", &v), -1);
	assert_int_equal(v.major, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(two_six_after_a_good_reload),
	    cmocka_unit_test(two_six_after_a_failed_reload),
	    cmocka_unit_test(two_two_has_relative_pids_and_counts_no_failures),
	    cmocka_unit_test(three_two_lists_the_survivor_of_a_failure_as_old),
	    cmocka_unit_test(a_program_is_no_worker),
	    cmocka_unit_test(other_answers_are_refused),
	    cmocka_unit_test(a_truncated_answer_is_harmless),
	    cmocka_unit_test(versions_are_found_in_what_programs_print),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
