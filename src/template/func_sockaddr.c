/* SPDX-License-Identifier: MIT */
/*
 * sockaddr: a template within the template, whose functions answer with the
 * addresses of this host. It is run by the same engine, with go-sockaddr's
 * functions in place of consul-template's.
 */
#include <errno.h>
#include <net/if.h>

#include "case.h"
#include "families.h"
#include "fmt.h"
#include "func.h"
#include "netif.h"
#include "regex.h"
#include "strconv.h"
#include "unicode.h"
#include "weir/limits.h"

#define IFADDRS "sockaddr.IfAddrs"

/* ---- the type ---- */

/* ADDRESS {INDEX MTU NAME HARDWARE FLAGS} */
static void
print_ifaddr(const struct value *v, struct buf *b)
{
	const struct netif *i = v->u.ptr;

	address_print(b, &i->address);
	buf_printf(b, " {%lld %lld ", (long long)i->index, (long long)i->mtu);
	buf_str(b, i->name);
	buf_char(b, ' ');
	buf_str(b, i->hardware);
	buf_char(b, ' ');
	netif_attribute(b, i, STR("flags"));
	buf_char(b, '}');
}

static const struct field fields[] = {
    {"Index", &type_int, offsetof(struct netif, index), STORE_I64, NULL,
	false},
    {"MTU", &type_int, offsetof(struct netif, mtu), STORE_I64, NULL, false},
    {"Name", &type_string, offsetof(struct netif, name), STORE_STR, NULL,
	false},
};

static const struct type type_ifaddr = {.kind = KIND_STRUCT,
    .name = "sockaddr.IfAddr",
    .size = sizeof(struct netif),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(*fields),
    .string = print_ifaddr};

static const struct type type_ifaddrs = {.kind = KIND_SLICE,
    .name = IFADDRS,
    .elem = &type_ifaddr,
    .elem_store = STORE_STRUCT};

/* A list in the making; it has room for what it may hold. */
struct addrs {
	struct netif *items;
	size_t count;
};

static struct addrs
addrs_new(struct call *c, size_t room)
{
	return (struct addrs){
	    arena_array(c->arena, room ? room : 1, sizeof(struct netif)), 0};
}

static struct addrs
addrs_of(const struct value *v)
{
	union {
		const void *items;
		struct netif *addrs;
	} u = {.items = v->u.items};

	return (struct addrs){u.addrs, v->len};
}

static int
give_addrs(struct value *result, struct addrs a)
{
	*result = value_slice(&type_ifaddrs, a.items, a.count);
	return 0;
}

static int
get_all(struct call *c, struct addrs *all)
{
	all->items = netif_all(c->arena, &all->count);
	if (!all->items)
		return call_fail(c, "route ip+net: %s", strerror(errno));
	return 0;
}

/* ---- messages ---- */

/* A value of the message, quoted as %q or %+q. */
static const char *
quoted(struct call *c, struct str s, bool ascii)
{
	struct buf b = {0};
	const char *text;

	if (ascii)
		quote_ascii(&b, s);
	else
		value_quote(&b, s);
	text = arena_strndup(c->arena, b.ptr, b.len);
	buf_fini(&b);
	return text;
}

static struct str
lower(struct call *c, struct str s)
{
	struct buf b = {0};
	struct str text;

	str_lower(&b, s);
	text = arena_str(c->arena, buf_as_str(&b));
	buf_fini(&b);
	return text;
}

/* ---- include and exclude ---- */

