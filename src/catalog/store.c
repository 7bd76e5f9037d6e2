/* SPDX-License-Identifier: MIT */
/*
 * Answers by the identity of their query. Every answer has a stamp of its own,
 * so that whoever keeps something made from an answer knows whether it still
 * holds; an answer that gives the same as the one before leaves that in place.
 */
#include <assert.h>
#include <stdlib.h>

#include "shared.h"
#include "weir/catalog.h"
#include "weir/xalloc.h"

/* Stamp 1 is of what depends on no answer. */
static uint64_t last_stamp = 1;

struct catalog {
	struct strmap answers;
	catalog_judge_fn *judge; /* NULL: none */
	void *judge_arg;
};

struct answer *
answer_new(void)
{
	struct answer *a = xcalloc(1, sizeof(*a));

	a->refs = 1;
	a->stamp = ++last_stamp;
	return a;
}

struct answer *
answer_ref(struct answer *a)
{
	a->refs++;
	return a;
}

/* Instances hold their nodes. */
static void
drop_nodes(const struct answer *a)
{
	const struct kept_service *const *all = a->value.u.items;

	for (uint32_t i = 0; i < a->value.len; i++)
		shared_unref(all[i]->node);
}

void
answer_unref(struct answer **ap)
{
	struct answer *a = *ap;

	*ap = NULL;
	if (!a || --a->refs)
		return;
	if (a->value.type == &type_health_services && !a->is_marked)
		drop_nodes(a);
	arena_fini(&a->arena);
	free(a);
}

bool
answer_same(const struct answer *a, const struct answer *b)
{
	return value_equal_deep(&a->value, &b->value);
}

struct catalog *
catalog_new(void)
{
	return xcalloc(1, sizeof(struct catalog));
}

void
catalog_free(struct catalog **cp)
{
	struct catalog *c = *cp;
	struct strmap_entry *e;

	if (!c)
		return;
	for (size_t i = 0; (e = strmap_next(&c->answers, &i));) {
		struct answer *a = e->value;

		answer_unref(&a);
	}
	strmap_fini(&c->answers);
	free(c);
	*cp = NULL;
}

void
catalog_judge(struct catalog *c, catalog_judge_fn *judge, void *arg)
{
	c->judge = judge;
	c->judge_arg = arg;
}

bool
catalog_put(struct catalog *c, struct str id, struct answer *a)
{
	const struct answer *old = strmap_get(&c->answers, id);

	if (old && c->judge && !c->judge(c->judge_arg, id, old, a)) {
		answer_unref(&a);
		return false;
	}
	return catalog_put_unjudged(c, id, a);
}

bool
catalog_put_unjudged(struct catalog *c, struct str id, struct answer *a)
{
	struct answer *old = strmap_get(&c->answers, id);

	assert(old != a);
	if (old && answer_same(old, a)) {
		old->index = a->index;
		old->received_ms = a->received_ms;
		answer_unref(&a);
		return false;
	}
	strmap_put(&c->answers, id, a);
	answer_unref(&old);
	return true;
}

void
catalog_drop(struct catalog *c, struct str id)
{
	struct answer *old = strmap_take(&c->answers, id);

	if (c->judge)
		c->judge(c->judge_arg, id, old, NULL);
	answer_unref(&old);
}

struct answer *
catalog_get(const struct catalog *c, struct str id)
{
	return strmap_get(&c->answers, id);
}
