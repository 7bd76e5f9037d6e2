/* SPDX-License-Identifier: MIT */
/*
 * The guard of the daemon: what it releases is a change like any other. And
 * what the operator says to the daemon (weir/report.h).
 */
#include "daemon.h"

#include <time.h>

#include "weir/log.h"

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

static bool
approve(struct daemon *d, bool approved, struct str query, struct buf *said)
{
	size_t n = approved ? guard_approve(d->guard, query)
			    : guard_deny(d->guard, query);

	if (n > 0)
		buf_printf(
		    said, "%zu %s\n", n, approved ? "approved" : "denied");
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

static void
hold_lives(struct daemon *d, bool held)
{
	for (size_t i = 0; i < d->groups.count; i++)
		if (d->groups.items[i].live)
			live_hold(d->groups.items[i].live, held);
}

static bool
pause_applies(struct daemon *d, struct buf *said)
{
	int64_t *since = &d->totals.paused_unix, now = (int64_t)time(NULL);

	if (*since) {
		buf_printf(said, "paused already, for %lld s\n",
		    (long long)(now - *since));
		return true;
	}
	*since = now;
	hold_lives(d, true);
	log_info("run",
	    "paused: watched and rendered as ever, nothing is applied until "
	    "`weir resume`");
	buf_puts(said, "paused\n");
	daemon_say_state(d);
	return true;
}

static bool
resume_applies(struct daemon *d, struct buf *said)
{
	int64_t *since = &d->totals.paused_unix;

	if (!*since) {
		buf_puts(said, "it is not paused\n");
		return false;
	}
	log_info("run", "resumed after a pause of %lld s",
	    (long long)(time(NULL) - *since));
	*since = 0;
	hold_lives(d, false);
	buf_puts(said, "resumed\n");
	daemon_step(d);
	return true;
}

/* At once, or when what is being applied has been. */
static bool
reload(struct daemon *d, struct buf *said)
{
	if (!d->applying)
		return daemon_reconfigure(d, said);
	d->reconfigure = true;
	buf_puts(said,
	    "a change is being applied; the configuration is read again when "
	    "it is done\n");
	return true;
}

bool
daemon_order(
    void *arg, enum report_order order, struct str query, struct buf *said)
{
	struct daemon *d = arg;

	switch (order) {
	case ORDER_APPROVE:
		return approve(d, true, query, said);
	case ORDER_DENY:
		return approve(d, false, query, said);
	case ORDER_PAUSE:
		return pause_applies(d, said);
	case ORDER_RESUME:
		return resume_applies(d, said);
	case ORDER_RELOAD:
		return reload(d, said);
	}
	return false;
}
