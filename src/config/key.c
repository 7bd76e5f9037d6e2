/* SPDX-License-Identifier: MIT */
/* The tables of sections and keys, and what walks them. */
#include "key.h"

#include <assert.h>
#include <string.h>

#include "weir/config.h"
#include "weir/str.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define MINUTE       60000
#define HOUR         (60 * MINUTE)

/* clang-format off */
#define AT(field) .offset = offsetof(struct config_consul, field)
static const struct key consul_keys[] = {
	{"address", &key_address, AT(addresses)},
	{"token", &key_text, AT(token), .flags = KEY_SECRET},
	{"token_file", &key_text, AT(token_file)},
	{"auth", &key_text, AT(auth), .flags = KEY_SECRET},
	{"datacenter", &key_text, AT(datacenter)},
	{"namespace", &key_text, AT(ns)},
	{"partition", &key_text, AT(partition)},
	{"ca_file", &key_text, AT(ca_file)},
	{"ca_path", &key_text, AT(ca_path)},
	{"cert_file", &key_text, AT(cert_file)},
	{"key_file", &key_text, AT(key_file)},
	{"tls_server_name", &key_text, AT(tls_server_name)},
	{"tls", &key_bool, AT(tls)},
	{"verify", &key_bool, AT(verify), .preset = "yes"},
	{"compression", &key_tristate, AT(compression), .preset = "auto"},
	{"stale", &key_duration, AT(stale_ms), .preset = "2s"},
	/* Consul's own bound of a blocking query is ten minutes. */
	{"wait", &key_duration, AT(wait_ms), .preset = "60s",
		.least = 1000, .most = 10 * MINUTE},
	{"connect_timeout", &key_duration, AT(connect_timeout_ms),
		.preset = "5s", .least = 100, .most = 10 * MINUTE},
	{"retry_min", &key_duration, AT(retry_min_ms), .preset = "250ms",
		.least = 10, .most = HOUR},
	{"retry_max", &key_duration, AT(retry_max_ms), .preset = "30s",
		.least = 10, .most = HOUR},
	{"max_connections", &key_int, AT(max_connections), .preset = "100",
		.least = 4, .most = 100000},
};
#undef AT

#define AT(field) .offset = offsetof(struct config_haproxy, field)
static const struct key haproxy_keys[] = {
	{"config", &key_strings, AT(configs)},
	{"binary", &key_text, AT(binary), .preset = "haproxy"},
	{"stats_socket", &key_text, AT(stats_socket)},
	{"master_socket", &key_text, AT(master_socket)},
	{"apply", &key_apply, AT(apply), .preset = "auto"},
	{"reload", &key_reload, AT(reload),
		.second = offsetof(struct config_haproxy, reload_argument)},
	{"reload_timeout", &key_duration, AT(reload_timeout_ms),
		.preset = "10s", .least = 100, .most = HOUR},
	{"reload_interval", &key_duration, AT(reload_interval_ms)},
	{"check_timeout", &key_duration, AT(check_timeout_ms),
		.preset = "30s", .least = 100, .most = HOUR},
	{"check", &key_bool, AT(check), .preset = "yes"},
	{"dynamic", &key_tristate, AT(dynamic), .preset = "auto"},
	{"drain", &key_duration, AT(drain_ms), .preset = "30s", .most = HOUR},
	{"verify", &key_duration, AT(verify_ms), .preset = "60s",
		.most = 24 * HOUR},
	{"respect_manual", &key_bool, AT(respect_manual), .preset = "yes"},
	{"max_old_workers", &key_int, AT(max_old_workers), .most = 1000},
};
#undef AT

