/* SPDX-License-Identifier: MIT */
/* The endpoint and the notify socket, on a loop of the test's own; plan and
 * Consul are stood in for. */
#include "weir/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/limits.h"

static char directory[] = "/tmp/weir-test-XXXXXX";
static char address[64], notify_path[64];
static int notify_fd;
static uv_loop_t loop;
/* Keeps the loop turning: what the report has on it doesn't. */
static uv_signal_t anchor;
static struct run_totals totals;
static struct report *report;

/* ---- what stands in ---- */

static char name_of_config[] = "a\"b\n<i>\xff", source[] = "/s", path[] = "/d";
static struct config_template config = {
    .name = name_of_config, .source = source, .destination = path};
static struct task task;
/* It has an answer, which is not enough; another one has come meanwhile; one is
 * no reason to wait. */
static struct answer there;
static struct query queries[] = {{.id = {"kv.block(x)", 11}},
    {.id = {"kv.block(key)", 13}}, {.id = {"came", 4}}, {.id = {"kv(y)", 5}}};
static struct wanted lacks[] = {{.query = &queries[0], .wait = true},
    {.query = &queries[1], .answer = &there, .wait = true},
    {.query = &queries[2], .wait = true}, {.query = &queries[3]}};
static struct wanted *asked[] = {&lacks[0], &lacks[1], &lacks[2], &lacks[3]};
static struct plan *plan = (struct plan *)&task;
static struct consul *consul = (struct consul *)&totals;

size_t
plan_count(const struct plan *p)
{
	(void)p;
	return 1;
}

struct task *
plan_task(const struct plan *p, size_t i)
{
	(void)p;
	(void)i;
	return &task;
}

size_t
plan_print_waits(
    const struct plan *p, struct buf *b, plan_why_fn *why, void *arg)
{
	(void)p;
	(void)why;
	(void)arg;
	buf_puts(b, "kv.block(x)\n");
	return 1;
}

const char *
watch_state_name(enum watch_state s)
{
	return s == WATCH_BACKOFF ? "backoff" : "other";
}

bool
consul_next(const struct consul *c, size_t *at, struct watch_info *w)
{
	(void)c;
	*w = (struct watch_info){.id = STR("health.service(<web>|passing)"),
	    .state = WATCH_BACKOFF,
	    .answered = true,
	    .stale = true,
	    .age_ms = 1500,
	    .failures = 3,
	    .error = "403 <forbidden>"};
	return (*at)++ < 1;
}

void
consul_totals(const struct consul *c, struct consul_totals *t)
{
	(void)c;
	*t = (struct consul_totals){.requests = 17};
}

struct str
consul_agent_name(const struct consul *c)
{
	(void)c;
	return STR("agent-1");
}

struct str
consul_datacenter(const struct consul *c)
{
	(void)c;
	return STR("dc1");
}

/* ---- the test's own ends ---- */

static void
open_notify(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	snprintf(notify_path, sizeof(notify_path), "%s/notify", directory);
	strcpy(un.sun_path, notify_path);
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
	    bind(notify_fd, (struct sockaddr *)&un, sizeof(un)), 0);
	setenv("NOTIFY_SOCKET", notify_path, 1);
}

static void
open_report(const char *listen)
{
	const struct report_options o = {.loop = &loop,
	    .listen = listen,
	    .totals = &totals,
	    .plan = &plan,
	    .consul = &consul};
	struct error e = {0};

	report = report_new(&o, &e);
	if (!report)
		fail_msg("%s", e.text);
}

static void
on_nothing(uv_signal_t *handle, int number)
{
	(void)handle;
	(void)number;
}

