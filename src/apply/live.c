/* SPDX-License-Identifier: MIT */
/*
 * Who runs, and what. A worker that weir has not seen come is asked for its
 * start: if all files are older, it has read them. Whatever can't be known is
 * doubt, and the next change is then a reload: a step on top of an unknown text
 * proves nothing.
 */
#include "live.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "weir/log.h"
#include "weir/xalloc.h"

/* Milliseconds for one reply: an answer takes less than one, that of a server
 * list of 100,000 some tens. */
#define REPLY_MS 3000
/* Milliseconds between the reading of a file and the birth of the worker: up to
 * 3.0 the master reads, then forks. And so many for each 10 KB. */
#define READ_MS     20
#define READ_MS_PER (10 * 1024)
/* Seconds that a start may be off, between two ways to tell it. */
#define START_SLACK_MS 2000

static bool
wants(const struct live_options *o)
{
	const struct config_haproxy *h = o->haproxy;

	return h && h->apply == APPLY_AUTO && h->stats_socket;
}

static void
take_options(struct live *l, const struct live_options *o)
{
	size_t n = 0;

	free(l->templates);
	free(l->record);
	l->haproxy = o->haproxy;
	l->templates = xcalloc(o->template_count + 1, sizeof(*l->templates));
	for (size_t i = 0; i < o->template_count; i++)
		if (o->templates[i]->destination)
			l->templates[n++] = o->templates[i];
	l->template_count = n;
	l->record = memory_path(o->state_path, o->haproxy);
	l->on_want = o->on_want;
	l->want_arg = o->arg;
}

void
live_reconnect(struct live *l)
{
	haproxy_runtime_free(&l->runtime);
	l->runtime =
	    haproxy_runtime_new(l->loop, l->haproxy->stats_socket, REPLY_MS);
}

struct live *
live_new(const struct live_options *o)
{
	struct live *l;

	if (!wants(o))
		return NULL;
	l = xcalloc(1, sizeof(*l));
	l->loop = o->loop;
	take_options(l, o);
	live_reconnect(l);
	live_doubt(l, "weir has just started");
	live_watch_init(l);
	return l;
}

bool
live_adopt(struct live *l, const struct live_options *o)
{
	if (!wants(o) || strcmp(l->haproxy->name, o->haproxy->name) ||
	    strcmp(l->haproxy->stats_socket, o->haproxy->stats_socket) ||
	    l->haproxy->configs.count != o->haproxy->configs.count)
		return false;
	for (size_t i = 0; i < o->haproxy->configs.count; i++)
		if (strcmp(l->haproxy->configs.items[i],
			o->haproxy->configs.items[i]))
			return false;
	take_options(l, o);
	live_policy(&l->policy, l->haproxy, &l->running.version);
	if (l->watching)
		live_watch(l);
	return true;
}

void
live_free(struct live **live)
{
	struct live *l = *live;

	*live = NULL;
	if (!l)
		return;
	l->done = NULL;
	live_change_fini(l);
	haproxy_runtime_free(&l->runtime);
	haproxy_running_fini(&l->running);
	texts_fini(&l->runs);
	haproxy_model_fini(&l->model);
	for (size_t i = 0; i < l->manual_count; i++)
		free(l->manual[i]);
	free(l->manual);
	free(l->templates);
	free(l->record);
	free(l->last);
	strmap_fini(&l->touched);
	live_files_drop(l);
	buf_fini(&l->files_wrong);
	buf_fini(&l->files_seen);
	haproxy_steps_fini(&l->mending);
	buf_fini(&l->doubt);
	buf_fini(&l->owes);
	buf_fini(&l->reply);
	live_watch_close(l);
}

const char *
live_log_name(const struct live *l)
{
	return l->haproxy->name;
}

int64_t
live_now(const struct live *l)
{
	return (int64_t)uv_now(l->loop);
}

void
live_doubt(struct live *l, const char *format, ...)
{
	va_list ap;

	l->certain = false;
	buf_reset(&l->doubt);
	va_start(ap, format);
	buf_vprintf(&l->doubt, format, ap);
	va_end(ap);
}

