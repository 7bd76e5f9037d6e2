/* SPDX-License-Identifier: MIT */
/*
 * inih gets its lines from a reader function of ours, which is where lines are
 * counted. It calls the handler for a line before it asks for the next one, so
 * "the line in hand" is the same for both. Sections are parsed here too, since
 * inih cuts their names at 49 bytes and says nothing when one has no keys.
 */
#include "reader.h"

#include <ini.h>
#include <stdlib.h>
#include <string.h>

#include "weir/buf.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

struct reader {
	const char *source;
	const struct reader_sink *sink;
	struct error *error;
	struct str text; /* what is left of it */
	struct str line; /* in hand, without its new line */
	int number;
	bool in_entry; /* an indented line continues an entry */

	/* The entry that may still be continued. */
	char *key;
	struct buf value;
	struct place key_at, value_at;
};

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static size_t
skip_blanks(struct str s, size_t at)
{
	while (at < s.len && is_blank(s.ptr[at]))
		at++;
	return at;
}

static struct place
place(const struct reader *r, size_t column)
{
	return (struct place){r->source, r->number, (int)column};
}

static int
refuse(struct reader *r, size_t column, const char *words)
{
	error_set(r->error, ERROR_CONFIG, "%s", words);
	error_at(r->error, r->source, r->number, (int)column);
	return -1;
}

/* The entry is complete: nothing continued it. */
static int
flush(struct reader *r)
{
	int rc = 0;

	if (r->key)
		rc = r->sink->on_entry(r->sink->arg, r->key,
		    r->value.ptr ? r->value.ptr : "", &r->key_at, &r->value_at,
		    r->error);
	free(r->key);
	r->key = NULL;
	buf_reset(&r->value);
	return rc;
}

/* "[" word [ '"' name '"' ] "]" [ comment ] */
static int
read_section(struct reader *r, size_t at)
{
	struct str s = r->line;
	size_t start, end, name_start = 0, name_end = 0;
	char *section, *name = NULL;
	struct place here = place(r, at);
	int rc;

	start = skip_blanks(s, at + 1);
	for (end = start; end < s.len && !is_blank(s.ptr[end]) &&
			  s.ptr[end] != ']' && s.ptr[end] != '"';)
		end++;
	at = skip_blanks(s, end);
	if (at < s.len && s.ptr[at] == '"') {
		name_start = name_end = at + 1;
		while (name_end < s.len && s.ptr[name_end] != '"')
			name_end++;
		if (name_end == s.len)
			return refuse(r, at, "the quoted name has no end");
		at = skip_blanks(s, name_end + 1);
	}
	if (at == s.len || s.ptr[at] != ']')
		return refuse(
		    r, at, "a section reads [section] or [section \"name\"]");
	at = skip_blanks(s, at + 1);
	if (at < s.len && s.ptr[at] != ';' && s.ptr[at] != '#')
		return refuse(r, at, "nothing may follow a section");
	if (flush(r) < 0)
		return -1;
	r->in_entry = false;
	section = xstrndup(s.ptr + start, end - start);
	if (name_start)
		name = xstrndup(s.ptr + name_start, name_end - name_start);
	rc = r->sink->on_section(r->sink->arg, section, name, &here, r->error);
	free(section);
	free(name);
	return rc;
}

/* A byte that no value can mean: a slip of the editor or a trap for who reads
 * it on a terminal. -1 if there is none. */
static ptrdiff_t
find_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if ((c < 0x20 && c != '\t' && !(c == '\r' && i + 1 == s.len)) ||
		    c == 0x7f)
			return (ptrdiff_t)i;
	}
	return -1;
}

static int
check_line(struct reader *r, size_t most)
{
	size_t start = skip_blanks(r->line, 0);
	ptrdiff_t control = find_control(r->line);

	if (control >= 0)
		return refuse(r, (size_t)control,
		    r->line.ptr[control] ? "a control character"
					 : "a NUL byte: this is no text file");
	if (r->line.len > most) {
		error_set(r->error, ERROR_CONFIG,
		    "the line has %zu bytes, %zu can be read: break it at a "
		    "blank and indent what follows",
		    r->line.len, most);
		error_at(r->error, r->source, r->number, (int)most);
		return -1;
	}
	if (start < r->line.len && r->line.ptr[start] == '[' &&
	    !(r->in_entry && start > 0))
		return read_section(r, start);
	return 0;
}

