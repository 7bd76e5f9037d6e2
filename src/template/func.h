/* SPDX-License-Identifier: MIT */
/* What the tables of functions share. */
#ifndef WEIR_TEMPLATE_FUNC_H
#define WEIR_TEMPLATE_FUNC_H

#include "weir/template.h"

/* Argument i, a string. */
static inline struct str
func_str(const struct call *c, size_t i)
{
	return value_as_str(&c->args[i]);
}

/* What HAProxy allows in the name of a proxy or server (its invalid_char). */
static inline bool
func_is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_.:-", c));
}

/* A buffer for a result, of at most LIMIT_OUTPUT_BYTES; mostly one that has its
 * memory from a call before. For func_give; or free it with buf_fini. */
struct buf func_buf(struct call *);
/* The buffer's bytes as the result; takes the buffer. -1 if they exceed its
 * limit. */
int func_give(struct call *, struct buf *, struct value *result);
/* For a function that walks values, which may share what they hold: so many
 * more steps; -1 after more steps or memory than a render may take. */
int func_step(struct call *, size_t steps);
/* strconv's error: WORDSstrconv.FUNCTION: parsing "TEXT": …; -1. range: the
 * value is out of range, otherwise the syntax is invalid. */
int func_fail_number(struct call *, const char *words, const char *function,
    struct str text, bool range);
/* strconv.ParseInt(s, 10, 64); "" is 0. The error begins with "parseInt: ". */
int func_parse_int(struct call *, struct str, int64_t *);
/* A list of strings: element i of a split. */
void func_add_str(struct list_builder *, struct str);
/* Calls with each part of s between separators; an empty separator gives the
 * runes (strings.Split). */
typedef void func_part_fn(void *arg, struct str part);
void func_split(struct str s, struct str separator, func_part_fn *, void *arg);
/* value_quote of the text, WHY; -1. */
int func_refuse(struct call *, struct str, const char *why);

/* ---- what has a name in more than one family ---- */

/* (set, s), (prefix, s), (suffix, s), (s): of Go's strings, Trim to TrimSpace.
 */
int func_trim(struct call *, struct value *result);
int func_trim_prefix(struct call *, struct value *result);
int func_trim_suffix(struct call *, struct value *result);
int func_trim_space(struct call *, struct value *result);
/* (from, to, s) */
int func_replace_all(struct call *, struct value *result);
int func_to_lower(struct call *, struct value *result);
int func_to_upper(struct call *, struct value *result);

#endif
