/* SPDX-License-Identifier: MIT */
/*
 * Noticing that files changed: inotify (through libuv) on their directories, so
 * that a file replaced by rename, or a symlink swung to another directory, is
 * seen as well. What counts is the file's identity (device, inode, size,
 * times), compared after an event; a directory that can't be watched is polled.
 */
#ifndef WEIR_CMD_NOTICE_H
#define WEIR_CMD_NOTICE_H

#include <stddef.h>
#include <uv.h>

struct notice;

/* Called from the loop for each wanted file that changed. */
typedef void notice_cb(void *arg, const char *path);

struct notice *notice_new(uv_loop_t *, notice_cb *, void *arg);
/* Makes the set of files equal to paths[0..count). */
void notice_want(struct notice *, const char *const *paths, size_t count);
/* Nothing of it is left on the loop after the next turns. */
void notice_close(struct notice **);

#endif
