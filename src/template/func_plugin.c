/* SPDX-License-Identifier: MIT */
/*
 * plugin: runs a program and gives what it prints. The render waits for it, at
 * most LIMIT_COMMAND_SECONDS; then its process group is killed. Only a render
 * whose world allows programs runs any. Messages are Go's of os/exec.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "families.h"
#include "func.h"
#include "path.h"
#include "unicode.h"
#include "weir/environment.h"
#include "weir/limits.h"

struct program {
	struct call *call;
	struct str name;
	char **argv;
	bool has_nul; /* a name or an argument has, which no program can get */
	pid_t pid;
	int pipes[2];        /* we read: standard output, standard error */
	struct buf text[2];  /* what came from them */
	struct timespec end; /* monotonic: when it is killed */
};

static int
milliseconds_left(const struct program *p)
{
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (p->end.tv_sec - now.tv_sec) * 1000 +
	     (p->end.tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? (int)ms : 0;
}

/* exec "NAME": … and what the program printed. */
static int
fail(struct program *p, const char *why)
{
	struct buf b = {0};

	buf_puts(&b, "exec ");
	value_quote(&b, p->name);
	buf_printf(&b, ": %s\n\nstdout:\n\n", why);
	buf_str(&b, buf_as_str(&p->text[0]));
	buf_puts(&b, "\n\nstderr:\n\n");
	buf_str(&b, buf_as_str(&p->text[1]));
	call_fail(p->call, "%s", b.ptr);
	buf_fini(&b);
	return -1;
}

/* --- finding and starting it --- */

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

/* A name without a slash is looked for in PATH; NULL: not found. */
static const char *
find_program(struct program *p)
{
	const char *name = p->argv[0], *path = getenv("PATH"), *end;

	if (strchr(name, '/'))
		return name;
	if (strlen(name) < p->name.len)
		return NULL;
	for (; path && *path; path = *end ? end + 1 : end) {
		const char *full;

		end = strchrnul(path, ':');
		full = arena_printf(
		    p->call->arena, "%.*s/%s", (int)(end - path), path, name);
		if (path[0] == '/' && is_program(full))
			return full;
	}
	return NULL;
}

/* Attributes of the child: a process group of its own, no signal ignored. */
static void
set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t all, none;

	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
						 POSIX_SPAWN_SETSIGDEF |
						 POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setsigmask(attributes, &none);
}

