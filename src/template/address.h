/* SPDX-License-Identifier: MIT */
/*
 * IP addresses and networks as go-sockaddr reads, compares and prints them:
 * numbers of 128 bits, IPv4 in the lowest 32.
 *
 * Source: go-sockaddr's documentation, RFC 5952 and the RFCs in the table.
 */
#ifndef WEIR_TEMPLATE_ADDRESS_H
#define WEIR_TEMPLATE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/buf.h"
#include "weir/str.h"

/* Networks that nothing is forwarded to; the number go-sockaddr gives them. */
#define RFC_NOT_FORWARDABLE 4294967295u

/* Aligned as what an arena gives. */
__extension__ typedef unsigned __int128 address_bits
    __attribute__((aligned(8)));

struct address {
	address_bits bits;
	address_bits mask;
	uint16_t port;
	bool v6;
};

/* All ones for the family, and the first `bits` of them. */
address_bits address_ones(bool v6);
address_bits address_mask(unsigned bits, bool v6);
address_bits address_from_bytes(const unsigned char *, size_t count);
/* "10.0.0.1", "10.0.0.0/8", "10.0.0.1:80", "fe80::1", "fe80::/10"; false if it
 * is none. */
bool address_parse(struct str, struct address *);
/* The address alone, and with its mask or port where that is not a host's. */
void address_print_ip(struct buf *, const struct address *);
void address_print(struct buf *, const struct address *);
/* 0 for a mask with holes. */
unsigned address_mask_bits(const struct address *);
address_bits address_network(const struct address *);
/* The last address of the network. */
address_bits address_last(const struct address *);
/* Is inner's whole network in outer's? */
bool address_contains(const struct address *outer, const struct address *inner);
/* Is the address in a network of the RFC? *known false: no such RFC here. */
bool address_is_rfc(const struct address *, uint64_t rfc, bool *known);
/* In any base up to 16, with zeros up to `digits`. */
void address_put_number(struct buf *, address_bits, unsigned base, int digits);
/* 32 or 128. */
static inline unsigned
address_width(const struct address *a)
{
	return a->v6 ? 128 : 32;
}

#endif
