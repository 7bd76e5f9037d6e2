/* SPDX-License-Identifier: MIT */
/* seeds: tests/template/files */
/* parseYAML, and toYAML of what came out. */
#include <stddef.h>
#include <stdint.h>

#include "../../src/template/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct error e = {0};
	struct value v;
	struct buf out;

	arena_init(&arena, 0);
	buf_init(&out, 16 << 20);
	if (yaml_decode(
		&arena, (struct str){(const char *)data, size}, &v, &e) == 0)
		yaml_encode(&out, &v, &e);
	buf_fini(&out);
	error_fini(&e);
	arena_fini(&arena);
	return 0;
}
