/* SPDX-License-Identifier: MIT */
/*
 * A server as HAProxy sees it: the default-server options of the defaults
 * section, then of its own section up to its line, then its own. What a step
 * sets is taken out, the last word counts; the rest is kept in order, since
 * some of it adds up.
 */
#include "proxy.h"

#include <sys/socket.h>

static void
take_option(struct definition *d, const struct haproxy_option *o)
{
	const struct keyword *k = o->known;

	if (k && k->write == WRITE_CANCEL)
		d->has &= ~k->has;
	else if (k)
		d->has |= k->has;
	if (!k || k->slot == SLOT_NONE || (k->value && !o->value.ptr))
		d->rest[d->count++] = o;
	else if (k->slot == SLOT_STATE)
		d->set[SLOT_STATE] = str_is(o->keyword, "disabled")
					 ? o->keyword
					 : (struct str){0};
	else
		d->set[k->slot] = o->value;
}

/* "ipv4@10.0.0.1" is that address. */
static struct str
without_family(struct str s)
{
	if (str_has_prefix(s, STR("ipv4@")) || str_has_prefix(s, STR("ipv6@")))
		return (struct str){s.ptr + 5, s.len - 5};
	return s;
}

static bool
is_zero(const unsigned char *bytes)
{
	for (size_t i = 0; i < 16; i++)
		if (bytes[i])
			return false;
	return true;
}

/* 0.0.0.0 is "where the client wanted to go". */
static void
take_endpoint(struct definition *d, const struct haproxy_server *s)
{
	struct str address = without_family(s->address);

	d->port = number_of(s->port, 65535);
	if (d->port <= 0 || !is_ip(address, &d->family, d->bytes) ||
	    is_zero(d->bytes) ||
	    (address.len != s->address.len &&
		(s->address.ptr[3] == '4') != (d->family == AF_INET)))
		d->family = 0;
}

static void
take_server(struct definition *d, const struct haproxy_server *s,
    const struct haproxy_line *line)
{
	d->name = s->name;
	d->endpoint = line->words[2];
	d->opaque |= line->open || memchr(line->text.ptr, '$', line->text.len);
	take_endpoint(d, s);
	for (size_t i = 0; i < s->count; i++)
		take_option(d, &s->options[i]);
}

void
definition_of(struct definition *d, const struct proxy *p,
    const struct proxy_server *s, struct arena *arena)
{
	memset(d, 0, sizeof(*d));
	d->from = s;
	d->opaque = s->inherits && p->inherits_variables;
	d->rest = arena_alloc(arena, (s->inherits + s->server.count + 1) *
					 sizeof(struct haproxy_option *));
	for (size_t i = 0; i < s->inherits; i++)
		take_option(d, &p->inherited[i]);
	take_server(d, &s->server, s->line);
}

int
definition_of_line(struct definition *d, struct str text, struct arena *arena)
{
	struct haproxy_line line;
	struct haproxy_server server;

	memset(d, 0, sizeof(*d));
	if (!haproxy_line_split(text, arena, &line) ||
	    haproxy_server_parse(&line, arena, &server) < 0)
		return -1;
	d->rest = arena_alloc(
	    arena, (server.count + 1) * sizeof(struct haproxy_option *));
	take_server(d, &server, &line);
	return 0;
}

struct str
definition_address(const struct definition *d)
{
	struct str s = d->endpoint;
	const char *colon = memrchr(s.ptr, ':', s.len);

	s.len = (size_t)(colon - s.ptr);
	if (str_has_prefix(s, STR("ipv")))
		s = (struct str){s.ptr + 5, s.len - 5};
	if (s.len > 2 && *s.ptr == '[')
		s = (struct str){s.ptr + 1, s.len - 2};
	return s;
}

/* ---- written out ---- */

static void
put_word(struct buf *out, struct str word)
{
	static const char plain[] = "_.:/@%+,=()[]{}*!?~^|&<>-;";

	buf_char(out, ' ');
	if (!word.len)
		buf_puts(out, "\"\"");
	for (size_t i = 0; i < word.len; i++) {
		unsigned char c = (unsigned char)word.ptr[i];
		bool is_plain = (c >= '0' && c <= '9') ||
				((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
				(c && strchr(plain, c));

		if (is_plain)
			buf_char(out, (char)c);
		else
			buf_printf(out, "\\x%02x", c);
	}
}

static void
put_option(struct buf *out, const struct haproxy_option *o)
{
	put_word(out, o->keyword);
	if (o->value.ptr)
		put_word(out, o->value);
}

const char *const definition_slot_names[SLOT_COUNT] = {[SLOT_STATE] = NULL,
    [SLOT_WEIGHT] = "weight",
    [SLOT_MAXCONN] = "maxconn",
    [SLOT_CHECK_ADDRESS] = "addr",
    [SLOT_CHECK_PORT] = "port",
    [SLOT_AGENT_ADDRESS] = "agent-addr",
    [SLOT_AGENT_PORT] = "agent-port",
    [SLOT_AGENT_SEND] = "agent-send"};

void
definition_print(const struct definition *d, struct buf *out)
{
	buf_puts(out, "server");
	put_word(out, d->name);
	put_word(out, d->endpoint);
	for (size_t i = 0; i < d->count; i++)
		put_option(out, d->rest[i]);
	for (size_t i = SLOT_WEIGHT; i < SLOT_COUNT; i++)
		if (d->set[i].ptr) {
			put_word(out, str_of(definition_slot_names[i]));
			put_word(out, d->set[i]);
		}
	if (d->set[SLOT_STATE].ptr)
		buf_puts(out, " disabled");
}

/* ---- compared ---- */

static bool
same_option(const struct haproxy_option *a, const struct haproxy_option *b)
{
	return str_equal(a->keyword, b->keyword) &&
	       !a->value.ptr == !b->value.ptr && str_equal(a->value, b->value);
}

bool
definition_is_same(const struct definition *old, const struct definition *new,
    const struct haproxy_option **old_option,
    const struct haproxy_option **new_option)
{
	size_t i = 0;

	while (i < old->count &&
	       i < new->count &&same_option(old->rest[i], new->rest[i]))
		i++;
	*old_option = i < old->count ? old->rest[i] : NULL;
	*new_option = i < new->count ? new->rest[i] : NULL;
	return i == old->count && i == new->count;
}
