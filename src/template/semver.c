/* SPDX-License-Identifier: MIT */
/* Versions: reading, order, and the type with its methods. */
#include <string.h>

#include "semver.h"
#include "strconv.h"
#include "weir/template.h"

/* ---- reading ---- */

static int
invalid(struct error *e)
{
	return error_set(e, ERROR_TEMPLATE, "Invalid Semantic Version");
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '-';
}

static void
drop(struct str *s, size_t n)
{
	s->ptr += n;
	s->len -= n;
}

/* The part in front of the next point; *s becomes what is behind it. */
static bool
take_part(struct str *s, struct str *part)
{
	const char *point;

	if (!s->ptr)
		return false;
	point = s->len ? memchr(s->ptr, '.', s->len) : NULL;
	*part = *s;
	if (point) {
		part->len = (size_t)(point - s->ptr);
		drop(s, part->len + 1);
	} else {
		s->ptr = NULL;
	}
	return true;
}

static bool
all(struct str s, bool (*is)(char))
{
	for (size_t i = 0; i < s.len; i++)
		if (!is(s.ptr[i]))
			return false;
	return true;
}

int
semver_check_pre(struct str s, struct error *e)
{
	struct str part;

	while (take_part(&s, &part)) {
		if (all(part, is_digit) && part.len > 1 && part.ptr[0] == '0')
			return error_set(
			    e, ERROR_TEMPLATE, "Version segment starts with 0");
		if (!all(part, is_letter))
			return error_set(
			    e, ERROR_TEMPLATE, "Invalid Prerelease string");
	}
	return 0;
}

int
semver_check_metadata(struct str s, struct error *e)
{
	struct str part;

	while (take_part(&s, &part))
		if (!all(part, is_letter))
			return error_set(
			    e, ERROR_TEMPLATE, "Invalid Metadata string");
	return 0;
}

static struct str
take_digits(struct str *s)
{
	struct str digits = *s;

	for (digits.len = 0; s->len && is_digit(*s->ptr); drop(s, 1))
		digits.len++;
	return digits;
}

static int
read_number(struct str digits, uint64_t *n, struct error *e)
{
	if (strconv_uint(digits, 10, n) == STRCONV_OK)
		return 0;
	return error_set(e, ERROR_TEMPLATE,
	    "Error parsing version segment: strconv.ParseUint: parsing "
	    "\"%.*s\": value out of range",
	    (int)digits.len, digits.ptr);
}

/* "-" or "+" and parts of letters with points between; false: malformed. */
static bool
take_words(struct str *s, char mark, struct str *words)
{
	bool word = false;

	*words = (struct str){"", 0};
	if (!s->len || *s->ptr != mark)
		return true;
	drop(s, 1);
	*words = (struct str){s->ptr, 0};
	for (; s->len; drop(s, 1), words->len++) {
		if (*s->ptr == '.' ? !word : !is_letter(*s->ptr))
			break;
		word = *s->ptr != '.';
	}
	return word;
}

int
semver_parse(struct str s, struct semver *v, struct error *e)
{
	struct str digits[3] = {{NULL, 0}};

	*v = (struct semver){.original = s};
	if (s.len && *s.ptr == 'v')
		drop(&s, 1);
	for (int i = 0; i < 3; i++) {
		if (i > 0 && s.len && *s.ptr == '.')
			drop(&s, 1);
		else if (i > 0)
			break;
		digits[i] = take_digits(&s);
		if (!digits[i].len)
			return invalid(e);
	}
	if (!take_words(&s, '-', &v->pre) ||
	    !take_words(&s, '+', &v->metadata) || s.len)
		return invalid(e);
	if (read_number(digits[0], &v->major, e) < 0 ||
	    (digits[1].len && read_number(digits[1], &v->minor, e) < 0) ||
	    (digits[2].len && read_number(digits[2], &v->patch, e) < 0))
		return -1;
	return v->pre.len ? semver_check_pre(v->pre, e) : 0;
}

void
semver_print(const struct semver *v, struct buf *out)
{
	buf_printf(out, "%llu.%llu.%llu", (unsigned long long)v->major,
	    (unsigned long long)v->minor, (unsigned long long)v->patch);
	if (v->pre.len) {
		buf_char(out, '-');
		buf_str(out, v->pre);
	}
	if (v->metadata.len) {
		buf_char(out, '+');
		buf_str(out, v->metadata);
	}
}

