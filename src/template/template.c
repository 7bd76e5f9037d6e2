/* SPDX-License-Identifier: MIT */
/*
 * A template as it is loaded: its text, its options, the functions that it may
 * call, its parse trees. All of it lives in one arena and goes with it.
 */
#include <stdlib.h>

#include "memo.h"
#include "node.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

/* The first of a name wins. */
static void
add(struct strmap *map, const char *name, const void *value)
{
	union {
		const void *given;
		void *kept;
	} u = {.given = value};

	if (!strmap_has(map, str_of(name)))
		strmap_put(map, str_of(name), u.kept);
}

static void
add_funcs(struct strmap *funcs, const struct func_family *const *families)
{
	for (; families && *families; families++)
		for (size_t i = 0; i < (*families)->count; i++)
			add(funcs, (*families)->funcs[i].name,
			    &(*families)->funcs[i]);
}

static void
add_types(struct strmap *types, const struct func_family *const *families)
{
	for (; families && *families; families++)
		for (size_t i = 0; i < (*families)->type_count; i++)
			add(types, (*families)->types[i]->name,
			    (*families)->types[i]);
}

/* The functions of this stage: made once, for all templates. */
static const struct strmap *
standard_funcs(void)
{
	static struct strmap funcs;

	if (funcs.count == 0)
		add_funcs(&funcs, template_families);
	return &funcs;
}

static void
set_funcs(struct template *t, const struct template_options *o)
{
	if (!o->only_families) {
		t->standard = standard_funcs();
		add_types(&t->types, template_families);
	}
	add_funcs(&t->funcs, o->families);
	add_types(&t->types, o->families);
}

const struct func *
template_func(const struct template *t, struct str name)
{
	const struct func *f = NULL;

	if (t->standard)
		f = strmap_get(t->standard, name);
	return f ? f : strmap_get(&t->funcs, name);
}

static char *
delimiter(struct arena *arena, const char *given, const char *usual)
{
	return arena_strdup(arena, given && *given ? given : usual);
}

static void
set_options(struct template *t, const struct template_options *o)
{
	const char *slash = strrchr(o->path, '/');

	t->path = arena_strdup(&t->arena, o->path);
	t->base_name = t->path + (slash ? slash + 1 - o->path : 0);
	t->left = delimiter(&t->arena, o->left, "{{");
	t->right = delimiter(&t->arena, o->right, "}}");
	t->error_on_missing_key = o->error_on_missing_key;
	if (o->sandbox_path && *o->sandbox_path)
		t->sandbox_path = arena_strdup(&t->arena, o->sandbox_path);
	t->denied = arena_array(&t->arena, o->denied_count, sizeof(*t->denied));
	t->denied_count = o->denied_count;
	for (size_t i = 0; i < o->denied_count; i++)
		t->denied[i] = arena_strdup(&t->arena, o->denied[i]);
	set_funcs(t, o);
}

struct template *
template_new(const struct template_options *options, struct str text,
    struct error *error)
{
	struct template *t = xcalloc(1, sizeof(*t));

	arena_init(&t->arena, 0);
	set_options(t, options);
	if (text.len > LIMIT_TEMPLATE_BYTES) {
		error_set(error, ERROR_LIMIT,
		    "the template has %zu bytes, more than %u", text.len,
		    LIMIT_TEMPLATE_BYTES);
		error_at(error, t->path, 0, -1);
		template_free(&t);
		return NULL;
	}
	t->text = (struct str){
	    arena_strndup(&t->arena, text.ptr, text.len), text.len};
	if (template_parse(t, error) < 0)
		template_free(&t);
	return t;
}

void
template_free(struct template **t)
{
	if (!*t)
		return;
	memo_free(&(*t)->memo);
	strmap_fini(&(*t)->trees);
	strmap_fini(&(*t)->names);
	strmap_fini(&(*t)->funcs);
	strmap_fini(&(*t)->types);
	arena_fini(&(*t)->arena);
	free(*t);
	*t = NULL;
}

const char *
template_path(const struct template *t)
{
	return t->path;
}

void
template_locate(const struct template *t, uint32_t pos, int *line, int *column)
{
	const char *p = t->text.ptr, *end = p + pos, *nl;

	*line = 1;
	while ((nl = memchr(p, '\n', (size_t)(end - p)))) {
		++*line;
		p = nl + 1;
	}
	*column = (int)(end - p);
}

/* `*` stands for any number of any bytes, every other byte for itself. */
static bool
glob_matches(const char *glob, struct str s)
{
	const char *star = NULL;
	size_t at = 0, from = 0;

	while (at < s.len) {
		if (*glob == '*') {
			star = glob++;
			from = at;
		} else if (*glob == s.ptr[at]) {
			glob++;
			at++;
		} else if (star) {
			glob = star + 1;
			at = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == 0;
}

bool
template_denies(const struct template *t, struct str func)
{
	for (size_t i = 0; i < t->denied_count; i++)
		if (glob_matches(t->denied[i], func))
			return true;
	return false;
}
