/* SPDX-License-Identifier: MIT */
/*
 * A YAML document's characters. UTF-8 is copied once and then only checked;
 * UTF-16, which a byte order mark in front announces, is converted. An error
 * ends the text with zero bytes, so that the scanners need not ask for it after
 * each character.
 */
#include "yaml_text.h"

#include <string.h>

#include "rune.h"

/* Bytes of the document that yaml.v2 looks at in one go. */
#define WINDOW 512
/* Zero bytes behind the text: as many as anything looks ahead. */
#define TAIL 16

static int
fail(struct yaml_text *t, const char *problem)
{
	t->failed = true;
	t->unread = PTRDIFF_MAX / 2;
	memset(t->bytes + t->end, 0, TAIL);
	return error_set(t->error, ERROR_TEMPLATE, "%s", problem);
}

static void
move_window(struct yaml_text *t)
{
	if (t->window == t->raw.len)
		t->eof = true;
	else if (t->raw.len - t->raw_at < WINDOW)
		t->window = t->raw.len;
	else
		t->window = t->raw_at + WINDOW;
}

static bool
is_allowed(uint32_t c)
{
	return (c >= 0x20 && c <= 0x7E) || c == '\n' || c == '\r' ||
	       c == '\t' || c == 0x85 || (c >= 0xA0 && c <= 0xD7FF) ||
	       (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

/* What is wrong with the tail of a character of this width, NULL if nothing
 * is. */
static const char *
check_utf8(const unsigned char *p, size_t width, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	*c = p[0] & (0xFFu >> (width + 1));
	for (size_t i = 1; i < width; i++) {
		if (!rune_is_tail(p[i]))
			return "invalid trailing UTF-8 octet";
		*c = *c << 6 | (p[i] & 0x3F);
	}
	if (*c < least[width])
		return "invalid length of a UTF-8 sequence";
	if ((*c >= 0xD800 && *c <= 0xDFFF) || *c > 0x10FFFF)
		return "invalid Unicode character";
	return NULL;
}

/* The next character of the window: its width in *c; 0 at the window's end, -1
 * if it is none. */
static int
next_utf8(struct yaml_text *t, uint32_t *c)
{
	const unsigned char *p = (const unsigned char *)t->raw.ptr + t->raw_at;
	size_t width = yaml_text_width(*p);
	const char *problem;

	if (*p < 0x80) {
		*c = *p;
		return 1;
	}
	if ((*p & 0xC0) == 0x80 || *p >= 0xF8)
		return fail(t, "invalid leading UTF-8 octet");
	if (width > t->window - t->raw_at)
		return t->eof ? fail(t, "incomplete UTF-8 octet sequence") : 0;
	problem = check_utf8(p, width, c);
	return problem ? fail(t, problem) : (int)width;
}

static uint32_t
unit(const struct yaml_text *t, size_t i)
{
	const unsigned char *p =
	    (const unsigned char *)t->raw.ptr + t->raw_at + i;

	return t->encoding == YAML_UTF16_BIG ? (uint32_t)p[0] << 8 | p[1]
					     : (uint32_t)p[1] << 8 | p[0];
}

static int
next_utf16(struct yaml_text *t, uint32_t *c)
{
	size_t left = t->window - t->raw_at;
	uint32_t low;

	if (left < 2)
		return t->eof ? fail(t, "incomplete UTF-16 character") : 0;
	*c = unit(t, 0);
	if ((*c & 0xFC00) == 0xDC00)
		return fail(t, "unexpected low surrogate area");
	if ((*c & 0xFC00) != 0xD800)
		return 2;
	if (left < 4)
		return t->eof ? fail(t, "incomplete UTF-16 surrogate pair") : 0;
	low = unit(t, 2);
	if ((low & 0xFC00) != 0xDC00)
		return fail(t, "expected low surrogate area");
	*c = 0x10000 + ((*c & 0x3FF) << 10) + (low & 0x3FF);
	return 4;
}

/* A character as UTF-8 at the end. */
static void
put(struct yaml_text *t, uint32_t c)
{
	static const unsigned char heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
	size_t width = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = width; --i > 0; c >>= 6)
		t->bytes[t->end + i] = 0x80 | (c & 0x3F);
	t->bytes[t->end] = (unsigned char)(heads[width] | c);
	t->end += width;
}

static int
read_window(struct yaml_text *t)
{
	while (t->raw_at < t->window) {
		uint32_t c = 0;
		int width = t->encoding == YAML_UTF8 ? next_utf8(t, &c)
						     : next_utf16(t, &c);

		if (width <= 0)
			return width;
		if (!is_allowed(c))
			return fail(t, "control characters are not allowed");
		if (t->encoding == YAML_UTF8)
			t->end += (size_t)width;
		else
			put(t, c);
		t->raw_at += (size_t)width;
		t->unread++;
	}
	return 0;
}

void
yaml_text_fill(struct yaml_text *t, ptrdiff_t count)
{
	bool whole = t->raw_at == t->window;

	t->base = t->at;
	while (t->unread < count) {
		if (whole)
			move_window(t);
		whole = true;
		if (read_window(t) < 0)
			return;
		if (!t->eof)
			continue;
		t->unread++; /* the end is a character, too */
		break;
	}
}

static enum yaml_encoding
find_encoding(struct yaml_text *t)
{
	while (!t->eof && t->window < 3)
		move_window(t);
	if (str_has_prefix(t->raw, STR("\xFF\xFE")))
		return YAML_UTF16_LITTLE;
	if (str_has_prefix(t->raw, STR("\xFE\xFF")))
		return YAML_UTF16_BIG;
	return YAML_UTF8;
}

void
yaml_text_init(
    struct yaml_text *t, struct arena *arena, struct str raw, struct error *e)
{
	size_t size;

	*t = (struct yaml_text){.error = e, .raw = raw};
	if (!raw.len)
		t->raw = STR("\n");
	t->encoding = find_encoding(t);
	if (t->encoding != YAML_UTF8)
		t->raw_at = 2;
	else if (str_has_prefix(t->raw, STR("\xEF\xBB\xBF")))
		t->raw_at = 3;
	size = t->raw.len - t->raw_at;
	if (t->encoding != YAML_UTF8)
		size *= 2;
	t->bytes = arena_alloc(arena, size + TAIL);
	if (t->encoding == YAML_UTF8)
		memcpy(t->bytes, t->raw.ptr + t->raw_at, size);
	else
		memset(t->bytes, 0, size);
	memset(t->bytes + size, 0, TAIL);
}

bool
yaml_text_is_marker(const struct yaml_text *t, char c)
{
	unsigned char mark = (unsigned char)c;

	return t->mark.column == 0 && yaml_text_peek(t, 0) == mark &&
	       yaml_text_peek(t, 1) == mark && yaml_text_peek(t, 2) == mark &&
	       yaml_text_is_space_or_end(t, 3);
}

bool
yaml_text_is_document(const struct yaml_text *t)
{
	return yaml_text_is_marker(t, '-') || yaml_text_is_marker(t, '.');
}

int
yaml_text_hex(const struct yaml_text *t, size_t i)
{
	unsigned char c = yaml_text_peek(t, i);

	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
yaml_text_skip_blanks(struct yaml_text *t)
{
	yaml_text_need(t, 1);
	while (yaml_text_is_blank(t, 0)) {
		yaml_text_skip(t);
		yaml_text_need(t, 1);
	}
}

void
yaml_text_skip_comment(struct yaml_text *t)
{
	if (yaml_text_peek(t, 0) != '#')
		return;
	while (!yaml_text_is_break_or_end(t, 0)) {
		yaml_text_skip(t);
		yaml_text_need(t, 1);
	}
}

struct str
yaml_text_take_break(struct yaml_text *t)
{
	struct str taken = {(const char *)t->bytes + t->at, 3};
	unsigned char c;

	if (!yaml_text_is_break(t, 0))
		return STR("");
	yaml_text_need(t, 2);
	c = yaml_text_peek(t, 0);
	if (c != 0xE2)
		taken = STR("\n");
	if (c == '\r' && yaml_text_peek(t, 1) == '\n')
		yaml_text_skip(t);
	yaml_text_skip(t);
	t->mark.line++;
	t->mark.column = 0;
	return taken;
}
