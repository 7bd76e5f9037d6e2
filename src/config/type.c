/* SPDX-License-Identifier: MIT */
/*
 * The types of values: each a way to read, to compare and to free. A message
 * says what is wrong with the value; which key and where is added by who calls.
 */
#include "key.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "weir/config.h"
#include "weir/str.h"
#include "weir/xalloc.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void *
field(void *object, size_t offset)
{
	return (char *)object + offset;
}

static const void *
const_field(const void *object, size_t offset)
{
	return (const char *)object + offset;
}

/* ---- text ---- */

/* Wiped, since it may have been a secret. */
static void
drop_text(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
	*text = NULL;
}

/* An empty value takes back what an earlier file said. */
static void
set_text(char **text, const char *value, size_t n)
{
	drop_text(text);
	if (n > 0)
		*text = xstrndup(value, n);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static int
parse_text(
    void *object, const struct key *k, const char *value, struct error *error)
{
	(void)error;
	set_text(field(object, k->offset), value, strlen(value));
	return 0;
}

static bool
equal_text(const void *a, const void *b, const struct key *k)
{
	char *const *x = const_field(a, k->offset);
	char *const *y = const_field(b, k->offset);

	return same_text(*x, *y);
}

static void
fini_text(void *object, const struct key *k)
{
	drop_text(field(object, k->offset));
}

const struct key_type key_text = {parse_text, equal_text, fini_text};

/* ---- lists ---- */

static void
drop_strings(struct config_strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct config_strings){0};
}

static int
parse_strings(
    void *object, const struct key *k, const char *value, struct error *error)
{
	struct config_strings *list = field(object, k->offset);

	(void)error;
	drop_strings(list);
	for (;;) {
		size_t n;

		value += strspn(value, " \t");
		n = strcspn(value, " \t");
		if (n == 0)
			return 0;
		list->items = xrealloc(
		    list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] = xstrndup(value, n);
		value += n;
	}
}

static bool
equal_strings(const void *a, const void *b, const struct key *k)
{
	const struct config_strings *x = const_field(a, k->offset);
	const struct config_strings *y = const_field(b, k->offset);

	if (x->count != y->count)
		return false;
	for (size_t i = 0; i < x->count; i++)
		if (strcmp(x->items[i], y->items[i]))
			return false;
	return true;
}

static void
fini_strings(void *object, const struct key *k)
{
	drop_strings(field(object, k->offset));
}

const struct key_type key_strings = {
    parse_strings, equal_strings, fini_strings};

static int
parse_address(
    void *object, const struct key *k, const char *value, struct error *error)
{
	const struct config_strings *list = field(object, k->offset);

	parse_strings(object, k, value, error);
	for (size_t i = 0; i < list->count; i++)
		if (address_check(list->items[i], error) < 0)
			return -1;
	return 0;
}

const struct key_type key_address = {
    parse_address, equal_strings, fini_strings};

static int
parse_listen(
    void *object, const struct key *k, const char *value, struct error *error)
{
	if (*value && listen_check(value, error) < 0)
		return -1;
	return parse_text(object, k, value, error);
}

const struct key_type key_listen = {parse_listen, equal_text, fini_text};

/* ---- numbers ---- */

static void
fini_nothing(void *object, const struct key *k)
{
	(void)object;
	(void)k;
}

/* Words of strconv.ParseBool, which Consul's variables are read with, and what
 * people write into INI files. */
static const struct {
	const char *word;
	bool is_true;
} words[] = {
    {"yes", true},
    {"no", false},
    {"true", true},
    {"false", false},
    {"on", true},
    {"off", false},
    {"1", true},
    {"0", false},
    {"t", true},
    {"f", false},
};

static int
parse_bool(
    void *object, const struct key *k, const char *value, struct error *error)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (!strcasecmp(value, words[i].word)) {
			*(bool *)field(object, k->offset) = words[i].is_true;
			return 0;
		}
	return error_set(
	    error, ERROR_CONFIG, "\"%s\" is neither yes nor no", value);
}

static bool
equal_bool(const void *a, const void *b, const struct key *k)
{
	return *(const bool *)const_field(a, k->offset) ==
	       *(const bool *)const_field(b, k->offset);
}

const struct key_type key_bool = {parse_bool, equal_bool, fini_nothing};

static bool
equal_int(const void *a, const void *b, const struct key *k)
{
	return *(const int *)const_field(a, k->offset) ==
	       *(const int *)const_field(b, k->offset);
}

static int
parse_tristate(
    void *object, const struct key *k, const char *value, struct error *error)
{
	struct key as_bool = {.offset = 0};
	bool on = false;

	if (!strcmp(value, "auto")) {
		*(int *)field(object, k->offset) = -1;
		return 0;
	}
	if (parse_bool(&on, &as_bool, value, NULL) < 0)
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" is none of yes, no, auto", value);
	*(int *)field(object, k->offset) = on;
	return 0;
}

