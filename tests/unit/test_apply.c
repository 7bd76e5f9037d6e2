/* SPDX-License-Identifier: MIT */
/* Applies on real files: what is on the disk after each, and after each failure
 * and death on the way. The HAProxy here is a script that refuses what holds
 * the word BAD. */
/* ldflags: -Wl,--wrap=fsync -Wl,--wrap=rename -Wl,--wrap=link */
/* ldflags: -Wl,--wrap=unlink -Wl,--wrap=write */
#include "weir/apply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weir/file.h"

/* ---- faults ---- */

/* The n-th call from now on fails with errno; 0: none. */
struct fault {
	int at, code;
};
static struct fault fail_rename, fail_fsync, fail_link;
/* What is put aside can't be removed. */
static bool previous_stays;
/* The n-th of all wrapped calls ends the process; 0: none. */
static int die_at;

static bool
strikes(struct fault *f)
{
	if (die_at && --die_at == 0)
		kill(getpid(), SIGKILL);
	if (!f || !f->at || --f->at)
		return false;
	errno = f->code;
	return true;
}

int __real_fsync(int);
int __wrap_fsync(int);
int
__wrap_fsync(int fd)
{
	return strikes(&fail_fsync) ? -1 : __real_fsync(fd);
}

int __real_rename(const char *, const char *);
int __wrap_rename(const char *, const char *);
int
__wrap_rename(const char *from, const char *to)
{
	return strikes(&fail_rename) ? -1 : __real_rename(from, to);
}

int __real_link(const char *, const char *);
int __wrap_link(const char *, const char *);
int
__wrap_link(const char *from, const char *to)
{
	return strikes(&fail_link) ? -1 : __real_link(from, to);
}

int __real_unlink(const char *);
int __wrap_unlink(const char *);
int
__wrap_unlink(const char *path)
{
	if (previous_stays && strstr(path, ".weir-prev")) {
		errno = ENOSPC;
		return -1;
	}
	return strikes(NULL) ? -1 : __real_unlink(path);
}

ssize_t __real_write(int, const void *, size_t);
ssize_t __wrap_write(int, const void *, size_t);
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	return strikes(NULL) ? -1 : __real_write(fd, p, n);
}

/* ---- a folder with files ---- */

static char folder[] = "/tmp/weir-apply-XXXXXX";
static char path_a[64], path_b[64], path_c[64], program[64], told[64];
static struct config_template ta, tb, tc;
static struct config_haproxy haproxy;
static char *config_list[4];
static char told_command[128];

