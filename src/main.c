/* SPDX-License-Identifier: MIT */
/* The table of commands, nothing else. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "weir/cmd.h"
#include "weir/str.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *does;
} commands[] = {
    {"run", cmd_run, "watch, render, check and apply, until stopped"},
    {"render", cmd_render, "render once and write"},
    {"diff", cmd_diff, "show what would change"},
    {"check", cmd_check, "check configuration, templates and the result"},
    {"snapshot", cmd_snapshot, "record what the templates read"},
    {"status", cmd_status, "ask the running daemon how it is"},
    {"approve", cmd_approve, "believe what the running daemon holds"},
    {"deny", cmd_deny, "keep what it has instead"},
    {"pause", cmd_pause, "let the running daemon apply nothing"},
    {"resume", cmd_resume, "let it apply again"},
    {"reload", cmd_reload, "let it read its configuration again"},
};
#define COMMANDS (sizeof(commands) / sizeof(*commands))

static void
print_usage(FILE *to)
{
	fputs("Usage: weir COMMAND [OPTION…]\n\n"
	      "Renders HAProxy configuration from templates and Consul, proves "
	      "it valid,\nand brings it live.\n\nCommands:\n",
	    to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-10s%s\n", commands[i].name, commands[i].does);
	fputs("\nOptions:\n"
	      "  -h, --help     this text; weir COMMAND --help: the command's\n"
	      "  -V, --version  name and version\n"
	      "\nManual: weir(1), weir.ini(5), weir-template(7).\n",
	    to);
}

static int
complain(const char *word)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = str_nearest(str_of(word), names, COMMANDS);
	fprintf(stderr, "weir: unknown %s %s",
	    word[0] == '-' ? "option" : "command", word);
	if (near)
		fprintf(stderr, ": did you mean %s?", near);
	fputs(" (weir --help lists the commands)\n", stderr);
	return 2;
}

/* What is closed would be given to the next file that is opened, and libuv ends
 * a program that closes one of the three. Using one fails as before. */
static void
keep_standard_files(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null",
			    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;

	keep_standard_files();
	/* A peer that goes away is an error of write(2). */
	signal(SIGPIPE, SIG_IGN);
	/* Tokens and keys are in memory: no core, and no other process of the
	 * same user may look. */
	prctl(PR_SET_DUMPABLE, 0);
	if (!word) {
		print_usage(stderr);
		return 2;
	}
	if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
		print_usage(stdout);
		return 0;
	}
	if (!strcmp(word, "--version") || !strcmp(word, "-V")) {
		puts("weir " WEIR_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (!strcmp(word, commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	return complain(word);
}
