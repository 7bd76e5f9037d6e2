/* SPDX-License-Identifier: MIT */
/*
 * The state of a running weir as one JSON object. It names templates, queries
 * and what is wrong with them; it never holds what a query answered, a token,
 * or a line of a template.
 */
#include "weir/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <time.h>

#include "memory.h"
#include "weir/arena.h"

/* What is no UTF-8 is replaced: a path of the operator's may be anything. */
static json_t *
text(struct str s)
{
	struct buf b = {0};
	json_t *j;
	size_t n;

	for (; s.len > 0; s.ptr += n, s.len -= n) {
		n = str_utf8(s);
		if (n > 0)
			buf_put(&b, s.ptr, n);
		else
			buf_rune(&b, 0xfffd);
		n += n == 0;
	}
	j = json_stringn(b.ptr ? b.ptr : "", b.len);
	buf_fini(&b);
	return j;
}

static json_t *
text_or_null(const char *s)
{
	return s ? text(str_of(s)) : json_null();
}

/* Without its excerpt, which quotes the template. */
static json_t *
error_text(const struct error *e)
{
	struct error bare = *e;
	struct buf b = {0};
	json_t *j;

	if (!error_is_set(e))
		return json_null();
	bare.excerpt = NULL;
	error_print(&bare, &b);
	j = text(buf_as_str(&b));
	buf_fini(&b);
	return j;
}

static json_t *
waits_of(const struct task *t)
{
	json_t *list = json_array();
	const struct wanted *w;

	for (size_t i = 0; (w = task_next_wait(t, &i));)
		json_array_append_new(list, text(w->query->id));
	return list;
}

static json_t *
task_status(const struct task *t)
{
	const struct config_template *c = t->config;
	json_t *j = json_object();

	json_object_set_new(j, "name", text_or_null(c->name));
	json_object_set_new(j, "source", text_or_null(c->source));
	json_object_set_new(j, "destination", text_or_null(c->destination));
	json_object_set_new(j, "haproxy", text_or_null(c->haproxy_name));
	json_object_set_new(j, "state", json_string(task_state_name(t->state)));
	json_object_set_new(j, "waits_for", waits_of(t));
	json_object_set_new(j, "error", error_text(&t->error));
	json_object_set_new(j, "source_error", error_text(&t->source_error));
	json_object_set_new(j, "apply_error", error_text(&t->apply_error));
	json_object_set_new(j, "apply_error_since_unix",
	    error_is_set(&t->apply_error)
		? json_integer((json_int_t)t->apply_error_unix)
		: json_null());
	json_object_set_new(j, "has_output", json_boolean(t->has_output));
	json_object_set_new(j, "absent", json_boolean(t->absent));
	json_object_set_new(j, "renders", json_integer((json_int_t)t->renders));
	json_object_set_new(
	    j, "renders_unchanged", json_integer((json_int_t)t->unchanged));
	json_object_set_new(
	    j, "render_us", json_integer((json_int_t)t->render_us));
	return j;
}

static json_t *
tasks_status(const struct plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; plan && i < plan_count(plan); i++)
		json_array_append_new(list, task_status(plan_task(plan, i)));
	return list;
}

/* Milliseconds since an earlier run had the answer that is in use; -1: it is of
 * this run. */
static int64_t
remembered_age(const struct catalog *catalog, struct str id)
{
	const struct answer *a = catalog ? catalog_get(catalog, id) : NULL;
	int64_t age;

	if (!a || !a->remembered)
		return -1;
	age = (int64_t)time(NULL) - a->remembered;
	return age > 0 ? age * 1000 : 0;
}

static json_t *
watch_status(const struct watch_info *w, const struct catalog *catalog)
{
	json_t *j = json_object();
	int64_t age = remembered_age(catalog, w->id);
	bool remembered = age >= 0;

	if (w->answered && !remembered)
		age = w->age_ms;

	json_object_set_new(j, "query", text(w->id));
	json_object_set_new(
	    j, "state", json_string(watch_state_name(w->state)));
	json_object_set_new(j, "answered", json_boolean(w->answered));
	json_object_set_new(j, "stale", json_boolean(w->stale || remembered));
	json_object_set_new(j, "remembered", json_boolean(remembered));
	json_object_set_new(j, "index", json_integer((json_int_t)w->index));
	json_object_set_new(j, "age_ms",
	    age >= 0 ? json_integer((json_int_t)age) : json_null());
	json_object_set_new(
	    j, "next_try_ms", json_integer((json_int_t)w->next_try_ms));
	json_object_set_new(j, "failures", json_integer(w->failures));
	json_object_set_new(j, "error", text_or_null(w->error));
	return j;
}

static json_t *
consul_status(const struct consul *consul, const struct catalog *catalog)
{
	json_t *j, *list;
	struct consul_totals t = {0};
	struct watch_info w;

	if (!consul)
		return json_null();
	j = json_object();
	list = json_array();
	consul_totals(consul, &t);
	for (size_t i = 0; consul_next(consul, &i, &w);)
		json_array_append_new(list, watch_status(&w, catalog));
	json_object_set_new(j, "agent", text(consul_agent_name(consul)));
	json_object_set_new(j, "datacenter", text(consul_datacenter(consul)));
	json_object_set_new(j, "connections", json_integer(t.connections));
	json_object_set_new(
	    j, "requests", json_integer((json_int_t)t.requests));
	json_object_set_new(j, "errors", json_integer((json_int_t)t.errors));
	json_object_set_new(j, "watches", list);
	return j;
}

