/* SPDX-License-Identifier: MIT */
/* The guard: what is held, and what releases it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "weir/consul.h"
#include "weir/guard.h"
#include "weir/log.h"

#define ID   STR("health.service(web|passing)")
#define KEY  STR("kv.get(app/mode)")
#define HOLD 300000

struct site {
	struct catalog *catalog;
	struct guard *guard;
	int64_t now;
	int released, holds;
};

static int64_t
now(void *arg)
{
	const struct site *s = arg;

	return s->now;
}

static void
on_hold(void *arg)
{
	struct site *s = arg;

	s->holds++;
}

static void
on_release(void *arg, struct str id)
{
	struct site *s = arg;

	(void)id;
	s->released++;
}

static int
set_up(void **state)
{
	static struct site s;
	struct guard_options o = {.max_removed = 50,
	    .hold_ms = HOLD,
	    .now = now,
	    .on_hold = on_hold,
	    .on_release = on_release,
	    .arg = &s};

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	s = (struct site){.catalog = catalog_new(), .now = 1000};
	o.catalog = s.catalog;
	s.guard = guard_new(&o);
	*state = &s;
	return 0;
}

static int
tear_down(void **state)
{
	struct site *s = *state;

	guard_free(&s->guard);
	catalog_free(&s->catalog);
	return 0;
}

/* An answer of so many elements, named from `from` on. */
static struct answer *
list_from(size_t from, size_t count)
{
	struct answer *a = answer_new();
	struct str names[64];

	for (size_t i = 0; i < count; i++) {
		char *text = arena_alloc(&a->arena, 16);
		int n = snprintf(text, 16, "n%zu", from + i);

		names[i] = (struct str){text, (size_t)n};
	}
	answer_shape_strings(a, names, count);
	return a;
}

static bool
put(struct site *s, size_t count)
{
	return catalog_put(s->catalog, ID, list_from(0, count));
}

static size_t
in_view(const struct site *s)
{
	return catalog_get(s->catalog, ID)->value.len;
}

static size_t
held_count(const struct site *s)
{
	struct held h;
	size_t n = 0;

	for (size_t i = 0; guard_next(s->guard, &i, &h);)
		n++;
	return n;
}

static void
a_first_answer_is_never_held(void **state)
{
	struct site *s = *state;

	assert_true(put(s, 0));
	assert_int_equal(held_count(s), 0);
}

static void
an_empty_answer_is_held_and_the_last_good_one_stays(void **state)
{
	struct site *s = *state;
	struct held h;
	size_t at = 0;

	put(s, 20);
	s->now += 500;
	assert_false(put(s, 0));
	s->now += 100;
	assert_int_equal(in_view(s), 20);
	assert_true(guard_next(s->guard, &at, &h));
	assert_true(str_equal(h.id, ID));
	assert_int_equal(h.was, 20);
	assert_int_equal(h.is, 0);
	assert_int_equal(h.age_ms, 100);
	assert_int_equal(h.due_ms, HOLD - 100);
	assert_int_equal(guard_due(s->guard), 1500 + HOLD);
	assert_false(guard_next(s->guard, &at, &h));
}

static void
more_than_the_share_is_held_and_the_share_passes(void **state)
{
	static const struct {
		size_t from, to;
		bool passes;
	} steps[] = {{20, 10, true}, {20, 9, false}, {3, 2, true},
	    {3, 1, false}, {2, 1, true}, {1, 0, false}, {2, 0, false},
	    {1, 5, true}, {0, 0, true}, {0, 3, true}};

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		struct site *s = *state;

		catalog_drop(s->catalog, ID);
		put(s, steps[i].from);
		put(s, steps[i].to);
		assert_int_equal(held_count(s), !steps[i].passes);
		assert_int_equal(
		    in_view(s), steps[i].passes ? steps[i].to : steps[i].from);
	}
}

static void
one_by_one_passes_and_the_last_is_held(void **state)
{
	struct site *s = *state;

	for (size_t n = 20; n > 0; n--) {
		put(s, n);
		assert_int_equal(in_view(s), n);
	}
	assert_false(put(s, 0));
	assert_int_equal(in_view(s), 1);
	s->now += HOLD;
	guard_expire(s->guard);
	assert_int_equal(in_view(s), 0);
}

static void
a_rolling_deployment_of_20_is_never_held(void **state)
{
	struct site *s = *state;

	put(s, 20);
	/* five at a time: gone, others in their place */
	for (size_t i = 5; i <= 20; i += 5) {
		catalog_put(s->catalog, ID, list_from(i, 15));
		assert_int_equal(held_count(s), 0);
		catalog_put(s->catalog, ID, list_from(i, 20));
		assert_int_equal(held_count(s), 0);
	}
	/* all at once by as many others */
	assert_true(catalog_put(s->catalog, ID, list_from(40, 20)));
	assert_int_equal(held_count(s), 0);
}

