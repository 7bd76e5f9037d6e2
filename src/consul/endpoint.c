/* SPDX-License-Identifier: MIT */
/*
 * Addresses as Consul's own tools take them.
 */
#include "endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "weir/xalloc.h"

/* Where Consul listens when nobody says otherwise. */
#define DEFAULT_ADDRESS "127.0.0.1:8500"

static bool
starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

static bool
is_loopback(const char *base)
{
	const char *host = strstr(base, "://") + 3;

	return starts(host, "127.") || starts(host, "[::1]") ||
	       starts(host, "localhost:") || !strcmp(host, "localhost");
}

static int
parse(struct endpoint *e, const char *address, bool tls, struct error *error)
{
	size_t n;

	e->text = xstrdup(address);
	if (starts(address, "unix://")) {
		if (address[7] != '/')
			return error_set(error, ERROR_CONFIG,
			    "address %s: a unix socket is unix:///PATH",
			    address);
		e->unix_socket = xstrdup(address + 7);
		e->base = xstrdup("http://localhost");
		e->local = true;
		return 0;
	}
	if (starts(address, "http://") && tls)
		e->base = xasprintf("https://%s", address + 7);
	else if (starts(address, "http://") || starts(address, "https://"))
		e->base = xstrdup(address);
	else if (!strstr(address, "://") && *address && *address != '/')
		e->base = xasprintf("http%s://%s", tls ? "s" : "", address);
	else
		return error_set(error, ERROR_CONFIG,
		    "address %s: expected http://, https://, unix:// or "
		    "HOST:PORT",
		    address);
	for (n = strlen(e->base); n && e->base[n - 1] == '/'; n--)
		e->base[n - 1] = 0;
	e->https = starts(e->base, "https://");
	e->local = is_loopback(e->base);
	return 0;
}

int
endpoints_init(struct endpoints *all, const struct config_consul *config,
    struct error *error)
{
	size_t n = config->addresses.count;

	*all = (struct endpoints){.count = n + !n};
	all->items = xcalloc(all->count, sizeof(*all->items));
	if (!n)
		return parse(
		    &all->items[0], DEFAULT_ADDRESS, config->tls, error);
	for (size_t i = 0; i < n; i++)
		if (parse(&all->items[i], config->addresses.items[i],
			config->tls, error) < 0)
			return -1;
	return 0;
}

void
endpoints_fini(struct endpoints *all)
{
	for (size_t i = 0; i < all->count; i++) {
		free(all->items[i].base);
		free(all->items[i].unix_socket);
		free(all->items[i].text);
	}
	free(all->items);
	*all = (struct endpoints){0};
}

const struct endpoint *
endpoints_current(const struct endpoints *all)
{
	return &all->items[all->current];
}

bool
endpoints_fail(struct endpoints *all, size_t used)
{
	if (used == all->current)
		all->current = (all->current + 1) % all->count;
	return all->count > 1;
}
