/* SPDX-License-Identifier: MIT */
/* What weir status and the metrics tell of a running HAProxy. */
#include "live.h"

#include <jansson.h>

const struct live_totals *
live_get_totals(const struct live *l)
{
	return &l->totals;
}

const char *
live_name(const struct live *l)
{
	return l->haproxy->name;
}

size_t
live_leftovers(const struct live *l)
{
	return l->running.count;
}

size_t
live_manual(const struct live *l)
{
	return l->manual_count;
}

size_t
live_diverged(const struct live *l)
{
	return l->diverged;
}

/* What is no UTF-8 shows as '?'. */
static json_t *
text(const char *s)
{
	struct buf b = {0};
	struct str rest = str_of(s ? s : "");
	json_t *j;

	while (rest.len) {
		size_t n = str_utf8(rest);

		if (n)
			buf_put(&b, rest.ptr, n);
		else
			buf_char(&b, '?');
		rest.ptr += n ? n : 1;
		rest.len -= n ? n : 1;
	}
	j = s ? json_stringn(b.ptr ? b.ptr : "", b.len) : json_null();
	buf_fini(&b);
	return j;
}

static json_t *
leftovers(const struct live *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->running.count; i++) {
		const struct haproxy_leftover *o = &l->running.leftovers[i];
		int64_t rest = o->draining ? o->until - live_now(l) : 0;
		json_t *j = json_object();

		json_object_set_new(j, "backend", text(o->backend));
		json_object_set_new(j, "server", text(o->server));
		json_object_set_new(j, "draining", json_boolean(o->draining));
		json_object_set_new(
		    j, "rest_ms", json_integer(rest > 0 ? rest : 0));
		json_array_append_new(list, j);
	}
	return list;
}

static json_t *
manual(const struct live *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->manual_count; i++)
		json_array_append_new(list, text(l->manual[i]));
	return list;
}

struct json_t *
live_status(const struct live *l)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", text(l->haproxy->name));
	json_object_set_new(j, "worker", json_integer(l->running.pid));
	json_object_set_new(j, "version",
	    text(l->running.pid ? l->running.version.text : NULL));
	json_object_set_new(j, "certain", json_boolean(l->certain));
	json_object_set_new(j, "doubt", text(l->certain ? NULL : l->doubt.ptr));
	json_object_set_new(
	    j, "owes_reload", text(l->owes_reload ? l->owes.ptr : NULL));
	json_object_set_new(j, "diverged", json_boolean(l->diverged));
	json_object_set_new(j, "leftovers", leftovers(l));
	json_object_set_new(j, "manual", manual(l));
	json_object_set_new(j, "last", text(l->last));
	json_object_set_new(j, "last_unix", json_integer(l->last_unix));
	json_object_set_new(
	    j, "runtime_applies", json_integer((json_int_t)l->totals.applies));
	json_object_set_new(
	    j, "drift_found", json_integer((json_int_t)l->totals.drift_found));
	json_object_set_new(j, "drift_repaired",
	    json_integer((json_int_t)l->totals.drift_repaired));
	return j;
}
