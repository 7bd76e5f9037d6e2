/* SPDX-License-Identifier: MIT */
/*
 * Is what runs what a fresh start on the text would give? Each row of "show
 * servers state" is held against the definition of its server, default-server
 * included, and what differs becomes a finding and the step that mends it.
 * Health, ids, order and what name resolution or tracking bring are not
 * compared: a fresh start has them as they come.
 */
#include "weir/runtime.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "planner.h"
#include "state.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

/* In this order no backend passes through zero servers. */
enum { MEND_ADDRESS, MEND_CHECK, MEND_WEIGHT, MEND_READY, MEND_MAINT };

/* The rows of one backend. */
struct block {
	struct state_row *rows;
	size_t count;
	bool seen;           /* the text names the backend */
	bool *named;         /* a row for which the text has a line */
	struct strmap names; /* server → row; made when a hint misses */
};

struct comparison {
	struct haproxy_findings *out;
	const struct haproxy_model *model;
	const struct haproxy_running *running;
	bool respect_manual;
	size_t room;      /* of the findings */
	struct buf order; /* a byte for each step of the repair */
	struct arena arena;
	struct strmap blocks; /* backend → struct block */
	struct proxy proxy;   /* the section in hand */
	struct arena section; /* what is read of it */
};

/* A server in both. */
struct pair {
	const struct state_row *row;
	const struct definition *want;
};

/* ---- findings ---- */

static struct haproxy_finding *
find(struct comparison *c, enum haproxy_finding_kind kind, struct str backend,
    struct str server)
{
	struct haproxy_findings *out = c->out;

	if (out->count == c->room) {
		c->room = c->room ? c->room * 2 : 16;
		out->items = xrealloc(out->items, c->room, sizeof(*out->items));
	}
	out->items[out->count] = (struct haproxy_finding){.kind = kind,
	    .backend = arena_str(&out->arena, backend),
	    .server = arena_str(&out->arena, server),
	    .what = STR("")};
	return &out->items[out->count++];
}

static void __attribute__((format(printf, 3, 4)))
say(struct comparison *c, struct haproxy_finding *f, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	f->what = str_of(arena_strdup(&c->out->arena, text));
	free(text);
}

static void
refuse(struct comparison *c, const struct haproxy_finding *f)
{
	haproxy_steps_refuse(&c->out->repair, "backend %.*s%s%.*s: %.*s",
	    (int)f->backend.len, f->backend.ptr,
	    f->server.len ? ": server " : "", (int)f->server.len, f->server.ptr,
	    (int)f->what.len, f->what.ptr);
}

/* A step that mends what was found; its command ends as `format` says. */
static void __attribute__((format(printf, 5, 6)))
mend(struct comparison *c, const struct haproxy_finding *f, int when,
    enum haproxy_step_kind kind, const char *format, ...)
{
	struct haproxy_step *s;
	va_list args;
	char *text;

	if (!is_safe_name(f->backend) || !is_safe_name(f->server)) {
		refuse(c, f);
		return;
	}
	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	s = haproxy_step_add(&c->out->repair, kind, f->backend, f->server);
	s->command = str_of(arena_printf(&c->out->repair.arena,
	    "set server %.*s/%.*s %s", (int)f->backend.len, f->backend.ptr,
	    (int)f->server.len, f->server.ptr, text));
	s->what = arena_str(&c->out->repair.arena, f->what);
	free(text);
	buf_char(&c->order, (char)when);
}

/* Puts the steps in order; a list that says reload holds none. */
static void
sort_repair(struct comparison *c)
{
	struct haproxy_steps *r = &c->out->repair;
	struct haproxy_step *sorted;
	size_t n = 0;

	if (r->reload)
		r->count = 0;
	sorted = xcalloc(r->count + 1, sizeof(*sorted));
	for (int when = MEND_ADDRESS; when <= MEND_MAINT; when++)
		for (size_t i = 0; i < r->count; i++)
			if (c->order.ptr[i] == when)
				sorted[n++] = r->items[i];
	if (n)
		memcpy(r->items, sorted, n * sizeof(*sorted));
	free(sorted);
}

