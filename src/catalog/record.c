/* SPDX-License-Identifier: MIT */
/*
 * The records as templates see them: Go's names, types and order of fields,
 * since all three show in messages, in %T and in what toJSON prints. The tables
 * are the only description there is: packing, comparing and printing walk them.
 */
#include <stddef.h>
#include <string.h>

#include "record.h"

#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))

#define AT(record, member, as, of)                                \
	.type = &(of), .offset = offsetof(struct record, member), \
	.store = STORE_##as
#define TEXT(record, go, member)                                   \
	{                                                          \
		.name = #go, AT(record, member, PSTR, type_string) \
	}
#define RECORD(id, go, record, table)                       \
	const struct type type_##id = {.kind = KIND_STRUCT, \
	    .name = go,                                     \
	    .size = sizeof(struct record),                  \
	    .fields = table,                                \
	    .field_count = COUNT(table)};                   \
	const struct type type_##id##_ptr = {               \
	    .kind = KIND_PTR, .name = "*" go, .elem = &type_##id}
#define LIST_OF(id, go, of, as)         \
	const struct type type_##id = { \
	    .kind = KIND_SLICE,         \
	    .name = go,                 \
	    .elem = &(of),              \
	    .elem_store = STORE_##as,   \
	}

/* ---- small parts ---- */

LIST_OF(service_tags, "dependency.ServiceTags", type_string, STR);

static const struct field service_address_fields[] = {
    TEXT(tagged_address, Address, address),
    {.name = "Port", AT(tagged_address, port, I32, type_int)},
};
RECORD(service_address, "api.ServiceAddress", tagged_address,
    service_address_fields);

const struct type type_service_addresses = {.kind = KIND_MAP,
    .name = "map[string]api.ServiceAddress",
    .key = &type_string,
    .elem = &type_service_address};

static const struct field weights_fields[] = {
    {.name = "Passing", AT(weights, passing, I32, type_int)},
    {.name = "Warning", AT(weights, warning, I32, type_int)},
};
static const struct type type_weights = {.kind = KIND_STRUCT,
    .name = "api.AgentWeights",
    .size = sizeof(struct weights),
    .fields = weights_fields,
    .field_count = COUNT(weights_fields)};

/* ---- checks ---- */

static int
call_duration(struct call *c, struct value *result)
{
	*result = c->args[0];
	result->type = &type_duration;
	result->iface = false;
	return 0;
}

static void
print_duration(const struct value *v, struct buf *out)
{
	struct value d = *v;

	d.type = &type_duration;
	type_duration.string(&d, out);
}

static const struct method readable_duration_methods[] = {
    {"Duration", "", "time.Duration", call_duration},
};
static const struct type type_readable_duration = {.kind = KIND_INT64,
    .name = "api.ReadableDuration",
    .string = print_duration,
    .string_by_pointer = true,
    .methods = readable_duration_methods,
    .method_count = COUNT(readable_duration_methods)};

static const struct type type_header = {.kind = KIND_MAP,
    .name = "map[string][]string",
    .key = &type_string,
    .elem = &type_strings};

#define DURATION(go, member)                                                  \
	{                                                                     \
		.name = go, AT(check_definition, member, I64, type_duration), \
		.json = "-"                                                   \
	}
#define READABLE(go, member)                                              \
	{                                                                 \
		.name = go,                                               \
		AT(check_definition, member, I64, type_readable_duration) \
	}
#define FLAG(record, go, member)                                 \
	{                                                        \
		.name = #go, AT(record, member, BOOL, type_bool) \
	}

#define OPTIONAL(record, go, member)                                \
	{                                                           \
		.name = #go, AT(record, member, PSTR, type_string), \
		.omit_empty = true                                  \
	}

/* JSON shows durations as text and in front where it finds the definition in a
 * check. */
static const struct type type_duration_text = {
    .kind = KIND_INT64, .name = "string", .text = print_duration};