static int
spawn(struct program *p, const char *path, const int out[2], const int err[2])
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = environment_for_others();
	int rc;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(
	    &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
	set_attributes(&attributes);
	rc = posix_spawn(
	    &p->pid, path, &actions, &attributes, p->argv, environment);
	free(environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int
start(struct program *p)
{
	const char *path = find_program(p);
	int out[2], err[2], rc;
	struct buf b = {0};

	if (!path) {
		buf_puts(&b, "exec: ");
		value_quote(&b, p->name);
		buf_puts(&b, ": executable file not found in $PATH");
	} else if (pipe2(out, O_CLOEXEC) < 0) {
		path_put_error(&b, "pipe", path, errno);
	} else if (pipe2(err, O_CLOEXEC) < 0) {
		path_put_error(&b, "pipe", path, errno);
		close(out[0]);
		close(out[1]);
	} else {
		rc = p->has_nul ? EINVAL : spawn(p, path, out, err);
		close(out[1]);
		close(err[1]);
		p->pipes[0] = out[0];
		p->pipes[1] = err[0];
		if (rc != 0)
			path_put_error(&b, "fork/exec", path, rc);
	}
	rc = b.len > 0 ? fail(p, b.ptr) : 0;
	buf_fini(&b);
	return rc;
}

/* --- waiting for it --- */

/* Reads what is there; closes the pipe at its end. */
static void
drain(struct program *p, int i)
{
	char bytes[65536];
	ssize_t n = read(p->pipes[i], bytes, sizeof(bytes));

	if (n > 0) {
		buf_put(&p->text[i], bytes, (size_t)n);
	} else if (n == 0 || errno != EINTR) {
		close(p->pipes[i]);
		p->pipes[i] = -1;
	}
}

/* Until both pipes are at their end; -1: too late, or too much. */
static int
collect(struct program *p)
{
	while (p->pipes[0] >= 0 || p->pipes[1] >= 0) {
		struct pollfd fds[2] = {{.fd = p->pipes[0], .events = POLLIN},
		    {.fd = p->pipes[1], .events = POLLIN}};
		int ms = milliseconds_left(p);

		if (ms == 0 || p->text[0].failed || p->text[1].failed)
			return -1;
		if (poll(fds, 2, ms) <= 0)
			continue;
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				drain(p, i);
	}
	return 0;
}

/* Its status; -1: too late. A program that has closed its output mostly ends
 * at once. */
static int
reap(struct program *p, int *status)
{
	struct timespec pause = {.tv_nsec = 200000};
	pid_t pid;

	while ((pid = waitpid(p->pid, status, WNOHANG)) != p->pid) {
		if (pid < 0 && errno != EINTR)
			return -1;
		if (milliseconds_left(p) == 0)
			return -1;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 20000000)
			pause.tv_nsec *= 2;
	}
	p->pid = 0;
	return 0;
}

static int
fail_status(struct program *p, int status)
{
	struct buf b = {0};
	const char *text;

	if (WIFSIGNALED(status)) {
		text = strsignal(WTERMSIG(status));
		buf_printf(&b, "signal: %c%s%s", text[0] | 0x20, text + 1,
		    WCOREDUMP(status) ? " (core dumped)" : "");
	} else {
		buf_printf(&b, "exit status %d", WEXITSTATUS(status));
	}
	fail(p, b.ptr);
	buf_fini(&b);
	return -1;
}

static int
give_up(struct program *p)
{
	struct buf b = {0};

	value_quote(&b, p->name);
	if (p->text[0].failed || p->text[1].failed)
		call_fail(p->call, "exec %s: printed more than %u bytes", b.ptr,
		    LIMIT_OUTPUT_BYTES);
	else
		call_fail(p->call, "exec %s: did not finish in %us", b.ptr,
		    LIMIT_COMMAND_SECONDS);
	buf_fini(&b);
	return -1;
}

static int
run(struct program *p)
{
	int status;

	clock_gettime(CLOCK_MONOTONIC, &p->end);
	p->end.tv_sec += LIMIT_COMMAND_SECONDS;
	if (start(p) < 0)
		return -1;
	if (collect(p) < 0 || reap(p, &status) < 0)
		return give_up(p);
	return status == 0 ? 0 : fail_status(p, status);
}

static void
program_fini(struct program *p)
{
	if (p->pid > 0) {
		kill(-p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	for (int i = 0; i < 2; i++) {
		if (p->pipes[i] >= 0)
			close(p->pipes[i]);
		buf_fini(&p->text[i]);
	}
}

/* --- the function --- */

/* Arguments without the white space at their ends; empty ones are dropped. */
static void
set_arguments(struct program *p)
{
	struct call *c = p->call;
	size_t n = 0;

	p->argv = arena_array(c->arena, c->argc + 1, sizeof(*p->argv));
	p->argv[n++] = arena_strndup(c->arena, p->name.ptr, p->name.len);
	p->has_nul = memchr(p->name.ptr, 0, p->name.len);
	for (size_t i = 1; i < c->argc; i++) {
		struct str arg = str_trim_space(func_str(c, i));

		if (arg.len > 0 && memchr(arg.ptr, 0, arg.len))
			p->has_nul = true;
		if (arg.len > 0)
			p->argv[n++] =
			    arena_strndup(c->arena, arg.ptr, arg.len);
	}
}

static int
call_plugin(struct call *c, struct value *result)
{
	const struct template_world *world = c->render->world;
	struct program p = {
	    .call = c, .name = func_str(c, 0), .pipes = {-1, -1}};
	int rc;

	*result = value_str(STR(""));
	if (p.name.len == 0)
		return 0;
	if (!world || !world->plugins)
		return call_fail(c,
		    "%.*s is not run: programs are run by the daemon, or "
		    "with --plugins",
		    (int)p.name.len, p.name.ptr);
	p.text[0].limit = p.text[1].limit = LIMIT_OUTPUT_BYTES;
	set_arguments(&p);
	rc = run(&p);
	if (rc == 0)
		*result = value_str(arena_str(
		    c->arena, str_trim_space(buf_as_str(&p.text[0]))));
	program_fini(&p);
	return rc;
}

static const struct func funcs[] = {
    {"plugin", "string,...string", "string", call_plugin, FUNC_EFFECT,
	"plugin program argument… — what the program prints, trimmed"},
};

const struct func_family family_plugin = {
    .name = "plugin",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
