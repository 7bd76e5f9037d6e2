/* SPDX-License-Identifier: MIT */
/*
 * sprig's lists. Functions that give a list give a new []interface {}; only
 * slice shares its elements with the list it came from. Most stand twice, with
 * "must" in front: in a template both fail alike.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "capacity.h"
#include "families.h"
#include "func.h"
#include "sprig.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

static const struct type type_chunks = {.kind = KIND_SLICE,
    .name = "[][]interface {}",
    .elem = &type_anys,
    .elem_store = STORE_VALUE};

/* A new []interface {} in which add puts elements. */
static struct list_builder
begin(struct call *c)
{
	struct list_builder list;

	list_begin(&list, c->arena, &type_anys);
	return list;
}

static int
end(struct list_builder *list, struct value *result)
{
	*result = list_end(list);
	result->not_nil = true;
	return 0;
}

/* What Go made with an append for each element, from nothing. */
static int
end_grown(struct list_builder *list, struct value *result)
{
	*result =
	    list_end_room(list, capacity_grown(list->type, 0, list->count));
	result->not_nil = true;
	return 0;
}

/* Elements [from, to) of v. */
static void
add_range(
    struct list_builder *list, const struct value *v, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		list_add(list, value_index(v, i));
}

static int
call_list(struct call *c, struct value *result)
{
	struct list_builder list = begin(c);

	for (size_t i = 0; i < c->argc; i++)
		list_add(&list, c->args[i]);
	return end(&list, result);
}

static int
call_append(struct call *c, struct value *result)
{
	struct list_builder list = begin(c);

	if (sprig_want_list(c, &c->args[0], "Cannot push on type ") < 0)
		return -1;
	add_range(&list, &c->args[0], 0, c->args[0].len);
	list_add(&list, c->args[1]);
	*result = list_end_room(
	    &list, capacity_append(list.type, list.count - 1, list.count));
	return 0;
}

static int
call_prepend(struct call *c, struct value *result)
{
	struct list_builder list = begin(c);

	if (sprig_want_list(c, &c->args[0], "Cannot prepend on type ") < 0)
		return -1;
	list_add(&list, c->args[1]);
	add_range(&list, &c->args[0], 0, c->args[0].len);
	*result =
	    list_end_room(&list, capacity_append(list.type, 1, list.count));
	return 0;
}

static int
call_concat(struct call *c, struct value *result)
{
	struct list_builder list = begin(c);

	for (size_t i = 0; i < c->argc; i++) {
		const struct value *v = &c->args[i];

		if (v->type && !sprig_is_list(v))
			return call_fail(c, "Cannot concat type %s as list",
			    kind_name(value_kind(v)));
		if (sprig_want_list(c, v, "") < 0)
			return -1;
		add_range(&list, v, 0, v->len);
	}
	end_grown(&list, result);
	result->not_nil = result->len > 0;
	return 0;
}

/* The element at which, counted from the front or (-1) the last; nil if none.
 */
static int
pick(struct call *c, struct value *result, const char *words, bool last)
{
	const struct value *v = &c->args[0];

	if (sprig_want_list(c, v, words) < 0)
		return -1;
	*result = v->len ? value_index(v, last ? v->len - 1 : 0) : VALUE_NIL;
	return 0;
}

static int
call_first(struct call *c, struct value *result)
{
	return pick(c, result, "Cannot find first on type ", false);
}

static int
call_last(struct call *c, struct value *result)
{
	return pick(c, result, "Cannot find last on type ", true);
}

/* All but the first or the last; a nil list of an empty one. */
static int
cut(struct call *c, struct value *result, const char *words, size_t from)
{
	const struct value *v = &c->args[0];
	struct list_builder list = begin(c);

	if (sprig_want_list(c, v, words) < 0)
		return -1;
	if (v->len)
		add_range(&list, v, from, v->len - 1 + from);
	end(&list, result);
	result->not_nil = v->len > 0;
	return 0;
}

static int
call_rest(struct call *c, struct value *result)
{
	return cut(c, result, "Cannot find rest on type ", 1);
}

static int
call_initial(struct call *c, struct value *result)
{
	return cut(c, result, "Cannot find initial on type ", 0);
}

static int
call_reverse(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	struct list_builder list = begin(c);

	if (sprig_want_list(c, v, "Cannot find reverse on type ") < 0)
		return -1;
	for (size_t i = v->len; i-- > 0;)
		list_add(&list, value_index(v, i));
	return end(&list, result);
}

static int
call_compact(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	struct list_builder list = begin(c);

	if (sprig_want_list(c, v, "Cannot compact on type ") < 0)
		return -1;
	for (size_t i = 0; i < v->len; i++) {
		struct value item = value_index(v, i);

		if (!sprig_is_empty(&item))
			list_add(&list, item);
	}
	return end_grown(&list, result);
}

