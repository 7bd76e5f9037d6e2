/* SPDX-License-Identifier: MIT */
/*
 * sprig's paths: Go's path, and path/filepath under the names with "os", which
 * on Linux is the same.
 */
#include <string.h>

#include "families.h"
#include "path.h"

/* What stands behind the last slash begins there. */
static size_t
last_part(struct str s)
{
	size_t i = s.len;

	while (i && s.ptr[i - 1] != '/')
		i--;
	return i;
}

static int
call_clean(struct call *c, struct value *result)
{
	*result = value_str(path_clean(c->arena, value_as_str(&c->args[0])));
	return 0;
}

static int
call_dir(struct call *c, struct value *result)
{
	struct str s = value_as_str(&c->args[0]);

	s.len = last_part(s);
	*result = value_str(path_clean(c->arena, s));
	return 0;
}

static int
call_base(struct call *c, struct value *result)
{
	struct str s = value_as_str(&c->args[0]);
	bool any = s.len > 0;
	size_t i;

	while (s.len && s.ptr[s.len - 1] == '/')
		s.len--;
	i = last_part(s);
	if (s.len)
		*result = value_str((struct str){s.ptr + i, s.len - i});
	else
		*result = value_str(any ? STR("/") : STR("."));
	return 0;
}

static int
call_ext(struct call *c, struct value *result)
{
	struct str s = value_as_str(&c->args[0]);
	size_t start = last_part(s), i = s.len;

	while (i > start && s.ptr[i - 1] != '.')
		i--;
	if (i > start)
		*result = value_str((struct str){s.ptr + i - 1, s.len - i + 1});
	else
		*result = value_str(STR(""));
	return 0;
}

static int
call_is_abs(struct call *c, struct value *result)
{
	*result =
	    value_bool(str_has_prefix(value_as_str(&c->args[0]), STR("/")));
	return 0;
}

static const struct func funcs[] = {
    {"sprig_base", "string", "string", call_base, FUNC_PURE,
	"sprig_base path — its last part"},
    {"sprig_clean", "string", "string", call_clean, FUNC_PURE,
	"sprig_clean path — the shortest equal path"},
    {"sprig_dir", "string", "string", call_dir, FUNC_PURE,
	"sprig_dir path — all but its last part"},
    {"sprig_ext", "string", "string", call_ext, FUNC_PURE,
	"sprig_ext path — from the last point on"},
    {"sprig_isAbs", "string", "bool", call_is_abs, FUNC_PURE,
	"sprig_isAbs path — does it begin at the root?"},
    {"sprig_osBase", "string", "string", call_base, FUNC_PURE,
	"sprig_osBase path — as sprig_base"},
    {"sprig_osClean", "string", "string", call_clean, FUNC_PURE,
	"sprig_osClean path — as sprig_clean"},
    {"sprig_osDir", "string", "string", call_dir, FUNC_PURE,
	"sprig_osDir path — as sprig_dir"},
    {"sprig_osExt", "string", "string", call_ext, FUNC_PURE,
	"sprig_osExt path — as sprig_ext"},
    {"sprig_osIsAbs", "string", "bool", call_is_abs, FUNC_PURE,
	"sprig_osIsAbs path — as sprig_isAbs"},
};

const struct func_family family_sprig_paths = {
    .name = "sprig paths",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
