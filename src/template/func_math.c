/* SPDX-License-Identifier: MIT */
/*
 * consul-template's arithmetic. The second argument is the one that a pipe
 * gives: `5 | subtract 2` is 3. Integers give int64 and wrap, two unsigned ones
 * uint64, a float makes everything float64.
 */
#include <math.h>

#include "families.h"
#include "func.h"

enum operation { ADD, SUBTRACT, MULTIPLY, DIVIDE, MODULO, MINIMUM, MAXIMUM };

enum class { NO_NUMBER, SIGNED, UNSIGNED, FLOAT };

struct number {
	enum class class;
	uint64_t bits; /* of an integer, signed or not */
	double f;      /* its value, however it is kept */
};

static struct number
number_of(const struct value *v)
{
	enum kind kind = value_kind(v);

	if (kind_is_int(kind))
		return (struct number){
		    SIGNED, (uint64_t)v->u.i, (double)v->u.i};
	if (kind_is_uint(kind))
		return (struct number){UNSIGNED, v->u.u, (double)v->u.u};
	if (kind_is_float(kind))
		return (struct number){FLOAT, 0, v->u.f};
	return (struct number){0};
}

static struct value
value_of(struct number n)
{
	if (n.class == FLOAT)
		return value_float(n.f);
	return n.class == SIGNED ? value_int64((int64_t)n.bits)
				 : value_uint64(n.bits);
}

static int
refuse(struct call *c, const struct value *v)
{
	const struct value twice[] = {*v, *v};
	struct buf b = {0};

	if (v->type)
		value_printf(&b, STR("%q (%T)"), twice, 2);
	else
		buf_puts(&b, "<invalid reflect.Value> (<nil>)");
	call_fail(c, "%s: unknown type for %s", c->func->name, b.ptr);
	buf_fini(&b);
	return -1;
}

static double
apply_float(enum operation operation, double a, double b)
{
	switch (operation) {
	case ADD:
		return a + b;
	case SUBTRACT:
		return a - b;
	case MULTIPLY:
		return a * b;
	default:
		return a / b;
	}
}

/* a / b and a % b of two's complement: the least value over -1 wraps. */
static uint64_t
divide(enum operation operation, uint64_t a, uint64_t b, bool is_signed)
{
	bool quotient = operation == DIVIDE;

	if (!is_signed)
		return quotient ? a / b : a % b;
	if (b == UINT64_MAX)
		return quotient ? 0 - a : 0;
	return quotient ? (uint64_t)((int64_t)a / (int64_t)b)
			: (uint64_t)((int64_t)a % (int64_t)b);
}

static int
apply_integer(struct call *c, enum operation operation, struct number a,
    struct number b, struct value *result)
{
	bool is_signed = a.class == SIGNED || b.class == SIGNED;
	struct number n = {.class = is_signed ? SIGNED : UNSIGNED};

	switch (operation) {
	case ADD:
		n.bits = a.bits + b.bits;
		break;
	case SUBTRACT:
		n.bits = a.bits - b.bits;
		break;
	case MULTIPLY:
		n.bits = a.bits * b.bits;
		break;
	default:
		if (b.bits == 0)
			return call_fail(
			    c, "runtime error: integer divide by zero");
		n.bits = divide(operation, a.bits, b.bits, is_signed);
	}
	*result = value_of(n);
	return 0;
}

static int
calculate(struct call *c, enum operation operation, struct value *result)
{
	struct number b = number_of(&c->args[0]), a = number_of(&c->args[1]);
	enum class most = operation == MODULO ? UNSIGNED : FLOAT;

	if (a.class == NO_NUMBER || a.class > most)
		return refuse(c, &c->args[1]);
	if (b.class == NO_NUMBER || b.class > most)
		return refuse(c, &c->args[0]);
	if (a.class != FLOAT && b.class != FLOAT)
		return apply_integer(c, operation, a, b, result);
	*result = value_float(apply_float(operation, a.f, b.f));
	return 0;
}

