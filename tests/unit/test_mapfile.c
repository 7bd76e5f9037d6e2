/* SPDX-License-Identifier: MIT */
/* Files beside the configuration: what the worker says they are, the commands
 * that a change of theirs becomes, and what it then says is in its memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "weir/runtime.h"

static struct haproxy_version version;

/* A command a line with "|" for a new line in it, " < UNDO" behind it; a
 * reload as its reason. */
static void
put_flat(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_char(out, s.ptr[i] == '\n' ? '|' : s.ptr[i]);
}

static void
print(const struct haproxy_steps *s, struct buf *out)
{
	for (size_t i = 0; i < s->count; i++) {
		put_flat(out, s->items[i].command);
		if (s->items[i].undo.ptr) {
			buf_puts(out, " < ");
			put_flat(out, s->items[i].undo);
		}
		buf_char(out, '\n');
	}
	if (s->reload)
		buf_printf(out, "reload: %s\n", s->reason.ptr);
	else
		buf_puts(out, s->proven ? "proven\n" : "");
}

static void
check(enum haproxy_file_kind kind, const char *old, const char *new,
    const char *expected)
{
	struct haproxy_steps s = {.proven = true};
	struct buf out = {0};

	haproxy_steps_plan_file(
	    &s, kind, "/m", str_of(old), str_of(new), &version);
	print(&s, &out);
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	buf_fini(&out);
	haproxy_steps_fini(&s);
}

static int
verdict(enum haproxy_file_kind kind, const char *text, const char *answer,
    const char *why)
{
	struct error e = {0};
	int rc =
	    haproxy_file_verify(kind, "/m", str_of(text), str_of(answer), &e);

	if (rc < 0) {
		assert_non_null(why);
		assert_non_null(strstr(e.text, why));
	}
	error_fini(&e);
	return rc;
}

/* ---- maps ---- */

static void
the_same_entries_are_no_change(void **state)
{
	(void)state;
	check(FILE_MAP, "a 1\nb 2\n", "a 1\nb 2\n", "proven\n");
	check(FILE_MAP, "a 1\nb 2\n", "# two\n\n  a \t 1  \r\nb 2", "proven\n");
}

static void
values_change_in_their_place(void **state)
{
	(void)state;
	check(FILE_MAP, "a 1\nb two words\n", "a 1\nb 2;\\ x\n",
	    "set map /m b 2\\;\\\\\\ x < set map /m b two\\ words\nproven\n");
}

static void
keys_at_the_end_are_added(void **state)
{
	(void)state;
	check(FILE_MAP, "a 1\n", "a 1\nb 2\nc 3\n",
	    "add map /m b 2 < del map /m b\n"
	    "add map /m c 3 < del map /m c\nproven\n");
}

/* It can't go back to its place. */
static void
a_key_that_goes_is_deleted(void **state)
{
	(void)state;
	check(FILE_MAP, "a 1\nb 2\nc 3\n", "a 1\nc 3\n", "del map /m b\n");
	check(FILE_MAP_KEYED, "a 1\nb 2\nc 3\n", "a 1\nc 3\n",
	    "del map /m b < add map /m b 2\nproven\n");
}

static void
a_key_in_the_middle_goes_by_the_kind(void **state)
{
	(void)state;
	check(FILE_MAP_KEYED, "a 1\nc 3\n", "a 1\nb 2\nc 3\n",
	    "add map /m b 2 < del map /m b\nproven\n");
	check(FILE_MAP, "a 1\nc 3\n", "a 1\nb 2\nc 3\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|a 1|b 2|c 3| < \n"
	    "commit map @* /m\n");
}

static void
another_order_counts_or_not(void **state)
{
	(void)state;
	check(FILE_MAP_KEYED, "a 1\nc 3\n", "c 3\na 1\n", "proven\n");
	check(FILE_MAP, "a 1\nc 3\n", "c 3\na 1\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|c 3|a 1| < \n"
	    "commit map @* /m\n");
}

