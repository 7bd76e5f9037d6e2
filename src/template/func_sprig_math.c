/* SPDX-License-Identifier: MIT */
/*
 * sprig's arithmetic: whole numbers as int64 that wrap, floats through exact
 * decimals. Anything is taken for a number (see sprig.h).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "capacity.h"
#include "decimal.h"
#include "families.h"
#include "sprig.h"
#include "strconv.h"
#include "weir/limits.h"

/* ---- whole numbers ---- */

/* Wraps as Go does. */
static int64_t
as_int(uint64_t n)
{
	return (int64_t)n;
}

static uint64_t
arg(const struct call *c, size_t i)
{
	return (uint64_t)sprig_int(&c->args[i]);
}

static int
call_add(struct call *c, struct value *result)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->argc; i++)
		sum += arg(c, i);
	*result = value_int64(as_int(sum));
	return 0;
}

static int
call_add1(struct call *c, struct value *result)
{
	*result = value_int64(as_int(arg(c, 0) + 1));
	return 0;
}

static int
call_sub(struct call *c, struct value *result)
{
	*result = value_int64(as_int(arg(c, 0) - arg(c, 1)));
	return 0;
}

static int
call_mul(struct call *c, struct value *result)
{
	uint64_t product = arg(c, 0);

	for (size_t i = 1; i < c->argc; i++)
		product *= arg(c, i);
	*result = value_int64(as_int(product));
	return 0;
}

static int
divide(struct call *c, struct value *result, bool rest)
{
	int64_t a = sprig_int(&c->args[0]), b = sprig_int(&c->args[1]);

	if (b == 0)
		return call_fail(c, "runtime error: integer divide by zero");
	if (b == -1) /* the least int64 divided by -1 is itself */
		*result = value_int64(rest ? 0 : as_int(-(uint64_t)a));
	else
		*result = value_int64(rest ? a % b : a / b);
	return 0;
}

static int
call_div(struct call *c, struct value *result)
{
	return divide(c, result, false);
}

static int
call_mod(struct call *c, struct value *result)
{
	return divide(c, result, true);
}

static int
choose(struct call *c, struct value *result, bool largest)
{
	int64_t best = sprig_int(&c->args[0]);

	for (size_t i = 1; i < c->argc; i++) {
		int64_t n = sprig_int(&c->args[i]);

		if (largest ? n > best : n < best)
			best = n;
	}
	*result = value_int64(best);
	return 0;
}

static int
call_max(struct call *c, struct value *result)
{
	return choose(c, result, true);
}

static int
call_min(struct call *c, struct value *result)
{
	return choose(c, result, false);
}

static int
call_rand_int(struct call *c, struct value *result)
{
	uint64_t width = (uint64_t)c->args[1].u.i - (uint64_t)c->args[0].u.i;
	uint64_t n, skew;

	if (as_int(width) <= 0)
		return call_fail(c, "invalid argument to Intn");
	skew = (UINT64_MAX - width + 1) % width;
	do {
		if (getrandom(&n, sizeof(n), 0) != sizeof(n))
			return call_fail(c, "no random numbers");
	} while (n < skew);
	*result = value_int(as_int((uint64_t)c->args[0].u.i + n % width));
	return 0;
}

/* ---- conversions ---- */

static int
call_atoi(struct call *c, struct value *result)
{
	int64_t n;

	strconv_int(value_as_str(&c->args[0]), 10, &n);
	*result = value_int(n);
	return 0;
}

static int
call_int(struct call *c, struct value *result)
{
	*result = value_int(sprig_int(&c->args[0]));
	return 0;
}

static int
call_int64(struct call *c, struct value *result)
{
	*result = value_int64(sprig_int(&c->args[0]));
	return 0;
}

static int
call_float64(struct call *c, struct value *result)
{
	*result = value_float(sprig_float(&c->args[0]));
	return 0;
}

/* Reads what is printed as an octal number. */
static int
call_to_decimal(struct call *c, struct value *result)
{
	int64_t n;

	if (strconv_int(value_to_str(c->arena, &c->args[0]), 8, &n) !=
	    STRCONV_OK)
		n = 0;
	*result = value_int64(n);
	return 0;
}

