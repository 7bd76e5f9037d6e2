/* SPDX-License-Identifier: MIT */
/*
 * A configuration as sections of lines of words. What starts a section goes by
 * the first word of a line alone, as in HAProxy, so cutting a text into
 * sections looks at the beginnings of lines only.
 */
#include "weir/haproxy.h"

#include <ctype.h>
#include <stdlib.h>

#include "weir/xalloc.h"

/* Of all versions up to 3.4; configuration.txt, one chapter each. */
static const struct str section_kinds[] = {STR("acme"), STR("backend"),
    STR("cache"), STR("crt-store"), STR("defaults"), STR("fcgi-app"),
    STR("frontend"), STR("global"), STR("http-errors"), STR("listen"),
    STR("log-forward"), STR("log-profile"), STR("mailers"), STR("peers"),
    STR("program"), STR("resolvers"), STR("ring"), STR("traces"),
    STR("userlist")};

/* What they begin with; most lines begin otherwise. */
static bool
may_start_section(char c)
{
	switch (c) {
	case 'a':
	case 'b':
	case 'c':
	case 'd':
	case 'f':
	case 'g':
	case 'h':
	case 'l':
	case 'm':
	case 'p':
	case 'r':
	case 't':
	case 'u':
		return true;
	default:
		return false;
	}
}

static bool
is_section_kind(struct str word)
{
	if (!word.len || !may_start_section(*word.ptr))
		return false;
	for (size_t i = 0; i < sizeof(section_kinds) / sizeof(*section_kinds);
	     i++)
		if (str_equal(word, section_kinds[i]))
			return true;
	return false;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

/* The first word as it is written; kinds of sections are not quoted. */
static struct str
first_word(struct str line)
{
	size_t from = 0;
	size_t to;

	while (from < line.len && is_blank(line.ptr[from]))
		from++;
	for (to = from;
	     to < line.len && !is_blank(line.ptr[to]) && line.ptr[to] != '#';
	     to++)
		continue;
	return (struct str){line.ptr + from, to - from};
}

/* ---- words ---- */

struct splitter {
	struct str in;
	size_t at;
	char *out; /* room for all bytes of the line */
	size_t len;
	char quote; /* ' or " that is open, 0 */
};

static int
hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0'
	       : isxdigit((unsigned char)c)
		   ? tolower((unsigned char)c) - 'a' + 10
		   : -1;
}

/* Behind a backslash: what stands for what. What is not known keeps it. */
static void
take_escape(struct splitter *s)
{
	static const char from[] = " \\#\"'rnt";
	static const char to[] = " \\#\"'\r\n\t";
	char c = s->at + 1 < s->in.len ? s->in.ptr[s->at + 1] : 0;
	const char *known = c ? strchr(from, c) : NULL;

	if (known || (c == '$' && s->quote == '"')) {
		s->out[s->len++] = known ? to[known - from] : c;
		s->at += 2;
	} else if (c == 'x' && s->at + 3 < s->in.len &&
		   hex(s->in.ptr[s->at + 2]) >= 0 &&
		   hex(s->in.ptr[s->at + 3]) >= 0) {
		s->out[s->len++] = (char)(hex(s->in.ptr[s->at + 2]) * 16 +
					  hex(s->in.ptr[s->at + 3]));
		s->at += 4;
	} else {
		s->out[s->len++] = s->in.ptr[s->at++];
	}
}

/* One word; false if the line or what counts of it is over. */
static bool
take_word(struct splitter *s, struct str *word)
{
	size_t from = s->len;

	while (s->at < s->in.len && is_blank(s->in.ptr[s->at]))
		s->at++;
	if (s->at == s->in.len || s->in.ptr[s->at] == '#')
		return false;
	for (; s->at < s->in.len;) {
		char c = s->in.ptr[s->at];

		if (!s->quote && (is_blank(c) || c == '#'))
			break;
		if (c == '\\' && s->quote != '\'') {
			take_escape(s);
		} else if ((c == '"' || c == '\'') &&
			   (!s->quote || s->quote == c)) {
			s->quote = s->quote ? 0 : c;
			s->at++;
		} else {
			s->out[s->len++] = c;
			s->at++;
		}
	}
	*word = (struct str){s->out + from, s->len - from};
	return true;
}

/* What a line is made of, for the common one: words without quotes, escapes and
 * comments, which need no copy. */
enum { WORD, BLANK, SPECIAL };

static unsigned char
class_of(char c)
{
	static const unsigned char classes[256] = {['\t'] = BLANK,
	    ['\v'] = BLANK,
	    ['\f'] = BLANK,
	    ['\r'] = BLANK,
	    [' '] = BLANK,
	    ['"'] = SPECIAL,
	    ['#'] = SPECIAL,
	    ['\''] = SPECIAL,
	    ['\\'] = SPECIAL};

	return classes[(unsigned char)c];
}

