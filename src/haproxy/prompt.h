/* SPDX-License-Identifier: MIT */
/*
 * A connection to a stats socket in prompt mode (management.txt, "Unix Socket
 * commands"): it opens when something is to be sent, stays for what follows
 * soon after, and closes by itself. One exchange at a time.
 */
#ifndef HAPROXY_PROMPT_H
#define HAPROXY_PROMPT_H

#include "weir/haproxy.h"

struct prompt;

/* Lives until the callback returns. */
struct prompt_answer {
	struct str *replies; /* in the order of the commands; fewer than were
			      * asked for if there is an error */
	size_t count;
	struct str rest; /* came before the error and is no whole reply */
	int status;      /* 0, or libuv's */
	struct error error;
};
typedef void prompt_cb(void *arg, struct prompt_answer *);

/* What is to be said. */
struct prompt_exchange {
	struct str commands; /* each with its new line; copied */
	size_t count;        /* of commands */
	bool whole; /* one command, whose reply may hold anything, even what
		     * looks like a prompt */
	int64_t timeout_ms;
	struct str name; /* of the first command, for errors; copied */
};

struct prompt *prompt_new(uv_loop_t *, const char *path);
/* No callback any more. NULL is fine. */
void prompt_free(struct prompt **);
/* None may be under way. The callback never fires from within. */
void prompt_send(
    struct prompt *, const struct prompt_exchange *, prompt_cb *, void *arg);
/* Closes the connection if nothing is under way. */
void prompt_rest(struct prompt *);
const char *prompt_path(const struct prompt *);

#endif
