/* SPDX-License-Identifier: MIT */
/*
 * What a file beside the configuration is to the worker that has read it: found
 * in what the worker lists, planned and read back by its kind.
 */
#include "mapfile.h"

#include <assert.h>
#include <ctype.h>

/* ---- which kind ---- */

/* "opt@" and "file@" say how the file is read (3.0 and later). */
static struct str
without_prefix(struct str name)
{
	static const char *const prefixes[] = {"opt@", "file@"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (str_has_prefix(name, str_of(prefixes[i]))) {
			name.ptr += strlen(prefixes[i]);
			name.len -= strlen(prefixes[i]);
		}
	return name;
}

/* "5 (NAME) pattern loaded from file 'NAME' used by …": a name may hold
 * brackets, so it ends where the words behind it begin. */
static struct str
pattern_name(struct str line)
{
	const char *open = memchr(line.ptr, '(', line.len);
	struct str rest;
	ptrdiff_t end;

	if (!open)
		return (struct str){0};
	rest.ptr = open + 1;
	rest.len = line.len - (size_t)(rest.ptr - line.ptr);
	end = str_find(rest, STR(") pattern loaded from file "));
	if (end < 0)
		return (struct str){0};
	rest.len = (size_t)end;
	return rest;
}

/* "*NAME" while a transaction is open. */
static struct str
plain_name(struct str line)
{
	if (line.len && *line.ptr == '*')
		return (struct str){line.ptr + 1, line.len - 1};
	return line;
}

/* "NAME - 145 certificate(s)" */
static struct str
counted_name(struct str line)
{
	ptrdiff_t end = str_find(line, STR(" - "));

	if (end >= 0)
		line.len = (size_t)end;
	return plain_name(line);
}

static bool
lists(struct str answer, struct str (*name_of)(struct str), const char *path,
    struct str *name)
{
	while (answer.len) {
		struct str line = str_take_line(&answer);
		struct str found = name_of(line);

		if (line.len && *line.ptr != '#' && found.ptr &&
		    str_is(without_prefix(found), path)) {
			*name = found;
			return true;
		}
	}
	return false;
}

enum haproxy_file_kind
haproxy_file_find(
    const struct haproxy_files *f, const char *path, struct str *name)
{
	const struct {
		struct str answer;
		struct str (*name_of)(struct str);
		enum haproxy_file_kind kind;
	} rows[] = {{f->maps, pattern_name, FILE_MAP},
	    {f->acls, pattern_name, FILE_ACL},
	    {f->certs, plain_name, FILE_CERT},
	    {f->crt_lists, plain_name, FILE_CRT_LIST},
	    {f->ca_files, counted_name, FILE_OTHER},
	    {f->crl_files, counted_name, FILE_OTHER}};
	enum haproxy_file_kind kind = FILE_OTHER;
	int count = 0;

	*name = (struct str){0};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (lists(rows[i].answer, rows[i].name_of, path, name)) {
			kind = rows[i].kind;
			count++;
		}
	return count == 1 ? kind : FILE_OTHER;
}

/* ---- how a map is looked up ---- */

static bool
is_path_byte(char c)
{
	return isalnum((unsigned char)c) || strchr("_-./@", c);
}

/* The converter in front of "(NAME": those that look up one key, or the longest
 * one, in a tree. */
static bool
is_keyed_converter(struct str before)
{
	static const char *const keyed[] = {"map", "map_str", "map_str_str",
	    "map_str_int", "map_str_ip", "map_beg", "map_beg_str",
	    "map_beg_int", "map_beg_ip", "map_ip", "map_ip_str", "map_ip_int"};
	size_t n = 0;

	if (!before.len || before.ptr[--before.len] != '(')
		return false;
	while (n < before.len &&
	       (isalnum((unsigned char)before.ptr[before.len - 1 - n]) ||
		   before.ptr[before.len - 1 - n] == '_'))
		n++;
	before = (struct str){before.ptr + before.len - n, n};
	for (size_t i = 0; i < sizeof(keyed) / sizeof(*keyed); i++)
		if (str_is(before, keyed[i]))
			return true;
	return false;
}

/* Each use of it in the text; *uses counts them. */
static bool
is_keyed_in(struct str text, struct str name, size_t *uses)
{
	size_t from = 0;

	for (;;) {
		struct str rest = {text.ptr + from, text.len - from};
		ptrdiff_t at = str_find(rest, name);
		size_t begin, end;

		if (at < 0)
			return true;
		begin = from + (size_t)at;
		end = begin + name.len;
		from = end;
		if ((begin && is_path_byte(text.ptr[begin - 1])) ||
		    (end < text.len && is_path_byte(text.ptr[end])))
			continue; /* another file */
		if (end == text.len ||
		    (text.ptr[end] != ',' && text.ptr[end] != ')') ||
		    !is_keyed_converter((struct str){text.ptr, begin}))
			return false;
		(*uses)++;
	}
}

bool
haproxy_map_is_keyed(const struct haproxy_model *m, struct str name)
{
	size_t uses = 0;

	if (!name.len)
		return false;
	for (size_t i = 0; i < m->count; i++)
		if (!is_keyed_in(m->sections[i].text, name, &uses))
			return false;
	return uses > 0;
}

/* ---- by kind ---- */

void
haproxy_steps_plan_file(struct haproxy_steps *out, enum haproxy_file_kind kind,
    const char *name, struct str old_text, struct str new_text,
    const struct haproxy_version *version)
{
	const struct file_change f = {.name = name,
	    .old_text = old_text,
	    .new_text = new_text,
	    .version = version};

	if (str_equal(old_text, new_text))
		return;
	switch (kind) {
	case FILE_MAP:
	case FILE_MAP_KEYED:
	case FILE_ACL:
		mapfile_plan(out, kind, &f);
		return;
	case FILE_CERT:
		cert_plan(out, &f);
		return;
	case FILE_CRT_LIST:
		crt_list_plan(out, &f);
		return;
	case FILE_OTHER:
		break;
	}
	haproxy_steps_refuse(out,
	    "%s changes, and HAProxy lists it neither as a map nor as an "
	    "ACL, a certificate or a crt-list, or as more than one",
	    name);
}

void
haproxy_file_question(
    enum haproxy_file_kind kind, const char *name, struct buf *out)
{
	static const char *const questions[] = {[FILE_MAP] = "show map",
	    [FILE_MAP_KEYED] = "show map",
	    [FILE_ACL] = "show acl",
	    [FILE_CERT] = "show ssl cert",
	    [FILE_CRT_LIST] = "show ssl crt-list"};

	assert(kind != FILE_OTHER);
	buf_printf(out, "%s ", questions[kind]);
	for (; *name; name++) {
		if (strchr(" \t;\\<\"'#", *name))
			buf_char(out, '\\');
		buf_char(out, *name);
	}
}

int
haproxy_file_verify(enum haproxy_file_kind kind, const char *name,
    struct str text, struct str answer, struct error *e)
{
	switch (kind) {
	case FILE_MAP:
	case FILE_MAP_KEYED:
	case FILE_ACL:
		return mapfile_verify(kind, name, text, answer, e);
	case FILE_CERT:
		return cert_verify(name, text, answer, e);
	case FILE_CRT_LIST:
		return crt_list_verify(name, text, answer, e);
	case FILE_OTHER:
		break;
	}
	return error_set(
	    e, ERROR_REMOTE, "%s: nobody knows what it is for", name);
}
