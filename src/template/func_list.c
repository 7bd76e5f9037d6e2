/* SPDX-License-Identifier: MIT */
/*
 * Is it in there? An element of a list if its kind is the same (all widths of
 * int are one kind), a part of a text. Unsigned numbers, booleans, null and map
 * keys never match: so it is in consul-template.
 */
#include "families.h"
#include "func.h"

enum found { FOUND_NOT, FOUND, FOUND_PANIC };

/* Comparing a text with nil is a panic in Go. */
static enum found
same_element(const struct value *element, const struct value *v)
{
	enum kind kind = value_kind(element);

	if (kind_is_int(kind))
		return kind_is_int(value_kind(v)) && v->u.i == element->u.i;
	if (kind_is_float(kind))
		return kind_is_float(value_kind(v)) && v->u.f == element->u.f;
	if (kind != KIND_STRING)
		return FOUND_NOT;
	if (!v->type)
		return FOUND_PANIC;
	return type_same(v->type, element->type) &&
	       str_equal(value_as_str(v), value_as_str(element));
}

static enum found
find_in(const struct value *list, const struct value *v)
{
	enum kind kind = value_kind(list);
	enum found found = FOUND_NOT;

	if (kind == KIND_STRING) {
		if (!v->type)
			return FOUND_PANIC;
		return type_same(v->type, list->type) &&
		       str_find(value_as_str(list), value_as_str(v)) >= 0;
	}
	if (kind != KIND_SLICE && kind != KIND_ARRAY)
		return FOUND_NOT;
	for (uint32_t i = 0; i < list->len && found == FOUND_NOT; i++) {
		struct value element = value_index(list, i);

		found = same_element(&element, v);
	}
	return found;
}

static int
give_found(struct call *c, enum found found, struct value *result)
{
	if (found == FOUND_PANIC)
		return call_fail(
		    c, "reflect: call of reflect.Value.Type on zero Value");
	*result = value_bool(found == FOUND);
	return 0;
}

static int
call_in(struct call *c, struct value *result)
{
	return give_found(c, find_in(&c->args[0], &c->args[1]), result);
}

static int
call_contains(struct call *c, struct value *result)
{
	return give_found(c, find_in(&c->args[1], &c->args[0]), result);
}

/* at_end unless some element is in the list (is_in) or isn't. */
static int
contains_some(struct call *c, struct value *result, bool at_end, bool is_in)
{
	const struct value *wanted = &c->args[0];

	*result = value_bool(at_end);
	for (uint32_t i = 0; i < wanted->len; i++) {
		struct value v = value_index(wanted, i);
		enum found found = find_in(&c->args[1], &v);

		if (found == FOUND_PANIC)
			return give_found(c, found, result);
		if ((found == FOUND) == is_in) {
			*result = value_bool(!at_end);
			return 0;
		}
	}
	return 0;
}

static int
call_contains_all(struct call *c, struct value *result)
{
	return contains_some(c, result, true, false);
}

static int
call_contains_any(struct call *c, struct value *result)
{
	return contains_some(c, result, false, true);
}

static int
call_contains_none(struct call *c, struct value *result)
{
	return contains_some(c, result, true, true);
}

static int
call_contains_not_all(struct call *c, struct value *result)
{
	return contains_some(c, result, false, false);
}

#define SOME "[]interface {},interface {}"

static const struct func funcs[] = {
    {"contains", "interface {},interface {}", "bool", call_contains, FUNC_PURE,
	"contains v list — is v an element, or a part of a text?"},
    {"containsAll", SOME, "bool", call_contains_all, FUNC_PURE,
	"containsAll wanted list — is every wanted element in the list?"},
    {"containsAny", SOME, "bool", call_contains_any, FUNC_PURE,
	"containsAny wanted list — is some wanted element in the list?"},
    {"containsNone", SOME, "bool", call_contains_none, FUNC_PURE,
	"containsNone wanted list — is none in the list?"},
    {"containsNotAll", SOME, "bool", call_contains_not_all, FUNC_PURE,
	"containsNotAll wanted list — is some not in the list?"},
    {"in", "interface {},interface {}", "bool", call_in, FUNC_PURE,
	"in list v — is v an element, or a part of a text?"},
};

const struct func_family family_list = {
    .name = "list",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
