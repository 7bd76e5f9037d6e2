/* SPDX-License-Identifier: MIT */
/* The socket of the endpoint. */
#ifndef WEIR_REPORT_LISTEN_H
#define WEIR_REPORT_LISTEN_H

#include <sys/types.h>

#include "weir/error.h"

/* The listening socket that systemd hands over (sd_listen_fds(3)), -1: none. */
int listen_inherited(void);
/* A listening socket at host:port or unix:PATH, non-blocking; a
 * unix socket has that mode from the first moment on. *unlink_path: what to
 * remove when it is closed, NULL or given away. */
int listen_open(
    const char *address, mode_t mode, char **unlink_path, struct error *);

#endif
