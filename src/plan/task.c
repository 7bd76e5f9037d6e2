/* SPDX-License-Identifier: MIT */
/*
 * A task: one template, parsed when its source changes, executed when its data
 * do. What it printed last stays until a complete execution prints something
 * else; nothing that fails or waits ever touches it.
 */
#include "task.h"

#include <stdlib.h>
#include <time.h>

#include "distrust.h"
#include "env.h"
#include "weir/file.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

static void
strings_add(struct config_strings *s, const char *text, size_t len)
{
	s->items = xrealloc(s->items, s->count + 1, sizeof(*s->items));
	s->items[s->count++] = xstrndup(text, len);
}

static void
strings_fini(struct config_strings *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i]);
	free(s->items);
	*s = (struct config_strings){0};
}

static void
on_file_used(void *arg, struct render *r, const char *path)
{
	struct task_bench *b = arg;
	struct config_strings *s = &b->current->files_used;

	(void)r;
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->items[i], path))
			return;
	strings_add(s, path, strlen(path));
}

static void
on_file_written(void *arg, const char *path, struct str content)
{
	struct task_bench *b = arg;

	strings_add(&b->current->files_written, path, strlen(path));
	strings_add(&b->current->files_written, content.ptr, content.len);
}

static int
on_file_allowed(
    void *arg, const char *path, struct str content, struct error *e)
{
	struct task_bench *b = arg;

	return distrust_check_file(b->current, b, path, content, e);
}

/* Until there is an output of our own it is what the last process left. */
static int
on_standing(void *arg, struct str *text, struct error *e)
{
	struct task *t = ((struct task_bench *)arg)->current;
	const char *path = t->config->destination;

	if (!t->has_output && !t->standing_read && path) {
		if (file_read(path, LIMIT_OUTPUT_BYTES, &t->standing, e) < 0)
			return -1;
		t->standing_read = true;
	}
	*text = buf_as_str(t->has_output ? &t->output : &t->standing);
	return 0;
}

static const char *
on_env(void *arg, const char *name)
{
	const struct task_bench *b = arg;

	return env_lookup(b->consul, name);
}

void
task_bench_init(struct task_bench *b, bool capture_writes, bool plugins)
{
	arena_init(&b->arena, 64 << 10);
	buf_init(&b->scratch, LIMIT_OUTPUT_BYTES);
	b->current = NULL;
	b->consul = NULL;
	b->world = (struct template_world){
	    .arg = b,
	    .env = on_env,
	    .file_used = on_file_used,
	    .file_written = capture_writes ? on_file_written : NULL,
	    .file_allowed = on_file_allowed,
	    .standing = on_standing,
	    .plugins = plugins,
	};
}

void
task_bench_fini(struct task_bench *b)
{
	arena_fini(&b->arena);
	buf_fini(&b->scratch);
}

void
task_init(
    struct task *t, const struct config_template *c, struct catalog *catalog)
{
	*t = (struct task){.config = c, .state = TASK_NEW};
	view_init(&t->view, catalog);
	buf_init(&t->output, LIMIT_OUTPUT_BYTES);
}

void
task_fini(struct task *t)
{
	template_free(&t->template);
	view_fini(&t->view);
	strmap_fini(&t->missing);
	error_fini(&t->error);
	error_fini(&t->source_error);
	error_fini(&t->apply_error);
	buf_fini(&t->source);
	buf_fini(&t->output);
	buf_fini(&t->standing);
	strings_fini(&t->files_used);
	strings_fini(&t->files_written);
}

static struct template *
parse(const struct config_template *c, struct str text, struct error *e)
{
	struct template_options o = {
	    .path = c->source,
	    .left = c->left_delimiter,
	    .right = c->right_delimiter,
	    .error_on_missing_key = c->error_on_missing_key,
	    .sandbox_path = c->sandbox_path,
	    .denied = (const char *const *)c->function_denylist.items,
	    .denied_count = c->function_denylist.count,
	    .families = catalog_families,
	};

	return template_new(&o, text, e);
}

/* 0; 1: not there; -1. */
static int
read_source(const struct config_template *c, struct buf *text, struct error *e)
{
	int rc = file_read(c->source, LIMIT_TEMPLATE_BYTES, text, e);

	if (rc == 0 || (rc > 0 && c->optional))
		return rc;
	if (rc > 0)
		error_set(e, ERROR_CONFIG,
		    "template \"%s\": its source %s does not exist", c->name,
		    c->source);
	if (e && e->kind == ERROR_IO)
		e->kind = ERROR_CONFIG;
	error_at(e, c->place.source, c->place.line, -1);
	return -1;
}

