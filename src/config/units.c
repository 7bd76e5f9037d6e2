/* SPDX-License-Identifier: MIT */
/*
 * Durations and sizes. A duration reads as Go's do, since that is what people
 * carry over from consul-template, but no unit below a millisecond.
 */
#include "weir/config.h"

#include <ctype.h>
#include <string.h>

#include "weir/str.h"

/* Longer than a year is a slip of the unit. */
#define DURATION_MOST ((int64_t)366 * 24 * 3600 * 1000)
/* Digits of one number, so that none of the products overflows. */
#define DIGITS_MOST 15

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
static const struct unit sizes[] = {
    {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}};

static const struct unit *
find_unit(const struct unit *units, size_t count, struct str name)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(name, units[i].name))
			return &units[i];
	return NULL;
}

/* A number and its unit at *at, in milliseconds; -1 if there is none. */
static int
read_part(const char **at, int64_t *ms, struct error *error)
{
	size_t digits = strspn(*at, "0123456789"), decimals = 0;
	const char *p = *at + digits, *fraction = p;
	const struct unit *unit;
	int64_t n = 0, scale = 1;
	struct str name = {0};

	if (*p == '.') {
		fraction = p + 1;
		decimals = strspn(fraction, "0123456789");
		p = fraction + decimals;
	}
	name.ptr = p;
	while (isalpha((unsigned char)p[name.len]) ||
	       (unsigned char)p[name.len] >= 0x80)
		name.len++;
	if (digits + decimals == 0)
		return error_set(error, ERROR_CONFIG,
		    "a duration is a number and a unit (500ms, 5s, 1m30s)");
	if (name.len == 0)
		return error_set(error, ERROR_CONFIG,
		    "a unit is missing behind %.*s (ms, s, m or h)",
		    (int)(p - *at), *at);
	unit =
	    find_unit(durations, sizeof(durations) / sizeof(*durations), name);
	if (!unit)
		return error_set(error, ERROR_CONFIG,
		    "unknown unit \"%.*s\" (ms, s, m or h)", (int)name.len,
		    name.ptr);
	if (digits > DIGITS_MOST || decimals > 6)
		return error_set(error, ERROR_CONFIG, "too many digits");
	for (const char *q = *at; q < *at + digits; q++)
		n = n * 10 + (*q - '0');
	if (n > DURATION_MOST / unit->factor)
		return error_set(error, ERROR_CONFIG, "longer than a year");
	*ms = n * unit->factor;
	for (n = 0; decimals > 0; decimals--, scale *= 10)
		n = n * 10 + (*fraction++ - '0');
	if (n * unit->factor % scale)
		return error_set(
		    error, ERROR_CONFIG, "finer than a millisecond");
	*ms += n * unit->factor / scale;
	*at = name.ptr + name.len;
	return 0;
}

int
config_parse_duration(const char *text, int64_t *ms, struct error *error)
{
	int64_t sum = 0, part = 0;

	if (!strcmp(text, "0")) {
		*ms = 0;
		return 0;
	}
	do {
		if (read_part(&text, &part, error) < 0)
			return -1;
		sum += part;
		if (sum > DURATION_MOST)
			return error_set(
			    error, ERROR_CONFIG, "longer than a year");
	} while (*text);
	*ms = sum;
	return 0;
}

int
config_parse_size(const char *text, uint64_t *bytes, struct error *error)
{
	size_t digits = strspn(text, "0123456789");
	struct str name = str_of(text + digits);
	const struct unit *unit = NULL;
	uint64_t n = 0;

	if (digits == 0 || digits > DIGITS_MOST)
		return error_set(error, ERROR_CONFIG,
		    "a size is a number of bytes (4096, 64k, 1m, 2g)");
	if (name.len > 0) {
		unit = find_unit(sizes, sizeof(sizes) / sizeof(*sizes), name);
		if (!unit)
			return error_set(error, ERROR_CONFIG,
			    "unknown unit \"%s\" (k, m or g)", name.ptr);
	}
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (uint64_t)(text[i] - '0');
	if (__builtin_mul_overflow(n, unit ? (uint64_t)unit->factor : 1, bytes))
		return error_set(error, ERROR_CONFIG, "too large");
	return 0;
}
