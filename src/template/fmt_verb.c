/* SPDX-License-Identifier: MIT */
/*
 * What each verb makes of each kind of value. Lists, maps and records are
 * walked with the verb and its flags, so %5d pads every element; a verb that a
 * kind doesn't know gives Go's %!verb(type=value).
 */
#include "fmt.h"
#include "weir/limits.h"

static void print(
    struct printer *, const struct value *, uint32_t verb, int depth);

static void
bad_verb(struct printer *p, uint32_t verb)
{
	const struct value *what = p->arg ? p->arg : p->value;

	p->erroring = true;
	buf_puts(p->out, "%!");
	buf_rune(p->out, verb);
	buf_char(p->out, '(');
	if (!what || !what->type) {
		buf_puts(p->out, "<nil>");
	} else {
		buf_puts(p->out, what->type->name);
		buf_char(p->out, '=');
		if (p->arg)
			fmt_arg(p, what, 'v');
		else
			print(p, what, 'v', 0);
	}
	buf_char(p->out, ')');
	p->erroring = false;
}

static void
print_bool(struct printer *p, bool b, uint32_t verb)
{
	if (verb == 't' || verb == 'v')
		fmt_pad(p, b ? STR("true") : STR("false"));
	else
		bad_verb(p, verb);
}

/* In hexadecimal, with 0x or without, whatever # says. */
static void
print_0x(struct printer *p, uint64_t u, bool prefix)
{
	bool sharp = p->flags.sharp;

	p->flags.sharp = prefix;
	fmt_int(p, (struct fmt_integer){.u = u, .base = 16});
	p->flags.sharp = sharp;
}

static void
print_integer(struct printer *p, uint64_t u, bool is_signed, uint32_t verb)
{
	struct fmt_integer f = {.u = u, .is_signed = is_signed};

	switch (verb) {
	case 'v':
		if (p->flags.sharp_v && !is_signed) {
			print_0x(p, u, true);
			return;
		}
		f.base = 10;
		break;
	case 'd':
		f.base = 10;
		break;
	case 'b':
		f.base = 2;
		break;
	case 'o':
	case 'O':
		f.base = 8;
		f.letter_o = verb == 'O';
		break;
	case 'x':
	case 'X':
		f.base = 16;
		f.upper = verb == 'X';
		break;
	case 'c':
		fmt_rune(p, u);
		return;
	case 'q':
		fmt_quoted_rune(p, u);
		return;
	case 'U':
		fmt_unicode(p, u);
		return;
	default:
		bad_verb(p, verb);
		return;
	}
	fmt_int(p, f);
}

static void
print_float(struct printer *p, double f, int bits, uint32_t verb)
{
	switch (verb) {
	case 'v':
		fmt_double(p, f, bits, 'g', -1);
		break;
	case 'b':
	case 'g':
	case 'G':
	case 'x':
	case 'X':
		fmt_double(p, f, bits, (char)verb, -1);
		break;
	case 'f':
	case 'e':
	case 'E':
		fmt_double(p, f, bits, (char)verb, 6);
		break;
	case 'F':
		fmt_double(p, f, bits, 'f', 6);
		break;
	default:
		bad_verb(p, verb);
	}
}

static void
print_complex(struct printer *p, const double *c, int bits, uint32_t verb)
{
	bool plus = p->flags.plus;

	if (verb > 'z' || !strchr("vbgGxXfFeE", (int)verb)) {
		bad_verb(p, verb);
		return;
	}
	buf_char(p->out, '(');
	print_float(p, c[0], bits, verb);
	p->flags.plus = true;
	print_float(p, c[1], bits, verb);
	p->flags.plus = plus;
	buf_puts(p->out, "i)");
}

static void
print_str(struct printer *p, struct str s, uint32_t verb)
{
	switch (verb) {
	case 'v':
		if (p->flags.sharp_v)
			fmt_quoted(p, s);
		else
			fmt_str(p, s);
		break;
	case 's':
		fmt_str(p, s);
		break;
	case 'x':
	case 'X':
		fmt_hex(p, s, verb == 'X');
		break;
	case 'q':
		fmt_quoted(p, s);
		break;
	default:
		bad_verb(p, verb);
	}
}

/* ---- what holds others ---- */

static void
separate(struct printer *p, size_t i)
{
	if (i > 0)
		buf_puts(p->out, p->flags.sharp_v ? ", " : " ");
}

/* With %#v: the type, and {; false if the value is nil and all is said. */
static bool
open_typed(struct printer *p, const struct value *v)
{
	buf_puts(p->out, v->type->name);
	if (value_is_nil(v)) {
		buf_puts(p->out, "(nil)");
		return false;
	}
	buf_char(p->out, '{');
	return true;
}