static void
what_recovers_is_released_by_the_answer_that_does(void **state)
{
	struct site *s = *state;
	struct guard_totals t;

	put(s, 20);
	put(s, 0);
	assert_false(put(s, 9));
	assert_int_equal(s->holds, 1);
	assert_int_equal(held_count(s), 1);
	assert_true(put(s, 10));
	assert_int_equal(held_count(s), 0);
	assert_int_equal(in_view(s), 10);
	assert_int_equal(guard_due(s->guard), -1);
	guard_get_totals(s->guard, &t);
	assert_int_equal(t.held, 1);
	assert_int_equal(t.recovered, 1);
	/* the source tells of its answer itself */
	assert_int_equal(s->released, 0);
}

static void
recovery_to_the_same_answer_releases_too(void **state)
{
	struct site *s = *state;

	put(s, 4);
	put(s, 0);
	assert_false(put(s, 4));
	assert_int_equal(held_count(s), 0);
	assert_int_equal(in_view(s), 4);
}

static void
after_hold_the_newest_answer_is_believed(void **state)
{
	struct site *s = *state;
	struct guard_totals t;

	put(s, 20);
	put(s, 0);
	s->now += HOLD - 1;
	put(s, 3);
	guard_expire(s->guard);
	assert_int_equal(in_view(s), 20);
	s->now++;
	guard_expire(s->guard);
	assert_int_equal(in_view(s), 3);
	assert_int_equal(s->released, 1);
	guard_get_totals(s->guard, &t);
	assert_int_equal(t.expired, 1);
}

static void
hold_0_holds_for_ever(void **state)
{
	struct site *s = *state;

	guard_configure(s->guard, 50, 0);
	put(s, 20);
	put(s, 0);
	assert_int_equal(guard_due(s->guard), -1);
	s->now += (int64_t)1 << 50;
	guard_expire(s->guard);
	assert_int_equal(in_view(s), 20);
}

static void
approval_releases_one_or_all(void **state)
{
	struct site *s = *state;

	put(s, 20);
	put(s, 0);
	catalog_put(s->catalog, STR("catalog.nodes"), list_from(0, 9));
	catalog_put(s->catalog, STR("catalog.nodes"), list_from(0, 1));
	assert_int_equal(held_count(s), 2);
	assert_int_equal(guard_approve(s->guard, STR("catalog.node")), 0);
	assert_int_equal(guard_approve(s->guard, ID), 1);
	assert_int_equal(in_view(s), 0);
	assert_int_equal(held_count(s), 1);
	assert_int_equal(guard_approve(s->guard, STR("")), 1);
	assert_int_equal(held_count(s), 0);
	assert_int_equal(s->released, 2);
	assert_int_equal(guard_approve(s->guard, STR("")), 0);
}

static void
denial_is_of_what_is_named(void **state)
{
	struct site *s = *state;
	struct held h;

	put(s, 20);
	put(s, 0);
	catalog_put(s->catalog, STR("catalog.nodes"), list_from(0, 9));
	catalog_put(s->catalog, STR("catalog.nodes"), list_from(0, 1));
	assert_int_equal(guard_deny(s->guard, STR("catalog.nodes")), 1);
	for (size_t i = 0; guard_next(s->guard, &i, &h);)
		assert_int_equal(
		    h.denied, str_equal(h.id, STR("catalog.nodes")));
	s->now += 2 * HOLD;
	guard_expire(s->guard);
	assert_int_equal(in_view(s), 0);
	assert_int_equal(held_count(s), 1);
}

/* A node is one, and each of its services. */
static void
services_of_a_node_are_counted(void **state)
{
#define ONE(id)        "\"" id "\":{\"ID\":\"" id "\",\"Service\":\"x\"}"
#define NODE(services) "{\"Node\":{\"Node\":\"n\"},\"Services\":{" services "}}"
	static const struct {
		const char *from, *to;
		bool taken;
	} rows[] = {
	    {NODE(ONE("a") "," ONE("b") "," ONE("c")), NODE(ONE("a")), true},
	    {NODE(ONE("a") "," ONE("b") "," ONE("c")), NODE(""), false},
	    {NODE(ONE("a")), "null", false}};
	struct site *s = *state;
	struct query q = {.kind = QUERY_NODE, .id = STR("catalog.node(n)")};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		catalog_put_unjudged(s->catalog, q.id,
		    consul_decode(&q, str_of(rows[i].from), NULL));
		if (catalog_put(s->catalog, q.id,
			consul_decode(&q, str_of(rows[i].to), NULL)) !=
		    rows[i].taken)
			fail_msg("%s -> %s", rows[i].from, rows[i].to);
	}
}

