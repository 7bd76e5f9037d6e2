/* SPDX-License-Identifier: MIT */
/* The parser: trees, messages, lines, and what the excerpts show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "../../src/template/node.h"
#include "weir/file.h"
#include "weir/limits.h"

#define CASES "tests/template/cases"

static int
nothing(struct call *c, struct value *result)
{
	(void)c;
	(void)result;
	return 0;
}

static const struct func funcs[] = {
    {"service", "...string", "interface {}", nothing, FUNC_QUERY, ""},
    {"key", "string", "string", nothing, FUNC_QUERY, ""},
    {"split", "string,string", "[]string", nothing, FUNC_PURE, ""},
    {"regexMatch", "string,string", "bool", nothing, FUNC_PURE, ""},
};
static const struct func_family family = {"test", funcs, 4, NULL, 0};
static const struct func_family *const families[] = {&family, NULL};

static struct template *
load(const char *text, struct error *e)
{
	struct template_options o = {
	    .path = "dir/a.tmpl", .families = families};

	return template_new(&o, str_of(text), e);
}

static struct template *
parse(const char *text)
{
	struct error e = {0};
	struct template *t = load(text, &e);

	if (!t)
		fail_msg("%s: %s", text, e.text);
	return t;
}

static const struct node *
root(const struct template *t)
{
	return ((struct tree *)strmap_get(&t->trees, STR("")))->root;
}

static void
assert_prints(const char *text, const char *want)
{
	struct template *t = parse(text);
	struct buf b = {0};

	node_print(root(t), &b);
	assert_string_equal(buf_as_str(&b).ptr, want);
	buf_fini(&b);
	template_free(&t);
}

static void
assert_fails(const char *text, int line, int column, const char *message)
{
	struct error e = {0};
	struct template *t = load(text, &e);

	assert_null(t);
	assert_int_equal(e.kind, ERROR_TEMPLATE);
	assert_string_equal(e.text, message);
	assert_string_equal(e.source, "dir/a.tmpl");
	assert_int_equal(e.line, line);
	assert_int_equal(e.column, column);
	error_fini(&e);
}

static void
assert_excerpt(const char *text, const char *excerpt)
{
	struct error e = {0};
	struct template *t = load(text, &e);

	assert_null(t);
	assert_string_equal(e.excerpt, excerpt);
	error_fini(&e);
}

/* --- trees --- */

static void
nodes_print_in_normal_form(void **state)
{
	(void)state;
	assert_prints("{{  print   1\t2 }}", "{{print 1 2}}");
	assert_prints("a{{- 1 -}}\n b", "a{{1}}b");
	assert_prints("{{print 1|}}", "{{print 1}}");
	assert_prints(
	    "{{.A.B | printf `x` \"y\"}}", "{{.A.B | printf `x` \"y\"}}");
	assert_prints("{{$x := (.A).B}}{{$x.C.D}}{{$}}",
	    "{{$x := (.A).B}}{{$x.C.D}}{{$}}");
	assert_prints("{{(index . 0).X.Y 0x10 'a' true nil .}}",
	    "{{(index . 0).X.Y 0x10 'a' true nil .}}");
	assert_prints("{{range $i, $e := .}}{{break}}{{continue}}{{end}}",
	    "{{range $i, $e := .}}{{break}}{{continue}}{{end}}");
	assert_prints("{{with $y := 1}}{{$y = 2}}{{else}}x{{end}}",
	    "{{with $y := 1}}{{$y = 2}}{{else}}x{{end}}");
	assert_prints("{{if 1}}a{{else if 2}}b{{else}}c{{end}}",
	    "{{if 1}}a{{else}}{{if 2}}b{{else}}c{{end}}{{end}}");
	assert_prints("{{template `a\tb` 1}}", "{{template \"a\\tb\" 1}}");
	assert_prints("{{block \"x\" .}}in{{end}}", "{{template \"x\" .}}");
	assert_prints("{{/* c */}}{{- /* d */ -}}x", "x");
}

