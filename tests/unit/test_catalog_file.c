/* SPDX-License-Identifier: MIT */
/* The catalog file: what is refused and where, what is answered, what a
 * snapshot keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/catalog.h"

static const char world[] =
    "{\"Datacenter\": \"dc1\", \"Agent\": \"n1\", \"Nodes\": [\n"
    " {\"Node\": \"n2\", \"Address\": \"10.0.0.2\", \"Services\": [\n"
    "  {\"Service\": \"web\", \"Port\": 80, \"Tags\": [\"V1\", \"blue\"],\n"
    "   \"Weights\": {\"Passing\": 3}, \"Checks\": [\n"
    "    {\"Name\": \"up\", \"Status\": \"passing\"}]},\n"
    "  {\"Service\": \"pay-proxy\", \"Kind\": \"connect-proxy\",\n"
    "   \"Proxy\": {\"DestinationServiceName\": \"pay\"}},\n"
    "  {\"Service\": \"ledger\", \"Connect\": {\"Native\": true}}]},\n"
    " {\"Node\": \"N1\", \"Address\": \"10.0.0.1\", \"Meta\": {\"a\": \"b\"},\n"
    "  \"Checks\": [{\"CheckID\": \"z\", \"Status\": \"passing\"},\n"
    "   {\"CheckID\": \"a\", \"Status\": \"passing\"}], \"Services\": [\n"
    "  {\"ID\": \"w\", \"Service\": \"web\", \"Address\": \"192.0.2.1\",\n"
    "   \"Meta\": {}, \"Checks\": [{\"Name\": \"up\"}]}]}],\n"
    " \"Services\": {\"named\": [\"t\"]},\n"
    " \"KV\": {\"a/b\": \"1\", \"a/\": \"\", \"b\": \"2\",\n"
    "  \"bin\": {\"Base64\": \"AP8=\", \"Flags\": 7}},\n"
    " \"Remote\": [{\"Datacenter\": \"dc2\", \"Agent\": \"n9\",\n"
    "  \"Nodes\": [{\"Node\": \"n9\"}], \"KV\": {\"b\": \"far\"}}]}\n";

static char path[] = "/tmp/weir-test-XXXXXX";

static struct catalog_file *
load(const char *text, struct error *e)
{
	struct catalog_file *f;
	FILE *out;
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	fputs(text, out);
	fclose(out);
	f = catalog_file_load(path, e);
	unlink(path);
	return f;
}

/* ---- asking ---- */

static struct catalog_file *file;
static struct arena arena;
static struct answer *answer;

static int
set_up(void **state)
{
	(void)state;
	file = load(world, NULL);
	return file ? 0 : -1;
}

static int
tear_down(void **state)
{
	(void)state;
	answer_unref(&answer);
	catalog_file_free(&file);
	arena_fini(&arena);
	return 0;
}

static const struct value *
ask(enum query_kind kind, const char *argument)
{
	struct query *q;

	answer_unref(&answer);
	assert_int_equal(
	    query_parse(kind, str_of(argument), &arena, &q, NULL), 0);
	answer = catalog_file_answer(file, q, NULL);
	assert_non_null(answer);
	return &answer->value;
}

/* Borrowed until the next call. */
static const struct health_service *
instance(const struct value *v, size_t i)
{
	static struct health_service s;

	assert_true(i < v->len);
	health_service_read(value_index(v, i).u.ptr, &s);
	return &s;
}

static struct health_check
check_at(const struct health_service *s, size_t i)
{
	struct health_check c;

	health_check_read(((const void *const *)s->checks.items)[i], &c);
	return c;
}

static void
assert_text(const struct pstr *p, const char *expected)
{
	struct str s = str_of_packed(p);

	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.ptr, expected, s.len);
}

static void
assert_refused(enum query_kind kind, const char *argument, const char *why)
{
	struct error e = {0};
	struct query *q;

	assert_int_equal(
	    query_parse(kind, str_of(argument), &arena, &q, NULL), 0);
	assert_null(catalog_file_answer(file, q, &e));
	assert_string_equal(e.text, why);
	error_fini(&e);
}

