/* SPDX-License-Identifier: MIT */
/*
 * Nodes in their normal form, which messages show: single blanks, {{ and }}
 * whatever the delimiters, literals as they were written.
 */
#include "node.h"

#include "unicode.h"

static void
print_separated(
    struct node **nodes, uint32_t count, const char *separator, struct buf *b)
{
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			buf_puts(b, separator);
		node_print(nodes[i], b);
	}
}

/* A pipe that is an operand stands in parentheses. */
static void
print_operand(const struct node *n, struct buf *b)
{
	if (n->kind != NODE_PIPE) {
		node_print(n, b);
		return;
	}
	buf_char(b, '(');
	node_print(n, b);
	buf_char(b, ')');
}

static void
print_command(const struct node *n, struct buf *b)
{
	for (uint32_t i = 0; i < n->u.command.count; i++) {
		if (i > 0)
			buf_char(b, ' ');
		print_operand(n->u.command.items[i], b);
	}
}

static void
print_pipe(const struct node *n, struct buf *b)
{
	const struct node_pipe *pipe = &n->u.pipe;

	if (pipe->decl_count > 0) {
		print_separated(pipe->decl, pipe->decl_count, ", ", b);
		buf_puts(b, pipe->is_assign ? " = " : " := ");
	}
	print_separated(pipe->cmds, pipe->cmd_count, " | ", b);
}

static void
print_chain(const struct node *n, struct buf *b)
{
	if (n->kind == NODE_VARIABLE)
		buf_str(b, n->u.chain.variable);
	if (n->kind == NODE_CHAIN)
		print_operand(n->u.chain.base, b);
	for (uint32_t i = 0; i < n->u.chain.count; i++) {
		buf_char(b, '.');
		buf_str(b, n->u.chain.names[i].name);
	}
}

static void
print_branch(const struct node *n, struct buf *b)
{
	const struct node_branch *branch = &n->u.branch;

	buf_puts(b, n->kind == NODE_IF      ? "{{if "
		    : n->kind == NODE_RANGE ? "{{range "
					    : "{{with ");
	node_print(branch->pipe, b);
	buf_puts(b, "}}");
	node_print(branch->list, b);
	if (branch->else_list) {
		buf_puts(b, "{{else}}");
		node_print(branch->else_list, b);
	}
	buf_puts(b, "{{end}}");
}

static void
print_call(const struct node *n, struct buf *b)
{
	buf_puts(b, "{{template ");
	value_quote(b, n->u.call.name);
	if (n->u.call.pipe) {
		buf_char(b, ' ');
		node_print(n->u.call.pipe, b);
	}
	buf_puts(b, "}}");
}

void
node_print(const struct node *n, struct buf *b)
{
	switch (n->kind) {
	case NODE_TEXT:
		buf_str(b, n->u.text);
		break;
	case NODE_LIST:
		print_separated(n->u.list.items, n->u.list.count, "", b);
		break;
	case NODE_ACTION:
		buf_puts(b, "{{");
		node_print(n->u.action, b);
		buf_puts(b, "}}");
		break;
	case NODE_PIPE:
		print_pipe(n, b);
		break;
	case NODE_COMMAND:
		print_command(n, b);
		break;
	case NODE_BOOL:
		buf_puts(b, n->u.boolean ? "true" : "false");
		break;
	case NODE_NUMBER:
		buf_str(b, n->u.number->text);
		break;
	case NODE_STRING:
		buf_str(b, n->u.string.quoted);
		break;
	case NODE_DOT:
		buf_char(b, '.');
		break;
	case NODE_NIL:
		buf_puts(b, "nil");
		break;
	case NODE_FIELD:
	case NODE_VARIABLE:
	case NODE_CHAIN:
		print_chain(n, b);
		break;
	case NODE_IDENTIFIER:
		buf_str(b, n->u.ident.name);
		break;
	case NODE_IF:
	case NODE_RANGE:
	case NODE_WITH:
		print_branch(n, b);
		break;
	case NODE_TEMPLATE:
		print_call(n, b);
		break;
	case NODE_BREAK:
		buf_puts(b, "{{break}}");
		break;
	case NODE_CONTINUE:
		buf_puts(b, "{{continue}}");
		break;
	}
}

bool
node_is_empty(const struct node *n)
{
	if (!n)
		return true;
	if (n->kind == NODE_TEXT)
		return str_trim_space(n->u.text).len == 0;
	if (n->kind != NODE_LIST)
		return false;
	for (uint32_t i = 0; i < n->u.list.count; i++)
		if (!node_is_empty(n->u.list.items[i]))
			return false;
	return true;
}
