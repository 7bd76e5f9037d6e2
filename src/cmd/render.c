/* SPDX-License-Identifier: MIT */
/*
 * weir render: once, for CI and for the shell. Everything is rendered before
 * anything is written; what one group refuses doesn't keep another from being
 * written, but shows in the exit status.
 */
#include "weir/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "gather.h"

struct render_options {
	struct cmd_common common;
	int64_t timeout_ms;
	bool to_stdout;
	bool reload;
};

/* One template: its bytes and nothing else. Several: "> DESTINATION" before
 * each, as consul-template -dry does. */
static int
print(const struct gather *g)
{
	size_t n = plan_count(g->plan);

	for (size_t i = 0; i < n; i++) {
		const struct task *t = plan_task(g->plan, i);

		if (t->absent)
			continue;
		if (n > 1)
			printf("> %s\n", t->config->destination
					     ? t->config->destination
					     : t->config->name);
		if (t->output.len > 0)
			fwrite(t->output.ptr, 1, t->output.len, stdout);
	}
	if (fflush(stdout) || ferror(stdout)) {
		perror("weir: cannot write to standard output");
		return 1;
	}
	return 0;
}

static void
tell(const struct group *g, const struct apply_result *r)
{
	if (r->not_running && r->outcome <= APPLY_RELOADED)
		fprintf(stderr, "weir: %s: written, but not taken: %s\n",
		    group_name(g), r->error.text);
	switch (r->outcome) {
	case APPLY_UNCHANGED:
		printf("%s: unchanged\n", group_name(g));
		break;
	case APPLY_WRITTEN:
		printf("%s: %zu file%s written\n", group_name(g), r->changed,
		    r->changed == 1 ? "" : "s");
		if (r->not_running)
			fprintf(stderr, "weir: %s: not reloaded: %s\n",
			    group_name(g), r->error.text);
		break;
	case APPLY_RUNTIME:
	case APPLY_RELOADED:
		printf("%s: %zu file%s written, reloaded in %lld ms\n",
		    group_name(g), r->changed, r->changed == 1 ? "" : "s",
		    (long long)r->reload_ms);
		break;
	case APPLY_REFUSED:
	case APPLY_FAILED:
	case APPLY_ROLLED_BACK:
	case APPLY_DEFERRED:
		fprintf(stderr, "weir: %s: %s\n%s\n", group_name(g),
		    apply_outcome_name(r->outcome), r->error.text);
		break;
	}
}

static int
write_all(struct gather *g, bool reload)
{
	struct groups gs = groups_of(g->plan);
	int rc = 0;

	for (size_t i = 0; i < gs.count; i++) {
		struct apply_result r =
		    gather_apply(g, &gs.items[i], true, reload);

		tell(&gs.items[i], &r);
		if (r.outcome >= APPLY_REFUSED)
			rc = 1;
		error_fini(&r.error);
	}
	groups_fini(&gs);
	return rc;
}

/* A template without a destination can only go to standard output. */
static bool
lacks_destination(const struct gather *g)
{
	for (size_t i = 0; i < plan_count(g->plan); i++)
		if (!plan_task(g->plan, i)->config->destination)
			return true;
	return false;
}

static int
render(const struct render_options *o, const struct cmd_words *only)
{
	struct gather_options go = {.common = &o->common,
	    .only = only,
	    .timeout_ms = o->timeout_ms,
	    .plugins = true};
	struct gather g;
	int rc = gather_open(&g, &go);

	if (rc == 0)
		rc = gather_wait(&g);
	if (rc == 0 && (o->to_stdout || lacks_destination(&g)))
		rc = print(&g);
	else if (rc == 0)
		rc = write_all(&g, o->reload);
	gather_close(&g);
	return rc;
}

int
cmd_render(int argc, char **argv)
{
	struct render_options o = {0};
	struct cmd_words only = {0};
	const struct cmd_option options[] = {
	    {.name = "stdout",
		.kind = OPTION_SWITCH,
		.target = &o.to_stdout,
		.help = "print the text in place of writing files; no checks"},
	    {.name = "reload",
		.kind = OPTION_SWITCH,
		.target = &o.reload,
		.help = "reload what uses a file that changed"},
	    {.name = "timeout",
		.value = "DURATION",
		.kind = OPTION_DURATION,
		.target = &o.timeout_ms,
		.help = "give up after so long, say what is missing, exit 1"},
	    {0}};
	const struct cmd_usage usage = {.name = "render",
	    .operands = "[TEMPLATE…]",
	    .summary = "Waits until every template has its data, renders once, "
		       "checks, writes.",
	    .options = options,
	    .takes_from = true,
	    .takes_operands = true};
	int rc = cmd_parse(&usage, argc, argv, &o.common, &only);

	if (rc < 0)
		rc = render(&o, &only);
	cmd_common_fini(&o.common);
	free(only.items);
	return rc;
}
