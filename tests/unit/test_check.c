/* SPDX-License-Identifier: MIT */
/* What HAProxy says of a configuration, made readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/haproxy.h"

static char candidate[] = "/tmp/weir-check-XXXXXX";
static const char *names[] = {candidate, "/etc/haproxy/haproxy.cfg",
    "/etc/haproxy/.hosts.map.weir-abcdef", "/etc/haproxy/hosts.map", NULL};

static int
make_candidate(void **state)
{
	int fd = mkstemp(candidate);
	static const char text[] =
	    "global\nfrontend f\n\tblah \tx\n use map "
	    "/etc/haproxy/.hosts.map.weir-abcdef y\nlast without end";

	(void)state;
	return fd < 0 || write(fd, text, sizeof(text) - 1) < 0 || close(fd);
}

static int
remove_candidate(void **state)
{
	(void)state;
	return unlink(candidate);
}

static struct error
explain(const char *format)
{
	struct error e = {0};
	char *text = NULL;
	FILE *f;
	size_t n = 0;

	/* "@" stands for the candidate. */
	f = open_memstream(&text, &n);
	for (; *format; format++)
		if (*format == '@')
			fputs(candidate, f);
		else
			fputc(*format, f);
	fclose(f);
	haproxy_check_explain((struct str){text, n}, names, &e);
	free(text);
	assert_int_equal(e.kind, ERROR_REFUSED);
	return e;
}

static void
the_message_is_haproxys_own(void **state)
{
	struct error e = explain(
	    "[NOTICE]   (1) : haproxy version is 2.6.12-1+deb12u4\n"
	    "[NOTICE]   (1) : path to executable is /usr/sbin/haproxy\n"
	    "[ALERT]    (1) : config : parsing [@:3] : unknown keyword 'blah' "
	    "in 'frontend' section\n"
	    "[ALERT]    (1) : config : Error(s) found in configuration file : "
	    "@\n"
	    "[ALERT]    (1) : config : Fatal errors found in configuration.\n");

	(void)state;
	assert_string_equal(
	    e.text, "unknown keyword 'blah' in 'frontend' section");
	assert_string_equal(e.source, "/etc/haproxy/haproxy.cfg");
	assert_int_equal(e.line, 3);
	assert_string_equal(e.excerpt, "    3 | \tblah \tx");
	error_fini(&e);
}

static void
two_two_prints_a_date_and_no_config(void **state)
{
	struct error e = explain("[ALERT] 324/121911 (5) : parsing [@:5] : "
				 "'server' expects <name>.\n"
				 "[ALERT] 324/121911 (5) : Fatal errors found "
				 "in configuration.\n");

	(void)state;
	assert_string_equal(e.text, "'server' expects <name>.");
	assert_int_equal(e.line, 5);
	assert_string_equal(e.excerpt, "    5 | last without end");
	error_fini(&e);
}

static void
a_place_without_parsing_is_one_too(void **state)
{
	struct error e = explain("[ALERT]    (5) : config : [@:1] : 'x' is "
				 "bad\n");

	(void)state;
	assert_string_equal(e.text, "'x' is bad");
	assert_int_equal(e.line, 1);
	error_fini(&e);
}

static void
a_place_within_a_sentence_stays_there(void **state)
{
	struct error e = explain(
	    "[ALERT]    (5) : Binding [@:2] for frontend f: cannot bind socket "
	    "(Address already in use) for [127.0.0.1:80].\n");

	(void)state;
	assert_string_equal(e.text,
	    "Binding [/etc/haproxy/haproxy.cfg:2] for frontend f: cannot bind "
	    "socket (Address already in use) for [127.0.0.1:80].");
	assert_int_equal(e.line, 2);
	assert_string_equal(e.excerpt, "    2 | frontend f");
	error_fini(&e);
}

/* … also with words behind a colon. */
static void
what_stands_before_the_place_stays(void **state)
{
	struct error e =
	    explain("[ALERT]    (5) : Proxy 'f' [@:2] : no listener.\n");

	(void)state;
	assert_string_equal(
	    e.text, "Proxy 'f' [/etc/haproxy/haproxy.cfg:2] : no listener.");
	error_fini(&e);
}

