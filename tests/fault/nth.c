/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a program, it counts the calls that touch files below one
 * folder and lets the n-th fail, or ends the program there as a power cut
 * would. What a kill would tear is torn: half of a write is done first. A full
 * disk takes half of the write, too, and refuses the rest.
 *
 * The calls go straight to the kernel, so nothing has to be looked up, and a
 * child (a check, a reload) is left alone: it is not the one that counts.
 *
 *     WEIR_FAULT_UNDER  the folder
 *     WEIR_FAULT_TRACE  a file: one line "CALL PATH" for each call, and one
 *                       "hit -" behind that which failed
 *     WEIR_FAULT_CALL   calls of which name
 *     WEIR_FAULT_AT     the how-manieth of those; 0: none
 *     WEIR_FAULT_DO     KILL; POWER: a kill after which every file that was
 *                       written and not synced is empty; or a number for errno
 *     WEIR_FAULT_FILES  set: calls that are of no file don't count
 *     WEIR_FAULT_ARMED  counting begins when this file is there; unset: at once
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char under[PATH_MAX], armed[PATH_MAX];
static int trace = -1, action;
static long strike_at;
static pid_t self;
static bool only_files, power;
static atomic_long count;
static char wanted[32];
static atomic_int full = -1; /* where the rest of a write finds no room */

enum verdict { GO_ON, FAIL, DIE };

static void
copy_env(const char *name, char to[PATH_MAX])
{
	const char *value = getenv(name);

	snprintf(to, PATH_MAX, "%s", value ? value : "");
}

__attribute__((constructor)) static void
begin(void)
{
	const char *word = getenv("WEIR_FAULT_DO");
	char path[PATH_MAX];

	copy_env("WEIR_FAULT_UNDER", under);
	copy_env("WEIR_FAULT_ARMED", armed);
	copy_env("WEIR_FAULT_CALL", path);
	snprintf(wanted, sizeof(wanted), "%.31s", path);
	copy_env("WEIR_FAULT_FILES", path);
	only_files = path[0] != 0;
	copy_env("WEIR_FAULT_TRACE", path);
	strike_at =
	    atol(getenv("WEIR_FAULT_AT") ? getenv("WEIR_FAULT_AT") : "0");
	action = word ? atoi(word) : 0;
	power = word && !strcmp(word, "POWER");
	trace = (int)syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	self = getpid();
	unsetenv("LD_PRELOAD");
}

static bool
is_armed(void)
{
	return under[0] && getpid() == self &&
	       (!armed[0] || syscall(SYS_access, armed, F_OK) == 0);
}

/* The path that fd and name mean together, as far as it can be told. */
static void
path_of(int fd, const char *name, char to[PATH_MAX])
{
	char link[64];
	ssize_t n = 0;

	to[0] = 0;
	if (name && (*name == '/' || fd == AT_FDCWD)) {
		snprintf(to, PATH_MAX, "%s", name);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlink, link, to, PATH_MAX - 1);
	to[n > 0 ? n : 0] = 0;
	if (n > 0 && name)
		snprintf(to + n, (size_t)(PATH_MAX - n), "/%s", name);
}

static void
note(const char *call, const char *path)
{
	char line[PATH_MAX + 64];
	int n = snprintf(line, sizeof(line), "%s %s\n", call, path);

	if (syscall(SYS_write, trace, line, (size_t)n) < 0)
		trace = -1;
}

/* Counts a call. path NULL: it is of no file. */
static enum verdict
strikes(const char *call, const char *path)
{
	int saved = errno;
	bool counts = path ? !strncmp(path, under, strlen(under)) : !only_files;

	counts = counts && is_armed();
	if (counts)
		note(call, path ? path : "-");
	if (counts && !strcmp(call, wanted) &&
	    atomic_fetch_add(&count, 1) + 1 == strike_at) {
		note("hit", "-");
		errno = action;
		return action ? FAIL : DIE;
	}
	errno = saved;
	return GO_ON;
}

