/* SPDX-License-Identifier: MIT */
/*
 * A line that is new. A leftover of the same definition comes back; otherwise
 * HAProxy is told to add a server, where it does that well; otherwise a slot or
 * a reload. `add server` knows no default-server, so every option is written
 * out, and what a server of a file has without saying is said (management.txt,
 * "add server").
 */
#include "planner.h"

/* Words of a command that HAProxy keeps; up to 3.0 it drops the rest without a
 * word. And bytes, well below its buffer. */
#define COMMAND_WORDS 60
#define COMMAND_BYTES 8192

#define VERSION_ADD 205 /* stable: 2.6; 2.4 took another list */
#define VERSION_GOOD                                                          \
	300              /* connections reused, cookies, hashes: as of a file \
			  */
#define VERSION_WAIT 300 /* wait … srv-removable */

/* ---- a leftover ---- */

/* In HAProxy's list it stands before the server that it stood before, those
 * that went meanwhile left out. */
static bool
is_in_place(struct plan *p, const struct haproxy_leftover *l,
    const struct proxy_server *new)
{
	struct str next = str_of(l->next);
	struct str behind = proxy_next(&p->after, new);

	for (size_t i = 0; i <= p->running->count; i++) {
		if (!next.ptr)
			return false;
		if (!next.len || proxy_find(&p->after, next))
			return str_equal(next, behind);
		l = haproxy_leftover_find(
		    p->running, p->after.section->name, next);
		if (!l)
			return false;
		next = str_of(l->next);
	}
	return false;
}

static bool
counts_here(const struct plan *p, const struct server_change *c)
{
	bool backup = c->new->has &HAS_BACKUP;

	return proxy_goes_by_place(&p->after, false) ||
	       (backup && p->after.backup_count > 1 &&
		   proxy_goes_by_place(&p->after, true));
}

static void
plan_back(struct plan *p, const struct server_change *c,
    const struct haproxy_leftover *l, const struct proxy_server *new)
{
	bool down = c->new->set[SLOT_STATE].ptr != NULL;
	struct haproxy_step *s;

	if (counts_here(p, c) && !is_in_place(p, l, new)) {
		plan_refuse_server(
		    p, c, "it runs in another place, and places count");
		return;
	}
	plan_slots(p, c);
	if (!down && c->old->set[SLOT_STATE].ptr)
		plan_enabled(p, c);
	s = plan_step(p, down ? PHASE_MAINT : PHASE_READY,
	    down ? STEP_MAINT : STEP_READY, c->path);
	s->command = JOIN(p, STR("set server "), c->path,
	    down ? STR(" state maint") : STR(" state ready"));
	s->undo = JOIN(p, STR("set server "), c->path,
	    l->draining ? STR(" state drain") : STR(" state maint"));
	s->what = down ? STR("is back, disabled") : STR("is back: ready");
	s->named = true;
}

/* ---- add server ---- */

static const char *
no_addition(const struct plan *p)
{
	if (p->version < VERSION_ADD)
		return "can't add servers";
	if (p->version < VERSION_GOOD)
		return "does not add servers well: a slot or `dynamic = yes`";
	return "is not to add any: a slot or `dynamic = yes`";
}

static bool
can_add(struct plan *p, const struct server_change *c)
{
	const char *version = p->running->version.text;

	if (!p->policy->dynamic || p->version < VERSION_ADD)
		plan_refuse_server(p, c,
		    "no server of that name runs, and HAProxy %s %s", version,
		    no_addition(p));
	else if (!proxy_is_dynamic(&p->after))
		plan_refuse_server(p, c,
		    "no server of that name runs, and its balance algorithm "
		    "is static");
	else if (!c->new->family)
		plan_refuse_server(
		    p, c, "only a literal address with a port can be added");
	else
		return true;
	return false;
}

/* Backups without "option allbackups" take over in the order of HAProxy's list,
 * and what is added is its last. */
static bool
would_be_last(struct plan *p, const struct proxy_server *new)
{
	for (size_t i = new->order + 1; i < p->after.count; i++) {
		const struct proxy_server *s = &p->after.servers[i];

		if (proxy_is_backup(&p->after, s) &&
		    (proxy_find(&p->before, s->server.name) ||
			haproxy_leftover_find(p->running,
			    p->after.section->name, s->server.name)))
			return false;
	}
	return true;
}

/* The options in effect: what is taken back is left out, with its taker. */
struct words {
	const struct haproxy_option **items;
	size_t count;
};

