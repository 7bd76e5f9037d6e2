/* SPDX-License-Identifier: MIT */
/*
 * The set of watches: made equal to what templates want, counted, ended. What
 * is left on the loop (watches that still have a callback to come, timers, the
 * HTTP client) is counted, and the last of it frees the whole.
 */
#include "core.h"

#include <stdlib.h>
#include <sys/random.h>

#include "weir/xalloc.h"

#include "scan.h"

/* ---- who the agent is ---- */

static void
learn_member(struct scan *s, const char *name, struct str key, char **out)
{
	struct str text;

	if (!str_is(key, name))
		return;
	scan_string(s, &text);
	free(*out);
	*out = xstrndup(text.ptr, text.len);
}

static void
learn_config(struct scan *s, struct consul *c)
{
	struct str key;

	for (bool ok = scan_open(s, '{'); ok && scan_member(s, &key);) {
		if (str_is(key, "NodeName"))
			learn_member(s, "NodeName", key, &c->agent_name);
		else if (str_is(key, "Datacenter"))
			learn_member(s, "Datacenter", key, &c->datacenter);
		else
			scan_skip(s);
	}
}

int
consul_learn(struct consul *c, struct str body, struct error *error)
{
	struct scan s;
	struct str key;
	int rc;

	scan_init(&s, body, "agent/self", error);
	for (bool ok = scan_open(&s, '{'); ok && scan_member(&s, &key);) {
		if (str_equal(key, STR("Config")))
			learn_config(&s, c);
		else
			scan_skip(&s);
	}
	rc = scan_finish(&s);
	scan_fini(&s);
	if (rc == 0 && !c->agent_name)
		return error_set(
		    error, ERROR_DATA, "agent/self: no Config.NodeName");
	return rc;
}

struct str
consul_agent_name(const struct consul *c)
{
	return str_of(c->agent_name ? c->agent_name : "");
}

struct str
consul_datacenter(const struct consul *c)
{
	return str_of(c->datacenter ? c->datacenter : "");
}

/* ---- life ---- */

static int
open_http(struct consul *c, struct error *error)
{
	const struct config_consul *k = c->config;
	struct http_options o = {.max_connections = k->max_connections,
	    .connect_timeout_ms = k->connect_timeout_ms,
	    .ca_file = k->ca_file,
	    .ca_path = k->ca_path,
	    .cert_file = k->cert_file,
	    .key_file = k->key_file,
	    .tls_server_name = k->tls_server_name,
	    .verify = k->verify,
	    .auth = k->auth};

	c->http = http_client_new(c->options.loop, &o, error);
	return c->http ? 0 : -1;
}

static void
free_parts(struct consul *c)
{
	strmap_fini(&c->watches);
	strmap_fini(&c->slow);
	endpoints_fini(&c->endpoints);
	token_fini(&c->token);
	free(c->agent_name);
	free(c->datacenter);
	free(c);
}

struct consul *
consul_new(const struct consul_options *o, struct error *error)
{
	struct consul *c = xcalloc(1, sizeof(*c));
	unsigned seed = 0;

	c->options = *o;
	c->config = o->config;
	if (endpoints_init(&c->endpoints, c->config, error) < 0 ||
	    token_init(&c->token, c->config, error) < 0 ||
	    open_http(c, error) < 0) {
		free_parts(c);
		return NULL;
	}
	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = (unsigned)uv_hrtime();
	srandom(seed);
	c->refs = 1; /* the client */
	sweep_init(c);
	fail_init(c);
	c->self = watch_new(c, NULL);
	watch_start(c->self);
	budget_assign(c);
	return c;
}

void
consul_unref(struct consul *c)
{
	void (*on_closed)(void *) = c->on_closed;
	void *arg = c->closed_arg;

	if (--c->refs)
		return;
	free_parts(c);
	if (on_closed)
		on_closed(arg);
}

static void
on_http_closed(void *arg)
{
	consul_unref(arg);
}

void
consul_on_timer_closed(uv_handle_t *handle)
{
	consul_unref(handle->data);
}

static void
stop(struct consul *c, struct strmap_entry *e)
{
	struct watch *w = e->value;

	strmap_take(&c->watches, e->key);
	watch_stop(&w);
}

void
consul_close(struct consul **consul, void (*on_closed)(void *), void *arg)
{
	struct consul *c = *consul;
	struct strmap_entry *e;

	*consul = NULL;
	if (!c)
		return;
	c->closing = true;
	c->on_closed = on_closed;
	c->closed_arg = arg;
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));)
		stop(c, e);
	watch_stop(&c->self);
	sweep_close(c);
	fail_close(c);
	http_client_close(&c->http, on_http_closed, c);
}

/* ---- the set ---- */

static bool
add(struct consul *c, const struct query *q)
{
	struct watch *w = strmap_get(&c->watches, q->id);
	bool fresh = !w;

	if (fresh) {
		w = watch_new(c, query_copy(q));
		strmap_put(&c->watches, w->id, w);
		watch_start(w);
	}
	w->generation = c->generation;
	return fresh;
}

void
consul_want(struct consul *c, const struct query *const *wanted, size_t count)
{
	struct strmap_entry *e;
	bool changed = false;

	c->generation++;
	for (size_t i = 0; i < count; i++)
		if (wanted[i]->kind != QUERY_FOREIGN)
			changed |= add(c, wanted[i]);
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;

		if (w->generation == c->generation)
			continue;
		catalog_drop(c->options.catalog, w->id);
		stop(c, e);
		changed = true;
	}
	if (changed)
		budget_assign(c);
}

/* ---- for people ---- */

static void
describe(const struct consul *c, const struct watch *w, struct watch_info *info)
{
	int64_t now = consul_now(c);
	bool paused = w->state == WATCH_BACKOFF || w->state == WATCH_PACING;

	*info = (struct watch_info){.id = w->id,
	    .state = w->state,
	    .answered = w->answered,
	    .stale = w->answered && w->failures,
	    .index = w->index,
	    .age_ms = w->answered ? now - w->good_ms : 0,
	    .next_try_ms = paused && w->due_ms > now ? w->due_ms - now : 0,
	    .failures = w->failures,
	    .error = w->error};
}

bool
consul_watch_info(
    const struct consul *c, struct str id, struct watch_info *info)
{
	const struct watch *w = strmap_get(&c->watches, id);

	if (w)
		describe(c, w, info);
	return w != NULL;
}

bool
consul_next(const struct consul *c, size_t *at, struct watch_info *info)
{
	struct strmap_entry *e = strmap_next(&c->watches, at);

	if (e)
		describe(c, e->value, info);
	return e != NULL;
}

void
consul_totals(const struct consul *c, struct consul_totals *totals)
{
	*totals = c->totals;
	totals->bytes = http_bytes(c->http);
	totals->connections = c->out;
	totals->watches = (uint32_t)c->watches.count;
}
