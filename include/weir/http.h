/* SPDX-License-Identifier: MIT */
/* stage: http
 *
 * HTTP requests on libcurl's multi interface, driven by a libuv loop. Knows no
 * Consul. One client per configuration: connections are kept and reused.
 *
 * Sources: libcurl-multi(3), CURLMOPT_SOCKETFUNCTION(3); libuv uv_poll_t.
 */
#ifndef WEIR_HTTP_H
#define WEIR_HTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "weir/buf.h"
#include "weir/error.h"

struct http_client;
struct http_request;

/* Copied by http_client_new. */
struct http_options {
	int max_connections; /* in all; further requests queue */
	int64_t connect_timeout_ms;
	const char *ca_file, *ca_path, *cert_file, *key_file;
	const char *tls_server_name;
	bool verify;
	const char *auth; /* user:password, NULL */
};

struct http_answer {
	long status;     /* 0: no answer, error is set */
	struct buf body; /* take it if it is to be kept */
	/* The headers that were asked for (http_ask.headers), "" if absent. */
	const char *const *headers;
	struct error error; /* transport: refused, reset, truncated, TLS,
			     * timeout, body or header too large */
	bool unreachable;   /* no connection came about: refused, no such
			     * host, TLS refused, connect timeout */
	bool timed_out;     /* connected, but no whole answer in time */
	bool hung_up;       /* connected, and lost without a status */
	int64_t time_ms;    /* from start to end */
	bool http2;
	bool cancelled;
};

/* Called exactly once for each request, also after http_cancel (cancelled set),
 * never from within http_start or http_cancel. */
typedef void http_answer_cb(void *arg, struct http_answer *);

struct http_ask {
	const char *url;         /* http:// or https://, complete */
	const char *unix_socket; /* path, NULL */
	const char *token;       /* X-Consul-Token value, NULL; wiped after */
	const char *const *headers; /* names of answer headers to report,
				     * NULL-terminated, static */
	int64_t timeout_ms;         /* of the whole transfer; 0: none */
	size_t max_body;            /* bytes; more is an error */
	size_t read_size;           /* bytes read at once, kept for as long as
				     * the request is out; 0: 4 KiB */
	bool compressed;            /* accept gzip */
	http_answer_cb *on_answer;
	void *arg;
};

/* NULL and the error if a file that TLS needs can't be read. */
struct http_client *http_client_new(
    uv_loop_t *, const struct http_options *, struct error *);
/* Cancels what is open; on_closed when nothing of it is left on the loop. */
void http_client_close(
    struct http_client **, void (*on_closed)(void *), void *arg);

/* The request lives until its callback; strings of the ask are copied. What is
 * refused at once (a malformed address) is told through the callback too. */
struct http_request *http_start(struct http_client *, const struct http_ask *);
/* Ends it; the callback fires from the loop, with cancelled set. */
void http_cancel(struct http_request **);

/* Since start: connections made, and bytes of bodies as they came in. */
uint64_t http_connections(const struct http_client *);
uint64_t http_bytes(const struct http_client *);

#endif
