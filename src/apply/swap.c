/* SPDX-License-Identifier: MIT */
/*
 * The moment of an apply: each destination's name goes from the old file to the
 * candidate in one rename. Should one of several fail, those before it go back.
 */
#include "generation.h"

#include <stdlib.h>

static int
swap(struct member *m, bool reload, struct error *error)
{
	struct file_options options = {.backup = m->config->backup};

	if (previous_keep(m, reload, error) < 0)
		return -1;
	if (file_swap(m->candidate, m->config->destination, &options, error) <
	    0)
		return -1;
	free(m->candidate);
	m->candidate = NULL;
	return 0;
}

int
generation_swap(struct generation *g, struct error *error)
{
	for (size_t i = 0; i < g->count; i++) {
		struct member *m = &g->members[i];

		if (!m->candidate || swap(m, g->reload, error) == 0)
			continue;
		generation_roll_back(g, error);
		return -1;
	}
	return 0;
}

int
generation_roll_back(struct generation *g, struct error *error)
{
	int rc = 0;

	for (size_t i = 0; i < g->count; i++)
		if (previous_restore(&g->members[i], error) < 0)
			rc = -1;
	return rc;
}

void
generation_settle(struct generation *g)
{
	for (size_t i = 0; i < g->count; i++)
		previous_drop(&g->members[i]);
}
