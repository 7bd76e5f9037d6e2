/* SPDX-License-Identifier: MIT */
/*
 * One request as curl sees it: options from the client and the ask, and what
 * curl says at the end turned into an answer. Redirects are not followed: they
 * would carry the token to whoever is named.
 */
#include "client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "weir/limits.h"
#include "weir/xalloc.h"

/* Bytes read at once: a blocking query keeps them for its whole wait. */
#define READ_SIZE 4096L
/* Seconds of silence before TCP asks whether the peer is still there. */
#define KEEPALIVE_SECONDS 15L
/* Milliseconds without a sign of life from the other side's kernel after which
 * a connection is dead (tcp(7)): a network that swallows everything sends no
 * RST. */
#define DEAD_MS 30000u

static size_t
on_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_request *r = arg;
	size_t n = size * count;

	buf_put(&r->body, bytes, n);
	if (!r->body.failed)
		return n;
	r->too_large = true;
	error_set(&r->error, ERROR_LIMIT, "answer is larger than %zu bytes",
	    r->body.limit);
	return 0;
}

static size_t
on_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_request *r = arg;
	size_t n = size * count;

	(void)bytes;
	r->header_bytes += n;
	if (r->header_bytes <= LIMIT_HEADER_BYTES)
		return n;
	r->too_large = true;
	error_set(&r->error, ERROR_LIMIT,
	    "headers of the answer are larger than %u bytes",
	    LIMIT_HEADER_BYTES);
	return 0;
}

/* The bytes of a header line with the token are wiped from the heap. */
static void
set_fields(struct http_request *r, const struct http_ask *ask)
{
	char *line;

	if (!ask->token || !*ask->token)
		return;
	line = xasprintf("X-Consul-Token: %s", ask->token);
	r->fields = curl_slist_append(NULL, line);
	explicit_bzero(line, strlen(line));
	free(line);
	curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->fields);
}

static bool
is_loopback(const char *host)
{
	return !strcmp(host, "localhost") || !strncmp(host, "127.", 4) ||
	       !strcmp(host, "[::1]");
}

/*
 * The name that the server's certificate must bear, and that SNI sends, is the
 * URL's host: so that is put there, and the connection goes to the real one.
 */
static void
rename_host(struct http_request *r, CURLU *url, const char *host)
{
	char *port = NULL, *to;

	if (curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT))
		return;
	to = xasprintf("::%s:%s", host, port);
	r->connect_to = curl_slist_append(NULL, to);
	curl_easy_setopt(r->easy, CURLOPT_CONNECT_TO, r->connect_to);
	curl_url_set(
	    url, CURLUPART_HOST, r->client->options.tls_server_name, 0);
	free(to);
	curl_free(port);
}

static int
set_url(struct http_request *r, const struct http_ask *ask, struct error *e)
{
	CURLU *url = curl_url();
	char *host = NULL, *whole = NULL;
	CURLUcode code =
	    curl_url_set(url, CURLUPART_URL, ask->url, CURLU_PATH_AS_IS);

	if (!code)
		code = curl_url_get(url, CURLUPART_HOST, &host, 0);
	if (!code && is_loopback(host))
		curl_easy_setopt(r->easy, CURLOPT_PROXY, "");
	if (!code && r->client->options.tls_server_name &&
	    !strncmp(ask->url, "https:", 6))
		rename_host(r, url, host);
	if (!code)
		code = curl_url_get(url, CURLUPART_URL, &whole, 0);
	if (!code)
		curl_easy_setopt(r->easy, CURLOPT_URL, whole);
	else
		error_set(e, ERROR_CONFIG, "malformed address: %s",
		    curl_url_strerror(code));
	curl_free(host);
	curl_free(whole);
	curl_url_cleanup(url);
	return code ? -1 : 0;
}