/* A command goes to all of a key's entries. */
static void
keys_that_stand_twice_are_sent_whole(void **state)
{
	(void)state;
	check(FILE_MAP_KEYED, "a 1\na 2\nb 3\n", "a 1\na 4\nb 3\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|a 1|a 4|b 3| < \n"
	    "commit map @* /m\n");
	check(FILE_MAP_KEYED, "a 1\n", "a 1\na 2\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|a 1|a 2| < \n"
	    "commit map @* /m\n");
	check(FILE_MAP_KEYED, "a 1\na 2\nb 3\n", "a 1\na 2\nb 4\n",
	    "set map /m b 4 < set map /m b 3\nproven\n");
	check(FILE_MAP_KEYED, "a 1\n", "a 1\nb 1\nb 2\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|a 1|b 1|b 2| < \n"
	    "commit map @* /m\n");
	check(FILE_MAP_KEYED, "a 1\nb 1\nb 2\n", "a 1\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|a 1| < \n"
	    "commit map @* /m\n");
}

/* Words can't say nothing, a payload can. */
static void
values_of_nothing(void **state)
{
	(void)state;
	check(FILE_MAP, "a 1\n", "a 1\nb\n",
	    "add map /m <<|b | < del map /m b\nproven\n");
	check(FILE_MAP_KEYED, "a 1\n", "a\n",
	    "del map /m a < add map /m a 1\n"
	    "add map /m <<|a | < del map /m a\nproven\n");
}

/* "#…" in a command would be an entry by its address. */
static void
a_key_that_looks_like_an_address_is_sent_whole(void **state)
{
	(void)state;
	check(FILE_MAP, "a 1\n", "a 1\n #0x1 2\n",
	    "prepare map /m < clear map @* /m\n"
	    "add map @* /m <<|a 1|#0x1 2| < \n"
	    "commit map @* /m\n");
}

static void
many_changes_are_sent_whole_in_parts(void **state)
{
	struct haproxy_steps s = {.proven = true};
	struct buf old = {0};
	struct buf new = {0};
	size_t bytes = 0;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		buf_printf(&old, "key-%d value\n", i);
		buf_printf(&new, "key-%d %s\n", i, i < 101 ? "other" : "value");
	}
	haproxy_steps_plan_file(
	    &s, FILE_MAP, "/m", buf_as_str(&old), buf_as_str(&new), &version);
	assert_false(s.reload);
	assert_false(s.proven);
	assert_in_range(s.count, 5, 9);
	for (size_t i = 1; i + 1 < s.count; i++) {
		struct str c = s.items[i].command;

		assert_in_range(c.len, 1, 8000);
		assert_true(str_has_prefix(c, STR("add map @* /m <<\n")));
		bytes += c.len - strlen("add map @* /m <<\n");
	}
	assert_int_equal(bytes, new.len);
	haproxy_steps_fini(&s);
	buf_fini(&old);
	buf_fini(&new);
}

static void
before_two_four_there_are_no_versions(void **state)
{
	struct buf new = {0};

	(void)state;
	haproxy_version_parse("2.2.9", &version);
	check(FILE_MAP, "a 1\nc 3\n", "a 1\nb 2\nc 3\n",
	    "reload: /m: HAProxy 2.2.9 can't take the whole file at once\n");
	check(FILE_MAP, "a 1\n", "a 2\n",
	    "set map /m a 2 < set map /m a 1\nproven\n");
	/* … so many go one by one. */
	for (int i = 0; i < 1001; i++) {
		struct haproxy_steps s = {0};

		buf_printf(&new, "key-%d value\n", i);
		if (i != 999 && i != 1000)
			continue;
		haproxy_steps_plan_file(
		    &s, FILE_MAP, "/m", STR(""), buf_as_str(&new), &version);
		assert_int_equal(s.count, i == 999 ? 1000 : 0);
		assert_int_equal(s.reload, i == 1000);
		haproxy_steps_fini(&s);
	}
	buf_fini(&new);
	haproxy_version_parse("2.6.12", &version);
}

static void
what_haproxy_would_read_otherwise_is_a_reload(void **state)
{
	struct haproxy_steps s = {0};
	struct buf new = {0};

	(void)state;
	buf_puts(&new, "a ");
	buf_repeat(&new, 'x', 20000);
	haproxy_steps_plan_file(
	    &s, FILE_MAP, "/m", STR("a 1\n"), buf_as_str(&new), &version);
	assert_string_equal(s.reason.ptr,
	    "/m: line 1: HAProxy cuts lines of more than 16382 bytes");
	haproxy_steps_fini(&s);
	new.len = 9000;
	haproxy_steps_plan_file(
	    &s, FILE_MAP, "/m", STR("a 1\n"), buf_as_str(&new), &version);
	assert_string_equal(
	    s.reason.ptr, "/m: a line is too long for a command");
	haproxy_steps_fini(&s);
	haproxy_steps_plan_file(
	    &s, FILE_ACL, "/m", STR("a\n"), STR("a\0b\n"), &version);
	assert_string_equal(s.reason.ptr, "/m: line 1: a NUL in it");
	haproxy_steps_fini(&s);
	buf_fini(&new);
}

