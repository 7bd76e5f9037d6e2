/* SPDX-License-Identifier: MIT */
/*
 * The table of server keywords, of all versions up to 3.4 (configuration.txt,
 * "Server and default-server options"; `add server` lists those it takes from
 * 3.0 on), and the grammar of their arguments.
 */
#include "keyword.h"

#include <arpa/inet.h>

#define NEVER DYNAMIC_NEVER
#define ADD   DYNAMIC_FIRST

/* clang-format off */
#define FLAG(name, since) {STR(name), VALUE_NONE, SLOT_NONE, since, \
	WRITE_AS_IS, 0, NULL}
#define HAS(name, since, what) {STR(name), VALUE_NONE, SLOT_NONE, since, \
	WRITE_AS_IS, what, NULL}
#define ARG(name, kind, since) {STR(name), VALUE_##kind, SLOT_NONE, since, \
	WRITE_AS_IS, 0, NULL}
#define ARG_HAS(name, kind, since, what) {STR(name), VALUE_##kind, \
	SLOT_NONE, since, WRITE_AS_IS, what, NULL}
#define STEP(name, kind, which) {STR(name), VALUE_##kind, SLOT_##which, ADD, \
	WRITE_AS_IS, 0, NULL}
#define MOOT(name, kind) {STR(name), VALUE_##kind, SLOT_NONE, NEVER, \
	WRITE_NOT, 0, NULL}
#define CANCEL(name, what, bits) {STR(name), VALUE_NONE, SLOT_NONE, NEVER, \
	WRITE_CANCEL, bits, what}

/* In order. */
static const struct keyword keywords[] = {
	STEP("addr", IP, CHECK_ADDRESS),
	STEP("agent-addr", IP, AGENT_ADDRESS),
	HAS("agent-check", ADD, HAS_AGENT),
	ARG("agent-inter", TIME, ADD),
	STEP("agent-port", PORT, AGENT_PORT),
	STEP("agent-send", WORD, AGENT_SEND),
	FLAG("allow-0rtt", ADD),
	ARG("alpn", WORD, ADD),
	HAS("backup", ADD, HAS_BACKUP),
	ARG("ca-file", WORD, ADD),
	HAS("check", ADD, HAS_CHECK),
	ARG("check-alpn", WORD, ADD),
	ARG("check-pool-conn-name", WORD, 302),
	ARG("check-proto", WORD, ADD),
	FLAG("check-reuse-pool", 302),
	HAS("check-send-proxy", ADD, HAS_CHECK_PROXY),
	ARG("check-sni", WORD, ADD),
	HAS("check-ssl", ADD, HAS_CHECK_SSL),
	FLAG("check-via-socks4", ADD),
	ARG("ciphers", WORD, ADD),
	ARG("ciphersuites", WORD, ADD),
	ARG("client-sigalgs", WORD, 209),
	ARG("cookie", WORD, 300),
	ARG("crl-file", WORD, ADD),
	ARG("crt", WORD, ADD),
	ARG("curves", WORD, 209),
	STEP("disabled", NONE, STATE),
	ARG("downinter", TIME, ADD),
	STEP("enabled", NONE, STATE),
	ARG("error-limit", NUMBER, ADD),
	ARG("fall", NUMBER, ADD),
	ARG("fastinter", TIME, ADD),
	FLAG("force-sslv3", ADD),
	FLAG("force-tlsv10", ADD),
	FLAG("force-tlsv11", ADD),
	FLAG("force-tlsv12", ADD),
	FLAG("force-tlsv13", ADD),
	ARG("guid", WORD, 300),
	ARG_HAS("hash-key", WORD, 300, HAS_HASH_KEY),
	ARG("healthcheck", WORD, 304),
	ARG_HAS("id", NUMBER, ADD, HAS_ID),
	ARG("idle-ping", TIME, 302),
	MOOT("init-addr", WORD),
	ARG("init-state", WORD, 301),
	ARG("inter", TIME, ADD),
	ARG("interface", WORD, ADD),
	ARG("ktls", UNSURE, 303),
	ARG("log-bufsize", NUMBER, NEVER),
	ARG("log-proto", WORD, NEVER),
	ARG("max-reuse", NUMBER, NEVER),
	STEP("maxconn", NUMBER, MAXCONN),
	ARG("maxqueue", NUMBER, ADD),
	ARG_HAS("minconn", NUMBER, ADD, HAS_MINCONN),
	ARG("namespace", WORD, NEVER),
	CANCEL("no-agent-check", "agent-check", HAS_AGENT),
	CANCEL("no-backup", "backup", HAS_BACKUP),
	CANCEL("no-check", "check", HAS_CHECK),
	CANCEL("no-check-send-proxy", "check-send-proxy", HAS_CHECK_PROXY),
	FLAG("no-check-sni-auto", 304),
	CANCEL("no-check-ssl", "check-ssl", HAS_CHECK_SSL),
	FLAG("no-renegotiate", 303),
	FLAG("no-send-proxy", NEVER),
	FLAG("no-send-proxy-v2", NEVER),
	FLAG("no-send-proxy-v2-ssl", NEVER),
	FLAG("no-send-proxy-v2-ssl-cn", NEVER),
	FLAG("no-sni-auto", 304),
	CANCEL("no-ssl", "ssl", HAS_SSL),
	FLAG("no-ssl-reuse", ADD),
	FLAG("no-sslv3", ADD),
	CANCEL("no-tfo", "tfo", 0),
	FLAG("no-tls-tickets", ADD),
	FLAG("no-tlsv10", ADD),
	FLAG("no-tlsv11", ADD),
	FLAG("no-tlsv12", ADD),
	FLAG("no-tlsv13", ADD),
	FLAG("no-verifyhost", NEVER),
	FLAG("non-stick", NEVER),
	ARG("npn", WORD, ADD),
	ARG("observe", WORD, ADD),
	ARG("on-error", WORD, ADD),
	ARG("on-marked-down", WORD, ADD),
	ARG("on-marked-up", WORD, ADD),
	ARG("pool-conn-name", WORD, 300),
	ARG("pool-low-conn", NUMBER, ADD),
	ARG_HAS("pool-max-conn", WORD, ADD, HAS_POOL_MAX),
	ARG_HAS("pool-purge-delay", TIME, ADD, HAS_PURGE_DELAY),
	STEP("port", PORT, CHECK_PORT),
	ARG("proto", WORD, ADD),
	ARG("proxy-v2-options", WORD, ADD),
	ARG("redir", WORD, NEVER),
	FLAG("renegotiate", 303),
	MOOT("resolve-net", WORD),
	MOOT("resolve-opts", WORD),
	MOOT("resolve-prefer", WORD),
	ARG_HAS("resolvers", WORD, NEVER, HAS_RESOLVERS),
	ARG("rise", NUMBER, ADD),
	HAS("send-proxy", ADD, HAS_PROXY),
	HAS("send-proxy-v2", ADD, HAS_PROXY),
	HAS("send-proxy-v2-ssl", ADD, HAS_PROXY),
	HAS("send-proxy-v2-ssl-cn", ADD, HAS_PROXY),
	ARG("set-proxy-v2-tlv-fmt", WORD, 209),
	ARG("shard", NUMBER, 207),
	ARG("sigalgs", WORD, 209),
	ARG("slowstart", TIME, ADD),
	ARG("sni", WORD, ADD),
	ARG("socks4", WORD, NEVER),
	ARG("source", WORD, ADD),
	HAS("ssl", ADD, HAS_SSL),
	ARG("ssl-max-ver", WORD, ADD),
	ARG("ssl-min-ver", WORD, ADD),
	CANCEL("ssl-reuse", "no-ssl-reuse", 0),
	CANCEL("stick", "non-stick", 0),
	FLAG("strict-maxconn", 302),
	ARG("tcp-ut", TIME, NEVER),
	FLAG("tfo", ADD),
	CANCEL("tls-tickets", "no-tls-tickets", 0),
	ARG_HAS("track", WORD, NEVER, HAS_TRACK),
	ARG("usesrc", WORD, ADD),
	ARG("verify", WORD, ADD),
	ARG("verifyhost", WORD, ADD),
	STEP("weight", NUMBER, WEIGHT),
	ARG("ws", WORD, ADD),
};
/* clang-format on */

