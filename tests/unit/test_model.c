/* SPDX-License-Identifier: MIT */
/* The model of a configuration: words, sections, servers, differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "weir/haproxy.h"

/* The words of a line, each in brackets. */
static void
assert_words(const char *text, const char *expected)
{
	struct arena arena = {0};
	struct haproxy_line line;
	struct buf out = {0};

	buf_puts(&out, "");
	haproxy_line_split(str_of(text), &arena, &line);
	for (size_t i = 0; i < line.count; i++) {
		buf_char(&out, '<');
		buf_str(&out, line.words[i]);
		buf_char(&out, '>');
	}
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	buf_fini(&out);
	arena_fini(&arena);
}

static void
words_are_cut_at_blanks(void **state)
{
	(void)state;
	assert_words("  server\ta  1.2.3.4:80 \t", "<server><a><1.2.3.4:80>");
	assert_words("a\r", "<a>");
	assert_words("", "");
	assert_words("   ", "");
}

static void
a_comment_ends_the_line(void **state)
{
	(void)state;
	assert_words("a b # c", "<a><b>");
	assert_words("a b#c", "<a><b>");
	assert_words("# a", "");
	assert_words("a '#' \"#\" \\# b", "<a><#><#><#><b>");
}

static void
quotes_and_backslashes_are_haproxys(void **state)
{
	(void)state;
	assert_words("log-format \"a b\" 'c d'", "<log-format><a b><c d>");
	assert_words("a\\ b 'a\\ b' \"a\\ b\"", "<a b><a\\ b><a b>");
	assert_words("x \"\" y", "<x><><y>");
	assert_words("a\"b c\"d'e f'g", "<ab cde fg>");
	assert_words("\\x41\\x2 \\q \\", "<A\\x2><\\q><\\>");
	assert_words("'it'\\''s' \"say \\\"x\\\"\"", "<it's><say \"x\">");
}

static void
variables_stay_as_they_are_written(void **state)
{
	(void)state;
	assert_words("bind \"${ADDR}:80\" \"\\$x\"", "<bind><${ADDR}:80><$x>");
}

static void
an_open_quote_is_marked(void **state)
{
	struct arena arena = {0};
	struct haproxy_line line;

	(void)state;
	assert_true(haproxy_line_split(STR("a 'b c"), &arena, &line));
	assert_true(line.open);
	assert_int_equal(line.count, 2);
	assert_true(str_is(line.words[1], "b c"));
	assert_true(haproxy_line_split(STR("a 'b c'"), &arena, &line));
	assert_false(line.open);
	arena_fini(&arena);
}

static void
sections_are_found_by_their_first_words(void **state)
{
	struct haproxy_model m;
	struct haproxy_line *lines;
	struct arena arena = {0};
	size_t n;

	(void)state;
	haproxy_model_parse(&m, STR("# head\nglobal\n  daemon\n\n"
				    "backend 'b 1' # x\n  server a 1:1\n"
				    "  use_backend backend\nfrontend f"));
	assert_int_equal(m.count, 3);
	assert_true(str_is(m.sections[0].kind, "global"));
	assert_true(str_is(m.sections[0].text, "global\n  daemon\n\n"));
	assert_true(str_is(m.sections[1].kind, "backend"));
	assert_true(str_is(m.sections[1].name, "b 1"));
	assert_int_equal(m.sections[1].line, 5);
	assert_true(str_is(m.sections[2].name, "f"));
	lines = haproxy_section_lines(&m.sections[1], &arena, &n);
	assert_int_equal(n, 3);
	assert_int_equal(lines[1].number, 6);
	assert_true(str_is(lines[1].text, "  server a 1:1"));
	arena_fini(&arena);
	haproxy_model_fini(&m);
}

static void
assert_server(const char *text, const char *address, const char *port)
{
	struct arena arena = {0};
	struct haproxy_line line;
	struct haproxy_server s;

	haproxy_line_split(str_of(text), &arena, &line);
	assert_int_equal(haproxy_server_parse(&line, &arena, &s), 0);
	assert_true(str_is(s.address, address));
	assert_true(str_is(s.port, port));
	arena_fini(&arena);
}

