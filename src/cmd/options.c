/* SPDX-License-Identifier: MIT */
/*
 * Command lines: one table of options per command and one that all share. The
 * tables are read by the parser and by --help, so that neither can know an
 * option that the other does not. Grammar: POSIX, with GNU's long options.
 */
#include "weir/cmd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weir/buf.h"
#include "weir/log.h"
#include "weir/str.h"
#include "weir/xalloc.h"

#define OPTIONS_MOST 32
/* Column at which help begins, and where its lines end. */
#define HELP_COLUMN 28
#define HELP_WIDTH  80

struct parser {
	const struct cmd_usage *usage;
	struct cmd_option options[OPTIONS_MOST]; /* own, then common */
	size_t own, count;
	bool help, version;
	struct cmd_words *operands;
	bool only_operands; /* after -- */
};

static void
collect(struct parser *p, struct cmd_common *c)
{
	const struct cmd_option common[] = {
	    {"config", 'c', "PATH",
		"configuration file, or directory of *.ini; may be repeated "
		"(default /etc/weir/weir.ini and /etc/weir/conf.d)",
		OPTION_LIST, &c->configs},
	    {"set", 0, "SECTION[.NAME].KEY=VALUE",
		"set one key, over what files say", OPTION_LIST, &c->sets},
	    {"template", 't', "IN[:OUT[:COMMAND]]",
		"one more template: file, destination, command after a change",
		OPTION_LIST, &c->templates},
	    {"from", 0, "FILE", "a catalog file in place of Consul",
		OPTION_TEXT, &c->from},
	    {"log-level", 0, "LEVEL", "debug, info (default), warn or error",
		OPTION_TEXT, &c->log_level},
	    {"log-format", 0, "FORMAT", "text (default) or json", OPTION_TEXT,
		&c->log_format},
	    {"help", 'h', NULL, "this text", OPTION_SWITCH, &p->help},
	    {"version", 'V', NULL, "name and version", OPTION_SWITCH,
		&p->version},
	};
	const struct cmd_option *o = p->usage->options;

	while (o && o->name)
		p->options[p->count++] = *o++;
	p->own = p->count;
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++)
		if (p->usage->takes_from || strcmp(common[i].name, "from"))
			p->options[p->count++] = common[i];
}

/* ---- help ---- */

/* Words broken at blanks, further lines indented. */
static void
put_wrapped(struct buf *b, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (at > column && at + 1 + n > HELP_WIDTH) {
			buf_char(b, '\n');
			buf_repeat(b, ' ', column);
			at = column;
		} else if (at > column) {
			buf_char(b, ' ');
			at++;
		}
		buf_put(b, text, n);
		at += n;
		text += n + (text[n] == ' ');
	}
	buf_char(b, '\n');
}

static void
put_option(struct buf *b, const struct cmd_option *o)
{
	size_t start = b->len, width;

	if (o->letter)
		buf_printf(b, "  -%c, --%s", o->letter, o->name);
	else
		buf_printf(b, "      --%s", o->name);
	if (o->value)
		buf_printf(b, " %s", o->value);
	width = b->len - start;
	if (width + 2 > HELP_COLUMN) {
		buf_char(b, '\n');
		width = 0;
	}
	buf_repeat(b, ' ', HELP_COLUMN - width);
	put_wrapped(b, o->help, HELP_COLUMN);
}

static void
print_help(const struct parser *p)
{
	const struct cmd_usage *u = p->usage;
	struct buf b = {0};

	buf_printf(&b, "Usage: weir %s [OPTION…]%s%s\n\n", u->name,
	    *u->operands ? " " : "", u->operands);
	put_wrapped(&b, u->summary, 0);
	if (p->own > 0)
		buf_puts(&b, "\nOptions:\n");
	for (size_t i = 0; i < p->own; i++)
		put_option(&b, &p->options[i]);
	buf_puts(&b, "\nOptions of every command:\n");
	for (size_t i = p->own; i < p->count; i++)
		put_option(&b, &p->options[i]);
	fputs(b.ptr, stdout);
	buf_fini(&b);
}

/* ---- parsing ---- */

static int complain(const struct parser *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int
complain(const struct parser *p, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "weir %s: ", p->usage->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(
	    stderr, " (weir %s --help lists the options)\n", p->usage->name);
	return -1;
}

static const struct cmd_option *
find_long(const struct parser *p, struct str name)
{
	for (size_t i = 0; i < p->count; i++)
		if (str_is(name, p->options[i].name))
			return &p->options[i];
	return NULL;
}

static const struct cmd_option *
find_short(const struct parser *p, char letter)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->options[i].letter == letter)
			return &p->options[i];
	return NULL;
}

static int
unknown_long(const struct parser *p, struct str name)
{
	const char *names[OPTIONS_MOST], *near;

	for (size_t i = 0; i < p->count; i++)
		names[i] = p->options[i].name;
	near = str_nearest(name, names, p->count);
	if (near)
		return complain(p, "unknown option --%.*s: did you mean --%s?",
		    (int)name.len, name.ptr, near);
	return complain(p, "unknown option --%.*s", (int)name.len, name.ptr);
}

