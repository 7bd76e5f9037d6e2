/* SPDX-License-Identifier: MIT */
/* Sections of a model by kind and name. */
#ifndef WEIR_HAPROXY_SECTIONS_H
#define WEIR_HAPROXY_SECTIONS_H

#include "weir/haproxy.h"
#include "weir/strmap.h"

/* Puts them into the map, each under a key that a section of that kind and name
 * has in another model too; the second of a name has another key. */
void sections_index(
    const struct haproxy_section *, size_t count, struct strmap *);

#endif
