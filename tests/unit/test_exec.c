/* SPDX-License-Identifier: MIT */
/* The executor, with functions and records of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "weir/template.h"

/* ---- a world ---- */

struct server {
	const struct pstr *name;
	int32_t port;
	struct list tags;
};

static int
func_greet(struct call *c, struct value *result)
{
	const struct server *s = c->args[0].u.ptr;

	struct str whom =
	    c->argc > 1 ? value_as_str(&c->args[1]) : STR("nobody");

	*result = value_str(str_of(arena_printf(
	    c->arena, "%s to %.*s", s->name->bytes, (int)whom.len, whom.ptr)));
	return 0;
}

static const struct method methods[] = {
    {"Greet", "...string", "string", func_greet}};
static const struct field fields[] = {
    {.name = "Name",
	.type = &type_string,
	.offset = offsetof(struct server, name),
	.store = STORE_PSTR},
    {.name = "Port",
	.type = &type_int,
	.offset = offsetof(struct server, port),
	.store = STORE_I32},
    {.name = "Tags",
	.type = &type_strings,
	.offset = offsetof(struct server, tags),
	.store = STORE_LIST},
};
static const struct type server_type = {.kind = KIND_STRUCT,
    .name = "t.Server",
    .size = sizeof(struct server),
    .fields = fields,
    .field_count = 3,
    .methods = methods,
    .method_count = 1};
static const struct type server_ptr = {
    .kind = KIND_PTR, .name = "*t.Server", .elem = &server_type};
static const struct type servers_type = {.kind = KIND_SLICE,
    .name = "[]*t.Server",
    .elem = &server_ptr,
    .elem_store = STORE_PTR};
/* A second record with a field of the same name. */
static const struct type other_type = {.kind = KIND_STRUCT,
    .name = "t.Other",
    .size = sizeof(struct server),
    .fields = fields + 1,
    .field_count = 1};

static struct arena world;

static int
func_servers(struct call *c, struct value *result)
{
	static struct server servers[2];
	static const struct server *list[2] = {&servers[0], &servers[1]};
	static struct str tags[] = {{"a", 1}, {"b", 1}};

	(void)c;
	servers[0] = (struct server){
	    arena_pstr(&world, STR("web")), 80, {tags, 2, true}};
	servers[1] = (struct server){
	    arena_pstr(&world, STR("db")), 5432, {NULL, 0, false}};
	*result = value_slice(&servers_type, list, 2);
	return 0;
}

static int
func_mixed(struct call *c, struct value *result)
{
	struct value servers, other;
	struct list_builder b;

	func_servers(c, &servers);
	other = value_index(&servers, 1);
	other.type = &other_type;
	list_begin(&b, c->arena, &type_anys);
	list_add(&b, value_index(&servers, 0));
	list_add(&b, other);
	list_add(&b, value_index(&servers, 0));
	*result = list_end(&b);
	return 0;
}

static int
func_nobody(struct call *c, struct value *result)
{
	(void)c;
	*result = value_ptr(&server_ptr, NULL);
	return 0;
}

static int
func_absent(struct call *c, struct value *result)
{
	c->render->missing++;
	*result = value_slice(&type_strings, NULL, 0);
	return 0;
}

static int
func_count(struct call *c, struct value *result)
{
	*result = value_int64(c->render->line * 100 + (int)c->argc);
	return 0;
}

static int
func_join(struct call *c, struct value *result)
{
	struct buf b = {0};

	for (uint32_t i = 0; i < c->args[0].len; i++) {
		struct value s = value_index(&c->args[0], i);

		buf_str(&b, value_as_str(&s));
	}
	*result = value_str(arena_str(c->arena, buf_as_str(&b)));
	buf_fini(&b);
	return 0;
}

static int
func_fail(struct call *c, struct value *result)
{
	(void)result;
	return call_fail(
	    c, "no %.*s today", (int)c->args[0].len, c->args[0].u.str);
}

static int
func_port(struct call *c, struct value *result)
{
	*result = value_int(((const struct server *)c->args[0].u.ptr)->port);
	return 0;
}

static const struct func funcs[] = {
    {"servers", "", "[]*t.Server", func_servers, 0, NULL},
    {"mixed", "", "[]interface {}", func_mixed, 0, NULL},
    {"nobody", "", "*t.Server", func_nobody, 0, NULL},
    {"absent", "", "[]string", func_absent, 0, NULL},
    {"where", "int64,...interface {}", "int64", func_count, 0, NULL},
    {"glue", "[]string", "string", func_join, 0, NULL},
    {"broken", "string", "string", func_fail, 0, NULL},
    {"portOf", "*t.Server", "int", func_port, 0, NULL},
    {"portIn", "t.Server", "int", func_port, 0, NULL},
};
static const struct type *const types[] = {&server_type, &server_ptr};
static const struct func_family family = {
    "test", funcs, sizeof funcs / sizeof funcs[0], types, 2};
