/* SPDX-License-Identifier: MIT */
/*
 * Too much at once is told by number, not by name: what replaces as many as it
 * takes is a deployment. An answer is compared with the one in the view, so
 * that a service may shrink as far as it likes in steps that pass one by one;
 * its end (nothing left) is always a step that is held. The newest answer is
 * the one that is held, from the moment of the first.
 *
 * A single value (a key, a certificate) that goes away is an operator's
 * ordinary act and passes, unless Consul's index went backwards with it: then
 * it is another Consul, which never knew the value.
 */
#include "weir/guard.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/log.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

struct guard {
	struct guard_options o;
	struct strmap entries; /* id → struct entry */
	struct guard_totals totals;
};

/* A held answer. */
struct entry {
	char *id;
	struct answer *answer;
	size_t was, is;
	bool restarted, denied;
	int64_t since_ms, since_unix;
};

/* ---- what is too much ---- */

/* A Consul's own service is in every list of services, also that of a Consul
 * that has lost all others. */
static size_t
count_services(const struct value *v)
{
	const struct catalog_snippet *const *all = v->u.items;
	size_t n = 0;

	for (uint32_t i = 0; i < v->len; i++)
		n += !str_equal(str_of_packed(all[i]->name), STR("consul"));
	return n;
}

static size_t
count_node(const struct value *v)
{
	const struct node_detail *d = v->u.ptr;

	return d && d->node ? 1 + d->services.count : 0;
}

/* How many elements an answer has. single: it is no list. */
static size_t
count(const struct answer *a, bool *single)
{
	const struct value *v = &a->value;

	*single = false;
	if (!v->type) {
		*single = true;
		return 0;
	}
	if (v->type == &type_snippets)
		return count_services(v);
	if (v->type == &type_node_detail_ptr)
		return count_node(v);
	if (v->type->kind == KIND_SLICE)
		return v->len;
	*single = true;
	return v->type->kind != KIND_PTR || v->u.ptr;
}

/* Does `to` take too much away from `from`? Says how many both have. */
static bool
is_too_much(const struct guard *g, const struct answer *from,
    const struct answer *to, struct entry *e)
{
	bool single, to_single;
	size_t removed;

	e->was = count(from, &single);
	e->is = count(to, &to_single);
	e->restarted = to->index && to->index < from->index;
	if (e->is >= e->was || g->o.max_removed >= 100)
		return false;
	if (single && !e->restarted)
		return false;
	removed = e->was - e->is;
	return e->is == 0 || removed * 100 > e->was * (size_t)g->o.max_removed;
}

/* ---- entries ---- */

static void
entry_free(struct entry *e)
{
	answer_unref(&e->answer);
	free(e->id);
	free(e);
}

static void
drop(struct guard *g, struct str id)
{
	struct entry *e = strmap_take(&g->entries, id);

	if (e)
		entry_free(e);
}

static int64_t
due_of(const struct guard *g, const struct entry *e)
{
	return e->denied || !g->o.hold_ms ? -1 : e->since_ms + g->o.hold_ms;
}

static void
describe(const struct guard *g, const struct entry *e, struct held *h)
{
	int64_t now = g->o.now(g->o.arg), due = due_of(g, e);

	*h = (struct held){.id = str_of(e->id),
	    .was = e->was,
	    .is = e->is,
	    .restarted = e->restarted,
	    .denied = e->denied,
	    .age_ms = now - e->since_ms,
	    .since_unix = e->since_unix,
	    .due_ms = -1};
	if (due >= 0)
		h->due_ms = due > now ? due - now : 0;
}

/* ---- words ---- */

void
held_print_change(const struct held *h, struct buf *b)
{
	buf_printf(b, "from %zu to %zu%s", h->was, h->is,
	    h->restarted ? ", Consul's index went backwards" : "");
}

static void
print_duration(struct buf *b, int64_t ms)
{
	if (ms < 60000)
		buf_printf(b, "%lld.%llds", (long long)(ms / 1000),
		    (long long)(ms % 1000 / 100));
	else
		buf_printf(b, "%lldm%llds", (long long)(ms / 60000),
		    (long long)(ms / 1000 % 60));
}

void
held_print_release(const struct held *h, struct buf *b)
{
	buf_puts(b, "until the data recover");
	if (h->due_ms >= 0) {
		buf_puts(b, ", for ");
		print_duration(b, h->due_ms);
	}
	buf_puts(b, " or until `weir approve`");
	if (h->denied)
		buf_puts(b, " (denied)");
}

static void
say_held(const struct guard *g, const struct entry *e)
{
	struct buf change = {0}, release = {0};
	struct held h;

	describe(g, e, &h);
	held_print_change(&h, &change);
	held_print_release(&h, &release);
	log_warn("guard",
	    "%s: held: %s in one step; the last good answer stays %s", e->id,
	    change.ptr, release.ptr);
	buf_fini(&change);
	buf_fini(&release);
}

static void
say_released(const struct guard *g, const struct entry *e, const char *why)
{
	log_info("guard", "%s: released after %.1f s: %s (%zu, was %zu)", e->id,
	    (double)(g->o.now(g->o.arg) - e->since_ms) / 1e3, why, e->is,
	    e->was);
}

