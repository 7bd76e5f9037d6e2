/* SPDX-License-Identifier: MIT */
/*
 * slots: who sits where, told by what stood before. Each test renders again
 * and again with what the render before gave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "weir/limits.h"
#include "weir/template.h"

static struct buf standing;

static int
stands(void *arg, struct str *text, struct error *e)
{
	(void)arg;
	if (standing.failed)
		return error_set(e, ERROR_IO, "/x: Permission denied"), -1;
	*text = buf_as_str(&standing);
	return 0;
}

/* What the text gives while `standing` stands, or the message. */
static char *
render(const char *text)
{
	struct template_options o = {.path = "t"};
	struct template_world world = {.standing = stands};
	struct buf out = {0};
	struct error e = {0};
	struct template *t = template_new(&o, str_of(text), &e);
	struct arena arena = {0};
	struct render r = {.arena = &arena, .out = &out, .world = &world};

	if (!t || template_execute(t, &r, &e) < 0) {
		buf_reset(&out);
		buf_puts(&out, e.text);
	}
	error_fini(&e);
	template_free(&t);
	arena_fini(&arena);
	return buf_take(&out, NULL);
}

/* SERVERS as JSON is written short: "1 2" is two at 10.0.0.1:80, 10.0.0.2:80.
 */
static char *
slots(const char *hosts, unsigned n, const char *options)
{
	struct buf b = {0};
	char *got;

	buf_puts(&b, "{{slots `web` (parseJSON `[");
	for (const char *p = hosts; *p; p++)
		if (*p != ' ')
			buf_printf(&b,
			    "%s{\"Address\":\"10.0.0.%c\",\"Port\":80}",
			    p == hosts ? "" : ",", *p);
	buf_printf(&b, "]`) %u%s}}", n, options);
	got = render(b.ptr);
	buf_fini(&b);
	return got;
}

/* One character for each line: the host, `-` never used, `.` free. */
static char *
seats(const char *text)
{
	struct buf b = {0};

	for (const char *p = text; (p = strstr(p, "server web-")); p++) {
		const char *end = strchrnul(p, '\n');
		const char *host = strstr(p, " 10.0.0.");

		if (memmem(p, (size_t)(end - p), " 127.0.0.1:1 disabled", 21))
			buf_char(
			    &b, memchr(p, '#', (size_t)(end - p)) ? '.' : '-');
		else
			buf_char(&b, host ? host[8] : '?');
	}
	return buf_take(&b, NULL);
}

/* Renders over what stands, which it becomes. */
static void
step(const char *hosts, unsigned n, const char *want)
{
	char *got = slots(hosts, n, ""), *again, *seen = seats(got);

	assert_string_equal(seen, want);
	buf_reset(&standing);
	buf_puts(&standing, got);
	/* Nothing changed: nothing changes. */
	again = slots(hosts, n, "");
	assert_string_equal(again, got);
	free(got);
	free(again);
	free(seen);
}

static int
forget(void **state)
{
	(void)state;
	buf_fini(&standing);
	return 0;
}

static void
lines_say_who_is_there_and_what_is_free(void **state)
{
	char *got = slots("1 2", 3, " `check` `cookie {name}`");

	(void)state;
	assert_string_equal(got,
	    "    # slots web 3\n"
	    "    server web-1 10.0.0.1:80 check cookie web-1\n"
	    "    server web-2 10.0.0.2:80 check cookie web-2\n"
	    "    server web-3 127.0.0.1:1 disabled check cookie web-3");
	free(got);
}

static void
who_has_a_slot_keeps_it(void **state)
{
	(void)state;
	step("1 2 3", 5, "123--");
	step("2 3", 5, ".23--");
	step("3 2", 5, ".23--");
	step("3 4", 5, "..34-");
}

static void
who_comes_back_has_the_old_one(void **state)
{
	(void)state;
	step("1 2 3", 5, "123--");
	step("2", 5, ".2.--");
	step("2 3", 5, ".23--");
	step("1 2 3", 5, "123--");
}

static void
never_used_ones_go_first_then_the_longest_free(void **state)
{
	(void)state;
	step("1 2 3 4", 5, "1234-");
	step("1 2 4", 5, "12.4-");
	step("2 4", 5, ".2.4-");
	step("2 4 5", 5, ".2.45");
	step("2 4 5 6", 5, ".2645");
	step("2 4 5 6 7", 5, "72645");
}

