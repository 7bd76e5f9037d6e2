/* SPDX-License-Identifier: MIT */
#include "runs.h"

#include <stdlib.h>

#include "weir/runtime.h"
#include "weir/xalloc.h"

/* Milliseconds for an answer: nobody waits longer for a preview. */
#define ASK_MS 2000

struct question {
	char *answer; /* NULL: none */
	bool done;
};

static void
on_reply(void *arg, struct haproxy_reply *reply)
{
	struct question *q = arg;

	if (!reply->status && !error_is_set(&reply->error))
		q->answer = xstrndup(
		    reply->text.len ? reply->text.ptr : "", reply->text.len);
	q->done = true;
}

/* NULL: no answer. The caller frees. */
static char *
ask(struct gather *g, const char *path, const char *command)
{
	struct question q = {0};

	haproxy_ask(&g->loop, path, command, ASK_MS, on_reply, &q);
	while (!q.done && uv_run(&g->loop, UV_RUN_ONCE))
		;
	return q.answer;
}

static void
on_version(void *arg, struct child_result *result)
{
	struct question *q = arg;

	if (!error_is_set(&result->error))
		q->answer = buf_take(&result->output, NULL);
	q->done = true;
}

static char *
ask_binary(struct gather *g, const char *binary)
{
	const char *argv[] = {binary, "-v", NULL};
	struct question q = {0};
	const struct child_options o = {.argv = argv,
	    .timeout_ms = ASK_MS,
	    .on_exit = on_version,
	    .arg = &q};

	if (!child_start(&g->loop, &o, NULL))
		return NULL;
	while (!q.done && uv_run(&g->loop, UV_RUN_ONCE))
		;
	return q.answer;
}

static void
ask_files(struct runs *r, struct gather *g, const char *path)
{
	for (size_t i = 0; i < live_files_count(&r->version); i++)
		r->loaded[i] = ask(g, path, live_files_commands[i]);
}

void
runs_ask(struct runs *r, struct gather *g, const struct config_haproxy *h)
{
	struct haproxy_running running = {0};
	char *info =
	    h->stats_socket ? ask(g, h->stats_socket, "show info") : NULL;
	char *version;

	*r = (struct runs){0};
	if (info && haproxy_running_parse(str_of(info), &running, NULL) == 0) {
		r->answers = true;
		r->version = running.version;
		r->pid = running.pid;
		ask_files(r, g, h->stats_socket);
		buf_printf(&r->said, "HAProxy %s runs", r->version.text);
	}
	haproxy_running_fini(&running);
	free(info);
	if (r->answers)
		return;
	version = ask_binary(g, h->binary);
	if (version && haproxy_version_parse(version, &r->version) == 0)
		buf_printf(&r->said,
		    "for HAProxy %s, as %s -v says: no answer on %s",
		    r->version.text, h->binary, h->stats_socket);
	else
		buf_printf(&r->said,
		    "no answer on %s, and %s -v tells no version",
		    h->stats_socket, h->binary);
	free(version);
}

void
runs_fini(struct runs *r)
{
	for (size_t i = 0; i < LIVE_FILES; i++)
		free(r->loaded[i]);
	buf_fini(&r->said);
}
