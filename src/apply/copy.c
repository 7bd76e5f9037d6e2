/* SPDX-License-Identifier: MIT */
/*
 * What `haproxy -c` is given: the files of -f with candidates in place of
 * destinations. A file that names another which has a candidate (a map, a
 * crt-list, a certificate) is checked as a copy that names the candidate; the
 * candidate that goes live keeps the true name. A copy may be named in turn, so
 * sources are walked from those of -f down to what they name.
 */
#include "generation.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weir/limits.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

/* One file that HAProxy reads. */
struct source {
	char *given;           /* as it is written in -f or destination = */
	char *path;            /* absolute */
	struct member *member; /* NULL: not one of the set */
	struct buf read;       /* its text, if it is no member */
	struct str text;
	const char *stand_in; /* what is checked in its place, borrowed; NULL:
			       * itself */
	enum { SOURCE_NEW, SOURCE_BUSY, SOURCE_DONE } state;
};

struct walk {
	struct generation *g;
	struct source *sources;
	size_t count;
	struct strmap names; /* of members → source */
	bool begins[256];    /* first bytes of those */
	struct error *error;
};

/* ---- stand-ins ---- */

void
generation_note(
    struct generation *g, const char *name, const char *path, bool is_copy)
{
	g->stand_ins = xrealloc(
	    g->stand_ins, g->stand_in_count + 1, sizeof(*g->stand_ins));
	g->stand_ins[g->stand_in_count++] = (struct stand_in){
	    .name = xstrdup(name), .path = xstrdup(path), .is_copy = is_copy};
}

static int
make_scratch(struct generation *g, struct error *error)
{
	const char *base = getenv("TMPDIR");

	if (g->scratch)
		return 0;
	g->scratch =
	    xasprintf("%s/weir-check-XXXXXX", base && *base ? base : "/tmp");
	if (mkdtemp(g->scratch))
		return 0;
	error_set_errno(error, ERROR_IO,
	    "cannot make a directory for what is to be checked, %s",
	    g->scratch);
	free(g->scratch);
	g->scratch = NULL;
	return -1;
}

const char *
generation_stand_in(struct generation *g, const char *path, struct str text,
    struct error *error)
{
	struct file_options options = {.mode = 0600};
	const char *slash = strrchr(path, '/');
	char *name = NULL;
	char *aside = NULL;
	int rc = file_candidate(path, text, &options, &name, NULL);

	if (rc < 0)
		rc = make_scratch(g, error);
	if (rc == 0 && !name) {
		aside =
		    xasprintf("%s/%s", g->scratch, slash ? slash + 1 : path);
		rc = file_candidate(aside, text, &options, &name, error);
	}
	free(aside);
	if (rc < 0)
		return NULL;
	generation_note(g, name, path, true);
	free(name);
	return g->stand_ins[g->stand_in_count - 1].name;
}

const char **
generation_names(const struct generation *g)
{
	const char **names = xcalloc(2 * g->stand_in_count + 1, sizeof(*names));

	for (size_t i = 0; i < g->stand_in_count; i++) {
		names[2 * i] = g->stand_ins[i].name;
		names[2 * i + 1] = g->stand_ins[i].path;
	}
	return names;
}

void
generation_remove_copies(struct generation *g)
{
	for (size_t i = 0; i < g->stand_in_count; i++) {
		if (g->stand_ins[i].is_copy)
			unlink(g->stand_ins[i].name);
		free(g->stand_ins[i].name);
		free(g->stand_ins[i].path);
	}
	free(g->stand_ins);
	g->stand_ins = NULL;
	g->stand_in_count = 0;
	if (g->scratch)
		rmdir(g->scratch);
	free(g->scratch);
	g->scratch = NULL;
}

/* ---- the sources ---- */

static struct source *
add_source(struct walk *w, const char *given)
{
	struct source *s;

	w->sources = xrealloc(w->sources, w->count + 1, sizeof(*w->sources));
	s = &w->sources[w->count++];
	*s = (struct source){
	    .given = xstrdup(given), .path = resolve_path(given)};
	return s;
}

static void
add_member(struct walk *w, struct member *m)
{
	struct source *s = add_source(w, m->config->destination);

	s->member = m;
	s->text = m->text;
	s->stand_in = m->candidate;
}

static struct source *
find_source(struct walk *w, const char *path)
{
	char *absolute = resolve_path(path);
	struct source *found = NULL;

	for (size_t i = 0; i < w->count && !found; i++)
		if (!strcmp(w->sources[i].path, absolute))
			found = &w->sources[i];
	free(absolute);
	return found;
}

