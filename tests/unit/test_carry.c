/* SPDX-License-Identifier: MIT */
/* A reload that can't be avoided: what of the old worker's state is passed on,
 * and which addresses are tried before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "weir/runtime.h"

struct texts {
	struct haproxy_model old, new;
};

static struct texts
parse(const char *old, const char *new)
{
	struct texts t;

	haproxy_model_parse(&t.old, str_of(old));
	haproxy_model_parse(&t.new, str_of(new));
	return t;
}

static void
end(struct texts *t)
{
	haproxy_model_fini(&t->old);
	haproxy_model_fini(&t->new);
}

/* ---- the state file ---- */

#define HEAD        "1\n# be_id be_name srv_id srv_name srv_addr\n"
#define ROW(server) "3 web 1 " server " 10.0.0.1 2 0 1\n"

static void
assert_kept(
    const char *old, const char *new, const char *state, const char *expected)
{
	struct texts t = parse(old, new);
	struct buf out = {0};

	haproxy_state_filter(str_of(state), &t.old, &t.new, &out);
	assert_string_equal(out.ptr, expected);
	buf_fini(&out);
	end(&t);
}

static void
only_servers_that_are_the_same_are_passed_on(void **state)
{
	(void)state;
	assert_kept("backend web\n server a 1.1.1.1:1\n server b 1.1.1.1:2\n",
	    "backend web\n server a 1.1.1.1:1\n server b 1.1.1.1:3\n",
	    HEAD ROW("a") ROW("b"), HEAD ROW("a"));
	assert_kept("backend web\n server a 1.1.1.1:1 weight 2 check\n",
	    "backend web\n server  a 1.1.1.1:1 check weight 2 #\n",
	    HEAD ROW("a") "\n", HEAD ROW("a"));
	assert_kept("backend web\n server a 1.1.1.1:1 weight 2\n",
	    "backend web\n server a 1.1.1.1:1 weight 3\n", HEAD ROW("a"), HEAD);
	assert_kept("backend web\n server a 1.1.1.1:1 inter 2s\n",
	    "backend web\n server a 1.1.1.1:1\n", HEAD ROW("a"), HEAD);
	assert_kept("backend web\n server a 1.1.1.1:1\n",
	    "backend web\n server a 1.1.1.1:1 disabled\n", HEAD ROW("a"), HEAD);
}

static void
servers_that_are_gone_are_not_passed_on(void **state)
{
	(void)state;
	assert_kept("backend web\n server a 1.1.1.1:1\n", "backend web\n",
	    HEAD ROW("a"), HEAD);
	assert_kept("backend web\n server a 1.1.1.1:1\n",
	    "backend x\n server a 1.1.1.1:1\n", HEAD ROW("a"), HEAD);
	/* It ran, but neither text names it: left over. */
	assert_kept("backend web\n", "backend web\n", HEAD ROW("z"), HEAD);
}

static void
what_servers_inherit_counts(void **state)
{
	(void)state;
	assert_kept("defaults\n default-server check\nbackend web\n"
		    " server a 1.1.1.1:1\n",
	    "defaults\n default-server check port 7\nbackend web\n"
	    " server a 1.1.1.1:1\n",
	    HEAD ROW("a"), HEAD);
	assert_kept("backend web\n server a \"$IP\":1\n",
	    "backend web\n server a \"$IP\":1\n", HEAD ROW("a"), HEAD);
	assert_kept("backend web\n.if x\n server a 1.1.1.1:1\n.endif\n",
	    "backend web\n.if x\n server a 1.1.1.1:1\n.endif\n", HEAD ROW("a"),
	    HEAD);
}

static void
servers_of_a_template_are_passed_on(void **state)
{
#define TEMPLATE "backend web\n server-template s 3 x.y:80\n"
	(void)state;
	assert_kept(TEMPLATE, TEMPLATE, HEAD ROW("s2") ROW("t2") ROW("sx"),
	    HEAD ROW("s2"));
	assert_kept(TEMPLATE, "backend web\n server-template s 3 x.y:81\n",
	    HEAD ROW("s2"), HEAD);
	assert_kept("defaults\n default-server check\n" TEMPLATE, TEMPLATE,
	    HEAD ROW("s2"), HEAD);
}

