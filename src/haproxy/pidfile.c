/* SPDX-License-Identifier: MIT */
#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The first number in the file; 0 and the error if there is none. */
static pid_t
read_pid(const char *path, struct error *error)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		error_set_errno(error, ERROR_IO, "pid file %s", path);
		return 0;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n > 0 && atoi(text) > 1)
		return (pid_t)atoi(text);
	error_set(error, ERROR_DATA, "pid file %s holds no process id", path);
	errno = 0;
	return 0;
}

/* Is the signal neither caught, blocked nor ignored (proc(5), status)? A master
 * that just executes itself again blocks it. False if that can't be seen. */
static bool
would_end(pid_t pid)
{
	static const char *const masks[] = {"SigBlk:", "SigIgn:", "SigCgt:"};
	unsigned long long bits = 0;
	char line[256], path[32];
	int seen = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/status", (long)pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(masks) / sizeof(*masks); i++)
			if (!strncmp(line, masks[i], strlen(masks[i]))) {
				bits |=
				    strtoull(line + strlen(masks[i]), NULL, 16);
				seen++;
			}
	fclose(f);
	return seen == 3 && !(bits >> (SIGUSR2 - 1) & 1);
}

int
pidfile_reload(const char *path, bool *absent, struct error *error)
{
	pid_t pid;

	errno = 0;
	pid = read_pid(path, error);
	*absent = errno == ENOENT;
	if (!pid)
		return -1;
	if (would_end(pid))
		return error_set(error, ERROR_REMOTE,
		    "pid file %s: USR2 would end process %ld: it is no master "
		    "of HAProxy (another process has the number by now, or "
		    "HAProxy runs without -W)",
		    path, (long)pid);
	if (kill(pid, SIGUSR2) == 0)
		return 0;
	*absent = errno == ESRCH;
	return error_set_errno(error, ERROR_REMOTE,
	    "signal USR2 to process %ld of %s", (long)pid, path);
}
