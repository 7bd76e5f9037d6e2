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
	if (v->by_call.count > CALLS_KEPT &&
	    v->by_call.count > 4 * v->asked_count)
		forget(v);
	v->asked_count = 0;
	v->pass++;
}

int
view_parse(struct view *v, enum query_kind kind, struct str argument,
    const struct query **query, struct error *error)
{
	char small[CALL_BYTES], *text = small;
	struct str call = {text, argument.len + 1};
	struct query *parsed;
	int rc = 0;

	if (call.len > sizeof(small))
		call.ptr = text = xmalloc(call.len);
	text[0] = (char)('A' + kind);
	if (argument.len)
		memcpy(text + 1, argument.ptr, argument.len);
	parsed = strmap_get(&v->by_call, call);
	if (!parsed) {
		rc = query_parse(kind, argument, &v->arena, &parsed, error);
		if (rc == 0)
			strmap_put(&v->by_call, call, parsed);
	}
	*query = parsed;
	if (text != small)
		free(text);
	return rc;
}

static struct wanted *
find(struct view *v, const struct query *q)
{
	struct wanted *w = strmap_get(&v->by_id, q->id);

	if (!w) {
		w = arena_zalloc(&v->arena, sizeof(*w));
		strmap_put(&v->by_id, q->id, w);
	}
	return w;
}

/* Puts it at the end of what this pass asks. */
static void
note(struct view *v, struct wanted *w, const struct query *q, int line)
{
	if (v->asked_count == v->asked_room) {
		v->asked_room = v->asked_room ? v->asked_room * 2 : 16;
		v->asked =
		    xrealloc(v->asked, v->asked_room, sizeof(struct wanted *));
	}
	v->asked[v->asked_count++] = w;
	*w = (struct wanted){.query = q, .line = line, .pass = v->pass};
}

struct answer *
view_ask(struct view *v, const struct query *q, int line)
{
	struct wanted *w = find(v, q);

	if (w->pass == v->pass)
		return w->answer;
	note(v, w, q, line);
	w->answer = catalog_get(v->catalog, q->id);
	w->wait = !w->answer;
	return w->answer;
}

void
view_wait(struct view *v, const struct query *q)
{
	find(v, q)->wait = true;
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
