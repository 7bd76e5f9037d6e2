/* SPDX-License-Identifier: MIT */
/*
 * One thread at a time, alive only while it writes. It is given references to
 * answers, which don't change; all else of the catalog stays with the loop.
 */
#include "keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "weir/file.h"
#include "weir/log.h"
#include "weir/xalloc.h"

/* Milliseconds of quiet before a save, and at most from the first change. */
#define QUIET_MS 1000
#define MOST_MS  5000
/* To the next try when it could not be written. */
#define RETRY_MS 60000
/* How often it is noted that all of it is still true. */
#define CONFIRM_MS 60000
/* The small file may grow to a so-manieth of the whole. */
#define RECENT_SHARE 4

/* Stamps of what the files hold of a query. */
struct kept {
	uint64_t whole; /* in the whole file; 0: nothing */
	uint64_t saved; /* in the small one, or the whole */
};

struct job {
	struct state_image image;
	struct state_entry *entries;
	struct arena arena; /* of names and identities */
	uint64_t took_ns;   /* to write it, disk and all */
	uint64_t bytes;
	struct error error;
	int rc;
};

struct keep {
	struct keep_options o;
	char *directory, *identity;
	int lock;           /* the directory, locked */
	struct strmap kept; /* id → struct kept */
	uint64_t base;      /* number of the whole file; 0: there is none */
	uv_timer_t due, confirm;
	uv_async_t written;
	int open_handles;
	uv_thread_t thread;
	struct job *job;  /* being written; NULL: none */
	int64_t first_ms; /* of the changes that are not saved; 0: none */
	bool failing;
	char datacenter[64]; /* of what was loaded */
};

/* ---- what is to be written ---- */

static int64_t
time_of(const struct keep *k, const struct catalog_item *item, int64_t now)
{
	const struct consul *c = *k->o.consul;
	struct watch_info w;

	if (item->answer->remembered)
		return item->answer->remembered;
	if (c && consul_watch_info(c, item->id, &w) && w.failures)
		return now - w.age_ms / 1000;
	return now;
}

static struct kept *
kept_of(struct keep *k, struct str id)
{
	struct kept *kept = strmap_get(&k->kept, id);

	if (!kept) {
		kept = xcalloc(1, sizeof(*kept));
		strmap_put(&k->kept, id, kept);
	}
	return kept;
}

static void
forget_kept(struct keep *k)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&k->kept, &i));)
		free(e->value);
	strmap_fini(&k->kept);
}

struct extent {
	bool news;        /* something is not on disk */
	size_t count;     /* of all answers */
	size_t all, diff; /* bytes in memory: of all, of those that differ */
};

static struct extent
measure(struct keep *k)
{
	struct extent x = {0};
	struct catalog_item item;

	for (size_t i = 0; catalog_next(k->o.catalog, &i, &item); x.count++) {
		const struct kept *kept = kept_of(k, item.id);

		x.all += item.answer->arena.used;
		if (kept->whole != item.answer->stamp)
			x.diff += item.answer->arena.used;
		x.news |= kept->saved != item.answer->stamp;
	}
	return x;
}

static void
add(struct keep *k, struct job *job, const struct catalog_item *item,
    int64_t now)
{
	job->entries[job->image.count++] =
	    (struct state_entry){.id = arena_str(&job->arena, item->id),
		.answer = answer_ref(item->answer),
		.index = item->answer->index,
		.time = time_of(k, item, now)};
}

/* NULL: all is on disk. */
static struct job *
collect(struct keep *k)
{
	struct extent x = measure(k);
	bool recent = k->base && x.diff < x.all / RECENT_SHARE;
	int64_t now = (int64_t)time(NULL);
	struct catalog_item item;
	struct job *job;

	if (!x.news)
		return NULL;
	/* With what is no longer asked. */
	if (!recent)
		forget_kept(k);
	job = xcalloc(1, sizeof(*job));
	job->entries = xcalloc(x.count, sizeof(*job->entries));
	if (!recent && getrandom(&k->base, sizeof(k->base), 0) < 0)
		k->base = (uint64_t)uv_hrtime();
	for (size_t i = 0; catalog_next(k->o.catalog, &i, &item);) {
		struct kept *kept = kept_of(k, item.id);

		if (recent && kept->whole == item.answer->stamp)
			continue;
		kept->saved = item.answer->stamp;
		if (!recent)
			kept->whole = kept->saved;
		add(k, job, &item, now);
	}
	job->image.identity = str_of(k->identity);
	if (*k->o.consul)
		job->image.datacenter =
		    arena_str(&job->arena, consul_datacenter(*k->o.consul));
	job->image.base = k->base;
	job->image.recent = recent;
	job->image.entries = job->entries;
	return job;
}

