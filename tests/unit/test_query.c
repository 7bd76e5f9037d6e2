/* SPDX-License-Identifier: MIT */
/* The argument grammar and the identities, as consul-template has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "weir/query.h"

static struct arena arena;

static int
free_arena(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct query *
parsed(enum query_kind kind, const char *argument)
{
	struct error e = {0};
	struct query *q = NULL;

	if (query_parse(kind, str_of(argument), &arena, &q, &e) != 0)
		fail_msg("%s: %s", argument, e.text ? e.text : "nothing");
	return q;
}

static void
assert_str(struct str s, const char *expected)
{
	assert_int_equal(s.len, strlen(expected));
	if (s.len)
		assert_memory_equal(s.ptr, expected, s.len);
}

static void
an_identity_names_every_part_in_a_fixed_order(void **state)
{
	static const struct {
		enum query_kind kind;
		const char *argument, *id;
	} rows[] = {
	    {QUERY_SERVICE, "web", "health.service(web|passing)"},
	    {QUERY_SERVICE,
		"v1.web?peer=q&partition=p@nowhere~web01|warning,any",
		"health.service(v1.web@nowhere@partition=p@peer=q~web01|any,"
		"warning)"},
	    {QUERY_SERVICE, "web@nowhere|warning,passing,critical,passing",
		"health.service(web@nowhere|critical,passing,passing,warning)"},
	    {QUERY_SERVICE, "web@nowhere|,", "health.service(web@nowhere)"},
	    {QUERY_SERVICE, "web?sameness-group=g@nowhere",
		"health.service(web@nowhere@sameness-group=g|passing)"},
	    {QUERY_SERVICE, "v1.web?ns=team-a&partition=p@dc2~web61|any",
		"health.service(v1.web@dc2@partition=p@ns=team-a~web61|any)"},
	    {QUERY_SERVICE, "web?ns=", "health.service(web|passing)"},
	    {QUERY_CONNECT, "v1.pay@nowhere|any",
		"health.connect(v1.pay@nowhere|any)"},
	    {QUERY_SERVICES, "", "catalog.services"},
	    {QUERY_SERVICES, "?ns=x&partition=y@dc2",
		"catalog.services(@dc2@partition=y@ns=x)"},
	    {QUERY_NODE, "", "catalog.node"},
	    {QUERY_NODE, "web01?partition=p@nowhere",
		"catalog.node(web01@nowhere@partition=p)"},
	    {QUERY_NODES, "", "catalog.nodes"},
	    {QUERY_NODES, "?partition=p@nowhere~web01",
		"catalog.nodes(@nowhere@partition=p~web01)"},
	    {QUERY_NODES, "?ns=x", "catalog.nodes"},
	    {QUERY_DATACENTERS, "", "catalog.datacenters"},
	    {QUERY_KEY, "/app/name@nowhere", "kv.block(app/name@nowhere)"},
	    {QUERY_KEY, "/", "kv.block(/)"},
	    {QUERY_KEY, "///none", "kv.block(//none)"},
	    {QUERY_KEY, "app/name|any~x", "kv.block(app/name|any~x)"},
	    {QUERY_KEY, "none?partition=p@dc1",
		"kv.block(none@dc1@partition=p)"},
	    {QUERY_KEY_GET, "//", "kv.get(/)"},
	    {QUERY_KEY_GET, "app\tname", "kv.get(app\tname)"},
	    {QUERY_KEY_LIST, "app?ns=x&partition=y",
		"kv.list(app@partition=y@ns=x)"},
	    {QUERY_KEY_LIST, "numbers/@dc2", "kv.list(numbers/@dc2)"},
	    {QUERY_CA_ROOTS, "", "connect.caroots"},
	    {QUERY_CA_LEAF, "web", "connect.caleaf(web)"},
	    {QUERY_PARTITIONS, "", "list.partitions"},
	    {QUERY_PEERINGS, "", "list.peerings"},
	    {QUERY_PEERINGS, "?partition=default",
		"list.peerings?partition=default"},
	    {QUERY_EXPORTED, "", "list.exportedServices()"},
	    {QUERY_EXPORTED, "default", "list.exportedServices(default)"},
	    {QUERY_IMPORTED, "default", "list.importedServices(default)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_str(
		    parsed(rows[i].kind, rows[i].argument)->id, rows[i].id);
}

static void
a_wrong_argument_is_refused_in_consul_templates_words(void **state)
{
	static const struct {
		enum query_kind kind;
		const char *argument, *message;
	} rows[] = {
	    {QUERY_SERVICE, "v1.", "health.service: invalid format: \"v1.\""},
	    {QUERY_SERVICE, ".web", "health.service: invalid format: \".web\""},
	    {QUERY_SERVICE, "web@", "health.service: invalid format: \"web@\""},
	    {QUERY_SERVICE, "web|", "health.service: invalid format: \"web|\""},
	    {QUERY_SERVICE, "web~", "health.service: invalid format: \"web~\""},
	    {QUERY_SERVICE, "web?", "health.service: invalid format: \"web?\""},
	    {QUERY_SERVICE, "web|any@dc2",
		"health.service: invalid format: \"web|any@dc2\""},
	    {QUERY_SERVICE, "web@dc1@dc2",
		"health.service: invalid format: \"web@dc1@dc2\""},
	    {QUERY_SERVICE, "web~a@dc2",
		"health.service: invalid format: \"web~a@dc2\""},
	    {QUERY_SERVICE, "web|passing, warning",
		"health.service: invalid format: \"web|passing, warning\""},
	    {QUERY_SERVICE, "say \"web\"\t\x01",
		"health.service: invalid format: "
		"\"say \\\"web\\\"\\t\\x01\""},
	    {QUERY_SERVICE, "web:8080",
		"health.service: invalid format: \"web:8080\""},
	    {QUERY_SERVICE, "w\303\251b",
		"health.service: invalid format: \"w\303\251b\""},
	    {QUERY_SERVICE, "c,d.web",
		"health.service: invalid format: \"c,d.web\""},
	    {QUERY_SERVICE, "web\n",
		"health.service: invalid format: \"web\\n\""},
	    {QUERY_SERVICE, "web|healthy",
		"health.service: invalid filter: \"healthy\" in "
		"\"web|healthy\""},
	    {QUERY_SERVICE, "web|passing,Any",
		"health.service: invalid filter: \"Any\" in "
		"\"web|passing,Any\""},
	    {QUERY_SERVICE, "web?=a",
		"health.service: invalid query parameter key \"\" in query "
		"\"=a\": supported keys: ns,peer,partition,sameness-group"},
	    {QUERY_SERVICE, "web?ns=%41",
		"health.service: invalid format: \"web?ns=%41\""},
	    {QUERY_SERVICE, "web?sameness-group=a&peer=b",
		"health.service: cannot specify both peer and "
		"sameness-group"},
	    {QUERY_CONNECT, "pay|up",
		"health.service: invalid filter: \"up\" in \"pay|up\""},
	    {QUERY_CONNECT, "pay proxy",
		"health.service: invalid format: \"pay proxy\""},
	    {QUERY_SERVICES, "web",
		"catalog.services: invalid format: \"web\""},
	    {QUERY_SERVICES, "@dc2~a",
		"catalog.services: invalid format: \"@dc2~a\""},
	    {QUERY_NODE, "@dc2", "catalog.node: invalid format: \"@dc2\""},
	    {QUERY_NODE, "a~b", "catalog.node: invalid format: \"a~b\""},
	    {QUERY_NODES, "web01", "catalog.nodes: invalid format: \"web01\""},
	    {QUERY_NODES, "~a@dc1",
		"catalog.nodes: invalid format: \"~a@dc1\""},
	    {QUERY_KEY, "@dc2", "kv.get: invalid format: \"@dc2\""},
	    {QUERY_KEY, "a@dc2/x", "kv.get: invalid format: \"a@dc2/x\""},
	    {QUERY_KEY, "a@", "kv.get: invalid format: \"a@\""},
	    {QUERY_KEY, "a?", "kv.get: invalid format: \"a?\""},
	    {QUERY_KEY, "?ns=a", "kv.get: invalid format: \"?ns=a\""},
	    {QUERY_KEY, "app/name?raw=true",
		"kv.get: invalid query parameter key \"raw\" in query "
		"\"raw=true\": supported keys: "
		"ns,peer,partition,sameness-group"},
	    {QUERY_KEY_LIST, "app@", "kv.list: invalid format: \"app@\""},
	    {QUERY_PEERINGS, "@dc2", "list.peering: invalid format: \"@dc2\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct error e = {0};
		struct query *q;

		assert_int_equal(query_parse(rows[i].kind,
				     str_of(rows[i].argument), &arena, &q, &e),
		    -1);
		assert_string_equal(e.text, rows[i].message);
		error_fini(&e);
	}
}

static void
an_empty_name_asks_nothing(void **state)
{
	static const enum query_kind kinds[] = {QUERY_SERVICE, QUERY_CONNECT,
	    QUERY_KEY, QUERY_KEY_GET, QUERY_KEY_LIST, QUERY_CA_LEAF};
	struct query *q;

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		assert_int_equal(
		    query_parse(kinds[i], STR(""), &arena, &q, NULL), 1);
}

static void
the_last_dot_divides_tag_and_name(void **state)
{
	const struct query *q;

	(void)state;
	q = parsed(
	    QUERY_SERVICE, "traefik.frontend.rule=Host:api.example.com.api");
	assert_str(q->tag, "traefik.frontend.rule=Host:api.example.com");
	assert_str(q->name, "api");
	q = parsed(QUERY_SERVICE, "v1..web");
	assert_str(q->tag, "v1.");
	q = parsed(QUERY_SERVICE, "_-.web");
	assert_str(q->tag, "_-");
	q = parsed(QUERY_SERVICE, "my.svc_v2-x");
	assert_str(q->tag, "my");
	assert_str(q->name, "svc_v2-x");
}

static void
only_passing_is_the_default_filter(void **state)
{
	(void)state;
	assert_int_equal(parsed(QUERY_SERVICE, "web")->filters, FILTER_PASSING);
	assert_int_equal(parsed(QUERY_SERVICE, "web|,")->filters, 0);
	assert_int_equal(parsed(QUERY_SERVICE, "web|,any,,passing")->filters,
	    FILTER_ANY | FILTER_PASSING);
}

static void
the_first_value_of_a_parameter_counts(void **state)
{
	const struct query *q =
	    parsed(QUERY_SERVICE, "web?&partition=a&&partition=b&peer&");

	(void)state;
	assert_str(q->partition, "a");
	assert_str(q->peer, "");
	assert_str(
	    parsed(QUERY_SERVICE, "web?partition=a=b")->partition, "a=b");
	assert_str(parsed(QUERY_KEY, "a?peer=x")->peer, "");
}

static void
an_empty_peer_stands_beside_a_sameness_group(void **state)
{
	(void)state;
	assert_str(
	    parsed(QUERY_SERVICE, "web?peer=&sameness-group=g")->sameness_group,
	    "g");
}

static void
only_the_word_true_drops_unreachable_datacenters(void **state)
{
	(void)state;
	assert_true(parsed(QUERY_DATACENTERS, "true")->only_reachable);
	assert_false(parsed(QUERY_DATACENTERS, "")->only_reachable);
}

static void
a_copy_outlives_the_arena(void **state)
{
	struct query *copy =
	    query_copy(parsed(QUERY_SERVICE, "v1.web?ns=n@dc2~a|any"));

	(void)state;
	arena_fini(&arena);
	assert_str(copy->id, "health.service(v1.web@dc2@ns=n~a|any)");
	assert_str(copy->tag, "v1");
	assert_str(copy->name, "web");
	assert_str(copy->datacenter, "dc2");
	assert_str(copy->near, "a");
	assert_str(copy->ns, "n");
	assert_str(copy->peer, "");
	assert_int_equal(copy->filters, FILTER_ANY);
	query_free(&copy);
	assert_null(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_identity_names_every_part_in_a_fixed_order),
	    cmocka_unit_test(
		a_wrong_argument_is_refused_in_consul_templates_words),
	    cmocka_unit_test(an_empty_name_asks_nothing),
	    cmocka_unit_test(the_last_dot_divides_tag_and_name),
	    cmocka_unit_test(only_passing_is_the_default_filter),
	    cmocka_unit_test(the_first_value_of_a_parameter_counts),
	    cmocka_unit_test(an_empty_peer_stands_beside_a_sameness_group),
	    cmocka_unit_test(only_the_word_true_drops_unreachable_datacenters),
	    cmocka_unit_test(a_copy_outlives_the_arena),
	};

	return cmocka_run_group_tests(tests, NULL, free_arena);
}
