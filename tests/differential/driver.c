/* SPDX-License-Identifier: MIT */
/*
 * The engine, and `.` given as JSON: with shims.c Go's own functions and those
 * shims, with functions.c all functions there are. Without arguments it answers
 * the requests on standard input, one after another, for the program that
 * compares it with Go. With files of recorded cases, requests each with its
 * answer, it says which are answered differently now.
 *
 * A request is sections and `run`, an answer is one section; `KEYWORD … N`
 * is followed by N bytes and a new line:
 *
 *     template 9           output 3
 *     {{.name}}            web
 *     data 14
 *     {"name":"web"}       exec 1 5 64           line, column, bytes
 *     left 2               executing "" at <.x>: …
 *     [[
 *     missingkey-error     parse 3 27            line, bytes
 *     run                  unexpected "}" in operand
 *
 * Lines that begin with # are comments, before a request and in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../src/template/json.h"
#include "driver.h"
#include "weir/template.h"
#include "weir/xalloc.h"

/* Bytes that this program may have; a template must not fill the machine. */
#define MEMORY ((rlim_t)4 << 30)

struct request {
	struct buf text, data, left, right;
	bool missing_is_error;
};

struct answer {
	char head[64]; /* "output", "parse 3", "exec 1 5" */
	struct buf body;
};

/* ---- reading ---- */

static _Noreturn void
die(const char *why, const char *what)
{
	fprintf(stderr, "driver: %s: %s\n", why, what);
	exit(2);
}

/* A line without its end; false at the end of the file. */
static bool
read_line(FILE *in, char *line, size_t size)
{
	do {
		if (!fgets(line, (int)size, in))
			return false;
		line[strcspn(line, "\n")] = 0;
	} while (line[0] == '#' || line[0] == 0);
	return true;
}

/* The bytes behind a line that ends with their number, which is cut off. */
static void
read_section(FILE *in, char *line, struct buf *into)
{
	char *count = strrchr(line, ' ');
	size_t n = count ? strtoul(count + 1, NULL, 10) : 0;
	char *bytes = xmalloc(n + 1);

	if (!count || fread(bytes, 1, n + 1, in) != n + 1 || bytes[n] != '\n')
		die("no section", line);
	*count = 0;
	buf_reset(into);
	buf_put(into, bytes, n);
	free(bytes);
}

static struct buf *
section_of(struct request *r, const char *line)
{
	struct {
		const char *word;
		struct buf *into;
	} words[] = {{"template ", &r->text}, {"data ", &r->data},
	    {"left ", &r->left}, {"right ", &r->right}};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strncmp(line, words[i].word, strlen(words[i].word)) == 0)
			return words[i].into;
	return NULL;
}

static bool
read_request(FILE *in, struct request *r)
{
	char line[128];
	struct buf *into;

	buf_reset(&r->text);
	buf_reset(&r->data);
	buf_reset(&r->left);
	buf_reset(&r->right);
	r->missing_is_error = false;
	while (read_line(in, line, sizeof line)) {
		if (strcmp(line, "run") == 0)
			return true;
		if (strcmp(line, "missingkey-error") == 0)
			r->missing_is_error = true;
		else if ((into = section_of(r, line)))
			read_section(in, line, into);
		else
			die("no such line in a request", line);
	}
	return false;
}

static void
fini_request(struct request *r)
{
	buf_fini(&r->text);
	buf_fini(&r->data);
	buf_fini(&r->left);
	buf_fini(&r->right);
}

/* ---- answering ---- */

static const struct template_world world = {.plugins = true};

static void
execute(struct template *t, struct str data, struct answer *a)
{
	struct arena arena;
	struct buf out = {0};
	struct render r = {.arena = &arena,
	    .out = &out,
	    .world = &world,
	    .data = driver_data()};
	struct error e = {0};

	arena_init(&arena, 0);
	if (data.len && json_decode(&arena, data, &r.dot, &e) < 0)
		die("the data are no JSON", e.text);
	r.dot.iface = false;
	if (template_execute(t, &r, &e) < 0) {
		snprintf(
		    a->head, sizeof a->head, "exec %d %d", e.line, e.column);
		buf_put(&a->body, e.text, strlen(e.text));
	} else {
		snprintf(a->head, sizeof a->head, "output");
		buf_put(&a->body, out.ptr, out.len);
	}
	error_fini(&e);
	buf_fini(&out);
	arena_fini(&arena);
}

static char *
delimiter(struct buf *b)
{
	buf_put(b, "", 1);
	return b->ptr;
}

static void
answer(struct request *r, struct answer *a)
{
	struct error e = {0};
	struct template_options o = {.path = "",
	    .left = delimiter(&r->left),
	    .right = delimiter(&r->right),
	    .error_on_missing_key = r->missing_is_error,
	    .families = driver_families};
	struct template *t = template_new(&o, buf_as_str(&r->text), &e);

	buf_reset(&a->body);
	if (t) {
		execute(t, buf_as_str(&r->data), a);
	} else {
		snprintf(a->head, sizeof a->head, "parse %d", e.line);
		buf_put(&a->body, e.text, strlen(e.text));
	}
	template_free(&t);
	error_fini(&e);
}

static void
print_answer(const char *head, const struct buf *body)
{
	printf("%s %zu\n", head, body->len);
	fwrite(body->ptr, 1, body->len, stdout);
	putchar('\n');
}

/* ---- recorded cases ---- */

static bool
same(const char *head, const struct buf *want, const struct answer *got)
{
	return strcmp(head, got->head) == 0 && want->len == got->body.len &&
	       (want->len == 0 ||
		   memcmp(want->ptr, got->body.ptr, want->len) == 0);
}

/* The cases of a file, one after another; how many fail. */
static int
replay(const char *path, struct request *r, int *count)
{
	FILE *in = fopen(path, "r");
	struct buf want = {0};
	struct answer got = {0};
	char line[128];
	int failed = 0;

	if (!in)
		die("can't be read", path);
	while (read_request(in, r)) {
		if (!read_line(in, line, sizeof line))
			die("a case without an answer", path);
		read_section(in, line, &want);
		answer(r, &got);
		++*count;
		if (same(line, &want, &got))
			continue;
		failed++;
		printf("not ok %s: %.*s\n--- want\n", path, (int)r->text.len,
		    r->text.ptr);
		print_answer(line, &want);
		printf("--- got\n");
		print_answer(got.head, &got.body);
	}
	printf("%s differential/%s\n", failed ? "not ok" : "ok",
	    strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
	fclose(in);
	buf_fini(&want);
	buf_fini(&got.body);
	return failed;
}

static void
limit_memory(void)
{
#ifndef __SANITIZE_ADDRESS__ /* its shadow is larger than any memory */
	struct rlimit limit = {MEMORY, MEMORY};

	setrlimit(RLIMIT_AS, &limit);
#endif
}

static void
serve(struct request *r)
{
	struct answer a = {0};

	while (read_request(stdin, r)) {
		answer(r, &a);
		print_answer(a.head, &a.body);
		fflush(stdout);
	}
	buf_fini(&a.body);
}

int
main(int argc, char **argv)
{
	struct request r = {0};
	int failed = 0, count = 0;

	limit_memory();
	for (int i = 1; i < argc; i++)
		failed += replay(argv[i], &r, &count);
	if (argc > 1)
		printf("%d passed, %d failed\n", count - failed, failed);
	else
		serve(&r);
	fini_request(&r);
	return failed > 0;
}
