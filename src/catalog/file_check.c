/* SPDX-License-Identifier: MIT */
/*
 * The shape of a catalog file: a table of the fields that there are, in
 * Consul's names. What is not in it is refused, since a misspelt field would
 * otherwise be a server less without a word. Fields of Consul's answers that
 * templates cannot see are known too, so that an answer can be pasted in.
 */
#include <string.h>

#include "file.h"
#include "weir/base64.h"
#include "weir/template.h"

enum shape {
	SHAPE_ANY,
	SHAPE_STRING,
	SHAPE_INTEGER, /* 32 bits */
	SHAPE_INDEX,   /* 64 bits, not negative */
	SHAPE_BOOLEAN,
	SHAPE_STRINGS,
	SHAPE_STRING_MAP,
	SHAPE_OBJECT,
	SHAPE_OPEN, /* an object that may hold more than we know */
	SHAPE_OBJECTS,
	SHAPE_OBJECT_MAP,
	SHAPE_LIST_MAP, /* name → list of strings */
	SHAPE_KEYS
};

struct rule {
	const char *name;
	enum shape shape;
	const struct rule *inner; /* ends with a NULL name */
	bool is_needed;
};

#define IGNORED(field)                            \
	{                                         \
		.name = field, .shape = SHAPE_ANY \
	}
#define INDEXES                                    \
	{.name = "CreateIndex", SHAPE_INDEX},      \
	{                                          \
		.name = "ModifyIndex", SHAPE_INDEX \
	}
#define TENANCY \
	IGNORED("Namespace"), IGNORED("Partition"), IGNORED("PeerName"), INDEXES

static const struct rule definition_rules[] = {
    {.name = "HTTP", SHAPE_STRING},
    {.name = "Method", SHAPE_STRING},
    {.name = "Body", SHAPE_STRING},
    {.name = "TLSServerName", SHAPE_STRING},
    {.name = "TCP", SHAPE_STRING},
    {.name = "UDP", SHAPE_STRING},
    {.name = "GRPC", SHAPE_STRING},
    {.name = "OSService", SHAPE_STRING},
    {.name = "SessionName", SHAPE_STRING},
    {.name = "TLSSkipVerify", SHAPE_BOOLEAN},
    {.name = "TCPUseTLS", SHAPE_BOOLEAN},
    {.name = "GRPCUseTLS", SHAPE_BOOLEAN},
    {.name = "Interval", SHAPE_STRING},
    {.name = "Timeout", SHAPE_STRING},
    {.name = "DeregisterCriticalServiceAfter", SHAPE_STRING},
    {0},
};

static const struct rule check_rules[] = {
    {.name = "CheckID", SHAPE_STRING},
    {.name = "Name", SHAPE_STRING},
    {.name = "Status", SHAPE_STRING},
    {.name = "Notes", SHAPE_STRING},
    {.name = "Output", SHAPE_STRING},
    {.name = "Type", SHAPE_STRING},
    {.name = "ExposedPort", SHAPE_INTEGER},
    {.name = "Definition", SHAPE_OPEN, definition_rules},
    IGNORED("Node"),
    IGNORED("ServiceID"),
    IGNORED("ServiceName"),
    IGNORED("ServiceTags"),
    IGNORED("Interval"),
    IGNORED("Timeout"),
    TENANCY,
    {0},
};

static const struct rule weights_rules[] = {
    {.name = "Passing", SHAPE_INTEGER},
    {.name = "Warning", SHAPE_INTEGER},
    {0},
};

static const struct rule address_rules[] = {
    {.name = "Address", SHAPE_STRING},
    {.name = "Port", SHAPE_INTEGER},
    {0},
};

static const struct rule proxy_rules[] = {
    {.name = "DestinationServiceName", SHAPE_STRING},
    {0},
};

static const struct rule connect_rules[] = {
    {.name = "Native", SHAPE_BOOLEAN},
    {0},
};

