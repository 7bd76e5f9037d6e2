/* SPDX-License-Identifier: MIT */
/*
 * Distrust: who may register a service must not write lines of configuration.
 *
 * When a template has used an answer with a control character in it, it is
 * executed once more on the same answers with each such character replaced by
 * '?', and the text is believed only if both are equal, byte for byte. Then it
 * is a text that data without control characters give; no function, pipe or
 * condition between a string and the text can hide one from that, and none
 * needs to know of it. What is never printed (a check's output) makes no
 * difference. What is executed twice is only a text that is to replace another.
 *
 * Refused is therefore also what such a character only decides, or prints in
 * another form (toJSON). A text that is another each time (a random number)
 * can't be compared and is refused as long as there is such a character.
 *
 * What writeToFile writes is looked at likewise, before it is written: as the
 * n-th file of a second execution on what was asked so far. Who reads such a
 * file is not to be known, so the rule is that of the template.
 */
#include "distrust.h"

#include "weir/limits.h"

static bool
is_suspect(const struct wanted *w)
{
	return w->answer && w->answer->has_control &&
	       query_is_of_others(w->query->kind);
}

static bool
has_suspect(const struct view *v)
{
	const struct wanted *w;

	for (size_t i = 0; (w = view_next(v, &i));)
		if (is_suspect(w))
			return true;
	return false;
}

/* What the pass asked, with marks in place of control characters. */
static struct catalog *
marked_catalog(const struct view *v)
{
	struct catalog *c = catalog_new();
	const struct wanted *w;

	for (size_t i = 0; (w = view_next(v, &i));)
		if (w->answer)
			catalog_put(c, w->query->id,
			    is_suspect(w) ? answer_mark(w->answer)
					  : answer_ref(w->answer));
	return c;
}

static void
ignore_write(void *arg, const char *path, struct str content)
{
	(void)arg;
	(void)path;
	(void)content;
}

/* Does the template give the same text on marked answers? */
static bool
is_same_marked(const struct task *t, struct task_bench *b, struct str text)
{
	struct template_world world = b->world;
	struct view view;
	struct buf out;
	struct render r = {
	    .arena = &b->arena, .out = &out, .data = &view, .world = &world};
	struct catalog *c = marked_catalog(&t->view);
	bool same;

	world.file_used = NULL;
	world.file_allowed = NULL;
	world.file_written = ignore_write;
	buf_init(&out, LIMIT_OUTPUT_BYTES);
	view_init(&view, c);
	same = template_execute(t->template, &r, NULL) == 0 && !r.missing &&
	       str_equal(buf_as_str(&out), text);
	view_fini(&view);
	buf_fini(&out);
	catalog_free(&c);
	return same;
}

/* The file that both executions are to write as their n-th. */
struct same_file {
	size_t n, at;
	const char *path;
	struct str content;
	bool same;
};

/* Nothing behind that file is of interest. */
static int
compare_file(
    void *arg, const char *path, struct str content, struct error *error)
{
	struct same_file *f = arg;

	if (f->at++ < f->n)
		return 0;
	f->same = !strcmp(path, f->path) && str_equal(content, f->content);
	return error_set(error, ERROR_DATA, "it is compared");
}

static bool
is_same_file(const struct task *t, struct task_bench *b, struct same_file *f)
{
	struct template_world world = {.arg = f,
	    .env = b->world.env,
	    .file_allowed = compare_file,
	    .file_written = ignore_write,
	    .plugins = b->world.plugins};
	struct view view;
	struct buf out;
	struct render r = {
	    .arena = &b->arena, .out = &out, .data = &view, .world = &world};
	struct catalog *c = marked_catalog(&t->view);

	buf_init(&out, LIMIT_OUTPUT_BYTES);
	view_init(&view, c);
	template_execute(t->template, &r, NULL);
	view_fini(&view);
	buf_fini(&out);
	catalog_free(&c);
	return f->same;
}

/* Names the string that stands in the text; failing that, one that might. */
static void
explain(const struct task *t, struct str text, struct error *e)
{
	struct buf b = {0}, best = {0};
	const struct wanted *w, *from = NULL;
	int rc = -1;

	for (size_t i = 0; rc <= 0 && (w = view_next(&t->view, &i));) {
		int found;

		if (!is_suspect(w))
			continue;
		buf_reset(&b);
		found = answer_print_control(w->answer, text, &b);
		if (found <= rc)
			continue;
		rc = found;
		from = w;
		buf_reset(&best);
		buf_put(&best, b.ptr, b.len);
	}
	error_set(e, ERROR_DATA,
	    "refused: a control character in %.*s%s: %s (allow_control = yes "
	    "permits it)",
	    from ? (int)from->query->id.len : 0,
	    from ? from->query->id.ptr : "",
	    rc > 0 ? "" : ", used but not found in the text as it is",
	    best.ptr ? best.ptr : "");
	error_at(e, t->config->source, from ? from->line : 0, -1);
	buf_fini(&b);
	buf_fini(&best);
}

static bool
is_watched(const struct task *t)
{
	return t->config->haproxy && !t->config->allow_control &&
	       has_suspect(&t->view);
}

int
distrust_check_file(const struct task *t, struct task_bench *b,
    const char *path, struct str content, struct error *e)
{
	struct same_file f = {
	    .n = b->files++, .path = path, .content = content};

	if (!is_watched(t) || is_same_file(t, b, &f))
		return 0;
	explain(t, content, e);
	return -1;
}

int
distrust_check(const struct task *t, struct task_bench *b, struct str text,
    struct error *e)
{
	if (!is_watched(t) || is_same_marked(t, b, text))
		return 0;
	explain(t, text, e);
	return -1;
}
