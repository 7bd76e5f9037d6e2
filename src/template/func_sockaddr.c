/* SPDX-License-Identifier: MIT */
/*
 * sockaddr: a template within the template, whose functions answer with the
 * addresses of this host. It is run by the same engine, with go-sockaddr's
 * functions in place of consul-template's.
 */
#include <errno.h>

#include "case.h"
#include "families.h"
#include "fmt.h"
#include "sockaddr.h"
#include "weir/limits.h"

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
    {.name = "Index",
	.type = &type_int,
	.offset = offsetof(struct netif, index),
	.store = STORE_I64},
    {.name = "MTU",
	.type = &type_int,
	.offset = offsetof(struct netif, mtu),
	.store = STORE_I64},
    {.name = "Name",
	.type = &type_string,
	.offset = offsetof(struct netif, name),
	.store = STORE_STR},
};

const struct type type_ifaddr = {.kind = KIND_STRUCT,
    .name = "sockaddr.IfAddr",
    .size = sizeof(struct netif),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(*fields),
    .string = print_ifaddr};

const struct type type_ifaddrs = {.kind = KIND_SLICE,
    .name = IFADDRS,
    .elem = &type_ifaddr,
    .elem_store = STORE_STRUCT};
#define STARTED " started at :"

struct addrs
addrs_new(struct call *c, size_t room)
{
	return (struct addrs){
	    arena_array(c->arena, room ? room : 1, sizeof(struct netif)), 0};
}

struct addrs
addrs_of(const struct value *v)
{
	union {
		const void *items;
		struct netif *addrs;
	} u = {.items = v->u.items};

	return (struct addrs){u.addrs, v->len};
}

int
addrs_give(struct value *result, struct addrs a)
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

struct addrs
addrs_copy(struct call *c, struct addrs a)
{
	struct addrs to = addrs_new(c, a.count);

	memcpy(to.items, a.items, a.count * sizeof(*a.items));
	to.count = a.count;
	return to;
}

/* ---- messages ---- */

const char *
sockaddr_quote(struct call *c, struct str s, bool ascii)
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

struct str
sockaddr_lower(struct call *c, struct str s)
{
	struct buf b = {0};
	struct str text;

	str_lower(&b, s);
	text = arena_str(c->arena, buf_as_str(&b));
	buf_fini(&b);
	return text;
}

static int
call_sort(struct call *c, struct value *result)
{
	struct addrs a = addrs_copy(c, addrs_of(&c->args[1]));

	if (addrs_sort(c, func_str(c, 0), a) < 0)
		return -1;
	return addrs_give(result, a);
}

/* ---- attributes, lists ---- */

static int
put_attribute(
    struct call *c, struct buf *b, const struct netif *i, struct str name)
{
	if (netif_attribute(b, i, sockaddr_lower(c, name)))
		return 0;
	return call_fail(c, "unsupported attribute name %s",
	    sockaddr_quote(c, sockaddr_lower(c, name), false));
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
	return addrs_give(result, a);
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
	return addrs_give(result, a);
}

static int
call_unique(struct call *c, struct value *result)
{
	struct str name = sockaddr_lower(c, func_str(c, 0));
	struct addrs a = addrs_of(&c->args[1]), to = addrs_new(c, a.count);
	bool by_address = str_is(name, "address");

	if (!by_address && !str_is(name, "name"))
		return call_fail(c, "unsupported unique constraint %s",
		    sockaddr_quote(c, func_str(c, 0), true));
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
	return addrs_give(result, to);
}

/* ---- sources ---- */

static int
call_all(struct call *c, struct value *result)
{
	struct addrs all;

	return get_all(c, &all) < 0 ? -1 : addrs_give(result, all);
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
	return addrs_give(result, to);
}

/* Forwardable addresses of interfaces that are up, those of the default route
 * first: the private ones (RFC 6890), or the others. */
static int
get_usable(struct call *c, bool private, struct addrs *a)
{
	if (get_all(c, a) < 0 ||
	    addrs_narrow(c, "flags", STR("forwardable"), true, a) < 0 ||
	    addrs_narrow(c, "flags", STR("up"), true, a) < 0 ||
	    addrs_sort(c, STR("default,type,size"), *a) < 0)
		return -1;
	return addrs_narrow(c, "rfc", STR("6890"), private, a);
}

static int
call_private(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, true, &a) < 0 ? -1 : addrs_give(result, a);
}