/* ---- ACL files ---- */

static void
lines_of_an_acl_come_and_go(void **state)
{
	(void)state;
	check(FILE_ACL, "/a\n/c d \n", "/a\n/b x\n",
	    "add acl /m /b\\ x < del acl /m /b\\ x\n"
	    "del acl /m /c\\ d\\  < add acl /m /c\\ d\\ \nproven\n");
	check(FILE_ACL, "/a\n/b\n", "/b\n/a\n", "proven\n");
}

static void
an_acl_is_sent_line_by_line(void **state)
{
	(void)state;
	check(FILE_ACL, "/a\n", "/a\n/a\n",
	    "prepare acl /m < clear acl @* /m\n"
	    "add acl @* /m /a < \n"
	    "add acl @* /m /a < \n"
	    "commit acl @* /m\n");
}

/* ---- read back ---- */

static void
a_map_is_read_back_in_its_order(void **state)
{
	(void)state;
	assert_int_equal(verdict(FILE_MAP, "# x\na 1\nb two  words \nc\n",
			     "0x5 a 1\n0x6 b two  words\n0x7 c \n\n", ""),
	    0);
	assert_int_equal(verdict(FILE_MAP, "a 1\nb 2\n", "0x5 b 2\n0x6 a 1\n",
			     "/m: \"b 2\", not \"a 1\""),
	    -1);
	assert_int_equal(
	    verdict(FILE_MAP_KEYED, "a 1\nb 2\n", "0x5 b 2\n0x6 a 1\n", ""), 0);
	assert_int_equal(verdict(FILE_MAP, "a 1\n", "0x5 a 1\n0x6 b 2\n",
			     "/m: 2 entries, not 1"),
	    -1);
	assert_int_equal(
	    verdict(FILE_MAP, "a 1\n",
		"[3]: Unknown map identifier. Please use #<id> or <file>.\n",
		"Unknown map identifier"),
	    -1);
	assert_int_equal(verdict(FILE_MAP, "# empty\n", "\n", ""), 0);
}

static void
an_acl_is_read_back_in_any_order(void **state)
{
	(void)state;
	assert_int_equal(
	    verdict(FILE_ACL, "/a b \n/c\n", "0x5 /c\n0x6 /a b \n", ""), 0);
	assert_int_equal(verdict(FILE_ACL, "/a\n/c\n", "0x5 /c\n0x6 /d\n",
			     "\"/c \", not \"/a \""),
	    -1);
}

/* ---- certificates ---- */

#define CERT                                                                 \
	"-----BEGIN CERTIFICATE-----\n"                                      \
	"MIIBczCCARmgAwIBAgIUUd5TtYVQpnNKZayAvigjUXgoZfAwCgYIKoZIzj0EAwIw\n" \
	"DjEMMAoGA1UEAwwDb25lMCAXDTI2MTEyMTE1NTY1OVoYDzIxMjYxMDI4MTU1NjU5\n" \
	"WjAOMQwwCgYDVQQDDANvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAS5lZB3\n" \
	"h3SsyH2xM8eBJJ0+F8u0A9TDUbb+GF/OkmRNK5DD+S1PUKz4468iTWhJI9Kg0wap\n" \
	"QlOfK9G0Cc+rGHOSo1MwUTAdBgNVHQ4EFgQU2sfSg3W3hcH7PkFrjdXpXk/tO4ow\n" \
	"HwYDVR0jBBgwFoAU2sfSg3W3hcH7PkFrjdXpXk/tO4owDwYDVR0TAQH/BAUwAwEB\n" \
	"/zAKBggqhkjOPQQDAgNIADBFAiAsj1WnO/wGr9BBIbHxVSCiGqWvkFY04CC5X+qV\n" \
	"AW1N8gIhAN/wLENPUOmcOAGofZB5PAKwuOIAvBTqEtUVIOrp+ArJ\n"             \
	"-----END CERTIFICATE-----\n"
#define SMALL                                          \
	"-----BEGIN CERTIFICATE-----\nAAAA\n-----END " \
	"CERTIFICATE-----\n"
