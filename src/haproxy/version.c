/* SPDX-License-Identifier: MIT */
/*
 * HAProxy's version, as `haproxy -v`, `show info` and `show proc` print it.
 * What it can do goes by the first two numbers; the text is kept for people.
 */
#include "weir/haproxy.h"

#include <ctype.h>
#include <stdio.h>

/* The version ends where a blank does. */
static void
keep_text(const char *from, struct haproxy_version *v)
{
	size_t n = 0;

	while (n + 1 < sizeof(v->text) && from[n] &&
	       !isspace((unsigned char)from[n]))
		n++;
	memcpy(v->text, from, n);
	v->text[n] = 0;
}

/* "2.6.12", "2.6-dev3", "3.0": the number after the second dot may be absent.
 */
static bool
parse_numbers(const char *text, struct haproxy_version *v)
{
	return sscanf(text, "%5d.%5d.%5d", &v->major, &v->minor, &v->patch) >=
	       2;
}

int
haproxy_version_parse(const char *text, struct haproxy_version *v)
{
	bool at_word = true;

	for (; *text && *text != '\n'; text++) {
		memset(v, 0, sizeof(*v));
		if (at_word && isdigit((unsigned char)*text) &&
		    parse_numbers(text, v)) {
			keep_text(text, v);
			return 0;
		}
		at_word = isspace((unsigned char)*text);
	}
	memset(v, 0, sizeof(*v));
	return -1;
}

bool
haproxy_version_at_least(const struct haproxy_version *v, int major, int minor)
{
	return v->major != major ? v->major > major : v->minor >= minor;
}
