/* SPDX-License-Identifier: MIT */
/*
 * The lexer: text up to a left delimiter, or one token of an action. What
 * counts as a token, and where each message's position lies, is Go's (package
 * text/template/parse); users see it in messages. White space inside an action
 * is a token, since `$x .y` and `$x.y` differ.
 */
#include "lex.h"

#include <string.h>

#include "fmt.h"
#include "unicode.h"
#include "weir/template.h"

#define MARKER      2 /* bytes of a trim marker: the dash and its white space */
#define TOKEN_SHOWN 10 /* characters of a token that messages show */
#define END_OF_TEXT UINT32_MAX
#define SHORT_SPAN  16 /* bytes that are looked through without a call */

static const struct {
	const char *word;
	enum token_kind kind;
} words[] = {
    {"block", TOKEN_BLOCK},
    {"break", TOKEN_BREAK},
    {"continue", TOKEN_CONTINUE},
    {"define", TOKEN_DEFINE},
    {"else", TOKEN_ELSE},
    {"end", TOKEN_END},
    {"false", TOKEN_BOOL},
    {"if", TOKEN_IF},
    {"nil", TOKEN_NIL},
    {"range", TOKEN_RANGE},
    {"template", TOKEN_TEMPLATE},
    {"true", TOKEN_BOOL},
    {"with", TOKEN_WITH},
};

static bool
is_blank(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str
rest(const struct lexer *lex, size_t from)
{
	if (from > lex->text.len)
		from = lex->text.len;
	return (struct str){lex->text.ptr + from, lex->text.len - from};
}

/* The rune at pos and its width, without taking it. */
static uint32_t
peek(const struct lexer *lex, size_t *width)
{
	uint32_t rune;

	*width = 0;
	if (lex->pos >= lex->text.len)
		return END_OF_TEXT;
	*width = rune_decode(
	    lex->text.ptr + lex->pos, lex->text.len - lex->pos, &rune);
	return rune;
}

static uint32_t
take(struct lexer *lex)
{
	size_t width;
	uint32_t rune = peek(lex, &width);

	lex->pos += width;
	if (rune == '\n')
		lex->line++;
	return rune;
}

/* The new lines from start to pos, for what was passed over without take. */
static void
count_lines(struct lexer *lex)
{
	const char *p = lex->text.ptr + lex->start;
	const char *end = lex->text.ptr + lex->pos;

	if (end - p < SHORT_SPAN) {
		for (; p < end; p++)
			lex->line += *p == '\n';
		return;
	}
	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		lex->line++;
		p++;
	}
}

/* Forgets what lies before pos. */
static void
skip(struct lexer *lex)
{
	count_lines(lex);
	lex->start = lex->pos;
	lex->start_line = lex->line;
}

static struct token *
emit(struct lexer *lex, enum token_kind kind)
{
	struct token *t = lex->token;

	t->kind = kind;
	t->pos = (uint32_t)lex->start;
	t->line = lex->start_line;
	t->text.ptr = lex->text.ptr + lex->start;
	t->text.len = lex->pos - lex->start;
	lex->start = lex->pos;
	lex->start_line = lex->line;
	return t;
}

/* An error token at byte `at`; takes the message's buffer. */
static struct token *
fail_buf(struct lexer *lex, size_t at, struct buf *message)
{
	*lex->token = (struct token){.kind = TOKEN_ERROR,
	    .pos = (uint32_t)at,
	    .line = lex->start_line,
	    .text = arena_str(lex->arena, buf_as_str(message))};
	buf_fini(message);
	lex->pos = lex->start = lex->text.len;
	lex->in_action = false;
	return lex->token;
}

static struct token *
fail(struct lexer *lex, const char *message)
{
	struct buf b = {0};

	buf_puts(&b, message);
	return fail_buf(lex, lex->start, &b);
}

/* Go's %#U: U+0041 'A'. */
static struct token *
fail_rune(struct lexer *lex, size_t at, const char *message, uint32_t rune)
{
	struct buf b = {0};

	buf_printf(&b, "%s U+%04X", message, (unsigned)rune);
	if (rune_is_print(rune)) {
		buf_puts(&b, " '");
		buf_rune(&b, rune);
		buf_char(&b, '\'');
	}
	return fail_buf(lex, at, &b);
}

/* --- text, comments, delimiters --- */

