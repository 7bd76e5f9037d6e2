/* SPDX-License-Identifier: MIT */
/*
 * A map or an ACL file whose content changes. Few changes are commands of their
 * own, as long as the list that comes of them is the list that a fresh start
 * would read; otherwise the whole content goes into a new version, which takes
 * over at once (management.txt, "prepare map", 2.4 and later).
 */
#include "mapfile.h"

#include <stdlib.h>

#include "entries.h"
#include "weir/strmap.h"
#include "weir/xalloc.h"

enum {
	FEW = 100,         /* changes that go one by one */
	FEW_ALONE = 1000,  /* the same where there are no versions */
	PAYLOAD = 7500,    /* bytes of one command: it must fit HAProxy's
			    * buffer, and keep it busy for a moment only */
	COMMAND_MAX = 8000 /* bytes of a command without payload */
};

struct change {
	struct haproxy_steps *out;
	struct arena arena;
	struct str name;  /* escaped: a word of a command */
	struct str file;  /* as HAProxy calls it */
	const char *noun; /* "map", "acl" */
	bool acl, keyed;
	struct entries old, new;
	struct strmap olds, news; /* key → struct place */
	struct buf word;
};

/* Where a key stands. */
struct place {
	size_t at;
	size_t count;
};

/* ---- words of a command ---- */

/* A backslash takes the meaning of blanks, ';' and itself; what HAProxy would
 * not read as one word otherwise. */
static void
put_word(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (strchr(" \t;\\<\"'#", s.ptr[i]))
			buf_char(out, '\\');
		buf_char(out, s.ptr[i]);
	}
}

static struct str
keep(struct change *c)
{
	return arena_str(&c->out->arena, buf_as_str(&c->word));
}

/* "add map NAME KEY VALUE"; a value of nothing only a payload can carry. */
static struct str
add_command(struct change *c, const struct entry *e, const char *version)
{
	buf_reset(&c->word);
	buf_printf(&c->word, "add %s %s", c->noun, version);
	buf_str(&c->word, c->name);
	if (!c->acl && !e->value.len) {
		buf_puts(&c->word, " <<\n");
		buf_str(&c->word, e->key);
		buf_puts(&c->word, " \n");
		return keep(c);
	}
	buf_char(&c->word, ' ');
	put_word(&c->word, e->key);
	if (!c->acl) {
		buf_char(&c->word, ' ');
		put_word(&c->word, e->value);
	}
	return keep(c);
}

static struct str
key_command(struct change *c, const char *verb, const struct entry *e)
{
	buf_reset(&c->word);
	buf_printf(&c->word, "%s %s ", verb, c->noun);
	buf_str(&c->word, c->name);
	buf_char(&c->word, ' ');
	put_word(&c->word, e->key);
	if (*verb == 's') {
		buf_char(&c->word, ' ');
		put_word(&c->word, e->value);
	}
	return keep(c);
}

static struct haproxy_step *
add_step(struct change *c, struct str command)
{
	struct haproxy_step *s =
	    haproxy_step_add(c->out, STEP_MAP, c->file, STR(""));

	s->command = command;
	return s;
}

static void __attribute__((format(printf, 3, 4)))
describe(struct change *c, struct haproxy_step *s, const char *format, ...)
{
	va_list args;

	buf_reset(&c->word);
	buf_printf(
	    &c->word, "%s %.*s: ", c->noun, (int)c->file.len, c->file.ptr);
	va_start(args, format);
	buf_vprintf(&c->word, format, args);
	va_end(args);
	s->what = keep(c);
}

/* ---- a few changes ---- */

static const struct place *
place_of(const struct strmap *map, struct str key)
{
	return strmap_get(map, key);
}

static void
index_keys(struct change *c, const struct entries *list, struct strmap *map)
{
	for (size_t i = 0; i < list->count; i++) {
		struct place *p = strmap_get(map, list->items[i].key);

		if (!p) {
			p = arena_zalloc(&c->arena, sizeof(*p));
			p->at = i;
			strmap_put(map, list->items[i].key, p);
		}
		p->count++;
	}
}

/* In what may be told to HAProxy as a command of its own. */
static bool
is_plain(const struct entry *e)
{
	return *e->key.ptr != '#' && /* "#0x…" is an entry by its address */
	       e->key.len + e->value.len < COMMAND_MAX / 2;
}

/* A change of its value alone. */
static bool
can_be_set(const struct entry *new)
{
	return new->value.len > 0;
}

