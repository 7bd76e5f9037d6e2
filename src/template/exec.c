/* SPDX-License-Identifier: MIT */
/*
 * Walking the tree: text, actions, if, with, template calls. Execution runs on
 * a stack of its own (exec_stack.c), because a template may call itself 100,000
 * times deep as in Go, and every bound of limits.h is checked at one place,
 * when a node is entered.
 */
#include "exec.h"
#include "families.h"
#include "memo.h"
#include "weir/limits.h"

/* ---- printing what an action gives ---- */

static void
put_decimal(struct buf *out, int64_t i)
{
	char text[24], *p = text + sizeof text;
	uint64_t u = i < 0 ? 0 - (uint64_t)i : (uint64_t)i;

	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (i < 0)
		*--p = '-';
	buf_put(out, p, (size_t)(text + sizeof text - p));
}

/* A pointer to what has a String() of its own is printed by it. */
static bool
speaks_as_pointer(const struct value *v)
{
	return v->type->kind == KIND_PTR && v->type->string && v->u.ptr &&
	       !(v->type->elem && v->type->elem->string);
}

static int
print_other(struct exec *x, const struct node *node, struct value *v)
{
	value_deref(v);
	if (!v->type) {
		buf_str(x->out, STR("<no value>"));
		return 0;
	}
	if (!speaks_as_pointer(v))
		value_indirect(v);
	if ((v->type->kind == KIND_CHAN || v->type->kind == KIND_FUNC) &&
	    !v->type->string)
		return exec_fail(x, "can't print %s of type %s",
		    exec_node_text(x, node), v->type->name);
	if (v->type->string && v->type->string_by_pointer)
		v->type->string(v, x->out);
	else
		value_print(x->out, v);
	return 0;
}

static int
print_value(struct exec *x, const struct node *node, struct value *v)
{
	x->at = node;
	if (v->type == &type_string) {
		buf_put(x->out, v->u.str, v->len);
		return 0;
	}
	if (v->type == &type_int || v->type == &type_int64) {
		put_decimal(x->out, v->u.i);
		return 0;
	}
	return print_other(x, node, v);
}

/* ---- nodes ---- */

static enum flow
walk_list(struct exec *x, const struct value *dot, const struct node *list)
{
	struct node *const *items = list->u.list.items;

	x->at = list;
	for (uint32_t i = 0; i < list->u.list.count; i++) {
		enum flow flow = exec_walk(x, dot, items[i]);

		if (flow != FLOW_ON)
			return flow;
	}
	return FLOW_ON;
}

static enum flow
walk_action(struct exec *x, const struct value *dot, const struct node *node)
{
	const struct node *pipe = node->u.action;
	struct value v;

	if (exec_pipeline(x, dot, pipe, &v) < 0)
		return FLOW_FAILED;
	if (pipe->u.pipe.decl_count == 0 && print_value(x, node, &v) < 0)
		return FLOW_FAILED;
	return FLOW_ON;
}

/* if and with: the same, but that with sets the dot. */
static enum flow
walk_branch(struct exec *x, const struct value *dot, const struct node *node)
{
	const struct node_branch *b = &node->u.branch;
	uint32_t mark = x->var_count;
	enum flow flow = FLOW_ON;
	struct value v, seen;

	if (exec_pipeline(x, dot, b->pipe, &v) < 0)
		return FLOW_FAILED;
	seen = v;
	value_deref(&seen);
	if (value_truth(&seen))
		flow =
		    exec_walk(x, node->kind == NODE_WITH ? &v : dot, b->list);
	else if (b->else_list)
		flow = exec_walk(x, dot, b->else_list);
	x->var_count = mark;
	return flow;
}

static struct tree *
find_tree(struct exec *x, struct str name)
{
	return strmap_get(&x->template->trees, name);
}

static const char *
quoted(struct exec *x, struct str s)
{
	struct buf b = {0};
	const char *text;

	value_quote(&b, s);
	text = arena_strndup(x->arena, b.ptr, b.len);
	buf_fini(&b);
	return text;
}

