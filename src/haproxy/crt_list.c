/* SPDX-License-Identifier: MIT */
/*
 * A crt-list whose lines change (configuration.txt, "crt-list"). HAProxy adds
 * at the end and takes away by the certificate's name, so that is what steps
 * can say: lines that go name a certificate that no other line names, lines
 * that come are the last ones and name one that is loaded. The first line,
 * which is the default, stays.
 */
#include "mapfile.h"

#include "weir/strmap.h"

struct crt_line {
	struct str cert;
	struct str text;    /* words with one blank between them */
	struct str filters; /* the same of the names alone */
	bool stays;
};

struct crt_list {
	struct crt_line *items;
	size_t count;
	struct strmap certs; /* → how often */
};

static bool
take_word(struct str *s, struct str *word)
{
	return str_take_word(s, " \t\r", word);
}

static void
join(struct buf *out, struct str word)
{
	if (out->len)
		buf_char(out, ' ');
	buf_str(out, word);
}

/* "CERT [OPTION …] NAME …"; false: a comment or nothing. */
static bool
read_line(struct str line, struct arena *arena, struct crt_line *out)
{
	struct buf text = {0};
	struct buf filters = {0};
	struct str word;
	bool inside = false;

	*out = (struct crt_line){0};
	if ((line.len && *line.ptr == '#') || !take_word(&line, &out->cert))
		return false;
	join(&text, out->cert);
	while (take_word(&line, &word)) {
		join(&text, word);
		inside |= *word.ptr == '[';
		if (!inside)
			join(&filters, word);
		else if (word.ptr[word.len - 1] == ']')
			inside = false;
	}
	out->text = arena_str(arena, buf_as_str(&text));
	out->filters = arena_str(arena, buf_as_str(&filters));
	buf_fini(&text);
	buf_fini(&filters);
	return true;
}

static void
read_list(struct crt_list *l, struct str text, struct arena *arena)
{
	*l = (struct crt_list){0};
	l->items = arena_array(arena, str_count_lines(text), sizeof(*l->items));
	while (text.len) {
		struct crt_line *line = &l->items[l->count];
		uintptr_t often;

		if (!read_line(str_take_line(&text), arena, line))
			continue;
		l->count++;
		often = (uintptr_t)strmap_get(&l->certs, line->cert) + 1;
		strmap_put(&l->certs, line->cert, (void *)often);
	}
}

static uintptr_t
count_of(const struct crt_list *l, struct str cert)
{
	return (uintptr_t)strmap_get(&l->certs, cert);
}

/* ---- steps ---- */

static struct haproxy_step *
add_step(struct haproxy_steps *out, const char *name, const char *sign,
    const struct crt_line *l)
{
	struct haproxy_step *s =
	    haproxy_step_add(out, STEP_CERT, str_of(name), STR(""));

	s->what = str_of(arena_printf(&out->arena, "crt-list %s: %s%.*s", name,
	    sign, (int)l->text.len, l->text.ptr));
	return s;
}

static char *
del_command(
    struct haproxy_steps *out, const char *name, const struct crt_line *l)
{
	return arena_printf(&out->arena, "del ssl crt-list %s %.*s", name,
	    (int)l->cert.len, l->cert.ptr);
}

static bool
is_plain(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!s.ptr[i] || strchr(";\\<\"'#", s.ptr[i]))
			return false;
	return true;
}

/* Lines that stay are the first of the new list, in their order. */
static size_t
match(struct crt_list *old, const struct crt_list *new)
{
	size_t n = 0;

	for (size_t i = 0; i < old->count && n < new->count; i++)
		if (str_equal(old->items[i].text, new->items[n].text)) {
			old->items[i].stays = true;
			n++;
		}
	return n;
}

static const char *
no_steps(const struct crt_list *old, const struct crt_list *new, size_t stay)
{
	if (!old->count || !old->items[0].stays)
		return "its first line, the default, changes";
	for (size_t i = 0; i < old->count; i++)
		if (!old->items[i].stays &&
		    (count_of(old, old->items[i].cert) > 1 ||
			!is_plain(old->items[i].cert)))
			return "a line goes whose certificate other lines name";
	for (size_t i = stay; i < new->count; i++) {
		const struct crt_line *l = &new->items[i];

		if (*l->cert.ptr != '/' || !is_plain(l->text) ||
		    l->text.len > 4000)
			return "a line can't be told to HAProxy";
		if (!count_of(old, l->cert))
			return "a new line (or one in another place) names a "
			       "certificate that is not loaded";
	}
	return NULL;
}

static void
plan(struct haproxy_steps *out, const char *name, const struct crt_list *old,
    const struct crt_list *new, size_t stay)
{
	struct haproxy_step *s;

	for (size_t i = 0; i < old->count; i++) {
		if (old->items[i].stays)
			continue;
		s = add_step(out, name, "-", &old->items[i]);
		s->command = str_of(del_command(out, name, &old->items[i]));
	}
	for (size_t i = stay; i < new->count; i++) {
		const struct crt_line *l = &new->items[i];

		s = add_step(out, name, "+", l);
		s->command = str_of(
		    arena_printf(&out->arena, "add ssl crt-list %s <<\n%.*s\n",
			name, (int)l->text.len, l->text.ptr));
		if (count_of(new, l->cert) == 1)
			s->undo = str_of(del_command(out, name, l));
	}
	out->proven &= old->count == stay && new->count == stay;
}

void
crt_list_plan(struct haproxy_steps *out, const struct file_change *f)
{
	struct arena arena = {0};
	struct crt_list old, new;
	const char *why;
	size_t stay;

	read_list(&old, f->old_text, &arena);
	read_list(&new, f->new_text, &arena);
	stay = match(&old, &new);
	why = no_steps(&old, &new, stay);
	if (!is_plain(str_of(f->name)) || strpbrk(f->name, " \t\n"))
		why = "its name can't be told to HAProxy";
	if (why)
		haproxy_steps_refuse(out, "%s: %s", f->name, why);
	else
		plan(out, f->name, &old, &new, stay);
	strmap_fini(&old.certs);
	strmap_fini(&new.certs);
	arena_fini(&arena);
}

/* ---- read back ---- */

int
crt_list_verify(
    const char *name, struct str text, struct str answer, struct error *e)
{
	struct arena arena = {0};
	struct crt_list want, have;
	int rc = 0;

	read_list(&want, text, &arena);
	read_list(&have, answer, &arena);
	if (want.count != have.count)
		rc = error_set(e, ERROR_REMOTE, "%s: %zu lines, not %zu", name,
		    have.count, want.count);
	for (size_t i = 0; rc == 0 && i < want.count; i++) {
		const struct crt_line *a = &want.items[i];
		const struct crt_line *b = &have.items[i];

		if (!str_equal(a->cert, b->cert) ||
		    !str_equal(a->filters, b->filters))
			rc = error_set(e, ERROR_REMOTE,
			    "%s: \"%.*s %.*s\", not \"%.*s %.*s\"", name,
			    (int)b->cert.len, b->cert.ptr, (int)b->filters.len,
			    b->filters.ptr, (int)a->cert.len, a->cert.ptr,
			    (int)a->filters.len, a->filters.ptr);
	}
	strmap_fini(&want.certs);
	strmap_fini(&have.certs);
	arena_fini(&arena);
	return rc;
}
