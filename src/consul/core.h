/* SPDX-License-Identifier: MIT */
/*
 * Private to the stage: the set of watches and one watch. A watch asks in one
 * of three ways: plain (an answer at once), block (an answer when the index has
 * passed), probe (the index alone). Plain requests and probes pass through one
 * queue, so that a thousand watches don't ask at once; a blocking query needs a
 * connection of the watch's own, of which there is a budget.
 *
 * Who decides what: watch.c how one watch goes on; hear.c what an answer is
 * worth; fail.c what becomes of a failure; budget.c who may block and who is
 * next in the queue; sweep.c when those without a connection are looked at.
 */
#ifndef WEIR_CONSUL_CORE_H
#define WEIR_CONSUL_CORE_H

#include "weir/consul.h"
#include "weir/http.h"

#include "endpoint.h"
#include "request.h"
#include "token.h"

/* Milliseconds between two answers of one query. */
#define PACE_MS 100

enum ask { ASK_PLAIN, ASK_PROBE, ASK_BLOCK, ASK_AGENT };

/* Whose a failure is: of what is asked alone, of everybody who asks this
 * Consul, or of this token, if it is everybody's. */
enum trouble { TROUBLE_OWN, TROUBLE_OUTAGE, TROUBLE_REFUSED };

struct scope;
struct sentinel;
struct reach;

struct watch {
	struct consul *consul;
	struct query *query;             /* owned; NULL: a sentinel, or self */
	const struct sentinel *sentinel; /* what it looks at, or NULL */
	struct scope *scope;             /* sentinels: whose */
	struct str id;
	enum watch_state state;

	enum ask want;  /* asked when its turn comes */
	enum ask asked; /* by the request that is out */
	struct http_request *request;
	size_t endpoint;      /* that the request went to */
	unsigned outstanding; /* callbacks still to come */
	uv_timer_t timer;
	bool timer_open;
	struct reach *reach; /* datacenters true */

	uint64_t index;            /* of the last good answer */
	uint64_t hash;             /* of its body */
	uint64_t heard_index;      /* of the last answer of any kind */
	int64_t good_ms;           /* when it came: loop's time */
	int64_t sent_ms, heard_ms; /* the last request, its answer */
	int64_t due_ms;            /* PACING, BACKOFF: until */
	uint32_t failures;         /* in a row */
	uint32_t tried;            /* addresses, since one answered */
	uint32_t early;            /* answers in a row that brought
				    * nothing and came at once */
	char *error;
	bool answered;
	bool dedicated;  /* has a connection of its own for blocking */
	bool consistent; /* the next is asked without `stale` */
	bool doubted;    /* its index went backwards: the next is asked so that
			  * only     a leader may answer, and believed */
	bool again;      /* something changed while a request was out */
	bool in_round;   /* counted in consul->round_left */
	bool complained; /* its failure was logged */
	bool crawls;     /* counted in consul->crawling */
	enum trouble trouble; /* what its failure means */

	double score; /* changes lately: halves every minute */
	int64_t score_ms;
	uint64_t generation; /* of consul_want that wanted it */
	struct watch *queue_prev, *queue_next;
	int queue; /* which it is on; -1: none */
};

struct queue {
	struct watch *first, *last;
};

enum { QUEUE_URGENT, QUEUE_NORMAL, QUEUE_SLOW, QUEUES };

struct consul {
	struct consul_options options;
	const struct config_consul *config;
	struct http_client *http;
	struct endpoints endpoints;
	struct token token;
	struct strmap watches; /* id → struct watch, queries only */
	struct watch *self;    /* who the agent is */
	char *agent_name, *datacenter;
	uint64_t generation;
	unsigned refs; /* what of it is still on the loop */
	bool closing;
	void (*on_closed)(void *);
	void *closed_arg;

	/* budget.c */
	struct queue queues[QUEUES];
	unsigned out;      /* requests */
	unsigned fetching; /* of them plain or probe */
	unsigned crawling; /* of those to a datacenter of slow */
	unsigned workers;  /* most of those at once */
	unsigned room;     /* watches that may have connections of their own */
	bool multiplexed;  /* HTTP/2 was spoken */
	bool sweeping;     /* some watches have no connection */
	int64_t slow_until_ms; /* when one of slow answered last */
	struct strmap slow;    /* slow.c: names of datacenters; no values */

	/* sweep.c */
	struct scope *scopes;
	uv_timer_t round_timer, rotate_timer;
	int64_t round_started_ms, round_took_ms;
	unsigned round_left; /* watches of the round not yet looked at */
	bool round_again;
	size_t rotate_at;

