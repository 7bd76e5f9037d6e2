/* SPDX-License-Identifier: MIT */
/*
 * What JSON cannot give: records, pointers, typed lists and maps, whole numbers
 * of each width, methods, parameters of each type. compare/shims.go has the
 * same, under the same names.
 */
#include <stddef.h>

#include "driver.h"

/* ---- types ---- */

struct inner {
	const struct pstr *zone;
	struct list ports;
};

struct node {
	const struct pstr *name;
	int32_t port;
	int64_t weight;
	uint64_t flags;
	uint8_t byte;
	double load;
	bool up;
	struct list tags;
	const struct map *meta;
	struct value any;
	struct inner inner;
	const struct inner *nil;
	int64_t wait, level;
	struct value none;
	struct str secret;
};

#define AT(record, member, as, of)                                \
	.type = &(of), .offset = offsetof(struct record, member), \
	.store = STORE_##as
#define COUNT(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))

static const struct field inner_fields[] = {
    {.name = "Zone", AT(inner, zone, PSTR, type_string)},
    {.name = "Ports", AT(inner, ports, LIST, type_ints)},
};
static const struct type type_inner = {.kind = KIND_STRUCT,
    .name = "main.Inner",
    .size = sizeof(struct inner),
    .fields = inner_fields,
    .field_count = COUNT(inner_fields)};
static const struct type type_inner_ptr = {
    .kind = KIND_PTR, .name = "*main.Inner", .elem = &type_inner};

static void
print_level(const struct value *v, struct buf *out)
{
	(void)v;
	buf_puts(out, "level");
}

static int
call_level_string(struct call *c, struct value *result)
{
	(void)c;
	*result = value_str(STR("level"));
	return 0;
}

static const struct method level_methods[] = {
    {"String", "", "string", call_level_string}};
static const struct type type_level = {.kind = KIND_INT,
    .name = "main.Level",
    .string = print_level,
    .methods = level_methods,
    .method_count = 1};

static const struct field node_fields[] = {
    {.name = "Name", AT(node, name, PSTR, type_string)},
    {.name = "Port", AT(node, port, I32, type_int)},
    {.name = "Weight", AT(node, weight, I64, type_int64)},
    {.name = "Flags", AT(node, flags, U64, type_uint64)},
    {.name = "Byte", AT(node, byte, U8, type_uint8)},
    {.name = "Load", AT(node, load, F64, type_float64)},
    {.name = "Up", AT(node, up, BOOL, type_bool)},
    {.name = "Tags", AT(node, tags, LIST, type_strings)},
    {.name = "Meta", AT(node, meta, MAP, type_map_string_string)},
    {.name = "Any", AT(node, any, VALUE, type_any)},
    {.name = "Inner", AT(node, inner, STRUCT, type_inner)},
    {.name = "Nil", AT(node, nil, PTR, type_inner_ptr)},
    {.name = "Wait", AT(node, wait, I64, type_duration)},
    {.name = "Level", AT(node, level, I64, type_level)},
    {.name = "None", AT(node, none, VALUE, type_any)},
    {.name = "secret", AT(node, secret, STR, type_string)},
};

static const struct node *
receiver(const struct call *c)
{
	return c->args[0].u.ptr;
}

static int
call_hello(struct call *c, struct value *result)
{
	struct buf b = {0};

	buf_str(&b, str_of_packed(receiver(c)->name));
	buf_puts(&b, " to ");
	buf_str(&b, value_as_str(&c->args[1]));
	*result = value_str(arena_str(c->arena, buf_as_str(&b)));
	buf_fini(&b);
	return 0;
}

static int
call_self(struct call *c, struct value *result)
{
	*result = (struct value){
	    .type = &type_inner, .u.ptr = &receiver(c)->inner, .iface = true};
	return 0;
}

static int
call_ptr(struct call *c, struct value *result)
{
	struct inner *in = arena_zalloc(c->arena, sizeof *in);

	in->zone = arena_pstr(c->arena, STR("p"));
	*result = value_ptr(&type_inner_ptr, in);
	return 0;
}

static int
call_count(struct call *c, struct value *result)
{
	*result = value_int((int64_t)c->argc - 1);
	return 0;
}

static int
call_fail_method(struct call *c, struct value *result)
{
	(void)result;
	return call_fail(c, "%.*s", (int)c->args[1].len, c->args[1].u.str);
}

