/* SPDX-License-Identifier: MIT */
/*
 * What sprig's functions share: how it reads any value as a text, a number or a
 * truth. sprig never refuses a value, it takes 0 or "" instead.
 */
#ifndef WEIR_TEMPLATE_SPRIG_H
#define WEIR_TEMPLATE_SPRIG_H

#include "weir/template.h"

/* toString: as printed, a string and []byte as they are. */
struct str sprig_text(struct arena *, const struct value *);
/* toStrings: a []string, without nil elements. A []string is itself. */
struct value sprig_texts(struct arena *, const struct value *);
/* empty: nil, false, 0, "" or of length 0. */
static inline bool
sprig_is_empty(const struct value *v)
{
	return !value_truth(v);
}
/* int64: also of "0x10", "010", "5.0", true; 0 of what is no number. */
int64_t sprig_int(const struct value *);
/* float64: 0 of what is no number. */
double sprig_float(const struct value *);

bool sprig_is_list(const struct value *);
/* reflect.TypeOf(v).Kind() of a list; otherwise -1 and the message: Go's panic
 * for nil, else WORDS and the kind. words end in a blank. */
int sprig_want_list(struct call *, const struct value *, const char *words);
/* mergo.Merge of the maps in args[1] … into args[0], which changes; with
 * overwrite the later ones win. */
int sprig_merge(struct call *, struct value *result, bool overwrite);

#endif
