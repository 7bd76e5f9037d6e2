/* SPDX-License-Identifier: MIT */
/* Forms of addresses: Consul's, and ours to listen at. */
#ifndef WEIR_CONFIG_ADDRESS_H
#define WEIR_CONFIG_ADDRESS_H

#include "weir/error.h"

/* http://HOST[:PORT][/PREFIX], https://…, unix://PATH, HOST[:PORT]. */
int address_check(const char *, struct error *);
/* HOST:PORT or unix:PATH. */
int listen_check(const char *, struct error *);

#endif
