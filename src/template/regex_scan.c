/* SPDX-License-Identifier: MIT */
/*
 * Go's grammar of patterns, as far as its errors need it: which of them comes
 * first, and what of the pattern it quotes. RE2, which reads the result, is
 * asked first about what stands before.
 */
#include "regex_scan.h"

#include <string.h>

#include "regex_class.h"
#include "rune.h"
#include "weir/xalloc.h"

/* Go's bound for {n,m}. */
#define REPEATS 1000
/* Go's bound for nested expressions, of which a group is one. */
#define DEPTH 1000

int
regex_scan_stop(struct regex_scan *s, enum re2_error error, struct str part)
{
	s->error = error;
	buf_reset(&s->part);
	buf_str(&s->part, part);
	return -1;
}

static struct str
rest(const struct regex_scan *s)
{
	return (struct str){s->in.ptr + s->at, s->in.len - s->at};
}

static int
copy(struct regex_scan *s, size_t n)
{
	size_t end = s->in.len - s->at < n ? s->in.len : s->at + n, width;
	uint32_t rune;

	for (; s->at < end; s->at += width) {
		width =
		    rune_decode(s->in.ptr + s->at, s->in.len - s->at, &rune);
		if (rune == RUNE_ERROR && width == 1)
			return regex_scan_stop(s, RE2_BAD_UTF8, rest(s));
		buf_put(&s->out, s->in.ptr + s->at, width);
	}
	return 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return c == '_' || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
	       is_digit(c);
}

/* The next rune of t; -1 for a bad byte. RUNE_ERROR at the end. */
static int
take_rune(struct regex_scan *s, struct str *t, uint32_t *rune)
{
	size_t width = 0;

	*rune = RUNE_ERROR;
	if (t->len > 0)
		width = rune_decode(t->ptr, t->len, rune);
	if (*rune == RUNE_ERROR && width == 1)
		return regex_scan_stop(s, RE2_BAD_UTF8, *t);
	t->ptr += width;
	t->len -= width;
	return 0;
}

static int
check_runes(struct regex_scan *s, struct str t)
{
	uint32_t rune;

	while (t.len > 0)
		if (take_rune(s, &t, &rune) < 0)
			return -1;
	return 0;
}

/* \Q…\E: literal text, perhaps to the end. */
static int
scan_literal(struct regex_scan *s)
{
	ptrdiff_t end = str_find(rest(s), STR("\\E"));
	struct str text = rest(s);

	if (end >= 0)
		text.len = (size_t)end;
	if (check_runes(s, text) < 0)
		return -1;
	return copy(s, end < 0 ? s->in.len : (size_t)end + 2);
}

/* \pN, \\p{name}, \\p{^name} */
static int
scan_unicode(struct regex_scan *s, bool in_class)
{
	struct str all = rest(s), t = {all.ptr + 2, all.len - 2}, name = t;
	bool negated = all.ptr[1] == 'P';
	const char *end = memchr(all.ptr, '}', all.len);
	uint32_t rune;
	size_t whole;

	if (take_rune(s, &t, &rune) < 0)
		return -1;
	name.len = (size_t)(t.ptr - name.ptr);
	whole = name.len + 2;
	if (rune == '{' && !end)
		return check_runes(s, all) < 0
			   ? -1
			   : regex_scan_stop(s, RE2_BAD_RANGE, all);
	if (rune == '{') {
		whole = (size_t)(end - all.ptr) + 1;
		name = (struct str){all.ptr + 3, whole - 4};
		if (check_runes(s, name) < 0)
			return -1;
	}
	if (rune == '{' && name.len > 0 && name.ptr[0] == '^') {
		negated = !negated;
		name.ptr++;
		name.len--;
	}
	if (!regex_class_put(&s->out, name, negated, in_class))
		return regex_scan_stop(
		    s, RE2_BAD_RANGE, (struct str){all.ptr, whole});
	s->at += whole;
	return 0;
}

static int
hex_value(uint32_t rune)
{
	if (rune >= '0' && rune <= '9')
		return (int)rune - '0';
	rune |= 0x20;
	return rune >= 'a' && rune <= 'f' ? (int)rune - 'a' + 10 : -1;
}

