/* SPDX-License-Identifier: MIT */
/*
 * What repeats from answer to answer: a node and its checks stand in the answer
 * of each service that the node runs. Such a record is kept once in the process
 * and counted; five hundred services on two hundred nodes have two hundred.
 */
#ifndef WEIR_CATALOG_SHARED_H
#define WEIR_CATALOG_SHARED_H

#include "weir/catalog.h"

/*
 * The record (a health_check, or the node's part of a health_service) as it is
 * kept for the process, with one more reference. Its strings and maps are
 * copied if it is new.
 */
struct shared *shared_check(const struct health_check *);
struct shared *shared_node(const struct health_service *);
void shared_unref(struct shared *);

const struct health_check *shared_as_check(const struct shared *);
/* Points the node's part of the record to what is kept. */
void shared_put_node(const struct shared *, struct health_service *);

/* How many are kept, for tests. */
size_t shared_count(void);

#endif
