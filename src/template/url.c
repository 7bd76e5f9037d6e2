/* SPDX-License-Identifier: MIT */
/*
 * Which characters need no escape depends on the part they stand in; everything
 * else follows the order in which Go cuts: fragment, query, scheme, authority,
 * path.
 */
#include <stdio.h>
#include <string.h>

#include "url.h"

#include "netip.h"
#include "weir/template.h"

enum part { PART_PATH, PART_USER, PART_HOST, PART_ZONE, PART_FRAGMENT };

struct parser {
	struct arena *arena;
	struct buf error;
};

/* ---- escapes ---- */

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool
is_plain(char c, enum part part)
{
	static const char *const plain[] = {
	    [PART_PATH] = "-_.~$&+,/:;=@",
	    [PART_USER] = "-_.~$&+,;=",
	    [PART_HOST] = "-_.~!$&'()*+,;=:[]<>\"",
	    [PART_ZONE] = "-_.~!$&'()*+,;=:[]<>\"",
	    [PART_FRAGMENT] = "-_.~$&+,/:;=?@!()*",
	};

	return is_alnum(c) || (c && strchr(plain[part], c));
}

static void
escape(struct buf *out, struct str s, enum part part)
{
	for (size_t i = 0; i < s.len; i++) {
		if (is_plain(s.ptr[i], part))
			buf_char(out, s.ptr[i]);
		else
			buf_printf(out, "%%%02X", (unsigned char)s.ptr[i]);
	}
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
bad(struct parser *p, const char *before, struct str s, const char *behind)
{
	buf_puts(&p->error, before);
	value_quote(&p->error, s);
	buf_puts(&p->error, behind);
	return -1;
}

static int
wrong(struct parser *p, const char *text)
{
	buf_puts(&p->error, text);
	return -1;
}

/* Is the escape %hl allowed in that part? Only in hosts they matter. */
static bool
may_escape(int high, int low, enum part part)
{
	int c = high << 4 | low;

	if (part == PART_HOST)
		return high >= 8 || c == '%';
	if (part == PART_ZONE)
		return c == '%' || c == ' ' || is_plain((char)c, PART_HOST);
	return true;
}

static int
check_escape(struct parser *p, struct str s, enum part part)
{
	int high = s.len > 2 ? hex(s.ptr[1]) : -1;
	int low = s.len > 2 ? hex(s.ptr[2]) : -1;

	if (s.len > 3)
		s.len = 3;
	if (high < 0 || low < 0 || !may_escape(high, low, part))
		return bad(p, "invalid URL escape ", s, "");
	return 0;
}

/* s without its escapes, in place of s. */
static int
unescape(struct parser *p, struct str *s, enum part part)
{
	bool host = part == PART_HOST || part == PART_ZONE;
	char *out;
	size_t n = 0;

	for (size_t i = 0; i < s->len; i++) {
		struct str rest = {s->ptr + i, s->len - i};

		if (*rest.ptr == '%' && check_escape(p, rest, part) < 0)
			return -1;
		if (*rest.ptr != '%' && host && !(*rest.ptr & 0x80) &&
		    !is_plain(*rest.ptr, part))
			return bad(p, "invalid character ",
			    (struct str){rest.ptr, 1}, " in host name");
		if (*rest.ptr == '%')
			i += 2;
	}
	if (!s->len || !memchr(s->ptr, '%', s->len))
		return 0;
	out = arena_alloc(p->arena, s->len);
	for (size_t i = 0; i < s->len; i++) {
		if (s->ptr[i] != '%') {
			out[n++] = s->ptr[i];
			continue;
		}
		out[n++] = (char)(hex(s->ptr[i + 1]) << 4 | hex(s->ptr[i + 2]));
		i += 2;
	}
	*s = (struct str){out, n};
	return 0;
}

/* ---- cutting ---- */

/* s up to c; *rest is what lies behind it. false: there is none. */
static bool
cut(struct str *s, char c, struct str *rest)
{
	const char *at = s->len ? memchr(s->ptr, c, s->len) : NULL;

	*rest = (struct str){"", 0};
	if (!at)
		return false;
	*rest = (struct str){at + 1, s->len - (size_t)(at - s->ptr) - 1};
	s->len = (size_t)(at - s->ptr);
	return true;
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7F)
			return true;
	return false;
}

