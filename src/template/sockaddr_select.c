/* SPDX-License-Identifier: MIT */
/*
 * include and exclude: addresses by what they are. A table says what each
 * selector makes of its parameter and which addresses fit it.
 */
#include <net/if.h>

#include "regex.h"
#include "sockaddr.h"
#include "strconv.h"

struct selection {
	struct call *call;
	struct str given; /* the parameter */
	struct str one;   /* the part of it in hand, between | */
	struct addrs in, out;
	struct regex_text text;
	const struct regex *regex;
	uint64_t number;
	struct address network;
	unsigned flags;  /* of the interface, all wanted */
	unsigned wanted; /* kinds of address, one wanted: enum ip_kind */
	bool check_flags;
};

typedef int prepare_fn(struct selection *);
typedef bool match_fn(struct selection *, const struct netif *);

static int
compile(struct selection *s, const char *what)
{
	struct buf message = {0};

	s->regex = regex_get(s->one, &message);
	if (!s->regex)
		call_fail(s->call, "Unable to compile %s regexp %s: %s", what,
		    sockaddr_quote(s->call, s->one, true), message.ptr);
	buf_fini(&message);
	return s->regex ? 0 : -1;
}

static bool
matches_attribute(
    struct selection *s, const struct netif *i, const char *attribute)
{
	struct buf b = {0};
	bool found;

	netif_attribute(&b, i, str_of(attribute));
	regex_text(&s->text, s->call->arena, buf_as_str(&b));
	found = regex_matches(s->regex, &s->text);
	buf_fini(&b);
	return found;
}

static int
prepare_address(struct selection *s)
{
	return compile(s, "address");
}

static bool
match_address(struct selection *s, const struct netif *i)
{
	return matches_attribute(s, i, "string");
}

static int
prepare_name(struct selection *s)
{
	return compile(s, "name");
}

static bool
match_name(struct selection *s, const struct netif *i)
{
	return matches_attribute(s, i, "name");
}

static int
prepare_port(struct selection *s)
{
	return compile(s, "port");
}

static bool
match_port(struct selection *s, const struct netif *i)
{
	return matches_attribute(s, i, "port");
}

static int
prepare_network(struct selection *s)
{
	if (address_parse(s->one, &s->network))
		return 0;
	return call_fail(s->call,
	    "unable to create an IP address from %s: invalid IPAddr %.*s",
	    sockaddr_quote(s->call, s->one, true), (int)s->one.len, s->one.ptr);
}

static bool
match_network(struct selection *s, const struct netif *i)
{
	return address_contains(&s->network, &i->address);
}

static int
prepare_rfc(struct selection *s)
{
	struct address none = {0};
	const char *text = sockaddr_quote(s->call, s->one, false);
	enum strconv_result e = strconv_uint(s->one, 10, &s->number);
	bool known;

	if (e != STRCONV_OK)
		return call_fail(s->call,
		    "unable to lookup RFC number %s: unable to parse RFC "
		    "number %s: strconv.ParseUint: parsing %s: %s",
		    text, text, text,
		    e == STRCONV_RANGE ? "value out of range"
				       : "invalid syntax");
	address_is_rfc(&none, s->number, &known);
	if (!known)
		return call_fail(s->call,
		    "unable to lookup RFC number %s: unsupported RFC %llu",
		    text, (unsigned long long)s->number);
	return 0;
}

static bool
match_rfc(struct selection *s, const struct netif *i)
{
	bool known;

	return address_is_rfc(&i->address, s->number, &known);
}

static int
prepare_size(struct selection *s)
{
	const char *text = sockaddr_quote(s->call, s->one, false);

	if (strconv_uint(s->one, 10, &s->number) != STRCONV_OK)
		return call_fail(s->call,
		    "invalid exclude size argument (%s): strconv.ParseUint: "
		    "parsing %s: invalid syntax",
		    text, text);
	if (s->number > 128)
		return call_fail(s->call,
		    "mask size out of bounds for IPv6 address: %llu",
		    (unsigned long long)s->number);
	return 0;
}

static bool
match_size(struct selection *s, const struct netif *i)
{
	return address_mask_bits(&i->address) == s->number;
}