#define DURATION_TEXT(go, member)                                     \
	{                                                             \
		.name = go,                                           \
		AT(check_definition, member, I64, type_duration_text) \
	}
#define DEFINITION_FIELDS                                                   \
	TEXT(check_definition, HTTP, http),                                 \
	    {.name = "Header",                                              \
		AT(check_definition, header, MAP, type_header)},            \
	    TEXT(check_definition, Method, method),                         \
	    TEXT(check_definition, Body, body),                             \
	    TEXT(check_definition, TLSServerName, tls_server_name),         \
	    FLAG(check_definition, TLSSkipVerify, tls_skip_verify),         \
	    TEXT(check_definition, TCP, tcp),                               \
	    FLAG(check_definition, TCPUseTLS, tcp_use_tls),                 \
	    TEXT(check_definition, UDP, udp),                               \
	    TEXT(check_definition, GRPC, grpc),                             \
	    TEXT(check_definition, OSService, os_service),                  \
	    FLAG(check_definition, GRPCUseTLS, grpc_use_tls),               \
	    DURATION("IntervalDuration", interval),                         \
	    DURATION("TimeoutDuration", timeout),                           \
	    DURATION("DeregisterCriticalServiceAfterDuration", deregister), \
	    OPTIONAL(check_definition, SessionName, session_name)

static const struct field definition_json_fields[] = {
    DURATION_TEXT("Interval", interval),
    DURATION_TEXT("Timeout", timeout),
    DURATION_TEXT("DeregisterCriticalServiceAfter", deregister),
    DEFINITION_FIELDS,
};
static const struct type type_definition_json = {.kind = KIND_STRUCT,
    .name = "api.HealthCheckDefinition",
    .size = sizeof(struct check_definition),
    .fields = definition_json_fields,
    .field_count = COUNT(definition_json_fields)};

static const struct field check_definition_fields[] = {
    DEFINITION_FIELDS,
    READABLE("Interval", interval),
    READABLE("Timeout", timeout),
    READABLE("DeregisterCriticalServiceAfter", deregister),
};
const struct type type_check_definition = {.kind = KIND_STRUCT,
    .name = "api.HealthCheckDefinition",
    .size = sizeof(struct check_definition),
    .fields = check_definition_fields,
    .field_count = COUNT(check_definition_fields),
    .json_as_field = &type_definition_json};

const struct check_definition record_no_definition;

#define INDEX(record, go, member)                                 \
	{                                                         \
		.name = #go, AT(record, member, U64, type_uint64) \
	}
#define THROUGH(record, member) .through = offsetof(struct record, member) + 1
#define TEXT_THROUGH(record, part, go, member, of)              \
	{                                                       \
		.name = #go, AT(of, member, PSTR, type_string), \
		THROUGH(record, part)                           \
	}
#define CHECK_TEXT(go, member) \
	TEXT_THROUGH(kept_check, part, go, member, check_part)
#define CHECK_OPTIONAL(go, member)                                      \
	{                                                               \
		.name = #go, AT(check_part, member, PSTR, type_string), \
		THROUGH(kept_check, part), .omit_empty = true           \
	}

static const struct field health_check_fields[] = {
    TEXT(kept_check, Node, node),
    TEXT(kept_check, CheckID, check_id),
    CHECK_TEXT(Name, name),
    CHECK_TEXT(Status, status),
    CHECK_TEXT(Notes, notes),
    TEXT(kept_check, Output, output),
    TEXT(kept_check, ServiceID, service_id),
    CHECK_TEXT(ServiceName, service_name),
    {.name = "ServiceTags",
	AT(check_part, service_tags, LIST, type_strings),
	THROUGH(kept_check, part)},
    CHECK_TEXT(Type, type),
    CHECK_OPTIONAL(Namespace, ns),
    CHECK_OPTIONAL(Partition, partition),
    {.name = "ExposedPort",
	AT(check_part, exposed_port, I32, type_int),
	THROUGH(kept_check, part)},
    CHECK_OPTIONAL(PeerName, peer_name),
    {.name = "Definition",
	AT(check_part, definition, PTR, type_check_definition),
	THROUGH(kept_check, part)},
    INDEX(kept_check, CreateIndex, create_index),
    INDEX(kept_check, ModifyIndex, modify_index),
};
RECORD(health_check, "api.HealthCheck", kept_check, health_check_fields);