static bool
has_left_marker(struct str s)
{
	return s.len >= MARKER && s.ptr[0] == '-' &&
	       is_blank((unsigned char)s.ptr[1]);
}

static bool
has_right_marker(struct str s)
{
	return s.len >= MARKER && is_blank((unsigned char)s.ptr[0]) &&
	       s.ptr[1] == '-';
}

/* Does the right delimiter begin at `at`, which is not behind the end? The NUL
 * there ends the comparison. */
static bool
right_at(const struct lexer *lex, size_t at)
{
	const char *p = lex->text.ptr + at;

	for (size_t i = 0; i < lex->right.len; i++)
		if (p[i] != lex->right.ptr[i])
			return false;
	return true;
}

/* Is there a right delimiter at `at`, perhaps with a trim marker before it? */
static bool
is_right(const struct lexer *lex, size_t at, bool *trim)
{
	*trim = has_right_marker(rest(lex, at)) && right_at(lex, at + MARKER);
	return *trim || right_at(lex, at);
}

static void
skip_blanks(struct lexer *lex)
{
	while (lex->pos < lex->text.len &&
	       is_blank((unsigned char)lex->text.ptr[lex->pos]))
		lex->pos++;
}

/* Text up to the left delimiter at `left`; false if none of it is left. */
static bool
lex_text(struct lexer *lex, size_t left)
{
	size_t end = left;
	bool some;

	if (has_left_marker(rest(lex, left + lex->left.len)))
		while (end > lex->pos &&
		       is_blank((unsigned char)lex->text.ptr[end - 1]))
			end--;
	lex->pos = end;
	count_lines(lex);
	some = emit(lex, TOKEN_TEXT)->text.len > 0;
	lex->pos = left;
	skip(lex);
	return some;
}

/* A comment whose mark is at pos; false after an error. */
static bool
lex_comment(struct lexer *lex)
{
	struct str body = rest(lex, lex->pos + 2);
	ptrdiff_t end = str_find(body, STR("*/"));
	bool trim;

	if (end < 0) {
		fail(lex, "unclosed comment");
		return false;
	}
	lex->pos += 2 + (size_t)end + 2;
	if (!is_right(lex, lex->pos, &trim)) {
		fail(lex, "comment ends before closing delimiter");
		return false;
	}
	lex->pos += lex->right.len + (trim ? MARKER : 0);
	if (trim)
		skip_blanks(lex);
	skip(lex);
	return true;
}

/* A left delimiter at pos: false if a comment was passed over instead. */
static bool
lex_left(struct lexer *lex)
{
	size_t marker;

	lex->pos += lex->left.len;
	marker = has_left_marker(rest(lex, lex->pos)) ? MARKER : 0;
	if (str_has_prefix(rest(lex, lex->pos + marker), STR("/*"))) {
		lex->pos += marker;
		skip(lex);
		return !lex_comment(lex);
	}
	emit(lex, TOKEN_LEFT);
	lex->in_action = true;
	lex->parens = 0;
	lex->pos += marker;
	skip(lex);
	return true;
}

static struct token *
lex_right(struct lexer *lex)
{
	struct token *t;
	bool trim;

	is_right(lex, lex->pos, &trim);
	if (trim) {
		lex->pos += MARKER;
		skip(lex);
	}
	lex->pos += lex->right.len;
	t = emit(lex, TOKEN_RIGHT);
	if (trim) {
		skip_blanks(lex);
		skip(lex);
	}
	lex->in_action = false;
	return t;
}

static struct token *
lex_outside(struct lexer *lex)
{
	ptrdiff_t at;

	for (;;) {
		at = str_find(rest(lex, lex->pos), lex->left);
		if (at < 0)
			break;
		if (at > 0 && lex_text(lex, lex->pos + (size_t)at))
			return lex->token;
		if (lex_left(lex))
			return lex->token;
	}
	lex->pos = lex->text.len;
	if (lex->pos == lex->start)
		return emit(lex, TOKEN_EOF);
	count_lines(lex);
	return emit(lex, TOKEN_TEXT);
}

/* --- inside an action --- */

/* What may stand right behind a name. */
static bool
at_terminator(const struct lexer *lex)
{
	size_t width;
	uint32_t c = peek(lex, &width);

	if (c == END_OF_TEXT || is_blank(c))
		return true;
	switch (c) {
	case '.':
	case ',':
	case '|':
	case ':':
	case ')':
	case '(':
		return true;
	default:
		return right_at(lex, lex->pos);
	}
}

