/* SPDX-License-Identifier: MIT */
/*
 * A server line taken apart: name, address, port, options. Which options take a
 * value is a table; what it does not know is a word of its own, so that no word
 * is ever lost.
 */
#include "weir/haproxy.h"

#include <stdlib.h>

/* Server options with one argument, of all versions up to 3.4, in order
 * (configuration.txt, "Server and default-server options"). */
static const char *const with_value[] = {"addr", "agent-addr", "agent-inter",
    "agent-port", "agent-send", "alpn", "ca-file", "check-alpn",
    "check-pool-conn-name", "check-proto", "check-sni", "ciphers",
    "ciphersuites", "client-sigalgs", "cookie", "crl-file", "crt", "curves",
    "downinter", "error-limit", "fall", "fastinter", "guid", "hash-key", "id",
    "idle-ping", "init-addr", "init-state", "inter", "interface", "log-bufsize",
    "log-proto", "max-reuse", "maxconn", "maxqueue", "minconn", "namespace",
    "npn", "observe", "on-error", "on-marked-down", "on-marked-up",
    "pool-conn-name", "pool-low-conn", "pool-max-conn", "pool-purge-delay",
    "port", "proto", "proxy-v2-options", "redir", "resolve-net", "resolve-opts",
    "resolve-prefer", "resolvers", "rise", "set-proxy-v2-tlv-fmt", "shard",
    "sigalgs", "slowstart", "sni", "socks4", "source", "ssl-max-ver",
    "ssl-min-ver", "tcp-ut", "track", "usesrc", "verify", "verifyhost",
    "weight", "ws"};

static int
compare_name(const void *key, const void *name)
{
	return str_compare(
	    *(const struct str *)key, str_of(*(const char *const *)name));
}

static bool
takes_value(struct str keyword)
{
	const char *bracket = memchr(keyword.ptr, '(', keyword.len);

	if (bracket) /* set-proxy-v2-tlv-fmt(0x20) */
		keyword.len = (size_t)(bracket - keyword.ptr);
	return bsearch(&keyword, with_value,
	    sizeof(with_value) / sizeof(*with_value), sizeof(*with_value),
	    compare_name);
}

/* At the last colon that is not part of an IPv6 address without brackets:
 * HAProxy takes what is behind the last colon as the port. A unix socket has
 * none. */
static void
split_address(struct str word, struct haproxy_server *s)
{
	const char *colon = memrchr(word.ptr, ':', word.len);

	s->address = word;
	s->port = STR("");
	if (!colon || memchr(word.ptr, '/', word.len) ||
	    memchr(colon, ']', word.len - (size_t)(colon - word.ptr)))
		return;
	s->address.len = (size_t)(colon - word.ptr);
	s->port = (struct str){colon + 1, word.len - s->address.len - 1};
}

int
haproxy_server_parse(const struct haproxy_line *line, struct arena *arena,
    struct haproxy_server *s)
{
	*s = (struct haproxy_server){0};
	if (line->count < 3 || !str_is(line->words[0], "server"))
		return -1;
	s->name = line->words[1];
	split_address(line->words[2], s);
	s->options = arena_array(arena, line->count, sizeof(*s->options));
	for (size_t i = 3; i < line->count; i++) {
		struct haproxy_option *o = &s->options[s->count++];

		o->keyword = line->words[i];
		if (takes_value(o->keyword) && i + 1 < line->count)
			o->value = line->words[++i];
	}
	return 0;
}

const struct haproxy_option *
haproxy_server_option(const struct haproxy_server *s, const char *keyword)
{
	for (size_t i = s->count; i > 0; i--)
		if (str_is(s->options[i - 1].keyword, keyword))
			return &s->options[i - 1];
	return NULL;
}
