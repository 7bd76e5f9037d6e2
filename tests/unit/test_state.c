/* SPDX-License-Identifier: MIT */
/* The state on disk: what was written is what is read, or nothing is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/consul.h"
#include "weir/file.h"
#include "weir/state.h"
#include "weir/xalloc.h"

#define NODE                                                                \
	"\"Node\":{\"ID\":\"i1\",\"Node\":\"n1\",\"Address\":\"10.0.0.1\"," \
	"\"Datacenter\":\"dc1\",\"TaggedAddresses\":{\"wan\":\"1.2.3.4\","  \
	"\"lan\":\"10.0.0.1\"},\"Meta\":null}"
#define SERVICE(id, address)                                                  \
	"\"Service\":{\"ID\":\"" id "\",\"Service\":\"web\",\"Tags\":[\"z\"," \
	"\"a\"],\"Address\":\"" address "\",\"TaggedAddresses\":{\"lan\":{"   \
	"\"Address\":\"10.9.9.9\",\"Port\":81},\"b\":{\"Address\":\"\","      \
	"\"Port\":-1}},\"Meta\":{\"v\":\"1\",\"e\":\"\"},\"Port\":80,"        \
	"\"Weights\":{\"Passing\":3,\"Warning\":2}}"
#define NODE_CHECK                                                           \
	"{\"Node\":\"n1\",\"CheckID\":\"serfHealth\",\"Status\":\"passing\"" \
	",\"ExposedPort\":7}"
#define CHECK                                                                \
	"{\"Node\":\"n1\",\"CheckID\":\"c1\",\"Name\":\"check\",\"Status\":" \
	"\"passing\",\"Output\":\"o\\u0000k\",\"ServiceID\":\"web-1\","      \
	"\"ServiceName\":\"web\",\"ServiceTags\":[\"z\",\"a\"],"             \
	"\"Definition\":{\"Interval\":\"1m30s\",\"Timeout\":\"500ms\","      \
	"\"Header\":{\"X\":[\"a\",\"b\"],\"E\":[]},\"TLSSkipVerify\":true}," \
	"\"CreateIndex\":5,\"ModifyIndex\":18446744073709551615}"
#define ENTRY(id, address)                                                     \
	"{" NODE "," SERVICE(id, address) ",\"Checks\":[" CHECK "," NODE_CHECK \
					  "," NODE_CHECK "]}"

static const struct row {
	enum query_kind kind;
	const char *id, *json;
} rows[] = {
    {QUERY_SERVICE, "health.service(web|any)",
	"[" ENTRY("web-1", "") "," ENTRY("web-2", "10.0.0.1") "," ENTRY(
	    "web-3", "10.7.7.7") "]"},
    {QUERY_SERVICE, "health.service(bare|any)",
	"[{\"Service\":{\"ID\":\"x\",\"Service\":\"x\"}}]"},
    {QUERY_SERVICE, "health.service(none|any)", "[]"},
    {QUERY_CONNECT, "health.connect(web|any)", "[" ENTRY("web-1", "") "]"},
    {QUERY_SERVICES, "catalog.services", "{\"web\":[\"b\",\"a\"],\"api\":[]}"},
    {QUERY_NODE, "catalog.node(gone)", "null"},
    {QUERY_NODE, "catalog.node(n)",
	"{\"Node\":{\"Node\":\"n\",\"Meta\":{}},\"Services\":{\"b\":{\"ID\":"
	"\"b\",\"Service\":\"x\",\"EnableTagOverride\":true,\"Port\":-5},"
	"\"a\":{\"ID\":\"a\",\"Service\":\"x\",\"Tags\":[\"t\"]}}}"},
    {QUERY_NODES, "catalog.nodes(@dc1)",
	"[{\"Node\":\"b\",\"Address\":\"1\"},{\"Node\":\"a\",\"Meta\":{"
	"\"k\":\"v\"}}]"},
    {QUERY_DATACENTERS, "catalog.datacenters", "[\"b\",\"a\",\"\"]"},
    {QUERY_KEY, "kv.block(a)", "[{\"Key\":\"a\",\"Value\":\"AP8Kd2VpcgA=\"}]"},
    {QUERY_KEY, "kv.block(gone)", "[]"},
    {QUERY_KEY_GET, "kv.get(empty)", "[{\"Key\":\"k\",\"Value\":null}]"},
    {QUERY_KEY_LIST, "kv.list(app)",
	"[{\"Key\":\"app/b\",\"Value\":\"eA==\",\"Flags\":"
	"18446744073709551615,\"LockIndex\":1,\"Session\":\"s\"},"
	"{\"Key\":\"app/a\",\"Value\":null}]"},
    {QUERY_CA_ROOTS, "connect.caroots",
	"{\"ActiveRootID\":\"r\",\"Roots\":[{\"ID\":\"r\",\"Active\":true,"
	"\"RootCert\":\"PEM\"}]}"},
    {QUERY_CA_LEAF, "connect.caleaf(web)",
	"{\"SerialNumber\":\"08\",\"CertPEM\":\"c\",\"PrivateKeyPEM\":\"k\","
	"\"ValidAfter\":\"2026-11-21T12:20:01.123456789Z\",\"ValidBefore\":"
	"\"2026-11-24T12:20:01+02:00\"}"},
    /* Fuzzing: +00:00 came back as UTC, which prints otherwise. */
    {QUERY_CA_LEAF, "connect.caleaf(zero)",
	"{\"ValidAfter\":\"2026-11-21T12:20:01+00:00\",\"ValidBefore\":"
	"\"2026-11-24T12:20:01-00:00\"}"},
    /* What Go reads yet never writes: the file could not be read again. */
    {QUERY_CA_LEAF, "connect.caleaf(far)",
	"{\"ValidAfter\":\"2026-11-21T12:20:01+24:60\",\"ValidBefore\":"
	"\"2026-11-24T12:20:01-24:01\"}"},
    {QUERY_PARTITIONS, "list.partitions",
	"[{\"Name\":\"p\",\"Description\":\"d\"}]"},
    {QUERY_PEERINGS, "list.peerings",
	"[{\"ID\":\"1\",\"Name\":\"n\",\"Meta\":{\"a\":\"b\"},\"State\":"
	"\"ACTIVE\",\"PeerServerAddresses\":[\"x\",\"y\"],\"StreamStatus\":{"
	"\"ImportedServices\":[\"i\"],\"LastHeartbeat\":"
	"\"2026-11-21T12:20:01Z\",\"LastReceive\":null},\"Remote\":{"
	"\"Datacenter\":\"dc9\"}}]"},
    {QUERY_EXPORTED, "list.exportedServices",
	"[{\"Service\":\"a\",\"Consumers\":{\"Peers\":[\"p\"]}},"
	"{\"Service\":\"b\"}]"},
    {QUERY_IMPORTED, "list.importedServices",
	"[{\"Service\":\"a\",\"SourcePartition\":\"p\"}]"},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

