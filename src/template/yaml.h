/* SPDX-License-Identifier: MIT */
/*
 * YAML as gopkg.in/yaml.v2 2.4 reads and writes it (YAML 1.1, "yes" is a
 * boolean), with its messages, "yaml: " in front left to the caller.
 */
#ifndef WEIR_TEMPLATE_YAML_H
#define WEIR_TEMPLATE_YAML_H

#include "weir/error.h"
#include "weir/value.h"

/* The first document of the text as an interface {}: maps are
 * map[interface {}]interface {}. VALUE_NIL if there is none. */
int yaml_decode(
    struct arena *, struct str text, struct value *result, struct error *);
/* yaml.Marshal, with its final new line. */
int yaml_encode(struct buf *, const struct value *, struct error *);

/* What a plain scalar stands for. */
enum yaml_tag {
	YAML_TAG_NONE, /* none given */
	YAML_TAG_STR,
	YAML_TAG_BOOL,
	YAML_TAG_INT,
	YAML_TAG_FLOAT,
	YAML_TAG_NULL,
	YAML_TAG_TIMESTAMP,
	YAML_TAG_BINARY,
	YAML_TAG_MERGE,
	YAML_TAG_OTHER /* of the document's own */
};

/*
 * The type that the text has under YAML 1.1, and its value (a str for a
 * timestamp: Go hands those out as they are written). tag is what the document
 * demands: NONE, STR, BOOL, INT, FLOAT, NULL or TIMESTAMP; it is not checked
 * here that the text obeys.
 */
enum yaml_tag yaml_resolve(enum yaml_tag, struct str text, struct value *);
/* "!!int" and the like. */
const char *yaml_tag_name(enum yaml_tag);

#endif
