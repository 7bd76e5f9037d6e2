/* SPDX-License-Identifier: MIT */
/*
 * The templates that people write (tests/template/cases/real) over the catalog
 * file of the template cases, each 1,000 times: in rounds, of which the best
 * stands for all. Only what Go's side could run too is summed up.
 *
 * usage: bench_real [FIGURES], of Go's engine, in weir's folder.
 */
#include <glob.h>
#include <jansson.h>
#include <unistd.h>

#include "figures.h"
#include "weir/catalog.h"
#include "weir/file.h"
#include "weir/limits.h"
#include "weir/template.h"
#include "weir/xalloc.h"

#define REPETITIONS 1000
#define ROUNDS      50
#define FOLDER      "tests/template"
#define CASES       "cases/real/"

static struct catalog_file *world;
static struct catalog *catalog;

static void
fail(const char *name, struct error *e)
{
	struct buf b = {0};

	error_print(e, &b);
	fprintf(stderr, "%s: %s\n", name, b.ptr);
	exit(1);
}

/* ---- one template, its options and what it asks ---- */

struct subject {
	const char *name; /* without folder and .tmpl */
	json_t *options;
	struct template *template;
	struct view view;
	struct arena arena;
	struct buf out;
};

static const char *
env(void *arg, const char *name)
{
	const struct subject *s = arg;
	const json_t *all = json_object_get(s->options, "env");
	const char *value = json_string_value(json_object_get(all, name));

	return value ? value : getenv(name);
}

static void
parse(struct subject *s)
{
	char path[256];
	struct error e = {0};
	struct buf text = {0};
	struct template_options o = {.path = path,
	    .families = catalog_families,
	    .left = json_string_value(
		json_object_get(s->options, "left_delimiter")),
	    .right = json_string_value(
		json_object_get(s->options, "right_delimiter")),
	    .error_on_missing_key = json_is_true(
		json_object_get(s->options, "error_on_missing_key"))};

	snprintf(path, sizeof path, CASES "%s.tmpl", s->name);
	if (file_read(path, LIMIT_TEMPLATE_BYTES, &text, &e) < 0)
		fail(s->name, &e);
	s->template = template_new(&o, buf_as_str(&text), &e);
	if (!s->template)
		fail(s->name, &e);
	buf_fini(&text);
}

static uint32_t
render(struct subject *s)
{
	const struct template_world w = {.arg = s, .env = env};
	struct error e = {0};
	struct render r = {
	    .arena = &s->arena, .out = &s->out, .data = &s->view, .world = &w};

	buf_reset(&s->out);
	arena_reset(&s->arena);
	view_reset(&s->view);
	if (template_execute(s->template, &r, &e) < 0 && !r.missing)
		fail(s->name, &e);
	error_fini(&e);
	return r.missing;
}

/* Pass after pass, until everything that it asks is in the catalog. */
static void
warm(struct subject *s)
{
	const struct wanted *w;

	while (render(s) > 0)
		for (size_t i = 0; (w = view_next(&s->view, &i));) {
			struct error e = {0};
			struct answer *a;

			if (w->answer)
				continue;
			a = catalog_file_answer(world, w->query, &e);
			if (!a)
				fail(s->name, &e);
			catalog_put(catalog, w->query->id, a);
		}
}

/* Nanoseconds of all repetitions. */
static int64_t
measure(struct subject *s)
{
	int64_t best = INT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns();

		for (int k = 0; k < REPETITIONS / ROUNDS; k++)
			render(s);
		start = now_ns() - start;
		best = start < best ? start : best;
	}
	return best * ROUNDS;
}

/* ---- all of them ---- */

struct total {
	int64_t ours, theirs;
	int all, compared, differing;
	double least;
	char least_name[64];
};

static void
print_subject(const struct subject *s, int64_t ns, struct total *t)
{
	char name[64];
	const struct figure *f;
	double times;

	snprintf(name, sizeof name, "real/%s", s->name);
	f = find_figure(name);
	printf("%-46s %8.2f us", s->name, (double)ns / 1e3 / REPETITIONS);
	if (f) {
		times = (double)f->ns / (double)ns;
		printf(" %8.2f us %5.1f x", (double)f->ns / 1e3 / REPETITIONS,
		    times);
		t->ours += ns;
		t->theirs += f->ns;
		if (sum_of(buf_as_str(&s->out)) != f->sum) {
			printf(" (the output differs)");
			t->differing++;
		}
		if (t->compared++ == 0 || times < t->least) {
			t->least = times;
			snprintf(t->least_name, sizeof name, "%s", s->name);
		}
	}
	t->all++;
	putchar('\n');
}

static void
run(const char *path, struct total *t)
{
	struct subject s = {0};
	char *name = xstrdup(strrchr(path, '/') + 1);
	char options[256];

	name[strlen(name) - strlen(".tmpl")] = 0;
	s.name = name;
	snprintf(options, sizeof options, CASES "%s.json", name);
	s.options = json_load_file(options, 0, NULL);
	view_init(&s.view, catalog);
	parse(&s);
	warm(&s);
	print_subject(&s, measure(&s), t);
	template_free(&s.template);
	view_fini(&s.view);
	arena_fini(&s.arena);
	buf_fini(&s.out);
	json_decref(s.options);
	free(name);
}

static void
print_total(const struct total *t)
{
	if (!t->compared)
		return;
	printf("real: %d of %d templates compared, %d with another output; "
	       "%.0f ms, Go %.0f ms, %.1f x; least %.1f x (%s)\n",
	    t->compared, t->all, t->differing, (double)t->ours / 1e6,
	    (double)t->theirs / 1e6, (double)t->theirs / (double)t->ours,
	    t->least, t->least_name);
}

int
main(int argc, char **argv)
{
	struct error e = {0};
	struct total total = {0};
	glob_t paths;

	if (argc > 1)
		read_figures(argv[1]);
	if (chdir(FOLDER) < 0 || glob(CASES "*.tmpl", 0, NULL, &paths) != 0) {
		perror(FOLDER);
		return 1;
	}
	world = catalog_file_load("world.json", &e);
	if (!world)
		fail("world.json", &e);
	catalog = catalog_new();
	printf("the family real, each %d times, one of them:\n", REPETITIONS);
	for (size_t i = 0; i < paths.gl_pathc; i++)
		run(paths.gl_pathv[i], &total);
	print_total(&total);
	globfree(&paths);
	catalog_free(&catalog);
	catalog_file_free(&world);
	return total.differing > 0;
}