const struct key_type key_tristate = {parse_tristate, equal_int, fini_nothing};

/* Digits only; -1 if it is no number or does not fit. */
static int
read_number(const char *text, int base, long *n)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	*n = strtol(text, &end, base);
	return *end || errno || *n > INT_MAX ? -1 : 0;
}

static int
parse_int(
    void *object, const struct key *k, const char *value, struct error *error)
{
	long n;

	if (read_number(value, 10, &n) < 0)
		return error_set(
		    error, ERROR_CONFIG, "\"%s\" is no number", value);
	if (n < k->least || n > k->most)
		return error_set(error, ERROR_CONFIG,
		    "%ld is not between %ld and %ld", n, (long)k->least,
		    (long)k->most);
	*(int *)field(object, k->offset) = (int)n;
	return 0;
}

const struct key_type key_int = {parse_int, equal_int, fini_nothing};

static int
parse_percent(
    void *object, const struct key *k, const char *value, struct error *error)
{
	size_t n = strlen(value);
	char *digits = xstrndup(value, n && value[n - 1] == '%' ? n - 1 : n);
	long percent;
	int rc = read_number(digits, 10, &percent);

	free(digits);
	if (rc < 0 || percent > 100)
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" is no percentage from 0%% to 100%%", value);
	*(int *)field(object, k->offset) = (int)percent;
	return 0;
}

const struct key_type key_percent = {parse_percent, equal_int, fini_nothing};

static int
parse_mode(
    void *object, const struct key *k, const char *value, struct error *error)
{
	mode_t *mode = field(object, k->offset);
	long n;

	if (!*value || !strcmp(value, "keep")) {
		*mode = (mode_t)-1;
		return 0;
	}
	if (read_number(value, 8, &n) < 0 || n > 07777)
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" is no octal mode such as 0640", value);
	*mode = (mode_t)n;
	return 0;
}

static bool
equal_mode(const void *a, const void *b, const struct key *k)
{
	return *(const mode_t *)const_field(a, k->offset) ==
	       *(const mode_t *)const_field(b, k->offset);
}

const struct key_type key_mode = {parse_mode, equal_mode, fini_nothing};

/* ---- durations ---- */

static int
parse_duration(
    void *object, const struct key *k, const char *value, struct error *error)
{
	int64_t ms;

	if (config_parse_duration(value, &ms, error) < 0)
		return -1;
	if (ms < k->least)
		return error_set(error, ERROR_CONFIG,
		    "%s is too short: at least %ld ms", value, (long)k->least);
	if (k->most && ms > k->most)
		return error_set(error, ERROR_CONFIG,
		    "%s is too long: at most %ld s", value,
		    (long)k->most / 1000);
	*(int64_t *)field(object, k->offset) = ms;
	return 0;
}

static bool
same_duration(const void *a, const void *b, size_t offset)
{
	return *(const int64_t *)const_field(a, offset) ==
	       *(const int64_t *)const_field(b, offset);
}

static bool
equal_duration(const void *a, const void *b, const struct key *k)
{
	return same_duration(a, b, k->offset);
}

const struct key_type key_duration = {
    parse_duration, equal_duration, fini_nothing};

/* MIN[:MAX]; MAX is four times MIN, as in consul-template's wait. */
static int
parse_settle(
    void *object, const struct key *k, const char *value, struct error *error)
{
	const char *colon = strchrnul(value, ':');
	char *first = xstrndup(value, (size_t)(colon - value));
	int64_t min, max;
	int rc = config_parse_duration(first, &min, error);

	free(first);
	if (rc < 0)
		return -1;
	max = min * 4;
	if (*colon && config_parse_duration(colon + 1, &max, error) < 0)
		return -1;
	if (max < min)
		return error_set(error, ERROR_CONFIG,
		    "%s: the longest time is shorter than the shortest", value);
	*(int64_t *)field(object, k->offset) = min;
	*(int64_t *)field(object, k->second) = max;
	return 0;
}

static bool
equal_settle(const void *a, const void *b, const struct key *k)
{
	return same_duration(a, b, k->offset) && same_duration(a, b, k->second);
}

const struct key_type key_settle = {parse_settle, equal_settle, fini_nothing};

/* ---- pairs of texts ---- */

