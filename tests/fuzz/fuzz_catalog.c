/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/catalog */
/* The catalog file, and each kind of query put to it. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "weir/catalog.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct catalog_file *f, enum query_kind kind, const char *argument)
{
	struct arena arena;
	struct query *q;
	struct error e = {0};
	struct answer *a = NULL;

	arena_init(&arena, 0);
	if (query_parse(kind, str_of(argument), &arena, &q, &e) == 0)
		a = catalog_file_answer(f, q, &e);
	answer_unref(&a);
	error_fini(&e);
	arena_fini(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	struct error e = {0};
	struct catalog_file *f;
	int fd = memfd_create("fuzz", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	f = catalog_file_load(path, &e);
	if (f) {
		ask(f, QUERY_SERVICE, "web|any");
		ask(f, QUERY_SERVICES, "");
		ask(f, QUERY_NODE, "n1");
		ask(f, QUERY_NODES, "");
		ask(f, QUERY_KEY_LIST, "a");
	}
	catalog_file_free(&f);
	error_fini(&e);
	close(fd);
	return 0;
}
