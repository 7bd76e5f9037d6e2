/* SPDX-License-Identifier: MIT */
/*
 * The state is where the pen stands (column, blank or not, only indentation so
 * far); every rule about blanks and breaks follows from it, as in libyaml.
 */
#include <stdio.h>
#include <string.h>

#include "rune.h"
#include "yaml_emit.h"

#define INDENT    2
#define WIDTH     80  /* a blank behind this column may become a break */
#define KEY_BYTES 128 /* longer keys get a "?" */

/* What analyze finds out about a scalar. */
struct facts {
	bool multiline;
	bool plain;
	bool single;
	bool block;
};

/* ---- characters ---- */

static bool
is_break(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.ptr + i;

	if (p[0] < 0x80)
		return p[0] == '\n' || p[0] == '\r';
	if (p[0] == 0xC2)
		return s.len - i > 1 && p[1] == 0x85;
	return p[0] == 0xE2 && s.len - i > 2 && p[1] == 0x80 &&
	       (p[2] == 0xA8 || p[2] == 0xA9);
}

static bool
is_printable(uint32_t rune)
{
	return rune == '\n' || (rune >= 0x20 && rune <= 0x7E) ||
	       (rune >= 0xA0 && rune < 0xFFFE && rune != 0xFEFF);
}

static bool
is_space(struct str s, size_t i)
{
	return i < s.len && s.ptr[i] == ' ';
}

static size_t
width(struct str s, size_t i)
{
	uint32_t rune;

	return rune_decode(s.ptr + i, s.len - i, &rune);
}

/* ---- the pen ---- */

static void
put(struct yaml_emitter *e, char c)
{
	buf_char(e->out, c);
	e->column++;
}

static void
put_break(struct yaml_emitter *e)
{
	buf_char(e->out, '\n');
	e->column = 0;
}

/* The character at i; the position behind it. */
static size_t
write_rune(struct yaml_emitter *e, struct str s, size_t i)
{
	size_t n = width(s, i);

	buf_put(e->out, s.ptr + i, n);
	e->column++;
	return i + n;
}

/* The break at i, as it is. */
static size_t
write_break(struct yaml_emitter *e, struct str s, size_t i)
{
	size_t n = width(s, i);

	buf_put(e->out, s.ptr + i, n);
	e->column = 0;
	return i + n;
}

static void
write_indent(struct yaml_emitter *e)
{
	int indent = e->indent < 0 ? 0 : e->indent;

	if (!e->indention || e->column > indent ||
	    (e->column == indent && !e->whitespace))
		put_break(e);
	if (e->column < indent) {
		buf_repeat(e->out, ' ', (size_t)(indent - e->column));
		e->column = indent;
	}
	e->whitespace = true;
	e->indention = true;
}

/* A token; blank: one must stand before it. */
static void
indicate(struct yaml_emitter *e, const char *token, bool blank, bool indention)
{
	if (blank && !e->whitespace)
		put(e, ' ');
	for (; *token; token++)
		put(e, *token);
	e->whitespace = false;
	e->indention = e->indention && indention;
}

/* ---- collections ---- */

void
yaml_emit_init(struct yaml_emitter *e, struct buf *out)
{
	*e = (struct yaml_emitter){
	    .out = out, .indent = -1, .whitespace = true, .indention = true};
}

void
yaml_emit_finish(struct yaml_emitter *e)
{
	write_indent(e);
}

int
yaml_emit_enter(struct yaml_emitter *e, bool list, enum yaml_place place)
{
	int indent = e->indent;

	if (indent < 0)
		e->indent = 0;
	else if (!list || place != YAML_IN_MAP || e->indention)
		e->indent += INDENT;
	return indent;
}

void
yaml_emit_leave(struct yaml_emitter *e, int indent)
{
	e->indent = indent;
}

void
yaml_emit_item(struct yaml_emitter *e)
{
	write_indent(e);
	indicate(e, "-", true, true);
}

void
yaml_emit_empty(struct yaml_emitter *e, const char *brackets)
{
	indicate(e, brackets, true, false);
}

