/* SPDX-License-Identifier: MIT */
/* Unicode classes by name: what Go 1.26 finds in one text, or says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../src/template/regex.h"

#define TEXT \
	"aB1 _-\xc3\xa9\xe6\x97\xa5\x09\xcd\xb8\x7f\xc7\x85\xc2\xa0\xc2\xab\xf0\x9d\x92\xb3\xd0\xaf"

static const struct {
	const char *pattern;
	const char *want; /* matches with | between, or the message */
} rows[] = {
    {"\\p{Letter}",
	"a|B|\xc3\xa9|\xe6\x97\xa5|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{letter}",
	"a|B|\xc3\xa9|\xe6\x97\xa5|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{uppercase letter}", "B|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{L-u}", "B|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\pl", "a|B|\xc3\xa9|\xe6\x97\xa5|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\PN",
	"a|B| |_|-|\xc3\xa9|\xe6\x97\xa5|\x09|\xcd\xb8|\x7f|\xc7\x85|\xc2\xa0|\xc2\xab|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{^Letter}", "1| |_|-|\x09|\xcd\xb8|\x7f|\xc2\xa0|\xc2\xab"},
    {"\\P{^Letter}",
	"a|B|\xc3\xa9|\xe6\x97\xa5|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\P{Letter}", "1| |_|-|\x09|\xcd\xb8|\x7f|\xc2\xa0|\xc2\xab"},
    {"[\\p{Letter}1]",
	"a|B|1|\xc3\xa9|\xe6\x97\xa5|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"[^\\p{Letter}]", "1| |_|-|\x09|\xcd\xb8|\x7f|\xc2\xa0|\xc2\xab"},
    {"\\p{cyrillic}", "\xd0\xaf"},
    {"\\p{Any}",
	"a|B|1| |_|-|\xc3\xa9|\xe6\x97\xa5|\x09|\xcd\xb8|\x7f|\xc7\x85|\xc2\xa0|\xc2\xab|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"[^\\p{any}]", ""},
    {"\\p{ascii}", "a|B|1| |_|-|\x09|\x7f"},
    {"[\\P{ASCII}1]",
	"1|\xc3\xa9|\xe6\x97\xa5|\xcd\xb8|\xc7\x85|\xc2\xa0|\xc2\xab|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{Assigned}",
	"a|B|1| |_|-|\xc3\xa9|\xe6\x97\xa5|\x09|\x7f|\xc7\x85|\xc2\xa0|\xc2\xab|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"[^\\p{assigned}]", "\xcd\xb8"},
    {"\\p{Cn}", "\xcd\xb8"},
    {"\\p{Unassigned}", "\xcd\xb8"},
    {"[\\P{Cn}]",
	"a|B|1| |_|-|\xc3\xa9|\xe6\x97\xa5|\x09|\x7f|\xc7\x85|\xc2\xa0|\xc2\xab|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{C}", "\x09|\xcd\xb8|\x7f"},
    {"[\\p{Other}1]", "1|\x09|\xcd\xb8|\x7f"},
    {"\\P{C}",
	"a|B|1| |_|-|\xc3\xa9|\xe6\x97\xa5|\xc7\x85|\xc2\xa0|\xc2\xab|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{LC}", "a|B|\xc3\xa9|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\P{Cased_Letter}",
	"1| |_|-|\xe6\x97\xa5|\x09|\xcd\xb8|\x7f|\xc2\xa0|\xc2\xab"},
    {"[^\\p{LC}]", "1| |_|-|\xe6\x97\xa5|\x09|\xcd\xb8|\x7f|\xc2\xa0|\xc2\xab"},
    {"(?i)\\p{Lu}", "a|B|\xc3\xa9|\xc7\x85|\xf0\x9d\x92\xb3|\xd0\xaf"},
    {"\\p{digit}", "1"},
    {"\\p{punct}", "_|-|\xc2\xab"},
    {"\\p{Space_Separator}", " |\xc2\xa0"},
    {"(?:\\p{Letter}|[^\\P{Control}])+",
	"aB|\xc3\xa9\xe6\x97\xa5\x09|\x7f\xc7\x85|\xf0\x9d\x92\xb3\xd0\xaf"},
    {"\\Q\\p{Letter}\\E", ""},
    {"\\p{Nope}",
	"error parsing regexp: invalid character class range: `\\p{Nope}`"},
    {"x(\\p{Nope}",
	"error parsing regexp: invalid character class range: `\\p{Nope}`"},
    {"\\p{Old_Italic}",
	"error parsing regexp: invalid character class range: `\\p{Old_Italic}`"},
    {"\\p{Cyrl}",
	"error parsing regexp: invalid character class range: `\\p{Cyrl}`"},
    {"\\p{}", "error parsing regexp: invalid character class range: `\\p{}`"},
    {"\\p{^}", "error parsing regexp: invalid character class range: `\\p{^}`"},
    {"\\p\xc3\xa9",
	"error parsing regexp: invalid character class range: `\\p\xc3\xa9`"},
    {"[\\p", "error parsing regexp: invalid character class range: `\\p`"},
    {"\\p{L", "error parsing regexp: invalid character class range: `\\p{L`"},
};

static void
put_matches(struct buf *b, const struct regex *re)
{
	struct arena arena = {0};
	struct regex_text text;
	struct regex_search search;
	bool more = false;

	regex_text(&text, &arena, STR(TEXT));
	regex_begin(&search, &arena, re, &text);
	for (; regex_next(&search); more = true) {
		if (more)
			buf_char(b, '|');
		buf_put(b, &TEXT[search.spans[0].begin],
		    (size_t)(search.spans[0].end - search.spans[0].begin));
	}
	arena_fini(&arena);
}

/* A million matches, each replaced by a megabyte, took minutes to be refused.
 */
static void
replacing_ends_where_the_buffer_is_full(void **state)
{
	struct arena arena = {0};
	struct buf message = {0}, b = {.limit = 10};
	struct regex_text text;
	struct regex_search search;

	(void)state;
	regex_text(&text, &arena, STR("aaaaaaaa"));
	regex_begin(&search, &arena, regex_get(STR("a"), &message), &text);
	regex_replace(&b, &search, STR("12345678"), true);
	assert_true(b.failed);
	assert_true(regex_next(&search));
	arena_fini(&arena);
	buf_fini(&message);
	buf_fini(&b);
}

static void
classes_have_the_names_that_go_knows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct buf got = {0};
		const struct regex *re =
		    regex_get(str_of(rows[i].pattern), &got);

		if (re)
			put_matches(&got, re);
		if (!str_is(buf_as_str(&got), rows[i].want))
			fail_msg("%s: %s, not %s", rows[i].pattern,
			    buf_as_str(&got).ptr, rows[i].want);
		buf_fini(&got);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replacing_ends_where_the_buffer_is_full),
	    cmocka_unit_test(classes_have_the_names_that_go_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
