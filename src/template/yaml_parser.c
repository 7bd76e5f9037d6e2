/* SPDX-License-Identifier: MIT */
/* Single nodes, and what may stand in front of them. */
#include "yaml_parser.h"

#include "weir/limits.h"

int
yaml_parser_fail(
    struct yaml_parser *p, const struct yaml_token *token, const char *problem)
{
	/* yaml.v2 counts lines from 0 here, and tells no line 0 */
	if (token->line)
		return error_set(p->error, ERROR_TEMPLATE, "line %zu: %s",
		    token->line, problem);
	return error_set(p->error, ERROR_TEMPLATE, "%s", problem);
}

const struct yaml_token *
yaml_parser_peek(struct yaml_parser *p)
{
	return yaml_scan_peek(&p->scan);
}

const struct yaml_token *
yaml_parser_advance(struct yaml_parser *p)
{
	yaml_scan_drop(&p->scan);
	return yaml_parser_peek(p);
}

/* ---- nodes ---- */

/* A new node, child of the open container. */
static struct yaml_node *
add(struct yaml_parser *p, enum yaml_node_kind kind)
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
check_memory(struct yaml_parser *p)
{
	if (p->arena->used > LIMIT_RENDER_BYTES)
		return error_set(
		    p->error, ERROR_TEMPLATE, "document needs too much memory");
	return 0;
}

static void
set_anchor(struct yaml_parser *p, struct yaml_node *n,
    const struct yaml_properties *props)
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
add_scalar(struct yaml_parser *p, const struct yaml_properties *props,
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

int
yaml_parser_add_nothing(struct yaml_parser *p)
{
	return add_scalar(p, &(struct yaml_properties){{0}, {0}}, NULL);
}

static int
add_alias(struct yaml_parser *p, const struct yaml_token *token)
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

int
yaml_parser_open(struct yaml_parser *p, enum yaml_node_kind kind,
    enum yaml_expects expects, const struct yaml_properties *props)
{
	struct yaml_node *n = add(p, kind);

	n->expects = (unsigned char)expects;
	n->parent = p->open;
	p->open = n;
	set_anchor(p, n, props);
	return check_memory(p);
}

void
yaml_parser_close(struct yaml_parser *p)
{
	p->open = p->open->parent;
}

/* ---- properties ---- */

/* The whole tag; empty if its handle is unknown. */
static struct str
resolve_tag(struct yaml_parser *p, const struct yaml_token *token)
{
	const struct str *prefix;
	struct buf whole = {0};
	struct str tag;

	if (!token->text.len)
		return token->rest;
	prefix = strmap_get(&p->prefixes, token->text);
	if (!prefix)
		return STR("");
	buf_str(&whole, *prefix);
	buf_str(&whole, token->rest);
	tag = arena_str(p->arena, buf_as_str(&whole));
	buf_fini(&whole);
	return tag;
}

/* TAG ANCHOR? | ANCHOR TAG?; the token behind them in *token */
static int
take_properties(struct yaml_parser *p, struct yaml_properties *props,
    const struct yaml_token **token)
{
	unsigned wanted = YAML_BIT(TAG) | YAML_BIT(ANCHOR);
	struct yaml_token tag = {.type = YAML_TOKEN_END};

	*props = (struct yaml_properties){{0}, {0}};
	while (yaml_parser_is_one_of(*token, wanted)) {
		wanted &= ~(1u << (*token)->type);
		if ((*token)->type == YAML_TOKEN_TAG)
			tag = **token;
		else
			props->anchor = (*token)->text;
		*token = yaml_parser_advance(p);
		if (!*token)
			return -1;
	}
	if (tag.type == YAML_TOKEN_END)
		return 0;
	props->tag = resolve_tag(p, &tag);
	if (!props->tag.len)
		return yaml_parser_fail(p, &tag, "found undefined tag handle");
	return 0;
}

/* ---- any node ---- */

/* What has begun, when it has begun; least: where it may. */
static const struct opening {
	enum yaml_token_type type;
	enum yaml_where least;
	enum yaml_node_kind kind;
	enum yaml_expects expects;
} openings[] = {
    {YAML_TOKEN_ITEM, YAML_IN_BLOCK_MAP, YAML_NODE_LIST,
	YAML_EXPECTS_FLUSH_ITEM},
    {YAML_TOKEN_FLOW_LIST, YAML_IN_FLOW, YAML_NODE_LIST,
	YAML_EXPECTS_FLOW_ITEM},
    {YAML_TOKEN_FLOW_MAP, YAML_IN_FLOW, YAML_NODE_MAP, YAML_EXPECTS_FLOW_KEY},
    {YAML_TOKEN_LIST, YAML_IN_BLOCK, YAML_NODE_LIST, YAML_EXPECTS_ITEM},
    {YAML_TOKEN_MAP, YAML_IN_BLOCK, YAML_NODE_MAP, YAML_EXPECTS_KEY},
};

static const struct opening *
find_opening(const struct yaml_token *token, enum yaml_where where)
{
	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++)
		if (openings[i].type == token->type &&
		    where >= openings[i].least)
			return &openings[i];
	return NULL;
}

int
yaml_parser_read_node(struct yaml_parser *p, enum yaml_where where)
{
	const struct yaml_token *token = yaml_parser_peek(p);
	const struct opening *opening;
	struct yaml_properties props;

	if (!token)
		return -1;
	if (token->type == YAML_TOKEN_ALIAS)
		return add_alias(p, token);
	if (take_properties(p, &props, &token) < 0)
		return -1;
	if (token->type == YAML_TOKEN_SCALAR)
		return add_scalar(p, &props, token);
	opening = find_opening(token, where);
	if (opening) {
		if (opening->type != YAML_TOKEN_ITEM)
			yaml_scan_drop(&p->scan);
		return yaml_parser_open(
		    p, opening->kind, opening->expects, &props);
	}
	if (props.anchor.len || props.tag.len)
		return add_scalar(p, &props, NULL);
	return yaml_parser_fail(p, token, "did not find expected node content");
}

int
yaml_parser_read_unless(
    struct yaml_parser *p, enum yaml_where where, unsigned types)
{
	const struct yaml_token *token = yaml_parser_peek(p);

	if (!token)
		return -1;
	return yaml_parser_is_one_of(token, types)
		   ? yaml_parser_add_nothing(p)
		   : yaml_parser_read_node(p, where);
}