/* USER[:GROUP] or :GROUP, names or numbers; empty: keep. */
static int
parse_owner(
    void *object, const struct key *k, const char *value, struct error *error)
{
	const char *colon = strchrnul(value, ':');
	size_t n = (size_t)(colon - value);

	if (strpbrk(value, " \t/") || (*colon && strchr(colon + 1, ':')) ||
	    (*colon && !colon[1]))
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" does not read USER, USER:GROUP or :GROUP", value);
	set_text(field(object, k->offset), value, n);
	set_text(field(object, k->second), *colon ? colon + 1 : "",
	    *colon ? strlen(colon + 1) : 0);
	return 0;
}

static bool
equal_owner(const void *a, const void *b, const struct key *k)
{
	const struct key second = {.offset = k->second};

	return equal_text(a, b, k) && equal_text(a, b, &second);
}

static void
fini_owner(void *object, const struct key *k)
{
	drop_text(field(object, k->offset));
	drop_text(field(object, k->second));
}

const struct key_type key_owner = {parse_owner, equal_owner, fini_owner};

/* ---- words of a choice ---- */

static int
parse_apply(
    void *object, const struct key *k, const char *value, struct error *error)
{
	enum config_apply *apply = field(object, k->offset);

	if (!strcmp(value, "auto"))
		*apply = APPLY_AUTO;
	else if (!strcmp(value, "reload"))
		*apply = APPLY_RELOAD;
	else
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" is neither auto nor reload", value);
	return 0;
}

static bool
equal_apply(const void *a, const void *b, const struct key *k)
{
	return *(const enum config_apply *)const_field(a, k->offset) ==
	       *(const enum config_apply *)const_field(b, k->offset);
}

const struct key_type key_apply = {parse_apply, equal_apply, fini_nothing};

/*
 * A quote that does not end: mostly since " ;" began a comment, which would
 * leave half a command to run.
 */
static int
check_quotes(const char *s, struct error *error)
{
	char open = 0;

	for (; *s; s++) {
		if (*s == '\\' && open != '\'' && s[1])
			s++;
		else if (open && *s == open)
			open = 0;
		else if (!open && (*s == '\'' || *s == '"'))
			open = *s;
	}
	if (open)
		return error_set(error, ERROR_CONFIG,
		    "the quote %c has no end (a ; behind a blank begins a "
		    "comment: leave the blank out)",
		    open);
	return 0;
}

/* The argument behind "word:", NULL if value does not begin so. */
static const char *
argument(const char *value, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(value, word, n) || value[n] != ':')
		return NULL;
	value += n + 1;
	return value + strspn(value, " \t");
}

static int
parse_reload(
    void *object, const struct key *k, const char *value, struct error *error)
{
	enum config_reload *how = field(object, k->offset), wanted;
	const char *pid_file = argument(value, "signal");
	const char *command = argument(value, "command");
	const char *words_after = pid_file ? pid_file : command;

	if (!*value || !strcmp(value, "none"))
		wanted = RELOAD_NONE;
	else if (!strcmp(value, "master"))
		wanted = RELOAD_MASTER;
	else if (pid_file)
		wanted = RELOAD_SIGNAL;
	else if (command)
		wanted = RELOAD_COMMAND;
	else
		return error_set(error, ERROR_CONFIG,
		    "\"%s\" is none of master, signal:PIDFILE, command: WORDS, "
		    "none",
		    value);
	if (words_after && !*words_after)
		return error_set(error, ERROR_CONFIG, "%s",
		    pid_file ? "signal: needs the path of a pid file"
			     : "command: needs a command");
	if (command && check_quotes(command, error) < 0)
		return -1;
	*how = wanted;
	set_text(field(object, k->second), words_after ? words_after : "",
	    words_after ? strlen(words_after) : 0);
	return 0;
}

static bool
equal_reload(const void *a, const void *b, const struct key *k)
{
	const struct key second = {.offset = k->second};

	return *(const enum config_reload *)const_field(a, k->offset) ==
		   *(const enum config_reload *)const_field(b, k->offset) &&
	       equal_text(a, b, &second);
}

static void
fini_reload(void *object, const struct key *k)
{
	drop_text(field(object, k->second));
}

const struct key_type key_reload = {parse_reload, equal_reload, fini_reload};

/* ---- commands ---- */

static int
parse_command(
    void *object, const struct key *k, const char *value, struct error *error)
{
	if (check_quotes(value, error) < 0)
		return -1;
	return parse_text(object, k, value, error);
}

const struct key_type key_command = {parse_command, equal_text, fini_text};

static int
parse_check(
    void *object, const struct key *k, const char *value, struct error *error)
{
	if (*value && !strstr(value, "{candidate}"))
		return error_set(error, ERROR_CONFIG,
		    "the command does not name {candidate}, so that it would "
		    "check the file that is in place");
	return parse_command(object, k, value, error);
}

const struct key_type key_check = {parse_check, equal_text, fini_text};
