/* SPDX-License-Identifier: MIT */
/*
 * A child process on the loop: its own process group, one pipe for what it
 * prints, a timer that kills the group. It is over when the process ends, not
 * when the pipe closes: a reload command may leave a daemon behind that holds
 * the pipe for ever. Freed when the last of its handles has closed, and the
 * callback fires just before.
 */
#include "weir/haproxy.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "weir/environment.h"
#include "weir/limits.h"
#include "weir/xalloc.h"

struct child {
	uv_process_t process;
	uv_pipe_t pipe;
	uv_timer_t timer;
	int open; /* handles that have not closed */
	bool spawned, exited;
	struct child_result result;
	int64_t timeout_ms;
	child_cb *on_exit; /* NULL: cancelled */
	void *arg;
	char chunk[4096];
};

static void
keep(struct child *c, const char *bytes, size_t n)
{
	size_t room = LIMIT_CHILD_OUTPUT - c->result.output.len;

	buf_put(&c->result.output, bytes, n < room ? n : room);
}

static void
explain(struct child *c)
{
	struct child_result *r = &c->result;

	if (r->timed_out)
		error_set(&r->error, ERROR_REMOTE,
		    "did not finish within %.10g s and was killed",
		    (double)c->timeout_ms / 1000);
	else if (r->signal)
		error_set(&r->error, ERROR_REMOTE, "killed by signal %d (%s)",
		    r->signal, strsignal(r->signal));
	else if (r->status)
		error_set(&r->error, ERROR_REMOTE, "exited with status %d",
		    r->status);
	if (error_is_set(&r->error) && r->output.len)
		error_excerpt(&r->error, r->output.ptr);
}

static void
on_close(uv_handle_t *handle)
{
	struct child *c = handle->data;

	if (--c->open)
		return;
	if (c->on_exit) {
		explain(c);
		c->on_exit(c->arg, &c->result);
	}
	buf_fini(&c->result.output);
	error_fini(&c->result.error);
	free(c);
}

static void
close_all(struct child *c)
{
	uv_close((uv_handle_t *)&c->timer, on_close);
	uv_close((uv_handle_t *)&c->pipe, on_close);
	if (c->spawned)
		uv_close((uv_handle_t *)&c->process, on_close);
}

/* What was printed before the end is in the pipe by now. */
static void
drain(struct child *c)
{
	int fd;
	ssize_t n;

	if (uv_fileno((uv_handle_t *)&c->pipe, &fd) < 0)
		return;
	while (c->result.output.len < LIMIT_CHILD_OUTPUT) {
		n = read(fd, c->chunk, sizeof(c->chunk));
		if (n <= 0)
			break;
		keep(c, c->chunk, (size_t)n);
	}
}

static void
on_process_exit(uv_process_t *process, int64_t status, int signal_number)
{
	struct child *c = process->data;

	c->exited = true;
	c->result.status = signal_number ? -1 : (int)status;
	c->result.signal = signal_number;
	drain(c);
	close_all(c);
}

static void
on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct child *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init(c->chunk, sizeof(c->chunk));
}

static void
on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct child *c = stream->data;

	if (n > 0)
		keep(c, buf->base, (size_t)n);
	else if (n < 0)
		uv_read_stop(stream);
}

static void
kill_group(struct child *c)
{
	pid_t pid = uv_process_get_pid(&c->process);

	if (!c->exited && pid > 1)
		kill(-pid, SIGKILL);
}

static void
on_timeout(uv_timer_t *timer)
{
	struct child *c = timer->data;

	c->result.timed_out = true;
	kill_group(c);
}

static int
spawn(
    uv_loop_t *loop, struct child *c, const struct child_options *o, int output)
{
	const char *const shell[] = {"sh", "-c", o->shell, NULL};
	const char *const *argv = o->shell ? shell : o->argv;
	char **env = o->env ? NULL : environment_for_others();
	uv_stdio_container_t stdio[] = {{.flags = UV_IGNORE},
	    {.flags = UV_INHERIT_FD, .data.fd = output},
	    {.flags = UV_INHERIT_FD, .data.fd = output}};
	uv_process_options_t options = {.exit_cb = on_process_exit,
	    .file = o->shell ? "/bin/sh" : argv[0],
	    .flags = UV_PROCESS_DETACHED,
	    .stdio = stdio,
	    .stdio_count = 3};
	int rc;

	/* libuv's arguments are not const, though it doesn't write to them. */
	memcpy(&options.args, &argv, sizeof(options.args));
	memcpy(&options.env, o->env ? (const void *)&o->env : &env,
	    sizeof(options.env));
	/* Even when it fails the handle is one that has to be closed. */
	c->spawned = true;
	c->open++;
	rc = uv_spawn(loop, &c->process, &options);
	free(env);
	return rc;
}

/* One pipe for both of its outputs; our end does not block. */
static int
open_pipe(struct child *c, int *theirs)
{
	int fds[2];
	int rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	rc = uv_pipe_open(&c->pipe, fds[0]);
	if (rc < 0) {
		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	*theirs = fds[1];
	return 0;
}

static void
init_handles(uv_loop_t *loop, struct child *c)
{
	uv_pipe_init(loop, &c->pipe, 0);
	uv_timer_init(loop, &c->timer);
	c->process.data = c;
	c->pipe.data = c;
	c->timer.data = c;
	c->open = 2;
}

struct child *
child_start(uv_loop_t *loop, const struct child_options *o, struct error *error)
{
	struct child *c = xcalloc(1, sizeof(*c));
	int theirs = -1;
	int rc;

	init_handles(loop, c);
	c->timeout_ms = o->timeout_ms;
	c->arg = o->arg;
	rc = open_pipe(c, &theirs);
	if (rc == 0) {
		rc = spawn(loop, c, o, theirs);
		close(theirs);
	}
	if (rc < 0) {
		/* on_exit is not set yet: nobody is called back. */
		error_set(error, ERROR_IO, "cannot run %s: %s",
		    o->shell ? "sh" : o->argv[0], uv_strerror(rc));
		close_all(c);
		return NULL;
	}
	c->on_exit = o->on_exit;
	uv_read_start((uv_stream_t *)&c->pipe, on_alloc, on_read);
	if (o->timeout_ms > 0)
		uv_timer_start(
		    &c->timer, on_timeout, (uint64_t)o->timeout_ms, 0);
	return c;
}

void
child_cancel(struct child **child)
{
	struct child *c = *child;

	*child = NULL;
	if (!c)
		return;
	c->on_exit = NULL;
	uv_timer_stop(&c->timer);
	/* The process handle stays until the process is reaped. */
	kill_group(c);
}
