/* SPDX-License-Identifier: MIT */
/*
 * parseYAML's reader, for the program that compares it with yaml.v2. A request
 * and an answer are four bytes, least first, that tell the length, and so many
 * bytes: a document; and "V" with the value as %#v and what toYAML makes of it,
 * a byte 0 between them, or "E" and the message.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../src/template/yaml.h"
#include "weir/template.h"
#include "weir/xalloc.h"

static bool
read_document(char **text, size_t *len)
{
	unsigned char head[4];

	if (fread(head, 1, 4, stdin) != 4)
		return false;
	*len = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 |
	       (size_t)head[3] << 24;
	*text = xmalloc(*len + 1);
	return fread(*text, 1, *len, stdin) == *len;
}

static void
write_answer(struct str answer)
{
	for (int i = 0; i < 4; i++)
		putchar((int)(answer.len >> 8 * i & 0xFF));
	fwrite(answer.ptr, 1, answer.len, stdout);
	fflush(stdout);
}

static void
answer(struct buf *out, struct str text)
{
	struct arena arena = {0};
	struct error error = {0};
	struct buf written = {0};
	struct value v;

	if (yaml_decode(&arena, text, &v, &error) < 0) {
		buf_printf(out, "E%s", error.text);
	} else {
		buf_puts(out, "V");
		value_printf(out, STR("%#v"), &v, 1);
		buf_put(out, "", 1);
		if (yaml_encode(&written, &v, NULL) == 0)
			buf_put(out, written.ptr, written.len);
	}
	buf_fini(&written);
	error_fini(&error);
	arena_fini(&arena);
}

int
main(void)
{
	char *text;
	size_t len;

	while (read_document(&text, &len)) {
		struct buf out = {0};

		answer(&out, (struct str){text, len});
		write_answer(buf_as_str(&out));
		buf_fini(&out);
		free(text);
	}
	return 0;
}
