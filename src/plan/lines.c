/* SPDX-License-Identifier: MIT */
/*
 * Which lines differ: the algorithm of Eugene W. Myers ("An O(ND) Difference
 * Algorithm and Its Variations", 1986), in linear space, from both ends to the
 * middle. Before it, lines that cannot match, or only by accident (blank lines
 * within a block that is gone), are set aside; after it, runs are slid to where
 * people expect them. Both as diff(1) does it, so that what is shown is what
 * diff -u shows. The work is bounded: beyond it a stretch counts as replaced.
 */
#include "lines.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "weir/strmap.h"
#include "weir/xalloc.h"

/* Steps along diagonals: about a fifth of a second. */
#define WORK_LIMIT 30000000

/* ---- lines and their classes ---- */

static void
split(struct side *s, struct str text)
{
	s->count = str_count_lines(text);
	s->lines = xcalloc(s->count + 1, sizeof(*s->lines));
	s->class = xcalloc(s->count + 1, sizeof(*s->class));
	s->memory = xcalloc(s->count + 2, sizeof(*s->memory));
	s->changed = s->memory + 1;
	for (size_t i = 0; i < s->count; i++) {
		const char *begin = text.ptr;

		str_take_line(&text);
		s->lines[i] = (struct str){begin, (size_t)(text.ptr - begin)};
	}
}

/* The lines seen so far: open addressing, a power of two, half empty. */
struct table {
	struct slot {
		struct str line;
		uint64_t hash;
		uint32_t class;
	} * slots;
	size_t mask;
	uint32_t classes;
};

static uint32_t
class_of(struct table *t, struct str line)
{
	uint64_t hash = str_hash(line);
	size_t i = (size_t)hash & t->mask;

	while (t->slots[i].line.ptr) {
		if (t->slots[i].hash == hash &&
		    str_equal(t->slots[i].line, line))
			return t->slots[i].class;
		i = (i + 1) & t->mask;
	}
	t->slots[i].line = line;
	t->slots[i].hash = hash;
	t->slots[i].class = t->classes;
	return t->classes++;
}

void
lines_init(
    struct lines *l, struct str old_text, struct str new_text, size_t common)
{
	struct table t = {0};
	size_t size = 16;

	*l = (struct lines){0};
	split(&l->side[0], old_text);
	split(&l->side[1], new_text);
	for (int f = 0; f < 2; f++)
		l->side[f].compared = l->side[f].count - common;
	while (size < 2 * (l->side[0].count + l->side[1].count))
		size *= 2;
	t.slots = xcalloc(size, sizeof(*t.slots));
	t.mask = size - 1;
	for (int f = 0; f < 2; f++)
		for (size_t i = 0; i < l->side[f].count; i++)
			l->side[f].class[i] = class_of(&t, l->side[f].lines[i]);
	l->classes = t.classes;
	free(t.slots);
}

void
lines_fini(struct lines *l)
{
	for (int f = 0; f < 2; f++) {
		free(l->side[f].lines);
		free(l->side[f].class);
		free(l->side[f].memory);
	}
	*l = (struct lines){0};
}

/* ---- setting aside ---- */

enum mark { MARK_KEEP, MARK_DROP, MARK_MAYBE };

/* How many matches make a line one that matches by accident. */
static size_t
many_matches(size_t count)
{
	size_t many = 5;

	for (size_t n = count / 64 / 4; n > 0; n /= 4)
		many *= 2;
	return many;
}

static void
mark_lines(const struct side *s, const uint32_t *matches, unsigned char *marks)
{
	size_t many = many_matches(s->compared);

	for (size_t i = 0; i < s->compared; i++) {
		uint32_t n = matches[s->class[i]];

		marks[i] = n == 0     ? MARK_DROP
			   : n > many ? MARK_MAYBE
				      : MARK_KEEP;
	}
}