static void
assert_file(const char *text, const char *expected)
{
	struct haproxy_model m;
	struct arena arena = {0};
	struct str path;

	haproxy_model_parse(&m, str_of(text));
	path = haproxy_state_file(&m, &arena);
	if (expected)
		assert_true(str_is(path, expected));
	else
		assert_null(path.ptr);
	arena_fini(&arena);
	haproxy_model_fini(&m);
}

static void
the_state_file_is_where_the_text_says(void **state)
{
#define LOAD "defaults\n load-server-state-from-file global\n"
	(void)state;
	assert_file("global\n server-state-file /x/y\n" LOAD, "/x/y");
	assert_file("global\n server-state-file /x/y\n server-state-file "
		    "/z\n" LOAD,
	    "/z");
	assert_file(
	    "global\n server-state-base /b\n server-state-file y\n" LOAD,
	    "/b/y");
	assert_file("global\n server-state-base /b\n server-state-file /y\n"
		    "backend b\n load-server-state-from-file global\n",
	    "/y");
	assert_file("global\n server-state-file /x/y\n", NULL);
	assert_file("global\n server-state-file /x/y\n"
		    "backend b\n load-server-state-from-file none\n"
		    "# load-server-state-from-file global\n",
	    NULL);
	assert_file(LOAD, NULL);
}

/* ---- binds ---- */

static int taken;
static int port;

/* A socket that listens, as another program's; 0: on any port. */
static int
take(uint32_t address, int at)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)at),
	    .sin_addr.s_addr = htonl(address)};
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&to, len) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)&to, &len) < 0)
		return -1;
	port = ntohs(to.sin_port);
	return fd;
}

static int
begin_binds(void **state)
{
	(void)state;
	taken = take(INADDR_LOOPBACK, 0);
	return taken < 0 ? -1 : 0;
}

static int
end_binds(void **state)
{
	(void)state;
	return close(taken);
}

/* %d stands for the port that is taken. */
static int
probe(const char *old_line, const char *new_line, struct error *e)
{
	char texts[2][256];
	const char *lines[2] = {old_line, new_line};
	struct texts t;
	int rc;

	for (int i = 0; i < 2; i++) {
		const char *at = strstr(lines[i], "PORT");
		int before = at ? (int)(at - lines[i]) : 0;

		if (at)
			snprintf(texts[i], sizeof(texts[i]),
			    "frontend f\n%.*s%d%s\n", before, lines[i], port,
			    at + 4);
		else
			snprintf(texts[i], sizeof(texts[i]), "frontend f\n%s\n",
			    lines[i]);
	}
	t = parse(texts[0], texts[1]);
	rc = haproxy_bind_probe(&t.old, &t.new, e);
	end(&t);
	return rc;
}

static void
a_port_that_is_taken_is_seen(void **state)
{
	static const char *const lines[] = {" bind 127.0.0.1:PORT",
	    " bind *:PORT", " bind :PORT ssl crt x",
	    " bind ipv4@127.0.0.1:PORT", " bind /run/x,127.0.0.1:PORT",
	    " bind tcp4@127.0.0.1:PORT", "\n\n bind 127.0.0.1:PORT-65535"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct error e = {0};
		char where[32];

		assert_int_equal(probe("", lines[i], &e), -1);
		snprintf(where, sizeof(where), "line %d: port %d",
		    i == 6 ? 4 : 2, port);
		assert_non_null(strstr(e.text, where));
		assert_non_null(strstr(e.text, "in use"));
		error_fini(&e);
	}
}

/* The end of a range, and what is no frontend. */
static void
every_bind_is_tried(void **state)
{
	static const char *const kinds[] = {
	    "frontend", "listen", "peers", "log-forward"};
	char line[80];

	(void)state;
	snprintf(line, sizeof(line), " bind 127.0.0.1:%d-%d", port - 3, port);
	assert_int_equal(probe("", line, NULL), -1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char text[80];
		struct texts t;

		snprintf(text, sizeof(text), "%s x\n bind 127.0.0.1:%d\n",
		    kinds[i], port);
		t = parse("", text);
		assert_int_equal(haproxy_bind_probe(&t.old, &t.new, NULL), -1);
		end(&t);
		t = parse(text, text);
		assert_int_equal(haproxy_bind_probe(&t.old, &t.new, NULL), 0);
		end(&t);
	}
}

