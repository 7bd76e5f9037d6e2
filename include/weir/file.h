/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Whole files: read within a bound, replaced atomically. Whatever kills the
 * program, a file that it replaces is whole, old or new.
 */
#ifndef WEIR_FILE_H
#define WEIR_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "weir/buf.h"
#include "weir/error.h"
#include "weir/str.h"

struct file_options {
	mode_t mode; /* (mode_t)-1: the existing file's, else 0644 */
	/* Names or numbers; NULL: keep the existing file's, or at least see
	 * that nobody who could read it no longer can. */
	const char *owner, *group;
	bool backup;      /* FILE.bak is a link to what was there */
	bool create_dirs; /* 0755 */
};

/* A candidate beside path, `.NAME.weir-XXXXXX`: its name (the caller frees) in
 * *candidate, owner and mode set from the first byte, synced. Nothing is left
 * behind on failure. A path that is a symbolic link will be replaced, not
 * followed; a directory is refused, and so is a path that leads through a link
 * which neither root nor this user made. */
int file_candidate(const char *path, struct str text,
    const struct file_options *, char **candidate, struct error *);
/* The same for a text that is made piece by piece: write gives it all to the
 * descriptor, or -1 with errno. */
struct file_writer {
	int (*write)(void *arg, int fd);
	void *arg;
};
int file_candidate_from(const char *path, struct file_writer,
    const struct file_options *, char **candidate, struct error *);
/* write(2) until all is written; -1 with errno. */
int file_write_all(int fd, struct str text);
/* rename(candidate, path), backup first if wanted, directory synced. */
int file_swap(const char *candidate, const char *path,
    const struct file_options *, struct error *);
/* Both. */
int file_replace(const char *path, struct str text, const struct file_options *,
    struct error *);
/* Removes candidates of path that a killed program left behind at least so many
 * seconds ago (0: all; then nobody may be at work on path); gives their number.
 * What can't be removed stays. */
int file_clean(const char *path, int64_t age_s);
/* The whole file, at most limit bytes, appended to the buf. 0; 1: it does not
 * exist (error not set); -1: the error says why. */
int file_read(const char *path, size_t limit, struct buf *, struct error *);
/* The same of a descriptor; path is for the message. */
int file_read_all(
    int fd, const char *path, size_t limit, struct buf *, struct error *);

#endif
