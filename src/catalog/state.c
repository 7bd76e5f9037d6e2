/* SPDX-License-Identifier: MIT */
/*
 * The two files as a whole: version, whose they are, checksum; and who may have
 * written them. A file that others could have changed is worth no more than one
 * that is damaged.
 */
#include "weir/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state_value.h"
#include "weir/file.h"
#include "weir/limits.h"
#include "weir/log.h"
#include "weir/xalloc.h"

#define MAGIC   "weir state "
#define VERSION "1"
#define HEADER  MAGIC VERSION "\n"
#define SUM_LEN ((size_t)32) /* SHA-256 */

enum { FILE_ALL, FILE_RECENT };
static const char *const names[] = {"answers", "answers.recent"};

static char *
path_of(const char *directory, int which)
{
	return xasprintf("%s/%s", directory, names[which]);
}

/* What kind of value an answer has, by the query's name. */
static const struct {
	const char *query;
	const struct type *type;
} kinds[] = {
    {"health.service", &type_health_services},
    {"health.connect", &type_health_services},
    {"catalog.services", &type_snippets},
    {"catalog.node", &type_node_detail_ptr},
    {"catalog.nodes", &type_nodes},
    {"catalog.datacenters", &type_strings},
    {"kv.block", &type_string},
    {"kv.get", &type_string},
    {"kv.list", &type_key_pairs},
    {"connect.caroots", &type_ca_roots},
    {"connect.caleaf", &type_ca_leaf_ptr},
    {"list.partitions", &type_partitions},
    {"list.peerings", &type_peerings},
    {"list.exportedServices", &type_exported_services},
    {"list.importedServices", &type_imported_services},
};

static const struct type *
type_of_query(struct str id)
{
	const char *end = memchr(id.ptr, '(', id.len);
	struct str name = {id.ptr, end ? (size_t)(end - id.ptr) : id.len};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_is(name, kinds[i].query))
			return kinds[i].type;
	return NULL;
}

static bool
fits(const struct state_entry *e)
{
	const struct type *type = type_of_query(e->id);

	return type &&
	       (!e->answer->value.type || e->answer->value.type == type);
}

/* ---- writing ---- */

struct job {
	const struct state_image *image;
	uint64_t bytes;
};

static void
put_entry(struct state_out *o, const struct state_entry *e)
{
	state_put_str(o, e->id);
	state_put_number(o, e->index);
	state_put_number(o, (uint64_t)e->time);
	state_put_answer(o, e->answer);
}

/* The file's own time says when all of it was true (state_confirm). Without it
 * the answers would be of the moment they were written. */
static void
date(const struct state_image *image, int fd)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};

	for (size_t i = 0; i < image->count; i++)
		if (i == 0 || image->entries[i].time < times[1].tv_sec)
			times[1].tv_sec = image->entries[i].time;
	futimens(fd, times);
}

/* file_writer.write */
static int
write_image(void *arg, int fd)
{
	struct job *job = arg;
	const struct state_image *image = job->image;
	struct state_out o;
	size_t n = 0;
	int rc;

	state_out_init(&o, fd);
	state_put_raw(&o, STR(HEADER));
	state_put_str(&o, image->identity);
	state_put_str(&o, image->datacenter);
	state_put_number(&o, image->base);
	for (size_t i = 0; i < image->count; i++)
		n += fits(&image->entries[i]);
	state_put_number(&o, n);
	for (size_t i = 0; i < image->count; i++)
		if (fits(&image->entries[i]))
			put_entry(&o, &image->entries[i]);
	rc = state_out_finish(&o);
	job->bytes = o.total;
	state_out_fini(&o);
	date(image, fd);
	if (rc == 0 && job->bytes > LIMIT_STATE_BYTES) {
		errno = EFBIG;
		rc = -1;
	}
	return rc;
}

