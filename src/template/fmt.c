/* SPDX-License-Identifier: MIT */
/*
 * Go's fmt.Sprintf, Sprint and Sprintln for values. A format is never wrong:
 * what doesn't fit is said in the text (%!d(string=x), %!(EXTRA …)), word for
 * word as Go says it.
 */
#include "fmt.h"
#include "rune.h"
#include "weir/limits.h"

/* Go's bound for a width or precision. */
#define WIDTH_MAX 1000000

struct format {
	struct printer printer;
	struct str text;
	size_t at;
	const struct value *args;
	size_t count;
	size_t arg;       /* the next one */
	bool reordered;   /* some [n] was seen */
	bool good_index;  /* the [n] of this verb are fine */
	bool after_index; /* the last thing read was [n] */
};

static bool
too_large(int64_t n)
{
	return n > WIDTH_MAX || n < -WIDTH_MAX;
}

/* Decimal digits from *at up to end. A crazy number swallows everything. */
static bool
take_number(struct str s, size_t *at, size_t end, int *number)
{
	bool any = false;

	*number = 0;
	if (*at >= end) {
		*at = end;
		return false;
	}
	for (; *at < end && s.ptr[*at] >= '0' && s.ptr[*at] <= '9'; ++*at) {
		if (too_large(*number)) {
			*number = 0;
			*at = end;
			return false;
		}
		*number = *number * 10 + (s.ptr[*at] - '0');
		any = true;
	}
	return any;
}

/* [n] at f->at. *index is from 0; false if it is no number in brackets. */
static bool
take_brackets(struct format *f, int *index)
{
	size_t at = f->at + 1;
	const char *end;
	size_t close;
	bool ok;

	end = f->text.len - f->at < 3
		  ? NULL
		  : memchr(f->text.ptr + at, ']', f->text.len - at);
	if (!end) {
		f->at++;
		return false;
	}
	close = (size_t)(end - f->text.ptr);
	ok = take_number(f->text, &at, close, index) && at == close;
	--*index;
	f->at = close + 1;
	return ok;
}

/* An explicit argument number, if there is one. */
static void
take_index(struct format *f)
{
	int index;
	bool ok;

	f->after_index = false;
	if (f->at >= f->text.len || f->text.ptr[f->at] != '[')
		return;
	f->reordered = true;
	ok = take_brackets(f, &index);
	if (ok && index >= 0 && (size_t)index < f->count) {
		f->arg = (size_t)index;
		f->after_index = true;
		return;
	}
	f->good_index = false;
	f->after_index = ok;
}

/* A * takes its number from the arguments. */
static bool
star(struct format *f, int *number)
{
	const struct value *v;
	int64_t n;

	*number = 0;
	f->at++;
	if (f->arg >= f->count)
		return false;
	v = &f->args[f->arg++];
	if (f->printer.formatter)
		return false;
	if (kind_is_int(value_kind(v)))
		n = v->u.i;
	else if (kind_is_uint(value_kind(v)) && v->u.u <= INT64_MAX)
		n = (int64_t)v->u.u;
	else
		return false;
	if (too_large(n))
		return false;
	*number = (int)n;
	return true;
}

static void
take_flags(struct format *f)
{
	struct fmt_flags *flags = &f->printer.flags;

	*flags = (struct fmt_flags){0};
	f->printer.width = f->printer.precision = 0;
	for (; f->at < f->text.len; f->at++) {
		switch (f->text.ptr[f->at]) {
		case '#':
			flags->sharp = true;
			break;
		case '0':
			flags->zero = true;
			break;
		case '+':
			flags->plus = true;
			break;
		case '-':
			flags->minus = true;
			break;
		case ' ':
			flags->space = true;
			break;
		default:
			return;
		}
	}
}

static bool
next_is(const struct format *f, char c)
{
	return f->at < f->text.len && f->text.ptr[f->at] == c;
}

static void
take_width(struct format *f)
{
	struct printer *p = &f->printer;

	if (!next_is(f, '*')) {
		p->flags.has_width =
		    take_number(f->text, &f->at, f->text.len, &p->width);
		if (f->after_index && p->flags.has_width)
			f->good_index = false;
		return;
	}
	p->flags.has_width = star(f, &p->width);
	if (!p->flags.has_width)
		buf_puts(p->out, "%!(BADWIDTH)");
	if (p->width < 0) {
		p->width = -p->width;
		p->flags.minus = true;
		p->flags.zero = false;
	}
	f->after_index = false;
}