static json_t *
words(void (*print)(const struct held *, struct buf *), const struct held *h)
{
	struct buf b = {0};
	json_t *j;

	print(h, &b);
	j = text(buf_as_str(&b));
	buf_fini(&b);
	return j;
}

static json_t *
held_status(const struct guard *guard)
{
	json_t *list = json_array();
	struct held h;

	for (size_t i = 0; guard && guard_next(guard, &i, &h);) {
		json_t *j = json_object();

		json_object_set_new(j, "query", text(h.id));
		json_object_set_new(j, "was", json_integer((json_int_t)h.was));
		json_object_set_new(j, "is", json_integer((json_int_t)h.is));
		json_object_set_new(
		    j, "since_unix", json_integer((json_int_t)h.since_unix));
		json_object_set_new(
		    j, "age_ms", json_integer((json_int_t)h.age_ms));
		json_object_set_new(j, "release_in_ms",
		    h.due_ms < 0 ? json_null()
				 : json_integer((json_int_t)h.due_ms));
		json_object_set_new(j, "denied", json_boolean(h.denied));
		json_object_set_new(j, "change", words(held_print_change, &h));
		json_object_set_new(
		    j, "release", words(held_print_release, &h));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
applies_status(const struct run_totals *t)
{
	json_t *j = json_object();

	json_object_set_new(
	    j, "written", json_integer((json_int_t)t->applies_written));
	json_object_set_new(
	    j, "runtime", json_integer((json_int_t)t->applies_runtime));
	json_object_set_new(
	    j, "deferred", json_integer((json_int_t)t->applies_deferred));
	json_object_set_new(
	    j, "reloaded", json_integer((json_int_t)t->applies_reloaded));
	json_object_set_new(
	    j, "refused", json_integer((json_int_t)t->applies_refused));
	json_object_set_new(
	    j, "failed", json_integer((json_int_t)t->applies_failed));
	json_object_set_new(
	    j, "rolled_back", json_integer((json_int_t)t->applies_rolled_back));
	json_object_set_new(
	    j, "last_unix", json_integer((json_int_t)t->last_apply_unix));
	json_object_set_new(
	    j, "last_check_ms", json_integer((json_int_t)t->last_check_ms));
	json_object_set_new(
	    j, "last_reload_ms", json_integer((json_int_t)t->last_reload_ms));
	json_object_set_new(j, "old_workers",
	    t->old_workers < 0 ? json_null() : json_integer(t->old_workers));
	return j;
}

/* What is kept on disk, and what of an earlier run is in use. */
static json_t *
state_status(const struct run_totals *t, const struct catalog *catalog)
{
	json_t *j = json_object();
	int64_t oldest = 0;
	size_t n = catalog ? catalog_remembered(catalog, &oldest) : 0;

	json_object_set_new(j, "remembered", json_integer((json_int_t)n));
	json_object_set_new(j, "oldest_unix",
	    n ? json_integer((json_int_t)oldest) : json_null());
	json_object_set_new(
	    j, "saved_unix", json_integer((json_int_t)t->state_saved_unix));
	json_object_set_new(
	    j, "saves", json_integer((json_int_t)t->state_saves));
	json_object_set_new(
	    j, "failures", json_integer((json_int_t)t->state_failures));
	json_object_set_new(
	    j, "bytes", json_integer((json_int_t)t->state_bytes));
	return j;
}

static json_t *
lives_status(const struct report_options *o)
{
	json_t *list = json_array();
	const struct live *l;

	if (!o->next_live)
		return list;
	for (size_t i = 0; (l = o->next_live(o->live_arg, &i));)
		json_array_append_new(list, live_status(l));
	return list;
}

void
report_print_status(const struct report_options *o, struct buf *b)
{
	const struct run_totals *t = o->totals;
	json_t *j = json_object();
	char *words;

	json_object_set_new(j, "version", json_string(WEIR_VERSION));
	json_object_set_new(j, "pid", json_integer(getpid()));
	json_object_set_new(j, "ready", json_boolean(t->ready));
	json_object_set_new(j, "paused_since_unix",
	    t->paused_unix ? json_integer((json_int_t)t->paused_unix)
			   : json_null());
	json_object_set_new(
	    j, "memory_bytes", json_integer((json_int_t)report_memory()));
	json_object_set_new(j, "uptime_ms",
	    json_integer(
		(json_int_t)((int64_t)uv_now(o->loop) - t->started_ms)));
	json_object_set_new(
	    j, "templates", tasks_status(o->plan ? *o->plan : NULL));
	json_object_set_new(j, "held", held_status(o->guard));
	json_object_set_new(j, "applies", applies_status(t));
	json_object_set_new(j, "consul",
	    consul_status(o->consul ? *o->consul : NULL, o->catalog));
	json_object_set_new(j, "state", state_status(t, o->catalog));
	json_object_set_new(j, "haproxy", lives_status(o));
	words = json_dumps(j, JSON_INDENT(2));
	if (words)
		buf_puts(b, words);
	buf_char(b, '\n');
	free(words);
	json_decref(j);
}
