/* SPDX-License-Identifier: MIT */
/*
 * What weir knows of each word of a server line, a row each: its argument, the
 * step that changes it while HAProxy runs, and since which version a server
 * that is added at run time may have it. What has no row is kept, compared,
 * and never changed without a reload.
 */
#ifndef WEIR_HAPROXY_KEYWORD_H
#define WEIR_HAPROXY_KEYWORD_H

#include <stdbool.h>

#include "weir/haproxy.h"

enum keyword_value {
	VALUE_NONE,
	VALUE_WORD, /* anything: weir can't tell whether HAProxy takes it */
	VALUE_NUMBER,
	VALUE_TIME,
	VALUE_PORT,
	VALUE_IP,
	VALUE_UNSURE /* perhaps an argument, perhaps none: never proven */
};

/* What a step sets of a server. */
enum slot {
	SLOT_NONE, /* nothing does: reload */
	SLOT_STATE,
	SLOT_WEIGHT,
	SLOT_MAXCONN,
	SLOT_CHECK_ADDRESS,
	SLOT_CHECK_PORT,
	SLOT_AGENT_ADDRESS,
	SLOT_AGENT_PORT,
	SLOT_AGENT_SEND,
	SLOT_COUNT
};

/* What a server has, as far as it decides how something else is changed. */
enum has {
	HAS_CHECK = 1 << 0,
	HAS_AGENT = 1 << 1,
	HAS_MINCONN = 1 << 2,
	HAS_TRACK = 1 << 3,
	HAS_RESOLVERS = 1 << 4,
	HAS_BACKUP = 1 << 5,
	HAS_ID = 1 << 6,
	HAS_SSL = 1 << 7,
	HAS_PROXY = 1 << 8,
	HAS_CHECK_SSL = 1 << 9,
	HAS_CHECK_PROXY = 1 << 10,
	HAS_HASH_KEY = 1 << 11,
	HAS_PURGE_DELAY = 1 << 12,
	HAS_POOL_MAX = 1 << 13
};

/* Versions as one number: 206 is 2.6. */
#define DYNAMIC_NEVER 0
#define DYNAMIC_FIRST 205 /* add server: the list of 2.4 was another */

enum keyword_write {
	WRITE_AS_IS,
	WRITE_NOT,   /* means nothing for a server with a literal address, or
		      * is how servers that are added are anyway */
	WRITE_CANCEL /* takes `cancels` back; itself is nothing */
};

struct keyword {
	struct str name;
	enum keyword_value value;
	enum slot slot;
	int dynamic; /* since when `add server` takes it */
	enum keyword_write write;
	unsigned has;        /* it gives these; a CANCEL takes them away */
	const char *cancels; /* the keyword it takes back */
};

/* NULL: there is no row for it. "NAME(…)" is NAME. */
const struct keyword *keyword_find(struct str word);
/* Is the value what HAProxy takes there? False too where weir can't tell. */
bool keyword_is_proven(const struct keyword *, struct str value);

/* A number without sign and leading zeros, up to max. -1: it is none. */
long number_of(struct str, long max);
/* "10s", "500ms", "30" */
bool is_time(struct str);
/* inet_pton takes it; brackets are stripped. family: AF_INET, AF_INET6; bytes:
 * 16, what is beyond is zero. */
bool is_ip(struct str, int *family, unsigned char *bytes);

/* The options from word `from` of a line on; in the arena. */
struct haproxy_option *options_parse(
    const struct haproxy_line *, size_t from, struct arena *, size_t *count);

#endif