/* ---- what a server has ---- */

static struct haproxy_finding *
differs(struct comparison *c, const struct pair *p)
{
	return find(c, FINDING_DIFFERS, c->proxy.section->name, p->want->name);
}

static bool
same_address(struct str running, const struct definition *want)
{
	unsigned char bytes[16];
	int family;

	return is_ip(running, &family, bytes) && family == want->family &&
	       !memcmp(bytes, want->bytes, sizeof(bytes));
}

/* Only a literal address stays as the text has it. */
static void
compare_address(struct comparison *c, const struct pair *p)
{
	const struct definition *d = p->want;
	const struct state_row *r = p->row;
	struct haproxy_finding *f;
	struct str address;

	if (!d->family || (d->has & HAS_RESOLVERS))
		return;
	if (same_address(r->address, d) && r->port == d->port)
		return;
	address = definition_address(d);
	f = differs(c, p);
	if (same_address(r->address, d))
		say(c, f, "port %ld, not %ld", r->port, d->port);
	else
		say(c, f, "address %.*s:%ld, not %.*s", (int)r->address.len,
		    r->address.ptr, r->port, (int)d->endpoint.len,
		    d->endpoint.ptr);
	mend(c, f, MEND_ADDRESS, STEP_ADDRESS, "addr %.*s port %ld",
	    (int)address.len, address.ptr, d->port);
}

static bool
is_dynamic(const struct comparison *c)
{
	return proxy_is_dynamic(&c->proxy);
}

/* An agent may set it; a static algorithm knows only none and all of it. */
static void
compare_weight(struct comparison *c, const struct pair *p)
{
	struct str text = p->want->set[SLOT_WEIGHT];
	long want = text.ptr ? number_of(text, 256) : 1;
	const struct state_row *r = p->row;
	struct haproxy_finding *f;

	if (want < 0 || r->weight == want || (p->want->has & HAS_AGENT))
		return;
	f = differs(c, p);
	say(c, f, "weight %ld, not %ld", r->weight, want);
	if (is_dynamic(c) || want == 0)
		mend(c, f, MEND_WEIGHT, STEP_WEIGHT, "weight %ld", want);
	else if (r->initial_weight == want)
		mend(c, f, MEND_WEIGHT, STEP_WEIGHT, "weight 100%%");
	else
		refuse(c, f);
}

/* An agent may stop and drain a server, as a person may. */
static void
compare_state(struct comparison *c, const struct pair *p)
{
	bool want_down = p->want->set[SLOT_STATE].ptr != NULL;
	bool down = p->row->admin & ADMIN_MAINT;
	bool drains = p->row->admin & ADMIN_DRAIN;
	const char *is = down     ? "in maintenance"
			 : drains ? "draining"
				  : "ready";
	struct haproxy_finding *f;

	if (down == want_down && (!drains || want_down))
		return;
	f = differs(c, p);
	say(c, f, "%s, not %s", is, want_down ? "in maintenance" : "ready");
	if ((!want_down && c->respect_manual) || (p->want->has & HAS_AGENT))
		f->kind = FINDING_MANUAL;
	else if (want_down)
		mend(c, f, MEND_MAINT, STEP_MAINT, "state maint");
	else
		mend(c, f, MEND_READY, STEP_READY, "state ready");
}

/* "-" and 0 are those of the server itself. What is not told (before 2.4) is
 * not known. */
static void
compare_check_port(struct comparison *c, const struct pair *p)
{
	struct str text = p->want->set[SLOT_CHECK_PORT];
	long want = text.ptr ? number_of(text, 65535) : 0;
	struct haproxy_finding *f;

	if (p->row->check_port < 0 || want < 0 || p->row->check_port == want)
		return;
	f = differs(c, p);
	say(c, f, "check port %ld, not %ld", p->row->check_port, want);
	if (want)
		mend(c, f, MEND_CHECK, STEP_CHECK_PORT, "check-port %ld", want);
	else /* it can't be unset */
		refuse(c, f);
}

