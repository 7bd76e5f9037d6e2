/* SPDX-License-Identifier: MIT */
/*
 * Expressions: pipeline, command, operand, term. These four call each other for
 * every parenthesis, to a depth of ten thousand, so what they need besides
 * stands in functions that are not inlined: their frames stay small.
 */
#include "parse.h"

#include "literal.h"
#include "weir/limits.h"

#define NOINLINE __attribute__((noinline))

/* --- fields and variables --- */

/* Appends a name to a chain; its array doubles at powers of two. */
static void
add_name(struct parser *p, struct node *n, struct str name)
{
	struct node_name *old = n->u.chain.names;
	uint32_t count = n->u.chain.count;

	if ((count & (count - 1)) == 0) {
		n->u.chain.names = arena_array(&p->template->arena,
		    count ? (size_t)count * 2 : 1, sizeof(*old));
		if (count)
			memcpy(n->u.chain.names, old, count * sizeof(*old));
	}
	n->u.chain.names[count].name = parse_intern(p, name);
	n->u.chain.count++;
}

static struct str
without_dot(struct str s)
{
	return (struct str){s.ptr + 1, s.len - 1};
}

static struct node *
variable_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, NODE_VARIABLE, t->pos, t->line);

	n->u.chain.variable = parse_intern(p, t->text);
	return n;
}

/* A variable that is read: it must have been declared or assigned before. */
static struct node *
use_variable(struct parser *p, const struct token *t)
{
	struct node *n = variable_node(p, t);
	const char *name = n->u.chain.variable.ptr;

	for (size_t i = p->variable_count; i > p->scope->first_variable; i--)
		if (p->variables[i - 1].ptr == name)
			return n;
	buf_puts(&p->message, "undefined variable ");
	value_quote(&p->message, t->text);
	parse_fail_message(p, t->pos);
}

static struct node *
field_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, NODE_FIELD, t->pos, t->line);

	add_name(p, n, without_dot(t->text));
	return n;
}

/* --- literals and functions --- */

static struct node *
number_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, NODE_NUMBER, t->pos, t->line);

	n->u.number = arena_alloc(&p->template->arena, sizeof(*n->u.number));
	if (literal_number(t, n->u.number, &p->message) < 0)
		parse_fail_message(p, t->pos);
	return n;
}

static struct node *
string_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, NODE_STRING, t->pos, t->line);

	n->u.string.quoted = t->text;
	if (literal_unquote(&p->template->arena, t->text, &n->u.string.text) <
	    0)
		parse_fail(p, t->pos, "invalid syntax");
	return n;
}

static struct node *
function_node(struct parser *p, const struct token *t)
{
	struct template *template = p->template;
	struct node *n = parse_node(p, NODE_IDENTIFIER, t->pos, t->line);

	n->u.ident.name = parse_intern(p, t->text);
	n->u.ident.func = template_func(template, t->text);
	if (n->u.ident.func) {
		n->u.ident.denied = template_denies(template, t->text);
		if (n->u.ident.func->flags & FUNC_SORTS)
			template->sorts = true;
	} else {
		n->u.ident.builtin = builtin_find(t->text);
	}
	if (!n->u.ident.func && !n->u.ident.builtin)
		parse_unknown_function(p, t);
	return n;
}

static struct node *
bool_node(struct parser *p, const struct token *t)
{
	struct node *n = parse_node(p, NODE_BOOL, t->pos, t->line);

	n->u.boolean = t->text.ptr[0] == 't';
	return n;
}

