/* SPDX-License-Identifier: MIT */
/*
 * eq, ne, lt, le, gt, ge. Integers compare whatever their size and sign, other
 * kinds only with themselves; le and ge are made of lt and eq, so what compares
 * with NaN is as odd as in Go.
 */
#include "exec.h"

enum basic {
	BASIC_NONE,
	BASIC_BOOL,
	BASIC_COMPLEX,
	BASIC_INT,
	BASIC_FLOAT,
	BASIC_STRING,
	BASIC_UINT
};

static enum basic
basic(const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind == KIND_STRING)
		return BASIC_STRING;
	if (kind == KIND_BOOL)
		return BASIC_BOOL;
	if (kind_is_int(kind))
		return BASIC_INT;
	if (kind_is_uint(kind))
		return BASIC_UINT;
	if (kind_is_float(kind))
		return BASIC_FLOAT;
	if (kind == KIND_COMPLEX64 || kind == KIND_COMPLEX128)
		return BASIC_COMPLEX;
	return BASIC_NONE;
}

static int
incompatible(struct call *c, const struct value *a, const struct value *b)
{
	return call_fail(c, "incompatible types for comparison: %s and %s",
	    a->type->name, b->type->name);
}

/* A signed with an unsigned integer. */
static bool
equal_signs(int64_t i, uint64_t u)
{
	return i >= 0 && (uint64_t)i == u;
}

static bool
is_comparable(const struct type *t)
{
	if (t->kind == KIND_SLICE || t->kind == KIND_MAP ||
	    t->kind == KIND_FUNC)
		return false;
	for (uint32_t i = 0; t->kind == KIND_STRUCT && i < t->field_count; i++)
		if (!is_comparable(t->fields[i].type))
			return false;
	return true;
}

static const char *
text(struct call *c, const struct value *v)
{
	struct buf b = {0};
	const char *s;

	value_printf(&b, STR("%s"), v, 1);
	s = arena_strndup(c->arena, b.ptr, b.len);
	buf_fini(&b);
	return s;
}

static const char *
plain_text(struct call *c, const struct value *v)
{
	struct str s = value_to_str(c->arena, v);

	return arena_strndup(c->arena, s.ptr, s.len);
}

/* Go's == of two values of no basic kind. */
static int
equal_others(
    struct call *c, const struct value *a, const struct value *b, bool *truth)
{
	enum kind ka = value_kind(a), kb = value_kind(b);

	if (ka != kb && ka != KIND_INVALID && kb != KIND_INVALID)
		return call_fail(c, "non-comparable types %s: %s, %s: %s",
		    text(c, a), a->type->name, b->type->name, plain_text(c, b));
	if (value_is_nil(a) || value_is_nil(b)) {
		*truth = value_is_nil(a) == value_is_nil(b);
		return 0;
	}
	if (!is_comparable(b->type))
		return call_fail(
		    c, "non-comparable type %s: %s", text(c, b), b->type->name);
	*truth =
	    type_same(a->type, b->type) &&
	    (ka == KIND_STRUCT ? value_equal_deep(a, b) : a->u.ptr == b->u.ptr);
	return 0;
}

static bool
equal_basic(enum basic kind, const struct value *a, const struct value *b)
{
	switch (kind) {
	case BASIC_STRING:
		return str_equal(value_as_str(a), value_as_str(b));
	case BASIC_BOOL:
		return a->u.b == b->u.b;
	case BASIC_FLOAT:
		return a->u.f == b->u.f;
	case BASIC_COMPLEX:
		return a->u.complex[0] == b->u.complex[0] &&
		       a->u.complex[1] == b->u.complex[1];
	default:
		return a->u.u == b->u.u;
	}
}

static int
equal(struct call *c, const struct value *a, const struct value *b, bool *truth)
{
	enum basic ka = basic(a), kb = basic(b);

	*truth = false;
	if (ka == kb && ka != BASIC_NONE)
		*truth = equal_basic(ka, a, b);
	else if (ka == BASIC_INT && kb == BASIC_UINT)
		*truth = equal_signs(a->u.i, b->u.u);
	else if (ka == BASIC_UINT && kb == BASIC_INT)
		*truth = equal_signs(b->u.i, a->u.u);
	else if (ka == kb)
		return equal_others(c, a, b, truth);
	else if (a->type && b->type)
		return incompatible(c, a, b);
	return 0;
}

static int
less(struct call *c, bool *truth)
{
	const struct value *a = &c->args[0], *b = &c->args[1];
	enum basic ka = basic(a), kb = basic(b);

	if (ka == BASIC_NONE || kb == BASIC_NONE)
		return call_fail(c, "invalid type for comparison");
	if (ka == BASIC_INT && kb == BASIC_UINT)
		*truth = a->u.i < 0 || (uint64_t)a->u.i < b->u.u;
	else if (ka == BASIC_UINT && kb == BASIC_INT)
		*truth = b->u.i >= 0 && a->u.u < (uint64_t)b->u.i;
	else if (ka != kb)
		return incompatible(c, a, b);
	else if (ka == BASIC_STRING)
		*truth = str_compare(value_as_str(a), value_as_str(b)) < 0;
	else if (ka == BASIC_FLOAT)
		*truth = a->u.f < b->u.f;
	else if (ka == BASIC_INT)
		*truth = a->u.i < b->u.i;
	else if (ka == BASIC_UINT)
		*truth = a->u.u < b->u.u;
	else
		return call_fail(c, "invalid type for comparison");
	return 0;
}

int
builtin_eq(struct call *c, struct value *result)
{
	bool truth = false;

	if (c->argc == 1)
		return call_fail(c, "missing argument for comparison");
	for (size_t i = 1; i < c->argc && !truth; i++)
		if (equal(c, &c->args[0], &c->args[i], &truth) < 0)
			return -1;
	*result = value_bool(truth);
	return 0;
}

int
builtin_ne(struct call *c, struct value *result)
{
	bool truth = false;

	if (equal(c, &c->args[0], &c->args[1], &truth) < 0)
		return -1;
	*result = value_bool(!truth);
	return 0;
}

int
builtin_lt(struct call *c, struct value *result)
{
	bool truth = false;

	if (less(c, &truth) < 0)
		return -1;
	*result = value_bool(truth);
	return 0;
}

static int
less_or_equal(struct call *c, bool *truth)
{
	if (less(c, truth) < 0)
		return -1;
	return *truth ? 0 : equal(c, &c->args[0], &c->args[1], truth);
}

int
builtin_le(struct call *c, struct value *result)
{
	bool truth = false;

	if (less_or_equal(c, &truth) < 0)
		return -1;
	*result = value_bool(truth);
	return 0;
}

int
builtin_gt(struct call *c, struct value *result)
{
	bool truth = false;

	if (less_or_equal(c, &truth) < 0)
		return -1;
	*result = value_bool(!truth);
	return 0;
}

int
builtin_ge(struct call *c, struct value *result)
{
	bool truth = false;

	if (less(c, &truth) < 0)
		return -1;
	*result = value_bool(!truth);
	return 0;
}