static bool
same_ip(struct str a, struct str b)
{
	unsigned char x[16], y[16];
	int fx, fy;

	return is_ip(a, &fx, x) && is_ip(b, &fy, y) && fx == fy &&
	       !memcmp(x, y, sizeof(x));
}

/* A name for the check is HAProxy's to resolve. */
static bool
is_literal(struct str s)
{
	unsigned char bytes[16];
	int family;

	return is_ip(s, &family, bytes);
}

static void
compare_check_address(struct comparison *c, const struct pair *p)
{
	struct str want = p->want->set[SLOT_CHECK_ADDRESS];
	struct str is = p->row->check_address;
	struct haproxy_finding *f;

	if (!is.ptr || (want.ptr && !is_literal(want)) ||
	    (want.ptr ? same_ip(is, want) : str_is(is, "-")))
		return;
	f = differs(c, p);
	say(c, f, "check address %.*s, not %.*s", (int)is.len, is.ptr,
	    want.ptr ? (int)want.len : 1, want.ptr ? want.ptr : "-");
	if (want.ptr)
		mend(c, f, MEND_CHECK, STEP_CHECK_ADDRESS, "check-addr %.*s",
		    (int)want.len, want.ptr);
	else
		refuse(c, f);
}

/* What the text does not say may be the check's own. */
static void
compare_agent(struct comparison *c, const struct pair *p)
{
	struct str address = p->want->set[SLOT_AGENT_ADDRESS];
	struct str port = p->want->set[SLOT_AGENT_PORT];
	const struct state_row *r = p->row;
	struct haproxy_finding *f;

	if (r->agent_address.ptr && address.ptr && is_literal(address) &&
	    !same_ip(r->agent_address, address)) {
		f = differs(c, p);
		say(c, f, "agent address %.*s, not %.*s",
		    (int)r->agent_address.len, r->agent_address.ptr,
		    (int)address.len, address.ptr);
		mend(c, f, MEND_CHECK, STEP_AGENT, "agent-addr %.*s",
		    (int)address.len, address.ptr);
	}
	if (r->agent_port >= 0 && port.ptr && number_of(port, 65535) >= 0 &&
	    r->agent_port != number_of(port, 65535)) {
		f = differs(c, p);
		say(c, f, "agent port %ld, not %.*s", r->agent_port,
		    (int)port.len, port.ptr);
		mend(c, f, MEND_CHECK, STEP_AGENT, "agent-port %.*s",
		    (int)port.len, port.ptr);
	}
}

static void
compare_ssl(struct comparison *c, const struct pair *p)
{
	bool want = p->want->has & HAS_SSL;
	struct haproxy_finding *f;

	if (p->row->ssl < 0 || (p->row->ssl == 1) == want)
		return;
	f = differs(c, p);
	say(c, f, want ? "without ssl" : "with ssl");
	refuse(c, f);
}

static void
compare_server(struct comparison *c, const struct state_row *row,
    const struct proxy_server *s)
{
	struct definition want;
	struct pair p = {.row = row, .want = &want};

	definition_of(&want, &c->proxy, s, &c->section);
	if (want.opaque)
		return;
	compare_address(c, &p);
	compare_weight(c, &p);
	compare_state(c, &p);
	compare_ssl(c, &p);
	if (want.has & HAS_CHECK) {
		compare_check_port(c, &p);
		compare_check_address(c, &p);
	}
	if (want.has & HAS_AGENT)
		compare_agent(c, &p);
}

/* ---- what runs and has no line ---- */