void
live_owe(struct live *l, enum live_reason why, const char *format, ...)
{
	va_list ap;

	if (l->owes_reload)
		return;
	l->owes_reload = true;
	l->owes_why = why;
	buf_reset(&l->owes);
	va_start(ap, format);
	buf_vprintf(&l->owes, format, ap);
	va_end(ap);
}

void
live_end(struct live *l)
{
	live_cb *done = l->done;

	l->done = NULL;
	if (done)
		done(l->arg);
}

static void
on_soon(uv_timer_t *timer)
{
	struct live *l = timer->data;
	live_cb *next = l->next;

	l->next = NULL;
	if (next)
		next(l);
}

void
live_later(struct live *l, live_cb *next, int64_t ms)
{
	l->next = next;
	uv_timer_start(&l->soon, on_soon, (uint64_t)ms, 0);
}

int64_t
live_patience(struct live *l)
{
	static const int64_t pauses[] = {1, 2, 5, 10, 20, 50, 100};

	return l->tries < sizeof(pauses) / sizeof(*pauses) ? pauses[l->tries++]
							   : 0;
}

/* ---- leftovers ---- */

/* Each by its place: looking for all of them by name takes seconds. */
void
live_drop_leftovers(struct haproxy_running *r)
{
	struct haproxy_running kept = *r;

	haproxy_running_fini(r);
	kept.leftovers = NULL;
	kept.count = 0;
	*r = kept;
}

static char *
copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void
live_copy_leftovers(
    struct haproxy_running *to, const struct haproxy_running *from)
{
	live_drop_leftovers(to);
	to->leftovers = xcalloc(from->count + 1, sizeof(*to->leftovers));
	for (; to->count < from->count; to->count++) {
		struct haproxy_leftover *o = &to->leftovers[to->count];

		*o = from->leftovers[to->count];
		o->backend = copy(o->backend);
		o->server = copy(o->server);
		o->line = copy(o->line);
		o->next = copy(o->next);
	}
}

/* ---- when the worker began ---- */

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* proc(5): the 22nd field, in ticks since the boot. 0: can't be told, it may
 * run in another name space. */