struct selection {
	struct call *call;
	struct str given; /* the parameter */
	struct str one;   /* the part of it in hand, between | */
	struct addrs in, out;
	struct regex_text text;
	const struct regex *regex;
	uint64_t number;
	struct address network;
	unsigned flags;     /* of the interface, all wanted */
	unsigned wanted;    /* kinds of address, one wanted: enum ip_kind */
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
		    quoted(s->call, s->one, true), message.ptr);
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
	    quoted(s->call, s->one, true), (int)s->one.len, s->one.ptr);
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
	const char *text = quoted(s->call, s->one, false);
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
	const char *text = quoted(s->call, s->one, false);

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

	s->one = lower(s->call, s->one);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (str_is(s->one, types[i]))
			return 0;
	return call_fail(s->call, "unsupported type %s %s",
	    quoted(s->call, s->one, false), quoted(s->call, s->given, false));
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

	for (size_t i = 0; i < sizeof(flag_names) / sizeof(*flag_names);
	     i++) {
		if (!str_is(name, flag_names[i].name))
			continue;
		s->flags |= flag_names[i].flag;
		s->wanted |= flag_names[i].kind;
		s->check_flags |= flag_names[i].check_flags;
		return;
	}
	call_fail(s->call, "Unknown interface flag: %s",
	    quoted(s->call, name, true));
}

