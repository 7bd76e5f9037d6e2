/* SPDX-License-Identifier: MIT */
/* Command lines: what is taken, what is refused, what --help shows. */
#include "weir/cmd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool quiet;
static const char *format;
static int64_t timeout_ms;
static struct cmd_words names, operands;
static struct cmd_common common;
static char printed[8192];
/* What was parsed borrows from it. */
static char *given[256];
static size_t given_count;

static char *
give(const char *word)
{
	assert_true(given_count < sizeof(given) / sizeof(*given));
	return given[given_count++] = strdup(word);
}

static const struct cmd_option options[] = {
    {"quiet", 'q', NULL, "say nothing", OPTION_SWITCH, &quiet},
    {"format", 'f', "FORMAT", "one of several", OPTION_TEXT, &format},
    {"timeout", 0, "DURATION", "as long as that", OPTION_DURATION, &timeout_ms},
    {"name", 'n', "NAME", "may be repeated", OPTION_LIST, &names}, {0}};
static struct cmd_usage usage = {.name = "try",
    .operands = "[WORD…]",
    .summary = "Tries.",
    .options = options};

static int
setup(void **state)
{
	(void)state;
	quiet = false;
	format = NULL;
	timeout_ms = -1;
	usage.takes_from = usage.takes_operands = true;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	cmd_common_fini(&common);
	free(names.items);
	free(operands.items);
	names = operands = (struct cmd_words){0};
	while (given_count > 0)
		free(given[--given_count]);
	return 0;
}

/* Parses the words; what goes to the descriptor is in printed. */
static int
parse_printing(int fd, const char *const *words)
{
	char *argv[16] = {0};
	int argc = 0, saved = dup(fd), out[2], rc;
	ssize_t n;

	argv[argc++] = give("try");
	while (*words)
		argv[argc++] = give(*words++);
	assert_int_equal(pipe(out), 0);
	fflush(NULL);
	dup2(out[1], fd);
	close(out[1]);
	rc = cmd_parse(&usage, argc, argv, &common, &operands);
	fflush(NULL);
	dup2(saved, fd);
	close(saved);
	n = read(out[0], printed, sizeof(printed) - 1);
	close(out[0]);
	printed[n > 0 ? n : 0] = 0;
	return rc;
}

#define PARSE(fd, ...) \
	parse_printing(fd, (const char *const[]){__VA_ARGS__, NULL})
#define TAKE(...) assert_int_equal(PARSE(STDERR_FILENO, __VA_ARGS__), -1)
#define REFUSE(expected, ...)                                           \
	do {                                                            \
		assert_int_equal(PARSE(STDERR_FILENO, __VA_ARGS__), 2); \
		assert_string_equal(printed,                            \
		    expected " (weir try --help lists the options)\n"); \
	} while (0)

static void
values_follow_in_every_form(void **state)
{
	(void)state;
	TAKE("--format=a=b", "-q", "-nx", "-n", "y", "--name", "z", "--timeout",
	    "1m30s");
	assert_string_equal(format, "a=b");
	assert_true(quiet);
	assert_int_equal(timeout_ms, 90000);
	assert_int_equal(names.count, 3);
	assert_string_equal(names.items[0], "x");
	assert_string_equal(names.items[2], "z");
}

static void
letters_can_be_joined(void **state)
{
	(void)state;
	TAKE("-qfjson");
	assert_true(quiet);
	assert_string_equal(format, "json");
}

static void
operands_stand_anywhere(void **state)
{
	(void)state;
	TAKE("a", "-q", "-", "--", "-f");
	assert_int_equal(operands.count, 3);
	assert_string_equal(operands.items[1], "-");
	assert_string_equal(operands.items[2], "-f");
	assert_null(format);
}

static void
the_common_options_are_taken(void **state)
{
	(void)state;
	TAKE("-c", "a", "--config=b", "--set", "x.y=z", "-t", "in:out",
	    "--from", "f.json", "--log-level", "warn", "--log-format=json");
	assert_int_equal(common.configs.count, 2);
	assert_string_equal(common.sets.items[0], "x.y=z");
	assert_string_equal(common.templates.items[0], "in:out");
	assert_string_equal(common.from, "f.json");
	assert_string_equal(common.log_level, "warn");
}

static void
mistakes_are_refused_with_a_hint(void **state)
{
	(void)state;
	REFUSE("weir try: unknown option --fromat: did you mean --format?",
	    "--fromat");
	REFUSE("weir try: unknown option --frobnicate", "--frobnicate=1");
	REFUSE("weir try: unknown option -x", "-qx");
	REFUSE("weir try: --format needs a value: FORMAT", "--format");
	REFUSE("weir try: -f needs a value: FORMAT", "-qf");
	REFUSE("weir try: --quiet takes no value", "--quiet=1");
	REFUSE("weir try: --timeout 5: a unit is missing behind 5 (ms, s, m "
	       "or h)",
	    "--timeout", "5");
	REFUSE("weir try: --log-level loud: there are debug, info, warn, "
	       "error",
	    "--log-level", "loud");
	common.log_level = NULL;
	REFUSE("weir try: --log-format xml: there are text, json",
	    "--log-format", "xml");
	usage.takes_operands = false;
	REFUSE("weir try: \"a\" is one word too many", "a");
	usage.takes_from = false;
	REFUSE("weir try: unknown option --from", "--from", "x");
}

static void
help_shows_every_option_within_80_columns(void **state)
{
	static const char *const words[] = {"Usage: weir try [OPTION…] [WORD…]",
	    "  -q, --quiet", "  -f, --format FORMAT",
	    "      --timeout DURATION", "  -c, --config PATH",
	    "      --from FILE", "  -h, --help", "  -V, --version"};

	(void)state;
	assert_int_equal(PARSE(STDOUT_FILENO, "--help"), 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strstr(printed, words[i]))
			fail_msg("no \"%s\" in\n%s", words[i], printed);
	for (char *line = strtok(printed, "\n"); line;
	     line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80);
}

static void
version_names_the_program(void **state)
{
	(void)state;
	assert_int_equal(PARSE(STDOUT_FILENO, "-V"), 0);
	assert_string_equal(printed, "weir " WEIR_VERSION "\n");
}

static void
failing_prints_the_error_and_gives_the_status(void **state)
{
	struct error e = {0};
	int out[2], saved = dup(STDERR_FILENO), status;
	ssize_t n;

	(void)state;
	error_set(&e, ERROR_CONFIG, "bad");
	error_at(&e, "f.ini", 3, -1);
	assert_int_equal(pipe(out), 0);
	dup2(out[1], STDERR_FILENO);
	close(out[1]);
	status = cmd_fail(2, &e);
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = read(out[0], printed, sizeof(printed) - 1);
	close(out[0]);
	printed[n > 0 ? n : 0] = 0;
	assert_int_equal(status, 2);
	assert_false(error_is_set(&e));
	assert_string_equal(printed, "f.ini:3: bad\n");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(values_follow_in_every_form),
	    CASE(letters_can_be_joined),
	    CASE(operands_stand_anywhere),
	    CASE(the_common_options_are_taken),
	    CASE(mistakes_are_refused_with_a_hint),
	    CASE(help_shows_every_option_within_80_columns),
	    CASE(version_names_the_program),
	    CASE(failing_prints_the_error_and_gives_the_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