int
state_write(const char *directory, const struct state_image *image,
    uint64_t *bytes, struct error *error)
{
	const struct file_options options = {.mode = 0600};
	struct job job = {.image = image};
	const struct file_writer writer = {write_image, &job};
	char *path = path_of(directory, image->recent ? FILE_RECENT : FILE_ALL);
	char *candidate, *recent;
	int rc;

	rc = file_candidate_from(path, writer, &options, &candidate, error);
	if (rc == 0) {
		rc = file_swap(candidate, path, &options, error);
		if (rc < 0)
			unlink(candidate);
		free(candidate);
	}
	if (rc == 0 && !image->recent) {
		recent = path_of(directory, FILE_RECENT);
		unlink(recent);
		free(recent);
	}
	*bytes = job.bytes;
	free(path);
	return rc;
}

void
state_confirm(const char *directory, int64_t time)
{
	const struct timespec times[2] = {
	    {.tv_nsec = UTIME_OMIT}, {.tv_sec = time}};

	for (int i = FILE_ALL; i <= FILE_RECENT; i++) {
		char *path = path_of(directory, i);

		utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
		free(path);
	}
}

/* ---- who may have written it ---- */

static int
judge(const struct stat *st, const char *what, struct error *error)
{
	if (st->st_uid != geteuid() && st->st_uid != 0)
		return error_set(error, ERROR_REFUSED,
		    "%s belongs to user %u, who is neither this one nor root",
		    what, st->st_uid);
	if (st->st_mode & 022)
		return error_set(error, ERROR_REFUSED,
		    "%s can be written by others (mode %04o)", what,
		    st->st_mode & 07777);
	return 0;
}

static int
judge_directory(const char *directory, struct error *error)
{
	struct stat st;

	if (stat(directory, &st) < 0)
		return error_set_errno(
		    error, ERROR_IO, "cannot look at %s", directory);
	return judge(&st, "its directory", error);
}

/* The bytes of the file. 1: there is none. */
static int
load(const char *path, struct buf *b, int64_t *confirmed, struct error *error)
{
	int fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	int rc = -1;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return error_set_errno(error, ERROR_IO, "it cannot be opened");
	if (fstat(fd, &st) < 0)
		error_set_errno(error, ERROR_IO, "it cannot be looked at");
	else if (!S_ISREG(st.st_mode))
		error_set(error, ERROR_REFUSED, "it is no regular file");
	else if (judge(&st, "it", error) == 0)
		rc = file_read_all(fd, path, LIMIT_STATE_BYTES, b, error);
	*confirmed = st.st_mtim.tv_sec;
	close(fd);
	return rc;
}

/* ---- reading ---- */

/* One file as it is read. */
struct part {
	struct state_entry *entries; /* answers are references of ours */
	size_t count;
	struct str identity, datacenter;
	uint64_t base;
	int64_t confirmed; /* unix seconds: all of it was true then */
	struct buf bytes;
};

static void
part_fini(struct part *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct answer *a =
		    (struct answer *)(uintptr_t)p->entries[i].answer;

		answer_unref(&a);
	}
	free(p->entries);
	buf_fini(&p->bytes);
}

static int
check_frame(struct str file, struct str *payload, struct error *error)
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	const char *newline;

	if (!str_has_prefix(file, STR(MAGIC)))
		return error_set(
		    error, ERROR_DATA, "it is damaged, or no state of weir's");
	if (!str_has_prefix(file, STR(HEADER))) {
		newline = memchr(file.ptr, '\n', file.len < 40 ? file.len : 40);
		return error_set(error, ERROR_DATA,
		    "it is of another version (%.*s, not " VERSION ")",
		    newline
			? (int)(newline - file.ptr) - (int)(sizeof(MAGIC) - 1)
			: 0,
		    file.ptr + sizeof(MAGIC) - 1);
	}
	if (file.len < sizeof(HEADER) - 1 + SUM_LEN ||
	    !EVP_Digest(
		file.ptr, file.len - SUM_LEN, sum, NULL, EVP_sha256(), NULL) ||
	    memcmp(sum, file.ptr + file.len - SUM_LEN, SUM_LEN))
		return error_set(error, ERROR_DATA,
		    "it is damaged or cut off (its checksum differs)");
	payload->ptr = file.ptr + sizeof(HEADER) - 1;
	payload->len = file.len - (sizeof(HEADER) - 1) - SUM_LEN;
	return 0;
}

