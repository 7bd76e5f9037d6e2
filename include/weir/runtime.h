/* SPDX-License-Identifier: MIT */
/* stage: haproxy
 *
 * Changes without a reload. What differs between the text that runs and the
 * text that is wanted becomes steps on the runtime (stats) socket, or the
 * reason why only a reload can bring it; the steps are sent, each reply is
 * judged, and the running state is read back and compared with the text.
 *
 * What is not understood is "reload": never a guess. Facts per version:
 * management.txt ("Unix Socket commands", "Dynamic servers"), configuration.txt
 * ("Server and default-server options"); what was measured is said where it is
 * used.
 */
#ifndef WEIR_RUNTIME_H
#define WEIR_RUNTIME_H

#include "weir/haproxy.h"

/* ---- a running worker, as far as weir knows it ---- */

/* A server that runs and that the text does not name: its line went. As good as
 * absent: in maintenance, or draining until it is. */
struct haproxy_leftover {
	char *backend, *server;
	char *line; /* its definition, as in the text that named it last, with
		     * its section's default-server put in; NULL: unknown */
	bool draining;
	int64_t until; /* monotonic ms: then it goes into maintenance; in
			* maintenance: since then it may be deleted */
	char *next;    /* the server of its kind (backup or not) that stands
			* behind it in HAProxy's list, "": none; NULL: unknown.
			* Where places count, it must come back to its own */
};

struct haproxy_running {
	struct haproxy_version version;
	pid_t pid;        /* of the worker; 0: unknown */
	int64_t uptime_s; /* when it was asked */
	struct haproxy_leftover *leftovers;
	size_t count;
};
/* From the answer to "show info". -1: it is none. */
int haproxy_running_parse(struct str, struct haproxy_running *, struct error *);
void haproxy_running_fini(struct haproxy_running *);
/* NULL: there is none of these names. */
struct haproxy_leftover *haproxy_leftover_find(
    const struct haproxy_running *, struct str backend, struct str server);
/* Adds, or replaces; copies. line NULL ptr: unknown. */
struct haproxy_leftover *haproxy_leftover_put(struct haproxy_running *,
    struct str backend, struct str server, struct str line);
void haproxy_leftover_drop(
    struct haproxy_running *, struct str backend, struct str server);
/* HAProxy deleted it: it is dropped, and whoever stood before it stands before
 * the one behind it. */
void haproxy_leftover_deleted(
    struct haproxy_running *, struct str backend, struct str server);

/* ---- steps ---- */

enum haproxy_step_kind {
	STEP_ADDRESS, /* set server B/S addr IP port P */
	STEP_WEIGHT,
	STEP_MAXCONN, /* set maxconn server B/S N */
	STEP_CHECK_ADDRESS,
	STEP_CHECK_PORT,
	STEP_AGENT,     /* agent-addr, agent-port, agent-send */
	STEP_HEALTH_ON, /* enable health, enable agent: of a new server */
	STEP_READY,
	STEP_DRAIN, /* of a server that goes: maintenance follows */
	STEP_MAINT,
	STEP_ADD, /* add server */
	STEP_WAIT_REMOVABLE,
	STEP_DELETE, /* del server */
	STEP_MAP,    /* add, set, del, clear, prepare, commit: maps and ACLs */
	STEP_CERT    /* set, commit ssl cert; crt-lists */
};

/* Strings live in the arena of the steps. */
struct haproxy_step {
	enum haproxy_step_kind kind;
	struct str backend, server; /* MAP, CERT: the file, empty */
	struct str command; /* as it is sent, without the last new line; a
			     * payload is in it */
	struct str undo;    /* takes it back; NULL ptr: nothing does; empty:
			     * what takes back another step does */
	struct str what;    /* "weight 1 -> 5", for people */
	struct str line;    /* DRAIN, MAINT of a line that went: its
			     * definition, for the leftover */
	struct str next;    /* with line: the server behind it, "": none; ADD of
			     * a backup: "", it is the last one */
	bool named;         /* the text names this server (again): what it
			     * leaves behind, is nothing */
};

struct haproxy_steps {
	struct arena arena;
	struct haproxy_step *items;
	size_t count, room;
	bool reload;       /* run time can't express it … */
	struct buf reason; /* … this is why: "backend web: mode http -> tcp",
			    * the first reason found, and how many more */
	size_t refusals, first_reason; /* how many; bytes of the first */
	bool proven; /* weir knows the grammar of every word that is new: the
		      * steps may go out before haproxy -c has run (the fast
		      * lane) */
};

struct haproxy_policy {
	bool dynamic;     /* add servers that were never there */
	bool delete;      /* remove those that are gone; else maintenance */
	int64_t drain_ms; /* 0: a line that went is in maintenance at once */
};
/* What is sound with that version: dynamic servers from 3.0 on (2.6.17 and
 * 2.8.7 with the words that make them whole), deletion from 3.0 on. */
