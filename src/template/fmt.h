/* SPDX-License-Identifier: MIT */
/*
 * Go's fmt, its inside: one printer per call, its flags cleared before every
 * verb. fmt.c reads formats, fmt_verb.c knows what each verb makes of each
 * kind, fmt_pad.c writes padded numbers and strings.
 */
#ifndef WEIR_TEMPLATE_FMT_H
#define WEIR_TEMPLATE_FMT_H

#include "weir/template.h"

struct fmt_flags {
	bool has_width, has_precision;
	bool minus, plus, sharp, space, zero;
	bool plus_v, sharp_v; /* %+v, %#v: they hold for all that is nested */
};

struct printer;
/* Format() of go-spew's wrappers: all verbs but T and p. */
typedef void fmt_formatter(
    struct printer *, const struct value *, uint32_t verb);

struct printer {
	/* The arguments are wrapped in something that formats itself, of the
	 * type `wrapper` and no number; NULL: they are as they are. */
	fmt_formatter *formatter;
	const char *wrapper;
	struct buf *out;
	struct fmt_flags flags;
	int width;
	int precision;
	bool erroring; /* within %!verb(…): no methods */
	/* What a bad verb names: the argument, or else the nested value. */
	const struct value *arg;
	const struct value *value;
};

/* One way to write an unsigned number. */
struct fmt_integer {
	uint64_t u;
	unsigned base;
	bool is_signed;
	bool letter_o; /* %O: a leading 0o */
	bool upper;
};

/* fmt_pad.c */
void fmt_pad(struct printer *, struct str);
void fmt_padding(struct printer *, int count);
void fmt_int(struct printer *, struct fmt_integer);
void fmt_unicode(struct printer *, uint64_t);
void fmt_str(struct printer *, struct str);
void fmt_hex(struct printer *, struct str, bool upper);
void fmt_quoted(struct printer *, struct str);
void fmt_rune(struct printer *, uint64_t);
void fmt_quoted_rune(struct printer *, uint64_t);
void fmt_double(struct printer *, double, int bits, char verb, int precision);

/* fmt_verb.c: one argument; VALUE_NIL is nil. */
void fmt_arg(struct printer *, const struct value *, uint32_t verb);

/* fmt.c: value_printf with a formatter in the printer, which is otherwise
 * empty. */
void fmt_printf(struct printer *, struct str format, const struct value *args,
    size_t count);

/* fmt.c: fmt.Sprint and fmt.Sprintln of several. */
void fmt_print(struct buf *, const struct value *args, size_t count);
void fmt_println(struct buf *, const struct value *args, size_t count);

/* quote.c: strconv. */
bool rune_is_print(uint32_t);
void quote_ascii(struct buf *, struct str);
void quote_rune(struct buf *, uint32_t rune, bool ascii);
bool quote_can_be_raw(struct str);

#endif