/* An unsigned number beside a signed one is read as signed. */
static bool
is_less(struct number a, struct number b)
{
	if (a.class == FLOAT || b.class == FLOAT)
		return a.f < b.f;
	if (a.class == UNSIGNED && b.class == UNSIGNED)
		return a.bits < b.bits;
	return (int64_t)a.bits < (int64_t)b.bits;
}

/* The winner keeps its type; of equal ones it is the first argument. */
static int
choose(struct call *c, enum operation operation, struct value *result)
{
	struct number b = number_of(&c->args[0]), a = number_of(&c->args[1]);

	if (a.class == NO_NUMBER)
		return refuse(c, &c->args[1]);
	if (b.class == NO_NUMBER)
		return refuse(c, &c->args[0]);
	if (operation == MINIMUM ? is_less(a, b) : is_less(b, a))
		*result = value_of(a);
	else
		*result = value_of(b);
	return 0;
}

static int
call_add(struct call *c, struct value *result)
{
	return calculate(c, ADD, result);
}

static int
call_subtract(struct call *c, struct value *result)
{
	return calculate(c, SUBTRACT, result);
}

static int
call_multiply(struct call *c, struct value *result)
{
	return calculate(c, MULTIPLY, result);
}

static int
call_divide(struct call *c, struct value *result)
{
	return calculate(c, DIVIDE, result);
}

static int
call_modulo(struct call *c, struct value *result)
{
	return calculate(c, MODULO, result);
}

static int
call_minimum(struct call *c, struct value *result)
{
	return choose(c, MINIMUM, result);
}

static int
call_maximum(struct call *c, struct value *result)
{
	return choose(c, MAXIMUM, result);
}

/* ---- loop ---- */

static int
loop_bound(struct call *c, const struct value *v, int64_t *bound)
{
	struct number n = number_of(v);
	struct buf b = {0};

	*bound = (int64_t)n.bits;
	if (n.class == SIGNED || n.class == UNSIGNED)
		return 0;
	if (value_kind(v) == KIND_STRING)
		return func_parse_int(c, value_as_str(v), bound);
	value_printf(&b, STR("%T"), v, 1);
	call_fail(c, "loop: bad argument type: %s", b.ptr);
	buf_fini(&b);
	return -1;
}

static int
call_loop(struct call *c, struct value *result)
{
	struct channel *channel = arena_zalloc(c->arena, sizeof(*channel));

	if (c->argc < 1 || c->argc > 2)
		return call_fail(c,
		    "loop: wrong number of arguments, expected 1 or 2, but "
		    "got %zu",
		    c->argc);
	if (c->argc == 2 && loop_bound(c, &c->args[0], &channel->next) < 0)
		return -1;
	if (loop_bound(c, &c->args[c->argc - 1], &channel->end) < 0)
		return -1;
	*result = (struct value){.type = &type_chan_int64, .u.chan = channel};
	return 0;
}

#define ANY "interface {}"
#define TWO "interface {},interface {}"

static const struct func funcs[] = {
    {"add", TWO, ANY, call_add, FUNC_PURE, "add a b — a + b"},
    {"divide", TWO, ANY, call_divide, FUNC_PURE, "divide a b — b / a"},
    {"loop", "...interface {}", "<-chan int64", call_loop, FUNC_EFFECT,
	"loop [from] to — the numbers up to, not including, to; for range"},
    {"maximum", TWO, ANY, call_maximum, FUNC_PURE,
	"maximum a b — the larger one"},
    {"minimum", TWO, ANY, call_minimum, FUNC_PURE,
	"minimum a b — the smaller one"},
    {"modulo", TWO, ANY, call_modulo, FUNC_PURE,
	"modulo a b — what remains of b / a, with the sign of b"},
    {"multiply", TWO, ANY, call_multiply, FUNC_PURE, "multiply a b — a * b"},
    {"subtract", TWO, ANY, call_subtract, FUNC_PURE, "subtract a b — b - a"},
};

const struct func_family family_math = {
    .name = "math",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
