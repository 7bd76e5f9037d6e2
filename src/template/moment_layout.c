/* SPDX-License-Identifier: MIT */
/* One table of items, the longest of a common beginning first. */
#include "moment_layout.h"

struct item {
	const char *text;
	enum layout_item item;
	bool not_in_word; /* a small letter behind it makes it plain text */
};

static const struct item items[] = {
    {"January", LAYOUT_LONG_MONTH, false},
    {"Jan", LAYOUT_MONTH, true},
    {"Monday", LAYOUT_LONG_WEEKDAY, false},
    {"Mon", LAYOUT_WEEKDAY, true},
    {"MST", LAYOUT_ZONE_NAME, false},
    {"01", LAYOUT_ZERO_MONTH, false},
    {"02", LAYOUT_ZERO_DAY, false},
    {"03", LAYOUT_ZERO_HOUR12, false},
    {"04", LAYOUT_ZERO_MINUTE, false},
    {"05", LAYOUT_ZERO_SECOND, false},
    {"06", LAYOUT_YEAR, false},
    {"002", LAYOUT_ZERO_YEAR_DAY, false},
    {"15", LAYOUT_HOUR, false},
    {"1", LAYOUT_NUM_MONTH, false},
    {"2006", LAYOUT_LONG_YEAR, false},
    {"2", LAYOUT_DAY, false},
    {"_2", LAYOUT_UNDER_DAY, false},
    {"__2", LAYOUT_UNDER_YEAR_DAY, false},
    {"3", LAYOUT_HOUR12, false},
    {"4", LAYOUT_MINUTE, false},
    {"5", LAYOUT_SECOND, false},
    {"PM", LAYOUT_UPPER_PM, false},
    {"pm", LAYOUT_LOWER_PM, false},
};

struct zone {
	const char *text; /* behind "-" or "Z" */
	bool colons;
	int parts;
};

static const struct zone zones[] = {
    {"070000", false, 3},
    {"07:00:00", true, 3},
    {"0700", false, 2},
    {"07:00", true, 2},
    {"07", false, 1},
};

const char *const layout_months[12] = {"January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December"};
const char *const layout_weekdays[7] = {"Sunday", "Monday", "Tuesday",
    "Wednesday", "Thursday", "Friday", "Saturday"};

static struct str
tail(struct str s, size_t n)
{
	return (struct str){s.ptr + n, s.len - n};
}

/* A zone at the start of s: how many bytes, 0 if none. */
static size_t
match_zone(struct str s, struct layout_chunk *c)
{
	if (s.ptr[0] != '-' && s.ptr[0] != 'Z')
		return 0;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct str text = str_of(zones[i].text);

		if (!str_has_prefix(tail(s, 1), text))
			continue;
		c->item = LAYOUT_ZONE;
		c->zulu = s.ptr[0] == 'Z';
		c->colons = zones[i].colons;
		c->parts = zones[i].parts;
		return text.len + 1;
	}
	return 0;
}

/* A point or comma and zeros or nines, not followed by another digit. */
static size_t
match_fraction(struct str s, struct layout_chunk *c)
{
	size_t n = 1;

	if ((s.ptr[0] != '.' && s.ptr[0] != ',') || s.len < 2 ||
	    (s.ptr[1] != '0' && s.ptr[1] != '9'))
		return 0;
	while (n < s.len && s.ptr[n] == s.ptr[1])
		n++;
	if (n < s.len && s.ptr[n] >= '0' && s.ptr[n] <= '9')
		return 0;
	c->item = s.ptr[1] == '0' ? LAYOUT_FRACTION0 : LAYOUT_FRACTION9;
	c->point = s.ptr[0];
	c->digits = (int)n - 1;
	return n;
}

static size_t
match_item(struct str s, struct layout_chunk *c)
{
	/* "_2006" is a '_' and the year */
	if (str_has_prefix(s, STR("_2006")))
		return 0;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
		struct str text = str_of(items[i].text);

		if (!str_has_prefix(s, text))
			continue;
		if (items[i].not_in_word && s.len > text.len &&
		    s.ptr[text.len] >= 'a' && s.ptr[text.len] <= 'z')
			continue;
		c->item = items[i].item;
		return text.len;
	}
	return 0;
}

void
layout_next(struct str *layout, struct layout_chunk *c)
{
	*c = (struct layout_chunk){.before = *layout};
	for (size_t i = 0; i < layout->len; i++) {
		struct str rest = tail(*layout, i);
		size_t n = match_item(rest, c);

		if (!n)
			n = match_zone(rest, c);
		if (!n)
			n = match_fraction(rest, c);
		if (!n)
			continue;
		c->before.len = i;
		c->text = (struct str){rest.ptr, n};
		*layout = tail(rest, n);
		return;
	}
	*layout = tail(*layout, layout->len);
	c->text = *layout;
}
