/* SPDX-License-Identifier: MIT */
/*
 * Every operation is one line on numbers of 128 bits, for IPv4 too.
 */
#include "address.h"

#include <arpa/inet.h>
#include <string.h>

#include "strconv.h"

static const struct {
	uint64_t rfc;
	const char *networks;
} rfcs[] = {
    {919, "255.255.255.255"},
    {1112, "224.0.0.0/4"},
    {1122, "0.0.0.0/8 127.0.0.0/8"},
    {1918, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16"},
    {2544, "198.18.0.0/15"},
    {2765, "::ffff:0:0/96"},
    {2928, "2001::/16"},
    {3056, "2002::/16"},
    {3068, "192.88.99.0/24 2002:c058:6301::/120"},
    {3171, "224.0.0.0/4"},
    {3330, "0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 "
	   "192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 "
	   "224.0.0.0/4 240.0.0.0/4"},
    {3849, "2001:db8::/32"},
    {3927, "169.254.0.0/16"},
    {4038, "::ffff:0:0/96"},
    {4193, "fc00::/7"},
    {4291, ":: ::1 ::/96 ::ffff:0:0/96 fe80::/10 fec0::/10 ff00::/8"},
    {4380, "2001::/32"},
    {4773, "2001::/23"},
    {4843, "2001:10::/28"},
    {5180, "2001:200::/48"},
    {5735, "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 198.18.0.0/15"},
    {5737, "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24"},
    {6052, "64:ff9b::/96"},
    {6333, "192.0.0.0/29"},
    {6598, "100.64.0.0/10"},
    {6666, "100::/64"},
    {6890, "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 "
	   "172.16.0.0/12 192.0.0.0/24 192.0.0.0/29 192.0.2.0/24 "
	   "192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 "
	   "203.0.113.0/24 240.0.0.0/4 255.255.255.255 ::1 :: 64:ff9b::/96 "
	   "::ffff:0:0/96 100::/64 2001::/16 2002::/16 fc00::/7 fe80::/10"},
    {7335, "192.0.0.0/29"},
    {RFC_NOT_FORWARDABLE,
	"0.0.0.0/8 127.0.0.0/8 169.254.0.0/16 192.0.0.0/24 192.0.2.0/24 "
	"198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 255.255.255.255 ::1 "
	":: ::ffff:0:0/96 2001:db8::/32 2001:10::/28 fe80::/10"},
};

/* --- numbers --- */

address_bits
address_ones(bool v6)
{
	return v6 ? ~(address_bits)0 : (address_bits)UINT32_MAX;
}

address_bits
address_mask(unsigned bits, bool v6)
{
	unsigned all = v6 ? 128 : 32;
	address_bits ones = address_ones(v6);

	return bits >= all ? ones : ones ^ (ones >> bits);
}

unsigned
address_mask_bits(const struct address *a)
{
	for (unsigned bits = 0; bits <= address_width(a); bits++)
		if (address_mask(bits, a->v6) == a->mask)
			return bits;
	return 0;
}

address_bits
address_network(const struct address *a)
{
	return a->bits & a->mask;
}

address_bits
address_last(const struct address *a)
{
	return address_network(a) | (address_ones(a->v6) ^ a->mask);
}

bool
address_contains(const struct address *outer, const struct address *inner)
{
	return outer->v6 == inner->v6 &&
	       address_network(outer) <= address_network(inner) &&
	       address_last(outer) >= address_last(inner);
}

/* --- reading --- */

address_bits
address_from_bytes(const unsigned char *bytes, size_t count)
{
	address_bits bits = 0;

	for (size_t i = 0; i < count; i++)
		bits = bits << 8 | bytes[i];
	return bits;
}

static bool
read_ip(struct str s, struct address *a)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN];

	if (s.len == 0 || s.len >= sizeof(text) || memchr(s.ptr, 0, s.len))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	a->v6 = memchr(s.ptr, ':', s.len) != NULL;
	if (inet_pton(a->v6 ? AF_INET6 : AF_INET, text, bytes) != 1)
		return false;
	a->bits = address_from_bytes(bytes, a->v6 ? 16 : 4);
	a->mask = address_ones(a->v6);
	a->port = 0;
	return true;
}