/* The ini_reader: as fgets(3), size counts the NUL. */
static char *
next_line(char *to, int size, void *arg)
{
	struct reader *r = arg;
	size_t most = LIMIT_CONFIG_LINE, n;
	const char *end;

	if (r->text.len == 0 || error_is_set(r->error))
		return NULL;
	if (most > (size_t)size - 2)
		most = (size_t)size - 2;
	end = memchr(r->text.ptr, '\n', r->text.len);
	n = end ? (size_t)(end - r->text.ptr) : r->text.len;
	r->line = (struct str){r->text.ptr, n};
	r->number++;
	if (check_line(r, most) < 0)
		return NULL;
	n += end != NULL;
	memcpy(to, r->text.ptr, n);
	to[n] = 0;
	r->text.ptr += n;
	r->text.len -= n;
	return to;
}

/* inih 55 drops the comment of a first line, but not that of a continuation. */
static struct str
without_comment(struct str s)
{
	for (size_t i = 1; i < s.len; i++)
		if (s.ptr[i] == ';' && is_blank(s.ptr[i - 1]))
			s.len = i;
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static int
continue_entry(struct reader *r, const char *value)
{
	size_t start = skip_blanks(r->line, 0), end = start, after;
	struct str word;

	while (end < r->line.len && !is_blank(r->line.ptr[end]) &&
	       r->line.ptr[end] != '=')
		end++;
	word = (struct str){r->line.ptr + start, end - start};
	after = skip_blanks(r->line, end);
	if (after < r->line.len && r->line.ptr[after] == '=' &&
	    r->sink->is_key(r->sink->arg, word)) {
		error_set(r->error, ERROR_CONFIG,
		    "an indented line continues the one before: begin \"%.*s\" "
		    "at the start of the line",
		    (int)word.len, word.ptr);
		error_at(r->error, r->source, r->number, (int)start);
		return -1;
	}
	if (r->value.len == 0)
		r->value_at = place(r, start);
	else
		buf_char(&r->value, ' ');
	buf_str(&r->value, without_comment(str_of(value)));
	return 0;
}

static int
begin_entry(struct reader *r, const char *key, const char *value)
{
	size_t at = 0;

	if (flush(r) < 0)
		return -1;
	r->key_at = place(r, skip_blanks(r->line, 0));
	while (at < r->line.len && r->line.ptr[at] != '=' &&
	       r->line.ptr[at] != ':')
		at++;
	r->value_at = place(r, skip_blanks(r->line, at + 1));
	r->key = xstrdup(key);
	buf_puts(&r->value, value);
	r->in_entry = true;
	return 0;
}

/* The ini_handler: 1 is success. inih goes on after an error, so nothing may
 * happen once one is set. */
static int
on_line(void *arg, const char *section, const char *key, const char *value)
{
	struct reader *r = arg;

	(void)section;
	if (error_is_set(r->error))
		return 0;
	if (r->in_entry && r->line.len > 0 && is_blank(r->line.ptr[0]))
		return continue_entry(r, value) == 0;
	return begin_entry(r, key, value) == 0;
}

int
reader_run(const char *source, struct str text, const struct reader_sink *sink,
    struct error *error)
{
	struct error e = {0};
	struct reader r = {
	    .source = source, .sink = sink, .error = &e, .text = text};
	int bad_line;

	if (str_has_prefix(text, STR("\xef\xbb\xbf"))) {
		r.text.ptr += 3;
		r.text.len -= 3;
	}
	bad_line = ini_parse_stream(next_line, &r, on_line, &r);
	if (!error_is_set(&e) && bad_line != 0) {
		r.number = bad_line;
		refuse(&r, 0, "a line reads key = value, or [section]");
	}
	if (!error_is_set(&e))
		flush(&r);
	free(r.key);
	buf_fini(&r.value);
	error_quote(&e, text.ptr, text.len);
	if (!error_is_set(&e))
		return 0;
	error_move(error, &e);
	return -1;
}