/* "server-template web- 1-3 …" makes web-1, web-2, web-3. */
static bool
comes_of(const struct haproxy_line *l, struct str server)
{
	struct str number;

	if (l->count < 3 || !str_is(l->words[0], "server-template") ||
	    !str_has_prefix(server, l->words[1]))
		return false;
	number = (struct str){
	    server.ptr + l->words[1].len, server.len - l->words[1].len};
	return number_of(number, 1000000) > 0;
}

static bool
comes_of_template(const struct comparison *c, struct str server)
{
	for (size_t i = 0; i < c->proxy.other_count; i++)
		if (comes_of(c->proxy.others[i], server))
			return true;
	return false;
}

static void
stop_server(struct comparison *c, const struct state_row *r, const char *why)
{
	struct haproxy_finding *f =
	    find(c, FINDING_UNKNOWN, r->backend, r->server);
	bool drains = r->admin & ADMIN_DRAIN;

	say(c, f, "%s, %s", drains ? "draining" : "ready", why);
	mend(c, f, MEND_MAINT, STEP_MAINT, "state maint");
}

/* As good as absent in maintenance, or draining as long as weir wants it to. */
static void
compare_nameless(struct comparison *c, const struct state_row *r)
{
	const struct haproxy_leftover *l =
	    haproxy_leftover_find(c->running, r->backend, r->server);
	bool down = r->admin & ADMIN_MAINT;
	bool drains = r->admin & ADMIN_DRAIN;

	if (comes_of_template(c, r->server))
		return;
	if (!l && down)
		say(c, find(c, FINDING_LEFTOVER, r->backend, r->server),
		    "in maintenance, and the text does not name it");
	else if (!l)
		stop_server(c, r, "and the text does not name it");
	else if (!down && !(drains && l->draining))
		stop_server(c, r, "though its line is gone");
}

/* ---- sections and blocks ---- */

static struct block *
block_of(struct comparison *c, struct str backend)
{
	return strmap_get(&c->blocks, backend);
}

static void
index_blocks(struct comparison *c, const struct state *s)
{
	for (size_t i = 0; i < s->count;) {
		struct block *b = arena_zalloc(&c->arena, sizeof(*b));

		b->rows = &s->rows[i];
		while (i < s->count &&
		       str_equal(s->rows[i].backend, b->rows->backend)) {
			b->count++;
			i++;
		}
		b->named = arena_array(&c->arena, b->count, sizeof(bool));
		if (!block_of(c, b->rows->backend))
			strmap_put(&c->blocks, b->rows->backend, b);
	}
}

/* Rows stand in the order of the text, but for what came at run time. */
static struct state_row *
find_row(struct block *b, struct str name, size_t hint)
{
	if (hint < b->count && str_equal(b->rows[hint].server, name))
		return &b->rows[hint];
	if (!b->names.count)
		for (size_t i = 0; i < b->count; i++)
			strmap_put(&b->names, b->rows[i].server, &b->rows[i]);
	return strmap_get(&b->names, name);
}

static void
compare_servers(struct comparison *c, struct block *b)
{
	size_t hint = 0;

	for (size_t i = 0; i < c->proxy.count; i++) {
		const struct proxy_server *s = &c->proxy.servers[i];
		struct state_row *row = find_row(b, s->server.name, hint);

		if (row) {
			hint = (size_t)(row - b->rows) + 1;
			b->named[hint - 1] = true;
			compare_server(c, row, s);
			continue;
		}
		if (memchr(s->server.name.ptr, '$', s->server.name.len))
			continue;
		say(c,
		    find(c, FINDING_MISSING, c->proxy.section->name,
			s->server.name),
		    "does not run");
		refuse(c, &c->out->items[c->out->count - 1]);
	}
	for (size_t i = 0; i < b->count; i++)
		if (!b->named[i])
			compare_nameless(c, &b->rows[i]);
}