/* ---- sequences ---- */

struct sequence {
	int64_t start, stop, step;
};

/* How many numbers it has: untilStep's loop, without running it. */
static uint64_t
sequence_length(const struct sequence *s)
{
	if (s->stop < s->start)
		return s->step >= 0 ? 0
				    : ((uint64_t)s->start - (uint64_t)s->stop -
					  1) / -(uint64_t)s->step +
					  1;
	if (s->step <= 0 || s->stop == s->start)
		return 0;
	return ((uint64_t)s->stop - (uint64_t)s->start - 1) /
		   (uint64_t)s->step +
	       1;
}

static int
too_long(struct call *c)
{
	return call_fail(c, "more than %u numbers at once", LIMIT_SEQUENCE);
}

static int
give_ints(struct call *c, struct sequence s, struct value *result)
{
	uint64_t length = sequence_length(&s), n = (uint64_t)s.start;
	struct list_builder list;

	if (length > LIMIT_SEQUENCE)
		return too_long(c);
	list_begin(&list, c->arena, &type_ints);
	for (uint64_t i = 0; i < length; i++, n += (uint64_t)s.step)
		list_add(&list, value_int(as_int(n)));
	*result =
	    list_end_room(&list, capacity_grown(&type_ints, 0, list.count));
	result->not_nil = true;
	return 0;
}

static int
call_until(struct call *c, struct value *result)
{
	int64_t count = c->args[0].u.i;

	return give_ints(
	    c, (struct sequence){0, count, count < 0 ? -1 : 1}, result);
}

static int
call_until_step(struct call *c, struct value *result)
{
	return give_ints(c,
	    (struct sequence){c->args[0].u.i, c->args[1].u.i, c->args[2].u.i},
	    result);
}

/* seq's arguments: [start [step]] end; false: it gives nothing. */
static bool
read_sequence(const struct call *c, struct sequence *s)
{
	int64_t end, toward;

	if (c->argc < 1 || c->argc > 3)
		return false;
	s->start = c->argc == 1 ? 1 : c->args[0].u.i;
	end = c->args[c->argc - 1].u.i;
	toward = end < s->start ? -1 : 1;
	s->step = c->argc == 3 ? c->args[1].u.i : toward;
	if (toward < 0 && s->step > 0)
		return false;
	s->stop = as_int((uint64_t)end + (uint64_t)toward);
	return true;
}

static int
call_seq(struct call *c, struct value *result)
{
	struct sequence s;
	struct buf text = {.limit = LIMIT_OUTPUT_BYTES};
	uint64_t length, n;

	*result = value_str(STR(""));
	if (!read_sequence(c, &s))
		return 0;
	length = sequence_length(&s);
	if (length > LIMIT_SEQUENCE)
		return too_long(c);
	n = (uint64_t)s.start;
	for (uint64_t i = 0; i < length; i++, n += (uint64_t)s.step)
		buf_printf(&text, "%s%lld", i ? " " : "", (long long)as_int(n));
	*result = value_str(arena_str(c->arena, buf_as_str(&text)));
	buf_fini(&text);
	return 0;
}

/* ---- floats ---- */

static int
call_ceil(struct call *c, struct value *result)
{
	*result = value_float(ceil(sprig_float(&c->args[0])));
	return 0;
}

static int
call_floor(struct call *c, struct value *result)
{
	*result = value_float(floor(sprig_float(&c->args[0])));
	return 0;
}

/* round v places [threshold]: the digit behind decides by the threshold. */
/* math.Pow of Go for a whole power: by squares of the fraction, the exponents
 * apart, which is not the nearest number that libm's gives. */
static double
power_of_ten(int64_t n)
{
	uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;
	double product = 1, square;
	int64_t exponent = 0;
	int each;

	if (left >= (uint64_t)1 << 62) /* as a float, perhaps 1 << 63 */
		return n < 0 ? 0 : INFINITY;
	square = frexp(10, &each);
	for (; left; left >>= 1) {
		if (each < -4096 || each > 4096) {
			exponent += each;
			break;
		}
		if (left & 1) {
			product *= square;
			exponent += each;
		}
		square *= square;
		each *= 2;
		if (square < 0.5) {
			square += square;
			each--;
		}
	}
	return n < 0 ? ldexp(1 / product, (int)-exponent)
		     : ldexp(product, (int)exponent);
}

