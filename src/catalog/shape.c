/* SPDX-License-Identifier: MIT */
/*
 * From what Consul answers to what a function gives. The last step moves the
 * result into an arena of its size, since an answer may live for weeks; what
 * was left over from decoding is gone then.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pack.h"
#include "record.h"
#include "shared.h"
#include "weir/xalloc.h"

/* ---- sorting ---- */

typedef int compare_fn(const void *, const void *);

/* Merges two sorted runs of from into to. */
static void
merge(const void **from, const void **to, size_t left, size_t right,
    compare_fn *compare)
{
	size_t i = 0, j = left;

	for (size_t k = 0; k < left + right; k++)
		if (j == left + right ||
		    (i < left && compare(from[i], from[j]) <= 0))
			to[k] = from[i++];
		else
			to[k] = from[j++];
}

/* Stable, as Go's sort.Stable: equal ones stay as Consul gave them. */
static void
sort_records(void *records, size_t count, compare_fn *compare)
{
	const void **items = records, **other;

	for (size_t i = 1;; i++) {
		if (i >= count)
			return;
		if (compare(items[i - 1], items[i]) > 0)
			break;
	}
	other = xcalloc(count, sizeof(*other));
	for (size_t run = 1; run < count; run *= 2) {
		for (size_t at = 0; at < count; at += 2 * run) {
			size_t left = count - at < run ? count - at : run;
			size_t rest = count - at - left;

			merge(items + at, other + at, left,
			    rest < run ? rest : run, compare);
		}
		memcpy(items, other, count * sizeof(*items));
	}
	free(other);
}

static int
compare_packed(const struct pstr *a, const struct pstr *b)
{
	return a == b ? 0 : str_compare(str_of_packed(a), str_of_packed(b));
}

static int
compare_services(const void *a, const void *b)
{
	const struct health_service *x = a, *y = b;
	int c = compare_packed(x->node, y->node);

	return c ? c : compare_packed(x->id, y->id);
}

static int
compare_snippets(const void *a, const void *b)
{
	const struct catalog_snippet *x = a, *y = b;

	return compare_packed(x->name, y->name);
}

static int
compare_nodes(const void *a, const void *b)
{
	const struct catalog_node *x = a, *y = b;
	int c = compare_packed(x->node, y->node);

	return c ? c : compare_packed(x->address, y->address);
}

static int
compare_node_services(const void *a, const void *b)
{
	const struct node_service *x = a, *y = b;
	int c = compare_packed(x->service, y->service);

	return c ? c : compare_packed(x->id, y->id);
}

static int
compare_strs(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return str_compare(*x, *y);
}

/*
 * Sorts a list of tags. The list may be another's too (a check's service tags
 * keep Consul's order), so a new one is made unless it is sorted already.
 */
static void
sort_tags(struct arena *arena, struct list *tags)
{
	const struct str *items = tags->items;
	struct str *sorted;

	tags->not_nil = true;
	for (uint32_t i = 1;; i++) {
		if (i >= tags->count)
			return;
		if (str_compare(items[i - 1], items[i]) > 0)
			break;
	}
	sorted = arena_alloc(arena, tags->count * sizeof(*sorted));
	memcpy(sorted, items, tags->count * sizeof(*sorted));
	qsort(sorted, tags->count, sizeof(*sorted), compare_strs);
	tags->items = sorted;
}

/* ---- the move into the final arena ---- */

static struct value
finish(struct answer *a, struct pack *p, const struct value *v)
{
	struct arena fresh;

	a->value = pack_value(p, &fresh, v);
	pack_fini(p);
	arena_fini(&a->arena);
	a->arena = fresh;
	return a->value;
}

static struct value
finish_list(
    struct answer *a, const struct type *type, const void *items, size_t count)
{
	struct pack p = {0};
	struct value v = value_slice(type, items, count);

	return finish(a, &p, &v);
}

/* ---- services ---- */

