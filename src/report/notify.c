/* SPDX-License-Identifier: MIT */
/*
 * The protocol of sd_notify(3): lines of KEY=VALUE. Without a NOTIFY_SOCKET the
 * library does nothing, so nothing here asks whether there is one. The watchdog
 * is fed from the loop: when the loop hangs, it starves.
 */
#include "notify.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "weir/buf.h"
#include "weir/xalloc.h"

/* Bytes of STATUS=: it is one line of `systemctl status`. */
#define STATUS_MOST 500

struct notify {
	uv_timer_t watchdog;
	char *status; /* as sent last */
	bool is_ready;
};

static void
feed(uv_timer_t *timer)
{
	(void)timer;
	sd_notify(0, "WATCHDOG=1");
}

struct notify *
notify_new(uv_loop_t *loop)
{
	struct notify *n = xcalloc(1, sizeof(*n));
	uint64_t usec = 0, period;
	int rc = uv_timer_init(loop, &n->watchdog);

	assert(rc == 0);
	(void)rc;
	n->watchdog.data = n;
	uv_unref((uv_handle_t *)&n->watchdog);
	if (sd_watchdog_enabled(0, &usec) > 0 && usec > 0) {
		period = usec / 2000 > 0 ? usec / 2000 : 1;
		uv_timer_start(&n->watchdog, feed, 0, period);
	}
	return n;
}

static void
on_closed(uv_handle_t *handle)
{
	struct notify *n = handle->data;

	free(n->status);
	free(n);
}

void
notify_free(struct notify **notify)
{
	if (*notify)
		uv_close((uv_handle_t *)&(*notify)->watchdog, on_closed);
	*notify = NULL;
}

void
notify_ready(struct notify *n)
{
	if (!n->is_ready)
		sd_notify(0, "READY=1");
	n->is_ready = true;
}

/* A new line would begin another field. */
static char *
one_line(const char *text)
{
	struct buf b;

	buf_init(&b, STATUS_MOST);
	for (size_t i = 0; i < STATUS_MOST && text[i]; i++) {
		bool plain = (unsigned char)text[i] >= 0x20 && text[i] != 0x7f;

		buf_char(&b, plain ? text[i] : ' ');
	}
	return buf_take(&b, NULL);
}

void
notify_status(struct notify *n, const char *text)
{
	char *status = one_line(text);

	if (n->status && !strcmp(n->status, status)) {
		free(status);
		return;
	}
	free(n->status);
	n->status = status;
	sd_notifyf(0, "STATUS=%s", status);
}

void
notify_reloading(struct notify *n)
{
	n->is_ready = false;
	sd_notify(0, "RELOADING=1");
}

void
notify_stopping(struct notify *n)
{
	(void)n;
	sd_notify(0, "STOPPING=1");
}