static enum verdict
strikes_fd(const char *call, int fd)
{
	char path[PATH_MAX];

	if (fd <= STDERR_FILENO)
		return GO_ON;
	path_of(fd, NULL, path);
	return strikes(call, path);
}

/* ---- what a power cut would lose ---- */

#define DIRTY_MAX 64
static char dirty[DIRTY_MAX][PATH_MAX];

static char *
find_dirty(const char *path)
{
	for (size_t i = 0; i < DIRTY_MAX; i++)
		if (!strcmp(dirty[i], path))
			return dirty[i];
	return NULL;
}

/* fd was written to, or synced. */
static void
mark(int fd, bool is_dirty)
{
	char path[PATH_MAX], *at;

	path_of(fd, NULL, path);
	if (!power || fd <= STDERR_FILENO ||
	    strncmp(path, under, strlen(under)) != 0)
		return;
	at = find_dirty(path);
	if (!is_dirty && at)
		at[0] = 0;
	else if (is_dirty && !at && (at = find_dirty("")))
		snprintf(at, PATH_MAX, "%s", path);
}

static void
move_mark(const char *from, const char *to)
{
	char *was = find_dirty(to), *at = find_dirty(from);

	if (was)
		was[0] = 0;
	if (at)
		snprintf(at, PATH_MAX, "%s", to);
}

static void
die(void)
{
	for (size_t i = 0; power && i < DIRTY_MAX; i++)
		if (dirty[i][0])
			syscall(SYS_truncate, dirty[i], 0);
	syscall(SYS_kill, self, SIGKILL);
}

/* 0: go on; -1 with errno. */
static int
meet(enum verdict v)
{
	if (v == DIE)
		die();
	return v == FAIL ? -1 : 0;
}

/* ---- calls that take names ---- */

static int
open_at(int directory, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];
	const char *call = flags & O_CREAT ? "create" : "open";

	path_of(directory, name, path);
	if (meet(strikes(call, path)) < 0)
		return -1;
	return (int)syscall(SYS_openat, directory, name, flags, mode);
}

static mode_t
mode_of(int flags, va_list more)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                           \
	int name(const char *path, int flags, ...)           \
	{                                                    \
		va_list more;                                \
		mode_t mode;                                 \
                                                             \
		va_start(more, flags);                       \
		mode = mode_of(flags, more);                 \
		va_end(more);                                \
		return open_at(AT_FDCWD, path, flags, mode); \
	}
#define OPENAT(name)                                              \
	int name(int directory, const char *path, int flags, ...) \
	{                                                         \
		va_list more;                                     \
		mode_t mode;                                      \
                                                                  \
		va_start(more, flags);                            \
		mode = mode_of(flags, more);                      \
		va_end(more);                                     \
		return open_at(directory, path, flags, mode);     \
	}

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int
__open_2(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags, 0);
}

int
__open64_2(const char *path, int flags)
{
	return open_at(AT_FDCWD, path, flags, 0);
}

int
rename(const char *from, const char *to)
{
	int rc;

	if (meet(strikes("rename", to)) < 0)
		return -1;
	rc = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
	if (rc == 0)
		move_mark(from, to);
	return rc;
}

