/* SPDX-License-Identifier: MIT */
/* What an answer gives, from what Consul sent: filters, order, sharing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/catalog.h"

#define MOST 8

/* An answer under construction. */
struct draft {
	struct answer *answer;
	struct intern *intern;
	struct health_service *records[MOST];
	size_t count;
};

static void
begin(struct draft *d)
{
	*d = (struct draft){.answer = answer_new()};
	d->intern = intern_new(&d->answer->arena);
}

static const struct pstr *
text(struct draft *d, const char *s)
{
	return intern_str(d->intern, str_of(s));
}

static struct health_check *
check(struct draft *d, const char *node, const char *id, const char *status)
{
	struct health_check *c = arena_zalloc(&d->answer->arena, sizeof(*c));

	c->node = text(d, node);
	c->check_id = text(d, id);
	c->status = text(d, status);
	return c;
}

/* statuses: of the node's check and of the service's, NULL for none. */
static struct health_service *
instance(struct draft *d, const char *node, const char *id,
    const char *node_status, const char *status)
{
	struct health_service *s = arena_zalloc(&d->answer->arena, sizeof(*s));
	struct health_check **checks =
	    arena_alloc(&d->answer->arena, 2 * sizeof(*checks));
	uint32_t n = 0;

	s->node = text(d, node);
	s->node_address = text(d, "10.0.0.1");
	s->node_meta = s->service_meta = intern_map(d->intern, NULL, 0);
	s->id = text(d, id);
	s->name = text(d, "web");
	if (node_status)
		checks[n++] = check(d, node, "serfHealth", node_status);
	if (status) {
		checks[n] = check(d, node, id, status);
		checks[n++]->service_id = s->id;
	}
	s->checks = (struct list){.items = checks, .count = n};
	d->records[d->count++] = s;
	return s;
}

static void
finish(struct draft *d, unsigned filters, const char *near)
{
	struct query q = {.kind = QUERY_SERVICE,
	    .name = STR("web"),
	    .filters = filters,
	    .near = str_of(near)};

	intern_free(&d->intern);
	answer_shape_services(d->answer, &q, d->records, d->count);
}

/* Instance i of the answer. */
static const struct health_service *
at(const struct draft *d, size_t i)
{
	static struct health_service read[MOST];

	assert_true(i < d->answer->value.len && i < MOST);
	health_service_read(value_index(&d->answer->value, i).u.ptr, &read[i]);
	return &read[i];
}

static const struct health_check *
check_at(const struct health_service *s, size_t i)
{
	static struct health_check read[MOST];

	assert_true(i < s->checks.count && i < MOST);
	health_check_read(((const void *const *)s->checks.items)[i], &read[i]);
	return &read[i];
}

static void
assert_text(const struct pstr *p, const char *expected)
{
	struct str s = str_of_packed(p);

	assert_int_equal(s.len, strlen(expected));
	assert_memory_equal(s.ptr, expected, s.len);
}

static void
an_instance_is_as_bad_as_its_worst_check(void **state)
{
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", "passing", "passing");
	instance(&d, "b", "1", "passing", "warning");
	instance(&d, "c", "1", "critical", "warning");
	instance(&d, "d", "1", "passing", NULL);
	instance(&d, "e", "1", NULL, NULL);
	instance(&d, "f", "1", "passing", "odd");
	finish(&d, FILTER_ANY, "");
	assert_int_equal(d.answer->value.len, 6);
	assert_text(at(&d, 0)->status, "passing");
	assert_text(at(&d, 1)->status, "warning");
	assert_text(at(&d, 2)->status, "critical");
	assert_text(at(&d, 3)->status, "passing");
	assert_text(at(&d, 4)->status, "passing");
	assert_text(at(&d, 5)->status, "");
	answer_unref(&d.answer);
}

static void
maintenance_is_worse_than_critical(void **state)
{
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "a", "_service_maintenance:web", NULL, "critical");
	instance(&d, "b", "1", NULL, "critical");
	finish(&d, FILTER_MAINTENANCE, "");
	assert_int_equal(d.answer->value.len, 1);
	assert_text(at(&d, 0)->node, "a");
	assert_text(at(&d, 0)->status, "maintenance");
	answer_unref(&d.answer);
}

