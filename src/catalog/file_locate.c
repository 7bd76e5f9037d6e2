/* SPDX-License-Identifier: MIT */
/*
 * Finds a value of a JSON document again by its path. jansson keeps no
 * positions; since this is only asked for to report an error, the text is
 * walked anew instead.
 */
#include <string.h>

#include "file.h"

struct scan {
	const char *at;
	const char *end;
};

static void
skip_blank(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
		s->at++;
}

static void
skip_string(struct scan *s)
{
	for (s->at++; s->at < s->end && *s->at != '"'; s->at++)
		if (*s->at == '\\')
			s->at++;
	s->at++;
}

static void
skip_value(struct scan *s)
{
	size_t depth = 0;

	do {
		skip_blank(s);
		if (s->at >= s->end)
			return;
		if (*s->at == '"') {
			skip_string(s);
			skip_blank(s);
			continue;
		}
		if (strchr("{[", *s->at))
			depth++;
		else if (strchr("}]", *s->at))
			depth--;
		s->at++;
		/* The rest of a number or a word. */
		while (depth == 0 && s->at < s->end &&
		       !strchr(" \t\r\n,]}\"", *s->at))
			s->at++;
	} while (depth > 0);
}

/* Is the string at s this key? Escapes are left to jansson. */
static bool
is_key(struct scan s, const char *key)
{
	struct scan end = s;
	json_t *decoded;
	bool same;

	skip_string(&end);
	decoded = json_loadb(s.at, (size_t)(end.at - s.at),
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	same = decoded && !strcmp(json_string_value(decoded), key);
	json_decref(decoded);
	return same;
}

/* From the value to the one that the step names in it. */
static void
descend(struct scan *s, const struct json_step *step, bool at_key)
{
	size_t i = 0;

	skip_blank(s);
	s->at++; /* { or [ */
	for (;; i++) {
		skip_blank(s);
		if (s->at >= s->end || strchr("]}", *s->at))
			return;
		if (*s->at == ',') {
			s->at++;
			skip_blank(s);
		}
		if (!step->key && i == step->index)
			return;
		if (step->key) {
			const char *key = s->at;
			bool found = is_key(*s, step->key);

			skip_string(s);
			skip_blank(s);
			s->at++; /* : */
			skip_blank(s);
			if (found && at_key)
				s->at = key;
			if (found)
				return;
		}
		skip_value(s);
	}
}

static void
walk(struct scan *s, const struct json_step *step, bool at_key)
{
	if (!step)
		return;
	walk(s, step->up, false);
	descend(s, step, at_key);
}

void
json_locate(struct str text, const struct json_step *step, bool at_key,
    int *line, int *column)
{
	struct scan s = {text.ptr, text.ptr + text.len};
	const char *start = text.ptr;

	walk(&s, step, at_key);
	skip_blank(&s);
	*line = 1;
	for (const char *p = text.ptr; p < s.at && p < s.end; p++)
		if (*p == '\n') {
			++*line;
			start = p + 1;
		}
	*column = (int)(s.at - start);
}

void
json_print_path(struct buf *out, const struct json_step *step)
{
	if (!step)
		return;
	json_print_path(out, step->up);
	if (!step->key)
		buf_printf(out, "[%zu]", step->index);
	else
		buf_printf(out, "%s%s", step->up ? "." : "", step->key);
}