static enum flow
walk_template(struct exec *x, const struct value *dot, struct node *node)
{
	struct value given = VALUE_NONE;
	struct tree *target = node->u.call.target;

	if (!target)
		target = node->u.call.target = find_tree(x, node->u.call.name);
	if (!target) {
		exec_fail(
		    x, "template %s not defined", quoted(x, node->u.call.name));
		return FLOW_FAILED;
	}
	if (x->depth > LIMIT_CALL_DEPTH) { /* the file itself is one */
		exec_fail(x, "exceeded maximum template depth (%u)",
		    LIMIT_CALL_DEPTH);
		return FLOW_FAILED;
	}
	/* Variables that the pipeline declares persist. */
	if (node->u.call.pipe &&
	    exec_pipeline(x, dot, node->u.call.pipe, &given) < 0)
		return FLOW_FAILED;
	if (exec_template(x, target, given, node) < 0)
		return FLOW_FAILED;
	return FLOW_ON;
}

static int
check_limits(struct exec *x)
{
	if (x->out->failed)
		return exec_fail_limit(
		    x, "the output exceeds %zu bytes", x->out->limit);
	if (x->arena->used > LIMIT_RENDER_BYTES)
		return exec_fail_limit(x,
		    "the template needs more than %u bytes of memory",
		    LIMIT_RENDER_BYTES);
	if (x->steps > LIMIT_STEPS)
		return exec_fail_limit(
		    x, "the template runs longer than %u steps", LIMIT_STEPS);
	return exec_fail_limit(
	    x, "template calls and blocks are nested too deep");
}

/* Is a limit passed, or the mark of the stack? Counts the step. */
static inline bool
is_beyond(struct exec *x, const char *frame)
{
	return x->steps++ >= LIMIT_STEPS || x->out->failed ||
	       x->arena->used > LIMIT_RENDER_BYTES || frame < x->stack.mark;
}

/* Is it a limit? */
__attribute__((noinline, cold)) static bool
is_limited(struct exec *x, const char *frame)
{
	if (frame < x->stack.mark)
		stack_deeper(&x->stack);
	x->steps--;
	return is_beyond(x, frame);
}

enum flow
exec_walk(struct exec *x, const struct value *dot, const struct node *node)
{
	x->at = node;
	if (__builtin_expect(is_beyond(x, __builtin_frame_address(0)) &&
				 is_limited(x, __builtin_frame_address(0)),
		0)) {
		check_limits(x);
		return FLOW_FAILED;
	}
	switch (node->kind) {
	case NODE_TEXT:
		buf_str(x->out, node->u.text);
		return FLOW_ON;
	case NODE_ACTION:
		return walk_action(x, dot, node);
	case NODE_LIST:
		return walk_list(x, dot, node);
	case NODE_IF:
	case NODE_WITH:
		return walk_branch(x, dot, node);
	case NODE_RANGE:
		return exec_walk_range(x, dot, node);
	case NODE_TEMPLATE:
		return walk_template(x, dot, (struct node *)(uintptr_t)node);
	case NODE_BREAK:
		return FLOW_BREAK;
	case NODE_CONTINUE:
		return FLOW_CONTINUE;
	default:
		exec_fail(x, "unknown node: %s", exec_node_text(x, node));
		return FLOW_FAILED;
	}
}

int
exec_template(struct exec *x, const struct tree *tree, struct value dot,
    const struct node *call)
{
	struct frame frame = {.tree = tree,
	    .call = call,
	    .outer = x->frame,
	    .base = x->var_count};
	uint32_t base = x->base;
	enum flow flow;

	x->frame = &frame;
	x->base = frame.base;
	x->depth++;
	exec_push(x, x->dollar, &dot);
	flow = exec_walk(x, &dot, tree->root);
	if (flow != FLOW_FAILED && x->out->failed) {
		check_limits(x);
		flow = FLOW_FAILED;
	}
	if (flow != FLOW_FAILED) {
		x->depth--;
		x->var_count = frame.base;
		x->base = base;
		x->frame = frame.outer;
	}
	return flow == FLOW_FAILED ? -1 : 0;
}

