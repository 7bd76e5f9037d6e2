/* SPDX-License-Identifier: MIT */
/*
 * What the files of the parser share. The first error ends the parse by a jump
 * to template_parse: everything that was begun belongs to struct parser or to
 * the template's arena, so nothing is lost.
 */
#ifndef WEIR_TEMPLATE_PARSE_H
#define WEIR_TEMPLATE_PARSE_H

#include <setjmp.h>

#include "lex.h"
#include "node.h"

/*
 * The state of one definition (the file, a define, a block). Tokens read ahead
 * are kept here and not in the parser, because Go does: the line that a message
 * names is that of the last token that its definition has read.
 */
struct scope {
	struct token tokens[3]; /* [0] is the last that was read */
	unsigned pushed;        /* tokens given back */
	uint32_t action_line;   /* of the action in hand; 0: none */
	uint32_t ranges;        /* ranges open around */
	uint32_t parens;        /* parentheses open around */
	size_t first_variable;  /* in parser.variables */
};

#define RECENT_NAMES 64

/* A construct that awaits its end. */
struct open {
	const char *word;
	uint32_t pos;
};

struct parser {
	struct template *template;
	struct lexer lex;
	struct scope *scope;
	struct error *error;
	jmp_buf failed;
	struct buf message;
	uint32_t action_pos; /* of the last left delimiter */

	/* Names that were interned last, to be found without hashing. */
	struct str recent[RECENT_NAMES];
	/* Interned names of the variables in sight, of all scopes. */
	struct str *variables;
	size_t variable_count, variable_capacity;
	/* Nodes of the lists in the making. */
	struct node **nodes;
	size_t node_count, node_capacity;
	struct open *opens;
	size_t open_count, open_capacity;
};

/* --- parse_token.c --- */

/* Takes the next token: it is valid until the one behind it is read. */
static inline const struct token *
parse_next(struct parser *p)
{
	struct scope *s = p->scope;

	if (s->pushed > 0)
		s->pushed--;
	else
		lex_next(&p->lex, &s->tokens[0]);
	return &s->tokens[s->pushed];
}

/* Looks at the next token: it is valid until the one behind it is read. */
static inline const struct token *
parse_peek(struct parser *p)
{
	struct scope *s = p->scope;

	if (s->pushed == 0) {
		lex_next(&p->lex, &s->tokens[0]);
		s->pushed = 1;
	}
	return &s->tokens[s->pushed - 1];
}

/* The same past a blank, which is taken. */
static inline const struct token *
parse_peek_word(struct parser *p)
{
	const struct token *t;

	while ((t = parse_peek(p))->kind == TOKEN_SPACE)
		p->scope->pushed--;
	return t;
}

static inline const struct token *
parse_next_word(struct parser *p)
{
	parse_peek_word(p);
	return parse_next(p);
}

/* Gives back the last token taken. */
static inline void
parse_back(struct parser *p)
{
	p->scope->pushed++;
}

/* The same with one, with two others before it. */
void parse_back2(struct parser *, const struct token *first);
void parse_back3(
    struct parser *, const struct token *first, const struct token *second);
struct token parse_expect(
    struct parser *, enum token_kind, const char *context);

/* Ends the parse; pos is where the caret goes. */
_Noreturn void parse_fail(struct parser *, uint32_t pos, const char *format,
    ...) __attribute__((format(printf, 3, 4)));
/* The same with what is in parser->message. */
_Noreturn void parse_fail_message(struct parser *, uint32_t pos);
_Noreturn void parse_unexpected(
    struct parser *, const struct token *, const char *context);
_Noreturn void parse_unknown_function(struct parser *, const struct token *);
_Noreturn void parse_fail_eof(struct parser *);

/* --- parse_expr.c --- */

/* declarations? command ('|' command)*, up to a token of kind end. */
struct node *parse_pipeline(
    struct parser *, const char *context, enum token_kind end);

/* --- parse.c --- */

struct node *parse_node(
    struct parser *, enum node_kind, uint32_t pos, uint32_t line);
/* Adds a node to the list in the making; takes those from `from` on out. */
void parse_push(struct parser *, struct node *);
struct node_list parse_take(struct parser *, size_t from);
/* The same bytes at the same address for equal names. */
struct str parse_intern(struct parser *, struct str);
void parse_declare(struct parser *, struct str variable);

#endif
