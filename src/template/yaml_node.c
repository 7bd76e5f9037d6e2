/* SPDX-License-Identifier: MIT */
/*
 * Tokens into nodes (the grammar of YAML 1.1 as libyaml writes it down). The
 * containers that are open are a chain, the innermost in p->open; each knows
 * what it expects next, so depth costs no stack.
 */
#include "yaml_node.h"

#include <string.h>

#include "weir/limits.h"
#include "weir/strmap.h"
#include "yaml_scan.h"

/* What an open container expects. */
enum expects {
	EXPECTS_ITEM,       /* block list */
	EXPECTS_FLUSH_ITEM, /* block list no further right than its key */
	EXPECTS_KEY,        /* block map */
	EXPECTS_VALUE,
	EXPECTS_FLOW_ITEM,
	EXPECTS_FLOW_KEY,
	EXPECTS_FLOW_VALUE,
	EXPECTS_NO_VALUE, /* flow map, behind a key without '?' and ':' */
	EXPECTS_PAIR_KEY, /* a map of one pair in a flow list */
	EXPECTS_PAIR_VALUE,
	EXPECTS_PAIR_END
};

struct prefix {
	struct str handle;
	struct str prefix;
	struct prefix *next;
};

struct parser {
	struct yaml_scanner scan;
	struct arena *arena;
	struct error *error;
	struct strmap anchors;
	struct prefix *prefixes;
	struct yaml_node *open;
	struct yaml_node *root;
};

/* The tag and the anchor in front of a node. */
struct properties {
	struct str anchor; /* empty: none */
	struct str tag;    /* empty: none */
};

static int
fail(struct parser *p, const struct yaml_token *token, const char *problem)
{
	/* yaml.v2 counts lines from 0 here, and tells no line 0 */
	if (token->line)
		return error_set(p->error, ERROR_TEMPLATE, "line %zu: %s",
		    token->line, problem);
	return error_set(p->error, ERROR_TEMPLATE, "%s", problem);
}

static const struct yaml_token *
peek(struct parser *p)
{
	return yaml_scan_peek(&p->scan);
}

/* Drops the next token, for the one behind it. */
static const struct yaml_token *
advance(struct parser *p)
{
	yaml_scan_drop(&p->scan);
	return peek(p);
}

#define BIT(type) (1u << YAML_TOKEN_##type)

static bool
is_one_of(const struct yaml_token *token, unsigned types)
{
	return types >> token->type & 1;
}

/* ---- nodes ---- */

/* A new node, child of the open container. */
static struct yaml_node *
add(struct parser *p, enum yaml_node_kind kind)
{
	struct yaml_node *n = arena_zalloc(p->arena, sizeof(*n));
	struct yaml_node *parent = p->open;

	n->kind = kind;
	if (!parent)
		p->root = n;
	else if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	if (parent)
		parent->last = n;
	return n;
}

static int
check_memory(struct parser *p)
{
	if (p->arena->used > LIMIT_RENDER_BYTES)
		return error_set(
		    p->error, ERROR_TEMPLATE, "document needs too much memory");
	return 0;
}

static void
set_anchor(
    struct parser *p, struct yaml_node *n, const struct properties *props)
{
	if (props->anchor.len)
		strmap_put(&p->anchors, props->anchor, n);
}

static enum yaml_tag
tag_of(struct str tag)
{
	const struct str prefix = STR("tag:yaml.org,2002:");

	if (!tag.len)
		return YAML_TAG_NONE;
	if (!str_has_prefix(tag, prefix))
		return YAML_TAG_OTHER;
	tag.ptr += prefix.len;
	tag.len -= prefix.len;
	for (int t = YAML_TAG_STR; t < YAML_TAG_OTHER; t++)
		if (str_is(tag, yaml_tag_name((enum yaml_tag)t) + 2))
			return (enum yaml_tag)t;
	return YAML_TAG_OTHER;
}

/* The token is what is in the scalar; NULL: nothing is. */
static int
add_scalar(struct parser *p, const struct properties *props,
    const struct yaml_token *token)
{
	struct yaml_node *n = add(p, YAML_NODE_SCALAR);

	n->tag = tag_of(props->tag);
	n->text = token ? token->text : STR("");
	n->plain = (!props->tag.len && (!token || token->plain)) ||
		   (token && str_is(props->tag, "!"));
	set_anchor(p, n, props);
	if (token)
		yaml_scan_drop(&p->scan);
	return check_memory(p);
}

static int
add_nothing(struct parser *p)
{
	return add_scalar(p, &(struct properties){{0}, {0}}, NULL);
}

