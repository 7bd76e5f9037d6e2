/* SPDX-License-Identifier: MIT */
/*
 * What stands in front of a node or a document: anchors, tags and directives;
 * and aliases, which look like anchors.
 */
#include <string.h>

#include "yaml_scan.h"

static struct str
take_word(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at;

	yaml_text_need(t, 1);
	while (yaml_text_is_word(t)) {
		yaml_text_skip(t);
		yaml_text_need(t, 1);
	}
	return (struct str){(const char *)t->bytes + from, t->at - from};
}

/* A name may be followed by a few indicators. */
int
yaml_scan_anchor(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;

	token->type =
	    yaml_text_peek(t, 0) == '*' ? YAML_TOKEN_ALIAS : YAML_TOKEN_ANCHOR;
	yaml_text_skip(t);
	token->text = take_word(s);
	if (!token->text.len || (!yaml_text_is_space_or_end(t, 0) &&
				    !strchr("?:,]}%@`", yaml_text_peek(t, 0))))
		return yaml_scan_fail(
		    s, "did not find expected alphabetic or numeric character");
	return 0;
}

/* ---- tags ---- */

/* %41 and so on: as many as the character that they are in UTF-8 has bytes. */
static int
take_uri_escape(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;
	size_t left = 0;

	do {
		int high, low;
		unsigned char c;

		yaml_text_need(t, 3);
		high = yaml_text_peek(t, 0) == '%' ? yaml_text_hex(t, 1) : -1;
		low = high < 0 ? -1 : yaml_text_hex(t, 2);
		if (low < 0)
			return yaml_scan_fail(
			    s, "did not find URI escaped octet");
		c = (unsigned char)(high << 4 | low);
		if (left ? (c & 0xC0) != 0x80 : (c & 0xC0) == 0x80 || c >= 0xF8)
			return yaml_scan_fail(
			    s, left ? "found an incorrect trailing UTF-8 octet"
				    : "found an incorrect leading UTF-8 octet");
		left = left ? left - 1 : c ? yaml_text_width(c) - 1 : 0;
		buf_char(&s->scalar, (char)c);
		for (int i = 0; i < 3; i++)
			yaml_text_skip(t);
	} while (left);
	return 0;
}

/* What may be in a tag, behind what is in s->scalar. needed: not nothing. */
static int
take_uri(struct yaml_scanner *s, bool needed, struct str *uri)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at;

	yaml_text_need(t, 1);
	for (;;) {
		unsigned char c = yaml_text_peek(t, 0);

		if (c == '%') {
			if (take_uri_escape(s) < 0)
				return -1;
		} else if (yaml_text_is_word(t) ||
			   (c && strchr(";/?:@&=+$,.!~*'()[]", c))) {
			buf_char(&s->scalar, (char)c);
			yaml_text_skip(t);
		} else {
			break;
		}
		yaml_text_need(t, 1);
	}
	if (needed && t->at == from)
		return yaml_scan_fail(s, "did not find expected tag URI");
	*uri = arena_str(s->arena, buf_as_str(&s->scalar));
	return 0;
}

/* '!', '!word!', or '!word', which is none. */
static int
take_handle(struct yaml_scanner *s, struct str *handle)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at;

	yaml_text_need(t, 1);
	if (yaml_text_peek(t, 0) != '!')
		return yaml_scan_fail(s, "did not find expected '!'");
	yaml_text_skip(t);
	take_word(s);
	if (yaml_text_peek(t, 0) == '!')
		yaml_text_skip(t);
	*handle = (struct str){(const char *)t->bytes + from, t->at - from};
	return 0;
}

static bool
is_handle(struct str s)
{
	return s.len > 1 && s.ptr[s.len - 1] == '!';
}

/* !<uri> */
static int
take_whole_tag(struct yaml_scanner *s, struct yaml_token *token)
{
	yaml_text_skip(&s->text);
	yaml_text_skip(&s->text);
	token->text = STR("");
	if (take_uri(s, true, &token->rest) < 0)
		return -1;
	if (yaml_text_peek(&s->text, 0) != '>')
		return yaml_scan_fail(s, "did not find the expected '>'");
	yaml_text_skip(&s->text);
	return 0;
}