void haproxy_policy_default(
    struct haproxy_policy *, const struct haproxy_version *);

/*
 * From the text that runs to the one that is wanted. In this order: what is
 * added, addresses, weights, ready; then drain, maintenance, deletion: no
 * backend passes through zero servers. The models must live as long as the
 * steps. Never fails: what can't be said in steps sets reload and the reason.
 */
void haproxy_steps_plan(struct haproxy_steps *,
    const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, const struct haproxy_running *,
    const struct haproxy_policy *);
/* A file that the configuration names as a map, an ACL file, a certificate or a
 * crt-list, and whose content changes; kind is what the running worker says it
 * is. */
enum haproxy_file_kind {
	FILE_OTHER,     /* what it is for, nobody knows: reload */
	FILE_MAP,       /* its lines count in their order */
	FILE_MAP_KEYED, /* each key for itself: order does not count */
	FILE_ACL,
	FILE_CERT,
	FILE_CRT_LIST
};
/* The answers to "show map", "show acl", "show ssl cert", "show ssl crt-list",
 * "show ssl ca-file", "show ssl crl-file" (the last two are unknown commands
 * before 2.5; empty: not asked). */
struct haproxy_files {
	struct str maps, acls, certs, crt_lists, ca_files, crl_files;
};
/* What the worker has loaded from that path. OTHER: nothing, or more than one
 * kind of thing. name: what it calls it, a slice of an answer; "opt@PATH" is
 * PATH. A map is MAP. */
enum haproxy_file_kind haproxy_file_find(
    const struct haproxy_files *, const char *path, struct str *name);
/* Does each use that the text makes of this map look for one key alone (map,
 * map_str, map_beg, map_ip)? Then it is MAP_KEYED: a key in the middle changes
 * by a command, not by sending the whole file. */
bool haproxy_map_is_keyed(const struct haproxy_model *, struct str name);
/* Adds the steps from the old content to the new one. name: as HAProxy calls
 * it. proven becomes false where nothing can take the steps back. */
void haproxy_steps_plan_file(struct haproxy_steps *, enum haproxy_file_kind,
    const char *name, struct str old_text, struct str new_text,
    const struct haproxy_version *);
/* The question that tells what the worker has in its memory of that file,
 * without the new line, for haproxy_runtime_ask; … */
void haproxy_file_question(
    enum haproxy_file_kind, const char *name, struct buf *out);
/* … and its answer held against the content of the file: -1 and what differs.
 * Of a certificate the serial and the fingerprint of the first in the file are
 * compared, of a crt-list the files and the names. */
int haproxy_file_verify(enum haproxy_file_kind, const char *name,
    struct str text, struct str answer, struct error *);
void haproxy_steps_fini(struct haproxy_steps *);
/* Adds one; the strings are copied. For who plans beyond a text: repairs, the
 * end of a drain. */
struct haproxy_step *haproxy_step_add(struct haproxy_steps *,
    enum haproxy_step_kind, struct str backend, struct str server);
