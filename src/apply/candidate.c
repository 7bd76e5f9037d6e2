/* SPDX-License-Identifier: MIT */
/*
 * The first half of an apply: which files differ, and a finished candidate
 * beside each of them. Nothing that can be seen under a destination's name
 * changes here, so any failure just removes what was made.
 */
#include "generation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/xalloc.h"

char *
resolve_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory = slash == NULL ? xstrdup(".")
			  : slash == path
			      ? xstrdup("/")
			      : xstrndup(path, (size_t)(slash - path));
	char *real = realpath(directory, NULL);
	char *result;

	if (!real)
		result = xstrdup(path);
	else
		result = xasprintf("%s/%s", strcmp(real, "/") ? real : "",
		    slash ? slash + 1 : path);
	free(real);
	free(directory);
	return result;
}

void
generation_init(struct generation *g, const struct apply_options *o)
{
	*g = (struct generation){.haproxy = o->haproxy,
	    .write = o->write,
	    .reload = o->reload,
	    .members = xcalloc(o->count ? o->count : 1, sizeof(*g->members)),
	    .count = o->count};
	for (size_t i = 0; i < o->count; i++) {
		g->members[i].config = o->files[i].config;
		g->members[i].text = o->files[i].text;
		g->members[i].path =
		    resolve_path(o->files[i].config->destination);
	}
}

/* ---- directories that are made for a file ---- */

/* Cuts the last part off; false if nothing is left to cut. */
static bool
cut_name(char *path)
{
	char *slash = strrchr(path, '/');

	while (slash > path && slash[-1] == '/')
		slash--;
	if (!slash || slash == path)
		return false;
	*slash = 0;
	return true;
}

/* The first directory of the destination's that does not exist. */
static void
note_missing(struct member *m)
{
	char *path = xstrdup(m->config->destination);

	while (cut_name(path) && access(path, F_OK) < 0) {
		free(m->missing);
		m->missing = xstrdup(path);
	}
	free(path);
}

/* Those that are empty: a file that did not go live leaves none behind. */
static void
remove_made(struct member *m)
{
	char *path = xstrdup(m->config->destination);

	while (m->missing && cut_name(path) && rmdir(path) == 0)
		if (!strcmp(path, m->missing))
			break;
	free(path);
	free(m->missing);
}

void
generation_fini(struct generation *g)
{
	generation_remove_copies(g);
	generation_remove_candidates(g);
	for (size_t i = 0; i < g->count; i++) {
		remove_made(&g->members[i]);
		free(g->members[i].previous);
		free(g->members[i].path);
	}
	free(g->members);
	*g = (struct generation){0};
}

/* ---- what differs ---- */

/* 1: other bytes; 0: the same; -1: cannot be read. */
static int
compare_bytes(int fd, struct str text)
{
	char piece[65536];
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if ((size_t)n > text.len || memcmp(piece, text.ptr, (size_t)n))
			return 1;
		text.ptr += n;
		text.len -= (size_t)n;
	}
	return text.len ? 1 : 0;
}

static int
compare(struct member *m, struct error *error)
{
	const char *path = m->config->destination;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int rc;

	m->differs = true;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_set_errno(error, ERROR_IO,
		    "cannot read %s to see whether it differs", path);
	rc = fstat(fd, &st);
	if (rc == 0 && S_ISREG(st.st_mode) && (size_t)st.st_size == m->text.len)
		rc = compare_bytes(fd, m->text);
	else if (rc == 0)
		rc = 1;
	close(fd);
	if (rc < 0)
		return error_set_errno(error, ERROR_IO,
		    "cannot read %s to see whether it differs", path);
	m->differs = rc > 0;
	return 0;
}

int
generation_compare(struct generation *g, struct error *error)
{
	for (size_t i = 0; i < g->count; i++) {
		struct member *m = &g->members[i];

		if (compare(m, error) < 0)
			return -1;
		m->pending = g->write && g->reload && previous_find(m);
	}
	return 0;
}

size_t
generation_changed(const struct generation *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->count; i++)
		n += g->members[i].differs;
	return n;
}

bool
generation_is_pending(const struct generation *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->members[i].pending)
			return true;
	return false;
}

/* ---- candidates ---- */

static struct file_options
options_of(const struct config_template *c)
{
	return (struct file_options){.mode = c->mode,
	    .owner = c->owner,
	    .group = c->group,
	    .backup = c->backup,
	    .create_dirs = c->create_dest_dirs};
}

static int
write_candidate(struct generation *g, struct member *m, struct error *error)
{
	const char *path = m->config->destination;
	struct file_options options = options_of(m->config);
	const char *name;

	if (!g->write) {
		name = generation_stand_in(g, path, m->text, error);
		m->candidate = name ? xstrdup(name) : NULL;
		return name ? 0 : -1;
	}
	if (options.create_dirs)
		note_missing(m);
	if (file_candidate(path, m->text, &options, &m->candidate, error) < 0)
		return -1;
	generation_note(g, m->candidate, path, false);
	return 0;
}

int
generation_write(struct generation *g, struct error *error)
{
	for (size_t i = 0; i < g->count; i++) {
		struct member *m = &g->members[i];

		if (!m->differs && g->write)
			continue;
		if (write_candidate(g, m, error) < 0) {
			generation_remove_candidates(g);
			return -1;
		}
	}
	return 0;
}

void
generation_remove_candidates(struct generation *g)
{
	for (size_t i = 0; i < g->count; i++) {
		struct member *m = &g->members[i];

		if (m->candidate)
			unlink(m->candidate);
		free(m->candidate);
		m->candidate = NULL;
	}
}

static void
clean(const char *path)
{
	file_clean(path, 0);
	previous_clean(path);
}

/* A file of -f, or a directory of such files. */
static void
clean_config(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char *file = xasprintf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.')
			clean(file);
		free(file);
	}
	if (d)
		closedir(d);
	else
		clean(path);
}

void
apply_clean(const struct config_template *t)
{
	if (!t->destination)
		return;
	clean(t->destination);
	for (size_t i = 0; t->haproxy && i < t->haproxy->configs.count; i++)
		clean_config(t->haproxy->configs.items[i]);
}
