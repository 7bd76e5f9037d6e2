/* SPDX-License-Identifier: MIT */
/*
 * From a document to an answer: a table of decoders by kind of query.
 */
#include "decode.h"

#include <stdlib.h>

#include "weir/consul.h"
#include "weir/xalloc.h"

/* Elements of lists that are read at once, at first. */
#define STACK_FIRST 64

static const struct decoder {
	const char *what; /* first word of errors: the endpoint */
	decode_fn *decode;
} decoders[] = {
    [QUERY_SERVICE] = {"health/service", decode_health},
    [QUERY_CONNECT] = {"health/connect", decode_health},
    [QUERY_SERVICES] = {"catalog/services", decode_services},
    [QUERY_NODE] = {"catalog/node", decode_node},
    [QUERY_NODES] = {"catalog/nodes", decode_nodes},
    [QUERY_DATACENTERS] = {"catalog/datacenters", decode_strings},
    [QUERY_KEY] = {"kv", decode_key},
    [QUERY_KEY_GET] = {"kv", decode_key},
    [QUERY_KEY_LIST] = {"kv", decode_pairs},
    [QUERY_CA_ROOTS] = {"agent/connect/ca/roots", decode_roots},
    [QUERY_CA_LEAF] = {"agent/connect/ca/leaf", decode_leaf},
    [QUERY_PARTITIONS] = {"partitions", decode_partitions},
    [QUERY_PEERINGS] = {"peerings", decode_peerings},
    [QUERY_EXPORTED] = {"exported-services", decode_exported},
    [QUERY_IMPORTED] = {"imported-services", decode_imported},
};

struct answer *
consul_decode(const struct query *q, struct str json, struct error *error)
{
	struct answer *a = answer_new();
	const struct decoder *d = &decoders[q->kind];
	struct reader r = {.arena = &a->arena, .intern = intern_new(&a->arena)};

	r.room = STACK_FIRST;
	r.stack = xcalloc(r.room, sizeof(*r.stack));
	scan_init(&r.scan, json, d->what, error);
	d->decode(&r, a, q);
	if (scan_finish(&r.scan) < 0)
		answer_unref(&a);
	scan_fini(&r.scan);
	intern_free(&r.intern);
	free(r.stack);
	return a;
}