static const struct rule service_rules[] = {
    {.name = "Service", SHAPE_STRING, .is_needed = true},
    {.name = "ID", SHAPE_STRING},
    {.name = "Kind", SHAPE_STRING},
    {.name = "Tags", SHAPE_STRINGS},
    {.name = "Address", SHAPE_STRING},
    {.name = "TaggedAddresses", SHAPE_OBJECT_MAP, address_rules},
    {.name = "Meta", SHAPE_STRING_MAP},
    {.name = "Port", SHAPE_INTEGER},
    {.name = "Weights", SHAPE_OBJECT, weights_rules},
    {.name = "EnableTagOverride", SHAPE_BOOLEAN},
    {.name = "Proxy", SHAPE_OPEN, proxy_rules},
    {.name = "Connect", SHAPE_OPEN, connect_rules},
    {.name = "Checks", SHAPE_OBJECTS, check_rules},
    IGNORED("SocketPath"),
    IGNORED("Datacenter"),
    IGNORED("Locality"),
    TENANCY,
    {0},
};

static const struct rule node_rules[] = {
    {.name = "Node", SHAPE_STRING, .is_needed = true},
    {.name = "ID", SHAPE_STRING},
    {.name = "Address", SHAPE_STRING},
    {.name = "TaggedAddresses", SHAPE_STRING_MAP},
    {.name = "Meta", SHAPE_STRING_MAP},
    {.name = "Checks", SHAPE_OBJECTS, check_rules},
    {.name = "Services", SHAPE_OBJECTS, service_rules},
    IGNORED("Datacenter"),
    IGNORED("Locality"),
    TENANCY,
    {0},
};

static const struct rule remote_rules[] = {
    {.name = "Datacenter", SHAPE_STRING, .is_needed = true},
    {.name = "Agent", SHAPE_STRING},
    {.name = "Nodes", SHAPE_OBJECTS, node_rules},
    {.name = "Services", SHAPE_LIST_MAP},
    {.name = "KV", SHAPE_KEYS},
    {0},
};

static const struct rule root_rules[] = {
    {.name = "Datacenter", SHAPE_STRING},
    {.name = "Agent", SHAPE_STRING},
    {.name = "Nodes", SHAPE_OBJECTS, node_rules},
    {.name = "Services", SHAPE_LIST_MAP},
    {.name = "KV", SHAPE_KEYS},
    {.name = "Remote", SHAPE_OBJECTS, remote_rules},
    {0},
};

/* A key whose value is no text, or that has more than a value. */
static const struct rule key_rules[] = {
    {.name = "Value", SHAPE_STRING},
    {.name = "Base64", SHAPE_STRING},
    {.name = "Flags", SHAPE_INDEX},
    {.name = "LockIndex", SHAPE_INDEX},
    {.name = "Session", SHAPE_STRING},
    INDEXES,
    {0},
};

struct checker {
	struct str text;
	const char *path;
	struct error *error;
};

/* ---- messages ---- */

static int
fail_at(const struct checker *c, const struct json_step *step, bool at_key,
    struct buf *message)
{
	int line, column;

	json_locate(c->text, step, at_key, &line, &column);
	error_set(c->error, ERROR_DATA, "%s", message->ptr);
	error_at(c->error, c->path, line, column);
	error_quote(c->error, c->text.ptr, c->text.len);
	buf_fini(message);
	return -1;
}

static int
fail_shape(const struct checker *c, const struct json_step *step,
    const char *expected, const json_t *found)
{
	static const char *const names[] = {
	    [JSON_OBJECT] = "an object",
	    [JSON_ARRAY] = "a list",
	    [JSON_STRING] = "a string",
	    [JSON_INTEGER] = "a number",
	    [JSON_REAL] = "a number with a fraction",
	    [JSON_TRUE] = "true",
	    [JSON_FALSE] = "false",
	    [JSON_NULL] = "null",
	};
	struct buf b = {0};

	json_print_path(&b, step);
	buf_printf(&b, "%sexpected %s, found %s", b.len ? ": " : "", expected,
	    names[json_typeof(found)]);
	return fail_at(c, step, false, &b);
}