static int64_t
start_of_process(pid_t pid)
{
	char path[64], text[1024];
	unsigned long long ticks;
	const char *at;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = 0;
	/* Behind the name, which may hold anything. */
	at = strrchr(text, ')');
	for (int i = 2; at && i < 22; i++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %llu", &ticks) != 1)
		return 0;
	return (
	    int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
}

/* The earliest moment at which it can have begun, milliseconds since the boot:
 * the time of the day may be set at any time. */
static int64_t
start_of(const struct haproxy_running *r)
{
	int64_t latest = clock_ms(CLOCK_BOOTTIME) - r->uptime_s * 1000;
	int64_t exact = start_of_process(r->pid);

	if (exact && exact > latest - START_SLACK_MS &&
	    exact < latest + START_SLACK_MS)
		return exact;
	return latest - 1000;
}

/* Was the file there, as it is, when the worker began? By two clocks: what a
 * change of the time of the day makes of one, the other does not. */
static bool
is_older(const struct live *l, int64_t file_ms)
{
	int64_t today = clock_ms(CLOCK_REALTIME) - clock_ms(CLOCK_BOOTTIME);

	if (l->start_day_s && file_ms >= (l->start_day_s + 1) * 1000)
		return false;
	return file_ms < today + l->start_ms;
}

/* "Start_time_sec: 1795278002" of `show info`, in the clock of then. 0: not
 * told (before 2.4). */
static int64_t
start_day(struct str info)
{
	static const struct str key = STR("\nStart_time_sec: ");
	ptrdiff_t at = str_find(info, key);
	int64_t n = 0;

	for (size_t i = at < 0 ? info.len : (size_t)at + key.len;
	     i < info.len && info.ptr[i] >= '0' && info.ptr[i] <= '9' &&
	     n < INT32_MAX * 16LL;
	     i++)
		n = n * 10 + (info.ptr[i] - '0');
	return n;
}

/* ---- what it runs ---- */

struct texts_source
live_disk(const struct live *l)
{
	return (struct texts_source){.haproxy = l->haproxy,
	    .templates = (const struct config_template *const *)l->templates,
	    .template_count = l->template_count,
	    .known = &l->runs};
}

void
live_adopt_texts(
    struct live *l, struct texts *texts, struct haproxy_model *model)
{
	haproxy_model_fini(&l->model);
	texts_fini(&l->runs);
	l->runs = *texts;
	*texts = (struct texts){0};
	l->model = *model;
	*model = (struct haproxy_model){0};
}

static void
say_doubt(const struct live *l)
{
	log_info("apply",
	    "%s: whether worker %ld runs what is on disk is not known (%s): "
	    "the first change will be a reload",
	    live_log_name(l), (long)l->running.pid, l->doubt.ptr);
}

/* A worker that weir did not see come: has it read what is on disk? */
static void
decide(struct live *l)
{
	struct texts_source disk = live_disk(l);
	struct texts texts = {0};
	struct haproxy_model model = {0};
	struct error error = {0};
	int64_t read_ms;

	l->state = 0;
	live_recall_intent(l);
	if (texts_read(&texts, &disk, &error) < 0) {
		live_doubt(l, "%s", error.text);
		error_fini(&error);
		say_doubt(l);
		return;
	}
	read_ms = READ_MS + (int64_t)texts.joined.len / READ_MS_PER;
	if (live_recall(l, &texts)) {
		log_debug("apply", "%s: worker %ld is the one of the record",
		    live_log_name(l), (long)l->running.pid);
		l->certain = true;
		live_drain_next(l);
	} else if (is_older(l, texts.newest_ms + read_ms)) {
		l->certain = true;
	} else {
		live_doubt(l, "%s changed after it began",
		    texts.newest ? texts.newest : "a file");
	}
	if (l->certain) {
		haproxy_model_parse(&model, texts_config(&texts));
		live_adopt_texts(l, &texts, &model);
	} else {
		say_doubt(l);
	}
	texts_fini(&texts);
}

/* Everything that was only in the memory of the old one is gone. */
static void
forget_worker(struct live *l, pid_t pid)
{
	if (!l->running.pid)
		return;
	l->totals.restarts++;
	log_info("apply",
	    "%s: HAProxy was reloaded or restarted, not by weir (worker %ld, "
	    "now %ld): what was changed at run time is as in the files again",
	    live_log_name(l), (long)l->running.pid, (long)pid);
	live_drop_leftovers(&l->running);
	strmap_fini(&l->touched);
}

static void
take_worker(struct live *l, struct haproxy_running *seen, int64_t start)
{
	bool observed = l->certain && !l->running.pid;

	forget_worker(l, seen->pid);
	l->running.version = seen->version;
	l->running.pid = seen->pid;
	l->start_ms = start;
	live_policy(&l->policy, l->haproxy, &l->running.version);
	/* A reload that weir saw, only the pid was not said. */
	if (observed)
		live_remember(l);
	else
		decide(l);
	if (l->owes_reload && l->owes_why == LIVE_UNKNOWN && l->certain)
		l->owes_reload = false;
}

void
live_take_pid(struct live *l, pid_t pid)
{
	l->running.pid = pid;
	l->running.uptime_s = 0;
	l->start_ms = start_of(&l->running);
	live_remember(l);
}

static bool
is_stopping(struct str info)
{
	return str_find(info, STR("\nStopping: 1")) >= 0;
}

int
live_identify(
    struct live *l, const struct haproxy_reply *reply, struct error *error)
{
	struct haproxy_running seen = {0};
	int64_t start;

	if (reply->status || error_is_set(&reply->error))
		return error_set(error, ERROR_REMOTE, "%s",
		    error_is_set(&reply->error) ? reply->error.text
						: "no answer");
	if (haproxy_running_parse(reply->text, &seen, error) < 0)
		return -1;
	if (is_stopping(reply->text) && !l->again) {
		/* A kept connection leads to the worker of before a reload. */
		l->again = true;
		haproxy_running_fini(&seen);
		return 1;
	}
	l->again = false;
	l->start_day_s = start_day(reply->text);
	start = start_of(&seen);
	l->running.uptime_s = seen.uptime_s;
	if (seen.pid == l->running.pid) {
		l->running.version = seen.version;
		live_policy(&l->policy, l->haproxy, &seen.version);
	}
	if (seen.pid != l->running.pid ||
	    start > l->start_ms + 2 * START_SLACK_MS)
		take_worker(l, &seen, start);
	haproxy_running_fini(&seen);
	return 0;
}
