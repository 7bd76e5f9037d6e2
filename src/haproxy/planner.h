/* SPDX-License-Identifier: MIT */
/*
 * Planning in progress: one pair of texts, one list of steps. Steps are put in
 * as they are found, each with its phase, and sorted by phase at the end.
 */
#ifndef WEIR_HAPROXY_PLANNER_H
#define WEIR_HAPROXY_PLANNER_H

#include "proxy.h"
#include "weir/runtime.h"

/* In this order no backend passes through zero servers. */
enum phase {
	PHASE_ROOM, /* a name is freed for a server that is added */
	PHASE_ADD,
	PHASE_ADDRESS,
	PHASE_WEIGHT,
	PHASE_HEALTH, /* of those that are added; apart from ready, so that
		       * each goes out in one batch */
	PHASE_READY,
	PHASE_LESS, /* weights that become 0 */
	PHASE_DRAIN,
	PHASE_MAINT,
	PHASE_DELETE,
	PHASE_COUNT
};

struct plan {
	struct haproxy_steps *out;
	const struct haproxy_model *old_model, *new_model;
	const struct haproxy_running *running;
	const struct haproxy_policy *policy;
	struct arena arena; /* of what is read; ends with the planning */
	struct buf phases;  /* a byte for each step */
	struct buf word;    /* for whoever builds a string */
	struct proxy before, after; /* the section in hand */
	struct buf tracked;         /* what follows "track", in the new text */
	bool knows_tracked;
	int version; /* 206 is 2.6 */
};

/* A server in both texts, or a leftover that comes back. */
struct server_change {
	struct str backend, server;
	struct str path; /* "BACKEND/SERVER" */
	const struct definition *old, *new;
	struct str old_line, new_line; /* as written */
};

void plan_init(struct plan *, struct haproxy_steps *,
    const struct haproxy_running *, const struct haproxy_policy *);
/* Sorts the steps; a list that says "reload" holds none. */
void plan_fini(struct plan *);

struct haproxy_step *plan_step(
    struct plan *, enum phase, enum haproxy_step_kind, struct str path);

/* A string of these, in the steps' arena. */
struct str plan_join(struct plan *, const struct str *parts, size_t count);
#define JOIN(plan, ...)                                    \
	plan_join(plan, (const struct str[]){__VA_ARGS__}, \
	    sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

/* "backend B: server S: WHY: "OLD" -> "NEW"". A NULL line is not there. */
void plan_refuse_server(struct plan *, const struct server_change *,
    const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Lines as people should see them, behind ": ". */
void plan_put_lines(struct buf *, struct str old_line, struct str new_line);

/* May it stand in a command? HAProxy's names may hold no more than that. */
bool is_safe_name(struct str);
bool is_safe_word(struct str);
/* HAProxy's own number: 206 is 2.6. */
int version_number(const struct haproxy_version *);

/* The servers of the section in hand. */
void plan_servers(struct plan *);
/* What steps set and differs; refuses what they can't. */
void plan_slots(struct plan *, const struct server_change *);
/* It was disabled and is not: if it was added, its checks have not begun. */
void plan_enabled(struct plan *, const struct server_change *);
/* A line that is new. */
void plan_added(struct plan *, const struct proxy_server *);

#endif
