/* SPDX-License-Identifier: MIT */
/*
 * When a change is rendered. A lone change must not wait (an instance that died
 * takes requests with it), a burst must not cost a reload for each of its
 * changes: so the first after quiet is due at once and opens a burst, in which
 * changes are gathered.
 */
#include "weir/plan.h"

void
settle_change(struct settle *s, int64_t now, int64_t min, int64_t max)
{
	bool quiet = !s->last_change || now - s->last_change >= min;
	bool pending = s->due != 0;

	s->last_change = now;
	if (pending && s->due <= now)
		return;
	if (quiet && !pending) {
		s->due = now;
		s->latest = 0;
		return;
	}
	if (!s->latest)
		s->latest = now + max;
	s->due = now + min < s->latest ? now + min : s->latest;
}

void
settle_now(struct settle *s, int64_t now)
{
	s->due = now;
	s->latest = 0;
}

void
settle_done(struct settle *s)
{
	s->due = 0;
	s->latest = 0;
}
