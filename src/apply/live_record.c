/* SPDX-License-Identifier: MIT */
/*
 * What runs, over a restart of weir: which worker, the digest of its texts, the
 * servers that run without a line. It counts only if worker and texts are the
 * same; a record that is damaged is none.
 */
#include "live.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/log.h"
#include "weir/xalloc.h"

#define HEAD "weir live 1\n"
/* Bytes: a leftover takes 200, and there are never more than servers. */
#define RECORD_BYTES (16u << 20)
/* Milliseconds that a start may be off, between two ways to tell it. */
#define START_SLACK_MS 2000
#define BOOT_ID        64

char *
memory_path(const char *state_path, const struct config_haproxy *h)
{
	return state_path ? xasprintf("%s/live-%s", state_path, h->name) : NULL;
}

/* Of this boot of the machine: a worker of another one is another. */
static void
boot_id(char id[BOOT_ID])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	snprintf(id, BOOT_ID, "unknown");
	if (f && fscanf(f, "%63s", id) != 1)
		snprintf(id, BOOT_ID, "unknown");
	if (f)
		fclose(f);
}

static void
print_leftover(
    const struct live *l, const struct haproxy_leftover *o, struct buf *b)
{
	int64_t rest = o->draining ? o->until - live_now(l) : 0;

	buf_printf(b, "leftover %s %s %" PRId64, o->backend, o->server,
	    rest > 0 ? rest : 0);
	if (o->next)
		buf_printf(b, " =%s", o->next);
	buf_char(b, '\n');
	buf_printf(b, "line %s\n", o->line ? o->line : "");
}

/* Who it is about: a worker of a boot. */
static void
print_worker(const struct live *l, struct buf *out)
{
	char boot[BOOT_ID];

	boot_id(boot);
	buf_printf(out, "worker %ld %" PRId64 " %s\n", (long)l->running.pid,
	    l->start_ms, boot);
}

/* Is it about that one? start_ms 0: not known. */
static bool
is_worker(struct str line, pid_t of, int64_t start_ms)
{
	char boot[BOOT_ID], then[BOOT_ID];
	int64_t start = 0;
	long pid = 0;

	boot_id(boot);
	return sscanf(line.ptr, "worker %ld %" SCNd64 " %63s", &pid, &start,
		   then) == 3 &&
	       pid == (long)of && !strcmp(boot, then) &&
	       (!start_ms || llabs(start - start_ms) <= START_SLACK_MS);
}

void
live_remember(struct live *l)
{
	const struct file_options options = {.mode = 0600, .create_dirs = true};
	struct error error = {0};
	struct buf b = {0};
	char sum[TEXTS_SUM];

	if (!l->record || !l->running.pid || !l->certain)
		return;
	buf_puts(&b, HEAD);
	print_worker(l, &b);
	texts_digest(&l->runs, sum);
	buf_printf(&b, "texts %s\n", sum);
	for (size_t i = 0; i < l->running.count; i++)
		print_leftover(l, &l->running.leftovers[i], &b);
	texts_sum(buf_as_str(&b), sum);
	buf_printf(&b, "end %s\n", sum);
	if (file_replace(l->record, buf_as_str(&b), &options, &error) < 0)
		log_error(LOG_LEVEL_DEBUG, "apply", &error,
		    "%s: what runs is not remembered:", live_log_name(l));
	error_fini(&error);
	buf_fini(&b);
}

/* The text up to its "end" line; false if that does not fit. */
static bool
is_whole(struct str *text)
{
	char sum[TEXTS_SUM];
	size_t n = sizeof("end \n") - 1 + TEXTS_SUM - 1;
	struct str body;

	if (text->len < n || !str_has_prefix(*text, STR(HEAD)) ||
	    text->ptr[text->len - 1] != '\n')
		return false;
	body = (struct str){text->ptr, text->len - n};
	texts_sum(body, sum);
	if (memcmp(body.ptr + body.len, "end ", 4) ||
	    memcmp(body.ptr + body.len + 4, sum, TEXTS_SUM - 1))
		return false;
	*text = body;
	return true;
}

static bool
next_line(struct str *text, struct str *line)
{
	const char *end = memchr(text->ptr, '\n', text->len);

	if (!end)
		return false;
	*line = (struct str){text->ptr, (size_t)(end - text->ptr)};
	text->len -= line->len + 1;
	text->ptr = end + 1;
	return true;
}

