/* SPDX-License-Identifier: MIT */
/* What runs, without an HAProxy: its texts, its record, the lock. */
#include "../../src/apply/live.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weir/xalloc.h"

static char directory[] = "/tmp/weir-test-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(path, sizeof(path), "%s/h.cfg", directory);
	return 0;
}

static int
teardown(void **state)
{
	char *command = xasprintf("rm -rf %s", directory);
	int rc = system(command);

	(void)state;
	free(command);
	return rc;
}

static char *
in(const char *name)
{
	return xasprintf("%s/%s", directory, name);
}

static void
put(const char *name, const char *text)
{
	char *file = in(name);
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(file);
}

/* ---- the lock ---- */

/* What another process gets: 0 the lock, 1 refused. */
static int
try_elsewhere(char *said, size_t size)
{
	int fds[2], status;
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		struct error e = {0};
		struct apply_lock *lock = apply_lock_take(path, &e);
		const char *text = e.text ? e.text : "";

		if (write(fds[1], text, strlen(text)) < 0)
			_exit(3);
		_exit(lock ? 0 : 1);
	}
	close(fds[1]);
	n = read(fds[0], said, size - 1);
	said[n > 0 ? n : 0] = 0;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void
second_is_refused_and_told_of_the_first(void **state)
{
	struct error e = {0};
	struct apply_lock *lock = apply_lock_take(path, &e);
	char said[256], wanted[64];

	(void)state;
	assert_non_null(lock);
	assert_int_equal(try_elsewhere(said, sizeof(said)), 1);
	snprintf(wanted, sizeof(wanted), "(process %ld)", (long)getpid());
	assert_non_null(strstr(said, wanted));
	assert_non_null(strstr(said, path));
	apply_lock_drop(&lock);
	assert_null(lock);
	assert_int_equal(try_elsewhere(said, sizeof(said)), 0);
}

static void
file_of_a_dead_one_is_no_lock(void **state)
{
	struct error e = {0};
	struct apply_lock *lock;

	(void)state;
	put(".h.cfg.weir-lock", "4711\n");
	lock = apply_lock_take(path, &e);
	assert_non_null(lock);
	assert_false(error_is_set(&e));
	apply_lock_drop(&lock);
}

static void
dropped_lock_leaves_nothing(void **state)
{
	struct apply_lock *lock = apply_lock_take(path, NULL);
	char *file = in(".h.cfg.weir-lock");

	(void)state;
	assert_int_equal(access(file, F_OK), 0);
	apply_lock_drop(&lock);
	assert_int_equal(access(file, F_OK), -1);
	free(file);
}

static void
directory_that_is_not_there_is_no_error(void **state)
{
	struct error e = {0};

	(void)state;
	assert_null(apply_lock_take("/nowhere/at/all/h.cfg", &e));
	assert_false(error_is_set(&e));
}

/* ---- the texts ---- */

struct set {
	struct config_haproxy haproxy;
	char *configs[2];
	struct config_template ours, map;
	const struct config_template *templates[2];
	struct texts_source source;
};

/* h.cfg and names.map are weir's, conf.d is not. */
static void
set_init(struct set *s)
{
	*s = (struct set){0};
	s->configs[0] = in("h.cfg");
	s->configs[1] = in("conf.d");
	s->haproxy.name = (char *)(uintptr_t) "main";
	s->haproxy.configs.items = s->configs;
	s->haproxy.configs.count = 2;
	s->ours.destination = in("h.cfg");
	s->map.destination = in("names.map");
	s->templates[0] = &s->ours;
	s->templates[1] = &s->map;
	s->source = (struct texts_source){.haproxy = &s->haproxy,
	    .templates = s->templates,
	    .template_count = 2};
	mkdir(s->configs[1], 0755);
	put("h.cfg", "global");
	put("conf.d/b.cfg", "backend b\n");
	put("conf.d/a.cfg", "backend a\n");
	put("conf.d/c.txt", "nothing\n");
	put("names.map", "a 1\n");
}

