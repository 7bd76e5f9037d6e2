/* SPDX-License-Identifier: MIT */
/* stage: catalog
 *
 * What a template asks: consul-template's argument grammar, turned into a query
 * with an identity. Two calls that ask the same have the same identity,
 * whatever template they stand in; the identity is consul-template's own form
 * ("health.service(web|passing)") and is what every wait names.
 *
 * Source: consul-template 0.42 dependency grammar; Consul's HTTP API pages.
 */
#ifndef WEIR_QUERY_H
#define WEIR_QUERY_H

#include <stdbool.h>

#include "weir/arena.h"
#include "weir/error.h"
#include "weir/str.h"

enum query_kind {
	QUERY_SERVICE,     /* /v1/health/service/NAME */
	QUERY_CONNECT,     /* /v1/health/connect/NAME */
	QUERY_SERVICES,    /* /v1/catalog/services */
	QUERY_NODE,        /* /v1/catalog/node/NAME; no name: the agent's */
	QUERY_NODES,       /* /v1/catalog/nodes */
	QUERY_DATACENTERS, /* /v1/catalog/datacenters, polled */
	QUERY_KEY,         /* kv.block: /v1/kv/KEY, waits until it exists */
	QUERY_KEY_GET,     /* kv.get: keyExists, keyOrDefault */
	QUERY_KEY_LIST,    /* kv.list: ls, tree: /v1/kv/PREFIX?recurse */
	QUERY_CA_ROOTS,
	QUERY_CA_LEAF,
	QUERY_PARTITIONS,
	QUERY_PEERINGS,
	QUERY_EXPORTED,
	QUERY_IMPORTED,
	QUERY_FOREIGN /* of Vault or Nomad: named, waited for, never asked */
};

enum query_filter {
	FILTER_PASSING = 1,
	FILTER_WARNING = 2,
	FILTER_CRITICAL = 4,
	FILTER_MAINTENANCE = 8,
	FILTER_ANY = 16
};

/* Immutable; all strings live in the arena it was parsed into. Empty: absent.
 */
struct query {
	enum query_kind kind;
	struct str id; /* the identity: the key of watches and of the store */
	struct str name;
	struct str tag;
	struct str datacenter;
	struct str near;
	struct str ns;
	struct str partition;
	struct str peer;
	struct str sameness_group;
	unsigned filters;    /* enum query_filter */
	bool only_reachable; /* datacenters true */
};

/*
 * Parses the joined argument of a function of that kind. *query is allocated in
 * the arena. 0; 1 if the argument asks nothing (an empty name: the function
 * gives its empty result); -1 and consul-template's message.
 */
int query_parse(enum query_kind, struct str argument, struct arena *,
    struct query **, struct error *);
/* A copy with all its strings, for who keeps it longer than the arena. */
struct query *query_copy(const struct query *);
void query_free(struct query **);

#endif
