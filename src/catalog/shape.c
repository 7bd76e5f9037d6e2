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
	const struct kept_service *x = a, *y = b;
	int c = compare_packed(x->node->node, y->node->node);

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
	a->has_control |= p->has_control;
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

/* Distinct parts of the records on the way. There are few, and the last ones
 * are met again; what is not found among them is only kept twice. */
#define PARTS_LOOKED_AT 32

struct parts {
	size_t size; /* of one */
	const void *last[PARTS_LOOKED_AT];
	size_t count;
};

/* The part with these bytes, perhaps one that was there before. Strings, lists
 * and maps were interned, so that equal parts have equal bytes. */
static const void *
take_part(struct arena *arena, struct parts *parts, const void *part)
{
	size_t n =
	    parts->count < PARTS_LOOKED_AT ? parts->count : PARTS_LOOKED_AT;
	void *made;

	for (size_t i = 0; i < n; i++)
		if (!memcmp(parts->last[i], part, parts->size))
			return parts->last[i];
	made = memcpy(arena_alloc(arena, parts->size), part, parts->size);
	parts->last[parts->count++ % PARTS_LOOKED_AT] = made;
	return made;
}

/* A list without what its padding holds. */
static void
put_list(struct list *to, const struct list *list)
{
	to->items = list->items;
	to->count = list->count;
	to->not_nil = list->not_nil;
}

/* Lists of tags that were sorted, so that equal ones stay one. */
struct sorted {
	const void *from, *to;
	uint32_t count;
};

struct shaper {
	struct answer *answer;
	struct sorted sorted[PARTS_LOOKED_AT];
	size_t sorted_count;
	struct pack pack;
	struct parts services, checks, definitions;
	const struct pstr *statuses[4];
};

static const struct kept_check *
keep_check(struct shaper *s, const struct health_check *c)
{
	struct kept_check *kept = arena_alloc(&s->answer->arena, sizeof(*kept));
	struct check_part part;

	memset(&part, 0, sizeof(part));
	part.name = c->name;
	part.status = c->status;
	part.notes = c->notes;
	part.service_name = c->service_name;
	part.type = c->type;
	part.ns = c->ns;
	part.partition = c->partition;
	part.peer_name = c->peer_name;
	put_list(&part.service_tags, &c->service_tags);
	part.definition = c->definition ? take_part(&s->answer->arena,
					      &s->definitions, c->definition)
					: &record_no_definition;
	part.exposed_port = c->exposed_port;
	*kept = (struct kept_check){
	    .part = take_part(&s->answer->arena, &s->checks, &part),
	    .node = c->node,
	    .check_id = c->check_id,
	    .output = c->output,
	    .service_id = c->service_id,
	    .create_index = c->create_index,
	    .modify_index = c->modify_index};
	return kept;
}

/* The node is not copied with the answer. */
static void
leave_node(struct answer *a, struct pack *p, const struct node_part *node)
{
	const void *const *checks = node->checks.items;

	a->has_control |= shared_has_control(node);
	pack_keep(p, node);
	pack_keep(p, node->address);
	for (uint32_t i = 0; i < node->checks.count; i++)
		pack_keep(p, checks[i]);
}

static const struct node_part *
keep_node(struct shaper *s, const struct health_service *r,
    const struct kept_check **checks, uint32_t count)
{
	struct node_part node = {.node = r->node,
	    .id = r->node_id,
	    .address = r->node_address,
	    .tagged_addresses = r->node_tagged_addresses,
	    .meta = r->node_meta,
	    .checks = {.items = checks, .count = count, .not_nil = true}};
	const struct node_part *kept = shared_node(&node);

	leave_node(s->answer, &s->pack, kept);
	return kept;
}

/* The checks of the node, then those of the service. */
static void
keep_checks(
    struct shaper *s, const struct health_service *r, struct kept_service *kept)
{
	const struct health_check *const *raw = r->checks.items;
	uint32_t n = r->checks.count, of_node = 0;
	const struct kept_check **all =
	    arena_alloc(&s->answer->arena, (n + 1) * sizeof(*all));