static const struct method node_methods[] = {
    {"Hello", "string", "string", call_hello},
    {"Self", "", "interface {}", call_self},
    {"Ptr", "", "*main.Inner", call_ptr},
    {"Count", "...int", "int", call_count},
    {"Fail", "string", "string", call_fail_method},
};
static const struct type type_node = {.kind = KIND_STRUCT,
    .name = "main.Node",
    .size = sizeof(struct node),
    .fields = node_fields,
    .field_count = COUNT(node_fields),
    .methods = node_methods,
    .method_count = COUNT(node_methods)};
static const struct type type_node_ptr = {
    .kind = KIND_PTR, .name = "*main.Node", .elem = &type_node};
static const struct type type_nodes = {.kind = KIND_SLICE,
    .name = "[]*main.Node",
    .elem = &type_node_ptr,
    .elem_store = STORE_PTR};
static const struct type type_inners = {.kind = KIND_SLICE,
    .name = "[]main.Inner",
    .elem = &type_inner,
    .elem_store = STORE_STRUCT};
static const struct type type_map_string_inner = {.kind = KIND_MAP,
    .name = "map[string]main.Inner",
    .key = &type_string,
    .elem = &type_inner};
static const struct type type_texts = {.kind = KIND_SLICE,
    .name = "main.Texts",
    .elem = &type_string,
    .elem_store = STORE_STR};

static void
print_error(const struct value *v, struct buf *out)
{
	(void)v;
	buf_puts(out, "an error");
}

static int
call_error(struct call *c, struct value *result)
{
	(void)c;
	*result = value_str(STR("an error"));
	return 0;
}

static const struct method error_methods[] = {
    {"Error", "", "string", call_error}};
static const struct field error_fields[] = {
    {.name = "s", .type = &type_string, .store = STORE_STR}};
static const struct type type_error_string = {.kind = KIND_STRUCT,
    .name = "errors.errorString",
    .size = sizeof(struct str),
    .fields = error_fields,
    .field_count = 1};
static const struct type type_error_ptr = {.kind = KIND_PTR,
    .name = "*errors.errorString",
    .elem = &type_error_string,
    .string = print_error,
    .is_error = true,
    .methods = error_methods,
    .method_count = 1};

/* ---- values ---- */

static struct list
ints(struct arena *a, const int64_t *of, uint32_t n)
{
	int64_t *items = arena_array(a, n, sizeof *items);

	for (uint32_t i = 0; i < n; i++)
		items[i] = of[i];
	return (struct list){items, n, true};
}

static struct value
anys(struct arena *a, const struct value *of, uint32_t n)
{
	struct list_builder b;

	list_begin(&b, a, &type_anys);
	for (uint32_t i = 0; i < n; i++)
		list_add(&b, of[i]);
	return list_end(&b);
}

static struct node *
new_node(struct arena *a, struct str name)
{
	static const int64_t ports[] = {80, 443};
	static const struct str tags[] = {{"a", 1}, {"b c", 3}};
	struct node *n = arena_zalloc(a, sizeof *n);
	const struct pstr *pairs[] = {arena_pstr(a, STR("k")),
	    arena_pstr(a, STR("v")), arena_pstr(a, STR("é")), NULL};
	struct value any[] = {value_int(1), VALUE_NIL, value_str(STR("x"))};

	n->inner =
	    (struct inner){arena_pstr(a, STR("z<1>")), ints(a, ports, 2)};
	n->name = arena_pstr(a, name);
	n->port = 8080;
	n->weight = -7;
	n->flags = UINT64_C(1) << 63;
	n->byte = 255;
	n->load = 0.25;
	n->up = true;
	n->tags = (struct list){tags, 2, true};
	n->meta = map_of_pairs(a, pairs, 2);
	n->any = anys(a, any, 3);
	n->any.iface = true;
	n->wait = 1500000000;
	n->level = 3;
	n->none = VALUE_NIL;
	n->secret = STR("s");
	return n;
}

#define GIVES(id, expression)                                 \
	static int give_##id(struct call *c, struct value *r) \
	{                                                     \
		struct arena *a = c->arena;                   \
		(void)a;                                      \
		*r = (expression);                            \
		return 0;                                     \
	}

static struct value
make_nodes(struct arena *a)
{
	const struct node **items = arena_array(a, 3, sizeof *items);

	items[0] = new_node(a, STR("n1"));
	items[1] = new_node(a, STR("n2"));
	items[2] = NULL;
	return value_slice(&type_nodes, items, 3);
}