static int
prepare_type(struct selection *s)
{
	static const char *const types[] = {"ip", "ipv4", "ipv6", "unix"};

	s->one = sockaddr_lower(s->call, s->one);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_is(s->one, types[i]))
			return 0;
	return call_fail(s->call, "unsupported type %s %s",
	    sockaddr_quote(s->call, s->one, false),
	    sockaddr_quote(s->call, s->given, false));
}

static bool
match_type(struct selection *s, const struct netif *i)
{
	return str_is(s->one, "ip") ||
	       str_is(s->one, i->address.v6 ? "ipv6" : "ipv4");
}

/* ---- flags ---- */

enum ip_kind {
	IP_GLOBAL = 1,
	IP_INTERFACE_MULTICAST = 2,
	IP_LINK_MULTICAST = 4,
	IP_LINK_LOCAL = 8,
	IP_LOOPBACK = 16,
	IP_MULTICAST = 32,
	IP_UNSPECIFIED = 64,
	IP_FORWARDABLE = 128
};

static const struct {
	const char *name;
	unsigned flag; /* of the interface; 0: none is looked at */
	enum ip_kind kind;
	bool check_flags;
} flag_names[] = {
    {"broadcast", IFF_BROADCAST, 0, true},
    {"down", 0, 0, true}, /* go-sockaddr lets all of them through */
    {"forwardable", 0, IP_FORWARDABLE, false},
    {"global unicast", 0, IP_GLOBAL, false},
    {"interface-local multicast", 0, IP_INTERFACE_MULTICAST, false},
    {"link-local multicast", 0, IP_LINK_MULTICAST, false},
    {"link-local unicast", 0, IP_LINK_LOCAL, false},
    {"loopback", IFF_LOOPBACK, IP_LOOPBACK, true},
    {"multicast", IFF_MULTICAST, IP_MULTICAST, true},
    {"point-to-point", IFF_POINTOPOINT, 0, true},
    {"unspecified", 0, IP_UNSPECIFIED, false},
    {"up", IFF_UP, 0, true},
};

static unsigned
kinds_v4(uint32_t ip)
{
	unsigned kinds = 0;

	if (ip >> 24 == 127)
		kinds |= IP_LOOPBACK;
	if (ip >> 28 == 14)
		kinds |= IP_MULTICAST;
	if (ip >> 8 == 0xe00000)
		kinds |= IP_LINK_MULTICAST;
	if (ip >> 16 == 0xa9fe)
		kinds |= IP_LINK_LOCAL;
	if (ip == 0)
		kinds |= IP_UNSPECIFIED;
	return kinds == 0 && ip != UINT32_MAX ? IP_GLOBAL : kinds;
}

static unsigned
kinds_v6(address_bits ip)
{
	unsigned top = (unsigned)(ip >> 112), kinds = 0;

	if (ip == 1)
		kinds |= IP_LOOPBACK;
	if (top >> 8 == 0xff)
		kinds |= IP_MULTICAST;
	if ((top & 0xff0f) == 0xff01)
		kinds |= IP_INTERFACE_MULTICAST;
	if ((top & 0xff0f) == 0xff02)
		kinds |= IP_LINK_MULTICAST;
	if ((top & 0xffc0) == 0xfe80)
		kinds |= IP_LINK_LOCAL;
	if (ip == 0)
		kinds |= IP_UNSPECIFIED;
	return kinds == 0 ? IP_GLOBAL : kinds;
}

static unsigned
kinds_of(const struct address *a)
{
	unsigned kinds =
	    a->v6 ? kinds_v6(a->bits) : kinds_v4((uint32_t)a->bits);
	bool known;

	if (!address_is_rfc(a, RFC_NOT_FORWARDABLE, &known))
		kinds |= IP_FORWARDABLE;
	return kinds;
}

static void
add_flag(void *arg, struct str name)
{
	struct selection *s = arg;

	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names); i++) {
		if (!str_is(name, flag_names[i].name))
			continue;
		s->flags |= flag_names[i].flag;
		s->wanted |= flag_names[i].kind;
		s->check_flags |= flag_names[i].check_flags;
		return;
	}
	call_fail(s->call, "Unknown interface flag: %s",
	    sockaddr_quote(s->call, name, true));
}