/* Takes "scheme:" off. */
static int
take_scheme(struct parser *p, struct str *s, struct url *u)
{
	char *lower;

	for (size_t i = 0; i < s->len; i++) {
		char c = s->ptr[i];

		if (c == ':' && i == 0)
			return wrong(p, "missing protocol scheme");
		if (c == ':') {
			lower = arena_strndup(p->arena, s->ptr, i);
			for (size_t k = 0; k < i; k++)
				if (lower[k] >= 'A' && lower[k] <= 'Z')
					lower[k] |= 0x20;
			u->scheme = (struct str){lower, i};
			s->ptr += i + 1;
			s->len -= i + 1;
			return 0;
		}
		if (!is_alnum(c) && (!strchr("+-.", c) || !c))
			return 0;
		if (i == 0 && ((c >= '0' && c <= '9') || !is_alnum(c)))
			return 0;
	}
	return 0;
}

static bool
is_user(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alnum(s.ptr[i]) &&
		    (!s.ptr[i] || !strchr("-._:~!$&'()*+,;=%@", s.ptr[i])))
			return false;
	return true;
}

static bool
is_port(struct str s)
{
	if (s.len && s.ptr[0] != ':')
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return true;
}

static ptrdiff_t
last(struct str s, char c)
{
	const char *at = s.len ? memrchr(s.ptr, c, s.len) : NULL;

	return at ? at - s.ptr : -1;
}

static int
check_port(struct parser *p, struct str port)
{
	return is_port(port) ? 0 : bad(p, "invalid port ", port, " after host");
}

/* What stands in brackets, unescaped, is an address of version 6. */
static int
check_literal(struct parser *p, struct str s)
{
	struct netip_fault fault;

	switch (netip_version(s, &fault)) {
	case 6:
		return 0;
	case 4:
		return wrong(p, "invalid IP-literal");
	}
	bad(p, "invalid host: ParseAddr(", s, "): ");
	buf_puts(&p->error, fault.what);
	return fault.at.len ? bad(p, " (at ", fault.at, ")") : -1;
}

/* "[address%25zone]:port" */
static int
take_literal(struct parser *p, struct str s, struct url *u)
{
	ptrdiff_t end = last(s, ']');
	struct str address, zone, port;

	if (end < 0)
		return wrong(p, "missing ']' in host");
	port = (struct str){s.ptr + end + 1, s.len - (size_t)end - 1};
	address = (struct str){s.ptr + 1, (size_t)end - 1};
	zone = (struct str){"", 0};
	if (check_port(p, port) < 0)
		return -1;
	if (str_find(address, STR("%25")) >= 0) {
		size_t at = (size_t)str_find(address, STR("%25"));

		zone = (struct str){address.ptr + at, address.len - at};
		address.len = at;
	}
	if (unescape(p, &address, PART_HOST) < 0 ||
	    unescape(p, &zone, PART_ZONE) < 0)
		return -1;
	address = str_of(arena_printf(p->arena, "%.*s%.*s", (int)address.len,
	    address.ptr, (int)zone.len, zone.ptr));
	if (check_literal(p, address) < 0)
		return -1;
	u->host = str_of(arena_printf(p->arena, "[%.*s]%.*s", (int)address.len,
	    address.ptr, (int)port.len, port.ptr));
	return 0;
}

static int
take_host(struct parser *p, struct str s, struct url *u)
{
	struct str port = s, rest;

	if (last(s, '[') > 0)
		return wrong(p, "invalid IP-literal");
	if (last(s, '[') == 0)
		return take_literal(p, s, u);
	if (cut(&port, ':', &rest)) {
		size_t at = port.len;

		/* only http can't have several colons */
		if (!str_is(u->scheme, "http") && !str_is(u->scheme, "https"))
			at = (size_t)last(s, ':');
		port = (struct str){s.ptr + at, s.len - at};
		if (check_port(p, port) < 0)
			return -1;
	}
	u->host = s;
	return unescape(p, &u->host, PART_HOST);
}

static int
take_authority(struct parser *p, struct str s, struct url *u)
{
	ptrdiff_t at = last(s, '@');
	struct str host = s;

	if (at >= 0) {
		host = (struct str){s.ptr + at + 1, s.len - (size_t)at - 1};
		u->user = (struct str){s.ptr, (size_t)at};
		u->has_user = true;
	}
	if (take_host(p, host, u) < 0)
		return -1;
	if (!u->has_user)
		return 0;
	if (!is_user(u->user))
		return wrong(p, "net/url: invalid userinfo");
	u->has_password = cut(&u->user, ':', &u->password);
	return unescape(p, &u->user, PART_USER) < 0
		   ? -1
		   : unescape(p, &u->password, PART_USER);
}

