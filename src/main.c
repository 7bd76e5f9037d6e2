/* SPDX-License-Identifier: MIT */
/* weir: the table of its commands, nothing else. */
#include <stdio.h>
#include <string.h>

#include "weir/cmd.h"
#include "weir/str.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
    {"run", cmd_run, "watch, render, check and apply until told to stop"},
    {"render", cmd_render, "render once, check, write"},
    {"diff", cmd_diff, "show what would change and what applying it does"},
    {"check", cmd_check, "parse, render, and let haproxy -c judge"},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void
print_usage(FILE *out)
{
	fputs("usage: weir COMMAND [OPTION…]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name,
		    commands[i].summary);
	fputs("\n`weir COMMAND --help` lists a command's options; weir(1) and "
	      "weir.ini(5) say the rest.\n",
	    out);
}

static int
refuse(const char *word)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = str_nearest(str_of(word), names, COMMANDS);
	fprintf(stderr, "weir: unknown command \"%s\"", word);
	if (near)
		fprintf(stderr, ", did you mean %s?", near);
	fputs("\n", stderr);
	print_usage(stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	if (!word) {
		print_usage(stderr);
		return 2;
	}
	if (!strcmp(word, "-h") || !strcmp(word, "--help") ||
	    !strcmp(word, "help")) {
		print_usage(stdout);
		return 0;
	}
	if (!strcmp(word, "-V") || !strcmp(word, "--version")) {
		printf("weir %s\n", WEIR_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(word, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return refuse(word);
}