static void
a_chain_has_the_position_of_its_first_field(void **state)
{
	struct template *t = parse("{{(key \"a\").B.C}}{{$.D}}{{.E.F}}");
	const struct node *list = root(t), *arg;

	(void)state;
	arg =
	    list->u.list.items[0]->u.action->u.pipe.cmds[0]->u.command.items[0];
	assert_int_equal(arg->kind, NODE_CHAIN);
	assert_int_equal(arg->pos, 11);
	assert_int_equal(arg->u.chain.count, 2);
	arg =
	    list->u.list.items[1]->u.action->u.pipe.cmds[0]->u.command.items[0];
	assert_int_equal(arg->kind, NODE_VARIABLE);
	assert_int_equal(arg->pos, 20);
	arg =
	    list->u.list.items[2]->u.action->u.pipe.cmds[0]->u.command.items[0];
	assert_int_equal(arg->kind, NODE_FIELD);
	assert_int_equal(arg->pos, 28);
	template_free(&t);
}

static void
equal_names_have_equal_addresses(void **state)
{
	struct template *t = parse("{{.Name}}{{$x := .}}{{$x.Name}}");
	const struct node *list = root(t), *a, *b;

	(void)state;
	a = list->u.list.items[0]->u.action->u.pipe.cmds[0]->u.command.items[0];
	b = list->u.list.items[2]->u.action->u.pipe.cmds[0]->u.command.items[0];
	assert_ptr_equal(
	    a->u.chain.names[0].name.ptr, b->u.chain.names[0].name.ptr);
	template_free(&t);
}

static void
an_empty_definition_never_replaces_another(void **state)
{
	struct template *t = parse("{{define `a`}}x{{end}}{{define `a`}}"
				   "\xc2\xa0{{/* c */}}\n{{end}}");
	struct tree *tree = strmap_get(&t->trees, STR("a"));

	(void)state;
	assert_false(node_is_empty(tree->root));
	template_free(&t);
	assert_fails("{{define `a`}}x{{end}}\n{{define `a`}}y{{end}}", 2, 9,
	    "template: multiple definition of template \"a\"");
}

static void
the_empty_name_is_the_file(void **state)
{
	struct template *t = parse(" {{define ``}}x{{end}}\n");
	struct buf b = {0};

	(void)state;
	node_print(root(t), &b);
	assert_string_equal(b.ptr, "x");
	buf_fini(&b);
	template_free(&t);
}

static void
a_denied_function_is_marked(void **state)
{
	const char *denied[] = {"k*y", "print*"};
	struct template_options o = {.path = "a",
	    .families = families,
	    .denied = denied,
	    .denied_count = 2};
	struct template *t =
	    template_new(&o, STR("{{key `a`}}{{service `b`}}{{print}}"), NULL);

	(void)state;
	assert_non_null(t);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(root(t)
				     ->u.list.items[i]
				     ->u.action->u.pipe.cmds[0]
				     ->u.command.items[0]
				     ->u.ident.denied,
		    i == 0);
	assert_true(template_denies(t, STR("ky")));
	assert_false(template_denies(t, STR("keys")));
	template_free(&t);
}

/* --- numbers --- */

static struct node_number
number(const char *text)
{
	struct buf b = {0};
	struct template *t;
	struct node_number n;

	buf_printf(&b, "{{%s}}", text);
	t = parse(b.ptr);
	n = *root(t)
		 ->u.list.items[0]
		 ->u.action->u.pipe.cmds[0]
		 ->u.command.items[0]
		 ->u.number;
	buf_fini(&b);
	template_free(&t);
	return n;
}