/* Is needle, type and all, among count elements? */
static bool
is_in(const struct value *items, size_t count, const struct value *needle)
{
	for (size_t i = 0; i < count; i++)
		if (value_equal_deep(&items[i], needle))
			return true;
	return false;
}

static int
call_uniq(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	struct list_builder list = begin(c);

	if (sprig_want_list(c, v, "Cannot find uniq on type ") < 0)
		return -1;
	for (size_t i = 0; i < v->len; i++) {
		struct value item = value_index(v, i);

		if (func_step(c, 1 + list.count / 8) < 0) {
			list_end(&list);
			return -1;
		}
		if (!is_in(list.items, list.count, &item))
			list_add(&list, item);
	}
	return end_grown(&list, result);
}

static int
call_without(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	struct list_builder list = begin(c);

	if (sprig_want_list(c, v, "Cannot find without on type ") < 0)
		return -1;
	for (size_t i = 0; i < v->len; i++) {
		struct value item = value_index(v, i);

		if (!is_in(c->args + 1, c->argc - 1, &item))
			list_add(&list, item);
	}
	return end_grown(&list, result);
}

static int
call_has(struct call *c, struct value *result)
{
	const struct value *v = &c->args[1];

	*result = value_bool(false);
	if (!v->type)
		return 0;
	if (sprig_want_list(c, v, "Cannot find has on type ") < 0)
		return -1;
	for (size_t i = 0; i < v->len && !result->u.b; i++) {
		struct value item = value_index(v, i);

		result->u.b = value_equal_deep(&c->args[0], &item);
	}
	return 0;
}

static int
call_slice(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	int64_t from = 0, to = v->len;

	if (sprig_want_list(
		c, v, "list should be type of slice or array but ") < 0)
		return -1;
	*result = VALUE_NIL;
	if (!v->len)
		return 0;
	if (c->argc > 1)
		from = sprig_int(&c->args[1]);
	if (c->argc > 2)
		to = sprig_int(&c->args[2]);
	if (from < 0 || to < from || to > (int64_t)v->len + v->spare)
		return call_fail(
		    c, "reflect.Value.Slice: slice index out of bounds");
	*result = value_part(v, (size_t)from, (size_t)to);
	return 0;
}

/* Go's float arithmetic on the sizes, its oddities with sizes below 1 too. */
static int
call_chunk(struct call *c, struct value *result)
{
	int64_t size = c->args[0].u.i;
	const struct value *v = &c->args[1];
	struct list_builder chunks;
	double count;

	if (sprig_want_list(c, v, "Cannot chunk type ") < 0)
		return -1;
	count = floor(((double)v->len - 1) / (double)size) + 1;
	list_begin(&chunks, c->arena, &type_chunks);
	for (double i = 0; i < count || !(count >= 0); i++) {
		struct list_builder list = begin(c);
		struct value chunk;
		int64_t length = size;

		if (i == count - 1)
			length = (int64_t)fmod((double)v->len, (double)size);
		if (length == 0)
			length = size;
		if (length <= 0 || !(count >= 0))
			return call_fail(
			    c, "runtime error: makeslice: len out of range");
		add_range(&list, v, (size_t)((int64_t)i * size),
		    (size_t)((int64_t)i * size + length));
		end(&list, &chunk);
		list_add(&chunks, chunk);
	}
	return end(&chunks, result);
}

