/* SPDX-License-Identifier: MIT */
/*
 * Values into YAML as yaml.v2 marshals them: which scalars need quotes, the
 * order of keys (digits in them count as numbers), records by lower-cased field
 * names.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weir/base64.h"
#include "unicode.h"
#include "weir/limits.h"
#include "weir/template.h"
#include "weir/xalloc.h"
#include "yaml.h"
#include "yaml_emit.h"

#define BINARY_TAG  "!!binary"
#define BINARY_LINE 70

struct encoder {
	struct yaml_emitter emit;
	struct error *error;
	unsigned depth;
};

/* A scalar as it will be written. */
struct scalar {
	struct buf text;
	const char *tag;
	enum yaml_style style;
};

static int encode(struct encoder *, const struct value *, enum yaml_place);

/* ---- scalars ---- */

/* [-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)? : minutes and hours. */
static bool
is_base60(struct str s)
{
	static const char digits[] = "0123456789";
	size_t i = 0, groups = 0;

	if (s.len && (s.ptr[0] == '+' || s.ptr[0] == '-'))
		i++;
	if (i >= s.len || !s.ptr[i] || !strchr(digits, s.ptr[i]))
		return false;
	while (i < s.len && s.ptr[i] && strchr("0123456789_", s.ptr[i]))
		i++;
	while (i + 1 < s.len && s.ptr[i] == ':' && s.ptr[i + 1] &&
	       strchr(digits, s.ptr[i + 1])) {
		bool two = i + 2 < s.len && s.ptr[i + 1] <= '5' &&
			   s.ptr[i + 2] && strchr(digits, s.ptr[i + 2]);

		i += two ? 3 : 2;
		groups++;
	}
	if (i < s.len && s.ptr[i] == '.')
		for (i++;
		     i < s.len && s.ptr[i] && strchr("0123456789_", s.ptr[i]);)
			i++;
	return groups && i == s.len;
}

static void
scalar_binary(struct scalar *out, struct str s)
{
	struct buf all = {0};

	base64_encode(&all, s, false);
	for (size_t i = 0; i < all.len; i += BINARY_LINE) {
		size_t n = all.len - i;

		buf_put(
		    &out->text, all.ptr + i, n < BINARY_LINE ? n : BINARY_LINE);
		if (all.len >= BINARY_LINE)
			buf_char(&out->text, '\n');
	}
	buf_fini(&all);
	out->tag = BINARY_TAG;
}

static void
scalar_string(struct scalar *out, struct str s)
{
	struct value ignored;
	bool plain = true;

	if (!rune_is_valid(s)) {
		scalar_binary(out, s);
	} else {
		buf_str(&out->text, s);
		plain =
		    yaml_resolve(YAML_TAG_NONE, s, &ignored) == YAML_TAG_STR &&
		    !is_base60(s);
	}
	s = buf_as_str(&out->text);
	if (s.len && memchr(s.ptr, '\n', s.len))
		out->style = YAML_LITERAL;
	else
		out->style = plain ? YAML_PLAIN : YAML_DOUBLE;
}

static void
scalar_float(struct scalar *out, double f, int bits)
{
	if (isnan(f))
		buf_puts(&out->text, ".nan");
	else if (isinf(f))
		buf_puts(&out->text, f > 0 ? ".inf" : "-.inf");
	else
		value_format_float(&out->text, f, 'g', -1, bits);
}

/* A record that stands for a text, a duration, a time. */
static void
scalar_text(struct scalar *out, const struct value *v, value_string_fn *text)
{
	struct buf b = {0};

	text(v, &b);
	if (!strcmp(v->type->name, "time.Time"))
		buf_str(&out->text, buf_as_str(&b));
	else
		scalar_string(out, buf_as_str(&b));
	buf_fini(&b);
}

/* false: v is no scalar that YAML knows. */
static bool
scalar_of(struct scalar *out, const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind == KIND_INVALID || (kind == KIND_PTR && !v->u.ptr))
		buf_puts(&out->text, "null");
	else if (!strcmp(v->type->name, "time.Duration"))
		scalar_text(out, v, v->type->string);
	else if (v->type->text && kind != KIND_PTR)
		scalar_text(out, v, v->type->text);
	else if (kind == KIND_STRING)
		scalar_string(out, value_as_str(v));
	else if (kind == KIND_BOOL)
		buf_puts(&out->text, v->u.b ? "true" : "false");
	else if (kind_is_int(kind))
		buf_printf(&out->text, "%lld", (long long)v->u.i);
	else if (kind_is_uint(kind))
		buf_printf(&out->text, "%llu", (unsigned long long)v->u.u);
	else if (kind_is_float(kind))
		scalar_float(out, v->u.f, kind == KIND_FLOAT32 ? 32 : 64);
	else
		return false;
	return true;
}

