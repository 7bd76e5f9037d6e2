/* SPDX-License-Identifier: MIT */
/*
 * Files: `file` reads one when it is called, within the sandbox if there is
 * one, `writeToFile` writes one, or shows it to a pass that must not write.
 * Messages are Go's of package os.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "families.h"
#include "func.h"
#include "node.h"
#include "path.h"
#include "strconv.h"
#include "unicode.h"
#include "weir/limits.h"

/* Ends the call with "WORDSoperation path: what errno says". */
static int
fail_errno(
    struct call *c, const char *words, const char *operation, const char *path)
{
	struct buf b = {0};
	int error = errno;

	path_put_error(&b, operation, path, error);
	call_fail(c, "%s%s", words, b.ptr);
	buf_fini(&b);
	return -1;
}

static int
fail_quoted(struct call *c, const char *words, struct str path)
{
	struct buf b = {0};

	value_quote(&b, path);
	call_fail(c, "writeToFile: %s %s", words, b.ptr);
	buf_fini(&b);
	return -1;
}

/* ---- file ---- */

static int
resolve(
    struct call *c, const char *which, const char *path, struct str *resolved)
{
	struct buf message = {0};
	int rc = path_resolve(
	    c->arena, path_clean(c->arena, str_of(path)), resolved, &message);

	if (rc < 0)
		call_fail(
		    c, "failed to resolve %s path: %s", which, message.ptr);
	buf_fini(&message);
	return rc;
}

/* The file that is meant: clean, and within the sandbox. */
static int
find_file(struct call *c, struct str name, struct str *found)
{
	const char *sandbox = c->render->template->sandbox_path;
	const char *path = arena_strndup(c->arena, name.ptr, name.len);
	struct str box;

	if (!sandbox) {
		*found = path_clean(c->arena, name);
		return 0;
	}
	if (resolve(c, "sandbox", sandbox, &box) < 0 ||
	    resolve(c, "target", path, found) < 0)
		return -1;
	switch (path_is_in(box, *found)) {
	case PATH_INSIDE:
		return 0;
	case PATH_OUTSIDE:
		return call_fail(c, "'%s' is outside of sandbox", path);
	default:
		return call_fail(c,
		    "failed to get relative path: Rel: can't make %.*s "
		    "relative to %.*s",
		    (int)found->len, found->ptr, (int)box.len, box.ptr);
	}
}

