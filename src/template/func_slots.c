/* SPDX-License-Identifier: MIT */
/*
 * slots: a fixed number of server lines that instances come to and go from, so
 * that each change is one of address, weight and `disabled`, which HAProxy
 * takes at run time. Who sits where is read from what stands in the
 * destination: the lines themselves are the memory.
 */
#include <stdlib.h>

#include "exec.h"
#include "families.h"
#include "func.h"
#include "strconv.h"
#include "weir/error.h"
#include "weir/limits.h"
#include "weir/strmap.h"

/* The address of a slot that nobody has. */
#define NOWHERE "127.0.0.1:1"

struct instance {
	struct str at; /* address:port */
	int64_t weight;
	bool seated;
};

struct slot {
	struct str owner; /* who has it, or had it last; empty: nobody yet */
	uint64_t freed;   /* in this order slots came free; 0: not free */
	bool stood;       /* was taken in the text that stands */
	struct instance *now; /* who has it in the new text */
};

struct slots {
	struct call *call;
	struct str backend;
	struct str options;
	uint32_t wanted; /* N */
	uint32_t asked;  /* N when the text was made that stands */
	struct slot *items;
	uint32_t count, room;
	uint64_t last_freed;
	struct instance *instances;
	uint32_t instance_count;
};

/* ---- the arguments ---- */

static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!func_is_name_char(s.ptr[i]))
			return false;
	return s.len > 0;
}

/* The next word of a line, as far as blanks go; false: none. */
static bool
take_word(struct str *line, struct str *word)
{
	return str_take_word(line, " \t", word);
}

static bool
has_word(struct str line, const char *wanted)
{
	struct str word;

	while (take_word(&line, &word))
		if (str_is(word, wanted))
			return true;
	return false;
}

static int
get_options(struct slots *s)
{
	struct call *c = s->call;
	struct buf b = {0};

	for (size_t i = 3; i < c->argc; i++) {
		if (i > 3)
			buf_char(&b, ' ');
		buf_str(&b, func_str(c, i));
	}
	s->options = arena_str(c->arena, buf_as_str(&b));
	buf_fini(&b);
	for (size_t i = 0; i < s->options.len; i++)
		if ((unsigned char)s->options.ptr[i] < ' ' ||
		    s->options.ptr[i] == '#' || s->options.ptr[i] == 0x7f)
			return func_refuse(c, s->options,
			    "are no options: a control character or a #");
	if (has_word(s->options, "disabled"))
		return func_refuse(c, s->options,
		    "are no options: slots says itself who is disabled");
	return 0;
}

static int
get_count(struct slots *s)
{
	const struct value *n = &s->call->args[2];
	enum kind kind = value_kind(n);

	if (!kind_is_int(kind) && !kind_is_uint(kind))
		return call_fail(s->call, "the number of slots is a %s",
		    n->type ? n->type->name : "nil");
	if (n->u.u < 1 || n->u.u > LIMIT_SLOTS)
		return call_fail(s->call,
		    "the number of slots must be 1 to %u, not %s", LIMIT_SLOTS,
		    value_to_str(s->call->arena, n).ptr);
	s->wanted = (uint32_t)n->u.u;
	return 0;
}

/* The second slots of a backend would be its servers' names again. */
static int
claim_backend(struct slots *s)
{
	struct exec *x = s->call->render->exec;

	if (!is_name(s->backend))
		return func_refuse(s->call, s->backend,
		    "is no name of a backend (haproxyName makes one)");
	if (!x->slotted)
		x->slotted = map_new(s->call->arena, &type_map_string_any);
	if (map_has_str(x->slotted, s->backend))
		return func_refuse(s->call, s->backend,
		    "has slots already: its servers would have the same names");
	map_put_str(x->slotted, s->backend, value_bool(true));
	return 0;
}

/* ---- the instances ---- */

/* Field or key of a record or map; no value: it has none. */
static struct value
get(struct value v, const char *name)
{
	const struct field *f;

	value_indirect(&v);
	if (value_kind(&v) == KIND_MAP)
		return map_get_str(v.u.map, str_of(name));
	if (value_kind(&v) != KIND_STRUCT || !v.u.ptr)
		return VALUE_NONE;
	f = type_field(v.type, str_of(name));
	return f ? value_field(v.u.ptr, f) : VALUE_NONE;
}

