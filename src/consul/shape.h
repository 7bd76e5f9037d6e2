/* SPDX-License-Identifier: MIT */
/*
 * Records filled from JSON objects by a table: a member's name, the form of its
 * value, and where that goes in the record. Members that no table names are
 * read past. Consul writes members in the same order each time, so the one
 * behind the last is tried first.
 */
#ifndef WEIR_CONSUL_SHAPE_H
#define WEIR_CONSUL_SHAPE_H

#include <stddef.h>

#include "weir/arena.h"
#include "weir/catalog.h"

#include "scan.h"

/* Where decoding stands: the document and what grows out of it. */
struct reader {
	struct scan scan;
	struct arena *arena;
	struct intern *intern; /* what repeats in the answer is kept once */
	void **stack; /* scratch for lists whose length isn't known yet */
	size_t used, room;
};

enum form {
	FORM_STR,    /* const struct pstr * */
	FORM_I32,    /* int32_t */
	FORM_U64,    /* uint64_t */
	FORM_BOOL,   /* bool */
	FORM_STRS,   /* struct list of struct str */
	FORM_MAP,    /* const struct map *, frozen map[string]string */
	FORM_WITHIN, /* an object whose members go into the same record */
	FORM_OTHER   /* read() does it; record is the whole record */
};

struct shape;

struct shape_member {
	const char *key;
	size_t length;
	enum form form;
	size_t offset;
	const struct shape *within;
	bool (*read)(struct reader *, void *record);
};

struct shape {
	const struct shape_member *members;
	size_t count;
};

#define MEMBER(name, kind, record, field)                                     \
	{                                                                     \
		.key = name, .length = sizeof(name) - 1, .form = FORM_##kind, \
		.offset = offsetof(record, field)                             \
	}
#define MEMBER_WITHIN(name, shape)                                            \
	{                                                                     \
		.key = name, .length = sizeof(name) - 1, .form = FORM_WITHIN, \
		.within = &(shape)                                            \
	}
#define MEMBER_OTHER(name, function)                                         \
	{                                                                    \
		.key = name, .length = sizeof(name) - 1, .form = FORM_OTHER, \
		.read = (function)                                           \
	}
#define SHAPE(table)                                      \
	{                                                 \
		(table), sizeof(table) / sizeof(*(table)) \
	}

/* Fills the zeroed record; false if the document fails. */
bool shape_read(struct reader *, const struct shape *, void *record);
/* One value of that form, at its place. */
bool shape_read_str(struct reader *, const struct pstr **);
bool shape_read_strs(struct reader *, struct list *);
bool shape_read_map(struct reader *, const struct map **);
/*
 * An array of objects: each becomes a zeroed record of that size. Pointers to
 * them in *records, in the arena; their number, 0 on failure.
 */
size_t shape_read_all(
    struct reader *, const struct shape *, size_t size, void ***records);

/* The stack: push, then move what was pushed since `base` into the arena. */
void reader_push(struct reader *, void *);
void **reader_pop(struct reader *, size_t base, size_t *count);

#endif
