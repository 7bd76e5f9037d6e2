/* SPDX-License-Identifier: MIT */
/*
 * Remembered ranges: whatever changes between two renders, what is copied from
 * the last text is what executing would print. Each template is rendered after
 * each of many random changes with and without remembering.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "weir/catalog.h"
#include "weir/consul.h"
#include "weir/template.h"

#define SERVICES 5
#define ROUNDS   300

struct bed {
	struct catalog *catalog;
	unsigned seed;
	int ports[SERVICES];
	int counts[SERVICES];
	int key;
};

static unsigned
draw(struct bed *b, unsigned n)
{
	b->seed = b->seed * 1103515245u + 12345u;
	return (b->seed >> 16) % n;
}

static void
put(struct bed *b, enum query_kind kind, const char *argument,
    const struct buf *json)
{
	struct arena arena;
	struct query *q;
	struct error e = {0};
	struct answer *a;

	arena_init(&arena, 0);
	assert_int_equal(
	    query_parse(kind, str_of(argument), &arena, &q, &e), 0);
	a = consul_decode(q, buf_as_str(json), &e);
	assert_non_null(a);
	catalog_put(b->catalog, q->id, a);
	arena_fini(&arena);
}

static void
put_service(struct bed *b, int s)
{
	struct buf json = {0};
	char name[16];

	snprintf(name, sizeof(name), "s%d", s);
	buf_char(&json, '[');
	for (int i = 0; i < b->counts[s]; i++)
		buf_printf(&json,
		    "%s{\"Node\":{\"Node\":\"n%d\",\"Address\":\"10.0.0.%d\"},"
		    "\"Service\":{\"ID\":\"%s-%d\",\"Service\":\"%s\","
		    "\"Port\":%d,\"Tags\":[\"a\",\"b%d\"]},\"Checks\":[]}",
		    i ? "," : "", i, i, name, i, name, b->ports[s] + i, i % 2);
	buf_char(&json, ']');
	put(b, QUERY_SERVICE, name, &json);
	buf_fini(&json);
}

static void
put_names(struct bed *b, int count)
{
	struct buf json = {0};

	buf_char(&json, '{');
	for (int i = 0; i < count; i++)
		buf_printf(&json, "%s\"s%d\":[\"t\"]", i ? "," : "", i);
	buf_char(&json, '}');
	put(b, QUERY_SERVICES, "", &json);
	buf_fini(&json);
}

static void
put_key(struct bed *b)
{
	struct buf json = {0};

	/* base64 of "0" … "9" */
	buf_printf(&json,
	    "[{\"Key\":\"k\",\"Value\":\"M%c==\",\"Flags\":0,"
	    "\"CreateIndex\":1,\"ModifyIndex\":1,\"LockIndex\":0}]",
	    "ABCDEFGHIJ"[b->key]);
	put(b, QUERY_KEY, "k", &json);
	buf_fini(&json);
}

static void
change_something(struct bed *b)
{
	int s = (int)draw(b, SERVICES);

	switch (draw(b, 5)) {
	case 0:
		b->counts[s] = (int)draw(b, 4);
		put_service(b, s);
		break;
	case 1:
		b->ports[s] = 8000 + (int)draw(b, 3);
		put_service(b, s);
		break;
	case 2:
		put_service(b, s); /* the same again, another stamp */
		break;
	case 3:
		put_names(b, (int)draw(b, SERVICES + 1));
		break;
	default:
		b->key = (int)draw(b, 4);
		put_key(b);
		break;
	}
}

static void
open_bed(struct bed *b)
{
	*b = (struct bed){.catalog = catalog_new(), .seed = 7};
	for (int i = 0; i < SERVICES; i++) {
		b->ports[i] = 8000;
		b->counts[i] = 2;
		put_service(b, i);
	}
	put_names(b, SERVICES);
	put_key(b);
}

static struct template *
parse(const char *text)
{
	struct template_options o = {.path = "t", .families = catalog_families};
	struct error e = {0};
	struct template *t = template_new(&o, str_of(text), &e);

	if (!t)
		print_error("%s\n", e.text);
	assert_non_null(t);
	return t;
}

static int
render(struct template *t, struct view *v, struct buf *out, bool remember,
    struct str previous)
{
	struct arena arena;
	struct error e = {0};
	struct render r = {.arena = &arena,
	    .out = out,
	    .data = v,
	    .remember = remember,
	    .previous = previous};
	int rc;

	arena_init(&arena, 0);
	view_reset(v);
	rc = template_execute(t, &r, &e);
	assert_int_equal(r.missing, 0);
	error_fini(&e);
	arena_fini(&arena);
	return rc;
}

/* Renders after each change, both ways. */
static void
compare(const char *text)
{
	struct bed b;
	struct template *t = parse(text), *plain = parse(text);
	struct view v, w;
	struct buf last = {0};

	open_bed(&b);
	view_init(&v, b.catalog);
	view_init(&w, b.catalog);
	for (int i = 0; i < ROUNDS; i++) {
		struct buf now = {0}, want = {0};
		int rc = render(t, &v, &now, true, buf_as_str(&last));

		assert_int_equal(rc, render(plain, &w, &want, false, STR("")));
		if (rc == 0) {
			assert_string_equal(
			    now.ptr ? now.ptr : "", want.ptr ? want.ptr : "");
			buf_fini(&last);
			last = now;
			now = (struct buf){0};
		}
		buf_fini(&now);
		buf_fini(&want);
		change_something(&b);
	}
	buf_fini(&last);
	view_fini(&v);
	view_fini(&w);
	template_free(&t);
	template_free(&plain);
	catalog_free(&b.catalog);
}

