/* SPDX-License-Identifier: MIT */
/*
 * Fields, map keys and methods: .A.B.C. A field of a record that was found is
 * remembered at the name in the tree with the type it belongs to, so the next
 * record of that type costs one comparison.
 */
#include <ctype.h>

#include "exec.h"

void
value_indirect(struct value *v)
{
	v->iface = false;
	if (v->type && v->type->kind == KIND_PTR && v->u.ptr && v->type->elem)
		v->type = v->type->elem;
}

struct value
type_zero(struct arena *arena, const struct type *type)
{
	if (type == &type_reflect_value)
		return VALUE_NONE;
	switch (type->kind) {
	case KIND_INTERFACE:
		return VALUE_NIL;
	case KIND_STRING:
		return (struct value){.type = type, .u.str = ""};
	case KIND_STRUCT:
		return (struct value){
		    .type = type, .u.ptr = arena_zalloc(arena, type->size)};
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		return (struct value){.type = type,
		    .u.complex = arena_zalloc(arena, 2 * sizeof(double))};
	default:
		return (struct value){.type = type};
	}
}

/* One name of a chain, and what it is looked up in. */
struct step {
	const struct chain *chain;
	struct node_name *name;
	bool last;             /* the arguments are for this one */
	const char *type_name; /* of the receiver, for messages */
	struct value receiver; /* indirected */
};

static bool
has_args(const struct step *s)
{
	return s->last && (s->chain->arg_count > 0 || s->chain->final);
}

static int
unknown_field(struct exec *x, const struct step *s)
{
	const struct type *t = s->receiver.type;
	const char *near = NULL;
	const char **names;

	if (t && t->kind == KIND_PTR)
		t = t->elem;
	if (t && t->field_count) {
		names = arena_alloc(x->arena, t->field_count * sizeof *names);
		for (uint32_t i = 0; i < t->field_count; i++)
			names[i] = t->fields[i].name;
		near = str_nearest(s->name->name, names, t->field_count);
	}
	return exec_fail_near(x, near, "can't evaluate field %.*s in type %s",
	    (int)s->name->name.len, s->name->name.ptr, s->type_name);
}

static int
nil_pointer(struct exec *x, const struct step *s)
{
	return exec_fail(x, "nil pointer evaluating %s.%.*s", s->type_name,
	    (int)s->name->name.len, s->name->name.ptr);
}

static int
record_field(struct exec *x, struct step *s, struct value *out)
{
	const struct type *t = s->receiver.type;
	const struct field *f = type_field(t, s->name->name);

	if (!f)
		return unknown_field(x, s);
	if (islower((unsigned char)f->name[0]))
		return exec_fail(x,
		    "%s is an unexported field of struct type %s", f->name,
		    s->type_name);
	if (has_args(s))
		return exec_fail(x,
		    "%s has arguments but cannot be invoked as function",
		    f->name);
	s->name->seen = t;
	s->name->seen_field = f;
	*out = value_field(s->receiver.u.ptr, f);
	return 0;
}

static int
map_key(struct exec *x, struct step *s, struct value *out)
{
	const struct type *t = s->receiver.type;
	struct value key = value_str(s->name->name);

	if (!type_assignable(&type_string, t->key))
		return unknown_field(x, s);
	if (has_args(s))
		return exec_fail(x, "%.*s is not a method but has arguments",
		    (int)key.len, key.u.str);
	if (map_find(s->receiver.u.map, &key, out))
		return 0;
	if (x->template->error_on_missing_key)
		return exec_fail(x, "map has no entry for key \"%.*s\"",
		    (int)key.len, key.u.str);
	*out = type_zero(x->arena, t->elem);
	return 0;
}

static int
call_method(struct exec *x, const struct value *dot, const struct step *s,
    const struct method *m, struct value *out)
{
	struct invocation i = {
	    .node = s->chain->node, .receiver = &s->receiver};

	if (s->last) {
		i.args = s->chain->args;
		i.arg_count = s->chain->arg_count;
		i.final = s->chain->final;
	}
	return exec_method(x, dot, m, &i, out);
}

/* The receiver has a type and is no nil interface. */
static int
look_up(struct exec *x, const struct value *dot, struct step *s,
    const struct value *receiver, struct value *out)
{
	const struct method *m = type_method(receiver->type, s->name->name);

	s->receiver = *receiver;
	value_indirect(&s->receiver);
	if (m)
		return call_method(x, dot, s, m, out);
	switch (s->receiver.type->kind) {
	case KIND_STRUCT:
		return record_field(x, s, out);
	case KIND_MAP:
		return map_key(x, s, out);
	case KIND_PTR: /* nil */
		if (s->receiver.type->elem &&
		    s->receiver.type->elem->kind == KIND_STRUCT &&
		    !type_field(s->receiver.type, s->name->name))
			return unknown_field(x, s);
		return nil_pointer(x, s);
	default:
		return unknown_field(x, s);
	}
}

static int
eval_name(struct exec *x, const struct value *dot, struct step *s,
    const struct value *receiver, struct value *out)
{
	if (!receiver->type && !receiver->iface) {
		if (x->template->error_on_missing_key)
			return exec_fail(x,
			    "nil data; no entry for key \"%.*s\"",
			    (int)s->name->name.len, s->name->name.ptr);
		*out = VALUE_NONE;
		return 0;
	}
	s->type_name = value_type_name(receiver);
	if (!receiver->type)
		return nil_pointer(x, s);
	return look_up(x, dot, s, receiver, out);
}

/* The field that was found at this name last, if the receiver is of that type
 * again. */
static inline bool
remembered(const struct node_name *name, const struct value *receiver,
    struct value *out)
{
	const struct type *t = receiver->type;

	if (!t)
		return false;
	if (t->kind == KIND_PTR && receiver->u.ptr)
		t = t->elem;
	if (t != name->seen)
		return false;
	*out = value_field(receiver->u.ptr, name->seen_field);
	return true;
}

int
exec_chain(struct exec *x, const struct value *dot,
    const struct value *receiver, const struct chain *c, struct value *out)
{
	bool has_given = c->arg_count > 0 || c->final;
	struct value at = *receiver;

	for (uint32_t i = 0; i < c->count; i++) {
		bool last = i + 1 == c->count;
		struct step s;

		if ((last && has_given) ||
		    !remembered(&c->names[i], &at, out)) {
			s.chain = c;
			s.name = &c->names[i];
			s.last = last;
			if (eval_name(x, dot, &s, &at, out) < 0)
				return -1;
		}
		at = *out;
	}
	return 0;
}
