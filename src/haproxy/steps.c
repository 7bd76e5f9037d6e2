/* SPDX-License-Identifier: MIT */
/*
 * A list of steps, and what it says to people. Strings are copied into the
 * list's own arena, so that it outlives the models it was made from.
 */
#include "weir/runtime.h"

#include <stdlib.h>

#include "weir/xalloc.h"

struct haproxy_step *
haproxy_step_add(struct haproxy_steps *s, enum haproxy_step_kind kind,
    struct str backend, struct str server)
{
	struct haproxy_step *step;

	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 16;
		s->items = xrealloc(s->items, s->room, sizeof(*s->items));
	}
	step = &s->items[s->count++];
	*step = (struct haproxy_step){.kind = kind,
	    .backend = arena_str(&s->arena, backend),
	    .server = arena_str(&s->arena, server)};
	return step;
}

void
haproxy_steps_refuse(struct haproxy_steps *s, const char *format, ...)
{
	va_list args;

	s->reload = true;
	if (s->refusals++ == 0) {
		va_start(args, format);
		buf_vprintf(&s->reason, format, args);
		va_end(args);
		s->first_reason = s->reason.len;
		return;
	}
	s->reason.len = s->first_reason;
	buf_printf(&s->reason, " (and %zu more)", s->refusals - 1);
}

void
haproxy_steps_fini(struct haproxy_steps *s)
{
	arena_fini(&s->arena);
	buf_fini(&s->reason);
	free(s->items);
	*s = (struct haproxy_steps){0};
}

void
haproxy_step_print(const struct haproxy_step *s, struct buf *out)
{
	if (!s->backend.len) { /* a file: what says which */
		buf_str(out, s->what);
		return;
	}
	buf_puts(out, "backend ");
	buf_str(out, s->backend);
	if (s->server.len) {
		buf_puts(out, ": server ");
		buf_str(out, s->server);
	}
	buf_puts(out, ": ");
	buf_str(out, s->what);
}
