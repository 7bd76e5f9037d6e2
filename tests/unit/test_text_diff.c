/* SPDX-License-Identifier: MIT */
/* The text diff: its form, and byte for byte what diff -u says of the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "weir/plan.h"

static void
assert_diff(const char *old_text, const char *new_text, const char *expected)
{
	struct buf out = {0};

	assert_true(text_diff(
	    &out, str_of(old_text), str_of(new_text), "a", "b", false));
	assert_string_equal(out.ptr, expected);
	buf_fini(&out);
}

static void
equal_texts_have_no_diff(void **state)
{
	struct buf out = {0};

	(void)state;
	assert_false(text_diff(&out, STR("x\n"), STR("x\n"), "a", "b", true));
	assert_false(
	    text_diff(&out, (struct str){NULL, 0}, STR(""), "a", "b", false));
	assert_int_equal(out.len, 0);
	buf_fini(&out);
}

static void
a_changed_line_has_three_lines_around_it(void **state)
{
	(void)state;
	assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n",
	    "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
	    "--- a\n+++ b\n@@ -2,7 +2,7 @@\n"
	    " 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

static void
near_changes_share_a_hunk(void **state)
{
	(void)state;
	assert_diff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n",
	    "--- a\n+++ b\n@@ -1,8 +1,8 @@\n"
	    "-a\n+A\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+B\n");
	assert_diff("a\n1\n2\n3\n4\n5\n6\n7\nb\n",
	    "A\n1\n2\n3\n4\n5\n6\n7\nB\n",
	    "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n 3\n"
	    "@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+B\n");
}

static void
a_new_file_starts_at_line_nought(void **state)
{
	(void)state;
	assert_diff("", "1\n", "--- a\n+++ b\n@@ -0,0 +1 @@\n+1\n");
	assert_diff("1\n2\n", "", "--- a\n+++ b\n@@ -1,2 +0,0 @@\n-1\n-2\n");
}

static void
a_missing_new_line_is_said(void **state)
{
	(void)state;
	assert_diff("1\n2", "1\n2\n",
	    "--- a\n+++ b\n@@ -1,2 +1,2 @@\n 1\n-2\n"
	    "\\ No newline at end of file\n+2\n");
	assert_diff("1", "2",
	    "--- a\n+++ b\n@@ -1 +1 @@\n-1\n"
	    "\\ No newline at end of file\n+2\n"
	    "\\ No newline at end of file\n");
}

/* Three of four equal blocks: the one in the middle that people would name. */
static void
a_removed_server_is_one_line(void **state)
{
	(void)state;
	assert_diff("backend b\n server a 10.0.0.1:80 check\n server b "
		    "10.0.0.2:80 check\n server c 10.0.0.3:80 check\n",
	    "backend b\n server a 10.0.0.1:80 check\n server c 10.0.0.3:80 "
	    "check\n",
	    "--- a\n+++ b\n@@ -1,4 +1,3 @@\n backend b\n"
	    "  server a 10.0.0.1:80 check\n"
	    "- server b 10.0.0.2:80 check\n"
	    "  server c 10.0.0.3:80 check\n");
}

static void
colours_end_before_the_new_line(void **state)
{
	struct buf out = {0};

	(void)state;
	assert_true(text_diff(&out, STR("1\n"), STR("2\n"), "a", "b", true));
	assert_string_equal(out.ptr, "\033[1m--- a\033[m\n\033[1m+++ b\033[m\n"
				     "\033[36m@@ -1 +1 @@\033[m\n"
				     "\033[31m-1\033[m\n\033[32m+2\033[m\n");
	buf_fini(&out);
}

/* ---- against diff(1) ---- */

static uint32_t seed;

static uint32_t
draw(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}

static void
put_line(struct buf *b, int kind)
{
	static const char *const common[] = {"", "}", "  x"};

	if (kind == 0)
		buf_char(b, (char)('a' + draw(3)));
	else if (draw(100) < 35)
		buf_puts(b, common[draw(3)]);
	else
		buf_printf(b, "line %u", draw(kind == 1 ? 100 : 100000));
	buf_char(b, '\n');
}

