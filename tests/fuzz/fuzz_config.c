/* SPDX-License-Identifier: MIT */
/* seeds: packaging */
/* weir.ini: any bytes as a configuration file. */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "weir/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	const char *paths[] = {path};
	struct config_request r = {.paths = paths, .path_count = 1};
	struct error e = {0};
	struct config *c;
	int fd = memfd_create("fuzz", 0);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	c = config_load(&r, &e);
	config_free(&c);
	error_fini(&e);
	close(fd);
	return 0;
}
