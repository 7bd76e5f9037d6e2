/* SPDX-License-Identifier: MIT */
/*
 * One watch: it asks, hears, pauses, asks again. Every way on passes through
 * rest() after a good answer or watch_fail() after a bad one; both end in a
 * state, a timer or a place in the queue, and nothing else does.
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

/* Milliseconds between two answers of one query, and what chance adds. */
#define PACE_MS        100
#define PACE_JITTER_MS 20
/* An answer that brings nothing and comes in less time than this was no wait:
 * the pause doubles each time, up to six times. */
#define EARLY_MS   1000
#define EARLY_MOST 6
/* Datacenters and partitions are asked again so often. */
#define POLL_MS 15000
/* The agent's name, when it could not be had. */
#define SELF_MS 60000
/* Time for a whole answer, on top of what it may block. */
#define ANSWER_MS 30000
/* Halving time of the score of changes. */
#define SCORE_MS 60000.0
/* Watches in error that are logged one by one. */
#define COMPLAINTS_MOST 10
/* Bytes of Consul's own words that a message keeps. */
#define WORDS_MOST 300
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

/* The failure, if any, is over, one way or the other. */
static void
forgive(struct watch *w)
{
	struct consul *c = w->consul;

	if (w->failures)
		c->failing--;
	if (w->complained)
		c->complaints--;
	w->failures = 0;
	w->complained = false;
	w->unreachable = false;
	w->tried = 0;
	free(w->error);
	w->error = NULL;
	if (!c->failing)
		c->hushed = false;
}

static void
cancel(struct watch *w)
{
	if (w->request && w->asked != ASK_BLOCK)
		w->consul->fetching--;
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
	forgive(w);
	watch_set_state(w, WATCH_STOPPED);
	w->scope = NULL;
	w->id = STR("");
	w->outstanding++;
	if (w->timer_open)
		uv_close((uv_handle_t *)&w->timer, on_timer_closed);
	w->outstanding--;
	free_if_over(w);
}

/* ---- asking ---- */

static int64_t
some(int64_t most)
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

static bool
takes_stale(const struct watch *w)
{
	return w->sentinel || (w->query && request_takes_stale(w->query));
}

static void
print_path(const struct watch *w, struct buf *b, struct request_how *how)
{
	const struct consul *c = w->consul;

	how->stale = c->config->stale_ms > 0 && !w->consistent;
	how->probe = w->asked == ASK_PROBE;
	if (w->asked == ASK_BLOCK) {
		how->index = w->index;
		how->wait_ms = c->config->wait_ms;
		how->wait_ms += some(how->wait_ms / 16);
	}
	if (w->asked == ASK_AGENT || (!w->sentinel && !w->query))
		buf_puts(b, "/v1/agent/self");
	else if (w->sentinel)
		sentinel_print(w, b, how);
	else
		request_print(
		    b, w->query, c->config, how, str_of(c->agent_name));
}

static void on_answer(void *arg, struct http_answer *);

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
	    ANSWER_MS + how.wait_ms + how.wait_ms / 16, on_answer, w);
	buf_fini(&path);
	if (ask != ASK_BLOCK)
		c->fetching++;
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

static void
pause_for(struct watch *w, enum watch_state state, int64_t ms)
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

static void
note_change(struct watch *w)
{
	int64_t now = consul_now(w->consul);

	w->score = watch_score(w, now) + 1;
	w->score_ms = now;
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

static int64_t
pace(const struct watch *w)
{
	int64_t ms = (int64_t)PACE_MS << w->early;

	return ms + some(PACE_JITTER_MS + (w->early ? ms / 2 : 0));
}

static void
rest(struct watch *w, bool first)
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
			pause_for(
			    w, WATCH_PACING, POLL_MS + some(POLL_MS / 16));
	} else if (c->options.once && !is_still_missing(w)) {
		watch_set_state(w, WATCH_IDLE);
	} else if (w->dedicated) {
		w->want = ASK_BLOCK;
		if (first)
			watch_send(w, ASK_BLOCK);
		else
			pause_for(w, WATCH_PACING, pace(w));
	} else if (w->again) {
		w->again = false;
		w->want = ASK_PROBE;
		pause_for(w, WATCH_PACING, pace(w));
	} else {
		watch_set_state(w, WATCH_IDLE);
	}
}

static void
recover(struct watch *w)
{
	struct consul *c = w->consul;
	bool hushed = c->hushed;

	if (!w->failures)
		return;
	if (w->complained)
		log_info("consul", "%.*s: answered again", (int)w->id.len,
		    w->id.ptr);
	forgive(w);
	if (hushed && !c->failing)
		log_info("consul", "all watches answer again");
}

/* Somebody was answered: who backed off since there was nobody needn't wait. */
static void
hurry(struct consul *c)
{
	struct strmap_entry *e;

	if (!c->lost)
		return;
	c->lost = false;
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;

		if (w->state == WATCH_BACKOFF && w->unreachable)
			pause_for(
			    w, WATCH_BACKOFF, some(c->config->retry_min_ms));
	}
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
	recover(w);
	sweep_done(w);
	w->hash = hash;
	w->index = index;
	w->good_ms = consul_now(c);
	c->totals.answers++;
	if (w->query && moved && !same)
		note_change(w);
	w->answered = true;
	tell = w->query && (first || changed);
	c->totals.changes += tell && changed;
	rest(w, first);
	queue_pump(c);
	if (tell)
		c->options.on_change(c->options.arg, w->id, changed);
}

void
watch_accept(struct watch *w, struct str body)
{
	take(w, body, 0);
}

/* ---- after a bad one ---- */

