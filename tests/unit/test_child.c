/* SPDX-License-Identifier: MIT */
/* Child processes: what they say, how they end, who is killed with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/haproxy.h"
#include "weir/limits.h"

/* What the callback saw. */
struct seen {
	int calls;
	int status, signal;
	bool timed_out;
	char *output;
	size_t length;
	struct error error;
};

static void
on_exit_seen(void *arg, struct child_result *r)
{
	struct seen *s = arg;

	s->calls++;
	s->status = r->status;
	s->signal = r->signal;
	s->timed_out = r->timed_out;
	s->output = buf_take(&r->output, &s->length);
	error_move(&s->error, &r->error);
}

static void
forget(struct seen *s)
{
	free(s->output);
	error_fini(&s->error);
}

static void
finish_loop(uv_loop_t *loop)
{
	uv_run(loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(loop), 0);
}

static struct seen
run(struct child_options *o)
{
	struct seen s = {0};
	struct error e = {0};
	uv_loop_t loop;

	uv_loop_init(&loop);
	o->on_exit = on_exit_seen;
	o->arg = &s;
	assert_non_null(child_start(&loop, o, &e));
	assert_int_equal(s.calls, 0);
	finish_loop(&loop);
	assert_int_equal(s.calls, 1);
	return s;
}

static struct seen
run_shell(const char *line, int64_t timeout_ms)
{
	struct child_options o = {.shell = line, .timeout_ms = timeout_ms};

	return run(&o);
}

static void
a_good_end_is_no_error(void **state)
{
	struct seen s = run_shell("echo out; echo err >&2", 5000);

	(void)state;
	assert_int_equal(s.status, 0);
	assert_string_equal(s.output, "out\nerr\n");
	assert_false(error_is_set(&s.error));
	forget(&s);
}

static void
a_bad_end_quotes_what_was_said(void **state)
{
	struct seen s = run_shell("echo no; exit 3", 5000);

	(void)state;
	assert_int_equal(s.status, 3);
	assert_string_equal(s.error.text, "exited with status 3");
	assert_string_equal(s.error.excerpt, "no\n");
	forget(&s);
}

static void
a_signal_is_named(void **state)
{
	struct seen s = run_shell("kill -TERM $$", 5000);

	(void)state;
	assert_int_equal(s.status, -1);
	assert_int_equal(s.signal, SIGTERM);
	assert_string_equal(s.error.text, "killed by signal 15 (Terminated)");
	forget(&s);
}

static void
words_are_not_given_to_a_shell(void **state)
{
	const char *const argv[] = {"echo", "$HOME", ";", "a b", NULL};
	struct child_options o = {.argv = argv};
	struct seen s = run(&o);

	(void)state;
	assert_string_equal(s.output, "$HOME ; a b\n");
	forget(&s);
}

static void
what_cannot_be_started_is_an_error_and_no_callback(void **state)
{
	const char *const argv[] = {"/nonexistent/haproxy", NULL};
	struct seen s = {0};
	struct error e = {0};
	struct child_options o = {
	    .argv = argv, .on_exit = on_exit_seen, .arg = &s};
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_null(child_start(&loop, &o, &e));
	assert_string_equal(e.text,
	    "cannot run /nonexistent/haproxy: no such file or directory");
	finish_loop(&loop);
	assert_int_equal(s.calls, 0);
	error_fini(&e);
}

/* The shell's own child holds the pipe; it is in the group and dies with it. */
static void
too_late_kills_the_whole_group(void **state)
{
	struct seen s = run_shell("sleep 61.5 & echo $!; wait", 200);
	int pid = atoi(s.output);

	(void)state;
	assert_true(s.timed_out);
	assert_string_equal(
	    s.error.text, "did not finish within 0.2 s and was killed");
	assert_true(pid > 1);
	for (int i = 0; i < 100 && kill(pid, 0) == 0; i++)
		usleep(10000);
	/* An orphan that nobody has reaped yet still takes signals; its group
	 * got ours, so it runs no more. */
	if (kill(pid, 0) == 0) {
		char line[64] = "";
		char path[64];
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		f = fopen(path, "re");
		assert_non_null(f);
		assert_non_null(fgets(line, sizeof(line), f));
		fclose(f);
		assert_non_null(strstr(line, ") Z "));
	}
	forget(&s);
}

