/* SPDX-License-Identifier: MIT */
/*
 * What applying would do, without doing it: the plan between the files on disk
 * and the outputs, for the version that runs or would.
 */
#include "live.h"

#include <stdlib.h>

#include "weir/xalloc.h"

/* Steps that are shown one by one. */
#define STEPS_SHOWN 200

struct preview {
	struct texts was, is;
	struct haproxy_model old_model, new_model;
	struct haproxy_running running;
	struct haproxy_steps steps;
};

static void
preview_fini(struct preview *p)
{
	haproxy_steps_fini(&p->steps);
	haproxy_model_fini(&p->old_model);
	haproxy_model_fini(&p->new_model);
	haproxy_running_fini(&p->running);
	texts_fini(&p->was);
	texts_fini(&p->is);
}

static int
read_texts(const struct live_preview *o, struct preview *p, struct error *error)
{
	const struct apply_options ao = {
	    .haproxy = o->haproxy, .files = o->files, .count = o->count};
	const struct config_template **templates =
	    xcalloc(o->count + 1, sizeof(*templates));
	struct texts_source source = {
	    .haproxy = o->haproxy, .template_count = o->count};
	struct generation g;
	int rc;

	for (size_t i = 0; i < o->count; i++)
		templates[i] = o->files[i].config;
	source.templates = (const struct config_template *const *)templates;
	generation_init(&g, &ao);
	rc = texts_read(&p->was, &source, error);
	source.generation = &g;
	if (rc == 0)
		rc = texts_read(&p->is, &source, error);
	generation_fini(&g);
	free(templates);
	return rc;
}

static void
make_plan(const struct live_preview *o, struct preview *p)
{
	struct haproxy_policy policy;

	char *record = memory_path(o->state_path, o->haproxy);
	const struct memory memory = {
	    .path = record, .running = &p->running, .texts = &p->was};
	const struct live_files_view view = {.files = live_files_of(o->loaded),
	    .model = &p->new_model,
	    .version = o->version};

	p->running.version = *o->version;
	p->running.pid = o->pid;
	if (o->pid)
		memory_recall(&memory);
	free(record);
	live_policy(&policy, o->haproxy, o->version);
	haproxy_model_parse(&p->old_model, texts_config(&p->was));
	haproxy_model_parse(&p->new_model, texts_config(&p->is));
	haproxy_steps_plan(
	    &p->steps, &p->old_model, &p->new_model, &p->running, &policy);
	live_files_plan(&p->steps, &p->was, &p->is, &view);
}

static void
print_steps(const struct haproxy_steps *steps, struct buf *details)
{
	for (size_t i = 0; i < steps->count && i < STEPS_SHOWN; i++) {
		buf_puts(details, "  ");
		haproxy_step_print(&steps->items[i], details);
		buf_char(details, '\n');
	}
	if (steps->count > STEPS_SHOWN)
		buf_printf(
		    details, "  … and %zu more\n", steps->count - STEPS_SHOWN);
}

bool
live_print_preview(
    const struct live_preview *o, struct buf *reason, struct buf *details)
{
	struct preview p = {0};
	struct error error = {0};
	bool reload = true;

	if (read_texts(o, &p, &error) < 0) {
		buf_printf(reason, "reload: %s", error.text);
		error_fini(&error);
		preview_fini(&p);
		return true;
	}
	make_plan(o, &p);
	reload = p.steps.reload;
	if (reload) {
		buf_printf(reason, "reload: %s",
		    p.steps.reason.len ? p.steps.reason.ptr : "");
	} else {
		buf_printf(reason, "run time: %zu step%s", p.steps.count,
		    p.steps.count == 1 ? "" : "s");
		print_steps(&p.steps, details);
	}
	preview_fini(&p);
	return reload;
}
