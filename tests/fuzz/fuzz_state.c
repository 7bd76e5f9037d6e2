/* SPDX-License-Identifier: MIT */
/* seeds: tests/fuzz/seeds/state */
/* The state file behind a right version and checksum: what is read of it must
 * be read the same again once it was written. */
#include <openssl/evp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/file.h"
#include "weir/state.h"

#define HEADER   STR("weir state 1\n")
#define IDENTITY STR("fuzz")
#define MOST     64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char directory[64];

static void
put_file(const uint8_t *data, size_t size)
{
	const struct file_options options = {.mode = 0600};
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct buf b = {0};
	char path[80];

	buf_str(&b, HEADER);
	buf_char(&b, 4);
	buf_str(&b, IDENTITY);
	buf_char(&b, 0);
	buf_put(&b, data, size);
	EVP_Digest(b.ptr, b.len, sum, NULL, EVP_sha256(), NULL);
	buf_put(&b, sum, 32);
	snprintf(path, sizeof(path), "%s/answers", directory);
	file_replace(path, buf_as_str(&b), &options, NULL);
	buf_fini(&b);
}

static struct catalog *
get(void)
{
	struct catalog *c = catalog_new();
	struct state_found found;
	struct error e = {0};

	if (state_read(directory, IDENTITY, c, &found, &e) < 0 &&
	    catalog_memories(c))
		abort();
	error_fini(&e);
	return c;
}

static void
write_again(const struct catalog *c)
{
	struct state_entry entries[MOST];
	struct state_image image = {
	    .identity = IDENTITY, .base = 1, .entries = entries};
	struct catalog_item item;
	uint64_t bytes;

	for (size_t i = 0; image.count < MOST && catalog_next(c, &i, &item);)
		entries[image.count++] = (struct state_entry){.id = item.id,
		    .answer = item.answer,
		    .index = item.answer->index,
		    .time = item.answer->remembered};
	if (state_write(directory, &image, &bytes, NULL) < 0)
		abort();
}

static void
compare(const struct catalog *a, const struct catalog *b)
{
	struct catalog_item item;
	size_t n = 0;

	for (size_t i = 0; n < MOST && catalog_next(a, &i, &item); n++) {
		const struct answer *again = catalog_memory(b, item.id);
		struct answer *marked;

		if (!again || !answer_same(item.answer, again))
			abort();
		marked = answer_mark(again);
		answer_unref(&marked);
	}
}

static void
clean_up(void)
{
	static const char *const names[] = {"answers", "answers.refused"};
	char path[96];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct catalog *once, *twice;

	if (!*directory) {
		snprintf(directory, sizeof(directory), "%s/weir-XXXXXX",
		    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		if (!mkdtemp(directory))
			abort();
		atexit(clean_up);
	}
	put_file(data, size);
	once = get();
	write_again(once);
	twice = get();
	compare(once, twice);
	catalog_free(&once);
	catalog_free(&twice);
	return 0;
}
