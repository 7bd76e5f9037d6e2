/* SPDX-License-Identifier: MIT */
/*
 * What a watch hears: which answers are good, what they are good for, and the
 * callback that ends it all. Nothing is decoded that can't have changed.
 *
 * Source: developer.hashicorp.com/consul/api-docs/features/blocking,
 * …/features/consistency.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

/* An answer that brings nothing and comes in less time than this was no wait:
 * the pause doubles each time, up to six times. */
#define EARLY_MS   1000
#define EARLY_MOST 6

static void
note_change(struct watch *w)
{
	int64_t now = consul_now(w->consul);

	w->score = watch_score(w, now) + 1;
	w->score_ms = now;
}

/* The body of a query's answer, decoded and stored. -1: the error says why. */
static int
store(struct watch *w, struct str body, uint64_t index, bool *changed,
    struct error *error)
{
	struct consul *c = w->consul;
	struct answer *a = consul_decode(w->query, body, error);

	if (!a)
		return -1;
	a->index = index;
	a->received_ms = consul_now(c);
	*changed = catalog_put(c->options.catalog, w->id, a);
	return 0;
}

/*
 * A good answer with that index. What can't be read is a failure, and the index
 * stays, so that it is asked for again. The callback comes last: it may stop
 * this watch.
 */
static void
take(struct watch *w, struct str body, uint64_t index)
{
	struct consul *c = w->consul;
	uint64_t hash = str_hash(body);
	bool first = !w->answered, moved = first || index != w->index;
	bool same = !first && hash == w->hash, changed = false, tell;
	struct error error = {0};
	int rc = 0;

	if (w->sentinel)
		rc = sweep_sentinel(w, body, first, moved, &error) ? 0 : -1;
	else if (!w->query)
		rc = consul_learn(c, body, &error);
	else if (!same)
		rc = store(w, body, index, &changed, &error);
	if (rc < 0) {
		watch_fail(w, error.text);
		error_fini(&error);
		return;
	}
	watch_recover(w);
	sweep_done(w);
	w->hash = hash;
	w->index = index;
	w->good_ms = consul_now(c);
	c->totals.answers++;
	if (w->query && moved && !same && !first)
		note_change(w);
	w->answered = true;
	tell = w->query && (first || changed);
	c->totals.changes += tell && changed;
	watch_rest(w, first);
	queue_pump(c);
	if (tell)
		c->options.on_change(c->options.arg, w->id, changed);
}

void
watch_accept(struct watch *w, struct str body)
{
	take(w, body, 0);
}

/* A key that isn't there is an answer, if it is Consul who says so. */
static bool
is_absent_key(const struct watch *w, const struct http_answer *a)
{
	return a->status == 404 && w->query && *a->headers[HEADER_INDEX] &&
	       (w->query->kind == QUERY_KEY ||
		   w->query->kind == QUERY_KEY_GET ||
		   w->query->kind == QUERY_KEY_LIST);
}

/* A server that lost touch with the leader answers from what it knew then. */
static bool
is_too_stale(const struct watch *w, const struct http_answer *a)
{
	const char *age = a->headers[HEADER_AGE];
	int64_t bound = w->consul->config->stale_ms;

	if (bound <= 0 || w->consistent || !watch_takes_stale(w))
		return false;
	return strtoll(age, NULL, 10) > bound ||
	       !strcmp(a->headers[HEADER_LEADER], "false");
}

/* An answer that brought nothing and did not take its time. */
static void
count_early(struct watch *w, uint64_t index)
{
	bool waited = w->heard_ms - w->sent_ms >= EARLY_MS;

	if (w->asked != ASK_BLOCK)
		return;
	if (waited || (index && index != w->index))
		w->early = 0;
	else if (w->early < EARLY_MOST)
		w->early++;
}

static void
hear_agent(struct watch *w, struct str body)
{
	struct error error = {0};

	if (consul_learn(w->consul, body, &error) < 0) {
		watch_fail(w, error.text);
	} else {
		w->want = ASK_PLAIN;
		queue_put(w, true);
		queue_pump(w->consul);
	}
	error_fini(&error);
}

/* The last index of this run, or else of an earlier one; 0: none. */
static uint64_t
known_index(const struct watch *w)
{
	const struct catalog *catalog = w->consul->options.catalog;
	const struct answer *a;

	if (w->answered || !w->query)
		return w->index;
	a = catalog_memory(catalog, w->id);
	if (!a)
		a = catalog_get(catalog, w->id);
	return a ? a->index : 0;
}

/*
 * An index that goes backwards: the server was restored, is another one — or
 * has just been started and has not read its log again, and then it knows
 * nothing and says so. A leader that answers consistent reads knows better.
 */
static bool
is_doubtful(struct watch *w, uint64_t index)
{
	bool backwards = index < known_index(w);

	if (backwards && !w->doubted && watch_takes_stale(w))
		return true;
	w->doubted = false;
	return false;
}

static void
hear(struct watch *w, struct str body, uint64_t index)
{
	if (w->asked == ASK_AGENT) {
		hear_agent(w, body);
		return;
	}
	if (w->asked == ASK_PROBE) {
		if (index == w->index && index) {
			watch_recover(w);
			sweep_done(w);
			w->good_ms = w->heard_ms;
			watch_rest(w, false);
		} else {
			w->want = ASK_PLAIN;
			queue_put(w, true);
		}
		queue_pump(w->consul);
		return;
	}
	count_early(w, index);
	if (is_doubtful(w, index)) {
		w->doubted = true;
		w->want = ASK_PLAIN;
		watch_pause(w, WATCH_PACING, watch_pace(w));
		return;
	}
	if (w->query && w->query->kind == QUERY_DATACENTERS &&
	    w->query->only_reachable) {
		reach_start(w, body);
		return;
	}
	if (w->answered && index && index == w->index && !w->failures &&
	    w->asked == ASK_BLOCK) {
		w->good_ms = w->heard_ms;
		w->consul->totals.answers++;
		watch_rest(w, false);
		return;
	}
	take(w, body, index);
}

/* A 200, or what stands for one. */
static void
hear_good(struct watch *w, struct http_answer *a)
{
	w->tried = 0;
	if (is_absent_key(w, a)) {
		buf_reset(&a->body);
		buf_puts(&a->body, "[]");
	} else if (a->status != 200) {
		watch_fail_status(w, a);
		return;
	}
	if (is_too_stale(w, a)) {
		w->consistent = true;
		watch_send(w, w->asked);
		return;
	}
	w->consistent = false;
	w->heard_index = strtoull(a->headers[HEADER_INDEX], NULL, 10);
	hear(w, buf_as_str(&a->body), w->heard_index);
}

/* The watch lives until watch_over, whoever stops it meanwhile. */
void
watch_on_answer(void *arg, struct http_answer *a)
{
	struct watch *w = arg;
	struct consul *c = w->consul;
	/* The next address may speak another version than the one before. */
	bool news = !a->cancelled && a->status &&
		    w->endpoint == c->endpoints.current &&
		    a->http2 != c->multiplexed;

	c->multiplexed ^= news;
	if (!a->cancelled) {
		w->request = NULL;
		if (w->asked != ASK_BLOCK)
			c->fetching--;
		slow_over(w);
		w->heard_ms = consul_now(c);
		if (error_is_set(&a->error))
			watch_fail_transport(w, a);
		else
			hear_good(w, a);
	}
	if (news)
		budget_assign(c);
	watch_over(w);
}
