/* SPDX-License-Identifier: MIT */
/*
 * The text diff in diff -u's form. Common head and tail are skipped by bytes,
 * so the cost is the change's; three lines of both are kept, as context and as
 * room for runs to slide.
 */
#include "weir/plan.h"

#include "lines.h"

/* Lines of context around a change. */
#define CONTEXT 3

/* As terminals know them: bold, red, green, cyan. */
enum colour { COLOUR_HEAD, COLOUR_OLD, COLOUR_NEW, COLOUR_PLACE, COLOUR_NONE };
static const char *const colour_codes[] = {
    "\033[1m", "\033[31m", "\033[32m", "\033[36m"};

struct printer {
	struct buf *out;
	bool colour;
	const struct lines *lines;
	size_t skipped; /* lines of the common head */
};

/* ---- skipping what is the same ---- */

/* Bytes of the common head, whole lines only, less CONTEXT lines. */
static size_t
common_head(struct str a, struct str b)
{
	size_t most = a.len < b.len ? a.len : b.len;
	size_t n = 0;
	int lines = CONTEXT;

	while (most - n >= 4096 && !memcmp(a.ptr + n, b.ptr + n, 4096))
		n += 4096;
	while (n < most && a.ptr[n] == b.ptr[n])
		n++;
	while (n && (a.ptr[n - 1] != '\n' || lines-- > 0))
		n--;
	return n;
}

/* The first so many lines of a text, in bytes. */
static size_t
head_lines(struct str s, int lines)
{
	size_t n = 0;

	while (n < s.len && lines-- > 0) {
		const char *end = memchr(s.ptr + n, '\n', s.len - n);

		n = end ? (size_t)(end - s.ptr) + 1 : s.len;
	}
	return n;
}

/* Bytes of the common tail, whole lines only, less CONTEXT lines. */
static size_t
common_tail(struct str a, struct str b)
{
	size_t most = a.len < b.len ? a.len : b.len;
	size_t n = 0;
	int lines = CONTEXT;
	const char *at;

	while (n < most && a.ptr[a.len - n - 1] == b.ptr[b.len - n - 1])
		n++;
	at = a.ptr + a.len - n;
	if ((n < a.len && at[-1] != '\n') ||
	    (n < b.len && b.ptr[b.len - n - 1] != '\n'))
		lines++;
	return n - head_lines((struct str){at, n}, lines);
}

