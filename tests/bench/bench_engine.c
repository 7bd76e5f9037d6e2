/* SPDX-License-Identifier: MIT */
/*
 * The engine alone, in memory: what a field costs. Prints, for each template,
 * nanoseconds per field, the whole, and how often malloc was called once
 * everything was warm.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weir/template.h"
#include "weir/xalloc.h"

#define SERVERS 20000
#define ROUNDS  20

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

static struct arena world;
static const struct server **servers;
static struct str tags[] = {{"a", 1}, {"b", 1}, {"haproxy", 7}};

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
		s->node = text("node-", i % 100);
		s->port = 8000 + i % 1000;
		s->weight = i % 10;
		s->meta = map_of_pairs(&world, pairs, 1);
		s->tags = (struct list){tags, 3, true};
		servers[i] = s;
	}
}

static int
func_servers(struct call *c, struct value *result)
{
	(void)c;
	*result = value_slice(&servers_type, servers, SERVERS);
	return 0;
}

static const struct func funcs[] = {
    {"servers", "...string", "[]*bench.Server", func_servers, FUNC_PURE, NULL}};
static const struct func_family family = {
    .name = "bench", .funcs = funcs, .count = 1};
static const struct func_family *const families[] = {&family, NULL};

/* ---- measuring ---- */

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct subject {
	const char *name;
	int per_line; /* fields, calls: what is counted */
	const char *text;
};

static const struct subject subjects[] = {
    {"4 fields", 4,
	"{{range servers}}  server {{.Name}} {{.Address}}:{{.Port}} check "
	"weight {{.Weight}}\n{{end}}"},
    {"4 fields of a variable", 4,
	"{{range $i, $s := servers}}  server {{$s.Name}} {{$s.Address}}:"
	"{{$s.Port}} check weight {{$s.Weight}}\n{{end}}"},
    {"if, eq, map", 4,
	"{{range servers}}{{if eq .Meta.zone \"z1\"}}{{.Name}} "
	"{{.Meta.zone}}\n{{end}}{{.Port}}{{end}}"},
    {"printf", 1,
	"{{range servers}}{{printf \"server %s %s:%d\" .Name .Address .Port}}"
	"\n{{end}}"},
    {"template call", 4,
	"{{define \"s\"}}  server {{.Name}} {{.Address}}:{{.Port}} weight "
	"{{.Weight}}\n{{end}}{{range servers}}{{template \"s\" .}}{{end}}"},
    {"inner range", 3,
	"{{range servers}}{{range .Tags}}{{.}},{{end}}\n{{end}}"},
};

static void
fail(const struct error *e)
{
	struct buf b = {0};

	error_print(e, &b);
	fprintf(stderr, "%s\n", b.ptr);
	exit(1);
}

static void
measure(const struct subject *s)
{
	struct error e = {0};
	struct template_options o = {.path = s->name, .families = families};
	struct template *t = template_new(&o, str_of(s->text), &e);
	struct arena arena = {0};
	struct buf out = {0};
	int64_t best = INT64_MAX;
	size_t before = 0;

	if (!t)
		fail(&e);
	for (int i = 0; i < ROUNDS; i++) {
		struct render r = {.arena = &arena, .out = &out};
		int64_t start = now_ns(), took;

		before = allocations;
		if (template_execute(t, &r, &e) < 0)
			fail(&e);
		took = now_ns() - start;
		best = took < best ? took : best;
		before = allocations - before;
		if (i + 1 < ROUNDS) {
			buf_reset(&out);
			arena_reset(&arena);
		}
	}
	printf("%-24s %6.1f ns each %8.2f ms %9zu bytes %6zu allocations "
	       "%8zu arena\n",
	    s->name, (double)best / SERVERS / s->per_line, (double)best / 1e6,
	    out.len, before, arena.used);
	buf_fini(&out);
	arena_fini(&arena);
	template_free(&t);
}

int
main(void)
{
	make_servers();
	printf("%d servers, the best of %d\n", SERVERS, ROUNDS);
	for (size_t i = 0; i < sizeof subjects / sizeof subjects[0]; i++)
		measure(&subjects[i]);
	arena_fini(&world);
	return 0;
}