static int
prepare_flags(struct selection *s)
{
	func_split(lower(s->call, s->one), STR("|"), add_flag, s);
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
	bool split; /* the parameter is several, by | */
} selectors[] = {
    {"address", prepare_address, match_address, false},
    {"flag", prepare_flags, match_flags, false},
    {"flags", prepare_flags, match_flags, false},
    {"name", prepare_name, match_name, false},
    {"network", prepare_network, match_network, true},
    {"port", prepare_port, match_port, false},
    {"rfc", prepare_rfc, match_rfc, true},
    {"rfcs", prepare_rfc, match_rfc, true},
    {"size", prepare_size, match_size, false},
    {"type", prepare_type, match_type, true},
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

static int
select_by(struct call *c, const struct selector *how, struct str given,
    struct addrs all, struct selection *s)
{
	size_t parts = how->split ? count_parts(given) : 1;
	struct str left = given;

	*s = (struct selection){.call = c,
	    .given = given,
	    .in = addrs_new(c, parts * all.count),
	    .out = addrs_new(c, parts * all.count)};
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
run_selector(struct call *c, const char *which, struct selection *s)
{
	struct str name = lower(c, func_str(c, 0));

	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++)
		if (str_is(name, selectors[i].name))
			return select_by(c, &selectors[i], func_str(c, 1),
			    addrs_of(&c->args[2]), s);
	return call_fail(c, "invalid %s selector %s", which,
	    quoted(c, func_str(c, 0), false));
}

static int
call_include(struct call *c, struct value *result)
{
	struct selection s;

	if (run_selector(c, "include", &s) < 0)
		return -1;
	return give_addrs(result, s.in);
}

static int
call_exclude(struct call *c, struct value *result)
{
	struct selection s;

	if (run_selector(c, "exclude", &s) < 0)
		return -1;
	return give_addrs(result, s.out);
}

/* ---- sort ---- */

struct order {
	struct str default_name;
	const struct clause *clauses[16];
	bool down[16];
	size_t count;
};

typedef int compare_fn(
    const struct order *, const struct netif *, const struct netif *);

static int
compare_bits(address_bits a, address_bits b)
{
	return (a > b) - (a < b);
}

static int
compare_address(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	(void)o;
	return a->address.v6 == b->address.v6
	    ? compare_bits(a->address.bits, b->address.bits)
	    : 0;
}

static int
compare_default(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	return str_equal(b->name, o->default_name) -
	    str_equal(a->name, o->default_name);
}

static int
compare_name(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	(void)o;
	return str_compare(a->name, b->name);
}

static int
compare_port(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	(void)o;
	return compare_bits(a->address.port, b->address.port);
}

/* An address of the other family that is not private is not compared. */
static int
compare_private(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	bool known, private_a = address_is_rfc(&a->address, 6890, &known);

	(void)o;
	if (a->address.v6 != b->address.v6)
		return private_a ? -1 : 0;
	return address_is_rfc(&b->address, 6890, &known) - private_a;
}

static int
compare_size(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	(void)o;
	return a->address.v6 == b->address.v6
	    ? compare_bits(a->address.mask, b->address.mask)
	    : 0;
}

static int
compare_type(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	(void)o;
	return a->address.v6 - b->address.v6;
}

static const struct clause {
	const char *name;
	compare_fn *compare;
} clauses[] = {
    {"address", compare_address},
    {"default", compare_default},
    {"name", compare_name},
    {"port", compare_port},
    {"private", compare_private},
    {"size", compare_size},
    {"type", compare_type},
};

static bool
is_before(
    const struct order *o, const struct netif *a, const struct netif *b)
{
	for (size_t i = 0; i < o->count; i++) {
		int c = o->clauses[i]->compare(o, a, b);

		if (c != 0)
			return o->down[i] ? c > 0 : c < 0;
	}
	return false;
}

static void
sort(const struct order *o, struct addrs a)
{
	for (size_t i = 1; i < a.count; i++) {
		struct netif one = a.items[i];
		size_t k = i;

		for (; k > 0 && is_before(o, &one, &a.items[k - 1]); k--)
			a.items[k] = a.items[k - 1];
		a.items[k] = one;
	}
}

struct sorting {
	struct call *call;
	struct order order;
};

static void
add_clause(void *arg, struct str text)
{
	struct sorting *s = arg;
	struct order *o = &s->order;
	struct str name = str_trim_space(lower(s->call, text));
	bool down = name.len > 0 && name.ptr[0] == '-';

	if (down || (name.len > 0 && name.ptr[0] == '+')) {
		name.ptr++;
		name.len--;
	}
	for (size_t i = 0; i < sizeof(clauses) / sizeof(*clauses); i++)
		if (str_is(name, clauses[i].name)) {
			if (o->count == sizeof(o->down))
				return; /* every clause stood there twice */
			o->down[o->count] = down;
			o->clauses[o->count++] = &clauses[i];
			return;
		}
	call_fail(s->call, "unknown sort type: %s",
	    quoted(s->call, text, false));
}

static int
sort_by(struct call *c, struct str by, struct addrs a)
{
	struct sorting s = {.call = c};

	func_split(by, STR(","), add_clause, &s);
	if (error_is_set(&c->error))
		return -1;
	s.order.default_name = netif_default(c->arena);
	sort(&s.order, a);
	return 0;
}

static struct addrs
copy(struct call *c, struct addrs a)
{
	struct addrs to = addrs_new(c, a.count);

	memcpy(to.items, a.items, a.count * sizeof(*a.items));
	to.count = a.count;
	return to;
}

static int
call_sort(struct call *c, struct value *result)
{
	struct addrs a = copy(c, addrs_of(&c->args[1]));

	if (sort_by(c, func_str(c, 0), a) < 0)
		return -1;
	return give_addrs(result, a);
}

/* ---- attributes, lists ---- */

static int
put_attribute(
    struct call *c, struct buf *b, const struct netif *i, struct str name)
{
	if (netif_attribute(b, i, lower(c, name)))
		return 0;
	return call_fail(c, "unsupported attribute name %s",
	    quoted(c, lower(c, name), false));
}

static int
call_attr(struct call *c, struct value *result)
{
	const struct value *v = &c->args[1];
	const struct netif *first = NULL;
	struct buf b = {0};

	if (v->type == &type_ifaddrs && v->len > 0) {
		first = v->u.items;
	} else if (v->type == &type_ifaddr) {
		first = v->u.ptr;
	} else if (v->type != &type_ifaddrs) {
		const struct value args[] = {c->args[0], *v, *v};

		value_printf(&b,
		    STR("unable to obtain attribute %s from type %T (%v)"),
		    args, 3);
		call_fail(c, "%s", b.ptr);
		buf_fini(&b);
		return -1;
	}
	if (first && put_attribute(c, &b, first, func_str(c, 0)) < 0) {
		buf_fini(&b);
		return -1;
	}
	return func_give(c, &b, result);
}

static int
call_join(struct call *c, struct value *result)
{
	struct addrs a = addrs_of(&c->args[2]);
	struct buf b = {0};

	for (size_t i = 0; i < a.count; i++) {
		if (i > 0)
			buf_str(&b, func_str(c, 1));
		if (put_attribute(c, &b, &a.items[i], func_str(c, 0)) < 0) {
			buf_fini(&b);
			return -1;
		}
	}
	return func_give(c, &b, result);
}

static int
call_limit(struct call *c, struct value *result)
{
	struct addrs a = addrs_of(&c->args[1]);

	if (c->args[0].u.u < a.count)
		a.count = (size_t)c->args[0].u.u;
	return give_addrs(result, a);
}

static int
call_offset(struct call *c, struct value *result)
{
	struct addrs a = addrs_of(&c->args[1]);
	int64_t offset = c->args[0].u.i;
	uint64_t by = offset < 0 ? 0 - (uint64_t)offset : (uint64_t)offset;

	if (by > a.count)
		return call_fail(c,
		    "unable to seek past the end of the interface array: "
		    "offset (%llu) exceeds the number of interfaces (%zu)",
		    (unsigned long long)by, a.count);
	if (offset < 0)
		by = a.count - by;
	a.items += by;
	a.count -= (size_t)by;
	return give_addrs(result, a);
}

static int
call_unique(struct call *c, struct value *result)
{
	struct str name = lower(c, func_str(c, 0));
	struct addrs a = addrs_of(&c->args[1]), to = addrs_new(c, a.count);
	bool by_address = str_is(name, "address");

	if (!by_address && !str_is(name, "name"))
		return call_fail(c, "unsupported unique constraint %s",
		    quoted(c, func_str(c, 0), true));
	for (size_t i = 0; i < a.count; i++) {
		const struct netif *last = &to.items[to.count - 1];
		const struct netif *one = &a.items[i];

		if (to.count == 0 ||
		    (by_address ? one->address.bits != last->address.bits ||
				one->address.mask != last->address.mask ||
				one->address.v6 != last->address.v6
				: !str_equal(one->name, last->name)))
			to.items[to.count++] = *one;
	}
	return give_addrs(result, to);
}

/* ---- math ---- */

static int
fail_number(struct call *c, struct str operation, struct str value,
    const char *function, bool range)
{
	const char *text = quoted(c, value, false);

	return call_fail(c,
	    "unable to convert %s to int for operation %s: strconv.%s: "
	    "parsing %s: %s",
	    text, quoted(c, operation, false), function, text,
	    range ? "value out of range" : "invalid syntax");
}

/* A signed number; of 33 bits for IPv4. */
static int
read_offset(struct call *c, const struct address *a, int64_t *n)
{
	struct str operation = func_str(c, 0), s = func_str(c, 1);
	struct str trimmed = str_trim_space(s);
	enum strconv_result e;

	if (trimmed.len == 0 ||
	    (trimmed.ptr[0] != '+' && trimmed.ptr[0] != '-'))
		return call_fail(c, "sign (+/-) is required for operation %s",
		    quoted(c, operation, false));
	e = strconv_int(s, 10, n);
	if (e == STRCONV_OK && !a->v6 &&
	    (*n > INT64_C(0xffffffff) || *n < -INT64_C(0x100000000)))
		e = STRCONV_RANGE;
	if (e == STRCONV_OK)
		return 0;
	return fail_number(c, operation, s, "ParseInt", e == STRCONV_RANGE);
}

static int
math_address(struct call *c, struct address *a)
{
	int64_t n;

	if (read_offset(c, a, &n) < 0)
		return -1;
	a->bits = (a->bits + (address_bits)(__int128)n) & address_ones(a->v6);
	return 0;
}

/* From the network's address up, or from its last address down. */
static int
math_network(struct call *c, struct address *a)
{
	address_bits host = address_ones(a->v6) ^ a->mask, by;
	int64_t n;

	if (read_offset(c, a, &n) < 0)
		return -1;
	by = n > 0 ? (address_bits)n : (address_bits)(-(__int128)n);
	if (n >= 0)
		a->bits = address_network(a) + (by & host);
	else
		a->bits = address_last(a) - ((by - 1) & host);
	return 0;
}

static int
math_mask(struct call *c, struct address *a)
{
	struct str operation = func_str(c, 0), s = func_str(c, 1);
	uint64_t bits;
	enum strconv_result e = strconv_uint(s, 10, &bits);
	address_bits mask;

	if (e == STRCONV_OK && bits > UINT32_MAX)
		e = STRCONV_RANGE;
	if (e != STRCONV_OK)
		return fail_number(
		    c, operation, s, "ParseUint", e == STRCONV_RANGE);
	if (bits > address_width(a))
		return call_fail(c,
		    "parameter for operation %s on %s addresses must be "
		    "between 0 and %d",
		    quoted(c, operation, false), a->v6 ? "ipv6" : "ipv4",
		    a->v6 ? 64 : 32);
	mask = address_mask((unsigned)bits, a->v6);
	a->bits &= mask;
	if (mask < a->mask)
		a->mask = mask;
	return 0;
}

static int
calculate(struct call *c, struct address *a)
{
	struct str operation = lower(c, func_str(c, 0));

	a->port = 0;
	if (str_is(operation, "address"))
		return math_address(c, a);
	if (str_is(operation, "network"))
		return math_network(c, a);
	if (str_is(operation, "mask"))
		return math_mask(c, a);
	return call_fail(c, "unsupported math operation: %s",
	    quoted(c, func_str(c, 0), false));
}

/* Puts the address in front of the error. */
static int
fail_math(struct call *c, const struct netif *i)
{
	struct error inner = c->error;
	struct value v = {.type = &type_ifaddr, .u.ptr = i};
	struct buf b = {0};

	error_init(&c->error);
	print_ifaddr(&v, &b);
	call_fail(c, "unable to perform an IPMath operation on %s: %s", b.ptr,
	    inner.text);
	error_fini(&inner);
	buf_fini(&b);
	return -1;
}

static int
call_math(struct call *c, struct value *result)
{
	struct addrs from = addrs_of(&c->args[2]), a = copy(c, from);

	for (size_t i = 0; i < a.count; i++)
		if (calculate(c, &a.items[i].address) < 0)
			return fail_math(c, &from.items[i]);
	return give_addrs(result, a);
}

/* ---- sources ---- */

static int
narrow(struct call *c, const char *selector, const char *value, bool keep,
    struct addrs *a)
{
	struct selection s;

	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors); i++)
		if (!strcmp(selectors[i].name, selector)) {
			if (select_by(c, &selectors[i], str_of(value), *a,
				&s) < 0)
				return -1;
			*a = keep ? s.in : s.out;
		}
	return 0;
}

