/* SPDX-License-Identifier: MIT */
/* Consul's JSON, pretty and compact, right and wrong, to records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weir/consul.h"

#define NODE                                                                \
	"\"Node\":{\"ID\":\"i1\",\"Node\":\"n1\",\"Address\":\"10.0.0.1\"," \
	"\"Datacenter\":\"dc1\",\"TaggedAddresses\":{\"wan\":\"1.2.3.4\","  \
	"\"lan\":\"10.0.0.1\"},\"Meta\":null}"
#define SERVICE                                                                \
	"\"Service\":{\"ID\":\"web-1\",\"Service\":\"web\",\"Tags\":[\"z\","   \
	"\"a\"],\"Address\":\"\",\"TaggedAddresses\":{\"lan\":{\"Address\":"   \
	"\"10.9.9.9\",\"Port\":81}},\"Meta\":{\"v\":\"1\"},\"Port\":80,"       \
	"\"Weights\":{\"Passing\":3,\"Warning\":2},\"EnableTagOverride\":"     \
	"false,\"Proxy\":{\"MeshGateway\":{},\"Expose\":{\"Paths\":[1,-2.5e3," \
	"true,null]}},\"ModifyIndex\":7}"
#define CHECK                                                                \
	"{\"Node\":\"n1\",\"CheckID\":\"c1\",\"Name\":\"check\",\"Status\":" \
	"\"passing\",\"Output\":\"ok\",\"ServiceID\":\"web-1\","             \
	"\"ServiceName\":\"web\",\"ServiceTags\":[\"z\",\"a\"],"             \
	"\"Definition\":{\"Interval\":\"1m30s\",\"Timeout\":\"500ms\","      \
	"\"Header\":{\"X\":[\"a\",\"b\"]},\"TLSSkipVerify\":true},"          \
	"\"CreateIndex\":5,\"ModifyIndex\":18446744073709551615}"
#define ENTRY "{" NODE "," SERVICE ",\"Checks\":[" CHECK "]}"

static struct query
query_of(enum query_kind kind)
{
	return (struct query){
	    .kind = kind, .id = STR("id"), .filters = FILTER_ANY};
}

static struct answer *
decode(enum query_kind kind, const char *json, struct error *e)
{
	struct query q = query_of(kind);

	return consul_decode(&q, str_of(json), e);
}

static struct answer *
good(enum query_kind kind, const char *json)
{
	struct error e = {0};
	struct answer *a = decode(kind, json, &e);

	if (!a)
		print_message("%s\n", e.text);
	assert_non_null(a);
	assert_false(error_is_set(&e));
	return a;
}

static void
bad(enum query_kind kind, const char *json, const char *message)
{
	struct error e = {0};

	assert_null(decode(kind, json, &e));
	assert_int_equal(e.kind, ERROR_DATA);
	assert_string_equal(e.text, message);
	error_fini(&e);
}

/* Borrowed until the next call. */
static const struct health_service *
service_at(const struct answer *a, size_t i)
{
	static struct health_service s;

	assert_true(i < a->value.len);
	health_service_read(((const void *const *)a->value.u.items)[i], &s);
	return &s;
}

#define assert_packed(p, text) assert_string_equal(str_of_packed(p).ptr, text)

static void
check_entry(const struct answer *a)
{
	const struct health_service *s = service_at(a, 0);
	const struct str *tags = s->tags.items;
	struct health_check c;
	struct value lan = map_get_str(s->service_tagged_addresses, STR("lan"));

	health_check_read(((const void *const *)s->checks.items)[0], &c);
	assert_packed(s->node, "n1");
	assert_packed(s->node_id, "i1");
	assert_packed(s->id, "web-1");
	assert_packed(s->name, "web");
	assert_packed(s->address, "10.0.0.1");
	assert_packed(s->status, "passing");
	assert_int_equal(s->port, 80);
	assert_int_equal(s->weights.passing, 3);
	assert_int_equal(s->weights.warning, 2);
	assert_int_equal(s->tags.count, 2);
	assert_true(str_is(tags[0], "a"));
	assert_int_equal(map_count(s->node_tagged_addresses), 2);
	assert_int_equal(map_count(s->node_meta), 0);
	assert_int_equal(map_count(s->service_meta), 1);
	assert_int_equal(((const struct tagged_address *)lan.u.ptr)->port, 81);
	assert_int_equal(s->checks.count, 1);
	assert_packed(c.output, "ok");
	assert_true(c.modify_index == UINT64_MAX);
	assert_true(str_is(((const struct str *)c.service_tags.items)[0], "z"));
	assert_true(c.definition->interval == INT64_C(90000000000));
	assert_true(c.definition->timeout == INT64_C(500000000));
	assert_true(c.definition->tls_skip_verify);
	assert_int_equal(map_count(c.definition->header), 1);
}

