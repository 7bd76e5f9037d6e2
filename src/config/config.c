/* SPDX-License-Identifier: MIT */
/*
 * From what the command line names to one configuration. Precedence, lowest
 * first: presets, CONSUL_* variables, files in order, -t, --set, --from.
 */
#include "weir/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "draft.h"
#include "weir/str.h"
#include "weir/xalloc.h"

#define DEFAULT_FILE      "/etc/weir/weir.ini"
#define DEFAULT_DIRECTORY "/etc/weir/conf.d"

/* ---- files ---- */

static int
is_ini(const struct dirent *entry)
{
	return entry->d_name[0] != '.' &&
	       str_has_suffix(str_of(entry->d_name), STR(".ini"));
}

/* Bytewise: what alphasort does depends on the locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
read_directory(struct draft *d, const char *path, struct error *error)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_ini, by_name), rc = 0;

	if (n < 0)
		return error_set_errno(
		    error, ERROR_CONFIG, "cannot read %s", path);
	for (int i = 0; i < n; i++) {
		char *file = xasprintf("%s/%s", path, entries[i]->d_name);

		if (rc == 0)
			rc = draft_read(d, file, error);
		free(file);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int
read_path(struct draft *d, const char *path, struct error *error)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return read_directory(d, path, error);
	return draft_read(d, path, error);
}

static int
read_files(struct draft *d, const struct config_request *r, struct error *error)
{
	for (size_t i = 0; i < r->path_count; i++)
		if (read_path(d, r->paths[i], error) < 0)
			return -1;
	if (r->path_count > 0)
		return 0;
	if (access(DEFAULT_FILE, F_OK) == 0 &&
	    draft_read(d, DEFAULT_FILE, error) < 0)
		return -1;
	if (access(DEFAULT_DIRECTORY, F_OK) == 0)
		return read_directory(d, DEFAULT_DIRECTORY, error);
	return 0;
}

/* ---- -t IN[:OUT[:COMMAND]] ---- */

/*
 * consul-template takes pieces between colons, where a single letter and a
 * colon belong to what follows (a drive of Windows); empty pieces don't count.
 * The command is the rest as it stands.
 */
static struct str
take_piece(const char **at)
{
	const char *p = *at + strspn(*at, ":");
	struct str piece = {p, strcspn(p, ":")};
	size_t more;

	if (piece.len == 1 && p[1] == ':' &&
	    ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))) {
		more = strcspn(p + 2, ":");
		if (more > 0)
			piece.len = 2 + more;
	}
	*at = p + piece.len;
	return piece;
}

static int
set_piece(struct draft *d, struct object *o, const char *key, struct str piece,
    struct error *error)
{
	const struct place place = {.source = "-t"};
	char *value = xstrndup(piece.ptr ? piece.ptr : "", piece.len);
	int rc = piece.len ? draft_set(d, o, key, value, &place, error) : 0;

	free(value);
	return rc;
}

static bool
has_template(const struct draft *d, const char *name)
{
	const struct config *c = d->config;

	for (size_t i = 0; i < c->template_count; i++)
		if (!strcmp(c->templates[i]->name, name))
			return true;
	return false;
}

/* Named IN; one template may have several destinations, then IN:OUT. */
static struct object *
make_template(
    struct draft *d, struct str in, struct str out, struct error *error)
{
	const struct place place = {.source = "-t"};
	char *name = xstrndup(in.ptr, in.len);
	struct object *o = NULL;

	if (has_template(d, name)) {
		free(name);
		name = xasprintf(
		    "%.*s:%.*s", (int)in.len, in.ptr, (int)out.len, out.ptr);
	}
	if (has_template(d, name))
		error_set(error, ERROR_CONFIG,
		    "there is a [template \"%s\"] already", name);
	else
		o = draft_object(d, "template", name, &place, error);
	free(name);
	return o;
}

static int
apply_template(struct draft *d, const char *words, struct error *error)
{
	const struct place place = {.source = "-t"};
	const char *at = words;
	struct str in = take_piece(&at), out = take_piece(&at), command;
	struct object *o;

	command = str_of(at + strspn(at, ":"));
	if (in.len == 0) {
		error_set(error, ERROR_CONFIG,
		    "-t IN[:OUT[:COMMAND]] needs the path of a template");
		return draft_at(d, &place, error);
	}
	o = make_template(d, in, out, error);
	if (!o || set_piece(d, o, "source", in, error) < 0 ||
	    set_piece(d, o, "destination", out, error) < 0 ||
	    set_piece(d, o, "reload", command, error) < 0)
		return draft_at(d, &place, error);
	return 0;
}

/* ---- --set section[.name].key=value ---- */

static int
apply_set(struct draft *d, const char *words, struct error *error)
{
	const struct place place = {.source = "--set"};
	const char *equals = strchr(words, '=');
	char *path = xstrndup(words, equals ? (size_t)(equals - words) : 0);
	char *first = strchr(path, '.'), *last = strrchr(path, '.');
	struct object *o;
	int rc = -1;

	if (!first || first == path || !last[1]) {
		error_set(error, ERROR_CONFIG,
		    "\"%s\" does not read section.key=value or "
		    "section.name.key=value",
		    words);
		goto out;
	}
	*first = *last = 0;
	o = draft_object(
	    d, path, first == last ? NULL : first + 1, &place, error);
	if (o && draft_set(d, o, last + 1, equals + 1, &place, error) == 0)
		rc = 0;
out:
	free(path);
	return rc < 0 ? draft_at(d, &place, error) : 0;
}

/* ---- the whole ---- */

static int
load(struct draft *d, const struct config_request *r, struct error *error)
{
	if (environment_apply(d, error) < 0 || read_files(d, r, error) < 0)
		return -1;
	for (size_t i = 0; i < r->template_count; i++)
		if (apply_template(d, r->templates[i], error) < 0)
			return -1;
	for (size_t i = 0; i < r->set_count; i++)
		if (apply_set(d, r->sets[i], error) < 0)
			return -1;
	if (r->from) {
		free(d->config->catalog_file);
		d->config->catalog_file = xstrdup(r->from);
	}
	return draft_finish(d, error);
}

struct config *
config_load(const struct config_request *request, struct error *error)
{
	struct config *config = NULL;
	struct draft d;

	draft_init(&d);
	if (load(&d, request, error) == 0) {
		config = d.config;
		d.config = NULL;
	}
	draft_fini(&d);
	return config;
}

void
config_free(struct config **config)
{
	struct config *c = *config;

	if (!c)
		return;
	for (size_t i = 0; i < c->haproxy_count; i++) {
		struct config_haproxy *h = c->haproxies[i];

		section_fini(&config_sections[SECTION_HAPROXY], h);
		free(h->name);
		free(h->place.source);
		free(h);
	}
	for (size_t i = 0; i < c->template_count; i++) {
		struct config_template *t = c->templates[i];

		section_fini(&config_sections[SECTION_TEMPLATE], t);
		free(t->name);
		free(t->place.source);
		free(t);
	}
	section_fini(&config_sections[SECTION_CONSUL], &c->consul);
	for (size_t i = SECTION_GUARD; i < SECTION_COUNT; i++)
		section_fini(&config_sections[i], c);
	for (size_t i = 0; i < c->sources.count; i++)
		free(c->sources.items[i]);
	free(c->sources.items);
	free(c->haproxies);
	free(c->templates);
	free(c);
	*config = NULL;
}