/* What weir can't read (.if, variables) or what takes no command is left. */
static void
compare_section(struct comparison *c, const struct haproxy_section *s)
{
	struct block *b = block_of(c, s->name);

	proxy_init(&c->proxy, c->model, s, &c->section);
	if (b) {
		b->seen = true;
		if (!c->proxy.facts.opaque && !c->proxy.facts.disabled)
			compare_servers(c, b);
	} else if (c->proxy.count && !c->proxy.facts.opaque &&
		   !c->proxy.facts.disabled) {
		say(c, find(c, FINDING_MISSING, s->name, STR("")),
		    "does not run");
		refuse(c, &c->out->items[c->out->count - 1]);
	}
	arena_reset(&c->section);
}

static bool
is_wanted(struct str name, const struct strmap *only)
{
	return !only->count || strmap_has(only, name);
}

/* ${…} in the name of a section, or one that only HAProxy can read. */
static bool
is_readable(const struct haproxy_model *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->sections[i].opaque || memchr(m->sections[i].name.ptr,
						 '$', m->sections[i].name.len))
			return false;
	return true;
}

/* So a worker of 2.4 and earlier shows what its master listens to. */
#define MASTER "MASTER"

/* A whole backend that the text does not have: another text runs. */
static void
compare_unseen(struct comparison *c, const struct strmap *only)
{
	struct strmap_entry *e;

	if (!is_readable(c->model))
		return;
	for (size_t i = 0; (e = strmap_next(&c->blocks, &i));) {
		const struct block *b = e->value;

		if (b->seen || !is_wanted(e->key, only) ||
		    str_is(e->key, MASTER))
			continue;
		say(c, find(c, FINDING_UNKNOWN, e->key, STR("")),
		    "runs, and the text does not name it");
		refuse(c, &c->out->items[c->out->count - 1]);
	}
}

static void
compare_leftovers(struct comparison *c, const struct strmap *only)
{
	for (size_t i = 0; i < c->running->count; i++) {
		const struct haproxy_leftover *l = &c->running->leftovers[i];
		struct block *b = block_of(c, str_of(l->backend));

		if (is_wanted(str_of(l->backend), only) &&
		    !(b && find_row(b, str_of(l->server), b->count)))
			say(c,
			    find(c, FINDING_GONE, str_of(l->backend),
				str_of(l->server)),
			    "has been deleted");
	}
}

static void
compare_all(struct comparison *c, const struct strmap *only)
{
	for (size_t i = 0; i < c->model->count; i++) {
		const struct haproxy_section *s = &c->model->sections[i];

		if (section_has_servers(s) && is_wanted(s->name, only))
			compare_section(c, s);
	}
	compare_unseen(c, only);
	compare_leftovers(c, only);
	sort_repair(c);
}

static void
comparison_fini(struct comparison *c)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&c->blocks, &i));)
		strmap_fini(&((struct block *)e->value)->names);
	strmap_fini(&c->blocks);
	arena_fini(&c->arena);
	arena_fini(&c->section);
	buf_fini(&c->order);
}

int
haproxy_verify(struct haproxy_findings *out,
    const struct haproxy_expected *expected, struct str state, struct error *e)
{
	struct comparison c = {.out = out,
	    .model = expected->model,
	    .running = expected->running,
	    .respect_manual = expected->respect_manual};
	struct strmap wanted = {0};
	struct state parsed;
	int rc;

	*out = (struct haproxy_findings){0};
	for (size_t i = 0; i < expected->only_count; i++)
		strmap_put(&wanted, expected->only[i], out);
	rc = state_parse(&parsed, state, &c.arena, e);
	if (rc == 0 && (!expected->only || expected->only_count)) {
		index_blocks(&c, &parsed);
		compare_all(&c, &wanted);
	}
	strmap_fini(&wanted);
	comparison_fini(&c);
	return rc;
}

void
haproxy_findings_fini(struct haproxy_findings *f)
{
	arena_fini(&f->arena);
	free(f->items);
	haproxy_steps_fini(&f->repair);
	*f = (struct haproxy_findings){0};
}
