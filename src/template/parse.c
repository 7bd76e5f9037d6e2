/* SPDX-License-Identifier: MIT */
/*
 * Recursive descent over a whole file, after Go's text/template/parse: text and
 * actions, control structures, definitions. One pass; nodes go to the
 * template's arena at once, lists when they end.
 */
#include "parse.h"

#include <stdlib.h>

#include "literal.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

/* What ended a list: {{end}} or {{else}}. */
struct stop {
	enum token_kind kind; /* TOKEN_END, TOKEN_ELSE; TOKEN_EOF: nothing */
	uint32_t pos;         /* Go's position of the node */
	uint32_t line;
	uint32_t action; /* of the left delimiter, for messages */
};

struct control {
	enum node_kind kind;
	enum token_kind token;
	const char *word;
};

static const struct control control_if = {NODE_IF, TOKEN_IF, "if"};
static const struct control control_range = {NODE_RANGE, TOKEN_RANGE, "range"};
static const struct control control_with = {NODE_WITH, TOKEN_WITH, "with"};

static struct node *item_list(struct parser *, struct stop *);

/* --- making nodes --- */

/* Bytes of a node that has nothing behind a member of the union. */
#define UP_TO(member)               \
	(offsetof(struct node, u) + \
	    sizeof(((const struct node *)NULL)->u.member))

static const size_t node_sizes[] = {
    [NODE_TEXT] = UP_TO(text),
    [NODE_LIST] = UP_TO(list),
    [NODE_ACTION] = UP_TO(action),
    [NODE_PIPE] = UP_TO(pipe),
    [NODE_COMMAND] = UP_TO(command),
    [NODE_BOOL] = UP_TO(boolean),
    [NODE_NUMBER] = UP_TO(number),
    [NODE_STRING] = UP_TO(string),
    [NODE_DOT] = offsetof(struct node, u),
    [NODE_NIL] = offsetof(struct node, u),
    [NODE_FIELD] = UP_TO(chain),
    [NODE_VARIABLE] = UP_TO(chain),
    [NODE_IDENTIFIER] = UP_TO(ident),
    [NODE_CHAIN] = UP_TO(chain),
    [NODE_IF] = UP_TO(branch),
    [NODE_RANGE] = UP_TO(branch),
    [NODE_WITH] = UP_TO(branch),
    [NODE_TEMPLATE] = UP_TO(call),
    [NODE_BREAK] = offsetof(struct node, u),
    [NODE_CONTINUE] = offsetof(struct node, u),
};

struct node *
parse_node(struct parser *p, enum node_kind kind, uint32_t pos, uint32_t line)
{
	struct node *n = arena_zalloc(&p->template->arena, node_sizes[kind]);

	n->kind = kind;
	n->pos = pos;
	n->line = line;
	return n;
}

/* Room for one more element; the array as it is now. */
static void *
grow(void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 64;
	return xrealloc(array, *capacity, size);
}

void
parse_push(struct parser *p, struct node *n)
{
	p->nodes =
	    grow(p->nodes, p->node_count, &p->node_capacity, sizeof(*p->nodes));
	p->nodes[p->node_count++] = n;
}

struct node_list
parse_take(struct parser *p, size_t from)
{
	size_t count = p->node_count - from;
	struct node_list list = {.count = (uint32_t)count};

	p->node_count = from;
	if (count == 0)
		return list;
	list.items =
	    arena_alloc(&p->template->arena, count * sizeof(*list.items));
	memcpy(list.items, p->nodes + from, count * sizeof(*list.items));
	return list;
}

/* Where a name is kept among the recent ones; it has at least one byte. */
static struct str *
recent_slot(struct parser *p, struct str name)
{
	unsigned char first = (unsigned char)name.ptr[0];
	unsigned char last = (unsigned char)name.ptr[name.len - 1];

	return &p->recent[(name.len * 7 + first * 5u + last) % RECENT_NAMES];
}

