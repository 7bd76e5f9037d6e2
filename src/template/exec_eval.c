/* SPDX-License-Identifier: MIT */
/*
 * Pipelines, commands, literals and arguments. A literal takes the type that
 * the parameter has (an int may become a float64); where nothing is known, its
 * spelling decides, as in Go.
 */
#include "exec.h"

/* ---- variables ---- */

void
exec_push(struct exec *x, const char *name, const struct value *value)
{
	if (x->var_count == x->var_room) {
		uint32_t room = x->var_room ? x->var_room * 2 : 32;
		struct variable *vars =
		    arena_alloc(x->arena, room * sizeof *vars);

		if (x->var_count)
			memcpy(vars, x->vars, x->var_count * sizeof *vars);
		x->vars = vars;
		x->var_room = room;
	}
	x->vars[x->var_count++] = (struct variable){name, *value};
}

static struct variable *
find(struct exec *x, const char *name)
{
	for (uint32_t i = x->var_count; i-- > x->base;)
		if (x->vars[i].name == name)
			return &x->vars[i];
	return NULL;
}

static int
undefined(struct exec *x, struct str name)
{
	return exec_fail(
	    x, "undefined variable: %.*s", (int)name.len, name.ptr);
}

int
exec_set(struct exec *x, struct str name, const struct value *value)
{
	struct variable *v = find(x, name.ptr);

	if (!v)
		return undefined(x, name);
	v->value = *value;
	return 0;
}

static int
not_a_function(struct exec *x, const struct chain *c, const struct node *first)
{
	if (c->arg_count > 0 || c->final)
		return exec_fail(x, "can't give argument to non-function %s",
		    exec_node_text(x, first));
	return 0;
}

int
exec_variable(struct exec *x, const struct value *dot, const struct chain *c,
    struct value *out)
{
	struct str name = c->node->u.chain.variable;
	const struct variable *v;
	struct value value;

	x->at = c->node;
	v = find(x, name.ptr);
	if (!v)
		return undefined(x, name);
	if (c->count == 0) {
		*out = v->value;
		return not_a_function(x, c, c->node);
	}
	value = v->value;
	return exec_chain(x, dot, &value, c, out);
}

/* ---- literals ---- */

static bool
is_hex_int(struct str s)
{
	return s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 32) == 'x' &&
	       !memchr(s.ptr, 'p', s.len) && !memchr(s.ptr, 'P', s.len);
}

static bool
looks_like_float(struct str s)
{
	if (s.len == 0 || s.ptr[0] == '\'' || is_hex_int(s))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (strchr(".eEpP", s.ptr[i]) && s.ptr[i])
			return true;
	return false;
}

/* A number where no type is asked for. */
static int
ideal(struct exec *x, const struct node *node, struct value *out)
{
	const struct node_number *n = node->u.number;

	x->at = node;
	if (n->is_complex)
		*out = (struct value){
		    .type = &type_complex128, .u.complex = n->complex_parts};
	else if (n->is_float && looks_like_float(n->text))
		*out = value_float(n->f);
	else if (n->is_int)
		*out = value_int(n->i);
	else if (n->is_uint)
		return exec_fail(
		    x, "%.*s overflows int", (int)n->text.len, n->text.ptr);
	return 0;
}

static int
expected(struct exec *x, const char *what, const struct node *node)
{
	return exec_fail(
	    x, "expected %s; found %s", what, exec_node_text(x, node));
}

/* What a whole number becomes in a type that is too small for it. */
static int64_t
narrow(enum kind kind, int64_t i)
{
	switch (kind) {
	case KIND_INT8:
		return (int8_t)i;
	case KIND_INT16:
		return (int16_t)i;
	case KIND_INT32:
		return (int32_t)i;
	case KIND_UINT8:
		return (uint8_t)i;
	case KIND_UINT16:
		return (uint16_t)i;
	case KIND_UINT32:
		return (uint32_t)i;
	default:
		return i;
	}
}

static int
number_as(struct exec *x, const struct type *type, const struct node *node,
    struct value *out)
{
	const struct node_number *n =
	    node->kind == NODE_NUMBER ? node->u.number : NULL;

	*out = (struct value){.type = type};
	if (kind_is_int(type->kind)) {
		if (!n || !n->is_int)
			return expected(x, "integer", node);
		out->u.i = narrow(type->kind, n->i);
	} else if (kind_is_uint(type->kind)) {
		if (!n || !n->is_uint)
			return expected(x, "unsigned integer", node);
		out->u.i = narrow(type->kind, (int64_t)n->u);
	} else if (kind_is_float(type->kind)) {
		if (!n || !n->is_float)
			return expected(x, "float", node);
		out->u.f = n->f;
	} else {
		if (!n || !n->is_complex)
			return expected(x, "complex", node);
		out->u.complex = n->complex_parts;
	}
	return 0;
}

/* A literal as it is, for a parameter of type interface {} and the like. */
static int
literal(struct exec *x, const struct node *node, struct value *out)
{
	switch (node->kind) {
	case NODE_BOOL:
		*out = value_bool(node->u.boolean);
		return 0;
	case NODE_STRING:
		*out = value_str(node->u.string.text);
		return 0;
	case NODE_NUMBER:
		return ideal(x, node, out);
	default:
		return exec_fail(x,
		    "can't handle assignment of %s to empty interface argument",
		    exec_node_text(x, node));
	}
}