/* How many words there can be; plain: and no more than that is in it. */
static size_t
count_words(struct str s, bool *plain)
{
	unsigned char last = BLANK;
	size_t n = 0;

	*plain = true;
	for (size_t i = 0; i < s.len; i++) {
		unsigned char class = class_of(s.ptr[i]);

		n += last == BLANK && class != BLANK;
		*plain &= class != SPECIAL;
		last = class;
	}
	return n;
}

static void
cut_words(struct str s, struct haproxy_line *line)
{
	size_t i = 0;

	while (i < s.len) {
		size_t from;

		while (i < s.len && class_of(s.ptr[i]) == BLANK)
			i++;
		from = i;
		while (i < s.len && class_of(s.ptr[i]) == WORD)
			i++;
		if (i > from)
			line->words[line->count++] =
			    (struct str){s.ptr + from, i - from};
	}
}

bool
haproxy_line_split(
    struct str text, struct arena *arena, struct haproxy_line *line)
{
	struct splitter s = {.in = text};
	bool plain;
	size_t words = count_words(text, &plain);

	*line = (struct haproxy_line){.text = text};
	if (!words || !first_word(text).len)
		return false;
	line->words = arena_alloc(arena, words * sizeof(*line->words));
	if (plain) {
		cut_words(text, line);
		return true;
	}
	s.out = arena_alloc(arena, text.len);
	while (take_word(&s, &line->words[line->count]))
		line->count++;
	line->open = s.quote != 0;
	return line->count > 0;
}

/* ---- sections ---- */

static struct haproxy_section *
add_section(struct haproxy_model *m, size_t *room)
{
	if (m->count == *room) {
		*room = *room ? *room * 2 : 16;
		m->sections =
		    xrealloc(m->sections, *room, sizeof(*m->sections));
	}
	return &m->sections[m->count++];
}

/* What a line's first word means once its quotes are gone. The name of a
 * section is seldom quoted, but may be. */
static struct str
bare_word(struct haproxy_model *m, struct str line, struct str word)
{
	struct haproxy_line words;

	for (size_t i = 0; i < word.len; i++)
		if (word.ptr[i] == '"' || word.ptr[i] == '\'' ||
		    word.ptr[i] == '\\') {
			haproxy_line_split(line, &m->arena, &words);
			return words.count ? words.words[0] : STR("");
		}
	return word;
}

static struct haproxy_section *
start_section(struct haproxy_model *m, size_t *room, struct str line, int depth)
{
	struct haproxy_section *s = add_section(m, room);
	struct haproxy_line words;

	*s = (struct haproxy_section){.kind = STR(""),
	    .name = STR(""),
	    .text = {line.ptr, 0},
	    .opaque = depth > 0};
	if (haproxy_line_split(line, &m->arena, &words) &&
	    is_section_kind(words.words[0])) {
		s->kind = words.words[0];
		s->name = words.count > 1 ? words.words[1] : STR("");
	}
	return s;
}

/* How deep in .if blocks the text is behind a line with that first word. */
static int
depth_behind(int depth, struct str word)
{
	if (str_is(word, ".if"))
		return depth + 1;
	return depth - (depth > 0 && str_is(word, ".endif"));
}

static bool
is_opaque(struct str word)
{
	return str_is(word, ".if") || str_is(word, ".elif") ||
	       str_is(word, ".else") || str_is(word, ".endif") ||
	       (word.len && memchr(word.ptr, '$', word.len));
}

void
haproxy_model_parse(struct haproxy_model *m, struct str text)
{
	struct haproxy_section *current = NULL;
	size_t room = 0;
	int depth = 0;

	*m = (struct haproxy_model){0};
	for (int number = 1; text.len; number++) {
		size_t left = text.len;
		struct str line = str_take_line(&text);
		struct str word = bare_word(m, line, first_word(line));

		if (is_section_kind(word) || (!current && word.len)) {
			current = start_section(m, &room, line, depth);
			current->line = number;
		}
		if (word.len && is_opaque(word)) {
			current->opaque = true;
			depth = depth_behind(depth, word);
		}
		if (current)
			current->text.len += left - text.len;
	}
}

void
haproxy_model_fini(struct haproxy_model *m)
{
	arena_fini(&m->arena);
	free(m->sections);
	*m = (struct haproxy_model){0};
}

struct haproxy_line *
haproxy_section_lines(
    const struct haproxy_section *s, struct arena *arena, size_t *count)
{
	struct str text = s->text;
	struct haproxy_line *lines =
	    arena_array(arena, str_count_lines(text), sizeof(*lines));

	*count = 0;
	for (int number = s->line; text.len; number++) {
		struct str line = str_take_line(&text);

		if (haproxy_line_split(line, arena, &lines[*count]))
			lines[(*count)++].number = number;
	}
	return lines;
}
