/* SPDX-License-Identifier: MIT */
/*
 * One table: for each kind of query its path, what follows it, and which
 * parameters it knows.
 */
#include "request.h"

#include <inttypes.h>
#include <string.h>

/* A filter that nothing matches: the answer is [] and the index. */
#define NO_SERVICE "Service.ID%3D%3D%22%22"

enum takes {
	TAKES_PLACE = 1, /* dc, ns, partition */
	TAKES_STALE = 2,
	TAKES_NEAR = 4,
	TAKES_TAG = 8,
	TAKES_PEER = 16, /* peer, sameness-group */
	TAKES_PASSING = 32,
	TAKES_PROBE = 64, /* filter */
	TAKES_RECURSE = 128,
	IS_POLLED = 256,
	IS_KEY = 512,           /* the name is a path */
	TAKES_PARTITION = 1024, /* of TAKES_PLACE only that */
	PARTITION_IS_NAME = 2048
};

#define HEALTH                                                             \
	(TAKES_PLACE | TAKES_STALE | TAKES_NEAR | TAKES_TAG | TAKES_PEER | \
	    TAKES_PASSING | TAKES_PROBE)
#define CATALOG (TAKES_PLACE | TAKES_STALE)

static const struct endpoint_kind {
	const char *path;
	unsigned takes;
} kinds[] = {
    [QUERY_SERVICE] = {"/v1/health/service/", HEALTH},
    [QUERY_CONNECT] = {"/v1/health/connect/", HEALTH},
    [QUERY_SERVICES] = {"/v1/catalog/services", CATALOG},
    [QUERY_NODE] = {"/v1/catalog/node/", CATALOG},
    [QUERY_NODES] = {"/v1/catalog/nodes", CATALOG | TAKES_NEAR},
    [QUERY_DATACENTERS] = {"/v1/catalog/datacenters", IS_POLLED},
    [QUERY_KEY] = {"/v1/kv/", CATALOG | IS_KEY},
    [QUERY_KEY_GET] = {"/v1/kv/", CATALOG | IS_KEY},
    [QUERY_KEY_LIST] = {"/v1/kv/", CATALOG | IS_KEY | TAKES_RECURSE},
    [QUERY_CA_ROOTS] = {"/v1/agent/connect/ca/roots", 0},
    [QUERY_CA_LEAF] = {"/v1/agent/connect/ca/leaf/", 0},
    [QUERY_PARTITIONS] = {"/v1/partitions", IS_POLLED},
    [QUERY_PEERINGS] = {"/v1/peerings", TAKES_PARTITION},
    [QUERY_EXPORTED] = {"/v1/exported-services",
	TAKES_PARTITION | PARTITION_IS_NAME},
    [QUERY_IMPORTED] = {"/v1/imported-services",
	TAKES_PARTITION | PARTITION_IS_NAME},
};

