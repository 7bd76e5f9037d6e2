/* SPDX-License-Identifier: MIT */
/* Addresses in order, by several clauses; equals keep theirs. */
#include "sockaddr.h"
#include "unicode.h"

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
is_before(const struct order *o, const struct netif *a, const struct netif *b)
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
	struct str name = str_trim_space(sockaddr_lower(s->call, text));
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
	    sockaddr_quote(s->call, text, false));
}

int
addrs_sort(struct call *c, struct str by, struct addrs a)
{
	struct sorting s = {.call = c};

	func_split(by, STR(","), add_clause, &s);
	if (error_is_set(&c->error))
		return -1;
	s.order.default_name = netif_default(c->arena);
	sort(&s.order, a);
	return 0;
}