/* ADDRESS/BITS */
static bool
read_network(struct str s, size_t slash, struct address *a)
{
	uint64_t bits;

	if (!read_ip((struct str){s.ptr, slash}, a) ||
	    strconv_uint((struct str){s.ptr + slash + 1, s.len - slash - 1}, 10,
		&bits) != STRCONV_OK ||
	    bits > address_width(a))
		return false;
	a->mask = address_mask((unsigned)bits, a->v6);
	return true;
}

/* ADDRESS:PORT, [ADDRESS]:PORT, [ADDRESS] */
static bool
read_port(struct str s, struct address *a)
{
	bool bracket = s.len > 0 && s.ptr[0] == '[';
	const char *end = memchr(s.ptr, bracket ? ']' : ':', s.len);
	struct str ip, port;
	uint64_t number = 0;

	if (!end)
		return false;
	ip = (struct str){s.ptr + bracket, (size_t)(end - s.ptr) - bracket};
	port = (struct str){
	    end + bracket, s.len - (size_t)(end - s.ptr) - bracket};
	if (!read_ip(ip, a) || a->v6 != bracket)
		return false;
	if (port.len == 0)
		return bracket;
	if (port.ptr[0] != ':' ||
	    strconv_uint((struct str){port.ptr + 1, port.len - 1}, 10,
		&number) != STRCONV_OK ||
	    number > UINT16_MAX)
		return false;
	a->port = (uint16_t)number;
	return true;
}

bool
address_parse(struct str s, struct address *a)
{
	const char *slash = s.len ? memchr(s.ptr, '/', s.len) : NULL;

	if (slash)
		return read_network(s, (size_t)(slash - s.ptr), a);
	return s.len > 0 && (read_ip(s, a) || read_port(s, a));
}

bool
address_is_rfc(const struct address *a, uint64_t rfc, bool *known)
{
	struct address network;

	*known = false;
	for (size_t i = 0; i < sizeof(rfcs) / sizeof(*rfcs); i++) {
		const char *p = rfcs[i].networks;

		if (rfcs[i].rfc != rfc)
			continue;
		*known = true;
		for (size_t n; *p; p += n + (p[n] == ' ')) {
			n = strcspn(p, " ");
			if (address_parse((struct str){p, n}, &network) &&
			    address_contains(&network, a))
				return true;
		}
	}
	return false;
}

/* --- printing --- */

static void
print_v4(struct buf *b, uint32_t bits)
{
	buf_printf(b, "%u.%u.%u.%u", bits >> 24, bits >> 16 & 255,
	    bits >> 8 & 255, bits & 255);
}

static unsigned
group(address_bits bits, int i)
{
	return (unsigned)(bits >> (112 - 16 * i)) & 0xffff;
}

/* RFC 5952: the longest run of zeros, if of two groups at least, is ::. */
static void
print_v6(struct buf *b, address_bits bits)
{
	int from = 8, best = 1;

	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && group(bits, i + n) == 0)
			n++;
		if (n > best) {
			best = n;
			from = i;
		}
	}
	for (int i = 0; i < 8; i++) {
		if (i == from) {
			buf_puts(b, "::");
			i += best - 1;
			continue;
		}
		if (i > 0 && i != from + best)
			buf_char(b, ':');
		buf_printf(b, "%x", group(bits, i));
	}
}

void
address_print_ip(struct buf *b, const struct address *a)
{
	if (!a->v6 || a->bits >> 32 == 0xffff)
		print_v4(b, (uint32_t)a->bits);
	else
		print_v6(b, a->bits);
}

void
address_print(struct buf *b, const struct address *a)
{
	if (a->port != 0 && a->v6)
		buf_char(b, '[');
	address_print_ip(b, a);
	if (a->port != 0)
		buf_printf(b, a->v6 ? "]:%u" : ":%u", a->port);
	else if (address_mask_bits(a) != address_width(a))
		buf_printf(b, "/%u", address_mask_bits(a));
}

void
address_put_number(struct buf *b, address_bits n, unsigned base, int digits)
{
	char text[129];
	int at = sizeof(text);

	do {
		text[--at] = "0123456789abcdef"[(unsigned)(n % base)];
		n /= base;
		digits--;
	} while (n > 0 || digits > 0);
	buf_put(b, text + at, sizeof(text) - (size_t)at);
}