/* ---- order ---- */

static int
compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

/* Numbers come before words; what is missing before all. */
static int
compare_parts(struct str a, struct str b)
{
	uint64_t x, y;
	bool a_number, b_number;

	if (str_equal(a, b))
		return 0;
	if (!a.len || !b.len)
		return a.len ? 1 : -1;
	a_number = strconv_uint(a, 10, &x) == STRCONV_OK;
	b_number = strconv_uint(b, 10, &y) == STRCONV_OK;
	if (a_number && b_number)
		return x > y ? 1 : -1;
	if (a_number || b_number)
		return a_number ? -1 : 1;
	return str_compare(a, b);
}

static int
compare_pre(struct str a, struct str b)
{
	int c = 0;

	while (c == 0) {
		struct str x = {"", 0}, y = {"", 0};
		bool more = take_part(&a, &x);

		more = take_part(&b, &y) || more;
		if (!more)
			return 0;
		c = compare_parts(x, y);
	}
	return c;
}

int
semver_compare(const struct semver *a, const struct semver *b)
{
	int c = compare_numbers(a->major, b->major);

	if (c == 0)
		c = compare_numbers(a->minor, b->minor);
	if (c == 0)
		c = compare_numbers(a->patch, b->patch);
	if (c != 0)
		return c;
	if (!a->pre.len || !b->pre.len)
		return (a->pre.len == 0) - (b->pre.len == 0);
	return compare_pre(a->pre, b->pre);
}

/* ---- the type ---- */

static const struct semver *
self(const struct call *c)
{
	return c->args[0].u.ptr;
}

static void
print(const struct value *v, struct buf *out)
{
	if (v->u.ptr)
		semver_print(v->u.ptr, out);
}

struct value
semver_value(struct arena *arena, const struct semver *v)
{
	struct semver *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *v;
	return value_ptr(&type_semver_ptr, copy);
}

static struct str
text_of(struct arena *arena, const struct semver *v)
{
	struct buf text = {0};
	struct str s;

	semver_print(v, &text);
	s = arena_str(arena, buf_as_str(&text));
	buf_fini(&text);
	return s;
}

static int
call_string(struct call *c, struct value *result)
{
	*result = value_str(text_of(c->arena, self(c)));
	return 0;
}

static int
call_original(struct call *c, struct value *result)
{
	*result = value_str(self(c)->original);
	return 0;
}

static int
call_prerelease(struct call *c, struct value *result)
{
	*result = value_str(self(c)->pre);
	return 0;
}

static int
call_metadata(struct call *c, struct value *result)
{
	*result = value_str(self(c)->metadata);
	return 0;
}

static int
call_major(struct call *c, struct value *result)
{
	*result = value_uint64(self(c)->major);
	return 0;
}

static int
call_minor(struct call *c, struct value *result)
{
	*result = value_uint64(self(c)->minor);
	return 0;
}

static int
call_patch(struct call *c, struct value *result)
{
	*result = value_uint64(self(c)->patch);
	return 0;
}

/* A changed version by value; its original keeps a "v" in front. */
static int
give_next(struct call *c, struct semver *v, struct value *result)
{
	bool prefix = str_has_prefix(self(c)->original, STR("v"));
	struct str text = text_of(c->arena, v);

	v->original =
	    str_of(arena_printf(c->arena, "%s%s", prefix ? "v" : "", text.ptr));
	*result = semver_value(c->arena, v);
	result->type = &type_semver;
	return 0;
}

static struct semver
without_extras(struct call *c)
{
	struct semver v = *self(c);

	v.pre = v.metadata = (struct str){"", 0};
	return v;
}

static int
call_inc_patch(struct call *c, struct value *result)
{
	struct semver v = without_extras(c);

	v.patch += self(c)->pre.len == 0;
	return give_next(c, &v, result);
}

static int
call_inc_minor(struct call *c, struct value *result)
{
	struct semver v = without_extras(c);

	v.minor++;
	v.patch = 0;
	return give_next(c, &v, result);
}

