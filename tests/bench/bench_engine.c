/* SPDX-License-Identifier: MIT */
/*
 * The engine alone, in memory: what a field costs. Prints, for each template of
 * tests/bench/engine, nanoseconds per field, the whole, and how often malloc
 * was called once everything was warm; and what parsing costs.
 *
 * usage: bench_engine [FIGURES], of Go's engine: they become a column.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "figures.h"
#include "weir/file.h"
#include "weir/limits.h"
#include "weir/strmap.h"
#include "weir/template.h"
#include "weir/xalloc.h"

#define SERVERS     20000
#define SERVICES    500
#define EACH        (SERVERS / SERVICES)
#define ROUNDS      20
#define PARSE_LINES 2000
#define FOLDER      "tests/bench/engine/"

/* ---- counting ---- */

extern void *__libc_malloc(size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_calloc(size_t, size_t);

static size_t allocations;

void *
malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *
realloc(void *p, size_t n)
{
	allocations++;
	return __libc_realloc(p, n);
}

void *
calloc(size_t count, size_t n)
{
	allocations++;
	return __libc_calloc(count, n);
}

/* ---- data: records as a catalog keeps them ---- */

struct server {
	const struct pstr *name, *address, *node;
	const struct map *meta;
	int32_t port, weight;
	struct list tags;
};

#define AT(member, as, of)                                             \
	.type = &type_##of, .offset = offsetof(struct server, member), \
	.store = STORE_##as
static const struct field fields[] = {
    {.name = "Node", AT(node, PSTR, string)},
    {.name = "Name", AT(name, PSTR, string)},
    {.name = "Address", AT(address, PSTR, string)},
    {.name = "Port", AT(port, I32, int)},
    {.name = "Weight", AT(weight, I32, int)},
    {.name = "Meta", AT(meta, MAP, map_string_string)},
    {.name = "Tags", AT(tags, LIST, strings)},
};
static const struct type server_type = {.kind = KIND_STRUCT,
    .name = "bench.Server",
    .size = sizeof(struct server),
    .fields = fields,
    .field_count = sizeof fields / sizeof fields[0]};
static const struct type server_ptr = {
    .kind = KIND_PTR, .name = "*bench.Server", .elem = &server_type};
static const struct type servers_type = {.kind = KIND_SLICE,
    .name = "[]*bench.Server",
    .elem = &server_ptr,
    .elem_store = STORE_PTR};

struct service {
	const struct pstr *name;
	struct list tags, servers;
};

static const struct field service_fields[] = {
    {.name = "Name",
	.type = &type_string,
	.offset = offsetof(struct service, name),
	.store = STORE_PSTR},
    {.name = "Tags",
	.type = &type_strings,
	.offset = offsetof(struct service, tags),
	.store = STORE_LIST},
    {.name = "Servers",
	.type = &servers_type,
	.offset = offsetof(struct service, servers),
	.store = STORE_LIST},
};
static const struct type service_type = {.kind = KIND_STRUCT,
    .name = "bench.Service",
    .size = sizeof(struct service),
    .fields = service_fields,
    .field_count = sizeof service_fields / sizeof service_fields[0]};
static const struct type service_ptr = {
    .kind = KIND_PTR, .name = "*bench.Service", .elem = &service_type};
static const struct type services_type = {.kind = KIND_SLICE,
    .name = "[]*bench.Service",
    .elem = &service_ptr,
    .elem_store = STORE_PTR};

static struct arena world;
static const struct server **servers;
static struct service **services;
static struct strmap by_name;
static struct str tags[] = {{"a", 1}, {"b", 1}, {"haproxy", 7}, {"http", 4}};

static const struct pstr *
text(const char *prefix, int i)
{
	char s[64];

	snprintf(s, sizeof s, "%s%d", prefix, i);
	return arena_pstr(&world, str_of(s));
}

static void
make_servers(void)
{
	servers = arena_array(&world, SERVERS, sizeof *servers);
	for (int i = 0; i < SERVERS; i++) {
		struct server *s = arena_zalloc(&world, sizeof *s);
		const struct pstr *pairs[] = {
		    arena_pstr(&world, STR("zone")), text("z", i % 3)};

		s->name = text("web-", i);
		s->address = text("10.0.0.", i % 250);
		s->node = text("Node-", i % 100);
		s->port = 8000 + i % 1000;
		s->weight = i % 10;
		s->meta = map_of_pairs(&world, pairs, 1);
		s->tags = (struct list){tags, 3, true};
		servers[i] = s;
	}
}

static void
make_services(void)
{
	services = arena_array(&world, SERVICES, sizeof(struct service *));
	for (int i = 0; i < SERVICES; i++) {
		struct service *s = arena_zalloc(&world, sizeof *s);

		s->name = text("service_", i);
		s->tags = (struct list){tags, 4, true};
		s->servers = (struct list){servers + i * EACH, EACH, true};
		services[i] = s;
		strmap_put(&by_name, str_of_packed(s->name), s);
	}
}

static int
func_servers(struct call *c, struct value *result)
{
	(void)c;
	*result = value_slice(&servers_type, servers, SERVERS);
	return 0;
}

static int
func_services(struct call *c, struct value *result)
{
	(void)c;
	*result = value_slice(&services_type, services, SERVICES);
	return 0;
}

static int
func_service(struct call *c, struct value *result)
{
	const struct service *s =
	    strmap_get(&by_name, value_as_str(&c->args[0]));

	*result = value_slice(&servers_type, s ? s->servers.items : NULL,
	    s ? s->servers.count : 0);
	return 0;
}

static const struct func funcs[] = {
    {"servers", "...string", "[]*bench.Server", func_servers, FUNC_PURE, NULL},
    {"services", "...string", "[]*bench.Service", func_services, FUNC_PURE,
	NULL},
    {"service", "...string", "[]*bench.Server", func_service, FUNC_PURE, NULL}};
static const struct func_family family = {
    .name = "bench", .funcs = funcs, .count = sizeof funcs / sizeof funcs[0]};
static const struct func_family *const families[] = {&family, NULL};

/* ---- the other engine's figures ---- */

/* The line's last column. */
static void
print_other(const char *name, int64_t ns, uint64_t sum)
{
	const struct figure *f = find_figure(name);

	if (f)
		printf(" %8.2f ms %5.1f x%s", (double)f->ns / 1e6,
		    (double)f->ns / (double)ns,
		    f->sum == sum ? "" : " (the output differs)");
	putchar('\n');
}

/* ---- measuring ---- */

struct subject {
	const char *name;
	int per_line; /* fields, calls: what is counted */
};

static const struct subject subjects[] = {{"fields", 4}, {"variable", 4},
    {"condition", 4}, {"printf", 1}, {"call", 4}, {"inner", 3}, {"backends", 4},
    {"haproxy", 5}};

static void
fail(const struct error *e)
{
	struct buf b = {0};

	error_print(e, &b);
	fprintf(stderr, "%s\n", b.ptr);
	exit(1);
}

static void
read_template(const char *name, struct buf *b)
{
	char path[128];
	struct error e = {0};

	snprintf(path, sizeof path, FOLDER "%s.tmpl", name);
	if (file_read(path, LIMIT_TEMPLATE_BYTES, b, &e) < 0)
		fail(&e);
}

static struct template *
parse(const char *name, const struct buf *text_of)
{
	struct error e = {0};
	struct template_options o = {.path = name, .families = families};
	struct template *t = template_new(&o, buf_as_str(text_of), &e);

	if (!t)
		fail(&e);
	return t;
}

static void
measure(const struct subject *s)
{
	struct error e = {0};
	struct buf source = {0}, out = {0};
	struct template *t;
	struct arena arena = {0};
	int64_t best = INT64_MAX;
	size_t before = 0;

	read_template(s->name, &source);
	t = parse(s->name, &source);
	for (int i = 0; i < ROUNDS; i++) {
		struct render r = {.arena = &arena, .out = &out};
		int64_t start, took;

		buf_reset(&out);
		arena_reset(&arena);
		start = now_ns();
		before = allocations;
		if (template_execute(t, &r, &e) < 0)
			fail(&e);
		took = now_ns() - start;
		best = took < best ? took : best;
		before = allocations - before;
	}
	printf("%-10s %6.1f ns each %8.2f ms %8zu bytes %5zu allocations "
	       "%8zu arena",
	    s->name, (double)best / SERVERS / s->per_line, (double)best / 1e6,
	    out.len, before, arena.used);
	print_other(s->name, best, sum_of(buf_as_str(&out)));
	buf_fini(&source);
	buf_fini(&out);
	arena_fini(&arena);
	template_free(&t);
}

static int
count_lines(struct str s)
{
	int n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

/* backends.tmpl, again and again, until there are enough lines. */
static void
measure_parse(void)
{
	struct buf once = {0}, source = {0};
	int64_t best = INT64_MAX;
	int lines = 0;

	read_template("backends", &once);
	for (; lines < PARSE_LINES; lines += count_lines(buf_as_str(&once)))
		buf_str(&source, buf_as_str(&once));
	for (int i = 0; i < ROUNDS; i++) {
		int64_t start = now_ns(), took;
		struct template *t = parse("parse", &source);

		took = now_ns() - start;
		best = took < best ? took : best;
		template_free(&t);
	}
	printf("%-10s %6.1f ns each %8.2f ms %8zu bytes %32s", "parse",
	    (double)best / lines, (double)best / 1e6, source.len, "");
	print_other("parse", best, sum_of(buf_as_str(&source)));
	buf_fini(&once);
	buf_fini(&source);
}

int
main(int argc, char **argv)
{
	make_servers();
	make_services();
	if (argc > 1)
		read_figures(argv[1]);
	printf("%d servers of %d services, the best of %d; in the last columns "
	       "%s\n",
	    SERVERS, SERVICES, ROUNDS,
	    figure_count ? "Go and how many times as long it takes"
			 : "nothing: there are no figures of Go");
	for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
		measure(&subjects[i]);
	measure_parse();
	strmap_fini(&by_name);
	arena_fini(&world);
	return 0;
}
