/* SPDX-License-Identifier: MIT */
/*
 * weir's own functions: what each text becomes, and what is refused. That
 * HAProxy reads it so is for the flow scenario own_functions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "weir/limits.h"
#include "weir/template.h"

/* What {{TEXT}} gives, or the message; the caller frees. */
static char *
render(const char *text)
{
	struct template_options o = {.path = "t"};
	struct buf source = {0}, out = {0};
	struct error e = {0};
	struct template *t;
	struct arena arena = {0};
	struct render r = {.arena = &arena, .out = &out};

	buf_printf(&source, "{{%s}}", text);
	t = template_new(&o, buf_as_str(&source), &e);
	if (!t || template_execute(t, &r, &e) < 0) {
		buf_reset(&out);
		buf_puts(&out, e.text);
	}
	error_fini(&e);
	template_free(&t);
	arena_fini(&arena);
	buf_fini(&source);
	return buf_take(&out, NULL);
}

struct row {
	const char *text, *want;
};

/* Each text renders as wanted, or fails with a message that ends so. */
static void
assert_rows(const struct row *rows, bool fails)
{
	for (; rows->text; rows++) {
		char *got = render(rows->text);
		size_t n = strlen(got), m = strlen(rows->want);
		size_t skip = fails && n > m ? n - m : 0;

		assert_string_equal(got + skip, rows->want);
		free(got);
	}
}