void
yaml_emit_key(struct yaml_emitter *e, bool simple)
{
	write_indent(e);
	if (!simple)
		indicate(e, "?", true, true);
}

void
yaml_emit_colon(struct yaml_emitter *e, bool simple)
{
	if (!simple)
		write_indent(e);
	indicate(e, ":", !simple, !simple);
}

/* ---- what a scalar may look like ---- */

/* Does the character begin something else than a plain scalar? */
static bool
is_indicator(struct str s, size_t i, bool after_blank)
{
	char c = s.ptr[i];
	bool before_blank =
	    i + 1 >= s.len || s.ptr[i + 1] == ' ' || s.ptr[i + 1] == '\t';

	if (c == ':' || (i == 0 && (c == '?' || c == '-')))
		return before_blank;
	if (i == 0)
		return c && strchr("#,[]{}&*!|>'\"%@`", c);
	return c == '#' && after_blank;
}

static bool
is_document_mark(struct str s)
{
	return str_has_prefix(s, STR("---")) || str_has_prefix(s, STR("..."));
}

static struct facts
analyze(struct str s)
{
	bool indicators = is_document_mark(s), special = false;
	bool edge_blank = false, break_space = false, space_break = false;
	bool blank = true, was_space = false, was_break = false;
	struct facts facts = {0};
	uint32_t rune;

	for (size_t i = 0, n; i < s.len; i += n) {
		bool space = s.ptr[i] == ' ', line = is_break(s, i);

		n = rune_decode(s.ptr + i, s.len - i, &rune);
		indicators |= is_indicator(s, i, blank);
		special |= !is_printable(rune);
		edge_blank |= (space || line) && (i == 0 || i + n == s.len);
		break_space |= space && was_break;
		space_break |= line && was_space;
		facts.multiline |= line;
		was_space = space;
		was_break = line;
		blank = space || line || rune == '\t' || rune == 0;
	}
	facts.plain =
	    !indicators && !special && !edge_blank && !facts.multiline;
	facts.single = !special && !break_space && !space_break;
	facts.block =
	    s.len && !special && !space_break && s.ptr[s.len - 1] != ' ';
	return facts;
}

bool
yaml_emit_is_simple(struct str s, const char *tag)
{
	return !analyze(s).multiline &&
	       s.len + (tag ? strlen(tag) : 0) <= KEY_BYTES;
}

static enum yaml_style
choose(struct str s, enum yaml_style style, enum yaml_place place)
{
	struct facts facts = analyze(s);
	bool key = place == YAML_IN_KEY;

	if (key && facts.multiline)
		style = YAML_DOUBLE;
	if (style == YAML_PLAIN && (!facts.plain || (s.len == 0 && key)))
		style = YAML_SINGLE;
	if (style == YAML_SINGLE && !facts.single)
		style = YAML_DOUBLE;
	if (style == YAML_LITERAL && (!facts.block || key))
		style = YAML_DOUBLE;
	return style;
}

/* ---- writing scalars ---- */

/* Plain, or what stands in single quotes: blanks fold, breaks double. */
static void
write_flowing(struct yaml_emitter *e, struct str s, bool fold, bool quoted)
{
	bool spaces = false, breaks = false;

	for (size_t i = 0; i < s.len;) {
		if (s.ptr[i] == ' ') {
			if (fold && !spaces && e->column > WIDTH &&
			    (!quoted || (i > 0 && i < s.len - 1)) &&
			    !is_space(s, i + 1)) {
				write_indent(e);
				i++;
			} else {
				i = write_rune(e, s, i);
			}
			spaces = true;
			continue;
		}
		if (is_break(s, i)) {
			if (!breaks && s.ptr[i] == '\n')
				put_break(e);
			i = write_break(e, s, i);
			e->indention = breaks = true;
			continue;
		}
		if (breaks)
			write_indent(e);
		if (quoted && s.ptr[i] == '\'')
			put(e, '\'');
		i = write_rune(e, s, i);
		e->indention = spaces = breaks = false;
	}
}

static void
write_plain(struct yaml_emitter *e, struct str s, bool fold)
{
	if (!e->whitespace)
		put(e, ' ');
	write_flowing(e, s, fold, false);
	e->whitespace = e->indention = false;
}