static int
prepare_flags(struct selection *s)
{
	func_split(sockaddr_lower(s->call, s->one), STR("|"), add_flag, s);
	return error_is_set(&s->call->error) ? -1 : 0;
}

static bool
match_flags(struct selection *s, const struct netif *i)
{
	return (s->check_flags && (i->flags & s->flags) == s->flags) ||
	       (kinds_of(&i->address) & s->wanted) != 0;
}

static const struct selector {
	const char *name;
	prepare_fn *prepare;
	match_fn *match;
	bool split;      /* the parameter is several, by | */
	bool one_by_one; /* all of them for an address, then the next */
} selectors[] = {
    {"address", prepare_address, match_address, false, false},
    {"flag", prepare_flags, match_flags, false, false},
    {"flags", prepare_flags, match_flags, false, false},
    {"name", prepare_name, match_name, false, false},
    {"network", prepare_network, match_network, true, false},
    {"port", prepare_port, match_port, false, false},
    {"rfc", prepare_rfc, match_rfc, true, false},
    {"rfcs", prepare_rfc, match_rfc, true, false},
    {"size", prepare_size, match_size, false, false},
    {"type", prepare_type, match_type, true, true},
};

/* Parts the list by one value; what fits several is there several times. */
static int
part(struct selection *s, const struct selector *how, struct addrs all)
{
	if (how->prepare(s) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		struct addrs *to =
		    how->match(s, &all.items[i]) ? &s->in : &s->out;

		to->items[to->count++] = all.items[i];
	}
	return 0;
}

static size_t
count_parts(struct str s)
{
	size_t n = 1;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '|';
	return n;
}

/* Parts the list by each value of the parameter. */
static int
part_by_each(struct selection *s, const struct selector *how, struct addrs all)
{
	size_t parts = how->split ? count_parts(s->given) : 1;
	struct str left = s->given;

	for (; parts > 0; parts--) {
		const char *bar =
		    parts > 1 ? memchr(left.ptr, '|', left.len) : NULL;
		size_t n = bar ? (size_t)(bar - left.ptr) : left.len;

		s->one = (struct str){left.ptr, n};
		if (part(s, how, all) < 0)
			return -1;
		left.ptr += n + (bar != NULL);
		left.len -= n + (bar != NULL);
	}
	return 0;
}

static int
select_by(struct call *c, const struct selector *how, struct str given,
    struct addrs all, struct selection *s)
{
	size_t room = (how->split ? count_parts(given) : 1) * all.count;

	*s = (struct selection){.call = c,
	    .given = given,
	    .in = addrs_new(c, room),
	    .out = addrs_new(c, room)};
	if (!how->one_by_one || all.count == 0)
		return part_by_each(s, how, all);
	for (size_t i = 0; i < all.count; i++)
		if (part_by_each(s, how, (struct addrs){all.items + i, 1}) < 0)
			return -1;
	return 0;
}

static int
run_selector(struct call *c, const char *which, struct selection *s)
{
	struct str name = sockaddr_lower(c, func_str(c, 0));

	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++)
		if (str_is(name, selectors[i].name))
			return select_by(c, &selectors[i], func_str(c, 1),
			    addrs_of(&c->args[2]), s);
	return call_fail(c, "invalid %s selector %s", which,
	    sockaddr_quote(c, func_str(c, 0), false));
}

int
sockaddr_include(struct call *c, struct value *result)
{
	struct selection s;

	if (run_selector(c, "include", &s) < 0)
		return -1;
	return addrs_give(result, s.in);
}

int
sockaddr_exclude(struct call *c, struct value *result)
{
	struct selection s;

	if (run_selector(c, "exclude", &s) < 0)
		return -1;
	return addrs_give(result, s.out);
}

int
addrs_narrow(struct call *c, const char *selector, struct str value, bool keep,
    struct addrs *a)
{
	struct selection s;

	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++)
		if (!strcmp(selectors[i].name, selector)) {
			if (select_by(c, &selectors[i], value, *a, &s) < 0)
				return -1;
			*a = keep ? s.in : s.out;
		}
	return 0;
}
