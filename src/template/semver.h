/* SPDX-License-Identifier: MIT */
/* Semantic versions and constraints on them, by the rules of Masterminds'
 * semver 3.3: looser than the standard in what is read. */
#ifndef WEIR_TEMPLATE_SEMVER_H
#define WEIR_TEMPLATE_SEMVER_H

#include "weir/error.h"
#include "weir/value.h"

struct semver {
	uint64_t major, minor, patch;
	struct str pre;      /* without its dash */
	struct str metadata; /* without its plus */
	struct str original;
};

/* Reads "1", "v1.2", "1.2.3-rc.1+build". The strings point into the text. -1
 * and the message for what is none. */
int semver_parse(struct str, struct semver *, struct error *);
void semver_print(const struct semver *, struct buf *);
/* <0, 0, >0; metadata don't count. */
int semver_compare(const struct semver *, const struct semver *);
/* 0, or -1 and the message. */
int semver_check_pre(struct str, struct error *);
int semver_check_metadata(struct str, struct error *);

/* Does the version meet ">=1.2, <2 || ~3.1"? -1 and the message for what is no
 * constraint. The arena is for the parts. */
int semver_meets(struct arena *, struct str constraint, const struct semver *,
    bool *meets, struct error *);

/* semver.Version and *semver.Version */
extern const struct type type_semver, type_semver_ptr;
/* A *semver.Version of a copy. */
struct value semver_value(struct arena *, const struct semver *);

#endif
