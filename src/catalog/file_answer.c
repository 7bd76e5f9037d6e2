/* SPDX-License-Identifier: MIT */
/*
 * What a Consul that held the file would answer (seen on Consul 1.8): names of
 * services, nodes and tags match in any case, keys and datacenters don't;
 * `connect` pays no heed to the tag; there are no namespaces; near sorts
 * nothing, since a file has no coordinates.
 */
#include <stdlib.h>
#include <string.h>

#include "file_maker.h"
#include "weir/xalloc.h"

/* A map that is left out, or null, is nil. */
static const struct map *
string_map(struct maker *m, const json_t *object, const char *name)
{
	json_t *from = json_object_get(object, name), *value;
	size_t n = json_object_size(from), i = 0;
	const struct pstr **pairs;
	const struct map *map;
	const char *key;

	if (!json_is_object(from))
		return NULL;
	pairs = xcalloc(2 * n + 1, sizeof(*pairs));
	json_object_foreach (from, key, value) {
		pairs[i++] = intern_str(m->intern, str_of(key));
		pairs[i++] =
		    intern_str(m->intern, (struct str){json_string_value(value),
					      json_string_length(value)});
	}
	map = intern_map(m->intern, pairs, n);
	free(pairs);
	return map;
}

static struct list
strings(struct maker *m, const json_t *object, const char *name)
{
	json_t *from = json_object_get(object, name), *value;
	size_t n = json_array_size(from), i;
	struct str *all = xcalloc(n + 1, sizeof(*all));
	struct list list;

	json_array_foreach (from, i, value)
		all[i] = (struct str){
		    json_string_value(value), json_string_length(value)};
	list = intern_strs(m->intern, all, n);
	free(all);
	return list;
}

/* ---- checks ---- */

/* A duration in Go's notation; what is none counts as 0. */
static int64_t
duration(const json_t *object, const char *key)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9},
	    {"m", 60e9}, {"h", 3600e9}};
	const char *s = json_string_value(json_object_get(object, key));
	double total = 0;

	while (s && *s) {
		char *end;
		double n = strtod(s, &end);
		size_t len = strcspn(end, "0123456789."), i;

		for (i = 0; i < 6; i++)
			if (strlen(units[i].name) == len &&
			    !strncmp(units[i].name, end, len))
				break;
		if (end == s || i == 6)
			return 0;
		total += n * units[i].ns;
		s = end + len;
	}
	return total > -9e18 && total < 9e18 ? (int64_t)total : 0;
}

static const struct map *
header_map(struct maker *m, const json_t *definition)
{
	json_t *from = json_object_get(definition, "Header"), *values;
	static const struct type type = {.kind = KIND_MAP,
	    .name = "map[string][]string",
	    .key = &type_string,
	    .elem = &type_strings};
	struct map *map;
	const char *key;

	if (!json_is_object(from))
		return NULL;
	map = map_new(&m->answer->arena, &type);
	json_object_foreach (from, key, values) {
		struct list list = strings(m, from, key);

		map_put_str(map, arena_str(&m->answer->arena, str_of(key)),
		    value_slice(&type_strings, list.items, list.count));
	}
	return map;
}

static const struct check_definition *
check_definition(struct maker *m, const json_t *json)
{
	struct check_definition *d;

	if (json_object_size(json) == 0)
		return NULL;
	d = maker_record(m, sizeof(*d));
	d->http = maker_text(m, json, "HTTP");
	d->header = header_map(m, json);
	d->method = maker_text(m, json, "Method");
	d->body = maker_text(m, json, "Body");
	d->tls_server_name = maker_text(m, json, "TLSServerName");
	d->tcp = maker_text(m, json, "TCP");
	d->udp = maker_text(m, json, "UDP");
	d->grpc = maker_text(m, json, "GRPC");
	d->os_service = maker_text(m, json, "OSService");
	d->session_name = maker_text(m, json, "SessionName");
	d->tls_skip_verify =
	    json_is_true(json_object_get(json, "TLSSkipVerify"));
	d->tcp_use_tls = json_is_true(json_object_get(json, "TCPUseTLS"));
	d->grpc_use_tls = json_is_true(json_object_get(json, "GRPCUseTLS"));
	d->interval = duration(json, "Interval");
	d->timeout = duration(json, "Timeout");
	d->deregister = duration(json, "DeregisterCriticalServiceAfter");
	return d;
}

