/* SPDX-License-Identifier: MIT */
/* The HTTP endpoint: /metrics /healthz /readyz /status and a page at /. */
#ifndef WEIR_REPORT_ENDPOINT_H
#define WEIR_REPORT_ENDPOINT_H

#include "weir/report.h"

struct endpoint;

/* Listens at host:port or unix:PATH, of that mode; the options are borrowed
 * until endpoint_free. NULL and the error if that can't be. */
struct endpoint *endpoint_new(const struct report_options *,
    const char *address, mode_t mode, struct error *);
/* The same with a socket that listens already; it is taken. */
struct endpoint *endpoint_with(
    const struct report_options *, int fd, struct error *);
/* It takes orders too, of this process' user and root (SO_PEERCRED, unix(7)):
 * POST /approve and /deny, with ?query=ID or without for all; /pause, /resume,
 * /reload. */
void endpoint_take_orders(struct endpoint *);
void endpoint_free(struct endpoint **);

#endif