static int
add_alias(struct parser *p, const struct yaml_token *token)
{
	struct yaml_node *n = add(p, YAML_NODE_ALIAS);

	n->text = token->text;
	n->target = strmap_get(&p->anchors, n->text);
	if (!n->target)
		return error_set(p->error, ERROR_TEMPLATE,
		    "unknown anchor '%.*s' referenced", (int)n->text.len,
		    n->text.ptr);
	yaml_scan_drop(&p->scan);
	return check_memory(p);
}

static int
open_container(struct parser *p, enum yaml_node_kind kind, enum expects expects,
    const struct properties *props)
{
	struct yaml_node *n = add(p, kind);

	n->expects = (unsigned char)expects;
	n->parent = p->open;
	p->open = n;
	set_anchor(p, n, props);
	return check_memory(p);
}

static void
close_container(struct parser *p)
{
	p->open = p->open->parent;
}

/* ---- properties ---- */

/* The whole tag; empty if its handle is unknown. */
static struct str
resolve_tag(struct parser *p, const struct yaml_token *token)
{
	const struct prefix *x = p->prefixes;
	struct buf whole = {0};
	struct str tag;

	if (!token->text.len)
		return token->rest;
	while (x && !str_equal(x->handle, token->text))
		x = x->next;
	if (!x)
		return STR("");
	buf_str(&whole, x->prefix);
	buf_str(&whole, token->rest);
	tag = arena_str(p->arena, buf_as_str(&whole));
	buf_fini(&whole);
	return tag;
}

/* TAG ANCHOR? | ANCHOR TAG?; the token behind them in *token */
static int
take_properties(
    struct parser *p, struct properties *props, const struct yaml_token **token)
{
	unsigned wanted = BIT(TAG) | BIT(ANCHOR);
	struct yaml_token tag = {.type = YAML_TOKEN_END};

	*props = (struct properties){{0}, {0}};
	while (is_one_of(*token, wanted)) {
		wanted &= ~(1u << (*token)->type);
		if ((*token)->type == YAML_TOKEN_TAG)
			tag = **token;
		else
			props->anchor = (*token)->text;
		*token = advance(p);
		if (!*token)
			return -1;
	}
	if (tag.type == YAML_TOKEN_END)
		return 0;
	props->tag = resolve_tag(p, &tag);
	if (!props->tag.len)
		return fail(p, &tag, "found undefined tag handle");
	return 0;
}

/* ---- any node ---- */

enum where { IN_FLOW, IN_BLOCK, IN_BLOCK_MAP };

/* What has begun, when it has begun. */
static const struct opening {
	enum yaml_token_type type;
	enum where least;
	enum yaml_node_kind kind;
	enum expects expects;
} openings[] = {
    {YAML_TOKEN_ITEM, IN_BLOCK_MAP, YAML_NODE_LIST, EXPECTS_FLUSH_ITEM},
    {YAML_TOKEN_FLOW_LIST, IN_FLOW, YAML_NODE_LIST, EXPECTS_FLOW_ITEM},
    {YAML_TOKEN_FLOW_MAP, IN_FLOW, YAML_NODE_MAP, EXPECTS_FLOW_KEY},
    {YAML_TOKEN_LIST, IN_BLOCK, YAML_NODE_LIST, EXPECTS_ITEM},
    {YAML_TOKEN_MAP, IN_BLOCK, YAML_NODE_MAP, EXPECTS_KEY},
};

static int
read_node(struct parser *p, enum where where)
{
	const struct yaml_token *token = peek(p);
	struct properties props;

	if (!token)
		return -1;
	if (token->type == YAML_TOKEN_ALIAS)
		return add_alias(p, token);
	if (take_properties(p, &props, &token) < 0)
		return -1;
	if (token->type == YAML_TOKEN_SCALAR)
		return add_scalar(p, &props, token);
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		const struct opening *o = &openings[i];

		if (token->type != o->type || where < o->least)
			continue;
		if (o->type != YAML_TOKEN_ITEM)
			yaml_scan_drop(&p->scan);
		return open_container(p, o->kind, o->expects, &props);
	}
	if (props.anchor.len || props.tag.len)
		return add_scalar(p, &props, NULL);
	return fail(p, token, "did not find expected node content");
}

/* The node that begins with the next token, or nothing if that is one of
 * these. */
static int
read_node_unless(struct parser *p, enum where where, unsigned types)
{
	const struct yaml_token *token = peek(p);

	if (!token)
		return -1;
	return is_one_of(token, types) ? add_nothing(p) : read_node(p, where);
}

/* ---- what containers expect ---- */

static int
expect(struct parser *p, enum expects expects)
{
	p->open->expects = (unsigned char)expects;
	return 0;
}

