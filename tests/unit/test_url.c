/* SPDX-License-Identifier: MIT */
/* URLs as Go's net/url takes them apart and puts them together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/url.h"

static const struct {
	const char *text;
	const char *expected;
} rows[] = {
#define URL(in, out) {in, out},
#include "url_rows.h"
#undef URL
};

static void
put(struct buf *out, struct str s)
{
	buf_str(out, s);
	buf_char(out, '|');
}

static void
print_parts(const struct url *u, struct buf *out)
{
	put(out, u->scheme);
	put(out, u->opaque);
	if (u->has_user)
		url_print_user(u, out);
	buf_char(out, '|');
	put(out, u->host);
	put(out, url_hostname(u));
	put(out, u->path);
	put(out, u->query);
	put(out, u->fragment);
}

static void
urls_come_apart_and_together_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena = {0};
		struct error error = {0};
		struct buf out = {0}, whole = {0};
		struct url u;

		if (url_parse(&arena, str_of(rows[i].text), &u, &error) < 0) {
			buf_printf(&out, "E%s", error.text);
		} else {
			print_parts(&u, &out);
			url_print(&u, &whole);
			buf_str(&out, buf_as_str(&whole));
		}
		if (strcmp(out.ptr, rows[i].expected))
			fail_msg("of %s\nwant %s\ngot  %s", rows[i].text,
			    rows[i].expected, out.ptr);
		error_fini(&error);
		buf_fini(&whole);
		buf_fini(&out);
		arena_fini(&arena);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(urls_come_apart_and_together_as_in_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