static struct value
make_inners(struct arena *a)
{
	static const int64_t one = 1;
	struct inner *items = arena_array(a, 2, sizeof *items);

	items[0] = (struct inner){arena_pstr(a, STR("a")), ints(a, &one, 1)};
	items[1] = (struct inner){arena_pstr(a, STR("b")), ints(a, &one, 0)};
	return value_slice(&type_inners, items, 2);
}

static struct value
make_inner(struct arena *a, const char *zone, const int64_t *ports, uint32_t n)
{
	struct inner *in = arena_zalloc(a, sizeof *in);

	in->zone = arena_pstr(a, str_of(zone));
	if (ports)
		in->ports = ints(a, ports, n);
	return (struct value){.type = &type_inner, .u.ptr = in};
}

static struct value
make_anys(struct arena *a)
{
	static const struct str three[] = {{"3", 1}};
	struct value of[] = {value_int(1), value_str(STR("two")), VALUE_NIL,
	    value_slice(&type_strings, three, 1), value_int64(4),
	    value_bool(true)};

	return anys(a, of, COUNT(of));
}

static struct value
make_mss(struct arena *a)
{
	const struct pstr *pairs[] = {arena_pstr(a, STR("b")),
	    arena_pstr(a, STR("2")), arena_pstr(a, STR("a")),
	    arena_pstr(a, STR("1"))};

	return value_map(map_of_pairs(a, pairs, 2), &type_map_string_string);
}

static struct value
make_msi(struct arena *a)
{
	static const int64_t ports[] = {1, 2};
	struct map *m = map_new(a, &type_map_string_inner);

	map_put_str(m, STR("a"), make_inner(a, "z", ports, 2));
	return value_map(m, &type_map_string_inner);
}

static struct value
make_maa(struct arena *a)
{
	struct map *m = map_new(a, &type_map_any_any);

	map_put(m, value_int(1), value_str(STR("one")));
	map_put(m, value_str(STR("k")), VALUE_NIL);
	map_put(m, value_bool(true), value_float(2.5));
	map_put(m, value_int64(1), value_uint64(1));
	return value_map(m, &type_map_any_any);
}

static struct value
make_loop(struct arena *a)
{
	struct channel *ch = arena_zalloc(a, sizeof *ch);

	ch->end = 3;
	return (struct value){.type = &type_chan_int64, .u.chan = ch};
}

static struct value
in_interface(struct value v)
{
	v.iface = true;
	return v;
}

/* Another each time, so that no two are equal. */
static struct value
make_error(struct arena *a)
{
	struct str *text = arena_alloc(a, sizeof *text);

	*text = STR("an error");
	return in_interface(value_ptr(&type_error_ptr, text));
}

static const struct str strs[] = {{"x", 1}, {"y z", 3}, {"", 0}};
static const struct str texts[] = {{"x", 1}, {"y", 1}};
static const int64_t three_ints[] = {3, -1, 2};
static const double complex_number[] = {1, -2};

GIVES(node, value_ptr(&type_node_ptr, new_node(a, STR("web"))))
GIVES(
    struct, ((struct value){.type = &type_node, .u.ptr = new_node(a, STR(""))}))
GIVES(inner, make_inner(a, "z", NULL, 0))
GIVES(nilnode, value_ptr(&type_node_ptr, NULL))
GIVES(nodes, make_nodes(a))
GIVES(inners, make_inners(a))
GIVES(strs, value_slice(&type_strings, strs, 3))
GIVES(texts, value_slice(&type_texts, texts, 2))
GIVES(nilstrs, (struct value){.type = &type_strings})
GIVES(ints, value_slice(&type_ints, three_ints, 3))
GIVES(bytes, value_slice(&type_bytes, "a\1\xff\xc3\xa9", 5))
GIVES(anys, make_anys(a))
GIVES(mss, make_mss(a))
GIVES(msi, make_msi(a))
GIVES(maa, make_maa(a))
GIVES(nilmap, value_map(NULL, &type_map_string_string))
GIVES(i64, value_int64(-64))
GIVES(i32, ((struct value){.type = &type_int32, .u.i = 32}))
GIVES(u64, value_uint64(UINT64_MAX))
GIVES(u, ((struct value){.type = &type_uint, .u.u = 3}))
GIVES(u8, ((struct value){.type = &type_uint8, .u.u = 200}))
GIVES(f64, value_float(2))
GIVES(cplx,
    ((struct value){.type = &type_complex128, .u.complex = complex_number}))
