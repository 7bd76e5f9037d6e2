/* SPDX-License-Identifier: MIT */
/*
 * The ACL token: from the environment, or from a file that is looked at before
 * each request (one stat) and read again when it was replaced. It is given to
 * requests only, and wiped wherever it was.
 */
#ifndef WEIR_CONSUL_TOKEN_H
#define WEIR_CONSUL_TOKEN_H

#include <stdbool.h>
#include <sys/stat.h>

#include "weir/config.h"
#include "weir/error.h"

struct token {
	const char *file; /* borrowed: the configuration's, NULL */
	char *value;      /* NULL: none */
	struct timespec changed;
	ino_t inode;
	off_t size;
	bool failing; /* the file can't be read, which was logged */
};

/* -1 and the error if the file can't be read. */
int token_init(struct token *, const struct config_consul *, struct error *);
void token_fini(struct token *);
/* Borrowed until the next call; NULL: none. A file that can't be read any more
 * is logged once, and the last token goes on. */
const char *token_get(struct token *);
/* Consul has refused it: read the file again whatever its time says. */
void token_refused(struct token *);

#endif
