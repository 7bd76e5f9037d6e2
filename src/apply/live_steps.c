/* SPDX-License-Identifier: MIT */
/*
 * The steps go out, and the servers of the backends that they touched are read
 * back and compared with the new text: a reply that says "done" is not yet a
 * proof. What took and does not belong to the file on disk in the end is taken
 * back.
 */
#include "live.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* Backends asked for one by one; with more of them, all at once. */
#define BACKENDS_MOST 16
/* Servers named in one line of the log. */
#define SERVERS_SAID 4

/* ---- what is said ---- */

static bool
is_same_server(const struct haproxy_step *a, const struct haproxy_step *b)
{
	return a->server.len && str_equal(a->backend, b->backend) &&
	       str_equal(a->server, b->server);
}

void
live_print_steps(const struct haproxy_steps *steps, struct buf *out)
{
	const struct haproxy_step *last = NULL;
	size_t servers = 0;

	for (size_t i = 0; i < steps->count; i++) {
		const struct haproxy_step *s = &steps->items[i];
		bool same = last && is_same_server(last, s);

		last = s;
		servers += !same;
		if (servers > SERVERS_SAID || !s->what.len)
			continue;
		if (same) {
			buf_puts(out, ", ");
			buf_str(out, s->what);
			continue;
		}
		if (out->len)
			buf_puts(out, "; ");
		haproxy_step_print(s, out);
	}
	if (servers > SERVERS_SAID)
		buf_printf(out, "; and %zu more", servers - SERVERS_SAID);
	if (!steps->count)
		buf_puts(out, "nothing that HAProxy does differs");
}

void
live_change_fini(struct live *l)
{
	struct live_change *c = &l->change;

	haproxy_steps_fini(&c->steps);
	haproxy_model_fini(&c->model);
	texts_fini(&c->wanted);
	haproxy_running_fini(&c->before);
	buf_fini(&c->said);
	*c = (struct live_change){0};
}

/* ---- reading back ---- */

static void
fail(struct live *l, enum live_reason why, const char *text)
{
	struct live_change *c = &l->change;

	c->why = why;
	haproxy_steps_refuse(&c->steps, "%s", text);
	live_end(l);
}

static void
put_finding(const struct haproxy_finding *f, struct buf *out)
{
	buf_printf(out, "backend %.*s: server %.*s: %.*s", (int)f->backend.len,
	    f->backend.ptr, (int)f->server.len, f->server.ptr, (int)f->what.len,
	    f->what.ptr);
}

static bool
is_wrong(const struct haproxy_finding *f)
{
	return f->kind == FINDING_DIFFERS || f->kind == FINDING_MISSING ||
	       f->kind == FINDING_UNKNOWN;
}

static void read_back(void *);
static void end_servers(struct live *);

static void
judge(struct live *l, const struct haproxy_findings *findings)
{
	struct buf text = {0};
	int64_t pause;

	live_note_manual(l, findings, false);
	for (size_t i = 0; i < findings->count && !text.len; i++) {
		if (!is_wrong(&findings->items[i]))
			continue;
		buf_puts(&text, "read back after the steps: ");
		put_finding(&findings->items[i], &text);
	}
	if (text.len && (pause = live_patience(l)))
		live_later(l, read_back, pause);
	else if (text.len)
		fail(l, LIVE_READBACK, text.ptr);
	else
		end_servers(l);
	buf_fini(&text);
}

/* Then the files that changed. */
static void
on_files(void *arg)
{
	struct live *l = arg;

	if (l->files_wrong.len)
		fail(l, LIVE_READBACK, l->files_wrong.ptr);
	else
		live_end(l);
}

static void
end_servers(struct live *l)
{
	if (live_files_differ(&l->runs, &l->change.wanted))
		live_files_check(l, &l->change.wanted, &l->runs, on_files);
	else
		live_end(l);
}

/* The backends of the steps, each once; more than fit: none, which is all. */
static size_t
touched(const struct haproxy_steps *steps, struct str only[BACKENDS_MOST])
{
	size_t n = 0;

	for (size_t i = 0; i < steps->count; i++) {
		struct str name = steps->items[i].backend;
		bool known = !steps->items[i].server.len;

		for (size_t k = 0; k < n && !known; k++)
			known = str_equal(only[k], name);
		if (known)
			continue;
		if (n == BACKENDS_MOST)
			return BACKENDS_MOST + 1;
		only[n++] = name;
	}
	return n;
}

