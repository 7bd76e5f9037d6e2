/* SPDX-License-Identifier: MIT */
/*
 * Requests on one curl multi handle. Every request ends in end(), once: curl
 * finished it, it was cancelled, or it could not be started; the latter two
 * wait on the list `ended` for a turn of the loop, so that nobody is called
 * back from within a call of his own.
 */
#include "client.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weir/xalloc.h"

/* Names of headers that one ask may want. */
#define HEADERS_MOST 8
/* Streams on one HTTP/2 connection: what Go's server allows by default. */
#define STREAMS_MOST 250L

static void
list_add(struct http_request **list, struct http_request *r)
{
	r->prev = NULL;
	r->next = *list;
	if (*list)
		(*list)->prev = r;
	*list = r;
}

static void
list_remove(struct http_request **list, struct http_request *r)
{
	if (r->prev)
		r->prev->next = r->next;
	else
		*list = r->next;
	if (r->next)
		r->next->prev = r->prev;
}

static void
wipe_list(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

/* The request is on no list, and its handle on no multi, any more. */
static void
end(struct http_request *r, struct http_answer *a)
{
	const char *values[HEADERS_MOST + 1] = {0};
	struct curl_header *h;
	size_t i;

	for (i = 0; r->headers && r->headers[i]; i++) {
		assert(i < HEADERS_MOST);
		values[i] = "";
		if (r->easy && a->status &&
		    !curl_easy_header(
			r->easy, r->headers[i], 0, CURLH_HEADER, -1, &h))
			values[i] = h->value;
	}
	a->headers = values;
	a->body = r->body;
	a->error = r->error;
	a->cancelled = r->cancelled;
	a->time_ms = (int64_t)((uv_hrtime() - r->started) / 1000000);
	r->on_answer(r->arg, a);
	buf_fini(&a->body);
	error_fini(&a->error);
	curl_easy_cleanup(r->easy);
	wipe_list(r->fields);
	curl_slist_free_all(r->connect_to);
	free(r);
}

void
client_collect(struct http_client *c)
{
	struct http_request *r;
	CURLMsg *m;
	int left;

	while (!c->closing && (m = curl_multi_info_read(c->multi, &left))) {
		struct http_answer a = {0};
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &r);
		curl_multi_remove_handle(c->multi, easy);
		list_remove(&c->open, r);
		easy_report(r, code, &a);
		end(r, &a);
	}
}

static void
free_client(struct http_client *c)
{
	struct http_options *o = &c->options;
	const char *own[] = {o->ca_file, o->ca_path, o->cert_file, o->key_file,
	    o->tls_server_name};
	void (*on_closed)(void *) = c->on_closed;
	void *arg = c->closed_arg;

	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		free((void *)(uintptr_t)own[i]);
	if (o->auth)
		explicit_bzero((void *)(uintptr_t)o->auth, strlen(o->auth));
	free((void *)(uintptr_t)o->auth);
	free(c);
	if (on_closed)
		on_closed(arg);
}

void
client_handle_closed(struct http_client *c)
{
	if (--c->handles == 0)
		free_client(c);
}

static void
on_closed_handle(uv_handle_t *handle)
{
	client_handle_closed(handle->data);
}

/* Connections that were kept are closed here; their sockets come through the
 * socket callback. */
static void
close_all(struct http_client *c)
{
	uv_timer_stop(&c->timer);
	curl_multi_cleanup(c->multi);
	uv_close((uv_handle_t *)&c->timer, on_closed_handle);
	uv_close((uv_handle_t *)&c->later, on_closed_handle);
}

static void on_later(uv_timer_t *);

/* Takes the request out of curl's hands; its callback follows. */
static void
set_aside(struct http_request *r)
{
	struct http_client *c = r->client;

	list_remove(&c->open, r);
	curl_multi_remove_handle(c->multi, r->easy);
	curl_easy_cleanup(r->easy);
	r->easy = NULL;
	buf_fini(&r->body);
	list_add(&c->ended, r);
	uv_timer_start(&c->later, on_later, 0, 0);
}