static void
add_word(struct cmd_words *words, const char *word)
{
	words->items =
	    xrealloc(words->items, words->count + 1, sizeof(*words->items));
	words->items[words->count++] = word;
}

/* value: NULL for a switch. */
static int
store(const struct parser *p, const struct cmd_option *o, const char *value)
{
	struct error e = {0};

	switch (o->kind) {
	case OPTION_SWITCH:
		*(bool *)o->target = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)o->target = value;
		return 0;
	case OPTION_LIST:
		add_word(o->target, value);
		return 0;
	case OPTION_DURATION:
		if (config_parse_duration(value, o->target, &e) == 0)
			return 0;
		complain(p, "--%s %s: %s", o->name, value, e.text);
		error_fini(&e);
		return -1;
	}
	return -1;
}

/* --name, --name=value, --name value. Moves *at when it takes the next word. */
static int
parse_long(const struct parser *p, char **argv, int argc, int *at)
{
	const char *word = argv[*at] + 2, *equals = strchr(word, '=');
	struct str name = {
	    word, equals ? (size_t)(equals - word) : strlen(word)};
	const struct cmd_option *o = find_long(p, name);

	if (!o)
		return unknown_long(p, name);
	if (o->kind == OPTION_SWITCH) {
		if (equals)
			return complain(p, "--%s takes no value", o->name);
		return store(p, o, NULL);
	}
	if (equals)
		return store(p, o, equals + 1);
	if (*at + 1 >= argc)
		return complain(p, "--%s needs a value: %s", o->name, o->value);
	return store(p, o, argv[++*at]);
}

/* -abc, -cVALUE, -c VALUE. */
static int
parse_short(const struct parser *p, char **argv, int argc, int *at)
{
	for (const char *s = argv[*at] + 1; *s; s++) {
		const struct cmd_option *o = find_short(p, *s);

		if (!o)
			return complain(p, "unknown option -%c", *s);
		if (o->kind == OPTION_SWITCH) {
			store(p, o, NULL);
			continue;
		}
		if (s[1])
			return store(p, o, s + 1);
		if (*at + 1 >= argc)
			return complain(
			    p, "-%c needs a value: %s", *s, o->value);
		return store(p, o, argv[++*at]);
	}
	return 0;
}

static int
parse_word(struct parser *p, char **argv, int argc, int *at)
{
	const char *word = argv[*at];

	if (!p->only_operands && !strcmp(word, "--")) {
		p->only_operands = true;
		return 0;
	}
	if (!p->only_operands && word[0] == '-' && word[1] == '-')
		return parse_long(p, argv, argc, at);
	if (!p->only_operands && word[0] == '-' && word[1])
		return parse_short(p, argv, argc, at);
	if (!p->usage->takes_operands)
		return complain(p, "\"%s\" is one word too many", word);
	add_word(p->operands, word);
	return 0;
}

static int
start_log(const struct parser *p, const struct cmd_common *c)
{
	enum log_level level = LOG_LEVEL_INFO;
	enum log_format format = LOG_FORMAT_TEXT;

	if (c->log_level && log_level_parse(c->log_level, &level) < 0)
		return complain(p,
		    "--log-level %s: there are debug, info, warn, error",
		    c->log_level);
	if (c->log_format && log_format_parse(c->log_format, &format) < 0)
		return complain(
		    p, "--log-format %s: there are text, json", c->log_format);
	log_init(level, format);
	return 0;
}

int
cmd_parse(const struct cmd_usage *usage, int argc, char **argv,
    struct cmd_common *common, struct cmd_words *operands)
{
	struct parser p = {.usage = usage, .operands = operands};

	collect(&p, common);
	for (int i = 1; i < argc; i++)
		if (parse_word(&p, argv, argc, &i) < 0)
			return 2;
	if (p.help) {
		print_help(&p);
		return 0;
	}
	if (p.version) {
		puts("weir " WEIR_VERSION);
		return 0;
	}
	return start_log(&p, common) < 0 ? 2 : -1;
}

void
cmd_common_fini(struct cmd_common *c)
{
	free(c->configs.items);
	free(c->sets.items);
	free(c->templates.items);
	*c = (struct cmd_common){0};
}

struct config *
cmd_config(const struct cmd_common *c, struct error *error)
{
	const struct config_request request = {
	    .paths = c->configs.items,
	    .path_count = c->configs.count,
	    .sets = c->sets.items,
	    .set_count = c->sets.count,
	    .templates = c->templates.items,
	    .template_count = c->templates.count,
	    .from = c->from,
	};

	return config_load(&request, error);
}

int
cmd_fail(int status, struct error *error)
{
	struct buf b = {0};

	if (error_is_set(error)) {
		error_print(error, &b);
		/* FILE:LINE: begins a line, where editors look for it. */
		fprintf(stderr, "%s%s\n", error->line ? "" : "weir: ", b.ptr);
	}
	buf_fini(&b);
	error_fini(error);
	return status;
}

bool
cmd_colour(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fd) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}
