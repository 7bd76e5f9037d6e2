/* SPDX-License-Identifier: MIT */
/* html, js, urlquery: the text of the arguments, escaped as Go escapes it. */
#include "exec.h"
#include "fmt.h"
#include "rune.h"
#include "weir/limits.h"

typedef void escape_fn(struct buf *, struct str);

/* An argument as an action would print it: records without their pointer, no
 * value as <no value>. */
static struct value
printable(const struct value *v)
{
	struct value p = *v;

	if (!v->type)
		return value_str(STR("<no value>"));
	if (!(v->type->string && !(v->type->elem && v->type->elem->string)))
		value_indirect(&p);
	return p;
}

static int
escape(struct call *c, escape_fn *put, struct value *result)
{
	struct value *args =
	    arena_alloc(c->arena, (c->argc + 1) * sizeof *args);
	struct buf plain = {.limit = LIMIT_OUTPUT_BYTES};
	struct buf b = {.limit = LIMIT_OUTPUT_BYTES};
	int rc = 0;

	for (size_t i = 0; i < c->argc; i++)
		args[i] = printable(&c->args[i]);
	fmt_print(&plain, args, c->argc);
	put(&b, buf_as_str(&plain));
	if (plain.failed || b.failed)
		rc = call_fail(
		    c, "the text exceeds %u bytes", LIMIT_OUTPUT_BYTES);
	else
		*result = value_str(arena_str(c->arena, buf_as_str(&b)));
	buf_fini(&plain);
	buf_fini(&b);
	return rc;
}

/* Stands as it is in a JavaScript string. */
static bool
js_plain(uint32_t rune)
{
	if (rune < 0x80)
		return rune >= ' ' && !strchr("<>&=", (int)rune);
	return rune_is_print(rune);
}

static void
put_js(struct buf *b, struct str s)
{
	uint32_t rune;

	for (size_t i = 0, w; i < s.len; i += w) {
		w = rune_decode(s.ptr + i, s.len - i, &rune);
		if (rune == '\\' || rune == '\'' || rune == '"') {
			buf_char(b, '\\');
			buf_char(b, (char)rune);
		} else if (js_plain(rune)) {
			buf_put(b, s.ptr + i, w);
		} else {
			buf_printf(b, "\\u%04X", rune);
		}
	}
}

static void
put_query(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == ' ') {
			buf_char(b, '+');
		} else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			   (c >= '0' && c <= '9') || (c && strchr("-_.~", c))) {
			buf_char(b, (char)c);
		} else {
			buf_char(b, '%');
			buf_char(b, digits[c >> 4]);
			buf_char(b, digits[c & 15]);
		}
	}
}

int
builtin_html(struct call *c, struct value *result)
{
	return escape(c, buf_html, result);
}

int
builtin_js(struct call *c, struct value *result)
{
	return escape(c, put_js, result);
}

int
builtin_urlquery(struct call *c, struct value *result)
{
	return escape(c, put_query, result);
}
