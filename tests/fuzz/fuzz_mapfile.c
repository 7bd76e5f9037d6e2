/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/mapfile */
/* Two contents of a file and an answer of HAProxy, divided by NULs; the first
 * byte says what the file is. The steps from one content to the other are
 * carried out on a list as HAProxy would, which then must be the list that the
 * new content gives. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/runtime.h"
#include "weir/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines "KEY VALUE", as the worker has them. */
struct worker {
	char **lines[2]; /* current, prepared */
	size_t count[2];
	bool acl;
};

static void
drop(struct worker *w, int v)
{
	for (size_t i = 0; i < w->count[v]; i++)
		free(w->lines[v][i]);
	free(w->lines[v]);
	w->lines[v] = NULL;
	w->count[v] = 0;
}

static void
append(struct worker *w, int v, const char *line)
{
	w->lines[v] =
	    xrealloc(w->lines[v], w->count[v] + 1, sizeof(*w->lines[v]));
	w->lines[v][w->count[v]++] = xstrdup(line);
}

static bool
has_key(const struct worker *w, const char *line, const char *key)
{
	size_t n = strlen(key);

	return !strncmp(line, key, n) &&
	       (line[n] == 0 || (!w->acl && line[n] == ' '));
}

/* Cuts the next word off, without its backslashes; NULL: none. */
static char *
take_word(char **at)
{
	char *in = *at;
	char *out, *word;

	while (*in == ' ' || *in == '\t')
		in++;
	if (!*in)
		return NULL;
	word = out = in;
	for (; *in && *in != ' ' && *in != '\t'; in++) {
		if (*in == ';' || *in == '\n')
			abort();
		if (*in == '\\' && !*++in)
			abort();
		*out++ = *in;
	}
	*at = *in ? in + 1 : in;
	*out = 0;
	return word;
}

static void
take_payload(struct worker *w, int v, char *text)
{
	for (char *line; (line = strsep(&text, "\n"));) {
		char *blank = strpbrk(line, " \t");

		if (!*line && text && *text)
			abort(); /* the payload would end here */
		if (!*line)
			continue;
		if (!blank || blank == line)
			abort();
		append(w, v, line);
	}
}

static void
edit(struct worker *w, const char *verb, char *key, char *value)
{
	size_t kept = 0;
	bool found = false;

	for (size_t i = 0; i < w->count[0]; i++) {
		char *line = w->lines[0][i];

		if (!has_key(w, line, key)) {
			w->lines[0][kept++] = line;
			continue;
		}
		found = true;
		if (*verb == 's')
			w->lines[0][kept++] = xasprintf("%s %s", key, value);
		free(line);
	}
	w->count[0] = kept;
	if (!found)
		abort();
}

static void
obey(struct worker *w, struct str command)
{
	char *text = xstrndup(command.ptr, command.len);
	char *payload = strstr(text, " <<\n");
	char *at = text;
	char *verb, *key, *value, *line;
	int v = 0;

	if (payload) {
		*payload = 0;
		payload += 4;
	}
	verb = take_word(&at);
	take_word(&at);
	if (!strncmp(at, "@* ", 3)) {
		v = 1;
		at += 3;
	}
	take_word(&at); /* the file */
	key = take_word(&at);
	value = take_word(&at);
	if (take_word(&at))
		abort();
	if (!strcmp(verb, "prepare")) {
		drop(w, 1);
	} else if (!strcmp(verb, "commit")) {
		drop(w, 0);
		w->lines[0] = w->lines[1];
		w->count[0] = w->count[1];
		w->lines[1] = NULL;
		w->count[1] = 0;
	} else if (payload) {
		take_payload(w, v, payload);
	} else if (!strcmp(verb, "add")) {
		if (!key || !value == !w->acl)
			abort();
		line = w->acl ? xstrdup(key) : xasprintf("%s %s", key, value);
		append(w, v, line);
		free(line);
	} else {
		if (!key || *key == '#')
			abort();
		edit(w, verb, key, value);
	}
	free(text);
}

/* What "show map" would say. */
static void
put_list(const struct worker *w, struct buf *out)
{
	for (size_t i = 0; i < w->count[0]; i++)
		buf_printf(out, "0x%zx %s\n", i + 1, w->lines[0][i]);
}

/* The list of a content, by way of the steps from nothing. */
static bool
carry_out(struct worker *w, enum haproxy_file_kind kind, struct str old,
    struct str new)
{
	struct haproxy_version version = {.major = 2, .minor = 6};
	struct haproxy_steps s = {.proven = true};
	bool reload;

	haproxy_steps_plan_file(&s, kind, "/m", old, new, &version);
	reload = s.reload;
	for (size_t i = 0; !reload && i < s.count; i++)
		obey(w, s.items[i].command);
	haproxy_steps_fini(&s);
	return !reload;
}

static void
check_map(enum haproxy_file_kind kind, struct str old, struct str new)
{
	struct worker w = {.acl = kind == FILE_ACL};
	struct buf list = {0};
	struct error e = {0};

	if (carry_out(
		&w, FILE_ACL == kind ? FILE_ACL : FILE_MAP, STR(""), old) &&
	    carry_out(&w, kind, old, new)) {
		put_list(&w, &list);
		if (haproxy_file_verify(
			kind, "/m", new, buf_as_str(&list), &e) < 0)
			abort();
	}
	buf_fini(&list);
	drop(&w, 0);
	drop(&w, 1);
}

static void
check_other(enum haproxy_file_kind kind, struct str old, struct str new)
{
	struct haproxy_version version = {.major = 3, .minor = 0};
	struct haproxy_steps s = {.proven = true};

	haproxy_steps_plan_file(&s, kind, "/m", old, new, &version);
	for (size_t i = 0; i < s.count; i++)
		if (str_find(s.items[i].command, STR("\n\n")) >= 0)
			abort(); /* the payload would end here */
	haproxy_steps_fini(&s);
}

static struct str
take_part(struct str *all)
{
	const char *end = memchr(all->ptr, 0, all->len);
	struct str part = {all->ptr, end ? (size_t)(end - all->ptr) : all->len};

	all->ptr += part.len + (end ? 1 : 0);
	all->len -= part.len + (end ? 1 : 0);
	return part;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum haproxy_file_kind kinds[] = {
	    FILE_MAP, FILE_MAP_KEYED, FILE_ACL, FILE_CERT, FILE_CRT_LIST};
	enum haproxy_file_kind kind;
	struct str all, old, new;
	struct haproxy_files files;
	struct error e = {0};
	struct str name;
	char *copy;

	if (size < 1)
		return 0;
	copy = xmalloc(size);
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = 0;
	all = (struct str){copy, size - 1};
	kind = kinds[data[0] % (sizeof(kinds) / sizeof(*kinds))];
	old = take_part(&all);
	new = take_part(&all);
	if (kind == FILE_CERT || kind == FILE_CRT_LIST)
		check_other(kind, old, new);
	else
		check_map(kind, old, new);
	haproxy_file_verify(kind, "/m", new, all, &e);
	error_fini(&e);
	files = (struct haproxy_files){all, all, all, all, all, all};
	haproxy_file_find(&files, "/m", &name);
	free(copy);
	return 0;
}
