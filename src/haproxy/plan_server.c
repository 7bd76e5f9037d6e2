/* SPDX-License-Identifier: MIT */
/*
 * Servers of one section: those in both texts change by steps, those that went
 * leave a leftover behind, those that came see plan_add.c. Where HAProxy goes
 * by the place of a server in its list, or by the number it gave to that place,
 * only a reload makes the list that the text has.
 */
#include "planner.h"

static struct str
path_of(struct plan *p, struct str server)
{
	return JOIN(p, p->after.section->name, STR("/"), server);
}

/* False: no command can name it, or be of use. */
static bool
can_be_told(struct plan *p, const struct server_change *c)
{
	if (p->after.facts.disabled)
		plan_refuse_server(p, c, "its section is disabled");
	else if (!is_safe_name(c->backend) || !is_safe_name(c->server))
		plan_refuse_server(p, c, "its name can't be told to HAProxy");
	else
		return true;
	return false;
}

static bool
has_same_rest(struct plan *p, const struct server_change *c)
{
	const struct haproxy_option *old, *new;
	struct str word;

	if (definition_is_same(c->old, c->new, &old, &new))
		return true;
	word = new ? new->keyword : old->keyword;
	plan_refuse_server(p, c, "\"%.*s\" is not changed at run time",
	    (int)word.len, word.ptr);
	return false;
}

static void
plan_changed(struct plan *p, const struct proxy_server *old,
    const struct proxy_server *new)
{
	struct definition a, b;
	struct server_change c = {.backend = p->after.section->name,
	    .server = new->server.name,
	    .old = &a,
	    .new = &b,
	    .old_line = old->line->text,
	    .new_line = new->line->text};

	if (!can_be_told(p, &c))
		return;
	definition_of(&a, &p->before, old, &p->arena);
	definition_of(&b, &p->after, new, &p->arena);
	if (a.opaque || b.opaque) {
		plan_refuse_server(p, &c, "only HAProxy knows its variables");
		return;
	}
	if (!has_same_rest(p, &c))
		return;
	c.path = path_of(p, c.server);
	plan_slots(p, &c);
}

/* ---- a line that went ---- */

/* "" where only HAProxy knows what it meant: no line is the same as that. */
static struct str
effective_line(struct plan *p, const struct definition *d)
{
	if (d->opaque)
		return STR("");
	buf_reset(&p->word);
	definition_print(d, &p->word);
	return arena_str(&p->out->arena, buf_as_str(&p->word));
}

static bool
is_backup_line(struct plan *p, const char *line)
{
	struct definition d;

	return line && definition_of_line(&d, str_of(line), &p->arena) == 0 &&
	       (d.has & HAS_BACKUP);
}

/* The leftover of that kind that stands before `next` in HAProxy's list. */
static const struct haproxy_leftover *
leftover_before(struct plan *p, struct str next, bool backup)
{
	for (size_t i = 0; i < p->running->count; i++) {
		const struct haproxy_leftover *l = &p->running->leftovers[i];

		if (l->next && str_is(next, l->next) &&
		    str_is(p->after.section->name, l->backend) &&
		    is_backup_line(p, l->line) == backup)
			return l;
	}
	return NULL;
}

/* Behind a server come those that went, then the next one of the text. NULL:
 * nobody asks. */
static struct str
next_in_list(struct plan *p, const struct proxy_server *s)
{
	bool backup = proxy_is_backup(&p->before, s);
	struct str next = proxy_next(&p->before, s);

	if (!proxy_goes_by_place(&p->before, backup))
		return (struct str){0};
	for (size_t i = 0; i < p->running->count; i++) {
		const struct haproxy_leftover *l =
		    leftover_before(p, next, backup);

		if (!l)
			break;
		next = str_of(l->server);
	}
	return arena_str(&p->out->arena, next);
}

static struct haproxy_step *
plan_end(struct plan *p, struct str path, bool down)
{
	bool drains = p->policy->drain_ms > 0 && !down;
	struct haproxy_step *s =
	    plan_step(p, drains ? PHASE_DRAIN : PHASE_MAINT,
		drains ? STEP_DRAIN : STEP_MAINT, path);

	s->command = JOIN(p, STR("set server "), path,
	    drains ? STR(" state drain") : STR(" state maint"));
	if (!down)
		s->undo =
		    JOIN(p, STR("set server "), path, STR(" state ready"));
	if (drains)
		s->what = str_of(arena_printf(&p->out->arena,
		    "its line is gone: drains for %.3g s",
		    (double)p->policy->drain_ms / 1000));
	else
		s->what = STR("its line is gone: maintenance");
	return s;
}

static void
plan_removed(struct plan *p, const struct proxy_server *old)
{
	struct definition d;
	struct server_change c = {.backend = p->after.section->name,
	    .server = old->server.name,
	    .old_line = old->line->text};
	struct haproxy_step *s;

	if (!can_be_told(p, &c))
		return;
	if (proxy_goes_by_id(&p->before)) {
		plan_refuse_server(p, &c,
		    "the others' ids go by their places (give each an id)");
		return;
	}
	definition_of(&d, &p->before, old, &p->arena);
	s = plan_end(p, path_of(p, c.server), d.set[SLOT_STATE].ptr != NULL);
	s->line = effective_line(p, &d);
	s->next = next_in_list(p, old);
}

/* ---- all ---- */

static bool
order_counts(const struct proxy *q)
{
	return proxy_goes_by_id(q) || proxy_goes_by_place(q, false) ||
	       (q->backup_count > 1 && proxy_goes_by_place(q, true));
}

static bool
is_unchanged(const struct proxy_server *old, const struct proxy_server *new)
{
	return old->inherits ==
	       new->inherits &&lines_equal(old->line, new->line);
}

static struct proxy_server *
find_old(struct plan *p, const struct proxy_server *new, size_t at)
{
	struct proxy *q = &p->before;

	if (at < q->count &&
	    str_equal(q->servers[at].server.name, new->server.name))
		return &q->servers[at];
	return proxy_find(q, new->server.name);
}

/* How many servers of both texts have been matched decides where the next one
 * is to be expected. */
static bool
plan_present(struct plan *p)
{
	size_t expected = 0;
	size_t last = 0;
	bool moved = false;

	for (size_t i = 0; i < p->after.count; i++) {
		struct proxy_server *new = &p->after.servers[i];
		struct proxy_server *old = find_old(p, new, expected);

		if (!old) {
			plan_added(p, new);
			continue;
		}
		expected = old->order + 1;
		moved |= old->order < last;
		last = old->order;
		old->matched = new->matched = true;
		if (!is_unchanged(old, new))
			plan_changed(p, old, new);
	}
	return moved;
}

static bool
has_twins(struct plan *p, struct proxy *q)
{
	proxy_index(q, &p->arena);
	if (q->twice)
		haproxy_steps_refuse(p->out,
		    "%.*s %.*s: two servers of one name",
		    (int)q->section->kind.len, q->section->kind.ptr,
		    (int)q->section->name.len, q->section->name.ptr);
	return q->twice;
}

void
plan_servers(struct plan *p)
{
	if (has_twins(p, &p->before) || has_twins(p, &p->after))
		return;
	if (plan_present(p) && order_counts(&p->after))
		haproxy_steps_refuse(p->out,
		    "%.*s %.*s: servers in another order, and it counts",
		    (int)p->after.section->kind.len, p->after.section->kind.ptr,
		    (int)p->after.section->name.len,
		    p->after.section->name.ptr);
	for (size_t i = 0; i < p->before.count; i++)
		if (!p->before.servers[i].matched)
			plan_removed(p, &p->before.servers[i]);
}