static int
setup(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(address, sizeof(address), "unix:%s/http", directory);
	totals = (struct run_totals){.old_workers = -1};
	task = (struct task){.config = &config, .state = TASK_WAITING};
	strmap_put(&task.missing, STR("kv.block(x)"), NULL);
	task.view.asked = asked;
	task.view.asked_count = sizeof(asked) / sizeof(*asked);
	open_notify();
	uv_loop_init(&loop);
	uv_signal_init(&loop, &anchor);
	uv_signal_start(&anchor, on_nothing, SIGUSR2);
	return 0;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	report_free(&report);
	uv_close((uv_handle_t *)&anchor, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	/* Nothing may be left on the loop. */
	assert_int_equal(uv_loop_close(&loop), 0);
	error_fini(&task.error);
	strmap_fini(&task.missing);
	close(notify_fd);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static char answer[65536];

/* Sends the request and turns the loop until the other end closes. */
static const char *
ask(const char *request)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t len = 0;
	ssize_t n = -1;

	strcpy(un.sun_path, address + 5);
	assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(
	    send(fd, request, strlen(request), 0), (ssize_t)strlen(request));
	for (int i = 0; i < 3000 && n != 0; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		n = recv(
		    fd, answer + len, sizeof(answer) - 1 - len, MSG_DONTWAIT);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0)
			usleep(1000);
	}
	assert_int_equal(n, 0);
	close(fd);
	answer[len] = 0;
	return answer;
}

static const char *
get(const char *url)
{
	char request[128];

	snprintf(request, sizeof(request),
	    "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", url);
	return ask(request);
}

static const char *
body(const char *text)
{
	const char *end = strstr(text, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static void
assert_status(const char *text, int status)
{
	char line[32];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	assert_memory_equal(text, line, strlen(line));
}

static void
assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("no \"%s\" in:\n%s", words, text);
}

static const char *
notified(void)
{
	static char text[1024];
	ssize_t n = recv(notify_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

/* ---- the endpoint ---- */

static void
health_is_good_before_readiness(void **state)
{
	const char *text;

	(void)state;
	open_report(address);
	text = get("/healthz");
	assert_status(text, 200);
	assert_string_equal(body(text), "ok\n");
	text = get("/readyz");
	assert_status(text, 503);
	assert_string_equal(body(text), "not ready\nkv.block(x)\n");
	totals.ready = true;
	text = get("/readyz");
	assert_status(text, 200);
	assert_string_equal(body(text), "ready\n");
}

static void
metrics_are_prometheus_text(void **state)
{
	const char *text;

	(void)state;
	open_report(address);
	totals.applies_reloaded = 5;
	text = get("/metrics");
	assert_status(text, 200);
	assert_has(text, "Content-Type: text/plain; version=0.0.4");
	text = body(text);
	assert_has(text, "\nweir_applies_total{outcome=\"reloaded\"} 5\n");
	assert_has(text,
	    "\nweir_template_state{template=\"a\\\"b\\n<i>\xef\xbf\xbd\",state=\"waiting\"} "
	    "1\n");
	assert_has(text,
	    "\nweir_template_waiting{template=\"a\\\"b\\n<i>\xef\xbf\xbd\"} 2\n");
	assert_has(text, "\nweir_consul_requests_total 17\n");
	assert_has(text,
	    "\nweir_watch_failures{query=\"health.service(<web>|passing)\"} "
	    "3\n");
	assert_has(text, "\nweir_watches_stale 1\n");
	assert_null(strstr(text, "old_workers"));
}

/* Each family is announced once and stands together: the format's rule. */
static void
families_are_announced_once(void **state)
{
	const struct report_options o = {
	    .loop = &loop, .totals = &totals, .plan = &plan, .consul = &consul};
	struct buf b = {0};
	struct strmap seen = {0};

	(void)state;
	report_print_metrics(&o, &b);
	for (char *line = strtok(b.ptr, "\n"); line;
	     line = strtok(NULL, "\n")) {
		static char current[128];
		size_t n;

		if (sscanf(line, "# TYPE %127s", current) == 1) {
			assert_false(strmap_has(&seen, str_of(current)));
			strmap_put(&seen, str_of(current), NULL);
		}
		n = strlen(current);
		if (line[0] != '#' &&
		    (strncmp(line, current, n) || !strchr("{ ", line[n])))
			fail_msg("%s stands in %s", line, current);
	}
	assert_true(seen.count > 20);
	strmap_fini(&seen);
	buf_fini(&b);
}

static void
status_is_json_without_the_template(void **state)
{
	json_t *j, *t;

	(void)state;
	open_report(address);
	error_set(&task.error, ERROR_TEMPLATE, "bad");
	error_at(&task.error, "t", 1, 2);
	error_excerpt(&task.error, "password {{ x }}");
	j = json_loads(body(get("/status")), 0, NULL);
	assert_non_null(j);
	assert_null(strstr(answer, "password"));
	t = json_array_get(json_object_get(j, "templates"), 0);
	assert_string_equal(json_string_value(json_object_get(t, "name")),
	    "a\"b\n<i>\xef\xbf\xbd");
	assert_string_equal(
	    json_string_value(json_object_get(t, "error")), "t:1:2: bad");
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(t, "waits_for"), 0)),
	    "kv.block(x)");
	assert_string_equal(json_string_value(json_array_get(
				json_object_get(t, "waits_for"), 1)),
	    "kv.block(key)");
	assert_int_equal(json_array_size(json_object_get(t, "waits_for")), 2);
	t = json_object_get(j, "consul");
	assert_string_equal(
	    json_string_value(json_object_get(t, "datacenter")), "dc1");
	json_decref(j);
}

