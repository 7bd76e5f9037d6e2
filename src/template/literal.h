/* SPDX-License-Identifier: MIT */
/*
 * The values of literals in a template: strings with their escapes, numbers
 * with every type that they can take.
 */
#ifndef WEIR_TEMPLATE_LITERAL_H
#define WEIR_TEMPLATE_LITERAL_H

#include "lex.h"
#include "node.h"

/* strconv.Unquote of a token of the lexer, quotes included. The text is a slice
 * of quoted, or lives in the arena. -1: "invalid syntax". */
int literal_unquote(struct arena *, struct str quoted, struct str *text);
/* The number that a token TOKEN_NUMBER, COMPLEX or CHAR writes. -1, and the
 * message appended to the buf. */
int literal_number(
    const struct token *, struct node_number *, struct buf *message);

#endif
