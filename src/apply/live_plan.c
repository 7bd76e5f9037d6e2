/* SPDX-License-Identifier: MIT */
/*
 * From outputs to steps. Who runs is asked each time: one round trip, and what
 * a reload by somebody else has taken away is noticed before a step relies on
 * it.
 */
#include "live.h"

#include <assert.h>
#include <stdlib.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* In the order of live.kinds. */
const char *const live_kind_commands[LIVE_KINDS] = {
    "show map", "show acl", "show ssl cert", "show ssl crt-list"};
static const enum haproxy_file_kind kinds[LIVE_KINDS] = {
    FILE_MAP, FILE_ACL, FILE_CERT, FILE_CRT_LIST};

const char *
live_reason_name(enum live_reason why)
{
	static const char *const names[LIVE_REASONS] = {
	    [LIVE_CHANGE] = "change",
	    [LIVE_FOREIGN] = "foreign file",
	    [LIVE_UNKNOWN] = "unknown",
	    [LIVE_SOCKET] = "socket",
	    [LIVE_REFUSED] = "refused",
	    [LIVE_READBACK] = "read-back",
	    [LIVE_DRIFT] = "drift"};

	return names[why];
}

void
live_policy(struct haproxy_policy *p, const struct config_haproxy *h,
    const struct haproxy_version *v)
{
	haproxy_policy_default(p, v);
	if (h->dynamic >= 0)
		p->dynamic = h->dynamic;
	if (h->dynamic == 0)
		p->delete = false;
	p->drain_ms = h->drain_ms;
}

/* ---- files that are no configuration ---- */

/* "5 (/etc/haproxy/names.map) pattern loaded from …" of maps and ACLs, the name
 * alone of the others, "*" before it while a transaction is open. */
static bool
line_names(struct str line, const char *path)
{
	const char *open = memchr(line.ptr, '(', line.len);
	struct str name = line;
	const char *close;

	if (open) {
		name.ptr = open + 1;
		name.len = line.len - (size_t)(name.ptr - line.ptr);
		close = memchr(name.ptr, ')', name.len);
		name.len = close ? (size_t)(close - name.ptr) : 0;
	} else if (name.len && *name.ptr == '*') {
		name.ptr++;
		name.len--;
	}
	return str_is(name, path);
}

static bool
answer_names(struct str answer, const char *path)
{
	while (answer.len) {
		const char *end = memchr(answer.ptr, '\n', answer.len);
		size_t n = end ? (size_t)(end - answer.ptr) : answer.len;

		if (line_names((struct str){answer.ptr, n}, path))
			return true;
		n += end ? 1 : 0;
		answer.ptr += n;
		answer.len -= n;
	}
	return false;
}

enum haproxy_file_kind
live_kind_of(const struct str answers[LIVE_KINDS], const char *path)
{
	enum haproxy_file_kind kind = FILE_OTHER;

	for (size_t i = 0; i < LIVE_KINDS; i++) {
		if (!answer_names(answers[i], path))
			continue;
		/* Two uses of one file: not with one kind of step. */
		if (kind != FILE_OTHER)
			return FILE_OTHER;
		kind = kinds[i];
	}
	return kind;
}

static bool
differs(const struct texts *was, const struct texts *is,
    const struct text_part *p, const struct text_part **old)
{
	*old = texts_part(was, p->path);
	return !p->config &&
	       (!*old || !str_equal(text_of(was, *old), text_of(is, p)));
}

bool
live_files_differ(const struct texts *was, const struct texts *is)
{
	const struct text_part *old;

	for (size_t i = 0; i < is->count; i++)
		if (differs(was, is, &is->parts[i], &old))
			return true;
	return false;
}

void
live_plan_files(struct haproxy_steps *steps, const struct texts *was,
    const struct texts *is, const struct str answers[LIVE_KINDS],
    const struct haproxy_version *version)
{
	const struct text_part *old;

	for (size_t i = 0; i < is->count; i++) {
		const struct text_part *p = &is->parts[i];

		if (!differs(was, is, p, &old))
			continue;
		if (!old || old->absent)
			haproxy_steps_refuse(steps, "%s is new", p->path);
		else
			haproxy_steps_plan_file(steps,
			    live_kind_of(answers, p->path), p->path,
			    text_of(was, old), text_of(is, p), version);
	}
}

/* ---- the plan ---- */

static void
refuse(struct live *l, enum live_reason why, const char *text)
{
	struct live_change *c = &l->change;

	if (c->steps.reload)
		return;
	c->why = why;
	haproxy_steps_refuse(&c->steps, "%s", text);
}