#define ALL "{{range services}}{{range service .Name}}"
#define END "{{end}}{{end}}"

static void
plain_body_is_the_same(void **state)
{
	(void)state;
	compare("a" ALL "{{.ID}} {{.Address}}:{{.Port}}\n" END "z");
}

static void
body_that_reads_outside_is_the_same(void **state)
{
	(void)state;
	compare("{{$k := key \"k\"}}{{range $s := services}}"
		"{{range $i, $x := service .Name}}{{$i}}{{$k}}{{$s.Name}}"
		"{{$x.Port}}{{$.Foo}}" END);
	compare("{{$k := key \"k\"}}" ALL "{{.Port}}{{$k}}\n" END);
	compare("{{$n := len (service \"s1\")}}{{range service \"s2\"}}"
		"{{if gt .Port $n}}{{$n}}{{end}}{{end}}");
}

static void
body_with_branches_and_scopes_is_the_same(void **state)
{
	(void)state;
	compare("{{$x := key \"k\"}}" ALL
		"{{if eq .Port 8000}}{{$x := .ID}}{{$x}}{{else}}{{$x}}{{end}}"
		"{{with .Tags}}{{$x}}{{range .}}{{.}}{{$y := .}}{{$y}}{{end}}"
		"{{end}}{{$x}}" END);
	compare(ALL "{{if eq .Port 8001}}{{continue}}{{end}}"
		    "{{if eq .Port 8003}}{{break}}{{end}}{{.ID}}" END);
}

static void
body_that_assigns_outside_is_executed(void **state)
{
	(void)state;
	compare("{{$last := \"\"}}{{$k := key \"k\"}}" ALL
		"{{$last = .ID}}{{.Port}}{{$k}}" END "{{$last}}");
}

static void
body_that_asks_or_has_effects_is_executed(void **state)
{
	(void)state;
	compare(ALL "{{.Port}}{{key \"k\"}}" END);
	compare(ALL "{{.Port}}{{len (service \"s0\")}}" END);
}

static void
called_templates_are_the_same(void **state)
{
	(void)state;
	compare("{{define \"l\"}}{{.ID}}{{$d := .Port}}{{$d}}{{$.ID}}{{end}}"
		"{{range service \"s0\"}}{{template \"l\" .}}{{end}}"
		"{{range service \"s1\"}}{{template \"l\" .}}{{end}}");
	compare("{{define \"k\"}}{{key \"k\"}}{{end}}"
		"{{range service \"s0\"}}{{template \"k\"}}{{end}}");
	compare("{{define \"r\"}}{{if .}}{{template \"r\"}}{{end}}x{{end}}"
		"{{range service \"s0\"}}{{template \"r\" .}}{{end}}");
}

static void
else_of_an_empty_answer_is_the_same(void **state)
{
	(void)state;
	compare("{{range $s := services}}{{range service .Name}}{{.ID}}"
		"{{else}}none of {{$s.Name}} {{key \"k\"}}{{end}}{{end}}");
}

static void
failing_body_fails_the_same(void **state)
{
	(void)state;
	compare(ALL "{{index .Tags .Port}}" END);
	compare("{{range service \"s0\"}}{{slice \"abc\" (len .ID)}}{{.Port}}"
		"{{if eq .Port 8002}}{{.Foo}}{{end}}{{end}}");
}

static void
captured_text_is_the_same(void **state)
{
	(void)state;
	compare(
	    "{{define \"l\"}}{{range service \"s0\"}}{{.Port}}{{end}}{{end}}"
	    "{{executeTemplate \"l\"}}-{{range service \"s0\"}}{{.ID}}"
	    "{{end}}{{executeTemplate \"l\"}}");
}

/* The text to copy from is made another one: what of it comes back was copied.
 */
static void
only_what_did_not_change_is_copied(void **state)
{
	struct bed b;
	struct template *t = parse("{{range service \"s0\"}}{{.ID}} {{end}}"
				   "{{range service \"s1\"}}{{.ID}} {{end}}");
	struct view v;
	struct buf last = {0}, now = {0};

	(void)state;
	open_bed(&b);
	view_init(&v, b.catalog);
	assert_int_equal(render(t, &v, &last, true, STR("")), 0);
	assert_string_equal(last.ptr, "s0-0 s0-1 s1-0 s1-1 ");
	b.counts[1] = 3;
	put_service(&b, 1);
	memset(last.ptr, '#', last.len);
	assert_int_equal(render(t, &v, &now, true, buf_as_str(&last)), 0);
	assert_string_equal(now.ptr, "##########s1-0 s1-1 s1-2 ");
	buf_fini(&last);
	buf_fini(&now);
	view_fini(&v);
	template_free(&t);
	catalog_free(&b.catalog);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_body_is_the_same),
	    cmocka_unit_test(body_that_reads_outside_is_the_same),
	    cmocka_unit_test(body_with_branches_and_scopes_is_the_same),
	    cmocka_unit_test(body_that_assigns_outside_is_executed),
	    cmocka_unit_test(body_that_asks_or_has_effects_is_executed),
	    cmocka_unit_test(called_templates_are_the_same),
	    cmocka_unit_test(else_of_an_empty_answer_is_the_same),
	    cmocka_unit_test(failing_body_fails_the_same),
	    cmocka_unit_test(captured_text_is_the_same),
	    cmocka_unit_test(only_what_did_not_change_is_copied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
