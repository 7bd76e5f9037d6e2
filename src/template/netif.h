/* SPDX-License-Identifier: MIT */
/*
 * The addresses of this host's network interfaces, with the attributes that
 * go-sockaddr gives them: what sockaddr templates filter, sort and show.
 */
#ifndef WEIR_TEMPLATE_NETIF_H
#define WEIR_TEMPLATE_NETIF_H

#include "address.h"
#include "weir/arena.h"

/* One address on one interface. */
struct netif {
	struct address address;
	struct str name;     /* of the interface */
	struct str hardware; /* its address as Go prints it, "" if none */
	unsigned flags;      /* IFF_… */
	int64_t index;
	int64_t mtu;
};

/* All addresses, by interface; *count of them, in the arena. NULL and errno on
 * failure. */
struct netif *netif_all(struct arena *, size_t *count);
/* The interface of the default IPv4 route; "" if there is none. */
struct str netif_default(struct arena *);
/* An attribute by its name in lower case; false if there is none. */
bool netif_attribute(struct buf *, const struct netif *, struct str name);

#endif
