/*
 * source_connection.c - a connection whose other end sends without being asked.
 */
#include "loopback.h"
#include "source.h"

#include <errno.h>
#include <stdlib.h>

struct source_connection {
	struct source source;
	int fd;
};

static int connection_request(struct source *source)
{
	(void)source;
	return 0;
}

static ssize_t connection_read(struct source *source, uint8_t *into,
			       size_t size)
{
	return loopback_receive(((struct source_connection *)source)->fd, into,
				size);
}

static void connection_close(struct source *source)
{
	free(source);
}

int source_connection_open(struct source **source, int fd)
{
	static const struct source_kind kind = {
		connection_request, connection_read, connection_close};
	struct source_connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return -ENOMEM;
	connection->source.kind = &kind;
	connection->fd = fd;
	*source = &connection->source;
	return 0;
}
