/* SPDX-License-Identifier: MIT */
/* stage: consul
 *
 * Watching Consul: one blocking query for each query that templates want,
 * paced, retried with full jitter, within a budget of connections. Answers go
 * into the catalog; what goes wrong stays visible in the watch and never
 * empties anything.
 *
 * Source: developer.hashicorp.com/consul/api-docs/features/blocking,
 * …/consistency, …/filtering.
 */
#ifndef WEIR_CONSUL_H
#define WEIR_CONSUL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "weir/catalog.h"
#include "weir/config.h"

struct consul;

/* Called after an answer that templates can see was put into the catalog (or,
 * with changed false, when a first answer came). Never from within a call. */
typedef void consul_change_cb(void *arg, struct str id, bool changed);

struct consul_options {
	uv_loop_t *loop;
	const struct config_consul *config; /* borrowed: outlives it */
	struct catalog *catalog;            /* borrowed */
	consul_change_cb *on_change;
	void *arg;
	/* One answer each, no blocking: weir render. */
	bool once;
};

struct consul *consul_new(const struct consul_options *, struct error *);
/* Ends all watches; on_closed when nothing of it is left on the loop. */
void consul_close(struct consul **, void (*on_closed)(void *), void *arg);

/*
 * Makes the set of watches equal to wanted[0..count): starts, keeps, stops.
 * Queries are copied. A stopped watch's answer is dropped from the catalog.
 */
void consul_want(
    struct consul *, const struct query *const *wanted, size_t count);
/* Name of the agent's node once known, "" before. */
struct str consul_agent_name(const struct consul *);
/* Datacenter of the agent, "" before it is known. */
struct str consul_datacenter(const struct consul *);

enum watch_state {
	WATCH_IDLE,    /* swept: waits for a sentinel */
	WATCH_QUEUED,  /* wants a connection */
	WATCH_WAITING, /* blocking query is out */
	WATCH_BACKOFF, /* after an error */
	WATCH_PACING,  /* the pause between two answers */
	WATCH_STOPPED
};
const char *watch_state_name(enum watch_state);

struct watch_info {
	struct str id;
	enum watch_state state;
	bool answered; /* there is a last good answer */
	bool stale;    /* … and the watch is in error since */
	uint64_t index;
	int64_t age_ms;      /* of the last good answer */
	int64_t next_try_ms; /* from now; 0 */
	uint32_t failures;   /* in a row */
	const char *error;   /* last error's text; NULL */
};
/* One watch's state; false if there is none of that id. */
bool consul_watch_info(
    const struct consul *, struct str id, struct watch_info *);
/* for (size_t i = 0; consul_next(c, &i, &info);) */
bool consul_next(const struct consul *, size_t *at, struct watch_info *);

struct consul_totals { /* counters since start, for metrics */
	uint64_t requests, answers, changes, errors, bytes, sweeps;
	uint32_t connections, watches;
};
void consul_totals(const struct consul *, struct consul_totals *);

/* Decodes Consul's JSON for the query into a new answer's records. */
struct answer *consul_decode(
    const struct query *, struct str json, struct error *);

#endif