static int
call_public(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, false, &a) < 0 ? -1 : addrs_give(result, a);
}

/* The addresses with blanks between, or the first one alone. */
static int
give_ips(struct call *c, struct addrs a, bool only_first, struct value *result)
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

	return get_usable(c, true, &a) < 0 ? -1 : give_ips(c, a, true, result);
}

static int
call_public_ip(struct call *c, struct value *result)
{
	struct addrs a;

	return get_usable(c, false, &a) < 0 ? -1 : give_ips(c, a, true, result);
}

static int
call_private_ips(struct call *c, struct value *result)
{
	struct addrs a;

	if (get_all(c, &a) < 0 || addrs_sort(c, STR("type,size"), a) < 0 ||
	    addrs_narrow(c, "rfc", STR("6890"), true, &a) < 0 ||
	    addrs_narrow(c, "rfc", STR("4294967295"), false, &a) < 0)
		return -1;
	return give_ips(c, a, false, result);
}

static int
call_public_ips(struct call *c, struct value *result)
{
	struct addrs a;

	if (get_all(c, &a) < 0 || addrs_sort(c, STR("type,size"), a) < 0 ||
	    addrs_narrow(c, "rfc", STR("6890"), false, &a) < 0)
		return -1;
	return give_ips(c, a, false, result);
}

static int
interface_ips(struct call *c, bool only_first, struct value *result)
{
	struct str name = func_str(c, 0);
	struct addrs a;

	if (get_all(c, &a) < 0 || addrs_narrow(c, "name", name, true, &a) < 0)
		return -1;
	if (only_first &&
	    addrs_narrow(c, "flags", STR("forwardable"), true, &a) < 0)
		return -1;
	if (addrs_sort(c, STR("type,size"), a) < 0)
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

static const struct type *const inner_types[] = {&type_ifaddrs, &type_ifaddr};

static const struct func inner_funcs[] = {
    {"GetAllInterfaces", "", IFADDRS, call_all, FUNC_EFFECT,
	"GetAllInterfaces — every address of this host"},
    {"GetDefaultInterfaces", "", IFADDRS, call_default, FUNC_EFFECT,
	"GetDefaultInterfaces — those of the default route's interface"},
    {"GetInterfaceIP", "string", "string", call_interface_ip, FUNC_EFFECT,
	"GetInterfaceIP regexp — an address of these interfaces"},
    {"GetInterfaceIPs", "string", "string", call_interface_ips, FUNC_EFFECT,
	"GetInterfaceIPs regexp — all their addresses"},
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
    {"exclude", "string,string," IFADDRS, IFADDRS, sockaddr_exclude, FUNC_PURE,
	"exclude selector value addresses — those that don't fit"},
    {"include", "string,string," IFADDRS, IFADDRS, sockaddr_include, FUNC_PURE,
	"include selector value addresses — those that fit"},
    {"join", "string,string," IFADDRS, "string", call_join, FUNC_PURE,
	"join attribute separator addresses"},
    {"limit", "uint," IFADDRS, IFADDRS, call_limit, FUNC_PURE,
	"limit n addresses — the first n"},
    {"math", "string,string," IFADDRS, IFADDRS, sockaddr_math, FUNC_PURE,
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
static const struct func_family *const inner_families[] = {&inner_family, NULL};

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

/* A message of the lexer's names the template where the action began, which has
 * no name otherwise. */
static const char *
named(struct call *c, const char *text)
{
	const char *at = NULL, *next = text;

	while ((next = strstr(next, STARTED)))
		at = next++;
	if (!at ||
	    at[strlen(STARTED) + strspn(at + strlen(STARTED), "0123456789")] !=
		0)
		return text;
	return arena_printf(c->arena, "%.*s started at sockaddr.Parse%s",
	    (int)(at - text), text, at + strlen(STARTED) - 1);
}

static int
fail_inner(
    struct call *c, const char *words, struct str text, struct error *inner)
{
	const char *shown = sockaddr_quote(c, text, true);

	if (inner->column < 0)
		call_fail(c, "%s %s: template: sockaddr.Parse:%d: %s", words,
		    shown, inner->line, named(c, inner->text));
	else
		call_fail(c, "%s %s: template: sockaddr.Parse:%d:%d: %s", words,
		    shown, inner->line, inner->column, inner->text);
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
		return fail_inner(c, "unable to parse template", text, &inner);
	}
	addrs_give(&render.dot, all);
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