int
task_load(struct task *t, struct error *e)
{
	int rc = read_source(t->config, &t->source, e);

	if (rc < 0)
		return -1;
	t->absent = rc > 0;
	if (t->absent)
		return 0;
	t->template = parse(t->config, buf_as_str(&t->source), e);
	return t->template ? 0 : -1;
}

int
task_reload(struct task *t)
{
	struct buf text = {0};
	struct error e = {0};
	struct template *fresh = NULL;
	int rc = read_source(t->config, &text, &e);

	if (rc == 0 && !t->absent &&
	    str_equal(buf_as_str(&text), buf_as_str(&t->source)) &&
	    !error_is_set(&t->source_error)) {
		buf_fini(&text);
		return 0;
	}
	if (rc == 0)
		fresh = parse(t->config, buf_as_str(&text), &e);
	error_fini(&t->source_error);
	if (rc < 0 || (rc == 0 && !fresh)) {
		error_move(&t->source_error, &e);
		buf_fini(&text);
		return -1;
	}
	template_free(&t->template);
	t->template = fresh;
	t->absent = rc > 0;
	buf_fini(&t->source);
	t->source = text;
	return 1;
}

void
task_adopt(struct task *t, struct task *old)
{
	if (!old->has_output)
		return;
	t->has_output = true;
	buf_fini(&t->output);
	t->output = old->output;
	buf_init(&old->output, LIMIT_OUTPUT_BYTES);
	old->has_output = false;
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void
collect_missing(struct task *t)
{
	const struct wanted *w;

	strmap_fini(&t->missing);
	for (size_t i = 0; (w = view_next(&t->view, &i));)
		if (!w->answer)
			strmap_put(&t->missing, w->query->id, t);
}

/* The output of a complete execution is in scratch: is it another one, that may
 * be believed? */
static bool
take_output(struct task *t, struct task_bench *b)
{
	struct buf old = t->output;

	t->forget = false;
	if (t->has_output &&
	    str_equal(buf_as_str(&b->scratch), buf_as_str(&old))) {
		t->unchanged++;
		return false;
	}
	if (distrust_check(t, b, buf_as_str(&b->scratch), &t->error) < 0) {
		t->forget = true;
		t->state = TASK_FAILED;
		return false;
	}
	t->output = b->scratch;
	b->scratch = old;
	t->has_output = true;
	buf_fini(&t->standing);
	return true;
}

bool
task_execute(struct task *t, struct task_bench *b)
{
	struct render r = {.arena = &b->arena,
	    .out = &b->scratch,
	    .data = &t->view,
	    .world = &b->world,
	    .remember = true};
	int64_t start = now_us();
	bool changed;
	int rc;

	if (!t->template)
		return false;
	b->current = t;
	b->files = 0;
	if (t->has_output && !t->forget)
		r.previous = buf_as_str(&t->output);
	buf_reset(&b->scratch);
	view_reset(&t->view);
	strings_fini(&t->files_used);
	strings_fini(&t->files_written);
	error_fini(&t->error);
	rc = template_execute(t->template, &r, &t->error);
	t->render_us = now_us() - start;
	t->renders++;
	collect_missing(t);
	if (r.missing)
		t->state = TASK_WAITING;
	else
		t->state = rc < 0 ? TASK_FAILED : TASK_READY;
	if (t->state == TASK_WAITING)
		error_fini(&t->error);
	changed = t->state == TASK_READY && take_output(t, b);
	arena_reset(&b->arena);
	return changed;
}

const struct wanted *
task_next_wait(const struct task *t, size_t *at)
{
	const struct wanted *w;

	while (t->state == TASK_WAITING && (w = view_next(&t->view, at)))
		if (w->wait &&
		    (w->answer || strmap_has(&t->missing, w->query->id)))
			return w;
	return NULL;
}

void
task_set_apply_error(struct task *t, const char *text)
{
	bool was = error_is_set(&t->apply_error);

	error_fini(&t->apply_error);
	if (!text)
		return;
	error_set(&t->apply_error, ERROR_REFUSED, "%s", text);
	if (!was)
		t->apply_error_unix = (int64_t)time(NULL);
}

const char *
task_state_name(enum task_state s)
{
	static const char *const names[] = {
	    "new", "waiting", "failed", "ready"};

	return names[s];
}
