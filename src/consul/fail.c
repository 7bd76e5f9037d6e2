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

void
watch_forgive(struct watch *w)
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

void
watch_recover(struct watch *w)
{
	struct consul *c = w->consul;
	bool hushed = c->hushed;

	if (!w->failures)
		return;
	if (w->complained)
		log_info("consul", "%.*s: answered again", (int)w->id.len,
		    w->id.ptr);
	watch_forgive(w);
	if (hushed && !c->failing)
		log_info("consul", "all watches answer again");
}

void
watch_hurry(struct consul *c)
{
	struct strmap_entry *e;

	if (!c->lost)
		return;
	c->lost = false;
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;

		if (w->state == WATCH_BACKOFF && w->unreachable)
			watch_pause(w, WATCH_BACKOFF,
			    watch_some(c->config->retry_min_ms));
	}
}

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
	return least + watch_some(cap - least);
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
	watch_pause(w, WATCH_BACKOFF, back_off(w));
	queue_pump(c);
}

void
watch_fail_transport(struct watch *w, struct http_answer *a)
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

void
watch_fail_status(struct watch *w, const struct http_answer *a)
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
