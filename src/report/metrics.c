/* SPDX-License-Identifier: MIT */
/*
 * Prometheus' text format 0.0.4. Families are tables where they are numbers of
 * a struct. A watch gets series of its own only while it fails: there may be
 * thousands of them, and the good ones are alike.
 */
#include "weir/report.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "memory.h"
#include "weir/buf.h"
#include "weir/strmap.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
/* Failing watches that are named; the number of all is there anyway. */
#define NAMED_MOST 100

static void
family(struct buf *b, const char *name, const char *type, const char *help)
{
	buf_printf(b, "# HELP weir_%s %s\n# TYPE weir_%s %s\n", name, help,
	    name, type);
}

/* A label's value: \, " and new line escaped; what is no UTF-8 would make the
 * whole answer unreadable. */
static void
put_label(struct buf *b, const char *name, struct str value)
{
	size_t n;

	buf_printf(b, "%s=\"", name);
	for (; value.len > 0; value.ptr += n, value.len -= n) {
		n = str_utf8(value);
		if (n == 0) {
			buf_rune(b, 0xfffd);
			n = 1;
		} else if (*value.ptr == '\n') {
			buf_puts(b, "\\n");
		} else {
			if (*value.ptr == '\\' || *value.ptr == '"')
				buf_char(b, '\\');
			buf_put(b, value.ptr, n);
		}
	}
	buf_char(b, '"');
}

static void
sample(struct buf *b, const char *name, const char *label, struct str value)
{
	buf_printf(b, "weir_%s{", name);
	put_label(b, label, value);
	buf_puts(b, "} ");
}

/* ---- the run loop ---- */

struct total {
	const char *name, *label, *help; /* help NULL: the family above */
	size_t offset;
};

static void
put_totals(struct buf *b, const void *from, const struct total *t, size_t count)
{
	for (size_t i = 0; i < count; i++, t++) {
		const uint64_t *n =
		    (const void *)((const char *)from + t->offset);

		if (t->help)
			family(b, t->name, "counter", t->help);
		buf_printf(b, "weir_%s%s %" PRIu64 "\n", t->name, t->label, *n);
	}
}

#define AT(field) offsetof(struct run_totals, field)
static const struct total run_table[] = {
    {"renders_total", "", "Executions of templates.", AT(renders)},
    {"renders_unchanged_total", "", "… that gave the same text.",
	AT(renders_unchanged)},
    {"render_errors_total", "", "… that failed.", AT(render_errors)},
    {"applies_total", "{outcome=\"written\"}",
	"Changes brought to disk or live, by what became of them.",
	AT(applies_written)},
    {"applies_total", "{outcome=\"runtime\"}", NULL, AT(applies_runtime)},
    {"applies_total", "{outcome=\"reloaded\"}", NULL, AT(applies_reloaded)},
    {"applies_total", "{outcome=\"deferred\"}", NULL, AT(applies_deferred)},
    {"applies_total", "{outcome=\"refused\"}", NULL, AT(applies_refused)},
    {"applies_total", "{outcome=\"failed\"}", NULL, AT(applies_failed)},
    {"applies_total", "{outcome=\"rolled_back\"}", NULL,
	AT(applies_rolled_back)},
    {"state_saves_total", "", "Saves of the last good answers.",
	AT(state_saves)},
    {"state_save_errors_total", "", "… that failed.", AT(state_failures)},
    {"config_reloads_total", "{result=\"done\"}",
	"Reloads of weir's own configuration.", AT(config_reloads)},
    {"config_reloads_total", "{result=\"refused\"}", NULL,
	AT(config_reloads_refused)},
};
#undef AT

static void
gauge(struct buf *b, const char *name, const char *help, double value)
{
	family(b, name, "gauge", help);
	buf_printf(b, "weir_%s %.15g\n", name, value);
}

