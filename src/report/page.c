/* SPDX-License-Identifier: MIT */
/*
 * One page without scripts that loads itself again. Everything that comes from
 * elsewhere is escaped: a service's name is what somebody registered.
 */
#include "page.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* Watches that are listed: those in error first, all are in /status. */
#define WATCHES_MOST 200

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta http-equiv=\"refresh\" content=\"5\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>weir</title><style>"
    "body{font:15px/1.45 system-ui,sans-serif;margin:2em auto;"
    "max-width:64em;padding:0 1em;color:#1d2b33;background:#fff}"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:1.8em}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3em .8em .3em 0;"
    "border-bottom:1px solid #dde3e6;vertical-align:top}"
    "code{font:13px ui-monospace,monospace;overflow-wrap:anywhere}"
    ".good{color:#17693a}.bad{color:#a3201d;font-weight:600}"
    ".wait{color:#8a5a00}"
    "@media(prefers-color-scheme:dark){body{color:#d8e0e4;"
    "background:#12181b}th,td{border-color:#2b363c}.good{color:#6cc790}"
    ".bad{color:#ff8d85}.wait{color:#e0b060}}"
    "</style></head><body>\n";

static void
put_text(struct buf *b, const char *s)
{
	buf_html(b, str_of(s));
}

static const char *
class_of(const struct task *t)
{
	if (t->state == TASK_FAILED || error_is_set(&t->source_error) ||
	    error_is_set(&t->apply_error))
		return "bad";
	return t->state == TASK_READY ? "good" : "wait";
}

static void
put_error(struct buf *b, const struct error *e)
{
	struct error bare = *e;
	struct buf words = {0};

	if (!error_is_set(e))
		return;
	bare.excerpt = NULL;
	error_print(&bare, &words);
	buf_puts(b, "<br><code>");
	buf_html(b, buf_as_str(&words));
	buf_puts(b, "</code>");
	buf_fini(&words);
}

static void
put_task(struct buf *b, const struct task *t)
{
	const struct wanted *w;

	buf_puts(b, "<tr><td>");
	put_text(b, t->config->name);
	buf_puts(b, "<td><code>");
	put_text(b, t->config->destination ? t->config->destination : "-");
	buf_printf(b, "</code><td class=\"%s\">%s<td>", class_of(t),
	    t->absent ? "no source" : task_state_name(t->state));
	for (size_t i = 0; (w = task_next_wait(t, &i));) {
		buf_puts(b, "<code>");
		buf_html(b, w->query->id);
		buf_puts(b, "</code> ");
	}
	put_error(b, &t->error);
	put_error(b, &t->source_error);
	put_error(b, &t->apply_error);
	buf_printf(b, "<td>%" PRIu64 "</tr>\n", t->renders);
}

static void
put_tasks(struct buf *b, const struct plan *plan)
{
	buf_puts(b, "<h2>Templates</h2>\n<table><tr><th>Name<th>Destination"
		    "<th>State<th>Waits for, or what is wrong<th>Renders"
		    "</tr>\n");
	for (size_t i = 0; i < plan_count(plan); i++)
		put_task(b, plan_task(plan, i));
	buf_puts(b, "</table>\n");
}

static void
put_watch(struct buf *b, const struct watch_info *w)
{
	buf_puts(b, "<tr><td><code>");
	buf_html(b, w->id);
	buf_printf(b, "</code><td class=\"%s\">%s<td>",
	    w->failures   ? "bad"
	    : w->answered ? "good"
			  : "wait",
	    watch_state_name(w->state));
	if (w->answered)
		buf_printf(b, "%.1f s%s", (double)w->age_ms / 1e3,
		    w->stale ? ", stale" : "");
	else
		buf_puts(b, "none");
	buf_puts(b, "<td>");
	if (w->error)
		put_text(b, w->error);
	buf_puts(b, "</tr>\n");
}

static void
put_consul(struct buf *b, const struct consul *consul)
{
	struct consul_totals t = {0};
	struct watch_info w;
	size_t shown = 0;

	consul_totals(consul, &t);
	buf_printf(b,
	    "<h2>Consul</h2>\n<p>%u watches on %u connections, %" PRIu64
	    " requests, %" PRIu64 " errors.</p>\n<table><tr><th>Query"
	    "<th>Watch<th>Age of the answer<th>Error</tr>\n",
	    t.watches, t.connections, t.requests, t.errors);
	for (int failing = 1; failing >= 0; failing--)
		for (size_t i = 0; consul_next(consul, &i, &w);)
			if ((w.failures > 0) == failing &&
			    shown++ < WATCHES_MOST)
				put_watch(b, &w);
	buf_puts(b, "</table>\n");
	if (shown > WATCHES_MOST)
		buf_printf(b, "<p>… and %zu more.</p>\n", shown - WATCHES_MOST);
}

static void
put_held(struct buf *b, const struct guard *guard)
{
	struct held h;

	for (size_t i = 0; guard_next(guard, &i, &h);) {
		struct buf words = {0};

		held_print_change(&h, &words);
		buf_puts(&words, "; ");
		held_print_release(&h, &words);
		buf_puts(b, "<p class=\"bad\">held: <code>");
		buf_html(b, h.id);
		buf_puts(b, "</code> ");
		buf_html(b, buf_as_str(&words));
		buf_puts(b, "</p>\n");
		buf_fini(&words);
	}
}

/* What is not as it is on most days. */
static void
put_notices(struct buf *b, const struct report_options *o)
{
	int64_t now = (int64_t)time(NULL), oldest = 0;
	size_t n = o->catalog ? catalog_remembered(o->catalog, &oldest) : 0;

	if (o->totals->paused_unix)
		buf_printf(b,
		    "<p class=\"wait\">paused for %lld s: nothing is applied "
		    "until weir resume</p>\n",
		    (long long)(now - o->totals->paused_unix));
	if (n)
		buf_printf(b,
		    "<p class=\"wait\">stale: %zu answers of an earlier run "
		    "in use, %lld s old</p>\n",
		    n, (long long)(now - oldest));
	if (o->guard)
		put_held(b, o->guard);
}

void
page_print(const struct report_options *o, struct buf *b)
{
	const struct run_totals *t = o->totals;

	buf_puts(b, head);
	buf_printf(b, "<h1>weir <span class=\"%s\">%s</span></h1>\n",
	    t->ready ? "good" : "wait", t->ready ? "live" : "not live yet");
	buf_printf(b,
	    "<p>Applied: %" PRIu64 " written, %" PRIu64 " reloaded, %" PRIu64
	    " refused, %" PRIu64 " failed, %" PRIu64 " rolled back.</p>\n",
	    t->applies_written, t->applies_reloaded, t->applies_refused,
	    t->applies_failed, t->applies_rolled_back);
	put_notices(b, o);
	if (o->plan && *o->plan)
		put_tasks(b, *o->plan);
	if (o->consul && *o->consul)
		put_consul(b, *o->consul);
	buf_puts(b, "<p><a href=\"/status\">status</a> "
		    "<a href=\"/metrics\">metrics</a> "
		    "<a href=\"/healthz\">healthz</a> "
		    "<a href=\"/readyz\">readyz</a></p>\n</body></html>\n");
}
