/* SPDX-License-Identifier: MIT */
/*
 * Values into TOML. A table's plain keys stand before its subtables, each group
 * sorted; what lies in a list of other things than tables is written inline.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "toml.h"
#include "weir/limits.h"
#include "weir/template.h"
#include "weir/xalloc.h"

/* What a value is to TOML. */
enum form {
	FORM_NIL,
	FORM_SCALAR,
	FORM_LIST,
	FORM_TABLE,
	FORM_TABLES, /* a list of nothing but tables */
	FORM_ERROR
};

/* The path of a table, innermost first. */
struct path {
	const struct path *up;
	struct str name;
	unsigned depth; /* 1: at the top */
};

struct encoder {
	struct buf *out;
	struct error *error;
	unsigned depth;
};

/* A key of a map or a field of a record. */
struct member {
	struct str name;
	struct value value;
	bool is_table;
	uint32_t field; /* its place in the record */
};

static int encode(struct encoder *, const struct path *, const struct value *);
static int element(struct encoder *, const struct value *);

/* ---- words ---- */

static void
put_quoted(struct buf *out, struct str s)
{
	static const char from[] = "\"\\\b\t\n\f\r", to[] = "\"\\btnfr";

	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		const char *known = c ? strchr(from, c) : NULL;

		if (known)
			buf_printf(out, "\\%c", to[known - from]);
		else if (c < 0x20 || c == 0x7F)
			buf_printf(out, "\\u%04x", c);
		else
			buf_char(out, (char)c);
	}
	buf_char(out, '"');
}

static void
put_key(struct buf *out, struct str s)
{
	bool bare = s.len > 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		bare =
		    bare && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
				(c >= '0' && c <= '9') || c == '_' || c == '-');
	}
	if (bare)
		buf_str(out, s);
	else
		put_quoted(out, s);
}

static void
put_path(struct buf *out, const struct path *p)
{
	const struct path **parts;

	if (!p)
		return;
	parts = xcalloc(p->depth, sizeof(*parts));
	for (const struct path *at = p; at; at = at->up)
		parts[at->depth - 1] = at;
	for (unsigned i = 0; i < p->depth; i++) {
		if (i)
			buf_char(out, '.');
		put_key(out, parts[i]->name);
	}
	free(parts);
}

static void
put_indent(struct encoder *e, const struct path *p)
{
	if (p)
		buf_repeat(e->out, ' ', 2 * (size_t)(p->depth - 1));
}

static void
new_line(struct encoder *e)
{
	if (e->out->len)
		buf_char(e->out, '\n');
}

/* ---- forms ---- */

/* Follows pointers to the record; records that stand for a text stay. */
static struct value
follow(struct value v)
{
	while (value_kind(&v) == KIND_PTR && v.u.ptr)
		v.type = v.type->elem;
	return v;
}

static bool
is_nil(const struct value *v)
{
	switch (value_kind(v)) {
	case KIND_INVALID:
		return true;
	case KIND_PTR:
		return !v->u.ptr;
	case KIND_MAP:
		return !v->u.map;
	case KIND_SLICE:
		return !v->len && !v->not_nil;
	default:
		return false;
	}
}

static bool
is_text(const struct value *v)
{
	return v->type->text || !strcmp(v->type->name, "time.Duration");
}

static enum form form_of(struct encoder *, const struct value *);

static enum form
list_form(struct encoder *e, const struct value *v)
{
	enum form form = v->len ? FORM_TABLES : FORM_LIST;

	if (++e->depth > LIMIT_VALUE_DEPTH) {
		error_set(
		    e->error, ERROR_LIMIT, "the value is too deep for TOML");
		return FORM_ERROR;
	}
	for (size_t i = 0; i < v->len; i++) {
		struct value item = follow(value_index(v, i));
		enum form f = form_of(e, &item);

		if (f == FORM_NIL)
			error_set(e->error, ERROR_TEMPLATE,
			    "toml: cannot encode array with nil element");
		if (f == FORM_NIL || f == FORM_ERROR)
			return FORM_ERROR;
		if (f != FORM_TABLE)
			form = FORM_LIST;
	}
	e->depth--;
	return form;
}

static enum form
form_of(struct encoder *e, const struct value *v)
{
	enum kind kind = value_kind(v);

	if (is_nil(v))
		return FORM_NIL;
	if (is_text(v))
		return FORM_SCALAR;
	switch (kind) {
	case KIND_STRUCT:
	case KIND_MAP:
		return FORM_TABLE;
	case KIND_SLICE:
	case KIND_ARRAY:
		return list_form(e, v);
	case KIND_BOOL:
	case KIND_STRING:
		return FORM_SCALAR;
	default:
		break;
	}
	if (kind_is_float(kind) ||
	    (kind != KIND_UINTPTR && (kind_is_int(kind) || kind_is_uint(kind))))
		return FORM_SCALAR;
	error_set(
	    e->error, ERROR_TEMPLATE, "unsupported type: %s", kind_name(kind));
	return FORM_ERROR;
}

