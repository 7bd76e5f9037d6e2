/* SPDX-License-Identifier: MIT */
/*
 * Watches without a connection. A handful of blocking queries, the sentinels,
 * wake when anything changes in a datacenter: two short lists say whose health
 * it was, and those are fetched at once; the others only say that something
 * did, and start a round of probes over all the rest. A probe is the query with
 * a filter that nothing matches: two bytes and the index of that one service.
 *
 * Whose list is empty is woken by every check, since Consul's store wakes who
 * waits for what isn't there whenever something comes or goes around it. So the
 * list of a state that no check is ever in costs Consul nothing and is the
 * first choice; the list of all checks under a filter costs it a look at each
 * check, for each change, and is taken when the first was seen to miss one.
 *
 * When the index that a sentinel shows is that of a watch that was heard
 * meanwhile, the change is explained, and the round waits a little: further
 * changes may have hidden behind that one, but mostly none has.
 */
#include "core.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "weir/log.h"
#include "weir/xalloc.h"

#include "list.h"

/* Between a sentinel's answer and the round: the explanation may follow. */
#define ROUND_DELAY_MS 40
/* A round waits so long when the change is explained. */
#define EXPLAINED_MS 10000
/* Between the starts of two rounds: so long, or thrice what the last took. */
#define GAP_LEAST_MS 400
#define GAP_MOST_MS  5000
/* One watch is probed so often, whatever the sentinels say. */
#define ROTATE_MS 2000
/* Rounds where there are no sentinels, or they fail. */
#define BLIND_MS 5000
/* The cheap sentinel has missed a change that a list showed so long ago. */
#define MISSED_MS 1000
/* Datacenters (namespaces, partitions) that get sentinels. */
#define SCOPES_MOST 3
/* With fewer connections than this sentinels would leave nothing. */
#define CONNECTIONS_LEAST 12

enum sentinel_kind { SENTINEL_LIST, SENTINEL_INDEX };
enum {
	ON_CRITICAL,
	ON_WARNING,
	ON_CHECKS,     /* the cheap one */
	ON_ALL_CHECKS, /* the sure one, in its place */
	ON_SERVICES,
	ON_NODES,
	ON_KEYS,
	SENTINELS
};

static const struct sentinel {
	enum sentinel_kind kind;
	const char *path;
	const char *parameters; /* "" or with '?' in front */
} sentinels[] = {
    [ON_CRITICAL] = {SENTINEL_LIST, "health/state/critical", ""},
    [ON_WARNING] = {SENTINEL_LIST, "health/state/warning", ""},
    [ON_CHECKS] = {SENTINEL_INDEX, "health/state/maintenance", ""},
    [ON_ALL_CHECKS] = {SENTINEL_INDEX, "health/state/any",
	"?filter=Node%3D%3D%22%22"},
    [ON_SERVICES] = {SENTINEL_INDEX, "catalog/services", ""},
    [ON_NODES] = {SENTINEL_INDEX, "catalog/nodes", "?filter=Node%3D%3D%22%22"},
    [ON_KEYS] = {SENTINEL_INDEX, "kv/", "?keys&separator=%2F"},
};

struct scope {
	struct scope *next;
	char *datacenter, *ns, *partition;
	bool needed;
	struct watch *watches[SENTINELS];
	char *ids[SENTINELS];
	struct short_list lists[SENTINELS];
	bool dirty;        /* a round is due */
	uint64_t index;    /* of what made it so */
	int64_t insist_ms; /* by when, explained or not */
	bool sure;         /* the cheap sentinel has missed a change */
	uint64_t owed;     /* index that it has yet to show; 0: none */
	int64_t owed_ms;   /* since when */
};

static void start_round(struct consul *);

/* ---- scopes ---- */

static bool
is_of(const struct scope *s, const struct query *q)
{
	return str_is(q->datacenter, s->datacenter) && str_is(q->ns, s->ns) &&
	       str_is(q->partition, s->partition);
}

static struct scope *
find_scope(const struct consul *c, const struct query *q)
{
	struct scope *s = c->scopes;

	if (q->peer.len || q->sameness_group.len)
		return NULL;
	while (s && !is_of(s, q))
		s = s->next;
	return s;
}

static struct scope *
make_scope(struct consul *c, const struct query *q)
{
	struct scope *s;
	unsigned n = 0;

	if (q->peer.len || q->sameness_group.len ||
	    c->config->max_connections < CONNECTIONS_LEAST)
		return NULL;
	for (s = c->scopes; s; s = s->next)
		n++;
	if (n == SCOPES_MOST)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	s->datacenter = xstrndup(q->datacenter.ptr, q->datacenter.len);
	s->ns = xstrndup(q->ns.ptr, q->ns.len);
	s->partition = xstrndup(q->partition.ptr, q->partition.len);
	s->next = c->scopes;
	c->scopes = s;
	return s;
}

