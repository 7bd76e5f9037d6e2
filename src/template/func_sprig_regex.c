/* SPDX-License-Identifier: MIT */
/*
 * sprig's regular expressions. Without "must", a bad pattern is Go's panic of
 * MustCompile, but for regexMatch, which then matches nothing.
 */
#include <string.h>

#include "capacity.h"
#include "families.h"
#include "func.h"
#include "fmt.h"
#include "regex.h"
#include "weir/limits.h"

/* Matches that Go has room for at first. */
#define FOUND 10

/* regexp: Compile(`PATTERN`): MESSAGE */
static void
panic(struct call *c, struct str pattern, const char *message)
{
	struct buf quoted = {0};

	if (quote_can_be_raw(pattern))
		buf_printf(&quoted, "`%.*s`", (int)pattern.len,
		    pattern.len ? pattern.ptr : "");
	else
		value_quote(&quoted, pattern);
	call_fail(c, "regexp: Compile(%s): %s", quoted.ptr, message);
	buf_fini(&quoted);
}

/* The pattern of the call, compiled; NULL after call_fail. */
static const struct regex *
get(struct call *c)
{
	struct buf message = {0};
	const struct regex *re = regex_get(func_str(c, 0), &message);
	bool must = str_has_prefix(str_of(c->func->name), STR("sprig_must"));

	if (!re && must)
		call_fail(c, "%s", message.ptr);
	else if (!re)
		panic(c, func_str(c, 0), message.ptr);
	buf_fini(&message);
	return re;
}

static int
call_must_match(struct call *c, struct value *result)
{
	const struct regex *re = get(c);
	struct regex_text text;

	if (!re)
		return -1;
	regex_text(&text, c->arena, func_str(c, 1));
	*result = value_bool(regex_matches(re, &text));
	return 0;
}

static int
call_match(struct call *c, struct value *result)
{
	if (call_must_match(c, result) < 0) {
		error_fini(&c->error);
		*result = value_bool(false);
	}
	return 0;
}

/* A search through argument 1; -1 after call_fail. */
static int
begin(struct call *c, struct regex_text *text, struct regex_search *search)
{
	const struct regex *re = get(c);

	if (!re)
		return -1;
	regex_text(text, c->arena, func_str(c, 1));
	*search = (struct regex_search){0};
	regex_begin(search, c->arena, re, text);
	return 0;
}

static struct str
found(const struct call *c, const struct regex_search *s)
{
	return (struct str){func_str(c, 1).ptr + s->spans[0].begin,
	    (size_t)(s->spans[0].end - s->spans[0].begin)};
}

static int
call_find(struct call *c, struct value *result)
{
	struct regex_search search;
	struct regex_text text;

	if (begin(c, &text, &search) < 0)
		return -1;
	*result = value_str(regex_next(&search) ? found(c, &search) : STR(""));
	return 0;
}

/* At most n matches, all if n < 0; a nil list for none. */
static int
call_find_all(struct call *c, struct value *result)
{
	int64_t most = c->args[2].u.i;
	struct regex_search search;
	struct list_builder list;
	struct regex_text text;

	if (begin(c, &text, &search) < 0)
		return -1;
	list_begin(&list, c->arena, &type_strings);
	while ((most < 0 || list.count < most) && regex_next(&search))
		list_add(&list, value_str(found(c, &search)));
	*result = list_end_room(&list,
	    list.count ? capacity_grown(list.type, FOUND, list.count) : 0);
	result->not_nil = result->len > 0;
	return 0;
}

static int
replace(struct call *c, struct value *result, bool literal)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct regex_search search;
	struct regex_text text;

	if (begin(c, &text, &search) < 0)
		return -1;
	regex_replace(&out, &search, func_str(c, 2), literal);
	return func_give(c, &out, result);
}

static int
call_replace_all(struct call *c, struct value *result)
{
	return replace(c, result, false);
}

static int
call_replace_all_literal(struct call *c, struct value *result)
{
	return replace(c, result, true);
}

