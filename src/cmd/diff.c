/* SPDX-License-Identifier: MIT */
/*
 * weir diff: what would change, touching nothing. The unified diff first, then,
 * for each group, what applying it would do. Exit status as diff(1).
 */
#include "weir/cmd.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "weir/file.h"
#include "weir/limits.h"

#include "effect.h"
#include "gather.h"

enum diff_format { DIFF_TEXT, DIFF_JSON, DIFF_MARKDOWN };

struct diff_options {
	struct cmd_common common;
	int64_t timeout_ms;
	const char *format_name;
	enum diff_format format;
	bool plugins;
};

/* One file, as it is and as it would be. */
struct change {
	const char *path;
	bool exists;
	bool differs;
	struct buf diff;
};

struct report_out {
	const struct diff_options *o;
	bool colour;
	bool any;               /* something differs */
	json_t *files, *groups; /* JSON */
};

static int
compare(const char *path, struct str text, bool colour, struct change *c,
    struct error *e)
{
	struct buf old = {0};
	int rc = file_read(path, LIMIT_OUTPUT_BYTES, &old, e);

	*c = (struct change){.path = path, .exists = rc == 0};
	if (rc < 0)
		return -1;
	c->differs = text_diff(&c->diff, buf_as_str(&old), text,
	    c->exists ? path : "/dev/null", path, colour);
	c->differs |= !c->exists;
	buf_fini(&old);
	return 0;
}

/* In a fence that no line of the text can end. */
static void
print_fenced(const struct change *c)
{
	struct buf fence = {0};
	size_t run = 0, longest = 0;

	for (size_t i = 0; i < c->diff.len; i++) {
		run = c->diff.ptr[i] == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	buf_puts(&fence, "```");
	while (fence.len <= longest)
		buf_char(&fence, '`');
	printf("### `%s`\n\n%sdiff\n", c->path, fence.ptr);
	fwrite(c->diff.ptr, 1, c->diff.len, stdout);
	printf("%s\n\n", fence.ptr);
	buf_fini(&fence);
}

static void
print_change(struct report_out *out, const struct change *c)
{
	json_t *f;

	out->any |= c->differs;
	switch (out->o->format) {
	case DIFF_TEXT:
		fwrite(c->diff.ptr, 1, c->diff.len, stdout);
		if (c->differs && !c->diff.len)
			printf("%s: would be created, empty\n", c->path);
		break;
	case DIFF_MARKDOWN:
		if (c->differs)
			print_fenced(c);
		break;
	case DIFF_JSON:
		f = json_pack("{s:s, s:b, s:b}", "path", c->path, "exists",
		    c->exists, "differs", c->differs);
		json_object_set_new(f, "diff",
		    json_stringn_nocheck(
			c->diff.ptr ? c->diff.ptr : "", c->diff.len));
		json_array_append_new(out->files, f);
		break;
	}
}

static int
show_file(
    struct report_out *out, const char *path, struct str text, struct error *e)
{
	struct change c;

	if (compare(path, text, out->colour, &c, e) < 0)
		return -1;
	print_change(out, &c);
	buf_fini(&c.diff);
	return 0;
}

static int
show_task(struct report_out *out, const struct task *t, struct error *e)
{
	const struct config_strings *w = &t->files_written;

	if (t->absent)
		return 0;
	if (t->config->destination &&
	    show_file(out, t->config->destination, buf_as_str(&t->output), e))
		return -1;
	for (size_t i = 0; i + 1 < w->count; i += 2)
		if (show_file(out, w->items[i], str_of(w->items[i + 1]), e))
			return -1;
	return 0;
}

/* Each without its indent. */
static json_t *
lines_of(const struct buf *text)
{
	json_t *list = json_array();
	struct str rest = buf_as_str(text);

	while (rest.len) {
		struct str line = str_take_line(&rest);

		if (str_has_prefix(line, STR("  ")))
			line = str_after(line, 2);
		json_array_append_new(
		    list, json_stringn_nocheck(line.ptr, line.len));
	}
	return list;
}

static void
print_effect(struct report_out *out, const struct effect *ef)
{
	const char *name = group_name(ef->group);
	json_t *j;

	switch (out->o->format) {
	case DIFF_TEXT:
		if (ef->kind != EFFECT_NONE)
			printf("%s: %s%s%s%s\n%s", name, ef->reason.ptr,
			    ef->runs ? " (" : "", ef->runs ? ef->runs : "",
			    ef->runs ? ")" : "",
			    ef->details.ptr ? ef->details.ptr : "");
		break;
	case DIFF_MARKDOWN:
		if (ef->kind != EFFECT_NONE)
			printf("- **%s**: %s%s%s%s\n%s", name, ef->reason.ptr,
			    ef->runs ? " (" : "", ef->runs ? ef->runs : "",
			    ef->runs ? ")" : "",
			    ef->details.ptr ? ef->details.ptr : "");
		break;
	case DIFF_JSON:
		j = json_pack("{s:s, s:s, s:s, s:I, s:s?}", "name", name,
		    "action", effect_kind_name(ef->kind), "reason",
		    ef->reason.ptr, "files", (json_int_t)ef->changed, "haproxy",
		    ef->runs);
		json_object_set_new(j, "details", lines_of(&ef->details));
		json_array_append_new(out->groups, j);
		break;
	}
}

static int
show_all(struct report_out *out, struct gather *g, struct error *e)
{
	struct groups gs = groups_of(g->plan);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < plan_count(g->plan); i++)
		rc = show_task(out, plan_task(g->plan, i), e);
	for (size_t i = 0; rc == 0 && i < gs.count; i++) {
		struct effect ef;

		rc = effect_of(g, &gs.items[i], &ef, e);
		if (rc == 0)
			print_effect(out, &ef);
		effect_fini(&ef);
	}
	groups_fini(&gs);
	return rc;
}