static void
the_page_escapes_what_others_named(void **state)
{
	const char *text;

	(void)state;
	open_report(address);
	text = get("/");
	assert_status(text, 200);
	assert_has(text, "Content-Security-Policy: default-src 'none'");
	assert_has(text, "&lt;i&gt;");
	assert_has(text, "&lt;web&gt;");
	assert_has(text, "403 &lt;forbidden&gt;");
	assert_null(strstr(text, "<i>"));
	assert_null(strstr(text, "<web>"));
}

static void
a_missing_consul_is_no_error(void **state)
{
	struct consul *was = consul;
	struct plan *had = plan;

	(void)state;
	open_report(address);
	consul = NULL;
	plan = NULL;
	assert_status(get("/metrics"), 200);
	assert_status(get("/status"), 200);
	assert_status(get("/"), 200);
	consul = was;
	plan = had;
}

static void
other_paths_and_methods_are_refused(void **state)
{
	const char *text;

	(void)state;
	open_report(address);
	assert_status(get("/etc/passwd"), 404);
	text = ask("POST /status HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
		   "Connection: close\r\n\r\nx");
	assert_status(text, 405);
	assert_has(text, "Allow: GET, HEAD");
	text = ask("HEAD /healthz HTTP/1.1\r\nHost: x\r\n"
		   "Connection: close\r\n\r\n");
	assert_status(text, 200);
	assert_string_equal(body(text), "");
}

static void
a_request_that_is_too_large_is_refused(void **state)
{
	size_t n = 40000;
	char *request = malloc(n + 100);
	int len = sprintf(request, "GET / HTTP/1.1\r\nHost: x\r\nX: ");

	(void)state;
	open_report(address);
	memset(request + len, 'x', n);
	strcpy(request + len + n, "\r\n\r\n");
	assert_true(atoi(ask(request) + strlen("HTTP/1.1 ")) >= 400);
	free(request);
}

static void
a_socket_in_use_is_refused_a_left_one_taken(void **state)
{
	struct report_options o = {
	    .loop = &loop, .listen = address, .totals = &totals};
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct error e = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	strcpy(un.sun_path, address + 5);
	assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_null(report_new(&o, &e));
	assert_has(e.text, "Address already in use");
	error_fini(&e);
	close(fd);
	open_report(address);
	report_free(&report);
	assert_int_equal(access(address + 5, F_OK), -1);
}

