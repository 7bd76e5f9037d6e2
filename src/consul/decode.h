/* SPDX-License-Identifier: MIT */
/*
 * Private to the stage: one decoder for each kind of answer. Each reads the
 * whole document and gives the answer its value; a failure is in the reader's
 * scan.
 */
#ifndef WEIR_CONSUL_DECODE_H
#define WEIR_CONSUL_DECODE_H

#include "weir/catalog.h"

#include "shape.h"

typedef void decode_fn(struct reader *, struct answer *, const struct query *);

/* decode_health.c */
decode_fn decode_health;
/* decode_catalog.c */
decode_fn decode_services, decode_node, decode_nodes, decode_strings;
/* decode_kv.c */
decode_fn decode_key, decode_pairs;
/* decode_mesh.c */
decode_fn decode_roots, decode_leaf, decode_partitions, decode_peerings,
    decode_exported, decode_imported;

#endif
