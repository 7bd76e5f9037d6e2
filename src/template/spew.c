/* SPDX-License-Identifier: MIT */
/*
 * go-spew's two ways to show a value. Types are written where Go's static type
 * says too little: at the top, and inside interfaces.
 */
#include <stdlib.h>
#include <string.h>

#include "spew.h"

#include "fmt.h"
#include "weir/limits.h"
#include "weir/template.h"

#define ADDRESS "0x%llx"

struct shower {
	struct buf *out;
	unsigned depth;
	bool types;     /* %#v */
	bool addresses; /* %+v */
	bool skip_type;
	bool skip_indent;
};

/* ---- what both share ---- */

static void
put_complex(struct buf *out, const double *c)
{
	buf_char(out, '(');
	value_format_float(out, c[0], 'g', -1, 64);
	if (c[1] >= 0)
		buf_char(out, '+');
	value_format_float(out, c[1], 'g', -1, 64);
	buf_puts(out, "i)");
}

static void
put_address(struct buf *out, const void *p)
{
	if (p)
		buf_printf(out, ADDRESS, (unsigned long long)(uintptr_t)p);
	else
		buf_puts(out, "<nil>");
}

/* What is no container and no string; false: it is something else. */
static bool
put_scalar(struct buf *out, const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind == KIND_INVALID)
		buf_puts(out, "<nil>");
	else if (v->type->string && (kind != KIND_PTR || v->u.ptr))
		v->type->string(v, out);
	else if (kind == KIND_BOOL)
		buf_puts(out, v->u.b ? "true" : "false");
	else if (kind == KIND_UINTPTR || kind == KIND_CHAN || kind == KIND_FUNC)
		put_address(out, v->u.ptr);
	else if (kind_is_int(kind))
		buf_printf(out, "%lld", (long long)v->u.i);
	else if (kind_is_uint(kind))
		buf_printf(out, "%llu", (unsigned long long)v->u.u);
	else if (kind_is_float(kind))
		value_format_float(
		    out, v->u.f, 'g', -1, kind == KIND_FLOAT32 ? 32 : 64);
	else if (kind == KIND_COMPLEX64 || kind == KIND_COMPLEX128)
		put_complex(out, v->u.complex);
	else
		return false;
	return true;
}

static bool
is_nil(const struct value *v)
{
	enum kind kind = value_kind(v);

	return (kind == KIND_SLICE && !v->len && !v->not_nil) ||
	       (kind == KIND_MAP && !v->u.map) ||
	       (kind == KIND_PTR && !v->u.ptr);
}

static const char *
type_name(const struct value *v)
{
	return v->type ? v->type->name : "interface {}";
}

static bool
is_any(const struct type *t)
{
	return t && t->kind == KIND_INTERFACE;
}

/* ---- dump ---- */

static void dump(struct shower *, const struct value *);

static void
indent(struct shower *s)
{
	if (!s->skip_indent)
		buf_repeat(s->out, ' ', s->depth);
	s->skip_indent = false;
}

static void
put_size(struct shower *s, const struct value *v)
{
	size_t count = 0;

	switch (value_kind(v)) {
	case KIND_STRING:
		count = v->len;
		break;
	case KIND_MAP:
		count = map_count(v->u.map);
		break;
	case KIND_SLICE:
	case KIND_ARRAY:
		if (v->len)
			buf_printf(s->out, "(len=%u cap=%u) ", v->len,
			    v->len + v->spare);
		else if (v->spare)
			buf_printf(s->out, "(cap=%u) ", v->spare);
		return;
	default:
		return;
	}
	if (count)
		buf_printf(s->out, "(len=%zu) ", count);
}

