/* SPDX-License-Identifier: MIT */
/*
 * The decision table for what steps can set of a server that runs: a function
 * for each row. Values are checked before they are sent: HAProxy takes port
 * 70000 for 4464, and "9x" for 9.
 */
#include "planner.h"

#include <limits.h>

#define VERSION_CHECK_ADDRESS 204 /* set server … check-addr, agent-port */

static struct str
or_else(struct str s, const char *otherwise)
{
	return s.ptr ? s : str_of(otherwise);
}

static bool
slot_differs(const struct server_change *c, enum slot slot)
{
	struct str old = c->old->set[slot];
	struct str new = c->new->set[slot];

	return !old.ptr != !new.ptr || !str_equal(old, new);
}

/* ---- address ---- */

static struct str
port_text(const struct definition *d)
{
	const char *colon = memrchr(d->endpoint.ptr, ':', d->endpoint.len);

	return (struct str){
	    colon + 1, d->endpoint.len - (size_t)(colon + 1 - d->endpoint.ptr)};
}

static struct str
address_command(struct plan *p, struct str path, const struct definition *d)
{
	return JOIN(p, STR("set server "), path, STR(" addr "),
	    definition_address(d), STR(" port "), port_text(d));
}

/* What stands behind each "track", a line each. Read once: a text may be large,
 * and all of its servers may move. */
static void
read_tracked(struct plan *p)
{
	static const struct str word = STR("track");

	p->knows_tracked = true;
	for (size_t i = 0; i < p->new_model->count; i++) {
		struct str rest = p->new_model->sections[i].text;
		ptrdiff_t at;

		while ((at = str_find(rest, word)) >= 0) {
			rest = str_after(rest, (size_t)at + word.len);
			buf_str(&p->tracked, str_take_line(&rest));
			buf_char(&p->tracked, '\n');
		}
	}
}

/* Does the text hold "track NAME" or "track BACKEND/NAME" of this server? */
static bool
is_tracked(struct plan *p, const struct server_change *c)
{
	if (!p->knows_tracked)
		read_tracked(p);
	return str_find(buf_as_str(&p->tracked), c->server) >= 0;
}

static const char *
fixed_address(struct plan *p, const struct server_change *c)
{
	unsigned has = c->old->has | c->new->has;

	if (!c->old->family || !c->new->family)
		return "only literal addresses with a port can be changed";
	if (has & HAS_RESOLVERS)
		return "its address is the resolver's";
	if (has & HAS_TRACK)
		return "it tracks another";
	if (has & HAS_HASH_KEY)
		return "its place in the hash goes by its address";
	if (p->after.facts.external_check && (has & HAS_CHECK))
		return "its check is a program that is told the address";
	if (is_tracked(p, c))
		return "others track it";
	return NULL;
}

static void
plan_address(struct plan *p, const struct server_change *c)
{
	const struct definition *a = c->old;
	const struct definition *b = c->new;
	struct haproxy_step *s;
	const char *why;

	if (str_equal(a->endpoint, b->endpoint) ||
	    (a->family && a->family == b->family && a->port == b->port &&
		!memcmp(a->bytes, b->bytes, sizeof(a->bytes))))
		return;
	why = fixed_address(p, c);
	if (why) {
		plan_refuse_server(p, c, "%s", why);
		return;
	}
	s = plan_step(p, PHASE_ADDRESS, STEP_ADDRESS, c->path);
	s->command = address_command(p, c->path, b);
	s->undo = address_command(p, c->path, a);
	s->what =
	    JOIN(p, STR("address "), a->endpoint, STR(" -> "), b->endpoint);
}

/* ---- weight, maxconn ---- */

static const char *
fixed_weight(struct plan *p, const struct server_change *c, struct str old,
    struct str new)
{
	const struct facts *f = &p->after.facts;

	if (number_of(old, 256) < 0 || number_of(new, 256) < 0)
		return "a weight is 0 to 256";
	if ((c->old->has | c->new->has) & HAS_AGENT)
		return "its agent's percentages go by the weight of the file";
	if (proxy_is_dynamic(&p->after))
		return NULL;
	if (f->other_mode || f->balance == BALANCE_UNKNOWN)
		return "weir doesn't know that balance algorithm";
	/* Up from 0 only to what it was loaded with: HAProxy knows that. */
	if (!str_is(old, "0") && !str_is(new, "0"))
		return "a static balance algorithm takes no other weight";
	return NULL;
}

static void
plan_weight(struct plan *p, const struct server_change *c)
{
	struct str old = or_else(c->old->set[SLOT_WEIGHT], "1");
	struct str new = or_else(c->new->set[SLOT_WEIGHT], "1");
	struct haproxy_step *s;
	const char *why;

	if (str_equal(old, new))
		return;
	why = fixed_weight(p, c, old, new);
	if (why) {
		plan_refuse_server(p, c, "%s", why);
		return;
	}
	s = plan_step(p, str_is(new, "0") ? PHASE_LESS : PHASE_WEIGHT,
	    STEP_WEIGHT, c->path);
	s->command = JOIN(p, STR("set server "), c->path, STR(" weight "), new);
	s->undo = JOIN(p, STR("set server "), c->path, STR(" weight "), old);
	s->what = JOIN(p, STR("weight "), old, STR(" -> "), new);
}