/* service NULL: a check of the node. */
static struct health_check *
make_check(struct maker *m, const struct file_node *node, const json_t *service,
    const json_t *json)
{
	struct health_check *c = maker_record(m, sizeof(*c));

	c->node = intern_str(m->intern, node->name);
	c->check_id = intern_str(m->intern, file_check_id(json));
	c->name = maker_text(m, json, "Name");
	c->status = json_is_string(json_object_get(json, "Status"))
			? maker_text(m, json, "Status")
			: intern_str(m->intern, STR("critical"));
	c->notes = maker_text(m, json, "Notes");
	c->output = maker_text(m, json, "Output");
	c->type = maker_text(m, json, "Type");
	c->exposed_port = (int32_t)maker_number(json, "ExposedPort", 0);
	c->definition =
	    check_definition(m, json_object_get(json, "Definition"));
	c->create_index = (uint64_t)maker_number(json, "CreateIndex", 0);
	c->modify_index = (uint64_t)maker_number(json, "ModifyIndex", 0);
	c->service_tags = strings(m, service, "Tags");
	if (service) {
		c->service_id = intern_str(m->intern, file_service_id(service));
		c->service_name = maker_text(m, service, "Service");
	}
	return c;
}

static int
compare_checks(const void *a, const void *b)
{
	const struct health_check *const *x = a, *const *y = b;

	return str_compare(
	    str_of_packed((*x)->check_id), str_of_packed((*y)->check_id));
}

/* The node's checks, then the service's, each by their ID. */
static struct list
make_checks(
    struct maker *m, const struct file_node *node, const json_t *service)
{
	json_t *of_node = json_object_get(node->json, "Checks");
	json_t *of_service = json_object_get(service, "Checks"), *json;
	size_t first = json_array_size(of_node);
	size_t second = json_array_size(of_service), i;
	struct health_check **all =
	    arena_array(&m->answer->arena, first + second, sizeof(*all));

	json_array_foreach (of_node, i, json)
		all[i] = make_check(m, node, NULL, json);
	json_array_foreach (of_service, i, json)
		all[first + i] = make_check(m, node, service, json);
	qsort(all, first, sizeof(*all), compare_checks);
	qsort(all + first, second, sizeof(*all), compare_checks);
	return (struct list){.items = all, .count = (uint32_t)(first + second)};
}

/* ---- services ---- */

static const struct map *
address_map(struct maker *m, const json_t *service)
{
	json_t *from = json_object_get(service, "TaggedAddresses"), *json;
	struct map *map;
	const char *key;

	if (!json_is_object(from))
		return NULL;
	map = map_new(&m->answer->arena, &type_service_addresses);
	json_object_foreach (from, key, json) {
		struct tagged_address *a = maker_record(m, sizeof(*a));

		a->address = maker_text(m, json, "Address");
		a->port = (int32_t)maker_number(json, "Port", 0);
		map_put_str(map, arena_str(&m->answer->arena, str_of(key)),
		    (struct value){.type = &type_service_address, .u.ptr = a});
	}
	return map;
}

/* Weights that are left out are 1; of an object, what is left out is 0. */
static struct weights
make_weights(const json_t *service)
{
	json_t *w = json_object_get(service, "Weights");
	int64_t otherwise = json_is_object(w) ? 0 : 1;

	return (struct weights){
	    .passing = (int32_t)maker_number(w, "Passing", otherwise),
	    .warning = (int32_t)maker_number(w, "Warning", otherwise)};
}

static struct health_service *
make_service(struct maker *m, const struct file_instance *i)
{
	struct health_service *s = maker_record(m, sizeof(*s));
	const json_t *node = i->node->json, *service = i->service;

	s->node = intern_str(m->intern, i->node->name);
	s->node_id = maker_text(m, node, "ID");
	s->node_address = maker_text(m, node, "Address");
	s->node_tagged_addresses = string_map(m, node, "TaggedAddresses");
	s->node_meta = string_map(m, node, "Meta");
	s->service_meta = string_map(m, service, "Meta");
	s->address = maker_text(m, service, "Address");
	s->service_tagged_addresses = address_map(m, service);
	s->id = intern_str(m->intern, file_service_id(service));
	s->name = maker_text(m, service, "Service");
	s->tags = strings(m, service, "Tags");
	s->checks = make_checks(m, i->node, service);
	s->port = (int32_t)maker_number(service, "Port", 0);
	s->weights = make_weights(service);
	return s;
}