static void
put(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* The text of a file; "-" if there is none. Overwritten by the next call but
 * seven. */
static const char *
get(const char *path)
{
	static char texts[8][4096];
	static int next;
	char *text = texts[next++ % 8];
	FILE *f = fopen(path, "re");

	if (!f)
		return "-";
	text[fread(text, 1, sizeof(texts[0]) - 1, f)] = 0;
	fclose(f);
	return text;
}

static void
empty_folder(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

/* Hidden files: candidates, second names, copies. */
static int
leftovers(void)
{
	DIR *d = opendir(folder);
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		if (e->d_name[0] == '.' && strcmp(e->d_name, ".") &&
		    strcmp(e->d_name, ".."))
			n++;
	closedir(d);
	return n;
}

static struct config_template
template_of(char *path)
{
	return (struct config_template){.name = path,
	    .destination = path,
	    .mode = (mode_t)-1,
	    .command_timeout_ms = 10000};
}

static int
setup_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path_a, sizeof(path_a), "%s/a.cfg", folder);
	snprintf(path_b, sizeof(path_b), "%s/b.map", folder);
	snprintf(path_c, sizeof(path_c), "%s/c.cfg", folder);
	snprintf(program, sizeof(program), "%s/haproxy", folder);
	snprintf(told, sizeof(told), "%s/told", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	empty_folder();
	return rmdir(folder);
}

/* A script in haproxy's place: keeps the words it is given and the files. */
static int
setup(void **state)
{
	(void)state;
	previous_stays = false;
	empty_folder();
	fail_rename = fail_fsync = fail_link = (struct fault){0};
	put(path_a, "old a\n");
	put(path_b, "old b\n");
	put(path_c, "old c\n");
	put(program,
	    "#!/bin/sh\n"
	    "cd ${0%/*}\n"
	    "echo \"$*\" >words; : >seen\n"
	    "shift; rc=0\n"
	    "while [ $# -gt 0 ]; do\n"
	    "cat $2 >>seen\n"
	    "for m in $(sed -n 's/^use //p' $2); do cat $m >>seen; done\n"
	    "n=$(grep -n BAD $2 | cut -d: -f1)\n"
	    "[ -z \"$n\" ] || { rc=1; echo \"[ALERT]    (1) : config : "
	    "parsing [$2:$n] : unknown keyword\"; }\n"
	    "shift 2; done; exit $rc\n");
	chmod(program, 0755);
	ta = template_of(path_a);
	tb = template_of(path_b);
	tc = template_of(path_c);
	config_list[0] = path_a;
	config_list[1] = path_c;
	snprintf(told_command, sizeof(told_command), "echo x >>%s", told);
	haproxy = (struct config_haproxy){.name = folder,
	    .binary = program,
	    .configs = {config_list, 2},
	    .reload = RELOAD_COMMAND,
	    .reload_argument = told_command,
	    .reload_timeout_ms = 5000,
	    .check_timeout_ms = 5000,
	    .check = true};
	return 0;
}

/* ---- one apply ---- */

struct ended {
	int calls;
	enum apply_outcome outcome;
	size_t changed;
	struct error error;
};

static void
on_done(void *arg, const struct apply_result *r)
{
	struct ended *e = arg;
	struct buf text = {0};

	e->calls++;
	e->outcome = r->outcome;
	e->changed = r->changed;
	if (error_is_set(&r->error)) {
		error_print(&r->error, &text);
		error_set(&e->error, r->error.kind, "%s", text.ptr);
	}
	buf_fini(&text);
}

static struct ended
run(struct apply_options *o)
{
	struct ended e = {0};
	uv_loop_t loop;

	uv_loop_init(&loop);
	o->loop = &loop;
	o->on_done = on_done;
	o->arg = &e;
	apply_start(o);
	assert_int_equal(e.calls, 0);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(e.calls, 1);
	assert_int_equal(uv_loop_close(&loop), 0);
	return e;
}

static struct ended
apply_files(const struct config_haproxy *h, const struct apply_file *files,
    size_t count)
{
	struct apply_options o = {.haproxy = h,
	    .files = files,
	    .count = count,
	    .check = true,
	    .write = true,
	    .reload = true};

	return run(&o);
}

/* a, b and c as one set of the HAProxy. */
static struct ended
apply_three(const char *a, const char *b, const char *c)
{
	struct apply_file files[] = {
	    {&ta, str_of(a)}, {&tb, str_of(b)}, {&tc, str_of(c)}};

	return apply_files(&haproxy, files, 3);
}

static struct ended
apply_one(const char *a)
{
	struct apply_file files[] = {{&ta, str_of(a)}};

	return apply_files(NULL, files, 1);
}

static void
assert_error(struct ended *e, const char *part)
{
	if (!e->error.text || !strstr(e->error.text, part))
		print_error("error is: %s\n", e->error.text);
	assert_non_null(e->error.text);
	assert_non_null(strstr(e->error.text, part));
	error_fini(&e->error);
}

static void
assert_old(void)
{
	assert_string_equal(get(path_a), "old a\n");
	assert_string_equal(get(path_b), "old b\n");
	assert_string_equal(get(path_c), "old c\n");
	assert_int_equal(leftovers(), 0);
}

/* ---- what should happen ---- */

static void
a_set_goes_live_with_one_check_and_one_reload(void **state)
{
	struct ended e = apply_three("new a\n", "new b\n", "new c\n");

	(void)state;
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_int_equal(e.changed, 3);
	assert_string_equal(get(path_a), "new a\n");
	assert_string_equal(get(path_b), "new b\n");
	assert_string_equal(get(path_c), "new c\n");
	assert_string_equal(get(told), "x\n");
	assert_int_equal(leftovers(), 0);
}

static void
the_same_bytes_touch_nothing(void **state)
{
	struct stat before, after;
	char words[80];
	struct ended e;

	(void)state;
	snprintf(words, sizeof(words), "%s/words", folder);
	ta.mode = 0600;
	stat(path_a, &before);
	e = apply_three("old a\n", "old b\n", "old c\n");
	stat(path_a, &after);
	assert_int_equal(e.outcome, APPLY_UNCHANGED);
	assert_int_equal(e.changed, 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_ctim.tv_nsec, after.st_ctim.tv_nsec);
	assert_int_equal(before.st_mode, after.st_mode);
	assert_string_equal(get(told), "-");
	assert_string_equal(get(words), "-");
}

static void
what_is_the_same_is_not_written_again(void **state)
{
	struct stat before, after;
	struct ended e;

	(void)state;
	stat(path_b, &before);
	e = apply_three("new a\n", "old b\n", "old c\n");
	stat(path_b, &after);
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_int_equal(e.changed, 1);
	assert_int_equal(before.st_ino, after.st_ino);
}

static void
mode_is_set_and_kept(void **state)
{
	struct stat st;
	struct ended e;

	(void)state;
	chmod(path_a, 0604);
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_WRITTEN);
	stat(path_a, &st);
	assert_int_equal(st.st_mode & 07777, 0604);
	ta.mode = 0640;
	e = apply_one("newer a\n");
	stat(path_a, &st);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
the_backup_is_what_was_there(void **state)
{
	char backup[80];
	struct ended e;

	(void)state;
	snprintf(backup, sizeof(backup), "%s.bak", path_a);
	ta.backup = true;
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_WRITTEN);
	assert_string_equal(get(backup), "old a\n");
	assert_int_equal(leftovers(), 0);
}

