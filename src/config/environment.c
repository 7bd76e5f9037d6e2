/* SPDX-License-Identifier: MIT */
/*
 * The variables that Consul's own tools and consul-template read. A key in a
 * file wins over them, as it does in consul-template. An empty variable is
 * unset.
 */
#include "draft.h"

#include <stdlib.h>

/* Where two name the same key, the later wins. */
static const struct {
	const char *variable;
	const char *key;
} variables[] = {
    {"CONSUL_HTTP_ADDR", "address"},
    {"CONSUL_HTTP_TOKEN", "token"},
    {"CONSUL_TOKEN", "token"},
    {"CONSUL_HTTP_TOKEN_FILE", "token_file"},
    {"CONSUL_TOKEN_FILE", "token_file"},
    {"CONSUL_HTTP_AUTH", "auth"},
    {"CONSUL_HTTP_SSL", "tls"},
    {"CONSUL_HTTP_SSL_VERIFY", "verify"},
    {"CONSUL_CACERT", "ca_file"},
    {"CONSUL_CAPATH", "ca_path"},
    {"CONSUL_CLIENT_CERT", "cert_file"},
    {"CONSUL_CLIENT_KEY", "key_file"},
    {"CONSUL_TLS_SERVER_NAME", "tls_server_name"},
    {"CONSUL_NAMESPACE", "namespace"},
    {"CONSUL_PARTITION", "partition"},
};

int
environment_apply(struct draft *d, struct error *error)
{
	struct place none = {0};
	struct object *consul = draft_object(d, "consul", NULL, &none, NULL);

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const char *value = getenv(variables[i].variable);
		struct place place = {.source = variables[i].variable};
		const struct key *k;

		if (!value || !*value)
			continue;
		k = section_key(consul->section, variables[i].key);
		if ((k->flags & KEY_SECRET
			    ? draft_put(consul, k->name, value, error)
			    : draft_set(d, consul, k->name, value, &place,
				  error)) < 0)
			return draft_at(d, &place, error);
	}
	return 0;
}
