/* SPDX-License-Identifier: MIT */
/* Addresses as numbers, file names, and case: the pieces under the functions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/address.h"
#include "../../src/template/path.h"

static void
assert_reads(const char *text, const char *want)
{
	struct address a;
	struct buf b = {0};

	if (!address_parse(str_of(text), &a))
		fail_msg("%s: not read", text);
	address_print(&b, &a);
	assert_string_equal(b.ptr, want);
	buf_fini(&b);
}

static void
addresses_are_read_and_printed(void **state)
{
	(void)state;
	assert_reads("10.0.0.1", "10.0.0.1");
	assert_reads("10.1.2.3/8", "10.1.2.3/8");
	assert_reads("10.0.0.1/32", "10.0.0.1");
	assert_reads("10.0.0.1:80", "10.0.0.1:80");
	assert_reads("0.0.0.0/0", "0.0.0.0/0");
	assert_reads("2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1");
	assert_reads("fe80::/10", "fe80::/10");
	assert_reads("::", "::");
	assert_reads("::1", "::1");
	assert_reads("1::", "1::");
	assert_reads("1:0:2:0:3:0:4:0", "1:0:2:0:3:0:4:0");
	assert_reads("[::1]:443", "[::1]:443");
	assert_reads("[::1]", "::1");
	assert_reads("::ffff:1.2.3.4", "1.2.3.4");
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {"", "x", "1.2.3", "1.2.3.4/33",
	    "1.2.3.4/", "1.2.3.4:65536", "::1/129", "::1:", "[::1", "[1.2.3.4]",
	    "1.2.3.4:", "01.2.3.4", "/8", ":"};
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (address_parse(str_of(bad[i]), &a))
			fail_msg("%s: read", bad[i]);
}

static bool
contains(const char *outer, const char *inner)
{
	struct address a, b;

	assert_true(address_parse(str_of(outer), &a));
	assert_true(address_parse(str_of(inner), &b));
	return address_contains(&a, &b);
}

static void
networks_contain_whole_networks(void **state)
{
	(void)state;
	assert_true(contains("10.0.0.0/8", "10.2.3.4"));
	assert_true(contains("10.0.0.0/8", "10.2.0.0/16"));
	assert_false(contains("10.2.0.0/16", "10.0.0.0/8"));
	assert_false(contains("0.0.0.0/0", "::1"));
	assert_true(contains("::/0", "ffff::1"));
}

static bool
is_rfc(const char *text, uint64_t rfc)
{
	struct address a;
	bool known;

	assert_true(address_parse(str_of(text), &a));
	return address_is_rfc(&a, rfc, &known) && known;
}

static void
rfcs_are_known(void **state)
{
	struct address a = {0};
	bool known;

	(void)state;
	assert_true(is_rfc("192.168.1.1", 1918));
	assert_false(is_rfc("192.169.1.1", 1918));
	assert_true(is_rfc("fd00::1", 6890));
	assert_true(is_rfc("169.254.1.1", RFC_NOT_FORWARDABLE));
	assert_false(address_is_rfc(&a, 1, &known));
	assert_false(known);
}

static void
assert_clean(const char *path, const char *want)
{
	struct arena a = {0};
	struct str s = path_clean(&a, str_of(path));

	if (!str_is(s, want))
		fail_msg("%s: %.*s, not %s", path, (int)s.len, s.ptr, want);
	arena_fini(&a);
}

static void
paths_are_cleaned(void **state)
{
	(void)state;
	assert_clean("", ".");
	assert_clean("a//b/./c/..", "a/b");
	assert_clean("../a/..", "..");
	assert_clean("../../a", "../../a");
	assert_clean("/..//a/", "/a");
	assert_clean("a/..", ".");
}

static enum path_where
where(const char *folder, const char *path)
{
	return path_is_in(str_of(folder), str_of(path));
}

static void
a_folder_holds_what_is_below_it(void **state)
{
	(void)state;
	assert_int_equal(where("/a", "/a"), PATH_INSIDE);
	assert_int_equal(where("/a", "/a/b"), PATH_INSIDE);
	assert_int_equal(where("/a", "/ab"), PATH_OUTSIDE);
	assert_int_equal(where("/", "/ab"), PATH_INSIDE);
	assert_int_equal(where("a", "/a"), PATH_UNRELATED);
	assert_int_equal(where(".", "a"), PATH_INSIDE);
	assert_int_equal(where(".", "..a"), PATH_INSIDE);
	assert_int_equal(where(".", "../a"), PATH_OUTSIDE);
	assert_int_equal(where("..", "../a"), PATH_INSIDE);
	assert_int_equal(where("a/b", "a"), PATH_OUTSIDE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_are_read_and_printed),
	    cmocka_unit_test(what_is_no_address_is_refused),
	    cmocka_unit_test(networks_contain_whole_networks),
	    cmocka_unit_test(rfcs_are_known),
	    cmocka_unit_test(paths_are_cleaned),
	    cmocka_unit_test(a_folder_holds_what_is_below_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
