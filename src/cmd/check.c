/* SPDX-License-Identifier: MIT */
/*
 * weir check: would this go live? Configuration and templates parsed, the
 * rendered result given to `haproxy -c` and the check commands; nothing is
 * written, writeToFile included.
 */
#include "weir/cmd.h"

#include <stdio.h>
#include <stdlib.h>

#include "gather.h"

struct check_options {
	struct cmd_common common;
	int64_t timeout_ms;
	bool plugins;
	bool syntax;
	bool functions;
};

static int
check_groups(struct gather *g)
{
	struct groups gs = groups_of(g->plan);
	int rc = 0;

	for (size_t i = 0; i < gs.count; i++) {
		struct apply_result r =
		    gather_apply(g, &gs.items[i], false, false);

		if (r.outcome >= APPLY_REFUSED) {
			fprintf(stderr, "weir: %s: %s\n%s\n",
			    group_name(&gs.items[i]),
			    apply_outcome_name(r.outcome), r.error.text);
			rc = 1;
		} else {
			printf("%s: ok\n", group_name(&gs.items[i]));
		}
		error_fini(&r.error);
	}
	groups_fini(&gs);
	return rc;
}

static void
print_family(const struct func_family *f)
{
	for (size_t i = 0; i < f->count; i++)
		printf("%-28s %s\n", f->funcs[i].name,
		    f->funcs[i].summary ? f->funcs[i].summary : f->name);
}

static int
list_functions(void)
{
	for (size_t i = 0; catalog_families[i]; i++)
		print_family(catalog_families[i]);
	for (size_t i = 0; template_families[i]; i++)
		print_family(template_families[i]);
	return fflush(stdout) ? 1 : 0;
}

static int
check(const struct check_options *o)
{
	struct gather_options go = {.common = &o->common,
	    .timeout_ms = o->timeout_ms,
	    .capture_writes = true,
	    .plugins = o->plugins};
	struct gather g;
	int rc = gather_open(&g, &go);

	if (rc == 0 && o->syntax) {
		printf("%zu template%s parsed\n", plan_count(g.plan),
		    plan_count(g.plan) == 1 ? "" : "s");
	} else if (rc == 0) {
		rc = gather_wait(&g);
		if (rc == 0)
			rc = check_groups(&g);
	}
	gather_close(&g);
	return rc;
}

int
cmd_check(int argc, char **argv)
{
	struct check_options o = {0};
	struct cmd_words none = {0};
	const struct cmd_option options[] = {
	    {.name = "timeout",
		.value = "DURATION",
		.kind = OPTION_DURATION,
		.target = &o.timeout_ms,
		.help = "give up after so long, say what is missing, exit 1"},
	    {.name = "syntax",
		.kind = OPTION_SWITCH,
		.target = &o.syntax,
		.help = "only configuration and templates; asks for no data"},
	    {.name = "plugins",
		.kind = OPTION_SWITCH,
		.target = &o.plugins,
		.help = "let the function plugin run programs"},
	    {.name = "functions",
		.kind = OPTION_SWITCH,
		.target = &o.functions,
		.help = "list every template function and exit"},
	    {0}};
	const struct cmd_usage usage = {.name = "check",
	    .operands = "",
	    .summary = "Parses configuration and templates, renders, and gives "
		       "the result to haproxy -c.",
	    .options = options,
	    .takes_from = true};
	int rc = cmd_parse(&usage, argc, argv, &o.common, &none);

	if (rc < 0)
		rc = o.functions ? list_functions() : check(&o);
	cmd_common_fini(&o.common);
	free(none.items);
	return rc;
}
