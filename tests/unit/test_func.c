/* SPDX-License-Identifier: MIT */
/*
 * The helper functions through small templates: what they ask of the render's
 * world, and what the recorded cases can't show.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/file.h"
#include "weir/template.h"

struct seen {
	struct buf used;    /* files that were read */
	struct buf written; /* PATH=CONTENT; of files that were not */
};

static const char *
env(void *arg, const char *name)
{
	(void)arg;
	return !strcmp(name, "NAME")   ? "web"
	       : !strcmp(name, "NONE") ? ""
				       : NULL;
}

static void
on_used(void *arg, struct render *r, const char *path)
{
	struct seen *s = arg;

	(void)r;
	buf_printf(&s->used, "%s;", path);
}

static void
on_written(void *arg, const char *path, struct str content)
{
	struct seen *s = arg;

	buf_printf(
	    &s->written, "%s=%.*s;", path, (int)content.len, content.ptr);
}

/* Renders text; 0 and the output in *out, or -1 and the message there. */
static int
render(const char *text, const struct template_world *world, struct buf *out)
{
	struct template_options o = {.path = "t"};
	struct error e = {0};
	struct template *t = template_new(&o, str_of(text), &e);
	struct arena arena = {0};
	struct render r = {.arena = &arena, .out = out, .world = world};
	int rc = -1;

	if (t)
		rc = template_execute(t, &r, &e);
	if (rc < 0) {
		buf_reset(out);
		buf_puts(out, e.text);
	}
	error_fini(&e);
	template_free(&t);
	arena_fini(&arena);
	return rc;
}

static void
assert_renders(
    const char *text, const struct template_world *world, const char *want)
{
	struct buf out = {0};

	assert_int_equal(render(text, world, &out), 0);
	assert_string_equal(buf_as_str(&out).ptr, want);
	buf_fini(&out);
}

static void
assert_refuses(
    const char *text, const struct template_world *world, const char *words)
{
	struct buf out = {0};

	assert_int_equal(render(text, world, &out), -1);
	if (!strstr(out.ptr, words))
		fail_msg("%s: %s, not %s", text, out.ptr, words);
	buf_fini(&out);
}

/* --- environment --- */

static void
variables_come_from_the_world(void **state)
{
	const struct template_world w = {.env = env};

	(void)state;
	assert_renders(
	    "{{env `NAME`}}[{{env `NONE`}}][{{env `HOME`}}]", &w, "web[][]");
	assert_renders(
	    "{{envOrDefault `NONE` `d`}}{{envOrDefault `X` `d`}}", &w, "d");
	assert_refuses("{{mustEnv `NONE`}}", &w,
	    "required environment variable NONE is empty");
	assert_int_equal(setenv("WEIR_TEST", "a=b", 1), 0);
	assert_renders(
	    "{{env `WEIR_TEST`}}[{{env `WEIR_TEST=a`}}]", NULL, "a=b[]");
}

/* --- files --- */