static void
free_scope(struct scope *s)
{
	for (size_t i = 0; i < SENTINELS; i++) {
		watch_stop(&s->watches[i]);
		short_list_fini(&s->lists[i]);
		free(s->ids[i]);
	}
	free(s->datacenter);
	free(s->ns);
	free(s->partition);
	free(s);
}

static bool
is_key(const struct query *q)
{
	return q->kind == QUERY_KEY || q->kind == QUERY_KEY_GET ||
	       q->kind == QUERY_KEY_LIST;
}

static void
start_sentinels(struct consul *c, struct scope *s, bool keys)
{
	for (size_t i = 0; i < SENTINELS; i++) {
		if (s->watches[i] || (i == ON_KEYS && !keys) ||
		    i == (s->sure ? ON_CHECKS : ON_ALL_CHECKS))
			continue;
		if (!s->ids[i])
			s->ids[i] = xasprintf("%s%s%s", sentinels[i].path,
			    *s->datacenter ? "@" : "", s->datacenter);
		s->watches[i] =
		    watch_new_sentinel(c, s, &sentinels[i], s->ids[i]);
		s->watches[i]->dedicated = true;
		watch_start(s->watches[i]);
	}
}

/* Is it looked at by rounds? */
static bool
is_swept(const struct watch *w)
{
	return !w->dedicated && !request_is_polled(w->query);
}

static void
drop_scopes(struct consul *c)
{
	struct scope **at = &c->scopes, *s;

	while ((s = *at)) {
		if (s->needed) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		free_scope(s);
	}
}

static void on_rotate(uv_timer_t *);

void
sweep_arrange(struct consul *c)
{
	struct strmap_entry *e;
	struct scope *s;

	for (s = c->scopes; s; s = s->next)
		s->needed = false;
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;

		w->scope = NULL;
		if (!c->sweeping || request_is_polled(w->query))
			continue;
		s = find_scope(c, w->query);
		if (!s && is_swept(w))
			s = make_scope(c, w->query);
		if (!s)
			continue;
		w->scope = s;
		s->needed |= is_swept(w);
		if (is_swept(w))
			start_sentinels(c, s, is_key(w->query));
	}
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;

		/* Again: a scope is made when the first that is swept comes,
		 * and those before it may be swept later. */
		s = c->sweeping && !request_is_polled(w->query)
			? find_scope(c, w->query)
			: NULL;
		w->scope = s && s->needed ? s : NULL;
	}
	drop_scopes(c);
	if (!c->sweeping) {
		uv_timer_stop(&c->round_timer);
		uv_timer_stop(&c->rotate_timer);
	} else if (!uv_is_active((uv_handle_t *)&c->rotate_timer)) {
		uv_timer_start(
		    &c->rotate_timer, on_rotate, ROTATE_MS, ROTATE_MS);
	}
}

/* An upper bound: who will be swept isn't known before. */
unsigned
sweep_connections(const struct consul *c)
{
	unsigned scopes = 0;
	struct strmap_entry *e;
	const struct query *seen[SCOPES_MOST];

	if (c->config->max_connections < CONNECTIONS_LEAST)
		return 0;
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		const struct query *q = ((struct watch *)e->value)->query;
		unsigned k = 0;

		if (q->peer.len || q->sameness_group.len ||
		    request_is_polled(q))
			continue;
		while (k < scopes &&
		       !(str_equal(seen[k]->datacenter, q->datacenter) &&
			   str_equal(seen[k]->ns, q->ns) &&
			   str_equal(seen[k]->partition, q->partition)))
			k++;
		if (k == scopes && scopes < SCOPES_MOST)
			seen[scopes++] = q;
	}
	return scopes * (unsigned)SENTINELS;
}

void
sentinel_print(
    const struct watch *w, struct buf *b, const struct request_how *how)
{
	const struct config_consul *c = w->consul->config;
	const struct scope *s = w->scope;
	char separator = *w->sentinel->parameters ? '&' : '?';

	buf_puts(b, "/v1/");
	buf_puts(b, w->sentinel->path);
	buf_puts(b, w->sentinel->parameters);
	request_print_place(b, &separator,
	    str_of(*s->datacenter ? s->datacenter : c->datacenter),
	    str_of(*s->ns ? s->ns : c->ns),
	    str_of(*s->partition ? s->partition : c->partition));
	request_print_how(b, &separator, how);
}

/* ---- rounds ---- */

/* Of one service, node or key: the lists of all of them move with whatever
 * moves, and explain nothing. */