#define AT(field) .offset = offsetof(struct config_template, field)
static const struct key template_keys[] = {
	{"source", &key_text, AT(source)},
	{"destination", &key_text, AT(destination)},
	{"haproxy", &key_text, AT(haproxy_name)},
	{"check", &key_check, AT(check)},
	{"reload", &key_command, AT(reload)},
	{"command_timeout", &key_duration, AT(command_timeout_ms),
		.preset = "30s", .least = 100, .most = HOUR},
	{"mode", &key_mode, AT(mode), .preset = "keep"},
	{"owner", &key_owner, AT(owner),
		.second = offsetof(struct config_template, group)},
	{"settle", &key_settle, AT(settle_min_ms),
		.second = offsetof(struct config_template, settle_max_ms),
		.preset = "250ms:2s"},
	{"left_delimiter", &key_text, AT(left_delimiter)},
	{"right_delimiter", &key_text, AT(right_delimiter)},
	{"error_on_missing_key", &key_bool, AT(error_on_missing_key)},
	{"function_denylist", &key_strings, AT(function_denylist)},
	{"sandbox_path", &key_text, AT(sandbox_path)},
	{"backup", &key_bool, AT(backup)},
	{"create_dest_dirs", &key_bool, AT(create_dest_dirs), .preset = "yes"},
	{"optional", &key_bool, AT(optional)},
	{"allow_control", &key_bool, AT(allow_control)},
};
#undef AT

#define AT(field) .offset = offsetof(struct config, field)
static const struct key guard_keys[] = {
	{"max_removed", &key_percent, AT(guard_max_removed), .preset = "50%"},
	{"hold", &key_duration, AT(guard_hold_ms), .preset = "5m"},
};
static const struct key state_keys[] = {
	{"path", &key_text, AT(state_path), .preset = "/var/lib/weir"},
};
static const struct key catalog_keys[] = {
	{"file", &key_text, AT(catalog_file)},
};
static const struct key http_keys[] = {
	{"listen", &key_listen, AT(http_listen)},
};
#undef AT

const struct section config_sections[SECTION_COUNT] = {
	[SECTION_CONSUL] = {"consul", false, consul_keys, COUNT(consul_keys)},
	[SECTION_HAPROXY] = {"haproxy", true, haproxy_keys,
		COUNT(haproxy_keys)},
	[SECTION_TEMPLATE] = {"template", true, template_keys,
		COUNT(template_keys)},
	[SECTION_GUARD] = {"guard", false, guard_keys, COUNT(guard_keys)},
	[SECTION_STATE] = {"state", false, state_keys, COUNT(state_keys)},
	[SECTION_CATALOG] = {"catalog", false, catalog_keys,
		COUNT(catalog_keys)},
	[SECTION_HTTP] = {"http", false, http_keys, COUNT(http_keys)},
};
/* clang-format on */

void
section_preset(const struct section *s, void *object)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct key *k = &s->keys[i];
		int rc =
		    k->preset ? k->type->parse(object, k, k->preset, NULL) : 0;

		assert(rc == 0);
		(void)rc;
	}
}

void
section_fini(const struct section *s, void *object)
{
	for (size_t i = 0; i < s->count; i++)
		s->keys[i].type->fini(object, &s->keys[i]);
}

bool
section_equal(const struct section *s, const void *a, const void *b)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->keys[i].type->equal(a, b, &s->keys[i]))
			return false;
	return true;
}

const struct key *
section_key(const struct section *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->keys[i].name, name))
			return &s->keys[i];
	return NULL;
}

const char *
section_nearest(const struct section *s, const char *name)
{
	const char *names[64];
	size_t n = 0;

	assert(s->count <= COUNT(names));
	for (size_t i = 0; i < s->count; i++)
		if (!(s->keys[i].flags & KEY_SECRET))
			names[n++] = s->keys[i].name;
	return str_nearest(str_of(name), names, n);
}

bool
config_consul_equal(
    const struct config_consul *a, const struct config_consul *b)
{
	return section_equal(&config_sections[SECTION_CONSUL], a, b);
}

bool
config_haproxy_equal(
    const struct config_haproxy *a, const struct config_haproxy *b)
{
	return !strcmp(a->name, b->name) &&
	       section_equal(&config_sections[SECTION_HAPROXY], a, b);
}

bool
config_template_equal(
    const struct config_template *a, const struct config_template *b)
{
	return !strcmp(a->name, b->name) &&
	       section_equal(&config_sections[SECTION_TEMPLATE], a, b);
}