static void
words_before_the_first_section_are_kept(void **state)
{
	struct haproxy_model m;

	(void)state;
	haproxy_model_parse(&m, STR("# head\n x y\nglobal\n"));
	assert_int_equal(m.count, 2);
	assert_true(str_is(m.sections[0].kind, ""));
	assert_true(str_is(m.sections[0].text, " x y\n"));
	haproxy_model_fini(&m);
}

static void
the_port_is_behind_the_last_colon(void **state)
{
	(void)state;
	assert_server("server a 10.0.0.1:80", "10.0.0.1", "80");
	assert_server("server a 10.0.0.1", "10.0.0.1", "");
	assert_server("server a name.example:+1", "name.example", "+1");
	assert_server("server a [::1]:80", "[::1]", "80");
	assert_server("server a [::1]", "[::1]", "");
	assert_server("server a ::1:80", "::1", "80");
	assert_server("server a /run/x:y.sock", "/run/x:y.sock", "");
	assert_server("server a unix@/run/x", "unix@/run/x", "");
}

static void
options_keep_their_values(void **state)
{
	struct arena arena = {0};
	struct haproxy_line line;
	struct haproxy_server s;

	(void)state;
	haproxy_line_split(
	    STR("server a 1.1.1.1:1 check inter 2s weight 1 backup odd "
		"set-proxy-v2-tlv-fmt(0x20) %[x] weight 7 maxconn"),
	    &arena, &line);
	assert_int_equal(haproxy_server_parse(&line, &arena, &s), 0);
	assert_int_equal(s.count, 8);
	assert_true(str_is(s.options[0].keyword, "check"));
	assert_null(s.options[0].value.ptr);
	assert_true(str_is(s.options[1].value, "2s"));
	assert_true(str_is(s.options[4].keyword, "odd"));
	assert_true(str_is(s.options[5].value, "%[x]"));
	assert_true(str_is(haproxy_server_option(&s, "weight")->value, "7"));
	assert_null(haproxy_server_option(&s, "maxconn")->value.ptr);
	assert_null(haproxy_server_option(&s, "disabled"));
	haproxy_line_split(STR("server a"), &arena, &line);
	assert_int_equal(haproxy_server_parse(&line, &arena, &s), -1);
	haproxy_line_split(STR("bind :80 ssl"), &arena, &line);
	assert_int_equal(haproxy_server_parse(&line, &arena, &s), -1);
	arena_fini(&arena);
}

/* ---- differences, one line each ---- */

static void
assert_changes(const char *old_text, const char *new_text, const char *expected)
{
	struct haproxy_model old, new;
	struct haproxy_changes changes;
	struct buf out = {0};

	buf_puts(&out, "");
	haproxy_model_parse(&old, str_of(old_text));
	haproxy_model_parse(&new, str_of(new_text));
	haproxy_model_diff(&old, &new, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		haproxy_change_print(&changes.items[i], &out);
		buf_char(&out, '\n');
	}
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	buf_fini(&out);
	haproxy_changes_fini(&changes);
	haproxy_model_fini(&old);
	haproxy_model_fini(&new);
}

static void
form_alone_is_no_difference(void **state)
{
	(void)state;
	assert_changes("backend b\n  server a 1.1.1.1:1 check\n",
	    "# new\nbackend 'b'  # x\n\n\tserver a  1.1.1.1:1 \"check\"\n", "");
	assert_changes("backend b\n  balance x\n  server a 1.1.1.1:1\n",
	    "backend b\n#\n balance x\n\n server a 1.1.1.1:1", "");
	assert_changes("", "", "");
}

