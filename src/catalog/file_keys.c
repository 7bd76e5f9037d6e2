/* SPDX-License-Identifier: MIT */
/* Answers about keys from a catalog file. Keys match exactly. */
#include <stdlib.h>
#include <string.h>

#include "file_maker.h"
#include "weir/base64.h"

struct str
file_clean_path(char *to, struct str s)
{
	size_t n = 0;

	while (s.len) {
		const char *slash = memchr(s.ptr, '/', s.len);
		size_t part = slash ? (size_t)(slash - s.ptr) : s.len;
		struct str name = {s.ptr, part};

		if (str_is(name, "..")) {
			n -= n > 0;
			while (n > 0 && to[n - 1] != '/')
				n--;
		} else if (part && !str_is(name, ".")) {
			memcpy(to + n, s.ptr, part);
			n += part;
			if (slash)
				to[n++] = '/';
		}
		s.ptr += part + (slash != NULL);
		s.len -= part + (slash != NULL);
	}
	return (struct str){to, n};
}

/* The path that the query asks for. */
static struct str
asked_path(struct maker *m)
{
	struct str name = m->query->name;

	return file_clean_path(
	    arena_alloc(&m->answer->arena, name.len + 1), name);
}

static int
check_path(struct maker *m, struct str path)
{
	for (size_t i = 0; i < path.len; i++)
		if ((unsigned char)path.ptr[i] < 0x20 || path.ptr[i] == 0x7f)
			return error_set(m->error, ERROR_REMOTE,
			    "Unexpected response code: 400 ()");
	if (path.len == 0 && m->query->kind != QUERY_KEY_LIST)
		return error_set(m->error, ERROR_REMOTE,
		    "Unexpected response code: 400 (Missing key name)");
	return 0;
}

/* The first key that is not before the path. */
static size_t
find_key(const struct file_dc *dc, struct str path)
{
	size_t low = 0, high = dc->key_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_compare(dc->keys[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The value of a key, in the answer's arena; never a NULL ptr. */
static struct str
key_value(struct maker *m, const json_t *json)
{
	struct buf decoded = {0};
	size_t at;
	struct str s = {json_string_value(json), json_string_length(json)};

	if (json_is_object(json) && json_object_get(json, "Base64")) {
		base64_decode(&decoded, file_str(json, "Base64"), false, &at);
		s = buf_as_str(&decoded);
	} else if (json_is_object(json)) {
		s = file_str(json, "Value");
	}
	s = arena_str(&m->answer->arena, s);
	buf_fini(&decoded);
	return s;
}

int
maker_key(struct maker *m)
{
	struct str path = asked_path(m), value = {0};
	size_t i;

	if (check_path(m, path) < 0)
		return -1;
	i = find_key(m->dc, path);
	if (i < m->dc->key_count && str_equal(m->dc->keys[i].path, path))
		value = key_value(m, m->dc->keys[i].value);
	answer_shape_string(m->answer, value);
	return 0;
}

static struct key_pair *
make_pair(struct maker *m, const struct file_key *key)
{
	struct key_pair *p = maker_record(m, sizeof(*p));
	const json_t *json = key->value;

	p->path = arena_pstr(&m->answer->arena, key->path);
	p->value = arena_pstr(&m->answer->arena, key_value(m, json));
	p->exists = true;
	if (!json_is_object(json))
		return p;
	p->session = maker_text(m, json, "Session");
	p->flags = (uint64_t)maker_number(json, "Flags", 0);
	p->lock_index = (uint64_t)maker_number(json, "LockIndex", 0);
	p->create_index = (uint64_t)maker_number(json, "CreateIndex", 0);
	p->modify_index = (uint64_t)maker_number(json, "ModifyIndex", 0);
	return p;
}

int
maker_pairs(struct maker *m)
{
	struct str prefix = asked_path(m);
	size_t first, last;
	struct key_pair **all;

	if (check_path(m, prefix) < 0)
		return -1;
	first = last = find_key(m->dc, prefix);
	while (last < m->dc->key_count &&
	       str_has_prefix(m->dc->keys[last].path, prefix))
		last++;
	all = arena_array(&m->answer->arena, last - first, sizeof(*all));
	for (size_t i = first; i < last; i++)
		all[i - first] = make_pair(m, &m->dc->keys[i]);
	answer_shape_pairs(m->answer, m->query, all, last - first);
	return 0;
}