static void
a_valid_name_stays_itself(void **state)
{
	static const struct row rows[] = {{"haproxyName `web-1`", "web-1"},
	    {"haproxyName `A_z.0:9-`", "A_z.0:9-"},
	    {"haproxyName `fd00::20:1`", "fd00::20:1"},
	    {"haproxyName `..`", ".."}, {"haproxyName `...`", "..."},
	    {"haproxyName `a..b`", "a..b"}, {"haproxyName `a..20`", "a..20"},
	    {"haproxyName `a..2.`", "a..2."}, {"haproxyName `a.20.`", "a.20."},
	    {"haproxyName `a..2f.`", "a..2f."},
	    {"haproxyName `a..20x.`", "a..20x."}, {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

static void
what_a_name_cannot_hold_is_coded(void **state)
{
	static const struct row rows[] = {
	    {"haproxyName `my svc`", "my..20.svc"},
	    {"haproxyName ` /%`", "..202F25."},
	    {"haproxyName `a/b/c`", "a..2F.b..2F.c"},
	    {"haproxyName `zürich`", "z..C3BC.rich"},
	    {"haproxyName \"\\x00\\n\\xff\"", "..000AFF."}, {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

/* Otherwise "a b" and "a..20.b" would be one name. */
static void
what_looks_like_a_code_is_coded(void **state)
{
	static const struct row rows[] = {
	    {"haproxyName `a..20.b`", "a..2E..20.b"},
	    {"haproxyName `a...20.b`", "a...2E..20.b"},
	    {"haproxyName `..2E..20.`", "..2E..2E..2E..20."},
	    {"haproxyName `..AB `", "..2E..AB..20."},
	    {"haproxyName `..ABCD.`", "..2E..ABCD."}, {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

static void
no_text_is_no_name(void **state)
{
	static const struct row rows[] = {
	    {"haproxyName ``",
		"error calling haproxyName: an empty text gives no name"},
	    {NULL, NULL}};

	(void)state;
	assert_rows(rows, true);
}

static void
an_argument_is_quoted_only_if_it_must_be(void **state)
{
	static const struct row rows[] = {
	    {"haproxyQuote `/a?b=c,d%[e]{f}(g)!~*;&|<>^@+:.`",
		"/a?b=c,d%[e]{f}(g)!~*;&|<>^@+:."},
	    {"haproxyQuote `é`", "é"}, {"haproxyQuote `a b`", "'a b'"},
	    {"haproxyQuote `#`", "'#'"}, {"haproxyQuote `$HOME`", "'$HOME'"},
	    {"haproxyQuote `a\\b`", "'a\\b'"},
	    {"haproxyQuote `say \"no\"`", "'say \"no\"'"}, {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

static void
a_single_quote_goes_between_double_ones(void **state)
{
	static const struct row rows[] = {{"haproxyQuote `it's`", "\"it's\""},
	    {"haproxyQuote `it's \"$HOME\" \\x41`",
		"\"it's \\\"\\$HOME\\\" \\\\x41\""},
	    {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

static void
what_is_no_argument_is_refused(void **state)
{
	static const struct row rows[] = {
	    {"haproxyQuote ``",
		"error calling haproxyQuote: an empty argument ends HAProxy's "
		"line"},
	    {"haproxyQuote \"a\\nb\"", "\"a\\nb\" has a control character"},
	    {"haproxyQuote \"a\\tb\"", "\"a\\tb\" has a control character"},
	    {"haproxyQuote \"\\x00\"", "\"\\x00\" has a control character"},
	    {"haproxyQuote \"\\x7f\"", "\"\\x7f\" has a control character"},
	    {NULL, NULL}};

	(void)state;
	assert_rows(rows, true);
}

static void
a_line_of_a_map_is_key_and_value(void **state)
{
	static const struct row rows[] = {
	    {"mapLine `www.example.org` `web`", "www.example.org web"},
	    {"mapLine `a#` `two  words #`", "a# two  words #"},
	    {"mapLine `a` ``", "a "}, {"`web` | mapLine `é`", "é web"},
	    {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

static void
what_would_break_the_map_is_refused(void **state)
{
	static const struct row rows[] = {
	    {"mapLine `` `v`", "\"\" is no key: it is empty"},
	    {"mapLine `a b` `v`", "\"a b\" is no key: it has a blank"},
	    {"mapLine `#a` `v`",
		"\"#a\" is no key: its line would be a comment"},
	    {"mapLine \"a\\tb\" `v`",
		"\"a\\tb\" is no key: it has a control character"},
	    {"mapLine `a` \"v\\nb w\"",
		"\"v\\nb w\" is no value: it has a control character"},
	    {"mapLine `a` \"v\\x00\"",
		"\"v\\x00\" is no value: it has a control character"},
	    {"mapLine `a` ` v`",
		"\" v\" is no value: it begins or ends with a blank"},
	    {"mapLine `a` `v `",
		"\"v \" is no value: it begins or ends with a blank"},
	    {NULL, NULL}};

	(void)state;
	assert_rows(rows, true);
}

static void
a_line_of_a_map_fits_the_buffer_of_haproxy(void **state)
{
	static const struct row whole = {
	    "len (mapLine `a` (sprig_repeat 16380 `v`))", "16382"};
	static const struct row more = {
	    "len (mapLine `a` (sprig_repeat 16381 `v`))",
	    "the line is longer than the 16382 bytes that HAProxy reads at "
	    "once"};

	(void)state;
	assert_int_equal(LIMIT_MAP_LINE, 16382);
	assert_rows((struct row[]){whole, {NULL, NULL}}, false);
	assert_rows((struct row[]){more, {NULL, NULL}}, true);
}

static void
an_address_of_ipv6_gets_brackets(void **state)
{
	static const struct row rows[] = {
	    {"hostPort `10.0.0.1` 80", "10.0.0.1:80"},
	    {"hostPort `web.example.org` `8080`", "web.example.org:8080"},
	    {"hostPort `fd00::1` 0", "[fd00::1]:0"},
	    {"hostPort `[::1]` 65535", "[::1]:65535"},
	    {"hostPort `fe80::1%eth0` (parseInt `1`)", "[fe80::1%eth0]:1"},
	    {NULL, NULL}};

	(void)state;
	assert_rows(rows, false);
}

static void
what_is_no_address_is_refused(void **state)
{
	static const struct row rows[] = {
	    {"hostPort `` 80", "error calling hostPort: the address is empty"},
	    {"hostPort `a b` 80", "\"a b\" is no address"},
	    {"hostPort \"a\\n\" 80", "\"a\\n\" is no address"},
	    {"hostPort `a` 65536", "\"65536\" is no port"},
	    {"hostPort `a` -1", "\"-1\" is no port"},
	    {"hostPort `a` `http`", "\"http\" is no port"},
	    {"hostPort `a` ``", "\"\" is no port"},
	    {"hostPort `a` `+80`", "\"+80\" is no port"},
	    {"hostPort `a` 80.0", "\"80\" is no port"}, {NULL, NULL}};

	(void)state;
	assert_rows(rows, true);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_valid_name_stays_itself),
	    cmocka_unit_test(what_a_name_cannot_hold_is_coded),
	    cmocka_unit_test(what_looks_like_a_code_is_coded),
	    cmocka_unit_test(no_text_is_no_name),
	    cmocka_unit_test(an_argument_is_quoted_only_if_it_must_be),
	    cmocka_unit_test(a_single_quote_goes_between_double_ones),
	    cmocka_unit_test(what_is_no_argument_is_refused),
	    cmocka_unit_test(a_line_of_a_map_is_key_and_value),
	    cmocka_unit_test(what_would_break_the_map_is_refused),
	    cmocka_unit_test(a_line_of_a_map_fits_the_buffer_of_haproxy),
	    cmocka_unit_test(an_address_of_ipv6_gets_brackets),
	    cmocka_unit_test(what_is_no_address_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