static int
fail_unknown(const struct checker *c, const struct json_step *step,
    const struct rule *rules)
{
	const char *names[32];
	size_t n = 0;
	const char *nearest;
	struct buf b = {0};

	while (rules[n].name) {
		names[n] = rules[n].name;
		n++;
	}
	nearest = str_nearest(str_of(step->key), names, n);
	buf_puts(&b, "unknown field ");
	value_quote(&b, str_of(step->key));
	if (step->up) {
		buf_puts(&b, " in ");
		json_print_path(&b, step->up);
	}
	if (nearest)
		buf_printf(&b, "; did you mean \"%s\"?", nearest);
	return fail_at(c, step, true, &b);
}

static int
fail_absent(
    const struct checker *c, const struct json_step *step, const char *name)
{
	struct buf b = {0};

	json_print_path(&b, step);
	buf_printf(&b, "%s\"%s\" is missing", b.len ? ": " : "", name);
	return fail_at(c, step, false, &b);
}

/* ---- shapes ---- */

static int check_shape(const struct checker *, const struct json_step *,
    const struct rule *, json_t *);

static const struct rule *
find_rule(const struct rule *rules, const char *name)
{
	for (; rules->name; rules++)
		if (!strcmp(rules->name, name))
			return rules;
	return NULL;
}

static int
check_object(const struct checker *c, const struct json_step *up,
    const struct rule *rules, bool is_open, json_t *object)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return fail_shape(c, up, "an object", object);
	json_object_foreach (object, key, value) {
		struct json_step step = {.up = up, .key = key};
		const struct rule *rule = find_rule(rules, key);

		if (!rule && !is_open)
			return fail_unknown(c, &step, rules);
		if (rule && check_shape(c, &step, rule, value) < 0)
			return -1;
	}
	for (const struct rule *r = rules; r->name; r++) {
		json_t *needed =
		    r->is_needed ? json_object_get(object, r->name) : NULL;

		if (r->is_needed &&
		    (!needed || json_string_length(needed) == 0))
			return fail_absent(c, up, r->name);
	}
	return 0;
}

/* Each value of a list or of an object has the shape. */
static int
check_each(const struct checker *c, const struct json_step *up,
    const struct rule *rule, json_t *all)
{
	struct json_step step = {.up = up};
	json_t *value;

	if (json_is_array(all)) {
		json_array_foreach (all, step.index, value) {
			if (json_is_null(value))
				return fail_shape(
				    c, &step, "an element", value);
			if (check_shape(c, &step, rule, value) < 0)
				return -1;
		}
		return 0;
	}
	json_object_foreach (all, step.key, value)
		if (check_shape(c, &step, rule, value) < 0)
			return -1;
	return 0;
}

static int
check_integer(const struct checker *c, const struct json_step *step,
    const struct rule *rule, json_t *value)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value))
		return fail_shape(c, step, "a whole number", value);
	if (rule->shape == SHAPE_INTEGER && (n < INT32_MIN || n > INT32_MAX))
		return fail_shape(c, step, "a number of 32 bits", value);
	if (rule->shape == SHAPE_INDEX && n < 0)
		return fail_shape(c, step, "no negative number", value);
	return 0;
}

static int
check_key(const struct checker *c, const struct json_step *up, json_t *keys)
{
	static const struct rule rule = {
	    .shape = SHAPE_OBJECT, .inner = key_rules};
	struct json_step step = {.up = up};
	json_t *value;

	json_object_foreach (keys, step.key, value) {
		struct json_step inner = {.up = &step, .key = "Base64"};
		struct buf b = {0};
		size_t at;
		json_t *encoded = json_object_get(value, "Base64");
		int rc;

		if (json_is_string(value))
			continue;
		if (!json_is_object(value))
			return fail_shape(c, &step, "a string", value);
		if (check_shape(c, &step, &rule, value) < 0)
			return -1;
		rc = base64_decode(&b, file_str(value, "Base64"), false, &at);
		buf_fini(&b);
		if (rc < 0)
			return fail_shape(c, &inner, "base64", encoded);
	}
	return 0;
}

