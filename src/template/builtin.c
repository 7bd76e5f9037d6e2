/* SPDX-License-Identifier: MIT */
/*
 * Go's own functions of text/template: len, index, slice, print and their kin.
 * Comparison is in compare.c, escaping in escape.c; and, or are the executor's,
 * since they evaluate only what they need.
 */
#include "exec.h"
#include "fmt.h"
#include "weir/limits.h"

/* What Go's reflect panics with when it is asked the type of no value. */
#define NO_VALUE "reflect: call of reflect.Value.Type on zero Value"

static int
builtin_not(struct call *c, struct value *result)
{
	*result = value_bool(!value_truth(&c->args[0]));
	return 0;
}

static int
builtin_len(struct call *c, struct value *result)
{
	struct value v = c->args[0];

	if (!v.type)
		return call_fail(c, v.iface ? "len of nil pointer" : NO_VALUE);
	value_indirect(&v);
	switch (v.type->kind) {
	case KIND_STRING:
	case KIND_SLICE:
	case KIND_ARRAY:
		*result = value_int(v.len);
		return 0;
	case KIND_MAP:
		*result = value_int((int64_t)map_count(v.u.map));
		return 0;
	case KIND_CHAN:
		*result = value_int(0);
		return 0;
	case KIND_PTR:
		return call_fail(c, "len of nil pointer");
	default:
		return call_fail(c, "len of type %s", v.type->name);
	}
}

/* ---- index, slice ---- */

/* An index into something of that length; the length itself passes. */
static int
take_index(struct call *c, const struct value *v, uint32_t limit, int64_t *out)
{
	enum kind kind = value_kind(v);

	if (kind == KIND_INVALID && !v->iface)
		return call_fail(c, "cannot index slice/array with nil");
	if (v->iface || (!kind_is_int(kind) && !kind_is_uint(kind)))
		return call_fail(c, "cannot index slice/array with type %s",
		    value_type_name(v));
	*out = v->u.i;
	if (*out < 0 || *out > (int64_t)limit)
		return call_fail(
		    c, "index out of range: %lld", (long long)*out);
	return 0;
}

static int
index_list(struct call *c, struct value *item, const struct value *at)
{
	int64_t i = 0;

	if (take_index(c, at, item->len, &i) < 0)
		return -1;
	if (i == item->len)
		return call_fail(c, "reflect: %s index out of range",
		    kind_name(item->type->kind));
	if (item->type->kind == KIND_STRING)
		*item = (struct value){
		    .type = &type_uint8, .u.u = (unsigned char)item->u.str[i]};
	else
		*item = value_element(c->render->exec, item, (size_t)i);
	return 0;
}

static bool
is_integer(enum kind kind)
{
	return kind_is_int(kind) || kind_is_uint(kind);
}

/* A type whose values Go can hash; not asked of interfaces. */
static bool
is_hashable(const struct type *t)
{
	if (t->kind == KIND_SLICE || t->kind == KIND_MAP ||
	    t->kind == KIND_FUNC)
		return false;
	if (t->kind == KIND_ARRAY)
		return is_hashable(t->elem);
	for (uint32_t i = 0; t->kind == KIND_STRUCT && i < t->field_count; i++)
		if (!is_hashable(t->fields[i].type))
			return false;
	return true;
}

static int
index_map(struct call *c, struct value *item, struct value key)
{
	const struct type *want = item->type->key;
	struct value found;

	if (!key.type && !type_can_be_nil(want))
		return call_fail(
		    c, "value is nil; should be of type %s", want->name);
	if (key.type && !type_assignable(key.type, want)) {
		if (!is_integer(key.type->kind) || !is_integer(want->kind))
			return call_fail(c, "value has type %s; should be %s",
			    key.type->name, want->name);
		key.type = want;
	}
	if (key.type && !is_hashable(key.type))
		return call_fail(c, "runtime error: hash of unhashable type %s",
		    key.type->name);
	*item = map_find(item->u.map, &key, &found)
		    ? found
		    : type_zero(c->arena, item->type->elem);
	return 0;
}

static int
index_once(struct call *c, struct value *item, struct value *at)
{
	bool is_nil = !item->type;

	at->iface = false; /* unlike slice, index looks into interfaces */
	value_deref(item);
	value_indirect(item);
	if (is_nil || (item->type->kind == KIND_PTR && !item->u.ptr))
		return call_fail(c, "index of nil pointer");
	switch (item->type->kind) {
	case KIND_STRING:
	case KIND_SLICE:
	case KIND_ARRAY:
		return index_list(c, item, at);
	case KIND_MAP:
		return index_map(c, item, *at);
	default:
		return call_fail(
		    c, "can't index item of type %s", item->type->name);
	}
}

static int
builtin_index(struct call *c, struct value *result)
{
	*result = c->args[0];
	result->iface = false;
	if (!result->type)
		return call_fail(c, "index of untyped nil");
	for (size_t i = 1; i < c->argc; i++)
		if (index_once(c, result, &c->args[i]) < 0)
			return -1;
	return 0;
}

static struct value
sliced(const struct value *v, int64_t from, int64_t to, int64_t most)
{
	struct value part;

	if (v->type->kind != KIND_STRING) {
		part = value_part(v, (size_t)from, (size_t)to);
		part.spare = (uint16_t)(most - to);
		return part;
	}
	part = value_str((struct str){v->u.str + from, (size_t)(to - from)});
	part.type = v->type;
	return part;
}

