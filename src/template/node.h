/* SPDX-License-Identifier: MIT */
/*
 * The parse tree of one file: Go's text/template/parse nodes. The parser makes
 * them in the template's arena, the executor walks them; what the executor
 * learns about a node (which field of which type it named last) it keeps in the
 * node's cache, so a tree is used by one thread.
 */
#ifndef WEIR_TEMPLATE_NODE_H
#define WEIR_TEMPLATE_NODE_H

#include "weir/error.h"
#include "weir/strmap.h"
#include "weir/template.h"

enum node_kind {
	NODE_TEXT,
	NODE_LIST,
	NODE_ACTION,
	NODE_PIPE,
	NODE_COMMAND,
	NODE_BOOL,
	NODE_NUMBER,
	NODE_STRING,
	NODE_DOT,
	NODE_NIL,
	NODE_FIELD,      /* .A.B */
	NODE_VARIABLE,   /* $x.A.B */
	NODE_IDENTIFIER, /* a function */
	NODE_CHAIN,      /* (pipeline).A.B */
	NODE_IF,
	NODE_RANGE,
	NODE_WITH,
	NODE_TEMPLATE,
	NODE_BREAK,
	NODE_CONTINUE
};

/* A name in a field chain, with the executor's inline cache. */
struct node_name {
	struct str name; /* interned in the file: equal names, equal ptr */
	const struct type *seen;        /* cache: the record type met last, */
	const struct field *seen_field; /* its field */
};

struct node;

struct node_list {
	struct node **items;
	uint32_t count;
};

/* Every literal number, with all the types it can take (Go's NumberNode). */
struct node_number {
	bool is_int, is_uint, is_float, is_complex;
	bool is_rune; /* written as 'x' */
	int64_t i;
	uint64_t u;
	double f;
	double complex_parts[2];
	struct str text; /* as written */
};

struct node_pipe {
	struct node **decl; /* NODE_VARIABLE */
	struct node **cmds; /* NODE_COMMAND */
	uint32_t decl_count;
	uint32_t cmd_count;
	bool is_assign; /* = rather than := */
};

struct node_branch { /* if, range, with */
	struct node *pipe;
	struct node *list;
	struct node *else_list; /* NULL: none */
};

/* Of each node there is as much as its kind needs: parse_node. */
struct node {
	enum node_kind kind;
	uint32_t pos;  /* byte offset in the file's text, as Go's Pos */
	uint32_t line; /* Go's Line of the node, from 1 */
	void *cache;   /* the executor's: whatever it keeps for this node */
	union {
		struct str text;            /* TEXT: in the file's text */
		struct node_list list;      /* LIST */
		struct node *action;        /* ACTION: a pipe */
		struct node_pipe pipe;      /* PIPE */
		struct node_list command;   /* COMMAND: args */
		bool boolean;               /* BOOL */
		struct node_number *number; /* NUMBER */
		struct {
			struct str quoted; /* as written */
			struct str text;   /* unquoted */
		} string;                  /* STRING */
		struct {
			struct node_name
			    *names; /* without dots and without $ */
			uint32_t count;
			struct str
			    variable;      /* VARIABLE: with its $, interned */
			struct node *base; /* CHAIN: the operand */
		} chain;                   /* FIELD, VARIABLE, CHAIN */
		struct {
			struct str name;
			const struct func *func; /* resolved by the parser; NULL
						  * only for Go's built-ins */
			const struct builtin *builtin;
			struct func_compiled *compiled; /* executor's */
			bool denied;
		} ident;                   /* IDENTIFIER */
		struct node_branch branch; /* IF, RANGE, WITH */
		struct {
			struct str name;
			struct node *pipe;   /* NULL: none */
			struct tree *target; /* cache, filled on first use */
		} call;                      /* TEMPLATE */
	} u;
};

/* One definition: the file itself (name "") or a define/block. */
struct tree {
	struct str name;
	struct node *root; /* NODE_LIST */
	uint32_t pos;
};

struct template
{
	struct arena arena; /* the text, the trees, the names */
	char *path;
	char *base_name; /* what Go's messages name the file's own template */
	struct str text;
	struct strmap trees; /* name → struct tree */
	struct strmap names; /* interning */
	/* name → struct func: of this stage (NULL: none of them), and of others
	 */
	const struct strmap *standard;
	struct strmap funcs;
	struct strmap types; /* extra type names */
	struct memo *memo;   /* memo.h; NULL: never remembered */
	bool error_on_missing_key;
	bool sorts; /* calls a function that is FUNC_SORTS */
	char *sandbox_path;
	char **denied;
	size_t denied_count;
	char *left;
	char *right;
};

/* Parses template->text into template->trees; funcs, delimiters are set. */
int template_parse(struct template *, struct error *);
/* Go's Node.String(): the normal form that messages show. */
void node_print(const struct node *, struct buf *);
/* Go's Tree.IsEmptyTree: only white space, comments, definitions. */
bool node_is_empty(const struct node *);
/* Line (from 1) and byte column (from 0) of a position in the text. */
void template_locate(
    const struct template *, uint32_t pos, int *line, int *column);
/* A function of the families; NULL if the name is none. */
const struct func *template_func(const struct template *, struct str name);
/* Go's built-ins; NULL if the name is none. Defined by the executor. */
const struct builtin *builtin_find(struct str name);
/* Does one of the template's denied globs match? */
bool template_denies(const struct template *, struct str func);

#endif