static void
put_run(struct buf *b, const struct report_options *o)
{
	const struct run_totals *t = o->totals;

	family(b, "info", "gauge", "The program.");
	buf_puts(b, "weir_info{version=\"" WEIR_VERSION "\"} 1\n");
	gauge(b, "ready", "1 once everything was applied.", t->ready);
	gauge(b, "uptime_seconds", "Since the start.",
	    (double)((int64_t)uv_now(o->loop) - t->started_ms) / 1e3);
	put_totals(b, t, run_table, COUNT(run_table));
	family(b, "last_apply_timestamp_seconds", "gauge",
	    "When a change was applied last, 0: never.");
	buf_printf(b, "weir_last_apply_timestamp_seconds %" PRId64 "\n",
	    t->last_apply_unix);
	gauge(b, "paused", "1: nothing is applied, by order.",
	    t->paused_unix != 0);
	gauge(b, "state_bytes", "Size of the saved answers.",
	    (double)t->state_bytes);
	gauge(b, "last_render_seconds", "How long the last execution took.",
	    (double)t->last_render_us / 1e6);
	gauge(b, "last_check_seconds", "How long the last check took.",
	    (double)t->last_check_ms / 1e3);
	gauge(b, "last_reload_seconds",
	    "How long the last reload took, observed.",
	    (double)t->last_reload_ms / 1e3);
	if (t->old_workers >= 0)
		gauge(b, "haproxy_old_workers",
		    "HAProxy workers of earlier generations.", t->old_workers);
}

int64_t
report_memory(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && kib < 0 && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld", &kib) != 1)
			kib = -1;
	if (f)
		fclose(f);
	return kib < 0 ? -1 : (int64_t)kib * 1024;
}