#define KEY           \
	"-----BEGIN " \
	"PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n"

static void
a_certificate_is_sent_and_taken_into_use(void **state)
{
	(void)state;
	/* A payload ends at an empty line, be it within a block. */
	check(FILE_CERT, "x",
	    "words\n\n"
	    "-----BEGIN CERTIFICATE-----\n\nAAAA\n \r\n"
	    "-----END CERTIFICATE-----\n"
	    "\r\n\r\nmore\n" KEY,
	    "set ssl cert /m <<|-----BEGIN CERTIFICATE-----|AAAA|-----END "
	    "CERTIFICATE-----|-----BEGIN "
	    "PRIVATE KEY-----|BBBB|-----END PRIVATE KEY-----| < abort ssl cert "
	    "/m\ncommit ssl cert /m\n");
}

static void
what_no_payload_can_be_is_a_reload(void **state)
{
	struct haproxy_steps s = {0};
	struct buf big = {0};

	(void)state;
	check(FILE_CERT, "x", SMALL,
	    "reload: /m does not hold the one key of its certificate\n");
	check(FILE_CERT, "x", KEY,
	    "reload: /m is no PEM file with a certificate\n");
	check(FILE_CERT, "x", SMALL "-----BEGIN CERTIFICATE-----\nAAAA\n",
	    "reload: /m is no PEM file with a certificate\n");
	check(FILE_CERT, "x",
	    SMALL "-----BEGIN "
		  "PRIVATE KEY-----\nProc-Type: 4,X\n\nB\n-----END "
		  "PRIVATE KEY-----\n",
	    "reload: /m its key is under a password\n");
	haproxy_steps_plan_file(
	    &s, FILE_CERT, "/a b", STR("x"), STR(SMALL KEY), &version);
	assert_string_equal(
	    s.reason.ptr, "/a b its name can't be told to HAProxy");
	haproxy_steps_fini(&s);
	buf_puts(&big, KEY);
	for (int i = 0; i < 400; i++)
		buf_puts(&big, SMALL);
	haproxy_steps_plan_file(
	    &s, FILE_CERT, "/m", STR("x"), buf_as_str(&big), &version);
	assert_string_equal(s.reason.ptr, "/m is too long for a command");
	haproxy_steps_fini(&s);
	haproxy_version_parse("3.4.0", &version);
	haproxy_steps_plan_file(
	    &s, FILE_CERT, "/m", STR("x"), buf_as_str(&big), &version);
	assert_int_equal(s.count, 2);
	haproxy_steps_fini(&s);
	haproxy_version_parse("2.6.12", &version);
	buf_fini(&big);
}

static void
a_certificate_is_known_by_its_fingerprint(void **state)
{
	(void)state;
	assert_int_equal(
	    verdict(FILE_CERT, KEY CERT SMALL,
		"Filename: /m\nStatus: Used\nSHA1 FingerPrint: "
		"668086A22CAE4ADC16435175211E98B252B0596D\nSubject: /CN=one\n",
		""),
	    0);
	assert_int_equal(
	    verdict(FILE_CERT, CERT,
		"SHA1 FingerPrint: 568086A22CAE4ADC16435175211E98B252B0596D\n",
		"is in use, not 668086"),
	    -1);
	assert_int_equal(
	    verdict(FILE_CERT, CERT, "Can't display\n", "tells no fingerprint"),
	    -1);
	assert_int_equal(verdict(FILE_CERT, KEY, "SHA1 FingerPrint: 5680\n",
			     "no certificate in it"),
	    -1);
}

/* ---- crt-lists ---- */

static void
lines_of_a_crt_list_come_at_the_end_and_go(void **state)
{
	(void)state;
	check(FILE_CRT_LIST, "/a\n/b [alpn h2] x.example\n/c y.example\n",
	    "# list\n/a\n/c  y.example\n/a [alpn h2] z.example\n",
	    "del ssl crt-list /m /b\n"
	    "add ssl crt-list /m <<|/a [alpn h2] z.example|\n");
	check(FILE_CRT_LIST, "/a\n/b x\n", "# c\n/a\n/b\tx\n", "proven\n");
}

