/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/show_proc */
/* What HAProxy's master answers to `show proc`, and its version. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/haproxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct haproxy_processes p = {0};
	struct haproxy_version version;
	struct error e = {0};
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = 0;
	haproxy_processes_parse((struct str){text, size}, &p, &e);
	haproxy_processes_fini(&p);
	haproxy_version_parse(text, &version);
	haproxy_check_explain((struct str){text, size}, NULL, &e);
	error_fini(&e);
	free(text);
	return 0;
}
