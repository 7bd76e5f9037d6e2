/* SPDX-License-Identifier: MIT */
/*
 * A query as Consul is asked it: path and parameters. Knows the API, nothing of
 * connections.
 *
 * Source: developer.hashicorp.com/consul/api-docs.
 */
#ifndef WEIR_CONSUL_REQUEST_H
#define WEIR_CONSUL_REQUEST_H

#include "weir/buf.h"
#include "weir/config.h"
#include "weir/query.h"

/* How it is asked this time. */
struct request_how {
	uint64_t index;  /* block until it is passed; 0: answer at once */
	int64_t wait_ms; /* … or so long */
	bool stale;      /* any server may answer */
	bool consistent; /* only a leader that has caught up may */
	bool probe;      /* only the index is wanted */
};

/* "/v1/health/service/web?passing=1…", appended. agent: the node's own name,
 * for a node query without one. */
void request_print(struct buf *, const struct query *,
    const struct config_consul *, const struct request_how *, struct str agent);
/* The parameters alone that say how and where; *separator is '?' or '&', the
 * first to be written, and '&' afterwards. Empty strings are left out. */
void request_print_place(struct buf *, char *separator, struct str datacenter,
    struct str ns, struct str partition);
void request_print_how(
    struct buf *, char *separator, const struct request_how *);

/* Asked again and again, since Consul can't block on it. */
bool request_is_polled(const struct query *);
/* Understands `stale`, and says how old its answer is. */
bool request_takes_stale(const struct query *);
/* Can a probe tell whether it changed? */
bool request_takes_probe(const struct query *);

#endif
