/* SPDX-License-Identifier: MIT */
/*
 * The answer to "show servers state": a row for each server that runs
 * (management.txt, "show servers state"). Columns are found by the names in the
 * heading, since 2.4 and later have more.
 */
#ifndef WEIR_HAPROXY_STATE_H
#define WEIR_HAPROXY_STATE_H

#include <stdbool.h>

#include "weir/arena.h"
#include "weir/error.h"
#include "weir/str.h"

/* Bits of srv_admin_state: what a person or weir set. Those that are inherited
 * from a tracked server (2, 0x10), that name resolution sets (0x20) and that
 * tell a state of the configuration (4) are as a fresh start would have them.
 */
enum { ADMIN_MAINT = 0x01, ADMIN_DRAIN = 0x08, ADMIN_FQDN = 0x40 };

struct state_row {
	struct str backend, server;
	struct str address; /* "-": none */
	struct str fqdn, record;
	long admin, weight, initial_weight, port;
	long ssl, check_port, agent_port;        /* -1: not told */
	struct str check_address, agent_address; /* NULL ptr: not told */
};

/* The rows of one backend stand one after the other. */
struct state {
	struct state_row *rows;
	size_t count;
};

/* Slices of the text; rows in the arena. Several answers may follow each other;
 * that a backend is not there is one, too. -1: it is no such answer. */
int state_parse(
    struct state *, struct str text, struct arena *, struct error *);

#endif
