/* SPDX-License-Identifier: MIT */
#include "effect.h"

#include <stdlib.h>

#include "weir/file.h"
#include "weir/haproxy.h"
#include "weir/limits.h"

/* Changes of one file that are told one by one. */
#define DETAILS_SHOWN 50

const char *
effect_kind_name(enum effect_kind k)
{
	static const char *const names[] = {

	    "nothing", "write", "runtime", "reload", "command"};

	return names[k];
}

/* How the group's program is told. */
static void
decide(struct effect *ef)
{
	const struct group *g = ef->group;
	const char *command = NULL;

	for (size_t i = 0; i < g->count && !command; i++)
		command = g->tasks[i]->config->reload;
	if (!ef->changed) {
		ef->kind = EFFECT_NONE;
		buf_puts(&ef->reason, "nothing: every file is as rendered");
	} else if (g->haproxy && g->haproxy->reload != RELOAD_NONE) {
		ef->kind = EFFECT_RELOAD;
		buf_printf(&ef->reason,
		    "reload: %zu file%s of haproxy \"%s\" differ%s",
		    ef->changed, ef->changed == 1 ? "" : "s", g->haproxy->name,
		    ef->changed == 1 ? "s" : "");
	} else if (command) {
		ef->kind = EFFECT_COMMAND;
		buf_printf(&ef->reason, "command: %s", command);
	} else {
		ef->kind = EFFECT_WRITE;
		buf_printf(&ef->reason, "write: %zu file%s", ef->changed,
		    ef->changed == 1 ? "" : "s");
	}
}

/* Is it a file of -f, or in a directory of it? A map is none. */
static bool
is_configuration(const struct config_template *c)
{
	const struct config_strings *files =
	    c->haproxy ? &c->haproxy->configs : NULL;
	size_t len = strlen(c->destination);

	for (size_t i = 0; files && i < files->count; i++) {
		size_t n = strlen(files->items[i]);

		while (n > 1 && files->items[i][n - 1] == '/')
			n--;
		if (strncmp(c->destination, files->items[i], n) != 0)
			continue;
		if (len == n || (c->destination[n] == '/' && len > 4 &&
				    !strcmp(c->destination + len - 4, ".cfg")))
			return true;
	}
	return false;
}

/* What the difference means, a line each. */
static void
put_details(struct effect *ef, struct str old_text, struct str new_text)
{
	struct haproxy_model old, new;
	struct haproxy_changes changes;

	haproxy_model_parse(&old, old_text);
	haproxy_model_parse(&new, new_text);
	haproxy_model_diff(&old, &new, &changes);
	for (size_t i = 0; i < changes.count && i < DETAILS_SHOWN; i++) {
		buf_puts(&ef->details, "  ");
		haproxy_change_print(&changes.items[i], &ef->details);
		buf_char(&ef->details, '\n');
	}
	if (changes.count > DETAILS_SHOWN)
		buf_printf(&ef->details, "  … and %zu more\n",
		    changes.count - DETAILS_SHOWN);
	haproxy_changes_fini(&changes);
	haproxy_model_fini(&old);
	haproxy_model_fini(&new);
}

/* The steps, or why it takes a reload. */
static void
preview(struct gather *gather, struct effect *ef)
{
	const struct config_haproxy *h = ef->group->haproxy;
	struct runs runs;
	struct live_preview p = {.haproxy = h};
	struct buf steps = {0};
	struct apply_file *files = group_files(ef->group, &p.count);

	runs_ask(&runs, gather, h);
	p.loaded = runs.loaded;
	p.files = files;
	p.version = &runs.version;
	p.pid = runs.pid;
	p.state_path = gather->config->state_path;
	buf_reset(&ef->reason);
	if (live_print_preview(&p, &ef->reason, &steps)) {
		ef->kind = EFFECT_RELOAD;
	} else {
		ef->kind = EFFECT_RUNTIME;
		buf_reset(&ef->details);
		buf_str(&ef->details, buf_as_str(&steps));
	}
	buf_fini(&steps);
	ef->runs = buf_take(&runs.said, NULL);
	free(files);
	runs_fini(&runs);
}

static bool
is_live(const struct config_haproxy *h)
{
	return h && h->apply == APPLY_AUTO && h->stats_socket;
}

int
effect_of(struct gather *gather, const struct group *g, struct effect *ef,
    struct error *e)
{
	*ef = (struct effect){.group = g};
	for (size_t i = 0; i < g->count; i++) {
		const struct task *t = g->tasks[i];
		struct buf old = {0};
		int rc;

		if (t->absent || !t->config->destination)
			continue;
		rc = file_read(
		    t->config->destination, LIMIT_OUTPUT_BYTES, &old, e);
		if (rc < 0)
			return -1;
		if (rc > 0 ||
		    !str_equal(buf_as_str(&old), buf_as_str(&t->output)))
			ef->changed++;
		if (rc == 0 && is_configuration(t->config))
			put_details(
			    ef, buf_as_str(&old), buf_as_str(&t->output));
		buf_fini(&old);
	}
	decide(ef);
	if (ef->changed && is_live(g->haproxy))
		preview(gather, ef);
	return 0;
}

void
effect_fini(struct effect *ef)
{
	buf_fini(&ef->reason);
	buf_fini(&ef->details);
	free(ef->runs);
}
