/* SPDX-License-Identifier: MIT */
/*
 * Interfaces are asked from the kernel at every call; nothing is kept.
 */
#include "netif.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>

/* --- attributes --- */

static void
print_host(struct buf *b, const struct address *a, address_bits bits)
{
	struct address host = {bits, address_ones(a->v6), 0, a->v6};

	address_print(b, &host);
}

static void
print_size(struct buf *b, const struct address *a)
{
	unsigned host = address_width(a) - address_mask_bits(a);

	if (host == 128)
		buf_puts(b, "340282366920938463463374607431768211456");
	else
		address_put_number(b, (address_bits)1 << host, 10, 1);
}

static void
put_address(struct buf *b, const struct netif *i)
{
	address_print_ip(b, &i->address);
}

static void
put_binary(struct buf *b, const struct netif *i)
{
	address_put_number(
	    b, i->address.bits, 2, (int)address_width(&i->address));
}

static void
put_hex(struct buf *b, const struct netif *i)
{
	address_put_number(
	    b, i->address.bits, 16, (int)address_width(&i->address) / 4);
}

/* The first and last address of a network that a host may have. */
static void
put_first(struct buf *b, const struct netif *i)
{
	const struct address *a = &i->address;

	print_host(
	    b, a, address_network(a) + (!a->v6 && address_mask_bits(a) < 31));
}

static void
put_last(struct buf *b, const struct netif *i)
{
	const struct address *a = &i->address;

	print_host(
	    b, a, address_last(a) - (!a->v6 && address_mask_bits(a) < 31));
}

static void
put_broadcast(struct buf *b, const struct netif *i)
{
	print_host(b, &i->address, address_last(&i->address));
}

static void
put_host(struct buf *b, const struct netif *i)
{
	struct address host = i->address;

	host.mask = address_ones(host.v6);
	address_print(b, &host);
}

static void
put_mask_bits(struct buf *b, const struct netif *i)
{
	buf_printf(b, "%u", address_mask_bits(&i->address));
}

static void
put_netmask(struct buf *b, const struct netif *i)
{
	print_host(b, &i->address, i->address.mask);
}

static void
put_network(struct buf *b, const struct netif *i)
{
	print_host(b, &i->address, address_network(&i->address));
}

static void
put_octets(struct buf *b, const struct netif *i)
{
	unsigned bits = address_width(&i->address);

	while (bits > 0) {
		bits -= 8;
		buf_printf(b, "%u%s", (unsigned)(i->address.bits >> bits) & 255,
		    bits ? " " : "");
	}
}

static void
put_port(struct buf *b, const struct netif *i)
{
	buf_printf(b, "%u", i->address.port);
}

static void
put_size(struct buf *b, const struct netif *i)
{
	print_size(b, &i->address);
}

static void
put_number(struct buf *b, const struct netif *i)
{
	address_put_number(b, i->address.bits, 10, 1);
}

static void
put_string(struct buf *b, const struct netif *i)
{
	address_print(b, &i->address);
}

static void
put_type(struct buf *b, const struct netif *i)
{
	buf_puts(b, i->address.v6 ? "IPv6" : "IPv4");
}

static void
put_name(struct buf *b, const struct netif *i)
{
	buf_str(b, i->name);
}

static void
put_flags(struct buf *b, const struct netif *i)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = {{IFF_UP, "up"}, {IFF_BROADCAST, "broadcast"},
	    {IFF_LOOPBACK, "loopback"}, {IFF_POINTOPOINT, "pointtopoint"},
	    {IFF_MULTICAST, "multicast"}, {IFF_RUNNING, "running"}};
	size_t begun = b->len;

	for (size_t k = 0; k < sizeof(flags) / sizeof(*flags); k++) {
		if (!(i->flags & flags[k].flag))
			continue;
		if (b->len > begun)
			buf_char(b, '|');
		buf_puts(b, flags[k].name);
	}
	if (b->len == begun)
		buf_char(b, '0');
}

enum { ANY = 0, ONLY_V4 = 4, ONLY_V6 = 6 };

static const struct {
	const char *name;
	int family;
	void (*put)(struct buf *, const struct netif *);
} attributes[] = {
    {"flags", ANY, put_flags},
    {"name", ANY, put_name},
    {"host", ANY, put_host},
    {"address", ANY, put_address},
    {"port", ANY, put_port},
    {"netmask", ANY, put_netmask},
    {"network", ANY, put_network},
    {"mask_bits", ANY, put_mask_bits},
    {"binary", ANY, put_binary},
    {"hex", ANY, put_hex},
    {"first_usable", ANY, put_first},
    {"last_usable", ANY, put_last},
    {"octets", ANY, put_octets},
    {"size", ANY, put_size},
    {"broadcast", ONLY_V4, put_broadcast},
    {"uint32", ONLY_V4, put_number},
    {"uint128", ONLY_V6, put_number},
    {"string", ANY, put_string},
    {"type", ANY, put_type},
};

