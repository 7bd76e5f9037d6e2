/* SPDX-License-Identifier: MIT */
/* Queries as Consul is asked them. Links the stage's private request.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/consul/request.h"

static struct config_consul config;

static void
check(enum query_kind kind, const char *argument, struct request_how how,
    const char *want)
{
	struct arena arena = {0};
	struct error e = {0};
	struct query *q = NULL;
	struct buf b = {0};

	assert_int_equal(
	    query_parse(kind, str_of(argument), &arena, &q, &e), 0);
	request_print(&b, q, &config, &how, STR("agent-1"));
	assert_string_equal(b.ptr, want);
	buf_fini(&b);
	arena_fini(&arena);
}

#define PLAIN ((struct request_how){0})

static void
each_kind_has_its_path(void **state)
{
	static const struct {
		enum query_kind kind;
		const char *argument, *path;
	} rows[] = {
	    {QUERY_SERVICE, "web", "/v1/health/service/web?passing=1"},
	    {QUERY_CONNECT, "web", "/v1/health/connect/web?passing=1"},
	    {QUERY_SERVICES, "", "/v1/catalog/services"},
	    {QUERY_NODE, "n1", "/v1/catalog/node/n1"},
	    {QUERY_NODE, "", "/v1/catalog/node/agent-1"},
	    {QUERY_NODES, "", "/v1/catalog/nodes"},
	    {QUERY_DATACENTERS, "", "/v1/catalog/datacenters"},
	    {QUERY_KEY, "app/name", "/v1/kv/app/name"},
	    {QUERY_KEY_GET, "app/name", "/v1/kv/app/name"},
	    {QUERY_KEY_LIST, "app", "/v1/kv/app?recurse"},
	    {QUERY_CA_ROOTS, "", "/v1/agent/connect/ca/roots"},
	    {QUERY_CA_LEAF, "web", "/v1/agent/connect/ca/leaf/web"},
	    {QUERY_PARTITIONS, "", "/v1/partitions"},
	    {QUERY_PEERINGS, "", "/v1/peerings"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check(rows[i].kind, rows[i].argument, PLAIN, rows[i].path);
}

static void
passing_is_asked_only_where_nothing_else_is(void **state)
{
	(void)state;
	check(QUERY_SERVICE, "web|any", PLAIN, "/v1/health/service/web");
	check(QUERY_SERVICE, "web|passing,warning", PLAIN,
	    "/v1/health/service/web");
}

static void
every_part_of_the_grammar_becomes_a_parameter(void **state)
{
	(void)state;
	check(QUERY_SERVICE, "v1.web?ns=team&partition=p@dc2~web01|any", PLAIN,
	    "/v1/health/service/web?dc=dc2&ns=team&partition=p&tag=v1"
	    "&near=web01");
	check(QUERY_SERVICE, "web?peer=q|any", PLAIN,
	    "/v1/health/service/web?peer=q");
	check(
	    QUERY_NODES, "@dc2~n1", PLAIN, "/v1/catalog/nodes?dc=dc2&near=n1");
	check(QUERY_KEY_LIST, "a/b@dc2", PLAIN, "/v1/kv/a/b?recurse&dc=dc2");
}

static void
what_is_no_plain_character_is_escaped(void **state)
{
	(void)state;
	check(QUERY_SERVICE, "traefik.rule=Host:a.web|any", PLAIN,
	    "/v1/health/service/web?tag=traefik.rule%3DHost%3Aa");
	check(QUERY_KEY, "a b/\xc3\xa9%2f?partition=x", PLAIN,
	    "/v1/kv/a%20b/%C3%A9%252f?partition=x");
	check(QUERY_KEY, "x\ny#&", PLAIN, "/v1/kv/x%0Ay%23%26");
}

static void
a_key_is_a_clean_path(void **state)
{
	(void)state;
	check(QUERY_KEY, "app//name", PLAIN, "/v1/kv/app/name");
	check(QUERY_KEY, "app/./name", PLAIN, "/v1/kv/app/name");
	check(QUERY_KEY, "folder/../app/name", PLAIN, "/v1/kv/app/name");
	check(QUERY_KEY, "../../app", PLAIN, "/v1/kv/app");
	check(QUERY_KEY, "a/b/../../c/..", PLAIN, "/v1/kv/");
	check(QUERY_KEY_LIST, "folder//", PLAIN, "/v1/kv/folder/?recurse");
	check(QUERY_KEY, "/", PLAIN, "/v1/kv/");
}

static void
a_blocking_query_has_index_and_wait(void **state)
{
	struct request_how how = {
	    .index = 18446744073709551615u, .wait_ms = 60123, .stale = true};

	(void)state;
	check(QUERY_SERVICE, "web", how,
	    "/v1/health/service/web?passing=1&stale&index="
	    "18446744073709551615&wait=60123ms");
	how.index = 0;
	check(QUERY_SERVICES, "", how, "/v1/catalog/services?stale");
	how.consistent = true;
	check(QUERY_SERVICES, "", how, "/v1/catalog/services?consistent");
}

static void
stale_is_not_said_to_what_knows_no_stale(void **state)
{
	struct request_how how = {.index = 3, .wait_ms = 1, .stale = true};

	(void)state;
	check(QUERY_CA_ROOTS, "", how,
	    "/v1/agent/connect/ca/roots?index=3&wait=1ms");
}

static void
a_probe_is_the_query_with_a_filter_that_nothing_matches(void **state)
{
	struct request_how how = {.probe = true};

	(void)state;
	check(QUERY_SERVICE, "web", how,
	    "/v1/health/service/web?passing=1&filter=Service.ID%3D%3D%22%22");
	check(QUERY_KEY, "a", how, "/v1/kv/a");
}

static void
defaults_come_from_the_configuration(void **state)
{
	char dc[] = "dc9", ns[] = "n", partition[] = "p";

	(void)state;
	config.datacenter = dc;
	config.ns = ns;
	config.partition = partition;
	check(QUERY_SERVICES, "", PLAIN,
	    "/v1/catalog/services?dc=dc9&ns=n&partition=p");
	check(QUERY_SERVICES, "@dc2", PLAIN,
	    "/v1/catalog/services?dc=dc2&ns=n&partition=p");
	check(QUERY_CA_ROOTS, "", PLAIN, "/v1/agent/connect/ca/roots");
	config = (struct config_consul){0};
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_kind_has_its_path),
	    cmocka_unit_test(passing_is_asked_only_where_nothing_else_is),
	    cmocka_unit_test(every_part_of_the_grammar_becomes_a_parameter),
	    cmocka_unit_test(what_is_no_plain_character_is_escaped),
	    cmocka_unit_test(a_key_is_a_clean_path),
	    cmocka_unit_test(a_blocking_query_has_index_and_wait),
	    cmocka_unit_test(stale_is_not_said_to_what_knows_no_stale),
	    cmocka_unit_test(
		a_probe_is_the_query_with_a_filter_that_nothing_matches),
	    cmocka_unit_test(defaults_come_from_the_configuration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
