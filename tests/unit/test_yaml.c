/* SPDX-License-Identifier: MIT */
/* YAML as yaml.v2 reads and writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/yaml.h"
#include "weir/limits.h"

struct row {
	struct str text;
	struct str expected;
};

static const struct row rows[] = {
#define ROW(in, out) {{in, sizeof(in) - 1}, {out, sizeof(out) - 1}},
#include "yaml_rows.h"
#undef ROW
};

/* Reads the text and writes it again; "E" and the message if it can't. */
static struct buf
round_trip(struct str text)
{
	struct arena arena = {0};
	struct error error = {0};
	struct buf out = {0};
	struct value v;

	if (yaml_decode(&arena, text, &v, &error) < 0) {
		buf_printf(&out, "Eyaml: %s", error.text);
	} else if (yaml_encode(&out, &v, &error) < 0) {
		buf_reset(&out);
		buf_printf(&out, "E%s", error.text);
	}
	buf_puts(&out, "");
	error_fini(&error);
	arena_fini(&arena);
	return out;
}

static void
texts_read_and_write_as_in_yaml_v2(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf out = round_trip(rows[i].text);

		if (!str_equal(buf_as_str(&out), rows[i].expected))
			fail_msg("of %.*s\nwant %.*s\ngot  %s",
			    (int)rows[i].text.len, rows[i].text.ptr,
			    (int)rows[i].expected.len, rows[i].expected.ptr,
			    out.ptr);
		buf_fini(&out);
	}
}

static void
expect(struct str text, const char *expected)
{
	struct buf out = round_trip(text);

	assert_string_equal(out.ptr, expected);
	buf_fini(&out);
}

static void
an_escaped_slash_is_an_error_as_in_yaml_1_1(void **state)
{
	(void)state;
	expect(STR("{\"url\": \"http:\\/\\/x\"}"),
	    "Eyaml: found unknown escape character");
	expect(STR("\xc3\xa9: 'a\\/b'\nb: \"\\\\/\"\n"),
	    "b: \\/\n\xc3\xa9: a\\/b\n");
}

static void
aliases_cannot_multiply_without_bound(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_puts(&text, "a: &a [x,x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c < 'k'; c++) {
		buf_printf(&text, "%c: &%c [", c, c);
		for (int i = 0; i < 10; i++)
			buf_printf(&text, "*%c,", c - 1);
		buf_puts(&text, "]\n");
	}
	expect(
	    buf_as_str(&text), "Eyaml: document contains excessive aliasing");
	buf_fini(&text);
}

static void
nesting_ends_at_ten_thousand(void **state)
{
	struct buf text = {0};

	(void)state;
	buf_repeat(&text, '[', LIMIT_VALUE_DEPTH + 1);
	expect(buf_as_str(&text), "Eyaml: exceeded max depth of 10000");
	buf_fini(&text);
}

static void
a_map_in_itself_is_an_error(void **state)
{
	struct arena arena = {0};
	struct error error = {0};
	struct buf out = {.limit = 1 << 20};
	struct map *map = map_new(&arena, &type_map_string_any);
	struct value v = value_map(map, &type_map_string_any);

	(void)state;
	map_put_str(map, STR("self"), v);
	assert_int_equal(yaml_encode(&out, &v, &error), -1);
	error_fini(&error);
	buf_fini(&out);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_read_and_write_as_in_yaml_v2),
	    cmocka_unit_test(an_escaped_slash_is_an_error_as_in_yaml_1_1),
	    cmocka_unit_test(aliases_cannot_multiply_without_bound),
	    cmocka_unit_test(nesting_ends_at_ten_thousand),
	    cmocka_unit_test(a_map_in_itself_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