/* Cancels stretches of `least` and more doubtful lines within a run. */
static void
keep_stretches(unsigned char *run, size_t length)
{
	size_t least = 1;
	size_t from = 0;

	for (size_t n = length / 4 / 4; n > 0; n /= 4)
		least *= 2;
	least++;
	while (from < length) {
		size_t to = from;

		while (to < length && run[to] == MARK_MAYBE)
			to++;
		if (to - from >= least)
			memset(run + from, MARK_KEEP, to - from);
		from = to + 1;
	}
}

/* Doubtful lines near an end of a run are kept: until three certain ones in a
 * row, or one that is eight lines in. step: 1 from the first, -1 from the last
 * line. */
static void
keep_near_end(unsigned char *run, size_t length, ptrdiff_t step)
{
	int certain = 0;

	for (size_t i = 0; i < length && certain < 3; i++) {
		unsigned char *mark = run + (ptrdiff_t)i * step;

		if (i >= 8 && *mark == MARK_DROP)
			return;
		certain = *mark == MARK_DROP ? certain + 1 : 0;
		if (*mark == MARK_MAYBE)
			*mark = MARK_KEEP;
	}
}

/* One run of lines to drop, which begins and ends with certain ones. */
static void
settle_run(unsigned char *run, size_t length)
{
	size_t doubtful = 0;

	for (size_t i = 0; i < length; i++)
		doubtful += run[i] == MARK_MAYBE;
	if (doubtful * 4 > length) {
		for (size_t i = 0; i < length; i++)
			if (run[i] == MARK_MAYBE)
				run[i] = MARK_KEEP;
		return;
	}
	keep_stretches(run, length);
	keep_near_end(run, length, 1);
	keep_near_end(run + length - 1, length, -1);
}

/* Doubtful lines stay aside only within runs of certain ones. */
static void
settle_marks(unsigned char *marks, size_t count)
{
	size_t i = 0;

	while (i < count) {
		size_t end = i;

		if (marks[i] != MARK_DROP) {
			marks[i++] = MARK_KEEP;
			continue;
		}
		while (end < count && marks[end] != MARK_KEEP)
			end++;
		while (marks[end - 1] == MARK_MAYBE)
			marks[--end] = MARK_KEEP;
		settle_run(marks + i, end - i);
		i = end;
	}
}

/* What is compared: the classes of the lines that are kept. */
struct kept {
	uint32_t *class;
	size_t *line; /* where each stands in its side */
	size_t count;
};

static void
keep(struct side *s, const uint32_t *matches, struct kept *k)
{
	unsigned char *marks = xcalloc(s->compared + 1, 1);

	mark_lines(s, matches, marks);
	settle_marks(marks, s->compared);
	k->class = xcalloc(s->compared + 1, sizeof(*k->class));
	k->line = xcalloc(s->compared + 1, sizeof(*k->line));
	for (size_t i = 0; i < s->compared; i++) {
		s->changed[i] = marks[i] != MARK_KEEP;
		if (s->changed[i])
			continue;
		k->class[k->count] = s->class[i];
		k->line[k->count++] = i;
	}
	free(marks);
}

static uint32_t *
count_classes(const struct lines *l, int f)
{
	uint32_t *n = xcalloc(l->classes + 1, sizeof(*n));

	for (size_t i = 0; i < l->side[f].compared; i++)
		n[l->side[f].class[i]]++;
	return n;
}

/* ---- the comparison ---- */

/* A stretch of both sides: [x0, x1) of the old, [y0, y1) of the new. */
struct box {
	ptrdiff_t x0, x1, y0, y1;
};

struct myers {
	struct lines *lines;
	struct kept kept[2];
	const uint32_t *x, *y; /* classes of both sides */
	/* By diagonal x - y: how far the search came from the start, and from
	 * the end. */
	ptrdiff_t *forward, *backward;
	size_t work;
};

/* The diagonals that a search has come to. */
struct span {
	ptrdiff_t low, high;
};

