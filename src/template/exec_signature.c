/* SPDX-License-Identifier: MIT */
/*
 * Signatures: the text of a func's params, read once into types. A type is one
 * of the basic ones, one that a family brings, or made of these ([]T, map[K]V,
 * *T); what is made is kept in the template under its name.
 */
#include <assert.h>

#include "exec.h"

static const struct type *const basics[] = {&type_bool, &type_int, &type_int32,
    &type_int64, &type_uint, &type_uint8, &type_uint16, &type_uint32,
    &type_uint64, &type_float64, &type_complex128, &type_string, &type_any,
    &type_error, &type_reflect_value, &type_strings, &type_anys, &type_bytes,
    &type_ints, &type_map_string_string, &type_map_string_any,
    &type_map_any_any};

struct source {
	struct arena *arena;
	struct template *template;
};

static const struct type *find_type(struct source *, struct str name);

/* A type made of others; NULL kind: a name that nobody knows, so that no value
 * is ever of that type. */
static const struct type *
make_type(struct source *s, struct str name)
{
	struct type *t = arena_zalloc(s->arena, sizeof *t);
	const char *close;

	t->name = arena_strndup(s->arena, name.ptr, name.len);
	t->kind = KIND_STRUCT;
	if (str_has_prefix(name, STR("[]"))) {
		t->kind = KIND_SLICE;
		t->elem =
		    find_type(s, (struct str){name.ptr + 2, name.len - 2});
	} else if (str_has_prefix(name, STR("*"))) {
		t->kind = KIND_PTR;
		t->elem =
		    find_type(s, (struct str){name.ptr + 1, name.len - 1});
	} else if (str_has_prefix(name, STR("map["))) {
		t->kind = KIND_MAP;
		close = memchr(name.ptr, ']', name.len);
		assert(close);
		t->key = find_type(s,
		    (struct str){name.ptr + 4, (size_t)(close - name.ptr) - 4});
		t->elem = find_type(
		    s, (struct str){close + 1,
			   name.len - (size_t)(close + 1 - name.ptr)});
	}
	strmap_put(&s->template->types, name, t);
	return t;
}

static const struct type *
find_type(struct source *s, struct str name)
{
	const struct type *t;

	for (size_t i = 0; i < sizeof basics / sizeof basics[0]; i++)
		if (str_is(name, basics[i]->name))
			return basics[i];
	t = strmap_get(&s->template->types, name);
	return t ? t : make_type(s, name);
}

static struct str
next_param(const char **at)
{
	const char *from = *at + strspn(*at, " ");
	size_t len = strcspn(from, ",");

	*at = from[len] ? from + len + 1 : from + len;
	return (struct str){from, len};
}

static uint32_t
count_params(const char *params)
{
	uint32_t n = 0;

	while (*params) {
		next_param(&params);
		n++;
	}
	return n;
}

struct func_compiled *
func_compile(
    struct arena *arena, struct template *template, const struct func *func)
{
	struct source s = {arena, template};
	struct func_compiled *f = arena_zalloc(arena, sizeof *f);
	const char *at = func->params ? func->params : "";

	f->func = *func;
	f->count = count_params(at);
	f->params = arena_array(arena, f->count, sizeof *f->params);
	for (uint32_t i = 0; i < f->count; i++) {
		struct str name = next_param(&at);

		if (str_has_prefix(name, STR("..."))) {
			assert(i + 1 == f->count);
			f->variadic = true;
			name.ptr += 3;
			name.len -= 3;
		}
		f->params[i] = find_type(&s, name);
	}
	f->result_any = func->result && !strcmp(func->result, type_any.name);
	f->as_is =
	    func->result && !strcmp(func->result, type_reflect_value.name);
	return f;
}
