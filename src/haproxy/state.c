/* SPDX-License-Identifier: MIT */
/*
 * Rows of "show servers state", whole for a comparison, and as one number for
 * the question whether anybody touched anything: that one is asked of every
 * byte once a minute, so it reads each but once.
 */
#include "state.h"

#include <ctype.h>

#include "weir/runtime.h"

enum column {
	COLUMN_BACKEND,
	COLUMN_SERVER,
	COLUMN_ADDRESS,
	COLUMN_ADMIN,
	COLUMN_WEIGHT,
	COLUMN_INITIAL_WEIGHT,
	COLUMN_FQDN,
	COLUMN_PORT,
	COLUMN_RECORD,
	COLUMN_SSL,
	COLUMN_CHECK_PORT,
	COLUMN_CHECK_ADDRESS,
	COLUMN_AGENT_ADDRESS,
	COLUMN_AGENT_PORT,
	COLUMN_COUNT
};

/* Up to this one every version has them; the others came with 2.4. */
#define COLUMN_NEEDED COLUMN_RECORD

static const char *const column_names[COLUMN_COUNT] = {"be_name", "srv_name",
    "srv_addr", "srv_admin_state", "srv_uweight", "srv_iweight", "srv_fqdn",
    "srv_port", "srvrecord", "srv_use_ssl", "srv_check_port", "srv_check_addr",
    "srv_agent_addr", "srv_agent_port"};

/* More than any version prints. */
enum { PLACES = 64 };

struct heading {
	signed char
	    column[PLACES]; /* that stands at this place; -1: no matter */
	int places;
};

/* False: there is none. */
static bool
take_word(struct str *s, struct str *word)
{
	return str_take_word(s, " ", word);
}

static int
column_of(struct str name)
{
	for (int c = 0; c < COLUMN_COUNT; c++)
		if (str_is(name, column_names[c]))
			return c;
	return -1;
}

/* "# be_id be_name …"; -1: a column that is needed is not there. */
static int
read_heading(struct heading *h, struct str line)
{
	int needed = 0;
	struct str name;

	*h = (struct heading){0};
	take_word(&line, &name);
	while (h->places < PLACES && take_word(&line, &name)) {
		int c = column_of(name);

		h->column[h->places++] = (signed char)c;
		needed += c >= 0 && c <= COLUMN_NEEDED;
	}
	return needed == COLUMN_NEEDED + 1 ? 0 : -1;
}

/* "-" and what is no number are -1. */
static long
number(struct str s)
{
	long n = 0;

	if (!s.len || s.len > 9)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.ptr[i]))
			return -1;
		n = n * 10 + (s.ptr[i] - '0');
	}
	return n;
}

/* A row with fewer or more words than the heading is none. */
static int
read_row(const struct heading *h, struct str line, struct state_row *row)
{
	struct str words[COLUMN_COUNT] = {{0}};
	struct str word;
	int place = 0;

	for (; take_word(&line, &word); place++) {
		if (place == h->places)
			return -1;
		if (h->column[place] >= 0)
			words[h->column[place]] = word;
	}
	*row = (struct state_row){.backend = words[COLUMN_BACKEND],
	    .server = words[COLUMN_SERVER],
	    .address = words[COLUMN_ADDRESS],
	    .fqdn = words[COLUMN_FQDN],
	    .record = words[COLUMN_RECORD],
	    .admin = number(words[COLUMN_ADMIN]),
	    .weight = number(words[COLUMN_WEIGHT]),
	    .initial_weight = number(words[COLUMN_INITIAL_WEIGHT]),
	    .port = number(words[COLUMN_PORT]),
	    .ssl = number(words[COLUMN_SSL]),
	    .check_port = number(words[COLUMN_CHECK_PORT]),
	    .agent_port = number(words[COLUMN_AGENT_PORT]),
	    .check_address = words[COLUMN_CHECK_ADDRESS],
	    .agent_address = words[COLUMN_AGENT_ADDRESS]};
	return place == h->places && row->admin >= 0 && row->weight >= 0 ? 0
									 : -1;
}

static bool
is_absence(struct str line)
{
	return str_find(line, STR("Can't find backend")) >= 0 ||
	       str_find(line, STR("No such backend")) >= 0;
}

int
state_parse(
    struct state *s, struct str text, struct arena *arena, struct error *e)
{
	struct heading h = {0};
	bool answered = false;

