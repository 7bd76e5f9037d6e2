/* SPDX-License-Identifier: MIT */
/*
 * One request to the running daemon on its control socket: HTTP/1.0, so that
 * the answer ends where the connection does.
 */
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "weir/report.h"

/* Seconds that a daemon which is alive may take for an answer: it is one
 * thread, and a long render goes first. */
#define ANSWER_SECONDS 60

static int
unreachable(const char *path, struct error *e)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		return error_set(e, ERROR_IO,
		    "no weir answers at %s: %s (is weir run running, with the "
		    "same [state] path?)",
		    path, strerror(errno));
	return error_set_errno(e, ERROR_IO, "cannot ask weir at %s", path);
}

static int
ask(int fd, const char *path, const struct buf *request, struct buf *b,
    struct error *e)
{
	char piece[16384];
	ssize_t n;

	if (send(fd, request->ptr, request->len, MSG_NOSIGNAL) < 0)
		return unreachable(path, e);
	while ((n = recv(fd, piece, sizeof(piece), 0)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreachable(path, e);
		buf_put(b, piece, (size_t)n);
	}
	if (b->failed)
		return error_set(e, ERROR_LIMIT, "the answer is too long");
	return 0;
}

static int
fetch(
    const char *path, const struct buf *request, struct buf *b, struct error *e)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	const struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	int fd, rc;

	if (strlen(path) >= sizeof(un.sun_path))
		return error_set(
		    e, ERROR_CONFIG, "%s is too long for a socket", path);
	strcpy(un.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_set_errno(e, ERROR_IO, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)&un, sizeof(un)) < 0)
		rc = unreachable(path, e);
	else
		rc = ask(fd, path, request, b, e);
	close(fd);
	return rc;
}

/* Leaves the body; the status, or -1 if that is no answer. */
static int
cut_head(struct buf *b)
{
	const char *end = b->ptr ? strstr(b->ptr, "\r\n\r\n") : NULL;
	size_t head;
	int status;

	if (!end || b->len < 12 || strncmp(b->ptr, "HTTP/1.", 7))
		return -1;
	status = (int)strtol(b->ptr + 8, NULL, 10);
	head = (size_t)(end - b->ptr) + 4;
	memmove(b->ptr, b->ptr + head, b->len - head + 1);
	b->len -= head;
	return status;
}

int
control_ask(const char *state_path, const char *what, struct buf *answer,
    struct error *e)
{
	char *path = report_control_path(state_path);
	struct buf request = {0};
	int rc;

	buf_printf(&request, "%s HTTP/1.0\r\nContent-Length: 0\r\n\r\n", what);
	rc = fetch(path, &request, answer, e);
	if (rc == 0)
		rc = cut_head(answer);
	if (rc < 0)
		error_set(
		    e, ERROR_DATA, "what answers is no weir of this version");
	buf_fini(&request);
	free(path);
	return rc;
}