static char folder[] = "/tmp/weir-func-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int
remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static void
put(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The text with every @ replaced by the folder. */
static const char *
in_folder(const char *text)
{
	static struct buf b;

	buf_reset(&b);
	for (; *text; text++) {
		if (*text == '@')
			buf_puts(&b, folder);
		else
			buf_char(&b, *text);
	}
	return b.ptr;
}

static void
a_file_that_is_read_is_told(void **state)
{
	struct seen seen = {0};
	const struct template_world w = {.arg = &seen, .file_used = on_used};
	char want[128];

	(void)state;
	put("a", "text");
	assert_renders(in_folder("{{file ` @/./a `}}{{file ``}}"), &w, "text");
	snprintf(want, sizeof(want), "%s/a;", folder);
	assert_string_equal(seen.used.ptr, want);
	assert_refuses(in_folder("{{file `@/none`}}"), &w,
	    "none: no such file or directory");
	buf_fini(&seen.used);
}

static void
a_pipe_without_a_writer_is_an_empty_file(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/pipe", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_renders(in_folder("[{{file `@/pipe`}}]"), NULL, "[]");
}

static void
a_pass_that_must_not_write_shows_what_it_would(void **state)
{
	struct seen seen = {0};
	const struct template_world w = {
	    .arg = &seen, .file_written = on_written};
	char want[256];

	(void)state;
	put("log", "one\n");
	assert_renders(
	    in_folder("{{writeToFile `@/log` `` `` `0644` "
		      "`append,newline` `two`}}"
		      "{{writeToFile `@/deep/er` `` `` `0644` `x`}}"),
	    &w, "");
	snprintf(want, sizeof(want), "%s/log=one\ntwo\n;%s/deep/er=x;", folder,
	    folder);
	assert_string_equal(seen.written.ptr, want);
	assert_refuses("{{writeToFile `/x` `` `` `9` `x`}}", &w,
	    "parsing \"9\": invalid syntax");
	buf_fini(&seen.written);
	assert_int_equal(access(in_folder("@/deep"), F_OK), -1);
	assert_renders(in_folder("{{file `@/log`}}"), NULL, "one\n");
}

/* --- programs --- */

static void
programs_run_only_where_they_may(void **state)
{
	const struct template_world w = {.plugins = true};

	(void)state;
	assert_refuses("{{plugin `true`}}", NULL, "true is not run");
	assert_renders("{{plugin ``}}", NULL, "");
	assert_renders("{{plugin `echo` ` a ` ``}}", &w, "a");
}

static void
a_program_may_close_its_output_early(void **state)
{
	const struct template_world w = {.plugins = true};

	(void)state;
	assert_renders(
	    "{{plugin `sh` `-c` `echo a; exec >&- 2>&-; sleep 0.1`}}", &w, "a");
	assert_refuses(
	    "{{plugin `sh` `-c` `exec >&- 2>&-; sleep 0.1; exit 7`}}", &w,
	    "exit status 7");
}

static void
a_program_has_a_group_and_no_blocked_signals(void **state)
{
	const struct template_world w = {.plugins = true};

	(void)state;
	/* exec: a shell that waits for a child blocks signals of its own. */
	assert_renders("{{plugin `sh` `-c` "
		       "`set -- $(cat /proc/$$/stat); "
		       "[ $1 = $5 ] && echo own; "
		       "exec grep -c 'SigBlk:\t0*$' /proc/self/status`}}",
	    &w, "own\n1");
}

/* --- regular expressions --- */

static void
more_patterns_than_are_kept_work(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++)
		assert_renders("{{range loop 300}}{{$p := printf `^x%d$` .}}"
			       "{{if not (regexMatch $p (printf `x%d` .))}}"
			       "bad {{.}}{{end}}{{end}}ok",
		    NULL, "ok");
}

static void
a_pattern_may_hold_a_nul(void **state)
{
	(void)state;
	assert_renders("{{regexMatch \"[\\x00b]+c$\" \"a\\x00bc\"}}"
		       "{{regexMatch \"^[\\x00]d\" \"\\x00c\"}}",
	    NULL, "truefalse");
	assert_refuses(
	    "{{regexMatch \"[\\x00b\" \"b\"}}", NULL, "missing closing ]");
}

static void
a_text_is_replaced_around_bad_bytes(void **state)
{
	(void)state;
	assert_renders("{{regexReplaceAll `(\\w)(.)` `$2$1` \"a\\xffb\\xfe\""
		       " | printf `%q`}}",
	    NULL, "\"\\xffa\\xfeb\"");
	assert_renders(
	    "{{regexReplaceAll `\\B` `-` `a\xc3\xa9`}}", NULL, "a\xc3\xa9-");
}

/* --- scratch --- */

static void
a_scratch_lives_for_one_render(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_renders("{{scratch.Key `a`}}{{scratch.Set `a` 1}}"
			       "{{scratch.Key `a`}}",
		    NULL, "falsetrue");
}

/* --- bounds --- */

static void
results_are_bounded(void **state)
{
	(void)state;
	assert_refuses("{{indent 1000000000 `a`}}", NULL, "too large");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(variables_come_from_the_world),
	    cmocka_unit_test(a_file_that_is_read_is_told),
	    cmocka_unit_test(a_pipe_without_a_writer_is_an_empty_file),
	    cmocka_unit_test(a_pass_that_must_not_write_shows_what_it_would),
	    cmocka_unit_test(programs_run_only_where_they_may),
	    cmocka_unit_test(a_program_may_close_its_output_early),
	    cmocka_unit_test(a_program_has_a_group_and_no_blocked_signals),
	    cmocka_unit_test(more_patterns_than_are_kept_work),
	    cmocka_unit_test(a_pattern_may_hold_a_nul),
	    cmocka_unit_test(a_text_is_replaced_around_bad_bytes),
	    cmocka_unit_test(a_scratch_lives_for_one_render),
	    cmocka_unit_test(results_are_bounded),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