/* How many commands; SIZE_MAX: commands can't make this list. */
static size_t
count_changes(struct change *c)
{
	size_t n = 0;
	size_t last = 0;
	bool added = false;
	bool whole_order = !c->keyed && !c->acl;

	for (size_t i = 0; i < c->old.count; i++) {
		const struct entry *e = &c->old.items[i];

		if (place_of(&c->news, e->key))
			continue;
		n++;
		if (!is_plain(e) || place_of(&c->olds, e->key)->count > 1)
			return SIZE_MAX;
	}
	for (size_t i = 0; i < c->new.count; i++) {
		const struct entry *e = &c->new.items[i];
		const struct place *was = place_of(&c->olds, e->key);

		if (!was) {
			added = true;
			n++;
			if (!is_plain(e) ||
			    place_of(&c->news, e->key)->count > 1)
				return SIZE_MAX;
			continue;
		}
		if (was->count != place_of(&c->news, e->key)->count)
			return SIZE_MAX;
		if (whole_order && (added || was->at < last))
			return SIZE_MAX;
		last = was->at;
		if (was->count == 1 &&
		    str_equal(c->old.items[was->at].value, e->value))
			continue;
		if (was->count > 1) /* whichever of them it is */
			continue;
		n++;
		if (!is_plain(e) || (whole_order && !can_be_set(e)))
			return SIZE_MAX;
	}
	return n;
}

/* Keys that stand twice may stay, but not change: a command goes to all. */
static bool
twins_stay(struct change *c)
{
	size_t k = 0;

	for (size_t i = 0; i < c->old.count; i++) {
		const struct entry *a = &c->old.items[i];

		if (place_of(&c->olds, a->key)->count < 2)
			continue;
		for (; k < c->new.count; k++)
			if (place_of(&c->news, c->new.items[k].key)->count > 1)
				break;
		if (k == c->new.count ||
		    !str_equal(a->key, c->new.items[k].key) ||
		    !str_equal(a->value, c->new.items[k].value))
			return false;
		k++;
	}
	for (; k < c->new.count; k++)
		if (place_of(&c->news, c->new.items[k].key)->count > 1)
			return false;
	return true;
}

/* Back to its place an entry goes only where places don't count. */
static void
plan_deleted(struct change *c, const struct entry *e)
{
	struct haproxy_step *s = add_step(c, key_command(c, "del", e));

	if (c->keyed || c->acl)
		s->undo = add_command(c, e, "");
	else
		c->out->proven = false;
	describe(c, s, "-%.*s", (int)e->key.len, e->key.ptr);
}

static void
plan_new(struct change *c, const struct entry *e)
{
	struct haproxy_step *s = add_step(c, add_command(c, e, ""));

	s->undo = key_command(c, "del", e);
	describe(c, s, "+%.*s", (int)e->key.len, e->key.ptr);
}

static void
plan_value(struct change *c, const struct entry *old, const struct entry *new)
{
	struct haproxy_step *s;

	if (!can_be_set(new)) {
		plan_deleted(c, old);
		plan_new(c, new);
		return;
	}
	s = add_step(c, key_command(c, "set", new));
	if (can_be_set(old))
		s->undo = key_command(c, "set", old);
	else
		c->out->proven = false;
	describe(c, s, "%.*s: %.*s -> %.*s", (int)new->key.len, new->key.ptr,
	    (int)old->value.len, old->value.ptr, (int)new->value.len,
	    new->value.ptr);
}

static void
plan_few(struct change *c)
{
	for (size_t i = 0; i < c->new.count; i++) {
		const struct entry *e = &c->new.items[i];
		const struct place *was = place_of(&c->olds, e->key);

		if (!was)
			plan_new(c, e);
		else if (was->count == 1 &&
			 !str_equal(c->old.items[was->at].value, e->value))
			plan_value(c, &c->old.items[was->at], e);
	}
	for (size_t i = 0; i < c->old.count; i++)
		if (!place_of(&c->news, c->old.items[i].key))
			plan_deleted(c, &c->old.items[i]);
}

/* ---- all of it ---- */

static bool
fits(const struct entries *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].key.len + list->items[i].value.len >=
		    COMMAND_MAX / 2)
			return false;
	return true;
}

static void
put_part(struct change *c, struct buf *part)
{
	struct haproxy_step *s;

	if (!part->len)
		return;
	buf_reset(&c->word);
	buf_puts(&c->word, "add map @* ");
	buf_str(&c->word, c->name);
	buf_puts(&c->word, " <<\n");
	buf_str(&c->word, buf_as_str(part));
	s = add_step(c, keep(c));
	s->undo = STR("");
	describe(c, s, "%zu bytes of its new version", part->len);
	buf_reset(part);
}

static void
plan_parts(struct change *c)
{
	struct buf part = {0};

	for (size_t i = 0; i < c->new.count; i++) {
		const struct entry *e = &c->new.items[i];

		buf_str(&part, e->key);
		buf_char(&part, ' ');
		buf_str(&part, e->value);
		buf_char(&part, '\n');
		if (part.len > PAYLOAD / 2 || i + 1 == c->new.count)
			put_part(c, &part);
	}
	buf_fini(&part);
}

/* ACL files have no payload: a command for each line. */
static void
plan_lines(struct change *c)
{
	for (size_t i = 0; i < c->new.count; i++) {
		const struct entry *e = &c->new.items[i];
		struct haproxy_step *s = add_step(c, add_command(c, e, "@* "));

		s->undo = STR("");
		describe(c, s, "%.*s", (int)e->key.len, e->key.ptr);
	}
}

