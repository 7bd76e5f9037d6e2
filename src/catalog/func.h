/* SPDX-License-Identifier: MIT */
/*
 * What the functions of this stage share: asking the view, and their tables.
 */
#ifndef WEIR_CATALOG_FUNC_H
#define WEIR_CATALOG_FUNC_H

#include "weir/catalog.h"

/* The stamp of a result that depends on no answer. */
#define STAMP_NONE 1

enum asked {
	ASKED_FAILED = -1, /* call_fail was called */
	ASKED_MISSING,     /* no answer yet: counted in the render */
	ASKED_NOTHING,     /* an empty name */
	ASKED_ANSWERED
};

/* Asks a query and sets the call's stamp. */
enum asked func_ask(struct call *, enum query_kind, struct str argument,
    const struct answer **);
/* There is an answer to the query, but the template can't be written with it.
 */
void func_wait(struct call *, enum query_kind, struct str argument);
/* The arguments (strings) with the separator between them, in the arena. */
struct str func_join(struct call *, const char *separator);

extern const struct func_family family_consul, family_records, family_foreign;

#endif