/* Whole numbers of any kind: a port from JSON is a float, or a text. */
static bool
get_number(struct value v, int64_t *n)
{
	enum kind kind;

	value_indirect(&v);
	kind = value_kind(&v);
	if (kind_is_int(kind) || (kind_is_uint(kind) && v.u.i >= 0))
		*n = v.u.i;
	else if (kind_is_float(kind) && v.u.f >= 0 && v.u.f <= 1e9)
		*n = (int64_t)v.u.f;
	else if (kind == KIND_STRING)
		return strconv_int(value_as_str(&v), 10, n) == STRCONV_OK;
	else
		return false;
	return !kind_is_float(kind) || (double)*n == v.u.f;
}

static bool
is_host(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f ||
		    strchr("\"'\\#$@,[]", s.ptr[i]))
			return false;
	return s.len > 0;
}

static int
refuse_instance(struct slots *s, struct value v, const char *why)
{
	return func_refuse(s->call, value_to_str(s->call->arena, &v), why);
}

static int
get_instance(struct slots *s, struct value v, struct instance *to)
{
	struct value host = get(v, "Address"), port = get(v, "Port");
	struct value weights = get(v, "Weights");
	struct buf b = {0};
	struct str h;
	int64_t n;

	if (value_kind(&host) != KIND_STRING || value_kind(&port) == 0)
		return call_fail(s->call,
		    "a server has an Address and a Port, a %s has not",
		    v.type ? v.type->name : "nil");
	h = value_as_str(&host);
	if (!is_host(h))
		return refuse_instance(s, host, "is no address of a server");
	if (!get_number(port, &n) || n < 1 || n > UINT16_MAX) {
		h = value_to_str(s->call->arena, &port);
		buf_printf(&b, "is no port of a server (its address is %.*s)",
		    (int)host.len, host.u.str);
		func_refuse(s->call, h, b.ptr);
		buf_fini(&b);
		return -1;
	}
	buf_printf(&b, memchr(h.ptr, ':', h.len) ? "[%.*s]:%d" : "%.*s:%d",
	    (int)h.len, h.ptr, (int)n);
	to->at = arena_str(s->call->arena, buf_as_str(&b));
	buf_fini(&b);
	to->weight = 1;
	if (value_kind(&weights) && get_number(get(weights, "Passing"), &n))
		to->weight = n < 0 ? 0 : n > 256 ? 256 : n;
	return 0;
}

/* One for each address:port; the first weight counts. */
static int
get_instances(struct slots *s)
{
	struct value list = s->call->args[1];
	struct strmap seen = {0};
	int rc = 0;

	value_indirect(&list);
	if (value_kind(&list) == KIND_INVALID)
		return call_fail(s->call, "the servers are nil");
	if (value_kind(&list) != KIND_SLICE && value_kind(&list) != KIND_ARRAY)
		return call_fail(
		    s->call, "the servers are no list: %s", list.type->name);
	s->instances =
	    arena_array(s->call->arena, list.len + 1, sizeof(*s->instances));
	for (uint32_t i = 0; rc == 0 && i < list.len; i++) {
		struct instance *at = &s->instances[s->instance_count];

		rc = get_instance(s, value_index(&list, i), at);
		if (rc == 0 && !strmap_put(&seen, at->at, at))
			s->instance_count++;
	}
	strmap_fini(&seen);
	if (rc == 0 && s->instance_count > LIMIT_SLOTS)
		return call_fail(
		    s->call, "%u servers are too many", s->instance_count);
	return rc;
}

/* ---- what stands ---- */

static struct slot *
add_slot(struct slots *s)
{
	if (s->count == s->room) {
		uint32_t room = s->room ? s->room * 2 : 64;
		struct slot *items =
		    arena_array(s->call->arena, room, sizeof(*items));

		if (s->count)
			memcpy(items, s->items, s->count * sizeof(*items));
		s->items = items;
		s->room = room;
	}
	s->items[s->count] = (struct slot){0};
	return &s->items[s->count++];
}