static void
compare(struct live *l)
{
	struct live_change *c = &l->change;
	struct haproxy_findings findings = {0};
	struct str only[BACKENDS_MOST];
	size_t n = touched(&c->steps, only);
	bool all = n > BACKENDS_MOST;
	struct haproxy_expected expected = {.model = &c->model,
	    .running = &l->running,
	    .only = all ? NULL : only,
	    .only_count = all ? 0 : n,
	    .respect_manual = l->haproxy->respect_manual};
	struct error error = {0};

	if (haproxy_verify(
		&findings, &expected, buf_as_str(&l->reply), &error) < 0)
		fail(l, LIVE_READBACK, error.text);
	else
		judge(l, &findings);
	haproxy_findings_fini(&findings);
	error_fini(&error);
}

static void ask_back(struct live *);

static void
on_back(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;

	if (reply->status || error_is_set(&reply->error)) {
		fail(l, LIVE_READBACK,
		    error_is_set(&reply->error) ? reply->error.text
						: "no answer");
		return;
	}
	buf_str(&l->reply, reply->text);
	l->at++;
	ask_back(l);
}

static void
ask_back(struct live *l)
{
	struct str only[BACKENDS_MOST];
	size_t n = touched(&l->change.steps, only);
	char *command;

	if (l->at >= (n > BACKENDS_MOST ? 1 : n)) {
		if (n)
			compare(l);
		else
			end_servers(l);
		return;
	}
	command = n > BACKENDS_MOST
		      ? xstrdup("show servers state")
		      : xasprintf("show servers state %.*s",
			    (int)only[l->at].len, only[l->at].ptr);
	haproxy_runtime_ask(l->runtime, command, on_back, l);
	free(command);
}

static void
read_back(void *arg)
{
	struct live *l = arg;

	l->at = 0;
	buf_reset(&l->reply);
	ask_back(l);
}

/* ---- sending ---- */

static void
on_ran(void *arg, struct haproxy_steps_result *r)
{
	struct live *l = arg;
	struct live_change *c = &l->change;

	c->done = r->done;
	c->time_us = r->time_us;
	l->state = 0;
	l->totals.steps_done += r->done;
	if (error_is_set(&r->error)) {
		l->totals.steps_refused++;
		fail(l, LIVE_REFUSED, r->error.text);
		return;
	}
	haproxy_steps_note(&c->steps, &l->running, &l->policy, live_now(l));
	l->tries = 0;
	read_back(l);
}

static void
end_soon(void *arg)
{
	live_end(arg);
}

void
live_run(struct live *l, live_cb *done, void *arg)
{
	struct live_change *c = &l->change;

	assert(!l->done && c->planned && !c->steps.reload);
	l->done = done;
	l->arg = arg;
	live_copy_leftovers(&c->before, &l->running);
	live_note_intent(l);
	if (c->steps.count)
		haproxy_runtime_run(l->runtime, &c->steps, on_ran, l);
	else
		live_later(l, end_soon, 0);
}

bool
live_failed(const struct live *l)
{
	return l->change.steps.reload;
}

bool
live_has_done(const struct live *l)
{
	return l->change.done > 0;
}

static void
on_undone(void *arg, struct haproxy_steps_result *r)
{
	struct live *l = arg;
	struct live_change *c = &l->change;

	l->totals.steps_undone += r->done;
	if (error_is_set(&r->error)) {
		log_error(LOG_LEVEL_ERROR, "apply", &r->error,
		    "%s: the steps could not be taken back:", live_log_name(l));
		live_owe(l, LIVE_REFUSED,
		    "steps that could not be taken back: %s", r->error.text);
	} else {
		log_info("apply", "%s: run time: %zu step%s taken back",
		    live_log_name(l), c->done, c->done == 1 ? "" : "s");
		live_copy_leftovers(&l->running, &c->before);
	}
	c->done = 0;
	l->state = 0;
	live_end(l);
}

void
live_undo(struct live *l, live_cb *done, void *arg)
{
	assert(!l->done);
	l->done = done;
	l->arg = arg;
	haproxy_runtime_undo(
	    l->runtime, &l->change.steps, l->change.done, on_undone, l);
}

/* ---- the end ---- */

static void
note_last(struct live *l, const char *text)
{
	free(l->last);
	l->last = xstrdup(text);
	l->last_unix = (int64_t)time(NULL);
}

