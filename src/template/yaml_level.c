/* SPDX-License-Identifier: MIT */
/*
 * What is open: the blocks, by their columns, and the brackets, each with what
 * may turn out to be a key on its level.
 */
#include <stdlib.h>

#include "weir/limits.h"
#include "weir/xalloc.h"
#include "yaml_scan.h"

/* Characters from the beginning of a key to its ':' (YAML 1.1, 7.3.2). */
#define KEY_LENGTH 1024

/* ---- keys ---- */

struct yaml_key *
yaml_level_key(struct yaml_scanner *s)
{
	return &s->keys[s->flow];
}

static void
forget(struct yaml_scanner *s, size_t number)
{
	uint32_t *at = yaml_queue_key(s, number);

	if (at)
		*at = 0;
}

int
yaml_level_check_key(struct yaml_scanner *s, struct yaml_key *key)
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

void
yaml_level_forget_key(struct yaml_scanner *s)
{
	struct yaml_key *key = yaml_level_key(s);

	key->possible = false;
	forget(s, key->number);
}

int
yaml_level_drop_key(struct yaml_scanner *s)
{
	struct yaml_key *key = yaml_level_key(s);

	if (!key->possible)
		return 0;
	if (key->required)
		return yaml_scan_fail(s, "could not find expected ':'");
	yaml_level_forget_key(s);
	return 0;
}

int
yaml_level_save_key(struct yaml_scanner *s)
{
	if (!s->key_allowed)
		return 0;
	if (yaml_level_drop_key(s) < 0)
		return -1;
	*yaml_level_key(s) = (struct yaml_key){.possible = true,
	    .required = !s->flow && s->indent == s->text.mark.column,
	    .number = yaml_queue_next(s),
	    .mark = s->text.mark};
	*yaml_queue_key(s, yaml_queue_next(s)) = (uint32_t)s->flow + 1;
	return 0;
}

int
yaml_level_is_settled(struct yaml_scanner *s)
{
	uint32_t level;
	int rc;

	if (s->head == s->tail)
		return 0;
	level = s->key_at[s->head];
	if (!level || level > s->flow + 1)
		return 1;
	rc = yaml_level_check_key(s, &s->keys[level - 1]);
	return rc < 0 ? -1 : !rc;
}

/* ---- levels ---- */

static int
too_deep(struct yaml_scanner *s)
{
	_Static_assert(LIMIT_VALUE_DEPTH == 10000, "the message says so");
	return yaml_scan_fail(s, "exceeded max depth of 10000");
}

int
yaml_level_open_block(struct yaml_scanner *s, enum yaml_token_type type,
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
	yaml_queue_insert(s, type, mark->line, number);
	return 0;
}

void
yaml_level_close_blocks(struct yaml_scanner *s, int column)
{
	while (!s->flow && s->indent > column) {
		yaml_queue_add_mark(s, YAML_TOKEN_BLOCK_END);
		s->indent = s->indents[--s->indent_count];
	}
}

int
yaml_level_open_flow(struct yaml_scanner *s)
{
	if (++s->flow == s->key_room) {
		s->key_room *= 2;
		s->keys = xrealloc(s->keys, s->key_room, sizeof(*s->keys));
	}
	*yaml_level_key(s) = (struct yaml_key){.number = yaml_queue_next(s)};
	return s->flow > LIMIT_VALUE_DEPTH ? too_deep(s) : 0;
}

/* yaml.v2 forgets with a level without keys that its bracket may be one. */
void
yaml_level_close_flow(struct yaml_scanner *s)
{
	if (!s->flow)
		return;
	forget(s, yaml_level_key(s)->number);
	s->flow--;
}

void
yaml_level_init(struct yaml_scanner *s)
{
	s->indent = -1;
	s->key_room = 16;
	s->keys = xcalloc(s->key_room, sizeof(*s->keys));
}

void
yaml_level_fini(struct yaml_scanner *s)
{
	free(s->keys);
	free(s->indents);
}