static void
set_fini(struct set *s)
{
	free(s->configs[0]);
	free(s->configs[1]);
	free(s->ours.destination);
	free(s->map.destination);
}

static void
texts_are_joined_as_haproxy_reads_them(void **state)
{
	struct set s;
	struct texts t;

	(void)state;
	set_init(&s);
	assert_int_equal(texts_read(&t, &s.source, NULL), 0);
	assert_true(str_is(texts_config(&t), "global\nbackend a\nbackend b\n"));
	assert_int_equal(t.count, 4);
	assert_true(t.parts[0].ours && t.parts[0].config);
	assert_true(!t.parts[1].ours && t.parts[1].config);
	assert_true(t.parts[3].ours && !t.parts[3].config);
	assert_true(str_is(text_of(&t, &t.parts[0]), "global"));
	assert_true(str_is(text_of(&t, &t.parts[3]), "a 1\n"));
	assert_true(t.newest_ms > 0);
	texts_fini(&t);
	set_fini(&s);
}

static void
foreign_change_is_found_and_ours_is_none(void **state)
{
	struct set s;
	struct texts was, is;
	const char *changed;

	(void)state;
	set_init(&s);
	assert_int_equal(texts_read(&was, &s.source, NULL), 0);
	put("h.cfg", "global\n\tmaxconn 5\n");
	s.source.known = &was;
	assert_int_equal(texts_read(&is, &s.source, NULL), 0);
	assert_null(texts_foreign_change(&was, &is));
	texts_fini(&is);
	put("conf.d/b.cfg", "backend B\n");
	assert_int_equal(texts_read(&is, &s.source, NULL), 0);
	changed = texts_foreign_change(&was, &is);
	assert_non_null(changed);
	assert_non_null(strstr(changed, "conf.d/b.cfg"));
	texts_fini(&was);
	texts_fini(&is);
	set_fini(&s);
}

static void
digest_tells_texts_apart(void **state)
{
	struct set s;
	struct texts t;
	char one[TEXTS_SUM], two[TEXTS_SUM];

	(void)state;
	set_init(&s);
	texts_read(&t, &s.source, NULL);
	texts_digest(&t, one);
	texts_fini(&t);
	texts_read(&t, &s.source, NULL);
	texts_digest(&t, two);
	assert_string_equal(one, two);
	texts_fini(&t);
	put("names.map", "a 2\n");
	texts_read(&t, &s.source, NULL);
	texts_digest(&t, two);
	assert_string_not_equal(one, two);
	texts_fini(&t);
	set_fini(&s);
}

/* ---- the record ---- */

struct remembered {
	struct set set;
	uv_loop_t loop;
	struct live live;
};

static void
remember(struct remembered *r)
{
	struct haproxy_leftover *o;

	set_init(&r->set);
	uv_loop_init(&r->loop);
	r->live = (struct live){.loop = &r->loop,
	    .haproxy = &r->set.haproxy,
	    .certain = true,
	    .start_ms = 1000000,
	    .record = memory_path(directory, &r->set.haproxy)};
	r->live.running.pid = 4711;
	texts_read(&r->live.runs, &r->set.source, NULL);
	o = haproxy_leftover_put(&r->live.running, STR("web"), STR("a"),
	    STR("server a 127.0.0.1:1 weight 5"));
	o->draining = true;
	o->until = live_now(&r->live) + 5000;
	o->next = xstrdup("b");
	haproxy_leftover_put(
	    &r->live.running, STR("web"), STR("b"), (struct str){0});
	live_remember(&r->live);
}

static void
forget(struct remembered *r)
{
	haproxy_running_fini(&r->live.running);
	texts_fini(&r->live.runs);
	free(r->live.record);
	uv_loop_close(&r->loop);
	set_fini(&r->set);
}

static bool
recall(struct remembered *r, struct haproxy_running *running, int64_t start)
{
	const struct memory m = {.path = r->live.record,
	    .running = running,
	    .start_ms = start,
	    .now = 100,
	    .texts = &r->live.runs};

	return memory_recall(&m);
}

