/* SPDX-License-Identifier: MIT */
/* Go's fmt and strconv: what the real ones printed, and what has no row. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/template.h"

static struct arena arena;

#define I(x)  value_int(x)
#define L(x)  value_int64(x)
#define U(x)  value_uint64(x)
#define U8(x) ((struct value){.type = &type_uint8, .u.u = (x)})
#define F(x)  value_float(x)
#define B(x)  value_bool(x)
#define S(x)  value_str(STR(x))

static struct value
C(double real, double imaginary) {
	double *parts = arena_alloc(&arena, 2 * sizeof *parts);

	parts[0] = real;
	parts[1] = imaginary;
	return (struct value){.type = &type_complex128, .u.complex = parts};
}

static struct value
strings(const char *a, const char *b)
{
	struct list_builder list;

	list_begin(&list, &arena, &type_strings);
	list_add(&list, value_str(str_of(a)));
	list_add(&list, value_str(str_of(b)));
	return list_end(&list);
}

static struct value
anys(int count, ...)
{
	struct list_builder list;
	va_list ap;

	list_begin(&list, &arena, &type_anys);
	va_start(ap, count);
	while (count--)
		list_add(&list, va_arg(ap, struct value));
	va_end(ap);
	return list_end(&list);
}

static struct value
bytes(const char *s)
{
	return value_slice(&type_bytes, s, strlen(s));
}

static struct value
dict(int count, ...)
{
	struct map *map = map_new(&arena, &type_map_string_any);
	va_list ap;

	va_start(ap, count);
	while (count--) {
		const char *key = va_arg(ap, const char *);

		map_put_str(map, str_of(key), va_arg(ap, struct value));
	}
	va_end(ap);
	return value_map(map, &type_map_string_any);
}

static void
expect(
    struct str format, struct str want, const struct value *args, size_t count)
{
	struct buf b = {0};

	value_printf(&b, format, args, count);
	if (!str_equal(buf_as_str(&b), want))
		fail_msg("%.*s: got %.*s, want %.*s", (int)format.len,
		    format.ptr, (int)b.len, buf_as_str(&b).ptr, (int)want.len,
		    want.ptr);
	buf_fini(&b);
}

static void
printf_prints_what_go_prints(void **state)
{
	(void)state;
#define ROW(format, want, ...)                       \
	do {                                         \
		struct value args[] = {__VA_ARGS__}; \
		expect(STR(format), STR(want), args, \
		    sizeof args / sizeof args[0]);   \
	} while (0);
#include "fmt_rows.h"
#undef ROW
}

static void
a_missing_argument_is_said(void **state)
{
	(void)state;
	expect(STR("%d|%[1]d|%*d"),
	    STR("%!d(MISSING)|%!d(BADINDEX)|%!(BADWIDTH)%!d(MISSING)"), NULL,
	    0);
}

static void
no_value_is_an_invalid_reflect_value(void **state)
{
	struct value none = VALUE_NONE;

	(void)state;
	expect(STR("%q"), STR("<invalid reflect.Value>"), &none, 1);
}

struct point {
	int64_t x;
	const struct pstr *name;
};

static const struct field point_fields[] = {
    {.name = "X",
	.type = &type_int,
	.offset = offsetof(struct point, x),
	.store = STORE_I64},
    {.name = "Name",
	.type = &type_string,
	.offset = offsetof(struct point, name),
	.store = STORE_PSTR},
};
static const struct type point_type = {.kind = KIND_STRUCT,
    .name = "geo.Point",
    .size = sizeof(struct point),
    .fields = point_fields,
    .field_count = 2};
static const struct type point_ptr = {
    .kind = KIND_PTR, .name = "*geo.Point", .elem = &point_type};

static void
records_print_their_fields(void **state)
{
	struct point p = {3, arena_pstr(&arena, STR("a b"))};
	struct value v[] = {value_ptr(&point_type, &p),
	    value_ptr(&point_ptr, &p), value_ptr(&point_ptr, NULL),
	    value_ptr(&point_type, &p), value_ptr(&point_type, &p),
	    value_ptr(&point_type, &p), value_ptr(&point_ptr, &p)};

	(void)state;
	expect(STR("%v %v %v %+v %#v %d %s"),
	    STR("{3 a b} &{3 a b} <nil> {X:3 Name:a b} "
		"geo.Point{X:3, Name:\"a b\"} {3 %!d(string=a b)} "
		"&{%!s(int=3) a b}"),
	    v, 7);
}

static void
put_seconds(const struct value *v, struct buf *b)
{
	buf_printf(b, "%llds", (long long)v->u.i);
}

static const struct type seconds_type = {
    .kind = KIND_INT64, .name = "my.Seconds", .string = put_seconds};

static void
a_stringer_speaks_for_itself(void **state)
{
	struct value s = {.type = &seconds_type, .u.i = 5};
	struct value v[] = {s, s, s, s, anys(1, s)};

	(void)state;
	expect(STR("%v %d %q %#v %v"), STR("5s 5 \"5s\" 5 [5s]"), v, 5);
}

static void
a_value_that_holds_itself_ends(void **state)
{
	struct map *map = map_new(&arena, &type_map_string_any);
	struct value v = value_map(map, &type_map_string_any);
	struct buf b = {0};

	(void)state;
	map_put_str(map, STR("a"), v);
	value_print(&b, &v);
	assert_true(b.len > 10000);
	assert_memory_equal(b.ptr, "map[a:map[a:map[", 16);
	buf_fini(&b);
}

static void
to_str_shares_a_string(void **state)
{
	struct value v = S("abc"), n = I(12);

	(void)state;
	assert_ptr_equal(value_to_str(&arena, &v).ptr, v.u.str);
	assert_true(str_is(value_to_str(&arena, &n), "12"));
}

static void
floats_of_32_bits_are_shorter(void **state)
{
	struct buf b = {0};

	(void)state;
	value_format_float(&b, (double)0.1f, 'g', -1, 32);
	buf_char(&b, ' ');
	value_format_float(&b, 1e-45f, 'g', -1, 32);
	buf_char(&b, ' ');
	value_format_float(&b, 1234567890.5, 'f', -1, 64);
	buf_char(&b, ' ');
	value_format_float(&b, 100, 'e', -1, 64);
	assert_string_equal(b.ptr, "0.1 1e-45 1234567890.5 1e+02");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(printf_prints_what_go_prints),
	    cmocka_unit_test(a_missing_argument_is_said),
	    cmocka_unit_test(no_value_is_an_invalid_reflect_value),
	    cmocka_unit_test(records_print_their_fields),
	    cmocka_unit_test(a_stringer_speaks_for_itself),
	    cmocka_unit_test(a_value_that_holds_itself_ends),
	    cmocka_unit_test(to_str_shares_a_string),
	    cmocka_unit_test(floats_of_32_bits_are_shorter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