/* new is old with lines taken out, put in, put elsewhere. */
static void
make_texts(int kind, struct buf *old, struct buf *new)
{
	size_t lines = draw(kind == 0 ? 40 : 120);

	for (size_t i = 0; i < lines; i++) {
		size_t from = old->len;
		uint32_t dice = draw(100);

		put_line(old, kind);
		if (dice < 88 && old->len > from)
			buf_put(new, old->ptr + from, old->len - from);
		if (dice > 94)
			put_line(new, kind);
		if (dice == 90 && from)
			buf_put(new, old->ptr, from / 2);
	}
	if (draw(4) == 0 && old->len)
		old->ptr[--old->len] = 0;
	if (draw(4) == 0 && new->len)
		new->ptr[--new->len] = 0;
}

static void
put_file(const char *path, const struct buf *b)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(b->ptr ? b->ptr : "", 1, b->len, f), b->len);
	fclose(f);
}

static void
run_diff(const char *a, const char *b, struct buf *out)
{
	char command[256], piece[4096];
	size_t n;
	FILE *f;

	snprintf(command, sizeof(command),
	    "LC_ALL=C diff -u --label a --label b %s %s", a, b);
	f = popen(command, "re");
	assert_non_null(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_put(out, piece, n);
	pclose(f);
}

static void
random_texts_give_what_diff_gives(void **state)
{
	char a[] = "/tmp/weir-diff-a-XXXXXX", b[] = "/tmp/weir-diff-b-XXXXXX";
	int differ = 0;

	(void)state;
	close(mkstemp(a));
	close(mkstemp(b));
	for (int i = 0; i < 600; i++) {
		struct buf old = {0}, new = {0}, ours = {0}, theirs = {0};

		seed = (uint32_t)i * 7919u + 1;
		make_texts(i % 3, &old, &new);
		put_file(a, &old);
		put_file(b, &new);
		text_diff(
		    &ours, buf_as_str(&old), buf_as_str(&new), "a", "b", false);
		run_diff(a, b, &theirs);
		differ += theirs.len > 0;
		if (!str_equal(buf_as_str(&ours), buf_as_str(&theirs)))
			print_error("round %d\n", i);
		assert_true(str_equal(buf_as_str(&ours), buf_as_str(&theirs)));
		buf_fini(&old);
		buf_fini(&new);
		buf_fini(&ours);
		buf_fini(&theirs);
	}
	unlink(a);
	unlink(b);
	assert_true(differ > 500);
}

/* Two texts that have every line in common and no order: quadratic without a
 * bound. What is shown is still right: - lines and blanks are the old text. */
static void
the_work_is_bounded(void **state)
{
	struct buf old = {0}, new = {0}, out = {0}, back = {0};
	clock_t start = clock();

	(void)state;
	seed = 1;
	for (int i = 0; i < 60000; i++) {
		buf_printf(&old, "%u\n", draw(300));
		buf_printf(&new, "%u\n", draw(300));
	}
	text_diff(&out, buf_as_str(&old), buf_as_str(&new), "a", "b", false);
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 5);
	for (char *p = strstr(out.ptr, "@@ -"); p && *p;) {
		char *end = strchr(p, '\n') + 1;

		if (*p == '-' || *p == ' ')
			buf_put(&back, p + 1, (size_t)(end - p) - 1);
		p = end;
	}
	assert_true(str_equal(buf_as_str(&back), buf_as_str(&old)));
	buf_fini(&old);
	buf_fini(&new);
	buf_fini(&out);
	buf_fini(&back);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(equal_texts_have_no_diff),
	    cmocka_unit_test(a_changed_line_has_three_lines_around_it),
	    cmocka_unit_test(near_changes_share_a_hunk),
	    cmocka_unit_test(a_new_file_starts_at_line_nought),
	    cmocka_unit_test(a_missing_new_line_is_said),
	    cmocka_unit_test(a_removed_server_is_one_line),
	    cmocka_unit_test(colours_end_before_the_new_line),
	    cmocka_unit_test(random_texts_give_what_diff_gives),
	    cmocka_unit_test(the_work_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