static const struct func_family *const families[] = {&family, NULL};

/* ---- running ---- */

struct outcome {
	int rc;
	uint32_t missing;
	struct buf out;
	struct error error;
};

static struct outcome
run_with(const char *text, struct template_options o, size_t limit)
{
	struct outcome done = {.out.limit = limit};
	struct arena arena = {0};
	struct render r = {.arena = &arena, .out = &done.out};
	struct template *t;

	o.path = "dir/case.tmpl";
	o.families = families;
	t = template_new(&o, str_of(text), &done.error);
	if (!t)
		fail_msg("%s: %s", text, done.error.text);
	done.rc = template_execute(t, &r, &done.error);
	done.missing = r.missing;
	template_free(&t);
	arena_fini(&arena);
	return done;
}

static void
forget(struct outcome *o)
{
	buf_fini(&o->out);
	error_fini(&o->error);
}

static void
gives(const char *text, const char *want)
{
	struct outcome o = run_with(text, (struct template_options){0}, 0);

	if (o.rc < 0)
		fail_msg("%s: %s", text, o.error.text);
	assert_string_equal(o.out.ptr ? o.out.ptr : "", want);
	forget(&o);
}

static void
fails(const char *text, const char *want)
{
	struct outcome o = run_with(text, (struct template_options){0}, 0);

	assert_int_equal(o.rc, -1);
	assert_string_equal(o.error.text, want);
	forget(&o);
}

/* ---- facts ---- */

static void
fields_and_methods_of_records(void **state)
{
	(void)state;
	gives(
	    "{{range servers}}{{.Name}}:{{.Port}} {{end}}", "web:80 db:5432 ");
	gives("{{range servers}}{{.Greet}},{{.Greet \"me\"}},"
	      "{{\"you\" | .Greet}};{{end}}",
	    "web to nobody,web to me,web to you;"
	    "db to nobody,db to me,db to you;");
	gives(
	    "{{with index servers 0}}{{range .Tags}}{{.}}{{end}}{{end}}", "ab");
}

static void
the_field_cache_follows_the_type(void **state)
{
	(void)state;
	gives("{{range mixed}}{{.Port}} {{end}}", "80 5432 80 ");
	fails("{{range mixed}}{{.Name}}{{end}}",
	    "executing \"case.tmpl\" at <.Name>: can't evaluate field Name in "
	    "type interface {}");
}

static void
values_are_converted_to_parameters(void **state)
{
	(void)state;
	gives("{{portOf (index servers 1)}} {{portIn (index servers 1)}}",
	    "5432 5432");
	gives("{{with index servers 0}}{{glue .Tags}}{{end}}", "ab");
	gives("{{where 'a'}} {{where 1e0 nil 2}}", "101 103");
	fails("{{portIn nobody}}",
	    "executing \"case.tmpl\" at <nobody>: dereference of nil pointer "
	    "of type t.Server");
	fails("{{where (len \"a\")}}",
	    "executing \"case.tmpl\" at <\"a\">: wrong type for value; "
	    "expected int64; got int");
	fails("{{glue \"a\"}}",
	    "executing \"case.tmpl\" at <\"a\">: can't handle \"a\" for arg of "
	    "type []string");
}

static void
a_function_knows_its_line(void **state)
{
	(void)state;
	gives("\n\n{{where 1}}", "\n\n301");
}

static void
a_function_s_error_names_it(void **state)
{
	struct outcome o =
	    run_with("a\n  {{broken \"x\"}}", (struct template_options){0}, 0);

	(void)state;
	assert_string_equal(o.error.text,
	    "executing \"case.tmpl\" at <broken \"x\">: error calling broken: "
	    "no x today");
	assert_string_equal(o.error.source, "dir/case.tmpl");
	assert_int_equal(o.error.line, 2);
	assert_int_equal(o.error.column, 4);
	assert_string_equal(o.error.excerpt, "  {{broken \"x\"}}\n    ^");
	forget(&o);
}

static void
an_error_shows_who_called_and_what_was_meant(void **state)
{
	struct outcome o = run_with(
	    "{{define \"in\"}}{{.Prot}}{{end}}\n{{template \"in\" index "
	    "servers 0}}",
	    (struct template_options){0}, 0);

	(void)state;
	assert_string_equal(o.error.text,
	    "executing \"in\" at <.Prot>: can't evaluate field Prot in type "
	    "*t.Server");
	assert_string_equal(o.error.excerpt,
	    "{{define \"in\"}}{{.Prot}}{{end}}\n                 ^\n"
	    "did you mean .Port?\n"
	    "in template \"in\" called at dir/case.tmpl:2:11");
	forget(&o);
}

