/* SPDX-License-Identifier: MIT */
/*
 * Connections. A blocking query holds one for as long as it waits, unless
 * HTTP/2 carries many on one. When there are more watches than connections, the
 * most volatile keep theirs and the rest is swept. Who is calm gives its
 * connection to one that changes more when its blocking query has ended by
 * itself: Consul keeps a connection that the client closes in the middle of
 * one, and counts it, until the wait is over.
 *
 * A default agent resets the 201st connection of a client (Consul's
 * limits.http_max_conns_per_client).
 */
#include "core.h"

#include <assert.h>

/* Plain requests at once: two cores are kept busy, and no more than so many
 * answers are in memory. */
#define WORKERS_MOST  12u
#define WORKERS_LEAST 2u
/* Watches that block over HTTP/2, 250 on a connection: each takes 20 kB in
 * curl's hands, and being swept is not much slower. */
#define STREAMS_MOST 500u
/* Connections left for plain requests when all may block. */
#define SPARE 2u
/* By how much the score must be better: a change a minute ago. */
#define YIELD_SCORE 0.5
/* Below this, four minutes after a lone change, a watch is as well swept: a
 * connection that waits costs an answer in full each time its wait ends. */
#define CALM_SCORE 0.05

/* ---- the queue ---- */

static void
append(struct watch *w, int which)
{
	struct queue *q = &w->consul->queues[which];

	w->queue = which;
	w->queue_next = NULL;
	w->queue_prev = q->last;
	if (q->last)
		q->last->queue_next = w;
	else
		q->first = w;
	q->last = w;
}

void
queue_put(struct watch *w, bool urgent)
{
	assert(w->queue < 0);
	append(w, urgent ? QUEUE_URGENT : QUEUE_NORMAL);
	watch_set_state(w, WATCH_QUEUED);
}

void
queue_remove(struct watch *w)
{
	struct queue *q;

	if (w->queue < 0)
		return;
	q = &w->consul->queues[w->queue];
	w->queue = -1;
	if (w->queue_prev)
		w->queue_prev->queue_next = w->queue_next;
	else
		q->first = w->queue_next;
	if (w->queue_next)
		w->queue_next->queue_prev = w->queue_prev;
	else
		q->last = w->queue_prev;
}

/* Whose turn it is. Those of a slow datacenter stand aside when they have their
 * share, once each. */
static struct watch *
queue_next(struct consul *c)
{
	struct watch *w;

	for (int i = 0; i < QUEUE_SLOW; i++)
		while ((w = c->queues[i].first)) {
			if (slow_may_go(w))
				return w;
			queue_remove(w);
			append(w, QUEUE_SLOW);
		}
	for (w = c->queues[QUEUE_SLOW].first; w; w = w->queue_next)
		if (slow_may_go(w))
			return w;
	return NULL;
}

static unsigned
connections(const struct consul *c)
{
	return c->config->max_connections > 0
		   ? (unsigned)c->config->max_connections
		   : 1;
}

void
queue_pump(struct consul *c)
{
	unsigned most =
	    c->multiplexed ? STREAMS_MOST + WORKERS_MOST : connections(c);
	struct watch *w;

	while (!c->closing && c->fetching < c->workers && c->out < most &&
	       (w = queue_next(c))) {
		queue_remove(w);
		watch_send(w, w->want == ASK_BLOCK ? ASK_PLAIN : w->want);
	}
}

/* ---- who may block ---- */

static bool
blocks(const struct watch *w)
{
	return !request_is_polled(w->query);
}

/* The watch with (or without) a connection that is best given up (or best
 * given one). Who can't be probed keeps its own before all others. */
static struct watch *
pick(const struct consul *c, bool dedicated)
{
	int64_t now = consul_now(c);
	struct strmap_entry *e;
	struct watch *best = NULL;
	double best_score = 0;

	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;
		double score = watch_score(w, now);

		if (w->dedicated != dedicated || !blocks(w))
			continue;
		if (!request_takes_probe(w->query))
			score += 1e6;
		if (dedicated)
			score = -score;
		if (!best || score > best_score) {
			best = w;
			best_score = score;
		}
	}
	return best;
}

static unsigned
count(const struct consul *c, bool only_dedicated)
{
	struct strmap_entry *e;
	unsigned n = 0;

	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		const struct watch *w = e->value;

		n += blocks(w) && (w->dedicated || !only_dedicated);
	}
	return n;
}

static bool
is_bound(const struct watch *w)
{
	return !request_takes_probe(w->query);
}

/* Is a connection of its own well spent on it, now that not all can have one?
 */
static bool
deserves(const struct consul *c, const struct watch *w)
{
	return !c->sweeping || is_bound(w) ||
	       watch_score(w, consul_now(c)) >= CALM_SCORE;
}

/* As many as the room allows, and of those that want it the right ones. */
static void
fill(struct consul *c, unsigned room)
{
	unsigned n = count(c, true);
	struct watch *in, *out;

	for (; n > room && (out = pick(c, true)); n--)
		watch_release(out);
	for (; n < room && (in = pick(c, false)) && deserves(c, in); n++)
		watch_dedicate(in);
	/* Room for those that can't be probed. */
	while ((in = pick(c, false)) && is_bound(in) && (out = pick(c, true)) &&
	       !is_bound(out)) {
		watch_release(out);
		watch_dedicate(in);
	}
}

static unsigned
clamp(unsigned n, unsigned least, unsigned most)
{
	return n < least ? least : n > most ? most : n;
}

void
budget_assign(struct consul *c)
{
	unsigned most = connections(c), wanted = count(c, false), taken;
	unsigned room = most > SPARE ? most - SPARE : 1;

	if (c->closing)
		return;
	if (c->multiplexed) {
		most = STREAMS_MOST;
		room = most;
	}
	c->sweeping = wanted > room && !c->options.once;
	c->workers = clamp(most, 1, WORKERS_MOST);
	if (c->sweeping) {
		c->workers = clamp(most / 8, WORKERS_LEAST, WORKERS_MOST);
		taken = c->workers + sweep_connections(c);
		room = most > taken ? most - taken : 1;
	}
	c->room = room;
	fill(c, room);
	sweep_arrange(c);
	queue_pump(c);
}

void
budget_yield(struct watch *w)
{
	struct consul *c = w->consul;
	int64_t now = consul_now(c);
	struct watch *in;

	if (!c->sweeping || w->sentinel || !blocks(w) || is_bound(w))
		return;
	if (!w->dedicated) {
		w->dedicated = deserves(c, w) && count(c, true) < c->room;
		return;
	}
	in = pick(c, false);
	if (in && in->answered &&
	    watch_score(in, now) >= watch_score(w, now) + YIELD_SCORE) {
		w->dedicated = false;
		watch_dedicate(in);
	} else if (!deserves(c, w)) {
		w->dedicated = false;
	}
}
