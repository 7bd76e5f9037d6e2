/* SPDX-License-Identifier: MIT */
/*
 * Control characters in what others than the operator have named. Whether an
 * answer holds one is noticed while it is packed (pack.c), so that a clean one
 * costs a look at bytes that are copied anyway; all that is here runs only for
 * the others.
 */
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "record.h"
#include "weir/catalog.h"

/* Bytes of a string that are quoted in a message. */
#define QUOTED_MOST 60
/* Records in records: what a query gives is three deep. */
#define DEPTH_MOST 12

/* The bytes of the control character that s begins with; 0: it is none. */
static size_t
control_at(const unsigned char *s, size_t left)
{
	if (s[0] < 0x20 || s[0] == 0x7f)
		return 1;
	if (s[0] == 0xc2 && left > 1 && s[1] == 0x85)
		return 2;
	if (s[0] == 0xe2 && left > 2 && s[1] == 0x80 && (s[2] | 1) == 0xa9)
		return 3;
	return 0;
}

bool
str_has_control(struct str s)
{
	const unsigned char *bytes = (const unsigned char *)s.ptr;

	for (size_t i = 0; i < s.len; i++)
		if (control_at(bytes + i, s.len - i))
			return true;
	return false;
}

void
control_mark(char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t n = control_at((unsigned char *)s + i, len - i);

		if (n)
			memset(s + i, '?', n);
	}
}

bool
query_is_of_others(enum query_kind kind)
{
	return kind != QUERY_KEY && kind != QUERY_KEY_GET &&
	       kind != QUERY_KEY_LIST && kind != QUERY_CA_ROOTS &&
	       kind != QUERY_CA_LEAF;
}

struct answer *
answer_mark(const struct answer *a)
{
	struct answer *made = answer_new();
	struct pack p = {.mark = true};

	pack_keep(&p, &record_no_definition);
	made->is_marked = true;
	made->value = pack_value(&p, &made->arena, &a->value);
	made->index = a->index;
	made->received_ms = a->received_ms;
	pack_fini(&p);
	return made;
}

/* ---- which one it is ---- */

/* Fields that say whose a string is. */
static const struct {
	const char *field, *word;
} owners[] = {
    {"Node", "node"},
    {"CheckID", "check"},
    {"Name", "service"},
    {"Service", "service"},
    {"ID", "id"},
};
#define OWNERS (sizeof(owners) / sizeof(owners[0]))

struct search {
	struct str text;
	struct buf path;
	struct str owner[OWNERS];
	struct buf *found;
	int rc;
	int depth;
};

static void look(struct search *, const struct value *);

static void
quote(struct buf *b, struct str s)
{
	if (s.len > QUOTED_MOST)
		s.len = QUOTED_MOST;
	value_quote(b, s);
}

static void
look_at_string(struct search *s, struct str string)
{
	bool printed, first = true;

	if (!str_has_control(string))
		return;
	printed = memmem(s->text.ptr, s->text.len, string.ptr, string.len);
	if (s->rc >= 0 && !printed)
		return;
	s->rc = printed;
	buf_reset(s->found);
	for (size_t i = 0; i < OWNERS; i++) {
		if (!s->owner[i].len)
			continue;
		buf_printf(
		    s->found, "%s%s ", first ? "" : ", ", owners[i].word);
		quote(s->found, s->owner[i]);
		first = false;
	}
	buf_printf(s->found, "%s%.*s ", first ? "" : ": ", (int)s->path.len,
	    s->path.ptr ? s->path.ptr : "");
	quote(s->found, string);
}

static void
look_at_items(struct search *s, const struct value *v)
{
	size_t len = s->path.len;

	for (uint32_t i = 0; i < v->len && s->rc <= 0; i++) {
		struct value item = value_index(v, i);

		if (s->depth > 1)
			buf_printf(&s->path, "[%u]", i);
		look(s, &item);
		s->path.len = len;
	}
}

static void
look_at_map(struct search *s, const struct map *map)
{
	size_t len = s->path.len;

	for (size_t i = 0; i < map_count(map) && s->rc <= 0; i++) {
		struct map_entry e = map_at(map, i);

		buf_puts(&s->path, ", a key");
		look(s, &e.key);
		s->path.len = len;
		buf_char(&s->path, '[');
		if (value_kind(&e.key) == KIND_STRING)
			quote(&s->path, value_as_str(&e.key));
		buf_char(&s->path, ']');
		look(s, &e.value);
		s->path.len = len;
	}
}

static void
look_at_record(struct search *s, const struct type *type, const void *record)
{
	struct str kept[OWNERS];
	size_t len = s->path.len;

	memcpy(kept, s->owner, sizeof(kept));
	for (size_t i = 0; i < OWNERS; i++) {
		const struct field *f =
		    type_field(type, str_of(owners[i].field));
		struct value v = f ? value_field(record, f) : VALUE_NONE;

		/* A check's name is no service's. */
		if (value_kind(&v) == KIND_STRING &&
		    (!s->owner[1].len || i < 2))
			s->owner[i] = value_as_str(&v);
	}
	for (uint32_t i = 0; i < type->field_count && s->rc <= 0; i++) {
		struct value v = value_field(record, &type->fields[i]);

		buf_printf(
		    &s->path, "%s%s", len ? "." : "", type->fields[i].name);
		look(s, &v);
		s->path.len = len;
	}
	memcpy(s->owner, kept, sizeof(kept));
}

static void
look(struct search *s, const struct value *v)
{
	if (s->rc > 0 || s->depth >= DEPTH_MOST)
		return;
	s->depth++;
	switch (value_kind(v)) {
	case KIND_STRING:
		look_at_string(s, value_as_str(v));
		break;
	case KIND_SLICE:
		look_at_items(s, v);
		break;
	case KIND_MAP:
		look_at_map(s, v->u.map);
		break;
	case KIND_STRUCT:
		if (v->u.ptr)
			look_at_record(s, v->type, v->u.ptr);
		break;
	case KIND_PTR:
		if (v->u.ptr && v->type->elem->kind == KIND_STRUCT)
			look_at_record(s, v->type->elem, v->u.ptr);
		break;
	default:
		break;
	}
	s->depth--;
}

int
answer_print_control(const struct answer *a, struct str text, struct buf *found)
{
	struct search s = {.text = text, .found = found, .rc = -1};

	look(&s, &a->value);
	buf_fini(&s.path);
	return s.rc;
}
