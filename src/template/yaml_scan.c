/* SPDX-License-Identifier: MIT */
/*
 * The queue of tokens, the levels of indentation, and what each character may
 * begin. The order in which tokens are looked for is yaml.v2's, because it
 * decides which of two errors is told; so is which waiting key it forgets.
 */
#include "yaml_scan.h"

#include <stdlib.h>
#include <string.h>

#include "weir/limits.h"
#include "weir/xalloc.h"

/* Characters from the beginning of a key to its ':' (YAML 1.1, 7.3.2). */
#define KEY_LENGTH 1024

int
yaml_scan_fail(struct yaml_scanner *s, const char *problem)
{
	size_t line = s->text.mark.line;

	if (line)
		return error_set(s->error, ERROR_TEMPLATE, "line %zu: %s",
		    line + 1, problem);
	return error_set(s->error, ERROR_TEMPLATE, "%s", problem);
}

/* ---- the queue ---- */

static void
make_room(struct yaml_scanner *s)
{
	size_t count = s->tail - s->head;

	if (s->head) {
		memmove(
		    s->tokens, s->tokens + s->head, count * sizeof(*s->tokens));
		memmove(s->key_at, s->key_at + s->head,
		    (s->room - s->head) * sizeof(*s->key_at));
		memset(s->key_at + s->room - s->head, 0,
		    s->head * sizeof(*s->key_at));
		s->head = 0;
		s->tail = count;
	}
	if (count < s->room / 2)
		return;
	s->tokens = xrealloc(s->tokens, s->room * 2, sizeof(*s->tokens));
	s->key_at = xrealloc(s->key_at, s->room * 2, sizeof(*s->key_at));
	memset(s->key_at + s->room, 0, s->room * sizeof(*s->key_at));
	s->room *= 2;
}

/* Where the token that has this number is, or will be; NULL if it has left. */
static uint32_t *
key_at(struct yaml_scanner *s, size_t number)
{
	return number < s->taken ? NULL
				 : &s->key_at[s->head + number - s->taken];
}

static void
forget(struct yaml_scanner *s, size_t number)
{
	uint32_t *at = key_at(s, number);

	if (at)
		*at = 0;
}

static size_t
next_number(const struct yaml_scanner *s)
{
	return s->taken + s->tail - s->head;
}

static void
add(struct yaml_scanner *s, const struct yaml_token *token)
{
	s->tokens[s->tail++] = *token;
	if (s->tail + 2 > s->room)
		make_room(s);
}

static void
add_mark(struct yaml_scanner *s, enum yaml_token_type type)
{
	struct yaml_token token = {.type = type, .line = s->text.mark.line};

	add(s, &token);
}

/* In front of the token that has this number; at the end if it has left. */
static void
insert_mark(struct yaml_scanner *s, enum yaml_token_type type, size_t line,
    size_t number)
{
	struct yaml_token token = {.type = type, .line = line};
	struct yaml_token *at;

	add(s, &token);
	if (number < s->taken)
		return;
	at = s->tokens + s->head + (number - s->taken);
	memmove(
	    at + 1, at, (size_t)(s->tokens + s->tail - 1 - at) * sizeof(*at));
	*at = token;
}

/* ---- keys ---- */

static struct yaml_key *
this_key(struct yaml_scanner *s)
{
	return &s->keys[s->flow];
}

/* Can it still be one? 1, 0, or -1 if it has to. */
static int
check_key(struct yaml_scanner *s, struct yaml_key *key)
{
	const struct yaml_mark *here = &s->text.mark;

	if (!key->possible)
		return 0;
	if (key->mark.line == here->line &&
	    key->mark.index + KEY_LENGTH >= here->index)
		return 1;
	if (key->required)
		return yaml_scan_fail(s, "could not find expected ':'");
	key->possible = false;
	return 0;
}

static int
drop_key(struct yaml_scanner *s)
{
	struct yaml_key *key = this_key(s);

	if (!key->possible)
		return 0;
	if (key->required)
		return yaml_scan_fail(s, "could not find expected ':'");
	key->possible = false;
	forget(s, key->number);
	return 0;
}

