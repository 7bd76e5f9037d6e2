/* SPDX-License-Identifier: MIT */
/*
 * sprig's strings. Go's panics keep their words: what is cut outside of a text,
 * or repeated a negative number of times, is an error of the template.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "case.h"
#include "families.h"
#include "func.h"
#include "sprig.h"
#include "unicode.h"
#include "weir/limits.h"
#include "words.h"

static int
give_str(struct value *result, struct str s)
{
	*result = value_str(s);
	return 0;
}

/* ---- cutting ---- */

static int
call_trunc(struct call *c, struct value *result)
{
	int64_t n = c->args[0].u.i;
	struct str s = func_str(c, 1);

	if (n < 0 && (int64_t)s.len + n > 0) {
		s.ptr += (int64_t)s.len + n;
		s.len = (size_t)-n;
	} else if (n >= 0 && (int64_t)s.len > n) {
		s.len = (size_t)n;
	}
	return give_str(result, s);
}

/* s[from:to] of Go with its panics; from < 0: none was given. */
static int
cut(struct call *c, struct value *result, int64_t from, int64_t to)
{
	static const char panic[] = "runtime error: slice bounds out of range";
	struct str s = func_str(c, 2);

	if (to < 0)
		return call_fail(c, "%s [:%lld]", panic, (long long)to);
	if (to > (int64_t)s.len)
		return call_fail(c, "%s [:%lld] with length %zu", panic,
		    (long long)to, s.len);
	if (from > to)
		return call_fail(
		    c, "%s [%lld:%lld]", panic, (long long)from, (long long)to);
	if (from < 0)
		from = 0;
	return give_str(
	    result, (struct str){s.ptr + from, (size_t)(to - from)});
}

static int
call_substr(struct call *c, struct value *result)
{
	int64_t from = c->args[0].u.i, to = c->args[1].u.i;
	int64_t length = (int64_t)func_str(c, 2).len;

	if (from >= 0 && (to < 0 || to > length))
		to = length;
	return cut(c, result, from, to);
}

/* ---- splitting, joining ---- */

struct parts {
	struct arena *arena;
	struct map *map;
	size_t count;
};

static void
put_part(void *arg, struct str part)
{
	struct parts *p = arg;

	map_put_str(p->map, str_of(arena_printf(p->arena, "_%zu", p->count++)),
	    value_str(part));
}

static struct parts
begin_parts(struct call *c)
{
	return (struct parts){
	    c->arena, map_new(c->arena, &type_map_string_string), 0};
}

static int
call_split(struct call *c, struct value *result)
{
	struct parts p = begin_parts(c);

	func_split(func_str(c, 1), func_str(c, 0), put_part, &p);
	*result = value_map(p.map, &type_map_string_string);
	return 0;
}

/* The part in front of the first separator; *s becomes what is behind it. */
static bool
take_part(struct str *s, struct str separator, struct str *part)
{
	ptrdiff_t at;
	uint32_t rune;

	if (!separator.len)
		at = s->len ? (ptrdiff_t)rune_decode(s->ptr, s->len, &rune) : 0;
	else
		at = str_find(*s, separator);
	if (at < 0 || (!separator.len && (size_t)at == s->len))
		return false;
	*part = (struct str){s->ptr, (size_t)at};
	s->ptr += (size_t)at + separator.len;
	s->len -= (size_t)at + separator.len;
	return true;
}

static int
call_splitn(struct call *c, struct value *result)
{
	struct str separator = func_str(c, 0), s = func_str(c, 2), part;
	int64_t most = c->args[1].u.i;
	struct parts p = begin_parts(c);

	while ((most < 0 || (int64_t)p.count + 1 < most) &&
	       take_part(&s, separator, &part))
		put_part(&p, part);
	if (most != 0 && (separator.len || s.len))
		put_part(&p, s);
	*result = value_map(p.map, &type_map_string_string);
	return 0;
}

static void
add_part(void *arg, struct str part)
{
	func_add_str(arg, part);
}

static int
call_split_list(struct call *c, struct value *result)
{
	struct list_builder list;

	list_begin(&list, c->arena, &type_strings);
	func_split(func_str(c, 1), func_str(c, 0), add_part, &list);
	*result = list_end(&list);
	result->not_nil = true;
	return 0;
}

