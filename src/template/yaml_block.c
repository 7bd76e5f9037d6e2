/* SPDX-License-Identifier: MIT */
/* Scalars behind a '|' or a '>'. */
#include "yaml_fold.h"

struct block {
	bool literal;
	int chomp;  /* 1: keep what is empty at the end, -1: not even a break */
	int indent; /* 0: not known yet */
	bool was_blank; /* at the beginning of the last line */
};

static bool
take_chomp(struct yaml_scanner *s, struct block *b)
{
	unsigned char c = yaml_text_peek(&s->text, 0);

	if (c != '+' && c != '-')
		return false;
	b->chomp = c == '+' ? 1 : -1;
	yaml_text_skip(&s->text);
	yaml_text_need(&s->text, 1);
	return true;
}

static int
take_indent(struct yaml_scanner *s, struct block *b)
{
	unsigned char c = yaml_text_peek(&s->text, 0);

	if (c < '0' || c > '9')
		return 0;
	if (c == '0')
		return yaml_scan_fail(
		    s, "found an indentation indicator equal to 0");
	b->indent = c - '0' + (s->indent > 0 ? s->indent : 0);
	yaml_text_skip(&s->text);
	yaml_text_need(&s->text, 1);
	return 0;
}

/* The line of the '|' or '>'. */
static int
take_block_head(struct yaml_scanner *s, struct block *b)
{
	struct yaml_text *t = &s->text;
	bool chomped;

	b->literal = yaml_text_peek(t, 0) == '|';
	yaml_text_skip(t);
	yaml_text_need(t, 1);
	chomped = take_chomp(s, b);
	if (take_indent(s, b) < 0)
		return -1;
	if (!chomped && b->indent)
		take_chomp(s, b);
	return yaml_scan_line_end(s);
}

/* Over indentation and empty lines; the indentation is that of the widest of
 * them unless it is known. */
static int
take_block_breaks(struct yaml_scanner *s, struct block *b)
{
	struct yaml_text *t = &s->text;
	int widest = s->indent + 1 > 1 ? s->indent + 1 : 1;

	for (;;) {
		yaml_text_need(t, 1);
		while ((!b->indent || t->mark.column < b->indent) &&
		       yaml_text_peek(t, 0) == ' ') {
			yaml_text_skip(t);
			yaml_text_need(t, 1);
		}
		if (t->mark.column > widest)
			widest = t->mark.column;
		if ((!b->indent || t->mark.column < b->indent) &&
		    yaml_text_peek(t, 0) == '\t')
			return yaml_scan_fail(s,
			    "found a tab character where an indentation space "
			    "is expected");
		if (!yaml_text_is_break(t, 0))
			break;
		buf_str(&s->breaks, yaml_text_take_break(t));
	}
	if (!b->indent)
		b->indent = widest;
	return 0;
}

/* What stands between two lines; one that is indented further keeps its breaks.
 */
static void
put_breaks(struct yaml_scanner *s, struct block *b, struct yaml_fold *fold)
{
	bool blank = yaml_text_is_blank(&s->text, 0);

	if (b->literal || b->was_blank || blank) {
		buf_str(&s->scalar, fold->first);
		fold->first = STR("");
	}
	yaml_fold_put(s, fold);
	b->was_blank = blank;
}

static void
put_line(struct yaml_scanner *s)
{
	struct yaml_text *t = &s->text;
	size_t from = t->at;

	while (!yaml_text_is_break_or_end(t, 0)) {
		yaml_text_skip(t);
		yaml_text_need(t, 1);
	}
	buf_str(&s->scalar, yaml_fold_part(s, from, t->at));
}

int
yaml_scan_block(struct yaml_scanner *s, struct yaml_token *token)
{
	struct yaml_text *t = &s->text;
	struct block b = {0};
	struct yaml_fold fold;

	yaml_fold_begin(s, &fold);
	if (take_block_head(s, &b) < 0 || take_block_breaks(s, &b) < 0)
		return -1;
	while (t->mark.column == b.indent && yaml_text_peek(t, 0)) {
		put_breaks(s, &b, &fold);
		put_line(s);
		yaml_text_need(t, 2);
		fold.first = yaml_text_take_break(t);
		if (take_block_breaks(s, &b) < 0)
			return -1;
	}
	if (b.chomp >= 0)
		buf_str(&s->scalar, fold.first);
	if (b.chomp > 0)
		buf_str(&s->scalar, buf_as_str(&s->breaks));
	token->type = YAML_TOKEN_SCALAR;
	token->text = arena_str(s->arena, buf_as_str(&s->scalar));
	return 0;
}
