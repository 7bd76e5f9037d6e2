/* SPDX-License-Identifier: MIT */
/*
 * The two sources. A catalog file answers at once, but tells of it from the
 * loop, so that the caller meets the same order of events as with Consul.
 */
#include "source.h"

#include <stdlib.h>

#include "weir/xalloc.h"

struct source {
	struct source_options o;
	char *name;
	struct consul *consul;
	/* the catalog file */
	struct catalog_file *file;
	struct strmap wanted; /* id → struct file_query */
	uv_timer_t news; /* fires at once when there is something to tell */
	void (*on_closed)(void *);
	void *closed_arg;
};

/* A query put to the catalog file. */
struct file_query {
	struct query *query;
	char *error; /* what Consul would have refused it with */
	bool told;   /* the caller knows the answer */
	bool changed;
	bool keep; /* mark of source_want */
};

static void
file_query_free(struct file_query *q)
{
	query_free(&q->query);
	free(q->error);
	free(q);
}

static void
on_news(uv_timer_t *t)
{
	struct source *s = t->data;
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&s->wanted, &i));) {
		struct file_query *q = e->value;

		if (q->told)
			continue;
		q->told = true;
		if (!q->error)
			s->o.on_change(s->o.arg, q->query->id, q->changed);
	}
}

/* Puts the query to the file; the answer goes into the catalog. */
static void
answer(struct source *s, struct file_query *q)
{
	struct error e = {0};
	struct answer *a = catalog_file_answer(s->file, q->query, &e);

	free(q->error);
	q->error = NULL;
	if (!a) {
		q->error = xstrdup(e.text ? e.text : "no answer");
		q->told = false;
	} else if (catalog_put(s->o.catalog, q->query->id, a)) {
		q->changed = true;
		q->told = false;
	}
	error_fini(&e);
}

static void
want_from_file(
    struct source *s, const struct query *const *queries, size_t count)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&s->wanted, &i));)
		((struct file_query *)e->value)->keep = false;
	for (size_t i = 0; i < count; i++) {
		struct file_query *q = strmap_get(&s->wanted, queries[i]->id);

		if (!q) {
			q = xcalloc(1, sizeof(*q));
			q->query = query_copy(queries[i]);
			strmap_put(&s->wanted, q->query->id, q);
			answer(s, q);
			q->told = false;
			uv_timer_start(&s->news, on_news, 0, 0);
		}
		q->keep = true;
	}
	for (size_t i = 0; (e = strmap_next(&s->wanted, &i));) {
		struct file_query *q = e->value;

		if (q->keep)
			continue;
		catalog_drop(s->o.catalog, q->query->id);
		strmap_take(&s->wanted, e->key);
		file_query_free(q);
	}
}

int
source_reload(struct source *s, struct error *err)
{
	struct strmap_entry *e;
	struct catalog_file *fresh;

	if (!s->file)
		return 0;
	fresh = catalog_file_load(s->o.config->catalog_file, err);
	if (!fresh)
		return -1;
	catalog_file_free(&s->file);
	s->file = fresh;
	for (size_t i = 0; (e = strmap_next(&s->wanted, &i));)
		answer(s, e->value);
	uv_timer_start(&s->news, on_news, 0, 0);
	return 1;
}

struct source *
source_new(const struct source_options *o, struct error *e)
{
	struct source *s = xcalloc(1, sizeof(*s));
	const struct config *c = o->config;

	s->o = *o;
	if (c->catalog_file) {
		s->name = xasprintf("catalog file %s", c->catalog_file);
		s->file = catalog_file_load(c->catalog_file, e);
	} else {
		struct consul_options co = {.loop = o->loop,
		    .config = &c->consul,
		    .catalog = o->catalog,
		    .on_change = o->on_change,
		    .arg = o->arg,
		    .once = o->once};

		s->name =
		    xasprintf("Consul at %s", c->consul.addresses.items[0]);
		s->consul = consul_new(&co, e);
	}
	if (!s->file && !s->consul) {
		free(s->name);
		free(s);
		return NULL;
	}
	uv_timer_init(o->loop, &s->news);
	s->news.data = s;
	return s;
}

static void
on_timer_closed(uv_handle_t *h)
{
	struct source *s = h->data;
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&s->wanted, &i));)
		file_query_free(e->value);
	strmap_fini(&s->wanted);
	catalog_file_free(&s->file);
	free(s->name);
	if (s->on_closed)
		s->on_closed(s->closed_arg);
	free(s);
}

static void
on_consul_closed(void *arg)
{
	struct source *s = arg;

	uv_close((uv_handle_t *)&s->news, on_timer_closed);
}

void
source_close(struct source **sp, void (*on_closed)(void *), void *arg)
{
	struct source *s = *sp;

	*sp = NULL;
	if (!s)
		return;
	s->on_closed = on_closed;
	s->closed_arg = arg;
	if (s->consul)
		consul_close(&s->consul, on_consul_closed, s);
	else
		on_consul_closed(s);
}

void
source_want(struct source *s, const struct query *const *queries, size_t count)
{
	if (s->consul)
		consul_want(s->consul, queries, count);
	else
		want_from_file(s, queries, count);
}

const char *
source_why(void *source, struct str id)
{
	struct source *s = source;
	struct watch_info info;
	struct file_query *q;

	if (s->consul)
		return consul_watch_info(s->consul, id, &info) ? info.error
							       : NULL;
	q = strmap_get(&s->wanted, id);
	return q ? q->error : NULL;
}

bool
source_is_settled(const struct source *s)
{
	struct strmap_entry *e;

	if (s->consul)
		return false;
	for (size_t i = 0; (e = strmap_next(&s->wanted, &i));)
		if (!((struct file_query *)e->value)->told)
			return false;
	return true;
}

struct consul *
source_consul(const struct source *s)
{
	return s->consul;
}

const char *
source_name(const struct source *s)
{
	return s->name;
}

struct str
source_agent(const struct source *s)
{
	return s->consul ? consul_agent_name(s->consul)
			 : catalog_file_agent(s->file);
}

struct str
source_datacenter(const struct source *s)
{
	return s->consul ? consul_datacenter(s->consul)
			 : catalog_file_datacenter(s->file);
}
