/* SPDX-License-Identifier: MIT */
/*
 * A new address is tried before HAProxy is told to reload: when a bind fails
 * there, all its listeners are silent for two seconds, and haproxy -c does not
 * try it. What weir can't try (unix sockets, names, inherited descriptors,
 * addresses that need a right that it lacks) passes, as does everything when
 * HAProxy listens in another network than weir's.
 */
#include "weir/runtime.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keyword.h"

/* Addresses that are tried at most: a range may hold 65535 ports. */
#define PROBES 4096

struct address {
	int family;
	unsigned char bytes[16];
	long from, to; /* ports */
};

struct binds {
	struct address *items;
	size_t count, room;
	struct arena arena;
};

/* What of the options of a bind line decides whether an address is free. */
struct bind_options {
	bool elsewhere;   /* another device or namespace */
	bool transparent; /* may be an address that is not here */
	bool v6only;
};

static struct bind_options
read_options(const struct haproxy_line *l)
{
	struct bind_options o = {0};

	for (size_t i = 2; i < l->count; i++) {
		o.elsewhere |= str_is(l->words[i], "interface") ||
			       str_is(l->words[i], "namespace");
		o.transparent |= str_is(l->words[i], "transparent");
		o.v6only |= str_is(l->words[i], "v6only");
	}
	return o;
}

/* ---- addresses ---- */

static struct str
without_prefix(struct str s, int *family)
{
	static const struct {
		struct str prefix;
		int family;
	} known[] = {{STR("ipv4@"), AF_INET}, {STR("ipv6@"), AF_INET6},
	    {STR("tcp4@"), AF_INET}, {STR("tcp6@"), AF_INET6},
	    {STR("tcp@"), AF_UNSPEC}};

	*family = AF_UNSPEC;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (str_has_prefix(s, known[i].prefix)) {
			*family = known[i].family;
			s.ptr += known[i].prefix.len;
			s.len -= known[i].prefix.len;
			break;
		}
	return s;
}

/* "80" or "8000-8010" */
static bool
parse_ports(struct str s, struct address *a)
{
	const char *dash = memchr(s.ptr, '-', s.len);
	struct str first = {s.ptr, dash ? (size_t)(dash - s.ptr) : s.len};
	struct str last = s;

	if (dash)
		last = (struct str){dash + 1, s.len - first.len - 1};
	a->from = number_of(first, 65535);
	a->to = number_of(last, 65535);
	return a->from > 0 && a->to >= a->from;
}

/* "ADDRESS:PORTS"; no address, and "*", are all. False: not for us. */
static bool
parse_address(struct str s, struct address *a)
{
	const char *colon;
	struct str host;
	int family;

	*a = (struct address){0};
	s = without_prefix(s, &family);
	colon = memrchr(s.ptr, ':', s.len);
	if (!colon || memchr(s.ptr, '@', s.len) || memchr(s.ptr, '/', s.len))
		return false;
	host = (struct str){s.ptr, (size_t)(colon - s.ptr)};
	if (!parse_ports((struct str){colon + 1, s.len - host.len - 1}, a))
		return false;
	if (!host.len || str_is(host, "*")) {
		a->family = family ? family : AF_INET;
		return true;
	}
	return is_ip(host, &a->family, a->bytes) &&
	       (!family || family == a->family);
}

static bool
is_any(const struct address *a)
{
	for (size_t i = 0; i < sizeof(a->bytes); i++)
		if (a->bytes[i])
			return false;
	return true;
}

/* Would both take the same port? HAProxy shares its own with its successor. */
static bool
overlap(const struct address *a, const struct address *b)
{
	if (a->to < b->from || b->to < a->from)
		return false;
	if (a->family == b->family &&
	    !memcmp(a->bytes, b->bytes, sizeof(a->bytes)))
		return true;
	return is_any(a) || is_any(b);
}

/* ---- lines ---- */

static bool
may_bind(const struct haproxy_section *s)
{
	return str_is(s->kind, "frontend") || str_is(s->kind, "listen") ||
	       str_is(s->kind, "peers") || str_is(s->kind, "log-forward");
}

/* The n-th of the addresses, which commas divide; false: no more. */
static bool
nth_address(struct str list, size_t n, struct str *out)
{
	for (;; n--) {
		const char *comma = memchr(list.ptr, ',', list.len);

		*out = (struct str){
		    list.ptr, comma ? (size_t)(comma - list.ptr) : list.len};
		if (n == 0)
			return true;
		if (!comma)
			return false;
		list.len -= out->len + 1;
		list.ptr = comma + 1;
	}
}

