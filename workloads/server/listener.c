/*
 * listener.c - binds to a port of the loopback interface, and listens.
 */
#include "listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int listener_open(uint16_t *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t length = sizeof(address);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	/* Lingering connections of an earlier server do not prevent it. */
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !bind(fd, (struct sockaddr *)&address, length) &&
	    !listen(fd, SOMAXCONN) &&
	    !getsockname(fd, (struct sockaddr *)&address, &length)) {
		*port = ntohs(address.sin_port);
		return fd;
	}
	err = -errno;
	close(fd);
	return err;
}
