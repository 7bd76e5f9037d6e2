/* SPDX-License-Identifier: MIT */
/*
 * What was at a destination before the swap, under a second name beside it: a
 * hard link, so that keeping it needs no room on the disk and putting it back
 * is one rename. A symbolic link to nowhere says that there was no file. As
 * long as the name is there, nobody knows whether what runs is what the file
 * says: a weir that finds one makes up for the reload.
 */
#include "generation.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/limits.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

/* Kept until the reload is known to be good. */
#define SUFFIX_RELOAD ".weir-prev"
/* Kept until all files of the set are swapped: nothing is to be told. */
#define SUFFIX_SWAP ".weir-undo"
#define DROP_TRIES  3
/* What the link to nowhere says. */
#define NO_FILE ".weir-no-file"

/* Names that this process is done with and could not remove: what they hold is
 * older than what runs. */
static struct strmap spent;

/* "DIRECTORY/.NAMEsuffix", NAME cut so that it fits a directory entry. */
static char *
second_name(const char *path, const char *suffix)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	int most = NAME_MAX - 1 - (int)strlen(suffix);

	return xasprintf(
	    "%.*s.%.*s%s", (int)(name - path), path, most, name, suffix);
}

static void
remove_name(const char *name)
{
	if (unlink(name) == 0 || errno == ENOENT)
		strmap_take(&spent, str_of(name));
}

/* Where hard links are not to be had (another owner, a file system without):
 * a copy. */
static int
copy_previous(const char *path, const char *name, struct error *error)
{
	struct file_options options = {.mode = (mode_t)-1};
	struct buf text = {0};
	char *copy = NULL;
	int rc = file_read(path, LIMIT_OUTPUT_BYTES, &text, error);

	if (rc > 0)
		error_set(error, ERROR_IO, "cannot remove %s", name);
	if (rc == 0)
		rc = file_candidate(
		    path, buf_as_str(&text), &options, &copy, error);
	if (rc == 0 && rename(copy, name) < 0) {
		rc = error_set_errno(error, ERROR_IO, "cannot write %s", name);
		unlink(copy);
	}
	free(copy);
	buf_fini(&text);
	return rc ? -1 : 0;
}

int
previous_keep(struct member *m, bool reload, struct error *error)
{
	const char *path = m->config->destination;
	char *name = second_name(path, reload ? SUFFIX_RELOAD : SUFFIX_SWAP);
	int rc;

	/* One that an earlier weir left is older: it is what runs. */
	if (!reload || strmap_has(&spent, str_of(name)))
		remove_name(name);
	rc = link(path, name);
	if (rc < 0 && errno == ENOENT)
		rc = symlink(NO_FILE, name);
	if (rc < 0 && errno == EEXIST && !strmap_has(&spent, str_of(name)))
		rc = 0;
	if (rc < 0 && errno != ENOSPC && errno != EROFS && errno != EACCES)
		rc = copy_previous(path, name, error);
	else if (rc < 0)
		error_set_errno(error, ERROR_IO,
		    "cannot keep the previous %s as %s", path, name);
	if (rc < 0) {
		free(name);
		return -1;
	}
	strmap_take(&spent, str_of(name));
	free(m->previous);
	m->previous = name;
	return 0;
}

static void
sync_directory_of(const char *path)
{
	char *copy = xstrdup(path);
	char *slash = strrchr(copy, '/');
	int fd;

	if (slash)
		slash[slash == copy] = 0;
	fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	free(copy);
}

static bool
says_no_file(const char *name)
{
	char target[sizeof(NO_FILE)];
	ssize_t n = readlink(name, target, sizeof(target));

	return n == (ssize_t)sizeof(NO_FILE) - 1 &&
	       !memcmp(target, NO_FILE, (size_t)n);
}

int
previous_restore(struct member *m, struct error *error)
{
	const char *path = m->config->destination;
	struct error failed = {0};
	int rc;

	if (!m->previous)
		return 0;
	if (says_no_file(m->previous))
		rc = unlink(path) < 0 && errno != ENOENT ? -1 : 0;
	else
		rc = rename(m->previous, path);
	if (rc < 0) {
		/* The one failure after which what is on the disk is not what
		 * it was: it has to be said whatever else went wrong. */
		error_set_errno(&failed, ERROR_IO,
		    "cannot put the previous %s back; it is in %s", path,
		    m->previous);
		error_fini(error);
		error_move(error, &failed);
		return -1;
	}
	/* rename(2) leaves both names if they are the same file. */
	previous_drop(m);
	sync_directory_of(path);
	return 0;
}

void
previous_drop(struct member *m)
{
	/* One that stays would be taken for what runs by the next weir: a full
	 * disk may refuse once what it does then. */
	if (m->previous)
		strmap_put(&spent, str_of(m->previous), &spent);
	for (int i = 0; m->previous && i < DROP_TRIES; i++) {
		remove_name(m->previous);
		if (!strmap_has(&spent, str_of(m->previous)))
			break;
	}
	free(m->previous);
	m->previous = NULL;
}

bool
previous_find(struct member *m)
{
	char *name = second_name(m->config->destination, SUFFIX_RELOAD);
	struct stat st;

	if (strmap_has(&spent, str_of(name)))
		remove_name(name);
	if (strmap_has(&spent, str_of(name)) || lstat(name, &st) < 0) {
		free(name);
		return false;
	}
	free(m->previous);
	m->previous = name;
	return true;
}

void
previous_clean(const char *destination)
{
	char *name = second_name(destination, SUFFIX_SWAP);

	unlink(name);
	free(name);
}
