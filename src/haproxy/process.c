/* SPDX-License-Identifier: MIT */
/*
 * What `show proc` of the master prints, 2.0 to 3.x. Columns are found by the
 * names in the heading, since 2.4 and earlier have one more; "[was: 1]" and
 * "[failed: 0]" are part of the column before them. Which worker is old goes by
 * the "# …" line that it stands under.
 */
#include "weir/haproxy.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "weir/xalloc.h"

enum column {
	COLUMN_PID,
	COLUMN_TYPE,
	COLUMN_RELOADS,
	COLUMN_UPTIME,
	COLUMN_VERSION,
	COLUMNS
};

static const char *const column_names[COLUMNS] = {
    "PID", "type", "reloads", "uptime", "version"};

struct table {
	int place[COLUMNS]; /* of each in a line, -1: not printed */
	bool old;           /* below "# old workers" */
	bool ignored;       /* below "# programs" or what is not known */
};

static void
skip_blanks(struct str *s)
{
	while (s->len && isspace((unsigned char)*s->ptr)) {
		s->ptr++;
		s->len--;
	}
}

/* Up to `end`, which goes too; the whole rest if it is not there. */
static struct str
take_until(struct str *s, char end)
{
	struct str word = *s;
	const char *at = memchr(s->ptr, end, s->len);

	if (at)
		word.len = (size_t)(at - s->ptr);
	s->ptr += word.len + (at ? 1 : 0);
	s->len -= word.len + (at ? 1 : 0);
	return word;
}

/* "#<PID>  <type>  <relative PID>  <reloads> …" */
static void
read_heading(struct str line, struct table *t)
{
	for (int c = 0; c < COLUMNS; c++)
		t->place[c] = -1;
	for (int n = 0; line.len; n++) {
		take_until(&line, '<');
		struct str name = take_until(&line, '>');

		for (int c = 0; c < COLUMNS; c++)
			if (str_is(name, column_names[c]))
				t->place[c] = n;
	}
}

static void
read_section(struct str line, struct table *t)
{
	t->old = str_has_prefix(line, STR("# old workers"));
	t->ignored = !t->old && !str_has_prefix(line, STR("# workers"));
}

/* A number in front of what else is there; -1 if there is none. */
static int64_t
number(struct str s)
{
	int64_t n = 0;
	size_t i = 0;

	while (i < s.len && i < 9 && isdigit((unsigned char)s.ptr[i]))
		n = n * 10 + (s.ptr[i++] - '0');
	return i ? n : -1;
}

/* "0d00h00m05s" */
static int64_t
seconds(struct str s)
{
	int64_t total = 0;
	int64_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (isdigit((unsigned char)c) && n < INT32_MAX) {
			n = n * 10 + (c - '0');
			continue;
		}
		total += n * (c == 'd'      ? 86400
				 : c == 'h' ? 3600
				 : c == 'm' ? 60
				 : c == 's' ? 1
					    : 0);
		n = 0;
	}
	return total;
}

/* The words of a line by column; "[failed: N]" goes to *failed. */
static void
read_words(struct str line, const struct table *t, struct str words[COLUMNS],
    int *failed)
{
	for (int c = 0; c < COLUMNS; c++)
		words[c] = STR("");
	for (int n = 0;; n++) {
		skip_blanks(&line);
		if (!line.len)
			return;
		struct str word =
		    take_until(&line, *line.ptr == '[' ? ']' : ' ');

		if (str_has_prefix(word, STR("[failed: "))) {
			*failed = (int)number(
			    (struct str){word.ptr + 9, word.len - 9});
			n--;
			continue;
		}
		for (int c = 0; c < COLUMNS; c++)
			if (t->place[c] == n)
				words[c] = word;
	}
}

static void
add_worker(struct haproxy_processes *p, const struct haproxy_worker *w)
{
	p->workers = xrealloc(p->workers, p->count + 1, sizeof(*w));
	p->workers[p->count++] = *w;
}

static void
read_process(
    struct str line, const struct table *t, struct haproxy_processes *p)
{
	struct str words[COLUMNS];
	char version[64];
	int failed = -1;

	read_words(line, t, words, &failed);
	struct haproxy_worker w = {.pid = (pid_t)number(words[COLUMN_PID]),
	    .reloads = (int)number(words[COLUMN_RELOADS]),
	    .old = t->old,
	    .uptime_s = seconds(words[COLUMN_UPTIME])};

	if (str_is(words[COLUMN_TYPE], "master")) {
		p->master = w.pid;
		p->reloads = w.reloads;
		p->failed = failed;
		snprintf(version, sizeof(version), "%.*s",
		    (int)words[COLUMN_VERSION].len, words[COLUMN_VERSION].ptr);
		haproxy_version_parse(version, &p->version);
	} else if (str_is(words[COLUMN_TYPE], "worker") && !t->ignored &&
		   w.pid > 0) {
		add_worker(p, &w);
	}
}

int
haproxy_processes_parse(
    struct str text, struct haproxy_processes *p, struct error *error)
{
	struct table t = {.ignored = true};
	bool heading = false;

	memset(p, 0, sizeof(*p));
	p->failed = -1;
	while (text.len) {
		struct str line = str_take_line(&text);

		if (str_has_prefix(line, STR("#<PID>"))) {
			read_heading(line, &t);
			heading = true;
		} else if (str_has_prefix(line, STR("#"))) {
			read_section(line, &t);
		} else if (heading) {
			read_process(line, &t, p);
		}
	}
	if (p->master > 0)
		return 0;
	haproxy_processes_fini(p);
	return error_set(error, ERROR_DATA,
	    "the answer to \"show proc\" names no master: is this the master "
	    "socket (haproxy -W -S PATH)?");
}

void
haproxy_processes_fini(struct haproxy_processes *p)
{
	free(p->workers);
	memset(p, 0, sizeof(*p));
}
