/* SPDX-License-Identifier: MIT */
/* stage: report
 *
 * What others see of a running weir: systemd's notify socket, metrics and the
 * HTTP endpoint. Reads all stages, is read by none but cmd.
 *
 * Sources: sd_notify(3), sd_watchdog_enabled(3); Prometheus text format 0.0.4.
 */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "weir/apply.h"
#include "weir/buf.h"
#include "weir/consul.h"
#include "weir/error.h"
#include "weir/guard.h"
#include "weir/plan.h"

/* Counters of the run loop; it counts, report prints. */
struct run_totals {
	uint64_t renders, renders_unchanged, render_errors;
	uint64_t applies_written, applies_runtime, applies_reloaded,
	    applies_refused, applies_failed, applies_rolled_back,
	    applies_deferred;
	uint64_t config_reloads, config_reloads_refused;
	int64_t started_ms, last_apply_unix;
	uint64_t state_saves, state_failures;
	uint64_t state_bytes; /* of the whole file */
	int64_t state_saved_unix;
	int64_t paused_unix; /* since then; 0: not */
	int64_t last_render_us, last_check_ms, last_reload_ms;
	int old_workers;
	bool ready;
};

/* What the operator says to a running weir, on the control socket only and only
 * as its own user or root. */
enum report_order {
	ORDER_APPROVE,
	ORDER_DENY,
	ORDER_PAUSE,
	ORDER_RESUME,
	ORDER_RELOAD
};
/* query: of approve and deny; empty: all. Prints what was done; false: nothing
 * was there to do. */
typedef bool report_order_cb(
    void *arg, enum report_order, struct str query, struct buf *said);

struct report;
struct report_options {
	uv_loop_t *loop;
	/* host:port or unix:PATH; NULL: none, unless systemd hands over a
	 * socket (sd_listen_fds(3)), which wins. */
	const char *listen;
	const struct run_totals *totals;
	/* Borrowed through these, since a reload of the configuration replaces
	 * what they point to. Either may be NULL for a while. */
	struct plan *const *plan;
	struct consul *const *consul;
	const struct guard *guard;     /* borrowed; NULL: none */
	const struct catalog *catalog; /* borrowed; NULL: none */
	report_order_cb *on_order;     /* NULL: nothing is ordered */
	void *order_arg;
	/* for (size_t i = 0; (l = next_live(arg, &i));): each HAProxy that is
	 * changed at run time; NULL: none. */
	const struct live *(*next_live)(void *arg, size_t *at);
	void *live_arg;
};
/* NULL and the error if the endpoint can't be opened. */
struct report *report_new(const struct report_options *, struct error *);
/* Another address for the endpoint, or NULL for none; what systemd handed over
 * stays. -1 and the error if it can't be opened: then the old one is again. */
int report_listen(struct report *, const char *listen, struct error *);
/* Opens the control socket, which `weir status` asks: the same answers on a
 * unix socket in the directory of the state, for its owner, and there orders
 * are taken (report_order). -1 and the error if another weir has it, or the
 * directory is not there. */
int report_control(struct report *, const char *state_path, struct error *);
/* Its path; the caller frees. */
char *report_control_path(const char *state_path);
/* Closes the endpoint at once; the rest goes with the loop's next turns, so the
 * loop must run until nothing is left on it. */
void report_free(struct report **);

/* All of these accept NULL. READY=1 once, and again after report_reloading;
 * STATUS= when the text differs from the last one. */
void report_ready(struct report *);
void report_status(struct report *, const char *text);
void report_reloading(struct report *);
void report_stopping(struct report *);

/* What /metrics and /status answer. */
void report_print_metrics(const struct report_options *, struct buf *);
void report_print_status(const struct report_options *, struct buf *);

#endif
