/* SPDX-License-Identifier: MIT */
/* HAProxy's master by the file that holds its process id (-p). */
#ifndef WEIR_HAPROXY_PIDFILE_H
#define WEIR_HAPROXY_PIDFILE_H

#include <stdbool.h>

#include "weir/error.h"

/* Tells the master to reload (SIGUSR2; management.txt, 4). -1 and the error;
 * absent: there is no such file or process. A process that the signal would end
 * is left alone: one that has the number by now, or an HAProxy without -W. */
int pidfile_reload(const char *path, bool *absent, struct error *);

#endif
