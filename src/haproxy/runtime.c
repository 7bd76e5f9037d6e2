/* SPDX-License-Identifier: MIT */
/*
 * Commands and steps wait in a queue; one of them is at work. Steps go out in
 * batches of one kind, so that what must not happen before something else took
 * (ready before the address, maintenance before ready) is never in the same
 * batch: HAProxy goes on behind a command that it refuses.
 */
#include "weir/runtime.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

#include "prompt.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

/* A batch keeps HAProxy busy for 20 ms at most: a command takes 5-25 us, those
 * that stop all its threads up to 250 us (measured, 2.2 to 3.2). The bytes of a
 * batch fit its buffer (tune.bufsize, 16384). */
enum {
	BATCH_COUNT = 128,
	BATCH_COUNT_SLOW = 32,
	BATCH_BYTES = 8192,
	BATCH_PAYLOAD = 4096 /* regular expressions may be in it: 2 us a byte */
};

struct job {
	struct job *next;
	char *command;              /* of a question */
	haproxy_reply_cb *on_reply; /* NULL: steps */
	const struct haproxy_steps *steps;
	size_t at;  /* so many took, or are not taken back yet */
	size_t end; /* of the steps; unused while taking back */
	bool undo;
	bool mopping; /* taking back what took behind a refusal */
	struct error error;
	haproxy_steps_cb *on_steps;
	void *arg;
	uint64_t began; /* ns; 0: not yet */
};

/* A command of the batch. */
struct entry {
	size_t step;
	struct str command; /* as sent, in the batch's arena */
	bool last;          /* of its step */
};

struct haproxy_runtime {
	struct prompt *prompt;
	int64_t timeout_ms;
	uv_timer_t kick;
	struct job *head, **tail;
	bool busy;              /* the head's words are out */
	bool resting;           /* close when nothing waits */
	struct strmap versions; /* file → the version that was prepared */
	struct arena arena;     /* of the batch */
	struct entry *batch;
	size_t count, room;
	struct buf bytes;
};

static void start_next(struct haproxy_runtime *);

/* ---- the queue ---- */

static void
job_free(struct job *j)
{
	error_fini(&j->error);
	free(j->command);
	free(j);
}

static void
on_kick(uv_timer_t *timer)
{
	start_next(timer->data);
}

static void
push(struct haproxy_runtime *rt, struct job *j)
{
	*rt->tail = j;
	rt->tail = &j->next;
	uv_timer_start(&rt->kick, on_kick, 0, 0);
}

/* The head is over. The callback that follows may free rt, so what comes next
 * is arranged here. */
static struct job *
pop(struct haproxy_runtime *rt)
{
	struct job *j = rt->head;

	rt->busy = false;
	rt->head = j->next;
	if (rt->head) {
		uv_timer_start(&rt->kick, on_kick, 0, 0);
		return j;
	}
	rt->tail = &rt->head;
	if (rt->resting)
		prompt_rest(rt->prompt);
	rt->resting = false;
	return j;
}

/* ---- questions ---- */

static void
on_ask_answer(void *arg, struct prompt_answer *a)
{
	struct job *j = pop(arg);
	struct haproxy_reply reply = {
	    .text = a->count ? a->replies[0] : a->rest, .status = a->status};

	error_move(&reply.error, &a->error);
	j->on_reply(j->arg, &reply);
	error_fini(&reply.error);
	job_free(j);
}

static void
send_question(struct haproxy_runtime *rt, struct job *j)
{
	struct prompt_exchange x = {.count = 1,
	    .whole = true,
	    .timeout_ms = rt->timeout_ms,
	    .name = haproxy_command_name(str_of(j->command))};

	buf_reset(&rt->bytes);
	buf_puts(&rt->bytes, j->command);
	buf_char(&rt->bytes, '\n');
	x.commands = buf_as_str(&rt->bytes);
	prompt_send(rt->prompt, &x, on_ask_answer, rt);
}

/* ---- steps: the end ---- */