/* A file of -f. One that can't be read is left to HAProxy to complain about. */
static void
add_root(struct walk *w, const char *path)
{
	struct source *s;

	if (find_source(w, path))
		return;
	s = add_source(w, path);
	file_read(path, LIMIT_OUTPUT_BYTES, &s->read, NULL);
	s->text = buf_as_str(&s->read);
}

static void
walk_fini(struct walk *w)
{
	for (size_t i = 0; i < w->count; i++) {
		free(w->sources[i].given);
		free(w->sources[i].path);
		buf_fini(&w->sources[i].read);
	}
	free(w->sources);
	strmap_fini(&w->names);
}

/* ---- names within a text ---- */

/* May c be a part of a file's name? What stands around one in a configuration:
 * blanks, quotes, brackets, commas, '@'. */
static bool
is_name_byte(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("._/+~%-", c)) ||
	       (unsigned char)c >= 0x80;
}

/* The next stretch of such bytes from *at on; *at is behind it then. */
static bool
next_name(struct str text, size_t *at, struct str *name)
{
	size_t from = *at;
	size_t to;

	while (from < text.len && !is_name_byte(text.ptr[from]))
		from++;
	for (to = from; to < text.len && is_name_byte(text.ptr[to]);)
		to++;
	*name = (struct str){text.ptr + from, to - from};
	*at = to;
	return to > from;
}

/* Both names of every member's file, and the bytes that names begin with: most
 * words need no look into the map. */
static void
index_names(struct walk *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct source *s = &w->sources[i];

		if (!s->member)
			continue;
		strmap_put(&w->names, str_of(s->path), s);
		strmap_put(&w->names, str_of(s->given), s);
		w->begins[(unsigned char)*s->path] = true;
		w->begins[(unsigned char)*s->given] = true;
	}
}

static struct source *
named(const struct walk *w, struct str name)
{
	return w->begins[(unsigned char)*name.ptr] ? strmap_get(&w->names, name)
						   : NULL;
}

/* ---- copies ---- */

static int visit(struct walk *, struct source *);

static int
write_copy(struct walk *w, struct source *s, struct str text)
{
	const char *name = generation_stand_in(w->g, s->given, text, w->error);

	if (!name)
		return -1;
	s->stand_in = name;
	return 0;
}

/* What it names first, then itself. Of a circle the first is checked as it
 * is. Depth: the number of sources. */
static int
visit(struct walk *w, struct source *s)
{
	struct buf text = {0};
	struct str name;
	size_t copied = 0;
	int rc = 0;

	if (s->state != SOURCE_NEW)
		return 0;
	s->state = SOURCE_BUSY;
	for (size_t at = 0; rc == 0 && next_name(s->text, &at, &name);) {
		struct source *other = named(w, name);

		if (!other || other == s)
			continue;
		rc = visit(w, other);
		if (rc < 0 || !other->stand_in)
			continue;
		buf_put(&text, s->text.ptr + copied, at - name.len - copied);
		buf_puts(&text, other->stand_in);
		copied = at;
	}
	if (rc == 0 && copied) {
		buf_put(&text, s->text.ptr + copied, s->text.len - copied);
		rc = write_copy(w, s, buf_as_str(&text));
	}
	buf_fini(&text);
	s->state = SOURCE_DONE;
	return rc;
}

/* ---- the words of -f ---- */

/* Members whose file is not there yet. */
static char **
list_files(const struct generation *g)
{
	const char **fresh = xcalloc(g->count + 1, sizeof(*fresh));
	size_t n = 0;
	char **files;

	for (size_t i = 0; i < g->count; i++)
		if (g->members[i].candidate)
			fresh[n++] = g->members[i].path;
	files = config_files(g->haproxy, fresh, n);
	free(fresh);
	return files;
}

char **
generation_check_files(struct generation *g, struct error *error)
{
	struct walk w = {.g = g, .error = error};
	char **files = list_files(g);
	int rc = 0;

	for (size_t i = 0; i < g->count; i++)
		add_member(&w, &g->members[i]);
	for (size_t i = 0; files[i]; i++)
		add_root(&w, files[i]);
	index_names(&w);
	for (size_t i = 0; files[i] && rc == 0; i++) {
		struct source *s = find_source(&w, files[i]);

		rc = visit(&w, s);
		if (rc < 0 || !s->stand_in)
			continue;
		free(files[i]);
		files[i] = xstrdup(s->stand_in);
	}
	if (rc < 0)
		config_files_free(&files);
	walk_fini(&w);
	return files;
}
