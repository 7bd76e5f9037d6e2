/* SPDX-License-Identifier: MIT */
/* Asking the running daemon; what it answers is data, not to be trusted. */
#ifndef WEIR_CMD_CONTROL_H
#define WEIR_CMD_CONTROL_H

#include "weir/buf.h"
#include "weir/error.h"

/*
 * what: "GET /status", "POST /approve?query=…" (escaped). The answer's status,
 * its body in the buf; -1 and the error if nobody answers.
 */
int control_ask(const char *state_path, const char *what, struct buf *answer,
    struct error *);

#endif