static void
only_what_the_filter_names_is_kept(void **state)
{
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", NULL, "passing");
	instance(&d, "b", "1", NULL, "warning");
	instance(&d, "c", "1", NULL, "critical");
	instance(&d, "d", "1", NULL, "odd");
	finish(&d, FILTER_WARNING | FILTER_PASSING, "");
	assert_int_equal(d.answer->value.len, 2);
	assert_text(at(&d, 1)->node, "b");
	answer_unref(&d.answer);
}

static void
no_filter_keeps_nothing(void **state)
{
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", NULL, "passing");
	finish(&d, 0, "");
	assert_int_equal(d.answer->value.len, 0);
	assert_true(d.answer->value.type == &type_health_services);
	answer_unref(&d.answer);
}

static void
instances_are_sorted_by_node_then_id(void **state)
{
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "b", "2", NULL, NULL);
	instance(&d, "b", "1", NULL, NULL);
	instance(&d, "a10", "1", NULL, NULL);
	instance(&d, "a", "9", NULL, NULL);
	instance(&d, "B", "9", NULL, NULL);
	finish(&d, FILTER_ANY, "");
	assert_text(at(&d, 0)->node, "B");
	assert_text(at(&d, 1)->node, "a");
	assert_text(at(&d, 2)->node, "a10");
	assert_text(at(&d, 3)->id, "1");
	assert_text(at(&d, 4)->id, "2");
	answer_unref(&d.answer);
}

static void
near_keeps_the_order_of_the_server(void **state)
{
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "b", "2", NULL, NULL);
	instance(&d, "a", "1", NULL, NULL);
	finish(&d, FILTER_ANY, "b");
	assert_text(at(&d, 0)->node, "b");
	answer_unref(&d.answer);
}

static void
a_service_without_address_has_its_nodes(void **state)
{
	struct draft d;
	struct health_service *s;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", NULL, NULL);
	s = instance(&d, "b", "1", NULL, NULL);
	s->address = text(&d, "192.0.2.1");
	finish(&d, FILTER_ANY, "");
	assert_text(at(&d, 0)->address, "10.0.0.1");
	assert_text(at(&d, 1)->address, "192.0.2.1");
	assert_text(at(&d, 1)->node_address, "10.0.0.1");
	answer_unref(&d.answer);
}

static void
tags_are_sorted_but_not_those_of_the_check(void **state)
{
	struct str tags[] = {STR("v1"), STR("blue"), STR("v1")};
	struct draft d;
	struct health_service *s;
	const struct str *sorted, *raw;

	(void)state;
	begin(&d);
	s = instance(&d, "a", "1", NULL, "passing");
	s->tags = intern_strs(d.intern, tags, 3);
	((struct health_check *const *)s->checks.items)[0]->service_tags =
	    intern_strs(d.intern, tags, 3);
	finish(&d, FILTER_ANY, "");
	sorted = at(&d, 0)->tags.items;
	assert_int_equal(at(&d, 0)->tags.count, 3);
	assert_true(str_is(sorted[0], "blue"));
	assert_true(str_is(sorted[1], "v1"));
	assert_true(str_is(sorted[2], "v1"));
	raw = check_at(at(&d, 0), 0)->service_tags.items;
	assert_true(str_is(raw[0], "v1"));
	assert_true(str_is(raw[1], "blue"));
	answer_unref(&d.answer);
}

static void
a_node_is_kept_once_for_all_answers(void **state)
{
	struct draft d, e;
	const struct pstr *node;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", "passing", "passing");
	finish(&d, FILTER_ANY, "");
	begin(&e);
	instance(&e, "a", "2", "passing", "passing");
	finish(&e, FILTER_ANY, "");
	node = at(&d, 0)->node;
	assert_ptr_equal(node, at(&e, 0)->node);
	answer_unref(&d.answer);
	assert_text(at(&e, 0)->node, "a");
	assert_text(check_at(at(&e, 0), 0)->status, "passing");
	answer_unref(&e.answer);
}

static void
a_node_that_changed_is_another(void **state)
{
	struct draft d, e;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", NULL, NULL);
	finish(&d, FILTER_ANY, "");
	begin(&e);
	instance(&e, "a", "1", NULL, NULL)->node_address = text(&e, "10.0.0.2");
	finish(&e, FILTER_ANY, "");
	assert_text(at(&d, 0)->node_address, "10.0.0.1");
	assert_text(at(&e, 0)->node_address, "10.0.0.2");
	answer_unref(&d.answer);
	answer_unref(&e.answer);
}

