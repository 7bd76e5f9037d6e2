/* SPDX-License-Identifier: MIT */
/*
 * A running worker as far as weir knows it: which version, and which servers
 * run that the text does not name any more. Steps change the list when they
 * have been taken, not when they are planned.
 */
#include "weir/runtime.h"

#include <stdlib.h>

#include "keyword.h"
#include "weir/xalloc.h"

/* ---- show info ---- */

/* The value of "NAME: VALUE" in a line of its own; NULL ptr: not there. */
static struct str
info_value(struct str text, struct str name)
{
	while (text.len) {
		struct str line = str_take_line(&text);

		if (!str_has_prefix(line, name) || line.len <= name.len + 1 ||
		    line.ptr[name.len] != ':')
			continue;
		line = str_trim_start(str_after(line, name.len + 1), " ");
		return str_trim_end(line, "\r ");
	}
	return (struct str){0};
}

int
haproxy_running_parse(
    struct str text, struct haproxy_running *r, struct error *e)
{
	struct str version = info_value(text, STR("Version"));
	long pid = number_of(info_value(text, STR("Pid")), INT32_MAX);
	long uptime = number_of(info_value(text, STR("Uptime_sec")), INT32_MAX);
	char first[64] = {0};

	if (!version.ptr || pid <= 0)
		return error_set(e, ERROR_REMOTE,
		    "the answer to \"show info\" names no version and pid");
	memcpy(first, version.ptr,
	    version.len < sizeof(first) ? version.len : sizeof(first) - 1);
	if (haproxy_version_parse(first, &r->version) < 0)
		return error_set(
		    e, ERROR_REMOTE, "\"%s\" is no version of HAProxy", first);
	r->pid = (pid_t)pid;
	r->uptime_s = uptime < 0 ? 0 : uptime;
	return 0;
}

/* ---- leftovers ---- */

static char *
copy(struct str s)
{
	char *p;

	if (!s.ptr)
		return NULL;
	p = xmalloc(s.len + 1);
	memcpy(p, s.ptr, s.len);
	p[s.len] = 0;
	return p;
}

static void
leftover_fini(struct haproxy_leftover *l)
{
	free(l->backend);
	free(l->server);
	free(l->line);
	free(l->next);
}

void
haproxy_running_fini(struct haproxy_running *r)
{
	for (size_t i = 0; i < r->count; i++)
		leftover_fini(&r->leftovers[i]);
	free(r->leftovers);
	*r = (struct haproxy_running){0};
}

struct haproxy_leftover *
haproxy_leftover_find(
    const struct haproxy_running *r, struct str backend, struct str server)
{
	for (size_t i = 0; i < r->count; i++)
		if (str_is(server, r->leftovers[i].server) &&
		    str_is(backend, r->leftovers[i].backend))
			return &r->leftovers[i];
	return NULL;
}

struct haproxy_leftover *
haproxy_leftover_put(struct haproxy_running *r, struct str backend,
    struct str server, struct str line)
{
	struct haproxy_leftover *l = haproxy_leftover_find(r, backend, server);
	struct haproxy_leftover fresh = {.backend = copy(backend),
	    .server = copy(server),
	    .line = copy(line)};

	if (l) {
		leftover_fini(l);
	} else {
		r->leftovers =
		    xrealloc(r->leftovers, r->count + 1, sizeof(*r->leftovers));
		l = &r->leftovers[r->count++];
	}
	*l = fresh;
	return l;
}

void
haproxy_leftover_drop(
    struct haproxy_running *r, struct str backend, struct str server)
{
	struct haproxy_leftover *l = haproxy_leftover_find(r, backend, server);

	if (!l)
		return;
	leftover_fini(l);
	memmove(
	    l, l + 1, (size_t)(r->leftovers + r->count - (l + 1)) * sizeof(*l));
	r->count--;
}

/* ---- what steps leave behind ---- */

static void
note_gone(const struct haproxy_step *s, struct haproxy_running *r,
    const struct haproxy_policy *policy, int64_t now)
{
	struct haproxy_leftover *l =
	    haproxy_leftover_put(r, s->backend, s->server, s->line);

	l->next = copy(s->next);
	l->draining = s->kind == STEP_DRAIN;
	l->until = now + (l->draining ? policy->drain_ms : 0);
}

/* Whoever stood before `from` stands before `to` now. */
static void
set_next(struct haproxy_running *r, struct str backend, struct str from,
    struct str to)
{
	for (size_t i = 0; i < r->count; i++) {
		struct haproxy_leftover *l = &r->leftovers[i];

		if (!l->next || !str_is(from, l->next) ||
		    !str_is(backend, l->backend))
			continue;
		free(l->next);
		l->next = copy(to);
	}
}

void
haproxy_leftover_deleted(
    struct haproxy_running *r, struct str backend, struct str server)
{
	struct haproxy_leftover *l = haproxy_leftover_find(r, backend, server);
	char *gone = copy(server);
	char *place = copy(backend);
	char *next = l ? copy(str_of(l->next)) : NULL;

	haproxy_leftover_drop(r, backend, server);
	set_next(r, str_of(place), str_of(gone), str_of(next));
	free(gone);
	free(place);
	free(next);
}

static void
note_step(const struct haproxy_step *s, struct haproxy_running *r,
    const struct haproxy_policy *policy, int64_t now)
{
	struct haproxy_leftover *l;

	if (s->kind == STEP_ADD && s->next.ptr)
		set_next(r, s->backend, s->next, s->server);
	if (s->kind == STEP_DELETE)
		haproxy_leftover_deleted(r, s->backend, s->server);
	else if (s->named)
		haproxy_leftover_drop(r, s->backend, s->server);
	else if (s->line.ptr)
		note_gone(s, r, policy, now);
	else if (s->kind == STEP_MAINT &&
		 (l = haproxy_leftover_find(r, s->backend, s->server))) {
		l->draining = false;
		l->until = now;
	}
}

void
haproxy_steps_note(const struct haproxy_steps *s, struct haproxy_running *r,
    const struct haproxy_policy *policy, int64_t now)
{
	for (size_t i = 0; i < s->count; i++)
		note_step(&s->items[i], r, policy, now);
}

/* ---- policy ---- */

static bool
is_at_least(const struct haproxy_version *v, int minor, int patch)
{
	return v->major == 2 && v->minor == minor && v->patch >= patch;
}

void
haproxy_policy_default(
    struct haproxy_policy *p, const struct haproxy_version *v)
{
	bool whole = haproxy_version_at_least(v, 3, 0);

	*p = (struct haproxy_policy){
	    .dynamic = whole || is_at_least(v, 6, 17) || is_at_least(v, 8, 7) ||
		       is_at_least(v, 9, 0),
	    .delete = whole};
}