/* One more step: the span grows by one on both ends, unless that leaves the
 * box; what lies just outside is never the better way. */
static void
widen(struct span *s, const struct box *b, ptrdiff_t *reach, ptrdiff_t worst)
{
	if (s->low > b->x0 - b->y1)
		reach[--s->low - 1] = worst;
	else
		s->low++;
	if (s->high < b->x1 - b->y0)
		reach[++s->high + 1] = worst;
	else
		s->high--;
}

/* Extends the search from the start; true if it meets the other at *x, *d. */
static bool
step_forward(struct myers *m, const struct box *b, const struct span *s,
    const struct span *other, ptrdiff_t meet[2])
{
	for (ptrdiff_t d = s->high; d >= s->low; d -= 2) {
		ptrdiff_t below = m->forward[d - 1];
		ptrdiff_t above = m->forward[d + 1];
		ptrdiff_t x = below < above ? above : below + 1;

		for (m->work++;
		     x < b->x1 && x - d < b->y1 && m->x[x] == m->y[x - d]; x++)
			m->work++;
		m->forward[d] = x;
		if (other && other->low <= d && d <= other->high &&
		    m->backward[d] <= x) {
			meet[0] = x;
			meet[1] = x - d;
			return true;
		}
	}
	return false;
}

static bool
step_backward(struct myers *m, const struct box *b, const struct span *s,
    const struct span *other, ptrdiff_t meet[2])
{
	for (ptrdiff_t d = s->high; d >= s->low; d -= 2) {
		ptrdiff_t below = m->backward[d - 1];
		ptrdiff_t above = m->backward[d + 1];
		ptrdiff_t x = below < above ? below : above - 1;

		for (m->work++; b->x0 < x && b->y0 < x - d &&
				m->x[x - 1] == m->y[x - d - 1];
		     x--)
			m->work++;
		m->backward[d] = x;
		if (other && other->low <= d && d <= other->high &&
		    x <= m->forward[d]) {
			meet[0] = x;
			meet[1] = x - d;
			return true;
		}
	}
	return false;
}

/* A point on a shortest way through the box. False: the work is used up. */
static bool
find_middle(struct myers *m, const struct box *b, ptrdiff_t meet[2])
{
	struct span f = {b->x0 - b->y0, b->x0 - b->y0};
	struct span r = {b->x1 - b->y1, b->x1 - b->y1};
	bool odd = (f.low - r.low) & 1;

	m->forward[f.low] = b->x0;
	m->backward[r.low] = b->x1;
	while (m->work < WORK_LIMIT) {
		widen(&f, b, m->forward, -1);
		if (step_forward(m, b, &f, odd ? &r : NULL, meet))
			return true;
		widen(&r, b, m->backward, PTRDIFF_MAX);
		if (step_backward(m, b, &r, odd ? NULL : &f, meet))
			return true;
	}
	return false;
}

static void
change(struct myers *m, int f, ptrdiff_t from, ptrdiff_t to)
{
	for (ptrdiff_t i = from; i < to; i++)
		m->lines->side[f].changed[m->kept[f].line[i]] = true;
}

/* Recurses into the first part and goes on with the second. The depth is that
 * of halving a way, so about log2 of the lines. */
static void
compare(struct myers *m, struct box b)
{
	ptrdiff_t meet[2];

	for (;;) {
		while (b.x0 < b.x1 && b.y0 < b.y1 && m->x[b.x0] == m->y[b.y0]) {
			b.x0++;
			b.y0++;
		}
		while (b.x0 < b.x1 && b.y0 < b.y1 &&
		       m->x[b.x1 - 1] == m->y[b.y1 - 1]) {
			b.x1--;
			b.y1--;
		}
		if (b.x0 == b.x1 || b.y0 == b.y1 || !find_middle(m, &b, meet)) {
			change(m, 0, b.x0, b.x1);
			change(m, 1, b.y0, b.y1);
			return;
		}
		compare(m, (struct box){b.x0, meet[0], b.y0, meet[1]});
		b.x0 = meet[0];
		b.y0 = meet[1];
	}
}

