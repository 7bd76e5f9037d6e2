/* SPDX-License-Identifier: MIT */
/*
 * Calling functions and methods: counting, evaluating and converting arguments,
 * and what a failure reads like. and, or and call are no ordinary calls: the
 * first two evaluate only what they need.
 */
#include <time.h>

#include "exec.h"
#include "weir/limits.h"

/* Arguments that fit on the C stack; they can't outlive a built-in's call. */
#define ARGS_INLINE 4

bool
type_can_be_nil(const struct type *t)
{
	switch (t->kind) {
	case KIND_CHAN:
	case KIND_FUNC:
	case KIND_INTERFACE:
	case KIND_MAP:
	case KIND_PTR:
	case KIND_SLICE:
		return true;
	default:
		return t == &type_reflect_value;
	}
}

/* ---- making a value fit a parameter ---- */

/* Elements that lie otherwise than the parameter's type says are copied. */
static void
relay(struct exec *x, const struct type *type, struct value *v)
{
	struct list_builder b;

	if (v->type->elem_store != type->elem_store) {
		list_begin(&b, x->arena, type);
		for (size_t i = 0; i < v->len; i++)
			list_add(&b, value_index(v, i));
		*v = list_end_room(&b, (size_t)v->len + v->spare);
	}
	v->type = type;
}

static bool
assign(struct exec *x, const struct type *type, struct value *v)
{
	if (!type_assignable(v->type, type))
		return false;
	if (type->kind == KIND_INTERFACE)
		v->iface = true;
	else if (type->kind == KIND_SLICE || type->kind == KIND_ARRAY)
		relay(x, type, v);
	else
		v->type = type;
	return true;
}

/* One step through a pointer, or to one, is taken if that helps. */
static int
convert_pointer(struct exec *x, const struct type *type, struct value *v)
{
	const struct type *t = v->type;

	if (t->kind == KIND_PTR && t->elem && type_assignable(t->elem, type)) {
		if (!v->u.ptr)
			return exec_fail(x,
			    "dereference of nil pointer of type %s",
			    type->name);
		v->type = type;
		return 0;
	}
	if (type->kind == KIND_PTR && t->kind == KIND_STRUCT &&
	    type_same(type->elem, t)) {
		v->type = type;
		return 0;
	}
	return exec_fail(x, "wrong type for value; expected %s; got %s",
	    type->name, t->name);
}

static int
convert_nothing(struct exec *x, const struct type *type, struct value *v)
{
	if (v->iface) /* a nil interface {} where something else is wanted */
		return exec_fail(x, "wrong type for value; expected %s; got %s",
		    type->name, type_any.name);
	if (!type_can_be_nil(type))
		return exec_fail(x, "invalid value; expected %s", type->name);
	*v = type_zero(x->arena, type);
	return 0;
}

int
exec_convert(struct exec *x, const struct type *type, struct value *v)
{
	value_deref(v);
	if (!type || type == &type_reflect_value)
		return 0;
	if (type == &type_any) {
		v->iface = true;
		return 0;
	}
	if (!v->type)
		return convert_nothing(x, type, v);
	v->iface = false;
	if (v->type == type || assign(x, type, v))
		return 0;
	return convert_pointer(x, type, v);
}

/* ---- calls ---- */

int
call_run(struct call *call, const struct func_compiled *f, struct value *out)
{
	call->func = &f->func;
	*out = VALUE_NONE;
	if (f->func.call(call, out) < 0)
		return -1;
	if (f->result_any)
		out->iface = true;
	else if (!f->as_is)
		out->iface = false;
	return 0;
}

/* A method of the record, called through a nil pointer to it. */
static int
fail_nil_receiver(struct call *call, const struct invocation *i)
{
	const char *record = i->receiver->type->elem->name;
	const char *dot = strrchr(record, '.');

	return call_fail(call,
	    "value method %s.%s called using nil *%s pointer", record,
	    i->func->func.name, dot ? dot + 1 : record);
}

static int
call_method(struct call *call, const struct invocation *i, struct value *out)
{
	const struct value *r = i->receiver;

	if (r && value_kind(r) == KIND_PTR && !r->u.ptr &&
	    r->type->method_count == 0)
		return fail_nil_receiver(call, i);
	return call_run(call, i->func, out);
}

/* Has the render had its time? One call in 16 asks. */
static bool
is_late(struct exec *x)
{
	struct timespec t;

	if (++x->calls % 16)
		return false;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	if (!x->until)
		x->until = t.tv_sec + LIMIT_RENDER_SECONDS;
	return t.tv_sec > x->until;
}

static int
run(struct exec *x, const struct invocation *i, struct value *args, size_t argc,
    struct value *out)
{
	struct call call = {
	    .render = x->render, .arena = x->arena, .args = args, .argc = argc};

	x->render->line = (int)i->node->line;
	if (is_late(x)) {
		x->at = i->node;
		return exec_fail_limit(x,
		    "the template runs longer than %d seconds",
		    LIMIT_RENDER_SECONDS);
	}
	if (call_method(&call, i, out) == 0) {
		x->stamp = call.stamp;
		return 0;
	}
	x->at = i->node;
	exec_fail(x, "error calling %s: %s", i->func->func.name,
	    call.error.text ? call.error.text : "");
	error_fini(&call.error);
	return -1;
}