/* Parts have names of their own only for the eye: no template meets them. */
static const struct field check_part_fields[] = {
    TEXT(check_part, Name, name),
    TEXT(check_part, Status, status),
    TEXT(check_part, Notes, notes),
    TEXT(check_part, ServiceName, service_name),
    TEXT(check_part, Type, type),
    TEXT(check_part, Namespace, ns),
    TEXT(check_part, Partition, partition),
    TEXT(check_part, PeerName, peer_name),
    {.name = "ServiceTags", AT(check_part, service_tags, LIST, type_strings)},
    {.name = "Definition",
	AT(check_part, definition, PTR, type_check_definition)},
    {.name = "ExposedPort", AT(check_part, exposed_port, I32, type_int)},
};
static const struct type type_check_part = {.kind = KIND_STRUCT,
    .name = "check",
    .size = sizeof(struct check_part),
    .fields = check_part_fields,
    .field_count = COUNT(check_part_fields)};

/* ---- the status of checks ---- */

static const char *const grades[] = {
    "passing", "warning", "critical", "maintenance"};

/* Place of the check's status among the grades, -1 for an unknown one. */
static int
grade(struct str check_id, struct str status)
{
	if (str_is(check_id, "_node_maintenance") ||
	    str_has_prefix(check_id, STR("_service_maintenance:")))
		return 3;
	for (int i = 0; i < 3; i++)
		if (str_is(status, grades[i]))
			return i;
	return -1;
}

const char *
record_status(const struct health_check *const *checks, size_t count)
{
	int worst = 0;

	for (size_t i = 0; i < count; i++) {
		int g = grade(str_of_packed(checks[i]->check_id),
		    str_of_packed(checks[i]->status));

		if (g < 0)
			return "";
		worst = g > worst ? g : worst;
	}
	return grades[worst];
}

static int
call_aggregated_status(struct call *c, struct value *result)
{
	const struct kept_check *const *checks = c->args[0].u.items;
	int worst = 0;

	for (uint32_t i = 0; i < c->args[0].len && worst >= 0; i++) {
		int g = grade(str_of_packed(checks[i]->check_id),
		    str_of_packed(checks[i]->part->status));

		worst = g < 0 || g > worst ? g : worst;
	}
	*result = value_str(str_of(worst < 0 ? "" : grades[worst]));
	return 0;
}

static const struct method health_checks_methods[] = {
    {"AggregatedStatus", "", "string", call_aggregated_status},
};
const struct type type_health_checks = {.kind = KIND_SLICE,
    .name = "api.HealthChecks",
    .elem = &type_health_check_ptr,
    .elem_store = STORE_PTR,
    .methods = health_checks_methods,
    .method_count = COUNT(health_checks_methods)};

/* ---- services ---- */

#define STRINGS_MAP(record, go, member)                                      \
	{                                                                    \
		.name = #go, AT(record, member, MAP, type_map_string_string) \
	}
#define TAGS(record)                                                      \
	{                                                                 \
		.name = "Tags", AT(record, tags, LIST, type_service_tags) \
	}

#define NODE_TEXT(go, member) \
	TEXT_THROUGH(kept_service, node, go, member, node_part)
#define SERVICE_TEXT(go, member) \
	TEXT_THROUGH(kept_service, part, go, member, service_part)