static void
finish(struct haproxy_runtime *rt)
{
	struct job *j = pop(rt);
	struct haproxy_steps_result result = {.done = j->at,
	    .time_us = (int64_t)((uv_hrtime() - j->began) / 1000)};

	if (j->undo)
		result.done = j->end - j->at;
	error_move(&result.error, &j->error);
	j->on_steps(j->arg, &result);
	error_fini(&result.error);
	job_free(j);
}

static const char *
hint(struct str reply)
{
	if (str_find(reply, STR("Permission denied")) >= 0)
		return " (the socket is not of \"level admin\")";
	if (str_find(reply, STR("Proxy is disabled")) >= 0)
		return " (this worker was replaced)";
	return "";
}

static int
judge(const struct haproxy_runtime *rt, const struct entry *entry,
    struct str reply, struct error *e)
{
	struct haproxy_step step = {.command = entry->command};
	struct error why = {0};

	if (haproxy_step_judge(&step, reply, &why) == 0)
		return 0;
	error_set(e, why.kind, "%s: %s%s", prompt_path(rt->prompt), why.text,
	    hint(reply));
	error_fini(&why);
	return -1;
}

/* ---- steps: batches ---- */

static void
clear_batch(struct haproxy_runtime *rt)
{
	rt->count = 0;
	arena_reset(&rt->arena);
	buf_reset(&rt->bytes);
}

static void
add_entry(struct haproxy_runtime *rt, size_t step, struct str command)
{
	if (rt->count == rt->room) {
		rt->room = rt->room ? rt->room * 2 : 64;
		rt->batch = xrealloc(rt->batch, rt->room, sizeof(*rt->batch));
	}
	rt->batch[rt->count++] =
	    (struct entry){.step = step, .command = command};
	buf_str(&rt->bytes, command);
	buf_char(&rt->bytes, '\n');
}

/* "@*" is the version that the file's last prepare gave. -1: there is none. */
static int
put_version(struct haproxy_runtime *rt, const struct haproxy_step *step,
    struct str *command)
{
	static const char mark[] = " @* ";
	ptrdiff_t at =
	    step->kind == STEP_MAP ? str_find(*command, str_of(mark)) : -1;
	uintptr_t version;
	const char *text;

	if (at < 0)
		return 0;
	version = (uintptr_t)strmap_get(&rt->versions, step->backend);
	if (!version)
		return -1;
	text = arena_printf(&rt->arena, "%.*s @%" PRIuPTR " %.*s", (int)at,
	    command->ptr, version, (int)(command->len - (size_t)at - 4),
	    command->ptr + at + 4);
	*command = str_of(text);
	return 0;
}

static bool
has_payload(struct str command)
{
	return str_find(command, STR(" <<\n")) >= 0;
}

/* One step's words; an undo may be several commands. */
static int
add_step(struct haproxy_runtime *rt, const struct haproxy_step *step, size_t at,
    struct str words)
{
	if (put_version(rt, step, &words) < 0)
		return -1;
	while (words.len && !has_payload(words)) {
		struct str command = str_take_line(&words);

		if (command.len)
			add_entry(rt, at, command);
	}
	if (words.len)
		add_entry(rt, at, words);
	if (rt->count)
		rt->batch[rt->count - 1].last = true;
	return 0;
}

static bool
stands_alone(const struct haproxy_step *s)
{
	struct str name = haproxy_command_name(s->command);

	return s->kind == STEP_CERT || s->kind == STEP_WAIT_REMOVABLE ||
	       (s->kind == STEP_MAP &&
		   (str_has_prefix(name, STR("prepare ")) ||
		       str_has_prefix(name, STR("commit ")) ||
		       str_has_prefix(name, STR("clear "))));
}

/* May `next` be sent although it is not known yet whether `last` took? */
static bool
goes_with(const struct haproxy_runtime *rt, const struct haproxy_step *last,
    const struct haproxy_step *next, struct str words)
{
	bool slow = next->kind == STEP_ADD || next->kind == STEP_DELETE;
	size_t bytes = has_payload(words) ? BATCH_PAYLOAD : BATCH_BYTES;

	return last->kind == next->kind && !stands_alone(last) &&
	       !stands_alone(next) &&
	       rt->count < (slow ? BATCH_COUNT_SLOW : BATCH_COUNT) &&
	       rt->bytes.len + words.len < bytes;
}