static int
builtin_slice(struct call *c, struct value *result)
{
	struct value v = c->args[0];
	size_t count = c->argc - 1;
	int64_t at[3] = {0, 0, 0};
	uint32_t most;

	if (!v.type)
		return call_fail(c, "slice of untyped nil");
	value_indirect(&v);
	if (v.type->kind == KIND_PTR)
		return call_fail(c, "slice of nil pointer");
	if (count > 3)
		return call_fail(c, "too many slice indexes: %zu", count);
	if (v.type->kind == KIND_STRING && count == 3)
		return call_fail(c, "cannot 3-index slice a string");
	if (v.type->kind != KIND_STRING && v.type->kind != KIND_SLICE &&
	    v.type->kind != KIND_ARRAY)
		return call_fail(
		    c, "can't slice item of type %s", v.type->name);
	most = v.len + v.spare;
	at[1] = v.len;
	at[2] = most;
	for (size_t i = 0; i < count; i++)
		if (take_index(c, &c->args[i + 1], most, &at[i]) < 0)
			return -1;
	for (size_t i = 0; i + 1 < (count == 3 ? 3 : 2); i++)
		if (at[i] > at[i + 1])
			return call_fail(c, "invalid slice index: %lld > %lld",
			    (long long)at[i], (long long)at[i + 1]);
	*result = sliced(&v, at[0], at[1], at[2]);
	return 0;
}

/* ---- call ---- */

/* No value of this engine is a function, so this is only how Go refuses. */
static int
builtin_call(struct call *c, struct value *result)
{
	const struct value *f = &c->args[1];

	(void)result;
	if (!f->type)
		return call_fail(c, "call of nil");
	return call_fail(c, "non-function %.*s of type %s", (int)c->args[0].len,
	    c->args[0].u.str, f->type->name);
}

/* ---- print ---- */

/* Where print and its kin write; nothing that they call does so too. */
static struct buf *
text_of(struct call *c)
{
	struct buf *b = &c->render->exec->text;

	buf_reset(b);
	b->limit = LIMIT_OUTPUT_BYTES;
	return b;
}

static int
give_text(struct call *c, const struct buf *b, struct value *result)
{
	if (b->failed)
		return call_fail(
		    c, "the text exceeds %u bytes", LIMIT_OUTPUT_BYTES);
	*result = value_str(arena_str(c->arena, buf_as_str(b)));
	return 0;
}

static int
builtin_print(struct call *c, struct value *result)
{
	struct buf *b = text_of(c);

	if (c->argc == 1 && c->args[0].type == &type_string) {
		*result = c->args[0];
		return 0;
	}
	fmt_print(b, c->args, c->argc);
	return give_text(c, b, result);
}

static int
builtin_println(struct call *c, struct value *result)
{
	struct buf *b = text_of(c);

	fmt_println(b, c->args, c->argc);
	return give_text(c, b, result);
}

static int
builtin_printf(struct call *c, struct value *result)
{
	struct buf *b = text_of(c);

	value_printf(b, value_as_str(&c->args[0]), c->args + 1, c->argc - 1);
	return give_text(c, b, result);
}

/* ---- the table ---- */

#define V  "reflect.Value"
#define VS "reflect.Value,...reflect.Value"

static int
never(struct call *c, struct value *result)
{
	(void)result;
	return call_fail(c, "%s is evaluated by the executor", c->func->name);
}

static const struct builtin builtins[] = {
    {{"and", VS, V, never, FUNC_PURE, NULL}, BUILTIN_AND},
    {{"call", VS, V, builtin_call, FUNC_PURE, NULL}, BUILTIN_CALL},
    {{"eq", VS, "bool", builtin_eq, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"ge", V "," V, "bool", builtin_ge, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"gt", V "," V, "bool", builtin_gt, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"html", "...interface {}", "string", builtin_html, FUNC_PURE, NULL},
	BUILTIN_PLAIN},
    {{"index", VS, V, builtin_index, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"js", "...interface {}", "string", builtin_js, FUNC_PURE, NULL},
	BUILTIN_PLAIN},
    {{"le", V "," V, "bool", builtin_le, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"len", V, "int", builtin_len, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"lt", V "," V, "bool", builtin_lt, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"ne", V "," V, "bool", builtin_ne, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"not", V, "bool", builtin_not, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"or", VS, V, never, FUNC_PURE, NULL}, BUILTIN_OR},
    {{"print", "...interface {}", "string", builtin_print, FUNC_PURE, NULL},
	BUILTIN_PLAIN},
    {{"printf", "string,...interface {}", "string", builtin_printf, FUNC_PURE,
	 NULL},
	BUILTIN_PLAIN},
    {{"println", "...interface {}", "string", builtin_println, FUNC_PURE, NULL},
	BUILTIN_PLAIN},
    {{"slice", VS, V, builtin_slice, FUNC_PURE, NULL}, BUILTIN_PLAIN},
    {{"urlquery", "...interface {}", "string", builtin_urlquery, FUNC_PURE,
	 NULL},
	BUILTIN_PLAIN},
};

const struct builtin *
builtin_find(struct str name)
{
	for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
		if (str_is(name, builtins[i].func.name))
			return &builtins[i];
	return NULL;
}