static void
without_reload_nobody_is_told(void **state)
{
	struct apply_file file = {&ta, STR("new a\n")};
	struct apply_options o = {.haproxy = &haproxy,
	    .files = &file,
	    .count = 1,
	    .check = true,
	    .write = true};
	struct ended e = run(&o);

	(void)state;
	assert_int_equal(e.outcome, APPLY_WRITTEN);
	assert_string_equal(get(path_a), "new a\n");
	assert_string_equal(get(told), "-");
	assert_int_equal(leftovers(), 0);
}

static void
equal_commands_of_a_set_run_once(void **state)
{
	struct apply_file files[] = {
	    {&ta, STR("1")}, {&tb, STR("2")}, {&tc, STR("old c\n")}};
	char never[128];
	struct ended e;

	(void)state;
	snprintf(never, sizeof(never), "echo never >>%s", told);
	ta.reload = tb.reload = told_command;
	tc.reload = never;
	e = apply_files(NULL, files, 3);
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_string_equal(get(told), "x\n");
}

/* ---- checks ---- */

static void
a_refused_candidate_changes_nothing(void **state)
{
	struct ended e = apply_three("ok\n\tBAD line\n", "new b\n", "new c\n");
	char place[160];

	(void)state;
	snprintf(place, sizeof(place), "%s:2: unknown keyword\n    2 | \tBAD",
	    path_a);
	assert_int_equal(e.outcome, APPLY_REFUSED);
	assert_error(&e, place);
	assert_old();
	assert_string_equal(get(told), "-");
}

static void
what_does_not_change_is_checked_in_its_place(void **state)
{
	char words[80];
	struct ended e = apply_three("new a\n", "old b\n", "old c\n");

	(void)state;
	assert_int_equal(e.outcome, APPLY_RELOADED);
	snprintf(words, sizeof(words), "%s/words", folder);
	assert_non_null(strstr(get(words), path_c));
	assert_null(strstr(get(words), path_a));
}

/* a names b: the copy that is checked names b's candidate, and what goes live
 * names b. */