struct str
parse_intern(struct parser *p, struct str name)
{
	struct str *recent = recent_slot(p, name), *known;

	if (recent->len == name.len && !memcmp(recent->ptr, name.ptr, name.len))
		return *recent;
	known = strmap_get(&p->template->names, name);
	if (!known) {
		known = arena_alloc(&p->template->arena, sizeof(*known));
		*known = name;
		strmap_put(&p->template->names, name, known);
	}
	*recent = *known;
	return *known;
}

void
parse_declare(struct parser *p, struct str variable)
{
	p->variables = grow(p->variables, p->variable_count,
	    &p->variable_capacity, sizeof(*p->variables));
	p->variables[p->variable_count++] = parse_intern(p, variable);
}

/* --- scopes and open constructs --- */

static void
open_push(struct parser *p, const char *word)
{
	if (p->open_count >= LIMIT_BLOCK_DEPTH)
		parse_fail(p, p->action_pos, "max block depth exceeded");
	p->opens =
	    grow(p->opens, p->open_count, &p->open_capacity, sizeof(*p->opens));
	p->opens[p->open_count++] = (struct open){word, p->action_pos};
}

static void
open_pop(struct parser *p)
{
	p->open_count--;
}

/* A definition begins: it sees `$` and nothing else of what is around it. */
static struct scope *
scope_enter(struct parser *p, struct scope *scope)
{
	struct scope *outer = p->scope;

	*scope = (struct scope){.first_variable = p->variable_count};
	p->scope = scope;
	parse_declare(p, STR("$"));
	return outer;
}

static void
scope_leave(struct parser *p, struct scope *outer)
{
	p->variable_count = p->scope->first_variable;
	p->scope = outer;
}

/* Registers a definition. One that is empty never replaces another. */
static void
add_tree(struct parser *p, struct str name, struct node *root, uint32_t pos)
{
	struct strmap *trees = &p->template->trees;
	struct tree *tree = strmap_get(trees, name);

	if (tree && !node_is_empty(tree->root)) {
		if (node_is_empty(root))
			return;
		buf_puts(
		    &p->message, "template: multiple definition of template ");
		value_quote(&p->message, name);
		parse_fail_message(p, pos);
	}
	if (!tree) {
		tree = arena_zalloc(&p->template->arena, sizeof(*tree));
		strmap_put(trees, name, tree);
	}
	*tree = (struct tree){.name = name, .root = root, .pos = pos};
}

static const char *
stop_text(const struct stop *stop)
{
	return stop->kind == TOKEN_END ? "{{end}}" : "{{else}}";
}

static struct str
template_name(struct parser *p, const struct token *t, const char *context)
{
	struct str name;

	if (t->kind != TOKEN_STRING && t->kind != TOKEN_RAW)
		parse_unexpected(p, t, context);
	if (literal_unquote(&p->template->arena, t->text, &name) < 0)
		parse_fail(p, t->pos, "invalid syntax");
	return name;
}

/* define: "{{define" was taken */
static void
definition(struct parser *p)
{
	static const char context[] = "define clause";
	struct scope scope, *outer = scope_enter(p, &scope);
	struct stop stop;
	struct token t;
	struct node *root;
	struct str name;

	t = *parse_next_word(p);
	name = template_name(p, &t, context);
	parse_expect(p, TOKEN_RIGHT, context);
	open_push(p, "define");
	root = item_list(p, &stop);
	open_pop(p);
	if (stop.kind != TOKEN_END)
		parse_fail(p, stop.action, "unexpected %s in %s",
		    stop_text(&stop), context);
	add_tree(p, name, root, t.pos);
	scope_leave(p, outer);
}

/* --- actions --- */

/* block "name" pipeline }} list {{end}}: defines it, and calls it here. Not
 * inlined, since its scope would widen the frame of every level. */