/* !handle!uri, !uri or ! */
static int
take_short_tag(struct yaml_scanner *s, struct yaml_token *token)
{
	struct str handle;

	if (take_handle(s, &handle) < 0)
		return -1;
	token->text = handle;
	if (is_handle(handle))
		return take_uri(s, true, &token->rest);
	buf_put(&s->scalar, handle.ptr + 1, handle.len - 1);
	if (take_uri(s, false, &token->rest) < 0)
		return -1;
	token->text = STR("!");
	if (!token->rest.len) {
		token->rest = token->text;
		token->text = STR("");
	}
	return 0;
}

int
yaml_scan_tag(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;

	token->type = YAML_TOKEN_TAG;
	buf_reset(&s->scalar);
	yaml_text_need(t, 2);
	if ((yaml_text_peek(t, 1) == '<' ? take_whole_tag(s, token)
					 : take_short_tag(s, token)) < 0)
		return -1;
	yaml_text_need(t, 1);
	if (!yaml_text_is_space_or_end(t, 0))
		return yaml_scan_fail(
		    s, "did not find expected whitespace or line break");
	return 0;
}

/* ---- directives ---- */

static int
take_number(struct yaml_scanner *s, unsigned *number)
{
	struct yaml_text *t = &s->text;
	unsigned digits = 0, c;

	*number = 0;
	yaml_text_need(t, 1);
	while ((c = yaml_text_peek(t, 0)) >= '0' && c <= '9') {
		if (++digits > 2)
			return yaml_scan_fail(
			    s, "found extremely long version number");
		*number = *number * 10 + (c - '0');
		yaml_text_skip(t);
		yaml_text_need(t, 1);
	}
	return digits
		   ? 0
		   : yaml_scan_fail(s, "did not find expected version number");
}

static int
take_version(struct yaml_scanner *s, struct yaml_token *token)
{
	unsigned major, minor;

	token->type = YAML_TOKEN_VERSION;
	yaml_text_skip_blanks(&s->text);
	if (take_number(s, &major) < 0)
		return -1;
	if (yaml_text_peek(&s->text, 0) != '.')
		return yaml_scan_fail(
		    s, "did not find expected digit or '.' character");
	yaml_text_skip(&s->text);
	if (take_number(s, &minor) < 0)
		return -1;
	token->plain = major == 1 && minor == 1;
	return 0;
}

static int
take_prefix(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;

	token->type = YAML_TOKEN_PREFIX;
	buf_reset(&s->scalar);
	yaml_text_skip_blanks(t);
	if (take_handle(s, &token->text) < 0)
		return -1;
	if (!is_handle(token->text) && !str_is(token->text, "!"))
		return yaml_scan_fail(s, "did not find expected '!'");
	yaml_text_need(t, 1);
	if (!yaml_text_is_blank(t, 0))
		return yaml_scan_fail(s, "did not find expected whitespace");
	yaml_text_skip_blanks(t);
	if (take_uri(s, true, &token->rest) < 0)
		return -1;
	if (!yaml_text_is_space_or_end(t, 0))
		return yaml_scan_fail(
		    s, "did not find expected whitespace or line break");
	return 0;
}

static int
take_directive(struct yaml_scanner *s, struct yaml_token *token)
{
	struct str name = take_word(s);

	if (!name.len)
		return yaml_scan_fail(
		    s, "could not find expected directive name");
	if (!yaml_text_is_space_or_end(&s->text, 0))
		return yaml_scan_fail(
		    s, "found unexpected non-alphabetical character");
	if (str_is(name, "YAML"))
		return take_version(s, token);
	if (str_is(name, "TAG"))
		return take_prefix(s, token);
	return yaml_scan_fail(s, "found unknown directive name");
}

int
yaml_scan_directive(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;

	yaml_text_skip(t);
	if (take_directive(s, token) < 0)
		return -1;
	return yaml_scan_line_end(s);
}
