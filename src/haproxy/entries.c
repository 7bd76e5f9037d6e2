/* SPDX-License-Identifier: MIT */
/*
 * Lines of a map or an ACL file. A '#' begins a comment only as the first byte;
 * of a map's line the key goes up to the first blank, the value to the end
 * without the blanks there; of an ACL's line all behind the first blanks counts
 * (measured on 2.2 to 3.2).
 */
#include "entries.h"

#include "weir/limits.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct str
skip_blanks(struct str s)
{
	return str_trim_start(s, " \t");
}

static struct str
cut_blanks(struct str s)
{
	return str_trim_end(s, " \t");
}

/* Key and value of "KEY  VALUE". */
static struct entry
split(struct str s)
{
	struct entry e = {.key = {s.ptr, 0}};

	while (e.key.len < s.len && !is_blank(s.ptr[e.key.len]))
		e.key.len++;
	e.value = skip_blanks(str_after(s, e.key.len));
	return e;
}

/* HAProxy's line ends at a carriage return, and at a NUL. */
static int
read_line(
    struct str line, int number, bool acl, struct entries *out, struct error *e)
{
	const char *end = memchr(line.ptr, '\r', line.len);
	struct entry entry;

	if (line.len > LIMIT_MAP_LINE)
		return error_set(e, ERROR_DATA,
		    "line %d: HAProxy cuts lines of more than %u bytes", number,
		    LIMIT_MAP_LINE);
	if (memchr(line.ptr, 0, line.len))
		return error_set(e, ERROR_DATA, "line %d: a NUL in it", number);
	if (line.len && *line.ptr == '#')
		return 0;
	if (end)
		line.len = (size_t)(end - line.ptr);
	line = skip_blanks(line);
	if (!line.len)
		return 0;
	entry = acl ? (struct entry){.key = line, .value = STR("")}
		    : split(cut_blanks(line));
	out->items[out->count++] = entry;
	return 0;
}

int
entries_read(struct entries *out, struct str text, bool acl,
    struct arena *arena, struct error *e)
{
	*out = (struct entries){0};
	out->items =
	    arena_alloc(arena, str_count_lines(text) * sizeof(*out->items));
	for (int number = 1; text.len; number++)
		if (read_line(str_take_line(&text), number, acl, out, e) < 0)
			return -1;
	return 0;
}

/* "0x55f88d88f2e0 KEY VALUE" */
int
entries_listed(struct entries *out, struct str answer, bool acl,
    struct arena *arena, struct error *e)
{
	*out = (struct entries){0};
	out->items =
	    arena_alloc(arena, str_count_lines(answer) * sizeof(*out->items));
	while (answer.len) {
		struct str line = str_take_line(&answer);
		ptrdiff_t blank = str_find(line, STR(" "));
		struct str rest;

		if (!line.len)
			continue;
		if (!str_has_prefix(line, STR("0x")) || blank < 0)
			return error_set(e, ERROR_DATA, "%.*s",
			    (int)(line.len < 200 ? line.len : 200), line.ptr);
		rest = str_after(line, (size_t)blank + 1);
		out->items[out->count++] =
		    acl ? (struct entry){.key = rest, .value = STR("")}
			: split(rest);
	}
	return 0;
}
