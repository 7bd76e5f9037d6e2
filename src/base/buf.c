/* SPDX-License-Identifier: MIT */
/*
 * The growing half of a buffer: capacity doubles, so that n bytes put one by
 * one cost O(n). A write that does not fit the limit changes nothing.
 */
#include "weir/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/xalloc.h"

#define BUF_FIRST ((size_t)64)

void
buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){.limit = limit};
}

void
buf_fini(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf){0};
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->ptr)
		b->ptr[0] = 0;
}

int
buf_reserve(struct buf *b, size_t n)
{
	size_t need, cap;

	if (b->failed)
		return -1;
	if (__builtin_add_overflow(b->len, n, &need) || need == SIZE_MAX ||
	    (b->limit && need > b->limit)) {
		b->failed = true;
		/* Later, smaller writes must not find room either. */
		b->cap = b->len;
		return -1;
	}
	if (b->ptr && need < b->cap)
		return 0;
	cap = b->cap < BUF_FIRST ? BUF_FIRST : b->cap;
	while (cap <= need)
		cap = cap > SIZE_MAX / 2 ? need + 1 : cap * 2;
	if (b->limit && cap > b->limit + 1)
		cap = b->limit + 1;
	b->ptr = xrealloc(b->ptr, cap, 1);
	if (b->len == 0)
		b->ptr[0] = 0;
	b->cap = cap;
	return 0;
}

char *
buf_take(struct buf *b, size_t *len)
{
	char *p = b->ptr ? b->ptr : xstrdup("");

	if (len)
		*len = b->len;
	*b = (struct buf){.limit = b->limit};
	return p;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_repeat(struct buf *b, char c, size_t count)
{
	if (count == 0 || buf_reserve(b, count) < 0)
		return;
	memset(b->ptr + b->len, c, count);
	b->len += count;
	b->ptr[b->len] = 0;
}

void
buf_vprintf(struct buf *b, const char *format, va_list args)
{
	va_list again;
	int n;

	if (b->failed)
		return;
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(n >= 0);
	if (buf_reserve(b, (size_t)n) < 0)
		return;
	vsnprintf(b->ptr + b->len, (size_t)n + 1, format, args);
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(b, format, args);
	va_end(args);
}

/* UTF-8 per RFC 3629. */
void
buf_rune(struct buf *b, uint32_t rune)
{
	char out[4];
	size_t n = 0;

	if (rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
		rune = 0xfffd;
	if (rune < 0x80) {
		out[n++] = (char)rune;
	} else if (rune < 0x800) {
		out[n++] = (char)(0xc0 | rune >> 6);
	} else if (rune < 0x10000) {
		out[n++] = (char)(0xe0 | rune >> 12);
		out[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
	} else {
		out[n++] = (char)(0xf0 | rune >> 18);
		out[n++] = (char)(0x80 | (rune >> 12 & 0x3f));
		out[n++] = (char)(0x80 | (rune >> 6 & 0x3f));
	}
	if (rune >= 0x80)
		out[n++] = (char)(0x80 | (rune & 0x3f));
	buf_put(b, out, n);
}

void
buf_html(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		switch (s.ptr[i]) {
		case 0:
			buf_puts(b, "\xEF\xBF\xBD");
			break;
		case '"':
			buf_puts(b, "&#34;");
			break;
		case '\'':
			buf_puts(b, "&#39;");
			break;
		case '&':
			buf_puts(b, "&amp;");
			break;
		case '<':
			buf_puts(b, "&lt;");
			break;
		case '>':
			buf_puts(b, "&gt;");
			break;
		default:
			buf_char(b, s.ptr[i]);
		}
	}
}