static int
call_all(struct call *c, struct value *result)
{
	struct addrs all;

	return get_all(c, &all) < 0 ? -1 : give_addrs(result, all);
}

static int
call_default(struct call *c, struct value *result)
{
	struct str name = netif_default(c->arena);
	struct addrs all, to;

	if (name.len == 0)
		return call_fail(c, "No default interface found");
	if (get_all(c, &all) < 0)
		return -1;
	to = addrs_new(c, all.count);
	for (size_t i = 0; i < all.count; i++)
		if (str_equal(all.items[i].name, name))
			to.items[to.count++] = all.items[i];
	return give_addrs(result, to);
}

/* Forwardable addresses of interfaces that are up, those of the default route
 * first: the private ones (RFC 6890), or the others. */
static int
get_usable(struct call *c, bool private, struct addrs *a)
{
	if (get_all(c, a) < 0 ||
	    narrow(c, "flags", "forwardable", true, a) < 0 ||
	    narrow(c, "flags", "up", true, a) < 0 ||
	    sort_by(c, STR("default,type,size"), *a) < 0)
		return -1;
	return narrow(c, "rfc", "6890", private, a);
}

static int
call_private(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, true, &a) < 0 ? -1 : give_addrs(result, a);
}

static int
call_public(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, false, &a) < 0 ? -1 : give_addrs(result, a);
}