static void
an_instance_has_node_service_and_checks(void **state)
{
	struct answer *a = good(QUERY_SERVICE, "[" ENTRY "]");

	(void)state;
	check_entry(a);
	answer_unref(&a);
}

/* One registration that is odd must not cost all the others. */
static void
a_duration_may_be_whatever_go_prints(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
	} rows[] = {
	    {"-5s", INT64_C(-5000000000)},
	    {"1h0m0.000000001s", INT64_C(3600000000001)},
	    {"2562047h47m16.854775807s", INT64_MAX},
	    {"-2562047h47m16.854775808s", INT64_MIN},
	};
	char json[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct health_check c;
		struct answer *a;

		snprintf(json, sizeof(json),
		    "[{\"Checks\":[{\"Definition\":{\"Interval\":\"%s\"}}]}]",
		    rows[i].text);
		a = good(QUERY_SERVICE, json);
		health_check_read(
		    ((const void *const *)service_at(a, 0)->checks.items)[0],
		    &c);
		assert_true(c.definition->interval == rows[i].ns);
		answer_unref(&a);
	}
	bad(QUERY_SERVICE,
	    "[{\"Checks\":[{\"Definition\":{\"Interval\":"
	    "\"2562047h47m16.854775809s\"}}]}]",
	    "health/service: [0].Checks[0].Definition.Interval: "
	    "expected a duration");
}

/* As a -dev agent prints: a blank or a new line wherever one may stand. */
static void
blanks_make_no_difference(void **state)
{
	const char *json = "[" ENTRY "]";
	struct buf b = {0};
	struct answer *a;
	bool quoted = false;

	(void)state;
	for (const char *p = json; *p; p++) {
		quoted ^= *p == '"';
		if (!quoted && strchr("{}[]:,", *p))
			buf_puts(&b, "\n            \t\r ");
		buf_char(&b, *p);
		if (!quoted && strchr("{}[]:,", *p))
			buf_puts(&b, "                 \n");
	}
	a = good(QUERY_SERVICE, b.ptr);
	check_entry(a);
	answer_unref(&a);
	buf_fini(&b);
}

static void
an_empty_list_is_an_answer(void **state)
{
	struct answer *a = good(QUERY_SERVICE, "[]\n");

	(void)state;
	assert_int_equal(a->value.len, 0);
	assert_ptr_equal(a->value.type, &type_health_services);
	answer_unref(&a);
	a = good(QUERY_SERVICE, "null");
	assert_int_equal(a->value.len, 0);
	answer_unref(&a);
}

static void
addresses_of_a_service_are_nil_when_there_are_none(void **state)
{
	struct answer *a = good(
	    QUERY_SERVICE, "[{\"Service\":{\"ID\":\"x\",\"Service\":\"x\"}}]");

	(void)state;
	assert_null(service_at(a, 0)->service_tagged_addresses);
	answer_unref(&a);
}

