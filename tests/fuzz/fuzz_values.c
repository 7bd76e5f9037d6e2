/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/values */
/*
 * What values are read from and written as: the first byte chooses among
 * printf, dates, versions and TOML; the rest is lines, the first one a format,
 * a layout or a constraint.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../../src/template/duration.h"
#include "../../src/template/json.h"
#include "../../src/template/moment.h"
#include "../../src/template/semver.h"
#include "../../src/template/toml.h"
#include "weir/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;
static struct buf out;
static struct error error;

/* Cuts the first line off. */
static struct str
line(struct str *rest)
{
	struct str head = *rest;
	const char *end = memchr(rest->ptr, '\n', rest->len);

	if (!end) {
		*rest = (struct str){rest->ptr + rest->len, 0};
		return head;
	}
	head.len = (size_t)(end - rest->ptr);
	*rest = (struct str){end + 1, rest->len - head.len - 1};
	return head;
}

/* FORMAT, then JSON: a list of arguments. */
static void
print(struct str text)
{
	struct str format = line(&text);
	struct value v, args[16];
	size_t count = 0;

	if (json_decode(&arena, text, &v, &error) < 0)
		return;
	if (value_kind(&v) == KIND_SLICE)
		for (; count < 16 && count < v.len; count++)
			args[count] = value_index(&v, count);
	else
		args[count++] = v;
	value_printf(&out, format, args, count);
}

/* LAYOUT, then a date or a duration. */
static void
date(struct str text)
{
	struct str layout = line(&text);
	struct moment m;
	int64_t nanos;

	if (moment_parse(layout, text, &m, &error) == 0) {
		moment_format(&m, layout, &out);
		moment_format(&m, text, &out);
	}
	error_fini(&error);
	if (duration_parse(text, &nanos, &error) == 0)
		duration_print(nanos, &out);
}

/* CONSTRAINT, then a version. */
static void
version(struct str text)
{
	struct str constraint = line(&text);
	struct semver v;
	bool meets;

	if (semver_parse(text, &v, &error) < 0)
		return;
	semver_print(&v, &out);
	semver_meets(&arena, constraint, &v, &meets, &error);
}

/* JSON, written as TOML. */
static void
toml(struct str text)
{
	struct value v;

	if (json_decode(&arena, text, &v, &error) == 0 && v.type)
		toml_encode(&out, &v, &error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct str) = {
	    print, date, version, toml};

	if (size == 0)
		return 0;
	arena_init(&arena, 0);
	buf_init(&out, 16 << 20);
	targets[data[0] % 4]((struct str){(const char *)data + 1, size - 1});
	buf_fini(&out);
	error_fini(&error);
	arena_fini(&arena);
	return 0;
}