/* What begins here may be a key. */
static int
save_key(struct yaml_scanner *s)
{
	if (!s->key_allowed)
		return 0;
	if (drop_key(s) < 0)
		return -1;
	*this_key(s) = (struct yaml_key){.possible = true,
	    .required = !s->flow && s->indent == s->text.mark.column,
	    .number = next_number(s),
	    .mark = s->text.mark};
	*key_at(s, next_number(s)) = (uint32_t)s->flow + 1;
	return 0;
}

/* ---- levels ---- */

static int
too_deep(struct yaml_scanner *s)
{
	_Static_assert(LIMIT_VALUE_DEPTH == 10000, "the message says so");
	return yaml_scan_fail(s, "exceeded max depth of 10000");
}

/* A block begins at this column, unless there is one, in front of the token of
 * this number. */
static int
open_block(struct yaml_scanner *s, enum yaml_token_type type,
    const struct yaml_mark *mark, size_t number)
{
	if (s->flow || s->indent >= mark->column)
		return 0;
	if (s->indent_count == s->indent_room) {
		s->indent_room = s->indent_room * 2 + 16;
		s->indents =
		    xrealloc(s->indents, s->indent_room, sizeof(*s->indents));
	}
	s->indents[s->indent_count++] = s->indent;
	s->indent = mark->column;
	if (s->indent_count > LIMIT_VALUE_DEPTH)
		return too_deep(s);
	insert_mark(s, type, mark->line, number);
	return 0;
}

/* The end of the blocks that are further to the right. */
static void
close_blocks(struct yaml_scanner *s, int column)
{
	while (!s->flow && s->indent > column) {
		add_mark(s, YAML_TOKEN_BLOCK_END);
		s->indent = s->indents[--s->indent_count];
	}
}

static int
open_flow(struct yaml_scanner *s)
{
	if (++s->flow == s->key_room) {
		s->key_room *= 2;
		s->keys = xrealloc(s->keys, s->key_room, sizeof(*s->keys));
	}
	*this_key(s) = (struct yaml_key){.number = next_number(s)};
	return s->flow > LIMIT_VALUE_DEPTH ? too_deep(s) : 0;
}

/* yaml.v2 forgets with a level without keys that its bracket may be one. */
static void
close_flow(struct yaml_scanner *s)
{
	if (!s->flow)
		return;
	forget(s, this_key(s)->number);
	s->flow--;
}

/* ---- what may begin a token ---- */

/* The token of one character. */
static int
take_mark(struct yaml_scanner *s, enum yaml_token_type type)
{
	add_mark(s, type);
	yaml_text_skip(&s->text);
	return 0;
}

static int
fetch_opening(struct yaml_scanner *s, enum yaml_token_type type)
{
	if (save_key(s) < 0 || open_flow(s) < 0)
		return -1;
	s->key_allowed = true;
	return take_mark(s, type);
}

static int
fetch_closing(struct yaml_scanner *s, enum yaml_token_type type)
{
	if (drop_key(s) < 0)
		return -1;
	close_flow(s);
	s->key_allowed = false;
	return take_mark(s, type);
}

static int
fetch_comma(struct yaml_scanner *s)
{
	if (drop_key(s) < 0)
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
	return open_block(s, block, &s->text.mark, next_number(s));
}

static int
fetch_item(struct yaml_scanner *s)
{
	if (begin_entry(s, YAML_TOKEN_LIST,
		"block sequence entries are not allowed in this context") < 0 ||
	    drop_key(s) < 0)
		return -1;
	s->key_allowed = true;
	return take_mark(s, YAML_TOKEN_ITEM);
}

static int
fetch_key(struct yaml_scanner *s)
{
	if (begin_entry(s, YAML_TOKEN_MAP,
		"mapping keys are not allowed in this context") < 0 ||
	    drop_key(s) < 0)
		return -1;
	s->key_allowed = !s->flow;
	return take_mark(s, YAML_TOKEN_KEY);
}