static size_t
count_lines(struct str s)
{
	size_t n = 0;

	for (const char *p = s.ptr, *end = s.ptr + s.len;
	     p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
		n++;
	return n;
}

/* ---- printing ---- */

static void
begin(struct printer *p, enum colour c)
{
	if (p->colour && c != COLOUR_NONE)
		buf_puts(p->out, colour_codes[c]);
}

static void
end(struct printer *p, enum colour c)
{
	if (p->colour && c != COLOUR_NONE)
		buf_puts(p->out, "\033[m");
}

static void
print_line(struct printer *p, char sign, struct str line)
{
	enum colour c = sign == '-'   ? COLOUR_OLD
			: sign == '+' ? COLOUR_NEW
				      : COLOUR_NONE;
	bool whole = line.len && line.ptr[line.len - 1] == '\n';

	begin(p, c);
	buf_char(p->out, sign);
	buf_put(p->out, line.ptr, line.len - (whole ? 1 : 0));
	end(p, c);
	buf_char(p->out, '\n');
	if (!whole)
		buf_puts(p->out, "\\ No newline at end of file\n");
}

/* Where both sides stand, walking down. */
struct place {
	size_t at[2];
};

static bool
is_changed(const struct lines *l, const struct place *w)
{
	return l->side[0].changed[w->at[0]] || l->side[1].changed[w->at[1]];
}

/* Over the changed lines of both sides, printing them. */
static void
pass_change(struct printer *p, struct place *w, bool print)
{
	for (int f = 0; f < 2; f++) {
		const struct side *s = &p->lines->side[f];

		for (; s->changed[w->at[f]]; w->at[f]++)
			if (print)
				print_line(p, "-+"[f], s -> lines[w->at[f]]);
	}
}

/* "12,3"; the count is left out if it is 1; of no lines the one before. */
static void
print_range(struct printer *p, size_t from, size_t count)
{
	size_t first = p->skipped + from + (count ? 1 : 0);

	buf_printf(p->out, count == 1 ? "%zu" : "%zu,%zu", first, count);
}

static void
print_heading(
    struct printer *p, const struct place *from, const struct place *to)
{
	begin(p, COLOUR_PLACE);
	buf_puts(p->out, "@@ -");
	print_range(p, from->at[0], to->at[0] - from->at[0]);
	buf_puts(p->out, " +");
	print_range(p, from->at[1], to->at[1] - from->at[1]);
	buf_puts(p->out, " @@");
	end(p, COLOUR_PLACE);
	buf_char(p->out, '\n');
}

/* How many unchanged lines follow. */
static size_t
unchanged(const struct lines *l, struct place w)
{
	size_t n = 0;

	while (w.at[0] < l->side[0].count && !is_changed(l, &w)) {
		w.at[0]++;
		w.at[1]++;
		n++;
	}
	return n;
}

static bool
is_end(const struct lines *l, const struct place *w)
{
	return w->at[0] == l->side[0].count && w->at[1] == l->side[1].count;
}

static void
move(struct place *w, size_t lines)
{
	w->at[0] += lines;
	w->at[1] += lines;
}

/* The end of the hunk whose first change is at w: changes that are no more than
 * two contexts apart belong to it. */
static struct place
find_end(struct printer *p, struct place w)
{
	for (;;) {
		size_t gap;

		pass_change(p, &w, false);
		gap = unchanged(p->lines, w);
		if (gap > 2 * CONTEXT ||
		    (move(&w, gap), is_end(p->lines, &w))) {
			size_t most = gap < CONTEXT ? gap : CONTEXT;

			if (gap <= 2 * CONTEXT)
				w.at[0] -= gap, w.at[1] -= gap;
			move(&w, most);
			return w;
		}
	}
}

static void
print_hunk(struct printer *p, struct place *w, const struct place *to)
{
	print_heading(p, w, to);
	while (w->at[0] < to->at[0] || w->at[1] < to->at[1]) {
		if (is_changed(p->lines, w)) {
			pass_change(p, w, true);
			continue;
		}
		print_line(p, ' ', p->lines->side[0].lines[w->at[0]]);
		move(w, 1);
	}
}

static void
print_label(struct printer *p, const char *sign, const char *label)
{
	begin(p, COLOUR_HEAD);
	buf_printf(p->out, "%s %s", sign, label);
	end(p, COLOUR_HEAD);
	buf_char(p->out, '\n');
}

static void
print_hunks(struct printer *p)
{
	struct place w = {{0, 0}};

	for (;;) {
		size_t gap = unchanged(p->lines, w);
		struct place to;

		move(&w, gap);
		if (is_end(p->lines, &w))
			return;
		to = find_end(p, w);
		if (gap > CONTEXT)
			gap = CONTEXT;
		w.at[0] -= gap;
		w.at[1] -= gap;
		print_hunk(p, &w, &to);
	}
}

bool
text_diff(struct buf *out, struct str old_text, struct str new_text,
    const char *old_label, const char *new_label, bool colour)
{
	struct printer p = {.out = out, .colour = colour};
	struct lines lines;
	size_t head, tail, more;

	if (str_equal(old_text, new_text))
		return false;
	if (!old_text.len)
		old_text = STR("");
	if (!new_text.len)
		new_text = STR("");
	head = common_head(old_text, new_text);
	p.skipped = count_lines((struct str){old_text.ptr, head});
	old_text = (struct str){old_text.ptr + head, old_text.len - head};
	new_text = (struct str){new_text.ptr + head, new_text.len - head};
	tail = common_tail(old_text, new_text);
	/* Further lines that a run which has slid down may need as context. */
	more = head_lines(
	    (struct str){old_text.ptr + old_text.len - tail, tail}, CONTEXT);
	old_text.len -= tail - more;
	new_text.len -= tail - more;
	lines_init(&lines, old_text, new_text,
	    count_lines(
		(struct str){old_text.ptr + old_text.len - more, more}));
	lines_compare(&lines);
	p.lines = &lines;
	print_label(&p, "---", old_label);
	print_label(&p, "+++", new_label);
	print_hunks(&p);
	lines_fini(&lines);
	return true;
}