/* (ITEM node?)* BLOCK-END */
static int
read_item(struct parser *p, const struct yaml_token *token)
{
	if (token->type == YAML_TOKEN_ITEM) {
		yaml_scan_drop(&p->scan);
		return read_node_unless(
		    p, IN_BLOCK, BIT(ITEM) | BIT(BLOCK_END));
	}
	if (token->type != YAML_TOKEN_BLOCK_END)
		return fail(p, token, "did not find expected '-' indicator");
	yaml_scan_drop(&p->scan);
	close_container(p);
	return 0;
}

/* (ITEM node?)* */
static int
read_flush_item(struct parser *p, const struct yaml_token *token)
{
	if (token->type != YAML_TOKEN_ITEM) {
		close_container(p);
		return 0;
	}
	yaml_scan_drop(&p->scan);
	return read_node_unless(
	    p, IN_BLOCK, BIT(ITEM) | BIT(KEY) | BIT(VALUE) | BIT(BLOCK_END));
}

/* (KEY node? (VALUE node?)?)* BLOCK-END */
static int
read_key(struct parser *p, const struct yaml_token *token)
{
	if (token->type == YAML_TOKEN_KEY) {
		yaml_scan_drop(&p->scan);
		expect(p, EXPECTS_VALUE);
		return read_node_unless(
		    p, IN_BLOCK_MAP, BIT(KEY) | BIT(VALUE) | BIT(BLOCK_END));
	}
	if (token->type != YAML_TOKEN_BLOCK_END)
		return fail(p, token, "did not find expected key");
	yaml_scan_drop(&p->scan);
	close_container(p);
	return 0;
}

static int
read_value(struct parser *p, const struct yaml_token *token)
{
	expect(p, EXPECTS_KEY);
	if (token->type != YAML_TOKEN_VALUE)
		return add_nothing(p);
	yaml_scan_drop(&p->scan);
	return read_node_unless(
	    p, IN_BLOCK_MAP, BIT(KEY) | BIT(VALUE) | BIT(BLOCK_END));
}

/* Over the ',' in front of every entry of a flow container but the first. */
static int
take_comma(
    struct parser *p, const struct yaml_token **token, const char *problem)
{
	if (!p->open->first)
		return 0;
	if ((*token)->type != YAML_TOKEN_COMMA)
		return fail(p, *token, problem);
	*token = advance(p);
	return *token ? 0 : -1;
}

/* An entry, or KEY node? (VALUE node?)?: a map of that pair */
static int
read_flow_item(struct parser *p, const struct yaml_token *token)
{
	if (token->type != YAML_TOKEN_FLOW_LIST_END) {
		if (take_comma(p, &token, "did not find expected ',' or ']'") <
		    0)
			return -1;
		if (token->type == YAML_TOKEN_KEY) {
			yaml_scan_drop(&p->scan);
			return open_container(p, YAML_NODE_MAP,
			    EXPECTS_PAIR_KEY, &(struct properties){{0}, {0}});
		}
		if (token->type != YAML_TOKEN_FLOW_LIST_END)
			return read_node(p, IN_FLOW);
	}
	yaml_scan_drop(&p->scan);
	close_container(p);
	return 0;
}

/* yaml.v2 takes the token that says there is no key for the key. */
static int
read_pair_key(struct parser *p, const struct yaml_token *token)
{
	expect(p, EXPECTS_PAIR_VALUE);
	if (!is_one_of(token, BIT(VALUE) | BIT(COMMA) | BIT(FLOW_LIST_END)))
		return read_node(p, IN_FLOW);
	yaml_scan_drop(&p->scan);
	return add_nothing(p);
}

static int
read_pair_value(struct parser *p, const struct yaml_token *token)
{
	expect(p, EXPECTS_PAIR_END);
	if (token->type != YAML_TOKEN_VALUE)
		return add_nothing(p);
	yaml_scan_drop(&p->scan);
	return read_node_unless(p, IN_FLOW, BIT(COMMA) | BIT(FLOW_LIST_END));
}

static int
end_pair(struct parser *p, const struct yaml_token *token)
{
	(void)token;
	close_container(p);
	return 0;
}

/* KEY node? (VALUE node?)? or a node alone */
static int
read_flow_key(struct parser *p, const struct yaml_token *token)
{
	if (token->type != YAML_TOKEN_FLOW_MAP_END) {
		if (take_comma(p, &token, "did not find expected ',' or '}'") <
		    0)
			return -1;
		if (token->type == YAML_TOKEN_KEY) {
			yaml_scan_drop(&p->scan);
			expect(p, EXPECTS_FLOW_VALUE);
			return read_node_unless(p, IN_FLOW,
			    BIT(VALUE) | BIT(COMMA) | BIT(FLOW_MAP_END));
		}
		if (token->type != YAML_TOKEN_FLOW_MAP_END) {
			expect(p, EXPECTS_NO_VALUE);
			return read_node(p, IN_FLOW);
		}
	}
	yaml_scan_drop(&p->scan);
	close_container(p);
	return 0;
}

