/* SPDX-License-Identifier: MIT */
/*
 * Tokens of a template, made one at a time on demand. A token's text is a slice
 * of the file; only an error's is made (its text is the message). After an
 * error there are no more tokens.
 */
#ifndef WEIR_TEMPLATE_LEX_H
#define WEIR_TEMPLATE_LEX_H

#include <stdbool.h>
#include <stdint.h>

#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/str.h"

enum token_kind {
	TOKEN_ERROR,
	TOKEN_EOF,
	TOKEN_TEXT,
	TOKEN_LEFT,  /* {{ */
	TOKEN_RIGHT, /* }} */
	TOKEN_SPACE,
	TOKEN_BOOL,
	TOKEN_CHAR, /* 'x' */
	TOKEN_NUMBER,
	TOKEN_COMPLEX, /* 1+2i; 2i alone is a number */
	TOKEN_STRING,
	TOKEN_RAW,   /* `x` */
	TOKEN_FIELD, /* .x */
	TOKEN_VARIABLE,
	TOKEN_IDENTIFIER,
	TOKEN_ASSIGN,  /* = */
	TOKEN_DECLARE, /* := */
	TOKEN_PIPE,
	TOKEN_OPEN,  /* ( */
	TOKEN_CLOSE, /* ) */
	TOKEN_OTHER, /* another printable ASCII character */
	/* Words; messages show them as <word>. */
	TOKEN_DOT,
	TOKEN_NIL,
	TOKEN_BLOCK,
	TOKEN_BREAK,
	TOKEN_CONTINUE,
	TOKEN_DEFINE,
	TOKEN_ELSE,
	TOKEN_END,
	TOKEN_IF,
	TOKEN_RANGE,
	TOKEN_TEMPLATE,
	TOKEN_WITH
};

struct token {
	enum token_kind kind;
	uint32_t pos;  /* byte offset where it begins */
	uint32_t line; /* line where it begins, from 1 */
	struct str text;
};

struct lexer {
	struct arena *arena; /* borrowed: for messages */
	struct token *token; /* where the caller wants it */
	struct str text;
	struct str left;
	struct str right;
	size_t pos;          /* what is read next */
	size_t start;        /* where the token in hand begins */
	uint32_t line;       /* of pos */
	uint32_t start_line; /* of start */
	int parens;          /* open in this action */
	bool in_action;
};

/* Everything is borrowed. text.ptr[text.len] must be NUL. */
void lex_init(struct lexer *, struct arena *, struct str text, struct str left,
    struct str right);
/* The next token; at the end EOF, again and again. */
void lex_next(struct lexer *, struct token *);
/* As messages show a token: <range>, "text" (cut to ten characters), EOF. */
void token_print(const struct token *, struct buf *);

#endif