/* By the first letter, then as str_compare does. */
static int
compare_name(struct str word, struct str name)
{
	int c = (unsigned char)*word.ptr - (unsigned char)*name.ptr;

	return c ? c : str_compare(word, name);
}

const struct keyword *
keyword_find(struct str word)
{
	const char *bracket = memchr(word.ptr, '(', word.len);
	size_t from = 0;
	size_t to = sizeof(keywords) / sizeof(*keywords);

	if (bracket) /* set-proxy-v2-tlv-fmt(0x20) */
		word.len = (size_t)(bracket - word.ptr);
	while (word.len && from < to) {
		size_t i = from + (to - from) / 2;
		int c = compare_name(word, keywords[i].name);

		if (c == 0)
			return &keywords[i];
		if (c < 0)
			to = i;
		else
			from = i + 1;
	}
	return NULL;
}

/* ---- grammars ---- */

long
number_of(struct str s, long max)
{
	long n = 0;

	if (!s.len || s.len > 10 || (s.len > 1 && *s.ptr == '0'))
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n <= max ? n : -1;
}

bool
is_time(struct str s)
{
	static const char *const units[] = {"", "us", "ms", "s", "m", "h", "d"};
	struct str digits = s;

	while (digits.len && (digits.ptr[digits.len - 1] < '0' ||
				 digits.ptr[digits.len - 1] > '9'))
		digits.len--;
	s.ptr += digits.len;
	s.len -= digits.len;
	/* HAProxy's timers end at 2^31 ms, the longest unit is a day. */
	if (number_of(digits, s.len && *s.ptr == 'd' ? 24 : 2000000) < 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (str_is(s, units[i]))
			return true;
	return false;
}

bool
is_ip(struct str s, int *family, unsigned char *bytes)
{
	char text[INET6_ADDRSTRLEN];

	if (s.len > 2 && *s.ptr == '[' && s.ptr[s.len - 1] == ']') {
		s.ptr++;
		s.len -= 2;
		if (!memchr(s.ptr, ':', s.len))
			return false;
	}
	if (!s.len || s.len >= sizeof(text) || memchr(s.ptr, 0, s.len))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	memset(bytes, 0, 16);
	*family = memchr(s.ptr, ':', s.len) ? AF_INET6 : AF_INET;
	return inet_pton(*family, text, bytes) == 1;
}

bool
keyword_is_proven(const struct keyword *k, struct str value)
{
	unsigned char bytes[16];
	int family;

	switch (k->value) {
	case VALUE_NONE:
		return !value.ptr;
	case VALUE_NUMBER:
		return value.ptr && number_of(value, 1000000) > 0;
	case VALUE_TIME:
		return value.ptr && is_time(value) && *value.ptr != '0';
	case VALUE_PORT:
		return value.ptr && number_of(value, 65535) > 0;
	case VALUE_IP:
		return value.ptr && is_ip(value, &family, bytes);
	case VALUE_WORD:
	case VALUE_UNSURE:
		return false;
	}
	return false;
}
