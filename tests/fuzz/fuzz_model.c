/* SPDX-License-Identifier: MIT */
/* seeds: templates */
/* Two configurations of HAProxy, divided by a NUL: their models, and what
 * differs. Words of a line never hold more bytes than the line. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/haproxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_words(const struct haproxy_model *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct arena arena = {0};
		size_t count;
		struct haproxy_line *lines =
		    haproxy_section_lines(&m->sections[i], &arena, &count);

		for (size_t k = 0; k < count; k++) {
			size_t bytes = 0;

			for (size_t w = 0; w < lines[k].count; w++)
				bytes += lines[k].words[w].len;
			if (!lines[k].count || bytes > lines[k].text.len)
				abort();
		}
		arena_fini(&arena);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct haproxy_model old, new;
	struct haproxy_changes changes;
	struct buf out = {0};
	size_t n;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	copy[size] = 0;
	n = strlen(copy);
	haproxy_model_parse(&old, (struct str){copy, n});
	haproxy_model_parse(
	    &new, (struct str){copy + n + (n < size), size - n - (n < size)});
	check_words(&old);
	check_words(&new);
	haproxy_model_diff(&old, &new, &changes);
	for (size_t i = 0; i < changes.count; i++)
		haproxy_change_print(&changes.items[i], &out);
	buf_fini(&out);
	haproxy_changes_fini(&changes);
	haproxy_model_diff(&old, &old, &changes);
	if (changes.count)
		abort();
	haproxy_changes_fini(&changes);
	haproxy_model_fini(&old);
	haproxy_model_fini(&new);
	free(copy);
	return 0;
}