static void
strings_are_unescaped_as_in_go(void **state)
{
	static const struct {
		const char *json, *text;
	} rows[] = {
	    {"a\\\"\\\\\\/\\b\\f\\n\\r\\tz", "a\"\\/\b\f\n\r\tz"},
	    {"\\u00e9\\u2713", "\xc3\xa9\xe2\x9c\x93"},
	    {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
	    {"\\ud83dx", "\xef\xbf\xbdx"},
	    {"\\ude00", "\xef\xbf\xbd"},
	    {"\\ud83d\\u0041", "\xef\xbf\xbd"
			       "A"},
	    {"h\xc3\xa9llo", "h\xc3\xa9llo"},
	    {"\xff"
	     "a\xc3",
		"\xef\xbf\xbd"
		"a\xef\xbf\xbd"},
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\x7f", "\x7f"},
	};
	char json[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct answer *a;

		snprintf(json, sizeof(json), "[\"%s\"]", rows[i].json);
		a = good(QUERY_DATACENTERS, json);
		assert_true(str_is(
		    ((const struct str *)a->value.u.items)[0], rows[i].text));
		answer_unref(&a);
	}
}

static void
a_wrong_shape_says_what_was_expected_and_where(void **state)
{
	(void)state;
	bad(QUERY_SERVICE, "[" ENTRY ",{\"Service\":{\"Port\":\"80\"}}]",
	    "health/service: [1].Service.Port: expected a number");
	bad(QUERY_SERVICE, "[{\"Service\":{\"Port\":80.5}}]",
	    "health/service: [0].Service.Port: expected a whole number");
	bad(QUERY_SERVICE, "[{\"Service\":{\"Port\":4294967296}}]",
	    "health/service: [0].Service.Port: expected a number of 32 bits");
	bad(QUERY_SERVICE, "[{\"Service\":{\"Tags\":[\"a\",7]}}]",
	    "health/service: [0].Service.Tags[1]: expected a string");
	bad(QUERY_SERVICE, "{}", "health/service: expected an array");
	bad(QUERY_SERVICE, "[7]", "health/service: [0]: expected an object");
	bad(QUERY_SERVICE, "[{\"Node\":[]}]",
	    "health/service: [0].Node: expected an object");
	bad(QUERY_SERVICES, "[]", "catalog/services: expected an object");
	bad(QUERY_CONNECT, "<html>", "health/connect: expected an array");
	bad(QUERY_KEY, "[{\"Value\":\"a\"}]",
	    "kv: [0].Value: expected a value in base64");
	bad(QUERY_CA_LEAF, "{\"ValidAfter\":\"soon\"}",
	    "agent/connect/ca/leaf: ValidAfter: expected a time");
}

static void
half_an_answer_is_an_error_wherever_it_ends(void **state)
{
	const char *json = "[" ENTRY "]";
	char *half = strdup(json);

	(void)state;
	for (size_t n = 0; n < strlen(json); n++) {
		struct query q = query_of(QUERY_SERVICE);
		struct error e = {0};
		/* A block of just that size, so that reading on is seen. */
		char *exact = malloc(n + 1);

		memcpy(exact, json, n);
		half[n] = 0;
		assert_null(consul_decode(&q, (struct str){exact, n}, &e));
		assert_true(error_is_set(&e));
		error_fini(&e);
		free(exact);
		half[n] = json[n];
	}
	free(half);
}

static void
text_behind_the_document_is_an_error(void **state)
{
	(void)state;
	bad(QUERY_DATACENTERS, "[\"a\"] x",
	    "catalog/datacenters: more text behind the document");
	bad(QUERY_DATACENTERS, "[\"a\"][]",
	    "catalog/datacenters: more text behind the document");
}

static void
what_json_forbids_is_an_error(void **state)
{
	static const char *const documents[] = {"[\"a\",]", "[,\"a\"]",
	    "[\"a\" \"b\"]", "[\"a\\x\"]", "[\"a\nb\"]", "[\"\\u12g4\"]",
	    "['a']", "[\"a\"", "[nul]", "\"a\"", "", "[\"a", "[\"a\\"};

	(void)state;
	for (size_t i = 0; i < sizeof(documents) / sizeof(*documents); i++) {
		struct error e = {0};

		assert_null(decode(QUERY_DATACENTERS, documents[i], &e));
		assert_true(error_is_set(&e));
		error_fini(&e);
	}
}

static void
skipped_members_are_checked_too(void **state)
{
	static const char *const values[] = {
	    "01", "-", "1.", ".5", "1e", "+1", "tru", "{\"a\":}", "[1,]", "}"};
	char json[64];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct error e = {0};

		snprintf(json, sizeof(json), "[{\"Other\":%s}]", values[i]);
		assert_null(decode(QUERY_SERVICE, json, &e));
		error_fini(&e);
	}
}

