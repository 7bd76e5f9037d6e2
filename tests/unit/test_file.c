/* SPDX-License-Identifier: MIT */
/* Files: what is there after a replacement, and after one that failed. */
/* ldflags: -Wl,--wrap=fsync,--wrap=rename,--wrap=write,--wrap=getrandom */
/* ldflags: -Wl,--wrap=fchmod */
#include "weir/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

/* Set: the next call fails with it. */
static int fail_fsync, fail_rename, fail_write;
/* So many draw the same name, so many writes are interrupted. */
static int draw_same, interrupt_write;

/* Of the file before it was given its mode, and at its last write. */
static mode_t mode_before, mode_at_write;

static mode_t
mode_of_open(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_mode & 07777 : (mode_t)-1;
}

int __real_fchmod(int, mode_t);
int __wrap_fchmod(int, mode_t);
int
__wrap_fchmod(int fd, mode_t mode)
{
	mode_before = mode_of_open(fd);
	return __real_fchmod(fd, mode);
}

int __real_fsync(int);
int __wrap_fsync(int);
int
__wrap_fsync(int fd)
{
	errno = fail_fsync;
	return fail_fsync ? -1 : __real_fsync(fd);
}

int __real_rename(const char *, const char *);
int __wrap_rename(const char *, const char *);
int
__wrap_rename(const char *from, const char *to)
{
	errno = fail_rename;
	return fail_rename ? -1 : __real_rename(from, to);
}

ssize_t __real_write(int, const void *, size_t);
ssize_t __wrap_write(int, const void *, size_t);
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (interrupt_write > 0 && interrupt_write--) {
		errno = EINTR;
		return -1;
	}
	mode_at_write = mode_of_open(fd);
	errno = fail_write;
	/* Short writes are the rule here, so that the loop is seen to work. */
	return fail_write ? -1 : __real_write(fd, p, n > 3 ? 3 : n);
}

ssize_t __real_getrandom(void *, size_t, unsigned);
ssize_t __wrap_getrandom(void *, size_t, unsigned);
ssize_t
__wrap_getrandom(void *to, size_t n, unsigned flags)
{
	if (draw_same <= 0 || !draw_same--)
		return __real_getrandom(to, n, flags);
	memset(to, 0, n);
	return (ssize_t)n;
}

static char directory[] = "/tmp/weir-test-XXXXXX";
static char path[64];
static const struct file_options keep = {.mode = (mode_t)-1};

static int
setup(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/f", directory);
	return 0;
}

static size_t
entries(void)
{
	DIR *d = opendir(directory);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	fail_fsync = fail_rename = fail_write = 0;
	draw_same = interrupt_write = 0;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static void
put(const char *text, const struct file_options *o)
{
	struct error e = {0};

	if (file_replace(path, str_of(text), o, &e) < 0)
		fail_msg("%s", e.text);
}

static void
assert_holds(const char *file, const char *text)
{
	struct buf b = {0};

	assert_int_equal(file_read(file, 1000, &b, NULL), 0);
	assert_string_equal(b.ptr, text);
	buf_fini(&b);
}

static void
assert_refused(
    const char *file, const struct file_options *o, const char *words)
{
	struct error e = {0};

	assert_int_equal(file_replace(file, STR("new"), o, &e), -1);
	if (!strstr(e.text, words))
		fail_msg("%s", e.text);
	error_fini(&e);
}

static mode_t
mode_of(const char *file)
{
	struct stat st;

	assert_int_equal(lstat(file, &st), 0);
	return st.st_mode;
}

static void
a_new_file_is_0644_whatever_the_umask(void **state)
{
	mode_t was = umask(077);

	(void)state;
	put("text of some length", &keep);
	umask(was);
	assert_holds(path, "text of some length");
	assert_int_equal(mode_of(path) & 07777, 0644);
	assert_int_equal(entries(), 1);
}

static void
an_existing_files_mode_is_kept(void **state)
{
	(void)state;
	put("a", &(struct file_options){.mode = 0600});
	put("b", &keep);
	assert_int_equal(mode_of(path) & 07777, 0600);
}

static void
owner_and_group_are_names_or_numbers(void **state)
{
	struct stat st;

	(void)state;
	if (geteuid() != 0)
		skip();
	put("a", &(struct file_options){0640, "daemon", "4242", false, false});
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(st.st_gid, 4242);
	put("b", &keep);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 1);
	assert_int_equal(st.st_gid, 4242);
	assert_int_equal(st.st_mode & 07777, 0640);
}

/* What a service with a user of its own does to root's file of this mode:
 * 0 replaces it, 1 refuses for the reason that is expected. */