/* "was ADDRESS, freed N", behind the # of a placeholder. */
static void
read_freed(struct slots *s, struct slot *slot, struct str line)
{
	struct str word, owner;
	uint64_t n;

	while (take_word(&line, &word) && !str_is(word, "#"))
		continue;
	if (!take_word(&line, &word) || !str_is(word, "was") ||
	    !take_word(&line, &owner) || owner.len < 2 ||
	    !take_word(&line, &word) || !take_word(&line, &word) ||
	    strconv_uint(word, 10, &n) != STRCONV_OK || n == 0 ||
	    n > UINT32_MAX)
		return;
	owner.len--; /* the comma */
	slot->owner = owner;
	slot->freed = n;
	if (n > s->last_freed)
		s->last_freed = n;
}

/* "server BACKEND-I ADDRESS [disabled] …" as the next slot; false: another
 * line. */
static bool
read_slot(struct slots *s, struct str line)
{
	struct str word, name, address, fourth;
	struct buf want = {0};
	struct slot *slot;
	bool ours;

	if (!take_word(&line, &word) || !str_is(word, "server") ||
	    !take_word(&line, &name) || !take_word(&line, &address))
		return false;
	buf_printf(&want, "%.*s-%u", (int)s->backend.len, s->backend.ptr,
	    s->count + 1);
	ours = str_equal(name, buf_as_str(&want));
	buf_fini(&want);
	if (!ours || s->count == LIMIT_SLOTS)
		return false;
	slot = add_slot(s);
	if (take_word(&line, &fourth) && str_is(fourth, "disabled")) {
		read_freed(s, slot, line);
	} else {
		slot->owner = address;
		slot->stood = true;
	}
	return true;
}

/* "# slots BACKEND N" */
static bool
read_title(struct slots *s, struct str line)
{
	struct str word;
	uint64_t n;

	if (!take_word(&line, &word) || !str_is(word, "#") ||
	    !take_word(&line, &word) || !str_is(word, "slots") ||
	    !take_word(&line, &word) || !str_equal(word, s->backend) ||
	    !take_word(&line, &word) ||
	    strconv_uint(word, 10, &n) != STRCONV_OK || n > LIMIT_SLOTS)
		return false;
	s->asked = (uint32_t)n;
	return true;
}

static int
read_standing(struct slots *s)
{
	const struct template_world *w = s->call->render->world;
	struct str text = {0};
	struct error e = {0};

	if (w && w->standing && w->standing(w->arg, &text, &e) < 0) {
		call_fail(
		    s->call, "who has which slot cannot be read: %s", e.text);
		error_fini(&e);
		return -1;
	}
	while (text.len && !read_title(s, str_take_line(&text)))
		continue;
	while (text.len && read_slot(s, str_take_line(&text)))
		continue;
	return 0;
}

/* ---- who sits where ---- */

/* Those that had a slot have it again; the others' slots come free. */
static void
seat_known(struct slots *s)
{
	struct strmap by_owner = {0};

	for (uint32_t i = 0; i < s->count; i++) {
		struct slot *slot = &s->items[i];
		struct slot *other = strmap_get(&by_owner, slot->owner);

		if (slot->owner.len && (!other || !other->stood))
			strmap_put(&by_owner, slot->owner, slot);
	}
	for (uint32_t i = 0; i < s->instance_count; i++) {
		struct slot *slot = strmap_get(&by_owner, s->instances[i].at);

		if (!slot)
			continue;
		slot->now = &s->instances[i];
		slot->now->seated = true;
	}
	for (uint32_t i = 0; i < s->count; i++) {
		struct slot *slot = &s->items[i];

		if (slot->now)
			slot->freed = 0;
		else if (slot->stood)
			slot->freed = ++s->last_freed;
	}
	strmap_fini(&by_owner);
}

