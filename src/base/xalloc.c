/* SPDX-License-Identifier: MIT */
/*
 * Allocation that does not fail. The message on running out is written without
 * stdio or log.c: both may want memory.
 */
#include "weir/xalloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
xalloc_fail(void)
{
	static const char words[] = "weir: out of memory\n";
	ssize_t n = write(STDERR_FILENO, words, sizeof(words) - 1);

	(void)n;
	abort();
}

static void *
checked(void *p)
{
	if (!p)
		xalloc_fail();
	return p;
}

void *
xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return checked(calloc(count, size));
}

void *
xrealloc(void *p, size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return checked(reallocarray(p, count, size));
}

char *
xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *
xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

void *
xmemdup(const void *bytes, size_t n)
{
	void *p = xmalloc(n);

	if (n)
		memcpy(p, bytes, n);
	return p;
}

char *
xvasprintf(const char *format, va_list args)
{
	char *s = NULL;

	if (vasprintf(&s, format, args) < 0)
		s = NULL;
	return checked(s);
}

char *
xasprintf(const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	s = xvasprintf(format, args);
	va_end(args);
	return s;
}