static const struct field health_service_fields[] = {
    NODE_TEXT(Node, node),
    NODE_TEXT(NodeID, id),
    NODE_TEXT(NodeAddress, address),
    {.name = "NodeTaggedAddresses",
	AT(node_part, tagged_addresses, MAP, type_map_string_string),
	THROUGH(kept_service, node)},
    {.name = "NodeMeta",
	AT(node_part, meta, MAP, type_map_string_string),
	THROUGH(kept_service, node)},
    {.name = "ServiceMeta",
	AT(service_part, meta, MAP, type_map_string_string),
	THROUGH(kept_service, part)},
    TEXT(kept_service, Address, address),
    {.name = "ServiceTaggedAddresses",
	AT(kept_service, tagged_addresses, MAP, type_service_addresses)},
    TEXT(kept_service, ID, id),
    SERVICE_TEXT(Name, name),
    {.name = "Tags",
	AT(service_part, tags, LIST, type_service_tags),
	THROUGH(kept_service, part)},
    {.name = "Checks", AT(kept_service, checks, LIST, type_health_checks)},
    SERVICE_TEXT(Status, status),
    {.name = "Port", AT(kept_service, port, I32, type_int)},
    {.name = "Weights",
	AT(service_part, weights, STRUCT, type_weights),
	THROUGH(kept_service, part)},
};
RECORD(health_service, "dependency.HealthService", kept_service,
    health_service_fields);
LIST_OF(health_services, "[]*dependency.HealthService", type_health_service_ptr,
    PTR);

static const struct field service_part_fields[] = {
    TEXT(service_part, Name, name),
    TEXT(service_part, Status, status),
    STRINGS_MAP(service_part, ServiceMeta, meta),
    TAGS(service_part),
    {.name = "Weights", AT(service_part, weights, STRUCT, type_weights)},
};
static const struct type type_service_part = {.kind = KIND_STRUCT,
    .name = "service",
    .size = sizeof(struct service_part),
    .fields = service_part_fields,
    .field_count = COUNT(service_part_fields)};

static const struct field node_part_fields[] = {
    TEXT(node_part, Node, node),
    TEXT(node_part, NodeID, id),
    TEXT(node_part, NodeAddress, address),
    STRINGS_MAP(node_part, NodeTaggedAddresses, tagged_addresses),
    STRINGS_MAP(node_part, NodeMeta, meta),
    {.name = "Checks", AT(node_part, checks, LIST, type_health_checks)},
};
RECORD(node_part, "node", node_part, node_part_fields);

/* ---- parts ---- */

const struct record_part *
record_parts(const struct type *type)
{
	static const struct record_part of_service[] = {
	    {offsetof(struct kept_service, node), &type_node_part},
	    {offsetof(struct kept_service, part), &type_service_part},
	    {0, NULL},
	};
	static const struct record_part of_check[] = {
	    {offsetof(struct kept_check, part), &type_check_part},
	    {0, NULL},
	};

	return type == &type_health_service ? of_service
	       : type == &type_health_check ? of_check
					    : NULL;
}

void
health_check_read(const void *record, struct health_check *to)
{
	const struct kept_check *c = record;
	const struct check_part *part = c->part;

	*to = (struct health_check){.node = c->node,
	    .check_id = c->check_id,
	    .name = part->name,
	    .status = part->status,
	    .notes = part->notes,
	    .output = c->output,
	    .service_id = c->service_id,
	    .service_name = part->service_name,
	    .type = part->type,
	    .ns = part->ns,
	    .partition = part->partition,
	    .peer_name = part->peer_name,
	    .service_tags = part->service_tags,
	    .definition = part->definition,
	    .exposed_port = part->exposed_port,
	    .create_index = c->create_index,
	    .modify_index = c->modify_index};
}

void
health_service_read(const void *record, struct health_service *to)
{
	const struct kept_service *s = record;

	*to = (struct health_service){.node = s->node->node,
	    .node_id = s->node->id,
	    .node_address = s->node->address,
	    .node_tagged_addresses = s->node->tagged_addresses,
	    .node_meta = s->node->meta,
	    .service_meta = s->part->meta,
	    .address = s->address,
	    .service_tagged_addresses = s->tagged_addresses,
	    .id = s->id,
	    .name = s->part->name,
	    .status = s->part->status,
	    .tags = s->part->tags,
	    .checks = s->checks,
	    .port = s->port,
	    .weights = s->part->weights};
}

