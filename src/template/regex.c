/* SPDX-License-Identifier: MIT */
/*
 * Go's regexp on RE2. Names of groups are taken out of the pattern before RE2
 * sees it, since Go allows one name twice and (?<name>…). In a text, bad bytes
 * become U+FFFD, which is how Go's matcher reads them; positions are turned
 * back.
 */
#include "regex.h"

#include <stdlib.h>

#include "regex_scan.h"
#include "rune.h"
#include "unicode.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

/* Patterns kept; a configuration has some tens. */
#define KEPT 128

struct regex {
	struct re2_pattern *re2;
	struct str *names; /* by group, from 1; empty: none */
	size_t name_count;
	char *pattern;
	uint64_t used;
};

static const char *const messages[] = {
    [RE2_INTERNAL] = "regexp/syntax: internal error",
    [RE2_BAD_ESCAPE] = "invalid escape sequence",
    [RE2_BAD_CLASS] = "invalid character class",
    [RE2_BAD_RANGE] = "invalid character class range",
    [RE2_MISSING_BRACKET] = "missing closing ]",
    [RE2_MISSING_PAREN] = "missing closing )",
    [RE2_UNEXPECTED_PAREN] = "unexpected )",
    [RE2_TRAILING_BACKSLASH] = "trailing backslash at end of expression",
    [RE2_REPEAT_ARGUMENT] = "missing argument to repetition operator",
    [RE2_REPEAT_SIZE] = "invalid repeat count",
    [RE2_REPEAT_OPERATOR] = "invalid nested repetition operator",
    [RE2_BAD_PERL] = "invalid or unsupported Perl syntax",
    [RE2_BAD_UTF8] = "invalid UTF-8",
    [RE2_BAD_NAME] = "invalid named capture",
    [RE2_TOO_LARGE] = "expression too large",
    [REGEX_TOO_DEEP] = "expression nests too deeply",
};

/* --- compiling --- */

/* RE2's error in Go's terms: some of its parts are others. */
static void
translate(struct regex_scan *s, enum re2_error error, const char *part)
{
	struct str shown = str_of(part);

	switch (error) {
	case RE2_MISSING_PAREN:
	case RE2_TOO_LARGE:
	case RE2_UNEXPECTED_PAREN:
		shown = s->in;
		break;
	case RE2_MISSING_BRACKET: /* not as it was written for RE2 */
		shown = (struct str){
		    s->in.ptr + s->class_at, s->in.len - s->class_at};
		break;
	case RE2_TRAILING_BACKSLASH:
		shown = STR("");
		break;
	case RE2_BAD_UTF8: /* RE2's word for an \\x{ that ends there */
		error = RE2_BAD_ESCAPE;
		shown = STR("\\x{");
		break;
	default:
		break;
	}
	regex_scan_stop(s, error, shown);
}

/* Errors that a pattern may have because it was cut off. */
static bool
is_of_the_cut(enum re2_error error)
{
	return error == RE2_MISSING_BRACKET || error == RE2_MISSING_PAREN ||
	       error == RE2_TOO_LARGE;
}

/* Compiles s->out, which after a failure of scan is the pattern up to there:
 * what RE2 minds before counts. */
static struct re2_pattern *
compile_scanned(struct regex_scan *s, bool scanned)
{
	enum re2_error error;
	char *part = NULL;
	struct re2_pattern *re;

	if (s->in_class)
		buf_char(&s->out, ']');
	if (!scanned)
		buf_repeat(&s->out, ')', s->depth);
	re = re2_compile(buf_as_str(&s->out).ptr, s->out.len, &error, &part);
	if (!re && (scanned || !is_of_the_cut(error)))
		translate(s, error, part);
	free(part);
	if (!scanned) {
		re2_destroy(re);
		return NULL;
	}
	return re;
}

static void
destroy(struct regex *re)
{
	re2_destroy(re->re2);
	free(re->names);
	free(re->pattern);
	free(re);
}

