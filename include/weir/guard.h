/* SPDX-License-Identifier: MIT */
/* stage: plan
 *
 * The guard: what Consul says is believed unless it takes away too much at
 * once. It judges each answer that would replace another in the catalog; one
 * that it holds stays out of every view until the data recover, `hold` passes,
 * or the operator approves. One thread; the caller's clock is monotonic.
 */
#ifndef WEIR_GUARD_H
#define WEIR_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/buf.h"
#include "weir/catalog.h"

struct guard;

struct guard_options {
	struct catalog *catalog; /* borrowed; judged by the guard from now on */
	int max_removed;         /* per cent; 100: nothing is ever held */
	int64_t hold_ms;         /* 0: for ever */
	int64_t (*now)(void *arg); /* monotonic, milliseconds */
	/* guard_due changed; called from within catalog_put. */
	void (*on_hold)(void *arg);
	/* A held answer is in the catalog now, by time or by approval. Not
	 * called when the data recover: then the source tells of its answer. */
	void (*on_release)(void *arg, struct str id);
	void *arg;
};

struct guard *guard_new(const struct guard_options *);
/* Before the catalog is freed. */
void guard_free(struct guard **);
/* Other limits, after a reload of the configuration: for what is held too. */
void guard_configure(struct guard *, int max_removed, int64_t hold_ms);

/* When something is released by time, monotonic; -1: never. */
int64_t guard_due(const struct guard *);
/* Releases what is due. */
void guard_expire(struct guard *);

/* The held answer of this query, or all of them if id is empty: believed; kept
 * out until the data recover. Both return how many. */
size_t guard_approve(struct guard *, struct str id);
size_t guard_deny(struct guard *, struct str id);

/* What is held. Strings are borrowed until the next call. */
struct held {
	struct str id;
	size_t was, is; /* elements: in use, and held */
	bool restarted; /* Consul's index went backwards */
	bool denied;
	int64_t age_ms; /* since it was held */
	int64_t since_unix;
	int64_t due_ms; /* from now; -1: not released by time */
};
bool guard_next(const struct guard *, size_t *at, struct held *);
/* "from 20 to 0 elements", and what releases it: "the data recover, 4m50s pass,
 * or weir approve". */
void held_print_change(const struct held *, struct buf *);
void held_print_release(const struct held *, struct buf *);

struct guard_totals {
	uint64_t held, recovered, expired, approved, denied;
};
void guard_get_totals(const struct guard *, struct guard_totals *);

#endif
