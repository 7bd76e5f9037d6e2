/* SPDX-License-Identifier: MIT */
/* Scalars that are plain or quoted. */
#include <string.h>

#include "yaml_fold.h"

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
skip_plain_space(struct yaml_scanner *s, struct yaml_fold *fold)
{
	struct yaml_text *t = &s->text;

	while (yaml_text_is_space(t)) {
		if (yaml_text_is_break(t, 0)) {
			yaml_fold_take(s, fold);
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

/* A word, the part of the text from *from to *end being what is before it. */
static void
take_plain_word(
    struct yaml_scanner *s, struct yaml_fold *fold, size_t *from, size_t *end)
{
	size_t word = s->text.at;

	skip_plain_word(s);
	if (s->text.at == word)
		return;
	if (fold->broken) {
		buf_str(&s->scalar, yaml_fold_part(s, *from, *end));
		yaml_fold_put(s, fold);
		*from = word;
	}
	*end = s->text.at;
}

int
yaml_scan_plain(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at, end = t->at;
	struct yaml_fold fold;

	yaml_fold_begin(s, &fold);
	for (;;) {
		yaml_text_need(t, 4);
		if (yaml_text_is_document(t) || yaml_text_peek(t, 0) == '#')
			break;
		take_plain_word(s, &fold, &from, &end);
		if (!yaml_text_is_space(t))
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
	token->text = yaml_fold_finish(s, from, end);
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
take_backslash(struct yaml_scanner *s, struct yaml_fold *fold, size_t *from)
{
	struct yaml_text *t = &s->text;
	int rc = 0;

	buf_str(&s->scalar, yaml_fold_part(s, *from, t->at));
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
    struct yaml_scanner *s, char quote, struct yaml_fold *fold, size_t *from)
{
	struct yaml_text *t = &s->text;

	while (!fold->broken && !yaml_text_is_space_or_end(t, 0)) {
		unsigned char c = yaml_text_peek(t, 0);

		if (c == '\'' && quote == '\'' &&
		    yaml_text_peek(t, 1) == '\'') {
			yaml_text_skip(t);
			buf_str(&s->scalar, yaml_fold_part(s, *from, t->at));
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
take_quoted_space(struct yaml_scanner *s, struct yaml_fold *fold, size_t *from)
{
	struct yaml_text *t = &s->text;
	size_t space = t->at;

	while (yaml_text_is_space(t)) {
		if (!yaml_text_is_break(t, 0)) {
			yaml_text_skip(t);
		} else {
			if (!fold->broken)
				buf_str(&s->scalar,
				    yaml_fold_part(s, *from, space));
			yaml_fold_take(s, fold);
		}
		yaml_text_need(t, 1);
	}
	if (fold->broken) {
		yaml_fold_put(s, fold);
		*from = t->at;
	}
}

int
yaml_scan_quoted(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;
	char quote = (char)yaml_text_peek(t, 0);
	struct yaml_fold fold;
	size_t from;

	yaml_fold_begin(s, &fold);
	yaml_text_skip(t);
	from = t->at;
	for (;;) {
		yaml_text_need(t, 4);
		if (yaml_text_is_document(t))
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
	token->text = yaml_fold_finish(s, from, t->at);
	yaml_text_skip(t);
	return 0;
}