static void
job_free(struct job *job)
{
	for (size_t i = 0; i < job->image.count; i++) {
		struct answer *a =
		    (struct answer *)(uintptr_t)job->entries[i].answer;

		answer_unref(&a);
	}
	free(job->entries);
	arena_fini(&job->arena);
	error_fini(&job->error);
	free(job);
}

/* ---- writing ---- */

static void on_due(uv_timer_t *);

static void
say_failure(struct keep *k, const struct job *job)
{
	k->o.totals->state_failures++;
	/* What the files hold is unknown: the next is a whole one. */
	forget_kept(k);
	k->base = 0;
	if (!k->failing)
		log_error(LOG_LEVEL_WARN, "state", &job->error,
		    "the last good answers can't be kept in %s, so a start "
		    "without Consul would not know them:",
		    k->directory);
	k->failing = true;
}

static void
say_success(struct keep *k, const struct job *job)
{
	struct run_totals *t = k->o.totals;

	t->state_saves++;
	t->state_saved_unix = (int64_t)time(NULL);
	if (!job->image.recent)
		t->state_bytes = job->bytes;
	log_debug("state", "%zu answers saved in %.1f ms, %llu bytes%s",
	    job->image.count, (double)job->took_ns / 1e6,
	    (unsigned long long)job->bytes,
	    job->image.recent ? ", of what changed" : "");
	if (k->failing)
		log_info("state", "the last good answers are kept again");
	k->failing = false;
}

static void
write_job(void *arg)
{
	struct keep *k = arg;
	struct job *job = k->job;
	uint64_t began = uv_hrtime();

	job->rc =
	    state_write(k->directory, &job->image, &job->bytes, &job->error);
	job->took_ns = uv_hrtime() - began;
}

static void
work(void *arg)
{
	struct keep *k = arg;

	write_job(k);
	uv_async_send(&k->written);
}

static void
finish(struct keep *k)
{
	struct job *job = k->job;

	k->job = NULL;
	if (job->rc < 0)
		say_failure(k, job);
	else
		say_success(k, job);
	job_free(job);
}

static void
on_written(uv_async_t *async)
{
	struct keep *k = async->data;

	if (!k->job)
		return;
	uv_thread_join(&k->thread);
	finish(k);
	if (k->failing)
		uv_timer_start(&k->due, on_due, RETRY_MS, 0);
}

static void
on_due(uv_timer_t *timer)
{
	struct keep *k = timer->data;

	if (k->job) {
		uv_timer_start(&k->due, on_due, QUIET_MS, 0);
		return;
	}
	k->first_ms = 0;
	k->job = collect(k);
	if (!k->job)
		return;
	if (uv_thread_create(&k->thread, work, k) == 0)
		return;
	write_job(k);
	finish(k);
}

void
keep_touch(struct keep *k)
{
	int64_t now, wait = QUIET_MS;

	if (!k)
		return;
	now = (int64_t)uv_now(k->o.loop);
	if (!k->first_ms)
		k->first_ms = now;
	if (wait > k->first_ms + MOST_MS - now)
		wait = k->first_ms + MOST_MS - now;
	uv_timer_start(&k->due, on_due, wait > 0 ? (uint64_t)wait : 0, 0);
}

/* Every watch has its answer, and none fails? */
static bool
is_all_true(const struct keep *k)
{
	const struct consul *c = *k->o.consul;
	struct watch_info w;
	size_t n = 0;

	for (size_t i = 0; c && consul_next(c, &i, &w); n++)
		if (!w.answered || w.failures)
			return false;
	return n > 0;
}

