/* SPDX-License-Identifier: MIT */
/* What each kind of container expects, one function for each place in it. */
#include "yaml_parser.h"

static int
expect(struct yaml_parser *p, enum yaml_expects expects)
{
	p->open->expects = (unsigned char)expects;
	return 0;
}

/* (ITEM node?)* BLOCK-END */
static int
read_item(struct yaml_parser *p, const struct yaml_token *token)
{
	if (token->type == YAML_TOKEN_ITEM) {
		yaml_scan_drop(&p->scan);
		return yaml_parser_read_unless(
		    p, YAML_IN_BLOCK, YAML_BIT(ITEM) | YAML_BIT(BLOCK_END));
	}
	if (token->type != YAML_TOKEN_BLOCK_END)
		return yaml_parser_fail(
		    p, token, "did not find expected '-' indicator");
	yaml_scan_drop(&p->scan);
	yaml_parser_close(p);
	return 0;
}

/* (ITEM node?)* */
static int
read_flush_item(struct yaml_parser *p, const struct yaml_token *token)
{
	if (token->type != YAML_TOKEN_ITEM) {
		yaml_parser_close(p);
		return 0;
	}
	yaml_scan_drop(&p->scan);
	return yaml_parser_read_unless(p, YAML_IN_BLOCK,
	    YAML_BIT(ITEM) | YAML_BIT(KEY) | YAML_BIT(VALUE) |
		YAML_BIT(BLOCK_END));
}

/* (KEY node? (VALUE node?)?)* BLOCK-END */
static int
read_key(struct yaml_parser *p, const struct yaml_token *token)
{
	if (token->type == YAML_TOKEN_KEY) {
		yaml_scan_drop(&p->scan);
		expect(p, YAML_EXPECTS_VALUE);
		return yaml_parser_read_unless(p, YAML_IN_BLOCK_MAP,
		    YAML_BIT(KEY) | YAML_BIT(VALUE) | YAML_BIT(BLOCK_END));
	}
	if (token->type != YAML_TOKEN_BLOCK_END)
		return yaml_parser_fail(p, token, "did not find expected key");
	yaml_scan_drop(&p->scan);
	yaml_parser_close(p);
	return 0;
}

static int
read_value(struct yaml_parser *p, const struct yaml_token *token)
{
	expect(p, YAML_EXPECTS_KEY);
	if (token->type != YAML_TOKEN_VALUE)
		return yaml_parser_add_nothing(p);
	yaml_scan_drop(&p->scan);
	return yaml_parser_read_unless(p, YAML_IN_BLOCK_MAP,
	    YAML_BIT(KEY) | YAML_BIT(VALUE) | YAML_BIT(BLOCK_END));
}

/* Over the ',' in front of every entry of a flow container but the first. */
static int
take_comma(
    struct yaml_parser *p, const struct yaml_token **token, const char *problem)
{
	if (!p->open->first)
		return 0;
	if ((*token)->type != YAML_TOKEN_COMMA)
		return yaml_parser_fail(p, *token, problem);
	*token = yaml_parser_advance(p);
	return *token ? 0 : -1;
}

/* An entry, or KEY node? (VALUE node?)?: a map of that pair */
static int
read_flow_item(struct yaml_parser *p, const struct yaml_token *token)
{
	if (token->type != YAML_TOKEN_FLOW_LIST_END) {
		if (take_comma(p, &token, "did not find expected ',' or ']'") <
		    0)
			return -1;
		if (token->type == YAML_TOKEN_KEY) {
			yaml_scan_drop(&p->scan);
			return yaml_parser_open(p, YAML_NODE_MAP,
			    YAML_EXPECTS_PAIR_KEY,
			    &(struct yaml_properties){{0}, {0}});
		}
		if (token->type != YAML_TOKEN_FLOW_LIST_END)
			return yaml_parser_read_node(p, YAML_IN_FLOW);
	}
	yaml_scan_drop(&p->scan);
	yaml_parser_close(p);
	return 0;
}