/* N was changed by a person: as many, but nobody loses a seat. */
static void
resize(struct slots *s)
{
	uint32_t count = s->wanted;

	if (s->asked != s->wanted)
		for (uint32_t i = count; i < s->count; i++)
			if (s->items[i].now)
				count = i + 1;
	if (s->asked != s->wanted && count < s->count)
		s->count = count;
	while (s->count < s->wanted)
		add_slot(s);
}

/* Never used ones first, by number; then those that are free for longest. */
static int
compare_free(const void *a, const void *b)
{
	const struct slot *x = *(struct slot *const *)a;
	const struct slot *y = *(struct slot *const *)b;

	if (x->freed != y->freed)
		return x->freed < y->freed ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* Half as many again when they are full, so that it happens rarely. */
static void
grow(struct slots *s)
{
	uint64_t room = s->instance_count + (s->instance_count + 1) / 2;

	if (s->instance_count <= s->count)
		return;
	if (room > LIMIT_SLOTS)
		room = LIMIT_SLOTS;
	while (s->count < room)
		add_slot(s);
}

static void
seat_new(struct slots *s)
{
	struct slot **empty =
	    arena_array(s->call->arena, s->count + 1, sizeof(*empty));
	uint32_t count = 0, next = 0;

	for (uint32_t i = 0; i < s->count; i++)
		if (!s->items[i].now)
			empty[count++] = &s->items[i];
	qsort(empty, count, sizeof(*empty), compare_free);
	for (uint32_t i = 0; i < s->instance_count; i++) {
		if (s->instances[i].seated)
			continue;
		empty[next]->now = &s->instances[i];
		empty[next++]->freed = 0;
	}
}

/* ---- the lines ---- */

/* The options, with {name} as the slot's name. */
static void
put_options(struct buf *b, struct str options, struct str name)
{
	ptrdiff_t at;

	if (options.len)
		buf_char(b, ' ');
	while ((at = str_find(options, STR("{name}"))) >= 0) {
		buf_put(b, options.ptr, (size_t)at);
		buf_str(b, name);
		options.ptr += at + 6;
		options.len -= (size_t)at + 6;
	}
	buf_str(b, options);
}

static void
put_slot(struct buf *b, const struct slots *s, uint32_t i, bool weights)
{
	const struct slot *slot = &s->items[i];
	struct buf name = {0};

	buf_printf(
	    &name, "%.*s-%u", (int)s->backend.len, s->backend.ptr, i + 1);
	buf_puts(b, "\n    server ");
	buf_str(b, buf_as_str(&name));
	buf_char(b, ' ');
	if (slot->now)
		buf_str(b, slot->now->at);
	else
		buf_puts(b, NOWHERE " disabled");
	put_options(b, s->options, buf_as_str(&name));
	buf_fini(&name);
	if (slot->now && weights && slot->now->weight != 1)
		buf_printf(b, " weight %d", (int)slot->now->weight);
	if (!slot->now && slot->freed)
		buf_printf(b, " # was %.*s, freed %llu", (int)slot->owner.len,
		    slot->owner.ptr, (unsigned long long)slot->freed);
}

static int
call_slots(struct call *c, struct value *result)
{
	struct slots s = {.call = c, .backend = func_str(c, 0)};
	struct buf b = {.limit = LIMIT_OUTPUT_BYTES};
	bool weights;

	if (claim_backend(&s) < 0 || get_count(&s) < 0 || get_options(&s) < 0 ||
	    get_instances(&s) < 0 || read_standing(&s) < 0)
		return -1;
	seat_known(&s);
	resize(&s);
	grow(&s);
	seat_new(&s);
	weights = !has_word(s.options, "weight");
	buf_printf(&b, "    # slots %.*s %u", (int)s.backend.len, s.backend.ptr,
	    s.wanted);
	for (uint32_t i = 0; i < s.count && !b.failed; i++)
		put_slot(&b, &s, i, weights);
	return func_give(c, &b, result);
}

static const struct func funcs[] = {
    {"slots", "string,reflect.Value,interface {},...string", "string",
	call_slots, FUNC_EFFECT,
	"slots backend servers n options… — n server lines for what is there, "
	"the rest disabled; each server stays in its line"},
};

const struct func_family family_slots = {
    .name = "slots",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