static struct regex *
compile(struct str pattern, struct buf *message)
{
	struct regex *re = xcalloc(1, sizeof(*re));
	struct regex_scan s = {0};
	bool scanned;

	/* The names point into this copy. A pattern may hold a NUL. */
	re->pattern = xmalloc(pattern.len + 1);
	if (pattern.len)
		memcpy(re->pattern, pattern.ptr, pattern.len);
	re->pattern[pattern.len] = 0;
	s.in = (struct str){re->pattern, pattern.len};
	scanned = regex_scan(&s) == 0;
	re->re2 = compile_scanned(&s, scanned);
	re->names = s.names;
	re->name_count = s.name_count;
	if (!re->re2) {
		buf_printf(
		    message, "error parsing regexp: %s: `", messages[s.error]);
		buf_str(message, buf_as_str(&s.part));
		buf_char(message, '`');
		destroy(re);
		re = NULL;
	}
	buf_fini(&s.out);
	buf_fini(&s.part);
	return re;
}

/* --- patterns that are kept --- */

static struct strmap kept;
static uint64_t now;

static void
drop_oldest(void)
{
	const struct strmap_entry *oldest = NULL, *e;

	for (size_t i = 0; (e = strmap_next(&kept, &i));)
		if (!oldest || ((struct regex *)e->value)->used <
				   ((struct regex *)oldest->value)->used)
			oldest = e;
	if (oldest)
		destroy(strmap_take(&kept, oldest->key));
}

const struct regex *
regex_get(struct str pattern, struct buf *message)
{
	struct regex *re = strmap_get(&kept, pattern);

	if (!re) {
		re = compile(pattern, message);
		if (!re)
			return NULL;
		if (kept.count >= KEPT)
			drop_oldest();
		strmap_put(&kept, pattern, re);
	}
	re->used = ++now;
	return re;
}

int
regex_groups(const struct regex *re)
{
	return re2_groups(re->re2);
}

/* --- texts --- */

void
regex_text(struct regex_text *t, struct arena *arena, struct str s)
{
	size_t *was, n = 0;
	char *text;
	uint32_t rune;

	*t = (struct regex_text){s, s, NULL};
	if (rune_is_valid(s))
		return;
	text = arena_alloc(arena, s.len * 3 + 1);
	was = arena_array(arena, s.len * 3 + 1, sizeof(*was));
	for (size_t i = 0, width; i < s.len; i += width) {
		const char *from = s.ptr + i;
		size_t size;

		width = rune_decode(from, s.len - i, &rune);
		size = width;
		if (rune == RUNE_ERROR && width == 1) {
			from = "\xef\xbf\xbd";
			size = 3;
		}
		for (size_t k = 0; k < size; k++, n++) {
			text[n] = from[k];
			was[n] = i + (size == width ? k : 0);
		}
	}
	was[n] = s.len;
	t->text = (struct str){text, n};
	t->was = was;
}

/* RE2's \\B matches between the bytes of a rune, Go's doesn't. */
static bool
search(const struct regex *re, const struct regex_text *t, size_t from,
    struct re2_span *spans, int count)
{
	const struct str *text = &t->text;

	for (;; from = (size_t)spans[0].begin + 1) {
		if (!re2_search(
			re->re2, text->ptr, text->len, from, spans, count))
			return false;
		if ((size_t)spans[0].begin == text->len ||
		    !rune_is_tail((unsigned char)text->ptr[spans[0].begin]))
			return true;
	}
}

bool
regex_matches(const struct regex *re, const struct regex_text *t)
{
	struct re2_span span;

	return search(re, t, 0, &span, 1);
}

/* --- matches, one after the other --- */

void
regex_begin(struct regex_search *s, struct arena *arena, const struct regex *re,
    const struct regex_text *text)
{
	*s = (struct regex_search){.regex = re, .text = text};
	s->spans =
	    arena_array(arena, (size_t)regex_groups(re) + 1, sizeof(*s->spans));
}

static size_t
rune_width(struct str s, size_t at)
{
	uint32_t rune;

	return at < s.len ? rune_decode(s.ptr + at, s.len - at, &rune) : 0;
}