static void
put_address(struct binds *b, const struct address *a)
{
	struct address *all;

	if (b->count == b->room) {
		b->room = b->room ? b->room * 2 : 16;
		all = arena_array(&b->arena, b->room, sizeof(*all));
		if (b->count)
			memcpy(all, b->items, b->count * sizeof(*all));
		b->items = all;
	}
	b->items[b->count++] = *a;
}

typedef int bind_line_cb(
    void *arg, const struct haproxy_line *, const struct address *);

/* -1: cb did not like one. */
static int
each_address(const struct haproxy_section *s, bind_line_cb *cb, void *arg)
{
	struct arena arena = {0};
	size_t count;
	struct haproxy_line *lines = haproxy_section_lines(s, &arena, &count);
	int rc = 0;

	for (size_t i = 1; i < count && rc == 0; i++) {
		struct str word;
		struct address a;

		if (lines[i].count < 2 || !str_is(lines[i].words[0], "bind"))
			continue;
		for (size_t n = 0;
		     rc == 0 && nth_address(lines[i].words[1], n, &word); n++)
			if (parse_address(word, &a))
				rc = cb(arg, &lines[i], &a);
	}
	arena_fini(&arena);
	return rc;
}

/* ---- trying ---- */

static socklen_t
fill(struct sockaddr_storage *to, const struct address *a, long port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)a->family;
	if (a->family == AF_INET) {
		memcpy(&v4->sin_addr, a->bytes, sizeof(v4->sin_addr));
		v4->sin_port = htons((uint16_t)port);
		return sizeof(*v4);
	}
	memcpy(&v6->sin6_addr, a->bytes, sizeof(v6->sin6_addr));
	v6->sin6_port = htons((uint16_t)port);
	return sizeof(*v6);
}

/* 0, or the errno. */
static int
try(const struct address *a, long port, bool v6only)
{
	struct sockaddr_storage to;
	socklen_t len = fill(&to, a, port);
	int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;
	int rc;

	if (fd < 0)
		return 0;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (a->family == AF_INET6 && v6only)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	rc = bind(fd, (struct sockaddr *)&to, len) < 0 ? errno : 0;
	close(fd);
	return rc;
}

struct old_binds {
	struct binds binds;
	size_t left;
	bool any_taken, any_free;
};

/* Of what HAProxy listens on: is it taken here? */
static int
on_old(void *arg, const struct haproxy_line *l, const struct address *a)
{
	struct old_binds *old = arg;
	struct bind_options o = read_options(l);
	int rc;

	put_address(&old->binds, a);
	if (o.elsewhere || old->any_taken || !old->left)
		return 0;
	old->left--;
	rc = try(a, a->from, o.v6only);
	old->any_taken |= rc == EADDRINUSE;
	old->any_free |= rc == 0 || (rc == EADDRNOTAVAIL && !o.transparent);
	return 0;
}

/* An HAProxy none of whose addresses is taken here has a network of its own (a
 * container's): what is free there can't be told from here. */
static bool
is_elsewhere(const struct old_binds *old)
{
	return old->any_free && !old->any_taken;
}

struct probe {
	const struct binds *old;
	size_t left;
	struct error *error;
};

static bool
is_known(const struct binds *old, const struct address *a, long port)
{
	struct address one = *a;

	one.from = one.to = port;
	for (size_t i = 0; i < old->count; i++)
		if (overlap(&old->items[i], &one))
			return true;
	return false;
}

static int
on_new(void *arg, const struct haproxy_line *l, const struct address *a)
{
	struct probe *p = arg;
	struct bind_options o = read_options(l);

	if (o.elsewhere)
		return 0;
	for (long port = a->from; port <= a->to && p->left; port++) {
		int rc;

		if (is_known(p->old, a, port))
			continue;
		p->left--;
		rc = try(a, port, o.v6only);
		if (rc != EADDRINUSE && (rc != EADDRNOTAVAIL || o.transparent))
			continue;
		return error_set(p->error, ERROR_REFUSED,
		    "line %d: port %ld of \"bind %.*s\" can't be bound: %s",
		    l->number, port, (int)l->words[1].len, l->words[1].ptr,
		    strerror(rc));
	}
	return 0;
}

int
haproxy_bind_probe(const struct haproxy_model *old_model,
    const struct haproxy_model *new_model, struct error *e)
{
	struct old_binds old = {.left = PROBES};
	struct probe p = {.old = &old.binds, .left = PROBES, .error = e};
	int rc = 0;

	for (size_t i = 0; i < old_model->count; i++)
		if (may_bind(&old_model->sections[i]))
			each_address(&old_model->sections[i], on_old, &old);
	for (size_t i = 0;
	     i < new_model->count && rc == 0 && !is_elsewhere(&old); i++)
		if (may_bind(&new_model->sections[i]))
			rc = each_address(&new_model->sections[i], on_new, &p);
	arena_fini(&old.binds.arena);
	return rc;
}
