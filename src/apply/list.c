/* SPDX-License-Identifier: MIT */
/*
 * The files that HAProxy reads for `config =`, one after the other: each word
 * of it is a file or a directory of such files (management.txt, "-f").
 */
#include "generation.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/xalloc.h"

struct words {
	char **items;
	size_t count;
};

static void
add_word(struct words *words, const char *word)
{
	words->items =
	    xrealloc(words->items, words->count + 2, sizeof(*words->items));
	words->items[words->count++] = xstrdup(word);
	words->items[words->count] = NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool
is_config_name(const char *name)
{
	size_t n = strlen(name);

	return name[0] != '.' && n > 4 && !strcmp(name + n - 4, ".cfg");
}

static bool
is_regular(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* A file that is new in the directory. */
static bool
is_new_in(const char *path, const char *directory)
{
	size_t n = strlen(directory);

	return !strncmp(path, directory, n) && path[n] == '/' &&
	       !strchr(path + n + 1, '/') && is_config_name(path + n + 1) &&
	       access(path, F_OK) < 0;
}

/* Regular, not hidden, *.cfg, in the order of their bytes. */
static void
list_directory(const char *directory, const char *const *fresh, size_t count,
    struct words *out)
{
	char *real = realpath(directory, NULL);
	DIR *d = opendir(directory);
	struct dirent *entry;

	while (d && (entry = readdir(d))) {
		char *path = xasprintf("%s/%s", directory, entry->d_name);

		if (is_config_name(entry->d_name) && is_regular(path))
			add_word(out, path);
		free(path);
	}
	if (d)
		closedir(d);
	for (size_t i = 0; real && i < count; i++) {
		char *path;

		if (!is_new_in(fresh[i], real))
			continue;
		path = xasprintf("%s%s", directory, strrchr(fresh[i], '/'));
		add_word(out, path);
		free(path);
	}
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_bytes);
	free(real);
}

char **
config_files(
    const struct config_haproxy *h, const char *const *fresh, size_t count)
{
	struct words out = {.items = xcalloc(1, sizeof(*out.items))};

	for (size_t i = 0; i < h->configs.count; i++) {
		struct words inside = {0};
		const char *path = h->configs.items[i];
		struct stat st;

		if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode)) {
			add_word(&out, path);
			continue;
		}
		list_directory(path, fresh, count, &inside);
		for (size_t k = 0; k < inside.count; k++) {
			add_word(&out, inside.items[k]);
			free(inside.items[k]);
		}
		free(inside.items);
	}
	return out.items;
}

void
config_files_free(char ***files)
{
	for (size_t i = 0; *files && (*files)[i]; i++)
		free((*files)[i]);
	free(*files);
	*files = NULL;
}
