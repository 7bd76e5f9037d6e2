/* SPDX-License-Identifier: MIT */
/*
 * Files are replaced by renaming a finished, synced candidate over them;
 * nothing is ever written in place. A candidate lies beside its destination,
 * since rename(2) works within one file system only, and its name says whose it
 * is, so that what a killed program leaves can be found and removed.
 */
#include "weir/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "weir/xalloc.h"

#define MARK        ".weir-"
#define RANDOM_SIZE 6
/* Names tried before giving up; each is one of 32^6. */
#define NAME_TRIES 16

static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The directory of path, "." if it names none. The caller frees. */
static char *
directory_of(const char *path)
{
	const char *base = base_name(path);

	if (base == path)
		return xstrdup(".");
	if (base == path + 1)
		return xstrdup("/");
	return xstrndup(path, (size_t)(base - path) - 1);
}

/* What can be done about errno, as far as it is worth saying. */
static const char *
advice(int code)
{
	switch (code) {
	case EROFS:
		return " (under systemd: add its directory to "
		       "ReadWritePaths= of weir.service)";
	case EACCES:
		return " (the user that runs weir must be able to write "
		       "its directory)";
	case EPERM:
		return " (only root may give a file to another user: leave "
		       "owner unset to keep the file's)";
	default:
		return "";
	}
}

static int
cannot(const char *verb, const char *path, struct error *error)
{
	int code = errno;

	return error_set(error, ERROR_IO, "cannot %s %s: %s%s", verb, path,
	    strerror(code), advice(code));
}

static int
make_directories(const char *directory, struct error *error)
{
	char *copy = xstrdup(directory);
	int rc = 0;

	for (char *p = copy + 1; rc == 0; p++) {
		char c = *p;

		if (c != '/' && c)
			continue;
		*p = 0;
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			rc = cannot("make the directory", copy, error);
		*p = c;
		if (!c)
			break;
	}
	free(copy);
	return rc;
}

/* A link that somebody else made leads where he likes, and elsewhere tomorrow.
 */
static int
check_links(const char *directory, struct error *error)
{
	char *copy = xstrdup(directory);
	struct stat st;
	int rc = 0;

	for (char *p = copy + 1; rc == 0; p++) {
		char c = *p;

		if (c != '/' && c)
			continue;
		*p = 0;
		if (lstat(copy, &st) == 0 && S_ISLNK(st.st_mode) &&
		    st.st_uid != 0 && st.st_uid != geteuid())
			rc = error_set(error, ERROR_REFUSED,
			    "cannot write into %s: %s is a link made by user "
			    "%u",
			    directory, copy, st.st_uid);
		*p = c;
		if (!c)
			break;
	}
	free(copy);
	return rc;
}

