/* SPDX-License-Identifier: MIT */
/* The HTTP endpoint: /metrics /healthz /readyz /status and a page at /. */
#ifndef WEIR_REPORT_ENDPOINT_H
#define WEIR_REPORT_ENDPOINT_H

#include "weir/report.h"

struct endpoint;

/* The options are borrowed until endpoint_free. *endpoint is NULL if there is
 * nothing to listen at. */
int endpoint_new(
    const struct report_options *, struct endpoint **, struct error *);
void endpoint_free(struct endpoint **);

#endif
