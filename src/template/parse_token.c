/* SPDX-License-Identifier: MIT */
/*
 * Tokens read ahead, and the messages. Line numbers are Go's: that of the last
 * token read, which may lie beyond the culprit. The caret stands under the
 * culprit, and when its line is another, the excerpt says which.
 */
#include "parse.h"

#include <stdlib.h>

#include "weir/xalloc.h"

static const char *const builtin_names[] = {"and", "break", "call", "continue",
    "define", "else", "end", "eq", "ge", "gt", "html", "if", "index", "js",
    "le", "len", "lt", "ne", "nil", "not", "or", "print", "printf", "println",
    "range", "slice", "template", "urlquery", "with"};
#define BUILTINS (sizeof(builtin_names) / sizeof(*builtin_names))

void
parse_back2(struct parser *p, const struct token *first)
{
	p->scope->tokens[1] = *first;
	p->scope->pushed = 2;
}

void
parse_back3(
    struct parser *p, const struct token *first, const struct token *second)
{
	p->scope->tokens[1] = *second;
	p->scope->tokens[2] = *first;
	p->scope->pushed = 3;
}

struct token
parse_expect(struct parser *p, enum token_kind kind, const char *context)
{
	struct token t = *parse_next_word(p);

	if (t.kind != kind)
		parse_unexpected(p, &t, context);
	return t;
}

/* --- messages --- */

/* Puts text below what the excerpt holds already. */
static void
add_excerpt(struct error *e, struct str text)
{
	struct buf b = {0};

	if (e->excerpt) {
		buf_puts(&b, e->excerpt);
		buf_char(&b, '\n');
	}
	buf_str(&b, text);
	free(e->excerpt);
	e->excerpt = buf_take(&b, NULL);
}

/* Quotes the line of pos under a heading that names it. */
static void
quote_other_line(struct parser *p, uint32_t pos, const char *heading)
{
	const struct template *t = p->template;
	struct error there = {0};
	struct buf b = {0};
	int line, column;

	template_locate(t, pos, &line, &column);
	error_set(&there, ERROR_TEMPLATE, "%s", "");
	error_at(&there, "", line, column);
	error_quote(&there, t->text.ptr, t->text.len);
	buf_printf(&b, "%s line %d:\n", heading, line);
	if (there.excerpt)
		buf_puts(&b, there.excerpt);
	add_excerpt(p->error, buf_as_str(&b));
	error_fini(&there);
	buf_fini(&b);
}

/* Sets the error from p->message, without its excerpt. True if the line that
 * Go would name is that of pos. */
static bool
set_error(struct parser *p, uint32_t pos)
{
	const struct token *last = &p->scope->tokens[0];
	struct template *t = p->template;
	int line, column, there;

	error_set(p->error, ERROR_TEMPLATE, "%s", buf_as_str(&p->message).ptr);
	template_locate(t, pos, &line, &column);
	if (line == (int)last->line) {
		error_at(p->error, t->path, line, column);
		return true;
	}
	template_locate(t, last->pos, &there, &column);
	error_at(p->error, t->path, (int)last->line,
	    there == (int)last->line ? column : 0);
	return false;
}

static void
report(struct parser *p, uint32_t pos)
{
	struct template *t = p->template;

	if (!p->error)
		return;
	if (set_error(p, pos))
		error_quote(p->error, t->text.ptr, t->text.len);
	else
		quote_other_line(p, pos, "begun in");
}

_Noreturn void
parse_fail_message(struct parser *p, uint32_t pos)
{
	report(p, pos);
	longjmp(p->failed, 1);
}

_Noreturn void
parse_fail(struct parser *p, uint32_t pos, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_vprintf(&p->message, format, ap);
	va_end(ap);
	parse_fail_message(p, pos);
}

/* The lexer's own message, and where the action began if lines ago. */
static _Noreturn void
fail_lexed(struct parser *p, const struct token *t)
{
	uint32_t began = p->scope->action_line;

	buf_str(&p->message, t->text);
	if (began != 0 && began != t->line)
		buf_printf(&p->message, "%s started at :%u",
		    str_has_suffix(t->text, STR(" action")) ? "" : " in action",
		    (unsigned)began);
	parse_fail_message(p, t->pos);
}

_Noreturn void
parse_unexpected(struct parser *p, const struct token *t, const char *context)
{
	if (t->kind == TOKEN_ERROR)
		fail_lexed(p, t);
	buf_puts(&p->message, "unexpected ");
	token_print(t, &p->message);
	buf_printf(&p->message, " in %s", context);
	parse_fail_message(p, t->pos);
}

static size_t
list_names(const struct strmap *funcs, const char **names)
{
	const struct strmap_entry *e;
	size_t n = 0;

	for (size_t i = 0; (e = strmap_next(funcs, &i));)
		names[n++] = ((const struct func *)e->value)->name;
	return n;
}

static const char *
nearest_function(const struct template *t, struct str name)
{
	static const struct strmap none;
	const struct strmap *standard = t->standard ? t->standard : &none;
	const char **names = xcalloc(
	    BUILTINS + standard->count + t->funcs.count, sizeof(*names));
	const char *found;
	size_t n = 0;

	for (size_t i = 0; i < BUILTINS; i++)
		names[n++] = builtin_names[i];
	n += list_names(standard, names + n);
	n += list_names(&t->funcs, names + n);
	found = str_nearest(name, names, n);
	free(names);
	return found;
}

_Noreturn void
parse_unknown_function(struct parser *p, const struct token *t)
{
	const char *near = nearest_function(p->template, t->text);
	struct buf b = {0};

	buf_puts(&p->message, "function ");
	value_quote(&p->message, t->text);
	buf_puts(&p->message, " not defined");
	report(p, t->pos);
	if (near && p->error) {
		buf_printf(&b, "did you mean \"%s\"?", near);
		add_excerpt(p->error, buf_as_str(&b));
		buf_fini(&b);
	}
	longjmp(p->failed, 1);
}

/* Where an {{end}} should be the file ends: the line to show is that where the
 * innermost open construct begins. */
_Noreturn void
parse_fail_eof(struct parser *p)
{
	const struct open *open = &p->opens[p->open_count - 1];
	struct buf b = {0};

	buf_puts(&p->message, "unexpected EOF");
	if (p->error) {
		set_error(p, (uint32_t)p->template->text.len);
		buf_printf(&b, "no {{end}} for the {{%s}} in", open->word);
		quote_other_line(p, open->pos, buf_as_str(&b).ptr);
		buf_fini(&b);
	}
	longjmp(p->failed, 1);
}