static int
read_flow_value(struct parser *p, const struct yaml_token *token)
{
	expect(p, EXPECTS_FLOW_KEY);
	if (token->type != YAML_TOKEN_VALUE)
		return add_nothing(p);
	yaml_scan_drop(&p->scan);
	return read_node_unless(p, IN_FLOW, BIT(COMMA) | BIT(FLOW_MAP_END));
}

static int
read_no_value(struct parser *p, const struct yaml_token *token)
{
	(void)token;
	expect(p, EXPECTS_FLOW_KEY);
	return add_nothing(p);
}

static int (*const readers[])(struct parser *, const struct yaml_token *) = {
    [EXPECTS_ITEM] = read_item,
    [EXPECTS_FLUSH_ITEM] = read_flush_item,
    [EXPECTS_KEY] = read_key,
    [EXPECTS_VALUE] = read_value,
    [EXPECTS_FLOW_ITEM] = read_flow_item,
    [EXPECTS_FLOW_KEY] = read_flow_key,
    [EXPECTS_FLOW_VALUE] = read_flow_value,
    [EXPECTS_NO_VALUE] = read_no_value,
    [EXPECTS_PAIR_KEY] = read_pair_key,
    [EXPECTS_PAIR_VALUE] = read_pair_value,
    [EXPECTS_PAIR_END] = end_pair,
};

static int
read_containers(struct parser *p)
{
	while (p->open) {
		const struct yaml_token *token = peek(p);

		if (!token || readers[p->open->expects](p, token) < 0)
			return -1;
	}
	return 0;
}

/* ---- documents ---- */

static bool
has_prefix(const struct parser *p, struct str handle)
{
	for (const struct prefix *x = p->prefixes; x; x = x->next)
		if (str_equal(x->handle, handle))
			return true;
	return false;
}

static void
add_prefix(struct parser *p, struct str handle, struct str prefix)
{
	struct prefix *x = arena_alloc(p->arena, sizeof(*x));

	*x = (struct prefix){handle, prefix, p->prefixes};
	p->prefixes = x;
}

static int
take_directives(struct parser *p, const struct yaml_token **token)
{
	bool version = false;

	while (is_one_of(*token, BIT(VERSION) | BIT(PREFIX))) {
		if ((*token)->type == YAML_TOKEN_PREFIX) {
			if (has_prefix(p, (*token)->text))
				return fail(p, *token,
				    "found duplicate %TAG directive");
			add_prefix(p, (*token)->text, (*token)->rest);
		} else {
			if (version)
				return fail(p, *token,
				    "found duplicate %YAML directive");
			if (!(*token)->plain)
				return fail(p, *token,
				    "found incompatible YAML document");
			version = true;
		}
		*token = advance(p);
		if (!*token)
			return -1;
	}
	if (!has_prefix(p, STR("!")))
		add_prefix(p, STR("!"), STR("!"));
	if (!has_prefix(p, STR("!!")))
		add_prefix(p, STR("!!"), STR("tag:yaml.org,2002:"));
	return 0;
}

/* DIRECTIVE* DOCUMENT node? */
static int
read_marked(struct parser *p, const struct yaml_token *token)
{
	if (take_directives(p, &token) < 0)
		return -1;
	if (token->type != YAML_TOKEN_DOCUMENT)
		return fail(p, token, "did not find expected <document start>");
	yaml_scan_drop(&p->scan);
	return read_node_unless(p, IN_BLOCK,
	    BIT(VERSION) | BIT(PREFIX) | BIT(DOCUMENT) | BIT(DOCUMENT_END) |
		BIT(END));
}

static int
read_document(struct parser *p)
{
	const struct yaml_token *token = peek(p);
	int rc;

	if (!token)
		return -1;
	if (token->type == YAML_TOKEN_END)
		return 0;
	if (is_one_of(token, BIT(VERSION) | BIT(PREFIX) | BIT(DOCUMENT)))
		rc = read_marked(p, token);
	else
		rc = take_directives(p, &token) < 0 ? -1
						    : read_node(p, IN_BLOCK);
	if (rc < 0 || read_containers(p) < 0)
		return -1;
	return peek(p) ? 0 : -1;
}

int
yaml_node_read(struct arena *arena, struct str text, struct yaml_node **root,
    struct error *error)
{
	struct parser p = {.arena = arena, .error = error};
	int rc;

	yaml_scan_init(&p.scan, arena, text, error);
	rc = read_document(&p);
	*root = p.root;
	yaml_scan_fini(&p.scan);
	strmap_fini(&p.anchors);
	return rc;
}