static void
a_map_is_checked_together_with_who_names_it(void **state)
{
	char text[128], seen[80];
	struct ended e;

	(void)state;
	snprintf(text, sizeof(text), "use %s\n", path_b);
	snprintf(seen, sizeof(seen), "%s/seen", folder);
	e = apply_three(text, "new b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_string_equal(get(path_a), text);
	assert_non_null(strstr(get(seen), "new b\n"));
	assert_null(strstr(get(seen), "old b\n"));
	assert_int_equal(leftovers(), 0);
}

/* A certificate in a crt-list that a configuration names: only the last of them
 * changes, and all three are checked as they will be. */
static void
names_are_followed_through_files(void **state)
{
	struct apply_file file = {&tc, STR("new c\n")};
	struct apply_file files[3];
	char a[128], b[128], seen[80];
	struct ended e;

	(void)state;
	snprintf(a, sizeof(a), "use %s\n", path_b);
	snprintf(b, sizeof(b), "%s [alpn h2]\n", path_c);
	put(path_a, a);
	put(path_b, b);
	files[0] = (struct apply_file){&ta, str_of(a)};
	files[1] = (struct apply_file){&tb, str_of(b)};
	files[2] = file;
	snprintf(seen, sizeof(seen), "%s/seen", folder);
	e = apply_files(&haproxy, files, 3);
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_int_equal(e.changed, 1);
	assert_non_null(strstr(get(seen), "/.b.map.weir-"));
	assert_non_null(strstr(get(seen), "/.c.cfg.weir-"));
	assert_non_null(strstr(get(seen), " [alpn h2]\n"));
	assert_string_equal(get(path_b), b);
	assert_int_equal(leftovers(), 0);
}

/* Only the map changes; the configuration that names it is no template. */
static void
who_names_a_map_may_be_another_file(void **state)
{
	struct apply_file file = {&tb, STR("new b\n")};
	char text[128], seen[80];
	struct ended e;

	(void)state;
	snprintf(text, sizeof(text), "use %s\nBAD\n", path_b);
	put(path_c, text);
	snprintf(seen, sizeof(seen), "%s/seen", folder);
	e = apply_files(&haproxy, &file, 1);
	assert_int_equal(e.outcome, APPLY_REFUSED);
	assert_non_null(strstr(get(seen), "new b\n"));
	snprintf(text, sizeof(text), "%s:2: unknown keyword", path_c);
	assert_error(&e, text);
	assert_string_equal(get(path_b), "old b\n");
	assert_int_equal(leftovers(), 0);
}

/* b.map within b.map.old is another file's name. */
static void
a_name_within_a_longer_name_is_not_meant(void **state)
{
	char text[128], longer[80];
	struct ended e;

	(void)state;
	snprintf(longer, sizeof(longer), "%s.old", path_b);
	put(longer, "longer\n");
	snprintf(text, sizeof(text), "use %s\n", longer);
	e = apply_three(text, "new b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_int_equal(leftovers(), 0);
}

static void
files_that_name_each_other_end(void **state)
{
	char a[128], c[128];
	struct ended e;

	(void)state;
	snprintf(a, sizeof(a), "# %s\n", path_c);
	snprintf(c, sizeof(c), "# %s\n", path_a);
	e = apply_three(a, "new b\n", c);
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_string_equal(get(path_a), a);
	assert_string_equal(get(path_c), c);
	assert_int_equal(leftovers(), 0);
}

/* -f may be a directory: its *.cfg in the order of their names. */
static void
a_directory_is_checked_file_by_file(void **state)
{
	char words[80], *first, *second;
	struct ended e;

	(void)state;
	config_list[0] = folder;
	haproxy.configs.count = 1;
	unlink(path_a);
	e = apply_three("new a\n", "new b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_RELOADED);
	snprintf(words, sizeof(words), "%s/words", folder);
	first = strstr(get(words), "/.a.cfg.weir-");
	assert_non_null(first);
	second = strstr(first, "/c.cfg");
	assert_non_null(second);
	assert_null(strstr(first, "b.map"));
}

static void
a_check_command_sees_the_candidate(void **state)
{
	struct ended e;
	char check[] = "echo {candidate}:2: odd >&2; ! grep -q BAD {candidate} "
		       "&& grep -q old {destination}";

	(void)state;
	ta.check = check;
	e = apply_one("one\nBAD two\n");
	assert_int_equal(e.outcome, APPLY_REFUSED);
	assert_error(&e, "a.cfg:2: odd\n    2 | BAD two");
	assert_string_equal(get(path_a), "old a\n");
	e = apply_one("good\n");
	assert_int_equal(e.outcome, APPLY_WRITTEN);
	assert_int_equal(leftovers(), 0);
}

/* A name is a word for the shell, whatever is in it. */
static void
a_name_with_blanks_is_one_word_of_a_check(void **state)
{
	char path[128], check[] = "test -f {candidate} && test -f {destination}"
				  " && cat {candidate} | grep -q new";
	struct ended e;

	(void)state;
	snprintf(path, sizeof(path), "%s/it's a; b$x.cfg", folder);
	put(path, "old\n");
	ta = template_of(path);
	ta.check = check;
	e = apply_one("new\n");
	assert_int_equal(e.outcome, APPLY_WRITTEN);
	assert_string_equal(get(path), "new\n");
}

/* Not the candidate's fault: it may be tried again. */
static void
a_check_that_cannot_run_is_a_failure_not_a_refusal(void **state)
{
	char absent[] = "/nonexistent/haproxy", slow[] = "sleep 30";
	struct ended e;

	(void)state;
	haproxy.binary = absent;
	e = apply_three("new a\n", "new b\n", "new c\n");
	assert_int_equal(e.outcome, APPLY_FAILED);
	assert_error(&e, "cannot run /nonexistent/haproxy");
	assert_old();
	ta.check = slow;
	ta.command_timeout_ms = 100;
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_FAILED);
	assert_error(&e, "did not finish within 0.1 s");
	assert_old();
}

static void
checks_can_be_turned_off(void **state)
{
	struct ended e;

	(void)state;
	haproxy.check = false;
	e = apply_three("BAD\n", "new b\n", "new c\n");
	assert_int_equal(e.outcome, APPLY_RELOADED);
	assert_string_equal(get(path_a), "BAD\n");
}

/* ---- weir check ---- */

static struct ended
check_only(const char *a)
{
	struct apply_file file = {&ta, str_of(a)};
	struct apply_options o = {
	    .haproxy = &haproxy, .files = &file, .count = 1, .check = true};

	return run(&o);
}

static void
check_only_leaves_no_trace(void **state)
{
	struct ended e = check_only("new a\n");
	char seen[80];

	(void)state;
	snprintf(seen, sizeof(seen), "%s/seen", folder);
	assert_int_equal(e.outcome, APPLY_UNCHANGED);
	assert_int_equal(e.changed, 1);
	assert_non_null(strstr(get(seen), "new a\n"));
	assert_old();
	e = check_only("BAD\n");
	assert_int_equal(e.outcome, APPLY_REFUSED);
	assert_error(&e, "a.cfg:1: unknown keyword\n    1 | BAD");
	assert_old();
}

static void
check_only_checks_even_what_is_the_same(void **state)
{
	struct ended e;

	(void)state;
	put(path_a, "BAD\n");
	e = check_only("BAD\n");
	assert_int_equal(e.outcome, APPLY_REFUSED);
	error_fini(&e.error);
}

static void
check_only_needs_no_directory_of_the_destination(void **state)
{
	char absent[] = "/nonexistent/weir/a.cfg";
	struct ended e;

	(void)state;
	ta = template_of(absent);
	config_list[0] = absent;
	e = check_only("BAD\n");
	assert_int_equal(e.outcome, APPLY_REFUSED);
	assert_error(&e, "/nonexistent/weir/a.cfg:1: unknown keyword");
	assert_int_equal(access("/nonexistent", F_OK), -1);
}

/* ---- failures on the way ---- */

static void
a_full_disk_changes_nothing(void **state)
{
	struct ended e;

	(void)state;
	for (int at = 1; at <= 3; at++) {
		fail_fsync = (struct fault){at, ENOSPC};
		e = apply_three("new a\n", "new b\n", "new c\n");
		assert_int_equal(e.outcome, APPLY_FAILED);
		assert_error(&e, "No space left on device");
		assert_old();
	}
}

static void
a_missing_directory_is_named(void **state)
{
	char absent[] = "/nonexistent/weir/a.cfg";
	struct ended e;

	(void)state;
	ta = template_of(absent);
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_FAILED);
	assert_error(&e, "/nonexistent/weir");
}

static void
directories_are_made_and_go_with_what_is_refused(void **state)
{
	char deep[128], made[128], check[] = "false";
	struct ended e;

	(void)state;
	snprintf(made, sizeof(made), "%s/x", folder);
	snprintf(deep, sizeof(deep), "%s/x/y/z/a.cfg", folder);
	ta = template_of(deep);
	ta.create_dest_dirs = true;
	ta.check = check;
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_REFUSED);
	error_fini(&e.error);
	assert_int_equal(access(made, F_OK), -1);
	ta.check = NULL;
	ta.reload = check;
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_int_equal(access(made, F_OK), -1);
	ta.reload = NULL;
	e = apply_one("new a\n");
	assert_int_equal(e.outcome, APPLY_WRITTEN);
	assert_string_equal(get(deep), "new a\n");
	unlink(deep);
	while (strcmp(deep, made)) {
		*strrchr(deep, '/') = 0;
		assert_int_equal(rmdir(deep), 0);
	}
}

