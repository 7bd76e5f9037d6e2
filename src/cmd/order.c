/* SPDX-License-Identifier: MIT */
/*
 * What the operator says to the running daemon: approve and deny to what the
 * guard holds, pause and resume to what it applies, reload to what it is
 * configured with. The same command but for the word.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "control.h"
#include "weir/cmd.h"
#include "weir/limits.h"

/* RFC 3986: all but the unreserved characters are escaped. */
static void
put_escaped(struct buf *b, const char *s)
{
	for (; *s; s++)
		if (isalnum((unsigned char)*s) || strchr("-._~", *s))
			buf_char(b, *s);
		else
			buf_printf(b, "%%%02X", (unsigned char)*s);
}

/* One query, or all that is held: NULL. */
static int
say(const char *state_path, const char *word, const char *query,
    struct error *e)
{
	struct buf what = {0}, answer;
	int rc;

	buf_init(&answer, LIMIT_ANSWER_BYTES);
	buf_printf(&what, "POST /%s", word);
	if (query) {
		buf_puts(&what, "?query=");
		put_escaped(&what, query);
	}
	rc = control_ask(state_path, what.ptr, &answer, e);
	if (rc == 200) {
		fputs(answer.ptr ? answer.ptr : "", stdout);
		rc = 0;
	} else if (rc >= 0) {
		rc = error_set(e, ERROR_DATA, "%.*s",
		    answer.len ? (int)answer.len - 1 : 0,
		    answer.ptr ? answer.ptr : "");
	}
	buf_fini(&what);
	buf_fini(&answer);
	return rc;
}

static int
say_all(const struct cmd_common *common, const char *word,
    const struct cmd_words *queries)
{
	struct error e = {0};
	struct config *c = cmd_config(common, &e);
	int rc = 0;

	if (!c)
		return cmd_fail(2, &e);
	if (!queries->count)
		rc = say(c->state_path, word, NULL, &e);
	for (size_t i = 0; rc == 0 && i < queries->count; i++)
		rc = say(c->state_path, word, queries->items[i], &e);
	config_free(&c);
	return rc < 0 ? cmd_fail(1, &e) : 0;
}

static int
command(const char *word, const char *summary, bool of_queries, int argc,
    char **argv)
{
	struct cmd_common common = {0};
	struct cmd_words queries = {0};
	const struct cmd_option options[] = {{0}};
	const struct cmd_usage usage = {.name = word,
	    .operands = of_queries ? "[QUERY…]" : "",
	    .summary = summary,
	    .options = options,
	    .takes_operands = of_queries};
	int rc = cmd_parse(&usage, argc, argv, &common, &queries);

	if (rc < 0)
		rc = say_all(&common, word, &queries);
	cmd_common_fini(&common);
	free(queries.items);
	return rc;
}

int
cmd_approve(int argc, char **argv)
{
	return command("approve",
	    "Believes what the running daemon holds: these queries, or all.",
	    true, argc, argv);
}

int
cmd_deny(int argc, char **argv)
{
	return command("deny",
	    "Keeps the last good answer of what the running daemon holds, "
	    "until the data recover.",
	    true, argc, argv);
}

int
cmd_pause(int argc, char **argv)
{
	return command("pause",
	    "The running daemon goes on watching and rendering and applies "
	    "nothing, until weir resume.",
	    false, argc, argv);
}

int
cmd_resume(int argc, char **argv)
{
	return command("resume",
	    "Ends a pause; what changed meanwhile is applied.", false, argc,
	    argv);
}

int
cmd_reload(int argc, char **argv)
{
	return command("reload",
	    "The running daemon reads its configuration again, as on SIGHUP.",
	    false, argc, argv);
}
