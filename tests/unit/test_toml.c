/* SPDX-License-Identifier: MIT */
/* TOML as BurntSushi's encoder writes it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/json.h"
#include "../../src/template/toml.h"

struct row {
	struct str json;
	struct str expected;
};

static const struct row rows[] = {
#define ROW(in, out) {{in, sizeof(in) - 1}, {out, sizeof(out) - 1}},
#include "toml_rows.h"
#undef ROW
};

static struct buf
encode(const struct value *v)
{
	struct error error = {0};
	struct buf out = {0};

	if (toml_encode(&out, v, &error) < 0) {
		buf_reset(&out);
		buf_printf(&out, "E%s", error.text);
	}
	buf_puts(&out, "");
	error_fini(&error);
	return out;
}

static void
values_are_written_as_burntsushi_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct arena arena = {0};
		struct value v;
		struct buf out;

		assert_int_equal(
		    json_decode(&arena, rows[i].json, &v, NULL), 0);
		out = encode(&v);
		if (!str_equal(buf_as_str(&out), rows[i].expected))
			fail_msg("of %.*s\nwant %.*s\ngot  %s",
			    (int)rows[i].json.len, rows[i].json.ptr,
			    (int)rows[i].expected.len, rows[i].expected.ptr,
			    out.ptr);
		buf_fini(&out);
		arena_fini(&arena);
	}
}

static void
expect(struct value v, const char *expected)
{
	struct buf out = encode(&v);

	assert_string_equal(out.ptr, expected);
	buf_fini(&out);
}

static void
scalars_stand_alone_at_the_top(void **state)
{
	(void)state;
	expect(value_int(-5), "-5");
	expect(value_float(1e21), "1000000000000000000000.0");
	expect(value_float(-INFINITY), "-inf");
	expect(value_float(NAN), "nan");
	expect((struct value){.type = &type_chan_int64},
	    "Eunsupported type for key '': chan");
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
	assert_int_equal(toml_encode(&out, &v, &error), -1);
	error_fini(&error);
	buf_fini(&out);
	arena_fini(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_written_as_burntsushi_does),
	    cmocka_unit_test(scalars_stand_alone_at_the_top),
	    cmocka_unit_test(a_map_in_itself_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