/* The next step in the job's direction; NULL: that was all. */
static const struct haproxy_step *
step_at(const struct job *j, size_t sent, size_t *at)
{
	if (j->undo) {
		if (sent >= j->at)
			return NULL;
		*at = j->at - 1 - sent;
	} else {
		*at = j->at + sent;
		if (*at >= j->end)
			return NULL;
	}
	return &j->steps->items[*at];
}

static void on_batch_answer(void *, struct prompt_answer *);

/* "wait 5s …": ms. */
static int64_t
wait_ms(struct str command)
{
	int64_t n = 0;
	size_t i = strlen("wait ");

	if (!str_has_prefix(command, STR("wait ")))
		return 0;
	for (; i < command.len && isdigit((unsigned char)command.ptr[i]) &&
	       n < 1000000;
	     i++)
		n = n * 10 + (command.ptr[i] - '0');
	return i < command.len && command.ptr[i] == 's' ? n * 1000 : n;
}

static void
send_batch(struct haproxy_runtime *rt)
{
	struct str first = rt->batch[0].command;
	struct prompt_exchange x = {.commands = buf_as_str(&rt->bytes),
	    .count = rt->count,
	    .timeout_ms = rt->timeout_ms + wait_ms(first),
	    .name = haproxy_command_name(first)};

	prompt_send(rt->prompt, &x, on_batch_answer, rt);
}

static void
fail_step(struct haproxy_runtime *rt, struct job *j,
    const struct haproxy_step *s, const char *why)
{
	struct str name = haproxy_command_name(s->command);

	error_set(&j->error, ERROR_REFUSED, "%s: %.*s: %s",
	    prompt_path(rt->prompt), (int)name.len, name.ptr, why);
	finish(rt);
}

/* An empty undo: what takes back another step takes this one with it. */
static bool
needs_nothing(const struct haproxy_step *s)
{
	return s->undo.ptr && !s->undo.len;
}

static void
send_steps(struct haproxy_runtime *rt, struct job *j)
{
	const struct haproxy_step *last = NULL;
	const struct haproxy_step *s;
	const char *why = NULL;
	size_t at;

	clear_batch(rt);
	while (j->undo && j->at && needs_nothing(&j->steps->items[j->at - 1]))
		j->at--;
	for (size_t sent = 0; (s = step_at(j, sent, &at)); sent++) {
		struct str words = j->undo ? s->undo : s->command;

		if (last && (!words.len || !goes_with(rt, last, s, words)))
			break;
		if (!words.ptr)
			why = "nothing takes it back";
		else if (add_step(rt, s, at, words) < 0)
			why = "no version of the file was prepared";
		if (why)
			break;
		last = s;
	}
	if (rt->count)
		send_batch(rt);
	else if (why)
		fail_step(rt, j, s, why);
	else
		finish(rt);
}

/* ---- steps: replies ---- */

static void
keep_version(struct haproxy_runtime *rt, const struct job *j,
    const struct entry *entry, struct str reply)
{
	uintptr_t version = haproxy_map_version(reply);

	if (version && str_has_prefix(entry->command, STR("prepare ")))
		strmap_put(&rt->versions, j->steps->items[entry->step].backend,
		    (void *)version);
}

/* How many entries from the first on took. */
static size_t
count_good(
    struct haproxy_runtime *rt, struct job *j, const struct prompt_answer *a)
{
	size_t n = 0;

	for (; n < a->count; n++) {
		if (judge(rt, &rt->batch[n], a->replies[n], &j->error) < 0)
			break;
		keep_version(rt, j, &rt->batch[n], a->replies[n]);
	}
	return n;
}

static void
advance(struct haproxy_runtime *rt, struct job *j, size_t good)
{
	for (size_t i = 0; i < good; i++)
		if (rt->batch[i].last)
			j->at += j->undo ? (size_t)-1 : 1;
}