static void
take_back(struct words *w, const char *keyword)
{
	size_t kept = 0;

	for (size_t i = 0; i < w->count; i++)
		if (!str_is(w->items[i]->keyword, keyword))
			w->items[kept++] = w->items[i];
	w->count = kept;
}

static bool
take_word(struct plan *p, struct words *w, const struct haproxy_option *o,
    const struct server_change *c)
{
	const struct keyword *k = o->known;

	if (k && k->write == WRITE_NOT)
		return true;
	if (k && k->write == WRITE_CANCEL) {
		take_back(w, k->cancels);
		return true;
	}
	if (!k || !k->dynamic || k->dynamic > p->version ||
	    (k->value && !o->value.ptr)) {
		plan_refuse_server(p, c,
		    "HAProxy %s adds no server with \"%.*s\"",
		    p->running->version.text, (int)o->keyword.len,
		    o->keyword.ptr);
		return false;
	}
	if (!is_safe_word(o->keyword) ||
	    (k->value && !is_safe_word(o->value))) {
		plan_refuse_server(p, c, "a command can't carry \"%.*s\"",
		    (int)o->keyword.len, o->keyword.ptr);
		return false;
	}
	w->items[w->count++] = o;
	return true;
}

static void
put_words(struct plan *p, const char *name, struct str value)
{
	buf_char(&p->word, ' ');
	buf_puts(&p->word, name);
	if (value.ptr) {
		buf_char(&p->word, ' ');
		buf_str(&p->word, value);
	}
}

/* What a server of a file has without saying. */
static void
put_implied(struct plan *p, const struct definition *d)
{
	static const struct str none;
	bool own_check =
	    d->set[SLOT_CHECK_PORT].ptr || d->set[SLOT_CHECK_ADDRESS].ptr;

	if ((d->has & HAS_CHECK) && !own_check) {
		if ((d->has & HAS_SSL) && !(d->has & HAS_CHECK_SSL))
			put_words(p, "check-ssl", none);
		if ((d->has & HAS_PROXY) && !(d->has & HAS_CHECK_PROXY))
			put_words(p, "check-send-proxy", none);
	}
	if (p->version >= VERSION_GOOD)
		return;
	if (!(d->has & HAS_PURGE_DELAY))
		put_words(p, "pool-purge-delay", STR("5s"));
	if (!(d->has & HAS_POOL_MAX))
		put_words(p, "pool-max-conn", STR("-1"));
}

static bool
slots_are_sound(struct plan *p, const struct server_change *c)
{
	static const struct {
		enum slot slot;
		long max;
	} numbers[] = {{SLOT_WEIGHT, 256}, {SLOT_MAXCONN, 1000000000},
	    {SLOT_CHECK_PORT, 65535}, {SLOT_AGENT_PORT, 65535}};
	static const enum slot words[] = {
	    SLOT_CHECK_ADDRESS, SLOT_AGENT_ADDRESS, SLOT_AGENT_SEND};
	unsigned char bytes[16];
	int family;
	bool sound = true;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct str s = c->new->set[numbers[i].slot];

		sound &= !s.ptr || number_of(s, numbers[i].max) >= 0;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		struct str s = c->new->set[words[i]];

		sound &= !s.ptr || is_safe_word(s);
		if (s.ptr && words[i] != SLOT_AGENT_SEND)
			sound &= is_ip(s, &family, bytes);
	}
	if (!sound)
		plan_refuse_server(p, c, "not a value that can be sent");
	return sound;
}

static void
put_slots(struct plan *p, const struct definition *d)
{
	for (size_t i = SLOT_WEIGHT; i < SLOT_COUNT; i++)
		if (d->set[i].ptr)
			put_words(p, definition_slot_names[i], d->set[i]);
}

/* The command in p->word. */
static bool
build_command(struct plan *p, const struct server_change *c)
{
	const struct definition *d = c->new;
	struct words w = {
	    .items = arena_array(&p->arena, d->count + 1, sizeof(*w.items))};
	size_t blanks = 0;

	for (size_t i = 0; i < d->count; i++)
		if (!take_word(p, &w, d->rest[i], c))
			return false;
	if (!slots_are_sound(p, c))
		return false;
	buf_reset(&p->word);
	buf_puts(&p->word, "add server ");
	buf_str(&p->word, c->path);
	buf_char(&p->word, ' ');
	buf_str(&p->word, d->endpoint);
	for (size_t i = 0; i < w.count; i++) {
		buf_char(&p->word, ' ');
		buf_str(&p->word, w.items[i]->keyword);
		if (w.items[i]->value.ptr) {
			buf_char(&p->word, ' ');
			buf_str(&p->word, w.items[i]->value);
		}
	}
	put_slots(p, d);
	put_implied(p, d);
	for (size_t i = 0; i < p->word.len; i++)
		blanks += p->word.ptr[i] == ' ';
	if (blanks < COMMAND_WORDS && p->word.len < COMMAND_BYTES)
		return true;
	plan_refuse_server(p, c, "too long for a command");
	return false;
}