static struct token *
lex_blanks(struct lexer *lex)
{
	size_t width, count = 0;
	bool trim;

	while (is_blank(peek(lex, &width))) {
		take(lex);
		count++;
	}
	/* The last blank may belong to the delimiter that follows. */
	if (is_right(lex, lex->pos - 1, &trim) && trim) {
		lex->pos--;
		if (lex->text.ptr[lex->pos] == '\n')
			lex->line--;
		if (count == 1)
			return lex_right(lex);
	}
	return emit(lex, TOKEN_SPACE);
}

/* Takes letters and digits; false after an error, if what stands behind them
 * can't end a name. */
static bool
take_name(struct lexer *lex)
{
	size_t width;
	uint32_t c;

	while (rune_is_word(c = peek(lex, &width)))
		lex->pos += width;
	if (at_terminator(lex))
		return true;
	fail_rune(lex, lex->pos, "bad character", c);
	return false;
}

/* The kind of a word. */
static enum token_kind
kind_of(struct str word)
{
	if (word.len > 8 || word.len < 2)
		return TOKEN_IDENTIFIER;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].word[0] == word.ptr[0] &&
		    str_is(word, words[i].word))
			return words[i].kind;
	return TOKEN_IDENTIFIER;
}

static struct token *
lex_word(struct lexer *lex)
{
	struct token *t;

	if (!take_name(lex))
		return lex->token;
	t = emit(lex, TOKEN_IDENTIFIER);
	t->kind = kind_of(t->text);
	return t;
}

/* A field or variable whose first character was taken; alone if nothing but
 * that follows. */
static struct token *
lex_name(struct lexer *lex, enum token_kind alone, enum token_kind kind)
{
	if (at_terminator(lex))
		return emit(lex, alone);
	if (!take_name(lex))
		return lex->token;
	return emit(lex, kind);
}

/* Takes one byte if it is one of the set. */
static bool
accept(struct lexer *lex, const char *set)
{
	char c = lex->text.ptr[lex->pos];

	if (lex->pos >= lex->text.len || c == 0 || !strchr(set, c))
		return false;
	lex->pos++;
	return true;
}

static void
accept_run(struct lexer *lex, const char *set)
{
	while (accept(lex, set))
		;
}

/* Roughly a number: what is wrong in it, the parser will notice. */
static bool
scan_number(struct lexer *lex)
{
	const char *digits = "0123456789_", *exponent = "eE";
	size_t width;

	accept(lex, "+-");
	if (accept(lex, "0")) {
		if (accept(lex, "xX")) {
			digits = "0123456789abcdefABCDEF_";
			exponent = "pP";
		} else if (accept(lex, "oO")) {
			digits = "01234567_";
			exponent = "";
		} else if (accept(lex, "bB")) {
			digits = "01_";
			exponent = "";
		}
	}
	accept_run(lex, digits);
	if (accept(lex, "."))
		accept_run(lex, digits);
	if (accept(lex, exponent)) {
		accept(lex, "+-");
		accept_run(lex, "0123456789_");
	}
	accept(lex, "i");
	if (!rune_is_word(peek(lex, &width)))
		return true;
	lex->pos += width;
	return false;
}

static struct token *
lex_number(struct lexer *lex)
{
	enum token_kind kind = TOKEN_NUMBER;
	struct buf b = {0};
	bool good = scan_number(lex);
	char next = lex->text.ptr[lex->pos];

	if (good && (next == '+' || next == '-')) {
		kind = TOKEN_COMPLEX;
		good = scan_number(lex) && lex->text.ptr[lex->pos - 1] == 'i';
	}
	if (good)
		return emit(lex, kind);
	buf_puts(&b, "bad number syntax: ");
	value_quote(&b,
	    (struct str){lex->text.ptr + lex->start, lex->pos - lex->start});
	return fail_buf(lex, lex->start, &b);
}

/* A string or character constant whose opening quote was taken; it may not go
 * on over a line. */
static struct token *
lex_quoted(struct lexer *lex, char quote, enum token_kind kind)
{
	uint32_t c;

	do {
		c = take(lex);
		if (c == '\\') {
			c = take(lex);
			if (c != END_OF_TEXT && c != '\n')
				c = 0;
		}
		if (c == END_OF_TEXT || c == '\n')
			return fail(
			    lex, kind == TOKEN_STRING
				     ? "unterminated quoted string"
				     : "unterminated character constant");
	} while (c != (unsigned char)quote);
	return emit(lex, kind);
}

