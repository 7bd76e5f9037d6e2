/* SPDX-License-Identifier: MIT */
/*
 * Answers as a catalog file. Several answers tell of one node: what a `service`
 * says of an instance, checks and all, goes before what `node` says of it. An
 * instance that only `node` named was left out of every answer with checks; it
 * gets a check of unknown status, which keeps it out of them again.
 */
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "file_json.h"
#include "record.h"
#include "weir/base64.h"
#include "weir/xalloc.h"

struct entry {
	struct query *query;
	struct answer *answer;
};

struct catalog_writer {
	struct entry *entries;
	size_t count, room;
};

struct written_service {
	json_t *json;
	bool is_whole; /* its checks are known */
};

struct written_node {
	json_t *json;
	struct strmap services; /* ID → struct written_service */
	struct strmap checks;   /* ID → json_t */
};

struct written_dc {
	struct str name;     /* empty: the local one, its name is not known */
	struct strmap nodes; /* name → struct written_node */
	struct strmap names; /* service → json_t, list of tags */
	struct strmap keys;  /* path → json_t */
};

/* A document on the way; the first datacenter is the local one. */
struct document {
	struct written_dc *dcs;
	size_t count;
};

struct catalog_writer *
catalog_writer_new(void)
{
	return xcalloc(1, sizeof(struct catalog_writer));
}

void
catalog_writer_free(struct catalog_writer **wp)
{
	struct catalog_writer *w = *wp;

	if (!w)
		return;
	for (size_t i = 0; i < w->count; i++) {
		query_free(&w->entries[i].query);
		answer_unref(&w->entries[i].answer);
	}
	free(w->entries);
	free(w);
	*wp = NULL;
}

void
catalog_writer_add(
    struct catalog_writer *w, const struct query *q, struct answer *a)
{
	if (w->count == w->room) {
		w->room = w->room ? w->room * 2 : 16;
		w->entries = xrealloc(w->entries, w->room, sizeof(*w->entries));
	}
	w->entries[w->count++] = (struct entry){query_copy(q), answer_ref(a)};
}

/* ---- nodes and services ---- */

static struct written_node *
take_node(struct written_dc *dc, const struct pstr *name)
{
	struct written_node *n = strmap_get(&dc->nodes, str_of_packed(name));

	if (n)
		return n;
	n = xcalloc(1, sizeof(*n));
	n->json = json_object();
	json_put_text(n->json, "Node", name);
	strmap_put(&dc->nodes, str_of_packed(name), n);
	return n;
}

static struct written_service *
take_service(struct written_node *n, const struct pstr *id)
{
	struct written_service *s = strmap_get(&n->services, str_of_packed(id));

	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->json = json_object();
	strmap_put(&n->services, str_of_packed(id), s);
	return s;
}

static void
put_node(struct written_node *n, const struct pstr *id,
    const struct pstr *address, const struct map *tagged,
    const struct map *meta)
{
	json_put_text(n->json, "ID", id);
	json_put_text(n->json, "Address", address);
	json_put_map(n->json, "TaggedAddresses", tagged);
	json_put_map(n->json, "Meta", meta);
}

/* The proxy stands for the name that was asked; a native service is itself. */
static void
put_connect(json_t *json, struct str asked, const struct pstr *name)
{
	char *lower = file_lower(asked), *own = file_lower(str_of_packed(name));

	if (!strcmp(lower, own)) {
		json_object_set_new(
		    json, "Connect", json_pack("{s:b}", "Native", 1));
	} else {
		json_t *proxy = json_object();

		json_object_set_new(json, "Kind", json_string("connect-proxy"));
		json_object_set_new(
		    proxy, "DestinationServiceName", json_of_str(asked));
		json_object_set_new(json, "Proxy", proxy);
	}
	free(lower);
	free(own);
}

/* Gives the checks to the node and to the service; returns the service's tags
 * in Consul's order, if a check has them. */
static struct list
put_checks(
    struct written_node *n, json_t *service, const struct health_service *s)
{
	const void *const *checks = s->checks.items;
	struct list tags = s->tags;
	json_t *list = json_array();

