/* SPDX-License-Identifier: MIT */
/* An answer in the making from a catalog file. */
#ifndef WEIR_CATALOG_FILE_MAKER_H
#define WEIR_CATALOG_FILE_MAKER_H

#include "file.h"

struct maker {
	const struct catalog_file *file;
	const struct file_dc *dc;
	const struct query *query;
	struct answer *answer;
	struct intern *intern;
	struct error *error;
};

static inline const struct pstr *
maker_text(struct maker *m, const json_t *object, const char *key)
{
	return intern_str(m->intern, file_str(object, key));
}

static inline int64_t
maker_number(const json_t *object, const char *key, int64_t otherwise)
{
	const json_t *n = json_object_get(object, key);

	return json_is_integer(n) ? json_integer_value(n) : otherwise;
}

static inline void *
maker_record(struct maker *m, size_t size)
{
	return arena_zalloc(&m->answer->arena, size);
}

/* Shape the answer: of a key, of a prefix. -1: the error is set. */
int maker_key(struct maker *);
int maker_pairs(struct maker *);

#endif