/* Sets reload; the first reason is kept, further ones are counted. */
void haproxy_steps_refuse(struct haproxy_steps *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/*
 * What comes after a line went, to be asked when its `until` has passed: a
 * leftover that drains goes into maintenance; one in maintenance is deleted,
 * where the policy says so and HAProxy can (several seconds, while connections
 * end). No steps: there is nothing to do. That a deletion is refused (it still
 * has connections, something points to it) is no reason to reload: the server
 * stays in maintenance; try later, or leave it to the next reload.
 */
void haproxy_steps_expire(struct haproxy_steps *,
    const struct haproxy_leftover *, const struct haproxy_model *,
    const struct haproxy_running *, const struct haproxy_policy *);
/* What the steps leave behind: leftovers that came, went, were deleted. now:
 * monotonic ms, to which the policy's drain is added. */
void haproxy_steps_note(const struct haproxy_steps *, struct haproxy_running *,
    const struct haproxy_policy *, int64_t now);
/* "backend web: server web-2: weight 1 -> 5", without a new line. */
void haproxy_step_print(const struct haproxy_step *, struct buf *);

/* ---- the connection ---- */

/*
 * One kept connection in prompt mode; it opens at the first command, closes
 * when it was idle for a while or the peer closes it, and opens again.
 * Commands wait in a queue; those that fit are sent together, but never so many
 * that HAProxy is busy with ours alone for more than 20 ms.
 */
struct haproxy_runtime;
struct haproxy_runtime *haproxy_runtime_new(
    uv_loop_t *, const char *path, int64_t timeout_ms);
/* No callback fires any more. NULL is fine. */
void haproxy_runtime_free(struct haproxy_runtime **);
/* Closes the connection as soon as nothing waits: the worker behind it is about
 * to be replaced, and lives as long as it is open. It closes by itself 200 ms
 * after its last use. */
void haproxy_runtime_close(struct haproxy_runtime *);
/* One command, its reply as with haproxy_ask. Never fires from within. */
void haproxy_runtime_ask(struct haproxy_runtime *, const char *command,
    haproxy_reply_cb *, void *arg);

/* Lives until the callback returns. */
struct haproxy_steps_result {
	size_t done;        /* so many of them took, in their order */
	struct error error; /* why the next one did not, with its command and
			     * HAProxy's reply; unset: all took */
	int64_t time_us;
};
typedef void haproxy_steps_cb(void *arg, struct haproxy_steps_result *);
/* Sends them in order and stops at the first that is refused, or whose reply is
 * not known to be success. Neighbours of one kind are sent together; those of
 * them that took behind one that was refused are taken back at once, if they
 * have an undo. "@*" in a command of STEP_MAP stands for "@N", the version that
 * the last "prepare" of the file gave. The steps are borrowed until the
 * callback, which never fires from within. */
void haproxy_runtime_run(struct haproxy_runtime *, const struct haproxy_steps *,
    haproxy_steps_cb *, void *arg);
/* Sends the undo of the first `done` steps, the last one first; an undo may be
 * several commands, a line each. Stops at one that has none. */
void haproxy_runtime_undo(struct haproxy_runtime *,
    const struct haproxy_steps *, size_t done, haproxy_steps_cb *, void *arg);
/* Does this reply say that the step took? -1 and why, with the command and
 * HAProxy's words. Goes by the step's command alone. */
int haproxy_step_judge(
    const struct haproxy_step *, struct str reply, struct error *);
/* The command without its payload, for messages: a payload may be a key. */
struct str haproxy_command_name(struct str command);
/* The number in the reply to "prepare map"; 0: there is none. */
uint32_t haproxy_map_version(struct str reply);

/* ---- the proof ---- */

enum haproxy_finding_kind {
	FINDING_DIFFERS,  /* a server's address, weight, state is another */
	FINDING_MISSING,  /* the text names it, it does not run */
	FINDING_UNKNOWN,  /* it runs ready, the text does not name it */
	FINDING_MANUAL,   /* somebody put it in maintenance or drain by hand */
	FINDING_LEFTOVER, /* it runs in maintenance, the text does not name it
			   * and no leftover says so: as good as absent */
	FINDING_GONE      /* a leftover says so, and it does not run: somebody
			   * deleted it, or a weir that then died */
};
struct haproxy_finding {
	enum haproxy_finding_kind kind;
	struct str backend, server;
	struct str what; /* "port 8080, not 80" */
};
struct haproxy_findings {
	struct arena arena;
	struct haproxy_finding *items;
	size_t count;
	/* What mends them: steps, or a reload with its reason. MANUAL,
	 * LEFTOVER and GONE need none. */
	struct haproxy_steps repair;
};
/* What should run. Borrowed. */
struct haproxy_expected {
	const struct haproxy_model *model;
	const struct haproxy_running *running;
	const struct str *only; /* the backends that were asked for; NULL:
				 * all */
	size_t only_count;
	bool respect_manual; /* a state that somebody set by hand is MANUAL;
			      * else DIFFERS */
};
/* Compares the answer to "show servers state" (all, or the backends that were
 * asked for one after the other) with it. -1: the answer is none. */
int haproxy_verify(struct haproxy_findings *, const struct haproxy_expected *,
    struct str state, struct error *);
void haproxy_findings_fini(struct haproxy_findings *);
/* Of all that a person or another program could have changed, in the answer to
 * "show servers state": the same as long as nobody did (health does not
 * count). */
uint64_t haproxy_state_digest(struct str state);

/* ---- a reload that can't be avoided ---- */

/* The lines of "show servers state" that a new worker may be given: those of
 * servers whose definition is the same in both texts; HAProxy's own file
 * overrides the port of the configuration. Into out. */
void haproxy_state_filter(struct str state,
    const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, struct buf *out);
/* The path of "server-state-file" if a backend loads it; NULL ptr: none. In
 * the arena. */
struct str haproxy_state_file(const struct haproxy_model *, struct arena *);
/* Tries each address that the new text binds and the old one does not: a bind
 * that fails stops all traffic for 2 s. -1 and the line if one is taken;
 * addresses that weir may not bind itself pass, and all do if none of the old
 * text's is taken here: HAProxy has another network namespace then. */
int haproxy_bind_probe(const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, struct error *);

#endif