	for (uint32_t i = 0; i < n; i++)
		if (!raw[i]->service_id)
			all[of_node++] = keep_check(s, raw[i]);
	kept->node = keep_node(s, r, all, of_node);
	if (of_node)
		memcpy(all, kept->node->checks.items, of_node * sizeof(*all));
	for (uint32_t i = 0; i < n; i++)
		if (raw[i]->service_id)
			all[of_node++] = keep_check(s, raw[i]);
	kept->checks = (struct list){.items = all, .count = n, .not_nil = true};
}

static void
keep_tags(struct shaper *s, const struct list *from, struct list *to)
{
	struct sorted *known = s->sorted;
	size_t n = s->sorted_count < PARTS_LOOKED_AT ? s->sorted_count
						     : PARTS_LOOKED_AT;
	struct list tags = *from;

	for (size_t i = 0; i < n && from->count; i++, known++)
		if (known->from == from->items && known->count == from->count) {
			tags.items = known->to;
			put_list(to, &tags);
			to->not_nil = true;
			return;
		}
	sort_tags(&s->answer->arena, &tags);
	put_list(to, &tags);
	s->sorted[s->sorted_count++ % PARTS_LOOKED_AT] =
	    (struct sorted){from->items, tags.items, from->count};
}

static const struct kept_service *
keep_service(
    struct shaper *s, const struct health_service *r, const char *status)
{
	struct arena *arena = &s->answer->arena;
	struct kept_service *kept = arena_zalloc(arena, sizeof(*kept));
	struct service_part part;

	memset(&part, 0, sizeof(part));
	part.name = r->name;
	for (size_t i = 0; i < 4; i++)
		if (str_is(str_of_packed(s->statuses[i]), status))
			part.status = s->statuses[i];
	part.meta = r->service_meta;
	keep_tags(s, &r->tags, &part.tags);
	part.weights = r->weights;
	keep_checks(s, r, kept);
	kept->part = take_part(arena, &s->services, &part);
	kept->id = r->id;
	kept->address =
	    r->address && r->address->len ? r->address : kept->node->address;
	kept->tagged_addresses = r->service_tagged_addresses;
	kept->port = r->port;
	return kept;
}

struct value
answer_shape_services(struct answer *a, const struct query *q,
    struct health_service **records, size_t count)
{
	static const char *const names[] = {
	    "passing", "warning", "critical", "maintenance"};
	struct shaper s = {.answer = a,
	    .services = {.size = sizeof(struct service_part)},
	    .checks = {.size = sizeof(struct check_part)},
	    .definitions = {.size = sizeof(struct check_definition)}};
	const struct kept_service **kept =
	    arena_array(&a->arena, count, sizeof(*kept));
	struct value v;
	size_t n = 0;

	for (size_t i = 0; i < 4; i++)
		s.statuses[i] = arena_pstr(&a->arena, str_of(names[i]));
	pack_keep(&s.pack, &record_no_definition);
	for (size_t i = 0; i < count; i++) {
		const char *status = record_status(
		    records[i]->checks.items, records[i]->checks.count);

		if (is_accepted(q, status))
			kept[n++] = keep_service(&s, records[i], status);
	}
	if (!q->near.len)
		sort_records(kept, n, compare_services);
	v = value_slice(&type_health_services, kept, n);
	return finish(a, &s.pack, &v);
}

void
answer_shape_kept(struct answer *a, const struct value *v)
{
	const struct kept_service *const *all = v->u.items;
	struct pack p = {0};

	pack_keep(&p, &record_no_definition);
	for (uint32_t i = 0; v->type == &type_health_services && i < v->len;
	     i++)
		leave_node(a, &p, all[i]->node);
	finish(a, &p, v);
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
	if (count)
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