static void
plan(struct live *l)
{
	struct live_change *c = &l->change;

	haproxy_steps_plan(
	    &c->steps, &l->model, &c->model, &l->running, &l->policy);
	c->why = LIVE_CHANGE;
	live_plan_files(
	    &c->steps, &l->runs, &c->wanted, l->kinds, &l->running.version);
}

static void
drop_kinds(struct live *l)
{
	for (size_t i = 0; i < LIVE_KINDS; i++) {
		free((char *)(uintptr_t)l->kinds[i].ptr);
		l->kinds[i] = (struct str){0};
	}
}

static void
end_plan(struct live *l)
{
	drop_kinds(l);
	l->change.planned = true;
	l->generation = NULL;
	live_end(l);
}

static void ask_kind(struct live *);

static void
on_kind(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;

	l->kinds[l->at].ptr =
	    xstrndup(reply->text.ptr ? reply->text.ptr : "", reply->text.len);
	l->kinds[l->at].len = reply->text.len;
	l->at++;
	ask_kind(l);
}

static void
ask_kind(struct live *l)
{
	if (l->at < LIVE_KINDS) {
		haproxy_runtime_ask(
		    l->runtime, live_kind_commands[l->at], on_kind, l);
		return;
	}
	plan(l);
	end_plan(l);
}

/* What stands in the way of any step. */
static void
look_for_reasons(struct live *l)
{
	struct live_change *c = &l->change;
	const char *foreign;

	if (l->owes_reload)
		refuse(l, l->owes_why, l->owes.ptr);
	else if (!l->certain)
		refuse(l, LIVE_UNKNOWN, l->doubt.ptr);
	else if ((foreign = texts_foreign_change(&l->runs, &c->wanted))) {
		char *text = xasprintf(
		    "%s changed on disk; it is not one of weir's", foreign);

		refuse(l, LIVE_FOREIGN, text);
		free(text);
	}
}

static void
read_wanted(struct live *l)
{
	struct live_change *c = &l->change;
	struct texts_source source = live_disk(l);
	struct error error = {0};

	source.generation = l->generation;
	if (texts_read(&c->wanted, &source, &error) < 0)
		refuse(l, LIVE_UNKNOWN, error.text);
	error_fini(&error);
	haproxy_model_parse(&c->model, texts_config(&c->wanted));
}

static void begin(void *);

static void
again(void *arg)
{
	struct live *l = arg;

	live_reconnect(l);
	begin(l);
}

static void
on_info(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;
	struct live_change *c = &l->change;
	struct error error = {0};
	int rc = live_identify(l, reply, &error);

	if (rc > 0) {
		live_later(l, again, 0);
		return;
	}
	if (rc < 0)
		refuse(l, LIVE_SOCKET, error.text);
	error_fini(&error);
	read_wanted(l);
	if (!c->steps.reload)
		look_for_reasons(l);
	if (c->steps.reload) {
		end_plan(l);
	} else if (live_files_differ(&l->runs, &c->wanted)) {
		l->at = 0;
		ask_kind(l);
	} else {
		plan(l);
		end_plan(l);
	}
}

static void
begin(void *arg)
{
	struct live *l = arg;

	haproxy_runtime_ask(l->runtime, "show info", on_info, l);
}

void
live_plan_go(struct live *l)
{
	l->waiting = false;
	begin(l);
}

void
live_plan(struct live *l, const struct generation *g, live_cb *done, void *arg)
{
	assert(!l->done);
	live_change_fini(l);
	arena_init(&l->change.steps.arena, 0);
	l->applying = true;
	live_watch_pause(l);
	l->generation = g;
	l->done = done;
	l->arg = arg;
	l->again = false;
	if (l->busy) {
		l->waiting = true;
		return;
	}
	begin(l);
}

bool
live_wants_reload(const struct live *l)
{
	return l->change.steps.reload;
}

bool
live_is_proven(const struct live *l)
{
	return l->change.steps.proven && l->change.steps.count > 0;
}

const char *
live_reason_text(const struct live *l)
{
	const struct buf *reason = &l->change.steps.reason;

	return reason->len ? reason->ptr : "";
}

bool
live_owes(const struct live *l)
{
	return l->owes_reload;
}

int
live_probe(const struct live *l, struct error *error)
{
	if (!l->certain || !l->change.planned || !l->running.pid)
		return 0;
	return haproxy_bind_probe(&l->model, &l->change.model, error);
}
