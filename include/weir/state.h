/* SPDX-License-Identifier: MIT */
/* stage: catalog
 *
 * The last good answers on disk (DESIGN §8), so that a start while Consul is
 * down gives the last known configuration. Two files in one directory:
 * `answers` holds them all, `answers.recent` those that changed since, so that
 * a change costs what changed. Each is replaced as a whole, begins with its
 * version, ends with a checksum, and says whose answers it holds; what doesn't
 * fit in any way is refused and set aside, never used in part.
 *
 * Values are written as the type tables describe them, so that what is read
 * again is what it was, whatever template looks at it.
 */
#ifndef WEIR_STATE_H
#define WEIR_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "weir/catalog.h"

/* One answer to be written. */
struct state_entry {
	struct str id;
	const struct answer *answer; /* borrowed until it is written */
	uint64_t index;
	int64_t time; /* unix seconds: Consul is known to have said so then */
};

struct state_image {
	struct str identity;   /* whose answers: of another they are refused */
	struct str datacenter; /* of the agent that gave them; "": not known */
	uint64_t base; /* number of the `answers` that this is, or is recent to
			*/
	bool recent;   /* it is answers.recent */
	const struct state_entry *entries;
	size_t count;
};

/*
 * Replaces the file of that directory; a new `answers` ends the old recent one.
 * May be called on a thread of its own: answers don't change, and nothing else
 * is touched. *bytes: the file's size.
 */
int state_write(const char *directory, const struct state_image *,
    uint64_t *bytes, struct error *);

/* What was found in the directory. */
struct state_found {
	size_t answers;
	uint64_t base;
	uint64_t bytes;
	int64_t oldest;      /* unix seconds; 0: no answers */
	char datacenter[64]; /* of the agent that gave them; "": not known */
};
/*
 * Puts what both files hold behind the catalog (catalog_remember). 0 also if
 * there is none. -1: refused and renamed to NAME.refused; the error says why,
 * and nothing of either was used.
 */
int state_read(const char *directory, struct str identity, struct catalog *,
    struct state_found *, struct error *);
/* All that the files hold is known to be true still, at that time. */
void state_confirm(const char *directory, int64_t time);

#endif