/* What lies between the matches, at most n parts; n 0 is a nil list. */
static int
call_split(struct call *c, struct value *result)
{
	struct str s = func_str(c, 1);
	int64_t most = c->args[2].u.i, matches = 0;
	struct regex_search search;
	struct list_builder list;
	struct regex_text text;
	size_t start = 0, end = 0;

	if (begin(c, &text, &search) < 0)
		return -1;
	list_begin(&list, c->arena, &type_strings);
	*result = list_end(&list);
	result->not_nil = false;
	if (most == 0)
		return 0;
	if (func_str(c, 0).len && !s.len) {
		func_add_str(&list, s);
		*result = list_end(&list);
		return 0;
	}
	while ((most < 0 || (list.count + 1 < most && matches < most)) &&
	       regex_next(&search)) {
		matches++;
		end = (size_t)search.spans[0].begin;
		if (search.spans[0].end != 0)
			func_add_str(
			    &list, (struct str){s.ptr + start, end - start});
		start = (size_t)search.spans[0].end;
	}
	if (end != s.len)
		func_add_str(&list, (struct str){s.ptr + start, s.len - start});
	while ((most < 0 || matches < most) && regex_next(&search))
		matches++;
	*result = list_end_room(
	    &list, capacity_grown(list.type, (size_t)matches, list.count));
	result->not_nil = true;
	return 0;
}

static int
call_quote_meta(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct str s = func_str(c, 0);

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] && strchr("\\.+*?()|[]{}^$", s.ptr[i]))
			buf_char(&out, '\\');
		buf_char(&out, s.ptr[i]);
	}
	return func_give(c, &out, result);
}

static const struct func funcs[] = {
    {"sprig_mustRegexFind", "string,string", "string", call_find, FUNC_PURE,
	"sprig_mustRegexFind pattern s — as sprig_regexFind"},
    {"sprig_mustRegexFindAll", "string,string,int", "[]string", call_find_all,
	FUNC_PURE, "sprig_mustRegexFindAll pattern s n — as regexFindAll"},
    {"sprig_mustRegexMatch", "string,string", "bool", call_must_match,
	FUNC_PURE, "sprig_mustRegexMatch pattern s — does it match in s?"},
    {"sprig_mustRegexReplaceAll", "string,string,string", "string",
	call_replace_all, FUNC_PURE,
	"sprig_mustRegexReplaceAll pattern s to — as regexReplaceAll"},
    {"sprig_mustRegexReplaceAllLiteral", "string,string,string", "string",
	call_replace_all_literal, FUNC_PURE,
	"sprig_mustRegexReplaceAllLiteral pattern s to — to as it is"},
    {"sprig_mustRegexSplit", "string,string,int", "[]string", call_split,
	FUNC_PURE, "sprig_mustRegexSplit pattern s n — as sprig_regexSplit"},
    {"sprig_regexFind", "string,string", "string", call_find, FUNC_PURE,
	"sprig_regexFind pattern s — the first match, or \"\""},
    {"sprig_regexFindAll", "string,string,int", "[]string", call_find_all,
	FUNC_PURE, "sprig_regexFindAll pattern s n — at most n matches"},
    {"sprig_regexMatch", "string,string", "bool", call_match, FUNC_PURE,
	"sprig_regexMatch pattern s — does it match? a bad pattern doesn't"},
    {"sprig_regexQuoteMeta", "string", "string", call_quote_meta, FUNC_PURE,
	"sprig_regexQuoteMeta s — a pattern that matches just s"},
    {"sprig_regexReplaceAll", "string,string,string", "string",
	call_replace_all, FUNC_PURE,
	"sprig_regexReplaceAll pattern s to — every match replaced"},
    {"sprig_regexReplaceAllLiteral", "string,string,string", "string",
	call_replace_all_literal, FUNC_PURE,
	"sprig_regexReplaceAllLiteral pattern s to — $ is no group"},
    {"sprig_regexSplit", "string,string,int", "[]string", call_split, FUNC_PURE,
	"sprig_regexSplit pattern s n — what lies between matches"},
};

const struct func_family family_sprig_regex = {
    .name = "sprig regex",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
