/* SPDX-License-Identifier: MIT */
/*
 * What applying a group would do, in words: under the text of `weir diff`, and
 * in the log of `weir run`.
 */
#ifndef WEIR_CMD_EFFECT_H
#define WEIR_CMD_EFFECT_H

#include "group.h"
#include "runs.h"

enum effect_kind {
	EFFECT_NONE,    /* same bytes: nothing */
	EFFECT_WRITE,   /* files are written, nothing is told */
	EFFECT_RUNTIME, /* … and HAProxy is changed as it runs */
	EFFECT_RELOAD,  /* … and HAProxy is reloaded */
	EFFECT_COMMAND  /* … and a command runs */
};
const char *effect_kind_name(enum effect_kind);

struct effect {
	const struct group *group;
	enum effect_kind kind;
	size_t changed;     /* files that differ */
	struct buf reason;  /* one sentence */
	struct buf details; /* a line each: servers that change, or steps */
	char *runs;         /* which HAProxy that is about; NULL: none */
};

/* Compares the outputs with what is on disk; asks HAProxy which version runs,
 * if that counts. -1 if a file can't be read. */
int effect_of(
    struct gather *, const struct group *, struct effect *, struct error *);
void effect_fini(struct effect *);

#endif