static void
what_a_crt_list_can_not_be_told_is_a_reload(void **state)
{
	struct haproxy_steps s = {0};
	struct buf long_line = {0};

	(void)state;
	check(FILE_CRT_LIST, "/a\n/b\n", "/b\n/a\n",
	    "reload: /m: its first line, the default, changes\n");
	check(FILE_CRT_LIST, "/a\n/b x\n/b y\n", "/a\n/b x\n",
	    "reload: /m: a line goes whose certificate other lines name\n");
	check(FILE_CRT_LIST, "/a\n", "/a\n/new x\n",
	    "reload: /m: a new line (or one in another place) names a "
	    "certificate that is not loaded\n");
	check(FILE_CRT_LIST, "/a\n", "/a\n/a \"x\"\n",
	    "reload: /m: a line can't be told to HAProxy\n");
	/* Where a name without a slash lies is crt-base's matter. */
	check(FILE_CRT_LIST, "/a\nb\n", "/a\nb\nb x\n",
	    "reload: /m: a line can't be told to HAProxy\n");
	check(FILE_CRT_LIST, "/a\n/b;c x\n", "/a\n",
	    "reload: /m: a line goes whose certificate other lines name\n");
	buf_puts(&long_line, "/a\n/a ");
	buf_repeat(&long_line, 'x', 4000);
	check(FILE_CRT_LIST, "/a\n", long_line.ptr,
	    "reload: /m: a line can't be told to HAProxy\n");
	buf_fini(&long_line);
	haproxy_steps_plan_file(&s, FILE_CRT_LIST, "/a b", STR("/a\n"),
	    STR("/a\n/a x\n"), &version);
	assert_string_equal(
	    s.reason.ptr, "/a b: its name can't be told to HAProxy");
	haproxy_steps_fini(&s);
}

static void
a_crt_list_is_read_back_without_its_options(void **state)
{
	(void)state;
	assert_int_equal(
	    verdict(FILE_CRT_LIST, "/a\n/b [alpn h2,http/1.1] x.example !y\n",
		"# /m\n/a\n/b [alpn h2,http1.1 no-ca-names] x.example !y\n\n",
		""),
	    0);
	assert_int_equal(verdict(FILE_CRT_LIST, "/a\n/b x\n",
			     "# /m\n/a\n/b y\n", "\"/b y\", not \"/b x\""),
	    -1);
	assert_int_equal(
	    verdict(FILE_CRT_LIST, "/a\n", "\n", "0 lines, not 1"), -1);
}

/* ---- which kind ---- */

static const struct haproxy_files loaded = {
    .maps = STR(
	"# id (file) description\n0 (/m (old).map) pattern loaded from file "
	"'/m (old).map' used by map at file 'h.cfg' line 12. curr_ver=0 "
	"next_ver=0 entry_cnt=3\n5 (opt@/o.map) pattern loaded from file "
	"'opt@/o.map' used by map at file 'h.cfg' line 13. curr_ver=0\n"
	"6 (/both) pattern loaded from file '/both' used by map at file "
	"'h.cfg' line 14\n"),
    .acls = STR(
	"# id (file) description\n1 (/a.acl) pattern loaded from file '/a.acl' "
	"used by acl at file 'h.cfg' line 13. curr_ver=0\n2 () acl 'path' file "
	"'h.cfg' line 13. curr_ver=0 next_ver=0 entry_cnt=0\n6 (/both) pattern "
	"loaded from file '/both' used by acl at file 'h.cfg' line 14\n"),
    .certs = STR("# transaction\n*/t.pem\n# filename\n/c.pem\n/ca.pem\n"),
    .crt_lists = STR("/list.crt\n"),
    .ca_files = STR("# filename\n@system-ca - 145 certificate(s)\n/ca.pem - 1 "
		    "certificate(s)\n/trust.pem - 2 certificate(s)\n"),
    .crl_files = STR("# filename\n/revoked.pem - 1 CRL(s)\n\n")};

static void
the_worker_says_what_a_file_is(void **state)
{
	static const struct {
		const char *path, *name;
		enum haproxy_file_kind kind;
	} rows[] = {{"/m (old).map", "/m (old).map", FILE_MAP},
	    {"/o.map", "opt@/o.map", FILE_MAP}, {"/a.acl", "/a.acl", FILE_ACL},
	    {"/c.pem", "/c.pem", FILE_CERT}, {"/t.pem", "/t.pem", FILE_CERT},
	    {"/list.crt", "/list.crt", FILE_CRT_LIST}, {"/m", NULL, FILE_OTHER},
	    {"/both", "/both", FILE_OTHER}, {"/ca.pem", "/ca.pem", FILE_OTHER},
	    {"/trust.pem", "/trust.pem", FILE_OTHER},
	    {"/revoked.pem", "/revoked.pem", FILE_OTHER},
	    {"", NULL, FILE_OTHER}, {"# filename", NULL, FILE_OTHER}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct str name;

		assert_int_equal(
		    haproxy_file_find(&loaded, rows[i].path, &name),
		    rows[i].kind);
		if (!rows[i].name)
			assert_null(name.ptr);
		else
			assert_true(str_is(name, rows[i].name));
	}
}