static void
on_later(uv_timer_t *timer)
{
	struct http_client *c = timer->data;
	struct http_request *batch, *r, *next;

	for (r = c->open; r; r = next) {
		next = r->next;
		if (r->doomed)
			set_aside(r);
	}
	batch = c->ended;
	c->ended = NULL;
	for (r = batch; r; r = next) {
		struct http_answer a = {0};

		next = r->next;
		end(r, &a);
	}
	if (c->closing && !c->ended)
		close_all(c);
}

/* curl may not lose a handle from within its callback. */
void
client_fail(struct http_client *c, CURL *easy, const char *why)
{
	struct http_request *r = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &r);
	if (!r || c->closing)
		return;
	error_set(&r->error, ERROR_IO, "%s", why);
	r->doomed = true;
	uv_timer_start(&c->later, on_later, 0, 0);
}

struct http_request *
http_start(struct http_client *c, const struct http_ask *ask)
{
	struct http_request *r = xcalloc(1, sizeof(*r));

	assert(!c->closing);
	r->client = c;
	r->headers = ask->headers;
	r->on_answer = ask->on_answer;
	r->arg = ask->arg;
	r->started = uv_hrtime();
	r->easy = curl_easy_init();
	list_add(&c->open, r);
	if (easy_prepare(r, ask, &r->error) < 0 ||
	    curl_multi_add_handle(c->multi, r->easy) != CURLM_OK) {
		error_set(&r->error, ERROR_IO, "curl takes no more requests");
		set_aside(r);
	}
	return r;
}

void
http_cancel(struct http_request **request)
{
	struct http_request *r = *request;

	*request = NULL;
	if (!r || r->cancelled)
		return;
	r->cancelled = true;
	if (r->easy)
		set_aside(r);
}

static char *
copy(const char *s)
{
	return s && *s ? xstrdup(s) : NULL;
}

/* curl would say it at every connection, and worse. */
static int
check_file(const char *path, const char *what, struct error *e)
{
	if (path && *path && access(path, R_OK) < 0)
		return error_set_errno(e, ERROR_CONFIG, "%s %s", what, path);
	return 0;
}

struct http_client *
http_client_new(uv_loop_t *loop, const struct http_options *o, struct error *e)
{
	struct http_client *c;

	if (check_file(o->ca_file, "CA file", e) < 0 ||
	    check_file(o->ca_path, "CA directory", e) < 0 ||
	    check_file(o->cert_file, "certificate", e) < 0 ||
	    check_file(o->key_file, "private key", e) < 0)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->loop = loop;
	c->options = *o;
	c->options.ca_file = copy(o->ca_file);
	c->options.ca_path = copy(o->ca_path);
	c->options.cert_file = copy(o->cert_file);
	c->options.key_file = copy(o->key_file);
	c->options.tls_server_name = copy(o->tls_server_name);
	c->options.auth = copy(o->auth);
	c->multi = curl_multi_init();
	socket_attach(c);
	uv_timer_init(loop, &c->later);
	c->later.data = c;
	c->handles++;
	curl_multi_setopt(
	    c->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)o->max_connections);
	curl_multi_setopt(
	    c->multi, CURLMOPT_MAXCONNECTS, (long)o->max_connections);
	curl_multi_setopt(
	    c->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, STREAMS_MOST);
	return c;
}

void
http_client_close(
    struct http_client **client, void (*on_closed)(void *), void *arg)
{
	struct http_client *c = *client;
	struct http_request *r;

	*client = NULL;
	if (!c)
		return;
	c->on_closed = on_closed;
	c->closed_arg = arg;
	c->closing = true;
	while ((r = c->open)) {
		r->cancelled = true;
		set_aside(r);
	}
	uv_timer_start(&c->later, on_later, 0, 0);
}

uint64_t
http_connections(const struct http_client *c)
{
	return c->connections;
}

uint64_t
http_bytes(const struct http_client *c)
{
	return c->bytes;
}