#define IDENTITY STR("http://127.0.0.1:8500")

struct bed {
	char directory[32];
	struct answer *answers[ROWS];
	struct state_entry entries[ROWS];
	struct catalog *catalog;
};

static struct answer *
decode(const struct row *row)
{
	struct query q = {
	    .kind = row->kind, .id = str_of(row->id), .filters = FILTER_ANY};
	struct error e = {0};
	struct answer *a = consul_decode(&q, str_of(row->json), &e);

	if (!a)
		print_message("%s: %s\n", row->id, e.text);
	assert_non_null(a);
	return a;
}

static int
set_up(void **state)
{
	struct bed *b = xcalloc(1, sizeof(*b));

	strcpy(b->directory, "/tmp/weir-XXXXXX");
	assert_non_null(mkdtemp(b->directory));
	for (size_t i = 0; i < ROWS; i++) {
		b->answers[i] = decode(&rows[i]);
		b->entries[i] = (struct state_entry){.id = str_of(rows[i].id),
		    .answer = b->answers[i],
		    .index = i + 1,
		    .time = 4000000000 + (int64_t)i};
	}
	b->catalog = catalog_new();
	*state = b;
	return 0;
}

static char *
path_of(const struct bed *b, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", b->directory, name);
	return path;
}

static int
tear_down(void **state)
{
	static const char *const names[] = {"answers", "answers.recent",
	    "answers.refused", "answers.recent.refused", "other"};
	struct bed *b = *state;

	for (size_t i = 0; i < ROWS; i++)
		answer_unref(&b->answers[i]);
	catalog_free(&b->catalog);
	chmod(b->directory, 0700);
	for (size_t i = 0; i < 5; i++)
		unlink(path_of(b, names[i]));
	assert_int_equal(rmdir(b->directory), 0);
	free(b);
	return 0;
}