static void
what_runs_is_remembered(void **state)
{
	struct remembered r;
	struct haproxy_running running = {.pid = 4711};
	const struct haproxy_leftover *o;

	(void)state;
	remember(&r);
	assert_true(recall(&r, &running, 1000500));
	assert_int_equal(running.count, 2);
	o = haproxy_leftover_find(&running, STR("web"), STR("a"));
	assert_non_null(o);
	assert_string_equal(o->line, "server a 127.0.0.1:1 weight 5");
	assert_true(o->draining);
	assert_string_equal(o->next, "b");
	assert_in_range(o->until, 4000, 5100);
	o = haproxy_leftover_find(&running, STR("web"), STR("b"));
	assert_non_null(o);
	assert_null(o->line);
	assert_null(o->next);
	assert_false(o->draining);
	haproxy_running_fini(&running);
	forget(&r);
}

static void
another_worker_is_not_the_one_of_the_record(void **state)
{
	struct remembered r;
	struct haproxy_running other = {.pid = 4712}, later = {.pid = 4711};

	(void)state;
	remember(&r);
	assert_false(recall(&r, &other, 1000000));
	assert_false(recall(&r, &later, 1900000));
	assert_int_equal(other.count + later.count, 0);
	forget(&r);
}

/* Process ids begin anew with each boot of the machine. */
static void
a_worker_of_another_boot_is_another(void **state)
{
	struct remembered r;
	struct haproxy_running running = {.pid = 4711};
	struct buf text = {0};
	char sum[TEXTS_SUM], *boot;

	(void)state;
	remember(&r);
	assert_int_equal(file_read(r.live.record, 1 << 20, &text, NULL), 0);
	boot = strchr(strstr(text.ptr, "worker 4711 ") + 12, ' ') + 1;
	*boot = *boot == 'e' ? 'f' : 'e';
	text.len = (size_t)(strstr(text.ptr, "end ") - text.ptr);
	texts_sum(buf_as_str(&text), sum);
	buf_printf(&text, "end %s\n", sum);
	put("live-main", text.ptr);
	assert_false(recall(&r, &running, 1000000));
	buf_fini(&text);
	forget(&r);
}

static void
other_texts_are_not_those_of_the_record(void **state)
{
	struct remembered r;
	struct haproxy_running running = {.pid = 4711};

	(void)state;
	remember(&r);
	put("h.cfg", "global\n\tmaxconn 5\n");
	texts_fini(&r.live.runs);
	texts_read(&r.live.runs, &r.set.source, NULL);
	assert_false(recall(&r, &running, 1000000));
	forget(&r);
}

/* Whatever byte is another, or missing. */
static void
damaged_record_is_none(void **state)
{
	struct remembered r;
	struct haproxy_running running = {.pid = 4711};
	struct buf text = {0};

	(void)state;
	remember(&r);
	assert_int_equal(file_read(r.live.record, 1 << 20, &text, NULL), 0);
	for (size_t i = 0; i < text.len; i++) {
		text.ptr[i] ^= 1;
		put("live-main", text.ptr);
		assert_false(recall(&r, &running, 1000000));
		text.ptr[i] ^= 1;
	}
	for (size_t n = 0; n < text.len; n++) {
		char *part = xstrndup(text.ptr, n);

		put("live-main", part);
		assert_false(recall(&r, &running, 1000000));
		free(part);
	}
	assert_int_equal(running.count, 0);
	buf_fini(&text);
	forget(&r);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(second_is_refused_and_told_of_the_first),
	    TEST(file_of_a_dead_one_is_no_lock),
	    TEST(dropped_lock_leaves_nothing),
	    TEST(directory_that_is_not_there_is_no_error),
	    TEST(texts_are_joined_as_haproxy_reads_them),
	    TEST(foreign_change_is_found_and_ours_is_none),
	    TEST(digest_tells_texts_apart),
	    TEST(what_runs_is_remembered),
	    TEST(another_worker_is_not_the_one_of_the_record),
	    TEST(a_worker_of_another_boot_is_another),
	    TEST(other_texts_are_not_those_of_the_record),
	    TEST(damaged_record_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
