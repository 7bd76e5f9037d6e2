/* SPDX-License-Identifier: MIT */
/*
 * One watch: it asks, hears, pauses, asks again. Every way on passes through
 * watch_rest() after a good answer or watch_fail() after a bad one; both end in
 * a state, a timer or a place in the queue, and nothing else does.
 *
 * Source: developer.hashicorp.com/consul/api-docs/features/blocking.
 */
#include "core.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "weir/limits.h"
#include "weir/log.h"
#include "weir/xalloc.h"

/* What chance adds to the pace. */
#define PACE_JITTER_MS 20
/* Datacenters and partitions are asked again so often. */
#define POLL_MS 15000
/* Time for a whole answer, on top of what it may block. */
#define ANSWER_MS 30000
/* The same where there is another address to go on to. */
#define ANSWER_FIRST_MS 8000
/* Halving time of the score of changes. */
#define SCORE_MS 60000.0
/* Bytes read at once by a request that is answered at once. */
#define READ_SIZE (16u << 10)

static const char *const headers[] = {[HEADER_INDEX] = "X-Consul-Index",
    [HEADER_AGE] = "X-Consul-LastContact",
    [HEADER_LEADER] = "X-Consul-KnownLeader",
    NULL};

static const char *const state_names[] = {[WATCH_IDLE] = "idle",
    [WATCH_QUEUED] = "queued",
    [WATCH_WAITING] = "waiting",
    [WATCH_BACKOFF] = "backoff",
    [WATCH_PACING] = "pacing",
    [WATCH_STOPPED] = "stopped"};

/* The states that each may become. */
#define BIT(state) (1u << (state))
static const unsigned state_next[] = {
    [WATCH_IDLE] = BIT(WATCH_QUEUED) | BIT(WATCH_WAITING) | BIT(WATCH_PACING) |
		   BIT(WATCH_STOPPED),
    [WATCH_QUEUED] = BIT(WATCH_WAITING) | BIT(WATCH_IDLE) | BIT(WATCH_STOPPED),
    [WATCH_WAITING] = BIT(WATCH_IDLE) | BIT(WATCH_QUEUED) | BIT(WATCH_BACKOFF) |
		      BIT(WATCH_PACING) | BIT(WATCH_STOPPED),
    [WATCH_BACKOFF] =
	BIT(WATCH_QUEUED) | BIT(WATCH_WAITING) | BIT(WATCH_STOPPED),
    [WATCH_PACING] = BIT(WATCH_QUEUED) | BIT(WATCH_WAITING) | BIT(WATCH_IDLE) |
		     BIT(WATCH_STOPPED),
    [WATCH_STOPPED] = 0,
};

const char *
watch_state_name(enum watch_state state)
{
	return state_names[state];
}

void
watch_set_state(struct watch *w, enum watch_state state)
{
	if (w->state == state)
		return;
	assert(state_next[w->state] & BIT(state));
	log_debug("consul", "%.*s: %s -> %s", (int)w->id.len, w->id.ptr,
	    state_names[w->state], state_names[state]);
	w->state = state;
}

/* ---- life ---- */

static struct watch *
make(struct consul *c)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->consul = c;
	w->queue = -1;
	c->refs++;
	return w;
}

struct watch *
watch_new(struct consul *c, struct query *q)
{
	struct watch *w = make(c);

	w->query = q;
	w->id = q ? q->id : STR("agent/self");
	return w;
}

struct watch *
watch_new_sentinel(struct consul *c, struct scope *scope,
    const struct sentinel *sentinel, const char *id)
{
	struct watch *w = make(c);

	w->scope = scope;
	w->sentinel = sentinel;
	w->id = str_of(id);
	return w;
}

static void
free_if_over(struct watch *w)
{
	struct consul *c = w->consul;

	if (w->state != WATCH_STOPPED || w->outstanding || w->timer_open)
		return;
	query_free(&w->query);
	free(w->error);
	free(w);
	consul_unref(c);
}

static void
on_timer_closed(uv_handle_t *handle)
{
	struct watch *w = handle->data;

	w->timer_open = false;
	free_if_over(w);
}

static void
cancel(struct watch *w)
{
	if (w->request && w->asked != ASK_BLOCK)
		w->consul->fetching--;
	slow_over(w);
	http_cancel(&w->request);
}

