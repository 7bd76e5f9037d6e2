/* SPDX-License-Identifier: MIT */
#include "memo.h"

#include <stdlib.h>

#include "weir/xalloc.h"

/* Nested template calls that are looked into; a deeper body is executed. */
#define LOOK_DEPTH 16
/* Variables of outside that one body may read. */
#define OUTSIDE_MAX 16

/* What is known about a range after its body was looked at once. */
struct verdict {
	bool can;
	uint32_t count;
	const struct node *outside[OUTSIDE_MAX]; /* NODE_VARIABLE */
};

/* ---- looking at a body ---- */

struct look {
	struct exec *exec;
	struct verdict *verdict;
	/* Names that the body itself declares, innermost last. */
	const char *inner[64];
	uint32_t inner_count;
	uint32_t depth;
};

static bool look(struct look *, const struct node *);

static bool
is_inner(const struct look *l, struct str name)
{
	for (uint32_t i = 0; i < l->inner_count; i++)
		if (l->inner[i] == name.ptr)
			return true;
	return false;
}

static bool
look_variable(struct look *l, const struct node *n)
{
	struct verdict *v = l->verdict;

	if (is_inner(l, n->u.chain.variable))
		return true;
	/* In a template that is called, only $ is left of outside: its dot. */
	if (l->depth || v->count == OUTSIDE_MAX)
		return false;
	v->outside[v->count++] = n;
	return true;
}

static bool
look_declaration(struct look *l, const struct node_pipe *p)
{
	for (uint32_t i = 0; i < p->decl_count; i++) {
		struct str name = p->decl[i]->u.chain.variable;

		if (p->is_assign) {
			if (!is_inner(l, name))
				return false;
			continue;
		}
		if (l->inner_count == sizeof l->inner / sizeof *l->inner)
			return false;
		l->inner[l->inner_count++] = name.ptr;
	}
	return true;
}

static bool
look_nodes(struct look *l, struct node *const *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!look(l, items[i]))
			return false;
	return true;
}

/* A declaration holds to the end of its block, so the names seen so far are
 * those that may be meant; a name that is declared only on one way through is
 * looked up outside on the other: then Go's parser has refused it. */
static bool
look_pipe(struct look *l, const struct node_pipe *p)
{
	return look_nodes(l, p->cmds, p->cmd_count) && look_declaration(l, p);
}

static bool
look_branch(struct look *l, const struct node_branch *b)
{
	uint32_t mark = l->inner_count, header;
	bool can = look(l, b->pipe);

	header = l->inner_count;
	can = can && look(l, b->list);
	l->inner_count = header;
	can = can && (!b->else_list || look(l, b->else_list));
	l->inner_count = mark;
	return can;
}

static bool
look_function(const struct node *n)
{
	if (n->u.ident.builtin)
		return n->u.ident.builtin->special != BUILTIN_CALL;
	return n->u.ident.func && n->u.ident.func->flags == FUNC_PURE &&
	       !n->u.ident.denied;
}

static bool
look_call(struct look *l, const struct node *n)
{
	const struct tree *t =
	    strmap_get(&l->exec->template->trees, n->u.call.name);
	struct look inner = {.exec = l->exec,
	    .verdict = l->verdict,
	    .inner = {l->exec->dollar},
	    .inner_count = 1,
	    .depth = l->depth + 1};

	if (!t || inner.depth > LOOK_DEPTH)
		return false;
	if (n->u.call.pipe && !look(l, n->u.call.pipe))
		return false;
	return look(&inner, t->root);
}

static bool
look(struct look *l, const struct node *n)
{
	switch (n->kind) {
	case NODE_TEXT:
	case NODE_BOOL:
	case NODE_NUMBER:
	case NODE_STRING:
	case NODE_DOT:
	case NODE_NIL:
	case NODE_FIELD:
	case NODE_BREAK:
	case NODE_CONTINUE:
		return true;
	case NODE_LIST:
		return look_nodes(l, n->u.list.items, n->u.list.count);
	case NODE_ACTION:
		return look(l, n->u.action);
	case NODE_PIPE:
		return look_pipe(l, &n->u.pipe);
	case NODE_COMMAND:
		return look_nodes(l, n->u.command.items, n->u.command.count);
	case NODE_VARIABLE:
		return look_variable(l, n);
	case NODE_CHAIN:
		return look(l, n->u.chain.base);
	case NODE_IDENTIFIER:
		return look_function(n);
	case NODE_IF:
	case NODE_WITH:
	case NODE_RANGE:
		return look_branch(l, &n->u.branch);
	case NODE_TEMPLATE:
		return look_call(l, n);
	}
	return false;
}

/* {{range [$i, $x :=] query …}}: one command, and that asks. */
static bool
is_query(const struct node_pipe *p)
{
	const struct node *first;

	if (p->is_assign || p->cmd_count != 1)
		return false;
	first = p->cmds[0]->u.command.items[0];
	return first->kind == NODE_IDENTIFIER && first->u.ident.func &&
	       first->u.ident.func->flags == FUNC_QUERY;
}

static struct verdict *
judge(struct exec *x, const struct node *range)
{
	const struct node_branch *b = &range->u.branch;
	struct verdict *v = arena_zalloc(&x->template->arena, sizeof *v);
	struct look l = {.exec = x, .verdict = v};

	v->can = is_query(&b->pipe->u.pipe) &&
		 look_declaration(&l, &b->pipe->u.pipe) && look(&l, b->list);
	return v;
}

