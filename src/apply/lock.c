/* SPDX-License-Identifier: MIT */
/*
 * One weir at a time on the files of one HAProxy: a lock of the kernel's on a
 * file beside the first destination, so that it ends with its process however
 * that ends, and a file that is left behind is no lock.
 */
#include "weir/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/xalloc.h"

#define SUFFIX ".weir-lock"
/* Whoever drops a lock removes its file: who waited at it looks again. */
#define TRIES 10

struct apply_lock {
	int fd;
	char *path;
};

static char *
lock_path(const char *destination)
{
	const char *slash = strrchr(destination, '/');
	const char *name = slash ? slash + 1 : destination;

	return xasprintf("%.*s.%.*s%s", (int)(name - destination), destination,
	    NAME_MAX - 1 - (int)strlen(SUFFIX), name, SUFFIX);
}

/* Is what was locked still what the name stands for? */
static bool
is_named(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	       a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

static int
refuse(int fd, const char *destination, struct error *error)
{
	char owner[32] = "";
	ssize_t n = pread(fd, owner, sizeof(owner) - 1, 0);

	owner[n > 0 ? n : 0] = 0;
	owner[strspn(owner, "0123456789")] = 0;
	return error_set(error, ERROR_REFUSED,
	    "another weir (process %s) looks after %s: two would undo each "
	    "other's work",
	    *owner ? owner : "unknown", destination);
}

static void
write_owner(int fd)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return; /* the lock holds without it, only unnamed */
}

/* 1: locked; 0: try again; -1: there is none to be had. */
static int
try_lock(
    const char *path, int *fd, const char *destination, struct error *error)
{
	*fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (*fd < 0)
		return -1;
	if (flock(*fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			refuse(*fd, destination, error);
		close(*fd);
		return -1;
	}
	if (is_named(*fd, path))
		return 1;
	close(*fd);
	return 0;
}

struct apply_lock *
apply_lock_take(const char *destination, struct error *error)
{
	char *path = lock_path(destination);
	struct apply_lock *lock = NULL;
	int fd = -1, rc = 0;

	for (int i = 0; rc == 0 && i < TRIES; i++)
		rc = try_lock(path, &fd, destination, error);
	if (rc == 1) {
		write_owner(fd);
		lock = xcalloc(1, sizeof(*lock));
		lock->fd = fd;
		lock->path = path;
		return lock;
	}
	free(path);
	return NULL;
}

void
apply_lock_drop(struct apply_lock **lock)
{
	struct apply_lock *l = *lock;

	*lock = NULL;
	if (!l)
		return;
	unlink(l->path);
	close(l->fd);
	free(l->path);
	free(l);
}