/* IPv6 alone leaves IPv4 to others. */
static void
v6only_is_heeded(void **state)
{
	(void)state;
	assert_int_equal(probe("", " bind [::]:PORT v6only", NULL), 0);
}

/* Nobody listens, but a connection of before has not been forgotten. */
static void
a_port_in_time_wait_is_free(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int client = socket(AF_INET, SOCK_STREAM, 0), server;

	(void)state;
	assert_int_equal(
	    connect(client, (struct sockaddr *)&to, sizeof(to)), 0);
	server = accept(taken, NULL, NULL);
	close(server); /* who closes first, waits */
	close(client);
	close(taken);
	assert_int_equal(probe("", " bind 127.0.0.1:PORT", NULL), 0);
	taken = socket(AF_INET, SOCK_STREAM, 0); /* for the end */
}

static void
an_address_that_is_not_here_is_seen(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(probe("", " bind 192.0.2.77:1234", &e), -1);
	error_fini(&e);
	assert_int_equal(
	    probe("", " bind 192.0.2.77:1234 transparent", NULL), 0);
}

/* HAProxy passes its own on, whatever address it is bound to. */
static void
what_is_bound_already_is_not_tried(void **state)
{
	int own = take(INADDR_LOOPBACK + 1, port);

	(void)state;
	assert_true(own >= 0);
	assert_int_equal(
	    probe(" bind 127.0.0.1:PORT", " bind 127.0.0.1:PORT ssl", NULL), 0);
	assert_int_equal(
	    probe(" bind *:PORT", " bind 127.0.0.1:PORT", NULL), 0);
	assert_int_equal(probe(" bind 127.0.0.1:PORT", " bind :PORT", NULL), 0);
	assert_int_equal(
	    probe(" bind 127.0.0.2:PORT", " bind 127.0.0.1:PORT", NULL), -1);
	close(own);
}

/* What HAProxy listens on is free here: it runs in a container. */
static void
another_network_is_not_judged(void **state)
{
	(void)state;
	assert_int_equal(
	    probe(" bind 127.0.0.2:PORT", " bind 127.0.0.1:PORT", NULL), 0);
	assert_int_equal(
	    probe(" bind 192.0.2.77:80", " bind 192.0.2.77:443", NULL), 0);
	assert_int_equal(probe(" bind 192.0.2.77:80\n bind 127.0.0.1:PORT",
			     " bind 192.0.2.77:443", NULL),
	    -1);
	assert_int_equal(probe(" bind 192.0.2.77:80 interface lo",
			     " bind 127.0.0.1:PORT", NULL),
	    -1);
}

static void
what_cant_be_tried_passes(void **state)
{
	static const char *const lines[] = {" bind /run/none/x",
	    " bind unix@/run/none/x", " bind fd@3", " bind abns@x:PORT",
	    " bind \"$ADDRESS\":PORT", " bind name.example:PORT",
	    " bind 127.0.0.1:PORT interface lo", " bind quic4@127.0.0.1:PORT",
	    " bind 127.0.0.1:PORT namespace x", " bind", " bind :0", " bind :x",
	    " server a 127.0.0.1:PORT", " # bind 127.0.0.1:PORT", " bind :9-8",
	    " bind :70000"};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(probe("", lines[i], NULL), 0);
}

static void
an_address_that_is_free_passes(void **state)
{
	(void)state;
	assert_int_equal(
	    probe("", " bind 127.0.0.9:PORT,127.0.0.8:PORT", NULL), 0);
}

int
main(void)
{
#define B(f) cmocka_unit_test_setup_teardown(f, begin_binds, end_binds)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_servers_that_are_the_same_are_passed_on),
	    cmocka_unit_test(servers_that_are_gone_are_not_passed_on),
	    cmocka_unit_test(what_servers_inherit_counts),
	    cmocka_unit_test(servers_of_a_template_are_passed_on),
	    cmocka_unit_test(the_state_file_is_where_the_text_says),
	    B(a_port_that_is_taken_is_seen),
	    B(every_bind_is_tried),
	    B(v6only_is_heeded),
	    B(a_port_in_time_wait_is_free),
	    B(an_address_that_is_not_here_is_seen),
	    B(what_is_bound_already_is_not_tried),
	    B(another_network_is_not_judged),
	    B(what_cant_be_tried_passes),
	    B(an_address_that_is_free_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
