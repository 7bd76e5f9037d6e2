/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * A byte buffer that grows. Its one error, more bytes than its limit, sticks:
 * later writes do nothing and `failed` is checked once at the end.
 */
#ifndef WEIR_BUF_H
#define WEIR_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "weir/str.h"

/* Zero-initialise or buf_init. ptr[len] is a NUL once anything was put. */
struct buf {
	char *ptr;
	size_t len;
	size_t cap;
	size_t limit; /* 0: none */
	bool failed;
};

void buf_init(struct buf *, size_t limit);
void buf_fini(struct buf *);
/* Empties it, keeps the memory, clears failed. */
void buf_reset(struct buf *);
/* Room for n more bytes and a NUL; -1 and failed if that exceeds the limit. */
int buf_reserve(struct buf *, size_t n);
/* Moves the bytes out, NUL-terminated, never NULL; the caller frees. */
char *buf_take(struct buf *, size_t *len);

static inline void
buf_put(struct buf *b, const void *bytes, size_t n)
{
	if (b->cap - b->len <= n && buf_reserve(b, n) < 0)
		return;
	if (n)
		memcpy(b->ptr + b->len, bytes, n);
	b->len += n;
	b->ptr[b->len] = 0;
}

static inline void
buf_char(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

static inline void
buf_str(struct buf *b, struct str s)
{
	buf_put(b, s.ptr, s.len);
}

static inline struct str
buf_as_str(const struct buf *b)
{
	return (struct str){b->ptr ? b->ptr : "", b->len};
}

void buf_puts(struct buf *, const char *);
void buf_repeat(struct buf *, char c, size_t count);
void buf_printf(struct buf *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *format, va_list)
    __attribute__((format(printf, 2, 0)));
/* One code point as UTF-8; what is no scalar value becomes U+FFFD. */
void buf_rune(struct buf *, uint32_t rune);
/* The text as it stands in HTML, in attributes too, as Go's template.HTMLEscape
 * writes it: " ' & < > by name or number, a zero byte as U+FFFD. */
void buf_html(struct buf *, struct str);

#endif
