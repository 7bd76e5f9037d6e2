/* SPDX-License-Identifier: MIT */
/*
 * Errors that the caller owns. Every setter leaves a set error alone, so that
 * the first cause is what is reported; errno survives every function here.
 */
#include "weir/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weir/buf.h"
#include "weir/xalloc.h"

/* Bytes of a quoted line on either side of the column; a template may be one
 * line of megabytes. */
#define QUOTE_AROUND 200

void
error_init(struct error *e)
{
	if (e)
		*e = (struct error){.column = -1};
}

void
error_fini(struct error *e)
{
	if (!e)
		return;
	free(e->source);
	free(e->text);
	free(e->excerpt);
	error_init(e);
}

int
error_vset(
    struct error *e, enum error_kind kind, const char *format, va_list args)
{
	int saved = errno;

	if (e && !error_is_set(e)) {
		e->text = xvasprintf(format, args);
		e->kind = kind;
		if (!e->source)
			e->column = -1;
	}
	errno = saved;
	return -1;
}

int
error_set(struct error *e, enum error_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_vset(e, kind, format, args);
	va_end(args);
	return -1;
}

int
error_set_errno(struct error *e, enum error_kind kind, const char *format, ...)
{
	int saved = errno;
	va_list args;
	char *words;

	va_start(args, format);
	if (e && !error_is_set(e)) {
		words = xvasprintf(format, args);
		error_set(e, kind, "%s: %s", words, strerror(saved));
		free(words);
	}
	va_end(args);
	errno = saved;
	return -1;
}

void
error_at(struct error *e, const char *source, int line, int column)
{
	if (!e || e->source || !source)
		return;
	e->source = xstrdup(source);
	e->line = line;
	e->column = column;
}

void
error_excerpt(struct error *e, const char *text)
{
	if (e && !e->excerpt && text)
		e->excerpt = xstrdup(text);
}

/* Line number `line`, counted from 1, without its new line; ptr is NULL when
 * the text has fewer. */
static struct str
line_of(struct str text, int line)
{
	const char *p = text.ptr, *end = text.ptr + text.len, *nl;

	for (int i = 1; i < line && p; i++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		p = nl ? nl + 1 : NULL;
	}
	if (!p || line < 1)
		return (struct str){0};
	nl = memchr(p, '\n', (size_t)(end - p));
	if (!nl)
		nl = end;
	if (nl > p && nl[-1] == '\r')
		nl--;
	return (struct str){p, (size_t)(nl - p)};
}

/* One byte of a quoted line: a terminal must not obey what a file holds. */
static char
visible(char c)
{
	return c == '\t' || ((unsigned char)c >= 0x20 && c != 0x7f) ? c : '?';
}

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void
error_quote(struct error *e, const char *text, size_t len)
{
	struct buf b = {0};
	struct str line;
	size_t from = 0, to, column;

	if (!error_is_set(e) || e->excerpt || e->line < 1 || !text)
		return;
	line = line_of((struct str){text, len}, e->line);
	if (!line.ptr)
		return;
	column = e->column < 0 ? 0 : (size_t)e->column;
	if (column > line.len)
		column = line.len;
	to = line.len;
	if (column > QUOTE_AROUND)
		from = column - QUOTE_AROUND;
	if (to - column > QUOTE_AROUND)
		to = column + QUOTE_AROUND;
	while (from < column && continues(line.ptr[from]))
		from++;
	while (to > column && to < line.len && continues(line.ptr[to]))
		to--;
	for (size_t i = from; i < to; i++)
		buf_char(&b, visible(line.ptr[i]));
	if (e->column >= 0) {
		buf_char(&b, '\n');
		for (size_t i = from; i < column; i++)
			if (!continues(line.ptr[i]))
				buf_char(&b, line.ptr[i] == '\t' ? '\t' : ' ');
		buf_char(&b, '^');
	}
	e->excerpt = buf_take(&b, NULL);
}

void
error_move(struct error *to, struct error *from)
{
	if (to == from || !from)
		return;
	if (to && !error_is_set(to) && error_is_set(from)) {
		error_fini(to);
		*to = *from;
		error_init(from);
	} else {
		error_fini(from);
	}
}

void
error_print(const struct error *e, struct buf *b)
{
	if (!error_is_set(e))
		return;
	if (e->source) {
		buf_puts(b, e->source);
		if (e->line > 0) {
			buf_printf(b, ":%d", e->line);
			if (e->column >= 0)
				buf_printf(b, ":%d", e->column);
		}
		buf_puts(b, ": ");
	}
	buf_puts(b, e->text);
	if (e->excerpt) {
		size_t n = strlen(e->excerpt);

		while (n > 0 && e->excerpt[n - 1] == '\n')
			n--;
		buf_char(b, '\n');
		buf_put(b, e->excerpt, n);
	}
}