void
watch_stop(struct watch **watch)
{
	struct watch *w = *watch;

	*watch = NULL;
	if (!w)
		return;
	queue_remove(w);
	sweep_done(w);
	reach_cancel(w);
	cancel(w);
	watch_forgive(w);
	watch_set_state(w, WATCH_STOPPED);
	w->scope = NULL;
	w->id = STR("");
	w->outstanding++;
	if (w->timer_open)
		uv_close((uv_handle_t *)&w->timer, on_timer_closed);
	w->outstanding--;
	free_if_over(w);
}

void
watch_over(struct watch *w)
{
	struct consul *c = w->consul;

	w->outstanding--;
	c->out--;
	queue_pump(c);
	free_if_over(w);
}

/* ---- asking ---- */

int64_t
watch_some(int64_t most)
{
	return most > 0 ? (int64_t)((uint64_t)random() % (uint64_t)most) : 0;
}

struct http_request *
watch_request(struct watch *w, struct str path, int64_t timeout_ms,
    http_answer_cb *on_answer, void *arg)
{
	struct consul *c = w->consul;
	const struct endpoint *e = endpoints_current(&c->endpoints);
	int compression = c->config->compression;
	struct http_ask ask = {.unix_socket = e->unix_socket,
	    .token = token_get(&c->token),
	    .headers = headers,
	    .timeout_ms = timeout_ms,
	    .max_body = LIMIT_ANSWER_BYTES,
	    .compressed = compression < 0 ? !e->local : compression,
	    .on_answer = on_answer,
	    .arg = arg};
	struct http_request *r;
	struct buf url = {0};

	buf_puts(&url, e->base);
	buf_str(&url, path);
	ask.url = url.ptr;
	if (w->asked != ASK_BLOCK)
		ask.read_size = READ_SIZE;
	r = http_start(c->http, &ask);
	buf_fini(&url);
	w->endpoint = c->endpoints.current;
	w->outstanding++;
	c->out++;
	c->totals.requests++;
	return r;
}

bool
watch_takes_stale(const struct watch *w)
{
	return w->sentinel || (w->query && request_takes_stale(w->query));
}

static void
print_path(const struct watch *w, struct buf *b, struct request_how *how)
{
	const struct consul *c = w->consul;

	how->stale = c->config->stale_ms > 0 && !w->consistent;
	how->consistent = w->doubted;
	how->probe = w->asked == ASK_PROBE;
	if (w->asked == ASK_BLOCK) {
		how->index = w->index;
		how->wait_ms = c->config->wait_ms;
		how->wait_ms += watch_some(how->wait_ms / 16);
	}
	if (w->asked == ASK_AGENT || (!w->sentinel && !w->query))
		buf_puts(b, "/v1/agent/self");
	else if (w->sentinel)
		sentinel_print(w, b, how);
	else
		request_print(
		    b, w->query, c->config, how, str_of(c->agent_name));
}

/* How long an answer may take, what it may block aside. */
static int64_t
patience(const struct watch *w)
{
	bool others = w->consul->endpoints.count > 1;

	return others && !w->failures ? ANSWER_FIRST_MS : ANSWER_MS;
}

void
watch_send(struct watch *w, enum ask ask)
{
	struct consul *c = w->consul;
	struct request_how how = {0};
	struct buf path = {0};

	assert(!w->request && w->state != WATCH_STOPPED);
	/* "this agent" needs a name first. */
	if (w->query && w->query->kind == QUERY_NODE && !w->query->name.len &&
	    !c->agent_name)
		ask = ASK_AGENT;
	w->asked = ask;
	w->again = false;
	w->sent_ms = consul_now(c);
	print_path(w, &path, &how);
	/* Consul adds up to a sixteenth to what it is asked to wait. */
	w->request = watch_request(w, buf_as_str(&path),
	    patience(w) + how.wait_ms + how.wait_ms / 16, watch_on_answer, w);
	buf_fini(&path);
	if (ask != ASK_BLOCK)
		c->fetching++;
	slow_sent(w);
	watch_set_state(w, WATCH_WAITING);
}

/* Its turn has come, or comes with the queue. */
static void
go(struct watch *w)
{
	if (w->dedicated && w->answered && !w->failures &&
	    w->want == ASK_BLOCK) {
		watch_send(w, ASK_BLOCK);
		return;
	}
	if (w->want == ASK_BLOCK)
		w->want = ASK_PLAIN;
	queue_put(w, false);
	queue_pump(w->consul);
}

