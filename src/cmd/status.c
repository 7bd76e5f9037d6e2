/* SPDX-License-Identifier: MIT */
/*
 * weir status: one question on the control socket, printed for people or as it
 * came. What the daemon says is data: it is checked, and control characters in
 * it don't reach the terminal.
 */
#include "weir/cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "weir/limits.h"
#include "weir/report.h"

/* Seconds that a daemon which is alive may take for an answer: it is one
 * thread, and a long render goes first. */
#define ANSWER_SECONDS 60

/* ---- asking ---- */

static int
unreachable(const char *path, struct error *e)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		return error_set(e, ERROR_IO,
		    "no weir answers at %s: %s (is weir run running, with the "
		    "same [state] path?)",
		    path, strerror(errno));
	return error_set_errno(e, ERROR_IO, "cannot ask weir at %s", path);
}

static int
ask(int fd, const char *path, struct buf *b, struct error *e)
{
	static const char request[] = "GET /status HTTP/1.0\r\n\r\n";
	char piece[16384];
	ssize_t n;

	if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) < 0)
		return unreachable(path, e);
	while ((n = recv(fd, piece, sizeof(piece), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreachable(path, e);
		buf_put(b, piece, (size_t)n);
	}
	if (b->failed)
		return error_set(e, ERROR_LIMIT, "the answer is too long");
	return 0;
}

static int
fetch(const char *path, struct buf *b, struct error *e)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	int fd, rc;

	if (strlen(path) >= sizeof(un.sun_path))
		return error_set(
		    e, ERROR_CONFIG, "%s is too long for a socket", path);
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(e, ERROR_IO, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&un, sizeof(un)) < 0)
		rc = unreachable(path, e);
	else
		rc = ask(fd, path, b, e);
	close(fd);
	return rc;
}

/* The body of a good answer, NULL if it is none. */
static const char *
body_of(const struct buf *b)
{
	const char *end = b->ptr ? strstr(b->ptr, "\r\n\r\n") : NULL;

	if (!end || b->len < 12 || strncmp(b->ptr, "HTTP/1.", 7) ||
	    strncmp(b->ptr + 8, " 200", 4))
		return NULL;
	return end + 4;
}

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
}

static void
print_applies(const json_t *a)
{
	time_t last = (time_t)number(a, "last_unix");
	struct tm tm;
	char when[32] = "never";

	if (last > 0 && localtime_r(&last, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	printf("applied: %lld written, %lld reloaded, %lld refused, %lld "
	       "failed, %lld rolled back; last %s\n",
	    number(a, "written"), number(a, "reloaded"), number(a, "refused"),
	    number(a, "failed"), number(a, "rolled_back"), when);
}

static void
print_watch(const json_t *w)
{
	bool answered = json_is_true(json_object_get(w, "answered"));

	fputs("  ", stdout);
	put(text(w, "query"));
	printf(": %s, ", text(w, "state"));
	if (answered) {
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
print_status(const json_t *j)
{
	const json_t *templates = json_object_get(j, "templates");
	const json_t *consul = json_object_get(j, "consul");

	fputs("weir ", stdout);
	put(text(j, "version"));
	printf(": %s, up ", json_is_true(json_object_get(j, "ready"))
				? "live"
				: "not live yet");
	put_duration(number(j, "uptime_ms"));
	puts("\ntemplates:");
	for (size_t i = 0; i < json_array_size(templates); i++)
		print_template(json_array_get(templates, i));
	print_applies(json_object_get(j, "applies"));
	if (json_is_object(consul))
		print_consul(consul);
}

/* ---- the command ---- */

static int
show(const struct buf *answer, bool as_json, struct error *e)
{
	const char *body = body_of(answer);
	json_t *j = body ? json_loads(body, 0, NULL) : NULL;

	if (!json_is_object(j)) {
		json_decref(j);
		return error_set(
		    e, ERROR_DATA, "what answers is no weir of this version");
	}
	if (as_json)
		fputs(body, stdout);
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
	char *path;
	int rc;

	if (!c)
		return cmd_fail(2, &e);
	path = report_control_path(c->state_path);
	buf_init(&answer, LIMIT_ANSWER_BYTES);
	rc = fetch(path, &answer, &e);
	if (rc == 0)
		rc = show(&answer, as_json, &e);
	buf_fini(&answer);
	free(path);
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
