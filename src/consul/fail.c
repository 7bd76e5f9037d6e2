/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong with a watch: said once when it begins and once when it is
 * over, in consul-template's words, and retried with full jitter. The last good
 * answer is never touched here.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* Watches in error that are logged one by one. */
#define COMPLAINTS_MOST 10
/* Bytes of Consul's own words that a message keeps. */
#define WORDS_MOST 300
/* The agent's name is asked for again so often when it could not be had. */
#define SELF_MS 60000
/* Between two scouts. */
#define SCOUT_MS 750
/* In which the others follow. */
#define HURRY_MS 500

/* Who the agent is may never be told to this token: that is nobody's failure.
 */
static bool
is_self(const struct watch *w)
{
	return !w->query && !w->sentinel;
}

void
watch_forgive(struct watch *w)
{
	struct consul *c = w->consul;

	if (w->failures && !is_self(w))
		c->failing--;
	if (w->complained)
		c->complaints--;
	w->failures = 0;
	w->complained = false;
	w->trouble = TROUBLE_OWN;
	w->tried = 0;
	free(w->error);
	w->error = NULL;
	if (!c->failing)
		c->hushed = false;
}

/* ---- the end of an outage ---- */

/*
 * Back-off alone would leave a Consul that returns after a long time unnoticed
 * for half a minute. So while watches fail, one that backs off is sent ahead
 * each SCOUT_MS, each in its turn; and when one of an outage is answered, all
 * others of it follow within HURRY_MS.
 */

static struct watch *
next_of_all(const struct consul *c, size_t *at, size_t *sentinels)
{
	struct strmap_entry *e = strmap_next(&c->watches, at);

	return e ? e->value : sweep_next(c, sentinels);
}

static bool
may_scout(const struct consul *c, const struct watch *w)
{
	return w->state == WATCH_BACKOFF &&
	       (w->trouble == TROUBLE_OUTAGE ||
		   (w->trouble == TROUBLE_REFUSED &&
		       c->failing >= c->watches.count));
}

/* By chance within so long, but not at once after it was answered. */
static void
go_ahead(struct watch *w, int64_t most)
{
	int64_t least = w->heard_ms + PACE_MS - consul_now(w->consul);
	int64_t ms = watch_some(most);

	watch_pause(w, WATCH_BACKOFF, ms > least ? ms : least);
}

/* Of those that back off from an outage, the one whose turn it is. */
static struct watch *
pick_scout(const struct consul *c)
{
	size_t at = 0, sentinels = 0, count = 0, turn;
	struct watch *w;

	while ((w = next_of_all(c, &at, &sentinels)))
		count += may_scout(c, w);
	if (!count)
		return NULL;
	turn = c->scouts % count;
	at = sentinels = 0;
	while ((w = next_of_all(c, &at, &sentinels)))
		if (may_scout(c, w) && turn-- == 0)
			return w;
	return NULL;
}

static void
on_scout(uv_timer_t *timer)
{
	struct consul *c = timer->data;
	struct watch *w;

	if (!c->failing) {
		uv_timer_stop(timer);
		return;
	}
	w = pick_scout(c);
	if (!w)
		return;
	c->scouts++;
	if (w->due_ms > consul_now(c) + SCOUT_MS / 4)
		go_ahead(w, SCOUT_MS / 4);
}

/* Each draws its moment: a Consul that has just come back, or had too much to
 * do, is not met by a thousand at once. */
static void
hurry(struct consul *c, enum trouble trouble)
{
	size_t at = 0, sentinels = 0;
	struct watch *w;

	if (consul_now(c) - c->hurried_ms < SCOUT_MS)
		return;
	c->hurried_ms = consul_now(c);
	while ((w = next_of_all(c, &at, &sentinels)))
		if (w->state == WATCH_BACKOFF && w->trouble == trouble &&
		    w->due_ms > consul_now(c) + HURRY_MS)
			go_ahead(w, HURRY_MS);
}

void
fail_init(struct consul *c)
{
	uv_timer_init(c->options.loop, &c->scout_timer);
	c->scout_timer.data = c;
	c->hurried_ms = -SCOUT_MS;
	c->refs++;
}

void
fail_close(struct consul *c)
{
	uv_close((uv_handle_t *)&c->scout_timer, consul_on_timer_closed);
}

void
watch_recover(struct watch *w)
{
	struct consul *c = w->consul;
	enum trouble trouble = w->trouble;
	bool hushed = c->hushed;

	slow_answered(w);
	if (!w->failures)
		return;
	if (w->complained)
		log_info("consul", "%.*s: answered again", (int)w->id.len,
		    w->id.ptr);
	watch_forgive(w);
	if (hushed && !c->failing)
		log_info("consul", "all watches answer again");
	if (trouble != TROUBLE_OWN)
		hurry(c, trouble);
}

/* ---- failing ---- */

static void
complain(struct watch *w)
{
	struct consul *c = w->consul;

	if (w->complained || c->hushed || is_self(w))
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

	if (is_self(w))
		return SELF_MS;
	if (least < PACE_MS)
		least = PACE_MS;
	if (cap > most)
		cap = most;
	return least + watch_some(cap - least);
}

void
watch_fail(struct watch *w, const char *text)
{
	struct consul *c = w->consul;

	if (!w->failures++ && !is_self(w))
		c->failing++;
	if (!uv_is_active((uv_handle_t *)&c->scout_timer) && !c->closing)
		uv_timer_start(&c->scout_timer, on_scout, SCOUT_MS, SCOUT_MS);
	slow_failed(w);
	c->totals.errors++;
	free(w->error);
	w->error = xstrdup(text ? text : "unknown error");
	log_debug("consul", "%.*s: %s", (int)w->id.len, w->id.ptr, w->error);
	complain(w);
	w->consistent = false;
	w->want = ASK_PLAIN;
	sweep_done(w);
	watch_pause(w, WATCH_BACKOFF, back_off(w));
	queue_pump(c);
}

void
watch_fail_transport(struct watch *w, struct http_answer *a)
{
	struct consul *c = w->consul;
	const struct endpoint *e = &c->endpoints.items[w->endpoint];
	/* Once is an agent that starts again, or has too many connections. */
	bool gone =
	    a->unreachable || a->timed_out || (a->hung_up && w->failures);
	char *text;

	w->trouble = TROUBLE_OUTAGE;
	if (gone && endpoints_fail(&c->endpoints, w->endpoint) &&
	    ++w->tried < c->endpoints.count) {
		log_debug("consul", "%s: %s; trying %s", e->text, a->error.text,
		    endpoints_current(&c->endpoints)->text);
		w->want = ASK_PLAIN;
		queue_put(w, true);
		queue_pump(c);
		return;
	}
	w->tried = 0;
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

void
watch_fail_status(struct watch *w, const struct http_answer *a)
{
	struct buf text = {0};

	if (a->status == 403)
		token_refused(&w->consul->token);
	w->trouble = a->status >= 500 || a->status == 429 ? TROUBLE_OUTAGE
		     : a->status == 403                   ? TROUBLE_REFUSED
							  : TROUBLE_OWN;
	buf_printf(&text, "Unexpected response code: %ld (", a->status);
	print_words(&text, buf_as_str(&a->body));
	buf_char(&text, ')');
	watch_fail(w, text.ptr);
	buf_fini(&text);
}
