/* SPDX-License-Identifier: MIT */
/* Addresses, and what netip.ParseAddr of Go 1.26 says of what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/netip.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
addresses_have_a_version(void **state)
{
	static const struct {
		const char *text;
		int version;
	} rows[] = {{"1.2.3.4", 4}, {"::", 6}, {"::1", 6}, {"1::", 6},
	    {"::1.2.3.4", 6}, {"1:2:3:4:5:6:7:8", 6}, {"fe80::1%eth0", 6},
	    {"1:2:3:4:5:6:1.2.3.4", 6}};
	struct netip_fault fault;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(netip_version(str_of(rows[i].text), &fault),
		    rows[i].version);
}

static void
faults_are_named_and_placed(void **state)
{
	static const struct {
		const char *text, *what, *at;
	} rows[] = {
	    {"", "unable to parse IP", ""},
	    {"a", "unable to parse IP", ""},
	    {"%a", "missing IPv6 address", ""},
	    {"1.a", "unexpected character", "a"},
	    {"1.2.3", "IPv4 address too short", ""},
	    {"1.2.3.4.5", "IPv4 address too long", ""},
	    {"1..2.3", "IPv4 field must have at least one digit", ".2.3"},
	    {"1.2.3.", "IPv4 field must have at least one digit", "."},
	    {"01.2.3.4", "IPv4 field has octet with leading zero", ""},
	    {"1.256.3.4", "IPv4 field has value >255", ""},
	    {"::%", "zone must be a non-empty string", ""},
	    {"12345::", "each group must have 4 or less digits", "12345::"},
	    {":1", "each colon-separated field must have at least one digit",
		":1"},
	    {"1:", "colon must be followed by more characters", ":"},
	    {"1:g", "each colon-separated field must have at least one digit",
		"g"},
	    {"1::2::3", "multiple :: in address", ":3"},
	    {"1:2", "address string too short", ""},
	    {"1:2:3:4:5:6:7:8:9", "trailing garbage after address", "9"},
	    {"1:2:3:4:5:6:7::8",
		"the :: must expand to at least one field of zeros", ""},
	    {"1:1.2.3.4",
		"embedded IPv4 address must replace the final 2 fields of the "
		"address",
		"1.2.3.4"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct netip_fault fault;

		assert_int_equal(
		    netip_version(str_of(rows[i].text), &fault), 0);
		assert_string_equal(fault.what, rows[i].what);
		assert_int_equal(fault.at.len, strlen(rows[i].at));
		if (fault.at.len)
			assert_memory_equal(
			    fault.at.ptr, rows[i].at, fault.at.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_have_a_version),
	    cmocka_unit_test(faults_are_named_and_placed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