static void
what_is_left_out_is_freed(void **state)
{
	struct draft d;
	size_t before;

	(void)state;
	begin(&d);
	for (int i = 0; i < MOST; i++)
		instance(&d, "a", "1", "passing", i ? "critical" : "passing");
	before = d.answer->arena.used;
	finish(&d, FILTER_PASSING, "");
	assert_int_equal(d.answer->value.len, 1);
	assert_true(d.answer->arena.used < before / 4);
	answer_unref(&d.answer);
}

static void
a_map_of_addresses_is_copied_whole(void **state)
{
	struct draft d;
	struct health_service *s;
	struct tagged_address *address;
	struct map *map;
	struct value v;
	const struct tagged_address *found;

	(void)state;
	begin(&d);
	s = instance(&d, "a", "1", NULL, NULL);
	map = map_new(&d.answer->arena, &type_service_addresses);
	address = arena_zalloc(&d.answer->arena, sizeof(*address));
	address->address = text(&d, "192.0.2.7");
	address->port = 8080;
	map_put_str(map, STR("lan_ipv4"),
	    (struct value){.type = &type_service_address, .u.ptr = address});
	s->service_tagged_addresses = map;
	finish(&d, FILTER_ANY, "");
	v = map_get_str(at(&d, 0)->service_tagged_addresses, STR("lan_ipv4"));
	found = v.u.ptr;
	assert_true(v.type == &type_service_address);
	assert_text(found->address, "192.0.2.7");
	assert_int_equal(found->port, 8080);
	answer_unref(&d.answer);
}

static void
a_check_always_has_a_definition(void **state)
{
	struct draft d;
	const struct health_check *c;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", "passing", "passing");
	finish(&d, FILTER_ANY, "");
	for (int i = 0; i < 2; i++) {
		c = check_at(at(&d, 0), (size_t)i);
		assert_non_null(c->definition);
		assert_int_equal(c->definition->interval, 0);
	}
	answer_unref(&d.answer);
}

static void
equal_strings_lists_and_maps_are_interned_once(void **state)
{
	struct arena arena = {0};
	struct intern *in = intern_new(&arena);
	struct str a[] = {STR("x"), STR("y")}, b[] = {STR("x"), STR("y")};
	const struct pstr *pairs[2], *same[2];

	(void)state;
	assert_ptr_equal(
	    intern_str(in, STR("abc")), intern_str(in, STR("abc")));
	assert_null(intern_str(in, STR("")));
	assert_ptr_equal(
	    intern_strs(in, a, 2).items, intern_strs(in, b, 2).items);
	assert_ptr_not_equal(
	    intern_strs(in, a, 2).items, intern_strs(in, a, 1).items);
	pairs[0] = same[0] = intern_str(in, STR("k"));
	pairs[1] = same[1] = intern_str(in, STR("v"));
	assert_ptr_equal(intern_map(in, pairs, 1), intern_map(in, same, 1));
	assert_ptr_equal(intern_map(in, NULL, 0), intern_map(in, NULL, 0));
	for (int i = 0; i < 1000; i++) {
		char s[16];
		int n = snprintf(s, sizeof(s), "%d", i);

		intern_str(in, (struct str){s, (size_t)n});
	}
	assert_true(str_is(str_of_packed(intern_str(in, STR("999"))), "999"));
	intern_free(&in);
	arena_fini(&arena);
}

