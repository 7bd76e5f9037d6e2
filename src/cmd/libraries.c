/* SPDX-License-Identifier: MIT */
/*
 * Libraries that don't survive it when memory is wanting get theirs from
 * xalloc, which ends the program and says why: libuv aborts without a word or
 * goes on with what it lacks, GMP aborts as GnuTLS told it to, libcrypto
 * crashes, and jansson calls it an invalid token. The others give an error.
 */
#include "libraries.h"

#include <gmp.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "weir/xalloc.h"

static void *
loop_resize(void *p, size_t size)
{
	return xrealloc(p, 1, size);
}

/* libcrypto says who asks; nothing for nothing, as its own does. */
static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size ? xmalloc(size) : NULL;
}

static void *
crypto_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (size)
		return xrealloc(p, 1, size);
	free(p);
	return NULL;
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* GMP's numbers may be a key of GnuTLS: none is left behind in freed memory. */
static void
number_free(void *p, size_t size)
{
	explicit_bzero(p, size);
	free(p);
}

static void *
number_resize(void *p, size_t old, size_t size)
{
	void *to = xmalloc(size);

	memcpy(to, p, old < size ? old : size);
	number_free(p, old);
	return to;
}

void
libraries_init(void)
{
	uv_replace_allocator(xmalloc, loop_resize, xcalloc, free);
	CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
	json_set_alloc_funcs(xmalloc, free);
	mp_set_memory_functions(xmalloc, number_resize, number_free);
}
