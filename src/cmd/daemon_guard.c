/* SPDX-License-Identifier: MIT */
/*
 * The guard of the daemon: what it releases is a change like any other, and
 * what the operator says to it comes here.
 */
#include "daemon.h"

static int64_t
now(void *arg)
{
	return daemon_now(arg);
}

static void
on_hold(void *arg)
{
	daemon_wake(arg);
}

static void
on_release(void *arg, struct str id)
{
	daemon_changed(arg, id, true);
}

void
daemon_guard(struct daemon *d)
{
	const struct guard_options o = {.catalog = d->catalog,
	    .max_removed = d->config->guard_max_removed,
	    .hold_ms = d->config->guard_hold_ms,
	    .now = now,
	    .on_hold = on_hold,
	    .on_release = on_release,
	    .arg = d};

	d->guard = guard_new(&o);
}

bool
daemon_order(
    void *arg, enum report_order order, struct str query, struct buf *said)
{
	struct daemon *d = arg;
	bool approve = order == ORDER_APPROVE;
	size_t n = approve ? guard_approve(d->guard, query)
			   : guard_deny(d->guard, query);

	if (n > 0)
		buf_printf(
		    said, "%zu %s\n", n, approve ? "approved" : "denied");
	else if (query.len)
		buf_printf(said,
		    "%.*s is not held (weir status lists what is)"
		    "\n",
		    (int)query.len, query.ptr);
	else
		buf_puts(said, "nothing is held\n");
	daemon_wake(d);
	return n > 0;
}