void
live_commit(struct live *l, struct apply_result *result)
{
	struct live_change *c = &l->change;
	struct buf text = {0};

	live_print_steps(&c->steps, &c->said);
	buf_printf(&text, "run time: %s", c->said.ptr);
	note_last(l, text.ptr);
	buf_fini(&text);
	result->steps = c->steps.count;
	result->steps_us = c->time_us;
	l->totals.applies++;
	c->done = 0;
	live_adopt_texts(l, &c->wanted, &c->model);
	live_remember(l);
	live_drain_next(l);
}

/* ---- a reload ---- */

static void
write_state(struct live *l, const char *path, struct str state)
{
	const struct file_options options = {.mode = (mode_t)-1};
	struct haproxy_model nothing = {0};
	struct error error = {0};
	struct buf text = {0};

	haproxy_model_parse(&nothing, STR(""));
	haproxy_state_filter(
	    state, l->certain ? &l->model : &nothing, &l->change.model, &text);
	if (file_replace(path, buf_as_str(&text), &options, &error) < 0)
		log_error(LOG_LEVEL_WARN, "apply", &error,
		    "%s: the new worker will not know the state of its "
		    "servers:",
		    live_log_name(l));
	haproxy_model_fini(&nothing);
	error_fini(&error);
	buf_fini(&text);
}

static void
on_dump(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;
	struct arena arena = {0};
	struct str path = haproxy_state_file(&l->change.model, &arena);

	if (reply->status == 0 && !error_is_set(&reply->error)) {
		char *name = xstrndup(path.ptr, path.len);

		write_state(l, name, reply->text);
		free(name);
	}
	arena_fini(&arena);
	live_end(l);
}

void
live_dump(struct live *l, live_cb *done, void *arg)
{
	struct arena arena = {0};

	assert(!l->done);
	l->done = done;
	l->arg = arg;
	if (l->change.planned &&
	    haproxy_state_file(&l->change.model, &arena).ptr)
		haproxy_runtime_ask(
		    l->runtime, "show servers state", on_dump, l);
	else
		live_later(l, end_soon, 0);
	arena_fini(&arena);
}

static void
note_reload(struct live *l)
{
	struct buf text = {0};

	l->totals.reloads[l->change.why]++;
	buf_printf(&text, "reload: %s", live_reason_text(l));
	note_last(l, text.ptr);
	buf_fini(&text);
}

void
live_reloaded(struct live *l, pid_t pid)
{
	struct live_change *c = &l->change;

	note_reload(l);
	live_reconnect(l);
	live_drop_leftovers(&l->running);
	strmap_fini(&l->touched);
	l->running.pid = 0;
	l->owes_reload = false;
	l->mended = c->why == LIVE_DRIFT;
	l->diverged = l->diverged && l->mended;
	l->state = 0;
	c->done = 0;
	l->certain = c->wanted.count > 0;
	if (!l->certain)
		live_doubt(l, "the files could not be read before it began");
	live_adopt_texts(l, &c->wanted, &c->model);
	if (pid > 0)
		live_take_pid(l, pid);
	live_drain_next(l);
}

/* Whoever runs next is another, and nothing is known of it. */
static void
forget_worker(struct live *l, const char *why)
{
	live_reconnect(l);
	live_drop_leftovers(&l->running);
	l->running.pid = 0;
	l->change.done = 0;
	live_doubt(l, "%s", why);
}

void
live_not_running(struct live *l)
{
	forget_worker(l, "it did not run when the files were written");
	live_owe(l, LIVE_UNKNOWN,
	    "it did not run when the files were written, "
	    "and it may have read the ones before");
}

void
live_put_back(struct live *l)
{
	if (l->owes_reload && l->owes_why == LIVE_UNKNOWN)
		l->owes_reload = false;
}

void
live_restarted(struct live *l)
{
	forget_worker(l, "it was started with the files of before");
}

char *
live_take_said(struct live *l)
{
	return buf_take(&l->change.said, NULL);
}

void
live_cancel(struct live *l)
{
	l->done = NULL;
	l->next = NULL;
	/* What is out may have taken: the next weir is to know whose it is. */
	l->change.intends = false;
	live_reconnect(l);
}

void
live_release(struct live *l)
{
	l->done = NULL;
	l->waiting = false;
	l->applying = false;
	l->generation = NULL;
	if (l->change.intends)
		live_drop_intent(l);
	live_change_fini(l);
	live_drain_next(l);
	live_watch_resume(l);
}