/* The addresses with blanks between, or the first one alone. */
static int
give_ips(
    struct call *c, struct addrs a, bool only_first, struct value *result)
{
	struct buf b = {0};

	if (only_first && a.count > 1)
		a.count = 1;
	for (size_t i = 0; i < a.count; i++) {
		if (i > 0)
			buf_char(&b, ' ');
		address_print_ip(&b, &a.items[i].address);
	}
	return func_give(c, &b, result);
}

static int
call_private_ip(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, true, &a) < 0 ? -1
					   : give_ips(c, a, true, result);
}

static int
call_public_ip(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, false, &a) < 0 ? -1
					    : give_ips(c, a, true, result);
}

static int
call_private_ips(struct call *c, struct value *result)
{
	struct addrs a;

	if (get_all(c, &a) < 0 || sort_by(c, STR("type,size"), a) < 0 ||
	    narrow(c, "rfc", "6890", true, &a) < 0 ||
	    narrow(c, "rfc", "4294967295", false, &a) < 0)
		return -1;
	return give_ips(c, a, false, result);
}

static int
call_public_ips(struct call *c, struct value *result)
{
	struct addrs a;

	if (get_all(c, &a) < 0 || sort_by(c, STR("type,size"), a) < 0 ||
	    narrow(c, "rfc", "6890", false, &a) < 0)
		return -1;
	return give_ips(c, a, false, result);
}

