/* SPDX-License-Identifier: MIT */
/*
 * A configuration in the making: every object (a section, or one named section)
 * with the place at which each key was set last, so that a mistake that only
 * the whole shows can still be reported with file, line and column.
 */
#ifndef WEIR_CONFIG_DRAFT_H
#define WEIR_CONFIG_DRAFT_H

#include "key.h"
#include "reader.h"
#include "weir/buf.h"
#include "weir/config.h"

struct object {
	const struct section *section;
	const char *name;     /* of the target; NULL: the section has none */
	void *target;         /* what the keys' offsets count from */
	struct place place;   /* of its first mention */
	struct place *places; /* per key; source NULL: not set */
};

struct draft_file {
	char *name;
	struct buf text;
};

struct draft {
	struct config *config;
	struct object **objects;
	size_t object_count;
	struct draft_file **files;
	size_t file_count;
	struct object *current; /* while a file is read */
};

void draft_init(struct draft *);
void draft_fini(struct draft *);

/* The object of a section of that name (NULL if it takes none), made if it is
 * not there. NULL and an error without place if there is no such section. */
struct object *draft_object(struct draft *, const char *section,
    const char *name, const struct place *, struct error *);
/* Sets one key from text; unknown keys are an error with the nearest name. */
int draft_set(struct draft *, struct object *, const char *key,
    const char *value, const struct place *, struct error *);
/* Sets a known key without a place, secrets too. */
int draft_put(
    struct object *, const char *key, const char *value, struct error *);
/* Where the key was set last, otherwise where the object was. */
const struct place *draft_place(const struct object *, const char *key);
bool draft_is_set(const struct object *, const char *key);

/* Reads one file; one that does not exist is an error. */
int draft_read(struct draft *, const char *path, struct error *);
/* Gives the error the place and quotes the line. Always -1. */
int draft_at(const struct draft *, const struct place *, struct error *);

/* The CONSUL_* variables (environment.c). */
int environment_apply(struct draft *, struct error *);
/* Defaults that depend on other keys, and what only the whole shows
 * (finish.c). */
int draft_finish(struct draft *, struct error *);

#endif
