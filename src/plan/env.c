/* SPDX-License-Identifier: MIT */
/*
 * The environment that templates see: like consul-template, what is configured
 * about Consul stands before the process's own variables.
 */
#include "env.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *
word(bool b)
{
	return b ? "true" : "false";
}

/* A variable that Go's strconv.ParseBool takes for b. */
static bool
says(const char *variable, bool b)
{
	static const char *const words[2][6] = {
	    {"0", "f", "F", "false", "FALSE", "False"},
	    {"1", "t", "T", "true", "TRUE", "True"}};
	const char *value = getenv(variable);

	for (size_t i = 0; value && i < 6; i++)
		if (!strcmp(value, words[b][i]))
			return true;
	return false;
}

/* The usual form of CONSUL_HTTP_ADDR is host:port. */
static const char *
address(const struct config_consul *c)
{
	const char *first = c->addresses.count ? c->addresses.items[0] : "";

	return strncmp(first, "http://", 7) ? first : first + 7;
}

/* What is configured; NULL: nothing, the process's variable counts. */
static const char *
configured(const struct config_consul *c, const char *name)
{
	const struct {
		const char *name;
		const char *value;
	} texts[] = {
	    {"CONSUL_HTTP_ADDR", address(c)},
	    {"CONSUL_HTTP_AUTH", c->auth},
	    {"CONSUL_HTTP_TOKEN", c->token},
	    {"CONSUL_HTTP_TOKEN_FILE", c->token_file},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(name, texts[i].name))
			return texts[i].value && *texts[i].value
				   ? texts[i].value
				   : NULL;
	/* Those three are always set. What only the environment says about
	 * verifying, consul-template does not know here. */
	if (!strcmp(name, "CONSUL_HTTP_SSL"))
		return word(c->tls);
	if (!strcmp(name, "CONSUL_HTTP_SSL_VERIFY"))
		return word(c->verify || says(name, false));
	if (!strcmp(name, "VAULT_SKIP_VERIFY"))
		return word(says(name, true));
	return NULL;
}

const char *
env_lookup(const struct config_consul *c, const char *name)
{
	const char *value = c ? configured(c, name) : NULL;

	return value ? value : getenv(name);
}
