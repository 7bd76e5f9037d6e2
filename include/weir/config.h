/* SPDX-License-Identifier: MIT */
/* stage: config
 *
 * The operator's configuration: INI files, --set, -t and the CONSUL_*
 * variables, checked and completed. After config_load every value is in range,
 * every name resolved, every default filled in. No I/O beyond the files
 * themselves.
 */
#ifndef WEIR_CONFIG_H
#define WEIR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "weir/error.h"

/* Where a value was set, for messages: "weir.ini", 12; "--set", 0. */
struct config_place {
	char *source;
	int line;
};

struct config_strings {
	char **items;
	size_t count;
};

/* [consul] — section and variables as in Consul's own CLI documentation. */
struct config_consul {
	struct config_strings addresses; /* http:// https:// unix:// or
					  * host:port; CONSUL_HTTP_ADDR */
	char *token;      /* CONSUL_HTTP_TOKEN only: no key, so that it never
			   * stands in a readable file; wiped on free */
	char *token_file; /* CONSUL_HTTP_TOKEN_FILE */
	char *auth;       /* CONSUL_HTTP_AUTH user:password, no key either */
	char *datacenter;
	char *ns;                   /* CONSUL_NAMESPACE */
	char *partition;            /* CONSUL_PARTITION */
	char *ca_file, *ca_path;    /* CONSUL_CACERT, CONSUL_CAPATH */
	char *cert_file, *key_file; /* CONSUL_CLIENT_CERT, _KEY */
	char *tls_server_name;      /* CONSUL_TLS_SERVER_NAME */
	bool tls;                   /* CONSUL_HTTP_SSL */
	bool verify;                /* CONSUL_HTTP_SSL_VERIFY; default true */
	int compression;            /* 1 yes, 0 no, -1 auto: not on loopback */
	int64_t stale_ms;           /* default 2 s; 0: consistent reads only */
	int64_t wait_ms;            /* default 60 s */
	int64_t connect_timeout_ms; /* default 5 s */
	int64_t retry_min_ms, retry_max_ms; /* back-off 250 ms … 30 s */
	int max_connections;                /* default 100 */
};

/* How HAProxy (or another program) is told to reload. */
enum config_reload {
	RELOAD_NONE,
	RELOAD_MASTER, /* master socket */
	RELOAD_SIGNAL, /* USR2 to the pid in a file */
	RELOAD_COMMAND
};

enum config_apply { APPLY_AUTO, APPLY_RELOAD };

struct config_haproxy { /* [haproxy "NAME"] */
	char *name;
	struct config_place place;
	struct config_strings configs; /* config =, in order of -f */
	char *binary;                  /* default haproxy */
	char *stats_socket;
	char *master_socket;
	enum config_apply apply;
	enum config_reload reload;
	char *reload_argument;      /* pid file or command */
	int64_t reload_timeout_ms;  /* default 10 s */
	int64_t reload_interval_ms; /* at most one reload in so long; 0 */
	int64_t check_timeout_ms;   /* default 30 s */
	bool check;                 /* check = no turns haproxy -c off */
	int dynamic;         /* add servers at run time: 1 yes, 0 no, -1 where
			      * the version does it well */
	int64_t drain_ms;    /* default 30 s; 0: a server that goes is in
			      * maintenance at once */
	int64_t verify_ms;   /* default 60 s; 0: only after an apply */
	bool respect_manual; /* default yes: what a person set stays */
	int max_old_workers; /* then a reload waits; 0: without limit */
};

struct config_template { /* [template "NAME"] */
	char *name;
	struct config_place place;
	char *source;
	char *destination; /* NULL: standard output (render -t IN) */
	char *haproxy_name;
	struct config_haproxy *haproxy; /* NULL: none; borrowed */
	char *check;                    /* command, {candidate} replaced */
	char *reload;                   /* command after a change */
	int64_t command_timeout_ms;     /* default 30 s */
	mode_t mode;                    /* (mode_t)-1: keep, else 0644 */
	char *owner, *group;            /* NULL: keep; "owner = USER:GROUP" */
	int64_t settle_min_ms, settle_max_ms;   /* default 250 ms, 2 s */
	char *left_delimiter, *right_delimiter; /* NULL: Go's {{ }} */
	bool error_on_missing_key;
	struct config_strings function_denylist;
	char *sandbox_path;
	bool backup;
	bool create_dest_dirs; /* default true */
	bool optional;         /* a missing source is no error */
	bool allow_control;
};

struct config {
	struct config_consul consul;
	struct config_haproxy **haproxies;
	size_t haproxy_count;
	struct config_template **templates; /* in order of the files, -t last */
	size_t template_count;
	int guard_max_removed; /* per cent, default 50 */
	int64_t guard_hold_ms; /* default 5 min; 0: for ever */
	char *state_path;      /* default /var/lib/weir */
	char *catalog_file;    /* [catalog] file =, or --from; NULL: Consul */
	char *http_listen;     /* NULL: no endpoint */
	struct config_strings sources; /* every file read, for reload */
};

/* What the command line says; filled by cmd/, borrowed. */
struct config_request {
	const char *const *paths; /* -c; none: the defaults that exist */
	size_t path_count;
	const char *const *sets; /* --set section.key=value; a section with a
				  * name: haproxy.main.binary=… */
	size_t set_count;
	const char *const *templates; /* -t IN[:OUT[:COMMAND]] */
	size_t template_count;
	const char *from; /* --from FILE */
};

/*
 * Reads, merges (files in order, then -t, then --set), checks. Paths in a file
 * are taken as they are (relative to the working directory). NULL and the first
 * error, with file, line and what to do (nearest known name).
 */
struct config *config_load(const struct config_request *, struct error *);
/* Wipes secrets. */
void config_free(struct config **);

/* "500ms", "5s", "1m30s", "2h"; "0". Milliseconds. */
int config_parse_duration(const char *, int64_t *ms, struct error *);
/* "4096", "64k", "1m", "2g": bytes. */
int config_parse_size(const char *, uint64_t *bytes, struct error *);

/* Are the two the same in everything that would make a watch differ? */
bool config_consul_equal(
    const struct config_consul *, const struct config_consul *);
bool config_template_equal(
    const struct config_template *, const struct config_template *);
bool config_haproxy_equal(
    const struct config_haproxy *, const struct config_haproxy *);

#endif