static int
literal_as(struct exec *x, const struct type *type, const struct node *node,
    struct value *out)
{
	switch (type->kind) {
	case KIND_STRING:
		if (node->kind != NODE_STRING)
			return expected(x, "string", node);
		*out = value_str(node->u.string.text);
		out->type = type;
		return 0;
	case KIND_BOOL:
		if (node->kind != NODE_BOOL)
			return expected(x, "bool", node);
		*out = value_bool(node->u.boolean);
		out->type = type;
		return 0;
	case KIND_INTERFACE:
		if (!type_same(type, &type_any))
			break;
		if (literal(x, node, out) < 0)
			return -1;
		out->iface = true;
		return 0;
	case KIND_STRUCT:
		if (type != &type_reflect_value)
			break;
		return literal(x, node, out);
	case KIND_SLICE:
	case KIND_ARRAY:
	case KIND_MAP:
	case KIND_PTR:
	case KIND_CHAN:
	case KIND_FUNC:
	case KIND_INVALID:
		break;
	default:
		return number_as(x, type, node, out);
	}
	return exec_fail(x, "can't handle %s for arg of type %s",
	    exec_node_text(x, node), type->name);
}

/* ---- operands, arguments, commands ---- */

static struct chain
chain_of(const struct node *node, const struct invocation *given)
{
	return (struct chain){.node = node,
	    .names = node->u.chain.names,
	    .count = node->u.chain.count,
	    .args = given->args,
	    .arg_count = given->arg_count,
	    .final = given->final};
}

/* (pipeline).A.B */
static int
eval_chain(struct exec *x, const struct value *dot, const struct node *node,
    const struct invocation *given, struct value *out)
{
	const struct node *base = node->u.chain.base;
	struct chain c = chain_of(node, given);
	struct value receiver;

	x->at = node;
	if (base->kind == NODE_NIL)
		return exec_fail(x, "indirection through explicit nil in %s",
		    exec_node_text(x, node));
	if (exec_arg(x, dot, NULL, base, &receiver) < 0)
		return -1;
	return exec_chain(x, dot, &receiver, &c, out);
}

/* What can be called or has fields; given: its arguments. 1: it is no such
 * node. */
static int
eval_operand(struct exec *x, const struct value *dot, const struct node *node,
    struct invocation *given, struct value *out)
{
	struct chain c;

	switch (node->kind) {
	case NODE_FIELD:
		x->at = node;
		c = chain_of(node, given);
		return exec_chain(x, dot, dot, &c, out);
	case NODE_VARIABLE:
		c = chain_of(node, given);
		return exec_variable(x, dot, &c, out);
	case NODE_IDENTIFIER:
		return exec_function(x, dot, node, given, out);
	case NODE_CHAIN:
		return eval_chain(x, dot, node, given, out);
	default:
		return 1;
	}
}

int
exec_arg(struct exec *x, const struct value *dot, const struct type *type,
    const struct node *node, struct value *out)
{
	struct invocation none = {.node = node};
	int rc;

	x->at = node;
	switch (node->kind) {
	case NODE_DOT:
		*out = *dot;
		return exec_convert(x, type, out);
	case NODE_NIL:
		if (!type_can_be_nil(type))
			return exec_fail(
			    x, "cannot assign nil to %s", type->name);
		*out = type_zero(x->arena, type);
		return 0;
	case NODE_PIPE:
		rc = exec_pipeline(x, dot, node, out);
		break;
	default:
		rc = eval_operand(x, dot, node, &none, out);
		if (rc == 1)
			return literal_as(x, type, node, out);
	}
	return rc < 0 ? -1 : exec_convert(x, type, out);
}

/* The first word is neither a function nor has fields. */
static int
eval_word(struct exec *x, const struct value *dot, const struct node *word,
    struct value *out)
{
	switch (word->kind) {
	case NODE_DOT:
		*out = *dot;
		return 0;
	case NODE_NIL:
		return exec_fail(x, "nil is not a command");
	case NODE_BOOL:
	case NODE_STRING:
	case NODE_NUMBER:
		return literal(x, word, out);
	default:
		return exec_fail(
		    x, "can't evaluate command %s", exec_node_text(x, word));
	}
}

static int
eval_command(struct exec *x, const struct value *dot, const struct node *cmd,
    const struct value *final, struct value *out)
{
	struct node *const *args = cmd->u.command.items;
	const struct node *first = args[0];
	struct invocation given = {.node = cmd,
	    .args = args + 1,
	    .arg_count = cmd->u.command.count - 1,
	    .final = final};
	int rc = eval_operand(x, dot, first, &given, out);

	if (rc != 1)
		return rc;
	if (first->kind != NODE_PIPE)
		x->at = first;
	if (given.arg_count > 0 || final)
		return exec_fail(x, "can't give argument to non-function %s",
		    exec_node_text(x, first));
	if (first->kind == NODE_PIPE)
		return exec_pipeline(x, dot, first, out);
	return eval_word(x, dot, first, out);
}

static int
declare(struct exec *x, const struct node_pipe *p, const struct value *v)
{
	for (uint32_t i = 0; i < p->decl_count; i++) {
		struct str name = p->decl[i]->u.chain.variable;

		if (!p->is_assign)
			exec_push(x, name.ptr, v);
		else if (exec_set(x, name, v) < 0)
			return -1;
	}
	return 0;
}

int
exec_pipeline(struct exec *x, const struct value *dot, const struct node *pipe,
    struct value *out)
{
	const struct node_pipe *p = &pipe->u.pipe;
	struct value before;

	x->at = pipe;
	*out = VALUE_NONE;
	for (uint32_t i = 0; i < p->cmd_count; i++) {
		before = *out;
		*out = VALUE_NONE;
		if (eval_command(x, dot, p->cmds[i], i ? &before : NULL, out) <
		    0)
			return -1;
		out->iface = false;
	}
	return p->decl_count ? declare(x, p, out) : 0;
}