static void
nil_pointers_are_told_from_unknown_fields(void **state)
{
	(void)state;
	fails("{{(nobody).Name}}",
	    "executing \"case.tmpl\" at <nobody>: nil pointer evaluating "
	    "*t.Server.Name");
	fails("{{(nobody).Nome}}",
	    "executing \"case.tmpl\" at <nobody>: can't evaluate field Nome in "
	    "type *t.Server");
	gives("{{nobody}} {{if nobody}}y{{else}}n{{end}}", "<nil> n");
}

static void
break_in_the_else_of_a_range_ends_it(void **state)
{
	(void)state;
	gives("{{range 3}}{{.}}{{range 0}}{{else}}{{break}}{{end}}-{{end}}",
	    "0-1-2-");
	gives("{{range 3}}{{.}}{{range 0}}{{else}}{{continue}}{{end}}-{{end}}",
	    "012");
}

static void
variables_end_with_their_scope(void **state)
{
	(void)state;
	gives("{{$x := 1}}{{if true}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}",
	    "32");
	gives("{{define \"t\"}}{{$x := 9}}{{$}}{{end}}{{$x := 1}}"
	      "{{template \"t\" 5}}{{$x}}",
	    "51");
	gives("{{range $i, $s := servers}}{{$i}}{{$s.Name}} {{end}}",
	    "0web 1db ");
}

static void
a_map_may_change_while_it_is_ranged(void **state)
{
	(void)state;
	gives("{{$m := parseJSON \"{\\\"a\\\":1,\\\"b\\\":2}\"}}"
	      "{{range $k, $v := $m}}{{$k}}{{$v}}"
	      "{{$_ := sprig_set $m \"c\" 3}}{{$_ = sprig_unset $m \"a\"}}"
	      "{{end}}{{$m}}",
	    "a1b2map[b:2 c:3]");
}

static void
a_list_sorted_in_place_changes_the_element_in_hand(void **state)
{
	(void)state;
	gives("{{$s := sprig_splitList \",\" \"c,b,a\"}}{{range $s}}{{$x := .}}"
	      "{{$_ := sprig_sortAlpha $s}}{{.}}{{$x}}{{len $x}}"
	      "{{eq $x .}}{{if $x}}y{{end}} {{end}}",
	    "aa1truey bb1truey cc1truey ");
}

static void
missing_data_are_counted(void **state)
{
	struct outcome o =
	    run_with("{{index absent 0}}", (struct template_options){0}, 0);

	(void)state;
	assert_int_equal(o.rc, -1);
	assert_int_equal(o.missing, 1);
	forget(&o);
}

static void
denied_functions_refuse_after_their_arguments(void **state)
{
	const char *denied[] = {"gl*"};
	struct outcome o = run_with("{{glue \"a\"}}",
	    (struct template_options){.denied = denied, .denied_count = 1}, 0);

	(void)state;
	assert_string_equal(o.error.text,
	    "executing \"case.tmpl\" at <glue \"a\">: error calling glue: "
	    "function is disabled");
	forget(&o);
}

static void
execute_template_gives_text_or_go_s_error(void **state)
{
	(void)state;
	gives("{{define \"t\"}}<{{.}}>{{end}}{{executeTemplate \"t\" 5 | len}}",
	    "3");
	fails("{{define \"t\"}}{{.a}}{{end}}{{executeTemplate \"t\" 5}}",
	    "executing \"case.tmpl\" at <executeTemplate \"t\" 5>: error "
	    "calling executeTemplate: template: :1:16: executing \"t\" at "
	    "<.a>: can't evaluate field a in type int");
}

/* Each level repeated the message of the one within: 100,000 took hours. */
static void
execute_template_is_nested_so_deep_and_no_deeper(void **state)
{
	struct outcome o =
	    run_with("{{define \"a\"}}{{executeTemplate \"a\" .}}"
		     "{{end}}{{template \"a\"}}",
		(struct template_options){0}, 0);

	(void)state;
	assert_int_equal(o.error.kind, ERROR_LIMIT);
	assert_string_equal(
	    o.error.text, "executeTemplate is nested deeper than 500");
	forget(&o);
}

/* 2^64 maps, of 64 that are each in the next twice. */
static void
a_copy_of_what_is_shared_ends_at_the_memory_of_a_render(void **state)
{
	(void)state;
	fails("{{$d := sprig_dict}}{{range sprig_until 64}}"
	      "{{$d = sprig_dict \"a\" $d \"b\" $d}}{{end}}"
	      "{{sprig_deepCopy $d}}",
	    "executing \"case.tmpl\" at <sprig_deepCopy $d>: error calling "
	    "sprig_deepCopy: the template needs more than 1073741824 bytes of "
	    "memory");
}

