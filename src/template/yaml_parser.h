/* SPDX-License-Identifier: MIT */
/*
 * Tokens into nodes (the grammar of YAML 1.1 as libyaml writes it down). The
 * containers that are open are a chain, the innermost in open; each knows what
 * it expects next, so depth costs no stack.
 */
#ifndef WEIR_TEMPLATE_YAML_PARSER_H
#define WEIR_TEMPLATE_YAML_PARSER_H

#include "weir/strmap.h"
#include "yaml_node.h"
#include "yaml_scan.h"

/* What an open container expects. */
enum yaml_expects {
	YAML_EXPECTS_ITEM,       /* block list */
	YAML_EXPECTS_FLUSH_ITEM, /* block list no further right than its key */
	YAML_EXPECTS_KEY,        /* block map */
	YAML_EXPECTS_VALUE,
	YAML_EXPECTS_FLOW_ITEM,
	YAML_EXPECTS_FLOW_KEY,
	YAML_EXPECTS_FLOW_VALUE,
	YAML_EXPECTS_NO_VALUE, /* flow map, behind a key without '?' and ':' */
	YAML_EXPECTS_PAIR_KEY, /* a map of one pair in a flow list */
	YAML_EXPECTS_PAIR_VALUE,
	YAML_EXPECTS_PAIR_END
};

struct yaml_parser {
	struct yaml_scanner scan;
	struct arena *arena;
	struct error *error;
	struct strmap anchors;
	struct strmap prefixes; /* of tags, by handle: struct str * */
	struct yaml_node *open;
	struct yaml_node *root;
};

/* The tag and the anchor in front of a node. */
struct yaml_properties {
	struct str anchor; /* empty: none */
	struct str tag;    /* empty: none */
};

enum yaml_where { YAML_IN_FLOW, YAML_IN_BLOCK, YAML_IN_BLOCK_MAP };

/* A set of types. */
#define YAML_BIT(type) (1u << YAML_TOKEN_##type)

static inline bool
yaml_parser_is_one_of(const struct yaml_token *token, unsigned types)
{
	return types >> token->type & 1;
}

/* All that return int: -1 with the error set. */

/* The problem with this token, its line as yaml.v2 counts it. Returns -1. */
int yaml_parser_fail(
    struct yaml_parser *, const struct yaml_token *, const char *problem);
/* The next token, NULL on an error; yaml_parser_advance() drops one first. */
const struct yaml_token *yaml_parser_peek(struct yaml_parser *);
const struct yaml_token *yaml_parser_advance(struct yaml_parser *);

/* ---- nodes (yaml_parser.c) ---- */

/* A null where the document leaves out a node. */
int yaml_parser_add_nothing(struct yaml_parser *);
/* A container, in the one that is open, which it replaces until it is closed.
 */
int yaml_parser_open(struct yaml_parser *, enum yaml_node_kind,
    enum yaml_expects, const struct yaml_properties *);
void yaml_parser_close(struct yaml_parser *);
/* The node that begins with the next token; a container is only opened. */
int yaml_parser_read_node(struct yaml_parser *, enum yaml_where);
/* The same, or nothing if the next token is one of these. */
int yaml_parser_read_unless(
    struct yaml_parser *, enum yaml_where, unsigned types);

/* ---- containers (yaml_container.c) ---- */

/* What is open, to its end. */
int yaml_parser_read_open(struct yaml_parser *);

#endif