static int
call_join(struct call *c, struct value *result)
{
	struct value texts = sprig_texts(c->arena, &c->args[1]);
	struct buf out = func_buf(c);

	for (size_t i = 0; i < texts.len; i++) {
		struct value text = value_index(&texts, i);

		if (i)
			buf_str(&out, func_str(c, 0));
		buf_str(&out, value_as_str(&text));
	}
	return func_give(c, &out, result);
}

/* ---- building ---- */

static int
call_repeat(struct call *c, struct value *result)
{
	int64_t count = c->args[0].u.i;
	struct str s = func_str(c, 1);
	struct buf out;
	uint64_t length;

	if (count < 0)
		return call_fail(c, "strings: negative Repeat count");
	if (__builtin_mul_overflow(s.len, (uint64_t)count, &length) ||
	    length > INT64_MAX)
		return call_fail(c, "strings: Repeat output length overflow");
	if (length > LIMIT_OUTPUT_BYTES)
		return call_fail(c, "the result is too large");
	out = func_buf(c);
	for (int64_t i = 0; s.len && i < count; i++)
		buf_str(&out, s);
	return func_give(c, &out, result);
}

static int
indent(struct call *c, struct value *result, const char *before)
{
	int64_t spaces = c->args[0].u.i;
	struct str s = func_str(c, 1);
	struct buf out;

	if (spaces < 0)
		return call_fail(c, "strings: negative Repeat count");
	if (spaces > (int64_t)LIMIT_OUTPUT_BYTES)
		return call_fail(c, "the result is too large");
	out = func_buf(c);
	buf_puts(&out, before);
	buf_repeat(&out, ' ', (size_t)spaces);
	while (s.len && !out.failed) {
		const char *begin = s.ptr;

		str_take_line(&s);
		buf_put(&out, begin, (size_t)(s.ptr - begin));
		if (s.ptr[-1] == '\n')
			buf_repeat(&out, ' ', (size_t)spaces);
	}
	return func_give(c, &out, result);
}

static int
call_indent(struct call *c, struct value *result)
{
	return indent(c, result, "");
}

static int
call_nindent(struct call *c, struct value *result)
{
	return indent(c, result, "\n");
}

/* Every argument but nil, with a blank between. */
typedef void put_fn(struct arena *, struct buf *, const struct value *);

static int
put_all(struct call *c, struct value *result, put_fn *put)
{
	struct buf out = func_buf(c);
	bool more = false;

	for (size_t i = 0; i < c->argc; i++) {
		if (!c->args[i].type)
			continue;
		if (more)
			buf_char(&out, ' ');
		more = true;
		put(c->arena, &out, &c->args[i]);
	}
	return func_give(c, &out, result);
}

static void
put_quoted(struct arena *a, struct buf *out, const struct value *v)
{
	value_quote(out, sprig_text(a, v));
}

static void
put_single(struct arena *a, struct buf *out, const struct value *v)
{
	(void)a;
	buf_char(out, '\'');
	value_print(out, v);
	buf_char(out, '\'');
}

static void
put_plain(struct arena *a, struct buf *out, const struct value *v)
{
	(void)a;
	value_print(out, v);
}

static int
call_quote(struct call *c, struct value *result)
{
	return put_all(c, result, put_quoted);
}

static int
call_squote(struct call *c, struct value *result)
{
	return put_all(c, result, put_single);
}

static int
call_cat(struct call *c, struct value *result)
{
	return put_all(c, result, put_plain);
}

static int
call_plural(struct call *c, struct value *result)
{
	*result = c->args[c->args[2].u.i == 1 ? 0 : 1];
	return 0;
}

/* Unbiased, below n. */
static uint32_t
random_below(uint32_t n)
{
	uint32_t skew = (uint32_t)(-n) % n, r = 0;

	do {
		if (getrandom(&r, sizeof(r), 0) != sizeof(r))
			return 0;
	} while (r < skew);
	return r % n;
}

static int
call_shuffle(struct call *c, struct value *result)
{
	struct str s = func_str(c, 0);
	uint32_t *runes = arena_array(c->arena, s.len + 1, sizeof(*runes));
	struct buf out = func_buf(c);
	uint32_t count = 0;

	for (size_t i = 0; i < s.len; count++)
		i += rune_decode(s.ptr + i, s.len - i, &runes[count]);
	for (uint32_t i = count; i > 1; i--) {
		uint32_t k = random_below(i), rune = runes[i - 1];

		runes[i - 1] = runes[k];
		runes[k] = rune;
	}
	for (uint32_t i = 0; i < count; i++)
		buf_rune(&out, runes[i]);
	return func_give(c, &out, result);
}