static void
on_timer(uv_timer_t *timer)
{
	go(timer->data);
}

void
watch_pause(struct watch *w, enum watch_state state, int64_t ms)
{
	if (!w->timer_open) {
		uv_timer_init(w->consul->options.loop, &w->timer);
		w->timer.data = w;
		w->timer_open = true;
	}
	w->due_ms = consul_now(w->consul) + ms;
	uv_timer_start(&w->timer, on_timer, (uint64_t)ms, 0);
	watch_set_state(w, state);
}

void
watch_start(struct watch *w)
{
	w->want = ASK_PLAIN;
	queue_put(w, false);
}

/* ---- after a good answer ---- */

double
watch_score(const struct watch *w, int64_t now)
{
	return w->score * exp2(-(double)(now - w->score_ms) / SCORE_MS);
}

/* kv.block of a key that isn't there, or an empty prefix: even a one-shot
 * render waits for them. */
static bool
is_still_missing(const struct watch *w)
{
	const struct answer *a;

	if (!w->query)
		return false;
	a = catalog_get(w->consul->options.catalog, w->id);
	if (w->query->kind == QUERY_KEY)
		return a && !a->value.type;
	return w->query->kind == QUERY_KEY_LIST && a && !a->value.len;
}

int64_t
watch_pace(const struct watch *w)
{
	int64_t ms = (int64_t)PACE_MS << w->early;

	return ms + watch_some(PACE_JITTER_MS + (w->early ? ms / 2 : 0));
}

void
watch_rest(struct watch *w, bool first)
{
	struct consul *c = w->consul;

	if (!first)
		budget_yield(w);
	if (!w->sentinel && !w->query) {
		watch_set_state(w, WATCH_IDLE);
	} else if (w->query && request_is_polled(w->query)) {
		w->want = ASK_PLAIN;
		if (c->options.once)
			watch_set_state(w, WATCH_IDLE);
		else
			watch_pause(w, WATCH_PACING,
			    POLL_MS + watch_some(POLL_MS / 16));
	} else if (c->options.once && !is_still_missing(w)) {
		watch_set_state(w, WATCH_IDLE);
	} else if (w->dedicated) {
		w->want = ASK_BLOCK;
		if (first)
			watch_send(w, ASK_BLOCK);
		else
			watch_pause(w, WATCH_PACING, watch_pace(w));
	} else if (w->again) {
		w->again = false;
		w->want = ASK_PROBE;
		watch_pause(w, WATCH_PACING, watch_pace(w));
	} else {
		watch_set_state(w, WATCH_IDLE);
	}
}

/* ---- what others want of it ---- */

void
watch_wake(struct watch *w, enum ask ask, bool urgent)
{
	int64_t since = consul_now(w->consul) - w->heard_ms;

	switch (w->state) {
	case WATCH_IDLE:
		w->want = ask;
		if (w->answered && since < PACE_MS) {
			watch_pause(w, WATCH_PACING, PACE_MS - since);
			return;
		}
		queue_put(w, urgent);
		return;
	case WATCH_QUEUED:
		if (ask == ASK_PLAIN)
			w->want = ask;
		if (urgent) {
			queue_remove(w);
			queue_put(w, true);
		}
		return;
	case WATCH_WAITING:
		w->again = true;
		return;
	case WATCH_PACING:
		if (ask == ASK_PLAIN)
			w->want = ask;
		return;
	case WATCH_BACKOFF:
	case WATCH_STOPPED:
		return;
	}
}

void
watch_dedicate(struct watch *w)
{
	w->dedicated = true;
	if (w->state == WATCH_IDLE && w->answered) {
		w->want = ASK_BLOCK;
		watch_send(w, ASK_BLOCK);
	}
}

/* What it would have heard in between, a probe finds. */
void
watch_release(struct watch *w)
{
	w->dedicated = false;
	if (w->state == WATCH_WAITING && w->asked == ASK_BLOCK) {
		cancel(w);
		watch_set_state(w, WATCH_IDLE);
	} else if (w->state == WATCH_PACING && w->want == ASK_BLOCK) {
		uv_timer_stop(&w->timer);
		watch_set_state(w, WATCH_IDLE);
	}
	if (w->state == WATCH_IDLE && w->answered)
		watch_wake(w, ASK_PROBE, false);
}