/* yaml.v2 takes the token that says there is no key for the key. */
static int
read_pair_key(struct yaml_parser *p, const struct yaml_token *token)
{
	expect(p, YAML_EXPECTS_PAIR_VALUE);
	if (!yaml_parser_is_one_of(token,
		YAML_BIT(VALUE) | YAML_BIT(COMMA) | YAML_BIT(FLOW_LIST_END)))
		return yaml_parser_read_node(p, YAML_IN_FLOW);
	yaml_scan_drop(&p->scan);
	return yaml_parser_add_nothing(p);
}

static int
read_pair_value(struct yaml_parser *p, const struct yaml_token *token)
{
	expect(p, YAML_EXPECTS_PAIR_END);
	if (token->type != YAML_TOKEN_VALUE)
		return yaml_parser_add_nothing(p);
	yaml_scan_drop(&p->scan);
	return yaml_parser_read_unless(
	    p, YAML_IN_FLOW, YAML_BIT(COMMA) | YAML_BIT(FLOW_LIST_END));
}

static int
end_pair(struct yaml_parser *p, const struct yaml_token *token)
{
	(void)token;
	yaml_parser_close(p);
	return 0;
}

/* KEY node? (VALUE node?)? or a node alone */
static int
read_flow_key(struct yaml_parser *p, const struct yaml_token *token)
{
	if (token->type != YAML_TOKEN_FLOW_MAP_END) {
		if (take_comma(p, &token, "did not find expected ',' or '}'") <
		    0)
			return -1;
		if (token->type == YAML_TOKEN_KEY) {
			yaml_scan_drop(&p->scan);
			expect(p, YAML_EXPECTS_FLOW_VALUE);
			return yaml_parser_read_unless(p, YAML_IN_FLOW,
			    YAML_BIT(VALUE) | YAML_BIT(COMMA) |
				YAML_BIT(FLOW_MAP_END));
		}
		if (token->type != YAML_TOKEN_FLOW_MAP_END) {
			expect(p, YAML_EXPECTS_NO_VALUE);
			return yaml_parser_read_node(p, YAML_IN_FLOW);
		}
	}
	yaml_scan_drop(&p->scan);
	yaml_parser_close(p);
	return 0;
}

static int
read_flow_value(struct yaml_parser *p, const struct yaml_token *token)
{
	expect(p, YAML_EXPECTS_FLOW_KEY);
	if (token->type != YAML_TOKEN_VALUE)
		return yaml_parser_add_nothing(p);
	yaml_scan_drop(&p->scan);
	return yaml_parser_read_unless(
	    p, YAML_IN_FLOW, YAML_BIT(COMMA) | YAML_BIT(FLOW_MAP_END));
}

static int
read_no_value(struct yaml_parser *p, const struct yaml_token *token)
{
	(void)token;
	expect(p, YAML_EXPECTS_FLOW_KEY);
	return yaml_parser_add_nothing(p);
}

static int (*const readers[])(
    struct yaml_parser *, const struct yaml_token *) = {
    [YAML_EXPECTS_ITEM] = read_item,
    [YAML_EXPECTS_FLUSH_ITEM] = read_flush_item,
    [YAML_EXPECTS_KEY] = read_key,
    [YAML_EXPECTS_VALUE] = read_value,
    [YAML_EXPECTS_FLOW_ITEM] = read_flow_item,
    [YAML_EXPECTS_FLOW_KEY] = read_flow_key,
    [YAML_EXPECTS_FLOW_VALUE] = read_flow_value,
    [YAML_EXPECTS_NO_VALUE] = read_no_value,
    [YAML_EXPECTS_PAIR_KEY] = read_pair_key,
    [YAML_EXPECTS_PAIR_VALUE] = read_pair_value,
    [YAML_EXPECTS_PAIR_END] = end_pair,
};

int
yaml_parser_read_open(struct yaml_parser *p)
{
	while (p->open) {
		const struct yaml_token *token = yaml_parser_peek(p);

		if (!token || readers[p->open->expects](p, token) < 0)
			return -1;
	}
	return 0;
}