static void
what_is_left_out_has_consuls_default(void **state)
{
	const struct value *v = ask(QUERY_SERVICE, "web|any");
	const struct health_service *s = instance(v, 1);

	(void)state;
	assert_int_equal(v->len, 2);
	assert_text(s->id, "web");
	assert_text(s->address, "10.0.0.2");
	assert_null(s->service_meta);
	assert_null(s->node_meta);
	assert_null(s->service_tagged_addresses);
	assert_int_equal(s->weights.passing, 3);
	assert_int_equal(s->weights.warning, 0);
	s = instance(v, 0);
	assert_text(s->status, "critical");
	assert_int_equal(s->weights.passing, 1);
	assert_int_equal(s->weights.warning, 1);
	assert_int_equal(s->port, 0);
	assert_non_null(s->service_meta);
}

static void
checks_of_the_node_come_first_each_by_id(void **state)
{
	const struct health_service *s =
	    instance(ask(QUERY_SERVICE, "web|any"), 0);

	(void)state;
	assert_int_equal(s->checks.count, 3);
	assert_text(check_at(s, 0).check_id, "a");
	assert_text(check_at(s, 1).check_id, "z");
	assert_text(check_at(s, 2).check_id, "up");
	assert_text(check_at(s, 2).service_id, "w");
	assert_text(check_at(s, 0).service_id, "");
}

static void
names_and_tags_match_in_any_case(void **state)
{
	(void)state;
	assert_int_equal(ask(QUERY_SERVICE, "WEB|any")->len, 2);
	assert_int_equal(ask(QUERY_SERVICE, "v1.Web")->len, 1);
	assert_int_equal(ask(QUERY_SERVICE, "BLUE.web")->len, 1);
	assert_int_equal(ask(QUERY_SERVICE, "green.web|any")->len, 0);
	assert_text(((const struct node_detail *)ask(QUERY_NODE, "n1")->u.ptr)
			->node->node,
	    "N1");
}

static void
keys_match_exactly(void **state)
{
	(void)state;
	assert_true(ask(QUERY_KEY, "a/b")->type == &type_string);
	assert_null(ask(QUERY_KEY, "A/b")->type);
	assert_null(ask(QUERY_KEY, "a")->type);
	assert_int_equal(ask(QUERY_KEY_LIST, "a")->len, 2);
	assert_int_equal(ask(QUERY_KEY_LIST, "/")->len, 4);
}

static void
odd_slashes_of_a_key_are_taken_out(void **state)
{
	static const char *const same[] = {
	    "a//b", "a/./b", "x/../a/b", "///a/b", "../a/b"};

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		assert_non_null(ask(QUERY_KEY, same[i])->type);
	assert_null(ask(QUERY_KEY, "a/b/")->type);
	assert_refused(
	    QUERY_KEY, "/", "Unexpected response code: 400 (Missing key name)");
}

static void
a_value_may_be_bytes(void **state)
{
	const struct value *v = ask(QUERY_KEY_GET, "bin");
	const struct key_pair *pair;

	(void)state;
	assert_int_equal(v->len, 2);
	assert_memory_equal(v->u.str, "\0\377", 2);
	pair = value_index(ask(QUERY_KEY_LIST, "bin"), 0).u.ptr;
	assert_int_equal(pair->flags, 7);
}

static void
connect_finds_proxies_and_what_is_native(void **state)
{
	(void)state;
	assert_text(instance(ask(QUERY_CONNECT, "PAY"), 0)->name, "pay-proxy");
	assert_text(
	    instance(ask(QUERY_CONNECT, "x.ledger"), 0)->name, "ledger");
	assert_int_equal(ask(QUERY_CONNECT, "web")->len, 0);
	assert_int_equal(ask(QUERY_CONNECT, "pay-proxy")->len, 0);
}

static void
another_datacenter_answers_for_itself(void **state)
{
	const struct node_detail *detail;

	(void)state;
	assert_memory_equal(ask(QUERY_KEY, "b@dc2")->u.str, "far", 3);
	assert_int_equal(ask(QUERY_NODES, "@dc2")->len, 1);
	assert_int_equal(ask(QUERY_NODES, "@dc1")->len, 2);
	assert_int_equal(ask(QUERY_DATACENTERS, "")->len, 2);
	detail = ask(QUERY_NODE, "n9")->u.ptr;
	assert_null(detail->node);
	assert_refused(QUERY_SERVICE, "web@DC2",
	    "Unexpected response code: 500 (No path to datacenter)");
}

static void
the_agent_answers_for_a_node_without_a_name(void **state)
{
	const struct node_detail *detail = ask(QUERY_NODE, "")->u.ptr;

	(void)state;
	assert_text(detail->node->node, "N1");
	assert_text(detail->node->datacenter, "dc1");
	assert_true(str_is(catalog_file_agent(file), "n1"));
	assert_true(str_is(catalog_file_datacenter(file), "dc1"));
}

