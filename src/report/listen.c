/* SPDX-License-Identifier: MIT */
/*
 * Opening the endpoint's socket. A unix socket that a killed weir left behind
 * is told from one in use by connecting to it.
 */
#include "listen.h"

#include <errno.h>
#include <stdbool.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "weir/xalloc.h"

#define BACKLOG 32

static int
cannot(const char *address, struct error *error)
{
	return error_set_errno(error, ERROR_IO, "cannot listen at %s", address);
}

static bool
is_in_use(const struct sockaddr_un *un)
{
	/* One whose owner is stuck would never take us. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool used = fd >= 0 && (connect(fd, (const struct sockaddr *)un,
				    sizeof(*un)) == 0 ||
				   errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return used;
}

static int
bind_socket(const struct sockaddr *sa, socklen_t len)
{
	const int on = 1;
	int fd = socket(
	    sa->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	close(fd);
	return -1;
}

static int
open_unix(
    const char *path, mode_t mode, const char *address, struct error *error)
{
	mode_t old_mask;
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct stat st;
	int fd;

	if (strlen(path) >= sizeof(un.sun_path)) {
		errno = ENAMETOOLONG;
		return cannot(address, error);
	}
	strcpy(un.sun_path, path);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode) && !is_in_use(&un))
		unlink(path);
	old_mask = umask(0777 & ~mode);
	fd = bind_socket((const struct sockaddr *)&un, sizeof(un));
	umask(old_mask);
	return fd < 0 ? cannot(address, error) : fd;
}

static int
open_tcp(const char *address, struct error *error)
{
	const struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	const char *colon = strrchr(address, ':');
	struct addrinfo *list = NULL;
	char *host;
	int rc, fd = -1;

	if (!colon)
		return error_set(error, ERROR_CONFIG,
		    "cannot listen at %s: no port", address);
	if (address[0] == '[')
		host = xstrndup(address + 1, (size_t)(colon - address) - 2);
	else
		host = xstrndup(address, (size_t)(colon - address));
	rc = getaddrinfo(host, colon + 1, &hints, &list);
	free(host);
	if (rc != 0)
		return error_set(error, ERROR_IO, "cannot listen at %s: %s",
		    address, gai_strerror(rc));
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = bind_socket(a->ai_addr, a->ai_addrlen);
	if (fd < 0)
		cannot(address, error);
	freeaddrinfo(list);
	return fd;
}

int
listen_inherited(void)
{
	int fd = SD_LISTEN_FDS_START;

	if (sd_listen_fds(0) > 0 &&
	    sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) > 0)
		return fd;
	return -1;
}

int
listen_open(
    const char *address, mode_t mode, char **unlink_path, struct error *error)
{
	int fd;

	*unlink_path = NULL;
	if (strncmp(address, "unix:", 5))
		return open_tcp(address, error);
	fd = open_unix(address + 5, mode, address, error);
	if (fd >= 0)
		*unlink_path = xstrdup(address + 5);
	return fd;
}
