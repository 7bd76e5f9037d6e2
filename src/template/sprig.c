/* SPDX-License-Identifier: MIT */
/*
 * spf13/cast as sprig uses it: by exact type, so that a time.Duration, whose
 * kind is int64, is not a number.
 */
#include <math.h>
#include <string.h>

#include "sprig.h"
#include "strconv.h"

struct str
sprig_text(struct arena *arena, const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind == KIND_STRING && !v->type->string)
		return value_as_str(v);
	if (kind == KIND_SLICE && !strcmp(v->type->name, "[]uint8"))
		return (struct str){v->u.items, v->len};
	return value_to_str(arena, v);
}

bool
sprig_is_list(const struct value *v)
{
	enum kind kind = value_kind(v);

	return kind == KIND_SLICE || kind == KIND_ARRAY;
}

int
sprig_want_list(struct call *c, const struct value *v, const char *words)
{
	if (!v->type)
		return call_fail(c,
		    "runtime error: invalid memory address or nil pointer "
		    "dereference");
	if (!sprig_is_list(v))
		return call_fail(c, "%s%s", words, kind_name(value_kind(v)));
	return 0;
}

struct value
sprig_texts(struct arena *arena, const struct value *v)
{
	struct list_builder list;
	struct value result;

	if (v->type && !strcmp(v->type->name, "[]string"))
		return *v;
	list_begin(&list, arena, &type_strings);
	if (sprig_is_list(v)) {
		for (size_t i = 0; i < v->len; i++) {
			struct value item = value_index(v, i);

			if (item.type)
				list_add(
				    &list, value_str(sprig_text(arena, &item)));
		}
	} else if (v->type) {
		list_add(&list, value_str(sprig_text(arena, v)));
	}
	result = list_end_room(&list, sprig_is_list(v) ? v->len : list.count);
	result.not_nil = true;
	return result;
}

/* Of one of Go's own types, or one of time's that cast knows. */
static bool
is_plain(const struct value *v)
{
	const char *name = v->type->name;

	return !strcmp(name, kind_name(v->type->kind)) ||
	       !strcmp(name, "time.Month") || !strcmp(name, "time.Weekday");
}

/* "5.00" counts as 5. */
static struct str
without_zeros(struct str s)
{
	size_t i = s.len;

	while (i && s.ptr[i - 1] == '0')
		i--;
	if (i && i < s.len && s.ptr[i - 1] == '.')
		s.len = i - 1;
	return s;
}

/* Go's conversion on amd64: what doesn't fit is the least int64. */
static int64_t
truncate_float(double f)
{
	return f >= -0x1p63 && f < 0x1p63 ? (int64_t)f : INT64_MIN;
}

int64_t
sprig_int(const struct value *v)
{
	enum kind kind = value_kind(v);
	int64_t n;

	if (!v->type || !is_plain(v))
		return 0;
	if (kind == KIND_STRING) {
		bool ok = strconv_int(without_zeros(value_as_str(v)), 0, &n) ==
			  STRCONV_OK;

		return ok ? n : 0;
	}
	if (kind == KIND_BOOL)
		return v->u.b;
	if (kind_is_float(kind))
		return truncate_float(v->u.f);
	return kind_is_int(kind) || kind_is_uint(kind) ? v->u.i : 0;
}

double
sprig_float(const struct value *v)
{
	enum kind kind = value_kind(v);
	double f;

	if (!v->type || !is_plain(v))
		return 0;
	if (kind == KIND_STRING)
		return strconv_float(value_as_str(v), &f) == STRCONV_OK ? f : 0;
	if (kind == KIND_BOOL)
		return v->u.b;
	if (kind_is_float(kind))
		return v->u.f;
	if (kind_is_uint(kind))
		return (double)v->u.u;
	return kind_is_int(kind) ? (double)v->u.i : 0;
}
