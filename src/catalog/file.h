/* SPDX-License-Identifier: MIT */
/*
 * A catalog file in memory: the JSON tree as it was read, and indexes over it.
 * Answers are made from the tree when they are asked for.
 */
#ifndef WEIR_CATALOG_FILE_H
#define WEIR_CATALOG_FILE_H

#include <jansson.h>

#include "weir/catalog.h"

struct file_node {
	json_t *json;
	struct str name;
	json_t **services; /* sorted by ID */
	size_t service_count;
};

struct file_instance {
	const struct file_node *node;
	json_t *service;
};

/* What the name of a service, in lower case, stands for. */
struct file_service {
	struct file_instance *instances; /* sorted by node, then ID */
	size_t count, room;
};

struct file_key {
	struct str path;
	json_t *value; /* a string, or an object */
};

struct file_dc {
	json_t *json;
	struct str name;
	struct str agent;
	struct file_node *nodes; /* sorted by name, without regard to case */
	size_t node_count;
	struct file_key *keys; /* sorted by path */
	size_t key_count;
	struct strmap by_node;    /* lower case → struct file_node */
	struct strmap by_service; /* lower case → struct file_service */
	struct strmap by_target;  /* the same for what proxies stand for */
};

struct catalog_file {
	json_t *root;
	struct file_dc *dcs; /* the first is the local one */
	size_t dc_count;
	struct arena arena;
};

/* One step into a JSON document; key NULL: the element of an array. */
struct json_step {
	const struct json_step *up; /* NULL: the document itself */
	const char *key;
	size_t index;
};

/*
 * Where in the text (valid JSON) a value stands: line from 1, column in bytes
 * from 0. at_key: where its key stands.
 */
void json_locate(struct str text, const struct json_step *, bool at_key,
    int *line, int *column);
/* "Nodes[2].Services[0].Port". */
void json_print_path(struct buf *, const struct json_step *);

/* Every field known and of the right shape? -1: the error, with line, column
 * and excerpt, its source being path. */
int file_check(json_t *root, struct str text, const char *path, struct error *);

/* The string under the key; "" if absent or null. Borrowed from the tree. */
struct str file_str(const json_t *object, const char *key);
/* A service's ID is its name where it is left out, a check's likewise. */
struct str file_service_id(const json_t *service);
struct str file_check_id(const json_t *check);
/* The name in lower case, in which Consul compares names; the caller frees. */
char *file_lower(struct str);

/*
 * A key goes to Consul as a part of a URL, whose odd slashes and dots Consul's
 * server takes out before it looks ("a//b", "a/./b", "x/../a/b"). to has room
 * for all of s.
 */
struct str file_clean_path(char *to, struct str s);

#endif