static void
the_text_says_how_a_map_is_looked_up(void **state)
{
	static const struct {
		const char *text;
		bool keyed;
	} rows[] = {{"frontend f\n use_backend %[path,map(/m,none)]\n", true},
	    {"frontend f\n use_backend %[path,lower,map_beg(/m)]\n", true},
	    {"frontend f\n use_backend %[path,map_reg(/m)]\n", false},
	    {"frontend f\n use_backend %[path,map_dom(/m,x)]\n", false},
	    {"frontend f\n a %[path,map(/m)] %[path,map_sub(/m)]\n", false},
	    {"frontend f\n acl x path -f /m -M\n", false},
	    {"frontend f\n a %[path,map(/m2)] %[path,map(/x/m)]\n", false},
	    {"frontend f\n a %[path,map(/m2)] %[path,map_ip(/m)]\n", true},
	    {"frontend f\n a %[path,map(/m\n", false}, {"", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct haproxy_model m;

		haproxy_model_parse(&m, str_of(rows[i].text));
		if (haproxy_map_is_keyed(&m, STR("/m")) != rows[i].keyed)
			fail_msg("%s", rows[i].text);
		haproxy_model_fini(&m);
	}
}

static void
what_nobody_knows_is_a_reload(void **state)
{
	(void)state;
	check(FILE_OTHER, "a", "a", "proven\n");
	check(FILE_OTHER, "a", "b",
	    "reload: /m changes, and HAProxy lists it neither as a map nor as "
	    "an ACL, a certificate or a crt-list, or as more than one\n");
}

static void
questions_name_the_file_as_a_word(void **state)
{
	struct buf out = {0};

	(void)state;
	haproxy_file_question(FILE_CERT, "/a b;c", &out);
	assert_string_equal(out.ptr, "show ssl cert /a\\ b\\;c");
	buf_fini(&out);
}

static int
setup(void **state)
{
	(void)state;
	return haproxy_version_parse("2.6.12", &version);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_same_entries_are_no_change),
	    cmocka_unit_test(values_change_in_their_place),
	    cmocka_unit_test(keys_at_the_end_are_added),
	    cmocka_unit_test(a_key_that_goes_is_deleted),
	    cmocka_unit_test(a_key_in_the_middle_goes_by_the_kind),
	    cmocka_unit_test(another_order_counts_or_not),
	    cmocka_unit_test(keys_that_stand_twice_are_sent_whole),
	    cmocka_unit_test(values_of_nothing),
	    cmocka_unit_test(a_key_that_looks_like_an_address_is_sent_whole),
	    cmocka_unit_test(many_changes_are_sent_whole_in_parts),
	    cmocka_unit_test(before_two_four_there_are_no_versions),
	    cmocka_unit_test(what_haproxy_would_read_otherwise_is_a_reload),
	    cmocka_unit_test(lines_of_an_acl_come_and_go),
	    cmocka_unit_test(an_acl_is_sent_line_by_line),
	    cmocka_unit_test(a_map_is_read_back_in_its_order),
	    cmocka_unit_test(an_acl_is_read_back_in_any_order),
	    cmocka_unit_test(a_certificate_is_sent_and_taken_into_use),
	    cmocka_unit_test(what_no_payload_can_be_is_a_reload),
	    cmocka_unit_test(a_certificate_is_known_by_its_fingerprint),
	    cmocka_unit_test(lines_of_a_crt_list_come_at_the_end_and_go),
	    cmocka_unit_test(what_a_crt_list_can_not_be_told_is_a_reload),
	    cmocka_unit_test(a_crt_list_is_read_back_without_its_options),
	    cmocka_unit_test(the_worker_says_what_a_file_is),
	    cmocka_unit_test(the_text_says_how_a_map_is_looked_up),
	    cmocka_unit_test(what_nobody_knows_is_a_reload),
	    cmocka_unit_test(questions_name_the_file_as_a_word),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
