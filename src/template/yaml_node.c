/* SPDX-License-Identifier: MIT */
/* Documents: directives, the marks around them, and what is in the first. */
#include "yaml_parser.h"

/* Unless the handle has one. */
static bool
add_prefix(struct yaml_parser *p, struct str handle, struct str prefix)
{
	struct str *x;

	if (strmap_get(&p->prefixes, handle))
		return false;
	x = arena_alloc(p->arena, sizeof(*x));
	*x = prefix;
	strmap_put(&p->prefixes, handle, x);
	return true;
}

static int
take_directives(struct yaml_parser *p, const struct yaml_token **token)
{
	bool version = false;

	while (yaml_parser_is_one_of(
	    *token, YAML_BIT(VERSION) | YAML_BIT(PREFIX))) {
		if ((*token)->type == YAML_TOKEN_PREFIX) {
			if (!add_prefix(p, (*token)->text, (*token)->rest))
				return yaml_parser_fail(p, *token,
				    "found duplicate %TAG directive");
		} else {
			if (version)
				return yaml_parser_fail(p, *token,
				    "found duplicate %YAML directive");
			if (!(*token)->plain)
				return yaml_parser_fail(p, *token,
				    "found incompatible YAML document");
			version = true;
		}
		*token = yaml_parser_advance(p);
		if (!*token)
			return -1;
	}
	add_prefix(p, STR("!"), STR("!"));
	add_prefix(p, STR("!!"), STR("tag:yaml.org,2002:"));
	return 0;
}

/* DIRECTIVE* DOCUMENT node? */
static int
read_marked(struct yaml_parser *p, const struct yaml_token *token)
{
	if (take_directives(p, &token) < 0)
		return -1;
	if (token->type != YAML_TOKEN_DOCUMENT)
		return yaml_parser_fail(
		    p, token, "did not find expected <document start>");
	yaml_scan_drop(&p->scan);
	return yaml_parser_read_unless(p, YAML_IN_BLOCK,
	    YAML_BIT(VERSION) | YAML_BIT(PREFIX) | YAML_BIT(DOCUMENT) |
		YAML_BIT(DOCUMENT_END) | YAML_BIT(END));
}

static int
read_document(struct yaml_parser *p)
{
	const struct yaml_token *token = yaml_parser_peek(p);
	int rc;

	if (!token)
		return -1;
	if (token->type == YAML_TOKEN_END)
		return 0;
	if (yaml_parser_is_one_of(token,
		YAML_BIT(VERSION) | YAML_BIT(PREFIX) | YAML_BIT(DOCUMENT)))
		rc = read_marked(p, token);
	else
		rc = take_directives(p, &token) < 0
			 ? -1
			 : yaml_parser_read_node(p, YAML_IN_BLOCK);
	if (rc < 0 || yaml_parser_read_open(p) < 0)
		return -1;
	return yaml_parser_peek(p) ? 0 : -1;
}

int
yaml_node_read(struct arena *arena, struct str text, struct yaml_node **root,
    struct error *error)
{
	struct yaml_parser p = {.arena = arena, .error = error};
	int rc;

	yaml_scan_init(&p.scan, arena, text, error);
	rc = read_document(&p);
	*root = p.root;
	yaml_scan_fini(&p.scan);
	strmap_fini(&p.anchors);
	strmap_fini(&p.prefixes);
	return rc;
}
