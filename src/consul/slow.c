/* SPDX-License-Identifier: MIT */
/*
 * Datacenters that keep their requests waiting and then fail: one behind a
 * broken link would otherwise hold every place in the queue for half a minute
 * at a time, and what changes elsewhere would wait behind it. Until one of its
 * queries is answered, half of the places is all that it gets.
 */
#include "core.h"

#include "weir/log.h"

/* A failure that came sooner has kept nobody waiting. */
#define SLOW_MS 1000

/* Of this agent's own datacenter nothing is said: without it all is slow. */
static struct str
datacenter_of(const struct watch *w)
{
	struct str dc = w->query ? w->query->datacenter : STR("");
	const char *own = w->consul->datacenter;

	return own && str_is(dc, own) ? STR("") : dc;
}

static bool
is_slow(const struct watch *w)
{
	struct str dc = datacenter_of(w);

	return w->consul->slow.count && dc.len &&
	       strmap_has(&w->consul->slow, dc);
}

void
slow_failed(struct watch *w)
{
	struct consul *c = w->consul;
	struct str dc = datacenter_of(w);

	if (!dc.len || w->trouble != TROUBLE_OUTAGE || w->asked == ASK_BLOCK ||
	    w->heard_ms - w->sent_ms < SLOW_MS || is_slow(w) ||
	    w->sent_ms < c->slow_until_ms) /* asked before it answered */
		return;
	strmap_put(&c->slow, dc, NULL);
	log_info("consul",
	    "datacenter %.*s is slow to fail: until it answers, at most half of "
	    "the requests are its own",
	    (int)dc.len, dc.ptr);
}

void
slow_answered(struct watch *w)
{
	struct str dc = datacenter_of(w);

	if (!is_slow(w))
		return;
	strmap_take(&w->consul->slow, dc);
	w->consul->slow_until_ms = w->heard_ms;
	log_info(
	    "consul", "datacenter %.*s answers again", (int)dc.len, dc.ptr);
}

bool
slow_may_go(const struct watch *w)
{
	const struct consul *c = w->consul;
	unsigned most = c->workers > 1 ? c->workers / 2 : 1;

	/* When all fail, nobody waits behind it. */
	return c->crawling < most || c->failing >= c->watches.count ||
	       !is_slow(w);
}

void
slow_sent(struct watch *w)
{
	w->crawls = w->asked != ASK_BLOCK && is_slow(w);
	w->consul->crawling += w->crawls;
}

void
slow_over(struct watch *w)
{
	w->consul->crawling -= w->crawls;
	w->crawls = false;
}
