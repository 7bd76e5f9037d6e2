/* SPDX-License-Identifier: MIT */
/* The lexer: kinds, slices, lines, and how messages show a token. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/lex.h"

static void
begin(struct lexer *lex, struct arena *a, const char *text)
{
	arena_init(a, 0);
	lex_init(lex, a, str_of(text), STR("{{"), STR("}}"));
}

static void
assert_token(
    struct lexer *lex, enum token_kind kind, const char *text, uint32_t line)
{
	struct token t;

	lex_next(lex, &t);
	assert_int_equal(t.kind, kind);
	if (!str_is(t.text, text))
		fail_msg("%.*s, not %s", (int)t.text.len, t.text.ptr, text);
	assert_int_equal(t.line, line);
}

static void
an_action_gives_its_tokens(void **state)
{
	struct lexer lex;
	struct arena a;

	(void)state;
	begin(&lex, &a, "x{{range $i,\n.A.B := (f `r` 'c' 1.5)|end}}\n");
	assert_token(&lex, TOKEN_TEXT, "x", 1);
	assert_token(&lex, TOKEN_LEFT, "{{", 1);
	assert_token(&lex, TOKEN_RANGE, "range", 1);
	assert_token(&lex, TOKEN_SPACE, " ", 1);
	assert_token(&lex, TOKEN_VARIABLE, "$i", 1);
	assert_token(&lex, TOKEN_OTHER, ",", 1);
	assert_token(&lex, TOKEN_SPACE, "\n", 1);
	assert_token(&lex, TOKEN_FIELD, ".A", 2);
	assert_token(&lex, TOKEN_FIELD, ".B", 2);
	assert_token(&lex, TOKEN_SPACE, " ", 2);
	assert_token(&lex, TOKEN_DECLARE, ":=", 2);
	assert_token(&lex, TOKEN_SPACE, " ", 2);
	assert_token(&lex, TOKEN_OPEN, "(", 2);
	assert_token(&lex, TOKEN_IDENTIFIER, "f", 2);
	assert_token(&lex, TOKEN_SPACE, " ", 2);
	assert_token(&lex, TOKEN_RAW, "`r`", 2);
	assert_token(&lex, TOKEN_SPACE, " ", 2);
	assert_token(&lex, TOKEN_CHAR, "'c'", 2);
	assert_token(&lex, TOKEN_SPACE, " ", 2);
	assert_token(&lex, TOKEN_NUMBER, "1.5", 2);
	assert_token(&lex, TOKEN_CLOSE, ")", 2);
	assert_token(&lex, TOKEN_PIPE, "|", 2);
	assert_token(&lex, TOKEN_END, "end", 2);
	assert_token(&lex, TOKEN_RIGHT, "}}", 2);
	assert_token(&lex, TOKEN_TEXT, "\n", 2);
	assert_token(&lex, TOKEN_EOF, "", 3);
	assert_token(&lex, TOKEN_EOF, "", 3);
	arena_fini(&a);
}

static void
trim_markers_eat_blanks_and_keep_the_lines(void **state)
{
	struct lexer lex;
	struct arena a;

	(void)state;
	begin(&lex, &a, "a \n{{- 1\n-}}\r\n\t b{{/* c\n */ -}} \n c");
	assert_token(&lex, TOKEN_TEXT, "a", 1);
	assert_token(&lex, TOKEN_LEFT, "{{", 2);
	assert_token(&lex, TOKEN_NUMBER, "1", 2);
	assert_token(&lex, TOKEN_RIGHT, "}}", 3);
	assert_token(&lex, TOKEN_TEXT, "b", 4);
	assert_token(&lex, TOKEN_TEXT, "c", 6);
	assert_token(&lex, TOKEN_EOF, "", 6);
	arena_fini(&a);
}

static void
an_error_is_the_last_token(void **state)
{
	struct lexer lex;
	struct arena a;
	struct token t;

	(void)state;
	begin(&lex, &a, "{{ .a\xe2\x82\xac }} {{ 1 }}");
	lex_next(&lex, &t);
	lex_next(&lex, &t);
	lex_next(&lex, &t);
	assert_int_equal(t.kind, TOKEN_ERROR);
	assert_int_equal(t.pos, 5);
	assert_true(str_is(t.text, "bad character U+20AC '\xe2\x82\xac'"));
	lex_next(&lex, &t);
	assert_int_equal(t.kind, TOKEN_EOF);
	arena_fini(&a);
}

static void
assert_shown(enum token_kind kind, const char *text, const char *want)
{
	struct token t = {.kind = kind, .text = str_of(text)};
	struct buf b = {0};

	token_print(&t, &b);
	assert_string_equal(b.ptr, want);
	buf_fini(&b);
}

static void
messages_cut_a_token_to_ten_characters(void **state)
{
	(void)state;
	assert_shown(TOKEN_IDENTIFIER, "abcdefghij", "\"abcdefghij\"");
	assert_shown(TOKEN_IDENTIFIER, "abcdefghijk", "\"abcdefghij\"...");
	assert_shown(TOKEN_IDENTIFIER,
	    "gr\xc3\xb6\xc3\x9f"
	    "eabcde",
	    "\"gr\xc3\xb6\xc3\x9f"
	    "eabcde\"...");
	assert_shown(TOKEN_CONTINUE, "continue", "<continue>");
	assert_shown(TOKEN_EOF, "", "EOF");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_action_gives_its_tokens),
	    cmocka_unit_test(trim_markers_eat_blanks_and_keep_the_lines),
	    cmocka_unit_test(an_error_is_the_last_token),
	    cmocka_unit_test(messages_cut_a_token_to_ten_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
