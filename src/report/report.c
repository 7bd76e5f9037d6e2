/* SPDX-License-Identifier: MIT */
/* The report: what systemd hears and what the endpoint answers, in one hand. */
#include "weir/report.h"

#include <stdlib.h>

#include "endpoint.h"
#include "notify.h"
#include "weir/xalloc.h"

struct report {
	struct report_options options;
	struct notify *notify;
	struct endpoint *endpoint; /* NULL: none */
};

struct report *
report_new(const struct report_options *options, struct error *error)
{
	struct report *r = xcalloc(1, sizeof(*r));

	r->options = *options;
	if (endpoint_new(&r->options, &r->endpoint, error) < 0) {
		free(r);
		return NULL;
	}
	r->notify = notify_new(options->loop);
	return r;
}

void
report_free(struct report **report)
{
	struct report *r = *report;

	*report = NULL;
	if (!r)
		return;
	endpoint_free(&r->endpoint);
	notify_free(&r->notify);
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
