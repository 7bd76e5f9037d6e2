/* SPDX-License-Identifier: MIT */
/*
 * Type descriptors: Go's reflect.Type for the types that templates meet. The
 * basic ones are constants here; records and lists of records are constants of
 * the stage that makes them. Types are the same when their names and kinds
 * are, so two stages may each have their own []string.
 */
#include <assert.h>
#include <string.h>

#include "weir/value.h"

#define BASIC(id, k, text) \
	const struct type type_##id = {.kind = KIND_##k, .name = text}
#define SLICE(id, text, of, as)                            \
	const struct type type_##id = {.kind = KIND_SLICE, \
	    .name = text,                                  \
	    .elem = &type_##of,                            \
	    .elem_store = STORE_##as}
#define MAP(id, text, from, to)                              \
	const struct type type_map_##id = {.kind = KIND_MAP, \
	    .name = text,                                    \
	    .key = &type_##from,                             \
	    .elem = &type_##to}

BASIC(bool, BOOL, "bool");
BASIC(int, INT, "int");
BASIC(int32, INT32, "int32");
BASIC(int64, INT64, "int64");
BASIC(uint, UINT, "uint");
BASIC(uint8, UINT8, "uint8");
BASIC(uint16, UINT16, "uint16");
BASIC(uint32, UINT32, "uint32");
BASIC(uint64, UINT64, "uint64");
BASIC(float64, FLOAT64, "float64");
BASIC(complex128, COMPLEX128, "complex128");
BASIC(string, STRING, "string");
BASIC(any, INTERFACE, "interface {}");
BASIC(error, INTERFACE, "error");
BASIC(reflect_value, STRUCT, "reflect.Value");

SLICE(strings, "[]string", string, STR);
SLICE(anys, "[]interface {}", any, VALUE);
SLICE(bytes, "[]uint8", uint8, U8);
SLICE(ints, "[]int", int, I64);

MAP(string_string, "map[string]string", string, string);
MAP(string_any, "map[string]interface {}", string, any);
MAP(any_any, "map[interface {}]interface {}", any, any);

const struct type type_chan_int64 = {
    .kind = KIND_CHAN, .name = "<-chan int64", .elem = &type_int64};

static const char *const kind_names[] = {
    [KIND_INVALID] = "invalid",
    [KIND_BOOL] = "bool",
    [KIND_INT] = "int",
    [KIND_INT8] = "int8",
    [KIND_INT16] = "int16",
    [KIND_INT32] = "int32",
    [KIND_INT64] = "int64",
    [KIND_UINT] = "uint",
    [KIND_UINT8] = "uint8",
    [KIND_UINT16] = "uint16",
    [KIND_UINT32] = "uint32",
    [KIND_UINT64] = "uint64",
    [KIND_UINTPTR] = "uintptr",
    [KIND_FLOAT32] = "float32",
    [KIND_FLOAT64] = "float64",
    [KIND_COMPLEX64] = "complex64",
    [KIND_COMPLEX128] = "complex128",
    [KIND_STRING] = "string",
    [KIND_SLICE] = "slice",
    [KIND_ARRAY] = "array",
    [KIND_MAP] = "map",
    [KIND_STRUCT] = "struct",
    [KIND_PTR] = "ptr",
    [KIND_CHAN] = "chan",
    [KIND_FUNC] = "func",
    [KIND_INTERFACE] = "interface",
};

const char *
kind_name(enum kind kind)
{
	return kind_names[kind];
}

bool
kind_is_int(enum kind kind)
{
	return kind >= KIND_INT && kind <= KIND_INT64;
}

bool
kind_is_uint(enum kind kind)
{
	return kind >= KIND_UINT && kind <= KIND_UINTPTR;
}

bool
kind_is_float(enum kind kind)
{
	return kind == KIND_FLOAT32 || kind == KIND_FLOAT64;
}

bool
type_same(const struct type *a, const struct type *b)
{
	if (a == b)
		return true;
	return a && b && a->kind == b->kind && !strcmp(a->name, b->name);
}

/* Has the type a name of its own (Go: a defined type), or is it spelled out? */
static bool
is_defined(const struct type *t)
{
	switch (t->kind) {
	case KIND_SLICE:
	case KIND_ARRAY:
		return t->name[0] != '[';
	case KIND_MAP:
		return strncmp(t->name, "map[", 4) != 0;
	case KIND_PTR:
		return t->name[0] != '*';
	case KIND_CHAN:
		return !strstr(t->name, "chan ");
	case KIND_FUNC:
		return strncmp(t->name, "func(", 5) != 0;
	default:
		return true;
	}
}

bool
type_assignable(const struct type *from, const struct type *to)
{
	if (type_same(from, to) || to == &type_any)
		return true;
	if (!from)
		return false;
	if (to->kind == KIND_INTERFACE)
		return type_same(to, &type_any) ||
		       (from->is_error && !strcmp(to->name, "error"));
	if (from->kind != to->kind || (is_defined(from) && is_defined(to)))
		return false;
	return from->elem && type_same(from->elem, to->elem) &&
	       type_same(from->key, to->key);
}

/* The struct behind a type or a pointer to it. */
static const struct type *
record_of(const struct type *t)
{
	return t && t->kind == KIND_PTR ? t->elem : t;
}

const struct field *
type_field(const struct type *type, struct str name)
{
	const struct type *t = record_of(type);

	for (uint32_t i = 0; t && i < t->field_count; i++)
		if (str_is(name, t->fields[i].name))
			return &t->fields[i];
	return NULL;
}

static const struct method *
own_method(const struct type *t, struct str name)
{
	for (uint32_t i = 0; i < t->method_count; i++)
		if (str_is(name, t->methods[i].name))
			return &t->methods[i];
	return NULL;
}

const struct method *
type_method(const struct type *type, struct str name)
{
	const struct method *m;

	if (!type)
		return NULL;
	m = own_method(type, name);
	if (!m && type->kind == KIND_PTR && type->elem)
		m = own_method(type->elem, name);
	return m;
}