static void
a_key_is_its_path_without_the_prefix(void **state)
{
	static const struct {
		const char *prefix, *path, *key;
	} rows[] = {
	    {"numbers", "numbers/1", "1"},
	    {"numbers/", "numbers/1", "1"},
	    {"feat", "feature", "ure"},
	    {"app/name", "app/name", ""},
	    {"a", "a//b", "b"},
	    {"/", "app/x", "app/x"},
	    {"/numbers", "numbers/1", "numbers/1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer *a = answer_new();
		struct key_pair *pair = arena_zalloc(&a->arena, sizeof(*pair));
		struct query q = {
		    .kind = QUERY_KEY_LIST, .name = str_of(rows[i].prefix)};
		struct value v;

		pair->path = arena_pstr(&a->arena, str_of(rows[i].path));
		answer_shape_pairs(a, &q, &pair, 1);
		v = value_index(&a->value, 0);
		assert_text(
		    ((const struct key_pair *)v.u.ptr)->key, rows[i].key);
		assert_text(
		    ((const struct key_pair *)v.u.ptr)->path, rows[i].path);
		answer_unref(&a);
	}
}

static void
an_unknown_node_has_neither_node_nor_services(void **state)
{
	struct answer *a = answer_new();
	struct node_detail *detail = arena_zalloc(&a->arena, sizeof(*detail));
	const struct node_detail *given;

	(void)state;
	given = answer_shape_node(a, detail).u.ptr;
	assert_non_null(given);
	assert_null(given->node);
	assert_false(given->services.not_nil);
	answer_unref(&a);
}

static void
services_of_a_node_are_sorted_by_name_then_id(void **state)
{
	struct answer *a = answer_new();
	struct node_detail *detail = arena_zalloc(&a->arena, sizeof(*detail));
	struct catalog_node *node = arena_zalloc(&a->arena, sizeof(*node));
	struct node_service **list = arena_array(&a->arena, 3, sizeof(*list));
	const char *const names[] = {"web", "api", "api"};
	const char *const ids[] = {"w", "2", "1"};
	const struct node_service *const *given;

	(void)state;
	for (int i = 0; i < 3; i++) {
		list[i] = arena_zalloc(&a->arena, sizeof(**list));
		list[i]->service = arena_pstr(&a->arena, str_of(names[i]));
		list[i]->id = arena_pstr(&a->arena, str_of(ids[i]));
	}
	detail->node = node;
	detail->services = (struct list){.items = list, .count = 3};
	detail = (void *)(uintptr_t)answer_shape_node(a, detail).u.ptr;
	given = detail->services.items;
	assert_text(given[0]->id, "1");
	assert_text(given[1]->id, "2");
	assert_text(given[2]->id, "w");
	assert_true(detail->services.not_nil);
	answer_unref(&a);
}

static void
strings_are_sorted(void **state)
{
	struct answer *a = answer_new();
	struct str all[] = {STR("dc2"), STR("dc1"), STR("")};
	const struct str *given;

	(void)state;
	given = answer_shape_strings(a, all, 3).u.items;
	assert_true(str_is(given[0], ""));
	assert_true(str_is(given[1], "dc1"));
	assert_true(str_is(given[2], "dc2"));
	answer_unref(&a);
}

static void
fields_have_gos_types(void **state)
{
	static const struct {
		const char *field, *type;
	} rows[] = {
	    {"Tags", "dependency.ServiceTags"},
	    {"Checks", "api.HealthChecks"},
	    {"ServiceTaggedAddresses", "map[string]api.ServiceAddress"},
	    {"Weights", "api.AgentWeights"},
	    {"NodeMeta", "map[string]string"},
	    {"Port", "int"},
	};
	struct draft d;

	(void)state;
	begin(&d);
	instance(&d, "a", "1", "passing", NULL);
	finish(&d, FILTER_ANY, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct field *f =
		    type_field(&type_health_service, str_of(rows[i].field));

		assert_non_null(f);
		assert_string_equal(f->type->name, rows[i].type);
	}
	assert_null(type_field(&type_health_service, STR("ModifyIndex")));
	assert_non_null(
	    type_method(&type_health_checks, STR("AggregatedStatus")));
	answer_unref(&d.answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_instance_is_as_bad_as_its_worst_check),
	    cmocka_unit_test(maintenance_is_worse_than_critical),
	    cmocka_unit_test(only_what_the_filter_names_is_kept),
	    cmocka_unit_test(no_filter_keeps_nothing),
	    cmocka_unit_test(instances_are_sorted_by_node_then_id),
	    cmocka_unit_test(near_keeps_the_order_of_the_server),
	    cmocka_unit_test(a_service_without_address_has_its_nodes),
	    cmocka_unit_test(tags_are_sorted_but_not_those_of_the_check),
	    cmocka_unit_test(a_node_is_kept_once_for_all_answers),
	    cmocka_unit_test(a_node_that_changed_is_another),
	    cmocka_unit_test(what_is_left_out_is_freed),
	    cmocka_unit_test(a_map_of_addresses_is_copied_whole),
	    cmocka_unit_test(a_check_always_has_a_definition),
	    cmocka_unit_test(equal_strings_lists_and_maps_are_interned_once),
	    cmocka_unit_test(a_key_is_its_path_without_the_prefix),
	    cmocka_unit_test(an_unknown_node_has_neither_node_nor_services),
	    cmocka_unit_test(services_of_a_node_are_sorted_by_name_then_id),
	    cmocka_unit_test(strings_are_sorted),
	    cmocka_unit_test(fields_have_gos_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
