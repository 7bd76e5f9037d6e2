/* SPDX-License-Identifier: MIT */
/*
 * What HAProxy says of a configuration, made readable: alerts without process
 * id and prefix, candidates under their destinations' names, and below each the
 * line that it speaks of. The words stay HAProxy's own.
 */
#include "weir/haproxy.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/limits.h"

/* Alerts that are shown; one mistake in a loop of a template makes thousands.
 */
#define ALERTS_SHOWN 10
/* Bytes of a quoted line. */
#define QUOTE_BYTES 200

/* One alert, cut up; slices of the output. */
struct alert {
	struct str words; /* without prefix and place */
	struct str file;  /* as HAProxy names it; empty: none */
	int line;
};

struct explain {
	const char *const *names;
	struct buf excerpt;
	struct error *error;
	size_t seen;
};

static struct str
trim(struct str s)
{
	while (s.len && isspace((unsigned char)s.ptr[0]))
		s = str_after(s, 1);
	while (s.len && isspace((unsigned char)s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static struct str
drop_prefix(struct str s, struct str prefix)
{
	return str_has_prefix(s, prefix) ? trim(str_after(s, prefix.len)) : s;
}

/* "[ALERT]    (123) : config : WORDS", "[ALERT] 324/121911 (123) : WORDS" */
static bool
take_alert(struct str line, struct str *words)
{
	ptrdiff_t at;

	if (!str_has_prefix(line, STR("[ALERT]")))
		return false;
	at = str_find(line, STR(") : "));
	if (at < 0)
		return false;
	*words = drop_prefix(
	    trim(str_after(line, (size_t)at + 4)), STR("config : "));
	return true;
}

/* Only says that there were others. */
static bool
is_summary(struct str words)
{
	return str_has_prefix(words, STR("Error(s) found in conf")) ||
	       str_has_prefix(words, STR("Fatal errors found in conf")) ||
	       str_find(words, STR("Some protocols failed to start")) >= 0;
}

/* The first "[FILE:LINE]"; where it starts and ends. */
static bool
find_place(struct str words, size_t *from, size_t *to, struct alert *a)
{
	for (size_t i = 0; i < words.len; i++) {
		size_t colon = 0;
		size_t k = i + 1;

		if (words.ptr[i] != '[')
			continue;
		for (; k < words.len && words.ptr[k] != ']'; k++)
			if (words.ptr[k] == ':')
				colon = k;
		if (k == words.len || !colon || colon + 1 == k ||
		    colon == i + 1 || !isdigit((unsigned char)words.ptr[k - 1]))
			continue;
		a->line = atoi(words.ptr + colon + 1);
		a->file = (struct str){words.ptr + i + 1, colon - i - 1};
		*from = i;
		*to = k + 1;
		return a->line > 0;
	}
	return false;
}

static void
cut_up(struct str words, struct alert *a)
{
	size_t from, to;

	*a = (struct alert){.words = words};
	if (!find_place(words, &from, &to, a)) {
		a->file = STR("");
		a->line = 0;
		return;
	}
	/* "parsing [FILE:LINE] : WORDS"; elsewhere the place is part of the
	 * sentence and stays. */
	struct str head = trim((struct str){words.ptr, from});
	struct str tail = trim(str_after(words, to));

	if (head.len && !str_is(head, "parsing"))
		return;
	if (tail.len && tail.ptr[0] == ':')
		a->words = trim(str_after(tail, 1));
}

/* Puts s with every candidate's name replaced by its destination's. */
static void
put_named(struct buf *out, struct str s, const char *const *names)
{
	while (s.len) {
		size_t i = 0;

		for (; names && names[i]; i += 2)
			if (str_has_prefix(s, str_of(names[i])))
				break;
		if (names && names[i]) {
			buf_puts(out, names[i + 1]);
			s = str_after(s, strlen(names[i]));
		} else {
			buf_char(out, *s.ptr);
			s = str_after(s, 1);
		}
	}
}

/* What the words name as a file may be anything; a pipe would never end. */
static FILE *
open_regular(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	FILE *f = NULL;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		f = fdopen(fd, "r");
	if (!f)
		close(fd);
	return f;
}

/* The line of a file as "LINE | text". */
static void
quote(struct explain *e, const struct alert *a)
{
	char path[4096];
	char *line = NULL;
	size_t room = 0;
	ssize_t n = -1;
	FILE *f;

	snprintf(path, sizeof(path), "%.*s", (int)a->file.len, a->file.ptr);
	f = open_regular(path);
	if (!f)
		return;
	for (int i = 0; i < a->line; i++) {
		n = getline(&line, &room, f);
		if (n < 0)
			break;
	}
	if (n > 0) {
		struct str text = {line, (size_t)n};

		if (text.ptr[text.len - 1] == '\n')
			text.len--;
		if (text.len > QUOTE_BYTES)
			text.len = QUOTE_BYTES;
		buf_printf(&e->excerpt, "%5d | ", a->line);
		put_named(&e->excerpt, text, e->names);
		buf_char(&e->excerpt, '\n');
	}
	free(line);
	fclose(f);
}

static void
put_error(struct explain *e, const struct alert *a)
{
	struct buf words = {0};
	struct buf file = {0};

	put_named(&words, a->words, e->names);
	put_named(&file, a->file, e->names);
	error_set(e->error, ERROR_REFUSED, "%s", words.ptr ? words.ptr : "");
	if (file.len)
		error_at(e->error, file.ptr, a->line, -1);
	buf_fini(&words);
	buf_fini(&file);
}

static void
put_further(struct explain *e, const struct alert *a)
{
	if (a->file.len) {
		put_named(&e->excerpt, a->file, e->names);
		buf_printf(&e->excerpt, ":%d: ", a->line);
	}
	put_named(&e->excerpt, a->words, e->names);
	buf_char(&e->excerpt, '\n');
}

static void
take(struct explain *e, struct str words)
{
	struct alert a;

	if (is_summary(words) || e->seen++ >= ALERTS_SHOWN)
		return;
	cut_up(words, &a);
	if (e->seen == 1)
		put_error(e, &a);
	else
		put_further(e, &a);
	if (a.file.len)
		quote(e, &a);
}

/* No alert that we know: everything it printed. */
static void
put_whole(struct explain *e, struct str output)
{
	struct buf text = {0};

	put_named(&text, trim(output), e->names);
	error_set(e->error, ERROR_REFUSED,
	    "HAProxy refuses the configuration%s",
	    text.len ? "" : " and does not say why");
	if (text.len)
		error_excerpt(e->error, text.ptr);
	buf_fini(&text);
}

void
haproxy_check_explain(
    struct str output, const char *const *names, struct error *error)
{
	struct explain e = {.names = names, .error = error};
	struct str rest = output, words;

	buf_init(&e.excerpt, LIMIT_CHILD_OUTPUT);
	while (rest.len)
		if (take_alert(str_take_line(&rest), &words))
			take(&e, words);
	if (e.seen > ALERTS_SHOWN)
		buf_printf(
		    &e.excerpt, "… and %zu more\n", e.seen - ALERTS_SHOWN);
	if (!e.seen)
		put_whole(&e, output);
	else if (e.excerpt.len) {
		e.excerpt.ptr[e.excerpt.len - 1] = 0;
		error_excerpt(error, e.excerpt.ptr);
	}
	buf_fini(&e.excerpt);
}
