/* SPDX-License-Identifier: MIT */
/*
 * Certificates of the service mesh, and what only newer or larger Consuls than
 * 1.8 have: partitions, peerings, exported and imported services.
 */
#include "decode.h"

static const struct shape_member root_members[] = {
    MEMBER("ID", STR, struct ca_root, id),
    MEMBER("Name", STR, struct ca_root, name),
    MEMBER("RootCert", STR, struct ca_root, root_cert),
    MEMBER("Active", BOOL, struct ca_root, active),
    MEMBER("CreateIndex", U64, struct ca_root, create_index),
    MEMBER("ModifyIndex", U64, struct ca_root, modify_index),
};
static const struct shape root_shape = SHAPE(root_members);

/* {"Roots": […], …} */
void
decode_roots(struct reader *r, struct answer *a, const struct query *q)
{
	void **records = NULL;
	struct str key;
	size_t n = 0;

	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		if (str_equal(key, STR("Roots")))
			n = shape_read_all(
			    r, &root_shape, sizeof(struct ca_root), &records);
		else
			scan_skip(&r->scan);
	}
	if (!r->scan.failed)
		answer_shape_records(a, q->kind, records, n);
}

static bool
read_time(struct reader *r, struct value *out)
{
	struct str text;

	if (!scan_string(&r->scan, &text))
		return false;
	return value_time_read(r->arena, text, out) ||
	       scan_expected(&r->scan, "a time");
}

static bool
read_after(struct reader *r, void *record)
{
	return read_time(r, &((struct ca_leaf *)record)->valid_after);
}

static bool
read_before(struct reader *r, void *record)
{
	return read_time(r, &((struct ca_leaf *)record)->valid_before);
}

static const struct shape_member leaf_members[] = {
    MEMBER("SerialNumber", STR, struct ca_leaf, serial_number),
    MEMBER("CertPEM", STR, struct ca_leaf, cert),
    MEMBER("PrivateKeyPEM", STR, struct ca_leaf, private_key),
    MEMBER("Service", STR, struct ca_leaf, service),
    MEMBER("ServiceURI", STR, struct ca_leaf, service_uri),
    MEMBER_OTHER("ValidAfter", read_after),
    MEMBER_OTHER("ValidBefore", read_before),
    MEMBER("CreateIndex", U64, struct ca_leaf, create_index),
    MEMBER("ModifyIndex", U64, struct ca_leaf, modify_index),
};
static const struct shape leaf_shape = SHAPE(leaf_members);

void
decode_leaf(struct reader *r, struct answer *a, const struct query *q)
{
	struct ca_leaf *leaf = arena_zalloc(r->arena, sizeof(*leaf));

	(void)q;
	if (shape_read(r, &leaf_shape, leaf))
		answer_shape_leaf(a, leaf);
}

/* An array of records of one shape. */
static void
read_records(struct reader *r, struct answer *a, const struct query *q,
    const struct shape *shape, size_t size)
{
	void **records;
	size_t n = shape_read_all(r, shape, size, &records);

	if (!r->scan.failed)
		answer_shape_records(a, q->kind, records, n);
}

static const struct shape_member partition_members[] = {
    MEMBER("Name", STR, struct partition, name),
    MEMBER("Description", STR, struct partition, description),
};
static const struct shape partition_shape = SHAPE(partition_members);

void
decode_partitions(struct reader *r, struct answer *a, const struct query *q)
{
	read_records(r, a, q, &partition_shape, sizeof(struct partition));
}

static const struct type time_pointer = {
    .kind = KIND_PTR, .name = "*time.Time", .elem = &type_time};

/* *time.Time: null stays nil. */
static bool
read_moment(struct reader *r, struct value *out)
{
	struct value *t;

	if (scan_null(&r->scan))
		return true;
	t = arena_zalloc(r->arena, sizeof(*t));
	if (!read_time(r, t))
		return false;
	*out = value_ptr(&time_pointer, t->u.ptr);
	return true;
}

static bool
read_heartbeat(struct reader *r, void *record)
{
	struct peering *p = record;

	return read_moment(r, &p->stream.last_heartbeat);
}

static bool
read_receive(struct reader *r, void *record)
{
	struct peering *p = record;

	return read_moment(r, &p->stream.last_receive);
}

static bool
read_send(struct reader *r, void *record)
{
	struct peering *p = record;

	return read_moment(r, &p->stream.last_send);
}

static const struct shape_member stream_members[] = {
    MEMBER("ImportedServices", STRS, struct peering, stream.imported),
    MEMBER("ExportedServices", STRS, struct peering, stream.exported),
    MEMBER_OTHER("LastHeartbeat", read_heartbeat),
    MEMBER_OTHER("LastReceive", read_receive),
    MEMBER_OTHER("LastSend", read_send),
};
static const struct shape stream_shape = SHAPE(stream_members);

static const struct shape_member remote_members[] = {
    MEMBER("Partition", STR, struct peering, remote.partition),
    MEMBER("Datacenter", STR, struct peering, remote.datacenter),
};
static const struct shape remote_shape = SHAPE(remote_members);

static const struct shape_member peering_members[] = {
    MEMBER("ID", STR, struct peering, id),
    MEMBER("Name", STR, struct peering, name),
    MEMBER("Partition", STR, struct peering, partition),
    MEMBER("Meta", MAP, struct peering, meta),
    MEMBER("State", STR, struct peering, state),
    MEMBER("PeerID", STR, struct peering, peer_id),
    MEMBER("PeerServerName", STR, struct peering, peer_server_name),
    MEMBER("PeerServerAddresses", STRS, struct peering, peer_server_addresses),
    MEMBER_WITHIN("StreamStatus", stream_shape),
    MEMBER_WITHIN("Remote", remote_shape),
};
static const struct shape peering_shape = SHAPE(peering_members);

void
decode_peerings(struct reader *r, struct answer *a, const struct query *q)
{
	read_records(r, a, q, &peering_shape, sizeof(struct peering));
}

static const struct shape_member consumers_members[] = {
    MEMBER("Peers", STRS, struct exported_service, consumers.peers),
    MEMBER("Partitions", STRS, struct exported_service, consumers.partitions),
};
static const struct shape consumers_shape = SHAPE(consumers_members);

static const struct shape_member exported_members[] = {
    MEMBER("Service", STR, struct exported_service, service),
    MEMBER("Partition", STR, struct exported_service, partition),
    MEMBER("Namespace", STR, struct exported_service, ns),
    MEMBER_WITHIN("Consumers", consumers_shape),
};
static const struct shape exported_shape = SHAPE(exported_members);

void
decode_exported(struct reader *r, struct answer *a, const struct query *q)
{
	read_records(r, a, q, &exported_shape, sizeof(struct exported_service));
}

static const struct shape_member imported_members[] = {
    MEMBER("Service", STR, struct imported_service, service),
    MEMBER("Namespace", STR, struct imported_service, ns),
    MEMBER("SourcePartition", STR, struct imported_service, source_partition),
};
static const struct shape imported_shape = SHAPE(imported_members);

void
decode_imported(struct reader *r, struct answer *a, const struct query *q)
{
	read_records(r, a, q, &imported_shape, sizeof(struct imported_service));
}
