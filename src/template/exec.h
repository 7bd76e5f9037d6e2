/* SPDX-License-Identifier: MIT */
/*
 * The executor's inside: one struct exec walks the trees of one template for
 * one render. What every message names is `at`, the node evaluated last, as in
 * Go.
 *
 * Functions that can fail return 0 or -1 with the error set; exec_fail returns
 * -1 for `return exec_fail(…)`.
 */
#ifndef WEIR_TEMPLATE_EXEC_H
#define WEIR_TEMPLATE_EXEC_H

#include "node.h"

/* How walking a node ended. */
enum flow { FLOW_ON, FLOW_BREAK, FLOW_CONTINUE, FLOW_FAILED };

struct variable {
	const char *name; /* interned */
	struct value value;
};

/* One template being executed; on the C stack of who calls it. */
struct frame {
	const struct tree *tree;
	const struct node *call; /* where it was called; NULL for the first */
	const struct frame *outer;
	uint32_t base; /* its first variable */
};

/* Addresses that the C stack grows down to. */
struct stack_bounds {
	const char *mark; /* below: stack_deeper is to be called, once */
	const char *end;  /* not below */
};

struct exec {
	struct template *template;
	struct render *render;
	struct arena *arena;
	struct buf *out;
	const struct frame *frame;
	const struct node *at;
	struct variable *vars;
	uint32_t var_count;
	uint32_t var_room;
	uint32_t base; /* frame->base: older variables can't be seen */
	uint32_t depth;
	uint32_t executed; /* nested executeTemplate */
	uint64_t steps;
	uint32_t calls;     /* of functions */
	int64_t until;      /* seconds of the processor; 0: not asked for yet */
	uint64_t stamp;     /* of the data behind the last query's result */
	size_t out_start;   /* length of out when the render began */
	const char *dollar; /* the interned "$" */
	struct stack_bounds stack;
	struct error *error;
	struct buf text;         /* a function's, within one call */
	struct scratch *scratch; /* func_scratch.c; NULL: not asked for yet */
	struct map *slotted;     /* func_slots.c: backends that have slots */
};

/* One of Go's own functions. */
enum builtin_special { BUILTIN_PLAIN, BUILTIN_AND, BUILTIN_OR, BUILTIN_CALL };
struct builtin {
	struct func func;
	enum builtin_special special;
};

/* A signature, read once. A variadic's last parameter is the element's type. */
struct func_compiled {
	struct func func;
	const struct type **params;
	uint32_t count;
	bool variadic;
	bool result_any; /* declared interface {} */
	bool as_is;      /* declared reflect.Value */
	bool builtin;
	enum builtin_special special;
	const struct method *method; /* NULL: a function */
	struct func_compiled *next;  /* of the methods met at one node */
};

/* One call as it stands in the template. */
struct invocation {
	const struct func_compiled *func;
	const struct node *node; /* what an error is "at" */
	struct node *const *args;
	uint32_t arg_count;
	const struct value *final;    /* piped in; NULL: none */
	const struct value *receiver; /* of a method */
};

/* A field chain with what is given to its last name. */
struct chain {
	const struct node *node;
	struct node_name *names;
	uint32_t count;
	struct node *const *args;
	uint32_t arg_count;
	const struct value *final;
};

/* exec.c */
int exec_template(struct exec *, const struct tree *, struct value dot,
    const struct node *call);
enum flow exec_walk(
    struct exec *, const struct value *dot, const struct node *);
enum flow exec_walk_range(
    struct exec *, const struct value *dot, const struct node *);

/* exec_error.c */
int exec_fail(struct exec *, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
/* The same with a name that was perhaps meant; NULL: none. */
int exec_fail_near(struct exec *, const char *near, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));
/* ERROR_LIMIT. */
int exec_fail_limit(struct exec *, const char *format, ...)
    __attribute__((format(printf, 2, 3), cold));
/* For messages: the node in normal form, the value as %v. */
const char *exec_node_text(struct exec *, const struct node *);
const char *exec_value_text(struct exec *, const struct value *);

/* exec_eval.c: values come back as Go has them, an interface {} marked iface;
 * of a pipeline never. */
int exec_pipeline(struct exec *, const struct value *dot,
    const struct node *pipe, struct value *);
int exec_arg(struct exec *, const struct value *dot, const struct type *,
    const struct node *, struct value *);
void exec_push(struct exec *, const char *name, const struct value *);
int exec_set(struct exec *, struct str name, const struct value *);

/* exec_ref.c
 *
 * Go's reflection hands out elements of lists as references, so a list that is
 * sorted in place changes the elements in hand. In a template that sorts, an
 * element of a []string is such a reference until it is used. */
struct value value_element(
    const struct exec *, const struct value *list, size_t i);
extern const struct type type_reference; /* of no value elsewhere */
static inline void
value_deref(struct value *v)
{
	if (__builtin_expect(v->type == &type_reference, 0))
		*v = value_str(*(const struct str *)v->u.ptr);
}

/* exec_field.c */
int exec_variable(struct exec *, const struct value *dot, const struct chain *,
    struct value *);
int exec_chain(struct exec *, const struct value *dot,
    const struct value *receiver, const struct chain *, struct value *);
/* Through pointers; a nil pointer stays. Clears iface. */
void value_indirect(struct value *);

/* exec_call.c */
int exec_function(struct exec *, const struct value *dot,
    const struct node *ident, struct invocation *, struct value *);
int exec_method(struct exec *, const struct value *dot, const struct method *,
    struct invocation *, struct value *);
/* Makes the value fit the type (NULL: any), as an argument must. */
int exec_convert(struct exec *, const struct type *, struct value *);
bool type_can_be_nil(const struct type *);
struct value type_zero(struct arena *, const struct type *);
/* Calls with checked arguments; the error text is in call->error. */
int call_run(struct call *, const struct func_compiled *, struct value *);

/* exec_signature.c: in the arena; types are looked up in the template. */
struct func_compiled *func_compile(
    struct arena *, struct template *, const struct func *);

/* exec_stack.c: runs fn on a stack of its own, deep enough for
 * LIMIT_CALL_DEPTH. */
void stack_run(void (*fn)(void *), void *arg, struct stack_bounds *);
/* The mark was passed: it is the end then. */
void stack_deeper(struct stack_bounds *);

/* compare.c, escape.c: bodies of built-ins. */
int builtin_eq(struct call *, struct value *);
int builtin_ne(struct call *, struct value *);
int builtin_lt(struct call *, struct value *);
int builtin_le(struct call *, struct value *);
int builtin_gt(struct call *, struct value *);
int builtin_ge(struct call *, struct value *);
int builtin_html(struct call *, struct value *);
int builtin_js(struct call *, struct value *);
int builtin_urlquery(struct call *, struct value *);

#endif
