/* SPDX-License-Identifier: MIT */
/*
 * consul-template's functions on text: cutting, joining, case, reading words
 * as numbers. A text that needs no change is not copied.
 */
#include "case.h"
#include "families.h"
#include "func.h"
#include "strconv.h"
#include "unicode.h"
#include "weir/limits.h"

/* ---- cutting ---- */

static int
give_str(struct value *result, struct str s)
{
	*result = value_str(s);
	return 0;
}

static bool
in_set(struct str set, uint32_t rune)
{
	uint32_t one;

	for (size_t i = 0; i < set.len;) {
		i += rune_decode(set.ptr + i, set.len - i, &one);
		if (one == rune)
			return true;
	}
	return false;
}

int
func_trim(struct call *c, struct value *result)
{
	struct str set = func_str(c, 0), s = func_str(c, 1);
	uint32_t rune;
	size_t n;

	while (s.len > 0) {
		n = rune_decode(s.ptr, s.len, &rune);
		if (!in_set(set, rune))
			break;
		s.ptr += n;
		s.len -= n;
	}
	while (s.len > 0) {
		n = rune_decode_last(s, &rune);
		if (!in_set(set, rune))
			break;
		s.len -= n;
	}
	return give_str(result, s);
}

int
func_trim_prefix(struct call *c, struct value *result)
{
	struct str prefix = func_str(c, 0), s = func_str(c, 1);

	if (str_has_prefix(s, prefix)) {
		s.ptr += prefix.len;
		s.len -= prefix.len;
	}
	return give_str(result, s);
}

int
func_trim_suffix(struct call *c, struct value *result)
{
	struct str suffix = func_str(c, 0), s = func_str(c, 1);

	if (str_has_suffix(s, suffix))
		s.len -= suffix.len;
	return give_str(result, s);
}

int
func_trim_space(struct call *c, struct value *result)
{
	return give_str(result, str_trim_space(func_str(c, 0)));
}

/* ---- lists of strings ---- */

static void
add_part(void *list, struct str part)
{
	func_add_str(list, part);
}

static int
call_split(struct call *c, struct value *result)
{
	struct str s = str_trim_space(func_str(c, 1));
	struct list_builder l;

	list_begin(&l, c->arena, &type_strings);
	if (s.len > 0)
		func_split(s, func_str(c, 0), add_part, &l);
	*result = list_end(&l);
	return 0;
}

struct to_map {
	struct map *map;
	struct str separator;
};

/* key SEPARATOR value; what has no separator is dropped. */
static void
put_part(void *arg, struct str part)
{
	struct to_map *to = arg;
	ptrdiff_t at = str_find(part, to->separator);
	size_t cut;

	if (at < 0)
		return;
	cut = (size_t)at + to->separator.len;
	map_put_str(to->map, (struct str){part.ptr, (size_t)at},
	    value_str((struct str){part.ptr + cut, part.len - cut}));
}

static int
call_split_to_map(struct call *c, struct value *result)
{
	struct str s = str_trim_space(func_str(c, 2));
	struct to_map to = {.map = map_new(c->arena, &type_map_string_string),
	    .separator = func_str(c, 1)};

	if (s.len > 0)
		func_split(s, func_str(c, 0), put_part, &to);
	*result = value_map(to.map, &type_map_string_string);
	return 0;
}

static int
call_join(struct call *c, struct value *result)
{
	const struct value *list = &c->args[1];
	struct buf b = func_buf(c);

	for (uint32_t i = 0; i < list->len; i++) {
		struct value part = value_index(list, i);

		if (i > 0)
			buf_str(&b, func_str(c, 0));
		buf_str(&b, value_as_str(&part));
	}
	return func_give(c, &b, result);
}

/* ---- changing ---- */

/* An empty `from` stands before every rune and at the end. */
static void
insert_everywhere(struct buf *b, struct str s, struct str to)
{
	uint32_t rune;

	for (size_t i = 0, n; i < s.len; i += n) {
		n = rune_decode(s.ptr + i, s.len - i, &rune);
		buf_str(b, to);
		buf_put(b, s.ptr + i, n);
	}
	buf_str(b, to);
}

int
func_replace_all(struct call *c, struct value *result)
{
	struct str from = func_str(c, 0), to = func_str(c, 1);
	struct str s = func_str(c, 2);
	ptrdiff_t at = str_find(s, from);
	struct buf b;

	if (at < 0)
		return give_str(result, s);
	b = func_buf(c);
	if (from.len == 0) {
		insert_everywhere(&b, s, to);
		return func_give(c, &b, result);
	}
	for (; at >= 0; at = str_find(s, from)) {
		buf_put(&b, s.ptr, (size_t)at);
		buf_str(&b, to);
		s.ptr += (size_t)at + from.len;
		s.len -= (size_t)at + from.len;
	}
	buf_str(&b, s);
	return func_give(c, &b, result);
}

static int
call_indent(struct call *c, struct value *result)
{
	int64_t width = c->args[0].u.i;
	struct str s = func_str(c, 1);
	bool begins = true;
	struct buf b;

	if (width < 0)
		return call_fail(c, "indent value must be a positive integer");
	b = func_buf(c);
	for (size_t i = 0; i < s.len && !b.failed; i++) {
		if (begins && s.ptr[i] != '\n')
			buf_repeat(&b, ' ', (size_t)width);
		buf_char(&b, s.ptr[i]);
		begins = s.ptr[i] == '\n';
	}
	return func_give(c, &b, result);
}