	*s = (struct state){0};
	s->rows = arena_alloc(arena, str_count_lines(text) * sizeof(*s->rows));
	while (text.len) {
		struct str line = str_take_line(&text);

		if (!line.len || str_is(line, "1")) /* of the format */
			continue;
		if (*line.ptr == '#') {
			if (read_heading(&h, line) < 0)
				break;
			answered = true;
		} else if (is_absence(line)) {
			answered = true;
		} else if (!h.places ||
			   read_row(&h, line, &s->rows[s->count++]) < 0) {
			return error_set(e, ERROR_DATA,
			    "no row of \"show servers state\": %.*s",
			    (int)(line.len < 200 ? line.len : 200), line.ptr);
		}
	}
	if (!answered || text.len)
		return error_set(
		    e, ERROR_DATA, "no answer to \"show servers state\"");
	return 0;
}

/* ---- one number ---- */

/* Places in a row, the same in every version: what health, agents and time
 * change is left out. (Which of the columns are what the heading says; one that
 * says otherwise gives a digest of every byte, which is safe.) */
enum {
	PLACE_ADDRESS = 4,
	PLACE_OPERATIONAL = 5,
	PLACE_ADMIN = 6,
	PLACE_WEIGHT = 7,
	PLACE_TIME = 9,
	PLACE_FORCED = 15, /* behind the last of the checks */
	PLACE_FQDN = 17
};
#define HEADING                                                         \
	"# be_id be_name srv_id srv_name srv_addr srv_op_state "        \
	"srv_admin_state srv_uweight srv_iweight "                      \
	"srv_time_since_last_change srv_check_status srv_check_result " \
	"srv_check_health srv_check_state srv_agent_state "             \
	"bk_f_forced_id srv_f_forced_id srv_fqdn srv_port"

#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t
mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * FACTOR;
	return h ^ (h >> 29);
}

static uint64_t
mix_bytes(uint64_t h, const char *p, size_t n)
{
	uint64_t word;

	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&word, p, 8);
		h = mix(h, word);
	}
	word = n + 1;
	for (; n; n--)
		word = word << 8 | (unsigned char)*p++;
	return mix(h, word);
}

/* The first byte of the word is the lowest. */
static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n < 8 ? n : 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Where the words of a row begin, eight bytes at a time; how many were found.
 */
static int
find_words(const char *p, size_t n, uint32_t begins[PLACE_FQDN + 1])
{
	const uint64_t low = UINT64_C(0x7f7f7f7f7f7f7f7f);
	int count = 1;

	begins[0] = 0;
	for (size_t at = 0; at < n; at += 8) {
		uint64_t x =
		    load(p + at, n - at) ^ UINT64_C(0x2020202020202020);
		/* The high bit of each byte that is a blank. */
		uint64_t blanks = ~(((x & low) + low) | x | low);

		for (; blanks; blanks &= blanks - 1) {
			begins[count++] =
			    (uint32_t)(at + 1 +
				       (size_t)__builtin_ctzll(blanks) / 8);
			if (count > PLACE_FQDN)
				return count;
		}
	}
	return count;
}

/* A name may be resolved to another address at any time, and is in maintenance
 * until it is. */
static uint64_t
mix_row(uint64_t h, const char *p, size_t n)
{
	uint32_t at[PLACE_FQDN + 1];
	long bits;

	if (find_words(p, n, at) <= PLACE_FQDN)
		return mix_bytes(h, p, n);
	bits = number((struct str){
	    p + at[PLACE_ADMIN], at[PLACE_ADMIN + 1] - at[PLACE_ADMIN] - 1});
	h = mix_bytes(h, p, at[PLACE_ADDRESS]);
	if (at[PLACE_FQDN] < n && p[at[PLACE_FQDN]] == '-')
		h = mix_bytes(h, p + at[PLACE_ADDRESS],
		    at[PLACE_OPERATIONAL] - at[PLACE_ADDRESS]);
	h = mix(h, (uint64_t)(bits & (ADMIN_MAINT | ADMIN_DRAIN | ADMIN_FQDN)));
	h = mix_bytes(
	    h, p + at[PLACE_WEIGHT], at[PLACE_TIME] - at[PLACE_WEIGHT]);
	return mix_bytes(h, p + at[PLACE_FORCED], n - at[PLACE_FORCED]);
}

uint64_t
haproxy_state_digest(struct str state)
{
	uint64_t h = FACTOR;
	bool known = false;

	while (state.len) {
		struct str line = str_take_line(&state);

		if (line.len && *line.ptr == '#')
			known = str_has_prefix(line, STR(HEADING));
		h = known && line.len && *line.ptr != '#'
			? mix_row(h, line.ptr, line.len)
			: mix_bytes(h, line.ptr, line.len);
	}
	return h;
}