int
link(const char *from, const char *to)
{
	if (meet(strikes("link", to)) < 0)
		return -1;
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
symlink(const char *target, const char *name)
{
	if (meet(strikes("symlink", name)) < 0)
		return -1;
	return (int)syscall(SYS_symlinkat, target, AT_FDCWD, name);
}

int
unlinkat(int directory, const char *name, int flags)
{
	char path[PATH_MAX];

	path_of(directory, name, path);
	if (meet(strikes("unlink", path)) < 0)
		return -1;
	return (int)syscall(SYS_unlinkat, directory, name, flags);
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
rmdir(const char *name)
{
	return unlinkat(AT_FDCWD, name, AT_REMOVEDIR);
}

int
mkdir(const char *name, mode_t mode)
{
	if (meet(strikes("mkdir", name)) < 0)
		return -1;
	return (int)syscall(SYS_mkdirat, AT_FDCWD, name, mode);
}

int
chmod(const char *name, mode_t mode)
{
	if (meet(strikes("chmod", name)) < 0)
		return -1;
	return (int)syscall(SYS_fchmodat, AT_FDCWD, name, mode);
}

/* ---- calls that take descriptors ---- */

static ssize_t
write_some(int fd, const void *bytes, size_t size)
{
	ssize_t n = syscall(SYS_write, fd, bytes, size);
	int saved = errno;

	mark(fd, true);
	errno = saved;
	return n;
}

ssize_t
write(int fd, const void *bytes, size_t size)
{
	enum verdict v;

	if (fd == atomic_load(&full)) {
		atomic_store(&full, -1);
		errno = ENOSPC;
		return -1;
	}
	v = strikes_fd("write", fd);
	if (v == GO_ON)
		return write_some(fd, bytes, size);
	if (v == FAIL && errno == ENOSPC && size > 1) {
		atomic_store(&full, fd);
		return write_some(fd, bytes, size / 2);
	}
	if (v == DIE && write_some(fd, bytes, size / 2) >= 0)
		die();
	return meet(v);
}

ssize_t
read(int fd, void *to, size_t size)
{
	if (meet(strikes_fd("read", fd)) < 0)
		return -1;
	return syscall(SYS_read, fd, to, size);
}

static int
sync_fd(const char *call, long number, int fd)
{
	int rc;

	if (meet(strikes_fd(call, fd)) < 0)
		return -1;
	rc = (int)syscall(number, fd);
	if (rc == 0)
		mark(fd, false);
	return rc;
}

int
fsync(int fd)
{
	return sync_fd("fsync", SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return sync_fd("fdatasync", SYS_fdatasync, fd);
}

int
fchmod(int fd, mode_t mode)
{
	if (meet(strikes_fd("fchmod", fd)) < 0)
		return -1;
	return (int)syscall(SYS_fchmod, fd, mode);
}

int
fchown(int fd, uid_t uid, gid_t gid)
{
	if (meet(strikes_fd("fchown", fd)) < 0)
		return -1;
	return (int)syscall(SYS_fchown, fd, uid, gid);
}

int
ftruncate(int fd, off_t size)
{
	if (meet(strikes_fd("ftruncate", fd)) < 0)
		return -1;
	return (int)syscall(SYS_ftruncate, fd, size);
}

/* It is closed in any case: that is what Linux does. */
int
close(int fd)
{
	enum verdict v = strikes_fd("close", fd);
	int saved = errno, rc;

	if (v == DIE)
		die();
	rc = (int)syscall(SYS_close, fd);
	if (v != FAIL)
		return rc;
	errno = saved;
	return -1;
}

/* ---- calls that take neither: to start a check, to ask HAProxy ---- */

int
pipe2(int fds[2], int flags)
{
	return meet(strikes("pipe", NULL)) < 0
		   ? -1
		   : (int)syscall(SYS_pipe2, fds, flags);
}

int
socketpair(int domain, int type, int protocol, int fds[2])
{
	if (meet(strikes("socketpair", NULL)) < 0)
		return -1;
	return (int)syscall(SYS_socketpair, domain, type, protocol, fds);
}

int
socket(int domain, int type, int protocol)
{
	if (meet(strikes("socket", NULL)) < 0)
		return -1;
	return (int)syscall(SYS_socket, domain, type, protocol);
}

pid_t
fork(void)
{
	pid_t (*next)(void);

	if (meet(strikes("fork", NULL)) < 0)
		return -1;
	*(void **)&next = dlsym(RTLD_NEXT, "fork");
	return next();
}