static const struct field snippet_fields[] = {
    TEXT(catalog_snippet, Name, name),
    TAGS(catalog_snippet),
};
RECORD(snippet, "dependency.CatalogSnippet", catalog_snippet, snippet_fields);
LIST_OF(snippets, "[]*dependency.CatalogSnippet", type_snippet_ptr, PTR);

/* ---- nodes ---- */

static const struct field node_fields[] = {
    TEXT(catalog_node, ID, id),
    TEXT(catalog_node, Node, node),
    TEXT(catalog_node, Address, address),
    TEXT(catalog_node, Datacenter, datacenter),
    STRINGS_MAP(catalog_node, TaggedAddresses, tagged_addresses),
    STRINGS_MAP(catalog_node, Meta, meta),
};
RECORD(node, "dependency.Node", catalog_node, node_fields);
LIST_OF(nodes, "[]*dependency.Node", type_node_ptr, PTR);

static const struct field node_service_fields[] = {
    TEXT(node_service, ID, id),
    TEXT(node_service, Service, service),
    TAGS(node_service),
    STRINGS_MAP(node_service, Meta, meta),
    {.name = "Port", AT(node_service, port, I32, type_int)},
    TEXT(node_service, Address, address),
    FLAG(node_service, EnableTagOverride, enable_tag_override),
};
RECORD(node_service, "dependency.CatalogNodeService", node_service,
    node_service_fields);
static LIST_OF(node_services, "[]*dependency.CatalogNodeService",
    type_node_service_ptr, PTR);

static const struct field node_detail_fields[] = {
    {.name = "Node", AT(node_detail, node, PTR, type_node_ptr)},
    {.name = "Services", AT(node_detail, services, LIST, type_node_services)},
};
RECORD(node_detail, "dependency.CatalogNode", node_detail, node_detail_fields);

/* ---- key pairs ---- */

static const struct field key_pair_fields[] = {
    TEXT(key_pair, Path, path),
    TEXT(key_pair, Key, key),
    TEXT(key_pair, Value, value),
    INDEX(key_pair, CreateIndex, create_index),
    INDEX(key_pair, ModifyIndex, modify_index),
    INDEX(key_pair, LockIndex, lock_index),
    INDEX(key_pair, Flags, flags),
    TEXT(key_pair, Session, session),
};
RECORD(key_pair, "dependency.KeyPair", key_pair, key_pair_fields);
LIST_OF(key_pairs, "[]*dependency.KeyPair", type_key_pair_ptr, PTR);

/* ---- the mesh ---- */

static const struct field ca_root_fields[] = {
    TEXT(ca_root, ID, id),
    TEXT(ca_root, Name, name),
    {.name = "RootCertPEM",
	AT(ca_root, root_cert, PSTR, type_string),
	.json = "RootCert"},
    FLAG(ca_root, Active, active),
    INDEX(ca_root, CreateIndex, create_index),
    INDEX(ca_root, ModifyIndex, modify_index),
};
RECORD(ca_root, "api.CARoot", ca_root, ca_root_fields);
LIST_OF(ca_roots, "[]*api.CARoot", type_ca_root_ptr, PTR);

static const struct field ca_leaf_fields[] = {
    OPTIONAL(ca_leaf, SerialNumber, serial_number),
    OPTIONAL(ca_leaf, CertPEM, cert),
    OPTIONAL(ca_leaf, PrivateKeyPEM, private_key),
    OPTIONAL(ca_leaf, Service, service),
    OPTIONAL(ca_leaf, ServiceURI, service_uri),
    {.name = "ValidAfter", AT(ca_leaf, valid_after, VALUE, type_time)},
    {.name = "ValidBefore", AT(ca_leaf, valid_before, VALUE, type_time)},
    {.name = "CreateIndex",
	AT(ca_leaf, create_index, U64, type_uint64),
	.omit_empty = true},
    {.name = "ModifyIndex",
	AT(ca_leaf, modify_index, U64, type_uint64),
	.omit_empty = true},
};
RECORD(ca_leaf, "api.LeafCert", ca_leaf, ca_leaf_fields);

