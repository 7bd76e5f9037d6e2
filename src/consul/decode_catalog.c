/* SPDX-License-Identifier: MIT */
/*
 * /v1/catalog/…: the names of services, nodes, one node with its services, and
 * lists of plain strings (datacenters).
 */
#include "decode.h"

void
decode_services(struct reader *r, struct answer *a, const struct query *q)
{
	void **records;
	struct str key;
	size_t n;

	(void)q;
	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		struct catalog_snippet *s = arena_zalloc(r->arena, sizeof(*s));

		s->name = arena_pstr(r->arena, key);
		shape_read_strs(r, &s->tags);
		reader_push(r, s);
	}
	records = reader_pop(r, 0, &n);
	if (!r->scan.failed)
		answer_shape_snippets(a, (struct catalog_snippet **)records, n);
}

static const struct shape_member node_members[] = {
    MEMBER("ID", STR, struct catalog_node, id),
    MEMBER("Node", STR, struct catalog_node, node),
    MEMBER("Address", STR, struct catalog_node, address),
    MEMBER("Datacenter", STR, struct catalog_node, datacenter),
    MEMBER("TaggedAddresses", MAP, struct catalog_node, tagged_addresses),
    MEMBER("Meta", MAP, struct catalog_node, meta),
};
static const struct shape node_shape = SHAPE(node_members);

void
decode_nodes(struct reader *r, struct answer *a, const struct query *q)
{
	void **records;
	size_t n = shape_read_all(
	    r, &node_shape, sizeof(struct catalog_node), &records);

	if (!r->scan.failed)
		answer_shape_nodes(a, q, (struct catalog_node **)records, n);
}

static bool
read_node(struct reader *r, void *record)
{
	struct node_detail *d = record;
	struct catalog_node *node;

	if (scan_null(&r->scan))
		return true;
	node = arena_zalloc(r->arena, sizeof(*node));
	d->node = node;
	return shape_read(r, &node_shape, node);
}

static const struct shape_member service_members[] = {
    MEMBER("ID", STR, struct node_service, id),
    MEMBER("Service", STR, struct node_service, service),
    MEMBER("Tags", STRS, struct node_service, tags),
    MEMBER("Address", STR, struct node_service, address),
    MEMBER("Meta", MAP, struct node_service, meta),
    MEMBER("Port", I32, struct node_service, port),
    MEMBER("EnableTagOverride", BOOL, struct node_service, enable_tag_override),
};
static const struct shape service_shape = SHAPE(service_members);

/* An object by ID, of which Go's map loses the order. */
static bool
read_services(struct reader *r, void *record)
{
	struct node_detail *d = record;
	size_t base = r->used, n;
	struct str key;
	void **items;

	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		struct node_service *s = arena_zalloc(r->arena, sizeof(*s));

		shape_read(r, &service_shape, s);
		reader_push(r, s);
	}
	items = reader_pop(r, base, &n);
	d->services = (struct list){
	    .items = items, .count = (uint32_t)n, .not_nil = true};
	return !r->scan.failed;
}

static const struct shape_member detail_members[] = {
    MEMBER_OTHER("Node", read_node),
    MEMBER_OTHER("Services", read_services),
};
static const struct shape detail_shape = SHAPE(detail_members);

/* An unknown node is null. */
void
decode_node(struct reader *r, struct answer *a, const struct query *q)
{
	struct node_detail *d = arena_zalloc(r->arena, sizeof(*d));

	(void)q;
	d->services.not_nil = true;
	if (shape_read(r, &detail_shape, d))
		answer_shape_node(a, d);
}

void
decode_strings(struct reader *r, struct answer *a, const struct query *q)
{
	struct list list;

	(void)q;
	if (shape_read_strs(r, &list))
		answer_shape_strings(
		    a, (struct str *)(uintptr_t)list.items, list.count);
}
