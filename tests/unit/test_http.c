/* SPDX-License-Identifier: MIT */
/* The HTTP client against a server of a few lines on the same loop: whatever a
 * peer does, the callback comes once, and nothing stays on the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weir/http.h"

/* ---- a server that says what the script has for the path ---- */

struct link {
	uv_tcp_t tcp;
	uv_pipe_t pipe;
	char in[4096];
	size_t len;
};

enum after { KEEP, CLOSE, RESET, SILENCE };

static const struct script {
	const char *path;
	enum after after;
	const char *text;
	size_t length; /* 0: strlen */
} scripts[] = {
    {"/ok", KEEP,
	"HTTP/1.1 200 OK\r\nx-index: 7\r\nContent-Length: 2\r\n\r\nhi", 0},
    {"/404", KEEP, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 0},
    {"/moved", KEEP,
	"HTTP/1.1 301 Moved\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n", 0},
    {"/half", CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", 0},
    {"/chunk", CLOSE,
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf", 0},
    {"/nothing", CLOSE, "", 0},
    {"/reset", RESET, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha", 0},
    {"/noise", CLOSE, "\x01\x02\x03 what is this?\r\n\r\n", 0},
    {"/folded", KEEP,
	"HTTP/1.1 200 OK\r\n folded: x\r\nContent-Length: 2\r\n\r\nhi", 0},
    {"/old", CLOSE, "just text, as in 1991", 0},
    {"/silence", SILENCE, "", 0},
    {"/large", KEEP,
	"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n01234567890123456789", 0},
    {"/gzip", KEEP,
	"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 28\r\n\r\n"
	"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\xc8\x40\x90\x00\x80\x88\xf9\xe5\x11\x00\x00\x00",
	91},
};

static uv_loop_t loop;
static uv_tcp_t server;
static uv_pipe_t pipe_server;
static char address[64], socket_path[64];
static int links;
static bool saw_token, saw_gzip;

static void
on_link_closed(uv_handle_t *h)
{
	free(h->data);
	links--;
}

static void
on_written(uv_write_t *w, int status)
{
	(void)status;
	free(w);
}

static void
say(uv_stream_t *s, const char *text, size_t n)
{
	uv_write_t *w = malloc(sizeof(*w));
	uv_buf_t b = uv_buf_init((char *)(uintptr_t)text, (unsigned)n);

	uv_write(w, s, &b, 1, on_written);
}

static void
end(uv_stream_t *s, bool reset)
{
	if (uv_is_closing((uv_handle_t *)s))
		return;
	if (reset && s->type == UV_TCP)
		uv_tcp_close_reset((uv_tcp_t *)s, on_link_closed);
	else
		uv_close((uv_handle_t *)s, on_link_closed);
}

static void
serve(uv_stream_t *s, struct link *l)
{
	char path[128] = "";

	saw_token = strstr(l->in, "\r\nX-Consul-Token: secret\r\n");
	saw_gzip = strstr(l->in, "\r\nAccept-Encoding: gzip\r\n");
	sscanf(l->in, "GET %127s", path);
	l->len = 0;
	if (!strcmp(path, "/headers")) {
		static char big[80000];

		memset(big, 'a', sizeof(big));
		for (size_t i = 1000; i < sizeof(big); i += 1000)
			memcpy(big + i - 6, "\r\nx-y: ", 7);
		say(s, "HTTP/1.1 200 OK\r\nx: ", 20);
		say(s, big, sizeof(big));
		return;
	}
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		const struct script *c = &scripts[i];

		if (strcmp(c->path, path) != 0)
			continue;
		say(s, c->text, c->length ? c->length : strlen(c->text));
		if (c->after == CLOSE || c->after == RESET)
			end(s, c->after == RESET);
	}
}

static void
on_room(uv_handle_t *h, size_t size, uv_buf_t *b)
{
	struct link *l = h->data;

	(void)size;
	*b =
	    uv_buf_init(l->in + l->len, (unsigned)(sizeof(l->in) - l->len - 1));
}

static void
on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
	struct link *l = s->data;

	(void)b;
	if (n < 0) {
		end(s, false);
		return;
	}
	l->len += (size_t)n;
	l->in[l->len] = 0;
	if (strstr(l->in, "\r\n\r\n"))
		serve(s, l);
}

static void
on_connection(uv_stream_t *from, int status)
{
	struct link *l = calloc(1, sizeof(*l));
	uv_stream_t *s = from->type == UV_TCP ? (uv_stream_t *)&l->tcp
					      : (uv_stream_t *)&l->pipe;

	assert_int_equal(status, 0);
	if (from->type == UV_TCP)
		uv_tcp_init(&loop, &l->tcp);
	else
		uv_pipe_init(&loop, &l->pipe, 0);
	s->data = l;
	links++;
	uv_accept(from, s);
	uv_read_start(s, on_room, on_read);
}

/* ---- a client, and what its callbacks saw ---- */

struct heard {
	int calls;
	long status;
	char body[64], header[64], error[256];
	enum error_kind kind;
	bool cancelled, unreachable, inside;
};

static struct http_client *client;
static bool closed, within;
static struct http_options options;

static void
on_answer(void *arg, struct http_answer *a)
{
	struct heard *h = arg;

	h->calls++;
	h->inside = within;
	h->status = a->status;
	h->cancelled = a->cancelled;
	h->unreachable = a->unreachable;
	h->kind = a->error.kind;
	snprintf(h->body, sizeof(h->body), "%.*s", (int)a->body.len,
	    a->body.ptr ? a->body.ptr : "");
	snprintf(h->header, sizeof(h->header), "%s", a->headers[0]);
	snprintf(h->error, sizeof(h->error), "%s",
	    a->error.text ? a->error.text : "");
}

static struct http_request *
start(const char *path, struct heard *h, struct http_ask ask)
{
	static const char *const names[] = {"X-Index", NULL};
	struct http_request *r;
	char url[128];

	snprintf(url, sizeof(url), "%s%s", address, path);
	ask.url = ask.url ? ask.url : url;
	ask.headers = names;
	ask.max_body = ask.max_body ? ask.max_body : 16;
	ask.timeout_ms = ask.timeout_ms ? ask.timeout_ms : 5000;
	ask.on_answer = on_answer;
	ask.arg = h;
	*h = (struct heard){0};
	within = true;
	r = http_start(client, &ask);
	within = false;
	assert_int_equal(h->calls, 0);
	return r;
}

/* UV_RUN_ONCE would wait for a socket after a timer had called back. */
static void
turn(void)
{
	uv_run(&loop, UV_RUN_NOWAIT);
	usleep(200);
}

static void
turn_until(struct heard *h)
{
	while (!h->calls)
		turn();
	assert_int_equal(h->calls, 1);
	assert_false(h->inside);
}

static struct heard
get(const char *path)
{
	struct heard h;

	start(path, &h, (struct http_ask){0});
	turn_until(&h);
	return h;
}

static int
set_up(void **state)
{
	struct sockaddr_in any;
	int n = sizeof(any);

	(void)state;
	closed = false;
	uv_loop_init(&loop);
	uv_ip4_addr("127.0.0.1", 0, &any);
	uv_tcp_init(&loop, &server);
	uv_tcp_bind(&server, (struct sockaddr *)&any, 0);
	uv_listen((uv_stream_t *)&server, 16, on_connection);
	uv_tcp_getsockname(&server, (struct sockaddr *)&any, &n);
	snprintf(address, sizeof(address), "http://127.0.0.1:%d",
	    ntohs(any.sin_port));
	snprintf(socket_path, sizeof(socket_path), "/tmp/weir-http-%d.sock",
	    (int)getpid());
	unlink(socket_path);
	uv_pipe_init(&loop, &pipe_server, 0);
	uv_pipe_bind(&pipe_server, socket_path);
	uv_listen((uv_stream_t *)&pipe_server, 16, on_connection);
	options = (struct http_options){
	    .max_connections = 4, .connect_timeout_ms = 2000, .verify = true};
	client = http_client_new(&loop, &options, NULL);
	assert_non_null(client);
	return 0;
}

static void
on_closed(void *arg)
{
	(void)arg;
	assert_false(closed);
	closed = true;
	uv_close((uv_handle_t *)&server, NULL);
	uv_close((uv_handle_t *)&pipe_server, NULL);
}

/* The client leaves nothing behind: the loop ends by itself, and is empty. */
static int
tear_down(void **state)
{
	(void)state;
	if (!closed) {
		http_client_close(&client, on_closed, NULL);
		assert_null(client);
		assert_false(closed);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_true(closed);
	assert_int_equal(links, 0);
	assert_int_equal(uv_loop_close(&loop), 0);
	unlink(socket_path);
	return 0;
}

static void
an_answer_has_status_body_and_the_headers_asked_for(void **state)
{
	struct heard h = get("/ok");

	(void)state;
	assert_int_equal(h.status, 200);
	assert_string_equal(h.body, "hi");
	assert_string_equal(h.header, "7");
	h = get("/404");
	assert_int_equal(h.status, 404);
	assert_string_equal(h.header, "");
}

static void
a_connection_is_kept(void **state)
{
	(void)state;
	get("/ok");
	get("/404");
	get("/ok");
	assert_int_equal(http_connections(client), 1);
	assert_int_equal(http_bytes(client), 6);
}

static void
a_redirect_is_an_answer(void **state)
{
	(void)state;
	assert_int_equal(get("/moved").status, 301);
}

static void
what_breaks_off_is_an_error(void **state)
{
	static const char *const paths[] = {
	    "/half", "/chunk", "/nothing", "/reset", "/noise", "/old"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct heard h = get(paths[i]);

		if (!h.kind)
			print_message("%s\n", paths[i]);
		assert_int_equal(h.kind, ERROR_REMOTE);
		assert_int_equal(h.status, 0);
		assert_true(*h.error);
		assert_false(h.unreachable);
	}
}

/* Fuzzing: curl continued the last header of the handle's request before,
 * which was freed. */
static void
a_first_header_that_continues_nothing_is_an_error(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct heard h = get("/ok");

		assert_int_equal(h.status, 200);
		h = get("/folded");
		assert_int_equal(h.status, 0);
		assert_int_equal(h.kind, ERROR_REMOTE);
	}
}

static void
a_refused_connection_is_unreachable(void **state)
{
	struct heard h;

	(void)state;
	start("", &h, (struct http_ask){.url = "http://127.0.0.1:1/"});
	turn_until(&h);
	assert_true(h.unreachable);
	assert_string_equal(h.error, "can't connect: Connection refused");
}

static void
a_malformed_address_is_told_through_the_callback(void **state)
{
	struct heard h;

	(void)state;
	start("", &h, (struct http_ask){.url = "http://a b/"});
	turn_until(&h);
	assert_int_equal(h.status, 0);
	assert_true(strstr(h.error, "malformed address") != NULL);
}

static void
a_body_has_a_limit(void **state)
{
	struct heard h = get("/large");

	(void)state;
	assert_int_equal(h.kind, ERROR_LIMIT);
	assert_string_equal(h.error, "answer is larger than 16 bytes");
}

static void
headers_have_a_limit(void **state)
{
	struct heard h = get("/headers");

	(void)state;
	assert_int_equal(h.kind, ERROR_LIMIT);
	assert_string_equal(
	    h.error, "headers of the answer are larger than 65536 bytes");
}

static void
silence_ends_with_the_timeout(void **state)
{
	struct heard h;

	(void)state;
	start("/silence", &h, (struct http_ask){.timeout_ms = 50});
	turn_until(&h);
	assert_int_equal(h.kind, ERROR_REMOTE);
	assert_true(strstr(h.error, "timed out") != NULL);
	assert_false(h.unreachable);
}

static void
the_token_is_sent_and_only_if_there_is_one(void **state)
{
	struct heard h;

	(void)state;
	start("/ok", &h, (struct http_ask){.token = "secret"});
	turn_until(&h);
	assert_true(saw_token);
	get("/ok");
	assert_false(saw_token);
}

static void
gzip_is_asked_for_and_undone(void **state)
{
	struct heard h;

	(void)state;
	start("/ok", &h, (struct http_ask){0});
	turn_until(&h);
	assert_false(saw_gzip);
	start("/gzip", &h, (struct http_ask){.compressed = true});
	turn_until(&h);
	assert_true(saw_gzip);
	/* The limit is that of what comes out. */
	assert_int_equal(h.kind, ERROR_LIMIT);
	start(
	    "/gzip", &h, (struct http_ask){.compressed = true, .max_body = 17});
	turn_until(&h);
	assert_string_equal(h.body, "hello hello hello");
}

static void
a_unix_socket_is_spoken_to(void **state)
{
	struct heard h;

	(void)state;
	start("/ok", &h,
	    (struct http_ask){
		.url = "http://localhost/ok", .unix_socket = socket_path});
	turn_until(&h);
	assert_int_equal(h.status, 200);
	start("/ok", &h,
	    (struct http_ask){.url = "http://localhost/ok",
		.unix_socket = "/nonexistent/x.sock"});
	turn_until(&h);
	assert_true(h.unreachable);
}

static void
requests_beyond_the_connections_wait_their_turn(void **state)
{
	struct heard h[9];

	(void)state;
	for (int i = 0; i < 9; i++)
		start("/ok", &h[i], (struct http_ask){0});
	for (int i = 0; i < 9; i++) {
		while (!h[i].calls)
			turn();
		assert_int_equal(h[i].status, 200);
	}
	assert_true(http_connections(client) <= 4);
}

static void
a_cancelled_request_calls_back_once_and_later(void **state)
{
	struct heard h;
	struct http_request *r = start("/silence", &h, (struct http_ask){0}),
			    *again = r;

	(void)state;
	turn();
	within = true;
	http_cancel(&r);
	within = false;
	assert_null(r);
	http_cancel(&again);
	http_cancel(&r);
	assert_int_equal(h.calls, 0);
	turn_until(&h);
	assert_true(h.cancelled);
	assert_int_equal(h.status, 0);
	turn();
	assert_int_equal(h.calls, 1);
}

static void
closing_cancels_what_is_open(void **state)
{
	struct heard h[6];

	(void)state;
	for (int i = 0; i < 6; i++)
		start("/silence", &h[i], (struct http_ask){0});
	for (int i = 0; i < 20; i++)
		turn();
	http_client_close(&client, on_closed, NULL);
	for (int i = 0; i < 6; i++)
		assert_int_equal(h[i].calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(h[i].calls, 1);
		assert_true(h[i].cancelled);
	}
}

static void
close_at_once(void *arg, struct http_answer *a)
{
	on_answer(arg, a);
	http_client_close(&client, on_closed, NULL);
}

static void
a_callback_may_close_the_client(void **state)
{
	struct heard h, other;
	char url[128];
	struct http_ask ask = {.url = url,
	    .max_body = 16,
	    .headers = (const char *const[]){"x", NULL},
	    .on_answer = close_at_once,
	    .arg = &h};

	(void)state;
	h = (struct heard){0};
	snprintf(url, sizeof(url), "%s/ok", address);
	http_start(client, &ask);
	start("/silence", &other, (struct http_ask){0});
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(h.calls, 1);
	assert_int_equal(other.calls, 1);
	assert_true(other.cancelled);
}

static void
a_missing_file_is_named(void **state)
{
	struct http_options o = options;
	struct error e = {0};

	(void)state;
	o.ca_file = "/nonexistent/ca.pem";
	assert_null(http_client_new(&loop, &o, &e));
	assert_string_equal(
	    e.text, "CA file /nonexistent/ca.pem: No such file or directory");
	error_fini(&e);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_answer_has_status_body_and_the_headers_asked_for),
	    TEST(a_connection_is_kept),
	    TEST(a_redirect_is_an_answer),
	    TEST(what_breaks_off_is_an_error),
	    TEST(a_first_header_that_continues_nothing_is_an_error),
	    TEST(a_refused_connection_is_unreachable),
	    TEST(a_malformed_address_is_told_through_the_callback),
	    TEST(a_body_has_a_limit),
	    TEST(headers_have_a_limit),
	    TEST(silence_ends_with_the_timeout),
	    TEST(the_token_is_sent_and_only_if_there_is_one),
	    TEST(gzip_is_asked_for_and_undone),
	    TEST(a_unix_socket_is_spoken_to),
	    TEST(requests_beyond_the_connections_wait_their_turn),
	    TEST(a_cancelled_request_calls_back_once_and_later),
	    TEST(closing_cancels_what_is_open),
	    TEST(a_callback_may_close_the_client),
	    TEST(a_missing_file_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
