/* SPDX-License-Identifier: MIT */
/*
 * The files beside the configuration (maps, ACLs, certificates, lists): what
 * the worker has loaded them as, their steps, and whether it has in its memory
 * what they say.
 */
#include "live.h"

#include <stdlib.h>

#include "weir/xalloc.h"

const char *const live_files_commands[LIVE_FILES] = {"show map", "show acl",
    "show ssl cert", "show ssl crt-list", "show ssl ca-file",
    "show ssl crl-file"};

struct haproxy_files
live_files_of(char *const answers[LIVE_FILES])
{
	return (struct haproxy_files){.maps = str_of(answers[0]),
	    .acls = str_of(answers[1]),
	    .certs = str_of(answers[2]),
	    .crt_lists = str_of(answers[3]),
	    .ca_files = str_of(answers[4]),
	    .crl_files = str_of(answers[5])};
}

size_t
live_files_count(const struct haproxy_version *v)
{
	return haproxy_version_at_least(v, 2, 5) ? LIVE_FILES : LIVE_FILES - 2;
}

/* ---- what differs ---- */

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

/* The caller frees *name. */
static enum haproxy_file_kind
kind_of(const struct haproxy_files *files, const struct haproxy_model *m,
    const char *path, char **name)
{
	struct str found;
	enum haproxy_file_kind kind = haproxy_file_find(files, path, &found);

	*name = xstrndup(found.len ? found.ptr : "", found.len);
	if (kind == FILE_MAP && haproxy_map_is_keyed(m, found))
		kind = FILE_MAP_KEYED;
	return kind;
}

void
live_files_plan(struct haproxy_steps *steps, const struct texts *was,
    const struct texts *is, const struct live_files_view *v)
{
	const struct text_part *old;

	for (size_t i = 0; i < is->count; i++) {
		const struct text_part *p = &is->parts[i];
		enum haproxy_file_kind kind;
		char *name;

		if (!differs(was, is, p, &old))
			continue;
		if (!old || old->absent) {
			haproxy_steps_refuse(steps, "%s is new", p->path);
			continue;
		}
		kind = kind_of(&v->files, v->model, p->path, &name);
		if (kind == FILE_OTHER)
			haproxy_steps_refuse(steps,
			    "%s differs, and is no map, ACL or certificate "
			    "that HAProxy has loaded",
			    p->path);
		else
			haproxy_steps_plan_file(steps, kind, name,
			    text_of(was, old), text_of(is, p), v->version);
		free(name);
	}
}

/* ---- what the worker has loaded ---- */

void
live_files_drop(struct live *l)
{
	for (size_t i = 0; i < LIVE_FILES; i++) {
		free(l->loaded[i]);
		l->loaded[i] = NULL;
	}
}

static void ask_list(struct live *);

static void
on_list(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;

	free(l->loaded[l->at]);
	l->loaded[l->at++] =
	    xstrndup(reply->text.len ? reply->text.ptr : "", reply->text.len);
	ask_list(l);
}

static void
ask_list(struct live *l)
{
	if (l->at < live_files_count(&l->running.version))
		haproxy_runtime_ask(
		    l->runtime, live_files_commands[l->at], on_list, l);
	else
		l->files_next(l);
}

void
live_files_ask(struct live *l, live_cb *next)
{
	live_files_drop(l);
	l->files_next = next;
	l->at = 0;
	ask_list(l);
}

/* ---- is it what the files say? ---- */

static void check_next(struct live *);

static void
end_check(struct live *l)
{
	l->files_is = l->files_was = NULL;
	l->files_next(l);
}

/* "0x55d3c8 KEY VALUE" is "KEY VALUE" in the file. */
static void
keep_seen(struct live *l, struct str answer)
{
	buf_reset(&l->files_seen);
	while (answer.len) {
		struct str line = str_take_line(&answer);
		ptrdiff_t blank = str_find(line, STR(" "));

		if (blank >= 0 && str_has_prefix(line, STR("0x"))) {
			buf_str(
			    &l->files_seen, str_after(line, (size_t)blank + 1));
			buf_char(&l->files_seen, '\n');
		}
	}
}

bool
live_files_mend(struct live *l)
{
	const struct text_part *p = &l->runs.parts[l->at];
	const struct haproxy_files files = live_files_of(l->loaded);
	char *name;
	enum haproxy_file_kind kind =
	    kind_of(&files, &l->model, p->path, &name);

	l->mending = (struct haproxy_steps){0};
	arena_init(&l->mending.arena, 0);
	if (kind != FILE_OTHER)
		haproxy_steps_plan_file(&l->mending, kind, name,
		    buf_as_str(&l->files_seen), text_of(&l->runs, p),
		    &l->running.version);
	free(name);
	if (l->mending.count && !l->mending.reload)
		return true;
	haproxy_steps_fini(&l->mending);
	return false;
}

static void
on_content(void *arg, struct haproxy_reply *reply)
{
	struct live *l = arg;
	const struct text_part *p = &l->files_is->parts[l->at];
	const struct haproxy_files files = live_files_of(l->loaded);
	struct error error = {0};
	char *name;
	enum haproxy_file_kind kind =
	    kind_of(&files, &l->model, p->path, &name);
	int rc;

	if (reply->status || error_is_set(&reply->error))
		rc = error_set(&error, ERROR_REMOTE, "%s",
		    error_is_set(&reply->error) ? reply->error.text
						: "no answer");
	else
		rc = haproxy_file_verify(
		    kind, name, text_of(l->files_is, p), reply->text, &error);
	free(name);
	if (rc < 0) {
		buf_reset(&l->files_wrong);
		buf_printf(&l->files_wrong, "%s: %s", p->path, error.text);
		error_fini(&error);
		keep_seen(l, reply->text);
		end_check(l);
		return;
	}
	l->at++;
	check_next(l);
}

/* False: there is nothing to ask about it. */
static bool
ask_content(struct live *l, const struct text_part *p)
{
	const struct haproxy_files files = live_files_of(l->loaded);
	const struct text_part *old;
	enum haproxy_file_kind kind;
	struct buf question = {0};
	char *name;

	if (p->config || p->absent ||
	    (l->files_was && !differs(l->files_was, l->files_is, p, &old)))
		return false;
	kind = kind_of(&files, &l->model, p->path, &name);
	if (kind != FILE_OTHER) {
		haproxy_file_question(kind, name, &question);
		haproxy_runtime_ask(l->runtime, question.ptr, on_content, l);
	}
	buf_fini(&question);
	free(name);
	return kind != FILE_OTHER;
}

static void
check_next(struct live *l)
{
	while (l->at < l->files_is->count)
		if (ask_content(l, &l->files_is->parts[l->at]))
			return;
		else
			l->at++;
	end_check(l);
}

void
live_files_check(struct live *l, const struct texts *is,
    const struct texts *was, live_cb *next)
{
	buf_reset(&l->files_wrong);
	l->files_next = next;
	l->files_is = is;
	l->files_was = was;
	l->at = 0;
	check_next(l);
}

bool
live_files_any(const struct texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (!t->parts[i].config)
			return true;
	return false;
}