	for (uint32_t i = 0; i < s->checks.count; i++) {
		struct health_check c;
		struct str id;

		health_check_read(checks[i], &c);
		id = str_of_packed(c.check_id);
		if (c.service_id) {
			json_array_append_new(list, json_of_check(&c));
			tags = c.service_tags;
		} else if (!strmap_has(&n->checks, id)) {
			strmap_put(&n->checks, id, json_of_check(&c));
		}
	}
	json_object_set_new(service, "Checks", list);
	return tags;
}

static void
add_instance(struct written_dc *dc, const struct query *q,
    const struct health_service *s)
{
	struct written_node *n = take_node(dc, s->node);
	struct written_service *to = take_service(n, s->id);
	json_t *weights = json_object(), *json = to->json;
	struct list tags;

	put_node(n, s->node_id, s->node_address, s->node_tagged_addresses,
	    s->node_meta);
	if (q->kind == QUERY_CONNECT)
		put_connect(json, q->name, s->name);
	if (to->is_whole) {
		json_decref(weights);
		return;
	}
	to->is_whole = true;
	json_put_text(json, "ID", s->id);
	json_put_text(json, "Service", s->name);
	/* An address that is the node's is what an absent one becomes. */
	if (!str_equal(
		str_of_packed(s->address), str_of_packed(s->node_address)))
		json_put_text(json, "Address", s->address);
	json_put_addresses(json, s->service_tagged_addresses);
	json_put_map(json, "Meta", s->service_meta);
	json_put_number(json, "Port", (uint64_t)s->port);
	json_object_set_new(
	    weights, "Passing", json_integer(s->weights.passing));
	json_object_set_new(
	    weights, "Warning", json_integer(s->weights.warning));
	json_object_set_new(json, "Weights", weights);
	tags = put_checks(n, json, s);
	json_object_set_new(json, "Tags", json_of_strings(&tags));
}

static void
add_instances(struct document *d, struct written_dc *dc, const struct entry *e)
{
	const void *const *all = e->answer->value.u.items;

	(void)d;
	for (uint32_t i = 0; i < e->answer->value.len; i++) {
		struct health_service s;

		health_service_read(all[i], &s);
		add_instance(dc, e->query, &s);
	}
}

static void
add_node_service(struct written_node *n, const struct node_service *s)
{
	struct written_service *to = take_service(n, s->id);
	json_t *json = to->json;

	json_put_text(json, "Address", s->address);
	json_put_flag(json, "EnableTagOverride", s->enable_tag_override);
	if (to->is_whole)
		return;
	json_put_text(json, "ID", s->id);
	json_put_text(json, "Service", s->service);
	json_put_map(json, "Meta", s->meta);
	json_put_number(json, "Port", (uint64_t)s->port);
	json_object_set_new(json, "Tags", json_of_strings(&s->tags));
	json_object_set_new(json, "Checks",
	    json_pack("[{s:s,s:s,s:s}]", "CheckID", "weir:unrecorded", "Name",
		"no template asked for its checks", "Status", "unknown"));
	to->is_whole = true;
}

static void
add_node_detail(
    struct document *d, struct written_dc *dc, const struct entry *e)
{
	const struct node_detail *detail = e->answer->value.u.ptr;
	const struct node_service *const *all;
	struct written_node *n;

	(void)d;
	if (!detail->node)
		return;
	n = take_node(dc, detail->node->node);
	put_node(n, detail->node->id, detail->node->address,
	    detail->node->tagged_addresses, detail->node->meta);
	all = detail->services.items;
	for (uint32_t i = 0; i < detail->services.count; i++)
		add_node_service(n, all[i]);
}

static void
add_nodes(struct document *d, struct written_dc *dc, const struct entry *e)
{
	const struct catalog_node *const *all = e->answer->value.u.items;

	(void)d;
	for (uint32_t i = 0; i < e->answer->value.len; i++)
		put_node(take_node(dc, all[i]->node), all[i]->id,
		    all[i]->address, all[i]->tagged_addresses, all[i]->meta);
}

/* ---- names, keys, datacenters ---- */

static void
replace(struct strmap *map, struct str key, json_t *json)
{
	json_decref(strmap_put(map, key, json));
}