/* … but not what is no socket. */
static void
a_file_in_its_place_stays(void **state)
{
	struct report_options o = {
	    .loop = &loop, .listen = address, .totals = &totals};
	struct error e = {0};

	(void)state;
	close(creat(address + 5, 0600));
	assert_null(report_new(&o, &e));
	assert_int_equal(access(address + 5, F_OK), 0);
	error_fini(&e);
}

/* Turns the loop for so many ms; the bytes that came. */
static size_t
wait_for_bytes(int fd, int ms)
{
	ssize_t n = -1;

	for (int i = 0; i < ms && n <= 0; i++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		n = recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT);
		usleep(1000);
	}
	return n > 0 ? (size_t)n : 0;
}

/* Who comes when all are taken waits until one goes. */
static void
clients_are_limited(void **state)
{
	static const char request[] =
	    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fds[LIMIT_HTTP_CONNECTIONS + 1], last;

	(void)state;
	open_report(address);
	strcpy(un.sun_path, address + 5);
	for (size_t i = 0; i <= LIMIT_HTTP_CONNECTIONS; i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		assert_int_equal(
		    connect(fds[i], (struct sockaddr *)&un, sizeof(un)), 0);
		assert_int_equal(send(fds[i], "GET", 3, MSG_NOSIGNAL), 3);
		assert_false(wait_for_bytes(fds[i], 2));
	}
	last = fds[LIMIT_HTTP_CONNECTIONS];
	send(last, request + 3, strlen(request + 3), MSG_NOSIGNAL);
	assert_false(wait_for_bytes(last, 50));
	for (size_t i = 0; i < LIMIT_HTTP_CONNECTIONS; i++)
		close(fds[i]);
	assert_true(wait_for_bytes(last, 1000));
	assert_status(answer, 200);
	close(last);
}

