/* SPDX-License-Identifier: MIT */
/*
 * What each character may begin. The order in which tokens are looked for is
 * yaml.v2's, because it decides which of two errors is told; so is, with the
 * queue and the levels, which waiting key it forgets.
 */
#include "yaml_scan.h"

#include <string.h>

int
yaml_scan_fail(struct yaml_scanner *s, const char *problem)
{
	size_t line = s->text.mark.line;

	if (line)
		return error_set(s->error, ERROR_TEMPLATE, "line %zu: %s",
		    line + 1, problem);
	return error_set(s->error, ERROR_TEMPLATE, "%s", problem);
}

int
yaml_scan_line_end(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;

	yaml_text_skip_blanks(t);
	yaml_text_skip_comment(t);
	if (!yaml_text_is_break_or_end(t, 0))
		return yaml_scan_fail(
		    s, "did not find expected comment or line break");
	yaml_text_take_break(t);
	return 0;
}

/* The token of one character. */
static int
take_mark(struct yaml_scanner *s, enum yaml_token_type type)
{
	yaml_queue_add_mark(s, type);
	yaml_text_skip(&s->text);
	return 0;
}

static int
fetch_opening(struct yaml_scanner *s)
{
	bool list = yaml_text_peek(&s->text, 0) == '[';

	if (yaml_level_save_key(s) < 0 || yaml_level_open_flow(s) < 0)
		return -1;
	s->key_allowed = true;
	return take_mark(s, list ? YAML_TOKEN_FLOW_LIST : YAML_TOKEN_FLOW_MAP);
}

static int
fetch_closing(struct yaml_scanner *s)
{
	bool list = yaml_text_peek(&s->text, 0) == ']';

	if (yaml_level_drop_key(s) < 0)
		return -1;
	yaml_level_close_flow(s);
	s->key_allowed = false;
	return take_mark(
	    s, list ? YAML_TOKEN_FLOW_LIST_END : YAML_TOKEN_FLOW_MAP_END);
}

static int
fetch_comma(struct yaml_scanner *s)
{
	if (yaml_level_drop_key(s) < 0)
		return -1;
	s->key_allowed = true;
	return take_mark(s, YAML_TOKEN_COMMA);
}

/* Of a block's '-', '?' or ':' */
static int
begin_entry(
    struct yaml_scanner *s, enum yaml_token_type block, const char *problem)
{
	if (s->flow)
		return 0;
	if (!s->key_allowed)
		return yaml_scan_fail(s, problem);
	return yaml_level_open_block(
	    s, block, &s->text.mark, yaml_queue_next(s));
}

static int
fetch_item(struct yaml_scanner *s)
{
	if (begin_entry(s, YAML_TOKEN_LIST,
		"block sequence entries are not allowed in this context") < 0 ||
	    yaml_level_drop_key(s) < 0)
		return -1;
	s->key_allowed = true;
	return take_mark(s, YAML_TOKEN_ITEM);
}

static int
fetch_key(struct yaml_scanner *s)
{
	if (begin_entry(s, YAML_TOKEN_MAP,
		"mapping keys are not allowed in this context") < 0 ||
	    yaml_level_drop_key(s) < 0)
		return -1;
	s->key_allowed = !s->flow;
	return take_mark(s, YAML_TOKEN_KEY);
}

static int
fetch_value(struct yaml_scanner *s)
{
	struct yaml_key *key = yaml_level_key(s);
	int is_key = yaml_level_check_key(s, key);

	if (is_key < 0)
		return -1;
	if (is_key) {
		yaml_queue_insert(
		    s, YAML_TOKEN_KEY, key->mark.line, key->number);
		if (yaml_level_open_block(
			s, YAML_TOKEN_MAP, &key->mark, key->number) < 0)
			return -1;
		yaml_level_forget_key(s);
		s->key_allowed = false;
		return take_mark(s, YAML_TOKEN_VALUE);
	}
	if (begin_entry(s, YAML_TOKEN_MAP,
		"mapping values are not allowed in this context") < 0)
		return -1;
	s->key_allowed = !s->flow;
	return take_mark(s, YAML_TOKEN_VALUE);
}

/* What a key may begin with. */
static int
fetch_text(struct yaml_scanner *s,
    int (*scan)(struct yaml_scanner *, struct yaml_token *))
{
	struct yaml_token token = {.line = s->text.mark.line};

	if (yaml_level_save_key(s) < 0)
		return -1;
	s->key_allowed = false;
	if (scan(s, &token) < 0)
		return -1;
	yaml_queue_add(s, &token);
	return 0;
}

static int
fetch_anchor(struct yaml_scanner *s)
{
	return fetch_text(s, yaml_scan_anchor);
}

static int
fetch_tag(struct yaml_scanner *s)
{
	return fetch_text(s, yaml_scan_tag);
}

static int
fetch_quoted(struct yaml_scanner *s)
{
	return fetch_text(s, yaml_scan_quoted);
}

static int
fetch_nothing(struct yaml_scanner *s)
{
	return yaml_scan_fail(s, "found character that cannot start any token");
}

static int
fetch_block_scalar(struct yaml_scanner *s)
{
	struct yaml_token token = {.line = s->text.mark.line};

	if (s->flow)
		return fetch_nothing(s);
	if (yaml_level_drop_key(s) < 0)
		return -1;
	s->key_allowed = true;
	if (yaml_scan_block(s, &token) < 0)
		return -1;
	yaml_queue_add(s, &token);
	return 0;
}

/* ---- between documents ---- */