static bool
is_accepted(const struct query *q, const char *status)
{
	static const struct {
		const char *status;
		unsigned filter;
	} filters[] = {
	    {"passing", FILTER_PASSING},
	    {"warning", FILTER_WARNING},
	    {"critical", FILTER_CRITICAL},
	    {"maintenance", FILTER_MAINTENANCE},
	};

	if (q->filters & FILTER_ANY)
		return true;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (!strcmp(filters[i].status, status))
			return q->filters & filters[i].filter;
	return false;
}

static void
add_share(struct answer *a, struct shared *s)
{
	/* Room doubles whenever the count is a power of two. */
	if ((a->share_count & (a->share_count - 1)) == 0)
		a->shares =
		    xrealloc(a->shares, a->share_count ? a->share_count * 2 : 1,
			sizeof(struct shared *));
	a->shares[a->share_count++] = s;
}

/* Replaces what other answers have too by what the process keeps. */
static void
share(struct answer *a, struct pack *p, struct health_service *r)
{
	size_t n = r->checks.count;
	const struct health_check **checks =
	    arena_alloc(&a->arena, (n ? n : 1) * sizeof(*checks));
	struct shared *s = shared_node(r);

	shared_put_node(s, r);
	add_share(a, s);
	pack_keep(p, r->node);
	pack_keep(p, r->node_id);
	pack_keep(p, r->node_address);
	pack_keep(p, r->node_tagged_addresses);
	pack_keep(p, r->node_meta);
	for (size_t i = 0; i < n; i++) {
		struct health_check *c =
		    ((struct health_check **)(uintptr_t)r->checks.items)[i];

		checks[i] = c;
		if (!c->definition)
			c->definition = &record_no_definition;
		if (c->service_id)
			continue;
		s = shared_check(c);
		add_share(a, s);
		checks[i] = shared_as_check(s);
		pack_keep(p, checks[i]);
	}
	r->checks.items = checks;
}

struct value
answer_shape_services(struct answer *a, const struct query *q,
    struct health_service **records, size_t count)
{
	static const char *const names[] = {
	    "passing", "warning", "critical", "maintenance"};
	const struct pstr *packed[4];
	struct pack p = {0};
	struct value v;
	size_t n = 0;

	for (size_t i = 0; i < 4; i++)
		packed[i] = arena_pstr(&a->arena, str_of(names[i]));
	pack_keep(&p, &record_no_definition);
	for (size_t i = 0; i < count; i++) {
		struct health_service *r = records[i];
		const char *status =
		    record_status(r->checks.items, r->checks.count);

		if (!is_accepted(q, status))
			continue;
		r->status = NULL;
		for (size_t k = 0; k < 4; k++)
			if (!strcmp(status, names[k]))
				r->status = packed[k];
		share(a, &p, r);
		if (!r->address || r->address->len == 0)
			r->address = r->node_address;
		sort_tags(&a->arena, &r->tags);
		r->checks.not_nil = true;
		records[n++] = r;
	}
	if (!q->near.len)
		sort_records(records, n, compare_services);
	v = value_slice(&type_health_services, records, n);
	return finish(a, &p, &v);
}

/* ---- the others ---- */

struct value
answer_shape_snippets(
    struct answer *a, struct catalog_snippet **records, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sort_tags(&a->arena, &records[i]->tags);
	sort_records(records, count, compare_snippets);
	return finish_list(a, &type_snippets, records, count);
}

struct value
answer_shape_nodes(struct answer *a, const struct query *q,
    struct catalog_node **records, size_t count)
{
	if (!q->near.len)
		sort_records(records, count, compare_nodes);
	return finish_list(a, &type_nodes, records, count);
}

struct value
answer_shape_node(struct answer *a, struct node_detail *detail)
{
	const void **services =
	    (const void **)(uintptr_t)detail->services.items;
	struct value v = value_ptr(&type_node_detail_ptr, detail);
	struct pack p = {0};

	for (uint32_t i = 0; i < detail->services.count; i++) {
		struct node_service *s = (void *)(uintptr_t)services[i];

		sort_tags(&a->arena, &s->tags);
	}
	sort_records(services, detail->services.count, compare_node_services);
	detail->services.not_nil = detail->node != NULL;
	return finish(a, &p, &v);
}