static void
add_names(struct document *d, struct written_dc *dc, const struct entry *e)
{
	const struct catalog_snippet *const *all = e->answer->value.u.items;

	(void)d;
	for (uint32_t i = 0; i < e->answer->value.len; i++)
		replace(&dc->names, str_of_packed(all[i]->name),
		    json_of_strings(&all[i]->tags));
}

/* Text as it is, all else in base64. */
static json_t *
make_key_value(struct str s)
{
	struct buf b = {0};
	json_t *json;

	if (json_is_text(s))
		return json_of_str(s);
	base64_encode(&b, s, false);
	json = json_object();
	json_object_set_new(json, "Base64", json_of_str(buf_as_str(&b)));
	buf_fini(&b);
	return json;
}

static void
add_key(struct document *d, struct written_dc *dc, const struct entry *e)
{
	char *clean = xmalloc(e->query->name.len + 1);
	struct str path = file_clean_path(clean, e->query->name);

	(void)d;
	/* What a list says of a key is more than its value. */
	if (e->answer->value.type && !strmap_has(&dc->keys, path))
		replace(&dc->keys, path,
		    make_key_value(value_as_str(&e->answer->value)));
	free(clean);
}

static json_t *
make_pair(const struct key_pair *p)
{
	json_t *value = make_key_value(str_of_packed(p->value)), *object;

	if (!p->flags && !p->lock_index && !p->create_index &&
	    !p->modify_index && (!p->session || !p->session->len))
		return value;
	if (json_is_object(value)) {
		object = value;
	} else {
		object = json_object();
		json_object_set_new(object, "Value", value);
	}
	json_put_number(object, "Flags", p->flags);
	json_put_number(object, "LockIndex", p->lock_index);
	json_put_text(object, "Session", p->session);
	json_put_number(object, "CreateIndex", p->create_index);
	json_put_number(object, "ModifyIndex", p->modify_index);
	return object;
}

static void
add_pairs(struct document *d, struct written_dc *dc, const struct entry *e)
{
	const struct key_pair *const *all = e->answer->value.u.items;

	(void)d;
	for (uint32_t i = 0; i < e->answer->value.len; i++)
		replace(
		    &dc->keys, str_of_packed(all[i]->path), make_pair(all[i]));
}

static struct written_dc *
take_dc(struct document *d, struct str name)
{
	if (name.len == 0)
		return &d->dcs[0];
	for (size_t i = 0; i < d->count; i++)
		if (str_equal(d->dcs[i].name, name))
			return &d->dcs[i];
	d->dcs = xrealloc(d->dcs, d->count + 1, sizeof(*d->dcs));
	d->dcs[d->count] = (struct written_dc){.name = name};
	return &d->dcs[d->count++];
}

static void
add_datacenters(
    struct document *d, struct written_dc *dc, const struct entry *e)
{
	const struct str *names = e->answer->value.u.items;

	(void)dc;
	for (uint32_t i = 0; i < e->answer->value.len; i++)
		take_dc(d, names[i]);
}

/* ---- the document ---- */

/* In this order: what says more of a thing comes first. */
static const struct {
	enum query_kind kind;
	void (*add)(
	    struct document *, struct written_dc *, const struct entry *);
} adders[] = {
    {QUERY_SERVICE, add_instances},
    {QUERY_CONNECT, add_instances},
    {QUERY_NODE, add_node_detail},
    {QUERY_NODES, add_nodes},
    {QUERY_SERVICES, add_names},
    {QUERY_KEY_LIST, add_pairs},
    {QUERY_KEY, add_key},
    {QUERY_KEY_GET, add_key},
    {QUERY_DATACENTERS, add_datacenters},
};

/* The entry of a map, in order of its key. */
static int
compare_entries(const void *a, const void *b)
{
	const struct strmap_entry *const *x = a, *const *y = b;

	return str_compare((*x)->key, (*y)->key);
}

/* The caller frees. */
static struct strmap_entry **
sorted(const struct strmap *map)
{
	struct strmap_entry **all = xcalloc(map->count + 1, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; (all[n] = strmap_next(map, &i));)
		n++;
	qsort(all, n, sizeof(struct strmap_entry *), compare_entries);
	return all;
}