/* ---- the order of keys ---- */

struct number {
	bool ok;
	double f;
};

static struct number
as_number(const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind_is_int(kind))
		return (struct number){true, (double)v->u.i};
	if (kind_is_uint(kind))
		return (struct number){true, (double)v->u.u};
	if (kind_is_float(kind))
		return (struct number){true, v->u.f};
	if (kind == KIND_BOOL)
		return (struct number){true, v->u.b};
	return (struct number){false, 0};
}

static int
compare_numbers(const struct value *a, const struct value *b)
{
	double x = as_number(a).f, y = as_number(b).f;
	enum kind kind = value_kind(a);

	if (x != y)
		return x < y ? -1 : x > y;
	if (kind != value_kind(b))
		return kind < value_kind(b) ? -1 : 1;
	if (kind_is_int(kind))
		return (a->u.i > b->u.i) - (a->u.i < b->u.i);
	if (kind_is_uint(kind))
		return (a->u.u > b->u.u) - (a->u.u < b->u.u);
	return 0;
}

/* The digits from i on as a number added to n; how many runes in *end. */
static uint64_t
digits(struct str s, size_t i, uint64_t n, size_t *end)
{
	uint32_t rune;

	*end = 0;
	while (i < s.len) {
		i += rune_decode(s.ptr + i, s.len - i, &rune);
		if (!rune_is_digit(rune))
			break;
		n = n * 10 + rune - '0';
		++*end;
	}
	return n;
}

/* Do the digits that end at i hold another than 0? */
static bool
significant(struct str s, size_t i)
{
	while (i > 0) {
		uint32_t rune;
		size_t start = i - 1;

		while (start > 0 && rune_is_tail((unsigned char)s.ptr[start]))
			start--;
		rune_decode(s.ptr + start, i - start, &rune);
		if (!rune_is_digit(rune))
			return false;
		if (rune != '0')
			return true;
		i = start;
	}
	return false;
}

/* a and b differ first at i, in runes x and y. */
static int
compare_tails(struct str a, struct str b, size_t i, uint32_t x, uint32_t y)
{
	bool x_letter = rune_is_letter(x), y_letter = rune_is_letter(y);
	uint64_t start, m, n;
	size_t x_end, y_end;

	if (x_letter && y_letter)
		return x < y ? -1 : 1;
	if (x_letter || y_letter)
		return y_letter ? -1 : 1;
	start = (x == '0' || y == '0') && significant(a, i);
	m = digits(a, i, start, &x_end);
	n = digits(b, i, start, &y_end);
	if (m != n)
		return (int64_t)m < (int64_t)n ? -1 : 1;
	if (x_end != y_end)
		return x_end < y_end ? -1 : 1;
	return x < y ? -1 : 1;
}

static int
compare_strings(struct str a, struct str b)
{
	size_t i = 0;
	uint32_t x, y;

	while (i < a.len && i < b.len) {
		size_t n = rune_decode(a.ptr + i, a.len - i, &x);

		rune_decode(b.ptr + i, b.len - i, &y);
		if (x != y)
			return compare_tails(a, b, i, x, y);
		i += n;
	}
	return (a.len > b.len) - (a.len < b.len);
}

/* Go's order of kinds, of those that keys have. */
static int
rank(const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind == KIND_STRING)
		return 1000;
	return kind == KIND_INVALID ? 999 : (int)kind;
}

static int
by_key(const void *a, const void *b)
{
	const struct value *x = &((const struct map_entry *)a)->key;
	const struct value *y = &((const struct map_entry *)b)->key;

	if (as_number(x).ok && as_number(y).ok)
		return compare_numbers(x, y);
	if (value_kind(x) != KIND_STRING || value_kind(y) != KIND_STRING)
		return rank(x) - rank(y);
	return compare_strings(value_as_str(x), value_as_str(y));
}

/* ---- collections ---- */

static int
encode_pair(
    struct encoder *e, const struct value *key, const struct value *value)
{
	struct scalar s = {0};
	bool simple;