/* Takes back what took behind the entry that was refused. */
static bool
mop(struct haproxy_runtime *rt, struct job *j, size_t refused,
    const struct prompt_answer *a)
{
	size_t *strays = xcalloc(a->count + 1, sizeof(*strays));
	size_t n = 0;

	for (size_t i = a->count; i > refused + 1; i--) {
		const struct entry *entry = &rt->batch[i - 1];

		if (judge(rt, entry, a->replies[i - 1], NULL) == 0 &&
		    (!n || strays[n - 1] != entry->step))
			strays[n++] = entry->step;
	}
	clear_batch(rt);
	for (size_t i = 0; i < n; i++) {
		const struct haproxy_step *s = &j->steps->items[strays[i]];

		if (s->undo.ptr)
			add_step(rt, s, strays[i], s->undo);
	}
	free(strays);
	if (!rt->count)
		return false;
	j->mopping = true;
	send_batch(rt);
	return true;
}

static void
take_replies(struct haproxy_runtime *rt, struct job *j, struct prompt_answer *a)
{
	size_t good = count_good(rt, j, a);

	advance(rt, j, good);
	if (good < a->count) {
		if (j->undo || a->status || !mop(rt, j, good, a))
			finish(rt);
	} else if (a->status) {
		error_move(&j->error, &a->error);
		finish(rt);
	} else {
		send_steps(rt, j);
	}
}

static void
on_batch_answer(void *arg, struct prompt_answer *a)
{
	struct haproxy_runtime *rt = arg;
	struct job *j = rt->head;

	if (j->mopping)
		finish(rt);
	else
		take_replies(rt, j, a);
}

/* ---- what callers use ---- */

static void
start_next(struct haproxy_runtime *rt)
{
	struct job *j = rt->head;

	if (!j || rt->busy)
		return;
	rt->busy = true;
	j->began = uv_hrtime();
	if (j->on_reply)
		send_question(rt, j);
	else
		send_steps(rt, j);
}

void
haproxy_runtime_ask(struct haproxy_runtime *rt, const char *command,
    haproxy_reply_cb *on_reply, void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->command = xstrdup(command);
	j->on_reply = on_reply;
	j->arg = arg;
	push(rt, j);
}

static struct job *
job_of_steps(
    const struct haproxy_steps *steps, haproxy_steps_cb *on_steps, void *arg)
{
	struct job *j = xcalloc(1, sizeof(*j));

	j->steps = steps;
	j->on_steps = on_steps;
	j->arg = arg;
	return j;
}

void
haproxy_runtime_run(struct haproxy_runtime *rt,
    const struct haproxy_steps *steps, haproxy_steps_cb *on_steps, void *arg)
{
	struct job *j = job_of_steps(steps, on_steps, arg);

	j->end = steps->count;
	push(rt, j);
}

void
haproxy_runtime_undo(struct haproxy_runtime *rt,
    const struct haproxy_steps *steps, size_t done, haproxy_steps_cb *on_steps,
    void *arg)
{
	struct job *j = job_of_steps(steps, on_steps, arg);

	j->undo = true;
	j->at = j->end = done;
	push(rt, j);
}

void
haproxy_runtime_close(struct haproxy_runtime *rt)
{
	if (rt->head)
		rt->resting = true;
	else
		prompt_rest(rt->prompt);
}

struct haproxy_runtime *
haproxy_runtime_new(uv_loop_t *loop, const char *path, int64_t timeout_ms)
{
	struct haproxy_runtime *rt = xcalloc(1, sizeof(*rt));

	rt->prompt = prompt_new(loop, path);
	rt->timeout_ms = timeout_ms;
	rt->tail = &rt->head;
	uv_timer_init(loop, &rt->kick);
	rt->kick.data = rt;
	return rt;
}

static void
on_kick_close(uv_handle_t *handle)
{
	free(handle->data);
}

void
haproxy_runtime_free(struct haproxy_runtime **runtime)
{
	struct haproxy_runtime *rt = *runtime;

	*runtime = NULL;
	if (!rt)
		return;
	prompt_free(&rt->prompt);
	while (rt->head) {
		struct job *j = rt->head;

		rt->head = j->next;
		job_free(j);
	}
	strmap_fini(&rt->versions);
	arena_fini(&rt->arena);
	free(rt->batch);
	buf_fini(&rt->bytes);
	uv_close((uv_handle_t *)&rt->kick, on_kick_close);
}
