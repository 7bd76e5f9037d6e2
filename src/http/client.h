/* SPDX-License-Identifier: MIT */
/*
 * Private to the stage: what a client and its requests hold. A request has an
 * easy handle of curl of its own. None is used twice: Debian's curl takes an
 * answer's first header line, if it begins with a blank, for a continuation of
 * the last header of that handle's request before, which is freed (curl's issue
 * 11101). A new one costs a microsecond; connections are the multi handle's.
 */
#ifndef WEIR_HTTP_CLIENT_H
#define WEIR_HTTP_CLIENT_H

#include <curl/curl.h>

#include "weir/http.h"

struct http_request {
	struct http_client *client;
	struct http_request *prev, *next; /* in client->open or ->ended */
	CURL *easy;                       /* NULL once it ended */
	struct curl_slist *fields;        /* holds the token */
	struct curl_slist *connect_to;
	const char *const *headers;
	http_answer_cb *on_answer;
	void *arg;
	uint64_t started; /* uv_hrtime */
	struct buf body;
	size_t header_bytes;
	bool too_large; /* body or headers, which of them error says */
	bool doomed;    /* its socket can't be watched */
	bool cancelled;
	struct error error;
	char curl_text[CURL_ERROR_SIZE];
};

struct http_client {
	uv_loop_t *loop;
	CURLM *multi;
	uv_timer_t timer; /* curl's own */
	uv_timer_t later; /* 0 ms: calls back for `ended`, then closes */
	struct http_request *open;
	struct http_request *ended;  /* cancelled, or never started */
	struct http_options options; /* strings owned */
	unsigned handles;            /* of uv, not closed yet */
	bool closing;
	uint64_t connections, bytes;
	void (*on_closed)(void *);
	void *closed_arg;
};

/* easy.c: everything that is said to curl about one request. -1: curl has
 * refused something, the error says what. */
int easy_prepare(
    struct http_request *, const struct http_ask *, struct error *);
/* What became of it; the text of the error names no address. */
void easy_report(struct http_request *, CURLcode, struct http_answer *);

/* socket.c: curl's sockets and timer on the loop. */
void socket_attach(struct http_client *);
/* A uv handle of the client was closed. */
void client_handle_closed(struct http_client *);
/* client.c: calls back for whatever curl has finished. */
void client_collect(struct http_client *);
/* Ends a request from within a callback of curl: told a little later. */
void client_fail(struct http_client *, CURL *, const char *why);

#endif