static void
a_template_calls_itself_as_deep_as_in_go(void **state)
{
	struct outcome o = run_with("{{define \"r\"}}{{if true}}{{template "
				    "\"r\"}}{{end}}{{end}}{{template \"r\"}}",
	    (struct template_options){0}, 0);

	(void)state;
	assert_string_equal(o.error.text,
	    "executing \"r\" at <{{template \"r\"}}>: exceeded maximum "
	    "template depth (100000)");
	assert_non_null(strstr(o.error.excerpt, "and 99992 more calls"));
	forget(&o);
}

#ifdef __SANITIZE_ADDRESS__
#define WITH_ASAN true
#else
#define WITH_ASAN false
#endif

/* KiB of anonymous memory in use. */
static long
resident(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[128];
	long kb = -1;

	assert_non_null(f);
	while (kb < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "RssAnon: %ld", &kb);
	fclose(f);
	return kb;
}

/* 100,000 calls touch tens of MB of stack. Runs before whatever else goes
 * deep. */
static void
a_deep_render_gives_its_stack_back(void **state)
{
	struct outcome o = run_with("{{1}}", (struct template_options){0}, 0);
	long before = resident();

	(void)state;
	forget(&o);
	if (WITH_ASAN)
		skip();
	o = run_with("{{define \"r\"}}{{if true}}{{template \"r\"}}{{end}}"
		     "{{end}}{{template \"r\"}}",
	    (struct template_options){0}, 0);
	assert_int_equal(o.rc, -1);
	forget(&o);
	assert_true(resident() - before < 16 << 10);
}

static void
the_output_is_bounded_to_its_last_byte(void **state)
{
	struct outcome o = run_with(
	    "0123456789{{print \"a\"}}", (struct template_options){0}, 10);

	(void)state;
	assert_int_equal(o.rc, -1);
	assert_int_equal(o.error.kind, ERROR_LIMIT);
	assert_string_equal(o.error.text, "the output exceeds 10 bytes");
	assert_int_equal(o.error.line, 1);
	forget(&o);
}

static void
blocks_in_calls_in_blocks_end_before_the_stack(void **state)
{
	struct buf b = {0};
	struct outcome o;

	(void)state;
	buf_puts(&b, "{{define \"r\"}}");
	for (int i = 0; i < 500; i++)
		buf_puts(&b, "{{if true}}");
	buf_puts(&b, "{{template \"r\"}}");
	for (int i = 0; i < 500; i++)
		buf_puts(&b, "{{end}}");
	buf_puts(&b, "{{end}}{{template \"r\"}}");
	o = run_with(b.ptr, (struct template_options){0}, 0);
	assert_int_equal(o.error.kind, ERROR_LIMIT);
	assert_string_equal(
	    o.error.text, "template calls and blocks are nested too deep");
	forget(&o);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fields_and_methods_of_records),
	    cmocka_unit_test(the_field_cache_follows_the_type),
	    cmocka_unit_test(values_are_converted_to_parameters),
	    cmocka_unit_test(a_function_knows_its_line),
	    cmocka_unit_test(a_function_s_error_names_it),
	    cmocka_unit_test(an_error_shows_who_called_and_what_was_meant),
	    cmocka_unit_test(nil_pointers_are_told_from_unknown_fields),
	    cmocka_unit_test(break_in_the_else_of_a_range_ends_it),
	    cmocka_unit_test(variables_end_with_their_scope),
	    cmocka_unit_test(a_map_may_change_while_it_is_ranged),
	    cmocka_unit_test(
		a_list_sorted_in_place_changes_the_element_in_hand),
	    cmocka_unit_test(missing_data_are_counted),
	    cmocka_unit_test(denied_functions_refuse_after_their_arguments),
	    cmocka_unit_test(execute_template_gives_text_or_go_s_error),
	    cmocka_unit_test(a_deep_render_gives_its_stack_back),
	    cmocka_unit_test(execute_template_is_nested_so_deep_and_no_deeper),
	    cmocka_unit_test(
		a_copy_of_what_is_shared_ends_at_the_memory_of_a_render),
	    cmocka_unit_test(a_template_calls_itself_as_deep_as_in_go),
	    cmocka_unit_test(the_output_is_bounded_to_its_last_byte),
	    cmocka_unit_test(blocks_in_calls_in_blocks_end_before_the_stack),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	arena_fini(&world);
	return rc;
}