/* ---- executeTemplate ---- */

/* The inner error as Go words it: the file's own template has no name. A limit
 * is told once, from where it was met. */
static int
fail_inner(struct call *call, struct error *inner)
{
	if (inner->kind == ERROR_LIMIT) {
		error_move(call->render->exec->error, inner);
		return -1;
	}
	return call_fail(call, "template: :%d:%d: %s", inner->line,
	    inner->column, inner->text);
}

static int
execute_template(struct call *call, struct value *result)
{
	struct exec *x = call->render->exec;
	struct exec outer = *x;
	struct str name = value_as_str(&call->args[0]);
	struct value dot = call->argc > 1 ? call->args[1] : VALUE_NONE;
	const struct tree *tree = find_tree(x, name);
	struct buf text = {.limit = LIMIT_OUTPUT_BYTES};
	struct error inner = {0};
	int rc;

	if (call->argc > 2)
		return call_fail(call,
		    "executeTemplate: wrong number of arguments, expected 1 "
		    "or 2, but got %zu",
		    call->argc);
	if (!tree)
		return call_fail(call,
		    "template: no template %s associated with template %s",
		    quoted(x, name), quoted(x, str_of(x->template->base_name)));
	if (x->depth >= LIMIT_CALL_DEPTH)
		return call_fail(call, "exceeded maximum template depth (%u)",
		    LIMIT_CALL_DEPTH);
	if (x->executed >= LIMIT_EXECUTE_DEPTH)
		return exec_fail_limit(x,
		    "executeTemplate is nested deeper than %u",
		    LIMIT_EXECUTE_DEPTH);
	dot.iface = false;
	x->out = &text;
	x->error = &inner;
	x->executed++;
	rc = exec_template(x, tree, dot, x->at);
	x->out = outer.out;
	x->error = outer.error;
	x->at = outer.at;
	x->executed--;
	if (rc == 0) {
		*result = value_str(arena_str(x->arena, buf_as_str(&text)));
	} else {
		fail_inner(call, &inner);
		x->frame = outer.frame;
		x->base = outer.base;
		x->depth = outer.depth;
		x->var_count = outer.var_count;
	}
	buf_fini(&text);
	error_fini(&inner);
	return rc;
}

static const struct func engine_funcs[] = {
    {"executeTemplate", "string,...interface {}", "string", execute_template,
	FUNC_EFFECT,
	"executeTemplate NAME [DATA] — what the defined template prints"},
};

const struct func_family family_engine = {.name = "engine",
    .funcs = engine_funcs,
    .count = sizeof engine_funcs / sizeof engine_funcs[0]};

/* ---- the entrance ---- */

struct task {
	struct exec exec;
	int rc;
};

static void
run(void *arg)
{
	struct task *task = arg;
	struct exec *x = &task->exec;
	const struct tree *tree = find_tree(x, STR(""));

	if (!tree) { /* only definitions, or nothing at all */
		task->rc = 0;
		return;
	}
	task->rc = exec_template(x, tree, x->render->dot, NULL);
}

int
template_execute(struct template *t, struct render *render, struct error *error)
{
	const struct str *dollar = strmap_get(&t->names, STR("$"));
	struct task task = {.exec = {.template = t,
				.render = render,
				.arena = render->arena,
				.out = render->out,
				.dollar = dollar ? dollar->ptr : "$",
				.error = error}};
	size_t limit = render->out->limit;

	if (!limit)
		render->out->limit = render->out->len + LIMIT_OUTPUT_BYTES;
	task.exec.out_start = render->out->len;
	if (render->remember)
		memo_begin(&t->memo, render->previous);
	render->template = t;
	render->exec = &task.exec;
	stack_run(run, &task, &task.exec.stack);
	buf_fini(&task.exec.text);
	render->exec = NULL;
	if (render->remember && task.rc == 0 && !render->missing)
		memo_commit(t->memo);
	render->out->limit = limit;
	return task.rc;
}
