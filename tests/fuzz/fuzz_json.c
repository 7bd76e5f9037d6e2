/* SPDX-License-Identifier: MIT */
/* seeds: tests/template/files */
/* parseJSON and back: what was read can be written, and read again the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "../../src/template/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct error e = {0};
	struct value v, again;
	struct buf out = {0};
	struct json_style style = {0};

	arena_init(&arena, 0);
	if (json_decode(
		&arena, (struct str){(const char *)data, size}, &v, &e) == 0 &&
	    json_encode(&out, &v, &style, &e) == 0) {
		int rc = json_decode(&arena, buf_as_str(&out), &again, &e);

		assert(rc == 0);
		assert(value_equal_deep(&v, &again));
	}
	buf_fini(&out);
	error_fini(&e);
	arena_fini(&arena);
	return 0;
}