static void
write_some(struct bed *b, size_t from, size_t to, uint64_t base, bool recent)
{
	const struct state_image image = {.identity = IDENTITY,
	    .datacenter = STR("dc7"),
	    .base = base,
	    .recent = recent,
	    .entries = b->entries + from,
	    .count = to - from};
	struct error e = {0};
	uint64_t bytes;
	struct stat st;

	if (state_write(b->directory, &image, &bytes, &e) < 0)
		fail_msg("%s", e.text);
	stat(path_of(b, recent ? "answers.recent" : "answers"), &st);
	assert_int_equal(st.st_size, bytes);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static struct state_found
read_good(struct bed *b)
{
	struct state_found found;
	struct error e = {0};

	if (state_read(b->directory, IDENTITY, b->catalog, &found, &e) < 0)
		fail_msg("%s", e.text);
	return found;
}

static void
refused(struct bed *b, const char *name, const char *words)
{
	struct state_found found;
	struct error e = {0};
	char aside[64];

	assert_int_equal(
	    state_read(b->directory, IDENTITY, b->catalog, &found, &e), -1);
	if (!strstr(e.text, words))
		fail_msg("%s", e.text);
	assert_string_equal(e.source, path_of(b, name));
	assert_int_equal(catalog_memories(b->catalog), 0);
	assert_int_equal(access(path_of(b, name), F_OK), -1);
	snprintf(aside, sizeof(aside), "%s.refused", name);
	assert_int_equal(access(path_of(b, aside), F_OK), 0);
	unlink(path_of(b, aside));
	error_fini(&e);
}

static void
every_kind_of_answer_is_read_as_it_was(void **state)
{
	struct bed *b = *state;
	struct state_found found;

	write_some(b, 0, ROWS, 77, false);
	found = read_good(b);
	assert_int_equal(found.answers, ROWS);
	assert_int_equal(found.base, 77);
	assert_string_equal(found.datacenter, "dc7");
	assert_int_equal(found.oldest, 4000000000);
	for (size_t i = 0; i < ROWS; i++) {
		const struct answer *a =
		    catalog_memory(b->catalog, str_of(rows[i].id));

		assert_non_null(a);
		if (!answer_same(a, b->answers[i]))
			fail_msg("%s differs", rows[i].id);
		assert_int_equal(a->index, i + 1);
		assert_int_equal(a->remembered, 4000000000 + i);
		assert_int_equal(a->has_control, b->answers[i]->has_control);
	}
}

static void
what_is_recent_wins(void **state)
{
	struct bed *b = *state;
	struct answer *none = decode(&rows[2]);
	struct state_entry first = b->entries[0];

	write_some(b, 0, 3, 77, false);
	b->entries[0].answer = none;
	write_some(b, 0, 1, 77, true);
	b->entries[0] = first;
	read_good(b);
	assert_int_equal(catalog_memories(b->catalog), 3);
	assert_int_equal(catalog_memory(b->catalog, first.id)->value.len, 0);
	answer_unref(&none);
}

static void
what_is_recent_to_another_is_passed_over(void **state)
{
	struct bed *b = *state;

	write_some(b, 0, 3, 78, false);
	write_some(b, 3, 4, 77, true);
	read_good(b);
	assert_null(catalog_memory(b->catalog, str_of(rows[3].id)));
	assert_int_equal(catalog_memories(b->catalog), 3);
}

static void
a_new_whole_ends_what_was_recent(void **state)
{
	struct bed *b = *state;

	write_some(b, 0, 3, 77, true);
	write_some(b, 0, 3, 78, false);
	assert_int_equal(access(path_of(b, "answers.recent"), F_OK), -1);
}

static void
no_state_is_no_error(void **state)
{
	struct bed *b = *state;
	struct state_found found = read_good(b);

	assert_int_equal(found.answers, 0);
	assert_int_equal(found.oldest, 0);
}

static void
an_answer_there_is_stays(void **state)
{
	struct bed *b = *state;

	write_some(b, 0, 2, 1, false);
	catalog_put(b->catalog, b->entries[0].id, answer_ref(b->answers[2]));
	read_good(b);
	assert_int_equal(catalog_memories(b->catalog), 1);
	assert_ptr_equal(
	    catalog_get(b->catalog, b->entries[0].id), b->answers[2]);
}

/* Written today, an answer is as old as it was. */
static void
writing_makes_nothing_younger(void **state)
{
	struct bed *b = *state;

	b->entries[0].time = 1000;
	b->entries[1].time = 3000;
	b->entries[2].time = 2000;
	write_some(b, 0, 2, 1, false);
	write_some(b, 2, 3, 1, true);
	assert_int_equal(read_good(b).oldest, 1000);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    catalog_memory(b->catalog, b->entries[i].id)->remembered,
		    b->entries[i].time);
}

