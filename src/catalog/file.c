/* SPDX-License-Identifier: MIT */
/*
 * Loading a catalog file: read, parsed, checked, indexed. What is loaded never
 * changes; a file that changed is loaded anew beside the old one.
 */
#include "file.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "weir/file.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

struct str
file_str(const json_t *object, const char *key)
{
	const json_t *s = json_object_get(object, key);

	if (!json_is_string(s))
		return STR("");
	return (struct str){json_string_value(s), json_string_length(s)};
}

struct str
file_service_id(const json_t *service)
{
	struct str id = file_str(service, "ID");

	return id.len ? id : file_str(service, "Service");
}

struct str
file_check_id(const json_t *check)
{
	struct str id = file_str(check, "CheckID");

	return id.len ? id : file_str(check, "Name");
}

char *
file_lower(struct str s)
{
	struct buf out = {0};

	while (s.len) {
		utf8proc_int32_t rune;
		utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)s.ptr,
			(utf8proc_ssize_t)s.len, &rune);

		if (n < 1) {
			buf_char(&out, *s.ptr);
			n = 1;
		} else {
			buf_rune(&out, (uint32_t)utf8proc_tolower(rune));
		}
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return buf_take(&out, NULL);
}

/* ---- indexes ---- */

static int
compare_nodes(const void *a, const void *b)
{
	const struct file_node *x = a, *y = b;
	char *p = file_lower(x->name), *q = file_lower(y->name);
	int c = str_compare(str_of(p), str_of(q));

	free(p);
	free(q);
	return c;
}

static int
compare_services(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;

	return str_compare(file_service_id(*x), file_service_id(*y));
}

static int
compare_keys(const void *a, const void *b)
{
	const struct file_key *x = a, *y = b;

	return str_compare(x->path, y->path);
}

static void
index_service(struct strmap *map, struct str name, const struct file_node *node,
    json_t *service)
{
	char *lower = file_lower(name);
	struct file_service *s = strmap_get(map, str_of(lower));

	if (!s) {
		s = xcalloc(1, sizeof(*s));
		strmap_put(map, str_of(lower), s);
	}
	free(lower);
	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 4;
		s->instances =
		    xrealloc(s->instances, s->room, sizeof(*s->instances));
	}
	s->instances[s->count++] = (struct file_instance){node, service};
}

static void
index_services(struct file_dc *dc, struct file_node *node, struct arena *arena)
{
	json_t *list = json_object_get(node->json, "Services"), *service;
	size_t i;

	node->services =
	    arena_array(arena, json_array_size(list), sizeof(json_t *));
	json_array_foreach (list, i, service)
		node->services[i] = service;
	node->service_count = json_array_size(list);
	qsort(node->services, node->service_count, sizeof(json_t *),
	    compare_services);
	for (i = 0; i < node->service_count; i++) {
		struct str name, target;

		service = node->services[i];
		name = file_str(service, "Service");
		target = file_str(json_object_get(service, "Proxy"),
		    "DestinationServiceName");
		index_service(&dc->by_service, name, node, service);
		if (json_is_true(json_object_get(
			json_object_get(service, "Connect"), "Native")))
			index_service(&dc->by_target, name, node, service);
		else if (target.len &&
			 str_is(file_str(service, "Kind"), "connect-proxy"))
			index_service(&dc->by_target, target, node, service);
	}
}

static void
index_nodes(struct file_dc *dc, json_t *list, struct arena *arena)
{
	json_t *json;
	size_t i;

	dc->node_count = json_array_size(list);
	dc->nodes = arena_array(arena, dc->node_count, sizeof(*dc->nodes));
	json_array_foreach (list, i, json) {
		dc->nodes[i].json = json;
		dc->nodes[i].name = file_str(json, "Node");
	}
	qsort(dc->nodes, dc->node_count, sizeof(*dc->nodes), compare_nodes);
	for (i = 0; i < dc->node_count; i++) {
		char *lower = file_lower(dc->nodes[i].name);

		strmap_put(&dc->by_node, str_of(lower), &dc->nodes[i]);
		free(lower);
		index_services(dc, &dc->nodes[i], arena);
	}
}