static int
fetch_value(struct yaml_scanner *s)
{
	struct yaml_key *key = this_key(s);
	int is_key = check_key(s, key);

	if (is_key < 0)
		return -1;
	if (is_key) {
		insert_mark(s, YAML_TOKEN_KEY, key->mark.line, key->number);
		if (open_block(s, YAML_TOKEN_MAP, &key->mark, key->number) < 0)
			return -1;
		key->possible = false;
		forget(s, key->number);
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

	if (save_key(s) < 0)
		return -1;
	s->key_allowed = false;
	if (scan(s, &token) < 0)
		return -1;
	add(s, &token);
	return 0;
}

static int
fetch_block_scalar(struct yaml_scanner *s)
{
	struct yaml_token token = {.line = s->text.mark.line};

	if (drop_key(s) < 0)
		return -1;
	s->key_allowed = true;
	if (yaml_scan_block(s, &token) < 0)
		return -1;
	add(s, &token);
	return 0;
}

/* ---- between documents ---- */

static int
end_document(struct yaml_scanner *s)
{
	close_blocks(s, -1);
	if (drop_key(s) < 0)
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
	add_mark(s, YAML_TOKEN_END);
	return 0;
}

static int
fetch_directive(struct yaml_scanner *s)
{
	struct yaml_token token = {.line = s->text.mark.line};

	if (end_document(s) < 0 || yaml_scan_directive(s, &token) < 0)
		return -1;
	add(s, &token);
	return 0;
}

static int
fetch_marker(struct yaml_scanner *s, enum yaml_token_type type)
{
	if (end_document(s) < 0)
		return -1;
	add_mark(s, type);
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

static int
fetch_unmarked(struct yaml_scanner *s)
{
	unsigned char c = yaml_text_peek(&s->text, 0);

	if ((c == '|' || c == '>') && !s->flow)
		return fetch_block_scalar(s);
	if (strchr("|>%@`#\t", c))
		return yaml_scan_fail(
		    s, "found character that cannot start any token");
	return fetch_text(s, yaml_scan_plain);
}

/* A token by its first character. */
static int
fetch_by_character(struct yaml_scanner *s)
{
	bool alone = yaml_text_is_space_or_end(&s->text, 1);

	switch (yaml_text_peek(&s->text, 0)) {
	case '[':
		return fetch_opening(s, YAML_TOKEN_FLOW_LIST);
	case '{':
		return fetch_opening(s, YAML_TOKEN_FLOW_MAP);
	case ']':
		return fetch_closing(s, YAML_TOKEN_FLOW_LIST_END);
	case '}':
		return fetch_closing(s, YAML_TOKEN_FLOW_MAP_END);
	case ',':
		return fetch_comma(s);
	case '-':
		return alone ? fetch_item(s) : fetch_unmarked(s);
	case '?':
		return alone || s->flow ? fetch_key(s) : fetch_unmarked(s);
	case ':':
		return alone || s->flow ? fetch_value(s) : fetch_unmarked(s);
	case '*':
	case '&':
		return fetch_text(s, yaml_scan_anchor);
	case '!':
		return fetch_text(s, yaml_scan_tag);
	case '\'':
	case '"':
		return fetch_text(s, yaml_scan_quoted);
	default:
		return fetch_unmarked(s);
	}
}

static int
fetch(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;

	skip_to_token(s);
	if (t->failed)
		return -1;
	close_blocks(s, t->mark.column);
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

/* Is the first token of the queue what it will stay? 1, 0, or -1. */
static int
is_settled(struct yaml_scanner *s)
{
	uint32_t level;
	int rc;

	if (s->head == s->tail)
		return 0;
	level = s->key_at[s->head];
	if (!level)
		return 1;
	/* of a level that was left */
	if (level > s->flow + 1)
		return error_set(s->error, ERROR_TEMPLATE,
		    "runtime error: index out of range [%u] with length %zu",
		    level - 1, s->flow + 1);
	rc = check_key(s, &s->keys[level - 1]);
	return rc < 0 ? -1 : !rc;
}

const struct yaml_token *
yaml_scan_peek(struct yaml_scanner *s)
{
	int rc;

	while (!s->ready) {
		rc = is_settled(s);
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
	*s = (struct yaml_scanner){.arena = arena,
	    .error = error,
	    .room = 64,
	    .key_room = 16,
	    .key_allowed = true,
	    .indent = -1};
	yaml_text_init(&s->text, arena, text, error);
	s->tokens = xcalloc(s->room, sizeof(*s->tokens));
	s->key_at = xcalloc(s->room, sizeof(*s->key_at));
	s->keys = xcalloc(s->key_room, sizeof(*s->keys));
}

void
yaml_scan_fini(struct yaml_scanner *s)
{
	free(s->tokens);
	free(s->key_at);
	free(s->keys);
	free(s->indents);
	buf_fini(&s->scalar);
	buf_fini(&s->breaks);
}