static void
confirmation_makes_all_of_it_younger(void **state)
{
	struct bed *b = *state;

	b->entries[0].time = 1000;
	b->entries[1].time = 3000;
	write_some(b, 0, 2, 1, false);
	state_confirm(b->directory, 2000);
	assert_int_equal(read_good(b).oldest, 2000);
	assert_int_equal(
	    catalog_memory(b->catalog, b->entries[1].id)->remembered, 3000);
}

/* ---- what is refused ---- */

static struct buf
whole(struct bed *b)
{
	struct buf bytes = {0};
	struct error e = {0};

	write_some(b, 0, ROWS, 1, false);
	assert_int_equal(
	    file_read(path_of(b, "answers"), 1 << 20, &bytes, &e), 0);
	return bytes;
}

static void
write_bytes(struct bed *b, const char *name, const char *bytes, size_t len)
{
	FILE *f;

	umask(077);
	f = fopen(path_of(b, name), "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	fclose(f);
}

static void
each_byte_that_differs_is_seen(void **state)
{
	struct bed *b = *state;
	struct buf bytes = whole(b);

	for (size_t i = 0; i < bytes.len; i += i < 16 ? 1 : 37) {
		bytes.ptr[i] ^= 1;
		write_bytes(b, "answers", bytes.ptr, bytes.len);
		refused(b, "answers",
		    i < 11   ? "damaged, or no state"
		    : i < 13 ? "of another version"
			     : "checksum");
		bytes.ptr[i] ^= 1;
	}
	buf_fini(&bytes);
}

static void
what_is_cut_off_is_seen(void **state)
{
	struct bed *b = *state;
	struct buf bytes = whole(b);

	for (size_t len = 0; len < bytes.len; len += len < 60 ? 1 : 41) {
		write_bytes(b, "answers", bytes.ptr, len);
		refused(b, "answers",
		    len < 11   ? "damaged, or no state"
		    : len < 13 ? "of another version"
			       : "checksum");
	}
	buf_fini(&bytes);
}

static void
another_version_is_named(void **state)
{
	struct bed *b = *state;

	write_bytes(b, "answers", "weir state 27\nxyz", 17);
	refused(b, "answers", "of another version (27, not 1)");
}

/* Under a right checksum. */
static void
write_signed(struct bed *b, char *bytes, size_t len)
{
	EVP_Digest(
	    bytes, len, (unsigned char *)bytes + len, NULL, EVP_sha256(), NULL);
	write_bytes(b, "answers", bytes, len + 32);
}

/* Whatever stands there under a right checksum, it is read or refused; and what
 * is read can be walked. */
static void
try_signed(struct bed *b, char *bytes, size_t len)
{
	struct state_found found;
	struct error e = {0};

	write_signed(b, bytes, len);
	if (state_read(b->directory, IDENTITY, b->catalog, &found, &e) < 0)
		assert_int_equal(catalog_memories(b->catalog), 0);
	for (size_t i = 0; i < ROWS; i++) {
		const struct answer *a =
		    catalog_memory(b->catalog, str_of(rows[i].id));

		if (a)
			answer_same(a, b->answers[i]);
	}
	catalog_forget(b->catalog);
	error_fini(&e);
}

static void
a_right_checksum_is_not_believed_either(void **state)
{
	struct bed *b = *state;
	struct buf bytes = whole(b);
	size_t len = bytes.len - 32;
	unsigned seed = 1;

	for (int i = 0; i < 3000; i++) {
		size_t at = 13 + (size_t)rand_r(&seed) % (len - 13);
		char was = bytes.ptr[at];

		bytes.ptr[at] = (char)rand_r(&seed);
		try_signed(b, bytes.ptr, len);
		bytes.ptr[at] = was;
	}
	for (size_t at = 13; at < len; at++) {
		char was = bytes.ptr[at];

		bytes.ptr[at] = 0;
		try_signed(b, bytes.ptr, len);
		bytes.ptr[at] = was;
	}
	buf_fini(&bytes);
}

static void
counts_times_and_the_end_are_looked_at(void **state)
{
	static const char head[] = "weir state 1\n\x15http://127.0.0.1:8500\x03"
				   "dc7\x01";
	static const char many[] = "\xff\xff\xff\xff\xff\x7f";
	struct bed *b = *state;
	struct buf bytes = {0};

	/* More entries than there are bytes. */
	buf_put(&bytes, head, sizeof(head) - 1);
	buf_puts(&bytes, many);
	buf_repeat(&bytes, 0, 64);
	write_signed(b, bytes.ptr, bytes.len - 32);
	refused(b, "answers", "malformed");
	/* No entry, and a byte behind it. */
	buf_reset(&bytes);
	buf_put(&bytes, head, sizeof(head) - 1);
	buf_repeat(&bytes, 0, 64);
	write_signed(b, bytes.ptr, sizeof(head) - 1 + 1);
	read_good(b);
	write_signed(b, bytes.ptr, sizeof(head) - 1 + 2);
	refused(b, "answers", "malformed");
	buf_fini(&bytes);
	/* Of no time. */
	b->entries[0].time = 0;
	write_some(b, 0, 1, 1, false);
	refused(b, "answers", "malformed");
}

static void
what_is_no_file_is_refused(void **state)
{
	struct bed *b = *state;

	assert_int_equal(mkfifo(path_of(b, "answers"), 0600), 0);
	refused(b, "answers", "it is no regular file");
}

static void
another_consul_s_is_refused(void **state)
{
	struct bed *b = *state;
	struct state_found found;
	struct error e = {0};

	write_some(b, 0, 1, 1, false);
	assert_int_equal(state_read(b->directory, STR("http://other:8500"),
			     b->catalog, &found, &e),
	    -1);
	assert_non_null(strstr(e.text,
	    "of another Consul or configuration (http://127.0.0.1:8500, not "
	    "http://other:8500)"));
	error_fini(&e);
}

static void
a_bad_recent_one_spoils_both(void **state)
{
	struct bed *b = *state;

	write_some(b, 0, 3, 1, false);
	write_bytes(b, "answers.recent", "x", 1);
	refused(b, "answers.recent", "damaged");
}

static void
what_others_can_write_is_refused(void **state)
{
	struct bed *b = *state;

	for (mode_t mode = 0602; mode <= 0620; mode += 016) {
		write_some(b, 0, 1, 1, false);
		chmod(path_of(b, "answers"), mode);
		refused(b, "answers", "can be written by others");
	}
	write_some(b, 0, 1, 1, false);
	chmod(b->directory, 0777);
	refused(b, "answers", "its directory can be written by others");
}

static void
what_is_another_user_s_is_refused(void **state)
{
	struct bed *b = *state;

	if (geteuid() != 0)
		skip();
	write_some(b, 0, 1, 1, false);
	assert_int_equal(chown(path_of(b, "answers"), 1234, 1234), 0);
	refused(b, "answers", "belongs to user 1234");
}

static void
a_link_is_refused(void **state)
{
	struct bed *b = *state;
	char other[128];

	write_some(b, 0, 1, 1, false);
	strcpy(other, path_of(b, "other"));
	assert_int_equal(link(path_of(b, "answers"), other), 0);
	unlink(path_of(b, "answers"));
	assert_int_equal(symlink(other, path_of(b, "answers")), 0);
	refused(b, "answers", "cannot be opened");
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(every_kind_of_answer_is_read_as_it_was),
	    TEST(what_is_recent_wins),
	    TEST(what_is_recent_to_another_is_passed_over),
	    TEST(a_new_whole_ends_what_was_recent),
	    TEST(no_state_is_no_error),
	    TEST(an_answer_there_is_stays),
	    TEST(writing_makes_nothing_younger),
	    TEST(confirmation_makes_all_of_it_younger),
	    TEST(each_byte_that_differs_is_seen),
	    TEST(what_is_cut_off_is_seen),
	    TEST(another_version_is_named),
	    TEST(a_right_checksum_is_not_believed_either),
	    TEST(counts_times_and_the_end_are_looked_at),
	    TEST(what_is_no_file_is_refused),
	    TEST(another_consul_s_is_refused),
	    TEST(a_bad_recent_one_spoils_both),
	    TEST(what_others_can_write_is_refused),
	    TEST(what_is_another_user_s_is_refused),
	    TEST(a_link_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