GIVES(level, ((struct value){.type = &type_level, .u.i = 2}))
GIVES(wait, ((struct value){.type = &type_duration, .u.i = 90000000000}))
GIVES(err, make_error(a))
GIVES(nilany, VALUE_NIL)
GIVES(anyint, in_interface(value_int(7)))
GIVES(anys2, in_interface(anys(
		 a, (const struct value[]){value_int(1), value_int(2)}, 2)))
GIVES(loop, make_loop(a))

/* ---- functions that take ---- */

/* What it got: the type and the value of each argument. */
static int
say(struct call *c, struct value *result)
{
	struct buf b = {0};

	for (size_t i = 0; i < c->argc; i++) {
		struct value twice[] = {c->args[i], c->args[i]};

		value_printf(&b, STR("(%T %v)"), twice, 2);
	}
	*result = value_str(arena_str(c->arena, buf_as_str(&b)));
	buf_fini(&b);
	return 0;
}

static int
say_reflected(struct call *c, struct value *result)
{
	if (c->args[0].type || c->args[0].iface)
		return say(c, result);
	*result = value_str(STR("(invalid)"));
	return 0;
}

static int
fail(struct call *c, struct value *result)
{
	(void)result;
	return call_fail(c, "%.*s", (int)c->args[0].len, c->args[0].u.str);
}

#define GIVER(id, type)                           \
	{                                         \
#id, "", type, give_##id, 0, NULL \
	}
#define TAKER(id, params)                           \
	{                                           \
#id, params, "string", say, 0, NULL \
	}
static const struct func funcs[] = {
    GIVER(node, "*main.Node"),
    GIVER(struct, "main.Node"),
    GIVER(inner, "main.Inner"),
    GIVER(nilnode, "*main.Node"),
    GIVER(nodes, "[]*main.Node"),
    GIVER(inners, "[]main.Inner"),
    GIVER(strs, "[]string"),
    GIVER(texts, "main.Texts"),
    GIVER(nilstrs, "[]string"),
    GIVER(ints, "[]int"),
    GIVER(bytes, "[]uint8"),
    GIVER(anys, "[]interface {}"),
    GIVER(mss, "map[string]string"),
    GIVER(msi, "map[string]main.Inner"),
    GIVER(maa, "map[interface {}]interface {}"),
    GIVER(nilmap, "map[string]string"),
    GIVER(i64, "int64"),
    GIVER(i32, "int32"),
    GIVER(u64, "uint64"),
    GIVER(u, "uint"),
    GIVER(u8, "uint8"),
    GIVER(f64, "float64"),
    GIVER(cplx, "complex128"),
    GIVER(level, "main.Level"),
    GIVER(wait, "time.Duration"),
    GIVER(err, "interface {}"),
    GIVER(nilany, "interface {}"),
    GIVER(anyint, "interface {}"),
    GIVER(anys2, "interface {}"),
    GIVER(loop, "<-chan int64"),
    {"fail", "string", "string", fail, 0, NULL},
    TAKER(tbool, "bool"),
    TAKER(tstr, "string"),
    TAKER(tint, "int"),
    TAKER(ti64, "int64"),
    TAKER(tu8, "uint8"),
    TAKER(tu64, "uint64"),
    TAKER(tf64, "float64"),
    TAKER(tcplx, "complex128"),
    TAKER(tany, "interface {}"),
    TAKER(tstrs, "[]string"),
    TAKER(tanys, "[]interface {}"),
    TAKER(tmss, "map[string]string"),
    TAKER(tmsa, "map[string]interface {}"),
    TAKER(tnode, "*main.Node"),
    TAKER(tinner, "main.Inner"),
    TAKER(terr, "error"),
    TAKER(twait, "time.Duration"),
    TAKER(tlevel, "main.Level"),
    {"trefl", "reflect.Value", "string", say_reflected, 0, NULL},
    TAKER(tvar, "string,...string"),
    TAKER(tvari, "...int"),
    TAKER(tvara, "...interface {}"),
};

static const struct type *const types[] = {&type_node, &type_node_ptr,
    &type_inner, &type_inner_ptr, &type_level, &type_duration};

static const struct func_family family_shims = {.name = "shims",
    .funcs = funcs,
    .count = COUNT(funcs),
    .types = types,
    .type_count = COUNT(types)};

const struct func_family *const *const driver_families = NULL;

void *
driver_data(void)
{
	return NULL;
}

/* In place of the library's own. */
const struct func_family *const template_families[] = {&family_shims, NULL};