static void
take_precision(struct format *f)
{
	struct printer *p = &f->printer;

	if (f->at + 1 >= f->text.len || !next_is(f, '.'))
		return;
	f->at++;
	if (f->after_index)
		f->good_index = false;
	take_index(f);
	if (!next_is(f, '*')) {
		if (!take_number(f->text, &f->at, f->text.len, &p->precision))
			p->precision = 0;
		p->flags.has_precision = true;
		return;
	}
	p->flags.has_precision = star(f, &p->precision);
	if (p->precision < 0) {
		p->precision = 0;
		p->flags.has_precision = false;
	}
	if (!p->flags.has_precision)
		buf_puts(p->out, "%!(BADPREC)");
	f->after_index = false;
}

static void
complain(struct format *f, uint32_t verb, const char *what)
{
	buf_puts(f->printer.out, "%!");
	buf_rune(f->printer.out, verb);
	buf_puts(f->printer.out, what);
}

static void
put_verb(struct format *f, uint32_t verb)
{
	struct fmt_flags *flags = &f->printer.flags;

	if (verb == '%') {
		buf_char(f->printer.out, '%');
	} else if (!f->good_index) {
		complain(f, verb, "(BADINDEX)");
	} else if (f->arg >= f->count) {
		complain(f, verb, "(MISSING)");
	} else {
		if (verb == 'v' || verb == 'w') {
			flags->sharp_v = flags->sharp;
			flags->plus_v = flags->plus;
			flags->sharp = flags->plus = false;
		}
		fmt_arg(&f->printer, &f->args[f->arg++], verb);
	}
}

/* What follows a %. */
static void
take_verb(struct format *f)
{
	uint32_t verb;

	f->good_index = true;
	take_flags(f);
	take_index(f);
	take_width(f);
	take_precision(f);
	if (!f->after_index)
		take_index(f);
	if (f->at >= f->text.len) {
		buf_puts(f->printer.out, "%!(NOVERB)");
		return;
	}
	f->at += rune_decode(f->text.ptr + f->at, f->text.len - f->at, &verb);
	put_verb(f, verb);
}

static void
put_extra(struct format *f)
{
	struct printer *p = &f->printer;

	p->flags = (struct fmt_flags){0};
	buf_puts(p->out, "%!(EXTRA ");
	for (size_t i = f->arg; i < f->count; i++) {
		const struct value *v = &f->args[i];

		if (i > f->arg)
			buf_puts(p->out, ", ");
		if (v->type || p->formatter) {
			buf_puts(
			    p->out, p->formatter ? p->wrapper : v->type->name);
			buf_char(p->out, '=');
			fmt_arg(p, v, 'v');
		} else {
			buf_puts(p->out, "<nil>");
		}
	}
	buf_char(p->out, ')');
}

void
fmt_printf(struct printer *p, struct str format, const struct value *args,
    size_t count)
{
	struct format f = {
	    .printer = *p, .text = format, .args = args, .count = count};
	struct buf *b = p->out;

	while (f.at < format.len && !b->failed) {
		const char *from = format.ptr + f.at;
		const char *percent = memchr(from, '%', format.len - f.at);
		size_t n =
		    percent ? (size_t)(percent - from) : format.len - f.at;

		buf_put(b, from, n);
		f.at += n + 1;
		if (percent)
			take_verb(&f);
	}
	if (!f.reordered && f.arg < count)
		put_extra(&f);
}

void
value_printf(
    struct buf *b, struct str format, const struct value *args, size_t count)
{
	struct printer p = {.out = b};

	fmt_printf(&p, format, args, count);
}

void
fmt_print(struct buf *b, const struct value *args, size_t count)
{
	bool after_string = false;

	for (size_t i = 0; i < count && !b->failed; i++) {
		bool is_string = value_kind(&args[i]) == KIND_STRING;
		struct printer p = {.out = b};

		if (i > 0 && !is_string && !after_string)
			buf_char(b, ' ');
		fmt_arg(&p, &args[i], 'v');
		after_string = is_string;
	}
}

void
fmt_println(struct buf *b, const struct value *args, size_t count)
{
	for (size_t i = 0; i < count && !b->failed; i++) {
		struct printer p = {.out = b};

		if (i > 0)
			buf_char(b, ' ');
		fmt_arg(&p, &args[i], 'v');
	}
	buf_char(b, '\n');
}

void
value_print(struct buf *b, const struct value *v)
{
	struct printer p = {.out = b};

	if (v->type)
		fmt_arg(&p, v, 'v');
	else
		buf_puts(b, "<nil>");
}

struct str
value_to_str(struct arena *arena, const struct value *v)
{
	struct buf b = {.limit = LIMIT_OUTPUT_BYTES};
	struct str s;

	if (value_kind(v) == KIND_STRING && !v->type->string)
		return value_as_str(v);
	value_print(&b, v);
	s = arena_str(arena, buf_as_str(&b));
	buf_fini(&b);
	return s;
}