static int
check_directory(
    const char *directory, const struct file_options *o, struct error *error)
{
	struct stat st;

	if (check_links(directory, error) < 0)
		return -1;
	if (stat(directory, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		errno = ENOTDIR;
		return cannot("write into", directory, error);
	}
	if (errno != ENOENT)
		return cannot("write into", directory, error);
	if (o->create_dirs)
		return make_directories(directory, error);
	return error_set(error, ERROR_IO,
	    "cannot write into %s: it does not exist (make it, or set "
	    "create_dest_dirs = yes)",
	    directory);
}

/* ---- owner and mode ---- */

static int
parse_id(const char *text, unsigned *id)
{
	char *end;
	unsigned long n;

	if (!*text || strspn(text, "0123456789") != strlen(text))
		return -1;
	errno = 0;
	n = strtoul(text, &end, 10);
	/* (uid_t)-1 means "unchanged" to chown(2). */
	if (errno || n >= UINT_MAX)
		return -1;
	*id = (unsigned)n;
	return 0;
}

static int
find_owner(const char *name, uid_t *uid, struct error *error)
{
	struct passwd *pw;

	if (!name || parse_id(name, uid) == 0)
		return 0;
	pw = getpwnam(name);
	if (!pw)
		return error_set(error, ERROR_IO, "there is no user %s", name);
	*uid = pw->pw_uid;
	return 0;
}

static int
find_group(const char *name, gid_t *gid, struct error *error)
{
	struct group *gr;

	if (!name || parse_id(name, gid) == 0)
		return 0;
	gr = getgrnam(name);
	if (!gr)
		return error_set(error, ERROR_IO, "there is no group %s", name);
	*gid = gr->gr_gid;
	return 0;
}

/*
 * The old owner or group may be lost only if everybody still can do with the
 * new file what they could with the old: class is 6 for the owner's bits, 3 for
 * the group's. Root needs no bits.
 */
static bool
is_harmless(mode_t mode, int class, bool was_root)
{
	mode_t had = mode >> class & 07, others = mode & 07;

	return was_root || (had & ~others & 05) == 0;
}

/* Tries to keep owner and group of what is replaced: a service with a user of
 * its own can't give files away, and mostly need not. */
static int
keep_owner(int fd, const struct stat *old, mode_t mode)
{
	struct stat now;

	if (fchown(fd, old->st_uid, old->st_gid) == 0)
		return 0;
	if (errno != EPERM || fstat(fd, &now) < 0)
		return -1;
	errno = EPERM;
	if (now.st_uid != old->st_uid &&
	    !is_harmless(mode, 6, old->st_uid == 0))
		return -1;
	if (fchown(fd, (uid_t)-1, old->st_gid) == 0 ||
	    is_harmless(mode, 3, false))
		return 0;
	errno = EPERM;
	return -1;
}

/* Before the first byte: what is secret is never readable for longer than the
 * destination will be. */
static int
set_owner(
    int fd, const char *path, const struct file_options *o, struct error *error)
{
	struct stat old;
	bool exists = stat(path, &old) == 0;
	mode_t mode = o->mode;
	uid_t uid = (uid_t)-1;
	gid_t gid = (gid_t)-1;

	if (mode == (mode_t)-1)
		mode = exists ? old.st_mode & 07777 : 0644;
	if (find_owner(o->owner, &uid, error) < 0 ||
	    find_group(o->group, &gid, error) < 0)
		return -1;
	if (exists && !o->owner && !o->group && keep_owner(fd, &old, mode) < 0)
		return cannot("keep owner and group of", path, error);
	if (exists && !o->owner && o->group && geteuid() == 0)
		uid = old.st_uid;
	if (exists && o->owner && !o->group)
		gid = old.st_gid;
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(fd, uid, gid) < 0)
		return cannot("set owner and group of", path, error);
	if (fchmod(fd, mode) < 0)
		return cannot("set the mode of", path, error);
	return 0;
}

/* ---- candidates ---- */

static int
draw(char *to)
{
	unsigned char bytes[RANDOM_SIZE];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -1;
	for (size_t i = 0; i < RANDOM_SIZE; i++)
		to[i] = letters[bytes[i] & 31];
	return 0;
}

/* ".NAME.weir-", NAME cut so that the whole fits a directory entry. */
static char *
candidate_prefix(const char *path)
{
	int most = NAME_MAX - 1 - (int)strlen(MARK) - RANDOM_SIZE;

	return xasprintf(".%.*s" MARK, most, base_name(path));
}

/* Opens a new file beside path; its name in *name. */
static int
open_candidate(
    const char *path, const char *directory, char **name, struct error *error)
{
	char *prefix = candidate_prefix(path), random[RANDOM_SIZE + 1] = "";
	int fd = -1;

	for (int i = 0; i < NAME_TRIES && fd < 0; i++) {
		if (draw(random) < 0)
			break;
		*name = xasprintf("%s/%s%s", directory, prefix, random);
		fd = open(*name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0) {
			free(*name);
			*name = NULL;
			if (errno != EEXIST)
				break;
		}
	}
	if (fd < 0)
		cannot("write", path, error);
	free(prefix);
	return fd;
}

int
file_write_all(int fd, struct str text)
{
	while (text.len > 0) {
		ssize_t n = write(fd, text.ptr, text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text.ptr += n;
		text.len -= (size_t)n;
	}
	return 0;
}

static int
check_destination(const char *path, struct error *error)
{
	struct stat st;

	if (!*base_name(path))
		return error_set(error, ERROR_IO,
		    "cannot write %s: it names a directory, not a file", path);
	if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return error_set(error, ERROR_IO,
		    "cannot write %s: it is a directory", path);
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode))
		return error_set(error, ERROR_IO,
		    "cannot write %s: it is a device, a pipe or a socket",
		    path);
	return 0;
}