static void
complain(struct watch *w)
{
	struct consul *c = w->consul;

	if (w->complained || c->hushed || (!w->query && !w->sentinel))
		return;
	if (c->complaints == COMPLAINTS_MOST) {
		c->hushed = true;
		log_warn("consul",
		    "more watches are in error; they are not named one by one");
		return;
	}
	w->complained = true;
	c->complaints++;
	log_warn("consul", "%.*s: %s; %s", (int)w->id.len, w->id.ptr, w->error,
	    w->answered ? "the last good answer stays" : "no answer so far");
}

/* Full jitter between the least pause and one that doubles up to the most. */
static int64_t
back_off(const struct watch *w)
{
	int64_t least = w->consul->config->retry_min_ms;
	int64_t most = w->consul->config->retry_max_ms;
	int64_t cap = w->failures < 20 ? least << w->failures : most;

	if (!w->query && !w->sentinel)
		return SELF_MS;
	if (least < PACE_MS)
		least = PACE_MS;
	if (cap > most)
		cap = most;
	return least + some(cap - least);
}

void
watch_fail(struct watch *w, const char *text)
{
	struct consul *c = w->consul;

	if (!w->failures++)
		c->failing++;
	c->totals.errors++;
	free(w->error);
	w->error = xstrdup(text ? text : "unknown error");
	log_debug("consul", "%.*s: %s", (int)w->id.len, w->id.ptr, w->error);
	complain(w);
	w->consistent = false;
	w->want = ASK_PLAIN;
	sweep_done(w);
	pause_for(w, WATCH_BACKOFF, back_off(w));
	queue_pump(c);
}

/* No connection, or it broke. */
static void
fail_transport(struct watch *w, struct http_answer *a)
{
	struct consul *c = w->consul;
	const struct endpoint *e = &c->endpoints.items[w->endpoint];
	char *text;

	w->unreachable = a->unreachable;
	if (a->unreachable && endpoints_fail(&c->endpoints, w->endpoint) &&
	    ++w->tried < c->endpoints.count) {
		log_debug("consul", "%s: %s; trying %s", e->text, a->error.text,
		    endpoints_current(&c->endpoints)->text);
		w->want = ASK_PLAIN;
		queue_put(w, true);
		queue_pump(c);
		return;
	}
	w->tried = 0;
	if (a->unreachable)
		c->lost = true;
	text = xasprintf("%s: %s", e->text, a->error.text);
	watch_fail(w, text);
	free(text);
}

/* Consul's words as consul-template quotes them: trimmed; here also bounded,
 * and what a terminal would obey is escaped. */
static void
print_words(struct buf *b, struct str body)
{
	while (body.len && (unsigned char)*body.ptr <= ' ') {
		body.ptr++;
		body.len--;
	}
	while (body.len && (unsigned char)body.ptr[body.len - 1] <= ' ')
		body.len--;
	for (size_t i = 0; i < body.len && i < WORDS_MOST; i++) {
		unsigned char c = (unsigned char)body.ptr[i];

		if (c < ' ' || c == 127)
			buf_printf(b, "\\x%02x", c);
		else
			buf_char(b, (char)c);
	}
	if (body.len > WORDS_MOST)
		buf_puts(b, "…");
}

static void
fail_status(struct watch *w, const struct http_answer *a)
{
	struct buf text = {0};

	if (a->status == 403)
		token_refused(&w->consul->token);
	buf_printf(&text, "Unexpected response code: %ld (", a->status);
	print_words(&text, buf_as_str(&a->body));
	buf_char(&text, ')');
	watch_fail(w, text.ptr);
	buf_fini(&text);
}

/* ---- an answer ---- */

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

	if (bound <= 0 || w->consistent || !takes_stale(w))
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

static void
hear(struct watch *w, struct str body, uint64_t index)
{
	if (w->asked == ASK_AGENT) {
		hear_agent(w, body);
		return;
	}
	if (w->asked == ASK_PROBE) {
		if (index == w->index && index) {
			recover(w);
			sweep_done(w);
			w->good_ms = w->heard_ms;
			rest(w, false);
		} else {
			w->want = ASK_PLAIN;
			queue_put(w, true);
		}
		queue_pump(w->consul);
		return;
	}
	count_early(w, index);
	if (w->asked == ASK_BLOCK && index < w->index) {
		/* The server was restored, or is another: start over. */
		w->index = 0;
		w->want = ASK_PLAIN;
		pause_for(w, WATCH_PACING, pace(w));
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
		rest(w, false);
		return;
	}
	take(w, body, index);
}

/* A 200, or what stands for one. */
static void
hear_good(struct watch *w, struct http_answer *a)
{
	hurry(w->consul);
	w->tried = 0;
	if (is_absent_key(w, a)) {
		buf_reset(&a->body);
		buf_puts(&a->body, "[]");
	} else if (a->status != 200) {
		fail_status(w, a);
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
static void
on_answer(void *arg, struct http_answer *a)
{
	struct watch *w = arg;
	struct consul *c = w->consul;
	bool news = a->http2 && !c->multiplexed;

	c->multiplexed |= a->http2;
	if (!a->cancelled) {
		w->request = NULL;
		if (w->asked != ASK_BLOCK)
			c->fetching--;
		w->heard_ms = consul_now(c);
		if (error_is_set(&a->error))
			fail_transport(w, a);
		else
			hear_good(w, a);
	}
	if (news)
		budget_assign(c);
	watch_over(w);
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

/* ---- what others want of it ---- */

void
watch_wake(struct watch *w, enum ask ask, bool urgent)
{
	int64_t since = consul_now(w->consul) - w->heard_ms;

	switch (w->state) {
	case WATCH_IDLE:
		w->want = ask;
		if (w->answered && since < PACE_MS) {
			pause_for(w, WATCH_PACING, PACE_MS - since);
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
