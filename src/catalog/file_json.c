/* SPDX-License-Identifier: MIT */
/*
 * Records as JSON, in Consul's names. What has its default is left out; an
 * empty map is not, since it differs from none.
 */
#include "file_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "weir/xalloc.h"

bool
json_is_text(struct str s)
{
	while (s.len) {
		utf8proc_int32_t rune;
		utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)s.ptr,
			(utf8proc_ssize_t)s.len, &rune);

		if (n < 1)
			return false;
		s.ptr += n;
		s.len -= (size_t)n;
	}
	return true;
}

/* JSON holds no other text than UTF-8: other bytes become U+FFFD. */
json_t *
json_of_str(struct str s)
{
	struct buf b = {0};
	json_t *json;

	while (!json_is_text(s)) {
		utf8proc_int32_t rune;
		utf8proc_ssize_t n =
		    utf8proc_iterate((const utf8proc_uint8_t *)s.ptr,
			(utf8proc_ssize_t)s.len, &rune);

		buf_rune(&b, n < 1 ? 0xfffd : (uint32_t)rune);
		s.ptr += n < 1 ? 1 : n;
		s.len -= n < 1 ? 1 : (size_t)n;
	}
	buf_str(&b, s);
	json = json_stringn(b.ptr ? b.ptr : "", b.len);
	buf_fini(&b);
	return json;
}

/* The field, unless it is empty, which is its default. */
void
json_put_text(json_t *object, const char *key, const struct pstr *p)
{
	if (p && p->len)
		json_object_set_new(object, key, json_of_str(str_of_packed(p)));
}

void
json_put_number(json_t *object, const char *key, uint64_t n)
{
	if (n && n <= INT64_MAX)
		json_object_set_new(object, key, json_integer((json_int_t)n));
}

/* An empty map differs from one that is left out. */
static void
put_map(json_t *object, const char *key, const struct map *map,
    json_t *(*json_of)(const struct value *))
{
	json_t *to;

	if (!map)
		return;
	to = json_object();
	for (size_t i = 0; i < map_count(map); i++) {
		struct map_entry e = map_at(map, i);
		char *name = xstrndup(value_as_str(&e.key).ptr, e.key.len);

		json_object_set_new(to, name, json_of(&e.value));
		free(name);
	}
	json_object_set_new(object, key, to);
}

static json_t *
json_of_text(const struct value *v)
{
	return json_of_str(value_as_str(v));
}

void
json_put_map(json_t *object, const char *key, const struct map *map)
{
	put_map(object, key, map, json_of_text);
}

json_t *
json_of_strings(const struct list *list)
{
	const struct str *items = list->items;
	json_t *to = json_array();

	for (uint32_t i = 0; i < list->count; i++)
		json_array_append_new(to, json_of_str(items[i]));
	return to;
}

static json_t *
json_of_address(const struct value *v)
{
	const struct tagged_address *a = v->u.ptr;
	json_t *to = json_object();

	json_put_text(to, "Address", a->address);
	json_put_number(to, "Port", (uint64_t)a->port);
	return to;
}

void
json_put_addresses(json_t *object, const struct map *map)
{
	put_map(object, "TaggedAddresses", map, json_of_address);
}

static void
put_duration(json_t *object, const char *key, int64_t ns)
{
	char text[32];

	if (!ns)
		return;
	snprintf(text, sizeof(text), "%lldns", (long long)ns);
	json_object_set_new(object, key, json_string(text));
}

void
json_put_flag(json_t *object, const char *key, bool b)
{
	if (b)
		json_object_set_new(object, key, json_true());
}

static json_t *
json_of_texts(const struct value *v)
{
	const struct list list = {.items = v->u.items, .count = v->len};

	return json_of_strings(&list);
}

static void
put_definition(json_t *check, const struct check_definition *d)
{
	json_t *to = json_object();

	json_put_text(to, "HTTP", d->http);
	put_map(to, "Header", d->header, json_of_texts);
	json_put_text(to, "Method", d->method);
	json_put_text(to, "Body", d->body);
	json_put_text(to, "TLSServerName", d->tls_server_name);
	json_put_flag(to, "TLSSkipVerify", d->tls_skip_verify);
	json_put_text(to, "TCP", d->tcp);
	json_put_flag(to, "TCPUseTLS", d->tcp_use_tls);
	json_put_text(to, "UDP", d->udp);
	json_put_text(to, "GRPC", d->grpc);
	json_put_text(to, "OSService", d->os_service);
	json_put_text(to, "SessionName", d->session_name);
	json_put_flag(to, "GRPCUseTLS", d->grpc_use_tls);
	put_duration(to, "Interval", d->interval);
	put_duration(to, "Timeout", d->timeout);
	put_duration(to, "DeregisterCriticalServiceAfter", d->deregister);
	if (json_object_size(to))
		json_object_set(check, "Definition", to);
	json_decref(to);
}

json_t *
json_of_check(const struct health_check *c)
{
	json_t *to = json_object();

	json_object_set_new(
	    to, "CheckID", json_of_str(str_of_packed(c->check_id)));
	json_put_text(to, "Name", c->name);
	json_object_set_new(
	    to, "Status", json_of_str(str_of_packed(c->status)));
	json_put_text(to, "Notes", c->notes);
	json_put_text(to, "Output", c->output);
	json_put_text(to, "Type", c->type);
	json_put_number(to, "ExposedPort", (uint64_t)c->exposed_port);
	put_definition(to, c->definition);
	json_put_number(to, "CreateIndex", c->create_index);
	json_put_number(to, "ModifyIndex", c->modify_index);
	return to;
}
