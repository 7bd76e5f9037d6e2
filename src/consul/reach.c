/* SPDX-License-Identifier: MIT */
/*
 * `datacenters true`: of the list only those that answer. Each is asked for its
 * nodes, with a filter that nothing matches.
 */
#include "core.h"

#include <stdlib.h>

#include "weir/limits.h"
#include "weir/xalloc.h"

#include "scan.h"

/* Time for a datacenter to answer. */
#define REACH_MS 10000

struct reach_one {
	struct reach *reach;
	struct buf name; /* as JSON */
	struct http_request *request;
	bool answered;
};

struct reach {
	struct watch *watch;
	unsigned left;
	size_t count;
	bool cancelled;
	struct reach_one *all;
};

static void
end(struct reach *r)
{
	struct watch *w = r->watch;
	struct buf body = {0};

	buf_char(&body, '[');
	for (size_t i = 0; i < r->count; i++) {
		if (r->all[i].answered) {
			if (body.len > 1)
				buf_char(&body, ',');
			buf_str(&body, buf_as_str(&r->all[i].name));
		}
		buf_fini(&r->all[i].name);
	}
	buf_char(&body, ']');
	if (!r->cancelled) {
		w->reach = NULL;
		watch_accept(w, buf_as_str(&body));
	}
	buf_fini(&body);
	free(r->all);
	free(r);
}

static void
on_answer(void *arg, struct http_answer *a)
{
	struct reach_one *one = arg;
	struct reach *r = one->reach;
	struct watch *w = r->watch;

	one->request = NULL;
	one->answered = !a->cancelled && a->status == 200;
	if (--r->left == 0)
		end(r);
	watch_over(w);
}

static void
ask(struct reach_one *one, struct str datacenter)
{
	struct buf path = {0};
	char separator = '&';

	buf_puts(&path, "/v1/catalog/nodes?consistent&filter=Node%3D%3D%22%22");
	request_print_place(&path, &separator, datacenter, STR(""), STR(""));
	one->request = watch_request(
	    one->reach->watch, buf_as_str(&path), REACH_MS, on_answer, one);
	buf_fini(&path);
}

/* Names are of [A-Za-z0-9_-]: others are left out rather than quoted. */
static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '"' ||
		    s.ptr[i] == '\\')
			return false;
	return s.len > 0;
}

void
reach_start(struct watch *w, struct str body)
{
	struct reach *r = xcalloc(1, sizeof(*r));
	struct error error = {0};
	struct scan s;
	struct str name;

	r->watch = w;
	scan_init(&s, body, "catalog/datacenters", &error);
	for (bool ok = scan_open(&s, '['); ok && scan_element(&s);) {
		if (!scan_string(&s, &name) || !is_plain(name))
			continue;
		if (r->count == LIMIT_DATACENTERS) {
			error_set(&error, ERROR_LIMIT,
			    "more than %u datacenters", LIMIT_DATACENTERS);
			break;
		}
		r->all = xrealloc(r->all, r->count + 1, sizeof(*r->all));
		r->all[r->count] = (struct reach_one){.reach = r};
		buf_printf(&r->all[r->count++].name, "\"%.*s\"", (int)name.len,
		    name.ptr);
	}
	w->reach = r;
	if (error_is_set(&error) || scan_finish(&s) < 0 || !r->count) {
		r->cancelled = true;
		w->reach = NULL;
		watch_fail(
		    w, error.text ? error.text : "no datacenter in the list");
		end(r);
	} else {
		r->left = (unsigned)r->count;
		for (size_t i = 0; i < r->count; i++) {
			struct str quoted = buf_as_str(&r->all[i].name);

			ask(&r->all[i],
			    (struct str){quoted.ptr + 1, quoted.len - 2});
		}
	}
	scan_fini(&s);
	error_fini(&error);
}

void
reach_cancel(struct watch *w)
{
	struct reach *r = w->reach;

	if (!r)
		return;
	w->reach = NULL;
	r->cancelled = true;
	for (size_t i = 0; i < r->count; i++)
		http_cancel(&r->all[i].request);
}
