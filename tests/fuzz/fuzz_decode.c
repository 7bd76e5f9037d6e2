/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/answers */
/* Consul's answers: the first byte chooses the query, the rest is the body. */
#include <stddef.h>
#include <stdint.h>

#include "weir/consul.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct query q = {.filters = FILTER_PASSING};
	struct error e = {0};
	struct answer *a;

	if (size == 0)
		return 0;
	q.kind = (enum query_kind)(data[0] % (QUERY_IMPORTED + 1));
	q.id = q.name = STR("web");
	a = consul_decode(
	    &q, (struct str){(const char *)data + 1, size - 1}, &e);
	answer_unref(&a);
	error_fini(&e);
	return 0;
}