static int
interface_ips(struct call *c, bool only_first, struct value *result)
{
	struct str name = func_str(c, 0);
	struct addrs a;

	if (get_all(c, &a) < 0 ||
	    narrow(c, "name", arena_strndup(c->arena, name.ptr, name.len),
		true, &a) < 0)
		return -1;
	if (only_first && narrow(c, "flags", "forwardable", true, &a) < 0)
		return -1;
	if (sort_by(c, STR("type,size"), a) < 0)
		return -1;
	return give_ips(c, a, only_first, result);
}

static int
call_interface_ip(struct call *c, struct value *result)
{
	return interface_ips(c, true, result);
}

static int
call_interface_ips(struct call *c, struct value *result)
{
	return interface_ips(c, false, result);
}

static const struct type *const inner_types[] = {
    &type_ifaddrs, &type_ifaddr};

static const struct func inner_funcs[] = {
    {"GetAllInterfaces", "", IFADDRS, call_all, FUNC_EFFECT,
	"GetAllInterfaces — every address of this host"},
    {"GetDefaultInterfaces", "", IFADDRS, call_default, FUNC_EFFECT,
	"GetDefaultInterfaces — those of the default route's interface"},
    {"GetInterfaceIP", "string", "string", call_interface_ip, FUNC_EFFECT,
	"GetInterfaceIP regexp — an address of these interfaces"},
    {"GetInterfaceIPs", "string", "string", call_interface_ips,
	FUNC_EFFECT, "GetInterfaceIPs regexp — all their addresses"},
    {"GetPrivateIP", "", "string", call_private_ip, FUNC_EFFECT,
	"GetPrivateIP — the first private address"},
    {"GetPrivateIPs", "", "string", call_private_ips, FUNC_EFFECT,
	"GetPrivateIPs — all private addresses"},
    {"GetPrivateInterfaces", "", IFADDRS, call_private, FUNC_EFFECT,
	"GetPrivateInterfaces — the private ones, the best first"},
    {"GetPublicIP", "", "string", call_public_ip, FUNC_EFFECT,
	"GetPublicIP — the first public address"},
    {"GetPublicIPs", "", "string", call_public_ips, FUNC_EFFECT,
	"GetPublicIPs — all public addresses"},
    {"GetPublicInterfaces", "", IFADDRS, call_public, FUNC_EFFECT,
	"GetPublicInterfaces — the public ones, the best first"},
    {"attr", "string,interface {}", "string", call_attr, FUNC_PURE,
	"attr name addresses — an attribute of the first"},
    {"exclude", "string,string," IFADDRS, IFADDRS, call_exclude, FUNC_PURE,
	"exclude selector value addresses — those that don't fit"},
    {"include", "string,string," IFADDRS, IFADDRS, call_include, FUNC_PURE,
	"include selector value addresses — those that fit"},
    {"join", "string,string," IFADDRS, "string", call_join, FUNC_PURE,
	"join attribute separator addresses"},
    {"limit", "uint," IFADDRS, IFADDRS, call_limit, FUNC_PURE,
	"limit n addresses — the first n"},
    {"math", "string,string," IFADDRS, IFADDRS, call_math, FUNC_PURE,
	"math operation value addresses — address, network or mask"},
    {"offset", "int," IFADDRS, IFADDRS, call_offset, FUNC_PURE,
	"offset n addresses — without the first n"},
    {"sort", "string," IFADDRS, IFADDRS, call_sort, FUNC_PURE,
	"sort clauses addresses — by address, default, name, …"},
    {"unique", "string," IFADDRS, IFADDRS, call_unique, FUNC_PURE,
	"unique attribute addresses — without neighbours that are equal"},
};