/* Everything but the fragment. */
static int
parse(struct parser *p, struct str s, struct url *u)
{
	struct str rest, segment;

	if (has_control(s))
		return wrong(p, "net/url: invalid control character in URL");
	u->path = s;
	if (str_is(s, "*"))
		return 0;
	if (take_scheme(p, &s, u) < 0)
		return -1;
	cut(&s, '?', &u->query);
	u->path = (struct str){"", 0};
	if (!str_has_prefix(s, STR("/"))) {
		segment = s;
		if (u->scheme.len) {
			u->opaque = s;
			return 0;
		}
		cut(&segment, '/', &rest);
		if (segment.len && memchr(segment.ptr, ':', segment.len))
			return wrong(p,
			    "first path segment in URL cannot contain colon");
	}
	if (str_has_prefix(s, STR("//")) &&
	    (u->scheme.len || !str_has_prefix(s, STR("///")))) {
		segment = (struct str){s.ptr + 2, s.len - 2};
		s = (struct str){"", 0};
		if (cut(&segment, '/', &rest))
			s = (struct str){rest.ptr - 1, rest.len + 1};
		if (take_authority(p, segment, u) < 0)
			return -1;
	}
	u->path = s;
	return unescape(p, &u->path, PART_PATH);
}

int
url_parse(struct arena *arena, struct str s, struct url *u, struct error *error)
{
	struct parser p = {.arena = arena};
	struct str all = s, whole = s;
	struct buf quoted = {0};
	int rc;

	*u = (struct url){.has_user = false};
	cut(&all, '#', &u->fragment);
	whole = all;
	rc = parse(&p, all, u);
	if (rc == 0 && u->fragment.len) {
		whole = s;
		rc = unescape(&p, &u->fragment, PART_FRAGMENT);
	}
	if (rc < 0) {
		value_quote(&quoted, whole);
		error_set(error, ERROR_TEMPLATE, "parse %s: %s", quoted.ptr,
		    p.error.ptr);
		buf_fini(&quoted);
	}
	buf_fini(&p.error);
	return rc;
}

/* ---- printing ---- */

void
url_print_user(const struct url *u, struct buf *out)
{
	escape(out, u->user, PART_USER);
	if (u->has_password) {
		buf_char(out, ':');
		escape(out, u->password, PART_USER);
	}
}

static void
print_authority(const struct url *u, struct buf *out)
{
	if (!u->scheme.len && !u->host.len && !u->has_user)
		return;
	if (u->host.len || u->path.len || u->has_user)
		buf_puts(out, "//");
	if (u->has_user) {
		url_print_user(u, out);
		buf_char(out, '@');
	}
	escape(out, u->host, PART_HOST);
}

static void
print_path(const struct url *u, struct buf *out)
{
	struct str segment = u->path, rest;

	if (u->path.len && u->path.ptr[0] != '/' && u->host.len)
		buf_char(out, '/');
	cut(&segment, '/', &rest);
	if (!out->len && segment.len && memchr(segment.ptr, ':', segment.len))
		buf_puts(out, "./");
	if (str_is(u->path, "*"))
		buf_char(out, '*');
	else
		escape(out, u->path, PART_PATH);
}

void
url_print(const struct url *u, struct buf *out)
{
	if (u->scheme.len) {
		buf_str(out, u->scheme);
		buf_char(out, ':');
	}
	if (u->opaque.len) {
		buf_str(out, u->opaque);
	} else {
		print_authority(u, out);
		print_path(u, out);
	}
	if (u->query.len) {
		buf_char(out, '?');
		buf_str(out, u->query);
	}
	if (u->fragment.len) {
		buf_char(out, '#');
		escape(out, u->fragment, PART_FRAGMENT);
	}
}

struct str
url_hostname(const struct url *u)
{
	struct str host = u->host;
	ptrdiff_t colon = last(host, ':');

	if (colon >= 0 &&
	    is_port((struct str){host.ptr + colon, host.len - (size_t)colon}))
		host.len = (size_t)colon;
	if (str_has_prefix(host, STR("[")) && str_has_suffix(host, STR("]")))
		host = (struct str){host.ptr + 1, host.len - 2};
	return host;
}
