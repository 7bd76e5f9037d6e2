/* SPDX-License-Identifier: MIT */
/*
 * The keys of the configuration as tables: what a section may hold, where a
 * value goes, what it is when nobody says. Everything that must know every key
 * (setting, comparing, freeing, the manual's test) walks these tables.
 */
#ifndef WEIR_CONFIG_KEY_H
#define WEIR_CONFIG_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/error.h"

struct key;

struct key_type {
	/* Stores value in the object; what was there is freed. The error is
	 * set without place. */
	int (*parse)(void *object, const struct key *, const char *value,
	    struct error *);
	bool (*equal)(const void *a, const void *b, const struct key *);
	void (*fini)(void *object, const struct key *);
};

enum key_flag {
	/* No key of a file: only the environment sets it. Wiped on free. */
	KEY_SECRET = 1
};

struct key {
	const char *name;
	const struct key_type *type;
	size_t offset;       /* in the object of the section */
	size_t second;       /* of a type that sets two fields */
	int64_t least, most; /* of a number; of a duration in ms, most 0: any */
	const char *preset;  /* NULL: empty */
	unsigned flags;
};

struct section {
	const char *name;
	bool is_named; /* [name "…"] */
	const struct key *keys;
	size_t count;
};

enum section_id {
	SECTION_CONSUL,
	SECTION_HAPROXY,
	SECTION_TEMPLATE,
	SECTION_GUARD,
	SECTION_STATE,
	SECTION_CATALOG,
	SECTION_HTTP,
	SECTION_COUNT
};
extern const struct section config_sections[SECTION_COUNT];

extern const struct key_type key_text, key_strings, key_address, key_bool,
    key_tristate, key_int, key_duration, key_settle, key_mode, key_owner,
    key_percent, key_apply, key_reload, key_command, key_check, key_listen;

/* Every key at its preset; the object is zeroed before. */
void section_preset(const struct section *, void *object);
void section_fini(const struct section *, void *object);
bool section_equal(const struct section *, const void *a, const void *b);
/* NULL if there is none of that name. */
const struct key *section_key(const struct section *, const char *name);
/* The key that is nearest to the name, or NULL. */
const char *section_nearest(const struct section *, const char *name);

#endif