static void
a_full_house_grows_by_half(void **state)
{
	(void)state;
	step("1 2 3 4", 4, "1234");
	step("1 2 3 4 5", 4, "12345---");
	/* … and stays as large. */
	step("5", 4, "....5---");
	step("", 4, ".....---");
}

static void
another_number_makes_it_as_small_as_nobody_minds(void **state)
{
	(void)state;
	step("1 2 3 4 5", 4, "12345---");
	step("1 3", 2, "1.3");
	step("1 3", 4, "1.3-");
	step("1", 1, "1");
}

static void
one_address_has_one_slot(void **state)
{
	(void)state;
	step("1 1 2 1", 3, "12-");
}

static void
another_backends_lines_are_not_read(void **state)
{
	(void)state;
	buf_puts(&standing,
	    "# slots api 2\n server web-1 10.0.0.9:80\n"
	    "backend web\n\t# slots web 2\n"
	    "\tserver web-1 127.0.0.1:1 disabled # was 10.0.0.3:80, freed 1\n"
	    "\tserver web-2 10.0.0.2:80 check\n"
	    "\tserver web-4 10.0.0.4:80 check\n");
	step("4 2", 2, "42");
	step("3 2", 2, "32");
}

static void
nonsense_in_the_old_text_is_passed_over(void **state)
{
	(void)state;
	buf_puts(&standing,
	    "# slots web x\n# slots web 4\nserver web-1 127.0.0.1:1 disabled #"
	    " was ,\nserver web-2 127.0.0.1:1 disabled # was 10.0.0.2:80, "
	    "freed 99999999999\nserver web-3\n");
	step("1 2", 4, "12--");
	buf_reset(&standing);
	buf_puts(&standing, "# slots web 2\nserver web-1 10.0.0.1:80\n"
			    "server web-2 10.0.0.1:80");
	step("1 2", 2, "12");
}

static void
weights_are_those_of_the_catalog(void **state)
{
	static const char list[] =
	    "(parseJSON `[{\"Address\":\"a\",\"Port\":1,\"Weights\":"
	    "{\"Passing\":7}},{\"Address\":\"b\",\"Port\":\"2\",\"Weights\":"
	    "{\"Passing\":1}},{\"Address\":\"fd00::1\",\"Port\":3,\"Weights\":"
	    "{\"Passing\":999}}]`)";
	struct buf b = {0};
	char *got;

	(void)state;
	buf_printf(&b, "{{slots `w` %s 1 `check`}}", list);
	got = render(b.ptr);
	assert_string_equal(got,
	    "    # slots w 1\n    server w-1 a:1 check weight 7\n"
	    "    server w-2 b:2 check\n"
	    "    server w-3 [fd00::1]:3 check weight 256\n"
	    "    server w-4 127.0.0.1:1 disabled check\n"
	    "    server w-5 127.0.0.1:1 disabled check");
	free(got);
	buf_reset(&b);
	buf_printf(&b, "{{slots `w` %s 1 `weight 3`}}", list);
	got = render(b.ptr);
	assert_non_null(strstr(got, "w-1 a:1 weight 3\n"));
	free(got);
	buf_fini(&b);
}

static void
several_backends_are_several_houses(void **state)
{
	char *got =
	    render("{{$s := parseJSON `[{\"Address\":\"a\",\"Port\":1}]`}}"
		   "{{slots `x` $s 1}}{{slots `y` $s 1}}{{slots `x` $s 1}}");

	(void)state;
	assert_non_null(
	    strstr(got, "\"x\" has slots already: its servers would have"));
	free(got);
	got = render("{{slots `x` (parseJSON `[]`) 1}}\n"
		     "{{slots `y` (parseJSON `[]`) 1}}");
	assert_string_equal(got,
	    "    # slots x 1\n    server x-1 127.0.0.1:1 disabled\n"
	    "    # slots y 1\n    server y-1 127.0.0.1:1 disabled");
	free(got);
}

