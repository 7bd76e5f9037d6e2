/* SPDX-License-Identifier: MIT */
/*
 * Where answers come from: a Consul, or a catalog file. The commands ask for
 * queries and hear of changes; which of the two it is shows only here.
 */
#ifndef WEIR_CMD_SOURCE_H
#define WEIR_CMD_SOURCE_H

#include <stdbool.h>
#include <uv.h>

#include "weir/catalog.h"
#include "weir/config.h"
#include "weir/consul.h"

struct source;

struct source_options {
	uv_loop_t *loop;
	const struct config *config; /* borrowed: outlives the source */
	struct catalog *catalog;
	bool once;
	/* An answer came; never called from within a call. */
	void (*on_change)(void *arg, struct str id, bool changed);
	void *arg;
};

struct source *source_new(const struct source_options *, struct error *);
void source_close(struct source **, void (*on_closed)(void *), void *arg);
void source_want(struct source *, const struct query *const *, size_t count);
/* Why a query has no (fresh) answer, NULL if nothing is known. */
const char *source_why(void *source, struct str id);
/* All that it will ever answer has been answered. */
bool source_is_settled(const struct source *);
/* NULL for a catalog file. */
struct consul *source_consul(const struct source *);
/* "Consul at ADDRESS" or "catalog file PATH". */
const char *source_name(const struct source *);
struct str source_agent(const struct source *);
struct str source_datacenter(const struct source *);
/* Re-reads a catalog file: 1 changed, 0 not, -1 bad (the old one goes on). */
int source_reload(struct source *, struct error *);

#endif
