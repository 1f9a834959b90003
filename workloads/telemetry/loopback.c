/*
 * loopback.c - sockets of the loopback interface.
 */
#include "loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int close_with(int fd, int err)
{
	close(fd);
	return err;
}

static struct sockaddr_in address_of(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

int loopback_listen(uint16_t *port)
{
	struct sockaddr_in address = address_of(*port);
	socklen_t length = sizeof(address);
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	/* A lingering connection of an earlier listener does not prevent it. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, length) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		return close_with(fd, -errno);
	*port = ntohs(address.sin_port);
	return fd;
}

int loopback_connect(uint16_t port)
{
	const struct sockaddr_in address = address_of(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return close_with(fd, -errno);
	return fd;
}

ssize_t loopback_receive(int fd, void *into, size_t size)
{
	ssize_t count;

	do {
		count = recv(fd, into, size, 0);
	} while (count < 0 && errno == EINTR);
	return count < 0 ? -errno : count;
}
