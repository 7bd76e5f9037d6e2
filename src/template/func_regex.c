/* SPDX-License-Identifier: MIT */
/* consul-template's functions on regular expressions. */
#include "families.h"
#include "func.h"
#include "regex.h"
#include "weir/limits.h"

/* The pattern, compiled; NULL after call_fail. */
static const struct regex *
get(struct call *c, size_t i)
{
	struct buf message = {0};
	const struct regex *re = regex_get(func_str(c, i), &message);

	if (!re)
		call_fail(c, "%s", message.ptr);
	buf_fini(&message);
	return re;
}

static int
call_regex_match(struct call *c, struct value *result)
{
	const struct regex *re = get(c, 0);
	struct regex_text text;

	if (!re)
		return -1;
	regex_text(&text, c->arena, func_str(c, 1));
	*result = value_bool(regex_matches(re, &text));
	return 0;
}

static int
call_regex_replace_all(struct call *c, struct value *result)
{
	const struct regex *re = get(c, 0);
	struct buf b;
	struct regex_search search;
	struct regex_text text;

	if (!re)
		return -1;
	regex_text(&text, c->arena, func_str(c, 2));
	regex_begin(&search, c->arena, re, &text);
	b = func_buf(c);
	regex_replace(&b, &search, func_str(c, 1), false);
	return func_give(c, &b, result);
}

static const struct func funcs[] = {
    {"regexMatch", "string,string", "bool", call_regex_match, FUNC_PURE,
	"regexMatch pattern s — does the pattern match in s?"},
    {"regexReplaceAll", "string,string,string", "string",
	call_regex_replace_all, FUNC_PURE,
	"regexReplaceAll pattern to s — every match replaced; $1 is a group"},
};

const struct func_family family_regex = {
    .name = "regex",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