/* The path without the prefix that was asked and the slashes behind it. */
static struct str
relative_key(struct str path, struct str prefix)
{
	if (str_has_prefix(path, prefix)) {
		path.ptr += prefix.len;
		path.len -= prefix.len;
	}
	while (path.len && *path.ptr == '/') {
		path.ptr++;
		path.len--;
	}
	return path;
}

struct value
answer_shape_pairs(struct answer *a, const struct query *q,
    struct key_pair **records, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct str path = str_of_packed(records[i]->path);
		struct str key = relative_key(path, q->name);

		records[i]->key = key.len == path.len
				      ? records[i]->path
				      : arena_pstr(&a->arena, key);
	}
	return finish_list(a, &type_key_pairs, records, count);
}

struct value
answer_shape_strings(struct answer *a, struct str *strings, size_t count)
{
	qsort(strings, count, sizeof(*strings), compare_strs);
	return finish_list(a, &type_strings, strings, count);
}

struct value
answer_shape_string(struct answer *a, struct str s)
{
	struct pack p = {0};
	struct value v = s.ptr ? value_str(s) : VALUE_NONE;

	return finish(a, &p, &v);
}

/* ---- the mesh ---- */

static int
compare_partitions(const void *a, const void *b)
{
	const struct partition *x = a, *y = b;

	return compare_packed(x->name, y->name);
}

static int
compare_peerings(const void *a, const void *b)
{
	const struct peering *x = a, *y = b;
	int c = compare_packed(x->state, y->state);

	if (!c)
		c = compare_packed(x->partition, y->partition);
	return c ? c : compare_packed(x->name, y->name);
}

static int
compare_exported(const void *a, const void *b)
{
	const struct exported_service *x = a, *y = b;

	return compare_packed(x->service, y->service);
}

static int
compare_imported(const void *a, const void *b)
{
	const struct imported_service *x = a, *y = b;

	return compare_packed(x->service, y->service);
}

static const struct mesh {
	enum query_kind kind;
	const struct type *type;
	compare_fn *compare; /* NULL: Consul's order */
} mesh[] = {
    {QUERY_CA_ROOTS, &type_ca_roots, NULL},
    {QUERY_PARTITIONS, &type_partitions, compare_partitions},
    {QUERY_PEERINGS, &type_peerings, compare_peerings},
    {QUERY_EXPORTED, &type_exported_services, compare_exported},
    {QUERY_IMPORTED, &type_imported_services, compare_imported},
};

static const struct mesh *
find_mesh(enum query_kind kind)
{
	for (size_t i = 0; i < sizeof(mesh) / sizeof(mesh[0]); i++)
		if (mesh[i].kind == kind)
			return &mesh[i];
	assert(!"a kind of query with records of the mesh");
	return NULL;
}

struct value
answer_shape_records(
    struct answer *a, enum query_kind kind, void **records, size_t count)
{
	const struct mesh *m = find_mesh(kind);
	const void **items = arena_array(&a->arena, count, sizeof(*items));
	struct list_builder b;
	struct value v;

	if (count)
		memcpy(items, records, count * sizeof(*items));
	if (m->compare)
		sort_records(items, count, m->compare);
	list_begin(&b, &a->arena, m->type);
	for (size_t i = 0; i < count; i++)
		list_add(&b, value_ptr(m->type->elem, items[i]));
	v = list_end(&b);
	return finish_list(a, m->type, v.u.items, v.len);
}

struct value
answer_shape_leaf(struct answer *a, struct ca_leaf *leaf)
{
	struct pack p = {0};
	struct value v = leaf ? value_ptr(&type_ca_leaf_ptr, leaf) : VALUE_NONE;

	return finish(a, &p, &v);
}