/* Appends what fd gives; -1 and errno. */
static int
read_all(int fd, struct buf *b)
{
	ssize_t n;

	do {
		if (buf_reserve(b, 65536) < 0) {
			errno = EFBIG;
			return -1;
		}
		n = read(fd, b->ptr + b->len, 65536);
		if (n > 0)
			b->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : 0;
}

/* A pipe or device without data must not hold the render up. */
static int
read_file(const char *path, struct buf *b, const char **operation)
{
	struct stat st;
	int fd, rc, error;

	*operation = "stat";
	if (stat(path, &st) < 0)
		return -1;
	*operation = "open";
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	*operation = "read";
	rc = read_all(fd, b);
	error = errno;
	close(fd);
	errno = error;
	return rc;
}

static int
call_file(struct call *c, struct value *result)
{
	const struct template_world *world = c->render->world;
	struct str name = func_str(c, 0), found;
	struct buf b = {.limit = LIMIT_OUTPUT_BYTES};
	const char *path, *operation;
	char words[PATH_MAX + 16];

	*result = value_str(STR(""));
	if (name.len == 0)
		return 0;
	if (find_file(c, str_trim_space(name), &found) < 0)
		return -1;
	path = arena_strndup(c->arena, found.ptr, found.len);
	if (world && world->file_used)
		world->file_used(world->arg, c->render, path);
	if (read_file(path, &b, &operation) < 0) {
		snprintf(words, sizeof(words), "file(%s): ", path);
		fail_errno(c, words, operation, path);
		buf_fini(&b);
		return -1;
	}
	return func_give(c, &b, result);
}

/* ---- writeToFile ---- */

struct writing {
	struct call *call;
	struct str given; /* the path as it was given */
	const char *path; /* clean */
	mode_t mode;
	struct str flags;
	struct str content;
};

static bool
has_flag(const struct writing *w, struct str flag)
{
	return str_find(w->flags, flag) >= 0;
}

static int
read_arguments(struct call *c, struct writing *w)
{
	struct str mode = func_str(c, 3), path;
	uint64_t bits;
	enum strconv_result e;

	if (c->argc < 5)
		return call_fail(c, "runtime error: index out of range [-1]");
	*w = (struct writing){.call = c,
	    .given = func_str(c, 0),
	    .flags = c->argc == 6 ? func_str(c, 4) : STR(""),
	    .content = func_str(c, c->argc - 1)};
	path = path_clean(c->arena, w->given);
	w->path = arena_strndup(c->arena, path.ptr, path.len);
	e = strconv_uint(mode, 8, &bits);
	if (e == STRCONV_OK && bits > UINT32_MAX)
		e = STRCONV_RANGE;
	if (e != STRCONV_OK)
		return func_fail_number(
		    c, "", "ParseUint", mode, e == STRCONV_RANGE);
	w->mode = (mode_t)(bits & 0777);
	return 0;
}

/* mkdir -p */
static int
make_folders(struct call *c, char *path)
{
	for (char *p = path + 1;; p++) {
		char kept = *p;

		if (kept != '/' && kept != 0)
			continue;
		*p = 0;
		if (mkdir(path, 0777) < 0 && errno != EEXIST)
			return fail_errno(c, "", "mkdir", path);
		*p = kept;
		if (kept == 0)
			return 0;
	}
}

/* The folder exists and neither it nor the file is a link. */
static int
check_path(struct writing *w)
{
	struct call *c = w->call;
	struct str dir = path_dir(c->arena, str_of(w->path));
	char *folder = arena_strndup(c->arena, dir.ptr, dir.len);
	struct stat st;

	if (stat(folder, &st) < 0) {
		if (errno != ENOENT)
			return fail_errno(c, "", "stat", folder);
		if (make_folders(c, folder) < 0)
			return -1;
	}
	if (lstat(folder, &st) == 0 && S_ISLNK(st.st_mode))
		return fail_quoted(c,
		    "refusing to write through symlinked directory in path",
		    w->given);
	if (lstat(w->path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return fail_quoted(
			    c, "refusing to write to symlink", w->given);
	} else if (errno != ENOENT) {
		struct buf b = {0};

		buf_puts(&b, "writeToFile: failed to stat ");
		value_quote(&b, str_of(w->path));
		buf_puts(&b, ": ");
		fail_errno(c, b.ptr, "lstat", w->path);
		buf_fini(&b);
		return -1;
	}
	return 0;
}

static int
write_all(struct writing *w, int fd, struct str s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(w->call, "", "write", w->path);
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return 0;
}

/* A number if it is no name; strconv.Atoi takes a sign. */
static int
read_id(struct call *c, const char *kind, struct str name, unsigned *id)
{
	int64_t number;

	if (strconv_int(name, 10, &number) != STRCONV_OK)
		return call_fail(c, "%s: unknown %s %.*s", kind, kind,
		    (int)name.len, name.ptr);
	*id = (unsigned)number;
	return 0;
}

static int
set_owner(struct writing *w, int fd)
{
	struct call *c = w->call;
	struct str user = func_str(c, 1), group = func_str(c, 2);
	const struct passwd *p;
	const struct group *g;
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (user.len > 0) {
		p = getpwnam(arena_strndup(c->arena, user.ptr, user.len));
		if (p)
			uid = p->pw_uid;
		else if (read_id(c, "user", user, &uid) < 0)
			return -1;
	}
	if (group.len > 0) {
		g = getgrnam(arena_strndup(c->arena, group.ptr, group.len));
		if (g)
			gid = g->gr_gid;
		else if (read_id(c, "group", group, &gid) < 0)
			return -1;
	}
	if (user.len + group.len > 0 && fchown(fd, uid, gid) < 0)
		return fail_errno(c, "", "chown", w->path);
	return 0;
}

static int
write_file(struct writing *w)
{
	int how =
	    has_flag(w, STR("append")) ? O_APPEND | O_WRONLY : O_TRUNC | O_RDWR;
	int fd = open(w->path, how | O_CREAT | O_NOFOLLOW | O_CLOEXEC, w->mode);
	int rc = -1;

	if (fd < 0)
		return fail_errno(w->call, "", "open", w->path);
	if (write_all(w, fd, w->content) < 0)
		goto out;
	if (has_flag(w, STR("newline")) && write_all(w, fd, STR("\n")) < 0)
		goto out;
	if (set_owner(w, fd) < 0)
		goto out;
	rc = fchmod(fd, w->mode) < 0 ? fail_errno(w->call, "", "chmod", w->path)
				     : 0;
out:
	close(fd);
	return rc;
}

/* The content as it would be, for a pass that must not write. */
static void
show_file(struct writing *w, const struct template_world *world)
{
	struct buf b = {.limit = LIMIT_OUTPUT_BYTES};
	const char *operation;

	if (has_flag(w, STR("append")) &&
	    read_file(w->path, &b, &operation) < 0)
		buf_reset(&b);
	buf_str(&b, w->content);
	if (has_flag(w, STR("newline")))
		buf_char(&b, '\n');
	world->file_written(world->arg, w->path, buf_as_str(&b));
	buf_fini(&b);
}

static int
ask_leave(struct writing *w, const struct template_world *world)
{
	struct error e = {0};
	int rc = 0;

	if (world && world->file_allowed)
		rc = world->file_allowed(world->arg, w->path, w->content, &e);
	if (rc < 0)
		call_fail(w->call, "writeToFile: %s: %s", w->path, e.text);
	error_fini(&e);
	return rc;
}

static int
call_write_to_file(struct call *c, struct value *result)
{
	const struct template_world *world = c->render->world;
	struct writing w = {0};

	*result = value_str(STR(""));
	if (read_arguments(c, &w) < 0 || ask_leave(&w, world) < 0)
		return -1;
	if (world && world->file_written) {
		show_file(&w, world);
		return 0;
	}
	return check_path(&w) < 0 ? -1 : write_file(&w);
}

static const struct func funcs[] = {
    {"file", "string", "string", call_file, FUNC_EFFECT,
	"file path — what the file holds"},
    {"writeToFile", "string,string,string,string,...string", "string",
	call_write_to_file, FUNC_EFFECT,
	"writeToFile path user group mode [flags] content — writes a file"},
};

const struct func_family family_file = {
    .name = "file",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
