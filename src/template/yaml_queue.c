/* SPDX-License-Identifier: MIT */
/*
 * The tokens that wait. Beside each stands which level of flow thinks that it
 * begins a key: yaml.v2 keeps that by the token's number, and a token that is
 * put in front does not change whose number it is.
 */
#include <stdlib.h>
#include <string.h>

#include "weir/xalloc.h"
#include "yaml_scan.h"

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

uint32_t *
yaml_queue_key(struct yaml_scanner *s, size_t number)
{
	return number < s->taken ? NULL
				 : &s->key_at[s->head + number - s->taken];
}

size_t
yaml_queue_next(const struct yaml_scanner *s)
{
	return s->taken + s->tail - s->head;
}

void
yaml_queue_add(struct yaml_scanner *s, const struct yaml_token *token)
{
	s->tokens[s->tail++] = *token;
	if (s->tail + 2 > s->room)
		make_room(s);
}

void
yaml_queue_add_mark(struct yaml_scanner *s, enum yaml_token_type type)
{
	struct yaml_token token = {.type = type, .line = s->text.mark.line};

	yaml_queue_add(s, &token);
}

void
yaml_queue_insert(struct yaml_scanner *s, enum yaml_token_type type,
    size_t line, size_t number)
{
	struct yaml_token token = {.type = type, .line = line};
	struct yaml_token *at;

	yaml_queue_add(s, &token);
	if (number < s->taken)
		return;
	at = s->tokens + s->head + (number - s->taken);
	memmove(
	    at + 1, at, (size_t)(s->tokens + s->tail - 1 - at) * sizeof(*at));
	*at = token;
}

void
yaml_queue_init(struct yaml_scanner *s)
{
	s->room = 64;
	s->tokens = xcalloc(s->room, sizeof(*s->tokens));
	s->key_at = xcalloc(s->room, sizeof(*s->key_at));
}

void
yaml_queue_fini(struct yaml_scanner *s)
{
	free(s->tokens);
	free(s->key_at);
}