/* ---- elements, inline ---- */

static void
put_float(struct buf *out, double f, int bits)
{
	size_t at = out->len;

	if (!isfinite(f)) {
		buf_printf(out, "%s%s", signbit(f) ? "-" : "",
		    isnan(f) ? "nan" : "inf");
		return;
	}
	value_format_float(out, f, 'f', -1, bits);
	if (!out->failed && !memchr(out->ptr + at, '.', out->len - at))
		buf_puts(out, ".0");
}

static void
put_text(struct encoder *e, const struct value *v)
{
	struct buf text = {0};

	if (v->type->text)
		v->type->text(v, &text);
	else if (v->type->string)
		v->type->string(v, &text);
	if (!strcmp(v->type->name, "time.Time"))
		buf_str(e->out, buf_as_str(&text));
	else
		put_quoted(e->out, buf_as_str(&text));
	buf_fini(&text);
}

static void
put_scalar(struct encoder *e, const struct value *v)
{
	enum kind kind = value_kind(v);

	if (is_text(v))
		put_text(e, v);
	else if (kind == KIND_STRING)
		put_quoted(e->out, value_as_str(v));
	else if (kind == KIND_BOOL)
		buf_puts(e->out, v->u.b ? "true" : "false");
	else if (kind_is_int(kind))
		buf_printf(e->out, "%lld", (long long)v->u.i);
	else if (kind_is_uint(kind))
		buf_printf(e->out, "%llu", (unsigned long long)v->u.u);
	else
		put_float(e->out, v->u.f, kind == KIND_FLOAT32 ? 32 : 64);
}

static int
put_list(struct encoder *e, const struct value *v)
{
	buf_char(e->out, '[');
	for (size_t i = 0; i < v->len; i++) {
		struct value item = follow(value_index(v, i));

		if (i)
			buf_puts(e->out, ", ");
		if (element(e, &item) < 0)
			return -1;
	}
	buf_char(e->out, ']');
	return 0;
}

/* ---- tables ---- */

static int
add_member(
    struct encoder *e, struct member *m, struct str name, struct value value)
{
	enum form form;

	*m = (struct member){.name = name, .value = follow(value)};
	form = form_of(e, &m->value);
	m->is_table = form == FORM_TABLE || form == FORM_TABLES;
	return form == FORM_ERROR ? -1 : 0;
}

static int
map_members(struct encoder *e, const struct value *v, struct member *members,
    size_t *count)
{
	*count = map_count(v->u.map);
	for (size_t i = 0; i < *count; i++) {
		struct map_entry entry = map_at(v->u.map, i);

		if (add_member(e, &members[i], value_as_str(&entry.key),
			entry.value) < 0)
			return -1;
	}
	return 0;
}

static int
record_members(struct encoder *e, const struct value *v, struct member *members,
    size_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < v->type->field_count; i++) {
		const struct field *f = &v->type->fields[i];

		if (!field_is_visible(f) || f->embedded)
			continue;
		if (add_member(e, &members[*count], str_of(f->name),
			value_field(v->u.ptr, f)) < 0)
			return -1;
		members[*count].field = *count;
		++*count;
	}
	return 0;
}

/* Does a comma stand behind the member at i in an inline table? What BurntSushi
 * does when a later one is nil is kept: the comma stays. */
static bool
needs_comma(const struct member *members, size_t count, size_t i, bool record)
{
	bool tables = false, later = false;

	if (record)
		return members[i].field != count - 1;
	for (size_t k = 0; k < count; k++) {
		tables = tables || members[k].is_table;
		later = later ||
			(k > i && members[k].is_table == members[i].is_table);
	}
	return later || (!members[i].is_table && tables);
}

static int
put_member(struct encoder *e, const struct path *p, const struct member *m,
    bool is_inline)
{
	struct path path = {p, m->name, p ? p->depth + 1 : 1};

	if (!is_inline)
		return encode(e, &path, &m->value);
	put_key(e->out, m->name);
	buf_puts(e->out, " = ");
	return element(e, &m->value);
}