static void
index_keys(struct file_dc *dc, json_t *keys, struct arena *arena)
{
	const char *path;
	json_t *value;
	size_t i = 0;

	dc->key_count = json_object_size(keys);
	dc->keys = arena_array(arena, dc->key_count, sizeof(*dc->keys));
	json_object_foreach (keys, path, value)
		dc->keys[i++] = (struct file_key){str_of(path), value};
	qsort(dc->keys, dc->key_count, sizeof(*dc->keys), compare_keys);
}

static void
index_dc(struct file_dc *dc, json_t *json, struct arena *arena)
{
	dc->json = json;
	dc->name = file_str(json, "Datacenter");
	if (dc->name.len == 0)
		dc->name = STR("dc1");
	dc->agent = file_str(json, "Agent");
	index_nodes(dc, json_object_get(json, "Nodes"), arena);
	index_keys(dc, json_object_get(json, "KV"), arena);
}

static void
index_file(struct catalog_file *f)
{
	json_t *remote = json_object_get(f->root, "Remote"), *dc;
	size_t i;

	f->dc_count = 1 + json_array_size(remote);
	f->dcs = arena_array(&f->arena, f->dc_count, sizeof(*f->dcs));
	index_dc(&f->dcs[0], f->root, &f->arena);
	json_array_foreach (remote, i, dc)
		index_dc(&f->dcs[i + 1], dc, &f->arena);
}

/* ---- loading ---- */

/* jansson says on which line; the column is made of its byte position. */
static int
fail_syntax(
    const json_error_t *je, struct str text, const char *path, struct error *e)
{
	size_t at = je->position > 0 ? (size_t)je->position : 0, start;

	if (at > text.len)
		at = text.len;
	start = at;
	while (start > 0 && text.ptr[start - 1] != '\n')
		start--;
	error_set(e, ERROR_DATA, "%s", je->text);
	error_at(e, path, je->line > 0 ? je->line : 1, (int)(at - start));
	error_quote(e, text.ptr, text.len);
	return -1;
}

static int
read_text(const char *path, struct buf *text, struct error *e)
{
	int rc = file_read(path, LIMIT_CATALOG_BYTES, text, e);

	if (rc > 0)
		return error_set(e, ERROR_IO, "%s: no such file", path);
	return rc;
}

struct catalog_file *
catalog_file_load(const char *path, struct error *e)
{
	struct catalog_file *f = NULL;
	struct buf text = {0};
	json_error_t je;
	json_t *root;

	if (read_text(path, &text, e) < 0)
		goto out;
	root = json_loadb(text.ptr ? text.ptr : "", text.len,
	    JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &je);
	if (!root) {
		fail_syntax(&je, buf_as_str(&text), path, e);
		goto out;
	}
	if (file_check(root, buf_as_str(&text), path, e) < 0) {
		json_decref(root);
		goto out;
	}
	f = xcalloc(1, sizeof(*f));
	f->root = root;
	index_file(f);
out:
	buf_fini(&text);
	return f;
}

static void
free_services(struct strmap *map)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(map, &i));) {
		struct file_service *s = e->value;

		free(s->instances);
		free(s);
	}
	strmap_fini(map);
}

void
catalog_file_free(struct catalog_file **fp)
{
	struct catalog_file *f = *fp;

	if (!f)
		return;
	for (size_t i = 0; i < f->dc_count; i++) {
		strmap_fini(&f->dcs[i].by_node);
		free_services(&f->dcs[i].by_service);
		free_services(&f->dcs[i].by_target);
	}
	arena_fini(&f->arena);
	json_decref(f->root);
	free(f);
	*fp = NULL;
}

struct str
catalog_file_agent(const struct catalog_file *f)
{
	return f->dcs[0].agent;
}

struct str
catalog_file_datacenter(const struct catalog_file *f)
{
	return f->dcs[0].name;
}
