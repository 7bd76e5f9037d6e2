/* SPDX-License-Identifier: MIT */
/* stage: haproxy
 *
 * The other program: its check mode, its runtime (stats) socket, its master
 * socket. Everything is asynchronous on a libuv loop; every callback fires
 * exactly once. Facts per version: the manual's management.txt; what was
 * measured is said where it is used.
 */
#ifndef WEIR_HAPROXY_H
#define WEIR_HAPROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/error.h"
#include "weir/str.h"

/* ---- child processes (check commands, reload commands) ---- */

struct child;

/* Lives until the callback returns; what is taken out of it (buf_take,
 * error_move) is the callee's. */
struct child_result {
	int status; /* exit status; -1: killed */
	int signal; /* that ended it, 0 */
	bool timed_out;
	struct buf output; /* stdout and stderr, the first LIMIT_CHILD_OUTPUT */
	struct error error; /* killed, timed out, non-zero exit */
};
typedef void child_cb(void *arg, struct child_result *);

struct child_options {
	const char *const *argv; /* NULL-terminated; no shell */
	const char *shell;       /* or a line for sh -c */
	int64_t timeout_ms;      /* then the whole process group is killed;
				  * 0: never */
	/* NULL: weir's own without what is weir's alone: CONSUL_*, and what
	 * systemd tells a service about itself. A configuration of HAProxy may
	 * use variables, so the rest stays. */
	const char *const *env;
	child_cb *on_exit;
	void *arg;
};
/* NULL and the error if it can't be started; then no callback. Its own process
 * group; stdin is /dev/null. Ends when the process does: what it leaves in the
 * background neither holds it up nor is killed. */
struct child *child_start(
    uv_loop_t *, const struct child_options *, struct error *);
/* Kills the group; the callback does not fire any more. NULL is fine. */
void child_cancel(struct child **);

/* ---- haproxy -c ---- */

struct haproxy_version {
	int major, minor, patch;
	char text[64]; /* "2.6.12-1+deb12u4" */
};
/* "2.6.12-1+deb12u4", or the first line that `haproxy -v` prints. -1: no
 * version in it. */
int haproxy_version_parse(const char *text, struct haproxy_version *);
bool haproxy_version_at_least(
    const struct haproxy_version *, int major, int minor);

/* The alerts that `haproxy -c` or a reload printed, as people should see them:
 * its own message, FILE:LINE with the destination's name in place of the
 * candidate's, and the line of the candidate quoted. names: candidate,
 * destination, … pairs, NULL-terminated. Sets an error of ERROR_REFUSED whose
 * text is the first alert; reads the candidates, so call it before they go. */
void haproxy_check_explain(
    struct str output, const char *const *names, struct error *);

/* ---- sockets ---- */

struct haproxy_socket;
/* reply: borrowed until the callback returns; what came before an error is in
 * it. status: 0, or the negative errno (as libuv's) behind the error. */
struct haproxy_reply {
	struct str text;
	int status;
	struct error error;
};
typedef void haproxy_reply_cb(void *arg, struct haproxy_reply *);

/* One command, one reply, over a fresh connection to a unix socket;
 * half-closes, since the master socket's connection stays open otherwise. The
 * callback never fires from within the call. SIGPIPE must be ignored by the
 * program. */
struct haproxy_socket *haproxy_ask(uv_loop_t *, const char *path,
    const char *command, int64_t timeout_ms, haproxy_reply_cb *, void *arg);
/* No callback any more. NULL is fine. */
void haproxy_socket_cancel(struct haproxy_socket **);

/* ---- master ---- */

struct haproxy_worker {
	pid_t pid;
	int reloads;
	bool old;
	int64_t uptime_s;
};
struct haproxy_processes { /* show proc */
	pid_t master;
	int reloads; /* of the master */
	int failed;  /* consecutive; -1: not printed (before 2.5) */
	struct haproxy_worker *workers;
	size_t count;
	struct haproxy_version version;
};
int haproxy_processes_parse(
    struct str, struct haproxy_processes *, struct error *);
void haproxy_processes_fini(struct haproxy_processes *);

/* Lives until the callback returns. */
struct haproxy_reload_result {
	bool ok;
	bool not_running;   /* !ok: no HAProxy answers, before the reload: there
			     * is nothing to reload */
	bool nothing_runs;  /* !ok: none is left after it */
	bool may_still;     /* !ok: it was told, and nobody saw what came of it:
			     * it may still take the files as they were */
	struct error error; /* why not, with HAProxy's startup log if it says */
	pid_t worker;       /* the new one, 0 unknown */
	int old_workers;    /* still alive after it, -1 unknown */
	int64_t time_ms;
	bool observed; /* success was seen, not assumed */
};
typedef void haproxy_reload_cb(void *arg, struct haproxy_reload_result *);