/* The type of argument i of n. */
static const struct type *
param(const struct func_compiled *f, uint32_t i)
{
	return f->params[i < f->count ? i : f->count - 1];
}

static int
evaluate(struct exec *x, const struct value *dot, const struct invocation *i,
    struct value *args)
{
	uint32_t n;

	for (n = 0; n < i->arg_count; n++)
		if (exec_arg(x, dot, param(i->func, n), i->args[n], &args[n]) <
		    0)
			return -1;
	if (!i->final)
		return 0;
	args[n] = *i->final;
	return exec_convert(x, param(i->func, n), &args[n]);
}

static int
check_count(struct exec *x, const struct invocation *i)
{
	const struct func_compiled *f = i->func;
	uint32_t given = i->arg_count + (i->final != NULL);

	if (f->variadic && given < f->count - 1)
		return exec_fail(x,
		    "wrong number of args for %s: want at least %u got %u",
		    f->func.name, f->count - 1, i->arg_count);
	if (!f->variadic && given != f->count)
		return exec_fail(x,
		    "wrong number of args for %s: want %u got %u", f->func.name,
		    f->count, given);
	return 0;
}

/* and, or: the first argument that decides, or the last. */
static int
choose(struct exec *x, const struct value *dot, const struct invocation *i,
    bool wanted, struct value *out)
{
	for (uint32_t n = 0; n < i->arg_count; n++) {
		if (exec_arg(x, dot, &type_reflect_value, i->args[n], out) < 0)
			return -1;
		if (value_truth(out) == wanted)
			return 0;
	}
	if (i->final)
		*out = *i->final;
	return 0;
}

/* What call names its callee in messages. */
static struct value
callee_name(struct exec *x, const struct invocation *i)
{
	const struct value *f = i->final;

	if (i->arg_count > 0)
		return value_str(str_of(exec_node_text(x, i->args[0])));
	if (f && value_kind(f) == KIND_STRING)
		return *f;
	return value_str(str_of(arena_printf(
	    x->arena, "<%s Value>", f->type ? f->type->name : "invalid")));
}

/* Room before the arguments for a receiver, or the name for call. */
static int
call(struct exec *x, const struct value *dot, const struct invocation *i,
    struct value *out)
{
	const struct func_compiled *f = i->func;
	struct value local[ARGS_INLINE + 1], *args = local;
	size_t argc = i->arg_count + (i->final != NULL);
	bool first = i->receiver || f->special == BUILTIN_CALL;

	if (check_count(x, i) < 0)
		return -1;
	if (f->special == BUILTIN_AND || f->special == BUILTIN_OR)
		return choose(x, dot, i, f->special == BUILTIN_OR, out);
	if (!f->builtin || argc > ARGS_INLINE)
		args = arena_alloc(x->arena, (argc + 1) * sizeof *args);
	if (evaluate(x, dot, i, args + first) < 0)
		return -1;
	if (i->receiver)
		args[0] = *i->receiver;
	else if (first)
		args[0] = callee_name(x, i);
	return run(x, i, args, argc + first, out);
}

/* ---- functions ---- */

static int
call_denied(struct call *c, struct value *result)
{
	(void)result;
	return call_fail(c, "function is disabled");
}

static struct func_compiled *
compile_ident(struct exec *x, const struct node *ident)
{
	struct func_compiled *f;
	struct func denied;

	if (ident->u.ident.denied && ident->u.ident.func) {
		denied = (struct func){.name = ident->u.ident.func->name,
		    .params = "...string",
		    .result = "string",
		    .call = call_denied};
		return func_compile(&x->template->arena, x->template, &denied);
	}
	if (ident->u.ident.func)
		return func_compile(
		    &x->template->arena, x->template, ident->u.ident.func);
	f = func_compile(
	    &x->template->arena, x->template, &ident->u.ident.builtin->func);
	f->builtin = true;
	f->special = ident->u.ident.builtin->special;
	return f;
}

int
exec_function(struct exec *x, const struct value *dot, const struct node *ident,
    struct invocation *i, struct value *out)
{
	struct node *node = (struct node *)(uintptr_t)ident;

	x->at = ident;
	if (!ident->u.ident.func && !ident->u.ident.builtin)
		return exec_fail(x, "\"%.*s\" is not a defined function",
		    (int)ident->u.ident.name.len, ident->u.ident.name.ptr);
	if (!ident->u.ident.compiled)
		node->u.ident.compiled = compile_ident(x, ident);
	i->func = ident->u.ident.compiled;
	return call(x, dot, i, out);
}

/* Methods met at a node, most often one, are compiled once. */
int
exec_method(struct exec *x, const struct value *dot, const struct method *m,
    struct invocation *i, struct value *out)
{
	struct node *node = (struct node *)(uintptr_t)i->node;
	struct func_compiled *f = node->cache;

	while (f && f->method != m)
		f = f->next;
	if (!f) {
		struct func func = {.name = m->name,
		    .params = m->params,
		    .result = m->result,
		    .call = m->call};

		f = func_compile(&x->template->arena, x->template, &func);
		f->method = m;
		f->next = node->cache;
		node->cache = f;
	}
	i->func = f;
	return call(x, dot, i, out);
}