static void
print_json(struct report_out *out)
{
	json_t *doc = json_pack("{s:b, s:o, s:o}", "differs", out->any, "files",
	    out->files, "groups", out->groups);

	json_dumpf(doc, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(doc);
}

static int
show(const struct diff_options *o, struct gather *g)
{
	struct error e = {0};
	struct report_out out = {.o = o,
	    .colour = o->format == DIFF_TEXT && cmd_colour(STDOUT_FILENO)};
	int rc;

	if (o->format == DIFF_JSON) {
		out.files = json_array();
		out.groups = json_array();
	}
	rc = show_all(&out, g, &e);
	if (o->format == DIFF_JSON)
		print_json(&out);
	if (rc < 0)
		return cmd_fail(2, &e);
	if (fflush(stdout))
		return 2;
	return out.any;
}

static int
diff(const struct diff_options *o, const struct cmd_words *only)
{
	struct gather_options go = {.common = &o->common,
	    .only = only,
	    .timeout_ms = o->timeout_ms,
	    .capture_writes = true,
	    .plugins = o->plugins};
	struct gather g;
	int rc = gather_open(&g, &go);

	if (rc == 0)
		rc = gather_wait(&g);
	rc = rc ? 2 : show(o, &g);
	gather_close(&g);
	return rc;
}

static int
parse_format(struct diff_options *o)
{
	static const char *const names[] = {"text", "json", "markdown"};

	for (size_t i = 0; i < 3; i++)
		if (!o->format_name || !strcmp(o->format_name, names[i])) {
			o->format = (enum diff_format)i;
			return -1;
		}
	fprintf(stderr,
	    "weir diff: unknown format \"%s\": say text, json or markdown\n",
	    o->format_name);
	return 2;
}

int
cmd_diff(int argc, char **argv)
{
	struct diff_options o = {0};
	struct cmd_words only = {0};
	const struct cmd_option options[] = {
	    {.name = "format",
		.value = "FORMAT",
		.kind = OPTION_TEXT,
		.target = &o.format_name,
		.help = "text (default), json or markdown"},
	    {.name = "timeout",
		.value = "DURATION",
		.kind = OPTION_DURATION,
		.target = &o.timeout_ms,
		.help = "give up after so long, say what is missing, exit 2"},
	    {.name = "plugins",
		.kind = OPTION_SWITCH,
		.target = &o.plugins,
		.help = "let the function plugin run programs"},
	    {0}};
	const struct cmd_usage usage = {.name = "diff",
	    .operands = "[TEMPLATE…]",
	    .summary = "Shows what would change, and what applying it would "
		       "do; touches nothing.",
	    .options = options,
	    .takes_from = true,
	    .takes_operands = true};
	int rc = cmd_parse(&usage, argc, argv, &o.common, &only);

	if (rc < 0)
		rc = parse_format(&o);
	if (rc < 0)
		rc = diff(&o, &only);
	cmd_common_fini(&o.common);
	free(only.items);
	return rc;
}