	/* watch.c */
	unsigned failing, complaints;
	bool hushed;            /* more failures than are logged */
	uv_timer_t scout_timer; /* runs while watches fail */
	uint64_t scouts;        /* sent so far: whose turn it is */
	int64_t hurried_ms;     /* when all were last told to try again */
	struct consul_totals totals;
};

/* ---- watch.c ---- */

/* Idle; not in the set. Takes the query. */
struct watch *watch_new(struct consul *, struct query *);
struct watch *watch_new_sentinel(
    struct consul *, struct scope *, const struct sentinel *, const char *id);
/* Ends it; freed from the loop. */
void watch_stop(struct watch **);
/* Asks at once. */
void watch_send(struct watch *, enum ask);
/* First request of a watch, or the next after a failure. */
void watch_start(struct watch *);
/* Something of it may have changed: look (ASK_PROBE) or fetch (ASK_PLAIN). */
void watch_wake(struct watch *, enum ask, bool urgent);
/* Gives it a connection of its own, or takes it. */
void watch_dedicate(struct watch *);
void watch_release(struct watch *);
/* After a good answer: what next? */
void watch_rest(struct watch *, bool first);
/* PACING or BACKOFF for so long, then its turn comes again. */
void watch_pause(struct watch *, enum watch_state, int64_t ms);
/* Milliseconds until the next answer may come. */
int64_t watch_pace(const struct watch *);
void watch_set_state(struct watch *, enum watch_state);
double watch_score(const struct watch *, int64_t now);
bool watch_takes_stale(const struct watch *);
/* By chance, 0 … most - 1. */
int64_t watch_some(int64_t most);
/* ask.headers of every request. */
enum { HEADER_INDEX, HEADER_AGE, HEADER_LEADER };

/* One more request of the watch, to that path. Who is called back ends with
 * watch_over. */
struct http_request *watch_request(struct watch *, struct str path,
    int64_t timeout_ms, http_answer_cb *, void *arg);
void watch_over(struct watch *);

/* ---- hear.c ---- */

void watch_on_answer(void *watch, struct http_answer *);
/* A good answer of a polled query came about in its own way (reach.c). */
void watch_accept(struct watch *, struct str body);

/* ---- fail.c ---- */

void watch_fail(struct watch *, const char *text);
/* No connection, or it broke. */
void watch_fail_transport(struct watch *, struct http_answer *);
void watch_fail_status(struct watch *, const struct http_answer *);
/* The failure, if any, is over, and that is said; or it is only forgotten. */
void watch_recover(struct watch *);
void watch_forgive(struct watch *);
void fail_init(struct consul *);
void fail_close(struct consul *);

/* ---- budget.c ---- */

void queue_put(struct watch *, bool urgent);
void queue_remove(struct watch *);
/* Sends what may be sent. */
void queue_pump(struct consul *);
/* The set, or what is known of the server, has changed: who may block? */
void budget_assign(struct consul *);
/* Between two waits: has it a connection that another needs more, or that it
 * doesn't need itself? Has it none, and should it have one? */
void budget_yield(struct watch *);

/* ---- slow.c ---- */

/* A request of it failed, or was answered: what of its datacenter? */
void slow_failed(struct watch *);
void slow_answered(struct watch *);
/* May it be sent now, as far as that goes? */
bool slow_may_go(const struct watch *);
/* Its request is out, and is not any more. */
void slow_sent(struct watch *);
void slow_over(struct watch *);

/* ---- sweep.c ---- */

void sweep_init(struct consul *);
/* Sentinels for those without a connection, none if there are none. */
void sweep_arrange(struct consul *);
/* How many connections that takes, for that many watches. */
unsigned sweep_connections(const struct consul *);
/* A sentinel has answered; body is borrowed. */
bool sweep_sentinel(
    struct watch *, struct str body, bool first, bool moved, struct error *);
/* A watch of a round was looked at. */
void sweep_done(struct watch *);
void sweep_close(struct consul *);
/* for (size_t i = 0; (w = sweep_next(c, &i));): the sentinels. */
struct watch *sweep_next(const struct consul *, size_t *at);
void sentinel_print(
    const struct watch *, struct buf *, const struct request_how *);

/* ---- reach.c ---- */

/* Asks each datacenter of the list, then accepts those that answered. */
void reach_start(struct watch *, struct str body);
void reach_cancel(struct watch *);

/* ---- consul.c ---- */

void consul_unref(struct consul *);
void consul_on_timer_closed(uv_handle_t *);
/* /v1/agent/self. */
int consul_learn(struct consul *, struct str body, struct error *);

static inline int64_t
consul_now(const struct consul *c)
{
	return (int64_t)uv_now(c->options.loop);
}

#endif
