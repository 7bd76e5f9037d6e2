/* SPDX-License-Identifier: MIT */
/*
 * Where YAML text goes on the page: what yaml.v2's emitter (a port of
 * libyaml's) does for block collections and scalars, with its folding at 80
 * columns. Own code because the two differ in what Debian's libyaml has learned
 * since.
 */
#ifndef WEIR_TEMPLATE_YAML_EMIT_H
#define WEIR_TEMPLATE_YAML_EMIT_H

#include "weir/buf.h"

enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL };

struct yaml_emitter {
	struct buf *out;
	int indent;      /* of the open collection, -1 outside */
	int column;      /* in characters */
	bool whitespace; /* nothing or a blank before the next token */
	bool indention;  /* only indentation in this line so far */
};

/* Where a node stands. */
enum yaml_place { YAML_IN_ROOT, YAML_IN_LIST, YAML_IN_MAP, YAML_IN_KEY };

void yaml_emit_init(struct yaml_emitter *, struct buf *);
/* The new line at the end. */
void yaml_emit_finish(struct yaml_emitter *);
/* Enters a list (map); returns what to give to yaml_emit_leave. */
int yaml_emit_enter(struct yaml_emitter *, bool list, enum yaml_place);
void yaml_emit_leave(struct yaml_emitter *, int indent);
/* The "-" of an item. */
void yaml_emit_item(struct yaml_emitter *);
/* "[]" or "{}". */
void yaml_emit_empty(struct yaml_emitter *, const char *brackets);
/* Before a key and behind it; simple is the answer of yaml_emit_is_simple. */
void yaml_emit_key(struct yaml_emitter *, bool simple);
void yaml_emit_colon(struct yaml_emitter *, bool simple);
/* Can the scalar stand before a colon on one line? tag as in scalar. */
bool yaml_emit_is_simple(struct str, const char *tag);
/* A scalar, in that style or the nearest that can hold it; tag may be NULL.
 * The text is UTF-8. */
void yaml_emit_scalar(struct yaml_emitter *, struct str, const char *tag,
    enum yaml_style, enum yaml_place);

#endif