/* hexdump -C */
static void
dump_bytes(struct shower *s, const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i += 16) {
		size_t n = count - i < 16 ? count - i : 16;

		buf_repeat(s->out, ' ', s->depth);
		buf_printf(s->out, "%08zx ", i);
		for (size_t k = 0; k < 16; k++) {
			if (k < n)
				buf_printf(s->out, " %02x", bytes[i + k]);
			else
				buf_puts(s->out, "   ");
			if (k % 8 == 7)
				buf_char(s->out, ' ');
		}
		buf_puts(s->out, " |");
		for (size_t k = 0; k < n; k++)
			buf_char(s->out, bytes[i + k] < 32 || bytes[i + k] > 126
					     ? '.'
					     : (char)bytes[i + k]);
		buf_puts(s->out, "|\n");
	}
}

static void
end_item(struct shower *s, size_t i, size_t count)
{
	buf_puts(s->out, i + 1 < count ? ",\n" : "\n");
}

static void
dump_list(struct shower *s, const struct value *v)
{
	if (v->len && v->type->elem->kind == KIND_UINT8) {
		dump_bytes(s, v->u.items, v->len);
		return;
	}
	for (size_t i = 0; i < v->len; i++) {
		struct value item = value_index(v, i);

		dump(s, &item);
		end_item(s, i, v->len);
	}
}

static void
dump_map(struct shower *s, const struct value *v)
{
	size_t count = map_count(v->u.map);

	for (size_t i = 0; i < count; i++) {
		struct map_entry entry = map_at(v->u.map, i);

		dump(s, &entry.key);
		buf_puts(s->out, ": ");
		s->skip_indent = true;
		dump(s, &entry.value);
		end_item(s, i, count);
	}
}

static void
dump_record(struct shower *s, const struct value *v)
{
	uint32_t count = v->type->field_count;

	for (uint32_t i = 0; i < count; i++) {
		const struct field *f = &v->type->fields[i];
		struct value member = value_field(v->u.ptr, f);

		indent(s);
		buf_printf(s->out, "%s: ", f->name);
		s->skip_indent = true;
		dump(s, &member);
		end_item(s, i, count);
	}
}

static void
dump_pointer(struct shower *s, const struct value *v)
{
	struct value record = *v;

	indent(s);
	if (!v->u.ptr) {
		buf_printf(s->out, "(%s)(<nil>)", v->type->name);
		return;
	}
	buf_printf(s->out, "(%s)(" ADDRESS ")(", v->type->name,
	    (unsigned long long)(uintptr_t)v->u.ptr);
	record.type = v->type->elem;
	s->skip_type = true;
	dump(s, &record);
	buf_char(s->out, ')');
}

static void
dump_container(struct shower *s, const struct value *v)
{
	enum kind kind = v->type->kind;

	buf_puts(s->out, "{\n");
	s->depth++;
	if (s->depth > LIMIT_VALUE_DEPTH || s->out->failed)
		buf_puts(s->out, "<max depth reached>\n");
	else if (kind == KIND_MAP)
		dump_map(s, v);
	else if (kind == KIND_STRUCT)
		dump_record(s, v);
	else
		dump_list(s, v);
	s->depth--;
	indent(s);
	buf_char(s->out, '}');
}

static void
dump(struct shower *s, const struct value *v)
{
	if (value_kind(v) == KIND_PTR) {
		dump_pointer(s, v);
		return;
	}
	if (!s->skip_type) {
		indent(s);
		buf_printf(s->out, "(%s) ", type_name(v));
	}
	s->skip_type = false;
	put_size(s, v);
	if (put_scalar(s->out, v))
		return;
	if (value_kind(v) == KIND_STRING)
		value_quote(s->out, value_as_str(v));
	else if (is_nil(v))
		buf_puts(s->out, "<nil>");
	else
		dump_container(s, v);
}

void
spew_dump(struct buf *out, const struct value *v)
{
	struct shower s = {.out = out};

	dump(&s, v);
	buf_char(out, '\n');
}

/* ---- %v ---- */

static void show(struct shower *, const struct value *);

/* An element whose static type is `as`: an interface says nothing. */
static void
show_element(struct shower *s, const struct value *v, const struct type *as)
{
	s->skip_type = !is_any(as);
	show(s, v);
}

