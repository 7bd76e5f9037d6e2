/* SPDX-License-Identifier: MIT */
/*
 * scratch: a map that lives for one render, as an object with methods. Values
 * are kept as they are: a list or map put there is shared, not copied.
 */
#include "exec.h"
#include "families.h"
#include "func.h"

#define SCRATCH "*template.Scratch"

struct scratch {
	struct map *values; /* NULL until something is set */
	uint64_t zeros[4];  /* where Go has its locks, which rest */
};

static struct map *
values_of(const struct call *c)
{
	return c->render->exec->scratch->values;
}

/* The same, for setting. */
static struct map *
new_values(struct call *c)
{
	struct scratch *s = c->render->exec->scratch;

	if (!s->values)
		s->values = map_new(c->arena, &type_map_string_any);
	return s->values;
}

static int
call_key(struct call *c, struct value *result)
{
	*result = value_bool(map_has_str(values_of(c), func_str(c, 1)));
	return 0;
}

static int
call_get(struct call *c, struct value *result)
{
	*result = map_get_str(values_of(c), func_str(c, 1));
	return 0;
}

static int
set(struct call *c, struct value *result, bool overwrite)
{
	struct map *values = new_values(c);
	struct str key = func_str(c, 1);

	if (overwrite || !map_has_str(values, key))
		map_put_str(values, key, c->args[2]);
	*result = value_str(STR(""));
	return 0;
}

static int
call_set(struct call *c, struct value *result)
{
	return set(c, result, true);
}

static int
call_setx(struct call *c, struct value *result)
{
	return set(c, result, false);
}

static bool
is_plain_map(const struct value *v)
{
	return value_kind(v) == KIND_MAP &&
	       type_same(v->type, &type_map_string_any);
}

static int
map_set(struct call *c, struct value *result, bool overwrite)
{
	struct map *values = new_values(c);
	struct str key = func_str(c, 1), inner_key = func_str(c, 2);
	struct value inner = map_get_str(values, key);
	struct buf b = {0};

	if (!map_has_str(values, key)) {
		inner = value_map(map_new(c->arena, &type_map_string_any),
		    &type_map_string_any);
		map_put_str(values, key, inner);
	}
	if (!is_plain_map(&inner)) {
		value_quote(&b, key);
		call_fail(c, "%s is not a map", b.ptr);
		buf_fini(&b);
		return -1;
	}
	*result = value_str(STR(""));
	if (!overwrite && map_has_str(inner.u.map, inner_key))
		return 0;
	if (!inner.u.map)
		return call_fail(c, "assignment to entry in nil map");
	map_put_str(inner.u.map, inner_key, c->args[3]);
	return 0;
}

static int
call_map_set(struct call *c, struct value *result)
{
	return map_set(c, result, true);
}

static int
call_map_setx(struct call *c, struct value *result)
{
	return map_set(c, result, false);
}

static int
call_map_values(struct call *c, struct value *result)
{
	struct value inner = map_get_str(new_values(c), func_str(c, 1));
	struct list_builder l;

	if (!is_plain_map(&inner)) {
		*result = (struct value){.type = &type_anys};
		return 0;
	}
	list_begin(&l, c->arena, &type_anys);
	for (size_t i = 0; i < map_count(inner.u.map); i++)
		list_add(&l, map_at(inner.u.map, i).value);
	*result = list_end(&l);
	return 0;
}

static const struct method methods[] = {
    {"Get", "string", "interface {}", call_get},
    {"Key", "string", "bool", call_key},
    {"MapSet", "string,string,interface {}", "string", call_map_set},
    {"MapSetX", "string,string,interface {}", "string", call_map_setx},
    {"MapValues", "string", "[]interface {}", call_map_values},
    {"Set", "string,interface {}", "string", call_set},
    {"SetX", "string,interface {}", "string", call_setx},
};

/* What Go's object holds beside the map, its locks: never held while a template
 * prints it. */
