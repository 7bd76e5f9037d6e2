/* SPDX-License-Identifier: MIT */
/* Buffer and arena: growth, the limit that sticks, what is kept on reset. */
#include "weir/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "weir/arena.h"

static void
what_is_put_is_there_and_terminated(void **state)
{
	struct buf b = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		buf_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.ptr[b.len], 0);
	}
	assert_int_equal(b.len, 1000);
	assert_int_equal(b.ptr[999], 'a' + 999 % 26);
	buf_fini(&b);
}

static void
the_limit_can_be_filled_but_not_passed(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_puts(&b, "12345");
	assert_false(b.failed);
	buf_char(&b, '6');
	assert_true(b.failed);
	assert_string_equal(b.ptr, "12345");
	buf_fini(&b);
}

static void
failure_sticks_until_reset(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	buf_puts(&b, "123");
	buf_puts(&b, "456");
	buf_char(&b, 'x');
	buf_printf(&b, "%d", 1);
	buf_repeat(&b, 'x', 1);
	assert_true(b.failed);
	assert_int_equal(b.len, 3);
	buf_reset(&b);
	buf_puts(&b, "12345");
	assert_false(b.failed);
	assert_string_equal(b.ptr, "12345");
	buf_fini(&b);
}

static void
take_gives_a_string_even_of_nothing(void **state)
{
	struct buf b = {0};
	size_t len = 9;
	char *s = buf_take(&b, &len);

	(void)state;
	assert_string_equal(s, "");
	assert_int_equal(len, 0);
	free(s);
	buf_printf(&b, "%s-%d", "x", 7);
	s = buf_take(&b, &len);
	assert_string_equal(s, "x-7");
	assert_null(b.ptr);
	free(s);
}

static void
runes_are_utf8_and_others_are_replaced(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_rune(&b, 'a');
	buf_rune(&b, 0xe4);
	buf_rune(&b, 0x20ac);
	buf_rune(&b, 0x1f600);
	buf_rune(&b, 0xd800);
	buf_rune(&b, 0x110000);
	assert_string_equal(b.ptr, "aä€😀\xef\xbf\xbd\xef\xbf\xbd");
	buf_fini(&b);
}

static void
arena_memory_is_aligned_and_apart(void **state)
{
	struct arena a = {0};
	char *last = NULL;

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		char *p = arena_alloc(&a, i % 97);

		assert_int_equal((uintptr_t)p % 8, 0);
		memset(p, (int)i, i % 97);
		if (last && i % 97 > 1)
			assert_int_equal(
			    (unsigned char)last[0], (unsigned char)(i - 1));
		last = p;
	}
	assert_true(a.used >= 5000 * 40);
	arena_fini(&a);
}

static void
arena_keeps_its_largest_chunk_on_reset(void **state)
{
	struct arena a;
	size_t used;

	(void)state;
	arena_init(&a, 64);
	arena_alloc(&a, 16);
	arena_alloc(&a, 100000);
	arena_reset(&a);
	used = a.used;
	assert_true(used >= 100000);
	arena_alloc(&a, 99000);
	assert_int_equal(a.used, used);
	arena_fini(&a);
	arena_reset(&a);
	assert_string_equal(arena_printf(&a, "%05d", 42), "00042");
	arena_fini(&a);
}

static void
a_packed_copy_has_length_and_end(void **state)
{
	struct arena a = {0};
	const struct pstr *p = arena_pstr(&a, STR("a\0b"));

	(void)state;
	assert_int_equal(p->len, 3);
	assert_memory_equal(p->bytes, "a\0b", 4);
	assert_true(str_is(str_of_packed(NULL), ""));
	arena_fini(&a);
}

static void
html_is_escaped_for_text_and_attributes(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_html(&b, (struct str){"<a b=\"c\">'&\0x", 13});
	assert_string_equal(
	    b.ptr, "&lt;a b=&#34;c&#34;&gt;&#39;&amp;\xEF\xBF\xBDx");
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_put_is_there_and_terminated),
	    cmocka_unit_test(the_limit_can_be_filled_but_not_passed),
	    cmocka_unit_test(failure_sticks_until_reset),
	    cmocka_unit_test(take_gives_a_string_even_of_nothing),
	    cmocka_unit_test(runes_are_utf8_and_others_are_replaced),
	    cmocka_unit_test(html_is_escaped_for_text_and_attributes),
	    cmocka_unit_test(arena_memory_is_aligned_and_apart),
	    cmocka_unit_test(arena_keeps_its_largest_chunk_on_reset),
	    cmocka_unit_test(a_packed_copy_has_length_and_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
