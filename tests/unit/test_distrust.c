/* SPDX-License-Identifier: MIT */
/* Control characters from the catalog in the file of an HAProxy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "weir/plan.h"

/* A site whose every string can be set: what stands for EVIL goes into the
 * field, as JSON. */
struct place {
	const char *name; /* as the message names it */
	const char *json; /* in it, %s is the evil string */
	const char *template;
};

#define NODE "{\"Nodes\":[{\"Node\":\"n1\",\"Address\":\"10.0.0.1\","
#define WEB  "\"Services\":[{\"Service\":\"web\",\"ID\":\"w1\",\"Port\":80"
#define EACH "{{range service \"web\"}}[{{"
static const struct place fields[] = {
    {"Node", "{\"Nodes\":[{\"Node\":\"%s\"," WEB "}]}]}",
	EACH ".Node}}]{{end}}"},
    {"ID", NODE "\"Services\":[{\"Service\":\"web\",\"ID\":\"%s\"}]}]}",
	EACH ".ID}}]{{end}}"},
    {"Address", NODE WEB ",\"Address\":\"%s\"}]}]}", EACH ".Address}}]{{end}}"},
    {"NodeMeta[\"k\"]", NODE "\"Meta\":{\"k\":\"%s\"}," WEB "}]}]}",
	EACH ".NodeMeta.k}}]{{end}}"},
    {"NodeMeta, a key", NODE "\"Meta\":{\"%s\":\"v\"}," WEB "}]}]}",
	EACH "range $k, $v := .NodeMeta}}{{$k}}{{end}}]{{end}}"},
    {"NodeTaggedAddresses[\"k\"]",
	NODE "\"TaggedAddresses\":{\"k\":\"%s\"}," WEB "}]}]}",
	EACH "index .NodeTaggedAddresses \"k\"}}]{{end}}"},
    {"ServiceMeta[\"k\"]", NODE WEB ",\"Meta\":{\"k\":\"%s\"}}]}]}",
	EACH "index .ServiceMeta \"k\"}}]{{end}}"},
    {"Tags[1]", NODE WEB ",\"Tags\":[\"aa\",\"b%s\"]}]}]}",
	EACH "join \",\" .Tags}}]{{end}}"},
    {"Tags[0]", NODE WEB ",\"Tags\":[\"%sx\"]}]}]}",
	EACH "range .Tags}}{{printf \"%s\" .}}{{end}}]{{end}}"},
    {"Checks[0].Output",
	NODE WEB ",\"Checks\":[{\"CheckID\":\"c\",\"Status\":\"passing\","
		 "\"Output\":\"%s\"}]}]}]}",
	EACH "(index .Checks 0).Output}}]{{end}}"},
    {"Checks[0].Notes",
	NODE WEB ",\"Checks\":[{\"CheckID\":\"c\",\"Status\":\"passing\","
		 "\"Notes\":\"%s\"}]}]}]}",
	EACH "(index .Checks 0).Notes}}]{{end}}"},
    {"Checks[0].Name",
	NODE WEB ",\"Checks\":[{\"CheckID\":\"c\",\"Status\":\"passing\","
		 "\"Name\":\"%s\"}]}]}]}",
	EACH "(index .Checks 0).Name}}]{{end}}"},
    {"Tags[0]", NODE WEB ",\"Tags\":[\"%s\"]}]}]}",
	"{{range services}}{{range .Tags}}{{.}}{{end}}{{end}}"},
    {"Meta[\"k\"]", NODE "\"Meta\":{\"k\":\"%s\"}}]}",
	"{{range nodes}}{{.Meta.k}}{{end}}"},
    {"Services[0].Meta[\"k\"]", NODE WEB ",\"Meta\":{\"k\":\"%s\"}}]}]}",
	"{{with node \"n1\"}}{{range .Services}}{{.Meta.k}}{{end}}{{end}}"},
};
#define FIELDS (sizeof(fields) / sizeof(*fields))

struct site {
	char dir[64];
	char *source, *data;
	struct config_haproxy haproxy;
	struct config_template template, *templates[1];
	struct config config;
	struct catalog *catalog;
	struct plan *plan;
	int64_t now;
};

