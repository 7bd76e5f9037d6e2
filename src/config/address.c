/* SPDX-License-Identifier: MIT */
/*
 * Addresses are checked here and taken apart by who connects or listens: a slip
 * shall be a message with a line, not a connection that never comes up.
 */
#include "address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "weir/str.h"
#include "weir/xalloc.h"

/* RFC 1035, 2.3.4. */
#define HOST_MOST 253

static int
bad(struct error *error, const char *address, const char *why)
{
	return error_set(error, ERROR_CONFIG, "\"%s\": %s", address, why);
}

static bool
is_host(const char *s, size_t n)
{
	if (n == 0 || n > HOST_MOST)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-._", s[i]))
			return false;
	return true;
}

static bool
is_ipv6(const char *s, size_t n)
{
	struct in6_addr address;
	char *text = xstrndup(s, n);
	bool ok;

	/* A zone is the system's matter. */
	text[strcspn(text, "%")] = 0;
	ok = inet_pton(AF_INET6, text, &address) == 1;
	free(text);
	return ok;
}

static bool
is_port(const char *s, size_t n)
{
	long port = 0;

	if (n == 0 || n > 5)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return false;
		port = port * 10 + (s[i] - '0');
	}
	return port > 0 && port < 65536;
}

/* HOST, HOST:PORT, [IPV6], [IPV6]:PORT in s[0..n). */
static const char *
check_host_port(const char *s, size_t n, bool needs_port)
{
	size_t host = 0;

	if (n > 0 && s[0] == '[') {
		const char *end = memchr(s, ']', n);

		if (!end || !is_ipv6(s + 1, (size_t)(end - s) - 1))
			return "no IPv6 address in brackets";
		host = (size_t)(end - s) + 1;
		if (host < n && s[host] != ':')
			return "only :PORT may follow the bracket";
	} else {
		while (host < n && s[host] != ':')
			host++;
		if (!is_host(s, host))
			return host ? "no host name" : "no host";
		if (memchr(s + host + (host < n), ':', n - host - (host < n)))
			return "an IPv6 address stands in [brackets]";
	}
	if (host == n)
		return needs_port ? "no port (HOST:PORT)" : NULL;
	if (!is_port(s + host + 1, n - host - 1))
		return "no port from 1 to 65535";
	return NULL;
}

static const char *
check_path(const char *path)
{
	struct sockaddr_un un;

	if (!*path)
		return "no path";
	if (strlen(path) >= sizeof(un.sun_path))
		return "too long for a socket";
	return NULL;
}

int
address_check(const char *address, struct error *error)
{
	const char *s = address, *scheme = strstr(address, "://"), *why;
	size_t n;

	if (!strncmp(address, "unix://", 7)) {
		why = check_path(address + 7);
		return why ? bad(error, address, why) : 0;
	}
	if (scheme) {
		n = (size_t)(scheme - address);
		if (!((n == 4 && !strncmp(s, "http", 4)) ||
			(n == 5 && !strncmp(s, "https", 5))))
			return bad(error, address,
			    "unknown scheme (http, https or unix)");
		s = scheme + 3;
	}
	n = strcspn(s, "/");
	if (memchr(s, '@', n))
		return bad(error, address,
		    "no user or password here: set CONSUL_HTTP_AUTH");
	if (strpbrk(s, "?#"))
		return bad(error, address, "no query in an address");
	why = check_host_port(s, n, false);
	return why ? bad(error, address, why) : 0;
}

int
listen_check(const char *address, struct error *error)
{
	const char *why;

	if (!strncmp(address, "unix:", 5))
		why = check_path(address + 5);
	else
		why = check_host_port(address, strlen(address), true);
	return why ? bad(error, address, why) : 0;
}
