/* SPDX-License-Identifier: MIT */
/*
 * References to elements of a []string: a value whose pointer leads to the
 * element. They never leave the executor: what is printed, asked for its truth
 * or given to a function is the string that is there at that moment.
 */
#include "exec.h"

/* No value elsewhere has this kind. */
const struct type type_reference = {
    .kind = KIND_INTERFACE, .name = "string", .elem = &type_string};

struct value
value_element(const struct exec *x, const struct value *list, size_t i)
{
	const struct type *t = list->type;

	if (!x->template->sorts || t->elem != &type_string ||
	    t->elem_store != STORE_STR)
		return value_index(list, i);
	return (struct value){.type = &type_reference,
	    .u.ptr = (const struct str *)list->u.items + i};
}