/* An element that may be an interface: nil is <nil> for every verb. */
static void
print_element(
    struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	if (v->type)
		print(p, v, verb, depth + 1);
	else
		buf_puts(
		    p->out, p->flags.sharp_v ? "interface {}(nil)" : "<nil>");
}

static void
print_list(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	if (!p->flags.sharp_v)
		buf_char(p->out, '[');
	else if (!open_typed(p, v))
		return;
	for (size_t i = 0; i < v->len && !p->out->failed; i++) {
		struct value e = value_index(v, i);

		separate(p, i);
		print_element(p, &e, verb, depth);
	}
	buf_char(p->out, p->flags.sharp_v ? '}' : ']');
}

static void
print_map(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	size_t n = map_count(v->u.map);

	if (!p->flags.sharp_v)
		buf_puts(p->out, "map[");
	else if (!open_typed(p, v))
		return;
	for (size_t i = 0; i < n && !p->out->failed; i++) {
		struct map_entry e = map_at(v->u.map, i);

		separate(p, i);
		print_element(p, &e.key, verb, depth);
		buf_char(p->out, ':');
		print_element(p, &e.value, verb, depth);
	}
	buf_char(p->out, p->flags.sharp_v ? '}' : ']');
}

static void
print_record(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	const struct type *t = v->type;

	if (p->flags.sharp_v)
		buf_puts(p->out, t->name);
	buf_char(p->out, '{');
	for (uint32_t i = 0; i < t->field_count && !p->out->failed; i++) {
		struct value e = value_field(v->u.ptr, &t->fields[i]);

		separate(p, i);
		if (p->flags.plus_v || p->flags.sharp_v) {
			buf_puts(p->out, t->fields[i].name);
			buf_char(p->out, ':');
		}
		print_element(p, &e, verb, depth);
	}
	buf_char(p->out, '}');
}

static bool
is_bytes(const struct value *v)
{
	return v->type->elem->kind == KIND_UINT8 &&
	       v->type->elem_store == STORE_U8;
}

/* []byte as an argument: numbers, or a string for the string verbs. */
static void
print_byte_list(struct printer *p, const struct value *v, uint32_t verb)
{
	const unsigned char *bytes = v->u.items;
	bool sharp_v = p->flags.sharp_v;

	buf_puts(p->out, sharp_v ? "[]byte" : "[");
	if (sharp_v && value_is_nil(v)) {
		buf_puts(p->out, "(nil)");
		return;
	}
	if (sharp_v)
		buf_char(p->out, '{');
	for (uint32_t i = 0; i < v->len; i++) {
		separate(p, i);
		if (sharp_v)
			print_0x(p, bytes[i], true);
		else
			print_integer(p, bytes[i], false, verb);
	}
	buf_char(p->out, sharp_v ? '}' : ']');
}

static void
print_slice(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	bool is_arg = p->arg && v->type->kind == KIND_SLICE;

	if (is_bytes(v)) {
		struct str s = {v->u.items, v->len};

		if (verb == 's' || verb == 'q' || verb == 'x' || verb == 'X') {
			print_str(p, s, verb);
			return;
		}
		if (is_arg && (verb == 'v' || verb == 'd')) {
			print_byte_list(p, v, verb);
			return;
		}
	}
	p->arg = NULL;
	print_list(p, v, verb, depth);
}

static uint64_t
address(const struct value *v)
{
	return (uint64_t)(uintptr_t)v->u.ptr;
}

static void
print_pointer(struct printer *p, const struct value *v, uint32_t verb)
{
	uint64_t u = address(v);

	switch (verb) {
	case 'v':
		if (p->flags.sharp_v) {
			buf_char(p->out, '(');
			buf_puts(p->out, v->type->name);
			buf_puts(p->out, ")(");
			if (u == 0)
				buf_puts(p->out, "nil");
			else
				print_0x(p, u, true);
			buf_char(p->out, ')');
		} else if (u == 0) {
			fmt_pad(p, STR("<nil>"));
		} else {
			print_0x(p, u, !p->flags.sharp);
		}
		break;
	case 'p':
		print_0x(p, u, !p->flags.sharp);
		break;
	case 'b':
	case 'o':
	case 'd':
	case 'x':
	case 'X':
		print_integer(p, u, false, verb);
		break;
	default:
		bad_verb(p, verb);
	}
}