static void
show_pointer(struct shower *s, const struct value *v)
{
	struct value record = *v;

	if (!v->u.ptr && (!s->types || s->skip_type)) {
		buf_puts(s->out, "<nil>");
		return;
	}
	if (s->types && !s->skip_type)
		buf_printf(s->out, "(%s)", v->type->name);
	else
		buf_puts(s->out, "<*>");
	if (s->addresses && v->u.ptr) {
		buf_char(s->out, '(');
		put_address(s->out, v->u.ptr);
		buf_char(s->out, ')');
	}
	if (!v->u.ptr) {
		buf_puts(s->out, "<nil>");
		return;
	}
	record.type = v->type->elem;
	s->skip_type = true;
	show(s, &record);
}

static void
show_list(struct shower *s, const struct value *v)
{
	buf_char(s->out, '[');
	for (size_t i = 0; i < v->len; i++) {
		struct value item = value_index(v, i);

		if (i)
			buf_char(s->out, ' ');
		show_element(s, &item, v->type->elem);
	}
	buf_char(s->out, ']');
}

static void
show_map(struct shower *s, const struct value *v)
{
	buf_puts(s->out, "map[");
	for (size_t i = 0; i < map_count(v->u.map); i++) {
		struct map_entry entry = map_at(v->u.map, i);

		if (i)
			buf_char(s->out, ' ');
		show_element(s, &entry.key, v->type->key);
		buf_char(s->out, ':');
		show_element(s, &entry.value, v->type->elem);
	}
	buf_char(s->out, ']');
}

static void
show_record(struct shower *s, const struct value *v)
{
	buf_char(s->out, '{');
	for (uint32_t i = 0; i < v->type->field_count; i++) {
		const struct field *f = &v->type->fields[i];
		struct value member = value_field(v->u.ptr, f);

		if (i)
			buf_char(s->out, ' ');
		if (s->types || s->addresses)
			buf_printf(s->out, "%s:", f->name);
		s->skip_type = false;
		show(s, &member);
	}
	buf_char(s->out, '}');
}

static void
show_container(struct shower *s, const struct value *v)
{
	enum kind kind = v->type->kind;

	s->depth++;
	if (s->depth > LIMIT_VALUE_DEPTH || s->out->failed)
		buf_puts(s->out, "<max>");
	else if (kind == KIND_MAP)
		show_map(s, v);
	else if (kind == KIND_STRUCT)
		show_record(s, v);
	else
		show_list(s, v);
	s->depth--;
}

static void
show(struct shower *s, const struct value *v)
{
	if (value_kind(v) == KIND_PTR) {
		show_pointer(s, v);
		return;
	}
	if (!s->skip_type && s->types)
		buf_printf(s->out, "(%s)", type_name(v));
	s->skip_type = false;
	if (put_scalar(s->out, v))
		return;
	if (value_kind(v) == KIND_STRING)
		buf_str(s->out, value_as_str(v));
	else if (is_nil(v))
		buf_puts(s->out, "<nil>");
	else
		show_container(s, v);
}

/* ---- formats ---- */

static void
format_value(struct printer *p, const struct value *v, uint32_t verb)
{
	struct shower s = {.out = p->out,
	    .types = p->flags.sharp_v,
	    .addresses = p->flags.plus_v};
	fmt_formatter *formatter = p->formatter;

	if (verb == 'v') {
		show(&s, v);
		return;
	}
	p->formatter = NULL;
	if (verb == 'w') { /* no wrapper is an error, so all of it is shown */
		p->erroring = true;
		buf_printf(p->out, "%%!w(%s=&{", p->wrapper);
		fmt_arg(p, v, 'v');
		buf_printf(p->out, " <nil> 0 map[] false " ADDRESS "})",
		    (unsigned long long)(uintptr_t)v);
		p->erroring = false;
	} else {
		fmt_arg(p, v, verb);
	}
	p->formatter = formatter;
}

void
spew_printf(
    struct buf *out, struct str format, const struct value *args, size_t count)
{
	struct printer p = {.formatter = format_value,
	    .wrapper = "*spew.formatState",
	    .out = out};

	fmt_printf(&p, format, args, count);
}
