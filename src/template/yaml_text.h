/* SPDX-License-Identifier: MIT */
/*
 * The characters of a YAML document, one after another, with the place that
 * each has. What is not valid is an error only when the scanner comes near it:
 * the text is looked at in windows, as yaml.v2 reads it, so that of two errors
 * in a document the same one is told.
 */
#ifndef WEIR_TEMPLATE_YAML_TEXT_H
#define WEIR_TEMPLATE_YAML_TEXT_H

#include "weir/arena.h"
#include "weir/error.h"
#include "weir/str.h"

struct yaml_mark {
	size_t index; /* characters before it */
	size_t line;  /* from 0 */
	int column;   /* in characters, from 0 */
};

enum yaml_encoding { YAML_UTF8, YAML_UTF16_LITTLE, YAML_UTF16_BIG };

struct yaml_text {
	unsigned char *bytes; /* UTF-8, zero bytes behind `end`, in the arena */
	size_t at;            /* of the next character in bytes */
	size_t end;           /* of what is known to be valid */
	size_t base;          /* where `at` was when more was last looked at */
	ptrdiff_t unread;     /* characters from `at` to `end` */
	struct yaml_mark mark;
	bool failed; /* said in *error; the text ends there */

	struct error *error;
	struct str raw; /* as given, borrowed */
	size_t raw_at;
	size_t window; /* the end of the bytes of raw that were looked at */
	bool eof;
	enum yaml_encoding encoding;
};

/* The text is borrowed while it is read; bytes live in the arena. */
void yaml_text_init(
    struct yaml_text *, struct arena *, struct str, struct error *);
void yaml_text_fill(struct yaml_text *, ptrdiff_t count);

/* So many characters may be looked at; behind the last one, or where the text
 * is not valid (failed), zero bytes are found. */
static inline void
yaml_text_need(struct yaml_text *t, ptrdiff_t count)
{
	if (t->unread < count)
		yaml_text_fill(t, count);
}

/* Byte i from here; zero bytes are not valid in a text. */
static inline unsigned char
yaml_text_peek(const struct yaml_text *t, size_t i)
{
	return t->bytes[t->at + i];
}

static inline size_t
yaml_text_width(unsigned char c)
{
	return c < 0x80 ? c != 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
}

static inline void
yaml_text_skip(struct yaml_text *t)
{
	t->at += yaml_text_width(t->bytes[t->at]);
	t->unread--;
	t->mark.index++;
	t->mark.column++;
}

static inline bool
yaml_text_is_blank(const struct yaml_text *t, size_t i)
{
	unsigned char c = yaml_text_peek(t, i);

	return c == ' ' || c == '\t';
}

/* CR, LF, NEL, LS or PS */
static inline bool
yaml_text_is_break(const struct yaml_text *t, size_t i)
{
	const unsigned char *p = t->bytes + t->at + i;

	return *p == '\n' || *p == '\r' || (*p == 0xC2 && p[1] == 0x85) ||
	       (*p == 0xE2 && p[1] == 0x80 && (p[2] & 0xFE) == 0xA8);
}

static inline bool
yaml_text_is_space(const struct yaml_text *t)
{
	return yaml_text_is_blank(t, 0) || yaml_text_is_break(t, 0);
}

static inline bool
yaml_text_is_break_or_end(const struct yaml_text *t, size_t i)
{
	return !yaml_text_peek(t, i) || yaml_text_is_break(t, i);
}

static inline bool
yaml_text_is_space_or_end(const struct yaml_text *t, size_t i)
{
	return yaml_text_is_blank(t, i) || yaml_text_is_break_or_end(t, i);
}

/* A letter, digit, '_' or '-' */
static inline bool
yaml_text_is_word(const struct yaml_text *t)
{
	unsigned char c = yaml_text_peek(t, 0);

	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

/* "---" or "..." at the beginning of a line. */
bool yaml_text_is_marker(const struct yaml_text *, char c);
/* Either of them. */
bool yaml_text_is_document(const struct yaml_text *);
/* The value of the hexadecimal digit at i, -1 if there is none. */
int yaml_text_hex(const struct yaml_text *, size_t i);
/* Over spaces and tabs. */
void yaml_text_skip_blanks(struct yaml_text *);
/* Over a comment, if there is one. */
void yaml_text_skip_comment(struct yaml_text *);
/* Over a line break, if there is one; what it stands for in a scalar: "\n", or
 * LS or PS itself. */
struct str yaml_text_take_break(struct yaml_text *);

#endif
