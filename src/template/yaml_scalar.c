/* SPDX-License-Identifier: MIT */
/*
 * Scalars: plain, quoted, and in blocks. One whose characters are in the text
 * as they are meant is a part of the text; any other is put together in
 * s->scalar.
 */
#include <string.h>

#include "yaml_scan.h"

/* The line breaks between two parts of a scalar. */
struct fold {
	bool broken;      /* behind a break, also one that was escaped */
	struct str first; /* the first one */
	struct buf *more; /* the others */
};

static struct str
part(const struct yaml_scanner *s, size_t from, size_t to)
{
	return (struct str){(const char *)s->text.bytes + from, to - from};
}

/* s->scalar, and behind it the text from here to there. */
static struct str
finish(struct yaml_scanner *s, size_t from, size_t to)
{
	if (!s->scalar.len)
		return part(s, from, to);
	buf_str(&s->scalar, part(s, from, to));
	return arena_str(s->arena, buf_as_str(&s->scalar));
}

static void
begin(struct yaml_scanner *s, struct fold *fold)
{
	buf_reset(&s->scalar);
	buf_reset(&s->breaks);
	*fold = (struct fold){.more = &s->breaks, .first = STR("")};
}

static void
take_fold(struct yaml_scanner *s, struct fold *fold)
{
	struct str taken = yaml_text_take_break(&s->text);

	if (fold->broken)
		buf_str(fold->more, taken);
	else
		fold->first = taken;
	fold->broken = true;
}

/* One new line is a space, each further one a new line. */
static void
put_fold(struct yaml_scanner *s, struct fold *fold)
{
	if (!str_is(fold->first, "\n"))
		buf_str(&s->scalar, fold->first);
	else if (!fold->more->len)
		buf_char(&s->scalar, ' ');
	buf_str(&s->scalar, buf_as_str(fold->more));
	buf_reset(fold->more);
	fold->first = STR("");
	fold->broken = false;
}

static bool
is_at_marker(const struct yaml_text *t)
{
	return yaml_text_is_marker(t, '-') || yaml_text_is_marker(t, '.');
}

static bool
is_blank_or_break(const struct yaml_text *t)
{
	return yaml_text_is_blank(t, 0) || yaml_text_is_break(t, 0);
}

/* ---- plain ---- */

static bool
is_plain_end(const struct yaml_scanner *s)
{
	unsigned char c = yaml_text_peek(&s->text, 0);

	if (c == ':' && yaml_text_is_space_or_end(&s->text, 1))
		return true;
	return s->flow && (c == ',' || c == '?' || c == '[' || c == ']' ||
			      c == '{' || c == '}');
}

static void
skip_plain_word(struct yaml_scanner *s)
{
	while (!yaml_text_is_space_or_end(&s->text, 0) && !is_plain_end(s)) {
		yaml_text_skip(&s->text);
		yaml_text_need(&s->text, 2);
	}
}

/* Between words; -1 where a tab is in the place of indentation. */
static int
skip_plain_space(struct yaml_scanner *s, struct fold *fold)
{
	struct yaml_text *t = &s->text;

	while (is_blank_or_break(t)) {
		if (yaml_text_is_break(t, 0)) {
			take_fold(s, fold);
		} else {
			if (fold->broken && t->mark.column <= s->indent &&
			    yaml_text_peek(t, 0) == '\t')
				return yaml_scan_fail(s,
				    "found a tab character that violates "
				    "indentation");
			yaml_text_skip(t);
		}
		yaml_text_need(t, 1);
	}
	return 0;
}

int
yaml_scan_plain(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at, end = t->at;
	struct fold fold;

	begin(s, &fold);
	for (;;) {
		size_t word = t->at;

		yaml_text_need(t, 4);
		if (is_at_marker(t) || yaml_text_peek(t, 0) == '#')
			break;
		skip_plain_word(s);
		if (t->at > word && fold.broken) {
			buf_str(&s->scalar, part(s, from, end));
			put_fold(s, &fold);
			from = word;
		}
		if (t->at > word)
			end = t->at;
		if (!is_blank_or_break(t))
			break;
		if (skip_plain_space(s, &fold) < 0)
			return -1;
		if (!s->flow && t->mark.column <= s->indent)
			break;
	}
	if (fold.broken)
		s->key_allowed = true;
	token->type = YAML_TOKEN_SCALAR;
	token->plain = true;
	token->text = finish(s, from, end);
	return 0;
}

