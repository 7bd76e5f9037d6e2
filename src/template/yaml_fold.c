/* SPDX-License-Identifier: MIT */
/* The line breaks between the parts of a scalar, and the parts put together. */
#include "yaml_fold.h"

struct str
yaml_fold_finish(struct yaml_scanner *s, size_t from, size_t to)
{
	if (!s->scalar.len)
		return yaml_fold_part(s, from, to);
	buf_str(&s->scalar, yaml_fold_part(s, from, to));
	return arena_str(s->arena, buf_as_str(&s->scalar));
}

void
yaml_fold_begin(struct yaml_scanner *s, struct yaml_fold *fold)
{
	buf_reset(&s->scalar);
	buf_reset(&s->breaks);
	*fold = (struct yaml_fold){.more = &s->breaks, .first = STR("")};
}

void
yaml_fold_take(struct yaml_scanner *s, struct yaml_fold *fold)
{
	struct str taken = yaml_text_take_break(&s->text);

	if (fold->broken)
		buf_str(fold->more, taken);
	else
		fold->first = taken;
	fold->broken = true;
}

void
yaml_fold_put(struct yaml_scanner *s, struct yaml_fold *fold)
{
	if (!str_is(fold->first, "\n"))
		buf_str(&s->scalar, fold->first);
	else if (!fold->more->len)
		buf_char(&s->scalar, ' ');
	buf_str(&s->scalar, buf_as_str(fold->more));
	buf_reset(fold->more);
	fold->first = STR("");
	fold->broken = false;
}