static void
depth_is_bounded(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_puts(&b, "[{\"Other\":");
	buf_repeat(&b, '[', 100000);
	bad(QUERY_SERVICE, b.ptr,
	    "health/service: [0].Other[0][0][0][0][0][0][0][0][0][0][0][0][0]"
	    "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
	    "[0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0][0]"
	    "[0][0][0][0][0][0][0]: nested too deeply");
	buf_fini(&b);
}

static void
a_message_holds_no_control_characters(void **state)
{
	(void)state;
	bad(QUERY_SERVICE, "[{\"Node\":{\"Meta\":{\"a\x7f\":\"b\",\"c\":1}}}]",
	    "health/service: [0].Node.Meta.c: expected a string");
	bad(QUERY_SERVICES, "{\"a\\u001b[31m\":7}",
	    "catalog/services: (name): expected an array");
}

static void
a_value_in_base64_may_hold_any_bytes(void **state)
{
	struct answer *a =
	    good(QUERY_KEY, "[{\"Key\":\"k\",\"Value\":\"AP8Kd2VpcgA=\"}]");

	(void)state;
	assert_int_equal(a->value.len, 8);
	assert_memory_equal(a->value.u.str, "\0\xff\nweir\0", 8);
	answer_unref(&a);
	a = good(QUERY_KEY, "[{\"Key\":\"k\",\"Value\":null}]");
	assert_ptr_equal(a->value.type, &type_string);
	assert_int_equal(a->value.len, 0);
	answer_unref(&a);
}

static void
bad_base64_is_refused(void **state)
{
	static const char *const values[] = {
	    "A", "AB", "ABC", "AB=C", "A===", "AB C", "AB-_", "====", "AAAAA"};
	char json[64];

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct error e = {0};

		snprintf(json, sizeof(json), "[{\"Value\":\"%s\"}]", values[i]);
		assert_null(decode(QUERY_KEY, json, &e));
		error_fini(&e);
	}
}

static void
a_key_that_is_not_there_has_no_value(void **state)
{
	struct answer *a = good(QUERY_KEY_GET, "[]");

	(void)state;
	assert_null(a->value.type);
	answer_unref(&a);
}

static void
pairs_keep_consul_s_order_and_numbers(void **state)
{
	struct query q = query_of(QUERY_KEY_LIST);
	struct error e = {0};
	struct answer *a;
	const struct key_pair *const *pairs;

	(void)state;
	q.name = STR("app");
	a = consul_decode(&q,
	    STR("[{\"LockIndex\":1,\"Key\":\"app/z\",\"Flags\":"
		"18446744073709551615,\"Value\":\"YQ==\",\"CreateIndex\":2,"
		"\"ModifyIndex\":3,\"Session\":\"s\"},{\"Key\":\"app/a\"}]"),
	    &e);
	assert_non_null(a);
	pairs = a->value.u.items;
	assert_int_equal(a->value.len, 2);
	assert_packed(pairs[0]->path, "app/z");
	assert_packed(pairs[0]->key, "z");
	assert_packed(pairs[0]->value, "a");
	assert_packed(pairs[0]->session, "s");
	assert_true(pairs[0]->flags == UINT64_MAX);
	assert_int_equal(pairs[0]->lock_index, 1);
	assert_int_equal(pairs[0]->modify_index, 3);
	assert_packed(pairs[1]->key, "a");
	answer_unref(&a);
}

static void
services_become_sorted_snippets(void **state)
{
	struct answer *a =
	    good(QUERY_SERVICES, "{\"web\":[\"b\",\"a\"],\"api\":[]}");
	const struct catalog_snippet *const *s = a->value.u.items;

	(void)state;
	assert_int_equal(a->value.len, 2);
	assert_packed(s[0]->name, "api");
	assert_packed(s[1]->name, "web");
	assert_true(str_is(((const struct str *)s[1]->tags.items)[0], "a"));
	answer_unref(&a);
}

