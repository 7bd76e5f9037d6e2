/* SPDX-License-Identifier: MIT */
/*
 * The stats socket by hand: reads commands from stdin, a line each, and answers
 * each with lines and then ".". Words are divided by tabs.
 *
 *   ask COMMAND              the reply
 *   step KIND COMMAND [UNDO] puts a step on the list ("\n" stands for a new
 *                            line); KIND is its number
 *   run                      runs the list: "done N of M in T us", "error: …"
 *   undo N                   takes the first N back
 *   clear                    empties the list
 *   kind PATH CONFIG         "kind N": what HAProxy has loaded from there
 *   file KIND NAME OLD NEW   plans from one file to another and runs
 *   check KIND NAME FILE     is that file what HAProxy has in its memory?
 *   verify CONFIG [manual]   findings, and the commands that mend them
 *   repair CONFIG            … and runs them
 *   digest                   of the state
 *   sleep MS                 the loop runs on
 *
 * usage: talker SOCKET VERSION
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/file.h"
#include "weir/limits.h"
#include "weir/runtime.h"

enum { WORDS = 8 };

static uv_loop_t loop;
static struct haproxy_runtime *runtime;
static struct haproxy_version version;
static struct haproxy_steps steps;
static struct buf reply;
static bool waiting;

static void
await(void)
{
	for (waiting = true; waiting;)
		uv_run(&loop, UV_RUN_NOWAIT);
}

static void
on_reply(void *arg, struct haproxy_reply *r)
{
	(void)arg;
	buf_reset(&reply);
	buf_str(&reply, r->text);
	if (r->status)
		printf("error: %s\n", r->error.text);
	waiting = false;
}

static struct str
ask(const char *command)
{
	haproxy_runtime_ask(runtime, command, on_reply, NULL);
	await();
	return buf_as_str(&reply);
}

static void
on_steps(void *arg, struct haproxy_steps_result *r)
{
	(void)arg;
	printf("done %zu of %zu in %" PRId64 " us\n", r->done, steps.count,
	    r->time_us);
	if (error_is_set(&r->error))
		printf("error: %s\n", r->error.text);
	waiting = false;
}

static void
run(void)
{
	haproxy_runtime_run(runtime, &steps, on_steps, NULL);
	await();
}

/* ---- the commands ---- */

static struct str
unescaped(const char *s)
{
	struct buf b = {0};
	struct str result;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] == 'n') {
			buf_char(&b, '\n');
			s++;
		} else {
			buf_char(&b, *s);
		}
	}
	result = arena_str(&steps.arena, buf_as_str(&b));
	buf_fini(&b);
	return result;
}

static void
do_ask(char **words)
{
	struct str text = ask(words[1]);

	fwrite(text.ptr, 1, text.len, stdout);
}

static void
do_step(char **words)
{
	struct haproxy_step *s = haproxy_step_add(
	    &steps, (enum haproxy_step_kind)atoi(words[1]), STR("b"), STR(""));

	s->command = unescaped(words[2]);
	if (words[3])
		s->undo = unescaped(words[3]);
}

static void
do_run(char **words)
{
	(void)words;
	run();
}

static void
do_undo(char **words)
{
	haproxy_runtime_undo(
	    runtime, &steps, strtoul(words[1], NULL, 10), on_steps, NULL);
	await();
}

static void
do_clear(char **words)
{
	(void)words;
	haproxy_steps_fini(&steps);
}

static void
load(const char *path, struct buf *out)
{
	struct error e = {0};

	if (file_read(path, LIMIT_OUTPUT_BYTES, out, &e) != 0) {
		fprintf(stderr, "talker: %s\n", e.text);
		exit(2);
	}
}

static char *
answer_of(const char *command)
{
	ask(command);
	return buf_take(&reply, NULL);
}

static enum haproxy_file_kind
kind_of(const char *path, const char *config)
{
	char *answers[] = {answer_of("show map"), answer_of("show acl"),
	    answer_of("show ssl cert"), answer_of("show ssl crt-list"),
	    answer_of("show ssl ca-file"), answer_of("show ssl crl-file")};
	struct haproxy_files files = {str_of(answers[0]), str_of(answers[1]),
	    str_of(answers[2]), str_of(answers[3]), str_of(answers[4]),
	    str_of(answers[5])};
	struct str name;
	enum haproxy_file_kind kind = haproxy_file_find(&files, path, &name);
	struct haproxy_model model;
	struct buf text = {0};

	load(config, &text);
	haproxy_model_parse(&model, buf_as_str(&text));
	if (kind == FILE_MAP && haproxy_map_is_keyed(&model, name))
		kind = FILE_MAP_KEYED;
	haproxy_model_fini(&model);
	buf_fini(&text);
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		free(answers[i]);
	printf("kind %d\n", (int)kind);
	return kind;
}

static void
do_kind(char **words)
{
	kind_of(words[1], words[2]);
}