static void
on_confirm(uv_timer_t *timer)
{
	struct keep *k = timer->data;

	if (k->base && !k->job && is_all_true(k))
		state_confirm(k->directory, (int64_t)time(NULL));
}

/* ---- life ---- */

static int
lock(const char *directory, struct error *error)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(
		    error, ERROR_IO, "cannot use %s", directory);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	if (errno == EWOULDBLOCK)
		error_set(
		    error, ERROR_IO, "%s is in use by another weir", directory);
	else
		error_set_errno(error, ERROR_IO, "cannot lock %s", directory);
	close(fd);
	return -1;
}

struct keep *
keep_new(const struct keep_options *o, struct error *error)
{
	struct keep *k = xcalloc(1, sizeof(*k));

	k->lock = lock(o->directory, error);
	if (k->lock < 0) {
		free(k);
		return NULL;
	}
	k->o = *o;
	k->directory = xstrdup(o->directory);
	k->identity = xstrdup(o->identity);
	uv_timer_init(o->loop, &k->due);
	uv_timer_init(o->loop, &k->confirm);
	uv_async_init(o->loop, &k->written, on_written);
	k->due.data = k->confirm.data = k->written.data = k;
	k->open_handles = 3;
	uv_timer_start(&k->confirm, on_confirm, CONFIRM_MS, CONFIRM_MS);
	return k;
}

static void
print_age(struct buf *b, int64_t seconds)
{
	const char *units[] = {"s", "m", "h", "d"};
	const int64_t lengths[] = {1, 60, 3600, 86400};
	int i = 3;

	if (seconds < 0)
		seconds = 0;
	while (i > 0 && seconds < lengths[i])
		i--;
	buf_printf(b, "%lld%s", (long long)(seconds / lengths[i]), units[i]);
	if (i > 0)
		buf_printf(b, "%lld%s",
		    (long long)(seconds % lengths[i] / lengths[i - 1]),
		    units[i - 1]);
}

void
keep_load(struct keep *k)
{
	struct state_found found;
	struct error e = {0};
	struct buf age = {0};
	char *path = xasprintf("%s/answers", k->directory);
	char *recent = xasprintf("%s.recent", path);

	/* Nobody else is at work there. */
	file_clean(path, 0);
	file_clean(recent, 0);
	if (state_read(k->directory, str_of(k->identity), k->o.catalog, &found,
		&e) < 0) {
		log_error(LOG_LEVEL_WARN, "state", &e,
		    "the answers of an earlier run are not used, and set "
		    "aside as .refused:");
	} else if (found.answers) {
		print_age(&age, (int64_t)time(NULL) - found.oldest);
		log_info("state",
		    "%zu answers of an earlier run, known to be true %s ago, "
		    "stand by in %s",
		    found.answers, age.ptr, k->directory);
		strcpy(k->datacenter, found.datacenter);
	}
	k->o.totals->state_bytes = found.bytes;
	error_fini(&e);
	buf_fini(&age);
	free(path);
	free(recent);
}

const char *
keep_datacenter(const struct keep *k)
{
	return k->datacenter;
}

void
keep_identify(struct keep *k, const char *identity)
{
	if (!k || !strcmp(k->identity, identity))
		return;
	if (k->job) {
		uv_thread_join(&k->thread);
		finish(k);
	}
	free(k->identity);
	k->identity = xstrdup(identity);
	catalog_forget(k->o.catalog);
	forget_kept(k);
	k->base = 0;
	keep_touch(k);
}

static void
on_closed(uv_handle_t *handle)
{
	struct keep *k = handle->data;

	if (--k->open_handles)
		return;
	close(k->lock);
	forget_kept(k);
	free(k->directory);
	free(k->identity);
	free(k);
}

void
keep_close(struct keep **kp)
{
	struct keep *k = *kp;

	*kp = NULL;
	if (!k)
		return;
	if (k->job) {
		uv_thread_join(&k->thread);
		finish(k);
	}
	if (k->first_ms && (k->job = collect(k))) {
		write_job(k);
		finish(k);
	}
	on_confirm(&k->confirm);
	uv_close((uv_handle_t *)&k->due, on_closed);
	uv_close((uv_handle_t *)&k->confirm, on_closed);
	uv_close((uv_handle_t *)&k->written, on_closed);
}