static void
save(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
set_up(void **state)
{
	struct site *s = calloc(1, sizeof(*s));

	strcpy(s->dir, "/tmp/weir-distrust-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	assert_true(asprintf(&s->source, "%s/a.tmpl", s->dir) > 0);
	assert_true(asprintf(&s->data, "%s/world.json", s->dir) > 0);
	s->template = (struct config_template){.name = (char *)(uintptr_t) "a",
	    .source = s->source,
	    .haproxy = &s->haproxy};
	s->templates[0] = &s->template;
	s->config.templates = s->templates;
	s->config.template_count = 1;
	s->catalog = catalog_new();
	*state = s;
	return 0;
}

static int
tear_down(void **state)
{
	struct site *s = *state;

	plan_free(&s->plan);
	catalog_free(&s->catalog);
	unlink(s->source);
	unlink(s->data);
	rmdir(s->dir);
	free(s->source);
	free(s->data);
	free(s);
	return 0;
}

/* The catalog file's answers to what is wanted, put into the catalog. */
static void
answer_all(struct site *s, const struct catalog_file *file)
{
	struct arena arena;
	const struct query **wanted;
	size_t count;

	arena_init(&arena, 0);
	wanted = plan_wanted(s->plan, &arena, &count);
	for (size_t i = 0; i < count; i++) {
		struct answer *a = catalog_file_answer(file, wanted[i], NULL);

		assert_non_null(a);
		catalog_put(s->catalog, wanted[i]->id, a);
		plan_touch(s->plan, wanted[i]->id, s->now);
	}
	arena_fini(&arena);
}

/* Executes the template on this document until it asks nothing more. */
static struct task *
render(struct site *s, const char *template, const char *world)
{
	struct plan_options o = {.config = &s->config, .catalog = s->catalog};
	struct catalog_file *file;

	save(s->source, template);
	save(s->data, world);
	file = catalog_file_load(s->data, NULL);
	assert_non_null(file);
	if (!s->plan)
		s->plan = plan_new(&o, NULL);
	assert_non_null(s->plan);
	for (int i = 0; i < 3; i++) {
		plan_pass(s->plan, s->now += 60000, true, NULL, NULL);
		answer_all(s, file);
	}
	plan_pass(s->plan, s->now += 60000, true, NULL, NULL);
	catalog_file_free(&file);
	return plan_task(s->plan, 0);
}

static struct task *
render_field(struct site *s, const struct place *f, const char *evil)
{
	const char *at = strstr(f->json, "%s");
	char world[1024];

	snprintf(world, sizeof(world), "%.*s%s%s", (int)(at - f->json), f->json,
	    evil, at + 2);
	return render(s, f->template, world);
}

static void
assert_text(const struct task *t, const char *text)
{
	assert_int_equal(t->state, TASK_READY);
	assert_int_equal(t->output.len, strlen(text));
	assert_memory_equal(t->output.ptr, text, t->output.len);
}

static void
a_control_character_in_any_field_is_refused_and_named(void **state)
{
	static const char *const evils[] = {"a\\nb", "\\r", "\\u0001x",
	    "\\u007f", "\\u0085", "\\u2028", "\\u2029", "\\u001b[0m", "\\t"};

	for (size_t i = 0; i < FIELDS; i++)
		for (size_t k = 0; k < sizeof(evils) / sizeof(*evils); k++) {
			void *fresh = NULL;
			struct task *t;

			set_up(&fresh);
			t = render_field(fresh, &fields[i], evils[k]);
			assert_int_equal(t->state, TASK_FAILED);
			assert_false(t->has_output);
			assert_non_null(strstr(t->error.text, "refused: a "));
			if (!strstr(t->error.text, fields[i].name))
				fail_msg("%s is not in: %s", fields[i].name,
				    t->error.text);
			assert_int_equal(t->error.line, 1);
			tear_down(&fresh);
		}
	(void)state;
}

static void
quotes_hashes_and_other_letters_pass(void **state)
{
	static const char *const good[] = {
	    "a b", "\\\"", "'", "#", "\\\\n", "\u00e4\u2027\u202a", "a,b"};

	for (size_t i = 0; i < FIELDS; i++)
		for (size_t k = 0; k < sizeof(good) / sizeof(*good); k++) {
			void *fresh = NULL;
			struct task *t;

			set_up(&fresh);
			t = render_field(fresh, &fields[i], good[k]);
			assert_int_equal(t->state, TASK_READY);
			tear_down(&fresh);
		}
	(void)state;
}

#define TAGGED NODE WEB ",\"Tags\":[\"a\\nserver evil\"]}]}]}"

static void
the_message_names_node_service_and_query(void **state)
{
	struct task *t = render(
	    *state, "\n\n{{range service \"web\"}}{{.Tags}}{{end}}", TAGGED);

	assert_string_equal(t->error.text,
	    "refused: a control character in health.service(web|passing): node "
	    "\"n1\", service \"web\", id \"w1\": Tags[0] \"a\\nserver evil\" "
	    "(allow_control = yes permits it)");
	assert_int_equal(t->error.line, 3);
}

static void
no_function_hides_it(void **state)
{
	static const char *const pipes[] = {".Tags | join \" \" | toUpper",
	    "printf \"%s-%v\" .Node .Tags", "index .Tags 0 | trimPrefix \"a\"",
	    "index .Tags 0 | replaceAll \"evil\" \"good\"",
	    "index .Tags 0 | base64Encode | base64Decode",
	    "index (index .Tags 0 | split \"evil\") 0",
	    "sprig_first .Tags | sprig_upper"};

	for (size_t i = 0; i < sizeof(pipes) / sizeof(*pipes); i++) {
		void *fresh = NULL;
		char template[256];
		struct task *t;

		snprintf(
		    template, sizeof(template), EACH "%s}}]{{end}}", pipes[i]);
		set_up(&fresh);
		t = render(fresh, template, TAGGED);
		assert_int_equal(t->state, TASK_FAILED);
		if (!strstr(t->error.text, "refused: "))
			fail_msg("%s: %s", pipes[i], t->error.text);
		tear_down(&fresh);
	}
	(void)state;
}

static void
what_is_not_printed_does_no_harm(void **state)
{
	struct site *s = *state;

	for (size_t i = 0; i < FIELDS; i++) {
		void *fresh = NULL;
		struct place f = fields[i];
		struct task *t;

		set_up(&fresh);
		f.template =
		    "{{range service \"web\"}}{{.Name}}:{{.Port}}{{end}}";
		t = render_field(fresh, &f, "\\n");
		assert_int_equal(t->state, TASK_READY);
		tear_down(&fresh);
	}
	assert_text(
	    render(s, "{{range service \"web\"}}{{.Port}}{{end}}", TAGGED),
	    "80");
}

static void
keys_and_the_template_may_print_it(void **state)
{
	assert_text(
	    render(*state,
		"{{key \"motd\"}}\t{{range ls \"app\"}}{{.Value}}"
		"{{end}}{{\"\\n\"}}{{range service \"web\"}}"
		"{{.Port}}\n{{end}}",
		"{\"KV\":{\"motd\":\"a\\nb\",\"app/x\":\"a\\nb\"},\"Nodes\":[{\"Node\":\"n1\"," WEB
		",\"Tags\":[\"\\n\"]}]}]}"),
	    "a\nb\ta\nb\n80\n");
}

static void
every_control_character_is_one(void **state)
{
	static const char sample[] = "\t\xc2\x85x\xe2\x80\xa8\xe2\x80\xa9";
	char text[sizeof(sample)];

	(void)state;
	for (int c = 0; c < 256; c++) {
		char byte = (char)c;

		assert_int_equal(str_has_control((struct str){&byte, 1}),
		    c < 32 || c == 127);
	}
	assert_false(str_has_control(STR("\xc2\x86\xe2\x80\xa7\xe2\x80")));
	memcpy(text, sample, sizeof(text));
	control_mark(text, sizeof(text) - 1);
	assert_string_equal(text, "???x??????");
}

#define WRITE(name, what)                                           \
	"{{range service \"web\"}}{{" what " | writeToFile \"" name \
	"\" \"\" \"\" \"0600\"}}{{end}}"

/* With names that are below the site's folder. */
static struct task *
render_writing(struct site *s, const char *template)
{
	assert_int_equal(chdir(s->dir), 0);
	return render(s, template, TAGGED);
}

static bool
is_written(struct site *s, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return unlink(path) == 0;
}

static void
nor_does_it_reach_a_file_that_the_template_writes(void **state)
{
	struct site *s = *state;
	struct task *t =
	    render_writing(s, WRITE("good", "printf \"a\\n%d\" .Port")
				  WRITE("evil", "join \",\" .Tags"));

	assert_int_equal(t->state, TASK_FAILED);
	assert_true(is_written(s, "good"));
	assert_false(is_written(s, "evil"));
	assert_non_null(strstr(t->error.text, "evil: refused: a control "));
	assert_non_null(strstr(
	    t->error.text, "node \"n1\", service \"web\", id \"w1\": Tags[0]"));
}

/* Each file is held against the same of the second execution. */
static void
several_good_files_are_written(void **state)
{
	struct site *s = *state;
	struct task *t =
	    render_writing(s, WRITE("one", "printf \"a%d\" .Port")
				  WRITE("two", "printf \"b%d\" .Port"));

	assert_int_equal(t->state, TASK_READY);
	assert_true(is_written(s, "one"));
	assert_true(is_written(s, "two"));
}

static void
a_name_of_a_file_is_looked_at_too(void **state)
{
	struct site *s = *state;
	struct task *t = render_writing(s,
	    "{{range service \"web\"}}{{$n := index .Tags 0}}"
	    "{{writeToFile (printf \"./%s\" $n) \"\" \"\" \"0600\" "
	    "\"x\"}}{{end}}");

	assert_int_equal(t->state, TASK_FAILED);
	assert_false(is_written(s, "a\nserver evil"));
	assert_false(is_written(s, "a?server evil"));
}

static void
a_file_of_a_trusting_template_may_hold_it(void **state)
{
	struct site *s = *state;
	struct task *t;

	s->template.allow_control = true;
	t = render_writing(s, WRITE("evil", "join \",\" .Tags"));
	assert_int_equal(t->state, TASK_READY);
	assert_true(is_written(s, "evil"));
}

static void
allow_control_turns_it_off(void **state)
{
	struct site *s = *state;

	s->template.allow_control = true;
	assert_text(render(s, EACH "index .Tags 0}}]{{end}}", TAGGED),
	    "[a\nserver evil]");
}

static void
what_belongs_to_no_haproxy_is_not_asked(void **state)
{
	struct site *s = *state;

	s->template.haproxy = NULL;
	assert_text(render(s, EACH "index .Tags 0}}]{{end}}", TAGGED),
	    "[a\nserver evil]");
}

static void
the_last_good_text_stays_and_the_next_good_one_is_taken(void **state)
{
	static const char line[] =
	    "{{range service \"web\"}}{{.ID}} {{.Tags}}\n{{end}}";
	struct site *s = *state;
	struct task *t = render(s, line, NODE WEB ",\"Tags\":[\"a\"]}]}]}");

	assert_text(t, "w1 [a]\n");
	t = render(s, line, TAGGED);
	assert_int_equal(t->state, TASK_FAILED);
	assert_true(t->has_output);
	assert_string_equal(t->output.ptr, "w1 [a]\n");
	t = render(s, line, NODE WEB ",\"Tags\":[\"a\"]}]}]}");
	assert_text(t, "w1 [a]\n");
	t = render(s, line, TAGGED);
	assert_int_equal(t->state, TASK_FAILED);
	t = render(s, line, NODE WEB ",\"Tags\":[\"b\"]}]}]}");
	assert_text(t, "w1 [b]\n");
}

/* What it had printed up to there is nobody's text. */
static void
what_failed_half_way_replaces_nothing(void **state)
{
	static const char line[] =
	    "x {{range service \"web\"}}{{.ID}} {{index .Tags 0}}{{end}}";
	struct site *s = *state;
	struct task *t = render(s, line, NODE WEB ",\"Tags\":[\"a\"]}]}]}");

	assert_text(t, "x w1 a");
	t = render(s, line, NODE WEB ",\"Tags\":[]}]}]}");
	assert_int_equal(t->state, TASK_FAILED);
	assert_true(t->has_output);
	assert_string_equal(t->output.ptr, "x w1 a");
}

static void
a_printed_and_an_unprinted_one_are_told_apart(void **state)
{
	struct task *t = render(*state,
	    "{{range service \"web\"}}{{.ServiceMeta.k}}{{end}}",
	    NODE WEB ",\"Tags\":[\"x\\ny\"],\"Meta\":{\"k\":\"p\\nq\"}}]}]}");

	assert_non_null(strstr(t->error.text, "ServiceMeta[\"k\"] \"p\\nq\""));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_control_character_in_any_field_is_refused_and_named),
	    TEST(quotes_hashes_and_other_letters_pass),
	    TEST(the_message_names_node_service_and_query),
	    TEST(no_function_hides_it),
	    TEST(what_is_not_printed_does_no_harm),
	    TEST(keys_and_the_template_may_print_it),
	    TEST(every_control_character_is_one),
	    TEST(nor_does_it_reach_a_file_that_the_template_writes),
	    TEST(several_good_files_are_written),
	    TEST(a_name_of_a_file_is_looked_at_too),
	    TEST(a_file_of_a_trusting_template_may_hold_it),
	    TEST(allow_control_turns_it_off),
	    TEST(what_belongs_to_no_haproxy_is_not_asked),
	    TEST(the_last_good_text_stays_and_the_next_good_one_is_taken),
	    TEST(what_failed_half_way_replaces_nothing),
	    TEST(a_printed_and_an_unprinted_one_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