/* ---- judging ---- */

static void
hold(struct guard *g, struct str id, const struct entry *seen,
    struct answer *fresh)
{
	struct entry *e = strmap_get(&g->entries, id);
	bool first = !e;

	if (first) {
		e = xcalloc(1, sizeof(*e));
		e->since_ms = g->o.now(g->o.arg);
		e->since_unix = (int64_t)time(NULL);
		e->id = xstrndup(id.ptr, id.len);
		strmap_put(&g->entries, id, e);
	}
	answer_unref(&e->answer);
	e->answer = answer_ref(fresh);
	e->was = seen->was;
	e->is = seen->is;
	e->restarted |= seen->restarted;
	if (first) {
		g->totals.held++;
		say_held(g, e);
		g->o.on_hold(g->o.arg);
	}
}

/* catalog_judge_fn: may fresh take the place of old? */
static bool
judge(void *arg, struct str id, const struct answer *old, struct answer *fresh)
{
	struct guard *g = arg;
	struct entry *e, seen = {0};

	if (!fresh) {
		drop(g, id);
		return true;
	}
	if (is_too_much(g, old, fresh, &seen)) {
		hold(g, id, &seen, fresh);
		return false;
	}
	e = strmap_get(&g->entries, id);
	if (e) {
		e->was = seen.was;
		e->is = seen.is;
		g->totals.recovered++;
		say_released(g, e, "the data recovered");
		drop(g, id);
	}
	return true;
}

/* ---- releasing ---- */

/* Puts the held answer into the catalog. */
static void
release(struct guard *g, struct entry *e, const char *why)
{
	struct answer *a = answer_ref(e->answer);
	char *id = xstrdup(e->id);

	say_released(g, e, why);
	drop(g, str_of(id));
	catalog_put_unjudged(g->o.catalog, str_of(id), a);
	g->o.on_release(g->o.arg, str_of(id));
	free(id);
}

/* The first entry that is due at `now`; NULL: none. */
static struct entry *
first_due(const struct guard *g, int64_t now)
{
	struct strmap_entry *m;

	for (size_t i = 0; (m = strmap_next(&g->entries, &i));) {
		int64_t due = due_of(g, m->value);

		if (due >= 0 && due <= now)
			return m->value;
	}
	return NULL;
}

void
guard_expire(struct guard *g)
{
	struct entry *e;

	while ((e = first_due(g, g->o.now(g->o.arg)))) {
		g->totals.expired++;
		release(g, e, "it lasted");
	}
}

int64_t
guard_due(const struct guard *g)
{
	struct strmap_entry *m;
	int64_t first = -1;

	for (size_t i = 0; (m = strmap_next(&g->entries, &i));) {
		int64_t due = due_of(g, m->value);

		if (due >= 0 && (first < 0 || due < first))
			first = due;
	}
	return first;
}

static struct entry *
find(const struct guard *g, struct str id)
{
	struct strmap_entry *m;
	size_t at = 0;

	if (id.len)
		return strmap_get(&g->entries, id);
	m = strmap_next(&g->entries, &at);
	return m ? m->value : NULL;
}

size_t
guard_approve(struct guard *g, struct str id)
{
	struct entry *e;
	size_t n = 0;

	while ((e = find(g, id))) {
		n++;
		g->totals.approved++;
		release(g, e, "approved");
	}
	return n;
}

size_t
guard_deny(struct guard *g, struct str id)
{
	struct strmap_entry *m;
	size_t n = 0;

	for (size_t i = 0; (m = strmap_next(&g->entries, &i));) {
		struct entry *e = m->value;

		if (id.len && !str_equal(id, str_of(e->id)))
			continue;
		n++;
		if (e->denied)
			continue;
		e->denied = true;
		g->totals.denied++;
		log_info("guard",
		    "%s: denied: the last good answer stays until the data "
		    "recover",
		    e->id);
	}
	return n;
}

/* ---- life ---- */

struct guard *
guard_new(const struct guard_options *o)
{
	struct guard *g = xcalloc(1, sizeof(*g));

	assert(o->now && o->on_hold && o->on_release);
	g->o = *o;
	catalog_judge(o->catalog, judge, g);
	return g;
}

void
guard_free(struct guard **gp)
{
	struct guard *g = *gp;
	struct strmap_entry *m;

	*gp = NULL;
	if (!g)
		return;
	catalog_judge(g->o.catalog, NULL, NULL);
	for (size_t i = 0; (m = strmap_next(&g->entries, &i));)
		entry_free(m->value);
	strmap_fini(&g->entries);
	free(g);
}

void
guard_configure(struct guard *g, int max_removed, int64_t hold_ms)
{
	g->o.max_removed = max_removed;
	g->o.hold_ms = hold_ms;
}

bool
guard_next(const struct guard *g, size_t *at, struct held *h)
{
	struct strmap_entry *m = strmap_next(&g->entries, at);

	if (m)
		describe(g, m->value, h);
	return m != NULL;
}

void
guard_get_totals(const struct guard *g, struct guard_totals *t)
{
	*t = g->totals;
}
