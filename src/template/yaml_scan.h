/* SPDX-License-Identifier: MIT */
/*
 * A YAML document's tokens, by the rules of YAML 1.1 as yaml.v2 2.4 has them.
 * Which text is a key is known only at the ':' behind it, so tokens wait in a
 * queue until that is decided.
 */
#ifndef WEIR_TEMPLATE_YAML_SCAN_H
#define WEIR_TEMPLATE_YAML_SCAN_H

#include "weir/buf.h"
#include "yaml_text.h"

enum yaml_token_type {
	YAML_TOKEN_END, /* of the stream */
	YAML_TOKEN_VERSION,
	YAML_TOKEN_PREFIX, /* %TAG */
	YAML_TOKEN_DOCUMENT,
	YAML_TOKEN_DOCUMENT_END,
	YAML_TOKEN_LIST, /* begins, as a block; so does MAP */
	YAML_TOKEN_MAP,
	YAML_TOKEN_BLOCK_END,
	YAML_TOKEN_FLOW_LIST,
	YAML_TOKEN_FLOW_LIST_END,
	YAML_TOKEN_FLOW_MAP,
	YAML_TOKEN_FLOW_MAP_END,
	YAML_TOKEN_ITEM,  /* - */
	YAML_TOKEN_COMMA, /* , */
	YAML_TOKEN_KEY,   /* ?, or in front of what has a ':' behind it */
	YAML_TOKEN_VALUE, /* : */
	YAML_TOKEN_ALIAS,
	YAML_TOKEN_ANCHOR,
	YAML_TOKEN_TAG,
	YAML_TOKEN_SCALAR
};

struct yaml_token {
	enum yaml_token_type type;
	bool plain;      /* SCALAR; VERSION: it is 1.1 */
	size_t line;     /* from 0 */
	struct str text; /* SCALAR, ALIAS, ANCHOR; TAG, PREFIX: the handle */
	struct str rest; /* TAG: what follows the handle; PREFIX: the prefix */
};

/* What may turn out to be a key: one for each level of flow. */
struct yaml_key {
	bool possible;
	bool required; /* nothing else can stand there */
	size_t number; /* of its first token */
	struct yaml_mark mark;
};

struct yaml_scanner {
	struct yaml_text text;
	struct arena *arena; /* of the strings, borrowed */
	struct error *error;

	struct yaml_token *tokens; /* the queue: head <= i < tail */
	size_t head, tail, room;
	size_t taken;     /* tokens that left it: the number of tokens[head] */
	uint32_t *key_at; /* beside tokens: the level of the key whose number
			     that is, from 1; 0: none */
	bool ready;       /* tokens[head] can no longer become a key */
	bool key_allowed; /* one may begin here */
	struct yaml_key *keys;
	size_t key_room;
	size_t flow; /* how many [ and { are open */
	int indent;  /* the column of the block, -1 outside */
	int *indents;
	size_t indent_count, indent_room;

	struct buf scalar; /* of a scalar that is not as in the text */
	struct buf breaks; /* of its empty lines */
};

/* Text and arena are borrowed until the scanner is done with. */
void yaml_scan_init(
    struct yaml_scanner *, struct arena *, struct str, struct error *);
void yaml_scan_fini(struct yaml_scanner *);
/* The next token, borrowed until the next call; it stays the next one until it
 * is dropped. NULL on an error. Not to be asked behind END. */
const struct yaml_token *yaml_scan_peek(struct yaml_scanner *);
void yaml_scan_drop(struct yaml_scanner *);

/* ---- between the files of the scanner ---- */

/* The problem, at the line where the scanner stands. Returns -1. */
int yaml_scan_fail(struct yaml_scanner *, const char *problem);
/* Blanks, perhaps a comment, and the break; -1: something else stands there. */
int yaml_scan_line_end(struct yaml_scanner *);

/* ---- the queue ---- */

void yaml_queue_init(struct yaml_scanner *);
void yaml_queue_fini(struct yaml_scanner *);
/* The number of the token that is added next. */
size_t yaml_queue_next(const struct yaml_scanner *);
/* Beside the token that has this number, or will have it: the level that takes
 * it for a key; NULL if it has left. */
uint32_t *yaml_queue_key(struct yaml_scanner *, size_t number);
void yaml_queue_add(struct yaml_scanner *, const struct yaml_token *);
/* One without text, that begins here. */
void yaml_queue_add_mark(struct yaml_scanner *, enum yaml_token_type);
/* In front of the token that has this number; at the end if it has left. */
void yaml_queue_insert(
    struct yaml_scanner *, enum yaml_token_type, size_t line, size_t number);

/* ---- levels; -1 with the error set where they fail ---- */

void yaml_level_init(struct yaml_scanner *);
void yaml_level_fini(struct yaml_scanner *);
/* Of the innermost bracket. */
struct yaml_key *yaml_level_key(struct yaml_scanner *);
/* Can it still be one? 1, 0, or -1 if it has to. */
int yaml_level_check_key(struct yaml_scanner *, struct yaml_key *);
/* Whether what began is a key is decided. */
void yaml_level_forget_key(struct yaml_scanner *);
/* It is none. */
int yaml_level_drop_key(struct yaml_scanner *);
/* What begins here may be a key. */
int yaml_level_save_key(struct yaml_scanner *);
/* Is the first token of the queue what it will stay? 1, 0, or -1. */
int yaml_level_is_settled(struct yaml_scanner *);
/* A block begins in this column, unless there is one, in front of the token of
 * this number. */
int yaml_level_open_block(struct yaml_scanner *, enum yaml_token_type,
    const struct yaml_mark *, size_t number);
/* The end of the blocks that are further to the right. */
void yaml_level_close_blocks(struct yaml_scanner *, int column);
int yaml_level_open_flow(struct yaml_scanner *);
void yaml_level_close_flow(struct yaml_scanner *);

/* ---- tokens of several characters ---- */

/* What begins here as a token; -1 on an error. */
int yaml_scan_plain(struct yaml_scanner *, struct yaml_token *);
int yaml_scan_quoted(struct yaml_scanner *, struct yaml_token *);
int yaml_scan_block(struct yaml_scanner *, struct yaml_token *);
int yaml_scan_anchor(struct yaml_scanner *, struct yaml_token *);
int yaml_scan_tag(struct yaml_scanner *, struct yaml_token *);
int yaml_scan_directive(struct yaml_scanner *, struct yaml_token *);

#endif