static void
plan_all(struct change *c)
{
	struct haproxy_step *s;

	buf_reset(&c->word);
	buf_printf(&c->word, "prepare %s ", c->noun);
	buf_str(&c->word, c->name);
	s = add_step(c, keep(c));
	buf_reset(&c->word);
	buf_printf(&c->word, "clear %s @* ", c->noun);
	buf_str(&c->word, c->name);
	s->undo = keep(c);
	describe(c, s, "a new version");
	if (c->acl)
		plan_lines(c);
	else
		plan_parts(c);
	buf_reset(&c->word);
	buf_printf(&c->word, "commit %s @* ", c->noun);
	buf_str(&c->word, c->name);
	s = add_step(c, keep(c));
	describe(c, s, "%zu entries", c->new.count);
	c->out->proven = false;
}

/* ---- which of both ---- */

static bool
same_entries(const struct entries *a, const struct entries *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!str_equal(a->items[i].key, b->items[i].key) ||
		    !str_equal(a->items[i].value, b->items[i].value))
			return false;
	return true;
}

static void
plan_change(struct change *c, const struct haproxy_version *v)
{
	bool versions = haproxy_version_at_least(v, 2, 4);
	size_t few;

	if (same_entries(&c->old, &c->new))
		return;
	index_keys(c, &c->old, &c->olds);
	index_keys(c, &c->new, &c->news);
	few = twins_stay(c) ? count_changes(c) : SIZE_MAX;
	if (few <= (versions ? FEW : FEW_ALONE))
		plan_few(c);
	else if (!versions)
		haproxy_steps_refuse(c->out,
		    "%s: HAProxy %s can't take the whole file at once",
		    c->file.ptr, v->text);
	else if (!fits(&c->new))
		haproxy_steps_refuse(c->out,
		    "%s: a line is too long for a command", c->file.ptr);
	else
		plan_all(c);
}

void
mapfile_plan(struct haproxy_steps *out, enum haproxy_file_kind kind,
    const struct file_change *f)
{
	struct change c = {.out = out,
	    .noun = kind == FILE_ACL ? "acl" : "map",
	    .acl = kind == FILE_ACL,
	    .keyed = kind == FILE_MAP_KEYED};
	struct error e = {0};

	c.file = str_of(arena_strdup(&out->arena, f->name));
	put_word(&c.word, c.file);
	c.name = arena_str(&c.arena, buf_as_str(&c.word));
	if (entries_read(&c.old, f->old_text, c.acl, &c.arena, &e) < 0 ||
	    entries_read(&c.new, f->new_text, c.acl, &c.arena, &e) < 0)
		haproxy_steps_refuse(out, "%s: %s", f->name, e.text);
	else
		plan_change(&c, f->version);
	error_fini(&e);
	strmap_fini(&c.olds);
	strmap_fini(&c.news);
	buf_fini(&c.word);
	arena_fini(&c.arena);
}

/* ---- read back ---- */

static int
by_key(const void *a, const void *b)
{
	const struct entry *x = a;
	const struct entry *y = b;
	int c = str_compare(x->key, y->key);

	return c ? c : str_compare(x->value, y->value);
}

static void
sort(struct entries *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_key);
}

static int
compare(const struct entries *want, const struct entries *have,
    const char *name, struct error *e)
{
	size_t i = 0;

	while (i < want->count && i < have->count &&
	       by_key(&want->items[i], &have->items[i]) == 0)
		i++;
	if (i == want->count && i == have->count)
		return 0;
	if (want->count != have->count)
		return error_set(e, ERROR_REMOTE, "%s: %zu entries, not %zu",
		    name, have->count, want->count);
	return error_set(e, ERROR_REMOTE,
	    "%s: \"%.*s %.*s\", not \"%.*s %.*s\"", name,
	    (int)have->items[i].key.len, have->items[i].key.ptr,
	    (int)have->items[i].value.len, have->items[i].value.ptr,
	    (int)want->items[i].key.len, want->items[i].key.ptr,
	    (int)want->items[i].value.len, want->items[i].value.ptr);
}

int
mapfile_verify(enum haproxy_file_kind kind, const char *name, struct str text,
    struct str answer, struct error *e)
{
	struct arena arena = {0};
	struct entries want, have;
	struct error why = {0};
	bool acl = kind == FILE_ACL;
	int rc = -1;

	if (entries_read(&want, text, acl, &arena, &why) < 0 ||
	    entries_listed(&have, answer, acl, &arena, &why) < 0) {
		error_set(e, ERROR_REMOTE, "%s: %s", name, why.text);
		goto out;
	}
	if (kind != FILE_MAP) {
		sort(&want);
		sort(&have);
	}
	rc = compare(&want, &have, name, e);
out:
	error_fini(&why);
	arena_fini(&arena);
	return rc;
}
