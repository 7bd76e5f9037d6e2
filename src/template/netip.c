/* SPDX-License-Identifier: MIT */
/*
 * netip.ParseAddr of Go, for its words: which of several faults is named, and
 * from where the text is quoted, is what differs from inet_pton.
 */
#include "netip.h"

#include <string.h>

/* Two-byte groups of an address. */
#define GROUPS 8

static int
fault(struct netip_fault *f, const char *what, struct str at)
{
	*f = (struct netip_fault){what, at};
	return -1;
}

static struct str
from(struct str s, size_t at)
{
	return (struct str){s.ptr + at, s.len - at};
}

static struct str
nowhere(void)
{
	return (struct str){"", 0};
}

/* Where decimal fields stand. */
struct fields {
	struct str text;
	size_t digits; /* of this field */
	unsigned value;
	unsigned dots;
};

static int
take_digit(struct fields *d, char c, struct netip_fault *f)
{
	if (d->digits == 1 && d->value == 0)
		return fault(
		    f, "IPv4 field has octet with leading zero", nowhere());
	d->value = d->value * 10 + (unsigned)(c - '0');
	d->digits++;
	if (d->value > 255)
		return fault(f, "IPv4 field has value >255", nowhere());
	return 0;
}

static int
take_dot(struct fields *d, size_t i, struct netip_fault *f)
{
	if (d->digits == 0 || i == d->text.len - 1)
		return fault(f, "IPv4 field must have at least one digit",
		    from(d->text, i));
	if (d->dots == 3)
		return fault(f, "IPv4 address too long", nowhere());
	d->dots++;
	d->value = 0;
	d->digits = 0;
	return 0;
}

static int
check_fields(struct str s, struct netip_fault *f)
{
	struct fields d = {.text = s};

	for (size_t i = 0; i < s.len; i++) {
		int rc;

		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			rc = take_digit(&d, s.ptr[i], f);
		else if (s.ptr[i] == '.')
			rc = take_dot(&d, i, f);
		else
			rc = fault(f, "unexpected character", from(s, i));
		if (rc < 0)
			return -1;
	}
	if (d.dots < 3)
		return fault(f, "IPv4 address too short", nowhere());
	return 0;
}

/* What of an address was read. */
struct groups {
	struct str rest;
	size_t count;
	bool gap; /* :: was seen */
};

/* The digits of a group; how many there are, -1 for a fault. */
static int
take_hex(struct str s, struct netip_fault *f)
{
	int n = 0;

	while ((size_t)n < s.len && s.ptr[n] &&
	       strchr("0123456789abcdefABCDEF", s.ptr[n]))
		if (++n > 4)
			return fault(
			    f, "each group must have 4 or less digits", s);
	if (n == 0)
		return fault(f,
		    "each colon-separated field must have at least one digit",
		    s);
	return n;
}

static int
take_ipv4(struct groups *g, struct netip_fault *f)
{
	if (!g->gap && g->count != GROUPS - 2)
		return fault(f,
		    "embedded IPv4 address must replace the final 2 fields of "
		    "the address",
		    g->rest);
	if (g->count > GROUPS - 2)
		return fault(f,
		    "too many hex fields to fit an embedded IPv4 at the end "
		    "of the address",
		    g->rest);
	if (check_fields(g->rest, f) < 0)
		return -1;
	g->rest.len = 0;
	g->count += 2;
	return 0;
}

/* The colon after a group, or two. */
static int
take_colon(struct groups *g, struct netip_fault *f)
{
	if (g->rest.ptr[0] != ':')
		return fault(f, "unexpected character, want colon", g->rest);
	if (g->rest.len == 1)
		return fault(
		    f, "colon must be followed by more characters", g->rest);
	g->rest = from(g->rest, 1);
	if (g->rest.ptr[0] != ':')
		return 0;
	if (g->gap)
		return fault(f, "multiple :: in address", g->rest);
	g->gap = true;
	g->rest = from(g->rest, 1);
	return 0;
}

static int
take_groups(struct groups *g, struct netip_fault *f)
{
	do {
		int n = take_hex(g->rest, f);

		if (n < 0)
			return -1;
		if ((size_t)n < g->rest.len && g->rest.ptr[n] == '.')
			return take_ipv4(g, f);
		g->count++;
		g->rest = from(g->rest, (size_t)n);
		if (g->rest.len && take_colon(g, f) < 0)
			return -1;
	} while (g->rest.len && g->count < GROUPS);
	return 0;
}

static int
check_groups(struct str s, struct netip_fault *f)
{
	struct groups g = {.rest = s};

	if (str_has_prefix(s, STR("::"))) {
		g.gap = true;
		g.rest = from(s, 2);
		if (!g.rest.len)
			return 0;
	}
	if (take_groups(&g, f) < 0)
		return -1;
	if (g.rest.len)
		return fault(f, "trailing garbage after address", g.rest);
	if (g.count < GROUPS && !g.gap)
		return fault(f, "address string too short", nowhere());
	if (g.count == GROUPS && g.gap)
		return fault(f,
		    "the :: must expand to at least one field of zeros",
		    nowhere());
	return 0;
}

/* Without its zone. */
static int
check_ipv6(struct str s, struct netip_fault *f)
{
	ptrdiff_t zone = str_find(s, STR("%"));

	if (zone < 0)
		return check_groups(s, f);
	if ((size_t)zone + 1 == s.len)
		return fault(f, "zone must be a non-empty string", nowhere());
	return check_groups((struct str){s.ptr, (size_t)zone}, f);
}

int
netip_version(struct str s, struct netip_fault *f)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '.')
			return check_fields(s, f) < 0 ? 0 : 4;
		if (s.ptr[i] == ':')
			return check_ipv6(s, f) < 0 ? 0 : 6;
		if (s.ptr[i] == '%') {
			fault(f, "missing IPv6 address", nowhere());
			return 0;
		}
	}
	fault(f, "unable to parse IP", nowhere());
	return 0;
}
