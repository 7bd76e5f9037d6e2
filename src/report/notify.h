/* SPDX-License-Identifier: MIT */
/* The notify socket of systemd, and its watchdog. */
#ifndef WEIR_REPORT_NOTIFY_H
#define WEIR_REPORT_NOTIFY_H

#include <uv.h>

struct notify;

/* The watchdog timer lives on the loop, without keeping it alive. */
struct notify *notify_new(uv_loop_t *);
/* The memory goes in the timer's close callback. */
void notify_free(struct notify **);

void notify_ready(struct notify *);
void notify_status(struct notify *, const char *text);
void notify_reloading(struct notify *);
void notify_stopping(struct notify *);

#endif