enum haproxy_reload_kind {
	HAPROXY_RELOAD_MASTER,
	HAPROXY_RELOAD_SIGNAL,
	HAPROXY_RELOAD_COMMAND
};
struct haproxy_reload_options {
	enum haproxy_reload_kind kind;
	const char *master_socket; /* MASTER; also observes the others if set */
	const char *stats_socket;  /* observes a new worker if there is no
				    * master socket; may be NULL */
	const char *argument;      /* pid file or command */
	int64_t timeout_ms;
};
struct haproxy_reload;
/*
 * Reloads and observes. Up to 2.6 the master answers nothing and is silent
 * while it loads, up to 2.3 s when a bind fails; from 2.7 on it says whether it
 * loaded, with the startup log. The options' strings are copied. The callback
 * never fires from within the call. (management.txt, "The master CLI".)
 */
struct haproxy_reload *haproxy_reload(uv_loop_t *,
    const struct haproxy_reload_options *, haproxy_reload_cb *, void *arg);
/* No callback any more; a reload that was asked for goes its way. */
void haproxy_reload_cancel(struct haproxy_reload **);

/* ---- the model of a configuration ---- */

/*
 * A configuration as HAProxy reads it: sections of lines of words, with
 * HAProxy's quoting (configuration.txt, "Quoting and escaping"). Every word is
 * kept; a variable stays as it is written, since it is HAProxy's environment
 * that counts. Sections are cut into lines only where somebody looks.
 */
struct haproxy_section {
	struct str kind; /* "backend"; empty: words before the first */
	struct str name; /* the second word; may be empty */
	struct str text; /* with its first line, up to the next section */
	int line;        /* of its first line, from 1 */
	bool opaque;     /* .if … .endif stands in it or around it, or a line
			  * whose first word only HAProxy's environment knows */
};
struct haproxy_model {
	struct arena arena;
	struct haproxy_section *sections;
	size_t count;
};
struct haproxy_line {
	int number;
	struct str text;   /* as written, without the new line */
	struct str *words; /* at least one */
	size_t count;
	bool open; /* a quote is not closed: HAProxy refuses it */
};

/* Borrows the text. Never fails: what HAProxy would refuse is kept too. */
void haproxy_model_parse(struct haproxy_model *, struct str text);
void haproxy_model_fini(struct haproxy_model *);
/* The lines of a section that hold words, its first one included; in the
 * arena. */
struct haproxy_line *haproxy_section_lines(
    const struct haproxy_section *, struct arena *, size_t *count);
/* One line, without its new line, which is borrowed: words are slices of it or
 * in the arena. False: no words. */
bool haproxy_line_split(struct str text, struct arena *, struct haproxy_line *);

/* A server line taken apart. Values are slices of the words. */
struct keyword;
struct haproxy_option {
	struct str keyword;
	struct str value;            /* NULL ptr: the keyword takes none */
	const struct keyword *known; /* the stage's own; NULL: unknown */
};
struct haproxy_server {
	struct str name;
	struct str address; /* without the port: "10.0.0.1", "[::1]", a name */
	struct str port;    /* "80", "+1", "" */
	struct haproxy_option *options; /* in order */
	size_t count;
};
/* "server NAME ADDRESS …". -1: it is none. In the arena. */
int haproxy_server_parse(
    const struct haproxy_line *, struct arena *, struct haproxy_server *);
/* The last option of that name; NULL if there is none. */
const struct haproxy_option *haproxy_server_option(
    const struct haproxy_server *, const char *keyword);

enum haproxy_change_kind {
	CHANGE_SECTION_ADDED,
	CHANGE_SECTION_REMOVED,
	CHANGE_SECTION,        /* a line that is no server */
	CHANGE_SECTIONS_MOVED, /* their order: defaults apply to what follows */
	CHANGE_SERVER_ADDED,
	CHANGE_SERVER_REMOVED,
	CHANGE_SERVER,
	CHANGE_SERVERS_MOVED
};

/* One difference of two models; strings live as long as the models and the
 * list. */
struct haproxy_change {
	enum haproxy_change_kind kind;
	const struct haproxy_section
	    *section;                  /* of the new; REMOVED: the old */
	struct str server;             /* of the SERVER kinds */
	struct str what;               /* "weight 1 -> 5, +backup" */
	struct str old_line, new_line; /* as written; NULL ptr: none */
	int old_number, new_number;
};
struct haproxy_changes {
	struct arena arena;
	struct haproxy_change *items;
	size_t count;
};
/* What the new text means beyond the old one: comments, blanks and quoting do
 * not count. Sections are matched by kind and name, servers by name; sections
 * that are equal byte for byte cost a comparison of bytes. */
void haproxy_model_diff(const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, struct haproxy_changes *);
void haproxy_changes_fini(struct haproxy_changes *);
/* "backend web: server web-2: weight 1 -> 5", without a new line. */
void haproxy_change_print(const struct haproxy_change *, struct buf *);

#endif