static int
by_text(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* A []string is sorted where it lies, as Go does; anything else is copied. */
static int
call_sort_alpha(struct call *c, struct value *result)
{
	const struct value *v = &c->args[0];
	struct list_builder list;
	struct str *texts;

	if (!sprig_is_list(v)) {
		list_begin(&list, c->arena, &type_strings);
		list_add(&list, value_str(sprig_text(c->arena, v)));
		return end(&list, result);
	}
	*result = sprig_texts(c->arena, v);
	texts = xcalloc(result->len + (size_t)1, sizeof(*texts));
	for (size_t i = 0; i < result->len; i++) {
		struct value item = value_index(result, i);

		texts[i] = value_as_str(&item);
	}
	qsort(texts, result->len, sizeof(*texts), by_text);
	if (result->type->elem_store == STORE_STR) {
		for (size_t i = 0; i < result->len; i++)
			value_set_index(result, i, value_str(texts[i]));
	} else {
		list_begin(&list, c->arena, &type_strings);
		for (size_t i = 0; i < result->len; i++)
			list_add(&list, value_str(texts[i]));
		end(&list, result);
	}
	free(texts);
	return 0;
}

#define LIST "[]interface {}"
#define ANY  "interface {}"

static const struct func funcs[] = {
    {"sprig_append", ANY "," ANY, LIST, call_append, FUNC_PURE,
	"sprig_append list v — a copy with v at the end"},
    {"sprig_chunk", "int," ANY, "[][]interface {}", call_chunk, FUNC_PURE,
	"sprig_chunk n list — lists of n elements each"},
    {"sprig_compact", ANY, LIST, call_compact, FUNC_PURE,
	"sprig_compact list — without empty elements"},
    {"sprig_concat", "..." ANY, ANY, call_concat, FUNC_PURE,
	"sprig_concat list… — one list of all elements"},
    {"sprig_first", ANY, ANY, call_first, FUNC_PURE,
	"sprig_first list — the first element, or nil"},
    {"sprig_has", ANY "," ANY, "bool", call_has, FUNC_PURE,
	"sprig_has v list — is v, of the same type, in the list?"},
    {"sprig_initial", ANY, LIST, call_initial, FUNC_PURE,
	"sprig_initial list — all but the last"},
    {"sprig_last", ANY, ANY, call_last, FUNC_PURE,
	"sprig_last list — the last element, or nil"},
    {"sprig_list", "..." ANY, LIST, call_list, FUNC_PURE,
	"sprig_list v… — a list of them"},
    {"sprig_mustAppend", ANY "," ANY, LIST, call_append, FUNC_PURE,
	"sprig_mustAppend list v — as sprig_append"},
    {"sprig_mustChunk", "int," ANY, "[][]interface {}", call_chunk, FUNC_PURE,
	"sprig_mustChunk n list — as sprig_chunk"},
    {"sprig_mustCompact", ANY, LIST, call_compact, FUNC_PURE,
	"sprig_mustCompact list — as sprig_compact"},
    {"sprig_mustFirst", ANY, ANY, call_first, FUNC_PURE,
	"sprig_mustFirst list — as sprig_first"},
    {"sprig_mustHas", ANY "," ANY, "bool", call_has, FUNC_PURE,
	"sprig_mustHas v list — as sprig_has"},
    {"sprig_mustInitial", ANY, LIST, call_initial, FUNC_PURE,
	"sprig_mustInitial list — as sprig_initial"},
    {"sprig_mustLast", ANY, ANY, call_last, FUNC_PURE,
	"sprig_mustLast list — as sprig_last"},
    {"sprig_mustPrepend", ANY "," ANY, LIST, call_prepend, FUNC_PURE,
	"sprig_mustPrepend list v — as sprig_prepend"},
    {"sprig_mustPush", ANY "," ANY, LIST, call_append, FUNC_PURE,
	"sprig_mustPush list v — as sprig_append"},
    {"sprig_mustRest", ANY, LIST, call_rest, FUNC_PURE,
	"sprig_mustRest list — as sprig_rest"},
    {"sprig_mustReverse", ANY, LIST, call_reverse, FUNC_PURE,
	"sprig_mustReverse list — as sprig_reverse"},
    {"sprig_mustSlice", ANY ",..." ANY, ANY, call_slice, FUNC_PURE,
	"sprig_mustSlice list [from [to]] — as sprig_slice"},
    {"sprig_mustUniq", ANY, LIST, call_uniq, FUNC_PURE,
	"sprig_mustUniq list — as sprig_uniq"},
    {"sprig_mustWithout", ANY ",..." ANY, LIST, call_without, FUNC_PURE,
	"sprig_mustWithout list v… — as sprig_without"},
    {"sprig_prepend", ANY "," ANY, LIST, call_prepend, FUNC_PURE,
	"sprig_prepend list v — a copy with v in front"},
    {"sprig_push", ANY "," ANY, LIST, call_append, FUNC_PURE,
	"sprig_push list v — as sprig_append"},
    {"sprig_rest", ANY, LIST, call_rest, FUNC_PURE,
	"sprig_rest list — all but the first"},
    {"sprig_reverse", ANY, LIST, call_reverse, FUNC_PURE,
	"sprig_reverse list — the last first"},
    {"sprig_slice", ANY ",..." ANY, ANY, call_slice, FUNC_PURE,
	"sprig_slice list [from [to]] — a part, sharing its elements"},
    {"sprig_sortAlpha", ANY, "[]string", call_sort_alpha,
	FUNC_EFFECT | FUNC_SORTS,
	"sprig_sortAlpha list — sorted as texts; a []string in place"},
    {"sprig_tuple", "..." ANY, LIST, call_list, FUNC_PURE,
	"sprig_tuple v… — as sprig_list"},
    {"sprig_uniq", ANY, LIST, call_uniq, FUNC_PURE,
	"sprig_uniq list — without repetitions"},
    {"sprig_without", ANY ",..." ANY, LIST, call_without, FUNC_PURE,
	"sprig_without list v… — without those elements"},
};

static const struct type *const types[] = {&type_chunks};

const struct func_family family_sprig_lists = {
    .name = "sprig lists",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
};