static int
call_inc_major(struct call *c, struct value *result)
{
	struct semver v = without_extras(c);

	v.major++;
	v.minor = v.patch = 0;
	return give_next(c, &v, result);
}

static int
fail(struct call *c, struct error *e)
{
	call_fail(c, "%s", e->text);
	error_fini(e);
	return -1;
}

static int
call_set_prerelease(struct call *c, struct value *result)
{
	struct semver v = *self(c);
	struct error error = {0};

	v.pre = value_as_str(&c->args[1]);
	if (v.pre.len && semver_check_pre(v.pre, &error) < 0)
		return fail(c, &error);
	return give_next(c, &v, result);
}

static int
call_set_metadata(struct call *c, struct value *result)
{
	struct semver v = *self(c);
	struct error error = {0};

	v.metadata = value_as_str(&c->args[1]);
	if (v.metadata.len && semver_check_metadata(v.metadata, &error) < 0)
		return fail(c, &error);
	return give_next(c, &v, result);
}

/* The order of the receiver and the argument. */
static int
order(struct call *c, int *result)
{
	if (!c->args[0].u.ptr || !c->args[1].u.ptr)
		return call_fail(c,
		    "runtime error: invalid memory address or nil pointer "
		    "dereference");
	*result = semver_compare(self(c), c->args[1].u.ptr);
	return 0;
}

static int
call_compare(struct call *c, struct value *result)
{
	int n = 0;

	if (order(c, &n) < 0)
		return -1;
	*result = value_int((n > 0) - (n < 0));
	return 0;
}

#define ORDER(name, op)                                              \
	static int call_##name(struct call *c, struct value *result) \
	{                                                            \
		int n = 0;                                           \
                                                                     \
		if (order(c, &n) < 0)                                \
			return -1;                                   \
		*result = value_bool(n op 0);                        \
		return 0;                                            \
	}
ORDER(equal, ==)
ORDER(less_than, <)
ORDER(less_than_equal, <=)
ORDER(greater_than, >)
ORDER(greater_than_equal, >=)

#define POINTER "*semver.Version"

static const struct method methods[] = {
    {"Compare", POINTER, "int", call_compare},
    {"Equal", POINTER, "bool", call_equal},
    {"GreaterThan", POINTER, "bool", call_greater_than},
    {"GreaterThanEqual", POINTER, "bool", call_greater_than_equal},
    {"IncMajor", "", "semver.Version", call_inc_major},
    {"IncMinor", "", "semver.Version", call_inc_minor},
    {"IncPatch", "", "semver.Version", call_inc_patch},
    {"LessThan", POINTER, "bool", call_less_than},
    {"LessThanEqual", POINTER, "bool", call_less_than_equal},
    {"Major", "", "uint64", call_major},
    {"Metadata", "", "string", call_metadata},
    {"Minor", "", "uint64", call_minor},
    {"Original", "", "string", call_original},
    {"Patch", "", "uint64", call_patch},
    {"Prerelease", "", "string", call_prerelease},
    {"SetMetadata", "string", "semver.Version", call_set_metadata},
    {"SetPrerelease", "string", "semver.Version", call_set_prerelease},
    {"String", "", "string", call_string},
};

#define AT(member, t, s)                                              \
	.type = &type_##t, .offset = offsetof(struct semver, member), \
	.store = STORE_##s
/* Not to be reached by name, but two versions differ if these do. */
static const struct field fields[] = {
    {.name = "major", AT(major, uint64, U64)},
    {.name = "minor", AT(minor, uint64, U64)},
    {.name = "patch", AT(patch, uint64, U64)},
    {.name = "pre", AT(pre, string, STR)},
    {.name = "metadata", AT(metadata, string, STR)},
    {.name = "original", AT(original, string, STR)},
};

const struct type type_semver = {.kind = KIND_STRUCT,
    .name = "semver.Version",
    .size = sizeof(struct semver),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(fields[0]),
    .methods = methods,
    .method_count = sizeof(methods) / sizeof(methods[0]),
    .string = print,
    .text = print};
const struct type type_semver_ptr = {
    .kind = KIND_PTR, .name = POINTER, .elem = &type_semver, .string = print};