/* Nobody takes what waits there, so asking must not wait. */
static void
a_socket_whose_owner_is_stuck_is_in_use(void **state)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct report_options o = {
	    .loop = &loop, .totals = &totals, .listen = address};
	struct error e = {0};
	int owner = socket(AF_UNIX, SOCK_STREAM, 0), client, n = 0;
	int clients[8];

	(void)state;
	strcpy(un.sun_path, address + 5);
	assert_int_equal(bind(owner, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(listen(owner, 0), 0);
	do {
		client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		clients[n++] = client;
	} while (
	    n < 8 && connect(client, (struct sockaddr *)&un, sizeof(un)) == 0);
	alarm(5);
	assert_null(report_new(&o, &e));
	alarm(0);
	assert_has(e.text, "Address already in use");
	error_fini(&e);
	while (n)
		close(clients[--n]);
	close(owner);
	unlink(un.sun_path);
}

/* Descriptors may run out before clients do. */
static void
an_endpoint_without_descriptors_recovers(void **state)
{
	static const char request[] =
	    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct rlimit old, none;
	int first, second;

	(void)state;
	open_report(address);
	strcpy(un.sun_path, address + 5);
	first = socket(AF_UNIX, SOCK_STREAM, 0);
	second = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(connect(first, (struct sockaddr *)&un, sizeof(un)), 0);
	assert_int_equal(send(first, "GET", 3, MSG_NOSIGNAL), 3);
	assert_false(wait_for_bytes(first, 20));
	getrlimit(RLIMIT_NOFILE, &old);
	none = (struct rlimit){3, old.rlim_max};
	setrlimit(RLIMIT_NOFILE, &none);
	connect(second, (struct sockaddr *)&un, sizeof(un));
	send(second, request, strlen(request), MSG_NOSIGNAL);
	assert_false(wait_for_bytes(second, 50));
	setrlimit(RLIMIT_NOFILE, &old);
	close(first);
	assert_true(wait_for_bytes(second, 1000));
	assert_status(answer, 200);
	close(second);
}

static void
a_tcp_port_can_be_listened_at(void **state)
{
	struct error e = {0};
	struct report_options o = {.loop = &loop, .totals = &totals};

	(void)state;
	open_report("127.0.0.1:0");
	report_free(&report);
	open_report("[::1]:0");
	o.listen = "no-such-host.invalid:1";
	assert_null(report_new(&o, &e));
	error_fini(&e);
}

static void
the_control_socket_is_one_daemons(void **state)
{
	struct report_options o = {.loop = &loop, .totals = &totals};
	struct report *second;
	struct error e = {0};
	struct stat st;
	char *control = report_control_path(directory);

	(void)state;
	open_report(NULL);
	assert_int_equal(report_control(report, directory, &e), 0);
	assert_int_equal(stat(control, &st), 0);
	/* Whoever only looks has the status endpoint. */
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(address, sizeof(address), "unix:%s", control);
	assert_status(get("/healthz"), 200);
	second = report_new(&o, NULL);
	assert_int_equal(report_control(second, directory, &e), -1);
	assert_has(e.text, "Address already in use");
	error_fini(&e);
	report_free(&second);
	/* The second one's end takes nothing from the first. */
	assert_status(get("/healthz"), 200);
	report_free(&report);
	assert_int_equal(access(control, F_OK), -1);
	free(control);
}

/* ---- systemd ---- */

static void
ready_is_said_once_and_again_after_reloading(void **state)
{
	(void)state;
	open_report(NULL);
	report_ready(report);
	report_ready(report);
	assert_string_equal(notified(), "READY=1");
	assert_string_equal(notified(), "");
	report_reloading(report);
	report_ready(report);
	assert_string_equal(notified(), "RELOADING=1");
	assert_string_equal(notified(), "READY=1");
	report_stopping(report);
	assert_string_equal(notified(), "STOPPING=1");
}

static void
a_status_is_one_line_and_said_when_it_differs(void **state)
{
	(void)state;
	open_report(NULL);
	report_status(report, "a\nREADY=1");
	report_status(report, "a\nREADY=1");
	report_status(report, "b");
	assert_string_equal(notified(), "STATUS=a READY=1");
	assert_string_equal(notified(), "STATUS=b");
	assert_string_equal(notified(), "");
}

static void
the_watchdog_is_fed_twice_in_its_time(void **state)
{
	int fed = 0;

	(void)state;
	setenv("WATCHDOG_USEC", "40000", 1);
	unsetenv("WATCHDOG_PID");
	open_report(NULL);
	for (uint64_t start = uv_hrtime(); uv_hrtime() < start + 200000000u;) {
		uv_run(&loop, UV_RUN_NOWAIT);
		while (!strcmp(notified(), "WATCHDOG=1"))
			fed++;
		usleep(1000);
	}
	assert_in_range(fed, 5, 11);
}

static void
nobody_has_to_have_a_report(void **state)
{
	(void)state;
	report_ready(NULL);
	report_status(NULL, "x");
	report_reloading(NULL);
	report_stopping(NULL);
	report_free(&report);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(health_is_good_before_readiness),
	    CASE(metrics_are_prometheus_text),
	    CASE(families_are_announced_once),
	    CASE(status_is_json_without_the_template),
	    CASE(the_page_escapes_what_others_named),
	    CASE(a_missing_consul_is_no_error),
	    CASE(other_paths_and_methods_are_refused),
	    CASE(a_request_that_is_too_large_is_refused),
	    CASE(a_socket_in_use_is_refused_a_left_one_taken),
	    CASE(a_file_in_its_place_stays),
	    CASE(clients_are_limited),
	    CASE(a_socket_whose_owner_is_stuck_is_in_use),
	    CASE(an_endpoint_without_descriptors_recovers),
	    CASE(a_tcp_port_can_be_listened_at),
	    CASE(the_control_socket_is_one_daemons),
	    CASE(ready_is_said_once_and_again_after_reloading),
	    CASE(a_status_is_one_line_and_said_when_it_differs),
	    CASE(the_watchdog_is_fed_twice_in_its_time),
	    CASE(nobody_has_to_have_a_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
