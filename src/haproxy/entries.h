/* SPDX-License-Identifier: MIT */
/*
 * The entries of a map or an ACL file, as HAProxy reads the file
 * (configuration.txt, "map_<match_type>" and "-f"), and as "show map" and "show
 * acl" print what is loaded.
 */
#ifndef WEIR_HAPROXY_ENTRIES_H
#define WEIR_HAPROXY_ENTRIES_H

#include "weir/arena.h"
#include "weir/error.h"
#include "weir/str.h"

struct entry {
	struct str key, value; /* of an ACL the value is empty */
};

struct entries {
	struct entry *items;
	size_t count;
};

/* Slices of the text, the list in the arena. -1: HAProxy would read something
 * else than what stands there. */
int entries_read(struct entries *, struct str text, bool acl, struct arena *,
    struct error *);
/* From an answer. -1: it is none. */
int entries_listed(struct entries *, struct str answer, bool acl,
    struct arena *, struct error *);

#endif