static void
plan_maxconn(struct plan *p, const struct server_change *c)
{
	struct str old = or_else(c->old->set[SLOT_MAXCONN], "0");
	struct str new = or_else(c->new->set[SLOT_MAXCONN], "0");
	struct haproxy_step *s;

	if (str_equal(old, new))
		return;
	if ((c->old->has | c->new->has) & HAS_MINCONN) {
		plan_refuse_server(p, c, "maxconn can't be set beside minconn");
		return;
	}
	if (number_of(old, INT_MAX) < 0 || number_of(new, INT_MAX) < 0) {
		plan_refuse_server(p, c, "maxconn is no number");
		return;
	}
	s = plan_step(p, PHASE_WEIGHT, STEP_MAXCONN, c->path);
	s->command =
	    JOIN(p, STR("set maxconn server "), c->path, STR(" "), new);
	s->undo = JOIN(p, STR("set maxconn server "), c->path, STR(" "), old);
	s->what = JOIN(p, STR("maxconn "), old, STR(" -> "), new);
}

/* ---- what else has a command of its own ---- */

struct slot_row {
	enum slot slot;
	enum haproxy_step_kind kind;
	unsigned needs; /* on both sides */
	int since;
	struct str command, what;
	const char *lacking; /* without what is needed */
};

static const struct slot_row slot_rows[] = {
    {SLOT_CHECK_ADDRESS, STEP_CHECK_ADDRESS, HAS_CHECK, VERSION_CHECK_ADDRESS,
	STR(" check-addr "), STR("check addr "), "it has no check"},
    {SLOT_CHECK_PORT, STEP_CHECK_PORT, HAS_CHECK, 0, STR(" check-port "),
	STR("check port "), "it has no check"},
    {SLOT_AGENT_ADDRESS, STEP_AGENT, HAS_AGENT, 0, STR(" agent-addr "),
	STR("agent-addr "), "it has no agent-check"},
    {SLOT_AGENT_PORT, STEP_AGENT, HAS_AGENT, VERSION_CHECK_ADDRESS,
	STR(" agent-port "), STR("agent-port "), "it has no agent-check"},
    {SLOT_AGENT_SEND, STEP_AGENT, HAS_AGENT, 0, STR(" agent-send "),
	STR("agent-send "), "it has no agent-check"}};

static bool
is_valid(enum slot slot, struct str value)
{
	unsigned char bytes[16];
	int family;

	switch (slot) {
	case SLOT_CHECK_ADDRESS:
	case SLOT_AGENT_ADDRESS:
		return is_ip(value, &family, bytes) && *value.ptr != '[';
	case SLOT_CHECK_PORT:
	case SLOT_AGENT_PORT:
		return number_of(value, 65535) > 0;
	default:
		return is_safe_word(value);
	}
}

/* A check without addr and port of its own goes the way of the traffic, through
 * TLS and with a PROXY line; with either it does not (configuration.txt,
 * "check-ssl"). That can't be set. */
static bool
changes_transport(const struct server_change *c)
{
	unsigned has = c->new->has;

	return ((has & HAS_SSL) && !(has & HAS_CHECK_SSL)) ||
	       ((has & HAS_PROXY) && !(has & HAS_CHECK_PROXY));
}

static const char *
fixed_slot(const struct plan *p, const struct server_change *c,
    const struct slot_row *row)
{
	struct str old = c->old->set[row->slot];
	struct str new = c->new->set[row->slot];

	if (!(c->old->has & c->new->has & row->needs))
		return row->lacking;
	if (!new.ptr)
		return "it can be set, not unset";
	if (!is_valid(row->slot, new) || (old.ptr && !is_valid(row->slot, old)))
		return "not a value that can be sent";
	if ((row->needs & HAS_CHECK) && (c->new->has &HAS_AGENT))
		return "its agent goes by it, too";
	if (!old.ptr && (row->needs & HAS_CHECK) && changes_transport(c))
		return "its check would go another way";
	if (p->version < row->since)
		return "this HAProxy has no command for it";
	return NULL;
}

static void
plan_row(
    struct plan *p, const struct server_change *c, const struct slot_row *row)
{
	struct str old = c->old->set[row->slot];
	struct str new = c->new->set[row->slot];
	const char *why;
	struct haproxy_step *s;

	if (!slot_differs(c, row->slot))
		return;
	why = fixed_slot(p, c, row);
	if (why) {
		plan_refuse_server(p, c, "%.*s: %s", (int)row->what.len - 1,
		    row->what.ptr, why);
		return;
	}
	s = plan_step(p, PHASE_ADDRESS, row->kind, c->path);
	s->command = JOIN(p, STR("set server "), c->path, row->command, new);
	if (old.ptr)
		s->undo =
		    JOIN(p, STR("set server "), c->path, row->command, old);
	s->what = JOIN(p, row->what, or_else(old, "none"), STR(" -> "), new);
}

static void
plan_state(struct plan *p, const struct server_change *c)
{
	bool down = c->new->set[SLOT_STATE].ptr != NULL;
	struct str maint =
	    JOIN(p, STR("set server "), c->path, STR(" state maint"));
	struct str ready =
	    JOIN(p, STR("set server "), c->path, STR(" state ready"));
	struct haproxy_step *s;

	if (!down)
		plan_enabled(p, c);
	s = plan_step(p, down ? PHASE_MAINT : PHASE_READY,
	    down ? STEP_MAINT : STEP_READY, c->path);

	s->command = down ? maint : ready;
	s->undo = down ? ready : maint;
	s->what = down ? STR("disabled: maintenance")
		       : STR("no longer disabled: ready");
	s->named = true;
}

void
plan_slots(struct plan *p, const struct server_change *c)
{
	plan_address(p, c);
	plan_weight(p, c);
	plan_maxconn(p, c);
	for (size_t i = 0; i < sizeof(slot_rows) / sizeof(*slot_rows); i++)
		plan_row(p, c, &slot_rows[i]);
	if (c->old->from && slot_differs(c, SLOT_STATE))
		plan_state(p, c);
}
