/* SPDX-License-Identifier: MIT */
/*
 * The functions that ask Consul. Without an answer each gives the empty value
 * of its type and counts what is missing, so that a pass goes on and finds out
 * all that the template wants (reference §3.1).
 */
#include <stdlib.h>
#include <string.h>

#include "func.h"
#include "record.h"

struct str
func_join(struct call *c, const char *separator)
{
	size_t len = 0, gap = strlen(separator);
	char *text, *at;

	if (c->argc == 1)
		return value_as_str(&c->args[0]);
	for (size_t i = 0; i < c->argc; i++)
		len += c->args[i].len + gap;
	text = at = arena_alloc(c->arena, len + 1);
	for (size_t i = 0; i < c->argc; i++) {
		struct str s = value_as_str(&c->args[i]);

		if (i) {
			memcpy(at, separator, gap);
			at += gap;
		}
		if (s.len)
			memcpy(at, s.ptr, s.len);
		at += s.len;
	}
	return (struct str){text, (size_t)(at - text)};
}

enum asked
func_ask(struct call *c, enum query_kind kind, struct str argument,
    const struct answer **answer)
{
	struct view *v = c->render->data;
	struct wanted *w;
	struct error e = {0};
	int rc = view_parse(v, kind, argument, &w, &e);

	if (rc < 0) {
		call_fail(c, "%s", e.text);
		error_fini(&e);
		return ASKED_FAILED;
	}
	c->stamp = STAMP_NONE;
	if (rc > 0)
		return ASKED_NOTHING;
	*answer = view_ask(v, w, c->render->line);
	if (*answer) {
		c->stamp = (*answer)->stamp;
		return ASKED_ANSWERED;
	}
	c->stamp = 0;
	c->render->missing++;
	return ASKED_MISSING;
}

void
func_wait(struct call *c, enum query_kind kind, struct str argument)
{
	struct view *v = c->render->data;
	struct wanted *w;

	if (view_parse(v, kind, argument, &w, NULL) == 0)
		view_wait(v, w);
	c->stamp = 0;
	c->render->missing++;
}

/* A query whose answer is the result as it is. */
static int
give(struct call *c, enum query_kind kind, struct str argument,
    struct value empty, struct value *result)
{
	const struct answer *a;
	enum asked asked = func_ask(c, kind, argument, &a);

	*result = asked == ASKED_ANSWERED ? a->value : empty;
	return asked == ASKED_FAILED ? -1 : 0;
}

static int
give_list(struct call *c, enum query_kind kind, struct str argument,
    const struct type *type, struct value *result)
{
	return give(c, kind, argument, value_slice(type, NULL, 0), result);
}

/* ---- services and nodes ---- */

static int
give_instances(struct call *c, enum query_kind kind, struct value *result)
{
	struct str name = STR("");

	/* With an empty name the other arguments don't matter. */
	if (c->argc && c->args[0].len)
		name = func_join(c, "|");
	return give_list(c, kind, name, &type_health_services, result);
}

static int
call_service(struct call *c, struct value *result)
{
	return give_instances(c, QUERY_SERVICE, result);
}

static int
call_connect(struct call *c, struct value *result)
{
	return give_instances(c, QUERY_CONNECT, result);
}

static int
call_services(struct call *c, struct value *result)
{
	return give_list(
	    c, QUERY_SERVICES, func_join(c, ""), &type_snippets, result);
}

static int
call_nodes(struct call *c, struct value *result)
{
	return give_list(c, QUERY_NODES, func_join(c, ""), &type_nodes, result);
}

static int
call_node(struct call *c, struct value *result)
{
	return give(c, QUERY_NODE, func_join(c, ""), VALUE_NIL, result);
}

static int
call_datacenters(struct call *c, struct value *result)
{
	struct str argument = STR("");

	if (c->argc > 1)
		return call_fail(c,
		    "datacenters: wrong number of arguments, expected 0 or 1, "
		    "but got %zu",
		    c->argc);
	if (c->argc && c->args[0].u.b)
		argument = STR("true");
	return give_list(c, QUERY_DATACENTERS, argument, &type_strings, result);
}

/* ---- keys ---- */

