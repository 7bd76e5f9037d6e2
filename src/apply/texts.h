/* SPDX-License-Identifier: MIT */
/*
 * All that one HAProxy reads as text: the files of -f in their order, joined as
 * it reads them, and beside them the other files that weir renders for it
 * (maps, certificates, lists).
 */
#ifndef APPLY_TEXTS_H
#define APPLY_TEXTS_H

#include <sys/stat.h>

#include "generation.h"

struct text_part {
	char *path;       /* as in -f, or destination = */
	bool ours;        /* weir renders it */
	bool config;      /* a file of -f */
	size_t at, len;   /* within joined, if it is one */
	struct buf other; /* the text, if it is none */
	bool absent;
	struct timespec changed; /* of a foreign file, when it was read */
	off_t size;
	ino_t inode;
};

/* Zero-initialise. */
struct texts {
	struct buf joined;
	struct text_part *parts;
	size_t count;
	int64_t newest_ms; /* unix: when a file of them changed last */
	char *newest;      /* … which one */
};

struct texts_source {
	const struct config_haproxy *haproxy;
	const struct config_template *const *templates;
	size_t template_count;
	const struct generation *generation; /* in place of what is on disk;
					      * NULL: the disk */
	const struct texts *known; /* foreign files that did not change since
				    * are not read again; NULL: none */
};
/* -1: a file of -f can't be read. */
int texts_read(struct texts *, const struct texts_source *, struct error *);
void texts_fini(struct texts *);
struct str texts_config(const struct texts *);
struct str text_of(const struct texts *, const struct text_part *);
/* NULL: there is none. */
const struct text_part *texts_part(const struct texts *, const char *path);
/* SHA-256 in hexadecimal digits, and a NUL. */
#define TEXTS_SUM 65
void texts_sum(struct str, char hex[TEXTS_SUM]);
/* Of all of them. */
void texts_digest(const struct texts *, char hex[TEXTS_SUM]);
/* A foreign file whose text is another in both; NULL: none. */
const char *texts_foreign_change(const struct texts *, const struct texts *);

#endif
