/* SPDX-License-Identifier: MIT */
/* The report: what systemd hears and what the endpoint answers, in one hand. */
#include "weir/report.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "endpoint.h"
#include "listen.h"
#include "notify.h"
#include "weir/xalloc.h"

/* Unix sockets: of the status endpoint, and of orders. */
#define LISTEN_MODE  0660
#define CONTROL_MODE 0600

struct report {
	struct report_options options;
	struct notify *notify;
	struct endpoint *endpoint; /* NULL: none */
	char *address;             /* of the endpoint; NULL: none */
	bool inherited;            /* the endpoint's socket, from systemd */
	struct endpoint *control;  /* NULL: not open */
};

static int
open_address(struct report *r, const char *address, struct error *error)
{
	if (!address)
		return 0;
	r->endpoint = endpoint_new(&r->options, address, LISTEN_MODE, error);
	if (!r->endpoint)
		return -1;
	r->address = xstrdup(address);
	return 0;
}

static int
open_endpoint(struct report *r, struct error *error)
{
	int fd = listen_inherited();

	if (fd < 0)
		return open_address(r, r->options.listen, error);
	r->inherited = true;
	r->endpoint = endpoint_with(&r->options, fd, error);
	return r->endpoint ? 0 : -1;
}

struct report *
report_new(const struct report_options *options, struct error *error)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	if (open_endpoint(r, error) < 0) {
		free(r);
		return NULL;
	}
	r->notify = notify_new(options->loop);
	return r;
}

/* The old one goes first: the two may share a port. */
int
report_listen(struct report *r, const char *listen, struct error *error)
{
	char *old = r->address;
	int rc;

	if (r->inherited || (!old && !listen) ||
	    (old && listen && !strcmp(old, listen)))
		return 0;
	endpoint_free(&r->endpoint);
	r->address = NULL;
	rc = open_address(r, listen, error);
	if (rc < 0)
		open_address(r, old, NULL);
	free(old);
	return rc;
}

char *
report_control_path(const char *state_path)
{
	return xasprintf("%s/control", state_path);
}

int
report_control(struct report *r, const char *state_path, struct error *error)
{
	char *path, *address;

	if (r->control)
		return 0;
	/* If that fails, so does listening, and says why. */
	mkdir(state_path, 0750);
	path = report_control_path(state_path);
	address = xasprintf("unix:%s", path);
	r->control = endpoint_new(&r->options, address, CONTROL_MODE, error);
	free(address);
	free(path);
	if (r->control)
		endpoint_take_orders(r->control);
	return r->control ? 0 : -1;
}

void
report_free(struct report **report)
{
	struct report *r = *report;

	*report = NULL;
	if (!r)
		return;
	endpoint_free(&r->endpoint);
	endpoint_free(&r->control);
	notify_free(&r->notify);
	free(r->address);
	free(r);
}

void
report_ready(struct report *r)
{
	if (r)
		notify_ready(r->notify);
}

void
report_status(struct report *r, const char *text)
{
	if (r && text)
		notify_status(r->notify, text);
}

void
report_reloading(struct report *r)
{
	if (r)
		notify_reloading(r->notify);
}

void
report_stopping(struct report *r)
{
	if (r)
		notify_stopping(r->notify);
}
