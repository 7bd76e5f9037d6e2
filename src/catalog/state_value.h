/* SPDX-License-Identifier: MIT */
/*
 * Values in the state file. A number is a varint (7 bits a byte, the least
 * first), a string its length and bytes. Whatever is pointed to has a head: 0
 * nothing, 1 it follows, n + 2 the n-th of those that came before in the same
 * answer. Nodes are numbered through the whole file, since all services of a
 * node share it.
 */
#ifndef WEIR_CATALOG_STATE_VALUE_H
#define WEIR_CATALOG_STATE_VALUE_H

#include <openssl/evp.h>

#include "record.h"

/* ---- writing ---- */

/* Things met before, by what they are and where they lie. */
struct met {
	struct met_slot {
		const void *ptr;
		const void *what; /* its type; &met_string */
		uint32_t count;   /* of a list: its elements */
		uint32_t number;
		uint32_t round; /* of another round: the slot is free */
	} * slots;
	size_t size, used;
	uint32_t next, round;
};

struct state_out {
	int fd;
	EVP_MD_CTX *digest;
	struct buf piece;
	uint64_t total;
	int error; /* errno of the first write that failed */
	struct met nodes, things, of_node;
	struct met *met; /* in use */
};

void state_out_init(struct state_out *, int fd);
void state_out_fini(struct state_out *);
void state_put_raw(struct state_out *, struct str);
void state_put_number(struct state_out *, uint64_t);
void state_put_str(struct state_out *, struct str);
/* Its value alone. */
void state_put_answer(struct state_out *, const struct answer *);
/* The checksum; -1 with errno if anything of all could not be written. */
int state_out_finish(struct state_out *);

/* ---- reading ---- */

struct state_in {
	const unsigned char *at, *end;
	bool bad; /* sticks; what is read then is empty */
	struct known {
		const void *ptr, *what;
		uint32_t count;
	} * known;
	size_t known_count, known_room;
	const struct node_part **nodes; /* a reference each */
	size_t node_count, node_room;
	struct arena *arena;
};

void state_in_init(struct state_in *, struct str bytes);
void state_in_fini(struct state_in *);
uint64_t state_get_number(struct state_in *);
/* Borrowed from the file's bytes. */
struct str state_get_str(struct state_in *);
/* The next value, which is of that type, becomes the answer's. NULL type: there
 * is none. */
struct answer *state_get_answer(struct state_in *, const struct type *);

/* What a known string is in place of a type. */
extern const char state_string;

#endif