/* Moves the JSON values of the map into a list or an object. */
static json_t *
drain(struct strmap *map, json_t *to)
{
	struct strmap_entry **all = sorted(map);

	for (size_t i = 0; i < map->count; i++) {
		if (json_is_array(to))
			json_array_append_new(to, all[i]->value);
		else
			json_object_set_new(to, all[i]->key.ptr, all[i]->value);
	}
	free(all);
	strmap_fini(map);
	return to;
}

static json_t *
finish_node(struct written_node *n)
{
	struct strmap_entry **all = sorted(&n->services);
	json_t *services = json_array(), *json = n->json;

	json_object_set_new(json, "Checks", drain(&n->checks, json_array()));
	for (size_t i = 0; i < n->services.count; i++) {
		struct written_service *s = all[i]->value;

		json_array_append_new(services, s->json);
		free(s);
	}
	json_object_set_new(json, "Services", services);
	free(all);
	strmap_fini(&n->services);
	free(n);
	return json;
}

static json_t *
finish_dc(struct written_dc *dc, struct str name, struct str agent)
{
	json_t *json = json_object(), *nodes = json_array();
	struct strmap_entry **all = sorted(&dc->nodes);

	if (name.len)
		json_object_set_new(json, "Datacenter", json_of_str(name));
	if (agent.len)
		json_object_set_new(json, "Agent", json_of_str(agent));
	for (size_t i = 0; i < dc->nodes.count; i++)
		json_array_append_new(nodes, finish_node(all[i]->value));
	free(all);
	strmap_fini(&dc->nodes);
	json_object_set_new(json, "Nodes", nodes);
	if (dc->names.count)
		json_object_set_new(
		    json, "Services", drain(&dc->names, json_object()));
	json_object_set_new(json, "KV", drain(&dc->keys, json_object()));
	return json;
}

static struct str
agent_of(const struct catalog_writer *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct entry *e = &w->entries[i];
		const struct node_detail *detail = e->answer->value.u.ptr;

		if (e->query->kind == QUERY_NODE && !e->query->name.len &&
		    !e->query->datacenter.len && detail->node)
			return str_of_packed(detail->node->node);
	}
	return STR("");
}

/* The local datacenter's name, as the nodes of its answers have it. */
static struct str
datacenter_of(const struct catalog_writer *w)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct entry *e = &w->entries[i];
		const struct catalog_node *const *nodes =
		    e->answer->value.u.items;
		const struct node_detail *detail = e->answer->value.u.ptr;

		if (e->query->datacenter.len)
			continue;
		if (e->query->kind == QUERY_NODES && e->answer->value.len)
			return str_of_packed(nodes[0]->datacenter);
		if (e->query->kind == QUERY_NODE && detail->node)
			return str_of_packed(detail->node->datacenter);
	}
	return STR("");
}

static json_t *
make_document(
    const struct catalog_writer *w, struct str agent, struct str datacenter)
{
	struct document d = {.count = 1};
	json_t *root, *remote = json_array();

	d.dcs = xcalloc(1, sizeof(*d.dcs));
	d.dcs[0].name = datacenter;
	for (size_t k = 0; k < sizeof(adders) / sizeof(adders[0]); k++)
		for (size_t i = 0; i < w->count; i++) {
			const struct entry *e = &w->entries[i];

			if (e->query->kind == adders[k].kind)
				adders[k].add(
				    &d, take_dc(&d, e->query->datacenter), e);
		}
	root = finish_dc(&d.dcs[0], datacenter, agent);
	for (size_t i = 1; i < d.count; i++)
		json_array_append_new(
		    remote, finish_dc(&d.dcs[i], d.dcs[i].name, STR("")));
	if (json_array_size(remote))
		json_object_set(root, "Remote", remote);
	json_decref(remote);
	free(d.dcs);
	return root;
}

static int
put_bytes(const char *bytes, size_t n, void *out)
{
	buf_put(out, bytes, n);
	return 0;
}

void
catalog_writer_print(const struct catalog_writer *w, struct str agent,
    struct str datacenter, struct buf *out)
{
	json_t *root;

	if (!agent.len)
		agent = agent_of(w);
	if (!datacenter.len)
		datacenter = datacenter_of(w);
	root = make_document(w, agent, datacenter);
	json_dump_callback(root, put_bytes, out, JSON_INDENT(1));
	buf_char(out, '\n');
	json_decref(root);
}
