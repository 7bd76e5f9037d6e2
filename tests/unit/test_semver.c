/* SPDX-License-Identifier: MIT */
/* Semantic versions and constraints as Masterminds' semver has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/semver.h"

static const struct {
	const char *text;
	const char *expected;
} versions[] = {
#define VERSION(in, out) {in, out},
#define MEETS(constraint, version, out)
#include "semver_rows.h"
#undef VERSION
#undef MEETS
};

static const struct {
	const char *constraint;
	const char *version;
	const char *expected;
} constraints[] = {
#define VERSION(in, out)
#define MEETS(constraint, version, out) {constraint, version, out},
#include "semver_rows.h"
#undef VERSION
#undef MEETS
};

static void
versions_are_read_as_loosely_as_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct error error = {0};
		struct buf out = {0};
		struct semver v;

		if (semver_parse(str_of(versions[i].text), &v, &error) < 0)
			buf_printf(&out, "E%s", error.text);
		else
			buf_printf(&out, "%llu %llu %llu [%.*s] [%.*s]",
			    (unsigned long long)v.major,
			    (unsigned long long)v.minor,
			    (unsigned long long)v.patch, (int)v.pre.len,
			    v.pre.ptr, (int)v.metadata.len, v.metadata.ptr);
		if (strcmp(out.ptr, versions[i].expected))
			fail_msg("of %s\nwant %s\ngot  %s", versions[i].text,
			    versions[i].expected, out.ptr);
		error_fini(&error);
		buf_fini(&out);
	}
}

static void
constraints_are_met_as_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(constraints) / sizeof(constraints[0]);
	     i++) {
		struct arena arena = {0};
		struct error error = {0};
		struct buf out = {0};
		struct semver v;
		bool meets;

		assert_int_equal(
		    semver_parse(str_of(constraints[i].version), &v, NULL), 0);
		if (semver_meets(&arena, str_of(constraints[i].constraint), &v,
			&meets, &error) < 0)
			buf_printf(&out, "E%s", error.text);
		else
			buf_puts(&out, meets ? "true" : "false");
		if (strcmp(out.ptr, constraints[i].expected))
			fail_msg("%s meets %s\nwant %s\ngot  %s",
			    constraints[i].version, constraints[i].constraint,
			    constraints[i].expected, out.ptr);
		error_fini(&error);
		buf_fini(&out);
		arena_fini(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(versions_are_read_as_loosely_as_there),
	    cmocka_unit_test(constraints_are_met_as_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