static int
replace_as_nobody(mode_t mode)
{
	struct error e = {0};
	int status;
	pid_t child;

	unlink(path);
	put("old", &(struct file_options){.mode = mode});
	assert_int_equal(chmod(directory, 0777), 0);
	child = fork();
	if (child == 0) {
		if (setgroups(0, NULL) < 0 || setgid(65534) < 0 ||
		    setuid(65534) < 0)
			_exit(2);
		if (file_replace(path, STR("new"), &keep, &e) == 0)
			_exit(0);
		_exit(strstr(e.text, "cannot keep owner and group") ? 1 : 3);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
an_owner_is_lost_only_if_nobody_is_shut_out(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(replace_as_nobody(0644), 0);
	assert_holds(path, "new");
	assert_int_equal(mode_of(path) & 07777, 0644);
	/* Root reads it anyway. */
	assert_int_equal(replace_as_nobody(0600), 0);
	/* The group could read it, and no longer would. */
	assert_int_equal(replace_as_nobody(0640), 1);
	assert_holds(path, "old");
	assert_int_equal(entries(), 1);
}

static void
an_unknown_owner_is_refused_by_name(void **state)
{
	(void)state;
	assert_refused(path,
	    &(struct file_options){.mode = 0640, .owner = "no-such-user"},
	    "there is no user no-such-user");
	assert_refused(path,
	    &(struct file_options){.mode = 0640, .group = "no-such-group"},
	    "there is no group no-such-group");
	assert_int_equal(entries(), 0);
}

static void
a_symbolic_link_is_replaced_not_followed(void **state)
{
	char target[80];

	(void)state;
	snprintf(target, sizeof(target), "%s/target", directory);
	assert_int_equal(symlink("target", path), 0);
	put("new", &keep);
	assert_true(S_ISREG(mode_of(path)));
	assert_int_equal(access(target, F_OK), -1);
}

/* A rename would put a file in place of /dev/null for everybody. */
static void
a_device_or_a_pipe_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_refused(path, &keep, "it is a device, a pipe or a socket");
}

static void
a_directory_is_refused(void **state)
{
	char slash[80];

	(void)state;
	assert_int_equal(mkdir(path, 0755), 0);
	assert_refused(path, &keep, "it is a directory");
	snprintf(slash, sizeof(slash), "%s/", path);
	assert_refused(slash, &keep, "names a directory");
}

static void
a_missing_directory_is_made_only_if_wanted(void **state)
{
	char deep[96];

	(void)state;
	snprintf(deep, sizeof(deep), "%s/a/b/c", directory);
	assert_refused(deep, &keep, "create_dest_dirs = yes");
	assert_int_equal(
	    file_replace(deep, STR("x"),
		&(struct file_options){.mode = (mode_t)-1, .create_dirs = true},
		NULL),
	    0);
	assert_holds(deep, "x");
}

static void
the_backup_holds_what_was_there(void **state)
{
	const struct file_options o = {.mode = (mode_t)-1, .backup = true};
	char backup[80];

	(void)state;
	snprintf(backup, sizeof(backup), "%s.bak", path);
	put("1", &o);
	assert_int_equal(access(backup, F_OK), -1);
	put("2", &o);
	assert_holds(backup, "1");
	put("3", &o);
	assert_holds(backup, "2");
	assert_holds(path, "3");
	assert_int_equal(entries(), 2);
}

static void
a_full_disk_leaves_the_old_file_alone(void **state)
{
	(void)state;
	put("old", &keep);
	fail_write = ENOSPC;
	assert_refused(path, &keep, "No space left on device");
	fail_write = 0;
	assert_holds(path, "old");
	assert_int_equal(entries(), 1);
}

static void
a_failing_sync_leaves_the_old_file_alone(void **state)
{
	(void)state;
	put("old", &keep);
	fail_fsync = EIO;
	assert_refused(path, &keep, "Input/output error");
	assert_holds(path, "old");
	assert_int_equal(entries(), 1);
}

static void
a_failing_rename_leaves_no_candidate(void **state)
{
	(void)state;
	put("old", &keep);
	fail_rename = EACCES;
	assert_refused(path, &keep, "Permission denied");
	assert_holds(path, "old");
	assert_int_equal(entries(), 1);
}

static void
only_old_candidates_of_the_file_are_cleaned(void **state)
{
	char *candidate, other[80];
	struct utimbuf long_ago = {1, 1};

	(void)state;
	assert_int_equal(
	    file_candidate(path, STR("x"), &keep, &candidate, NULL), 0);
	assert_non_null(strstr(candidate, "/.f.weir-"));
	snprintf(other, sizeof(other), "%s/.g.weir-aaaaaa", directory);
	assert_int_equal(close(creat(other, 0600)), 0);
	utime(other, &long_ago);
	assert_int_equal(file_clean(path, 3600), 0);
	utime(candidate, &long_ago);
	assert_int_equal(file_clean(path, 3600), 1);
	assert_int_equal(access(candidate, F_OK), -1);
	assert_int_equal(access(other, F_OK), 0);
	snprintf(other, sizeof(other), "%s/.f.weir-aaaaaa.x", directory);
	assert_int_equal(close(creat(other, 0600)), 0);
	utime(other, &long_ago);
	assert_int_equal(file_clean(path, 3600), 0);
	free(candidate);
}

/* Whatever somebody put under the name that is drawn. */
static void
what_has_the_name_already_is_not_touched(void **state)
{
	char planted[80], link[80];
	struct stat st;

	(void)state;
	snprintf(planted, sizeof(planted), "%s/.f.weir-aaaaaa", directory);
	snprintf(link, sizeof(link), "%s/elsewhere", directory);
	for (int i = 0; i < 2; i++) {
		unlink(planted);
		assert_int_equal(close(creat(i ? link : planted, 0666)), 0);
		if (i)
			assert_int_equal(symlink(link, planted), 0);
		draw_same = 3;
		put("secret", &keep);
		assert_holds(path, "secret");
		assert_int_equal(stat(planted, &st), 0);
		assert_int_equal(st.st_size, 0);
	}
}

/* Who opened it while others might read it could go on reading. */
static void
a_mode_is_there_before_the_first_byte(void **state)
{
	static const mode_t modes[] = {0600, 0640, 0644};

	(void)state;
	umask(0);
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		const struct file_options o = {.mode = modes[i]};
		struct stat st;

		mode_before = mode_at_write = 0;
		put("secret", &o);
		assert_int_equal(mode_before, 0600);
		assert_int_equal(mode_at_write, modes[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, modes[i]);
	}
	umask(022);
}

static void
an_interrupted_write_goes_on(void **state)
{
	(void)state;
	interrupt_write = 2;
	put("some text", &keep);
	assert_holds(path, "some text");
}

static void
a_name_of_full_length_still_has_a_candidate(void **state)
{
	char name[256], full[400];

	(void)state;
	memset(name, 'n', 255);
	name[255] = 0;
	snprintf(full, sizeof(full), "%s/%s", directory, name);
	assert_int_equal(file_replace(full, STR("x"), &keep, NULL), 0);
	assert_holds(full, "x");
}

static void
reading_tells_absent_from_unreadable(void **state)
{
	struct error e = {0};
	struct buf b = {0};

	(void)state;
	assert_int_equal(file_read(path, 10, &b, &e), 1);
	assert_false(error_is_set(&e));
	assert_int_equal(file_read(directory, 10, &b, &e), -1);
	assert_non_null(strstr(e.text, "Is a directory"));
	error_fini(&e);
	buf_fini(&b);
}

static void
reading_stops_at_the_limit(void **state)
{
	struct error e = {0};
	struct buf b = {0};

	(void)state;
	put("12345", &keep);
	assert_int_equal(file_read(path, 5, &b, &e), 0);
	assert_int_equal(file_read(path, 4, &b, &e), -1);
	assert_int_equal(e.kind, ERROR_LIMIT);
	error_fini(&e);
	buf_fini(&b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_new_file_is_0644_whatever_the_umask),
	    CASE(an_existing_files_mode_is_kept),
	    CASE(owner_and_group_are_names_or_numbers),
	    CASE(an_owner_is_lost_only_if_nobody_is_shut_out),
	    CASE(an_unknown_owner_is_refused_by_name),
	    CASE(a_symbolic_link_is_replaced_not_followed),
	    CASE(a_device_or_a_pipe_is_refused),
	    CASE(a_directory_is_refused),
	    CASE(a_missing_directory_is_made_only_if_wanted),
	    CASE(the_backup_holds_what_was_there),
	    CASE(a_full_disk_leaves_the_old_file_alone),
	    CASE(a_failing_sync_leaves_the_old_file_alone),
	    CASE(a_failing_rename_leaves_no_candidate),
	    CASE(only_old_candidates_of_the_file_are_cleaned),
	    CASE(what_has_the_name_already_is_not_touched),
	    CASE(a_mode_is_there_before_the_first_byte),
	    CASE(an_interrupted_write_goes_on),
	    CASE(a_name_of_full_length_still_has_a_candidate),
	    CASE(reading_tells_absent_from_unreadable),
	    CASE(reading_stops_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