/* A pointer to a record shows it at the top, and is a number inside. */
static void
print_ptr(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	struct value record;

	if (depth > 0 || !v->u.ptr || !v->type->elem ||
	    v->type->elem->kind != KIND_STRUCT) {
		print_pointer(p, v, verb);
		return;
	}
	record = (struct value){.type = v->type->elem, .u.ptr = v->u.ptr};
	buf_char(p->out, '&');
	print(p, &record, verb, depth + 1);
}

/* The kinds whose verbs look inside. */
static void
print_compound(
    struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	enum kind kind = v->type->kind;

	if (kind == KIND_SLICE || kind == KIND_ARRAY) {
		print_slice(p, v, verb, depth);
		return;
	}
	p->arg = NULL;
	if (kind == KIND_MAP)
		print_map(p, v, verb, depth);
	else if (kind == KIND_STRUCT)
		print_record(p, v, verb, depth);
	else if (kind == KIND_PTR)
		print_ptr(p, v, verb, depth);
	else
		print_pointer(p, v, verb);
}

/* Error() or String(), where the verb takes a string; GoString() for %#v. */
static bool
print_by_method(struct printer *p, const struct value *v, uint32_t verb)
{
	struct buf text = {.limit = LIMIT_OUTPUT_BYTES};

	/* Errorf's alone */
	if (verb == 'w' && !p->erroring && v->type != &type_bytes) {
		p->arg = v;
		bad_verb(p, verb);
		return true;
	}
	if (p->erroring)
		return false;
	if (p->flags.sharp_v && v->type->go_string) {
		v->type->go_string(v, &text);
		fmt_str(p, buf_as_str(&text));
		buf_fini(&text);
		return true;
	}
	if (p->flags.sharp_v || !v->type->string ||
	    v->type->string_by_pointer || verb > 'z' ||
	    !strchr("vsxXq", (int)verb))
		return false;
	if (v->type->kind == KIND_PTR && !v->u.ptr) {
		buf_puts(p->out, "<nil>");
		return true;
	}
	v->type->string(v, &text);
	print_str(p, buf_as_str(&text), verb);
	buf_fini(&text);
	return true;
}

static void
print_kind(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	enum kind kind = v->type->kind;

	switch (kind) {
	case KIND_STRING:
		print_str(p, value_as_str(v), verb);
		break;
	case KIND_BOOL:
		print_bool(p, v->u.b, verb);
		break;
	case KIND_FLOAT32:
		print_float(p, v->u.f, 32, verb);
		break;
	case KIND_FLOAT64:
		print_float(p, v->u.f, 64, verb);
		break;
	case KIND_COMPLEX64:
		print_complex(p, v->u.complex, 32, verb);
		break;
	case KIND_COMPLEX128:
		print_complex(p, v->u.complex, 64, verb);
		break;
	default:
		if (kind_is_int(kind))
			print_integer(p, v->u.u, true, verb);
		else if (kind_is_uint(kind))
			print_integer(p, v->u.u, false, verb);
		else
			print_compound(p, v, verb, depth);
	}
}

/* A value inside another one (depth > 0), or what a bad verb shows again. */
static void
print(struct printer *p, const struct value *v, uint32_t verb, int depth)
{
	if (depth > (int)LIMIT_VALUE_DEPTH) {
		buf_puts(p->out, "...");
		return;
	}
	if (depth > 0 && print_by_method(p, v, verb))
		return;
	p->arg = NULL;
	p->value = v;
	print_kind(p, v, verb, depth);
}

void
fmt_arg(struct printer *p, const struct value *v, uint32_t verb)
{
	p->arg = v;
	p->value = NULL;
	if (p->formatter && verb == 'T') {
		fmt_str(p, str_of(p->wrapper));
	} else if (p->formatter && verb == 'p') {
		print_0x(p, (uint64_t)(uintptr_t)v, !p->flags.sharp);
	} else if (p->formatter) {
		p->formatter(p, v, verb);
	} else if (!v->type && !v->iface) {
		buf_puts(p->out, "<invalid reflect.Value>");
	} else if (!v->type) {
		if (verb == 'T' || verb == 'v')
			fmt_pad(p, STR("<nil>"));
		else
			bad_verb(p, verb);
	} else if (verb == 'T') {
		fmt_str(p, str_of(v->type->name));
	} else if (verb == 'p') {
		enum kind kind = v->type->kind;

		if (kind == KIND_SLICE || kind == KIND_MAP ||
		    kind == KIND_PTR || kind == KIND_CHAN || kind == KIND_FUNC)
			print_pointer(p, v, 'p');
		else
			bad_verb(p, verb);
	} else if (!print_by_method(p, v, verb)) {
		p->value = v;
		print_kind(p, v, verb, 0);
	}
}