static void
assert_number(const char *text, const char *kinds, double f)
{
	struct node_number n = number(text);
	char have[5], *p = have;

	if (n.is_int)
		*p++ = 'i';
	if (n.is_uint)
		*p++ = 'u';
	if (n.is_float)
		*p++ = 'f';
	if (n.is_complex)
		*p++ = 'c';
	*p = 0;
	if (strcmp(have, kinds) != 0 || (n.is_float && n.f != f))
		fail_msg("%s: %s %g, not %s %g", text, have, n.f, kinds, f);
	if (n.is_int)
		assert_true((double)n.i == f);
	if (n.is_uint)
		assert_true((double)n.u == f);
}

static void
a_number_has_every_type_that_holds_it(void **state)
{
	(void)state;
	assert_number("0", "iuf", 0);
	assert_number("-0", "iuf", 0);
	assert_number("73", "iuf", 73);
	assert_number("+73", "if", 73);
	assert_number("-73", "if", -73);
	assert_number("7_3", "iuf", 73);
	assert_number("0b10_010_01", "iuf", 73);
	assert_number("073", "iuf", 073);
	assert_number("0o73", "iuf", 073);
	assert_number("0x73", "iuf", 0x73);
	assert_number("1e3", "iuf", 1000);
	assert_number("-1.2", "f", -1.2);
	assert_number("1e19", "uf", 1e19);
	assert_number("0x1p4", "iuf", 16);
	assert_number("0x1.8p-1", "f", 0.75);
	assert_number("4i", "c", 0);
	assert_number("0i", "iufc", 0);
	assert_number("1+2i", "c", 0);
	assert_number("2+0i", "iufc", 2);
	assert_number("18446744073709551615", "uf", 18446744073709551615.0);
	assert_number("'a'", "iuf", 'a');
	assert_number("'\\n'", "iuf", '\n');
	assert_number("'\\''", "iuf", '\'');
	assert_number("'\\xFF'", "iuf", 255);
	assert_number("'\xe6\x97\xa5'", "iuf", 0x65e5);
	assert_number("'\\u65e5'", "iuf", 0x65e5);
}

static void
complex_numbers_fail_as_in_sscan(void **state)
{
	(void)state;
	assert_fails("{{1+i}}", 1, 2, "syntax error scanning complex number");
	assert_fails("{{1e400+1i}}", 1, 2,
	    "strconv.ParseFloat: parsing \"1e400\": value out of range");
	assert_fails("{{+i+2i}}", 1, 2,
	    "strconv.ParseFloat: parsing \"+i\": invalid syntax");
}

/* --- strings --- */

static void
assert_string(const char *literal, const char *want, size_t len)
{
	struct buf b = {0};
	struct template *t;
	struct str s;

	buf_printf(&b, "{{%s}}", literal);
	t = parse(b.ptr);
	s = root(t)
		->u.list.items[0]
		->u.action->u.pipe.cmds[0]
		->u.command.items[0]
		->u.string.text;
	assert_int_equal(s.len, len);
	assert_memory_equal(s.ptr, want, len);
	buf_fini(&b);
	template_free(&t);
}

static void
strings_are_unquoted(void **state)
{
	(void)state;
	assert_string("\"\"", "", 0);
	assert_string("``", "", 0);
	assert_string("\"a\\n\\t\\\\\\\"\\a\"", "a\n\t\\\"\a", 6);
	assert_string("\"\\101\\x42\\u00e9\\U0001F600\"",
	    "AB\xc3\xa9\xf0\x9f\x98\x80", 8);
	assert_string("\"\\xff\"", "\xff", 1);
	assert_string("\"\xff\"", "\xef\xbf\xbd", 3);
	assert_string("`\xff\r\n\\n`", "\xff\n\\n", 4);
}

/* --- errors --- */

static void
the_line_is_that_of_the_last_token_read(void **state)
{
	(void)state;
	assert_fails("a\n{{$y\n\n}}", 4, 0, "undefined variable \"$y\"");
	assert_excerpt("a\n{{ $y\n\n}}", "begun in line 2:\n{{ $y\n   ^");
}

