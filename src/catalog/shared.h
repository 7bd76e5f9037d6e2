/* SPDX-License-Identifier: MIT */
/*
 * What repeats from answer to answer: a node and its checks stand in the answer
 * of each service that the node runs. It is kept once in the process and
 * counted; five hundred services on two hundred nodes have two hundred.
 */
#ifndef WEIR_CATALOG_SHARED_H
#define WEIR_CATALOG_SHARED_H

#include "record.h"

/*
 * The node as it is kept for the process, with one more reference. What it
 * holds is copied if it is new.
 */
const struct node_part *shared_node(const struct node_part *);
const struct node_part *shared_ref(const struct node_part *);
void shared_unref(const struct node_part *);
/* See answer.has_control. */
bool shared_has_control(const struct node_part *);

/* How many are kept, for tests. */
size_t shared_count(void);

#endif
