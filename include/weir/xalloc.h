/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Allocation that does not fail: out of memory is logged and ends the program
 * with abort(). Sizes that a peer controls are bounded before they come here.
 */
#ifndef WEIR_XALLOC_H
#define WEIR_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

/* Says that memory is wanting and aborts; for libraries that ask us what to do
 * then. */
void xalloc_fail(void) __attribute__((noreturn));

/* The caller owns what is returned and gives it to free(). */
void *xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
/* Zeroed; aborts when count * size overflows. */
void *xcalloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull));
void *xrealloc(void *, size_t count, size_t size)
    __attribute__((returns_nonnull));
char *xstrdup(const char *) __attribute__((malloc, returns_nonnull));
char *xstrndup(const char *, size_t) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *, size_t) __attribute__((malloc, returns_nonnull));
char *xasprintf(const char *format, ...)
    __attribute__((format(printf, 1, 2), returns_nonnull));
char *xvasprintf(const char *format, va_list)
    __attribute__((format(printf, 1, 0), returns_nonnull));

#endif