/* ---- asking ---- */

static int
call_contains(struct call *c, struct value *result)
{
	*result = value_bool(str_find(func_str(c, 1), func_str(c, 0)) >= 0);
	return 0;
}

static int
call_has_prefix(struct call *c, struct value *result)
{
	*result = value_bool(str_has_prefix(func_str(c, 1), func_str(c, 0)));
	return 0;
}

static int
call_has_suffix(struct call *c, struct value *result)
{
	*result = value_bool(str_has_suffix(func_str(c, 1), func_str(c, 0)));
	return 0;
}

/* ---- words and case ---- */

#define CHANGE(name, function)                                       \
	static int call_##name(struct call *c, struct value *result) \
	{                                                            \
		struct buf out = func_buf(c);                        \
                                                                     \
		function(&out, func_str(c, 0));                      \
		return func_give(c, &out, result);                   \
	}
CHANGE(title, words_title)
CHANGE(untitle, words_untitle)
CHANGE(swapcase, words_swap_case)
CHANGE(camelcase, words_camel)
CHANGE(initials, words_initials)
CHANGE(nospace, words_join)

static int
connect_words(struct call *c, struct value *result, char connector)
{
	struct buf out = func_buf(c);

	words_connect(&out, func_str(c, 0), connector);
	return func_give(c, &out, result);
}

static int
call_snakecase(struct call *c, struct value *result)
{
	return connect_words(c, result, '_');
}

static int
call_kebabcase(struct call *c, struct value *result)
{
	return connect_words(c, result, '-');
}

static int
call_wrap(struct call *c, struct value *result)
{
	struct buf out = func_buf(c);

	words_wrap(&out, func_str(c, 1), c->args[0].u.i, STR("\n"), false);
	return func_give(c, &out, result);
}

static int
call_wrap_with(struct call *c, struct value *result)
{
	struct buf out = func_buf(c);

	words_wrap(&out, func_str(c, 2), c->args[0].u.i, func_str(c, 1), true);
	return func_give(c, &out, result);
}

static int
call_abbrev(struct call *c, struct value *result)
{
	int64_t width = c->args[0].u.i;
	struct buf out;

	if (width < 4)
		return give_str(result, func_str(c, 1));
	out = func_buf(c);
	words_abbreviate(&out, func_str(c, 1), 0, width);
	return func_give(c, &out, result);
}

static int
call_abbrevboth(struct call *c, struct value *result)
{
	int64_t left = c->args[0].u.i, right = c->args[1].u.i;
	struct buf out;

	if (right < 4 || (left > 0 && right < 7))
		return give_str(result, func_str(c, 2));
	out = func_buf(c);
	words_abbreviate(&out, func_str(c, 2), left, right);
	return func_give(c, &out, result);
}

#define ANY "interface {}"