__attribute__((noinline)) static struct node *
block(struct parser *p)
{
	static const char context[] = "block clause";
	struct token t = *parse_next_word(p);
	struct str name = template_name(p, &t, context);
	struct node *n = parse_node(p, NODE_TEMPLATE, t.pos, t.line), *root;
	struct scope scope, *outer;
	struct stop stop;

	open_push(p, "block");
	n->u.call.name = name;
	n->u.call.pipe = parse_pipeline(p, context, TOKEN_RIGHT);
	outer = scope_enter(p, &scope);
	root = item_list(p, &stop);
	open_pop(p);
	if (stop.kind != TOKEN_END) {
		scope_leave(p, outer);
		parse_fail(p, stop.action, "unexpected %s in %s",
		    stop_text(&stop), context);
	}
	add_tree(p, name, root, t.pos);
	scope_leave(p, outer);
	return n;
}

/* template "name" pipeline? }} */
static struct node *
call(struct parser *p)
{
	static const char context[] = "template clause";
	struct token t = *parse_next_word(p);
	struct node *n;

	n = parse_node(p, NODE_TEMPLATE, t.pos, t.line);
	n->u.call.name = template_name(p, &t, context);
	if (parse_next_word(p)->kind != TOKEN_RIGHT) {
		parse_back(p);
		n->u.call.pipe = parse_pipeline(p, context, TOKEN_RIGHT);
	}
	return n;
}

/* break }} or continue }} */
static struct node *
jump(struct parser *p, struct token word)
{
	bool is_break = word.kind == TOKEN_BREAK;
	const char *context = is_break ? "{{break}}" : "{{continue}}";
	const struct token *t = parse_next_word(p);

	if (t->kind != TOKEN_RIGHT)
		parse_unexpected(p, t, context);
	if (p->scope->ranges == 0)
		parse_fail(p, word.pos, "%s outside {{range}}", context);
	return parse_node(
	    p, is_break ? NODE_BREAK : NODE_CONTINUE, word.pos, word.line);
}

/* end }} or else }}; of `else if` and `else with` only the else is taken */
static void
take_stop(struct parser *p, enum token_kind kind, struct stop *stop)
{
	struct token t;

	stop->kind = kind;
	stop->action = p->action_pos;
	t = *parse_peek_word(p);
	if (kind == TOKEN_END)
		t = parse_expect(p, TOKEN_RIGHT, "end");
	else if (t.kind != TOKEN_IF && t.kind != TOKEN_WITH)
		t = parse_expect(p, TOKEN_RIGHT, "else");
	stop->pos = t.pos;
	stop->line = t.line;
}

static struct node *control(struct parser *, const struct control *);

/* What follows {{else}}: a list up to {{end}}, or, where the same keyword
 * stands behind it, the rest of a chain, which takes the {{end}} for both. */
static struct node *
else_list(struct parser *p, const struct control *c, struct stop *stop)
{
	size_t from = p->node_count;
	struct node *list;

	if (c->kind != NODE_RANGE && parse_peek(p)->kind == c->token) {
		parse_next(p);
		/* To the reader it is the first action that wants the end. */
		p->action_pos = p->opens[p->open_count - 1].pos;
		list = parse_node(p, NODE_LIST, stop->pos, stop->line);
		parse_push(p, control(p, c));
		list->u.list = parse_take(p, from);
		return list;
	}
	list = item_list(p, stop);
	if (stop->kind != TOKEN_END)
		parse_fail(
		    p, stop->action, "expected end; found %s", stop_text(stop));
	return list;
}

/* pipeline }} list ({{else}} list | {{else if …)? {{end}} */
static struct node *
control(struct parser *p, const struct control *c)
{
	size_t variables = p->variable_count;
	struct node_branch branch = {0};
	struct stop stop;
	struct node *n;

	open_push(p, c->word);
	branch.pipe = parse_pipeline(p, c->word, TOKEN_RIGHT);
	p->scope->ranges += c->kind == NODE_RANGE;
	branch.list = item_list(p, &stop);
	p->scope->ranges -= c->kind == NODE_RANGE;
	if (stop.kind == TOKEN_ELSE)
		branch.else_list = else_list(p, c, &stop);
	open_pop(p);
	p->variable_count = variables;
	n = parse_node(p, c->kind, branch.pipe->pos, branch.pipe->line);
	n->u.branch = branch;
	return n;
}

