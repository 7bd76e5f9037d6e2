/* SPDX-License-Identifier: MIT */
/*
 * What the functions within a sockaddr template share: lists of addresses, and
 * the pieces that its sources are made of.
 */
#ifndef WEIR_TEMPLATE_SOCKADDR_H
#define WEIR_TEMPLATE_SOCKADDR_H

#include "func.h"
#include "netif.h"

#define IFADDRS "sockaddr.IfAddrs"

extern const struct type type_ifaddr, type_ifaddrs;

/* A list in the making; it has room for what it may hold. */
struct addrs {
	struct netif *items;
	size_t count;
};

/* func_sockaddr.c: in the arena of the call. */
struct addrs addrs_new(struct call *, size_t room);
struct addrs addrs_of(const struct value *);
struct addrs addrs_copy(struct call *, struct addrs);
int addrs_give(struct value *result, struct addrs);
/* For messages: quoted as %q, or as %+q. */
const char *sockaddr_quote(struct call *, struct str, bool ascii);
struct str sockaddr_lower(struct call *, struct str);

/* sockaddr_select.c: what fits (keep) or doesn't fit a selector, replaces the
 * list. */
int addrs_narrow(struct call *, const char *selector, struct str value,
    bool keep, struct addrs *);
int sockaddr_include(struct call *, struct value *result);
int sockaddr_exclude(struct call *, struct value *result);

/* sockaddr_sort.c: in place, by clauses such as "type,-size". */
int addrs_sort(struct call *, struct str clauses, struct addrs);

/* sockaddr_math.c */
int sockaddr_math(struct call *, struct value *result);

#endif