static void
bad_arguments_are_named(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"slots `a b` (parseJSON `[]`) 1",
		"\"a b\" is no name of a backend"},
	    {"slots `` (parseJSON `[]`) 1", "\"\" is no name of a backend"},
	    {"slots `w` (parseJSON `[]`) 0",
		"the number of slots must be 1 to 65536, not 0"},
	    {"slots `w` (parseJSON `[]`) -4", "must be 1 to 65536, not -4"},
	    {"slots `w` (parseJSON `[]`) 65537", "not 65537"},
	    {"slots `w` (parseJSON `[]`) `3`",
		"the number of slots is a string"},
	    {"slots `w` `x` 3", "the servers are no list: string"},
	    {"slots `w` nil 3", "the servers are nil"},
	    {"slots `w` (parseJSON `[3]`) 3",
		"a server has an Address and a Port, a float64 has not"},
	    {"slots `w` (parseJSON `[{\"Address\":\"a\"}]`) 3",
		"a server has an Address and a Port"},
	    {"slots `w` (parseJSON `[{\"Address\":\"a b\",\"Port\":1}]`) 3",
		"\"a b\" is no address of a server"},
	    {"slots `w` (parseJSON `[{\"Address\":\"a\",\"Port\":0}]`) 3",
		"\"0\" is no port of a server (its address is a)"},
	    {"slots `w` (parseJSON `[{\"Address\":\"a\",\"Port\":1.5}]`) 3",
		"\"1.5\" is no port of a server"},
	    {"slots `w` (parseJSON `[]`) 3 `check disabled`",
		"\"check disabled\" are no options"},
	    {"slots `w` (parseJSON `[]`) 3 \"check\\nserver\"",
		"are no options: a control character"},
	};
	struct buf b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *got;

		buf_reset(&b);
		buf_printf(&b, "{{%s}}", rows[i].text);
		got = render(b.ptr);
		if (!strstr(got, rows[i].want))
			fail_msg("%s: %s", rows[i].text, got);
		free(got);
	}
	buf_fini(&b);
}

static void
a_house_has_a_limit(void **state)
{
	struct buf b = {0};
	size_t lines = 0;
	char *got;

	(void)state;
	buf_puts(&b, "{{slots `web` (parseJSON `[");
	for (unsigned i = 0; i <= LIMIT_SLOTS; i++)
		buf_printf(&b, "%s{\"Address\":\"10.%u.%u.%u\",\"Port\":1}",
		    i ? "," : "", i >> 16, i >> 8 & 255, i & 255);
	buf_puts(&b, "]`) 1}}");
	got = render(b.ptr);
	assert_non_null(strstr(got, "65537 servers are too many"));
	free(got);
	buf_fini(&b);
	/* … also one that stands. */
	buf_puts(&standing, "# slots web 65536\n");
	for (unsigned i = 1; i <= LIMIT_SLOTS + 1; i++)
		buf_printf(
		    &standing, "server web-%u 127.0.0.1:1 disabled\n", i);
	got = slots("1", LIMIT_SLOTS, "");
	for (struct str rest = str_of(got); rest.len;) {
		struct str line = str_trim_start(str_take_line(&rest), " \t");

		lines += str_has_prefix(line, STR("server web-"));
	}
	assert_int_equal(lines, LIMIT_SLOTS);
	free(got);
}

static void
what_cannot_be_read_is_no_empty_house(void **state)
{
	char *got;

	(void)state;
	standing.failed = true;
	got = slots("1", 1, "");
	assert_non_null(strstr(got, "error calling slots: who has which slot "
				    "cannot be read: /x: Permission denied"));
	free(got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(
		lines_say_who_is_there_and_what_is_free, forget),
	    cmocka_unit_test_teardown(who_has_a_slot_keeps_it, forget),
	    cmocka_unit_test_teardown(who_comes_back_has_the_old_one, forget),
	    cmocka_unit_test_teardown(
		never_used_ones_go_first_then_the_longest_free, forget),
	    cmocka_unit_test_teardown(a_full_house_grows_by_half, forget),
	    cmocka_unit_test_teardown(
		another_number_makes_it_as_small_as_nobody_minds, forget),
	    cmocka_unit_test_teardown(one_address_has_one_slot, forget),
	    cmocka_unit_test_teardown(
		another_backends_lines_are_not_read, forget),
	    cmocka_unit_test_teardown(
		nonsense_in_the_old_text_is_passed_over, forget),
	    cmocka_unit_test_teardown(weights_are_those_of_the_catalog, forget),
	    cmocka_unit_test_teardown(
		several_backends_are_several_houses, forget),
	    cmocka_unit_test_teardown(bad_arguments_are_named, forget),
	    cmocka_unit_test_teardown(a_house_has_a_limit, forget),
	    cmocka_unit_test_teardown(
		what_cannot_be_read_is_no_empty_house, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