static int
put_members(struct encoder *e, const struct path *p, const struct value *v,
    bool is_inline)
{
	bool record = v->type->kind == KIND_STRUCT;
	size_t count = record ? v->type->field_count : map_count(v->u.map);
	struct member *members = xcalloc(count + 1, sizeof(*members));
	int rc = record ? record_members(e, v, members, &count)
			: map_members(e, v, members, &count);

	for (int tables = 0; tables < 2; tables++) {
		for (size_t i = 0; rc == 0 && i < count; i++) {
			const struct member *m = &members[i];

			if (m->is_table != (tables == 1) || is_nil(&m->value))
				continue;
			rc = put_member(e, p, m, is_inline);
			if (is_inline && needs_comma(members, count, i, record))
				buf_puts(e->out, ", ");
		}
	}
	free(members);
	return rc;
}

/* The contents of a map or record. */
static int
put_table(struct encoder *e, const struct path *p, const struct value *v,
    bool is_inline)
{
	int rc;

	if (v->type->kind == KIND_MAP && v->type->key->kind != KIND_STRING)
		return error_set(e->error, ERROR_TEMPLATE,
		    "toml: cannot encode a map with non-string key type");
	if (e->depth > LIMIT_VALUE_DEPTH || e->out->failed)
		return error_set(e->error, ERROR_LIMIT,
		    "the value is too deep or too large for TOML");
	e->depth++;
	if (is_inline)
		buf_char(e->out, '{');
	rc = put_members(e, p, v, is_inline);
	if (is_inline)
		buf_char(e->out, '}');
	e->depth--;
	return rc;
}

static int
element(struct encoder *e, const struct value *v)
{
	enum kind kind = value_kind(v);
	int rc = 0;

	if (e->depth > LIMIT_VALUE_DEPTH)
		return error_set(
		    e->error, ERROR_LIMIT, "the value is too deep for TOML");
	e->depth++;
	if (!is_text(v) && (kind == KIND_MAP || kind == KIND_STRUCT))
		rc = put_table(e, NULL, v, true);
	else if (kind == KIND_SLICE || kind == KIND_ARRAY)
		rc = put_list(e, v);
	else
		put_scalar(e, v);
	e->depth--;
	return rc;
}

static int
put_tables(struct encoder *e, const struct path *p, const struct value *v)
{
	if (!p)
		return error_set(e->error, ERROR_TEMPLATE,
		    "toml: top-level values must be Go maps or structs");
	for (size_t i = 0; i < v->len; i++) {
		struct value table = follow(value_index(v, i));

		new_line(e);
		put_indent(e, p);
		buf_puts(e->out, "[[");
		put_path(e->out, p);
		buf_puts(e->out, "]]\n");
		if (put_table(e, p, &table, false) < 0)
			return -1;
	}
	return 0;
}

static int
put_named_table(struct encoder *e, const struct path *p, const struct value *v)
{
	if (p && p->depth == 1)
		new_line(e);
	if (p) {
		put_indent(e, p);
		buf_char(e->out, '[');
		put_path(e->out, p);
		buf_puts(e->out, "]\n");
	}
	return put_table(e, p, v, false);
}

static int
put_line(struct encoder *e, const struct path *p, const struct value *v)
{
	if (!p)
		return element(e, v);
	put_indent(e, p);
	put_key(e->out, p->name);
	buf_puts(e->out, " = ");
	if (element(e, v) < 0)
		return -1;
	buf_char(e->out, '\n');
	return 0;
}

static int
unsupported(struct encoder *e, const struct path *p, const struct value *v)
{
	struct buf path = {0};

	put_path(&path, p);
	error_set(e->error, ERROR_TEMPLATE, "unsupported type for key '%s': %s",
	    buf_as_str(&path).ptr, kind_name(value_kind(v)));
	buf_fini(&path);
	return -1;
}

static int
encode(struct encoder *e, const struct path *p, const struct value *v)
{
	enum kind kind = value_kind(v);

	if (is_nil(v) && kind != KIND_SLICE)
		return 0;
	if (!is_text(v) && (kind == KIND_MAP || kind == KIND_STRUCT))
		return put_named_table(e, p, v);
	if (kind == KIND_CHAN || kind == KIND_FUNC || kind == KIND_UINTPTR ||
	    kind == KIND_COMPLEX64 || kind == KIND_COMPLEX128)
		return unsupported(e, p, v);
	if (kind == KIND_SLICE || kind == KIND_ARRAY) {
		enum form form = is_nil(v) ? FORM_NIL : form_of(e, v);

		if (form == FORM_ERROR)
			return -1;
		if (form == FORM_TABLES)
			return put_tables(e, p, v);
	}
	return put_line(e, p, v);
}

int
toml_encode(struct buf *out, const struct value *v, struct error *error)
{
	struct encoder e = {.out = out, .error = error};
	struct value top = follow(*v);

	return encode(&e, NULL, &top);
}
