/* SPDX-License-Identifier: MIT */
/*
 * /v1/health/service and /v1/health/connect: instances, each with its node and
 * its checks. This is the bulk of what Consul ever says to weir.
 */
#include "decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

/* Go's Duration.String: "1h2m3.5s", "100ms", "-5s", "0s", over all of 64 bits:
 * Consul keeps what was registered. */
static bool
parse_duration(struct str text, int64_t *ns)
{
	static const struct {
		struct str unit;
		long double ns;
	} units[] = {{{"ns", 2}, 1}, {{"us", 2}, 1e3}, {{"\u00b5s", 3}, 1e3},
	    {{"ms", 2}, 1e6}, {{"s", 1}, 1e9}, {{"m", 1}, 6e10},
	    {{"h", 1}, 3.6e12}};
	long double total = 0;
	bool negative = str_has_prefix(text, STR("-"));

	text.ptr += negative;
	text.len -= negative;
	while (text.len) {
		char number[32];
		size_t n = 0, i = 0;

		while (n < text.len && n < sizeof(number) - 1 &&
		       strchr("0123456789.", text.ptr[n]) && text.ptr[n])
			n++;
		memcpy(number, text.ptr, n);
		number[n] = 0;
		text.ptr += n;
		text.len -= n;
		/* "ms" stands before "m" in the table. */
		while (i < 7 && !str_has_prefix(text, units[i].unit))
			i++;
		if (i == 7 || !n)
			return false;
		total += strtold(number, NULL) * units[i].ns;
		text.ptr += units[i].unit.len;
		text.len -= units[i].unit.len;
	}
	/* The nanoseconds are whole: what isn't is the fraction's rounding. */
	total = negative ? -roundl(total) : roundl(total);
	if (total < -0x1p63L || total >= 0x1p63L)
		return false;
	*ns = (int64_t)total;
	return true;
}

/* A string, or a number of nanoseconds. */
static bool
read_duration(struct reader *r, int64_t *ns)
{
	struct str text;

	if (!scan_is_string(&r->scan))
		return scan_int(&r->scan, ns);
	if (!scan_string(&r->scan, &text))
		return false;
	return parse_duration(text, ns) ||
	       scan_expected(&r->scan, "a duration");
}

static bool
read_interval(struct reader *r, void *record)
{
	return read_duration(r, &((struct check_definition *)record)->interval);
}

static bool
read_timeout(struct reader *r, void *record)
{
	return read_duration(r, &((struct check_definition *)record)->timeout);
}

static bool
read_deregister(struct reader *r, void *record)
{
	return read_duration(
	    r, &((struct check_definition *)record)->deregister);
}

/* map[string][]string, nil when there is none. */
static bool
read_header(struct reader *r, void *record)
{
	struct check_definition *d = record;
	const struct type *type =
	    type_field(&type_check_definition, STR("Header"))->type;
	struct map *map = NULL;
	struct list list;
	struct str key;

	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		key = arena_str(r->arena, key);
		shape_read_strs(r, &list);
		if (!map)
			map = map_new(r->arena, type);
		map_put_str(
		    map, key, value_slice(type->elem, list.items, list.count));
	}
	d->header = map;
	return !r->scan.failed;
}

static const struct shape_member definition_members[] = {
    MEMBER("HTTP", STR, struct check_definition, http),
    MEMBER_OTHER("Header", read_header),
    MEMBER("Method", STR, struct check_definition, method),
    MEMBER("Body", STR, struct check_definition, body),
    MEMBER("TLSServerName", STR, struct check_definition, tls_server_name),
    MEMBER("TLSSkipVerify", BOOL, struct check_definition, tls_skip_verify),
    MEMBER("TCP", STR, struct check_definition, tcp),
    MEMBER("TCPUseTLS", BOOL, struct check_definition, tcp_use_tls),
    MEMBER("UDP", STR, struct check_definition, udp),
    MEMBER("GRPC", STR, struct check_definition, grpc),
    MEMBER("OSService", STR, struct check_definition, os_service),
    MEMBER("GRPCUseTLS", BOOL, struct check_definition, grpc_use_tls),
    MEMBER_OTHER("Interval", read_interval),
    MEMBER_OTHER("Timeout", read_timeout),
    MEMBER_OTHER("DeregisterCriticalServiceAfter", read_deregister),
};
static const struct shape definition_shape = SHAPE(definition_members);

/* Mostly {}: then nothing is kept. */
static bool
read_definition(struct reader *r, void *record)
{
	struct health_check *c = record;
	struct check_definition d = {0}, *kept;

	if (!shape_read(r, &definition_shape, &d))
		return false;
	if (!memcmp(&d, &(struct check_definition){0}, sizeof(d)))
		return true;
	kept = arena_alloc(r->arena, sizeof(*kept));
	*kept = d;
	c->definition = kept;
	return true;
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
