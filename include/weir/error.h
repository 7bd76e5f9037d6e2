/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * What went wrong, in a structure that the caller owns. The first error that is
 * set wins; later ones are dropped, so cleaning up can't hide the cause. Every
 * function here accepts NULL for "the caller doesn't want to know".
 */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf;

enum error_kind {
	ERROR_NONE,
	ERROR_CONFIG,   /* the operator's configuration or command line */
	ERROR_TEMPLATE, /* a template doesn't parse or fails on execution */
	ERROR_DATA,     /* a catalog file, state file or answer is malformed */
	ERROR_REMOTE,   /* Consul or HAProxy answered with a failure */
	ERROR_IO,       /* a file or socket operation failed */
	ERROR_LIMIT,    /* a bound of limits.h was exceeded */
	ERROR_REFUSED   /* a check refused a candidate, a policy forbids it */
};

/*
 * Zero-initialise ({0}) or error_init. source is a file name or another name
 * for where; NULL if there is none. line counts from 1, 0 is "none". column is
 * the number that is printed (Go counts bytes from 0), -1 is "none".
 * excerpt is further text for people, printed below the message as it is: the
 * source line and the caret, or another program's own words.
 */
struct error {
	enum error_kind kind;
	char *source;
	int line;
	int column;
	char *text;
	char *excerpt;
};

void error_init(struct error *);
/* Frees what the error owns and makes it empty again. */
void error_fini(struct error *);
static inline bool
error_is_set(const struct error *e)
{
	return e && e->kind != ERROR_NONE;
}

/* Sets kind and text. Always returns -1, so that `return error_set(…)` works.
 */
int error_set(struct error *, enum error_kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int error_vset(struct error *, enum error_kind, const char *format, va_list)
    __attribute__((format(printf, 3, 0)));
/* The same with ": strerror(errno)" behind the text. */
int error_set_errno(struct error *, enum error_kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds where: copies source; no effect if a source is already there. */
void error_at(struct error *, const char *source, int line, int column);
/* Adds the excerpt (copied); no effect if one is already there. */
void error_excerpt(struct error *, const char *text);
/*
 * Makes the excerpt from the text of the source: the line `line` of text with
 * tabs kept, and below it a caret under byte `column`.
 */
void error_quote(struct error *, const char *text, size_t len);

/* Moves from into to if to is not set; from is empty afterwards. */
void error_move(struct error *to, struct error *from);

/* "source:line:column: text\nexcerpt" without a final new line, into the buf;
 * what is absent is left out. */
void error_print(const struct error *, struct buf *);

#endif