static const struct field partition_fields[] = {
    TEXT(partition, Name, name),
    TEXT(partition, Description, description),
};
RECORD(partition, "dependency.Partition", partition, partition_fields);
LIST_OF(partitions, "[]*dependency.Partition", type_partition_ptr, PTR);

#define STRINGS(record, go, member)                                 \
	{                                                           \
		.name = #go, AT(record, member, LIST, type_strings) \
	}
#define TIME(go, member)                                                      \
	{                                                                     \
		.name = #go, AT(peering_stream, member, VALUE, type_time_ptr) \
	}

static const struct type type_time_ptr = {
    .kind = KIND_PTR, .name = "*time.Time", .elem = &type_time};
static const struct field stream_fields[] = {
    STRINGS(peering_stream, ImportedServices, imported),
    STRINGS(peering_stream, ExportedServices, exported),
    TIME(LastHeartbeat, last_heartbeat),
    TIME(LastReceive, last_receive),
    TIME(LastSend, last_send),
};
static const struct type type_stream = {.kind = KIND_STRUCT,
    .name = "dependency.PeeringStreamStatus",
    .size = sizeof(struct peering_stream),
    .fields = stream_fields,
    .field_count = COUNT(stream_fields)};
static const struct field remote_fields[] = {
    TEXT(peering_remote, Partition, partition),
    TEXT(peering_remote, Datacenter, datacenter),
};
static const struct type type_remote = {.kind = KIND_STRUCT,
    .name = "dependency.PeeringRemoteInfo",
    .size = sizeof(struct peering_remote),
    .fields = remote_fields,
    .field_count = COUNT(remote_fields)};
static const struct field peering_fields[] = {
    TEXT(peering, ID, id),
    TEXT(peering, Name, name),
    TEXT(peering, Partition, partition),
    STRINGS_MAP(peering, Meta, meta),
    TEXT(peering, PeeringState, state),
    TEXT(peering, PeerID, peer_id),
    TEXT(peering, PeerServerName, peer_server_name),
    STRINGS(peering, PeerServerAddresses, peer_server_addresses),
    {.name = "StreamStatus", AT(peering, stream, STRUCT, type_stream)},
    {.name = "Remote", AT(peering, remote, STRUCT, type_remote)},
};
RECORD(peering, "dependency.Peering", peering, peering_fields);
LIST_OF(peerings, "[]*dependency.Peering", type_peering_ptr, PTR);

static const struct field consumers_fields[] = {
    STRINGS(service_consumers, Peers, peers),
    STRINGS(service_consumers, Partitions, partitions),
};
static const struct type type_consumers = {.kind = KIND_STRUCT,
    .name = "dependency.ResolvedConsumers",
    .size = sizeof(struct service_consumers),
    .fields = consumers_fields,
    .field_count = COUNT(consumers_fields)};
static const struct field exported_fields[] = {
    TEXT(exported_service, Service, service),
    TEXT(exported_service, Partition, partition),
    TEXT(exported_service, Namespace, ns),
    {.name = "Consumers",
	AT(exported_service, consumers, STRUCT, type_consumers)},
};
RECORD(
    exported, "dependency.ExportedService", exported_service, exported_fields);
LIST_OF(
    exported_services, "[]dependency.ExportedService", type_exported, STRUCT);

static const struct field imported_fields[] = {
    TEXT(imported_service, Service, service),
    TEXT(imported_service, Namespace, ns),
    TEXT(imported_service, SourcePartition, source_partition),
};
RECORD(
    imported, "dependency.ImportedService", imported_service, imported_fields);
LIST_OF(
    imported_services, "[]dependency.ImportedService", type_imported, STRUCT);
