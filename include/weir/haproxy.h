/* SPDX-License-Identifier: MIT */
/* stage: haproxy
 *
 * The other program: its check mode, its runtime (stats) socket, its master
 * socket. Everything is asynchronous on a libuv loop; every callback fires
 * exactly once. Facts per version: the manual's management.txt; what was measured
 * is said where it is used.
 */
#ifndef WEIR_HAPROXY_H
#define WEIR_HAPROXY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

#include "weir/buf.h"
#include "weir/error.h"
#include "weir/str.h"

/* ---- child processes (check commands, reload commands) ---- */

struct child;

struct child_result {
	int status;        /* exit status; -1: killed or not started */
	int signal;        /* that ended it, 0 */
	bool timed_out;
	struct buf output; /* stdout and stderr, the first LIMIT_CHILD_OUTPUT */
	struct error error; /* could not start, timed out, non-zero exit */
};
typedef void child_cb(void *arg, struct child_result *);

struct child_options {
	const char *const *argv; /* NULL-terminated; no shell */
	const char *shell;       /* or a line for sh -c */
	int64_t timeout_ms;      /* then the whole process group is killed */
	const char *const *env;  /* NULL: a clean one (PATH, LANG, HOME, TZ) */
	child_cb *on_exit;
	void *arg;
};
/* NULL and the error if it can't be started; then no callback. Its own process
 * group; stdin is /dev/null. */
struct child *child_start(uv_loop_t *, const struct child_options *,
    struct error *);
/* Kills the group; the callback does not fire any more. */
void child_cancel(struct child **);

/* ---- haproxy -c ---- */

struct haproxy_version {
	int major, minor, patch;
	char text[64]; /* "2.6.12-1+deb12u4" */
};
int haproxy_version_parse(const char *text, struct haproxy_version *);
bool haproxy_version_at_least(const struct haproxy_version *, int major,
    int minor);

/* The alerts that `haproxy -c` printed, as people should see them: its own
 * message, FILE:LINE with the destination's name in place of the candidate's,
 * and the line of the candidate quoted. names: candidate, destination, … pairs,
 * NULL-terminated. */
void haproxy_check_explain(struct str output, const char *const *names,
    struct error *);

/* ---- sockets ---- */

struct haproxy_socket;
typedef void haproxy_reply_cb(void *arg, struct str reply,
    const struct error *);

/* One command, one reply, over a fresh connection to a unix socket; half-closes
 * for the master socket, whose connection stays open otherwise. */
void haproxy_ask(uv_loop_t *, const char *path, const char *command,
    int64_t timeout_ms, haproxy_reply_cb *, void *arg);

/* ---- master ---- */

struct haproxy_worker {
	pid_t pid;
	int reloads;
	bool old;
	int64_t uptime_s;
};
struct haproxy_processes { /* show proc */
	pid_t master;
	int reloads;  /* of the master */
	int failed;   /* consecutive, as 2.6 and later print */
	struct haproxy_worker *workers;
	size_t count;
	struct haproxy_version version;
};
int haproxy_processes_parse(struct str, struct haproxy_processes *,
    struct error *);
void haproxy_processes_fini(struct haproxy_processes *);

struct haproxy_reload_result {
	bool ok;
	struct error error;  /* why not, with HAProxy's startup log if it says */
	pid_t worker;        /* the new one, 0 unknown */
	int old_workers;     /* still alive after it */
	int64_t time_ms;
	bool observed;       /* success was seen, not assumed */
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
/* Reloads and observes: reference §2 (2.6 and ≥ 2.7 differ). */
void haproxy_reload(uv_loop_t *, const struct haproxy_reload_options *,
    haproxy_reload_cb *, void *arg);

#endif