static void
what_is_denied_outlasts_hold_until_the_data_recover(void **state)
{
	struct site *s = *state;

	put(s, 20);
	put(s, 0);
	assert_int_equal(guard_deny(s->guard, STR("")), 1);
	assert_int_equal(guard_due(s->guard), -1);
	s->now += 2 * HOLD;
	guard_expire(s->guard);
	assert_false(put(s, 2));
	assert_int_equal(in_view(s), 20);
	assert_true(put(s, 19));
	assert_int_equal(in_view(s), 19);
	assert_int_equal(held_count(s), 0);
}

static void
a_query_that_nobody_asks_any_more_is_forgotten(void **state)
{
	struct site *s = *state;

	put(s, 20);
	put(s, 0);
	catalog_drop(s->catalog, ID);
	assert_int_equal(held_count(s), 0);
}

static void
max_removed_100_holds_nothing(void **state)
{
	struct site *s = *state;

	guard_configure(s->guard, 100, HOLD);
	put(s, 20);
	assert_true(put(s, 0));
	assert_int_equal(held_count(s), 0);
}

static bool
put_key(struct site *s, const char *value, uint64_t index)
{
	struct answer *a = answer_new();

	answer_shape_string(a, value ? str_of(value) : (struct str){0});
	a->index = index;
	return catalog_put(s->catalog, KEY, a);
}

static void
a_key_may_be_deleted(void **state)
{
	struct site *s = *state;

	put_key(s, "on", 40);
	assert_true(put_key(s, NULL, 41));
	assert_int_equal(held_count(s), 0);
}

static void
a_key_that_another_consul_does_not_know_is_held(void **state)
{
	struct site *s = *state;

	put_key(s, "on", 40);
	assert_false(put_key(s, NULL, 1));
	assert_int_equal(held_count(s), 1);
	assert_true(put_key(s, "off", 12));
	assert_int_equal(held_count(s), 0);
}

static struct answer *
services(const char *const *names, size_t count)
{
	struct answer *a = answer_new();
	struct intern *in = intern_new(&a->arena);
	struct catalog_snippet *all[8];

	for (size_t i = 0; i < count; i++) {
		all[i] = arena_zalloc(&a->arena, sizeof(*all[i]));
		all[i]->name = intern_str(in, str_of(names[i]));
	}
	intern_free(&in);
	answer_shape_snippets(a, all, count);
	return a;
}

static void
the_service_consul_alone_is_an_empty_list(void **state)
{
	static const char *const names[] = {"consul", "web"};
	struct site *s = *state;
	struct str id = STR("catalog.services");

	catalog_put(s->catalog, id, services(names, 2));
	assert_false(catalog_put(s->catalog, id, services(names, 1)));
	assert_int_equal(held_count(s), 1);
}

static void
what_is_held_is_said_in_words(void **state)
{
	struct held h = {.was = 20, .is = 0, .due_ms = 290000};
	struct buf b = {0};

	(void)state;
	held_print_change(&h, &b);
	buf_puts(&b, "; ");
	held_print_release(&h, &b);
	assert_string_equal(b.ptr,
	    "from 20 to 0; until the data recover, for 4m50s or until `weir "
	    "approve`");
	buf_reset(&b);
	h.due_ms = -1;
	h.denied = h.restarted = true;
	held_print_change(&h, &b);
	buf_puts(&b, "; ");
	held_print_release(&h, &b);
	assert_string_equal(b.ptr,
	    "from 20 to 0, Consul's index went backwards; until the data "
	    "recover or until `weir approve` (denied)");
	buf_fini(&b);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_first_answer_is_never_held),
	    TEST(an_empty_answer_is_held_and_the_last_good_one_stays),
	    TEST(more_than_the_share_is_held_and_the_share_passes),
	    TEST(one_by_one_passes_and_the_last_is_held),
	    TEST(a_rolling_deployment_of_20_is_never_held),
	    TEST(what_recovers_is_released_by_the_answer_that_does),
	    TEST(recovery_to_the_same_answer_releases_too),
	    TEST(after_hold_the_newest_answer_is_believed),
	    TEST(hold_0_holds_for_ever),
	    TEST(approval_releases_one_or_all),
	    TEST(denial_is_of_what_is_named),
	    TEST(services_of_a_node_are_counted),
	    TEST(what_is_denied_outlasts_hold_until_the_data_recover),
	    TEST(a_query_that_nobody_asks_any_more_is_forgotten),
	    TEST(max_removed_100_holds_nothing),
	    TEST(a_key_may_be_deleted),
	    TEST(a_key_that_another_consul_does_not_know_is_held),
	    TEST(the_service_consul_alone_is_an_empty_list),
	    TEST(what_is_held_is_said_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
