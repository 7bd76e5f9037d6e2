/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Strings as the engine sees them: a slice (pointer, length) that owns nothing,
 * and the packed form in which records keep one: a pointer to a length and the
 * bytes, eight bytes in the record in place of sixteen.
 */
#ifndef WEIR_STR_H
#define WEIR_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A slice: not NUL-terminated, may hold any byte. ptr may be NULL if len is 0.
 */
struct str {
	const char *ptr;
	size_t len;
};

/* A packed string: immutable, lives in an arena, NUL behind the bytes. */
struct pstr {
	uint32_t len;
	char bytes[];
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

static inline struct str
str_of(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}

/* NULL stands for the empty string. */
static inline struct str
str_of_packed(const struct pstr *p)
{
	return p ? (struct str){p->bytes, p->len} : (struct str){"", 0};
}

static inline bool
str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

static inline bool
str_is(struct str a, const char *s)
{
	return str_equal(a, str_of(s));
}

/* Bytewise order, as Go compares strings: <0, 0, >0. */
static inline int
str_compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static inline bool
str_has_prefix(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	       (prefix.len == 0 || !memcmp(s.ptr, prefix.ptr, prefix.len));
}

static inline bool
str_has_suffix(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 ||
		   !memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len));
}

/* The bytes behind the first n. */
static inline struct str
str_after(struct str s, size_t n)
{
	return (struct str){n ? s.ptr + n : s.ptr, s.len - n};
}

/* Cuts the first line off the text and gives it without its new line; the last
 * one may have none. An empty text has no line: ask before. */
static inline struct str
str_take_line(struct str *text)
{
	const char *end = text->len ? memchr(text->ptr, '\n', text->len) : NULL;
	size_t n = end ? (size_t)(end - text->ptr) : text->len;
	struct str line = {text->ptr, n};

	*text = str_after(*text, n + (end != NULL));
	return line;
}

/* As many as str_take_line gives. */
size_t str_count_lines(struct str text);

/* Without the bytes of the set at that end; a set has no NUL. */
struct str str_trim_start(struct str, const char *set);
struct str str_trim_end(struct str, const char *set);
/* Cuts the first run of bytes that are not in the set off, and those of the set
 * in front of it. False: there is none. */
bool str_take_word(struct str *, const char *set, struct str *word);

/* First position of needle in s, -1 if absent; an empty needle is at 0. */
ptrdiff_t str_find(struct str s, struct str needle);

/* Bytes of the UTF-8 sequence that s begins with (RFC 3629), 0 if it begins
 * with none. */
size_t str_utf8(struct str s);

/*
 * The name of names[0..count) nearest to s, by edit distance, if it is near
 * enough to be what was meant; otherwise NULL. Used for "did you mean".
 */
const char *str_nearest(struct str s, const char *const *names, size_t count);

#endif
