/* SPDX-License-Identifier: MIT */
/* Dumps as go-spew makes them; the expectations are its own output. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/json.h"
#include "../../src/template/spew.h"

static struct arena arena;

static struct value
parse(const char *text)
{
	struct value v;

	assert_int_equal(json_decode(&arena, str_of(text), &v, NULL), 0);
	return v;
}

static void
expect_dump(struct value v, const char *expected)
{
	struct buf out = {0};

	spew_dump(&out, &v);
	assert_string_equal(out.ptr, expected);
	buf_fini(&out);
}

static void
dumps_name_the_types_inside_interfaces(void **state)
{
	(void)state;
	expect_dump(parse("{\"a\":[1,null,{\"b\":\"q\\\"x\"},[],{}]}"),
	    "(map[string]interface {}) (len=1) {\n"
	    " (string) (len=1) \"a\": ([]interface {}) (len=5 cap=8) {\n"
	    "  (float64) 1,\n"
	    "  (interface {}) <nil>,\n"
	    "  (map[string]interface {}) (len=1) {\n"
	    "   (string) (len=1) \"b\": (string) (len=3) \"q\\\"x\"\n"
	    "  },\n"
	    "  ([]interface {}) {\n"
	    "  },\n"
	    "  (map[string]interface {}) {\n"
	    "  }\n"
	    " }\n"
	    "}\n");
}

static void
bytes_are_dumped_in_hex(void **state)
{
	(void)state;
	expect_dump(value_slice(&type_bytes, "0123456789abcdefXYZ\0\xff", 21),
	    "([]uint8) (len=21 cap=21) {\n"
	    " 00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  "
	    "|0123456789abcdef|\n"
	    " 00000010  58 59 5a 00 ff                                    "
	    "|XYZ..|\n"
	    "}\n");
}

static void
nil_lists_and_maps_say_so(void **state)
{
	(void)state;
	expect_dump(
	    (struct value){.type = &type_strings}, "([]string) <nil>\n");
	expect_dump(value_map(NULL, &type_map_string_any),
	    "(map[string]interface {}) <nil>\n");
	expect_dump(VALUE_NIL, "(interface {}) <nil>\n");
}

static void
expect_printf(const char *format, const struct value *args, size_t count,
    const char *expected)
{
	struct buf out = {0};

	spew_printf(&out, str_of(format), args, count);
	assert_string_equal(buf_as_str(&out).ptr, expected);
	buf_fini(&out);
}

static void
formats_are_gos_but_for_v(void **state)
{
	const struct value v = parse("{\"a\":[1,null,{\"b\":\"q\\\"x\"}]}");
	const struct value args[] = {v, v, value_int(5), value_str(STR("x")),
	    value_str(STR("q")), value_int(1), value_int(2)};

	(void)state;
	expect_printf("%v|%#v|%5d|%-5s|%q|%T|%%|%d", args, 7,
	    "map[a:[1 <nil> map[b:q\"x]]]|(map[string]interface {})"
	    "map[a:([]interface {})[(float64)1 (interface {})<nil> "
	    "(map[string]interface {})map[b:(string)q\"x]]]|"
	    "    5|x    |\"q\"|*spew.formatState|%|2");
}

static void
missing_and_extra_arguments_are_named(void **state)
{
	const struct value args[] = {
	    value_int(1), VALUE_NIL, value_str(STR("s"))};

	(void)state;
	expect_printf("%v %d", args, 1, "1 %!d(MISSING)");
	expect_printf("x", args, 3,
	    "x%!(EXTRA *spew.formatState=1, *spew.formatState=<nil>, "
	    "*spew.formatState=s)");
	expect_printf("%z", args, 1, "%!z(int=1)");
}

static int
release(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dumps_name_the_types_inside_interfaces),
	    cmocka_unit_test(bytes_are_dumped_in_hex),
	    cmocka_unit_test(nil_lists_and_maps_say_so),
	    cmocka_unit_test(formats_are_gos_but_for_v),
	    cmocka_unit_test(missing_and_extra_arguments_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