static void
do_file(char **words)
{
	struct buf old = {0};
	struct buf new = {0};

	load(words[3], &old);
	load(words[4], &new);
	haproxy_steps_fini(&steps);
	haproxy_steps_plan_file(&steps, (enum haproxy_file_kind)atoi(words[1]),
	    words[2], buf_as_str(&old), buf_as_str(&new), &version);
	if (steps.reload)
		printf("reload %s\n", steps.reason.ptr);
	else
		run();
	buf_fini(&old);
	buf_fini(&new);
}

static void
do_check(char **words)
{
	enum haproxy_file_kind kind = (enum haproxy_file_kind)atoi(words[1]);
	struct buf question = {0};
	struct buf text = {0};
	struct error e = {0};
	struct str answer;

	haproxy_file_question(kind, words[2], &question);
	answer = ask(question.ptr);
	load(words[3], &text);
	if (haproxy_file_verify(
		kind, words[2], buf_as_str(&text), answer, &e) == 0)
		puts("same");
	else
		printf("differs: %s\n", e.text);
	error_fini(&e);
	buf_fini(&question);
	buf_fini(&text);
}

static void
show_findings(const struct haproxy_findings *f)
{
	static const char *const kinds[] = {
	    "differs", "missing", "unknown", "manual", "leftover"};

	for (size_t i = 0; i < f->count; i++)
		printf("%s %s/%s: %s\n", kinds[f->items[i].kind],
		    f->items[i].backend.ptr, f->items[i].server.ptr,
		    f->items[i].what.ptr);
	for (size_t i = 0; i < f->repair.count; i++)
		printf("> %s\n", f->repair.items[i].command.ptr);
	if (f->repair.reload)
		printf("reload %s\n", f->repair.reason.ptr);
}

static void
verify(char **words, bool repair)
{
	struct haproxy_running running = {.version = version};
	struct haproxy_findings f;
	struct haproxy_model model;
	struct haproxy_expected expected = {.model = &model,
	    .running = &running,
	    .respect_manual = words[2] != NULL};
	struct buf text = {0};
	struct error e = {0};
	struct str state = ask("show servers state");
	uint64_t began = uv_hrtime();

	load(words[1], &text);
	haproxy_model_parse(&model, buf_as_str(&text));
	if (haproxy_verify(&f, &expected, state, &e) < 0)
		printf("error: %s\n", e.text);
	fprintf(stderr, "verified in %" PRIu64 " us\n",
	    (uv_hrtime() - began) / 1000);
	show_findings(&f);
	if (repair) {
		haproxy_steps_fini(&steps);
		steps = f.repair;
		f.repair = (struct haproxy_steps){0};
		run();
	}
	error_fini(&e);
	haproxy_findings_fini(&f);
	haproxy_model_fini(&model);
	buf_fini(&text);
}

static void
do_verify(char **words)
{
	verify(words, false);
}

static void
do_repair(char **words)
{
	verify(words, true);
}

static void
do_digest(char **words)
{
	struct str state = ask("show servers state");
	uint64_t began = uv_hrtime();
	uint64_t digest = haproxy_state_digest(state);

	(void)words;
	fprintf(
	    stderr, "digest in %" PRIu64 " us\n", (uv_hrtime() - began) / 1000);
	printf("%" PRIx64 "\n", digest);
}

static void
on_awake(uv_timer_t *timer)
{
	(void)timer;
	waiting = false;
}

static void
do_sleep(char **words)
{
	uv_timer_t timer;

	uv_timer_init(&loop, &timer);
	uv_timer_start(&timer, on_awake, strtoul(words[1], NULL, 10), 0);
	while (
	    uv_run(&loop, UV_RUN_ONCE) && uv_is_active((uv_handle_t *)&timer))
		continue;
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&loop, UV_RUN_NOWAIT);
}

static const struct {
	const char *name;
	void (*run)(char **words);
	int words;
} commands[] = {{"ask", do_ask, 2}, {"step", do_step, 3}, {"run", do_run, 1},
    {"undo", do_undo, 2}, {"clear", do_clear, 1}, {"kind", do_kind, 3},
    {"file", do_file, 5}, {"check", do_check, 4}, {"verify", do_verify, 2},
    {"repair", do_repair, 2}, {"digest", do_digest, 1}, {"sleep", do_sleep, 2}};

static void
obey(char *line)
{
	char *words[WORDS + 1] = {0};
	int n = 0;

	line[strcspn(line, "\n")] = 0;
	for (char *w; n < WORDS && (w = strsep(&line, "\t")); n++)
		words[n] = w;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(words[0], commands[i].name) &&
		    n >= commands[i].words) {
			commands[i].run(words);
			return;
		}
	puts("error: what?");
}

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t room = 0;

	if (argc != 3 || haproxy_version_parse(argv[2], &version) < 0) {
		fputs("usage: talker SOCKET VERSION <COMMANDS\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	runtime = haproxy_runtime_new(&loop, argv[1], 2000);
	while (getline(&line, &room, stdin) > 0) {
		obey(line);
		puts(".");
		fflush(stdout);
	}
	free(line);
	haproxy_steps_fini(&steps);
	buf_fini(&reply);
	haproxy_runtime_free(&runtime);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop) == 0 ? 0 : 1;
}