static bool
has_tag(const json_t *service, struct str tag)
{
	json_t *tags = json_object_get(service, "Tags"), *t;
	char *wanted = file_lower(tag);
	bool found = tag.len == 0;
	size_t i;

	json_array_foreach (tags, i, t) {
		char *lower = file_lower(str_of(json_string_value(t)));

		found |= !strcmp(lower, wanted);
		free(lower);
	}
	free(wanted);
	return found;
}

static int
make_services(struct maker *m)
{
	bool is_connect = m->query->kind == QUERY_CONNECT;
	char *name = file_lower(m->query->name);
	const struct file_service *s = strmap_get(
	    is_connect ? &m->dc->by_target : &m->dc->by_service, str_of(name));
	size_t count = s ? s->count : 0, n = 0;
	struct health_service **all =
	    arena_array(&m->answer->arena, count, sizeof(*all));

	free(name);
	for (size_t i = 0; i < count; i++)
		if (is_connect ||
		    has_tag(s->instances[i].service, m->query->tag))
			all[n++] = make_service(m, &s->instances[i]);
	answer_shape_services(m->answer, m->query, all, n);
	return 0;
}

/* Adds a service and its tags to those that were seen. */
static void
add_name(struct strmap *names, struct str name, const json_t *list)
{
	struct strmap *tags = strmap_get(names, name);
	json_t *tag;
	size_t i;

	if (!tags) {
		tags = xcalloc(1, sizeof(*tags));
		strmap_put(names, name, tags);
	}
	json_array_foreach (list, i, tag) {
		struct str s = {
		    json_string_value(tag), json_string_length(tag)};

		strmap_put(tags, s, tags);
	}
}

/* Services that are only named, without instances. */
static void
add_named_services(struct maker *m, struct strmap *names)
{
	const char *name;
	json_t *list;

	json_object_foreach (
	    json_object_get(m->dc->json, "Services"), name, list)
		add_name(names, str_of(name), list);
}

static struct list
tag_list(struct maker *m, const struct strmap *tags)
{
	struct str *all = xcalloc(tags->count + 1, sizeof(*all));
	struct strmap_entry *e;
	struct list list;
	size_t n = 0;

	for (size_t i = 0; (e = strmap_next(tags, &i));)
		all[n++] = e->key;
	list = intern_strs(m->intern, all, n);
	free(all);
	return list;
}

/* Every spelling of a name is a service of its own here. */
static int
make_snippets(struct maker *m)
{
	struct strmap names = {0};
	struct strmap_entry *e;
	struct catalog_snippet **all;
	size_t n = 0;

	for (size_t i = 0; i < m->dc->node_count; i++) {
		const struct file_node *node = &m->dc->nodes[i];

		for (size_t k = 0; k < node->service_count; k++) {
			json_t *service = node->services[k];

			add_name(&names, file_str(service, "Service"),
			    json_object_get(service, "Tags"));
		}
	}
	add_named_services(m, &names);
	all = arena_array(&m->answer->arena, names.count, sizeof(*all));
	for (size_t i = 0; (e = strmap_next(&names, &i));) {
		struct catalog_snippet *s = maker_record(m, sizeof(*s));

		s->name = intern_str(m->intern, e->key);
		s->tags = tag_list(m, e->value);
		all[n++] = s;
		strmap_fini(e->value);
		free(e->value);
	}
	strmap_fini(&names);
	answer_shape_snippets(m->answer, all, n);
	return 0;
}

/* ---- nodes ---- */

static struct catalog_node *
make_node(struct maker *m, const struct file_node *node)
{
	struct catalog_node *n = maker_record(m, sizeof(*n));

	n->id = maker_text(m, node->json, "ID");
	n->node = intern_str(m->intern, node->name);
	n->address = maker_text(m, node->json, "Address");
	n->datacenter = intern_str(m->intern, m->dc->name);
	n->tagged_addresses = string_map(m, node->json, "TaggedAddresses");
	n->meta = string_map(m, node->json, "Meta");
	return n;
}

