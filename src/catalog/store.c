/* SPDX-License-Identifier: MIT */
/*
 * Answers by the identity of their query. Every answer has a stamp of its own,
 * so that whoever keeps something made from an answer knows whether it still
 * holds; an answer that gives the same as the one before leaves that in place.
 */
#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "shared.h"
#include "weir/catalog.h"
#include "weir/xalloc.h"

/* Stamp 1 is of what depends on no answer. */
static uint64_t last_stamp = 1;

struct catalog {
	struct strmap answers;
	struct strmap memory;    /* of an earlier run; not seen by views */
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

static void
clear(struct strmap *answers)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(answers, &i));) {
		struct answer *a = e->value;

		answer_unref(&a);
	}
	strmap_fini(answers);
}

void
catalog_free(struct catalog **cp)
{
	struct catalog *c = *cp;

	if (!c)
		return;
	clear(&c->answers);
	clear(&c->memory);
	free(c);
	*cp = NULL;
}

void
catalog_judge(struct catalog *c, catalog_judge_fn *judge, void *arg)
{
	c->judge = judge;
	c->judge_arg = arg;
}

static struct answer *
get_old(const struct catalog *c, struct str id)
{
	struct answer *old = strmap_get(&c->answers, id);

	return old ? old : strmap_get(&c->memory, id);
}

bool
catalog_put(struct catalog *c, struct str id, struct answer *a)
{
	const struct answer *old = get_old(c, id);

	if (old && c->judge && !c->judge(c->judge_arg, id, old, a)) {
		answer_unref(&a);
		catalog_recall(c, id);
		return false;
	}
	return catalog_put_unjudged(c, id, a);
}

static void
forget(struct catalog *c, struct str id)
{
	struct answer *old = strmap_take(&c->memory, id);

	answer_unref(&old);
}

bool
catalog_put_unjudged(struct catalog *c, struct str id, struct answer *a)
{
	struct answer *old = strmap_get(&c->answers, id);

	assert(old != a);
	forget(c, id);
	if (old && answer_same(old, a)) {
		old->index = a->index;
		old->received_ms = a->received_ms;
		old->remembered = 0;
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
	forget(c, id);
}

struct answer *
catalog_get(const struct catalog *c, struct str id)
{
	return strmap_get(&c->answers, id);
}

struct answer *
catalog_get_hashed(const struct catalog *c, struct str id, uint64_t hash)
{
	return strmap_get_hashed(&c->answers, id, hash);
}

/* ---- of an earlier run ---- */

void
catalog_remember(struct catalog *c, struct str id, struct answer *a)
{
	assert(a->remembered);
	if (!get_old(c, id))
		strmap_put(&c->memory, id, a);
	else
		answer_unref(&a);
}

bool
catalog_recall(struct catalog *c, struct str id)
{
	struct answer *a = strmap_take(&c->memory, id);

	if (!a)
		return false;
	strmap_put(&c->answers, id, a);
	return true;
}

const struct answer *
catalog_memory(const struct catalog *c, struct str id)
{
	return strmap_get(&c->memory, id);
}

size_t
catalog_memories(const struct catalog *c)
{
	return c->memory.count;
}

void
catalog_forget(struct catalog *c)
{
	clear(&c->memory);
}

bool
catalog_next(const struct catalog *c, size_t *at, struct catalog_item *item)
{
	size_t first = c->answers.used, i = *at > first ? *at - first : 0;
	struct strmap_entry *e = NULL;

	if (*at < first && (e = strmap_next(&c->answers, at))) {
		*item = (struct catalog_item){e->key, e->value, true};
		return true;
	}
	e = strmap_next(&c->memory, &i);
	*at = first + i;
	if (e)
		*item = (struct catalog_item){e->key, e->value, false};
	return e != NULL;
}

size_t
catalog_remembered(const struct catalog *c, int64_t *oldest)
{
	struct catalog_item item;
	size_t n = 0;

	*oldest = 0;
	for (size_t i = 0; catalog_next(c, &i, &item);) {
		int64_t at = item.answer->remembered;

		if (!at || !item.recalled)
			continue;
		n++;
		if (!*oldest || at < *oldest)
			*oldest = at;
	}
	/* A clock that was set back makes nothing come from the future. */
	if (*oldest > time(NULL))
		*oldest = time(NULL);
	return n;
}
