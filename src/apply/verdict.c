/* SPDX-License-Identifier: MIT */
/*
 * The checks: one `haproxy -c` for the whole set, and the check commands of
 * single files. What they say is told in the words of the program that checked,
 * with the destination's name and the line that it speaks of.
 */
#include "generation.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "weir/xalloc.h"

/* Bytes of a quoted line. */
#define QUOTE_BYTES 200

/* ---- what is run ---- */

static struct check_job *
add_job(struct check_jobs *jobs)
{
	jobs->items =
	    xrealloc(jobs->items, jobs->count + 1, sizeof(*jobs->items));
	jobs->items[jobs->count] = (struct check_job){0};
	return &jobs->items[jobs->count++];
}

/* binary -c -f FILE -f FILE … */
static int
add_haproxy(struct check_jobs *jobs, struct generation *g, struct error *error)
{
	char **files = generation_check_files(g, error);
	struct check_job *job;
	size_t n = 0;
	size_t k = 0;

	if (!files)
		return -1;
	while (files[n])
		n++;
	job = add_job(jobs);
	job->timeout_ms = g->haproxy->check_timeout_ms;
	job->argv = xcalloc(2 * n + 3, sizeof(*job->argv));
	job->argv[k++] = xstrdup(g->haproxy->binary);
	job->argv[k++] = xstrdup("-c");
	for (size_t i = 0; i < n; i++) {
		job->argv[k++] = xstrdup("-f");
		job->argv[k++] = files[i];
	}
	free(files);
	return 0;
}

static bool
is_plain(const char *path)
{
	for (; *path; path++)
		if (!isalnum((unsigned char)*path) &&
		    !strchr("_./+:@%=-", *path))
			return false;
	return true;
}

/* As one word of a shell line. */
static void
put_quoted(struct buf *out, const char *path)
{
	if (is_plain(path)) {
		buf_puts(out, path);
		return;
	}
	buf_char(out, '\'');
	for (; *path; path++)
		if (*path == '\'')
			buf_puts(out, "'\\''");
		else
			buf_char(out, *path);
	buf_char(out, '\'');
}

/* The command with {candidate} and {destination} filled in. The caller frees.
 */
static char *
fill_in(const char *command, const struct member *m)
{
	struct buf out = {0};

	while (*command) {
		if (!strncmp(command, "{candidate}", 11)) {
			put_quoted(&out, m->candidate ? m->candidate
						      : m->config->destination);
			command += 11;
		} else if (!strncmp(command, "{destination}", 13)) {
			put_quoted(&out, m->config->destination);
			command += 13;
		} else {
			buf_char(&out, *command++);
		}
	}
	return buf_take(&out, NULL);
}

int
check_jobs_init(
    struct check_jobs *jobs, struct generation *g, struct error *error)
{
	*jobs = (struct check_jobs){0};
	if (g->haproxy && g->haproxy->check && add_haproxy(jobs, g, error) < 0)
		return -1;
	for (size_t i = 0; i < g->count; i++) {
		const struct member *m = &g->members[i];
		struct check_job *job;

		if (!m->candidate || !m->config->check)
			continue;
		job = add_job(jobs);
		job->member = m;
		job->shell = fill_in(m->config->check, m);
		job->timeout_ms = m->config->command_timeout_ms;
	}
	return 0;
}

void
check_jobs_fini(struct check_jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		struct check_job *job = &jobs->items[i];

		for (size_t k = 0; job->argv && job->argv[k]; k++)
			free(job->argv[k]);
		free(job->argv);
		free(job->shell);
	}
	free(jobs->items);
	*jobs = (struct check_jobs){0};
}

/* ---- what it means ---- */

/* The line of a text; false if there is none. */
static bool
find_line(struct str text, int line, struct str *found)
{
	for (int i = 1; text.len; i++) {
		*found = str_take_line(&text);
		if (i == line) {
			if (found->len > QUOTE_BYTES)
				found->len = QUOTE_BYTES;
			return true;
		}
	}
	return false;
}

/* The number behind "CANDIDATE:" in what a check printed; 0: none. */
static int
line_spoken_of(struct str output, const char *candidate)
{
	ptrdiff_t at = str_find(output, str_of(candidate));
	size_t n = strlen(candidate);

	if (at < 0 || (size_t)at + n + 1 >= output.len ||
	    output.ptr[(size_t)at + n] != ':')
		return 0;
	return atoi(output.ptr + (size_t)at + n + 1);
}

static void
put_renamed(struct buf *out, struct str s, const struct member *m)
{
	struct str name = str_of(m->candidate);
	ptrdiff_t at;

	while (s.len && (at = str_find(s, name)) >= 0) {
		buf_put(out, s.ptr, (size_t)at);
		buf_puts(out, m->config->destination);
		s.ptr += (size_t)at + name.len;
		s.len -= (size_t)at + name.len;
	}
	buf_str(out, s);
}

/* A check command's own words, and the line that they name. */
static int
explain_command(
    const struct member *m, struct child_result *result, struct error *error)
{
	struct str output = buf_as_str(&result->output);
	int line = line_spoken_of(output, m->candidate);
	struct buf excerpt = {0};
	struct str quoted;

	put_renamed(&excerpt, output, m);
	while (excerpt.len && excerpt.ptr[excerpt.len - 1] == '\n')
		excerpt.ptr[--excerpt.len] = 0;
	if (line > 0 && find_line(m->text, line, &quoted))
		buf_printf(&excerpt, "%s%5d | %.*s", excerpt.len ? "\n" : "",
		    line, (int)quoted.len, quoted.ptr);
	error_set(error,
	    result->signal || result->timed_out ? ERROR_REMOTE : ERROR_REFUSED,
	    "check command \"%s\" %s", m->config->check, result->error.text);
	error_at(error, m->config->destination, line > 0 ? line : 0, -1);
	if (excerpt.len)
		error_excerpt(error, excerpt.ptr);
	buf_fini(&excerpt);
	return -1;
}

int
check_job_judge(const struct check_job *job, const struct generation *g,
    struct child_result *result, struct error *error)
{
	const char **names;

	if (!error_is_set(&result->error))
		return 0;
	if (job->member)
		return explain_command(job->member, result, error);
	if (result->signal || result->timed_out) {
		error_set(error, ERROR_REMOTE, "%s -c %s", g->haproxy->binary,
		    result->error.text);
		error_excerpt(error, result->error.excerpt);
		return -1;
	}
	names = generation_names(g);
	haproxy_check_explain(buf_as_str(&result->output), names, error);
	free(names);
	return -1;
}