static void
services_are_those_of_nodes_and_those_only_named(void **state)
{
	const struct value *v = ask(QUERY_SERVICES, "");
	const struct catalog_snippet *s = value_index(v, 1).u.ptr;

	(void)state;
	assert_int_equal(v->len, 4);
	assert_text(s->name, "named");
	assert_int_equal(s->tags.count, 1);
}

static void
there_are_no_namespaces(void **state)
{
	(void)state;
	assert_refused(QUERY_SERVICE, "web?ns=x",
	    "Unexpected response code: 400 (Bad request: Invalid query "
	    "parameter: \"ns\" - Namespaces are a Consul Enterprise feature)");
	assert_int_equal(ask(QUERY_NODES, "?ns=x")->len, 2);
}

/* ---- errors ---- */

static void
an_error_names_line_column_and_field(void **state)
{
	static const struct {
		const char *text;
		int line, column;
		const char *message;
	} rows[] = {
	    {"{\n \"Nodes\": [\n  {\"Node\": 5}]}", 3, 11,
		"Nodes[0].Node: expected a string, found a number"},
	    {"{\"Nodes\": [{\"Node\": \"a\",\n  \"Adress\": \"x\"}]}", 2, 2,
		"unknown field \"Adress\" in Nodes[0]; did you mean "
		"\"Address\"?"},
	    {"{\"Knodes\": []}", 1, 1,
		"unknown field \"Knodes\"; did you mean \"Nodes\"?"},
	    {"{\"Nodes\": [{\"Address\": \"x\"}]}", 1, 11,
		"Nodes[0]: \"Node\" is missing"},
	    {"{\"Nodes\": [{\"Node\": \"\"}]}", 1, 11,
		"Nodes[0]: \"Node\" is missing"},
	    {"[]", 1, 0, "expected an object, found a list"},
	    {"{\"KV\": {\"a\": \"\\\"]}\",\n \"b\": 1}}", 2, 6,
		"KV.b: expected a string, found a number"},
	    {"{\"KV\": {\"x\\u0041\": {\"Flags\":\n -1}}}", 2, 1,
		"KV.xA.Flags: expected no negative number, found a number"},
	    {"{\"KV\": {\"a\": {\"Base64\": \"x\"}}}", 1, 24,
		"KV.a.Base64: expected base64, found a string"},
	    {"{\"Nodes\": [{\"Node\":\"a\",\"Services\":[{\"Service\":\"w\"},\n"
	     "{\"Service\":\"w\",\"Port\":80.5}]}]}",
		2, 22,
		"Nodes[0].Services[1].Port: expected a whole number, found a "
		"number with a fraction"},
	    {"{\"Nodes\": [{\"Node\":\"a\",\"Services\":[{\"Service\":\"w\"},\n"
	     "{\"Service\":\"w\"}]}]}",
		2, 0, "Nodes[0].Services[1]: service \"w\" is there twice"},
	    {"{\"Nodes\": [{\"Node\":\"a\"},\n {\"Node\":\"A\"}]}", 2, 1,
		"Nodes[1]: node \"A\" is there twice"},
	    {"{\"Remote\": [{\"Nodes\": []}]}", 1, 12,
		"Remote[0]: \"Datacenter\" is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error e = {0};

		assert_null(load(rows[i].text, &e));
		assert_string_equal(e.text, rows[i].message);
		assert_int_equal(e.line, rows[i].line);
		assert_int_equal(e.column, rows[i].column);
		assert_string_equal(e.source, path);
		assert_non_null(e.excerpt);
		error_fini(&e);
	}
}

static void
a_syntax_error_names_its_line(void **state)
{
	static const char *const texts[] = {"{\n \"Nodes\": [ }", "{\n",
	    "{\"KV\": {\"a\": \"1\",\n \"a\": \"2\"}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct error e = {0};

		assert_null(load(texts[i], &e));
		assert_int_equal(e.line, 2);
		assert_string_equal(e.source, path);
		error_fini(&e);
	}
}

static void
a_file_that_is_not_there_is_an_error(void **state)
{
	struct error e = {0};

	(void)state;
	assert_null(catalog_file_load("/nowhere/at/all", &e));
	assert_non_null(strstr(e.text, "/nowhere/at/all"));
	error_fini(&e);
}

static void
null_is_as_good_as_left_out(void **state)
{
	struct catalog_file *f =
	    load("{\"Agent\": null, \"KV\": null, \"Nodes\": "
		 "[{\"Node\": \"a\", \"Meta\": null, "
		 "\"Services\": null}]}",
		NULL);

	(void)state;
	assert_non_null(f);
	catalog_file_free(&f);
}

/* ---- snapshots ---- */

static const struct {
	enum query_kind kind;
	const char *argument;
} asked[] = {
    {QUERY_SERVICE, "web"},
    {QUERY_SERVICE, "v1.web|any"},
    {QUERY_CONNECT, "pay"},
    {QUERY_CONNECT, "ledger"},
    {QUERY_SERVICES, ""},
    {QUERY_NODE, ""},
    {QUERY_NODE, "nobody"},
    {QUERY_NODE, "n9@dc2"},
    {QUERY_NODES, ""},
    {QUERY_KEY, "a/b"},
    {QUERY_KEY, "b@dc2"},
    {QUERY_KEY_GET, "none"},
    {QUERY_KEY_LIST, "bin"},
    {QUERY_DATACENTERS, ""},
};
#define ASKED (sizeof(asked) / sizeof(asked[0]))

static void
a_snapshot_gives_the_same_answers(void **state)
{
	struct catalog_writer *w = catalog_writer_new();
	struct catalog_file *copy;
	struct buf text = {0};
	struct query *q[ASKED];

	(void)state;
	for (size_t i = 0; i < ASKED; i++) {
		ask(asked[i].kind, asked[i].argument);
		query_parse(asked[i].kind, str_of(asked[i].argument), &arena,
		    &q[i], NULL);
		catalog_writer_add(w, q[i], answer);
	}
	catalog_writer_print(w, STR("n1"), STR("dc1"), &text);
	catalog_writer_free(&w);
	copy = load(text.ptr, NULL);
	assert_non_null(copy);
	for (size_t i = 0; i < ASKED; i++) {
		struct answer *again = catalog_file_answer(copy, q[i], NULL);

		ask(asked[i].kind, asked[i].argument);
		assert_non_null(again);
		if (!answer_same(answer, again))
			fail_msg("%s", q[i]->id.ptr);
		answer_unref(&again);
	}
	catalog_file_free(&copy);
	buf_fini(&text);
}

static void
what_only_node_names_stays_out_of_service(void **state)
{
	struct catalog_writer *w = catalog_writer_new();
	struct catalog_file *copy;
	struct buf text = {0};
	struct query *q;
	struct answer *again;

	(void)state;
	/* Of n1's web there is a critical check, which is not asked for. */
	query_parse(QUERY_SERVICE, STR("web"), &arena, &q, NULL);
	ask(QUERY_SERVICE, "web");
	catalog_writer_add(w, q, answer);
	query_parse(QUERY_NODE, STR("n1"), &arena, &q, NULL);
	ask(QUERY_NODE, "n1");
	catalog_writer_add(w, q, answer);
	catalog_writer_print(w, STR(""), STR(""), &text);
	catalog_writer_free(&w);
	copy = load(text.ptr, NULL);
	assert_non_null(copy);
	query_parse(QUERY_SERVICE, STR("web"), &arena, &q, NULL);
	again = catalog_file_answer(copy, q, NULL);
	assert_int_equal(again->value.len, 1);
	answer_unref(&again);
	catalog_file_free(&copy);
	buf_fini(&text);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(what_is_left_out_has_consuls_default),
	    TEST(checks_of_the_node_come_first_each_by_id),
	    TEST(names_and_tags_match_in_any_case),
	    TEST(keys_match_exactly),
	    TEST(odd_slashes_of_a_key_are_taken_out),
	    TEST(a_value_may_be_bytes),
	    TEST(connect_finds_proxies_and_what_is_native),
	    TEST(another_datacenter_answers_for_itself),
	    TEST(the_agent_answers_for_a_node_without_a_name),
	    TEST(services_are_those_of_nodes_and_those_only_named),
	    TEST(there_are_no_namespaces),
	    cmocka_unit_test(an_error_names_line_column_and_field),
	    cmocka_unit_test(a_syntax_error_names_its_line),
	    cmocka_unit_test(a_file_that_is_not_there_is_an_error),
	    cmocka_unit_test(null_is_as_good_as_left_out),
	    TEST(a_snapshot_gives_the_same_answers),
	    TEST(what_only_node_names_stays_out_of_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