#define RECORD(id, go_name, of)                                    \
	static const struct type type_##id = {.kind = KIND_STRUCT, \
	    .name = go_name,                                       \
	    .size = sizeof(uint64_t),                              \
	    .fields = of,                                          \
	    .field_count = sizeof(of) / sizeof(*of)}
#define PART(id)       .type = &type_##id, .store = STORE_STRUCT
#define NUMBER(id, as) .type = &type_##id, .store = STORE_##as

static const struct type type_sync_no_copy = {
    .kind = KIND_STRUCT, .name = "sync.noCopy"};
static const struct type type_atomic_no_copy = {
    .kind = KIND_STRUCT, .name = "atomic.noCopy"};
static const struct field bool_fields[] = {
    {.name = "_", PART(atomic_no_copy)}, {.name = "v", NUMBER(uint32, I32)}};
RECORD(atomic_bool, "atomic.Bool", bool_fields);
static const struct field int32_fields[] = {
    {.name = "_", PART(atomic_no_copy)}, {.name = "v", NUMBER(int32, I32)}};
RECORD(atomic_int32, "atomic.Int32", int32_fields);
static const struct field inner_fields[] = {
    {.name = "state", NUMBER(int32, I32)},
    {.name = "sema", NUMBER(uint32, I32)}};
RECORD(inner_mutex, "sync.Mutex", inner_fields);
static const struct field mutex_fields[] = {
    {.name = "_", PART(sync_no_copy)}, {.name = "mu", PART(inner_mutex)}};
RECORD(mutex, "sync.Mutex", mutex_fields);
static const struct field once_fields[] = {{.name = "_", PART(sync_no_copy)},
    {.name = "done", PART(atomic_bool)}, {.name = "m", PART(mutex)}};
RECORD(once, "sync.Once", once_fields);
static const struct field rw_fields[] = {{.name = "w", PART(mutex)},
    {.name = "writerSem", NUMBER(uint32, I32)},
    {.name = "readerSem", NUMBER(uint32, I32)},
    {.name = "readerCount", PART(atomic_int32)},
    {.name = "readerWait", PART(atomic_int32)}};
RECORD(rw_mutex, "sync.RWMutex", rw_fields);

static const struct field fields[] = {
    {.name = "once", PART(once), .offset = offsetof(struct scratch, zeros)},
    {.name = "RWMutex",
	PART(rw_mutex),
	.offset = offsetof(struct scratch, zeros),
	.embedded = true},
    {.name = "values",
	.type = &type_map_string_any,
	.offset = offsetof(struct scratch, values),
	.store = STORE_MAP},
};

static const struct type type_scratch = {.kind = KIND_STRUCT,
    .name = "template.Scratch",
    .size = sizeof(struct scratch),
    .fields = fields,
    .field_count = sizeof(fields) / sizeof(*fields)};

static const struct type type_scratch_ptr = {.kind = KIND_PTR,
    .name = SCRATCH,
    .elem = &type_scratch,
    .methods = methods,
    .method_count = sizeof(methods) / sizeof(*methods)};

static int
call_scratch(struct call *c, struct value *result)
{
	struct exec *x = c->render->exec;

	if (!x->scratch) {
		x->scratch = arena_alloc(c->arena, sizeof(*x->scratch));
		*x->scratch = (struct scratch){0};
	}
	*result = value_ptr(&type_scratch_ptr, x->scratch);
	return 0;
}

static const struct type *const types[] = {&type_scratch_ptr};

static const struct func funcs[] = {
    {"scratch", "", SCRATCH, call_scratch, FUNC_EFFECT,
	"scratch — a map for this render: .Set key v, .Get key, .Key key, "
	".SetX, .MapSet key key v, .MapSetX, .MapValues key"},
};

const struct func_family family_scratch = {
    .name = "scratch",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
    .types = types,
    .type_count = sizeof(types) / sizeof(*types),
};