static bool
is_of_one(const struct query *q)
{
	return q->kind == QUERY_SERVICE || q->kind == QUERY_CONNECT ||
	       q->kind == QUERY_NODE || q->kind == QUERY_KEY ||
	       q->kind == QUERY_KEY_GET;
}

static bool
is_explained(const struct consul *c, const struct scope *s)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		const struct watch *w = e->value;

		if (w->scope == s && w->answered && w->index == s->index &&
		    is_of_one(w->query))
			return true;
	}
	return false;
}

static void
on_round(uv_timer_t *timer)
{
	struct consul *c = timer->data;
	int64_t now = consul_now(c), later = INT64_MAX;
	bool any = false;

	if (c->round_left) {
		c->round_again = true;
		return;
	}
	for (struct scope *s = c->scopes; s; s = s->next) {
		if (!s->dirty)
			continue;
		if (now < s->insist_ms && is_explained(c, s)) {
			if (s->insist_ms < later)
				later = s->insist_ms;
		} else {
			s->insist_ms = 0;
			any = true;
		}
	}
	/* First: what ends in the round may call for another one sooner. */
	if (later != INT64_MAX)
		uv_timer_start(timer, on_round, (uint64_t)(later - now), 0);
	if (any)
		start_round(c);
}

/* at_once: a node's health, of which all its services wait to hear. */
static void
schedule(struct consul *c, int64_t delay, bool at_once)
{
	int64_t gap = at_once ? 0 : 3 * c->round_took_ms, left;

	if (c->round_left) {
		c->round_again = true;
		return;
	}
	gap = gap < GAP_LEAST_MS  ? GAP_LEAST_MS
	      : gap > GAP_MOST_MS ? GAP_MOST_MS
				  : gap;
	left = c->round_started_ms + gap - consul_now(c);
	if (c->round_started_ms && left > delay)
		delay = left;
	/* Who calls for it sooner is not put off by who can wait. */
	if (uv_is_active((uv_handle_t *)&c->round_timer) &&
	    (int64_t)uv_timer_get_due_in(&c->round_timer) <= delay)
		return;
	uv_timer_start(&c->round_timer, on_round, (uint64_t)delay, 0);
}

/* now: whether explained or not. */
static void
soil(struct consul *c, struct scope *s, uint64_t index, bool at_once)
{
	int64_t by = consul_now(c) + (at_once ? 0 : EXPLAINED_MS);

	if (!s->dirty || by < s->insist_ms)
		s->insist_ms = by;
	s->dirty = true;
	s->index = index;
	schedule(c, at_once ? 0 : ROUND_DELAY_MS, at_once);
}

static void
end_round(struct consul *c)
{
	c->round_took_ms = consul_now(c) - c->round_started_ms;
	log_debug(
	    "consul", "round over after %lld ms", (long long)c->round_took_ms);
	if (!c->round_again)
		return;
	c->round_again = false;
	schedule(c, ROUND_DELAY_MS, false);
}

void
sweep_done(struct watch *w)
{
	struct consul *c = w->consul;

	if (!w->in_round)
		return;
	w->in_round = false;
	if (--c->round_left == 0 && !c->closing)
		end_round(c);
}

/* Those without sentinels take part in every round. */
static bool
is_due(const struct scope *s)
{
	return !s || (s->dirty && !s->insist_ms);
}

/* Probes everyone whose scope is dirty. */
static void
start_round(struct consul *c)
{
	struct strmap_entry *e;

	c->round_started_ms = consul_now(c);
	c->totals.sweeps++;
	for (size_t i = 0; (e = strmap_next(&c->watches, &i));) {
		struct watch *w = e->value;

		if (!is_swept(w) || w->in_round || !w->answered)
			continue;
		if (!is_due(w->scope) || w->state == WATCH_BACKOFF)
			continue;
		w->in_round = true;
		c->round_left++;
		watch_wake(w, ASK_PROBE, false);
	}
	for (struct scope *s = c->scopes; s; s = s->next)
		if (!s->insist_ms)
			s->dirty = false;
	if (!c->round_left)
		end_round(c);
	queue_pump(c);
}

static bool
is_failing(const struct scope *s)
{
	for (size_t i = 0; i < SENTINELS; i++)
		if (s->watches[i] && s->watches[i]->failures)
			return true;
	return false;
}

/* Has the cheap sentinel shown what a list has shown, and does it work at all?
 */
static void
look_after(struct consul *c, struct scope *s)
{
	const struct watch *w = s->watches[ON_CHECKS];

	if (!w)
		return;
	if (w->index >= s->owed)
		s->owed = 0;
	if (!(w->failures && !s->watches[ON_CRITICAL]->failures) &&
	    !(s->owed && consul_now(c) - s->owed_ms >= MISSED_MS &&
		w->state == WATCH_WAITING))
		return;
	log_debug(
	    "consul", "%.*s is not to be relied on", (int)w->id.len, w->id.ptr);
	s->sure = true;
	watch_stop(&s->watches[ON_CHECKS]);
	start_sentinels(c, s, false);
	soil(c, s, 0, true);
}