static void
write_single(struct yaml_emitter *e, struct str s, bool fold)
{
	indicate(e, "'", true, false);
	write_flowing(e, s, fold, true);
	indicate(e, "'", false, false);
}

static void
write_escape(struct yaml_emitter *e, uint32_t rune)
{
	static const struct {
		uint32_t rune;
		char name;
	} names[] = {{0, '0'}, {7, 'a'}, {8, 'b'}, {9, 't'}, {10, 'n'},
	    {11, 'v'}, {12, 'f'}, {13, 'r'}, {0x1B, 'e'}, {'"', '"'},
	    {'\\', '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'},
	    {0x2029, 'P'}};
	char text[12];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].rune == rune) {
			put(e, '\\');
			put(e, names[i].name);
			return;
		}
	}
	if (rune <= 0xFF)
		snprintf(text, sizeof(text), "\\x%02X", rune);
	else if (rune <= 0xFFFF)
		snprintf(text, sizeof(text), "\\u%04X", rune);
	else
		snprintf(text, sizeof(text), "\\U%08X", rune);
	for (const char *p = text; *p; p++)
		put(e, *p);
}

static void
write_double(struct yaml_emitter *e, struct str s, bool fold)
{
	/* yaml.v2 looks for the BOM at the start, wherever it stands */
	bool all = str_has_prefix(s, STR("\xEF\xBB\xBF"));
	bool spaces = false;
	uint32_t rune;

	indicate(e, "\"", true, false);
	for (size_t i = 0, n; i < s.len; i += n) {
		n = rune_decode(s.ptr + i, s.len - i, &rune);
		if (all || !is_printable(rune) || is_break(s, i) ||
		    rune == '"' || rune == '\\') {
			write_escape(e, rune);
			spaces = false;
		} else if (rune == ' ' && fold && !spaces &&
			   e->column > WIDTH && i > 0 && i < s.len - 1) {
			write_indent(e);
			if (is_space(s, i + 1))
				put(e, '\\');
			spaces = true;
		} else {
			write_rune(e, s, i);
			spaces = rune == ' ';
		}
	}
	indicate(e, "\"", false, false);
}

/* Keep, clip or strip the breaks at the end: "+", "" or "-". */
static const char *
chomp(struct str s)
{
	size_t last = s.len - 1, before;

	while (last && rune_is_tail((unsigned char)s.ptr[last]))
		last--;
	if (!is_break(s, last))
		return "-";
	if (last == 0)
		return "+";
	before = last - 1;
	while (before && rune_is_tail((unsigned char)s.ptr[before]))
		before--;
	return is_break(s, before) ? "+" : "";
}

static void
write_literal(struct yaml_emitter *e, struct str s)
{
	bool breaks = true;

	indicate(e, "|", true, false);
	if (s.ptr[0] == ' ' || is_break(s, 0))
		indicate(e, "2", false, false);
	indicate(e, chomp(s), false, false);
	put_break(e);
	e->indention = e->whitespace = true;
	for (size_t i = 0; i < s.len;) {
		if (is_break(s, i)) {
			i = write_break(e, s, i);
			e->indention = breaks = true;
			continue;
		}
		if (breaks)
			write_indent(e);
		i = write_rune(e, s, i);
		e->indention = breaks = false;
	}
}

void
yaml_emit_scalar(struct yaml_emitter *e, struct str s, const char *tag,
    enum yaml_style style, enum yaml_place place)
{
	bool fold = place != YAML_IN_KEY;
	int indent = e->indent;

	style = choose(s, style, place);
	if (tag)
		indicate(e, tag, true, false);
	e->indent = indent < 0 ? INDENT : indent + INDENT;
	switch (style) {
	case YAML_PLAIN:
		write_plain(e, s, fold);
		break;
	case YAML_SINGLE:
		write_single(e, s, fold);
		break;
	case YAML_DOUBLE:
		write_double(e, s, fold);
		break;
	case YAML_LITERAL:
		write_literal(e, s);
		break;
	}
	e->indent = indent;
}