/* ---- quoted ---- */

/* The character of a number of so many digits. */
static int
take_code(struct yaml_scanner *s, size_t digits)
{
	struct yaml_text *t = &s->text;
	uint32_t c = 0;

	yaml_text_need(t, (ptrdiff_t)digits);
	for (size_t i = 0; i < digits; i++) {
		int digit = yaml_text_hex(t, i);

		if (digit < 0)
			return yaml_scan_fail(
			    s, "did not find expected hexdecimal number");
		c = c << 4 | (uint32_t)digit;
	}
	if ((c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
		return yaml_scan_fail(
		    s, "found invalid Unicode character escape code");
	buf_rune(&s->scalar, c);
	while (digits--)
		yaml_text_skip(t);
	return 0;
}

/* What a backslash and what is behind it stand for. */
static int
take_escape(struct yaml_scanner *s)
{
	static const char names[] = "0abt\tnvfre \"'\\N_LP";
	static const uint16_t characters[] = {0, 7, 8, 9, 9, 10, 11, 12, 13, 27,
	    ' ', '"', '\'', '\\', 0x85, 0xA0, 0x2028, 0x2029};
	unsigned char c = yaml_text_peek(&s->text, 1);
	size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	const char *name = c ? strchr(names, c) : NULL;

	if (!digits && !name)
		return yaml_scan_fail(s, "found unknown escape character");
	yaml_text_skip(&s->text);
	yaml_text_skip(&s->text);
	if (digits)
		return take_code(s, digits);
	buf_rune(&s->scalar, characters[name - names]);
	return 0;
}

/* A backslash, what was before it being put from *from on. */
static int
take_backslash(struct yaml_scanner *s, struct fold *fold, size_t *from)
{
	struct yaml_text *t = &s->text;
	int rc = 0;

	buf_str(&s->scalar, part(s, *from, t->at));
	if (yaml_text_is_break(t, 1)) {
		yaml_text_need(t, 3);
		yaml_text_skip(t);
		yaml_text_take_break(t);
		fold->broken = true;
	} else {
		rc = take_escape(s);
	}
	*from = t->at;
	return rc;
}

/* Up to a blank, a break or the closing quote. */
static int
take_quoted_word(
    struct yaml_scanner *s, char quote, struct fold *fold, size_t *from)
{
	struct yaml_text *t = &s->text;

	while (!fold->broken && !yaml_text_is_space_or_end(t, 0)) {
		unsigned char c = yaml_text_peek(t, 0);

		if (c == '\'' && quote == '\'' &&
		    yaml_text_peek(t, 1) == '\'') {
			yaml_text_skip(t);
			buf_str(&s->scalar, part(s, *from, t->at));
			yaml_text_skip(t);
			*from = t->at;
		} else if (c == (unsigned char)quote) {
			break;
		} else if (c == '\\' && quote == '"') {
			if (take_backslash(s, fold, from) < 0)
				return -1;
		} else {
			yaml_text_skip(t);
		}
		if (!fold->broken)
			yaml_text_need(t, 2);
	}
	return 0;
}

/* Blanks at either end of a line are nothing. */
static void
take_quoted_space(struct yaml_scanner *s, struct fold *fold, size_t *from)
{
	struct yaml_text *t = &s->text;
	size_t space = t->at;

	while (is_blank_or_break(t)) {
		if (!yaml_text_is_break(t, 0)) {
			yaml_text_skip(t);
		} else {
			if (!fold->broken)
				buf_str(&s->scalar, part(s, *from, space));
			take_fold(s, fold);
		}
		yaml_text_need(t, 1);
	}
	if (fold->broken) {
		put_fold(s, fold);
		*from = t->at;
	}
}

int
yaml_scan_quoted(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;
	char quote = (char)yaml_text_peek(t, 0);
	struct fold fold;
	size_t from;

	begin(s, &fold);
	yaml_text_skip(t);
	from = t->at;
	for (;;) {
		yaml_text_need(t, 4);
		if (is_at_marker(t))
			return yaml_scan_fail(
			    s, "found unexpected document indicator");
		if (!yaml_text_peek(t, 0))
			return yaml_scan_fail(
			    s, "found unexpected end of stream");
		if (take_quoted_word(s, quote, &fold, &from) < 0)
			return -1;
		yaml_text_need(t, 1);
		if (yaml_text_peek(t, 0) == (unsigned char)quote)
			break;
		take_quoted_space(s, &fold, &from);
	}
	token->type = YAML_TOKEN_SCALAR;
	token->text = finish(s, from, t->at);
	yaml_text_skip(t);
	return 0;
}

/* ---- blocks ---- */

struct block {
	bool literal;
	int chomp;  /* 1: keep what is empty at the end, -1: not even a break */
	int indent; /* 0: not known yet */
};

static bool
take_chomp(struct yaml_scanner *s, struct block *b)
{
	unsigned char c = yaml_text_peek(&s->text, 0);

	if (c != '+' && c != '-')
		return false;
	b->chomp = c == '+' ? 1 : -1;
	yaml_text_skip(&s->text);
	yaml_text_need(&s->text, 1);
	return true;
}

static int
take_indent(struct yaml_scanner *s, struct block *b)
{
	unsigned char c = yaml_text_peek(&s->text, 0);

	if (c < '0' || c > '9')
		return 0;
	if (c == '0')
		return yaml_scan_fail(
		    s, "found an indentation indicator equal to 0");
	b->indent = c - '0' + (s->indent > 0 ? s->indent : 0);
	yaml_text_skip(&s->text);
	yaml_text_need(&s->text, 1);
	return 0;
}

/* The line of the '|' or '>'. */
static int
take_block_head(struct yaml_scanner *s, struct block *b)
{
	struct yaml_text *t = &s->text;
	bool chomped;

	b->literal = yaml_text_peek(t, 0) == '|';
	yaml_text_skip(t);
	yaml_text_need(t, 1);
	chomped = take_chomp(s, b);
	if (take_indent(s, b) < 0)
		return -1;
	if (!chomped && b->indent)
		take_chomp(s, b);
	yaml_text_skip_blanks(t);
	yaml_text_skip_comment(t);
	if (!yaml_text_is_break_or_end(t, 0))
		return yaml_scan_fail(
		    s, "did not find expected comment or line break");
	yaml_text_take_break(t);
	return 0;
}

/* Over indentation and empty lines; the indentation is that of the widest of
 * them unless it is known. */
static int
take_block_breaks(struct yaml_scanner *s, struct block *b)
{
	struct yaml_text *t = &s->text;
	int widest = s->indent + 1 > 1 ? s->indent + 1 : 1;

	for (;;) {
		yaml_text_need(t, 1);
		while ((!b->indent || t->mark.column < b->indent) &&
		       yaml_text_peek(t, 0) == ' ') {
			yaml_text_skip(t);
			yaml_text_need(t, 1);
		}
		if (t->mark.column > widest)
			widest = t->mark.column;
		if ((!b->indent || t->mark.column < b->indent) &&
		    yaml_text_peek(t, 0) == '\t')
			return yaml_scan_fail(s,
			    "found a tab character where an indentation space "
			    "is expected");
		if (!yaml_text_is_break(t, 0))
			break;
		buf_str(&s->breaks, yaml_text_take_break(t));
	}
	if (!b->indent)
		b->indent = widest;
	return 0;
}

static void
put_line(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at;

	while (!yaml_text_is_break_or_end(t, 0)) {
		yaml_text_skip(t);
		yaml_text_need(t, 1);
	}
	buf_str(&s->scalar, part(s, from, t->at));
}

int
yaml_scan_block(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;
	struct block b = {0};
	struct fold fold;
	bool was_blank = false;

	begin(s, &fold);
	if (take_block_head(s, &b) < 0 || take_block_breaks(s, &b) < 0)
		return -1;
	while (t->mark.column == b.indent && yaml_text_peek(t, 0)) {
		bool blank = yaml_text_is_blank(t, 0);

		/* what is indented further keeps its lines */
		if (b.literal || was_blank || blank) {
			buf_str(&s->scalar, fold.first);
			fold.first = STR("");
		}
		put_fold(s, &fold);
		was_blank = blank;
		put_line(s);
		yaml_text_need(t, 2);
		fold.first = yaml_text_take_break(t);
		if (take_block_breaks(s, &b) < 0)
			return -1;
	}
	if (b.chomp >= 0)
		buf_str(&s->scalar, fold.first);
	if (b.chomp > 0)
		buf_str(&s->scalar, buf_as_str(&s->breaks));
	token->type = YAML_TOKEN_SCALAR;
	token->text = arena_str(s->arena, buf_as_str(&s->scalar));
	return 0;
}