/* The next of those that are swept, whatever else happens. */
static void
on_rotate(uv_timer_t *timer)
{
	struct consul *c = timer->data;
	bool late = consul_now(c) - c->round_started_ms >= BLIND_MS;
	size_t left = c->watches.count;
	struct strmap_entry *e;
	bool blind = false;

	for (; left; left--) {
		e = strmap_next(&c->watches, &c->rotate_at);
		if (!e) {
			c->rotate_at = 0;
			continue;
		}
		if (is_swept(e->value) &&
		    ((struct watch *)e->value)->state == WATCH_IDLE) {
			watch_wake(e->value, ASK_PROBE, false);
			break;
		}
	}
	for (size_t i = 0; late && (e = strmap_next(&c->watches, &i));)
		blind |=
		    is_swept(e->value) && !((struct watch *)e->value)->scope;
	for (struct scope *s = c->scopes; s; s = s->next) {
		look_after(c, s);
		if (late && is_failing(s))
			soil(c, s, 0, true);
	}
	if (blind && !c->round_left)
		start_round(c);
	queue_pump(c);
}

/* ---- what the sentinels say ---- */

struct touch {
	struct scope *scope;
	struct consul *consul;
	bool any;
	bool node; /* a check of a node: of all its services */
};

static void
on_difference(void *arg, struct str service)
{
	struct touch *t = arg;
	struct strmap_entry *e;

	t->any = true;
	if (!service.len) {
		t->node = true;
		return;
	}
	for (size_t i = 0; (e = strmap_next(&t->consul->watches, &i));) {
		struct watch *w = e->value;
		const struct query *q = w->query;

		if (w->scope == t->scope && is_swept(w) &&
		    q->kind == QUERY_SERVICE && q->name.len == service.len &&
		    !strncasecmp(q->name.ptr, service.ptr, service.len))
			watch_wake(w, ASK_PLAIN, true);
	}
}

/* Which sidecars stand for a service only Consul knows. */
static void
touch_connect(struct touch *t)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&t->consul->watches, &i));) {
		struct watch *w = e->value;

		if (w->scope == t->scope && is_swept(w) &&
		    w->query->kind == QUERY_CONNECT)
			watch_wake(w, ASK_PROBE, true);
	}
}

static bool
compare_lists(struct watch *w, struct str body, bool first, struct error *error)
{
	size_t which = (size_t)(w->sentinel - sentinels);
	struct scope *s = w->scope;
	struct touch t = {.scope = s, .consul = w->consul};
	struct short_list fresh;

	if (short_list_read(&fresh, body, error) < 0)
		return false;
	if (!first)
		short_list_compare(&s->lists[which], &fresh, on_difference, &t);
	short_list_fini(&s->lists[which]);
	s->lists[which] = fresh;
	if (t.any) {
		touch_connect(&t);
		if (!s->owed)
			s->owed_ms = consul_now(w->consul);
		s->owed = w->heard_index;
	}
	if (t.node)
		soil(w->consul, s, 0, true);
	return true;
}

bool
sweep_sentinel(struct watch *w, struct str body, bool first, bool moved,
    struct error *error)
{
	if (w->sentinel->kind == SENTINEL_LIST &&
	    !compare_lists(w, body, first, error))
		return false;
	if (first)
		soil(w->consul, w->scope, 0, true);
	else if (moved && w->sentinel->kind == SENTINEL_INDEX)
		soil(w->consul, w->scope, w->heard_index, false);
	return true;
}

/* ---- life ---- */

void
sweep_init(struct consul *c)
{
	uv_timer_init(c->options.loop, &c->round_timer);
	uv_timer_init(c->options.loop, &c->rotate_timer);
	c->round_timer.data = c->rotate_timer.data = c;
	c->refs += 2;
}

struct watch *
sweep_next(const struct consul *c, size_t *at)
{
	size_t n = 0;

	for (const struct scope *s = c->scopes; s; s = s->next)
		for (size_t i = 0; i < SENTINELS; i++)
			if (s->watches[i] && n++ == *at) {
				++*at;
				return s->watches[i];
			}
	return NULL;
}

void
sweep_close(struct consul *c)
{
	struct scope *s;

	while ((s = c->scopes)) {
		c->scopes = s->next;
		free_scope(s);
	}
	uv_close((uv_handle_t *)&c->round_timer, consul_on_timer_closed);
	uv_close((uv_handle_t *)&c->rotate_timer, consul_on_timer_closed);
}
