/* SPDX-License-Identifier: MIT */
/* The log: what one message looks like to a person and to a machine. */
#include "weir/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/error.h"

static char caught[4096];
static int saved, out[2];

static void catch (void)
{
	fflush(stderr);
	saved = dup(STDERR_FILENO);
	assert_int_equal(pipe(out), 0);
	dup2(out[1], STDERR_FILENO);
	close(out[1]);
}

static const char *
caught_text(void)
{
	ssize_t n;

	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(out[0], caught, sizeof(caught) - 1);
	close(out[0]);
	caught[n > 0 ? n : 0] = 0;
	return caught;
}

static void
a_line_has_time_level_area_and_words(void **state)
{
	const char *text;

	(void)state;
	log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	catch ();
	log_info("area", "%d words", 2);
	text = caught_text();
	assert_int_equal(strlen(text), 24 + strlen(" info  area: 2 words\n"));
	assert_int_equal(text[10], 'T');
	assert_string_equal(text + 24, " info  area: 2 words\n");
}

static void
what_is_below_the_level_is_silent(void **state)
{
	(void)state;
	log_init(LOG_LEVEL_WARN, LOG_FORMAT_TEXT);
	catch ();
	log_info("area", "x");
	log_debug("area", "x");
	assert_string_equal(caught_text(), "");
}

static void
a_new_line_cannot_pass_for_a_message(void **state)
{
	const char *text;

	(void)state;
	log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	catch ();
	log_info("area", "a\nb\033[1m\r\n");
	text = caught_text();
	assert_string_equal(
	    strstr(text, "area:"), "area: a\n    b\\x1b[1m\\x0d\n");
}

static void
an_error_stands_behind_the_words(void **state)
{
	struct error e = {0};

	(void)state;
	log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	error_set(&e, ERROR_TEMPLATE, "bad");
	error_at(&e, "f", 1, 2);
	error_quote(&e, "\tabc", 4);
	catch ();
	log_error(LOG_LEVEL_ERROR, "area", &e, "words");
	assert_string_equal(strstr(caught_text(), " error "),
	    " error area: words: f:1:2: bad\n    \tabc\n    \t ^\n");
	error_fini(&e);
}

static void
json_is_json_whatever_the_words(void **state)
{
	json_t *line;

	(void)state;
	log_init(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
	catch ();
	log_warn("area", "%s", "a\"\\\n\001\xff\xed\xa0\x80 ä");
	line = json_loads(caught_text(), 0, NULL);
	assert_non_null(line);
	assert_string_equal(
	    json_string_value(json_object_get(line, "level")), "warn");
	assert_string_equal(json_string_value(json_object_get(line, "message")),
	    "a\"\\\n\001\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd ä");
	json_decref(line);
}

static void
the_journal_gets_priorities_and_no_time(void **state)
{
	struct stat st;
	char stream[64];

	(void)state;
	catch ();
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%lu:%lu", (unsigned long)st.st_dev,
	    (unsigned long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	log_warn("area", "a\nb");
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(caught_text(), "<4>area: a\n<4>    b\n");
}

static void
an_inherited_journal_variable_is_not_believed(void **state)
{
	(void)state;
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_init(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
	unsetenv("JOURNAL_STREAM");
	catch ();
	log_warn("area", "a");
	assert_int_not_equal(caught_text()[0], '<');
}

static void
names_of_levels_and_formats_are_known(void **state)
{
	enum log_level level;
	enum log_format format;

	(void)state;
	assert_int_equal(log_level_parse("warn", &level), 0);
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_int_equal(log_level_parse("WARN", &level), -1);
	assert_int_equal(log_format_parse("json", &format), 0);
	assert_int_equal(format, LOG_FORMAT_JSON);
	assert_int_equal(log_format_parse("xml", &format), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_has_time_level_area_and_words),
	    cmocka_unit_test(what_is_below_the_level_is_silent),
	    cmocka_unit_test(a_new_line_cannot_pass_for_a_message),
	    cmocka_unit_test(an_error_stands_behind_the_words),
	    cmocka_unit_test(json_is_json_whatever_the_words),
	    cmocka_unit_test(the_journal_gets_priorities_and_no_time),
	    cmocka_unit_test(an_inherited_journal_variable_is_not_believed),
	    cmocka_unit_test(names_of_levels_and_formats_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