static void
a_daemon_left_behind_does_not_hold_it_up(void **state)
{
	uint64_t start = uv_hrtime();
	struct seen s = run_shell("sleep 2 & echo started", 5000);

	(void)state;
	assert_int_equal(s.status, 0);
	assert_string_equal(s.output, "started\n");
	assert_true(uv_hrtime() - start < 1500000000u);
	forget(&s);
}

static void
output_is_bounded(void **state)
{
	struct seen s =
	    run_shell("head -c 1000000 /dev/zero | tr '\\0' x", 10000);

	(void)state;
	assert_int_equal(s.status, 0);
	assert_int_equal(s.length, LIMIT_CHILD_OUTPUT);
	forget(&s);
}

static void
secrets_of_weir_are_not_passed_on(void **state)
{
	static const char *const own[] = {"CONSUL_HTTP_TOKEN",
	    "CONSUL_HTTP_AUTH", "NOTIFY_SOCKET", "WATCHDOG_USEC",
	    "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES",
	    "JOURNAL_STREAM", "INVOCATION_ID", "MAINPID"};
	struct seen s;

	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		setenv(own[i], "secret", 1);
	setenv("BIND_ADDRESS", "10.0.0.1", 1);
	s = run_shell("env | grep -c secret; echo $BIND_ADDRESS", 5000);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		unsetenv(own[i]);
	assert_string_equal(s.output, "0\n10.0.0.1\n");
	forget(&s);
}

static void
it_leads_a_group_of_its_own_and_reads_nothing(void **state)
{
	int ours = dup(0), fds[2];
	struct seen s;
	char *second;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "17\n", 3), 3);
	close(fds[1]);
	dup2(fds[0], 0);
	s = run_shell("cat; ps -o pgid= -p $$ | tr -d ' '; echo $$", 5000);
	if (ours < 0)
		close(0);
	else
		dup2(ours, 0);
	close(ours);
	close(fds[0]);
	second = strchr(s.output, '\n');
	assert_non_null(second);
	assert_int_equal(atoi(s.output), atoi(second + 1));
	assert_int_not_equal(atoi(s.output), getpgrp());
	forget(&s);
}

static void
cancel_kills_and_calls_nobody(void **state)
{
	struct seen s = {0};
	struct child_options o = {.shell = "sleep 60",
	    .timeout_ms = 60000,
	    .on_exit = on_exit_seen,
	    .arg = &s};
	struct child *c;
	uint64_t start = uv_hrtime();
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	c = child_start(&loop, &o, NULL);
	assert_non_null(c);
	child_cancel(&c);
	assert_null(c);
	child_cancel(&c);
	finish_loop(&loop);
	assert_int_equal(s.calls, 0);
	assert_true(uv_hrtime() - start < 5000000000u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_good_end_is_no_error),
	    cmocka_unit_test(a_bad_end_quotes_what_was_said),
	    cmocka_unit_test(a_signal_is_named),
	    cmocka_unit_test(words_are_not_given_to_a_shell),
	    cmocka_unit_test(
		what_cannot_be_started_is_an_error_and_no_callback),
	    cmocka_unit_test(too_late_kills_the_whole_group),
	    cmocka_unit_test(a_daemon_left_behind_does_not_hold_it_up),
	    cmocka_unit_test(output_is_bounded),
	    cmocka_unit_test(secrets_of_weir_are_not_passed_on),
	    cmocka_unit_test(it_leads_a_group_of_its_own_and_reads_nothing),
	    cmocka_unit_test(cancel_kills_and_calls_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
