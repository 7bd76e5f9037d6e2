/* SPDX-License-Identifier: MIT */
/*
 * /v1/kv/…: pairs, their values in base64 (RFC 4648 §4, padded). A value may
 * hold any bytes.
 */
#include "decode.h"

#include <string.h>

/* -1: none of the alphabet. */
static int
sextet(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz0123456789+/";
	static signed char table[256];

	if (!table['B'])
		for (int i = 0; i < 64; i++)
			table[(unsigned char)alphabet[i]] =
			    (signed char)(i + 1);
	return table[(unsigned char)c] - 1;
}

/* out has room for text.len / 4 * 3 bytes. */
static bool
from_base64(struct str text, char *out, size_t *length)
{
	size_t pad = 0, n = 0;

	if (text.len % 4)
		return false;
	while (pad < 2 && pad < text.len && text.ptr[text.len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < text.len; i += 4) {
		uint32_t bits = 0;

		for (size_t k = i; k < i + 4; k++) {
			int six = k < text.len - pad ? sextet(text.ptr[k]) : 0;

			if (six < 0)
				return false;
			bits = bits << 6 | (uint32_t)six;
		}
		out[n++] = (char)(bits >> 16);
		out[n++] = (char)(bits >> 8);
		out[n++] = (char)bits;
	}
	*length = n - pad;
	return true;
}

static bool
read_value(struct reader *r, void *record)
{
	struct key_pair *k = record;
	struct pstr *p;
	struct str text;
	size_t n;

	if (!scan_string(&r->scan, &text))
		return false;
	p = arena_alloc(r->arena, sizeof(*p) + text.len / 4 * 3 + 1);
	if (!from_base64(text, p->bytes, &n))
		return scan_expected(&r->scan, "a value in base64");
	p->len = (uint32_t)n;
	p->bytes[n] = 0;
	k->value = p;
	return true;
}

static const struct shape_member pair_members[] = {
    MEMBER("LockIndex", U64, struct key_pair, lock_index),
    MEMBER("Key", STR, struct key_pair, path),
    MEMBER("Flags", U64, struct key_pair, flags),
    MEMBER_OTHER("Value", read_value),
    MEMBER("Session", STR, struct key_pair, session),
    MEMBER("CreateIndex", U64, struct key_pair, create_index),
    MEMBER("ModifyIndex", U64, struct key_pair, modify_index),
};
static const struct shape pair_shape = SHAPE(pair_members);

static size_t
read_pairs(struct reader *r, void ***records)
{
	size_t n =
	    shape_read_all(r, &pair_shape, sizeof(struct key_pair), records);

	for (size_t i = 0; i < n; i++)
		((struct key_pair *)(*records)[i])->exists = true;
	return n;
}

/* An empty document or an empty array: there is no such key. */
void
decode_key(struct reader *r, struct answer *a, const struct query *q)
{
	void **records;
	size_t n = read_pairs(r, &records);

	(void)q;
	if (r->scan.failed)
		return;
	answer_shape_string(
	    a, n ? str_of_packed(((struct key_pair *)records[0])->value)
		 : (struct str){0});
}

void
decode_pairs(struct reader *r, struct answer *a, const struct query *q)
{
	void **records;
	size_t n = read_pairs(r, &records);

	if (!r->scan.failed)
		answer_shape_pairs(a, q, (struct key_pair **)records, n);
}