static struct haproxy_step *
put_step(struct plan *p, const struct server_change *c, enum phase phase,
    enum haproxy_step_kind kind, struct str command)
{
	struct haproxy_step *s = plan_step(p, phase, kind, c->path);

	s->command = command;
	return s;
}

/* Before 3.0 a cookie made of the address comes only with a change of it. */
static void
plan_repair(struct plan *p, const struct server_change *c)
{
	struct str set = JOIN(p, STR("set server "), c->path, STR(" addr "),
	    definition_address(c->new));
	struct haproxy_step *s;

	if (p->version >= VERSION_GOOD || !p->after.facts.dynamic_cookie)
		return;
	s = put_step(p, c, PHASE_ADD, STEP_ADDRESS,
	    JOIN(p, set, STR(" port "),
		c->new->port == 1 ? STR("2") : STR("1")));
	s->what = STR("another address, so that the true one makes a cookie");
	s = put_step(p, c, PHASE_ADD, STEP_ADDRESS,
	    JOIN(p, set, STR(" port "), c->new->from->server.port));
	s->what = STR("its true address");
}

/* Its checks begin. What is added disabled is not checked until it is ready, as
 * one of a file is not. */
static void
plan_health(struct plan *p, const struct server_change *c)
{
	struct haproxy_step *s;

	if (c->new->has & HAS_CHECK) {
		s = put_step(p, c, PHASE_HEALTH, STEP_HEALTH_ON,
		    JOIN(p, STR("enable health "), c->path));
		s->what = STR("its checks begin");
	}
	if (c->new->has & HAS_AGENT) {
		s = put_step(p, c, PHASE_HEALTH, STEP_HEALTH_ON,
		    JOIN(p, STR("enable agent "), c->path));
		s->what = STR("its agent is asked");
	}
}

void
plan_enabled(struct plan *p, const struct server_change *c)
{
	if (p->policy->dynamic && p->version >= VERSION_ADD)
		plan_health(p, c);
}

static void
plan_ready(struct plan *p, const struct server_change *c)
{
	struct str set = JOIN(p, STR("set server "), c->path);
	struct haproxy_step *s;

	if (c->new->set[SLOT_STATE].ptr)
		return;
	plan_health(p, c);
	s = put_step(
	    p, c, PHASE_READY, STEP_READY, JOIN(p, set, STR(" state ready")));
	s->undo = JOIN(p, set, STR(" state maint"));
	s->what = STR("ready");
	s->named = true;
}

/* Is each of its words one that HAProxy has taken, or that weir can judge? */
static bool
is_proven(const struct plan *p, const struct proxy_server *new)
{
	for (size_t i = 0; i < p->before.count; i++) {
		const struct haproxy_line *l = p->before.servers[i].line;
		size_t k = 3;

		if (l->count != new->line->count ||
		    p->before.servers[i].inherits != new->inherits)
			continue;
		while (
		    k < l->count && str_equal(l->words[k], new->line->words[k]))
			k++;
		if (k == l->count)
			return true;
	}
	for (size_t i = 0; i < new->server.count; i++) {
		const struct haproxy_option *o = &new->server.options[i];

		if (!o->known || !keyword_is_proven(o->known, o->value))
			return false;
	}
	return true;
}

static void
plan_addition(struct plan *p, const struct server_change *c)
{
	struct haproxy_step *s;

	if (!can_add(p, c) || !build_command(p, c))
		return;
	s = put_step(p, c, PHASE_ADD, STEP_ADD,
	    arena_str(&p->out->arena, buf_as_str(&p->word)));
	s->undo = JOIN(p, STR("del server "), c->path);
	s->what = STR("is added");
	s->named = true;
	if (c->new->has & HAS_BACKUP)
		s->next = STR("");
	plan_repair(p, c);
	plan_ready(p, c);
	p->out->proven &= is_proven(p, c->new->from);
}

/* ---- another definition under the name of a leftover ---- */

static void
plan_removal(struct plan *p, struct str path)
{
	struct haproxy_step *s =
	    plan_step(p, PHASE_ROOM, STEP_WAIT_REMOVABLE, path);

	s->command = JOIN(p, STR("wait 5s srv-removable "), path);
	s->what = STR("its connections end");
	s = plan_step(p, PHASE_ROOM, STEP_DELETE, path);
	s->command = JOIN(p, STR("del server "), path);
	s->what = STR("is deleted");
}

