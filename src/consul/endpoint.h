/* SPDX-License-Identifier: MIT */
/*
 * The addresses that Consul answers at, in the operator's order. One is used
 * until no connection to it comes about; then the next is, round and round.
 */
#ifndef WEIR_CONSUL_ENDPOINT_H
#define WEIR_CONSUL_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "weir/config.h"
#include "weir/error.h"

struct endpoint {
	char *base;        /* of every URL: "http://10.0.0.1:8500/prefix" */
	char *unix_socket; /* path, NULL */
	char *text;        /* as messages name it */
	bool https;
	bool local; /* loopback or a unix socket */
};

struct endpoints {
	struct endpoint *items;
	size_t count;
	size_t current;
};

/* -1 and the error if an address is none of http://, https://, unix://,
 * host:port. */
int endpoints_init(
    struct endpoints *, const struct config_consul *, struct error *);
void endpoints_fini(struct endpoints *);
const struct endpoint *endpoints_current(const struct endpoints *);
/* No connection came about to the one that was current when `used` was. True if
 * there is another now. */
bool endpoints_fail(struct endpoints *, size_t used);

#endif