static void
an_unknown_node_is_a_struct_without_one(void **state)
{
	struct answer *a = good(QUERY_NODE, "null");
	const struct node_detail *d = a->value.u.ptr;

	(void)state;
	assert_null(d->node);
	answer_unref(&a);
	a = good(QUERY_NODE,
	    "{\"Node\":{\"Node\":\"n\"},\"Services\":{\"b\":{\"ID\":\"b\","
	    "\"Service\":\"x\",\"EnableTagOverride\":true},\"a\":{\"ID\":"
	    "\"a\",\"Service\":\"x\"}}}");
	d = a->value.u.ptr;
	assert_packed(d->node->node, "n");
	assert_int_equal(d->services.count, 2);
	assert_packed(
	    ((const struct node_service *const *)d->services.items)[0]->id,
	    "a");
	assert_true(((const struct node_service *const *)d->services.items)[1]
			->enable_tag_override);
	answer_unref(&a);
}

static void
a_leaf_has_times(void **state)
{
	struct answer *a = good(QUERY_CA_LEAF,
	    "{\"SerialNumber\":\"08\",\"CertPEM\":\"c\",\"PrivateKeyPEM\":"
	    "\"k\",\"ValidAfter\":\"2026-11-21T12:20:01Z\",\"ValidBefore\":"
	    "\"2026-11-24T12:20:01Z\"}");
	const struct ca_leaf *leaf = a->value.u.ptr;
	struct arena arena = {0};

	(void)state;
	assert_packed(leaf->serial_number, "08");
	assert_ptr_equal(leaf->valid_after.type, &type_time);
	assert_true(str_is(value_to_str(&arena, &leaf->valid_before),
	    "2026-11-24 12:20:01 +0000 UTC"));
	arena_fini(&arena);
	answer_unref(&a);
}

static void
roots_lie_within_an_object(void **state)
{
	struct answer *a = good(QUERY_CA_ROOTS,
	    "{\"ActiveRootID\":\"r\",\"Roots\":[{\"ID\":\"r\",\"Active\":true,"
	    "\"RootCert\":\"PEM\",\"IntermediateCerts\":null}]}");
	const struct ca_root *const *r = a->value.u.items;

	(void)state;
	assert_int_equal(a->value.len, 1);
	assert_true(r[0]->active);
	assert_packed(r[0]->root_cert, "PEM");
	answer_unref(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_instance_has_node_service_and_checks),
	    cmocka_unit_test(a_duration_may_be_whatever_go_prints),
	    cmocka_unit_test(blanks_make_no_difference),
	    cmocka_unit_test(an_empty_list_is_an_answer),
	    cmocka_unit_test(
		addresses_of_a_service_are_nil_when_there_are_none),
	    cmocka_unit_test(strings_are_unescaped_as_in_go),
	    cmocka_unit_test(a_wrong_shape_says_what_was_expected_and_where),
	    cmocka_unit_test(half_an_answer_is_an_error_wherever_it_ends),
	    cmocka_unit_test(text_behind_the_document_is_an_error),
	    cmocka_unit_test(what_json_forbids_is_an_error),
	    cmocka_unit_test(skipped_members_are_checked_too),
	    cmocka_unit_test(depth_is_bounded),
	    cmocka_unit_test(a_message_holds_no_control_characters),
	    cmocka_unit_test(a_value_in_base64_may_hold_any_bytes),
	    cmocka_unit_test(bad_base64_is_refused),
	    cmocka_unit_test(a_key_that_is_not_there_has_no_value),
	    cmocka_unit_test(pairs_keep_consul_s_order_and_numbers),
	    cmocka_unit_test(services_become_sorted_snippets),
	    cmocka_unit_test(an_unknown_node_is_a_struct_without_one),
	    cmocka_unit_test(a_leaf_has_times),
	    cmocka_unit_test(roots_lie_within_an_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
