/* SPDX-License-Identifier: MIT */
/*
 * Values into JSON text, as Go's encoding/json writes them: keys sorted as
 * strings, floats without an exponent between 1e-6 and 1e21. Indentation is
 * written on the way, not in a second pass.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/base64.h"
#include "json.h"
#include "rune.h"
#include "weir/limits.h"
#include "weir/template.h"
#include "weir/xalloc.h"

struct encoder {
	struct buf *out;
	struct json_style style;
	struct error *error;
	unsigned depth;
};

/* A map's entry under the text that its key has in JSON. */
struct member {
	struct str key;
	struct value value;
	char digits[24];
};

static int encode(struct encoder *, const struct value *);

static int
unsupported(struct encoder *e, const char *what, const char *text)
{
	return error_set(
	    e->error, ERROR_TEMPLATE, "json: unsupported %s: %s", what, text);
}

/* What a byte becomes inside quotes; false: it stays. */
static bool
escape_byte(struct buf *out, unsigned char c, bool html)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *known = c ? strchr(from, c) : NULL;

	if (known)
		buf_printf(out, "\\%c", to[known - from]);
	else if (c < 0x20 || (html && (c == '<' || c == '>' || c == '&')))
		buf_printf(out, "\\u%04x", c);
	else
		return false;
	return true;
}

void
json_quote(struct buf *out, struct str s, bool html)
{
	size_t kept = 0, width;
	uint32_t rune;

	buf_char(out, '"');
	for (size_t i = 0; i < s.len; i += width) {
		size_t len = out->len;

		width = rune_decode(s.ptr + i, s.len - i, &rune);
		if (rune >= 0x20 && rune < 0x80 && rune != '"' &&
		    rune != '\\' && rune != '<' && rune != '>' && rune != '&')
			continue;
		if (rune >= 0x80 && rune != 0x2028 && rune != 0x2029 &&
		    !(rune == RUNE_ERROR && width == 1))
			continue;
		buf_put(out, s.ptr + kept, i - kept);
		len = out->len;
		if (rune >= 0x80)
			buf_printf(out, "\\u%04x", rune);
		else if (!escape_byte(out, (unsigned char)rune, html))
			buf_char(out, (char)rune);
		kept = i + width;
		if (out->failed && len == out->len)
			return;
	}
	buf_put(out, s.ptr + kept, s.len - kept);
	buf_char(out, '"');
}

static int
encode_float(struct encoder *e, double f, int bits)
{
	double size = fabs(f);
	bool exponent = size != 0 && (size < 1e-6 || size >= 1e21);
	size_t at = e->out->len;
	char *p;

	if (bits == 32)
		exponent =
		    size != 0 && ((float)size < 1e-6f || (float)size >= 1e21f);
	if (!isfinite(f))
		return unsupported(e, "value",
		    isnan(f) ? "NaN"
		    : f > 0  ? "+Inf"
			     : "-Inf");
	value_format_float(e->out, f, exponent ? 'e' : 'f', -1, bits);
	/* e-09 becomes e-9 */
	p = e->out->ptr + e->out->len;
	if (exponent && e->out->len - at >= 4 && p[-4] == 'e' && p[-3] == '-' &&
	    p[-2] == '0') {
		p[-2] = p[-1];
		*--p = 0;
		e->out->len--;
	}
	return 0;
}

static void
new_line(struct encoder *e)
{
	if (!e->style.indent)
		return;
	buf_char(e->out, '\n');
	for (unsigned i = 0; i < e->depth; i++)
		buf_puts(e->out, e->style.indent);
}

/* Opens, or goes to the next element of, an object or list. */
static void
separate(struct encoder *e, bool first, char open)
{
	buf_char(e->out, first ? open : ',');
	if (first)
		e->depth++;
	new_line(e);
}

static void
finish(struct encoder *e, bool empty, const char *brackets)
{
	if (empty) {
		buf_puts(e->out, brackets);
		return;
	}
	e->depth--;
	new_line(e);
	buf_char(e->out, brackets[1]);
}

static void
put_key(struct encoder *e, struct str key)
{
	json_quote(e->out, key, e->style.escape_html);
	buf_puts(e->out, e->style.indent ? ": " : ":");
}

static struct str
member_key(const struct member *m)
{
	return m->digits[0] ? str_of(m->digits) : m->key;
}

static int
by_key(const void *a, const void *b)
{
	return str_compare(member_key(a), member_key(b));
}

static void
name_member(struct member *m, const struct value *key)
{
	if (value_kind(key) == KIND_STRING)
		m->key = value_as_str(key);
	else if (kind_is_uint(value_kind(key)))
		snprintf(m->digits, sizeof(m->digits), "%llu",
		    (unsigned long long)key->u.u);
	else
		snprintf(
		    m->digits, sizeof(m->digits), "%lld", (long long)key->u.i);
}

static int
encode_map(struct encoder *e, const struct value *v)
{
	enum kind kind = v->type->key->kind;
	size_t count = map_count(v->u.map);
	struct member *members;
	int rc = 0;

	if (kind != KIND_STRING && !kind_is_int(kind) && !kind_is_uint(kind))
		return unsupported(e, "type", v->type->name);
	if (!v->u.map) {
		buf_puts(e->out, "null");
		return 0;
	}
	members = xcalloc(count + 1, sizeof(*members));
	for (size_t i = 0; i < count; i++) {
		struct map_entry entry = map_at(v->u.map, i);

		name_member(&members[i], &entry.key);
		members[i].value = entry.value;
	}
	if (kind != KIND_STRING) /* strings are in order */
		qsort(members, count, sizeof(*members), by_key);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		separate(e, i == 0, '{');
		put_key(e, member_key(&members[i]));
		rc = encode(e, &members[i].value);
	}
	free(members);
	if (rc == 0)
		finish(e, count == 0, "{}");
	return rc;
}