int
file_candidate_from(const char *path, struct file_writer writer,
    const struct file_options *o, char **candidate, struct error *error)
{
	char *directory = directory_of(path), *name = NULL;
	int fd = -1, rc = -1;

	*candidate = NULL;
	if (check_directory(directory, o, error) < 0 ||
	    check_destination(path, error) < 0)
		goto out;
	fd = open_candidate(path, directory, &name, error);
	if (fd < 0 || set_owner(fd, path, o, error) < 0)
		goto out;
	if (writer.write(writer.arg, fd) < 0 || fsync(fd) < 0) {
		cannot("write", path, error);
		goto out;
	}
	rc = close(fd);
	fd = -1;
	if (rc < 0)
		cannot("write", path, error);
out:
	if (fd >= 0)
		close(fd);
	if (rc < 0 && name)
		unlink(name);
	if (rc == 0) {
		*candidate = name;
		name = NULL;
	}
	free(name);
	free(directory);
	return rc;
}

static int
write_text(void *text, int fd)
{
	return file_write_all(fd, *(const struct str *)text);
}

int
file_candidate(const char *path, struct str text, const struct file_options *o,
    char **candidate, struct error *error)
{
	const struct file_writer writer = {write_text, &text};

	return file_candidate_from(path, writer, o, candidate, error);
}

/* FILE.bak becomes a second name of what is there now; it is made beside and
 * renamed, so that there is never a moment without the last backup. */
static int
back_up(const char *path, struct error *error)
{
	char *directory = directory_of(path), *prefix = candidate_prefix(path);
	char *backup = xasprintf("%s.bak", path), *link_name = NULL;
	char random[RANDOM_SIZE + 1] = "";
	int rc = draw(random);

	link_name = xasprintf("%s/%s%s", directory, prefix, random);
	if (rc == 0)
		rc = link(path, link_name);
	if (rc == 0)
		rc = rename(link_name, backup);
	if (rc < 0 && errno != ENOENT)
		cannot("write", backup, error);
	else
		rc = 0;
	/* Still there after a failure, and when the two were one file. */
	unlink(link_name);
	free(link_name);
	free(backup);
	free(prefix);
	free(directory);
	return rc;
}

static int
sync_directory(const char *path)
{
	char *directory = directory_of(path);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd), saved = errno;

	if (fd >= 0)
		close(fd);
	free(directory);
	errno = saved;
	/* Some file systems have no sync of a directory. */
	return rc < 0 && errno != EINVAL && errno != EACCES ? -1 : 0;
}

int
file_swap(const char *candidate, const char *path, const struct file_options *o,
    struct error *error)
{
	if (o->backup && back_up(path, error) < 0)
		return -1;
	if (rename(candidate, path) < 0)
		return cannot("replace", path, error);
	if (sync_directory(path) < 0)
		return cannot("sync the directory of", path, error);
	return 0;
}

int
file_replace(const char *path, struct str text, const struct file_options *o,
    struct error *error)
{
	char *candidate;
	int rc;

	if (file_candidate(path, text, o, &candidate, error) < 0)
		return -1;
	rc = file_swap(candidate, path, o, error);
	if (rc < 0)
		unlink(candidate);
	free(candidate);
	return rc;
}

static bool
is_leftover(int directory, const char *name, const char *prefix, int64_t age_s)
{
	size_t n = strlen(prefix);
	struct stat st;

	return !strncmp(name, prefix, n) && strlen(name) == n + RANDOM_SIZE &&
	       strspn(name + n, letters) == RANDOM_SIZE &&
	       fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && time(NULL) - st.st_mtime >= age_s;
}

int
file_clean(const char *path, int64_t age_s)
{
	char *directory = directory_of(path), *prefix = candidate_prefix(path);
	DIR *d = opendir(directory);
	struct dirent *entry;
	int count = 0;

	while (d && (entry = readdir(d)))
		if (is_leftover(dirfd(d), entry->d_name, prefix, age_s) &&
		    unlinkat(dirfd(d), entry->d_name, 0) == 0)
			count++;
	if (d)
		closedir(d);
	free(prefix);
	free(directory);
	return count;
}

/* ---- reading ---- */

int
file_read_all(
    int fd, const char *path, size_t limit, struct buf *b, struct error *error)
{
	char piece[16384];
	size_t total = 0;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set_errno(
			    error, ERROR_IO, "cannot read %s", path);
		total += (size_t)n;
		if (total > limit)
			return error_set(error, ERROR_LIMIT,
			    "cannot read %s: it is larger than %zu bytes", path,
			    limit);
		buf_put(b, piece, (size_t)n);
	}
	if (b->failed)
		return error_set(error, ERROR_LIMIT,
		    "cannot read %s: it is too large", path);
	return 0;
}

int
file_read(const char *path, size_t limit, struct buf *b, struct error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return error_set_errno(error, ERROR_IO, "cannot read %s", path);
	rc = file_read_all(fd, path, limit, b, error);
	close(fd);
	return rc;
}