static int
call_round(struct call *c, struct value *result)
{
	double on = c->argc > 2 ? c->args[2].u.f : 0.5;
	double power = power_of_ten(c->args[1].u.i);
	double scaled = power * sprig_float(&c->args[0]), whole;
	double rest = modf(scaled, &whole);

	if (isinf(scaled))
		rest = NAN; /* as Go's Modf has it */
	*result =
	    value_float((rest >= on ? ceil(scaled) : floor(scaled)) / power);
	return 0;
}

/* math.Max and math.Min of Go: infinities, then NaN, then the sign of 0. */
static double
pick(double a, double b, bool largest)
{
	double limit = largest ? INFINITY : -INFINITY;

	if (a == limit || b == limit)
		return limit;
	if (isnan(a) || isnan(b))
		return NAN;
	if (a == 0 && b == 0)
		return signbit(a) == largest ? b : a;
	return (a > b) == largest ? a : b;
}

static int
choose_float(struct call *c, struct value *result, bool largest)
{
	double best = sprig_float(&c->args[0]);

	for (size_t i = 1; i < c->argc; i++)
		best = pick(best, sprig_float(&c->args[i]), largest);
	*result = value_float(best);
	return 0;
}

static int
call_maxf(struct call *c, struct value *result)
{
	return choose_float(c, result, true);
}

static int
call_minf(struct call *c, struct value *result)
{
	return choose_float(c, result, false);
}

/* ---- exact floats ---- */

typedef int decimal_fn(struct decimal *, const struct decimal *);

static int
read_decimal(struct call *c, double f, struct decimal *d)
{
	struct value v = value_float(f);
	struct str text;

	if (isfinite(f)) {
		decimal_set(d, f);
		return 0;
	}
	text = value_to_str(c->arena, &v);
	return call_fail(
	    c, "Cannot create a Decimal from %.*s", (int)text.len, text.ptr);
}

static int
apply(struct call *c, struct decimal *a, double f, decimal_fn *op)
{
	struct decimal b;
	int rc;

	decimal_init(&b);
	rc = read_decimal(c, f, &b);
	if (rc == 0 && op == decimal_divide && mpz_sgn(b.coefficient) == 0)
		rc = call_fail(c, "decimal division by 0");
	else if (rc == 0 && op(a, &b) < 0)
		rc = call_fail(c, "the number has too many digits");
	decimal_fini(&b);
	return rc;
}

/* start op args[from] op … */
static int
compute(struct call *c, struct value *result, size_t from, decimal_fn *op)
{
	double start = from ? sprig_float(&c->args[0]) : 0;
	struct decimal a;
	int rc;

	decimal_init(&a);
	rc = read_decimal(c, start, &a);
	for (size_t i = from; rc == 0 && i < c->argc; i++)
		rc = apply(c, &a, sprig_float(&c->args[i]), op);
	if (rc == 0)
		*result = value_float(decimal_get(&a));
	decimal_fini(&a);
	return rc;
}

static int
call_addf(struct call *c, struct value *result)
{
	return compute(c, result, 0, decimal_add);
}

static int
call_add1f(struct call *c, struct value *result)
{
	struct decimal a;
	int rc;

	decimal_init(&a);
	rc = read_decimal(c, sprig_float(&c->args[0]), &a);
	if (rc == 0)
		rc = apply(c, &a, 1, decimal_add);
	if (rc == 0)
		*result = value_float(decimal_get(&a));
	decimal_fini(&a);
	return rc;
}

static int
call_subf(struct call *c, struct value *result)
{
	return compute(c, result, 1, decimal_subtract);
}

static int
call_mulf(struct call *c, struct value *result)
{
	return compute(c, result, 1, decimal_multiply);
}

static int
call_divf(struct call *c, struct value *result)
{
	return compute(c, result, 1, decimal_divide);
}

#define ANY "interface {}"