bool
netif_attribute(struct buf *b, const struct netif *i, struct str name)
{
	int other = i->address.v6 ? ONLY_V4 : ONLY_V6;

	for (size_t k = 0; k < sizeof(attributes) / sizeof(*attributes); k++)
		if (str_is(name, attributes[k].name) &&
		    attributes[k].family != other) {
			attributes[k].put(b, i);
			return true;
		}
	return false;
}

/* --- asking the kernel --- */

static struct address
address_of(const struct ifaddrs *from)
{
	union {
		const struct sockaddr *any;
		const struct sockaddr_in *v4;
		const struct sockaddr_in6 *v6;
	} a = {.any = from->ifa_addr}, m = {.any = from->ifa_netmask};
	struct address to = {.v6 = a.any->sa_family == AF_INET6};

	to.mask = address_ones(to.v6);
	if (to.v6) {
		to.bits = address_from_bytes(a.v6->sin6_addr.s6_addr, 16);
		if (m.any)
			to.mask =
			    address_from_bytes(m.v6->sin6_addr.s6_addr, 16);
	} else {
		to.bits = ntohl(a.v4->sin_addr.s_addr);
		if (m.any)
			to.mask = ntohl(m.v4->sin_addr.s_addr);
	}
	return to;
}

static bool
is_ip(const struct ifaddrs *i)
{
	return i->ifa_addr && (i->ifa_addr->sa_family == AF_INET ||
				  i->ifa_addr->sa_family == AF_INET6);
}

static int64_t
read_mtu(const char *name)
{
	char path[64];
	int64_t mtu = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%ld", &mtu) != 1)
		mtu = 0;
	fclose(f);
	return mtu;
}

/* The hardware address of an interface, from its own entry in the list. */
static struct str
read_hardware(struct arena *arena, const struct ifaddrs *all, const char *name)
{
	struct buf b = {0};
	struct str text;

	for (; all; all = all->ifa_next) {
		union {
			const struct sockaddr *any;
			const struct sockaddr_ll *link;
		} a = {.any = all->ifa_addr};
		bool zero = true;

		if (!a.any || a.any->sa_family != AF_PACKET ||
		    strcmp(all->ifa_name, name) != 0)
			continue;
		for (int i = 0; i < a.link->sll_halen && i < 8; i++) {
			buf_printf(
			    &b, "%s%02x", i ? ":" : "", a.link->sll_addr[i]);
			zero = zero && a.link->sll_addr[i] == 0;
		}
		if (zero)
			buf_reset(&b);
		break;
	}
	text = arena_str(arena, buf_as_str(&b));
	buf_fini(&b);
	return text;
}

/* By interface; within one as the kernel has them. */
static void
sort(struct netif *list, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct netif one = list[i];
		size_t k = i;

		for (; k > 0 && list[k - 1].index > one.index; k--)
			list[k] = list[k - 1];
		list[k] = one;
	}
}

struct netif *
netif_all(struct arena *arena, size_t *count)
{
	struct ifaddrs *all;
	struct netif *list;
	size_t n = 0;

	if (getifaddrs(&all) < 0)
		return NULL;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next)
		n += is_ip(i);
	list = arena_array(arena, n ? n : 1, sizeof(*list));
	*count = n;
	n = 0;
	for (const struct ifaddrs *i = all; i; i = i->ifa_next) {
		if (!is_ip(i))
			continue;
		list[n++] = (struct netif){.address = address_of(i),
		    .name = arena_str(arena, str_of(i->ifa_name)),
		    .hardware = read_hardware(arena, all, i->ifa_name),
		    .flags = i->ifa_flags,
		    .index = if_nametoindex(i->ifa_name),
		    .mtu = read_mtu(i->ifa_name)};
	}
	freeifaddrs(all);
	sort(list, n);
	return list;
}

struct str
netif_default(struct arena *arena)
{
	FILE *f = fopen("/proc/net/route", "re");
	char line[256], name[IF_NAMESIZE], best[IF_NAMESIZE] = "";
	unsigned destination, gateway, flags, metric, lowest = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%15s %x %x %x %*d %*d %u", name, &destination,
			&gateway, &flags, &metric) != 5)
			continue;
		if (destination != 0 || gateway == 0 ||
		    (*best && metric >= lowest))
			continue;
		memcpy(best, name, sizeof(best));
		lowest = metric;
	}
	if (f)
		fclose(f);
	return arena_str(arena, str_of(best));
}
