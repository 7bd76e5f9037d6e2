/* SPDX-License-Identifier: MIT */
/*
 * Go's encoding/json, as far as templates meet it: text into interface {}, and
 * any value into text. Errors are Go's words.
 */
#ifndef WEIR_TEMPLATE_JSON_H
#define WEIR_TEMPLATE_JSON_H

#include "weir/error.h"
#include "weir/value.h"

/*
 * json.Unmarshal into an interface {}. The result lives in the arena; strings
 * without escapes point into the text, which must live as long. -1 and Go's
 * message for what is no JSON (the result is nil then), and for numbers that no
 * float64 holds (nil stands in their place).
 */
int json_decode(
    struct arena *, struct str text, struct value *result, struct error *);

struct json_style {
	bool escape_html;   /* < > & as \u00XX */
	const char *indent; /* NULL: one line */
};

/* json.Marshal, or MarshalIndent with no prefix. -1 and Go's message; what the
 * buffer holds then has no meaning. */
int json_encode(struct buf *, const struct value *, const struct json_style *,
    struct error *);
/* A string in quotes, as json.Marshal writes it. */
void json_quote(struct buf *, struct str, bool escape_html);

#endif