static void
servers_are_told_by_what_changes(void **state)
{
	(void)state;
	assert_changes(
	    "backend b\n server a 1.1.1.1:1 check weight 1\n"
	    " server b 1.1.1.2:1 check\n server c 1.1.1.3:1 disabled\n",
	    "backend b\n server a 1.1.1.1:2 check weight 5 maxconn 3\n"
	    " server c 1.1.1.3:1\n server d 1.1.1.4:1 check\n",
	    "backend b: server a: address 1.1.1.1:1 -> 1.1.1.1:2, "
	    "weight 1 -> 5, +maxconn 3\n"
	    "backend b: server c: -disabled\n"
	    "backend b: server d added: 1.1.1.4:1 check\n"
	    "backend b: server b removed: 1.1.1.2:1 check\n");
}

static void
the_order_of_servers_counts(void **state)
{
	(void)state;
	assert_changes("listen l\n server a 1:1\n server b 2:2\n",
	    "listen l\n server b 2:2\n server a 1:1\n",
	    "listen l: servers in another order\n");
	assert_changes("listen l\n server a 1:1 check backup\n",
	    "listen l\n server a 1:1 backup check\n",
	    "listen l: server a: options in another order\n");
}

static void
another_line_is_shown(void **state)
{
	(void)state;
	assert_changes("backend b\n balance roundrobin\n server a 1:1\n",
	    "backend b\n server a 1:1\n balance leastconn\n",
	    "backend b: - balance roundrobin; + balance leastconn\n");
	assert_changes("global\n", "global\n daemon\n", "global: + daemon\n");
	assert_changes("peers p\n server a 1:1\n", "peers p\n server a 1:2\n",
	    "peers p: - server a 1:1; + server a 1:2\n");
}

static void
sections_come_go_and_move(void **state)
{
	(void)state;
	assert_changes("global\nbackend a\nbackend b\nfrontend x\n",
	    "global\nbackend b\nbackend a\nbackend c\n",
	    "backend c added\nfrontend x removed\n"
	    "sections in another order\n");
}

/* Two "defaults" without a name are told apart by their number. */
static void
sections_of_one_name_are_matched_in_order(void **state)
{
	(void)state;
	assert_changes("defaults\n mode tcp\nbackend a\ndefaults\n mode http\n",
	    "defaults\n mode tcp\nbackend a\ndefaults\n mode tcp\n",
	    "defaults: - mode http; + mode tcp\n");
}

static void
lines_and_numbers_are_those_of_the_texts(void **state)
{
	struct haproxy_model old, new;
	struct haproxy_changes c;

	(void)state;
	haproxy_model_parse(&old, STR("backend b\n server a 1:1\n"));
	haproxy_model_parse(&new, STR("#\nbackend b\n\n\tserver a 1:2 #x\n"));
	haproxy_model_diff(&old, &new, &c);
	assert_int_equal(c.count, 1);
	assert_int_equal(c.items[0].kind, CHANGE_SERVER);
	assert_true(str_is(c.items[0].server, "a"));
	assert_true(str_is(c.items[0].old_line, " server a 1:1"));
	assert_true(str_is(c.items[0].new_line, "\tserver a 1:2 #x"));
	assert_int_equal(c.items[0].old_number, 2);
	assert_int_equal(c.items[0].new_number, 4);
	haproxy_changes_fini(&c);
	haproxy_model_fini(&old);
	haproxy_model_fini(&new);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_are_cut_at_blanks),
	    cmocka_unit_test(a_comment_ends_the_line),
	    cmocka_unit_test(quotes_and_backslashes_are_haproxys),
	    cmocka_unit_test(variables_stay_as_they_are_written),
	    cmocka_unit_test(an_open_quote_is_marked),
	    cmocka_unit_test(sections_are_found_by_their_first_words),
	    cmocka_unit_test(words_before_the_first_section_are_kept),
	    cmocka_unit_test(the_port_is_behind_the_last_colon),
	    cmocka_unit_test(options_keep_their_values),
	    cmocka_unit_test(form_alone_is_no_difference),
	    cmocka_unit_test(servers_are_told_by_what_changes),
	    cmocka_unit_test(the_order_of_servers_counts),
	    cmocka_unit_test(another_line_is_shown),
	    cmocka_unit_test(sections_come_go_and_move),
	    cmocka_unit_test(sections_of_one_name_are_matched_in_order),
	    cmocka_unit_test(lines_and_numbers_are_those_of_the_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