static const struct func_family inner_family = {.name = "sockaddr inside",
    .funcs = inner_funcs,
    .count = sizeof(inner_funcs) / sizeof(*inner_funcs),
    .types = inner_types,
    .type_count = sizeof(inner_types) / sizeof(*inner_types)};
static const struct func_family *const inner_families[] = {
    &inner_family, NULL};

/* ---- sockaddr ---- */

/* {{ ARGUMENTS }} */
static struct str
inner_text(struct call *c)
{
	struct buf b = {0};
	struct str text;

	buf_puts(&b, "{{ ");
	for (size_t i = 0; i < c->argc; i++) {
		if (i > 0)
			buf_char(&b, ' ');
		buf_str(&b, func_str(c, i));
	}
	buf_puts(&b, " }}");
	text = arena_str(c->arena, buf_as_str(&b));
	buf_fini(&b);
	return text;
}

static int
fail_inner(
    struct call *c, const char *words, struct str text, struct error *inner)
{
	const char *shown = quoted(c, text, true);

	if (inner->column < 0)
		call_fail(c, "%s %s: template: sockaddr.Parse:%d: %s", words,
		    shown, inner->line, inner->text);
	else
		call_fail(c, "%s %s: template: sockaddr.Parse:%d:%d: %s",
		    words, shown, inner->line, inner->column, inner->text);
	error_fini(inner);
	return -1;
}

static int
call_sockaddr(struct call *c, struct value *result)
{
	static const struct template_options options = {
	    .path = "sockaddr.Parse",
	    .error_on_missing_key = true,
	    .families = inner_families,
	    .only_families = true};
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct render render = {.arena = c->arena, .out = &out};
	struct error inner = {0};
	struct str text = inner_text(c);
	struct template *t;
	struct addrs all;
	int rc;

	if (get_all(c, &all) < 0)
		return -1;
	t = template_new(&options, text, &inner);
	if (!t) {
		inner.column = -1;
		return fail_inner(
		    c, "unable to parse template", text, &inner);
	}
	give_addrs(&render.dot, all);
	rc = template_execute(t, &render, &inner);
	template_free(&t);
	if (rc < 0) {
		buf_fini(&out);
		return fail_inner(
		    c, "unable to execute sockaddr input", text, &inner);
	}
	return func_give(c, &out, result);
}

static const struct func funcs[] = {
    {"sockaddr", "...string", "string", call_sockaddr, FUNC_EFFECT,
	"sockaddr text… — go-sockaddr's template: \"GetPrivateIP\" and such"},
};

const struct func_family family_sockaddr = {
    .name = "sockaddr",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
