/* SPDX-License-Identifier: MIT */
/*
 * What this stage alone knows of the records beside include/weir/catalog.h.
 */
#ifndef WEIR_CATALOG_RECORD_H
#define WEIR_CATALOG_RECORD_H

#include "weir/catalog.h"

extern const struct type type_health_service_ptr, type_health_check_ptr,
    type_service_address_ptr, type_snippet_ptr, type_node_service,
    type_node_service_ptr, type_ca_root, type_ca_root_ptr, type_ca_leaf,
    type_partition, type_partition_ptr, type_peering, type_peering_ptr,
    type_exported, type_exported_ptr, type_imported, type_imported_ptr;

/* What stands for a definition that is not given. */
extern const struct check_definition record_no_definition;

/*
 * The status of an instance: the worst of its checks; "passing" without checks,
 * "" if one has a status that Consul doesn't know. (Consul's own aggregation.)
 */
const char *record_status(
    const struct health_check *const *checks, size_t count);

#endif
