/* SPDX-License-Identifier: MIT */
/*
 * What this stage alone knows of the records beside include/weir/catalog.h: how
 * instances and checks are kept. Of tens of thousands of instances most fields
 * are the same in all of a service, or in all of a node; those lie in parts
 * that the records share. A field's table entry says through which part it is
 * read.
 */
#ifndef WEIR_CATALOG_RECORD_H
#define WEIR_CATALOG_RECORD_H

#include "weir/catalog.h"

struct shared;

/* Of a check: what the checks of one service have in common. */
struct check_part {
	const struct pstr *name, *status, *notes, *service_name, *type, *ns;
	const struct pstr *partition, *peer_name;
	struct list service_tags;
	const struct check_definition *definition; /* never NULL */
	int32_t exposed_port;
};

struct kept_check {
	const struct check_part *part;
	const struct pstr *node, *check_id, *output, *service_id;
	uint64_t create_index, modify_index;
};

/* Of an instance: what its node has; kept once in the process (shared.h). */
struct node_part {
	const struct pstr *node, *id, *address;
	const struct map *tagged_addresses, *meta;
	struct list checks; /* const struct kept_check * */
	struct shared *self;
};

/* Of an instance: what the instances of one service have in common. */
struct service_part {
	const struct pstr *name, *status;
	const struct map *meta;
	struct list tags;
	struct weights weights;
};

struct kept_service {
	const struct node_part *node;
	const struct service_part *part;
	const struct pstr *id, *address;
	const struct map *tagged_addresses;
	struct list checks; /* const struct kept_check * */
	int32_t port;
};

extern const struct type type_health_service_ptr, type_health_check_ptr,
    type_service_address_ptr, type_snippet_ptr, type_node_service,
    type_node_service_ptr, type_ca_root, type_ca_root_ptr, type_ca_leaf,
    type_partition, type_partition_ptr, type_peering, type_peering_ptr,
    type_exported, type_exported_ptr, type_imported, type_imported_ptr,
    type_node_part, type_node_part_ptr;

/* A part of a record, by the pointer at offset; ends with a NULL type. */
struct record_part {
	uint32_t offset;
	const struct type *type;
};
/* The parts of records of that type, or NULL. */
const struct record_part *record_parts(const struct type *);

/* What stands for a definition that is not given. */
extern const struct check_definition record_no_definition;

/* The value, whose records have the form in which they are kept already,
 * becomes the answer's; it lies in the answer's arena as far as it isn't
 * shared. */
void answer_shape_kept(struct answer *, const struct value *);

/*
 * The status of an instance: the worst of its checks; "passing" without checks,
 * "" if one has a status that Consul doesn't know. (Consul's own aggregation.)
 */
const char *record_status(
    const struct health_check *const *checks, size_t count);

#endif
