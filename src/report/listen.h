/* SPDX-License-Identifier: MIT */
/* The socket of the endpoint. */
#ifndef WEIR_REPORT_LISTEN_H
#define WEIR_REPORT_LISTEN_H

#include "weir/error.h"

/* A listening socket, non-blocking: one that systemd hands over, otherwise at
 * host:port or unix:PATH. -2: there is none and address is NULL. *unlink_path:
 * what to remove when it is closed, NULL or given away. */
int listen_open(const char *address, char **unlink_path, struct error *);

#endif
