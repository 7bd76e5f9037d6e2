/* SPDX-License-Identifier: MIT */
/* Records as JSON, for the catalog file that is written. */
#ifndef WEIR_CATALOG_FILE_JSON_H
#define WEIR_CATALOG_FILE_JSON_H

#include <jansson.h>

#include "weir/catalog.h"

/* UTF-8, which JSON can hold as it is? */
bool json_is_text(struct str);
/* A new string; bytes that are no UTF-8 become U+FFFD. */
json_t *json_of_str(struct str);
/* A new list of strings. */
json_t *json_of_strings(const struct list *);
/* A new object, without node and service. */
json_t *json_of_check(const struct health_check *);

/* Each sets the field, unless it has its default. */
void json_put_text(json_t *object, const char *key, const struct pstr *);
void json_put_number(json_t *object, const char *key, uint64_t);
void json_put_flag(json_t *object, const char *key, bool);
void json_put_map(json_t *object, const char *key, const struct map *);
/* "TaggedAddresses" of a service. */
void json_put_addresses(json_t *object, const struct map *);

#endif