static int
end_document(struct yaml_scanner *s)
{
	yaml_level_close_blocks(s, -1);
	if (yaml_level_drop_key(s) < 0)
		return -1;
	s->key_allowed = false;
	return 0;
}

static int
fetch_end(struct yaml_scanner *s)
{
	if (s->text.mark.column) {
		s->text.mark.column = 0;
		s->text.mark.line++;
	}
	if (end_document(s) < 0)
		return -1;
	yaml_queue_add_mark(s, YAML_TOKEN_END);
	return 0;
}

static int
fetch_directive(struct yaml_scanner *s)
{
	struct yaml_token token = {.line = s->text.mark.line};

	if (end_document(s) < 0 || yaml_scan_directive(s, &token) < 0)
		return -1;
	yaml_queue_add(s, &token);
	return 0;
}

static int
fetch_marker(struct yaml_scanner *s, enum yaml_token_type type)
{
	if (end_document(s) < 0)
		return -1;
	yaml_queue_add_mark(s, type);
	for (int i = 0; i < 3; i++)
		yaml_text_skip(&s->text);
	return 0;
}

/* ---- the next token ---- */

/* yaml.v2 looks for the mark where it last began to look ahead, and skips what
 * it then stands before. */
static void
skip_order_mark(struct yaml_scanner *s)
{
	const struct yaml_text *t = &s->text;

	if (t->mark.column == 0 &&
	    !memcmp(t->bytes + t->base, "\xEF\xBB\xBF", 3))
		yaml_text_skip(&s->text);
}

/* Over blanks, comments and line breaks. Tabs are none where they would be an
 * indentation. */
static void
skip_to_token(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;

	for (;;) {
		yaml_text_need(t, 1);
		skip_order_mark(s);
		yaml_text_need(t, 1);
		while (yaml_text_peek(t, 0) == ' ' ||
		       (yaml_text_peek(t, 0) == '\t' &&
			   (s->flow || !s->key_allowed))) {
			yaml_text_skip(t);
			yaml_text_need(t, 1);
		}
		yaml_text_skip_comment(t);
		if (!yaml_text_is_break(t, 0))
			return;
		yaml_text_take_break(t);
		if (!s->flow)
			s->key_allowed = true;
	}
}

/* What a character begins; all others begin a plain scalar. */
static const struct beginning {
	char c;
	bool in_block; /* even if no blank follows */
	bool in_flow;
	int (*fetch)(struct yaml_scanner *);
} beginnings[] = {
    {'-', false, false, fetch_item},
    {':', false, true, fetch_value},
    {'?', false, true, fetch_key},
    {',', true, true, fetch_comma},
    {'[', true, true, fetch_opening},
    {']', true, true, fetch_closing},
    {'{', true, true, fetch_opening},
    {'}', true, true, fetch_closing},
    {'"', true, true, fetch_quoted},
    {'\'', true, true, fetch_quoted},
    {'&', true, true, fetch_anchor},
    {'*', true, true, fetch_anchor},
    {'!', true, true, fetch_tag},
    {'|', true, true, fetch_block_scalar},
    {'>', true, true, fetch_block_scalar},
    {'%', true, true, fetch_nothing},
    {'@', true, true, fetch_nothing},
    {'`', true, true, fetch_nothing},
    {'\t', true, true, fetch_nothing},
};

static int
fetch_by_character(struct yaml_scanner *s)
{
	char c = (char)yaml_text_peek(&s->text, 0);

	if (c != '-' && yaml_text_is_word(&s->text))
		return fetch_text(s, yaml_scan_plain);
	for (size_t i = 0; i < sizeof(beginnings) / sizeof(*beginnings); i++) {
		const struct beginning *b = &beginnings[i];

		if (b->c == c && ((s->flow ? b->in_flow : b->in_block) ||
				     yaml_text_is_space_or_end(&s->text, 1)))
			return b->fetch(s);
	}
	return fetch_text(s, yaml_scan_plain);
}

static int
fetch(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;

	skip_to_token(s);
	if (t->failed)
		return -1;
	yaml_level_close_blocks(s, t->mark.column);
	yaml_text_need(t, 4);
	if (t->failed)
		return -1;
	if (!yaml_text_peek(t, 0))
		return fetch_end(s);
	if (t->mark.column == 0 && yaml_text_peek(t, 0) == '%')
		return fetch_directive(s);
	if (yaml_text_is_marker(t, '-'))
		return fetch_marker(s, YAML_TOKEN_DOCUMENT);
	if (yaml_text_is_marker(t, '.'))
		return fetch_marker(s, YAML_TOKEN_DOCUMENT_END);
	return fetch_by_character(s);
}

const struct yaml_token *
yaml_scan_peek(struct yaml_scanner *s)
{
	int rc;

	while (!s->ready) {
		rc = yaml_level_is_settled(s);
		if (rc < 0 || (rc == 0 && (fetch(s) < 0 || s->text.failed)))
			return NULL;
		s->ready = rc > 0;
	}
	return &s->tokens[s->head];
}

void
yaml_scan_drop(struct yaml_scanner *s)
{
	s->key_at[s->head++] = 0;
	s->taken++;
	s->ready = false;
}

void
yaml_scan_init(struct yaml_scanner *s, struct arena *arena, struct str text,
    struct error *error)
{
	*s = (struct yaml_scanner){
	    .arena = arena, .error = error, .key_allowed = true};
	yaml_text_init(&s->text, arena, text, error);
	yaml_queue_init(s);
	yaml_level_init(s);
}

void
yaml_scan_fini(struct yaml_scanner *s)
{
	yaml_queue_fini(s);
	yaml_level_fini(s);
	buf_fini(&s->scalar);
	buf_fini(&s->breaks);
}