static struct token *
lex_raw(struct lexer *lex)
{
	uint32_t c;

	do {
		c = take(lex);
		if (c == END_OF_TEXT)
			return fail(lex, "unterminated raw quoted string");
	} while (c != '`');
	return emit(lex, TOKEN_RAW);
}

static struct token *
lex_declare(struct lexer *lex)
{
	if (!accept(lex, "="))
		return fail(lex, "expected :=");
	return emit(lex, TOKEN_DECLARE);
}

static struct token *
lex_close(struct lexer *lex)
{
	if (--lex->parens < 0)
		return fail(lex, "unexpected right paren");
	return emit(lex, TOKEN_CLOSE);
}

/* A dot begins a number if a digit follows, or if nothing does. */
static bool
dot_begins_number(const struct lexer *lex)
{
	char c = lex->text.ptr[lex->pos];

	return lex->pos >= lex->text.len || (c >= '0' && c <= '9');
}

/* Tokens that their first character c, already taken, does not tell alone. */
static struct token *
lex_longer(struct lexer *lex, uint32_t c, size_t width)
{
	if (c == '.' && !dot_begins_number(lex))
		return lex_name(lex, TOKEN_DOT, TOKEN_FIELD);
	if (c == '.' || c == '+' || c == '-' || (c >= '0' && c <= '9')) {
		lex->pos = lex->start;
		return lex_number(lex);
	}
	if (rune_is_word(c))
		return lex_word(lex);
	if (c < 0x80 && rune_is_print(c))
		return emit(lex, TOKEN_OTHER);
	return fail_rune(
	    lex, lex->pos - width, "unrecognized character in action:", c);
}

static struct token *
lex_inside(struct lexer *lex)
{
	size_t width;
	uint32_t c;
	bool trim;

	if (is_right(lex, lex->pos, &trim))
		return lex->parens == 0 ? lex_right(lex)
					: fail(lex, "unclosed left paren");
	c = peek(lex, &width);
	if (c == END_OF_TEXT)
		return fail(lex, "unclosed action");
	if (is_blank(c))
		return lex_blanks(lex);
	lex->pos += width;
	switch (c) {
	case '=':
		return emit(lex, TOKEN_ASSIGN);
	case ':':
		return lex_declare(lex);
	case '|':
		return emit(lex, TOKEN_PIPE);
	case '(':
		lex->parens++;
		return emit(lex, TOKEN_OPEN);
	case ')':
		return lex_close(lex);
	case '"':
		return lex_quoted(lex, '"', TOKEN_STRING);
	case '\'':
		return lex_quoted(lex, '\'', TOKEN_CHAR);
	case '`':
		return lex_raw(lex);
	case '$':
		return lex_name(lex, TOKEN_VARIABLE, TOKEN_VARIABLE);
	default:
		return lex_longer(lex, c, width);
	}
}

/* --- the contract --- */

void
lex_init(struct lexer *lex, struct arena *arena, struct str text,
    struct str left, struct str right)
{
	*lex = (struct lexer){.arena = arena,
	    .text = text,
	    .left = left,
	    .right = right,
	    .line = 1,
	    .start_line = 1};
}

void
lex_next(struct lexer *lex, struct token *t)
{
	lex->token = t;
	if (lex->in_action)
		lex_inside(lex);
	else
		lex_outside(lex);
}

/* The first ten characters, as Go's %.10q cuts. */
static struct str
shorten(struct str s)
{
	size_t at = 0;
	uint32_t rune;

	for (int i = 0; i < TOKEN_SHOWN && at < s.len; i++)
		at += rune_decode(s.ptr + at, s.len - at, &rune);
	return (struct str){s.ptr, at};
}

void
token_print(const struct token *t, struct buf *b)
{
	if (t->kind == TOKEN_EOF) {
		buf_puts(b, "EOF");
	} else if (t->kind == TOKEN_ERROR) {
		buf_str(b, t->text);
	} else if (t->kind >= TOKEN_DOT) {
		buf_char(b, '<');
		buf_str(b, t->text);
		buf_char(b, '>');
	} else {
		value_quote(b, shorten(t->text));
		if (t->text.len > TOKEN_SHOWN)
			buf_puts(b, "...");
	}
}