/* One more entry; bad sticks. */
static void
get_entry(struct state_in *in, struct part *p)
{
	struct state_entry e = {.id = state_get_str(in)};
	const struct type *type = type_of_query(e.id);
	struct answer *a;

	e.index = state_get_number(in);
	e.time = (int64_t)state_get_number(in);
	if (!type || e.time <= 0) {
		in->bad = true;
		return;
	}
	a = state_get_answer(in, type);
	if (!a)
		return;
	a->index = e.index;
	a->remembered = e.time > p->confirmed ? e.time : p->confirmed;
	e.answer = a;
	p->entries[p->count++] = e;
}

static int
parse(struct part *p, struct str identity, struct error *error)
{
	struct str payload;
	struct state_in in;
	uint64_t n;

	if (check_frame(buf_as_str(&p->bytes), &payload, error) < 0)
		return -1;
	state_in_init(&in, payload);
	p->identity = state_get_str(&in);
	p->datacenter = state_get_str(&in);
	p->base = state_get_number(&in);
	n = state_get_number(&in);
	if (!in.bad && !str_equal(p->identity, identity)) {
		error_set(error, ERROR_DATA,
		    "it is of another Consul or configuration (%.*s, not "
		    "%.*s)",
		    (int)p->identity.len, p->identity.ptr, (int)identity.len,
		    identity.ptr);
		state_in_fini(&in);
		return -1;
	}
	/* An entry takes four bytes at least. */
	in.bad |= n > payload.len / 4;
	p->entries = xcalloc(in.bad ? 1 : n + 1, sizeof(*p->entries));
	while (!in.bad && p->count < n)
		get_entry(&in, p);
	in.bad |= in.at != in.end;
	if (in.bad)
		error_set(error, ERROR_DATA, "it is malformed");
	state_in_fini(&in);
	return error_is_set(error) ? -1 : 0;
}

static int
read_part(const char *directory, int which, struct str identity, struct part *p,
    struct error *error)
{
	char *path = path_of(directory, which), *aside;
	int rc;

	*p = (struct part){0};
	rc = load(path, &p->bytes, &p->confirmed, error);
	if (rc == 0)
		rc = judge_directory(directory, error);
	if (rc == 0)
		rc = parse(p, identity, error);
	if (rc < 0) {
		aside = xasprintf("%s.refused", path);
		if (rename(path, aside) < 0)
			error_excerpt(error, "and it can't be set aside");
		error_at(error, path, 0, -1);
		free(aside);
	}
	free(path);
	return rc;
}

static void
use(struct part *p, struct catalog *catalog, struct state_found *found)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct state_entry *e = &p->entries[i];
		struct answer *a = (struct answer *)(uintptr_t)e->answer;

		if (catalog_memory(catalog, e->id) ||
		    catalog_get(catalog, e->id))
			continue;
		if (!found->oldest || a->remembered < found->oldest)
			found->oldest = a->remembered;
		found->answers++;
		catalog_remember(catalog, e->id, answer_ref(a));
	}
	found->bytes += p->bytes.len;
}

int
state_read(const char *directory, struct str identity, struct catalog *catalog,
    struct state_found *found, struct error *error)
{
	struct part all = {0}, recent = {0};
	int rc;

	*found = (struct state_found){0};
	rc = read_part(directory, FILE_ALL, identity, &all, error);
	if (rc == 0)
		rc =
		    read_part(directory, FILE_RECENT, identity, &recent, error);
	if (rc >= 0) {
		/* The recent one of an `answers` that was replaced. */
		if (rc == 0 && recent.base == all.base)
			use(&recent, catalog, found);
		use(&all, catalog, found);
		found->base = all.base;
		snprintf(found->datacenter, sizeof(found->datacenter), "%.*s",
		    (int)all.datacenter.len, all.datacenter.ptr);
		rc = 0;
	}
	part_fini(&all);
	part_fini(&recent);
	return rc;
}
