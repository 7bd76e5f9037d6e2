/* SPDX-License-Identifier: MIT */
/*
 * Messages of execution: Go's words, the place, the source line, what was
 * perhaps meant, and the template calls that led there.
 */
#include <stdlib.h>

#include "exec.h"

/* Callers shown; a template that calls itself for ever has 100,000. */
#define CALLERS 8

const char *
exec_node_text(struct exec *x, const struct node *node)
{
	struct buf b = {0};
	const char *text;

	node_print(node, &b);
	text = arena_strndup(x->arena, buf_as_str(&b).ptr, b.len);
	buf_fini(&b);
	return text;
}

const char *
exec_value_text(struct exec *x, const struct value *v)
{
	struct str s = v->type || v->iface ? value_to_str(x->arena, v)
					   : STR("<invalid reflect.Value>");

	return arena_strndup(x->arena, s.ptr, s.len);
}

static struct str
template_name(const struct exec *x, const struct tree *tree)
{
	return tree->name.len ? tree->name : str_of(x->template->base_name);
}

static void
add_caller(const struct exec *x, const struct frame *f, struct buf *b)
{
	int line, column;

	template_locate(x->template, f->call->pos, &line, &column);
	buf_puts(b, "\nin template ");
	value_quote(b, template_name(x, f->tree));
	buf_printf(b, " called at %s:%d:%d", x->template->path, line, column);
}

/* Puts more below the source line and the caret. */
static void
add_help(const struct exec *x, const char *near, struct error *e)
{
	struct buf b = {0};
	unsigned callers = 0, more = 0;

	if (e->excerpt)
		buf_puts(&b, e->excerpt);
	if (near)
		buf_printf(&b, "%sdid you mean .%s?", b.len ? "\n" : "", near);
	for (const struct frame *f = x->frame; f->call; f = f->outer) {
		if (callers++ < CALLERS)
			add_caller(x, f, &b);
		else
			more++;
	}
	if (more)
		buf_printf(&b, "\nand %u more calls", more);
	free(e->excerpt);
	e->excerpt = b.len ? buf_take(&b, NULL) : NULL;
	buf_fini(&b);
}

__attribute__((format(printf, 4, 0))) static int
fail(struct exec *x, enum error_kind kind, const char *near, const char *format,
    va_list ap)
{
	struct error e = {0};
	struct buf b = {0};
	int line, column;

	if (!x->error || error_is_set(x->error))
		return -1;
	if (kind == ERROR_TEMPLATE) {
		buf_puts(&b, "executing ");
		value_quote(&b, template_name(x, x->frame->tree));
		buf_puts(&b, " at <");
		node_print(x->at, &b);
		buf_puts(&b, ">: ");
	}
	buf_vprintf(&b, format, ap);
	error_set(&e, kind, "%s", b.ptr);
	template_locate(x->template, x->at->pos, &line, &column);
	error_at(&e, x->template->path, line, column);
	error_quote(&e, x->template->text.ptr, x->template->text.len);
	add_help(x, near, &e);
	error_move(x->error, &e);
	buf_fini(&b);
	return -1;
}

int
exec_fail(struct exec *x, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(x, ERROR_TEMPLATE, NULL, format, ap);
	va_end(ap);
	return -1;
}

int
exec_fail_near(struct exec *x, const char *near, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(x, ERROR_TEMPLATE, near, format, ap);
	va_end(ap);
	return -1;
}

int
exec_fail_limit(struct exec *x, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(x, ERROR_LIMIT, NULL, format, ap);
	va_end(ap);
	return -1;
}

int
call_fail(struct call *call, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	error_vset(&call->error, ERROR_TEMPLATE, format, ap);
	va_end(ap);
	return -1;
}