static int
call_key(struct call *c, struct value *result)
{
	struct str path = value_as_str(&c->args[0]);
	const struct answer *a;
	enum asked asked = func_ask(c, QUERY_KEY, path, &a);

	*result = value_str(STR(""));
	if (asked == ASKED_ANSWERED) {
		if (a->value.type)
			*result = a->value;
		else
			func_wait(c, QUERY_KEY, path);
	}
	return asked == ASKED_FAILED ? -1 : 0;
}

static int
call_key_exists(struct call *c, struct value *result)
{
	const struct answer *a;
	enum asked asked =
	    func_ask(c, QUERY_KEY_GET, value_as_str(&c->args[0]), &a);

	*result = value_bool(asked == ASKED_ANSWERED && a->value.type);
	return asked == ASKED_FAILED ? -1 : 0;
}

static int
call_key_or_default(struct call *c, struct value *result)
{
	const struct answer *a;
	enum asked asked =
	    func_ask(c, QUERY_KEY_GET, value_as_str(&c->args[0]), &a);

	if (asked == ASKED_ANSWERED && a->value.type && a->value.len) {
		*result = a->value;
		return 0;
	}
	/* The default may come from anywhere. */
	if (asked == ASKED_ANSWERED)
		c->stamp = 0;
	*result = value_str(value_as_str(&c->args[1]));
	return asked == ASKED_FAILED ? -1 : 0;
}

/* ls gives what lies right under the prefix. */
static bool
is_child(struct str key)
{
	return key.len && !memchr(key.ptr, '/', key.len);
}

/* tree leaves out folders alone. */
static bool
is_leaf(struct str key)
{
	return key.len && key.ptr[key.len - 1] != '/';
}

static struct value
choose(struct arena *arena, const struct value *pairs, bool (*is)(struct str))
{
	const struct key_pair *const *from = pairs->u.items;
	const struct key_pair **to =
	    arena_alloc(arena, (pairs->len ? pairs->len : 1) * sizeof(*to));
	size_t n = 0;

	for (uint32_t i = 0; i < pairs->len; i++)
		if (is(str_of_packed(from[i]->key)))
			to[n++] = from[i];
	return value_slice(&type_key_pairs, to, n);
}

static int
give_pairs(struct call *c, bool (*is)(struct str), bool may_be_empty,
    struct value *result)
{
	struct str prefix = value_as_str(&c->args[0]);
	const struct answer *a;
	enum asked asked = func_ask(c, QUERY_KEY_LIST, prefix, &a);

	*result = value_slice(&type_key_pairs, NULL, 0);
	if (asked == ASKED_ANSWERED) {
		*result = choose(c->arena, &a->value, is);
		if (!may_be_empty && result->len == 0)
			func_wait(c, QUERY_KEY_LIST, prefix);
	}
	return asked == ASKED_FAILED ? -1 : 0;
}

static int
call_ls(struct call *c, struct value *result)
{
	return give_pairs(c, is_child, true, result);
}

static int
call_safe_ls(struct call *c, struct value *result)
{
	return give_pairs(c, is_child, false, result);
}

static int
call_tree(struct call *c, struct value *result)
{
	return give_pairs(c, is_leaf, true, result);
}

static int
call_safe_tree(struct call *c, struct value *result)
{
	return give_pairs(c, is_leaf, false, result);
}

/* ---- the mesh ---- */

static int
call_ca_roots(struct call *c, struct value *result)
{
	return give_list(c, QUERY_CA_ROOTS, STR(""), &type_ca_roots, result);
}

static int
call_ca_leaf(struct call *c, struct value *result)
{
	struct str service = c->argc ? value_as_str(&c->args[0]) : STR("");

	return give(c, QUERY_CA_LEAF, service, VALUE_NIL, result);
}

static int
call_partitions(struct call *c, struct value *result)
{
	return give_list(
	    c, QUERY_PARTITIONS, STR(""), &type_partitions, result);
}

static int
call_peerings(struct call *c, struct value *result)
{
	return give_list(
	    c, QUERY_PEERINGS, func_join(c, ""), &type_peerings, result);
}

static int
call_exported_services(struct call *c, struct value *result)
{
	if (c->argc > 1)
		return call_fail(c, "exportedServices: wrong number of "
				    "arguments, expected 0 or 1");
	return give_list(c, QUERY_EXPORTED, func_join(c, ""),
	    &type_exported_services, result);
}

