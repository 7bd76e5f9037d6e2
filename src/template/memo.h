/* SPDX-License-Identifier: MIT */
/*
 * What a range printed last time, when nothing that it reads has changed since.
 *
 * In {{range service "web"}}…{{end}} the body mostly depends on the instances
 * alone. When the answer behind the query still has the same stamp, and the few
 * variables that the body reads from outside have the same values, the bytes
 * are copied from the text that the template printed last, so that one changed
 * service costs one service's work and not the whole file's.
 *
 * Only bodies of which this is certain are remembered: no functions but pure
 * ones, no queries, no assignments to variables of outside.
 */
#ifndef WEIR_TEMPLATE_MEMO_H
#define WEIR_TEMPLATE_MEMO_H

#include "exec.h"

/* A range in the text that was printed last. */
struct memo_entry {
	const struct node *node; /* NULL: free */
	uint64_t stamp;
	uint64_t outside; /* hash of what the body reads from outside */
	uint32_t at, len; /* in the text */
};

struct memo_table {
	struct memo_entry *entries;
	uint32_t count;
	uint32_t room; /* a power of two */
};

/* Of one template: what holds for the last text, and what is being noted for
 * the one that is being printed. */
struct memo {
	struct memo_table last, next;
};

void memo_free(struct memo **);
/* The render begins; previous: the text it may copy from. Makes the memo. */
void memo_begin(struct memo **, struct str previous);
/* The render is complete: what was noted holds from now on. */
void memo_commit(struct memo *);

/* What is to be remembered of a range: set by memo_find. */
struct memo_key {
	bool is_known;
	uint64_t stamp, outside;
	uint32_t start;
};

/*
 * The range's header gave its value, from data of that stamp. True: its bytes
 * were copied, there is nothing to do. False: walk it; if key->is_known, call
 * memo_note after its body.
 */
bool memo_find(struct exec *, const struct value *dot, const struct node *range,
    uint64_t stamp, struct memo_key *key);
void memo_note(
    struct exec *, const struct node *range, const struct memo_key *key);

#endif
