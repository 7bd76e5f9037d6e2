/* SPDX-License-Identifier: MIT */
/*
 * A YAML document as a tree: what its tokens say before anything is made of
 * it. An alias points to what it stands for.
 */
#ifndef WEIR_TEMPLATE_YAML_NODE_H
#define WEIR_TEMPLATE_YAML_NODE_H

#include "yaml.h"

enum yaml_node_kind {
	YAML_NODE_SCALAR,
	YAML_NODE_LIST,
	YAML_NODE_MAP,
	YAML_NODE_ALIAS
};

struct yaml_node {
	enum yaml_node_kind kind;
	enum yaml_tag tag;
	bool plain;               /* SCALAR: without quotes and tag */
	bool active;              /* ALIAS: for who follows it */
	unsigned char expects;    /* LIST, MAP: for who reads it */
	struct str text;          /* SCALAR; ALIAS: the anchor's name */
	struct yaml_node *target; /* ALIAS */
	struct yaml_node *parent; /* LIST, MAP */
	struct yaml_node *first; /* LIST, MAP: children; MAP: key, value, … */
	struct yaml_node *last;
	struct yaml_node *next; /* in the parent */
};

/* The first document of the text, in the arena; NULL if there is none. -1 with
 * yaml.v2's message, its notion of the line in front. */
int yaml_node_read(
    struct arena *, struct str text, struct yaml_node **root, struct error *);

#endif