	if (!scalar_of(&s, key)) {
		buf_fini(&s.text);
		return error_set(e->error, ERROR_TEMPLATE,
		    "cannot marshal type: %s", key->type->name);
	}
	simple = yaml_emit_is_simple(buf_as_str(&s.text), s.tag);
	yaml_emit_key(&e->emit, simple);
	yaml_emit_scalar(&e->emit, buf_as_str(&s.text), s.tag, s.style,
	    simple ? YAML_IN_KEY : YAML_IN_MAP);
	yaml_emit_colon(&e->emit, simple);
	buf_fini(&s.text);
	return encode(e, value, YAML_IN_MAP);
}

static int
encode_map(struct encoder *e, const struct value *v, enum yaml_place place)
{
	size_t count = map_count(v->u.map);
	struct map_entry *entries;
	int rc = 0, indent;

	if (!count) {
		yaml_emit_empty(&e->emit, "{}");
		return 0;
	}
	entries = xcalloc(count, sizeof(*entries));
	for (size_t i = 0; i < count; i++)
		entries[i] = map_at(v->u.map, i);
	qsort(entries, count, sizeof(*entries), by_key);
	indent = yaml_emit_enter(&e->emit, false, place);
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = encode_pair(e, &entries[i].key, &entries[i].value);
	yaml_emit_leave(&e->emit, indent);
	free(entries);
	return rc;
}

static int
encode_list(struct encoder *e, const struct value *v, enum yaml_place place)
{
	int rc = 0, indent;

	if (!v->len) {
		yaml_emit_empty(&e->emit, "[]");
		return 0;
	}
	indent = yaml_emit_enter(&e->emit, true, place);
	for (size_t i = 0; rc == 0 && i < v->len; i++) {
		struct value element = value_index(v, i);

		yaml_emit_item(&e->emit);
		rc = encode(e, &element, YAML_IN_LIST);
	}
	yaml_emit_leave(&e->emit, indent);
	return rc;
}

static int
encode_record(struct encoder *e, const struct value *v, enum yaml_place place)
{
	int rc = 0, indent;
	bool any = false;

	for (uint32_t i = 0; i < v->type->field_count; i++)
		any = any || field_is_visible(&v->type->fields[i]);
	if (!any) {
		yaml_emit_empty(&e->emit, "{}");
		return 0;
	}
	indent = yaml_emit_enter(&e->emit, false, place);
	for (uint32_t i = 0; rc == 0 && i < v->type->field_count; i++) {
		const struct field *f = &v->type->fields[i];
		struct value member = value_field(v->u.ptr, f);
		char name[64];
		size_t n = 0;
		struct value key;

		if (!field_is_visible(f))
			continue;
		for (; f->name[n] && n < sizeof(name) - 1; n++)
			name[n] = (char)(f->name[n] >= 'A' && f->name[n] <= 'Z'
					     ? f->name[n] | 0x20
					     : f->name[n]);
		key = value_str((struct str){name, n});
		rc = encode_pair(e, &key, &member);
	}
	yaml_emit_leave(&e->emit, indent);
	return rc;
}

static int
encode_pointer(struct encoder *e, const struct value *v, enum yaml_place place)
{
	struct value record = *v;

	record.type = v->type->elem;
	return encode(e, &record, place);
}

static int
encode_container(
    struct encoder *e, const struct value *v, enum yaml_place place)
{
	switch (value_kind(v)) {
	case KIND_MAP:
		return encode_map(e, v, place);
	case KIND_SLICE:
	case KIND_ARRAY:
		return encode_list(e, v, place);
	case KIND_STRUCT:
		return encode_record(e, v, place);
	case KIND_PTR:
		return encode_pointer(e, v, place);
	default:
		return error_set(e->error, ERROR_TEMPLATE,
		    "cannot marshal type: %s", v->type->name);
	}
}

static int
encode(struct encoder *e, const struct value *v, enum yaml_place place)
{
	struct scalar s = {0};
	int rc = 0;

	if (e->depth > LIMIT_VALUE_DEPTH || e->emit.out->failed)
		return error_set(e->error, ERROR_LIMIT,
		    "the value is too deep or too large for YAML");
	e->depth++;
	if (scalar_of(&s, v))
		yaml_emit_scalar(
		    &e->emit, buf_as_str(&s.text), s.tag, s.style, place);
	else
		rc = encode_container(e, v, place);
	buf_fini(&s.text);
	e->depth--;
	return rc;
}

int
yaml_encode(struct buf *out, const struct value *v, struct error *error)
{
	struct encoder e = {.error = error};
	int rc;

	yaml_emit_init(&e.emit, out);
	rc = encode(&e, v, YAML_IN_ROOT);
	yaml_emit_finish(&e.emit);
	return rc;
}
