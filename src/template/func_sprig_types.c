/* SPDX-License-Identifier: MIT */
/*
 * sprig's questions about values: types, defaults, JSON. What is empty is
 * sprig's notion (0, false, "" and whatever has length 0), not the engine's
 * truth, though they agree but for NaN.
 */
#include <string.h>

#include "families.h"
#include "json.h"
#include "sprig.h"
#include "weir/limits.h"

/* ---- defaults ---- */

static int
call_default(struct call *c, struct value *result)
{
	bool given = c->argc > 1 && !sprig_is_empty(&c->args[1]);

	*result = c->args[given ? 1 : 0];
	return 0;
}

static int
call_empty(struct call *c, struct value *result)
{
	*result = value_bool(sprig_is_empty(&c->args[0]));
	return 0;
}

/* The first argument that is empty (or not), or argc. */
static size_t
find(const struct call *c, bool empty)
{
	size_t i = 0;

	while (i < c->argc && sprig_is_empty(&c->args[i]) != empty)
		i++;
	return i;
}

static int
call_coalesce(struct call *c, struct value *result)
{
	size_t i = find(c, false);

	*result = i < c->argc ? c->args[i] : VALUE_NIL;
	return 0;
}

static int
call_all(struct call *c, struct value *result)
{
	*result = value_bool(find(c, true) == c->argc);
	return 0;
}

static int
call_any(struct call *c, struct value *result)
{
	*result = value_bool(find(c, false) < c->argc);
	return 0;
}

static int
call_ternary(struct call *c, struct value *result)
{
	*result = c->args[c->args[2].u.b ? 0 : 1];
	return 0;
}

/* ---- types ---- */

static const char *
type_of(const struct value *v)
{
	return v->type ? v->type->name : "<nil>";
}

static int
call_type_of(struct call *c, struct value *result)
{
	*result = value_str(str_of(type_of(&c->args[0])));
	return 0;
}

static int
call_type_is(struct call *c, struct value *result)
{
	*result =
	    value_bool(str_is(value_as_str(&c->args[0]), type_of(&c->args[1])));
	return 0;
}

static int
call_type_is_like(struct call *c, struct value *result)
{
	const char *name = type_of(&c->args[1]);
	struct str wanted = value_as_str(&c->args[0]);

	*result = value_bool(str_is(wanted, name) ||
			     (name[0] == '*' && str_is(wanted, name + 1)));
	return 0;
}

static const char *
kind_of(const struct value *v)
{
	return kind_name(value_kind(v));
}

static int
call_kind_of(struct call *c, struct value *result)
{
	*result = value_str(str_of(kind_of(&c->args[0])));
	return 0;
}

static int
call_kind_is(struct call *c, struct value *result)
{
	*result =
	    value_bool(str_is(value_as_str(&c->args[0]), kind_of(&c->args[1])));
	return 0;
}

static int
call_deep_equal(struct call *c, struct value *result)
{
	*result = value_bool(value_equal_deep(&c->args[0], &c->args[1]));
	return 0;
}

/* ---- JSON ---- */

static int
call_must_from_json(struct call *c, struct value *result)
{
	struct error error = {0};

	if (json_decode(c->arena, value_as_str(&c->args[0]), result, &error) ==
	    0)
		return 0;
	call_fail(c, "%s", error.text);
	error_fini(&error);
	return -1;
}

static int
call_from_json(struct call *c, struct value *result)
{
	json_decode(c->arena, value_as_str(&c->args[0]), result, NULL);
	return 0;
}

static int
to_json(struct call *c, struct value *result, struct json_style style)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct error error = {0};
	int rc = json_encode(&out, &c->args[0], &style, &error);

	if (rc < 0 && error.text)
		call_fail(c, "%s", error.text);
	else if (out.failed)
		rc = call_fail(c, "the JSON text is too long");
	else
		*result = value_str(arena_str(c->arena, buf_as_str(&out)));
	error_fini(&error);
	buf_fini(&out);
	return rc;
}

/* As to_json, but what can't be written is an empty string. */
static int
to_json_softly(struct call *c, struct value *result, struct json_style style)
{
	if (to_json(c, result, style) == 0)
		return 0;
	error_fini(&c->error);
	*result = value_str(STR(""));
	return 0;
}

static int
call_to_json(struct call *c, struct value *result)
{
	return to_json_softly(
	    c, result, (struct json_style){.escape_html = true});
}

static int
call_to_pretty_json(struct call *c, struct value *result)
{
	return to_json_softly(c, result,
	    (struct json_style){.escape_html = true, .indent = "  "});
}

static int
call_to_raw_json(struct call *c, struct value *result)
{
	return to_json(c, result, (struct json_style){.indent = NULL});
}