static bool
is_ascii(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

/* How many bytes stand before the first letter of that case. */
static size_t
count_before(struct str s, char from)
{
	size_t n = 0;

	while (n < s.len && (unsigned char)(s.ptr[n] - from) > 'z' - 'a')
		n++;
	return n;
}

/* Go leaves a text alone that has nothing to change, bad bytes included, if it
 * is ASCII; otherwise it maps rune by rune. */
static int
change_case(struct call *c, struct value *result, char from, char to,
    void (*map)(struct buf *, struct str))
{
	struct str s = func_str(c, 0);
	size_t first = count_before(s, from);
	struct buf b;
	char *copy;

	if (!is_ascii(s)) {
		b = func_buf(c);
		map(&b, s);
		return func_give(c, &b, result);
	}
	if (first == s.len)
		return give_str(result, s);
	copy = arena_strndup(c->arena, s.ptr, s.len);
	for (size_t i = first; i < s.len; i++)
		if ((unsigned char)(copy[i] - from) <= 'z' - 'a')
			copy[i] = (char)(copy[i] - from + to);
	return give_str(result, (struct str){copy, s.len});
}

int
func_to_lower(struct call *c, struct value *result)
{
	return change_case(c, result, 'A', 'a', str_lower);
}

int
func_to_upper(struct call *c, struct value *result)
{
	return change_case(c, result, 'a', 'A', str_upper);
}

static int
call_to_title(struct call *c, struct value *result)
{
	struct buf b = func_buf(c);

	str_title(&b, func_str(c, 0));
	return func_give(c, &b, result);
}

/* ---- words as numbers ---- */

static int
call_parse_bool(struct call *c, struct value *result)
{
	static const char *const words[] = {"", "0", "f", "F", "false", "FALSE",
	    "False", "1", "t", "T", "true", "TRUE", "True"};
	struct str s = func_str(c, 0);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (str_is(s, words[i])) {
			*result = value_bool(i >= 7);
			return 0;
		}
	return func_fail_number(c, "parseBool: ", "ParseBool", s, false);
}

static int
call_parse_float(struct call *c, struct value *result)
{
	struct str s = func_str(c, 0);
	enum strconv_result e = STRCONV_OK;
	double f = 0;

	if (s.len > 0)
		e = strconv_float(s, &f);
	*result = value_float(f);
	return e == STRCONV_OK
		   ? 0
		   : func_fail_number(c, "parseFloat: ", "ParseFloat", s,
			 e == STRCONV_RANGE);
}

static int
call_parse_int(struct call *c, struct value *result)
{
	int64_t i;
	int rc = func_parse_int(c, func_str(c, 0), &i);

	*result = value_int64(i);
	return rc;
}

static int
call_parse_uint(struct call *c, struct value *result)
{
	struct str s = func_str(c, 0);
	enum strconv_result e = STRCONV_OK;
	uint64_t u = 0;

	if (s.len > 0)
		e = strconv_uint(s, 10, &u);
	*result = value_uint64(u);
	return e == STRCONV_OK ? 0
			       : func_fail_number(c, "parseUint: ", "ParseUint",
				     s, e == STRCONV_RANGE);
}

static const struct func funcs[] = {
    {"indent", "int,string", "string", call_indent, FUNC_PURE,
	"indent n s — s with n blanks before every line that is not empty"},
    {"join", "string,[]string", "string", call_join, FUNC_PURE,
	"join separator list — the strings as one"},
    {"parseBool", "string", "bool", call_parse_bool, FUNC_PURE,
	"parseBool s — 1 t true 0 f false, in three cases; \"\" is false"},
    {"parseFloat", "string", "float64", call_parse_float, FUNC_PURE,
	"parseFloat s — a float64; \"\" is 0"},
    {"parseInt", "string", "int64", call_parse_int, FUNC_PURE,
	"parseInt s — an int64 from decimal digits; \"\" is 0"},
    {"parseUint", "string", "uint64", call_parse_uint, FUNC_PURE,
	"parseUint s — a uint64 from decimal digits; \"\" is 0"},
    {"replaceAll", "string,string,string", "string", func_replace_all,
	FUNC_PURE, "replaceAll from to s — every from in s replaced"},
    {"split", "string,string", "[]string", call_split, FUNC_PURE,
	"split separator s — the parts of s, its ends trimmed before"},
    {"splitToMap", "string,string,string", "map[string]string",
	call_split_to_map, FUNC_PURE,
	"splitToMap separator1 separator2 s — \"a=1,b=2\" as a map"},
    {"toLower", "string", "string", func_to_lower, FUNC_PURE,
	"toLower s — in lower case"},
    {"toTitle", "string", "string", call_to_title, FUNC_PURE,
	"toTitle s — the first letter of every word in upper case"},
    {"toUpper", "string", "string", func_to_upper, FUNC_PURE,
	"toUpper s — in upper case"},
    {"trim", "string,string", "string", func_trim, FUNC_PURE,
	"trim characters s — s without these characters at its ends"},
    {"trimPrefix", "string,string", "string", func_trim_prefix, FUNC_PURE,
	"trimPrefix prefix s — s without the prefix, if it has it"},
    {"trimSpace", "string", "string", func_trim_space, FUNC_PURE,
	"trimSpace s — s without white space at its ends"},
    {"trimSuffix", "string,string", "string", func_trim_suffix, FUNC_PURE,
	"trimSuffix suffix s — s without the suffix, if it has it"},
};

const struct func_family family_strings = {
    .name = "strings",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
