/* SPDX-License-Identifier: MIT */
/*
 * JSON read from front to back, without a tree: who decodes asks for what he
 * expects and puts it where it belongs. An answer of Consul is mostly blanks,
 * names of fields and strings that repeat; a tree of it takes ten times its
 * size, and most of the time that decoding takes.
 *
 * The first failure sticks: every later call fails too, so that a decoder need
 * not check after each one. The error says where in the document it was:
 * "health/service: [3].Service.Port: expected a number".
 *
 * Source: RFC 8259; strings as Go's encoding/json reads them (bytes that are no
 * UTF-8, and lone surrogates, become U+FFFD).
 */
#ifndef WEIR_CONSUL_SCAN_H
#define WEIR_CONSUL_SCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "weir/buf.h"
#include "weir/error.h"
#include "weir/str.h"

/* Nested objects and arrays: Consul's answers have six. */
#define SCAN_DEPTH 64

struct scan_step {      /* one object or array that is open */
	struct str key; /* of the member in hand; ptr NULL in an array */
	uint32_t index; /* of the element in hand */
	bool started;
};

struct scan {
	const char *at, *end;
	const char *what; /* borrowed: first word of errors */
	struct error *error;
	bool failed;
	unsigned depth;
	struct scan_step steps[SCAN_DEPTH];
	struct buf text; /* of a string with escapes */
};

/* text is borrowed as long as the scan is used. */
void scan_init(
    struct scan *, struct str text, const char *what, struct error *);
void scan_fini(struct scan *);
/* Only blanks are left. -1 and an error if not, or if anything failed. */
int scan_finish(struct scan *);
/* "expected WORDS", at the place in hand. Always false. */
bool scan_expected(struct scan *, const char *words);

/*
 * for (bool ok = scan_open(s, '{'); ok && scan_member(s, &key);) …
 * Both false at the end and on failure. A null opens as an empty one; the key
 * is borrowed until the next string is read.
 */
bool scan_open(struct scan *, char bracket);
bool scan_member(struct scan *, struct str *key);
bool scan_element(struct scan *);

/* A null is "", 0, false. The string is borrowed until the next is read. */
bool scan_string(struct scan *, struct str *);
bool scan_int(struct scan *, int64_t *);
bool scan_uint(struct scan *, uint64_t *);
bool scan_bool(struct scan *, bool *);
/* Reads past any value, checking it. */
bool scan_skip(struct scan *);
/* Is a null next? Reads it if so. */
bool scan_null(struct scan *);
/* Is a string next? */
bool scan_is_string(struct scan *);

#endif
