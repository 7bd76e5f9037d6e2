/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on addresses: on the address itself, within its network, or with
 * another mask.
 */
#include "sockaddr.h"
#include "strconv.h"
#include "unicode.h"

static int
fail_number(struct call *c, struct str operation, struct str value,
    const char *function, bool range)
{
	const char *text = sockaddr_quote(c, value, false);

	return call_fail(c,
	    "unable to convert %s to int for operation %s: strconv.%s: "
	    "parsing %s: %s",
	    text, sockaddr_quote(c, operation, false), function, text,
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
		    sockaddr_quote(c, operation, false));
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
		    sockaddr_quote(c, operation, false),
		    a->v6 ? "ipv6" : "ipv4", a->v6 ? 64 : 32);
	mask = address_mask((unsigned)bits, a->v6);
	a->bits &= mask;
	if (mask < a->mask)
		a->mask = mask;
	return 0;
}

static int
calculate(struct call *c, struct address *a)
{
	struct str operation = sockaddr_lower(c, func_str(c, 0));

	a->port = 0;
	if (str_is(operation, "address"))
		return math_address(c, a);
	if (str_is(operation, "network"))
		return math_network(c, a);
	if (str_is(operation, "mask"))
		return math_mask(c, a);
	return call_fail(c, "unsupported math operation: %s",
	    sockaddr_quote(c, func_str(c, 0), false));
}

/* Puts the address in front of the error. */
static int
fail_math(struct call *c, const struct netif *i)
{
	struct error inner = c->error;
	struct value v = {.type = &type_ifaddr, .u.ptr = i};
	struct buf b = {0};

	error_init(&c->error);
	type_ifaddr.string(&v, &b);
	call_fail(c, "unable to perform an IPMath operation on %s: %s", b.ptr,
	    inner.text);
	error_fini(&inner);
	buf_fini(&b);
	return -1;
}

int
sockaddr_math(struct call *c, struct value *result)
{
	struct addrs from = addrs_of(&c->args[2]), a = addrs_copy(c, from);

	for (size_t i = 0; i < a.count; i++)
		if (calculate(c, &a.items[i].address) < 0)
			return fail_math(c, &from.items[i]);
	return addrs_give(result, a);
}
