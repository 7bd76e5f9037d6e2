/* SPDX-License-Identifier: MIT */
/*
 * The figures of Go's engine, as tests/bench/go prints them: "NAME NANOSECONDS
 * SUM" in each line, the sum (FNV-1a) being that of the output. They become the
 * last column of ours.
 */
#ifndef WEIR_BENCH_FIGURES_H
#define WEIR_BENCH_FIGURES_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "weir/str.h"

struct figure {
	char name[64];
	int64_t ns;
	uint64_t sum;
};

static struct figure figures[128];
static size_t figure_count;

static inline void
read_figures(const char *path)
{
	FILE *in = fopen(path, "r");
	struct figure f;

	if (!in) {
		perror(path);
		exit(1);
	}
	while (
	    figure_count < sizeof figures / sizeof figures[0] &&
	    fscanf(in, "%63s %" SCNd64 " %" SCNu64, f.name, &f.ns, &f.sum) == 3)
		figures[figure_count++] = f;
	fclose(in);
}

static inline const struct figure *
find_figure(const char *name)
{
	for (size_t i = 0; i < figure_count; i++)
		if (!strcmp(figures[i].name, name))
			return &figures[i];
	return NULL;
}

static inline uint64_t
sum_of(struct str s)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.ptr[i]) * UINT64_C(1099511628211);
	return h;
}

static inline int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#endif