/* Offsets as they are in the text that was given. */
static void
turn_back(const struct regex_text *t, struct re2_span *spans, int count)
{
	for (int i = 0; t->was && i < count; i++)
		if (spans[i].begin >= 0) {
			spans[i].begin = (ptrdiff_t)t->was[spans[i].begin];
			spans[i].end = (ptrdiff_t)t->was[spans[i].end];
		}
}

bool
regex_next(struct regex_search *s)
{
	int count = regex_groups(s->regex) + 1;
	bool accepted;
	size_t end;

	do {
		if (s->is_over ||
		    !search(s->regex, s->text, s->position, s->spans, count)) {
			s->is_over = true;
			return false;
		}
		end = (size_t)s->spans[0].end;
		/* An empty match right behind another does not count. */
		accepted = end > s->last_end || s->spans[0].begin == 0;
		s->last_end = end;
		if (end > s->position) {
			s->position = end;
		} else if (s->position < s->text->text.len) {
			s->position += rune_width(s->text->text, s->position);
		} else {
			s->is_over = true;
		}
	} while (!accepted);
	turn_back(s->text, s->spans, count);
	return true;
}

/* --- replacing --- */

static void
put_group(struct buf *b, const struct regex_search *s, size_t group)
{
	const struct re2_span *span = &s->spans[group];

	if (group <= (size_t)regex_groups(s->regex) && span->begin >= 0)
		buf_put(b, s->text->given.ptr + span->begin,
		    (size_t)(span->end - span->begin));
}

/* The number that a name is, -1 if it is a name. */
static long
group_number(struct str name)
{
	long n = 0;

	if (name.ptr[0] == '0' && name.len > 1)
		return -1;
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] < '0' || name.ptr[i] > '9' || n >= 100000000)
			return -1;
		n = n * 10 + (name.ptr[i] - '0');
	}
	return n;
}

static void
put_named(struct buf *b, const struct regex_search *s, struct str name)
{
	const struct regex *re = s->regex;
	long number = group_number(name);

	if (number >= 0) {
		if (number <= regex_groups(re))
			put_group(b, s, (size_t)number);
		return;
	}
	for (size_t i = 0; i < re->name_count; i++)
		if (str_equal(re->names[i], name) &&
		    s->spans[i + 1].begin >= 0) {
			put_group(b, s, i + 1);
			return;
		}
}

/* The name behind a $, bare or in braces; bytes of it, 0 if there is none. */
static size_t
read_name(struct str s, struct str *name)
{
	bool brace = s.len > 0 && s.ptr[0] == '{';
	size_t from = brace, at = from, n;
	uint32_t rune;

	for (; at < s.len; at += n) {
		n = rune_decode(s.ptr + at, s.len - at, &rune);
		if (!rune_is_word(rune))
			break;
	}
	*name = (struct str){s.ptr + from, at - from};
	if (name->len == 0)
		return 0;
	if (!brace)
		return at;
	return at < s.len && s.ptr[at] == '}' ? at + 1 : 0;
}

static void
expand(struct buf *b, const struct regex_search *s, struct str to)
{
	struct str name;
	const char *dollar;

	while ((dollar = to.len ? memchr(to.ptr, '$', to.len) : NULL)) {
		size_t n = (size_t)(dollar - to.ptr);

		buf_put(b, to.ptr, n);
		to.ptr += n + 1;
		to.len -= n + 1;
		if (to.len > 0 && to.ptr[0] == '$') {
			buf_char(b, '$');
			n = 1;
		} else if ((n = read_name(to, &name)) > 0) {
			put_named(b, s, name);
		} else {
			buf_char(b, '$');
		}
		to.ptr += n;
		to.len -= n;
	}
	buf_str(b, to);
}

void
regex_replace(
    struct buf *b, struct regex_search *s, struct str to, bool literal)
{
	struct str given = s->text->given;
	size_t done = 0;

	while (!b->failed && regex_next(s)) {
		const struct re2_span *match = &s->spans[0];

		buf_put(b, given.ptr + done, (size_t)match->begin - done);
		if (literal)
			buf_str(b, to);
		else
			expand(b, s, to);
		done = (size_t)match->end;
	}
	buf_put(b, given.ptr + done, given.len - done);
}
