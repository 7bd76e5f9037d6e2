/* SPDX-License-Identifier: MIT */
#include "effect.h"

#include "weir/file.h"
#include "weir/limits.h"

const char *
effect_kind_name(enum effect_kind k)
{
	static const char *const names[] = {
	    "nothing", "write", "reload", "command"};

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

int
effect_of(const struct group *g, struct effect *ef, struct error *e)
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
		buf_fini(&old);
	}
	decide(ef);
	return 0;
}

void
effect_fini(struct effect *ef)
{
	buf_fini(&ef->reason);
	buf_fini(&ef->details);
}