/* A term that is one token; NULL if it is none. */
static struct node *
simple_term(struct parser *p, const struct token *t)
{
	switch (t->kind) {
	case TOKEN_IDENTIFIER:
		return function_node(p, t);
	case TOKEN_DOT:
		return parse_node(p, NODE_DOT, t->pos, t->line);
	case TOKEN_NIL:
		return parse_node(p, NODE_NIL, t->pos, t->line);
	case TOKEN_VARIABLE:
		return use_variable(p, t);
	case TOKEN_FIELD:
		return field_node(p, t);
	case TOKEN_BOOL:
		return bool_node(p, t);
	case TOKEN_CHAR:
	case TOKEN_COMPLEX:
	case TOKEN_NUMBER:
		return number_node(p, t);
	case TOKEN_STRING:
	case TOKEN_RAW:
		return string_node(p, t);
	default:
		return NULL;
	}
}

/* What is not '(' of: literal | function | . | .Field | $x | '(' pipeline ')'.
 * True if it is '(', which is taken then. */
NOINLINE static bool
is_paren(struct parser *p, struct node **simple)
{
	const struct token *t = parse_next_word(p);

	*simple = NULL;
	if (t->kind == TOKEN_OPEN) {
		if (p->scope->parens >= LIMIT_EXPRESSION_DEPTH)
			parse_fail(p, t->pos, "max expression depth exceeded");
		return true;
	}
	*simple = simple_term(p, t);
	if (!*simple)
		parse_back(p);
	return false;
}

/* term .Field+, the term taken and a field next */
NOINLINE static struct node *
chain(struct parser *p, struct node *term)
{
	struct token t = *parse_peek(p);
	struct node *n = term;

	if (term->kind == NODE_FIELD || term->kind == NODE_VARIABLE) {
		n->pos = t.pos;
		n->line = t.line;
	} else {
		n = parse_node(p, NODE_CHAIN, t.pos, t.line);
		n->u.chain.base = term;
	}
	do {
		add_name(p, n, without_dot(parse_next(p)->text));
	} while (parse_peek(p)->kind == TOKEN_FIELD);
	switch (term->kind) {
	case NODE_BOOL:
	case NODE_STRING:
	case NODE_NUMBER:
	case NODE_NIL:
	case NODE_DOT: {
		struct buf text = {0};

		node_print(term, &text);
		buf_puts(&p->message, "unexpected . after term ");
		value_quote(&p->message, buf_as_str(&text));
		buf_fini(&text);
		parse_fail_message(p, n->pos);
	}
	default:
		return n;
	}
}

/* term .Field*; NULL if the next token begins none. */
static struct node *
operand(struct parser *p)
{
	struct node *n;

	if (is_paren(p, &n)) {
		p->scope->parens++;
		n = parse_pipeline(p, "parenthesized pipeline", TOKEN_CLOSE);
		p->scope->parens--;
	}
	if (n && parse_peek(p)->kind == TOKEN_FIELD)
		n = chain(p, n);
	return n;
}

/* Does another operand follow? Takes the blank or the pipe behind one, leaves
 * what ends the pipeline. */
NOINLINE static bool
goes_on(struct parser *p)
{
	const struct token *t = parse_next(p);

	switch (t->kind) {
	case TOKEN_SPACE:
		return true;
	case TOKEN_RIGHT:
	case TOKEN_CLOSE:
		parse_back(p);
		return false;
	case TOKEN_PIPE:
		return false;
	default:
		parse_unexpected(p, t, "operand");
	}
}

NOINLINE static struct node *
begin(struct parser *p, enum node_kind kind)
{
	const struct token *t = parse_peek_word(p);

	return parse_node(p, kind, t->pos, t->line);
}

/* operand (blank operand)* */
static struct node *
command(struct parser *p)
{
	size_t from = p->node_count;
	struct node *n = begin(p, NODE_COMMAND), *arg;

	do {
		arg = operand(p);
		if (arg)
			parse_push(p, arg);
	} while (goes_on(p));
	n->u.command = parse_take(p, from);
	if (n->u.command.count == 0)
		parse_fail(p, n->pos, "empty command");
	return n;
}

/* --- pipelines --- */

