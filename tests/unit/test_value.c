/* SPDX-License-Identifier: MIT */
/* Types, records, lists, truth, deep equality. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weir/value.h"

static struct arena arena;

struct inner {
	int32_t weight;
};

struct record {
	const struct pstr *name;
	struct str text;
	struct list tags;
	const struct map *meta;
	const struct inner *pointer;
	struct inner inner;
	int32_t port;
	bool up;
	uint64_t index;
	double load;
};

static const struct field inner_fields[] = {
    {.name = "Weight",
	.type = &type_int,
	.offset = offsetof(struct inner, weight),
	.store = STORE_I32},
};
static const struct type inner_type = {.kind = KIND_STRUCT,
    .name = "t.Inner",
    .size = sizeof(struct inner),
    .fields = inner_fields,
    .field_count = 1};
static const struct type inner_ptr = {
    .kind = KIND_PTR, .name = "*t.Inner", .elem = &inner_type};
static const struct type tags_type = {.kind = KIND_SLICE,
    .name = "t.Tags",
    .elem = &type_string,
    .elem_store = STORE_STR};
#define AT(member, as, of)                                              \
	.offset = offsetof(struct record, member), .store = STORE_##as, \
	.type = &of
static const struct field fields[] = {
    {.name = "Name", AT(name, PSTR, type_string)},
    {.name = "Text", AT(text, STR, type_string)},
    {.name = "Tags", AT(tags, LIST, tags_type)},
    {.name = "Meta", AT(meta, MAP, type_map_string_string)},
    {.name = "Pointer", AT(pointer, PTR, inner_ptr)},
    {.name = "Inner", AT(inner, STRUCT, inner_type)},
    {.name = "Port", AT(port, I32, type_int)},
    {.name = "Up", AT(up, BOOL, type_bool)},
    {.name = "Index", AT(index, U64, type_uint64)},
    {.name = "Load", AT(load, F64, type_float64)},
};
static const struct type record_type = {.kind = KIND_STRUCT,
    .name = "t.Record",
    .size = sizeof(struct record),
    .fields = fields,
    .field_count = sizeof fields / sizeof fields[0]};
static const struct type record_ptr = {
    .kind = KIND_PTR, .name = "*t.Record", .elem = &record_type};

static struct value
get(const struct record *r, const char *name)
{
	return value_field(r, type_field(&record_ptr, str_of(name)));
}

static void
fields_are_loaded_by_their_store(void **state)
{
	struct str tags[] = {{"a", 1}, {"b", 1}};
	struct inner inner = {7};
	struct record r = {.text = {"abc", 2},
	    .tags = {tags, 2, true},
	    .pointer = &inner,
	    .inner = {5},
	    .port = -1,
	    .up = true,
	    .index = UINT64_MAX,
	    .load = 0.5};
	struct value v = get(&r, "Name");

	(void)state;
	assert_int_equal(value_kind(&v), KIND_STRING);
	assert_int_equal(v.len, 0);
	v = get(&r, "Text");
	assert_true(str_is(value_as_str(&v), "ab"));
	v = get(&r, "Tags");
	v = value_index(&v, 1);
	assert_true(str_is(value_as_str(&v), "b"));
	assert_null(get(&r, "Meta").u.map);
	assert_ptr_equal(get(&r, "Pointer").u.ptr, &inner);
	assert_ptr_equal(get(&r, "Inner").u.ptr, &r.inner);
	assert_int_equal(get(&r, "Port").u.i, -1);
	assert_true(get(&r, "Up").u.b);
	assert_true(get(&r, "Index").u.u == UINT64_MAX);
	assert_true(get(&r, "Load").u.f == 0.5);
	assert_null(type_field(&record_type, STR("port")));
}

static void
elements_of_interface_lists_are_marked(void **state)
{
	struct list_builder b;
	struct value list, v;

	(void)state;
	list_begin(&b, &arena, &type_anys);
	for (int i = 0; i < 20; i++)
		list_add(&b, value_int(i));
	list_add(&b, VALUE_NIL);
	list = list_end(&b);
	assert_int_equal(list.len, 21);
	v = value_index(&list, 19);
	assert_true(v.iface);
	assert_int_equal(v.u.i, 19);
	assert_string_equal(value_type_name(&v), "interface {}");
	v = value_index(&list, 20);
	assert_true(v.iface && !v.type);
}

static void
a_written_element_reads_back(void **state)
{
	struct str items[] = {{"a", 1}, {"b", 1}};
	struct value list = value_slice(&type_strings, items, 2);

	(void)state;
	value_set_index(&list, 0, value_str(STR("xyz")));
	assert_true(str_is(items[0], "xyz"));
}

static bool
truth(struct value v)
{
	return value_truth(&v);
}

static void
truth_is_gos(void **state)
{
	struct channel closed = {0, 0};
	struct inner zero = {0};

	(void)state;
	assert_false(truth(VALUE_NONE));
	assert_false(truth(VALUE_NIL));
	assert_false(truth(value_str(STR(""))));
	assert_true(truth(value_str(STR("false"))));
	assert_false(truth(value_float(-0.0)));
	assert_true(truth(value_float(NAN)));
	assert_false(truth(value_slice(&type_anys, NULL, 0)));
	assert_false(truth(value_map(NULL, &type_map_any_any)));
	assert_false(truth(value_ptr(&inner_ptr, NULL)));
	assert_true(truth(value_ptr(&inner_type, &zero)));
	assert_true(
	    truth((struct value){.type = &type_chan_int64, .u.chan = &closed}));
}

static void
deep_equality_looks_inside(void **state)
{
	struct inner a = {1}, b = {1}, c = {2};
	struct value x = value_ptr(&inner_ptr, &a);
	struct value y = value_ptr(&inner_ptr, &b);
	struct value z = value_ptr(&inner_ptr, &c);
	struct map *m = map_new(&arena, &type_map_string_any);
	struct map *n = map_new(&arena, &type_map_string_any);
	struct value vm = value_map(m, &type_map_string_any);
	struct value vn = value_map(n, &type_map_string_any);

	(void)state;
	assert_true(value_equal_deep(&x, &y));
	assert_false(value_equal_deep(&x, &z));
	map_put_str(m, STR("k"), x);
	map_put_str(n, STR("k"), y);
	assert_true(value_equal_deep(&vm, &vn));
	map_put_str(n, STR("l"), y);
	assert_false(value_equal_deep(&vm, &vn));
}

static void
types_and_nil_count_for_deep_equality(void **state)
{
	struct value i = value_int(1), l = value_int64(1);
	struct value empty = value_slice(&type_anys, NULL, 0);
	struct value nil = {.type = &type_anys};

	(void)state;
	assert_false(value_equal_deep(&i, &l));
	assert_false(value_equal_deep(&empty, &nil));
	assert_true(value_is_nil(&nil));
	assert_false(value_is_nil(&empty));
}

static void
a_named_list_goes_where_its_bare_form_goes(void **state)
{
	static const struct type other = {.kind = KIND_SLICE,
	    .name = "t.Others",
	    .elem = &type_string,
	    .elem_store = STORE_STR};

	(void)state;
	assert_true(type_assignable(&tags_type, &type_strings));
	assert_true(type_assignable(&type_strings, &tags_type));
	assert_false(type_assignable(&other, &tags_type));
	assert_true(type_assignable(&tags_type, &type_any));
	assert_false(type_assignable(&type_strings, &type_anys));
	assert_false(type_assignable(&type_int, &type_int64));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_are_loaded_by_their_store),
	    cmocka_unit_test(elements_of_interface_lists_are_marked),
	    cmocka_unit_test(a_written_element_reads_back),
	    cmocka_unit_test(truth_is_gos),
	    cmocka_unit_test(deep_equality_looks_inside),
	    cmocka_unit_test(types_and_nil_count_for_deep_equality),
	    cmocka_unit_test(a_named_list_goes_where_its_bare_form_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
