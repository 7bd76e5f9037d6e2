/* SPDX-License-Identifier: MIT */
/*
 * Filling records by tables. Lists are gathered on a stack and moved into the
 * arena when they are complete, so nothing in the arena is ever moved.
 */
#include "shape.h"

#include <stdlib.h>
#include <string.h>

#include "weir/xalloc.h"

void
reader_push(struct reader *r, void *p)
{
	if (r->used == r->room) {
		r->room = r->room ? r->room * 2 : 64;
		r->stack = xrealloc(r->stack, r->room, sizeof(*r->stack));
	}
	r->stack[r->used++] = p;
}

void **
reader_pop(struct reader *r, size_t base, size_t *count)
{
	size_t n = r->used - base;
	void **out = arena_alloc(r->arena, (n + !n) * sizeof(*out));

	if (n)
		memcpy(out, r->stack + base, n * sizeof(*out));
	r->used = base;
	*count = n;
	return out;
}

bool
shape_read_str(struct reader *r, const struct pstr **out)
{
	struct str text;

	if (!scan_string(&r->scan, &text))
		return false;
	*out = intern_str(r->intern, text);
	return true;
}

bool
shape_read_strs(struct reader *r, struct list *out)
{
	size_t base = r->used, n;
	const struct pstr *text = NULL;
	struct str *items;

	for (bool ok = scan_open(&r->scan, '[');
	     ok && scan_element(&r->scan);) {
		shape_read_str(r, &text);
		reader_push(r, (void *)(uintptr_t)text);
	}
	n = r->used - base;
	items = xcalloc(n + !n, sizeof(*items));
	for (size_t i = 0; i < n; i++)
		items[i] = str_of_packed(r->stack[base + i]);
	r->used = base;
	*out = intern_strs(r->intern, items, n);
	out->not_nil = true;
	free(items);
	return !r->scan.failed;
}

bool
shape_read_map(struct reader *r, const struct map **out)
{
	size_t base = r->used, n;
	const struct pstr *name, *text = NULL;
	struct str key;

	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		name = intern_str(r->intern, key);
		if (!shape_read_str(r, &text))
			break;
		reader_push(r, (void *)(uintptr_t)name);
		reader_push(r, (void *)(uintptr_t)text);
	}
	n = r->used - base;
	*out = intern_map(r->intern,
	    (const struct pstr **)(uintptr_t)(r->stack + base), n / 2);
	r->used = base;
	return !r->scan.failed;
}

static bool
read_i32(struct reader *r, int32_t *out)
{
	int64_t n;

	if (!scan_int(&r->scan, &n))
		return false;
	if (n < INT32_MIN || n > INT32_MAX)
		return scan_expected(&r->scan, "a number of 32 bits");
	*out = (int32_t)n;
	return true;
}

static bool
read_member(struct reader *r, const struct shape_member *m, void *record)
{
	char *at = (char *)record + m->offset;

	switch (m->form) {
	case FORM_STR:
		return shape_read_str(r, (const struct pstr **)at);
	case FORM_I32:
		return read_i32(r, (int32_t *)at);
	case FORM_U64:
		return scan_uint(&r->scan, (uint64_t *)at);
	case FORM_BOOL:
		return scan_bool(&r->scan, (bool *)at);
	case FORM_STRS:
		return shape_read_strs(r, (struct list *)at);
	case FORM_MAP:
		return shape_read_map(r, (const struct map **)at);
	case FORM_WITHIN:
		return shape_read(r, m->within, record);
	case FORM_OTHER:
		return m->read(r, record);
	}
	return false;
}

/* The member of that name, looked for from *hint on. */
static const struct shape_member *
find(const struct shape *shape, struct str key, size_t *hint)
{
	for (size_t i = 0, at = *hint; i < shape->count; i++, at++) {
		const struct shape_member *m;

		if (at >= shape->count)
			at = 0;
		m = &shape->members[at];
		if (m->length == key.len && !memcmp(m->key, key.ptr, key.len)) {
			*hint = at + 1;
			return m;
		}
	}
	return NULL;
}

bool
shape_read(struct reader *r, const struct shape *shape, void *record)
{
	struct str key;
	size_t hint = 0;

	for (bool ok = scan_open(&r->scan, '{');
	     ok && scan_member(&r->scan, &key);) {
		const struct shape_member *m = find(shape, key, &hint);

		if (m)
			read_member(r, m, record);
		else
			scan_skip(&r->scan);
	}
	return !r->scan.failed;
}

size_t
shape_read_all(
    struct reader *r, const struct shape *shape, size_t size, void ***records)
{
	size_t base = r->used, n;

	for (bool ok = scan_open(&r->scan, '[');
	     ok && scan_element(&r->scan);) {
		void *record = arena_zalloc(r->arena, size);

		shape_read(r, shape, record);
		reader_push(r, record);
	}
	*records = reader_pop(r, base, &n);
	return r->scan.failed ? 0 : n;
}
