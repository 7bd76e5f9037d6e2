/* SPDX-License-Identifier: MIT */
/*
 * Keeping the last good answers on disk (weir/state.h): a while after something
 * changed, on a thread of its own, so that nothing that is due waits for a
 * disk. What changed since the last whole file goes into the small one, until
 * it is worth a whole again.
 */
#ifndef WEIR_CMD_KEEP_H
#define WEIR_CMD_KEEP_H

#include "weir/catalog.h"
#include "weir/consul.h"
#include "weir/report.h"
#include "weir/state.h"

struct keep;

struct keep_options {
	uv_loop_t *loop;
	const char *directory;        /* copied */
	const char *identity;         /* whose answers; copied */
	struct catalog *catalog;      /* borrowed */
	struct consul *const *consul; /* borrowed; may point to NULL */
	struct run_totals *totals;    /* borrowed: counted there */
};

/* NULL if another weir keeps its answers in that directory, or it is not there;
 * the error says which. Reads nothing yet. */
struct keep *keep_new(const struct keep_options *, struct error *);
/* Puts what an earlier run kept behind the catalog, and logs what it found. */
void keep_load(struct keep *);
/* The datacenter whose agent gave what was loaded; "" if that isn't known. */
const char *keep_datacenter(const struct keep *);
/* Another Consul is asked from now on: what is kept is of that one. */
void keep_identify(struct keep *, const char *identity);
/* An answer changed. */
void keep_touch(struct keep *);
/* Saves what is not saved yet, and waits for it. The rest goes with the loop's
 * next turns. */
void keep_close(struct keep **);

#endif
