/* SPDX-License-Identifier: MIT */
/*
 * What one pass of one template asks. Parsed queries and their places stay from
 * pass to pass, so that a render of hundreds of queries that have all been
 * asked before allocates nothing here; a template whose arguments are never the
 * same twice is forgotten as a whole from time to time.
 */
#include <stdlib.h>
#include <string.h>

#include "weir/catalog.h"
#include "weir/xalloc.h"

/* Parsed calls that are kept whatever the last pass asked. */
#define CALLS_KEPT 1024
/* Bytes of a call's text that need no memory of their own. */
#define CALL_BYTES 240

void
view_init(struct view *v, struct catalog *catalog)
{
	*v = (struct view){.catalog = catalog, .pass = 1};
}

static void
forget(struct view *v)
{
	strmap_fini(&v->by_id);
	strmap_fini(&v->by_call);
	arena_fini(&v->arena);
}

void
view_fini(struct view *v)
{
	forget(v);
	free(v->asked);
	*v = (struct view){0};
}

void
view_reset(struct view *v)
{
	v->moved = v->by_call.count > CALLS_KEPT &&
		   v->by_call.count > 4 * v->asked_count;
	if (v->moved)
		forget(v);
	v->before_count = v->asked_count;
	v->asked_count = 0;
	v->pass++;
}

/* The dependency of that identity. */
static struct wanted *
find(struct view *v, const struct query *q)
{
	struct wanted *w = strmap_get(&v->by_id, q->id);

	if (!w) {
		w = arena_zalloc(&v->arena, sizeof(*w));
		w->query = q;
		w->hash = str_hash(q->id);
		strmap_put(&v->by_id, q->id, w);
	}
	return w;
}

int
view_parse(struct view *v, enum query_kind kind, struct str argument,
    struct wanted **wanted, struct error *error)
{
	char small[CALL_BYTES], *text = small;
	struct str call = {text, argument.len + 1};
	struct query *parsed;
	struct wanted *w;
	int rc = 0;

	if (call.len > sizeof(small))
		call.ptr = text = xmalloc(call.len);
	text[0] = (char)('A' + kind);
	if (argument.len)
		memcpy(text + 1, argument.ptr, argument.len);
	w = strmap_get(&v->by_call, call);
	if (!w) {
		rc = query_parse(kind, argument, &v->arena, &parsed, error);
		if (rc == 0) {
			w = find(v, parsed);
			strmap_put(&v->by_call, call, w);
		}
	}
	*wanted = w;
	if (text != small)
		free(text);
	return rc;
}

/* Puts it at the end of what this pass asks. */
static void
note(struct view *v, struct wanted *w, int line)
{
	size_t at = v->asked_count;

	if (at >= v->before_count || v->asked[at] != w)
		v->moved = true;
	if (v->asked_count == v->asked_room) {
		v->asked_room = v->asked_room ? v->asked_room * 2 : 16;
		v->asked =
		    xrealloc(v->asked, v->asked_room, sizeof(struct wanted *));
	}
	v->asked[v->asked_count++] = w;
	w->wait = false;
	w->line = line;
	w->pass = v->pass;
}

struct answer *
view_ask(struct view *v, struct wanted *w, int line)
{
	if (w->pass == v->pass)
		return w->answer;
	note(v, w, line);
	w->answer = catalog_get_hashed(v->catalog, w->query->id, w->hash);
	w->wait = !w->answer;
	return w->answer;
}

void
view_wait(struct view *v, struct wanted *w)
{
	(void)v;
	w->wait = true;
}

bool
view_is_same(const struct view *v)
{
	return !v->moved && v->asked_count == v->before_count;
}

bool
view_has(const struct view *v, struct str id)
{
	const struct wanted *w = strmap_get(&v->by_id, id);

	return w && w->pass == v->pass;
}

const struct wanted *
view_next(const struct view *v, size_t *at)
{
	return *at < v->asked_count ? v->asked[(*at)++] : NULL;
}