static int
make_nodes(struct maker *m)
{
	size_t n = m->dc->node_count;
	struct catalog_node **all =
	    arena_array(&m->answer->arena, n, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = make_node(m, &m->dc->nodes[i]);
	answer_shape_nodes(m->answer, m->query, all, n);
	return 0;
}

static struct node_service *
make_node_service(struct maker *m, const json_t *service)
{
	struct node_service *s = maker_record(m, sizeof(*s));

	s->id = intern_str(m->intern, file_service_id(service));
	s->service = maker_text(m, service, "Service");
	s->address = maker_text(m, service, "Address");
	s->tags = strings(m, service, "Tags");
	s->meta = string_map(m, service, "Meta");
	s->port = (int32_t)maker_number(service, "Port", 0);
	s->enable_tag_override =
	    json_is_true(json_object_get(service, "EnableTagOverride"));
	return s;
}

static int
make_node_detail(struct maker *m)
{
	struct node_detail *detail = maker_record(m, sizeof(*detail));
	struct str name = m->query->name;
	const struct file_node *node;
	struct node_service **services;
	char *lower;

	if (name.len == 0)
		name = m->file->dcs[0].agent;
	if (name.len == 0)
		return error_set(m->error, ERROR_DATA,
		    "the catalog file names no \"Agent\"");
	lower = file_lower(name);
	node = strmap_get(&m->dc->by_node, str_of(lower));
	free(lower);
	if (node) {
		services = arena_array(
		    &m->answer->arena, node->service_count, sizeof(*services));
		for (size_t i = 0; i < node->service_count; i++)
			services[i] = make_node_service(m, node->services[i]);
		detail->node = make_node(m, node);
		detail->services = (struct list){
		    .items = services, .count = (uint32_t)node->service_count};
	}
	answer_shape_node(m->answer, detail);
	return 0;
}

static int
make_datacenters(struct maker *m)
{
	size_t n = m->file->dc_count;
	struct str *all = arena_array(&m->answer->arena, n, sizeof(*all));

	for (size_t i = 0; i < n; i++)
		all[i] = m->file->dcs[i].name;
	answer_shape_strings(m->answer, all, n);
	return 0;
}

/* ---- the whole ---- */

static int
make_unknown(struct maker *m)
{
	return error_set(
	    m->error, ERROR_REMOTE, "Unexpected response code: 404 ()");
}

static int
make_absent(struct maker *m)
{
	return error_set(
	    m->error, ERROR_DATA, "a catalog file holds no such thing");
}

static int (*const makers[])(struct maker *) = {
    [QUERY_SERVICE] = make_services,
    [QUERY_CONNECT] = make_services,
    [QUERY_SERVICES] = make_snippets,
    [QUERY_NODE] = make_node_detail,
    [QUERY_NODES] = make_nodes,
    [QUERY_DATACENTERS] = make_datacenters,
    [QUERY_KEY] = maker_key,
    [QUERY_KEY_GET] = maker_key,
    [QUERY_KEY_LIST] = maker_pairs,
    [QUERY_CA_ROOTS] = make_absent,
    [QUERY_CA_LEAF] = make_absent,
    [QUERY_PARTITIONS] = make_unknown,
    [QUERY_PEERINGS] = make_unknown,
    [QUERY_EXPORTED] = make_unknown,
    [QUERY_IMPORTED] = make_unknown,
    [QUERY_FOREIGN] = make_absent,
};

static const struct file_dc *
find_dc(const struct catalog_file *f, struct str name)
{
	if (name.len == 0)
		return &f->dcs[0];
	for (size_t i = 0; i < f->dc_count; i++)
		if (str_equal(f->dcs[i].name, name))
			return &f->dcs[i];
	return NULL;
}

struct answer *
catalog_file_answer(
    const struct catalog_file *f, const struct query *q, struct error *e)
{
	struct maker m = {
	    .file = f, .dc = find_dc(f, q->datacenter), .query = q, .error = e};

	if (q->ns.len) {
		error_set(e, ERROR_REMOTE,
		    "Unexpected response code: 400 (Bad request: Invalid query "
		    "parameter: \"ns\" - Namespaces are a Consul Enterprise "
		    "feature)");
		return NULL;
	}
	if (!m.dc) {
		error_set(e, ERROR_REMOTE,
		    "Unexpected response code: 500 (No path to datacenter)");
		return NULL;
	}
	m.answer = answer_new();
	m.intern = intern_new(&m.answer->arena);
	if (makers[q->kind](&m) < 0)
		answer_unref(&m.answer);
	intern_free(&m.intern);
	return m.answer;
}