/* What follows \x: two digits, or some in braces. ok: it is a character. */
static int
take_hex(struct regex_scan *s, struct str *t, bool *ok)
{
	uint32_t first, rune, value = 0;
	size_t digits = 0;

	*ok = false;
	if (t->len == 0)
		return 0;
	if (take_rune(s, t, &first) < 0)
		return -1;
	if (first != '{') {
		if (take_rune(s, t, &rune) < 0)
			return -1;
		*ok = hex_value(first) >= 0 && hex_value(rune) >= 0;
		return 0;
	}
	for (; t->len > 0; digits++) {
		if (take_rune(s, t, &rune) < 0)
			return -1;
		*ok = rune == '}' && digits > 0;
		if (hex_value(rune) < 0)
			return 0;
		value = value * 16 + (uint32_t)hex_value(rune);
		if (value > RUNE_MAX)
			return 0;
	}
	return 0;
}

static bool
is_octal(struct str t)
{
	return t.len > 0 && t.ptr[0] >= '0' && t.ptr[0] <= '7';
}

/* Up to three octal digits, the first of them taken; one alone, but 0, would
 * be a reference to a group. */
static bool
take_octal(struct str *t, uint32_t first)
{
	if (first != '0' && !is_octal(*t))
		return false;
	for (int i = 1; i < 3 && is_octal(*t); i++) {
		t->ptr++;
		t->len--;
	}
	return true;
}

/* An escape that stands for one character. */
static int
scan_character(struct regex_scan *s)
{
	struct str all = rest(s), t = {all.ptr + 1, all.len - 1};
	uint32_t c;
	bool ok;

	if (t.len == 0)
		return regex_scan_stop(s, RE2_TRAILING_BACKSLASH, STR(""));
	if (take_rune(s, &t, &c) < 0)
		return -1;
	if (c == 'x') {
		if (take_hex(s, &t, &ok) < 0)
			return -1;
	} else if (c >= '0' && c <= '7') {
		ok = take_octal(&t, c);
	} else {
		ok = c < 0x80 && (!is_word((char)c) || c == '_' ||
				     strchr("afnrtv", (int)c));
	}
	if (!ok)
		return regex_scan_stop(s, RE2_BAD_ESCAPE,
		    (struct str){all.ptr, (size_t)(t.ptr - all.ptr)});
	s->at += c == '_'; /* RE2 does not have \_ */
	return copy(s, (size_t)(t.ptr - s->in.ptr) - s->at);
}

static int
scan_escape(struct regex_scan *s, bool in_class)
{
	char c = s->at + 1 < s->in.len ? s->in.ptr[s->at + 1] : 0;

	if (c == 'Q' && !in_class)
		return scan_literal(s);
	if (c == 'p' || c == 'P')
		return scan_unicode(s, in_class);
	if (c && strchr(in_class ? "dDsSwW" : "dDsSwWAbBz", c))
		return copy(s, 2);
	return scan_character(s); /* RE2's \C, any byte, too */
}

/* […]; a ] at the beginning stands for itself. */
static int
scan_class(struct regex_scan *s)
{
	int rc;

	s->class_at = s->at;
	s->in_class = true;
	rc = copy(s, 1);
	if (str_has_prefix(rest(s), STR("^")))
		rc = copy(s, 1);
	if (str_has_prefix(rest(s), STR("]")))
		rc = copy(s, 1);
	while (rc == 0 && s->at < s->in.len && s->in.ptr[s->at] != ']') {
		ptrdiff_t end = -1;

		if (str_has_prefix(rest(s), STR("[:")))
			end = str_find(rest(s), STR(":]"));
		if (end > 0 &&
		    !rune_is_valid((struct str){rest(s).ptr, (size_t)end}))
			rc = regex_scan_stop(s, RE2_BAD_RANGE,
			    (struct str){rest(s).ptr, (size_t)end + 2});
		else if (end > 0)
			rc = copy(s, (size_t)end + 2);
		else if (s->in.ptr[s->at] == '\\')
			rc = scan_escape(s, true);
		else
			rc = copy(s, 1);
	}
	s->in_class = rc < 0;
	return rc == 0 ? copy(s, 1) : rc;
}

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_word(name.ptr[i]))
			return false;
	return name.len > 0;
}

static void
add_name(struct regex_scan *s, struct str name)
{
	s->names = xrealloc(s->names, s->name_count + 1, sizeof(*s->names));
	s->names[s->name_count++] = name;
}

static void
go_deeper(struct regex_scan *s)
{
	if (++s->depth > s->deepest)
		s->deepest = s->depth;
}