/* A second variable of a range may follow the comma behind the first. */
static void
check_comma(struct parser *p, const char *context, size_t declared)
{
	struct token t;

	if (!strcmp(context, "range") && declared < 2) {
		t = *parse_peek_word(p);
		if (t.kind == TOKEN_VARIABLE || t.kind == TOKEN_RIGHT ||
		    t.kind == TOKEN_CLOSE)
			return;
		parse_fail(p, t.pos, "range can only initialize variables");
	}
	parse_fail(
	    p, p->scope->tokens[0].pos, "too many declarations in %s", context);
}

/* ($x [, $y] (:= | =))?; a variable that is not declared is given back. */
NOINLINE static void
declarations(struct parser *p, const char *context, struct node *pipe)
{
	size_t from = p->node_count;
	struct token v, behind, next;

	while (parse_peek_word(p)->kind == TOKEN_VARIABLE) {
		bool comma;

		v = *parse_next(p);
		behind = *parse_peek(p);
		next = *parse_peek_word(p);
		comma = next.kind == TOKEN_OTHER && str_is(next.text, ",");
		if (next.kind != TOKEN_ASSIGN && next.kind != TOKEN_DECLARE &&
		    !comma) {
			if (behind.kind == TOKEN_SPACE)
				parse_back3(p, &v, &behind);
			else
				parse_back2(p, &v);
			break;
		}
		parse_next_word(p);
		parse_push(p, variable_node(p, &v));
		parse_declare(p, v.text);
		if (comma) {
			check_comma(p, context, p->node_count - from);
			continue;
		}
		pipe->u.pipe.is_assign = next.kind == TOKEN_ASSIGN;
		break;
	}
	struct node_list decl = parse_take(p, from);

	pipe->u.pipe.decl = decl.items;
	pipe->u.pipe.decl_count = decl.count;
}

/* Only the first command may begin with something that can't be called. */
NOINLINE static void
check_pipeline(struct parser *p, const struct node *pipe, const char *context)
{
	if (pipe->u.pipe.cmd_count == 0)
		parse_fail(p, pipe->pos, "missing value for %s", context);
	for (uint32_t i = 1; i < pipe->u.pipe.cmd_count; i++) {
		const struct node *first =
		    pipe->u.pipe.cmds[i]->u.command.items[0];

		switch (first->kind) {
		case NODE_BOOL:
		case NODE_DOT:
		case NODE_NIL:
		case NODE_NUMBER:
		case NODE_STRING:
			parse_fail(p, first->pos,
			    "non executable command in pipeline stage %u",
			    (unsigned)i + 1);
		default:
			break;
		}
	}
}

/* Does a command follow? Otherwise end was taken. */
NOINLINE static bool
has_command(struct parser *p, const char *context, enum token_kind end)
{
	const struct token *t = parse_next_word(p);

	if (t->kind == end)
		return false;
	switch (t->kind) {
	case TOKEN_BOOL:
	case TOKEN_CHAR:
	case TOKEN_COMPLEX:
	case TOKEN_DOT:
	case TOKEN_FIELD:
	case TOKEN_IDENTIFIER:
	case TOKEN_NUMBER:
	case TOKEN_NIL:
	case TOKEN_RAW:
	case TOKEN_STRING:
	case TOKEN_VARIABLE:
	case TOKEN_OPEN:
		parse_back(p);
		return true;
	default:
		parse_unexpected(p, t, context);
	}
}

struct node *
parse_pipeline(struct parser *p, const char *context, enum token_kind end)
{
	struct node *pipe = begin(p, NODE_PIPE);
	size_t from = p->node_count;
	struct node_list cmds;

	declarations(p, context, pipe);
	while (has_command(p, context, end))
		parse_push(p, command(p));
	cmds = parse_take(p, from);
	pipe->u.pipe.cmds = cmds.items;
	pipe->u.pipe.cmd_count = cmds.count;
	check_pipeline(p, pipe, context);
	return pipe;
}