/* "leftover B S REST [=NEXT]", then "line …". */
static void
read_leftover(const struct memory *m, struct str head, struct str line)
{
	char *text = xstrndup(head.ptr, head.len);
	char *backend = strchr(text, ' ');
	char *server = backend ? strchr(backend + 1, ' ') : NULL;
	char *rest = server ? strchr(server + 1, ' ') : NULL;
	struct haproxy_leftover *o;
	char *end;

	if (rest && line.len >= 5) {
		*server = *rest = 0;
		line.ptr += 5;
		line.len -= 5;
		o = haproxy_leftover_put(m->running, str_of(backend + 1),
		    str_of(server + 1), line.len ? line : (struct str){0});
		o->until = strtoll(rest + 1, &end, 10);
		if (!strncmp(end, " =", 2))
			o->next = xstrdup(end + 2);
		o->draining = o->until > 0;
		o->until += m->now;
	}
	free(text);
}

static bool
recall(const struct memory *m, struct str text)
{
	struct str line;
	char sum[TEXTS_SUM];

	texts_digest(m->texts, sum);
	if (!is_whole(&text)) {
		log_info("apply", "%s: damaged, not used", m->path);
		return false;
	}
	next_line(&text, &line);
	if (!next_line(&text, &line) ||
	    !is_worker(line, m->running->pid, m->start_ms) ||
	    !next_line(&text, &line) || !str_has_prefix(line, STR("texts ")))
		return false;
	line.ptr += 6;
	line.len -= 6;
	if (!str_is(line, sum))
		return false;
	while (next_line(&text, &line)) {
		struct str definition;

		if (!next_line(&text, &definition))
			break;
		read_leftover(m, line, definition);
	}
	return true;
}

bool
memory_recall(const struct memory *m)
{
	struct buf text = {0};
	bool fits = false;

	if (m->path && file_read(m->path, RECORD_BYTES, &text, NULL) == 0)
		fits = recall(m, buf_as_str(&text));
	buf_fini(&text);
	return fits;
}

/* ---- what is about to be done ---- */

static char *
intent_path(const struct live *l)
{
	return xasprintf("%s.steps", l->record);
}

static bool
takes_out(const struct haproxy_step *s)
{
	return s->kind == STEP_DRAIN || s->kind == STEP_MAINT;
}

/* Not synced: what ends the machine ends HAProxy, too. */
void
live_note_intent(struct live *l)
{
	const struct haproxy_steps *steps = &l->change.steps;
	struct buf text = {0};
	char *path;
	int fd;

	if (!l->record)
		return;
	for (size_t i = 0; i < steps->count; i++) {
		if (!takes_out(&steps->items[i]))
			continue;
		if (!text.len)
			print_worker(l, &text);
		buf_printf(&text, "%.*s/%.*s\n",
		    (int)steps->items[i].backend.len,
		    steps->items[i].backend.ptr,
		    (int)steps->items[i].server.len,
		    steps->items[i].server.ptr);
	}
	if (!text.len)
		return;
	l->change.intends = true;
	path = intent_path(l);
	fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		file_write_all(fd, buf_as_str(&text));
		close(fd);
	}
	free(path);
	buf_fini(&text);
}

void
live_drop_intent(const struct live *l)
{
	char *path;

	if (!l->record)
		return;
	path = intent_path(l);
	unlink(path);
	free(path);
}

/* The record may be of a worker before: another than weir may have reloaded,
 * and the steps have gone to the one that runs. */
void
live_recall_intent(struct live *l)
{
	char *path = l->record ? intent_path(l) : NULL;
	struct buf text = {0};
	struct str rest, line;

	if (path && file_read(path, RECORD_BYTES, &text, NULL) == 0) {
		rest = buf_as_str(&text);
		if (next_line(&rest, &line) &&
		    is_worker(line, l->running.pid, l->start_ms))
			while (next_line(&rest, &line))
				strmap_put(&l->touched, line, l);
	}
	buf_fini(&text);
	free(path);
}

bool
live_recall(struct live *l, const struct texts *texts)
{
	const struct memory m = {.path = l->record,
	    .running = &l->running,
	    .start_ms = l->start_ms,
	    .now = live_now(l),
	    .texts = texts};

	return memory_recall(&m);
}