static void
the_caret_stands_under_the_culprit(void **state)
{
	(void)state;
	assert_excerpt("{{ print 1 @ }}", "{{ print 1 @ }}\n           ^");
	assert_excerpt("{{ .a-b }}", "{{ .a-b }}\n     ^");
	assert_excerpt("x\n{{ if 1 }}{{ else }}{{ else }}",
	    "{{ if 1 }}{{ else }}{{ else }}\n                    ^");
}

static void
the_nearest_function_is_offered(void **state)
{
	(void)state;
	assert_excerpt("{{ servce `web` }}",
	    "{{ servce `web` }}\n   ^\ndid you mean \"service\"?");
	assert_excerpt(
	    "{{ prnt 1 }}", "{{ prnt 1 }}\n   ^\ndid you mean \"print\"?");
	assert_excerpt("{{ zzzzzzzz }}", "{{ zzzzzzzz }}\n   ^");
}

static void
a_missing_end_shows_what_wants_it(void **state)
{
	(void)state;
	assert_fails(
	    "{{if 1}}\n{{range .}}\n{{end}}\n", 4, 0, "unexpected EOF");
	assert_excerpt("a\n {{if 1}}\n{{range .}}\n{{end}}\n",
	    "no {{end}} for the {{if}} in line 2:\n {{if 1}}\n ^");
	assert_excerpt("{{if 1}}\n{{else if 2}}\n",
	    "no {{end}} for the {{if}} in line 1:\n{{if 1}}\n^");
	assert_excerpt("{{define `a`}}\n{{block `b` .}}\n{{end}}",
	    "no {{end}} for the {{define}} in line 1:\n{{define `a`}}\n^");
}

static void
a_definition_has_lines_of_its_own(void **state)
{
	(void)state;
	assert_fails("{{block `a` .}}\n\n{{else}}", 1, 13,
	    "unexpected {{else}} in block clause");
	assert_fails("{{define `a`}}\n\n{{else}}", 3, 0,
	    "unexpected {{else}} in define clause");
	assert_fails("{{range .}}{{block `a` .}}{{break}}{{end}}{{end}}", 1, 28,
	    "{{break}} outside {{range}}");
}

static void
depth_is_bounded(void **state)
{
	struct buf b = {0};
	struct template *t;

	(void)state;
	buf_puts(&b, "{{");
	buf_repeat(&b, '(', 10000);
	buf_puts(&b, "1");
	buf_repeat(&b, ')', 10000);
	buf_puts(&b, "}}");
	t = parse(b.ptr);
	template_free(&t);
	buf_reset(&b);
	buf_puts(&b, "{{");
	buf_repeat(&b, '(', 10001);
	assert_fails(b.ptr, 1, 10002, "max expression depth exceeded");
	buf_reset(&b);
	for (int i = 0; i < 4001; i++)
		buf_puts(&b, "{{if 1}}");
	assert_fails(b.ptr, 1, 32000, "max block depth exceeded");
	buf_fini(&b);
}

static void
delimiters_can_be_chosen(void **state)
{
	struct template_options o = {.path = "a", .left = "<<", .right = ">"};
	struct template *t = template_new(&o, STR("{{<<print 1>}}"), NULL);
	struct buf b = {0};

	(void)state;
	assert_non_null(t);
	node_print(root(t), &b);
	assert_string_equal(b.ptr, "{{{{print 1}}}}");
	buf_fini(&b);
	template_free(&t);
}

/* --- the recorded cases --- */

static const char *
option(const json_t *options, const char *key)
{
	return json_string_value(json_object_get(options, key));
}