/* (?flags) and (?flags: */
static int
scan_flags(struct regex_scan *s)
{
	struct str all = rest(s), t = {all.ptr + 2, all.len - 2};
	bool negated = false, any = true;
	uint32_t c;

	while (t.len > 0) {
		if (take_rune(s, &t, &c) < 0)
			return -1;
		if (c == 'i' || c == 'm' || c == 's' || c == 'U') {
			any = true;
		} else if (c == '-' && !negated) {
			negated = true;
			any = false;
		} else if (any && (c == ':' || c == ')')) {
			if (c == ':')
				go_deeper(s);
			return copy(s, (size_t)(t.ptr - all.ptr));
		} else {
			break;
		}
	}
	return regex_scan_stop(
	    s, RE2_BAD_PERL, (struct str){all.ptr, (size_t)(t.ptr - all.ptr)});
}

/* ( of any kind; `name_at` is where a name begins, 0: there is none. */
static int
scan_group(struct regex_scan *s)
{
	struct str all = rest(s);
	size_t name_at = 0;
	const char *end;
	struct str name;

	if (all.len > 4 && str_has_prefix(all, STR("(?P<")))
		name_at = 4;
	else if (all.len > 3 && str_has_prefix(all, STR("(?<")))
		name_at = 3;
	if (name_at == 0 && str_has_prefix(all, STR("(?")))
		return scan_flags(s);
	if (name_at == 0) {
		add_name(s, STR(""));
		go_deeper(s);
		return copy(s, 1);
	}
	end = memchr(all.ptr, '>', all.len);
	if (!end)
		return check_runes(s, all) < 0
			   ? -1
			   : regex_scan_stop(s, RE2_BAD_NAME, all);
	name =
	    (struct str){all.ptr + name_at, (size_t)(end - all.ptr) - name_at};
	if (check_runes(s, name) < 0)
		return -1;
	if (!is_name(name))
		return regex_scan_stop(s, RE2_BAD_NAME,
		    (struct str){all.ptr, (size_t)(end - all.ptr) + 1});
	add_name(s, name);
	go_deeper(s);
	buf_char(&s->out, '(');
	s->at += name_at + name.len + 1;
	return 0;
}

/* A number without leading zeros; -1 if it is large. false: there is none. */
static bool
take_count(struct str *t, int *n)
{
	struct str digits = *t;

	for (*n = 0; t->len && is_digit(t->ptr[0]); t->ptr++, t->len--)
		if (*n > REPEATS)
			*n = -1;
		else if (*n >= 0)
			*n = *n * 10 + (t->ptr[0] - '0');
	digits.len -= t->len;
	return digits.len == 1 || (digits.len > 1 && digits.ptr[0] != '0');
}

/* {n}, {n,}, {n,m}; anything else is text. */
static int
scan_repeat(struct regex_scan *s)
{
	struct str all = rest(s), t = {all.ptr + 1, all.len - 1};
	int least, most;

	if (!take_count(&t, &least))
		return copy(s, 1);
	most = least;
	if (t.len && t.ptr[0] == ',') {
		t = (struct str){t.ptr + 1, t.len - 1};
		most = REPEATS;
		if (t.len && t.ptr[0] != '}' && !take_count(&t, &most))
			return copy(s, 1);
	}
	if (!t.len || t.ptr[0] != '}')
		return copy(s, 1);
	t.ptr++;
	if (least < 0 || least > most || most > REPEATS)
		return regex_scan_stop(s, RE2_REPEAT_SIZE,
		    (struct str){all.ptr, (size_t)(t.ptr - all.ptr)});
	return copy(s, (size_t)(t.ptr - all.ptr));
}

static int
scan_one(struct regex_scan *s)
{
	switch (s->in.ptr[s->at]) {
	case '\\':
		return scan_escape(s, false);
	case '[':
		return scan_class(s);
	case '(':
		return scan_group(s);
	case '{':
		return scan_repeat(s);
	case ')':
		if (s->depth > 0)
			s->depth--;
		return copy(s, 1);
	default:
		return copy(s, 1);
	}
}

int
regex_scan(struct regex_scan *s)
{
	while (s->at < s->in.len)
		if (scan_one(s) < 0)
			return -1;
	if (s->deepest >= DEPTH)
		return regex_scan_stop(s, REGEX_TOO_DEEP, s->in);
	return 0;
}
