/* SPDX-License-Identifier: MIT */
/*
 * File names as Go's path/filepath treats them, and the file errors of its
 * package os in their words.
 */
#ifndef WEIR_TEMPLATE_PATH_H
#define WEIR_TEMPLATE_PATH_H

#include <stdbool.h>

#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/str.h"

/* filepath.Clean: the shortest equal name, never empty; not
 * NUL-terminated. */
struct str path_clean(struct arena *, struct str);
/* filepath.Dir of a clean path. */
struct str path_dir(struct arena *, struct str clean);
/* filepath.EvalSymlinks of a clean path: relative if the path is. -1 and the
 * message appended. */
int path_resolve(struct arena *, struct str clean, struct str *resolved,
    struct buf *message);
enum path_where { PATH_INSIDE, PATH_OUTSIDE, PATH_UNRELATED };
/* Does filepath.Rel lead from folder to path without going up? Both are clean;
 * UNRELATED: one is absolute and the other not. */
enum path_where path_is_in(struct str folder, struct str path);
/* "OPERATION PATH: what errno says" as Go writes it. */
void path_put_error(
    struct buf *, const char *operation, const char *path, int error);

#endif
