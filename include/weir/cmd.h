/* SPDX-License-Identifier: MIT */
/* stage: cmd
 *
 * The subcommands. Each gets its own words (argv[0] is its name) and gives the
 * exit status: 0 done, 1 failed (diff: different), 2 usage or configuration
 * (diff: trouble).
 */
#ifndef WEIR_CMD_H
#define WEIR_CMD_H

#include <stdbool.h>

#include "weir/config.h"
#include "weir/error.h"

int cmd_run(int argc, char **argv);
int cmd_render(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_approve(int argc, char **argv);
int cmd_deny(int argc, char **argv);
int cmd_pause(int argc, char **argv);
int cmd_resume(int argc, char **argv);
int cmd_reload(int argc, char **argv);

/* ---- what all of them share ---- */

/* One option of a command; the table also makes --help. */
struct cmd_option {
	const char *name;  /* "timeout": --timeout VALUE, --timeout=VALUE */
	char letter;       /* 'c', 0: none */
	const char *value; /* "DURATION"; NULL: a switch */
	const char *help;
	/* Where it goes, by kind: */
	enum { OPTION_SWITCH, OPTION_TEXT, OPTION_DURATION, OPTION_LIST } kind;
	void *target; /* bool *, const char **, int64_t * (ms), struct cmd_words
		       * */
};
struct cmd_words {
	const char **items;
	size_t count;
};

/* The options that every command takes, with what they set. */
struct cmd_common {
	struct cmd_words configs, sets, templates; /* -c, --set, -t */
	const char *from;
	const char *log_level, *log_format;
};

struct cmd_usage {
	const char *name;                 /* "render" */
	const char *operands;             /* "[TEMPLATE…]" or "" */
	const char *summary;              /* one sentence */
	const struct cmd_option *options; /* ends with a NULL name */
	bool takes_from;                  /* --from FILE */
	bool takes_operands;
};

/*
 * Parses argv: the command's own options and the common ones. -1: go on;
 * otherwise the exit status (0 after --help, 2 after a message on stderr).
 * operands: borrowed from argv.
 */
int cmd_parse(const struct cmd_usage *, int argc, char **argv,
    struct cmd_common *, struct cmd_words *operands);
void cmd_common_fini(struct cmd_common *);
/* config_load with what the common options say. */
struct config *cmd_config(const struct cmd_common *, struct error *);
/* Prints "weir: …" and the error to stderr, frees it, gives `status`. */
int cmd_fail(int status, struct error *);
/* Colour on this descriptor: a terminal, no NO_COLOR, TERM not dumb. */
bool cmd_colour(int fd);

#endif
