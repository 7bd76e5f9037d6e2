/* SPDX-License-Identifier: MIT */
/*
 * /v1/health/service and /v1/health/connect: instances, each with its node and
 * its checks. This is the bulk of what Consul ever says to weir.
 */
#include "decode.h"

static const struct shape_member address_members[] = {
    MEMBER("Address", STR, struct tagged_address, address),
    MEMBER("Port", I32, struct tagged_address, port),
};
static const struct shape address_shape = SHAPE(address_members);

/* The map is nil when there are none. */
static bool
read_addresses(struct reader *r, void *record)
{
	struct health_service *s = record;
	struct map *map = NULL;
	struct str key;

	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		struct tagged_address *a = arena_zalloc(r->arena, sizeof(*a));

		key = arena_str(r->arena, key);
		shape_read(r, &address_shape, a);
		if (!map)
			map = map_new(r->arena, &type_service_addresses);
		map_put_str(map, key,
		    (struct value){.type = &type_service_address, .u.ptr = a});
	}
	s->service_tagged_addresses = map;
	return !r->scan.failed;
}

/* A Go duration in JSON: a string in a definition that Consul wrote, a number
 * of nanoseconds in one from elsewhere. */
static bool
read_definition(struct reader *r, void *record)
{
	(void)record;
	return scan_skip(&r->scan);
}

static const struct shape_member check_members[] = {
    MEMBER("Node", STR, struct health_check, node),
    MEMBER("CheckID", STR, struct health_check, check_id),
    MEMBER("Name", STR, struct health_check, name),
    MEMBER("Status", STR, struct health_check, status),
    MEMBER("Notes", STR, struct health_check, notes),
    MEMBER("Output", STR, struct health_check, output),
    MEMBER("ServiceID", STR, struct health_check, service_id),
    MEMBER("ServiceName", STR, struct health_check, service_name),
    MEMBER("ServiceTags", STRS, struct health_check, service_tags),
    MEMBER("Type", STR, struct health_check, type),
    MEMBER("Namespace", STR, struct health_check, ns),
    MEMBER("Partition", STR, struct health_check, partition),
    MEMBER("ExposedPort", I32, struct health_check, exposed_port),
    MEMBER("PeerName", STR, struct health_check, peer_name),
    MEMBER_OTHER("Definition", read_definition),
    MEMBER("CreateIndex", U64, struct health_check, create_index),
    MEMBER("ModifyIndex", U64, struct health_check, modify_index),
};
static const struct shape check_shape = SHAPE(check_members);

static bool
read_checks(struct reader *r, void *record)
{
	struct health_service *s = record;
	void **items;
	size_t n = shape_read_all(
	    r, &check_shape, sizeof(struct health_check), &items);

	s->checks = (struct list){
	    .items = items, .count = (uint32_t)n, .not_nil = true};
	return !r->scan.failed;
}

static const struct shape_member weights_members[] = {
    MEMBER("Passing", I32, struct health_service, weights.passing),
    MEMBER("Warning", I32, struct health_service, weights.warning),
};
static const struct shape weights_shape = SHAPE(weights_members);

static const struct shape_member node_members[] = {
    MEMBER("ID", STR, struct health_service, node_id),
    MEMBER("Node", STR, struct health_service, node),
    MEMBER("Address", STR, struct health_service, node_address),
    MEMBER(
	"TaggedAddresses", MAP, struct health_service, node_tagged_addresses),
    MEMBER("Meta", MAP, struct health_service, node_meta),
};
static const struct shape node_shape = SHAPE(node_members);

static const struct shape_member service_members[] = {
    MEMBER("ID", STR, struct health_service, id),
    MEMBER("Service", STR, struct health_service, name),
    MEMBER("Tags", STRS, struct health_service, tags),
    MEMBER("Address", STR, struct health_service, address),
    MEMBER_OTHER("TaggedAddresses", read_addresses),
    MEMBER("Meta", MAP, struct health_service, service_meta),
    MEMBER("Port", I32, struct health_service, port),
    MEMBER_WITHIN("Weights", weights_shape),
    MEMBER("ModifyIndex", U64, struct health_service, modify_index),
};
static const struct shape service_shape = SHAPE(service_members);

static const struct shape_member entry_members[] = {
    MEMBER_WITHIN("Node", node_shape),
    MEMBER_WITHIN("Service", service_shape),
    MEMBER_OTHER("Checks", read_checks),
};
static const struct shape entry_shape = SHAPE(entry_members);

void
decode_health(struct reader *r, struct answer *a, const struct query *q)
{
	void **records;
	size_t n = shape_read_all(
	    r, &entry_shape, sizeof(struct health_service), &records);

	if (!r->scan.failed)
		answer_shape_services(
		    a, q, (struct health_service **)records, n);
}
