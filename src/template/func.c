/* SPDX-License-Identifier: MIT */
/* What the tables of functions share. */
#include "func.h"

#include "exec.h"
#include "rune.h"
#include "strconv.h"
#include "weir/limits.h"

/* Bytes of a buffer that is kept for the next call. */
#define SPARE_MOST ((size_t)64 << 10)

struct buf
func_buf(struct call *c)
{
	struct buf *spare = &c->render->exec->text, b = *spare;

	*spare = (struct buf){0};
	buf_reset(&b);
	b.limit = LIMIT_OUTPUT_BYTES;
	return b;
}

int
func_give(struct call *c, struct buf *b, struct value *result)
{
	struct buf *spare = &c->render->exec->text;
	bool failed = b->failed;

	if (!failed)
		*result = value_str(arena_str(c->arena, buf_as_str(b)));
	if (failed || spare->ptr || b->cap > SPARE_MOST) {
		buf_fini(b);
	} else {
		*spare = *b;
		*b = (struct buf){0};
	}
	return failed ? call_fail(c, "the result is too large") : 0;
}

int
func_step(struct call *c, size_t steps)
{
	struct exec *x = c->render->exec;

	x->steps += steps;
	if (x->steps >= LIMIT_STEPS)
		return call_fail(
		    c, "the template runs longer than %u steps", LIMIT_STEPS);
	if (c->arena->used > LIMIT_RENDER_BYTES)
		return call_fail(c,
		    "the template needs more than %u bytes of memory",
		    LIMIT_RENDER_BYTES);
	return 0;
}

int
func_fail_number(struct call *c, const char *words, const char *function,
    struct str text, bool range)
{
	struct buf b = {0};

	value_quote(&b, text);
	call_fail(c, "%sstrconv.%s: parsing %s: %s", words, function, b.ptr,
	    range ? "value out of range" : "invalid syntax");
	buf_fini(&b);
	return -1;
}

int
func_refuse(struct call *c, struct str s, const char *why)
{
	struct buf b = {0};

	value_quote(&b, s);
	call_fail(c, "%s %s", b.ptr, why);
	buf_fini(&b);
	return -1;
}

int
func_parse_int(struct call *c, struct str s, int64_t *i)
{
	enum strconv_result e = STRCONV_OK;

	*i = 0;
	if (s.len > 0)
		e = strconv_int(s, 10, i);
	if (e == STRCONV_OK)
		return 0;
	return func_fail_number(
	    c, "parseInt: ", "ParseInt", s, e == STRCONV_RANGE);
}

void
func_add_str(struct list_builder *l, struct str s)
{
	list_add(l, value_str(s));
}

void
func_split(struct str s, struct str separator, func_part_fn *part, void *arg)
{
	ptrdiff_t at;
	uint32_t rune;

	if (separator.len == 0) {
		while (s.len > 0) {
			size_t n = rune_decode(s.ptr, s.len, &rune);

			part(arg, (struct str){s.ptr, n});
			s.ptr += n;
			s.len -= n;
		}
		return;
	}
	while ((at = str_find(s, separator)) >= 0) {
		part(arg, (struct str){s.ptr, (size_t)at});
		s.ptr += (size_t)at + separator.len;
		s.len -= (size_t)at + separator.len;
	}
	part(arg, s);
}
