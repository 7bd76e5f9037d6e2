/* SPDX-License-Identifier: MIT */
/*
 * RE2's C face: compile, match, say what is wrong. Everything that differs from
 * Go is mended by its caller, regex.c.
 */
#ifndef WEIR_TEMPLATE_RE2_H
#define WEIR_TEMPLATE_RE2_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct re2_pattern;

/* Byte offsets in the text; begin is -1 for a group that did not match. */
struct re2_span {
	ptrdiff_t begin;
	ptrdiff_t end;
};

enum re2_error {
	RE2_NONE,
	RE2_INTERNAL,
	RE2_BAD_ESCAPE,
	RE2_BAD_CLASS,
	RE2_BAD_RANGE,
	RE2_MISSING_BRACKET,
	RE2_MISSING_PAREN,
	RE2_UNEXPECTED_PAREN,
	RE2_TRAILING_BACKSLASH,
	RE2_REPEAT_ARGUMENT,
	RE2_REPEAT_SIZE,
	RE2_REPEAT_OPERATOR,
	RE2_BAD_PERL,
	RE2_BAD_UTF8,
	RE2_BAD_NAME,
	RE2_TOO_LARGE
};

/* Compiles a pattern of len bytes in valid UTF-8. NULL, the error and the part
 * of the pattern that it is about (malloced) on failure. */
struct re2_pattern *re2_compile(
    const char *pattern, size_t len, enum re2_error *, char **part);
/* Accepts NULL. */
void re2_destroy(struct re2_pattern *);
/* Capturing groups, the whole match not counted. */
int re2_groups(const struct re2_pattern *);
/* The leftmost match at or behind `from`; spans of the match and its groups are
 * filled, count of them. The text is valid UTF-8. */
bool re2_search(const struct re2_pattern *, const char *text, size_t len,
    size_t from, struct re2_span *spans, int count);

#ifdef __cplusplus
}
#endif

#endif