static int
call_must_to_json(struct call *c, struct value *result)
{
	return to_json(c, result, (struct json_style){.escape_html = true});
}

static int
call_must_to_pretty_json(struct call *c, struct value *result)
{
	return to_json(c, result,
	    (struct json_style){.escape_html = true, .indent = "  "});
}

/* ---- texts ---- */

static int
call_to_string(struct call *c, struct value *result)
{
	*result = value_str(sprig_text(c->arena, &c->args[0]));
	return 0;
}

static int
call_to_strings(struct call *c, struct value *result)
{
	*result = sprig_texts(c->arena, &c->args[0]);
	return 0;
}

static int
call_fail_with(struct call *c, struct value *result)
{
	struct str text = value_as_str(&c->args[0]);

	(void)result;
	return call_fail(c, "%.*s", (int)text.len, text.ptr ? text.ptr : "");
}

static int
call_hello(struct call *c, struct value *result)
{
	(void)c;
	*result = value_str(STR("Hello!"));
	return 0;
}

#define ANY "interface {}"

static const struct func funcs[] = {
    {"sprig_all", "..." ANY, "bool", call_all, FUNC_PURE,
	"sprig_all v… — is none of them empty?"},
    {"sprig_any", "..." ANY, "bool", call_any, FUNC_PURE,
	"sprig_any v… — is one of them not empty?"},
    {"sprig_coalesce", "..." ANY, ANY, call_coalesce, FUNC_PURE,
	"sprig_coalesce v… — the first that is not empty, or nil"},
    {"sprig_deepEqual", ANY "," ANY, "bool", call_deep_equal, FUNC_PURE,
	"sprig_deepEqual a b — the same type and contents?"},
    {"sprig_default", ANY ",..." ANY, ANY, call_default, FUNC_PURE,
	"sprig_default d v — v, or d if v is empty"},
    {"sprig_empty", ANY, "bool", call_empty, FUNC_PURE,
	"sprig_empty v — nil, false, 0, \"\" or of length 0?"},
    {"sprig_fail", "string", "string", call_fail_with, FUNC_EFFECT,
	"sprig_fail text — ends the template with that error"},
    {"sprig_fromJson", "string", ANY, call_from_json, FUNC_PURE,
	"sprig_fromJson s — the value, or nil"},
    {"sprig_hello", "", "string", call_hello, FUNC_PURE,
	"sprig_hello — Hello!"},
    {"sprig_kindIs", "string," ANY, "bool", call_kind_is, FUNC_PURE,
	"sprig_kindIs kind v — is v of that kind?"},
    {"sprig_kindOf", ANY, "string", call_kind_of, FUNC_PURE,
	"sprig_kindOf v — map, slice, int …"},
    {"sprig_mustFromJson", "string", ANY, call_must_from_json, FUNC_PURE,
	"sprig_mustFromJson s — the value, or an error"},
    {"sprig_mustToJson", ANY, "string", call_must_to_json, FUNC_PURE,
	"sprig_mustToJson v — JSON, or an error"},
    {"sprig_mustToPrettyJson", ANY, "string", call_must_to_pretty_json,
	FUNC_PURE, "sprig_mustToPrettyJson v — indented JSON, or an error"},
    {"sprig_mustToRawJson", ANY, "string", call_to_raw_json, FUNC_PURE,
	"sprig_mustToRawJson v — as sprig_toRawJson"},
    {"sprig_ternary", ANY "," ANY ",bool", ANY, call_ternary, FUNC_PURE,
	"sprig_ternary a b condition — a if true, else b"},
    {"sprig_toJson", ANY, "string", call_to_json, FUNC_PURE,
	"sprig_toJson v — JSON, or \"\""},
    {"sprig_toPrettyJson", ANY, "string", call_to_pretty_json, FUNC_PURE,
	"sprig_toPrettyJson v — indented JSON, or \"\""},
    {"sprig_toRawJson", ANY, "string", call_to_raw_json, FUNC_PURE,
	"sprig_toRawJson v — JSON with < > & as they are"},
    {"sprig_toString", ANY, "string", call_to_string, FUNC_PURE,
	"sprig_toString v — as printed"},
    {"sprig_toStrings", ANY, "[]string", call_to_strings, FUNC_PURE,
	"sprig_toStrings list — each element as printed"},
    {"sprig_typeIs", "string," ANY, "bool", call_type_is, FUNC_PURE,
	"sprig_typeIs type v — is v of that type?"},
    {"sprig_typeIsLike", "string," ANY, "bool", call_type_is_like, FUNC_PURE,
	"sprig_typeIsLike type v — or a pointer to that type?"},
    {"sprig_typeOf", ANY, "string", call_type_of, FUNC_PURE,
	"sprig_typeOf v — Go's name of the type"},
};

const struct func_family family_sprig_types = {
    .name = "sprig types",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
