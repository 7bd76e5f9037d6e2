/* SPDX-License-Identifier: MIT */
/*
 * weir status: one question on the control socket, printed for people or as it
 * came. What the daemon says is data: it is checked, and control characters in
 * it don't reach the terminal.
 */
#include "weir/cmd.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control.h"
#include "weir/limits.h"

/* ---- printing ---- */

static const char *
text(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static long long
number(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void
put(const char *s)
{
	for (; *s; s++)
		putchar((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
}

static void
put_duration(long long ms)
{
	long long s = ms / 1000;

	if (s < 60)
		printf("%lld.%lld s", s, ms % 1000 / 100);
	else if (s < 3600)
		printf("%lld min %lld s", s / 60, s % 60);
	else
		printf("%lld h %lld min", s / 3600, s / 60 % 60);
}

static void
put_line(const char *label, const char *words)
{
	if (!*words)
		return;
	printf("    %s: ", label);
	put(words);
	putchar('\n');
}

static void
print_template(const json_t *t)
{
	const json_t *waits = json_object_get(t, "waits_for");

	fputs("  ", stdout);
	put(text(t, "name"));
	printf(": %s", json_is_true(json_object_get(t, "absent"))
			   ? "no source"
			   : text(t, "state"));
	printf(", rendered %lld times, to ", number(t, "renders"));
	put(text(t, "destination"));
	putchar('\n');
	for (size_t i = 0; i < json_array_size(waits); i++)
		put_line(
		    "waits for", json_string_value(json_array_get(waits, i)));
	put_line("error", text(t, "error"));
	put_line("the source on disk is bad", text(t, "source_error"));
	put_line("its last text is not live", text(t, "apply_error"));
}

static void
print_held(const json_t *held)
{
	size_t n = json_array_size(held);

	if (n > 0)
		puts("held:");
	for (size_t i = 0; i < n; i++) {
		const json_t *h = json_array_get(held, i);

		fputs("  ", stdout);
		put(text(h, "query"));
		printf(": %s, since ", text(h, "change"));
		put_duration(number(h, "age_ms"));
		printf(", %s\n", text(h, "release"));
	}
}

static void
print_applies(const json_t *a)
{
	time_t last = (time_t)number(a, "last_unix");
	struct tm tm;
	char when[32] = "never";

	if (last > 0 && localtime_r(&last, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("applied: %lld written, %lld at run time, %lld reloaded, %lld "
	       "refused, %lld failed, %lld rolled back; last %s\n",
	    number(a, "written"), number(a, "runtime"), number(a, "reloaded"),
	    number(a, "refused"), number(a, "failed"), number(a, "rolled_back"),
	    when);
	if (number(a, "old_workers") > 0)
		printf(
		    "old workers of HAProxy: %lld\n", number(a, "old_workers"));
}

static void
print_leftover(const json_t *o)
{
	printf("    without a line: ");
	put(text(o, "backend"));
	putchar('/');
	put(text(o, "server"));
	if (json_is_true(json_object_get(o, "draining"))) {
		fputs(", draining, at most ", stdout);
		put_duration(number(o, "rest_ms"));
		putchar('\n');
	} else {
		puts(", in maintenance");
	}
}

static void
print_haproxy(const json_t *h)
{
	const json_t *leftovers = json_object_get(h, "leftovers");
	const json_t *manual = json_object_get(h, "manual");

	fputs("  ", stdout);
	put(text(h, "name"));
	if (number(h, "worker") > 0) {
		fputs(": HAProxy ", stdout);
		put(text(h, "version"));
		printf(", worker %lld", number(h, "worker"));
	} else {
		fputs(": not known who runs", stdout);
	}
	printf(", %lld changes at run time\n", number(h, "runtime_applies"));
	put_line("last", text(h, "last"));
	put_line("what it runs is not known", text(h, "doubt"));
	put_line("a reload is due", text(h, "owes_reload"));
	if (json_is_true(json_object_get(h, "diverged")))
		puts("    it runs something else than the files say, even "
		     "after a reload: the log says what");
	for (size_t i = 0; i < json_array_size(leftovers); i++)
		print_leftover(json_array_get(leftovers, i));
	for (size_t i = 0; i < json_array_size(manual); i++)
		put_line("set by hand",
		    json_string_value(json_array_get(manual, i)));
}

static void
print_haproxies(const json_t *list)
{
	if (json_array_size(list))
		puts("haproxy:");
	for (size_t i = 0; i < json_array_size(list); i++)
		print_haproxy(json_array_get(list, i));
}

static void
print_watch(const json_t *w)
{
	bool answered = json_is_true(json_object_get(w, "answered"));

	fputs("  ", stdout);
	put(text(w, "query"));
	printf(": %s, ", text(w, "state"));
	if (json_is_true(json_object_get(w, "remembered"))) {
		fputs("stale: the answer of an earlier run, ", stdout);
		put_duration(number(w, "age_ms"));
		fputs(" old\n", stdout);
	} else if (answered) {
		fputs("last good answer ", stdout);
		put_duration(number(w, "age_ms"));
		fputs(" old\n", stdout);
	} else {
		puts("no answer yet");
	}
	put_line("error", text(w, "error"));
}

/* The good watches are a number, the others are named. */
static void
print_consul(const json_t *c)
{
	const json_t *watches = json_object_get(c, "watches");
	size_t n = json_array_size(watches), good = 0;

	for (size_t i = 0; i < n; i++) {
		const json_t *w = json_array_get(watches, i);

		good += json_is_true(json_object_get(w, "answered")) &&
			number(w, "failures") == 0;
	}
	fputs("consul: datacenter ", stdout);
	put(text(c, "datacenter"));
	printf(", %zu watches on %lld connections, %zu good\n", n,
	    number(c, "connections"), good);
	for (size_t i = 0; i < n; i++) {
		const json_t *w = json_array_get(watches, i);

		if (!json_is_true(json_object_get(w, "answered")) ||
		    number(w, "failures") > 0)
			print_watch(w);
	}
}

static void
print_remembered(const json_t *state)
{
	long long n = number(state, "remembered");

	if (!n)
		return;
	printf("stale: %lld answer%s of an earlier run in use, ", n,
	    n == 1 ? "" : "s");
	put_duration(
	    ((long long)time(NULL) - number(state, "oldest_unix")) * 1000);
	puts(" old");
}

static void
print_paused(const json_t *j)
{
	long long since = number(j, "paused_since_unix");

	if (!since)
		return;
	fputs("paused for ", stdout);
	put_duration(((long long)time(NULL) - since) * 1000);
	puts(": nothing is applied until `weir resume`");
}

static void
print_status(const json_t *j)
{
	const json_t *templates = json_object_get(j, "templates");
	const json_t *consul = json_object_get(j, "consul");

	fputs("weir ", stdout);
	put(text(j, "version"));
	printf(", process %lld: %s, up ", number(j, "pid"),
	    json_is_true(json_object_get(j, "ready")) ? "live"
						      : "not live yet");
	put_duration(number(j, "uptime_ms"));
	printf(", %.1f MB\n", (double)number(j, "memory_bytes") / 1e6);
	print_paused(j);
	puts("templates:");
	for (size_t i = 0; i < json_array_size(templates); i++)
		print_template(json_array_get(templates, i));
	print_remembered(json_object_get(j, "state"));
	print_held(json_object_get(j, "held"));
	print_applies(json_object_get(j, "applies"));
	print_haproxies(json_object_get(j, "haproxy"));
	if (json_is_object(consul))
		print_consul(consul);
}

/* ---- the command ---- */

static int
show(const struct buf *answer, bool as_json, struct error *e)
{
	json_t *j = answer->ptr ? json_loads(answer->ptr, 0, NULL) : NULL;

	if (!json_is_object(j)) {
		json_decref(j);
		return error_set(
		    e, ERROR_DATA, "what answers is no weir of this version");
	}
	if (as_json)
		fputs(answer->ptr, stdout);
	else
		print_status(j);
	json_decref(j);
	return 0;
}

static int
status(const struct cmd_common *common, bool as_json)
{
	struct error e = {0};
	struct config *c = cmd_config(common, &e);
	struct buf answer;
	int rc;

	if (!c)
		return cmd_fail(2, &e);
	buf_init(&answer, LIMIT_ANSWER_BYTES);
	rc = control_ask(c->state_path, "GET /status", &answer, &e);
	if (rc == 200)
		rc = show(&answer, as_json, &e);
	else if (rc >= 0)
		rc = error_set(&e, ERROR_DATA, "weir answers %d", rc);
	buf_fini(&answer);
	config_free(&c);
	return rc < 0 ? cmd_fail(1, &e) : 0;
}

int
cmd_status(int argc, char **argv)
{
	struct cmd_common common = {0};
	struct cmd_words none = {0};
	bool as_json = false;
	const struct cmd_option options[] = {
	    {.name = "json",
		.kind = OPTION_SWITCH,
		.target = &as_json,
		.help = "print the daemon's JSON as it is"},
	    {0}};
	const struct cmd_usage usage = {.name = "status",
	    .operands = "",
	    .summary = "Asks the running daemon how its templates and watches "
		       "are.",
	    .options = options};
	int rc = cmd_parse(&usage, argc, argv, &common, &none);

	if (rc < 0)
		rc = status(&common, as_json);
	cmd_common_fini(&common);
	free(none.items);
	return rc;
}