static void
set_tls(CURL *h, const struct http_options *o)
{
	if (o->ca_file)
		curl_easy_setopt(h, CURLOPT_CAINFO, o->ca_file);
	if (o->ca_path)
		curl_easy_setopt(h, CURLOPT_CAPATH, o->ca_path);
	if (o->cert_file)
		curl_easy_setopt(h, CURLOPT_SSLCERT, o->cert_file);
	if (o->key_file)
		curl_easy_setopt(h, CURLOPT_SSLKEY, o->key_file);
	if (!o->verify) {
		curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	curl_easy_setopt(h, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(h, CURLOPT_PIPEWAIT, 1L);
}

static int
on_socket(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	const unsigned ms = DEAD_MS;

	(void)arg;
	(void)purpose;
	/* A unix socket knows no such thing, and needs none. */
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
	return CURL_SOCKOPT_OK;
}

static void
set_bounds(struct http_request *r, const struct http_ask *ask)
{
	CURL *h = r->easy;
	long size = ask->read_size ? (long)ask->read_size : READ_SIZE;

	curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)ask->timeout_ms);
	curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)r->client->options.connect_timeout_ms);
	curl_easy_setopt(h, CURLOPT_BUFFERSIZE, size);
	buf_init(&r->body, ask->max_body);
}

int
easy_prepare(
    struct http_request *r, const struct http_ask *ask, struct error *e)
{
	CURL *h = r->easy;

	curl_easy_setopt(h, CURLOPT_PRIVATE, r);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, r->curl_text);
	curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	/* Don't wait for a name server when a request is cancelled. */
	curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L);
	curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(h, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(h, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_SECONDS);
	curl_easy_setopt(h, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_SECONDS);
	curl_easy_setopt(h, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(h, CURLOPT_HEADERDATA, r);
	if (ask->compressed)
		curl_easy_setopt(h, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (ask->unix_socket)
		curl_easy_setopt(h, CURLOPT_UNIX_SOCKET_PATH, ask->unix_socket);
	if (r->client->options.auth)
		curl_easy_setopt(h, CURLOPT_USERPWD, r->client->options.auth);
	set_bounds(r, ask);
	if (!strncmp(ask->url, "https:", 6))
		set_tls(h, &r->client->options);
	set_fields(r, ask);
	return set_url(r, ask, e);
}

/* Was there ever a connection that the request went out on? */
static bool
is_unreachable(CURL *h, CURLcode code)
{
	curl_off_t connected = 0;

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_PEER_FAILED_VERIFICATION:
		return true;
	case CURLE_OPERATION_TIMEDOUT:
		curl_easy_getinfo(h, CURLINFO_PRETRANSFER_TIME_T, &connected);
		return connected == 0;
	default:
		return false;
	}
}

/* The connection ended before the answer began. */
static bool
is_hung_up(CURL *h, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
	return !status &&
	       (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR ||
		   code == CURLE_SEND_ERROR);
}

static void
explain(struct http_request *r, CURLcode code, struct error *e)
{
	long system_error = 0;

	curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &system_error);
	if (code == CURLE_COULDNT_CONNECT && system_error)
		error_set(e, ERROR_REMOTE, "can't connect: %s",
		    strerror((int)system_error));
	else
		error_set(e, ERROR_REMOTE, "%s",
		    *r->curl_text ? r->curl_text : curl_easy_strerror(code));
}

void
easy_report(struct http_request *r, CURLcode code, struct http_answer *a)
{
	long version = 0, connects = 0;

	curl_easy_getinfo(r->easy, CURLINFO_NUM_CONNECTS, &connects);
	r->client->connections += (uint64_t)connects;
	r->client->bytes += r->body.len;
	if (code != CURLE_OK) {
		a->unreachable = is_unreachable(r->easy, code);
		a->timed_out =
		    code == CURLE_OPERATION_TIMEDOUT && !a->unreachable;
		a->hung_up = is_hung_up(r->easy, code);
		if (!r->too_large)
			explain(r, code, &r->error);
		return;
	}
	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &a->status);
	curl_easy_getinfo(r->easy, CURLINFO_HTTP_VERSION, &version);
	a->http2 = version == CURL_HTTP_VERSION_2_0;
}
