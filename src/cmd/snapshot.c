/* SPDX-License-Identifier: MIT */
/*
 * weir snapshot: everything that the templates read, as a catalog file. A
 * template that fails or waits does not keep the rest from being recorded, but
 * the command says so and exits 1.
 */
#include "weir/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "weir/file.h"

#include "gather.h"

static void
collect(const struct gather *g, struct buf *out)
{
	struct catalog_writer *w = catalog_writer_new();
	struct arena a;
	const struct query **wanted;
	size_t count;

	arena_init(&a, 0);
	wanted = plan_wanted(g->plan, &a, &count);
	for (size_t i = 0; i < count; i++) {
		struct answer *answer = catalog_get(g->catalog, wanted[i]->id);

		if (answer)
			catalog_writer_add(w, wanted[i], answer);
	}
	catalog_writer_print(
	    w, source_agent(g->source), source_datacenter(g->source), out);
	catalog_writer_free(&w);
	arena_fini(&a);
}

static int
write_out(const char *path, const struct buf *text)
{
	struct file_options fo = {.mode = 0600};
	struct error e = {0};

	if (!strcmp(path, "-"))
		return fwrite(text->ptr, 1, text->len, stdout) == text->len &&
			       fflush(stdout) == 0
			   ? 0
			   : 1;
	if (file_replace(path, buf_as_str(text), &fo, &e) < 0)
		return cmd_fail(1, &e);
	return 0;
}

static int
snapshot(const struct cmd_common *common, int64_t timeout_ms, const char *path)
{
	struct gather_options go = {
	    .common = common, .timeout_ms = timeout_ms, .capture_writes = true};
	struct gather g;
	struct buf text = {0};
	int rc = gather_open(&g, &go);

	if (rc == 0)
		rc = gather_wait(&g);
	if (g.source && rc != 2) {
		collect(&g, &text);
		if (write_out(path, &text))
			rc = 1;
	}
	buf_fini(&text);
	gather_close(&g);
	return rc;
}

int
cmd_snapshot(int argc, char **argv)
{
	struct cmd_common common = {0};
	struct cmd_words none = {0};
	const char *path = NULL;
	int64_t timeout_ms = 0;
	const struct cmd_option options[] = {
	    {.name = "output",
		.letter = 'o',
		.value = "FILE",
		.kind = OPTION_TEXT,
		.target = &path,
		.help =
		    "where to write the catalog file; - is standard output"},
	    {.name = "timeout",
		.value = "DURATION",
		.kind = OPTION_DURATION,
		.target = &timeout_ms,
		.help = "record what there is after so long, exit 1"},
	    {0}};
	const struct cmd_usage usage = {.name = "snapshot",
	    .operands = "",
	    .summary = "Records everything that the templates read into a "
		       "catalog file.",
	    .options = options,
	    .takes_from = true};
	int rc = cmd_parse(&usage, argc, argv, &common, &none);

	if (rc < 0 && !path) {
		fputs("weir snapshot: say where to write: -o FILE\n", stderr);
		rc = 2;
	}
	if (rc < 0)
		rc = snapshot(&common, timeout_ms, path);
	cmd_common_fini(&common);
	free(none.items);
	return rc;
}
