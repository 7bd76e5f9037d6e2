/* SPDX-License-Identifier: MIT */
/* Is a text an IP address, and if not, what is wrong with it: Go's net/netip.
 */
#ifndef WEIR_TEMPLATE_NETIP_H
#define WEIR_TEMPLATE_NETIP_H

#include <stdbool.h>

#include "weir/buf.h"

struct netip_fault {
	const char *what; /* as Go says it */
	struct str at;    /* where in the text, to its end; "": not said */
};

/* 4 or 6; 0 and the fault if it is no address. A zone after % belongs to an
 * address of version 6. The fault points into the text. */
int netip_version(struct str text, struct netip_fault *);

#endif
