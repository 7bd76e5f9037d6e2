/* SPDX-License-Identifier: MIT */
/*
 * The daemon and the answers of an earlier run: when templates get to see them.
 * Not before it is clear that Consul doesn't answer, since a fresh answer is
 * milliseconds away when it does; then at once, for whatever is asked, until
 * the first answer comes.
 */
#include "daemon.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* Milliseconds without an answer, nor a failure, after which Consul counts as
 * silent; and between two looks. */
#define SILENCE_MS 2000
#define LOOK_MS    100
/* From an answer to the agent's name, which a token may not be allowed to see.
 */
#define NAME_MS 5000

/* What answers depend on: where they come from. Credentials don't count. */
static char *
identity(const struct config_consul *c)
{
	struct buf b = {0};
	size_t len;

	for (size_t i = 0; i < c->addresses.count; i++)
		buf_printf(&b, "%s%s", i ? " " : "", c->addresses.items[i]);
	if (c->datacenter)
		buf_printf(&b, " datacenter %s", c->datacenter);
	if (c->ns)
		buf_printf(&b, " namespace %s", c->ns);
	if (c->partition)
		buf_printf(&b, " partition %s", c->partition);
	return buf_take(&b, &len);
}

/* An answer of a catalog file is on disk already. */
void
daemon_keep(struct daemon *d, bool at_start)
{
	const struct config *c = d->config;
	struct keep_options o = {.loop = &d->loop,
	    .directory = c->state_path,
	    .catalog = d->catalog,
	    .consul = &d->consul,
	    .totals = &d->totals};
	char *whose = identity(&c->consul);
	struct error e = {0};

	if (d->keep && (c->catalog_file || strcmp(d->kept_in, c->state_path)))
		keep_close(&d->keep);
	o.identity = whose;
	if (d->keep) {
		keep_identify(d->keep, whose);
	} else if (!c->catalog_file) {
		d->keep = keep_new(&o, &e);
		free(d->kept_in);
		d->kept_in = xstrdup(c->state_path);
		if (!d->keep)
			log_error(LOG_LEVEL_WARN, "state", &e,
			    "the last good answers are not kept, so a start "
			    "without Consul would not know them:");
		else if (at_start)
			keep_load(d->keep);
		else
			keep_touch(d->keep);
	}
	error_fini(&e);
	free(whose);
	d->knows_datacenter = !at_start;
	d->heard_ms = daemon_now(d);
	daemon_recall(d);
}

static void on_look(uv_timer_t *);

/* Is the agent about to say of which datacenter it is? */
static bool
awaits_datacenter(const struct daemon *d)
{
	return d->consul && d->keep && *keep_datacenter(d->keep) &&
	       !d->knows_datacenter && daemon_now(d) - d->heard_ms < NAME_MS;
}

/* The look goes on as long as there is something to be recalled. */
static void
look_again(struct daemon *d)
{
	if (d->stopping)
		return;
	if (catalog_memories(d->catalog) || awaits_datacenter(d))
		uv_timer_start(&d->look, on_look, LOOK_MS, 0);
}

static void
recall(struct daemon *d, struct str id)
{
	if (!catalog_recall(d->catalog, id))
		return;
	d->recalled++;
	plan_touch(d->plan, id, daemon_now(d));
}

/* At the same address may be an agent of another datacenter by now: what was
 * known of the old one is no measure for the new one's answers. */
static void
check_datacenter(struct daemon *d)
{
	struct str is = consul_datacenter(d->consul);
	const char *was = d->keep ? keep_datacenter(d->keep) : "";
	struct catalog_item item;

	if (d->knows_datacenter || !is.len)
		return;
	d->knows_datacenter = true;
	if (!*was || str_is(is, was))
		return;
	log_warn("state",
	    "the agent is of datacenter %.*s, the answers of an earlier run of "
	    "%s: they are forgotten",
	    (int)is.len, is.ptr, was);
	catalog_forget(d->catalog);
	/* Each approval is a change of the catalog. */
	for (size_t i = 0; catalog_next(d->catalog, &i, &item);)
		if (item.answer->remembered && guard_approve(d->guard, item.id))
			i = 0;
}

void
daemon_recall(struct daemon *d)
{
	bool silent = daemon_now(d) - d->heard_ms > SILENCE_MS;
	size_t before = d->recalled;
	struct watch_info w;

	if (d->consul)
		check_datacenter(d);
	if (!catalog_memories(d->catalog) || !d->consul) {
		look_again(d);
		return;
	}
	for (size_t i = 0; consul_next(d->consul, &i, &w);)
		if (!w.answered && (w.failures || silent || d->offline))
			recall(d, w.id);
	if (d->recalled > before) {
		d->offline = true;
		daemon_wake(d);
	}
	/* Every template has what it needs from Consul itself. */
	if (!d->recalled && plan_is_complete(d->plan))
		catalog_forget(d->catalog);
	look_again(d);
}

static void
on_look(uv_timer_t *timer)
{
	daemon_recall(timer->data);
}

void
daemon_heard(struct daemon *d)
{
	d->heard_ms = daemon_now(d);
	d->offline = false;
	keep_touch(d->keep);
}

void
daemon_say_remembered(struct daemon *d)
{
	int64_t oldest;
	size_t n;

	if (!d->recalled)
		return;
	n = catalog_remembered(d->catalog, &oldest);
	if (n && !d->said_remembered) {
		d->said_remembered = true;
		log_warn("state",
		    "%s does not answer: %zu answer%s of an earlier run in "
		    "use, stale, %lld s old",
		    source_name(d->source), n, n == 1 ? "" : "s",
		    (long long)(time(NULL) - oldest));
	} else if (!n) {
		d->recalled = 0;
		if (d->said_remembered)
			log_info("state",
			    "no answer of an earlier run is in use any more");
		d->said_remembered = false;
	}
}