static void
put_process(struct buf *b)
{
	struct rusage u;
	int64_t bytes = report_memory();

	if (bytes >= 0)
		gauge(b, "memory_anonymous_bytes",
		    "Memory of the process' own.", (double)bytes);
	if (getrusage(RUSAGE_SELF, &u) < 0)
		return;
	family(b, "cpu_seconds_total", "counter", "Processor time used.");
	buf_printf(b, "weir_cpu_seconds_total %.3f\n",
	    (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
}

/* ---- templates ---- */

typedef double task_number(const struct task *);

static double
renders(const struct task *t)
{
	return (double)t->renders;
}

static double
render_seconds(const struct task *t)
{
	return (double)t->render_us / 1e6;
}

static double
missing(const struct task *t)
{
	double n = 0;

	for (size_t i = 0; task_next_wait(t, &i);)
		n++;
	return n;
}

static double
output_bytes(const struct task *t)
{
	return t->has_output ? (double)t->output.len : 0;
}

static double
source_bad(const struct task *t)
{
	return error_is_set(&t->source_error);
}

static double
apply_bad(const struct task *t)
{
	return error_is_set(&t->apply_error);
}

static const struct {
	const char *name, *type, *help;
	task_number *number;
} task_table[] = {
    {"template_renders_total", "counter", "Executions of the template.",
	renders},
    {"template_render_seconds", "gauge", "How long the last one took.",
	render_seconds},
    {"template_waiting", "gauge", "Dependencies without data.", missing},
    {"template_output_bytes", "gauge", "Size of the last good text.",
	output_bytes},
    {"template_source_bad", "gauge",
	"1: the source on disk is bad, the last good one is in use.",
	source_bad},
    {"template_apply_bad", "gauge",
	"1: the last text was refused or is not live, what was before stays.",
	apply_bad},
};

static void
put_states(struct buf *b, const struct plan *plan)
{
	family(b, "template_state", "gauge", "1 for the state it is in.");
	for (size_t i = 0; i < plan_count(plan); i++) {
		const struct task *t = plan_task(plan, i);

		for (int s = TASK_NEW; s <= TASK_READY; s++) {
			buf_puts(b, "weir_template_state{");
			put_label(b, "template", str_of(t->config->name));
			buf_printf(b, ",state=\"%s\"} %d\n",
			    task_state_name((enum task_state)s),
			    t->state == (enum task_state)s);
		}
	}
}

static void
put_tasks(struct buf *b, const struct plan *plan)
{
	put_states(b, plan);
	for (size_t k = 0; k < COUNT(task_table); k++) {
		const char *name = task_table[k].name;

		family(b, name, task_table[k].type, task_table[k].help);
		for (size_t i = 0; i < plan_count(plan); i++) {
			const struct task *t = plan_task(plan, i);

			sample(b, name, "template", str_of(t->config->name));
			buf_printf(b, "%.15g\n", task_table[k].number(t));
		}
	}
}

/* ---- Consul ---- */

#define AT(field) offsetof(struct consul_totals, field)
static const struct total consul_table[] = {
    {"consul_requests_total", "", "Requests sent.", AT(requests)},
    {"consul_answers_total", "", "Good answers.", AT(answers)},
    {"consul_changes_total", "", "Answers that differed.", AT(changes)},
    {"consul_errors_total", "", "Failures, of any kind.", AT(errors)},
    {"consul_received_bytes_total", "", "Bytes of answers.", AT(bytes)},
    {"consul_sweeps_total", "", "Sweeps after a sentinel woke.", AT(sweeps)},
};
#undef AT

static void
put_watches(struct buf *b, const struct consul *consul)
{
	size_t states[WATCH_STOPPED + 1] = {0}, stale = 0, unanswered = 0;
	size_t named = 0;
	struct watch_info w;
	double oldest = 0;

	family(b, "watch_failures", "gauge",
	    "Failures in a row, of watches that fail now.");
	for (size_t i = 0; consul_next(consul, &i, &w);) {
		states[w.state]++;
		stale += w.stale;
		unanswered += !w.answered;
		if (w.answered && (double)w.age_ms / 1e3 > oldest)
			oldest = (double)w.age_ms / 1e3;
		if (w.failures > 0 && named++ < NAMED_MOST) {
			sample(b, "watch_failures", "query", w.id);
			buf_printf(b, "%" PRIu32 "\n", w.failures);
		}
	}
	family(b, "watches", "gauge", "Watches by state.");
	for (int s = 0; s <= WATCH_STOPPED; s++)
		buf_printf(b, "weir_watches{state=\"%s\"} %zu\n",
		    watch_state_name((enum watch_state)s), states[s]);
	gauge(b, "watches_failing", "Watches in error now.", (double)named);
	gauge(b, "watches_stale",
	    "Watches in error that have an earlier answer.", (double)stale);
	gauge(b, "watches_unanswered", "Watches without any answer.",
	    (double)unanswered);
	gauge(b, "watches_oldest_answer_seconds",
	    "Age of the oldest answer in use.", oldest);
}

static void
put_consul(struct buf *b, const struct consul *consul)
{
	struct consul_totals t = {0};

	consul_totals(consul, &t);
	put_totals(b, &t, consul_table, COUNT(consul_table));
	gauge(b, "consul_connections", "Open connections.", t.connections);
	put_watches(b, consul);
}

/* ---- the guard ---- */

#define AT(field) offsetof(struct guard_totals, field)
static const struct total guard_table[] = {
    {"guard_held_total", "", "Answers held because they took away too much.",
	AT(held)},
    {"guard_released_total", "{why=\"recovered\"}", "… that are held no more.",
	AT(recovered)},
    {"guard_released_total", "{why=\"expired\"}", NULL, AT(expired)},
    {"guard_released_total", "{why=\"approved\"}", NULL, AT(approved)},
    {"guard_denied_total", "", "… that were denied.", AT(denied)},
};
#undef AT

/* Held now, by the kind of query: health.service, kv.list, …. */
static void
put_guard(struct buf *b, const struct guard *guard)
{
	struct guard_totals t;
	struct strmap kinds = {0};
	struct strmap_entry *e;
	struct held h;

	guard_get_totals(guard, &t);
	put_totals(b, &t, guard_table, COUNT(guard_table));
	for (size_t i = 0; guard_next(guard, &i, &h);) {
		const char *end = memchr(h.id.ptr, '(', h.id.len);
		struct str kind = {
		    h.id.ptr, end ? (size_t)(end - h.id.ptr) : h.id.len};
		uintptr_t n = (uintptr_t)strmap_get(&kinds, kind);

		strmap_put(&kinds, kind, (void *)(n + 1));
	}
	family(b, "guard_held", "gauge", "Answers held now, by kind of query.");
	for (size_t i = 0; (e = strmap_next(&kinds, &i));) {
		sample(b, "guard_held", "kind", e->key);
		buf_printf(b, "%zu\n", (size_t)(uintptr_t)e->value);
	}
	strmap_fini(&kinds);
}

static void
put_remembered(struct buf *b, const struct catalog *catalog)
{
	int64_t oldest, age;
	size_t n = catalog_remembered(catalog, &oldest);

	age = n ? (int64_t)time(NULL) - oldest : 0;
	gauge(b, "remembered_answers",
	    "Answers of an earlier run in use, since Consul gave none.",
	    (double)n);
	gauge(b, "remembered_oldest_seconds", "Age of the oldest of them.",
	    (double)(age > 0 ? age : 0));
}

/* ---- HAProxy, changed at run time ---- */

#define AT(field) offsetof(struct live_totals, field)
static const struct {
	const char *name, *label, *help;
	size_t offset;
} live_table[] = {
    {"haproxy_steps_total", "result=\"done\"",
	"Commands of changes at run time, by what became of them.",
	AT(steps_done)},
    {"haproxy_steps_total", "result=\"refused\"", NULL, AT(steps_refused)},
    {"haproxy_steps_total", "result=\"undone\"", NULL, AT(steps_undone)},
    {"haproxy_verifies_total", "", "Comparisons of what runs with the files.",
	AT(verifies)},
    {"haproxy_verify_errors_total", "", "… that could not be made.",
	AT(verify_errors)},
    {"haproxy_drift_found_total", "",
	"Servers that were not as the files say, changed by others.",
	AT(drift_found)},
    {"haproxy_drift_repaired_total", "", "Repairs of such, at run time.",
	AT(drift_repaired)},
    {"haproxy_restarts_total", "",
	"Workers that came without a reload of weir's.", AT(restarts)},
};
#undef AT

static void
live_label(
    struct buf *b, const char *name, const struct live *l, const char *label)
{
	buf_printf(b, "weir_%s{", name);
	put_label(b, "haproxy", str_of(live_name(l)));
	buf_printf(b, "%s%s} ", *label ? "," : "", label);
}

static void
put_live_totals(struct buf *b, const struct report_options *o)
{
	const struct live *l;

	for (size_t k = 0; k < COUNT(live_table); k++) {
		if (live_table[k].help)
			family(b, live_table[k].name, "counter",
			    live_table[k].help);
		for (size_t i = 0; (l = o->next_live(o->live_arg, &i));) {
			const uint64_t *n =
			    (const void *)((const char *)live_get_totals(l) +
					   live_table[k].offset);

			live_label(
			    b, live_table[k].name, l, live_table[k].label);
			buf_printf(b, "%" PRIu64 "\n", *n);
		}
	}
}

static void
put_live_reloads(struct buf *b, const struct report_options *o)
{
	const struct live *l;

	family(b, "haproxy_reloads_total", "counter",
	    "Reloads, by why it was not at run time.");
	for (size_t i = 0; (l = o->next_live(o->live_arg, &i));)
		for (int why = 0; why < LIVE_REASONS; why++) {
			char label[64];

			snprintf(label, sizeof(label), "reason=\"%s\"",
			    live_reason_name((enum live_reason)why));
			live_label(b, "haproxy_reloads_total", l, label);
			buf_printf(b, "%" PRIu64 "\n",
			    live_get_totals(l)->reloads[why]);
		}
}

static void
put_live_gauge(struct buf *b, const struct report_options *o, const char *name,
    const char *help, size_t (*number)(const struct live *))
{
	const struct live *l;

	family(b, name, "gauge", help);
	for (size_t i = 0; (l = o->next_live(o->live_arg, &i));) {
		live_label(b, name, l, "");
		buf_printf(b, "%zu\n", number(l));
	}
}

static void
put_lives(struct buf *b, const struct report_options *o)
{
	size_t first = 0;

	if (!o->next_live || !o->next_live(o->live_arg, &first))
		return;
	put_live_totals(b, o);
	put_live_reloads(b, o);
	put_live_gauge(b, o, "haproxy_leftover_servers",
	    "Servers that run, drained or draining, without a line.",
	    live_leftovers);
	put_live_gauge(b, o, "haproxy_diverged",
	    "1: what runs is not what the files say, even after a reload.",
	    live_diverged);
	put_live_gauge(b, o, "haproxy_manual_servers",
	    "Servers whose state a person set.", live_manual);
}

void
report_print_metrics(const struct report_options *o, struct buf *b)
{
	put_run(b, o);
	put_process(b);
	if (o->catalog)
		put_remembered(b, o->catalog);
	if (o->plan && *o->plan)
		put_tasks(b, *o->plan);
	if (o->consul && *o->consul)
		put_consul(b, *o->consul);
	if (o->guard)
		put_guard(b, o->guard);
	put_lives(b, o);
}
