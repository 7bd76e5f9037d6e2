/* SPDX-License-Identifier: MIT */
#include "texts.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/limits.h"
#include "weir/xalloc.h"

static struct text_part *
add_part(struct texts *t, const char *path)
{
	struct text_part *p;

	t->parts = xrealloc(t->parts, t->count + 1, sizeof(*t->parts));
	p = &t->parts[t->count++];
	*p = (struct text_part){.path = xstrdup(path)};
	return p;
}

void
texts_fini(struct texts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->parts[i].path);
		buf_fini(&t->parts[i].other);
	}
	free(t->parts);
	free(t->newest);
	buf_fini(&t->joined);
	*t = (struct texts){0};
}

struct str
texts_config(const struct texts *t)
{
	return buf_as_str(&t->joined);
}

struct str
text_of(const struct texts *t, const struct text_part *p)
{
	if (!p->config)
		return buf_as_str(&p->other);
	return (struct str){t->joined.ptr ? t->joined.ptr + p->at : "", p->len};
}

const struct text_part *
texts_part(const struct texts *t, const char *path)
{
	for (size_t i = 0; i < t->count; i++)
		if (!strcmp(t->parts[i].path, path))
			return &t->parts[i];
	return NULL;
}

void
texts_sum(struct str text, char hex[TEXTS_SUM])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_Digest(text.ptr, text.len, sum, &n, EVP_sha256(), NULL);
	for (size_t i = 0; i < TEXTS_SUM / 2; i++)
		snprintf(hex + 2 * i, 3, "%02x", i < n ? sum[i] : 0);
}

/* Of the names and the sums, so that texts can't run into each other. */
void
texts_digest(const struct texts *t, char hex[TEXTS_SUM])
{
	struct buf all = {0};

	for (size_t i = 0; i < t->count; i++) {
		const struct text_part *p = &t->parts[i];

		texts_sum(text_of(t, p), hex);
		buf_printf(&all, "%s %d %s\n", hex, p->absent, p->path);
	}
	texts_sum(buf_as_str(&all), hex);
	buf_fini(&all);
}

const char *
texts_foreign_change(const struct texts *was, const struct texts *is)
{
	for (size_t i = 0; i < is->count; i++) {
		const struct text_part *p = &is->parts[i];
		const struct text_part *old;

		if (p->ours)
			continue;
		old = texts_part(was, p->path);
		if (!old || !str_equal(text_of(was, old), text_of(is, p)))
			return p->path;
	}
	return NULL;
}

/* ---- reading ---- */

/* HAProxy reads each file for itself: a line does not go on in the next. */
static void
put_config(struct texts *t, struct text_part *p, struct str text)
{
	p->config = true;
	p->at = t->joined.len;
	p->len = text.len;
	buf_str(&t->joined, text);
	if (text.len && text.ptr[text.len - 1] != '\n')
		buf_char(&t->joined, '\n');
}

static void
put_text(struct texts *t, struct text_part *p, struct str text, bool config)
{
	if (config)
		put_config(t, p, text);
	else
		buf_str(&p->other, text);
}

static int64_t
unix_ms(const struct timespec *ts)
{
	return (int64_t)ts->tv_sec * 1000 + ts->tv_nsec / 1000000;
}

static void
note_time(struct texts *t, const char *path, const struct stat *st)
{
	int64_t at = unix_ms(&st->st_ctim);

	if (unix_ms(&st->st_mtim) > at)
		at = unix_ms(&st->st_mtim);
	if (at < t->newest_ms)
		return;
	t->newest_ms = at;
	free(t->newest);
	t->newest = xstrdup(path);
}

static bool
is_as_known(const struct text_part *p, const struct stat *st)
{
	return p && !p->absent && p->inode == st->st_ino &&
	       p->size == st->st_size &&
	       p->changed.tv_sec == st->st_ctim.tv_sec &&
	       p->changed.tv_nsec == st->st_ctim.tv_nsec;
}

/* From the disk, or from what is known of it. */
static int
read_part(struct texts *t, struct text_part *p, bool config,
    const struct texts *known, struct error *error)
{
	const struct text_part *old = known ? texts_part(known, p->path) : NULL;
	struct stat st = {0};
	struct buf text = {0};
	int rc = 0;

	if (stat(p->path, &st) == 0)
		note_time(t, p->path, &st);
	p->changed = st.st_ctim;
	p->size = st.st_size;
	p->inode = st.st_ino;
	if (!p->ours && is_as_known(old, &st)) {
		put_text(t, p, text_of(known, old), config);
		return 0;
	}
	rc = file_read(p->path, LIMIT_OUTPUT_BYTES, &text, error);
	p->absent = rc > 0;
	if (rc >= 0)
		put_text(t, p, buf_as_str(&text), config);
	buf_fini(&text);
	return rc < 0 ? -1 : 0;
}

/* The template that renders this file; NULL: it is foreign. */
static const struct config_template *
renders(const struct texts_source *s, const char *path)
{
	for (size_t i = 0; i < s->template_count; i++)
		if (!strcmp(s->templates[i]->destination, path))
			return s->templates[i];
	return NULL;
}

/* The two names may be written in different ways. */
static const struct config_template *
renders_resolved(const struct texts_source *s, const char *path)
{
	char *real = resolve_path(path);
	const struct config_template *found = NULL;

	for (size_t i = 0; i < s->template_count && !found; i++) {
		char *other = resolve_path(s->templates[i]->destination);

		if (!strcmp(real, other))
			found = s->templates[i];
		free(other);
	}
	free(real);
	return found;
}

static const struct member *
member_of(const struct generation *g, const struct config_template *c)
{
	for (size_t i = 0; g && c && i < g->count; i++)
		if (g->members[i].config == c)
			return &g->members[i];
	return NULL;
}

static int
add_text(struct texts *t, const struct texts_source *s, const char *path,
    const struct config_template *c, bool config, struct error *error)
{
	const struct member *m = member_of(s->generation, c);
	struct text_part *p = add_part(t, path);

	p->ours = c != NULL;
	if (!m)
		return read_part(t, p, config, s->known, error);
	put_text(t, p, m->text, config);
	return 0;
}

static char **
list(const struct texts_source *s)
{
	const struct generation *g = s->generation;
	const char **fresh = xcalloc((g ? g->count : 0) + 1, sizeof(*fresh));
	size_t n = 0;
	char **files;

	for (size_t i = 0; g && i < g->count; i++)
		fresh[n++] = g->members[i].path;
	files = config_files(s->haproxy, fresh, n);
	free(fresh);
	return files;
}

int
texts_read(struct texts *t, const struct texts_source *s, struct error *error)
{
	char **files = list(s);
	bool *taken = xcalloc(s->template_count + 1, sizeof(*taken));
	int rc = 0;

	*t = (struct texts){0};
	for (size_t i = 0; files[i] && rc == 0; i++) {
		const struct config_template *c = renders(s, files[i]);

		if (!c)
			c = renders_resolved(s, files[i]);
		for (size_t k = 0; c && k < s->template_count; k++)
			taken[k] |= s->templates[k] == c;
		rc = add_text(t, s, files[i], c, true, error);
	}
	for (size_t i = 0; i < s->template_count && rc == 0; i++)
		if (!taken[i])
			rc = add_text(t, s, s->templates[i]->destination,
			    s->templates[i], false, error);
	free(taken);
	config_files_free(&files);
	if (rc < 0)
		texts_fini(t);
	return rc;
}