/* Parses one case; compares line and message with what was recorded. */
static void
run_case(const char *stem, const char *want)
{
	struct buf path = {0}, text = {0};
	struct template_options o = {.families = families};
	struct error e = {0};
	struct template *t;
	json_t *options;
	char *have = NULL;

	buf_printf(&path, "%s.json", stem);
	options = json_load_file(path.ptr, 0, NULL);
	o.left = option(options, "left_delimiter");
	o.right = option(options, "right_delimiter");
	buf_reset(&path);
	buf_printf(&path, "%s.tmpl", stem);
	o.path = path.ptr;
	assert_int_equal(file_read(path.ptr, 1 << 20, &text, NULL), 0);
	t = template_new(&o, buf_as_str(&text), &e);
	if (t)
		fail_msg("%s: parses, but should not", stem);
	assert_true(
	    asprintf(&have, "parse: template: :%d: %s", e.line, e.text) > 0);
	if (strcmp(have, want) != 0)
		fail_msg("%s: %s, not %s", stem, have, want);
	free(have);
	error_fini(&e);
	json_decref(options);
	buf_fini(&path);
	buf_fini(&text);
}

static unsigned
run_family(const char *name)
{
	struct buf path = {0}, want = {0};
	unsigned count = 0;
	struct dirent *entry;
	DIR *dir;

	buf_printf(&path, "%s/%s", CASES, name);
	dir = opendir(path.ptr);
	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 5 || strcmp(entry->d_name + len - 4, ".err") != 0)
			continue;
		buf_reset(&path);
		buf_printf(&path, "%s/%s/%s", CASES, name, entry->d_name);
		buf_reset(&want);
		assert_int_equal(file_read(path.ptr, 1 << 20, &want, NULL), 0);
		if (strncmp(want.ptr, "parse:", 6) != 0)
			continue;
		while (want.len > 0 && want.ptr[want.len - 1] == '\n')
			want.ptr[--want.len] = 0;
		path.ptr[path.len - 4] = 0;
		run_case(path.ptr, want.ptr);
		count++;
	}
	if (dir)
		closedir(dir);
	buf_fini(&path);
	buf_fini(&want);
	return count;
}

static void
recorded_parse_errors_are_met(void **state)
{
	(void)state;
	assert_true(run_family("syntax") >= 140);
	assert_true(run_family("values") >= 5);
}

static void
a_template_has_a_limit(void **state)
{
	struct error e = {0};
	char *text = malloc(LIMIT_TEMPLATE_BYTES + 2);
	struct template *t;

	(void)state;
	memset(text, 'x', LIMIT_TEMPLATE_BYTES + 1);
	text[LIMIT_TEMPLATE_BYTES + 1] = 0;
	assert_null(load(text, &e));
	assert_string_equal(
	    e.text, "the template has 16777217 bytes, more than 16777216");
	error_fini(&e);
	text[LIMIT_TEMPLATE_BYTES] = 0;
	t = parse(text);
	template_free(&t);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_template_has_a_limit),
	    cmocka_unit_test(nodes_print_in_normal_form),
	    cmocka_unit_test(a_chain_has_the_position_of_its_first_field),
	    cmocka_unit_test(equal_names_have_equal_addresses),
	    cmocka_unit_test(an_empty_definition_never_replaces_another),
	    cmocka_unit_test(the_empty_name_is_the_file),
	    cmocka_unit_test(a_denied_function_is_marked),
	    cmocka_unit_test(a_number_has_every_type_that_holds_it),
	    cmocka_unit_test(complex_numbers_fail_as_in_sscan),
	    cmocka_unit_test(strings_are_unquoted),
	    cmocka_unit_test(the_line_is_that_of_the_last_token_read),
	    cmocka_unit_test(the_caret_stands_under_the_culprit),
	    cmocka_unit_test(the_nearest_function_is_offered),
	    cmocka_unit_test(a_missing_end_shows_what_wants_it),
	    cmocka_unit_test(a_definition_has_lines_of_its_own),
	    cmocka_unit_test(depth_is_bounded),
	    cmocka_unit_test(delimiters_can_be_chosen),
	    cmocka_unit_test(recorded_parse_errors_are_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
