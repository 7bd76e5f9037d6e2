/* SPDX-License-Identifier: MIT */
/*
 * Symlinks are followed by hand, one part after the other, because a relative
 * name must stay relative: messages show it.
 */
#include "path.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Go's bound. */
#define LINKS 255

struct str
path_clean(struct arena *arena, struct str s)
{
	bool rooted = s.len && s.ptr[0] == '/';
	char *out = arena_alloc(arena, s.len + 1);
	size_t n = rooted, keep = rooted; /* ".." can't climb above keep */

	if (rooted)
		out[0] = '/';
	for (size_t i = 0; i < s.len;) {
		size_t end = i;

		while (end < s.len && s.ptr[end] != '/')
			end++;
		if (end - i == 2 && !memcmp(s.ptr + i, "..", 2)) {
			if (n > keep) {
				while (--n > keep && out[n] != '/')
					;
			} else if (!rooted) {
				if (n)
					out[n++] = '/';
				out[n++] = '.';
				out[n++] = '.';
				keep = n;
			}
		} else if (end > i && !(end - i == 1 && s.ptr[i] == '.')) {
			if (n > rooted)
				out[n++] = '/';
			memcpy(out + n, s.ptr + i, end - i);
			n += end - i;
		}
		i = end + 1;
	}
	return n ? (struct str){out, n} : STR(".");
}

struct str
path_dir(struct arena *arena, struct str clean)
{
	while (clean.len > 0 && clean.ptr[clean.len - 1] != '/')
		clean.len--;
	return path_clean(arena, clean);
}

void
path_put_error(
    struct buf *b, const char *operation, const char *path, int error)
{
	const char *text = strerror(error);

	buf_printf(b, "%s %s: %c%s", operation, path,
	    tolower((unsigned char)text[0]), text + 1);
}

/* --- following links --- */

struct walk {
	struct arena *arena;
	struct buf done; /* resolved so far */
	size_t root;     /* bytes of done that .. can't take away */
	struct str left; /* to be resolved */
	int links;
	struct buf *message;
};

/* Drops the last part of what is done. */
static void
drop_part(struct walk *w)
{
	while (w->done.len > w->root && w->done.ptr[w->done.len - 1] != '/')
		w->done.len--;
	if (w->done.len > w->root)
		w->done.len--;
}

static void
add_part(struct walk *w, struct str part)
{
	if (w->done.len > 0 && w->done.ptr[w->done.len - 1] != '/')
		buf_char(&w->done, '/');
	buf_str(&w->done, part);
}

/* The part that done ends in is a link: what it says comes first now. */
static int
follow(struct walk *w)
{
	char target[PATH_MAX];
	ssize_t n = readlink(w->done.ptr, target, sizeof(target));

	if (n < 0) {
		path_put_error(w->message, "readlink", w->done.ptr, errno);
		return -1;
	}
	if (++w->links > LINKS) {
		buf_puts(w->message, "EvalSymlinks: too many links");
		return -1;
	}
	drop_part(w);
	if (n > 0 && target[0] == '/') {
		buf_reset(&w->done);
		buf_char(&w->done, '/');
		w->root = 1;
	}
	w->left = str_of(arena_printf(w->arena, "%.*s/%.*s", (int)n, target,
	    (int)w->left.len, w->left.ptr));
	return 0;
}

static bool
is_up(struct str part)
{
	return str_is(part, "..");
}

/* Goes up, or keeps the .. where there is nothing to go up from. */
static void
go_up(struct walk *w)
{
	struct str done = buf_as_str(&w->done);

	if (done.len == w->root || str_is(done, "..") ||
	    str_has_suffix(done, STR("/.."))) {
		if (w->root == 0)
			add_part(w, STR(".."));
		return;
	}
	drop_part(w);
}

static int
take_part(struct walk *w, struct str part, bool is_last)
{
	struct stat st;

	if (part.len == 0 || str_is(part, "."))
		return 0;
	if (is_up(part)) {
		go_up(w);
		return 0;
	}
	add_part(w, part);
	if (lstat(w->done.ptr, &st) < 0) {
		path_put_error(w->message, "lstat", w->done.ptr, errno);
		return -1;
	}
	if (S_ISLNK(st.st_mode))
		return follow(w);
	if (!S_ISDIR(st.st_mode) && !is_last) {
		buf_puts(w->message, "not a directory");
		return -1;
	}
	return 0;
}

static int
walk_parts(struct walk *w)
{
	if (w->left.len > 0 && w->left.ptr[0] == '/') {
		buf_char(&w->done, '/');
		w->root = 1;
	}
	while (w->left.len > 0) {
		const char *slash = memchr(w->left.ptr, '/', w->left.len);
		size_t n = slash ? (size_t)(slash - w->left.ptr) : w->left.len;
		struct str part = {w->left.ptr, n};

		w->left.ptr += n;
		w->left.len -= n;
		while (w->left.len > 0 && w->left.ptr[0] == '/') {
			w->left.ptr++;
			w->left.len--;
		}
		if (take_part(w, part, w->left.len == 0) < 0)
			return -1;
	}
	return 0;
}

int
path_resolve(struct arena *arena, struct str clean, struct str *resolved,
    struct buf *message)
{
	struct walk w = {.arena = arena, .left = clean, .message = message};
	int rc = walk_parts(&w);

	if (rc == 0)
		*resolved = path_clean(arena, buf_as_str(&w.done));
	buf_fini(&w.done);
	return rc;
}

/* --- relations --- */

enum path_where
path_is_in(struct str folder, struct str path)
{
	bool rooted = str_has_prefix(folder, STR("/"));

	if (rooted != str_has_prefix(path, STR("/")))
		return PATH_UNRELATED;
	if (str_is(folder, "."))
		return str_is(path, "..") || str_has_prefix(path, STR("../"))
			   ? PATH_OUTSIDE
			   : PATH_INSIDE;
	if (!str_has_prefix(path, folder))
		return is_up(folder) || str_has_prefix(folder, STR("../"))
			   ? PATH_UNRELATED
			   : PATH_OUTSIDE;
	if (path.len == folder.len || path.ptr[folder.len] == '/' ||
	    str_is(folder, "/"))
		return PATH_INSIDE;
	return PATH_OUTSIDE;
}