static void
find_changes(struct lines *l)
{
	struct myers m = {.lines = l};
	uint32_t *matches[2] = {count_classes(l, 0), count_classes(l, 1)};
	size_t diagonals;
	ptrdiff_t *memory;

	for (int f = 0; f < 2; f++)
		keep(&l->side[f], matches[1 - f], &m.kept[f]);
	m.x = m.kept[0].class;
	m.y = m.kept[1].class;
	diagonals = m.kept[0].count + m.kept[1].count + 3;
	memory = xcalloc(2 * diagonals, sizeof(*memory));
	/* Diagonals run from -count of the new to +count of the old. */
	m.forward = memory + m.kept[1].count + 1;
	m.backward = m.forward + diagonals;
	compare(&m, (struct box){0, (ptrdiff_t)m.kept[0].count, 0,
			(ptrdiff_t)m.kept[1].count});
	for (int f = 0; f < 2; f++) {
		free(m.kept[f].class);
		free(m.kept[f].line);
		free(matches[f]);
	}
	free(memory);
}

/* ---- sliding runs ---- */

/* A run of changed lines [start, end), and where that is on the other side:
 * behind the changed lines there that belong to it. */
struct run {
	const struct side *s;
	bool *changed;     /* of this side */
	const bool *other; /* changed of the other side */
	size_t start, end;
	size_t there;
};

/* The unchanged line before the run holds what its last line holds: the run
 * moves up by one, and swallows a run that it then touches. */
static void
slide_up(struct run *r)
{
	r->changed[--r->start] = true;
	r->changed[--r->end] = false;
	while (r->start && r->changed[r->start - 1])
		r->start--;
	do
		r->there--;
	while (r->other[r->there]);
}

/* Down by one; true if it now ends where the other side has a run. */
static bool
slide_down(struct run *r)
{
	bool meets = false;

	r->changed[r->start++] = false;
	r->changed[r->end++] = true;
	while (r->end < r->s->compared && r->changed[r->end])
		r->end++;
	while (r->other[++r->there])
		meets = true;
	return meets;
}

static bool
can_slide_up(const struct run *r)
{
	return r->start && r->s->class[r->start - 1] == r->s->class[r->end - 1];
}

static bool
can_slide_down(const struct run *r)
{
	return r->end < r->s->compared &&
	       r->s->class[r->start] == r->s->class[r->end];
}

/* Up to swallow what is above, down to swallow what is below and as far as it
 * goes; then back to the last place where the other side changed too, so that
 * both show as one replacement. */
static void
slide(struct run *r)
{
	size_t length, together;

	do {
		length = r->end - r->start;
		while (can_slide_up(r))
			slide_up(r);
		together =
		    r->there && r->other[r->there - 1] ? r->end : SIZE_MAX;
		while (can_slide_down(r))
			if (slide_down(r))
				together = r->end;
	} while (length != r->end - r->start);
	while (together < r->end)
		slide_up(r);
}

static void
slide_runs(struct side *s, const struct side *other)
{
	struct run r = {.s = s, .changed = s->changed, .other = other->changed};

	for (;;) {
		/* Each unchanged line has one on the other side, behind what
		 * is changed there. */
		while (r.end < s->compared && !s->changed[r.end]) {
			while (r.other[r.there++])
				continue;
			r.end++;
		}
		if (r.end == s->compared)
			return;
		r.start = r.end;
		while (r.end < s->compared && s->changed[r.end])
			r.end++;
		while (r.other[r.there])
			r.there++;
		slide(&r);
	}
}

void
lines_compare(struct lines *l)
{
	find_changes(l);
	slide_runs(&l->side[0], &l->side[1]);
	slide_runs(&l->side[1], &l->side[0]);
}
