/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <stdlib.h>

#include "weir/strmap.h"
#include "weir/xalloc.h"

#include "scan.h"

static int
compare(const void *a, const void *b)
{
	const struct list_entry *x = a, *y = b;

	return (x->key > y->key) - (x->key < y->key);
}

/* Order matters to the sum: node "a" check "b" is not node "b" check "a". */
static void
mix(uint64_t *key, struct str s)
{
	*key = (*key + str_hash(s)) * UINT64_C(0x9E3779B97F4A7C15);
}

static void
read_check(struct scan *s, struct arena *arena, struct list_entry *e)
{
	struct str key, text;

	for (bool ok = scan_open(s, '{'); ok && scan_member(s, &key);) {
		if (str_equal(key, STR("ModifyIndex"))) {
			scan_uint(s, &e->modified);
		} else if (str_equal(key, STR("ServiceName"))) {
			scan_string(s, &text);
			e->service = arena_str(arena, text);
		} else if (str_equal(key, STR("Node")) ||
			   str_equal(key, STR("CheckID")) ||
			   str_equal(key, STR("ServiceID"))) {
			scan_string(s, &text);
			mix(&e->key, text);
		} else {
			scan_skip(s);
		}
	}
}

int
short_list_read(struct short_list *l, struct str json, struct error *error)
{
	struct scan s;
	size_t room = 0;
	int rc;

	*l = (struct short_list){0};
	scan_init(&s, json, "health/state", error);
	for (bool ok = scan_open(&s, '['); ok && scan_element(&s);) {
		if (l->count == room) {
			room = room ? room * 2 : 16;
			l->entries =
			    xrealloc(l->entries, room, sizeof(*l->entries));
		}
		l->entries[l->count] = (struct list_entry){0};
		read_check(&s, &l->arena, &l->entries[l->count++]);
	}
	rc = scan_finish(&s);
	scan_fini(&s);
	if (rc < 0)
		short_list_fini(l);
	else if (l->count)
		qsort(l->entries, l->count, sizeof(*l->entries), compare);
	return rc;
}

void
short_list_fini(struct short_list *l)
{
	arena_fini(&l->arena);
	free(l->entries);
	*l = (struct short_list){0};
}

void
short_list_compare(const struct short_list *a, const struct short_list *b,
    void (*on_difference)(void *, struct str), void *arg)
{
	size_t i = 0, k = 0;

	while (i < a->count || k < b->count) {
		const struct list_entry *x = a->entries + i;
		const struct list_entry *y = b->entries + k;

		if (k == b->count || (i < a->count && x->key < y->key)) {
			on_difference(arg, x->service);
			i++;
		} else if (i == a->count || y->key < x->key) {
			on_difference(arg, y->service);
			k++;
		} else {
			if (x->modified != y->modified)
				on_difference(arg, y->service);
			i++;
			k++;
		}
	}
}