/* The first renames of an apply are its swaps. */
static void
when_the_third_swap_fails_none_is_made(void **state)
{
	struct ended e;

	(void)state;
	for (int at = 1; at <= 3; at++) {
		fail_rename = (struct fault){at, EIO};
		e = apply_three("new a\n", "new b\n", "new c\n");
		assert_int_equal(e.outcome, APPLY_FAILED);
		assert_error(&e, "Input/output error");
		assert_old();
		assert_string_equal(get(told), "-");
	}
}

static void
a_directory_that_cannot_be_synced_undoes_the_swap(void **state)
{
	struct ended e;

	(void)state;
	/* Three candidates, then the directory once for each swap. */
	fail_fsync = (struct fault){5, EIO};
	e = apply_three("new a\n", "new b\n", "new c\n");
	assert_int_equal(e.outcome, APPLY_FAILED);
	assert_error(&e, "sync the directory");
	assert_old();
}

static void
without_hard_links_the_previous_file_is_copied(void **state)
{
	char command[] = "false";
	struct ended e;

	(void)state;
	fail_link = (struct fault){1, EPERM};
	haproxy.reload_argument = command;
	e = apply_three("new a\n", "old b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_old();
}

static void
a_failed_reload_puts_the_previous_files_back(void **state)
{
	char command[128];
	struct stat before, after;
	struct ended e;

	(void)state;
	snprintf(command, sizeof(command),
	    "echo cannot bind; echo x >>%s; exit 1", told);
	haproxy.reload_argument = command;
	stat(path_a, &before);
	e = apply_three("new a\n", "new b\n", "new c\n");
	stat(path_a, &after);
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	assert_error(&e, "exited with status 1\ncannot bind");
	assert_int_equal(before.st_ino, after.st_ino);
	assert_old();
	assert_string_equal(get(told), "x\n");
}

/* A weir that died before its reload left what still runs. */
static void
a_failed_reload_puts_back_what_runs(void **state)
{
	char command[128], previous[128];
	struct ended e;

	(void)state;
	snprintf(command, sizeof(command), "echo x >>%s; exit 1", told);
	snprintf(previous, sizeof(previous), "%s/.a.cfg.weir-prev", folder);
	put(previous, "running a\n");
	haproxy.reload_argument = command;
	e = apply_three("new a\n", "old b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_string_equal(get(path_a), "running a\n");
	assert_int_equal(leftovers(), 0);
}

/* What this weir could not remove is older than what runs. */
static void
a_failed_reload_goes_back_by_one_generation_only(void **state)
{
	char command[] = "false";
	struct ended e;

	(void)state;
	previous_stays = true;
	e = apply_three("one a\n", "old b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_RELOADED);
	e = apply_three("one a\n", "old b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_UNCHANGED);
	haproxy.reload_argument = command;
	e = apply_three("two a\n", "old b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_string_equal(get(path_a), "one a\n");
	previous_stays = false;
	e = apply_three("three a\n", "old b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_string_equal(get(path_a), "one a\n");
	assert_int_equal(leftovers(), 0);
}

static void
a_file_that_was_not_there_goes_again(void **state)
{
	char command[] = "false";
	struct ended e;

	(void)state;
	unlink(path_b);
	haproxy.reload_argument = command;
	e = apply_three("new a\n", "new b\n", "old c\n");
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_string_equal(get(path_a), "old a\n");
	assert_string_equal(get(path_b), "-");
	assert_int_equal(leftovers(), 0);
}

/* The first program took the new files; it has to hear of the old ones. */
static void
who_was_told_before_the_failure_is_told_again(void **state)
{
	char first[192], second[] = "false";
	struct apply_file files[] = {{&ta, STR("1\n")}, {&tb, STR("2\n")}};
	struct ended e;

	(void)state;
	snprintf(first, sizeof(first), "cat %s >>%s", path_a, told);
	ta.reload = first;
	tb.reload = second;
	e = apply_files(NULL, files, 2);
	assert_int_equal(e.outcome, APPLY_ROLLED_BACK);
	error_fini(&e.error);
	assert_string_equal(get(told), "1\nold a\n");
	assert_old();
}

static void
cancel_before_the_swap_changes_nothing(void **state)
{
	struct apply_file file = {&ta, STR("new a\n")};
	char check[] = "sleep 30";
	struct ended e = {0};
	struct apply_options o = {.files = &file,
	    .count = 1,
	    .check = true,
	    .write = true,
	    .reload = true,
	    .on_done = on_done,
	    .arg = &e};
	struct apply *a;
	uv_loop_t loop;

	(void)state;
	ta.check = check;
	for (int rounds = 0; rounds < 8; rounds++) {
		uv_loop_init(&loop);
		o.loop = &loop;
		a = apply_start(&o);
		for (int i = 0; i < rounds; i++)
			uv_run(&loop, UV_RUN_NOWAIT);
		apply_cancel(&a);
		assert_null(a);
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(uv_loop_close(&loop), 0);
		assert_int_equal(e.calls, 0);
		assert_old();
	}
}

/* ---- death ---- */

/* Dies at the n-th system call that changes the disk; false: it came through.
 */
static bool
die_in_apply(int n)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		die_at = n;
		apply_three("new a\n", "new b\n", "new c\n");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status);
}

static bool
is_whole(const char *path, const char *name)
{
	const char *text = get(path);

	return (!strncmp(text, "old ", 4) || !strncmp(text, "new ", 4)) &&
	       text[4] == *name && !strcmp(text + 5, "\n");
}

/* Whenever it dies: files are whole, and the next weir completes the change,
 * the reload included, and leaves nothing behind. */
static void
death_at_any_step_leaves_whole_files(void **state)
{
	int n;

	for (n = 1; n < 200; n++) {
		struct ended e;
		bool was_told;

		setup(state);
		if (!die_in_apply(n))
			break;
		was_told = !strcmp(get(told), "x\n");
		assert_true(is_whole(path_a, "a"));
		assert_true(is_whole(path_b, "b"));
		assert_true(is_whole(path_c, "c"));
		apply_clean(&ta);
		apply_clean(&tb);
		apply_clean(&tc);
		e = apply_three("new a\n", "new b\n", "new c\n");
		assert_true(e.outcome == APPLY_RELOADED || was_told);
		assert_string_equal(get(path_a), "new a\n");
		assert_string_equal(get(path_b), "new b\n");
		assert_string_equal(get(path_c), "new c\n");
		assert_string_not_equal(get(told), "-");
		assert_int_equal(leftovers(), 0);
	}
	/* Three candidates, links, swaps and syncs at the least. */
	assert_in_range(n, 15, 199);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
	    T(a_set_goes_live_with_one_check_and_one_reload),
	    T(the_same_bytes_touch_nothing),
	    T(what_is_the_same_is_not_written_again),
	    T(mode_is_set_and_kept),
	    T(the_backup_is_what_was_there),
	    T(without_reload_nobody_is_told),
	    T(equal_commands_of_a_set_run_once),
	    T(a_refused_candidate_changes_nothing),
	    T(what_does_not_change_is_checked_in_its_place),
	    T(a_map_is_checked_together_with_who_names_it),
	    T(names_are_followed_through_files),
	    T(who_names_a_map_may_be_another_file),
	    T(a_name_within_a_longer_name_is_not_meant),
	    T(files_that_name_each_other_end),
	    T(a_directory_is_checked_file_by_file),
	    T(a_check_command_sees_the_candidate),
	    T(a_name_with_blanks_is_one_word_of_a_check),
	    T(a_check_that_cannot_run_is_a_failure_not_a_refusal),
	    T(checks_can_be_turned_off),
	    T(check_only_leaves_no_trace),
	    T(check_only_checks_even_what_is_the_same),
	    T(check_only_needs_no_directory_of_the_destination),
	    T(a_full_disk_changes_nothing),
	    T(a_missing_directory_is_named),
	    T(directories_are_made_and_go_with_what_is_refused),
	    T(when_the_third_swap_fails_none_is_made),
	    T(a_directory_that_cannot_be_synced_undoes_the_swap),
	    T(without_hard_links_the_previous_file_is_copied),
	    T(a_failed_reload_puts_the_previous_files_back),
	    T(a_failed_reload_puts_back_what_runs),
	    T(a_failed_reload_goes_back_by_one_generation_only),
	    T(a_file_that_was_not_there_goes_again),
	    T(who_was_told_before_the_failure_is_told_again),
	    T(cancel_before_the_swap_changes_nothing),
	    T(death_at_any_step_leaves_whole_files),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup_folder, remove_folder);
}