/* A device or a pipe could be read for ever. */
static void
only_regular_files_are_quoted(void **state)
{
	struct error e = explain(
	    "[ALERT]    (5) : config : parsing [/dev/urandom:1] : bad.\n");

	(void)state;
	assert_string_equal(e.text, "bad.");
	assert_null(e.excerpt);
	error_fini(&e);
}

static void
an_alert_without_place_has_no_line(void **state)
{
	struct error e =
	    explain("[ALERT]    (5) : config : Proxy 'f': unable to find "
		    "required default_backend: 'nope'.\n"
		    "[ALERT]    (5) : config : Fatal errors found in "
		    "configuration.\n");

	(void)state;
	assert_string_equal(e.text, "Proxy 'f': unable to find required "
				    "default_backend: 'nope'.");
	assert_null(e.source);
	assert_null(e.excerpt);
	error_fini(&e);
}

static void
further_alerts_follow_with_their_lines(void **state)
{
	struct error e =
	    explain("[ALERT]    (5) : config : parsing [@:3] : one\n"
		    "[WARNING]  (5) : config : parsing [@:3] : a warning\n"
		    "[ALERT]    (5) : config : parsing [@:1] : two\n");

	(void)state;
	assert_string_equal(e.text, "one");
	assert_string_equal(e.excerpt, "    3 | \tblah \tx\n"
				       "/etc/haproxy/haproxy.cfg:1: two\n"
				       "    1 | global");
	error_fini(&e);
}

static void
candidates_names_are_replaced_everywhere(void **state)
{
	struct error e =
	    explain("[ALERT] (5) : config : parsing [@:4] : failed to open "
		    "</etc/haproxy/.hosts.map.weir-abcdef>\n");

	(void)state;
	assert_string_equal(e.text, "failed to open </etc/haproxy/hosts.map>");
	assert_string_equal(
	    e.excerpt, "    4 |  use map /etc/haproxy/hosts.map y");
	error_fini(&e);
}

static void
thousands_of_alerts_are_counted(void **state)
{
	static char many[200 * 64];
	struct error e;

	(void)state;
	for (int i = 0; i < 200; i++)
		sprintf(
		    many + strlen(many), "[ALERT] (5) : config : no %d\n", i);
	e = explain(many);
	assert_string_equal(e.text, "no 0");
	assert_non_null(strstr(e.excerpt, "no 9\n"));
	assert_null(strstr(e.excerpt, "no 10\n"));
	assert_non_null(strstr(e.excerpt, "… and 190 more"));
	error_fini(&e);
}

static void
what_is_not_understood_is_shown_whole(void **state)
{
	struct error e = explain("Segmentation fault in @\n");

	(void)state;
	assert_string_equal(e.text, "HAProxy refuses the configuration");
	assert_string_equal(
	    e.excerpt, "Segmentation fault in /etc/haproxy/haproxy.cfg");
	error_fini(&e);
	e = explain("");
	assert_string_equal(
	    e.text, "HAProxy refuses the configuration and does not say why");
	error_fini(&e);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_message_is_haproxys_own),
	    cmocka_unit_test(two_two_prints_a_date_and_no_config),
	    cmocka_unit_test(a_place_without_parsing_is_one_too),
	    cmocka_unit_test(a_place_within_a_sentence_stays_there),
	    cmocka_unit_test(what_stands_before_the_place_stays),
	    cmocka_unit_test(only_regular_files_are_quoted),
	    cmocka_unit_test(an_alert_without_place_has_no_line),
	    cmocka_unit_test(further_alerts_follow_with_their_lines),
	    cmocka_unit_test(candidates_names_are_replaced_everywhere),
	    cmocka_unit_test(thousands_of_alerts_are_counted),
	    cmocka_unit_test(what_is_not_understood_is_shown_whole),
	};

	return cmocka_run_group_tests(tests, make_candidate, remove_candidate);
}
