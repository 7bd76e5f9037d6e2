/* SPDX-License-Identifier: MIT */
/*
 * A server line taken apart: name, address, port, options. Which options take a
 * value is keyword.c's table; what it does not know is a word of its own, so
 * that no word is ever lost.
 */
#include "weir/haproxy.h"

#include "keyword.h"

/* At the last colon that is not part of an IPv6 address without brackets:
 * HAProxy takes what is behind the last colon as the port. A unix socket has
 * none. */
static void
split_address(struct str word, struct haproxy_server *s)
{
	const char *colon = memrchr(word.ptr, ':', word.len);

	s->address = word;
	s->port = STR("");
	if (!colon || memchr(word.ptr, '/', word.len) ||
	    memchr(colon, ']', word.len - (size_t)(colon - word.ptr)))
		return;
	s->address.len = (size_t)(colon - word.ptr);
	s->port = (struct str){colon + 1, word.len - s->address.len - 1};
}

struct haproxy_option *
options_parse(const struct haproxy_line *line, size_t from, struct arena *arena,
    size_t *count)
{
	struct haproxy_option *options =
	    arena_array(arena, line->count - from + 1, sizeof(*options));

	*count = 0;
	for (size_t i = from; i < line->count; i++) {
		struct haproxy_option *o = &options[(*count)++];

		o->keyword = line->words[i];
		o->known = keyword_find(o->keyword);
		if (o->known && o->known->value != VALUE_NONE &&
		    i + 1 < line->count)
			o->value = line->words[++i];
	}
	return options;
}

int
haproxy_server_parse(const struct haproxy_line *line, struct arena *arena,
    struct haproxy_server *s)
{
	*s = (struct haproxy_server){0};
	if (line->count < 3 || !str_is(line->words[0], "server"))
		return -1;
	s->name = line->words[1];
	split_address(line->words[2], s);
	s->options = options_parse(line, 3, arena, &s->count);
	return 0;
}

const struct haproxy_option *
haproxy_server_option(const struct haproxy_server *s, const char *keyword)
{
	for (size_t i = s->count; i > 0; i--)
		if (str_is(s->options[i - 1].keyword, keyword))
			return &s->options[i - 1];
	return NULL;
}