/* ---- what the body reads from outside ---- */

/* Puts what identifies the value; false if it is none of the simple ones. */
static bool
put_value(struct buf *b, const struct value *v)
{
	buf_put(b, &v->type, sizeof v->type);
	switch (value_kind(v)) {
	case KIND_INVALID:
		return true;
	case KIND_STRING:
		buf_put(b, &v->len, sizeof v->len);
		buf_str(b, value_as_str(v));
		return true;
	default:
		if (value_kind(v) > KIND_FLOAT64)
			return false;
		buf_put(b, &v->u, sizeof v->u);
		return true;
	}
}

static bool
hash_outside(struct exec *x, const struct value *dot, const struct verdict *v,
    uint64_t *hash)
{
	struct error ignored = {0}, *error = x->error;
	struct buf b = {0};
	bool ok = true;

	*hash = 0;
	if (!v->count)
		return true;
	x->error = &ignored;
	for (uint32_t i = 0; ok && i < v->count; i++) {
		const struct node *n = v->outside[i];
		struct chain c = {.node = n,
		    .names = n->u.chain.names,
		    .count = n->u.chain.count};
		struct value value;

		ok = exec_variable(x, dot, &c, &value) == 0 &&
		     put_value(&b, &value);
	}
	x->error = error;
	error_fini(&ignored);
	*hash = str_hash(buf_as_str(&b));
	buf_fini(&b);
	return ok;
}

/* ---- the table ---- */

static uint64_t
slot_of(const struct node *node, uint64_t stamp, uint64_t outside)
{
	uint64_t h =
	    ((uintptr_t)node >> 4) ^ stamp * 0x9e3779b97f4a7c15u ^ outside;

	return h ^ h >> 29;
}

static struct memo_entry *
find(const struct memo_table *t, const struct memo_entry *want)
{
	uint64_t i = slot_of(want->node, want->stamp, want->outside);

	for (; t->room; i++) {
		struct memo_entry *e = &t->entries[i & (t->room - 1)];

		if (!e->node ||
		    (e->node == want->node && e->stamp == want->stamp &&
			e->outside == want->outside))
			return e;
	}
	return NULL;
}

static void
grow(struct memo_table *t)
{
	struct memo_table old = *t;

	t->room = old.room ? old.room * 2 : 64;
	t->entries = xcalloc(t->room, sizeof *t->entries);
	for (uint32_t i = 0; i < old.room; i++)
		if (old.entries[i].node)
			*find(t, &old.entries[i]) = old.entries[i];
	free(old.entries);
}

static void
put(struct memo_table *t, const struct memo_entry *e)
{
	struct memo_entry *slot;

	if (t->count * 2 >= t->room)
		grow(t);
	slot = find(t, e);
	t->count += !slot->node;
	*slot = *e;
}

static void
clear(struct memo_table *t)
{
	if (t->count)
		memset(t->entries, 0, t->room * sizeof *t->entries);
	t->count = 0;
}

void
memo_free(struct memo **mp)
{
	struct memo *m = *mp;

	*mp = NULL;
	if (!m)
		return;
	free(m->last.entries);
	free(m->next.entries);
	free(m);
}

void
memo_begin(struct memo **mp, struct str previous)
{
	struct memo *m = *mp;

	if (!m)
		m = *mp = xcalloc(1, sizeof *m);
	clear(&m->next);
	if (!previous.len)
		clear(&m->last);
}

void
memo_commit(struct memo *m)
{
	struct memo_table old = m->last;

	m->last = m->next;
	m->next = old;
}

/* ---- finding and noting ---- */

static bool
copy(struct exec *x, const struct memo_entry *e)
{
	struct str previous = x->render->previous;
	struct memo_entry moved = *e;

	if ((uint64_t)e->at + e->len > previous.len)
		return false;
	moved.at = (uint32_t)(x->out->len - x->out_start);
	buf_put(x->out, previous.ptr + e->at, e->len);
	put(&x->template->memo->next, &moved);
	return true;
}

bool
memo_find(struct exec *x, const struct value *dot, const struct node *range,
    uint64_t stamp, struct memo_key *key)
{
	struct node *n = (struct node *)(uintptr_t)range;
	struct memo_entry want = {.node = range, .stamp = stamp};
	const struct memo_entry *found;
	const struct verdict *v;

	key->is_known = false;
	/* What executeTemplate prints is not part of the text yet. */
	if (!x->render->remember || !stamp || x->out != x->render->out)
		return false;
	if (!n->cache)
		n->cache = judge(x, range);
	v = n->cache;
	if (!v->can || !hash_outside(x, dot, v, &want.outside))
		return false;
	*key = (struct memo_key){.is_known = true,
	    .stamp = stamp,
	    .outside = want.outside,
	    .start = (uint32_t)(x->out->len - x->out_start)};
	found = find(&x->template->memo->last, &want);
	return found && found->node && copy(x, found);
}

void
memo_note(struct exec *x, const struct node *range, const struct memo_key *key)
{
	struct memo_entry e = {.node = range,
	    .stamp = key->stamp,
	    .outside = key->outside,
	    .at = key->start,
	    .len = (uint32_t)(x->out->len - x->out_start) - key->start};

	put(&x->template->memo->next, &e);
}