static int
check_shape(const struct checker *c, const struct json_step *step,
    const struct rule *rule, json_t *value)
{
	static const struct rule string = {.shape = SHAPE_STRING};
	static const struct rule strings = {.shape = SHAPE_STRINGS};
	const struct rule object = {
	    .shape = SHAPE_OBJECT, .inner = rule->inner};

	/* null is what Consul writes for what it does not have. */
	if (json_is_null(value))
		return 0;
	switch (rule->shape) {
	case SHAPE_ANY:
		return 0;
	case SHAPE_STRING:
		return json_is_string(value)
			   ? 0
			   : fail_shape(c, step, "a string", value);
	case SHAPE_BOOLEAN:
		return json_is_boolean(value)
			   ? 0
			   : fail_shape(c, step, "true or false", value);
	case SHAPE_INTEGER:
	case SHAPE_INDEX:
		return check_integer(c, step, rule, value);
	case SHAPE_OBJECT:
	case SHAPE_OPEN:
		return check_object(
		    c, step, rule->inner, rule->shape == SHAPE_OPEN, value);
	case SHAPE_STRINGS:
	case SHAPE_OBJECTS:
		if (!json_is_array(value))
			return fail_shape(c, step, "a list", value);
		break;
	case SHAPE_STRING_MAP:
	case SHAPE_OBJECT_MAP:
	case SHAPE_LIST_MAP:
	case SHAPE_KEYS:
		if (!json_is_object(value))
			return fail_shape(c, step, "an object", value);
		break;
	}
	if (rule->shape == SHAPE_KEYS)
		return check_key(c, step, value);
	if (rule->shape == SHAPE_LIST_MAP)
		return check_each(c, step, &strings, value);
	return check_each(c, step, rule->inner ? &object : &string, value);
}

/* ---- what must not be there twice ---- */

static int
fail_twice(const struct checker *c, const struct json_step *step,
    const char *what, struct str name)
{
	struct buf b = {0};

	json_print_path(&b, step);
	buf_printf(&b, ": %s ", what);
	value_quote(&b, name);
	buf_puts(&b, " is there twice");
	return fail_at(c, step, false, &b);
}

static int
check_services(
    const struct checker *c, const struct json_step *up, json_t *node)
{
	struct json_step list = {.up = up, .key = "Services"};
	struct json_step step = {.up = &list};
	struct strmap seen = {0};
	json_t *service;
	int rc = 0;

	json_array_foreach (
	    json_object_get(node, "Services"), step.index, service) {
		struct str id = file_service_id(service);

		if (strmap_put(&seen, id, service)) {
			rc = fail_twice(c, &step, "service", id);
			break;
		}
	}
	strmap_fini(&seen);
	return rc;
}

static int
check_nodes(const struct checker *c, const struct json_step *up, json_t *dc)
{
	struct json_step list = {.up = up, .key = "Nodes"};
	struct json_step step = {.up = &list};
	struct strmap seen = {0};
	json_t *node;
	int rc = 0;

	json_array_foreach (json_object_get(dc, "Nodes"), step.index, node) {
		char *name = file_lower(file_str(node, "Node"));
		bool twice = strmap_put(&seen, str_of(name), node);

		free(name);
		if (twice)
			rc = fail_twice(
			    c, &step, "node", file_str(node, "Node"));
		else
			rc = check_services(c, &step, node);
		if (rc < 0)
			break;
	}
	strmap_fini(&seen);
	return rc;
}

static int
check_names(const struct checker *c, json_t *root)
{
	struct json_step list = {.key = "Remote"};
	struct json_step step = {.up = &list};
	json_t *dc;

	if (check_nodes(c, NULL, root) < 0)
		return -1;
	json_array_foreach (json_object_get(root, "Remote"), step.index, dc)
		if (check_nodes(c, &step, dc) < 0)
			return -1;
	return 0;
}

int
file_check(json_t *root, struct str text, const char *path, struct error *e)
{
	struct checker c = {.text = text, .path = path, .error = e};

	if (check_object(&c, NULL, root_rules, false, root) < 0)
		return -1;
	return check_names(&c, root);
}