static const struct func funcs[] = {
    {"sprig_abbrev", "int,string", "string", call_abbrev, FUNC_PURE,
	"sprig_abbrev n s — at most n bytes, ... at the end"},
    {"sprig_abbrevboth", "int,int,string", "string", call_abbrevboth, FUNC_PURE,
	"sprig_abbrevboth from n s — ... at both ends"},
    {"sprig_camelcase", "string", "string", call_camelcase, FUNC_PURE,
	"sprig_camelcase s — FooBar of foo_bar"},
    {"sprig_cat", "..." ANY, "string", call_cat, FUNC_PURE,
	"sprig_cat v… — as printed, with blanks between"},
    {"sprig_contains", "string,string", "bool", call_contains, FUNC_PURE,
	"sprig_contains part s — is part in s?"},
    {"sprig_hasPrefix", "string,string", "bool", call_has_prefix, FUNC_PURE,
	"sprig_hasPrefix prefix s — does s begin with it?"},
    {"sprig_hasSuffix", "string,string", "bool", call_has_suffix, FUNC_PURE,
	"sprig_hasSuffix suffix s — does s end with it?"},
    {"sprig_indent", "int,string", "string", call_indent, FUNC_PURE,
	"sprig_indent n s — n blanks before every line, empty ones too"},
    {"sprig_initials", "string", "string", call_initials, FUNC_PURE,
	"sprig_initials s — the first letter of every word"},
    {"sprig_join", "string," ANY, "string", call_join, FUNC_PURE,
	"sprig_join separator list — its elements as one text"},
    {"sprig_kebabcase", "string", "string", call_kebabcase, FUNC_PURE,
	"sprig_kebabcase s — foo-bar of FooBar"},
    {"sprig_lower", "string", "string", func_to_lower, FUNC_PURE,
	"sprig_lower s — in lower case"},
    {"sprig_nindent", "int,string", "string", call_nindent, FUNC_PURE,
	"sprig_nindent n s — as sprig_indent, a new line in front"},
    {"sprig_nospace", "string", "string", call_nospace, FUNC_PURE,
	"sprig_nospace s — without white space"},
    {"sprig_plural", "string,string,int", "string", call_plural, FUNC_PURE,
	"sprig_plural one many n — one if n is 1"},
    {"sprig_quote", "..." ANY, "string", call_quote, FUNC_PURE,
	"sprig_quote v… — in double quotes, escaped"},
    {"sprig_repeat", "int,string", "string", call_repeat, FUNC_PURE,
	"sprig_repeat n s — s, n times"},
    {"sprig_replace", "string,string,string", "string", func_replace_all,
	FUNC_PURE, "sprig_replace from to s — every from becomes to"},
    {"sprig_shuffle", "string", "string", call_shuffle, FUNC_EFFECT,
	"sprig_shuffle s — its letters in random order"},
    {"sprig_snakecase", "string", "string", call_snakecase, FUNC_PURE,
	"sprig_snakecase s — foo_bar of FooBar"},
    {"sprig_split", "string,string", "map[string]string", call_split, FUNC_PURE,
	"sprig_split separator s — parts as _0, _1 …"},
    {"sprig_splitList", "string,string", "[]string", call_split_list, FUNC_PURE,
	"sprig_splitList separator s — a list of parts"},
    {"sprig_splitn", "string,int,string", "map[string]string", call_splitn,
	FUNC_PURE, "sprig_splitn separator n s — at most n parts"},
    {"sprig_squote", "..." ANY, "string", call_squote, FUNC_PURE,
	"sprig_squote v… — in single quotes"},
    {"sprig_substr", "int,int,string", "string", call_substr, FUNC_PURE,
	"sprig_substr from to s — those bytes"},
    {"sprig_swapcase", "string", "string", call_swapcase, FUNC_PURE,
	"sprig_swapcase s — upper for lower and lower for upper"},
    {"sprig_title", "string", "string", call_title, FUNC_PURE,
	"sprig_title s — every word begins in title case"},
    {"sprig_trim", "string", "string", func_trim_space, FUNC_PURE,
	"sprig_trim s — without white space at the ends"},
    {"sprig_trimAll", "string,string", "string", func_trim, FUNC_PURE,
	"sprig_trimAll set s — without those characters at the ends"},
    {"sprig_trimPrefix", "string,string", "string", func_trim_prefix, FUNC_PURE,
	"sprig_trimPrefix prefix s — s without it"},
    {"sprig_trimSuffix", "string,string", "string", func_trim_suffix, FUNC_PURE,
	"sprig_trimSuffix suffix s — s without it"},
    {"sprig_trimall", "string,string", "string", func_trim, FUNC_PURE,
	"sprig_trimall set s — as sprig_trimAll"},
    {"sprig_trunc", "int,string", "string", call_trunc, FUNC_PURE,
	"sprig_trunc n s — the first n bytes, or the last -n"},
    {"sprig_untitle", "string", "string", call_untitle, FUNC_PURE,
	"sprig_untitle s — every word begins in lower case"},
    {"sprig_upper", "string", "string", func_to_upper, FUNC_PURE,
	"sprig_upper s — in upper case"},
    {"sprig_wrap", "int,string", "string", call_wrap, FUNC_PURE,
	"sprig_wrap n s — lines of n bytes, words whole"},
    {"sprig_wrapWith", "int,string,string", "string", call_wrap_with, FUNC_PURE,
	"sprig_wrapWith n break s — long words are cut"},
};

const struct func_family family_sprig_strings = {
    .name = "sprig strings",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