static void
plan_replaced(struct plan *p, const struct server_change *c,
    const struct haproxy_leftover *l)
{
	if (!p->policy->delete || p->version < VERSION_WAIT || l->draining)
		plan_refuse_server(p, c,
		    l->line ? "it runs with other options"
			    : "one of that name runs, nobody knows what it is");
	else if (can_add(p, c)) {
		plan_removal(p, c->path);
		plan_addition(p, c);
	}
}

/* ---- a line that is new ---- */

static bool
is_told(struct plan *p, const struct server_change *c)
{
	if (p->after.facts.disabled)
		plan_refuse_server(p, c, "its section is disabled");
	else if (!is_safe_name(c->backend) || !is_safe_name(c->server))
		plan_refuse_server(p, c, "its name can't be told to HAProxy");
	else if (c->new->opaque)
		plan_refuse_server(p, c, "only HAProxy knows its variables");
	else if (proxy_goes_by_id(&p->after))
		plan_refuse_server(p, c,
		    "the others' ids go by their places (give each an id)");
	else
		return true;
	return false;
}

void
plan_added(struct plan *p, const struct proxy_server *new)
{
	struct definition was, is;
	struct server_change c = {.backend = p->after.section->name,
	    .server = new->server.name,
	    .old = &was,
	    .new = &is,
	    .new_line = new->line->text};
	const struct haproxy_leftover *l =
	    haproxy_leftover_find(p->running, c.backend, c.server);
	const struct haproxy_option *a, *b;

	definition_of(&is, &p->after, new, &p->arena);
	if (!is_told(p, &c))
		return;
	c.path = JOIN(p, c.backend, STR("/"), c.server);
	if (l && l->line &&
	    definition_of_line(&was, str_of(l->line), &p->arena) == 0 &&
	    !was.opaque && definition_is_same(&was, &is, &a, &b))
		plan_back(p, &c, l, new);
	else if (l)
		plan_replaced(p, &c, l);
	else if ((is.has & HAS_BACKUP) &&
		 proxy_goes_by_place(&p->after, true) && !would_be_last(p, new))
		plan_refuse_server(p, &c, "backups take over in their order");
	else
		plan_addition(p, &c);
}

/* ---- what comes after a line went ---- */

static bool
is_deletable(struct plan *p, const struct haproxy_leftover *l)
{
	bool dynamic = false;

	if (!p->policy->delete || p->version < VERSION_ADD)
		return false;
	for (size_t i = 0; i < p->new_model->count; i++) {
		const struct haproxy_section *s = &p->new_model->sections[i];

		if (!section_has_servers(s) || !str_is(s->name, l->backend))
			continue;
		proxy_init(&p->after, p->new_model, s, &p->arena);
		dynamic = proxy_is_dynamic(&p->after);
	}
	return dynamic;
}

/* Up to 2.8 idle connections hold a server for some 20 s, but not once its
 * address is another. */
static void
plan_deletion(struct plan *p, struct str path)
{
	struct haproxy_step *s;

	if (p->version >= VERSION_WAIT) {
		plan_removal(p, path);
		return;
	}
	s = plan_step(p, PHASE_ROOM, STEP_ADDRESS, path);
	s->command =
	    JOIN(p, STR("set server "), path, STR(" addr 127.0.0.1 port 1"));
	s->what = STR("its idle connections are closed");
	s = plan_step(p, PHASE_ROOM, STEP_DELETE, path);
	s->command = JOIN(p, STR("del server "), path);
	s->what = STR("is deleted");
}

void
haproxy_steps_expire(struct haproxy_steps *out,
    const struct haproxy_leftover *l, const struct haproxy_model *m,
    const struct haproxy_running *running, const struct haproxy_policy *policy)
{
	struct plan p;
	struct str path;
	struct haproxy_step *s;

	plan_init(&p, out, running, policy);
	p.new_model = m;
	path = JOIN(&p, str_of(l->backend), STR("/"), str_of(l->server));
	if (l->draining) {
		s = plan_step(&p, PHASE_MAINT, STEP_MAINT, path);
		s->command =
		    JOIN(&p, STR("set server "), path, STR(" state maint"));
		s->undo =
		    JOIN(&p, STR("set server "), path, STR(" state drain"));
		s->what = STR("has drained: maintenance");
	} else if (is_deletable(&p, l)) {
		plan_deletion(&p, path);
	}
	plan_fini(&p);
}
