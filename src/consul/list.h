/* SPDX-License-Identifier: MIT */
/*
 * The checks that are critical, or that warn: a short list, of which two
 * versions tell whose health has changed.
 */
#ifndef WEIR_CONSUL_LIST_H
#define WEIR_CONSUL_LIST_H

#include <stdint.h>

#include "weir/arena.h"
#include "weir/error.h"
#include "weir/str.h"

struct list_entry {
	uint64_t key;       /* of node, check and service instance */
	uint64_t modified;  /* ModifyIndex */
	struct str service; /* "": a check of the node itself */
};

/* Zero-initialise. */
struct short_list {
	struct arena arena;
	struct list_entry *entries; /* sorted by key */
	size_t count;
};

/* -1 and the error if the document is no list of checks. */
int short_list_read(struct short_list *, struct str json, struct error *);
void short_list_fini(struct short_list *);
/* Calls back for each entry that is in only one of the two, or differs. */
void short_list_compare(const struct short_list *, const struct short_list *,
    void (*on_difference)(void *, struct str service), void *arg);

#endif
