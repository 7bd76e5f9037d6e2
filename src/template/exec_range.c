/* SPDX-License-Identifier: MIT */
/*
 * range: over lists, maps (a copy of the pairs, since the body may change the
 * map), integers, channels. Every round costs a step, even with an empty body.
 */
#include "memo.h"

struct range {
	struct exec *exec;
	const struct node_pipe *pipe;
	const struct node *body;
	uint32_t mark; /* variables above belong to one round */
	bool any;
};

/* The variables of a round. Declared ones are the topmost. */
static int
set_variables(
    struct range *r, const struct value *index, const struct value *elem)
{
	struct exec *x = r->exec;
	const struct node_pipe *p = r->pipe;
	bool two = p->decl_count > 1;

	if (!p->is_assign) {
		x->vars[x->var_count - 1].value = *elem;
		if (two)
			x->vars[x->var_count - 2].value = *index;
		return 0;
	}
	if (exec_set(x, p->decl[0]->u.chain.variable, two ? index : elem) < 0)
		return -1;
	return two ? exec_set(x, p->decl[1]->u.chain.variable, elem) : 0;
}

/* FLOW_ON: go on. FLOW_BREAK: the range ends. */
static enum flow
iterate(struct range *r, struct value index, struct value elem)
{
	enum flow flow;

	r->any = true;
	if (r->pipe->decl_count && set_variables(r, &index, &elem) < 0)
		return FLOW_FAILED;
	flow = exec_walk(r->exec, &elem, r->body);
	r->exec->var_count = r->mark;
	return flow == FLOW_CONTINUE ? FLOW_ON : flow;
}

static enum flow
over_list(struct range *r, const struct value *v)
{
	enum flow flow = FLOW_ON;

	for (size_t i = 0; i < v->len && flow == FLOW_ON; i++)
		flow = iterate(
		    r, value_int((int64_t)i), value_element(r->exec, v, i));
	return flow;
}

static enum flow
over_map(struct range *r, const struct value *v)
{
	size_t n = map_count(v->u.map);
	struct map_entry *pairs =
	    arena_alloc(r->exec->arena, n * sizeof *pairs);
	enum flow flow = FLOW_ON;

	for (size_t i = 0; i < n; i++)
		pairs[i] = map_at(v->u.map, i);
	for (size_t i = 0; i < n && flow == FLOW_ON; i++)
		flow = iterate(r, pairs[i].key, pairs[i].value);
	return flow;
}

static enum flow
over_integer(struct range *r, const struct value *v)
{
	bool is_int = kind_is_int(v->type->kind);
	struct value at = {.type = v->type};
	enum flow flow = FLOW_ON;

	if (r->pipe->decl_count > 1) {
		exec_fail(r->exec,
		    "can't use %s to iterate over more than one variable",
		    exec_value_text(r->exec, v));
		return FLOW_FAILED;
	}
	for (; flow == FLOW_ON && (is_int ? at.u.i < v->u.i : at.u.u < v->u.u);
	     at.u.u++)
		flow = iterate(r, VALUE_NONE, at);
	return flow;
}

static enum flow
over_channel(struct range *r, const struct value *v)
{
	struct channel *c = v->u.chan;
	enum flow flow = FLOW_ON;

	for (int64_t i = 0; c && c->next < c->end && flow == FLOW_ON; i++)
		flow = iterate(r, value_int(i), value_int64(c->next++));
	return flow;
}

static enum flow
over(struct range *r, struct value *v)
{
	enum kind kind;

	value_deref(v);
	value_indirect(v);
	kind = value_kind(v);
	switch (kind) {
	case KIND_SLICE:
	case KIND_ARRAY:
		return over_list(r, v);
	case KIND_MAP:
		return over_map(r, v);
	case KIND_CHAN:
		return over_channel(r, v);
	case KIND_INVALID:
		return FLOW_ON;
	default:
		if (kind_is_int(kind) || kind_is_uint(kind))
			return over_integer(r, v);
		exec_fail(r->exec, "range can't iterate over %s",
		    exec_value_text(r->exec, v));
		return FLOW_FAILED;
	}
}

/* Elements of a query's answer; an empty one is the else's business. */
static bool
is_from_query(const struct value *v, uint64_t stamp)
{
	return stamp && value_kind(v) == KIND_SLICE && v->len > 0;
}

enum flow
exec_walk_range(
    struct exec *x, const struct value *dot, const struct node *node)
{
	const struct node_branch *b = &node->u.branch;
	uint32_t mark = x->var_count;
	struct range r = {.exec = x, .pipe = &b->pipe->u.pipe, .body = b->list};
	struct memo_key key = {0};
	struct value v;
	enum flow flow;

	x->stamp = 0;
	if (exec_pipeline(x, dot, b->pipe, &v) < 0)
		return FLOW_FAILED;
	if (is_from_query(&v, x->stamp) &&
	    memo_find(x, dot, node, x->stamp, &key)) {
		x->var_count = mark;
		return FLOW_ON;
	}
	r.mark = x->var_count;
	flow = over(&r, &v);
	if (flow != FLOW_FAILED && key.is_known)
		memo_note(x, node, &key);
	if (flow == FLOW_ON && !r.any && b->else_list)
		flow = exec_walk(x, dot, b->else_list);
	if (flow == FLOW_BREAK) /* also one in the else: it is ours */
		flow = FLOW_ON;
	x->var_count = mark;
	return flow;
}