static int
encode_list(struct encoder *e, const struct value *v)
{
	if (v->type->kind == KIND_SLICE && !v->len && !v->not_nil) {
		buf_puts(e->out, "null");
		return 0;
	}
	if (v->type->kind == KIND_SLICE && v->type->elem->kind == KIND_UINT8) {
		buf_char(e->out, '"');
		base64_encode(e->out, (struct str){v->u.items, v->len}, false);
		buf_char(e->out, '"');
		return 0;
	}
	for (size_t i = 0; i < v->len; i++) {
		struct value element = value_index(v, i);

		separate(e, i == 0, '[');
		if (encode(e, &element) < 0)
			return -1;
	}
	finish(e, v->len == 0, "[]");
	return 0;
}

static int
encode_record(struct encoder *e, const struct value *v)
{
	const struct type *type = v->type;
	bool first = true;

	for (uint32_t i = 0; i < type->field_count; i++) {
		const struct field *f = &type->fields[i];
		struct value member = value_field(v->u.ptr, f);

		if (!field_is_visible(f) || f->embedded ||
		    (f->json && !strcmp(f->json, "-")) ||
		    (f->omit_empty && !value_truth(&member)))
			continue;
		separate(e, first, '{');
		first = false;
		put_key(e, str_of(f->json ? f->json : f->name));
		if (member.type && member.type->json_as_field)
			member.type = member.type->json_as_field;
		if (encode(e, &member) < 0)
			return -1;
	}
	finish(e, first, "{}");
	return 0;
}

static int
encode_pointer(struct encoder *e, const struct value *v)
{
	struct value record = *v;

	if (!v->u.ptr) {
		buf_puts(e->out, "null");
		return 0;
	}
	record.type = v->type->elem;
	return encode(e, &record);
}

/* What RFC 3339 does not allow of a time as Go writes it; NULL: nothing. */
static const char *
time_fault(struct str s)
{
	const char *offset = s.ptr + s.len - 6;

	if (s.ptr[4] != '-')
		return "year outside of range [0,9999]";
	if (s.ptr[s.len - 1] == 'Z')
		return NULL;
	if ((offset[0] >= '0' && offset[0] <= '9') ||
	    (offset[1] - '0') * 10 + offset[2] - '0' >= 24)
		return "timezone hour outside of range [0,23]";
	return NULL;
}

static int
encode_text(struct encoder *e, const struct value *v)
{
	struct buf text = {0};
	const char *fault = NULL;

	v->type->text(v, &text);
	if (v->type == &type_time)
		fault = time_fault(buf_as_str(&text));
	if (!fault)
		json_quote(e->out, buf_as_str(&text), e->style.escape_html);
	buf_fini(&text);
	return !fault ? 0
		      : error_set(e->error, ERROR_TEMPLATE,
			    "json: error calling MarshalJSON for type "
			    "time.Time: Time.MarshalJSON: %s",
			    fault);
}

static int
encode_scalar(struct encoder *e, const struct value *v)
{
	enum kind kind = v->type->kind;

	if (kind == KIND_BOOL)
		buf_puts(e->out, v->u.b ? "true" : "false");
	else if (kind == KIND_STRING)
		json_quote(e->out, value_as_str(v), e->style.escape_html);
	else if (kind_is_int(kind))
		buf_printf(e->out, "%lld", (long long)v->u.i);
	else if (kind_is_uint(kind))
		buf_printf(e->out, "%llu", (unsigned long long)v->u.u);
	else if (kind_is_float(kind))
		return encode_float(e, v->u.f, kind == KIND_FLOAT32 ? 32 : 64);
	else
		return unsupported(e, "type", v->type->name);
	return 0;
}

/* Only these can hold themselves. */
static bool
is_container(const struct value *v)
{
	enum kind kind = value_kind(v);

	return kind == KIND_MAP || kind == KIND_SLICE || kind == KIND_ARRAY ||
	       kind == KIND_PTR;
}

static int
encode(struct encoder *e, const struct value *v)
{
	if (e->depth > LIMIT_VALUE_DEPTH && is_container(v))
		return error_set(e->error, ERROR_TEMPLATE,
		    "json: unsupported value: encountered a cycle via %s",
		    v->type->name);
	if (e->out->failed)
		return error_set(
		    e->error, ERROR_LIMIT, "the JSON text is too long");
	if (!v->type) {
		buf_puts(e->out, "null");
		return 0;
	}
	if (v->type->text && v->type->kind != KIND_PTR)
		return encode_text(e, v);
	switch (v->type->kind) {
	case KIND_MAP:
		return encode_map(e, v);
	case KIND_SLICE:
	case KIND_ARRAY:
		return encode_list(e, v);
	case KIND_STRUCT:
		return encode_record(e, v);
	case KIND_PTR:
		return encode_pointer(e, v);
	default:
		return encode_scalar(e, v);
	}
}

int
json_encode(struct buf *out, const struct value *v,
    const struct json_style *style, struct error *error)
{
	struct encoder e = {.out = out, .style = *style, .error = error};

	return encode(&e, v);
}