static int
call_imported_services(struct call *c, struct value *result)
{
	struct str partition = value_as_str(&c->args[0]);

	if (partition.len == 0)
		return call_fail(
		    c, "importedServices: partition name is required");
	return give_list(
	    c, QUERY_IMPORTED, partition, &type_imported_services, result);
}

/* ---- the family ---- */

static const struct func consul_funcs[] = {
    {"caLeaf", "...string", "interface {}", call_ca_leaf, FUNC_QUERY,
	"caLeaf SERVICE — the service's certificate in the mesh"},
    {"caRoots", "...string", "[]*api.CARoot", call_ca_roots, FUNC_QUERY,
	"caRoots — the mesh's root certificates"},
    {"connect", "...string", "[]*dependency.HealthService", call_connect,
	FUNC_QUERY,
	"connect \"[TAG.]NAME[?…][@DC][~NEAR]\" [FILTER] — instances in the "
	"mesh"},
    {"datacenters", "...bool", "[]string", call_datacenters, FUNC_QUERY,
	"datacenters [REACHABLE] — names of the datacenters"},
    {"exportedServices", "...string", "[]dependency.ExportedService",
	call_exported_services, FUNC_QUERY,
	"exportedServices [PARTITION] — services seen by others"},
    {"importedServices", "string", "[]dependency.ImportedService",
	call_imported_services, FUNC_QUERY,
	"importedServices PARTITION — services of others"},
    {"key", "string", "string", call_key, FUNC_QUERY,
	"key \"PATH[@DC]\" — its value; waits until the key exists"},
    {"keyExists", "string", "bool", call_key_exists, FUNC_QUERY,
	"keyExists \"PATH[@DC]\" — is the key there"},
    {"keyOrDefault", "string,string", "string", call_key_or_default, FUNC_QUERY,
	"keyOrDefault \"PATH[@DC]\" DEFAULT — its value, or the default"},
    {"ls", "string", "[]*dependency.KeyPair", call_ls, FUNC_QUERY,
	"ls \"PREFIX[@DC]\" — the keys right under the prefix"},
    {"node", "...string", "interface {}", call_node, FUNC_QUERY,
	"node [\"NAME[@DC]\"] — a node and its services; the agent's own"},
    {"nodes", "...string", "[]*dependency.Node", call_nodes, FUNC_QUERY,
	"nodes [\"@DC~NEAR\"] — all nodes"},
    {"partitions", "", "[]*dependency.Partition", call_partitions, FUNC_QUERY,
	"partitions — all partitions"},
    {"peerings", "...string", "[]*dependency.Peering", call_peerings,
	FUNC_QUERY, "peerings [\"?partition=NAME\"] — all peerings"},
    {"safeLs", "string", "[]*dependency.KeyPair", call_safe_ls, FUNC_QUERY,
	"safeLs \"PREFIX[@DC]\" — as ls; waits while there are none"},
    {"safeTree", "string", "[]*dependency.KeyPair", call_safe_tree, FUNC_QUERY,
	"safeTree \"PREFIX[@DC]\" — as tree; waits while there are none"},
    {"service", "...string", "[]*dependency.HealthService", call_service,
	FUNC_QUERY,
	"service \"[TAG.]NAME[?…][@DC][~NEAR]\" [FILTER] — its instances"},
    {"services", "...string", "[]*dependency.CatalogSnippet", call_services,
	FUNC_QUERY, "services [\"@DC\"] — names and tags of all services"},
    {"tree", "string", "[]*dependency.KeyPair", call_tree, FUNC_QUERY,
	"tree \"PREFIX[@DC]\" — all keys under the prefix"},
};

static const struct type *const consul_types[] = {&type_health_services,
    &type_snippets, &type_nodes, &type_key_pairs, &type_ca_roots,
    &type_partitions, &type_peerings, &type_exported_services,
    &type_imported_services};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const struct func_family family_consul = {
    .name = "consul",
    .funcs = consul_funcs,
    .count = COUNT(consul_funcs),
    .types = consul_types,
    .type_count = COUNT(consul_types),
};

const struct func_family *const catalog_families[] = {
    &family_consul,
    &family_records,
    &family_foreign,
    NULL,
};
