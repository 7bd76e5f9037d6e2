/* SPDX-License-Identifier: MIT */
/* JSON as Go's encoding/json reads and writes it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/json.h"
#include "weir/limits.h"

struct row {
	struct str text;
	struct str expected;
};

static const struct row rows[] = {
#define ROW(in, out) {{in, sizeof(in) - 1}, {out, sizeof(out) - 1}},
#include "json_rows.h"
#undef ROW
};

static const struct json_style plain = {.escape_html = true};

/* Reads the text and writes it again; "E" and the message if it can't. */
static struct buf
round_trip(struct arena *arena, struct str text, const struct json_style *style)
{
	struct error error = {0};
	struct buf out = {0};
	struct value v;

	if (json_decode(arena, text, &v, &error) < 0 ||
	    json_encode(&out, &v, style, &error) < 0) {
		buf_reset(&out);
		buf_printf(&out, "E%s", error.text);
	}
	buf_puts(&out, "");
	error_fini(&error);
	return out;
}

static void
expect(struct str text, const struct json_style *style, struct str expected)
{
	struct arena arena = {0};
	struct buf out = round_trip(&arena, text, style);

	if (!str_equal(buf_as_str(&out), expected))
		fail_msg("of %.*s\nwant %.*s\ngot  %s", (int)text.len, text.ptr,
		    (int)expected.len, expected.ptr, out.ptr);
	buf_fini(&out);
	arena_fini(&arena);
}

static void
texts_read_and_write_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].text, &plain, rows[i].expected);
}

static void
indentation_leaves_empty_brackets_together(void **state)
{
	const struct json_style pretty = {.indent = "  "};

	(void)state;
	expect(STR("{\"b\":[],\"a\":[1,{}],\"<\":\"<\"}"), &pretty,
	    STR("{\n  \"<\": \"<\",\n  \"a\": [\n    1,\n    {}\n  ],\n"
		"  \"b\": []\n}"));
}

static void
nesting_ends_at_ten_thousand(void **state)
{
	struct arena arena = {0};
	struct buf text = {0}, out;

	(void)state;
	buf_repeat(&text, '[', LIMIT_VALUE_DEPTH);
	buf_repeat(&text, ']', LIMIT_VALUE_DEPTH);
	out = round_trip(&arena, buf_as_str(&text), &plain);
	assert_int_equal(out.len, 2 * LIMIT_VALUE_DEPTH);
	buf_fini(&out);

	buf_reset(&text);
	buf_repeat(&text, '[', LIMIT_VALUE_DEPTH + 1);
	out = round_trip(&arena, buf_as_str(&text), &plain);
	assert_string_equal(
	    out.ptr, "Einvalid character '[' exceeded max depth");
	buf_fini(&out);
	buf_fini(&text);
	arena_fini(&arena);
}

static void
a_map_in_itself_is_an_error(void **state)
{
	struct arena arena = {0};
	struct error error = {0};
	struct buf out = {0};
	struct map *map = map_new(&arena, &type_map_string_any);
	struct value v = value_map(map, &type_map_string_any);

	(void)state;
	map_put_str(map, STR("a"), value_int(1));
	map_put_str(map, STR("self"), v);
	assert_int_equal(json_encode(&out, &v, &plain, &error), -1);
	assert_string_equal(error.text,
	    "json: unsupported value: encountered a cycle via "
	    "map[string]interface {}");
	error_fini(&error);
	buf_fini(&out);
	arena_fini(&arena);
}

static void
expect_encoded(struct value v, const char *expected)
{
	struct error error = {0};
	struct buf out = {0};

	if (json_encode(&out, &v, &plain, &error) < 0) {
		buf_reset(&out);
		buf_puts(&out, error.text);
	}
	assert_string_equal(buf_as_str(&out).ptr, expected);
	error_fini(&error);
	buf_fini(&out);
}

static void
a_nil_list_is_null_and_an_empty_one_is_not(void **state)
{
	(void)state;
	expect_encoded((struct value){.type = &type_strings}, "null");
	expect_encoded(value_slice(&type_strings, NULL, 0), "[]");
	expect_encoded(value_map(NULL, &type_map_string_any), "null");
}

static void
bytes_are_base64(void **state)
{
	(void)state;
	expect_encoded(value_slice(&type_bytes, "\xff\x00z", 3), "\"/wB6\"");
}

static void
what_json_cannot_hold_is_named(void **state)
{
	(void)state;
	expect_encoded(value_float(NAN), "json: unsupported value: NaN");
	expect_encoded(value_float(-INFINITY), "json: unsupported value: -Inf");
	expect_encoded((struct value){.type = &type_chan_int64},
	    "json: unsupported type: <-chan int64");
	expect_encoded(value_map(NULL, &type_map_any_any),
	    "json: unsupported type: map[interface {}]interface {}");
}

/* A record as the catalog has them. */
struct thing {
	const struct pstr *name;
	int64_t port;
	struct list tags;
	const struct map *meta;
	bool secret;
};

static const struct field thing_fields[] = {
    {.name = "Name",
	.type = &type_string,
	.offset = offsetof(struct thing, name),
	.store = STORE_PSTR},
    {.name = "Port",
	.type = &type_int,
	.offset = offsetof(struct thing, port),
	.store = STORE_I64,
	.json = "port",
	.omit_empty = true},
    {.name = "Tags",
	.type = &type_strings,
	.offset = offsetof(struct thing, tags),
	.store = STORE_LIST},
    {.name = "Meta",
	.type = &type_map_string_string,
	.offset = offsetof(struct thing, meta),
	.store = STORE_MAP,
	.omit_empty = true},
    {.name = "Secret",
	.type = &type_bool,
	.offset = offsetof(struct thing, secret),
	.store = STORE_BOOL,
	.json = "-"},
};

static const struct type thing_type = {.kind = KIND_STRUCT,
    .name = "x.Thing",
    .size = sizeof(struct thing),
    .fields = thing_fields,
    .field_count = sizeof(thing_fields) / sizeof(thing_fields[0])};
static const struct type thing_pointer = {
    .kind = KIND_PTR, .name = "*x.Thing", .elem = &thing_type};

static void
records_are_objects_by_their_tags(void **state)
{
	struct thing thing = {.secret = true};

	(void)state;
	expect_encoded(
	    value_ptr(&thing_pointer, &thing), "{\"Name\":\"\",\"Tags\":null}");
	thing.port = 80;
	thing.tags.not_nil = true;
	expect_encoded(value_ptr(&thing_pointer, &thing),
	    "{\"Name\":\"\",\"port\":80,\"Tags\":[]}");
	expect_encoded(value_ptr(&thing_pointer, NULL), "null");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_read_and_write_as_in_go),
	    cmocka_unit_test(indentation_leaves_empty_brackets_together),
	    cmocka_unit_test(nesting_ends_at_ten_thousand),
	    cmocka_unit_test(a_map_in_itself_is_an_error),
	    cmocka_unit_test(a_nil_list_is_null_and_an_empty_one_is_not),
	    cmocka_unit_test(bytes_are_base64),
	    cmocka_unit_test(what_json_cannot_hold_is_named),
	    cmocka_unit_test(records_are_objects_by_their_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