static const struct func funcs[] = {
    {"sprig_add", "..." ANY, "int64", call_add, FUNC_PURE,
	"sprig_add n… — the sum"},
    {"sprig_add1", ANY, "int64", call_add1, FUNC_PURE, "sprig_add1 n — n + 1"},
    {"sprig_add1f", ANY, "float64", call_add1f, FUNC_PURE,
	"sprig_add1f f — f + 1, exact in decimals"},
    {"sprig_addf", "..." ANY, "float64", call_addf, FUNC_PURE,
	"sprig_addf f… — the sum, exact in decimals"},
    {"sprig_atoi", "string", "int", call_atoi, FUNC_PURE,
	"sprig_atoi s — the decimal number, or 0"},
    {"sprig_biggest", ANY ",..." ANY, "int64", call_max, FUNC_PURE,
	"sprig_biggest n… — as sprig_max"},
    {"sprig_ceil", ANY, "float64", call_ceil, FUNC_PURE,
	"sprig_ceil f — the next whole number up"},
    {"sprig_div", ANY "," ANY, "int64", call_div, FUNC_PURE,
	"sprig_div a b — a / b, cut toward 0"},
    {"sprig_divf", ANY ",..." ANY, "float64", call_divf, FUNC_PURE,
	"sprig_divf a b… — a / b / …, to 16 places"},
    {"sprig_float64", ANY, "float64", call_float64, FUNC_PURE,
	"sprig_float64 v — as a float, or 0"},
    {"sprig_floor", ANY, "float64", call_floor, FUNC_PURE,
	"sprig_floor f — the next whole number down"},
    {"sprig_int", ANY, "int", call_int, FUNC_PURE,
	"sprig_int v — as an int, or 0"},
    {"sprig_int64", ANY, "int64", call_int64, FUNC_PURE,
	"sprig_int64 v — as an int64, or 0"},
    {"sprig_max", ANY ",..." ANY, "int64", call_max, FUNC_PURE,
	"sprig_max n… — the largest"},
    {"sprig_maxf", ANY ",..." ANY, "float64", call_maxf, FUNC_PURE,
	"sprig_maxf f… — the largest"},
    {"sprig_min", ANY ",..." ANY, "int64", call_min, FUNC_PURE,
	"sprig_min n… — the smallest"},
    {"sprig_minf", ANY ",..." ANY, "float64", call_minf, FUNC_PURE,
	"sprig_minf f… — the smallest"},
    {"sprig_mod", ANY "," ANY, "int64", call_mod, FUNC_PURE,
	"sprig_mod a b — what is left of a / b"},
    {"sprig_mul", ANY ",..." ANY, "int64", call_mul, FUNC_PURE,
	"sprig_mul n… — the product"},
    {"sprig_mulf", ANY ",..." ANY, "float64", call_mulf, FUNC_PURE,
	"sprig_mulf f… — the product, exact in decimals"},
    {"sprig_randInt", "int,int", "int", call_rand_int, FUNC_EFFECT,
	"sprig_randInt a b — a random number, a <= n < b"},
    {"sprig_round", ANY ",int,...float64", "float64", call_round, FUNC_PURE,
	"sprig_round f places [threshold] — rounded"},
    {"sprig_seq", "...int", "string", call_seq, FUNC_PURE,
	"sprig_seq [start [step]] end — numbers with blanks between"},
    {"sprig_sub", ANY "," ANY, "int64", call_sub, FUNC_PURE,
	"sprig_sub a b — a - b"},
    {"sprig_subf", ANY ",..." ANY, "float64", call_subf, FUNC_PURE,
	"sprig_subf a b… — a - b - …, exact in decimals"},
    {"sprig_toDecimal", ANY, "int64", call_to_decimal, FUNC_PURE,
	"sprig_toDecimal v — the octal number that v prints as"},
    {"sprig_until", "int", "[]int", call_until, FUNC_PURE,
	"sprig_until n — 0 … n-1"},
    {"sprig_untilStep", "int,int,int", "[]int", call_until_step, FUNC_PURE,
	"sprig_untilStep from to step — from, from+step, … before to"},
};

const struct func_family family_sprig_math = {
    .name = "sprig math",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