/* RFC 3986 §2.3, and whatever of `also`. */
static void
print_escaped(struct buf *b, struct str s, const char *also)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c && (strchr(plain, c) || strchr(also, c)))
			buf_char(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

/* Drops the last step of what was printed since base. */
static void
step_back(struct buf *b, size_t base)
{
	while (b->len > base && b->ptr[b->len - 1] != '/')
		b->len--;
	if (b->len > base)
		b->len--;
	while (b->len > base && b->ptr[b->len - 1] != '/')
		b->len--;
	b->ptr[b->len] = 0;
}

/*
 * A key as Go's servers want paths: no empty, `.` and `..` steps, which they
 * would answer with a redirect; a slash at the end stays.
 */
static void
print_key(struct buf *b, struct str key)
{
	size_t base = b->len;

	for (size_t i = 0; i < key.len;) {
		const char *at = key.ptr + i;
		const char *slash = memchr(at, '/', key.len - i);
		struct str step = {
		    at, slash ? (size_t)(slash - at) : key.len - i};

		i += step.len + (slash != NULL);
		if (str_equal(step, STR("..")))
			step_back(b, base);
		if (!step.len || str_equal(step, STR(".")) ||
		    str_equal(step, STR("..")))
			continue;
		print_escaped(b, step, "");
		if (slash)
			buf_char(b, '/');
	}
}

static void
put(struct buf *b, char *separator, const char *name, struct str value)
{
	if (!value.len)
		return;
	buf_char(b, *separator);
	*separator = '&';
	buf_puts(b, name);
	buf_char(b, '=');
	print_escaped(b, value, "");
}

static void
put_flag(struct buf *b, char *separator, const char *text)
{
	buf_char(b, *separator);
	*separator = '&';
	buf_puts(b, text);
}

void
request_print_place(struct buf *b, char *separator, struct str datacenter,
    struct str ns, struct str partition)
{
	put(b, separator, "dc", datacenter);
	put(b, separator, "ns", ns);
	put(b, separator, "partition", partition);
}

void
request_print_how(struct buf *b, char *separator, const struct request_how *how)
{
	if (how->consistent)
		put_flag(b, separator, "consistent");
	else if (how->stale)
		put_flag(b, separator, "stale");
	if (!how->index)
		return;
	put_flag(b, separator, "index=");
	buf_printf(
	    b, "%" PRIu64 "&wait=%" PRId64 "ms", how->index, how->wait_ms);
}

static struct str
or_default(struct str s, const char *config)
{
	return s.len ? s : str_of(config);
}

static void
print_place(struct buf *b, char *separator, const struct query *q,
    const struct config_consul *c)
{
	unsigned takes = kinds[q->kind].takes;

	if (takes & TAKES_PLACE)
		request_print_place(b, separator,
		    or_default(q->datacenter, c->datacenter),
		    or_default(q->ns, c->ns),
		    or_default(q->partition, c->partition));
	else if (takes & PARTITION_IS_NAME)
		put(b, separator, "partition",
		    or_default(q->partition.len ? q->partition : q->name,
			c->partition));
	else if (takes & TAKES_PARTITION)
		put(b, separator, "partition",
		    or_default(q->partition, c->partition));
}

void
request_print(struct buf *b, const struct query *q,
    const struct config_consul *c, const struct request_how *how,
    struct str agent)
{
	const struct endpoint_kind *k = &kinds[q->kind];
	struct request_how allowed = *how;
	char separator = '?';

	buf_puts(b, k->path);
	if (k->takes & IS_KEY)
		print_key(b, q->name);
	else if (q->kind == QUERY_NODE && !q->name.len)
		print_escaped(b, agent, "");
	else if (k->path[strlen(k->path) - 1] == '/')
		print_escaped(b, q->name, "");
	if (k->takes & TAKES_RECURSE)
		put_flag(b, &separator, "recurse");
	print_place(b, &separator, q, c);
	if (k->takes & TAKES_TAG)
		put(b, &separator, "tag", q->tag);
	if (k->takes & TAKES_NEAR)
		put(b, &separator, "near", q->near);
	if (k->takes & TAKES_PEER) {
		put(b, &separator, "peer", q->peer);
		put(b, &separator, "sameness-group", q->sameness_group);
	}
	if (k->takes & TAKES_PASSING && q->filters == FILTER_PASSING)
		put_flag(b, &separator, "passing=1");
	if (k->takes & TAKES_PROBE && how->probe)
		put_flag(b, &separator, "filter=" NO_SERVICE);
	allowed.stale = how->stale && (k->takes & TAKES_STALE);
	allowed.consistent = how->consistent && (k->takes & TAKES_STALE);
	request_print_how(b, &separator, &allowed);
}

bool
request_is_polled(const struct query *q)
{
	return kinds[q->kind].takes & IS_POLLED;
}

bool
request_takes_stale(const struct query *q)
{
	return kinds[q->kind].takes & TAKES_STALE;
}

bool
request_takes_probe(const struct query *q)
{
	return kinds[q->kind].takes & TAKES_PROBE;
}