/* command ('|' command)* }} */
static struct node *
print_action(struct parser *p)
{
	const struct token *t = parse_peek(p);
	struct node *n = parse_node(p, NODE_ACTION, t->pos, t->line);

	n->u.action = parse_pipeline(p, "command", TOKEN_RIGHT);
	return n;
}

/* The left delimiter was taken. NULL if the action ends a list. */
static struct node *
action(struct parser *p, struct stop *stop)
{
	const struct token *t = parse_next_word(p);

	switch (t->kind) {
	case TOKEN_BLOCK:
		return block(p);
	case TOKEN_BREAK:
	case TOKEN_CONTINUE:
		return jump(p, *t);
	case TOKEN_ELSE:
	case TOKEN_END:
		take_stop(p, t->kind, stop);
		return NULL;
	case TOKEN_IF:
		return control(p, &control_if);
	case TOKEN_RANGE:
		return control(p, &control_range);
	case TOKEN_TEMPLATE:
		return call(p);
	case TOKEN_WITH:
		return control(p, &control_with);
	default:
		parse_back(p);
		return print_action(p);
	}
}

/* text | action; NULL if the action ends a list. */
static struct node *
text_or_action(struct parser *p, struct stop *stop)
{
	const struct token *t = parse_next_word(p);
	struct node *n;

	if (t->kind == TOKEN_TEXT) {
		n = parse_node(p, NODE_TEXT, t->pos, t->line);
		n->u.text.ptr = t->text.ptr;
		n->u.text.len = t->text.len;
		return n;
	}
	if (t->kind != TOKEN_LEFT)
		parse_unexpected(p, t, "input");
	p->scope->action_line = t->line;
	p->action_pos = t->pos;
	n = action(p, stop);
	p->scope->action_line = 0;
	return n;
}

/* (text | action)*, up to {{end}} or {{else}}, which is taken */
static struct node *
item_list(struct parser *p, struct stop *stop)
{
	const struct token *t = parse_peek_word(p);
	struct node *list = parse_node(p, NODE_LIST, t->pos, t->line), *n;
	size_t from = p->node_count;

	while (parse_peek_word(p)->kind != TOKEN_EOF) {
		n = text_or_action(p, stop);
		if (!n) {
			list->u.list = parse_take(p, from);
			return list;
		}
		parse_push(p, n);
	}
	parse_fail_eof(p);
}

/* --- files --- */

/* Takes "{{define" if it stands here. */
static bool
takes_define(struct parser *p)
{
	struct token left = *parse_peek(p);

	if (left.kind != TOKEN_LEFT)
		return false;
	parse_next(p);
	p->action_pos = left.pos;
	if (parse_next_word(p)->kind == TOKEN_DEFINE)
		return true;
	parse_back2(p, &left);
	return false;
}

/* (define | text | action)* EOF */
static void
file(struct parser *p)
{
	struct scope scope;
	struct stop stop = {0};
	struct node *root, *n;
	struct token t;

	scope_enter(p, &scope);
	t = *parse_peek(p);
	root = parse_node(p, NODE_LIST, t.pos, t.line);
	while (parse_peek(p)->kind != TOKEN_EOF) {
		if (takes_define(p)) {
			definition(p);
			continue;
		}
		n = text_or_action(p, &stop);
		if (!n)
			parse_fail(
			    p, stop.action, "unexpected %s", stop_text(&stop));
		parse_push(p, n);
	}
	root->u.list = parse_take(p, 0);
	add_tree(p, STR(""), root, (uint32_t)p->template->text.len);
	scope_leave(p, NULL);
}

/* Alone, so that no variable of it changes between setjmp and the jump. */
static int
run(struct parser *p)
{
	if (setjmp(p->failed) != 0)
		return -1;
	file(p);
	return 0;
}

int
template_parse(struct template *t, struct error *error)
{
	struct parser p = {.template = t, .error = error};
	int rc;

	lex_init(&p.lex, &t->arena, t->text, str_of(t->left), str_of(t->right));
	rc = run(&p);
	buf_fini(&p.message);
	free(p.variables);
	free(p.nodes);
	free(p.opens);
	return rc;
}
