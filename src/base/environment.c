/* SPDX-License-Identifier: MIT */
/* What is passed on is what isn't known to be ours: PATH, HOME, the locale and
 * whatever the operator set for the programs that weir runs. */
#include "weir/environment.h"

#include <stddef.h>
#include <string.h>

#include "weir/xalloc.h"

extern char **environ;

/* By prefix. */
static const char *const own_variables[] = {"CONSUL_",
    "NOTIFY_SOCKET=", "WATCHDOG_", "LISTEN_",
    "JOURNAL_STREAM=", "INVOCATION_ID=", "MAINPID=", NULL};

static int
is_own(const char *entry)
{
	for (size_t i = 0; own_variables[i]; i++)
		if (!strncmp(entry, own_variables[i], strlen(own_variables[i])))
			return 1;
	return 0;
}

char **
environment_for_others(void)
{
	size_t n = 0, kept = 0;
	char **env;

	while (environ && environ[n])
		n++;
	env = xcalloc(n + 1, sizeof(*env));
	for (size_t i = 0; i < n; i++)
		if (!is_own(environ[i]))
			env[kept++] = environ[i];
	return env;
}
