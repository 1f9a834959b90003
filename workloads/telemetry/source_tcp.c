/*
 * source_tcp.c - a ground station at the other end of a loopback connection.
 *
 * The reader asks for a batch by sending one byte; the station answers with
 * the whole batch. That keeps the two in step without any state they share.
 */
#include "loopback.h"
#include "source.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct source_tcp {
	struct source source;
	const uint8_t *batch;
	size_t batch_bytes;
	int reader_fd;
	int station_fd;
	pthread_t station;
};

static int send_batch(const struct source_tcp *tcp)
{
	size_t sent = 0;

	while (sent < tcp->batch_bytes) {
		ssize_t count = send(tcp->station_fd, tcp->batch + sent,
				     tcp->batch_bytes - sent, MSG_NOSIGNAL);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		sent += (size_t)count;
	}
	return 0;
}

/* Ends when the connection is shut down. */
static void *station_main(void *argument)
{
	const struct source_tcp *tcp = argument;
	uint8_t request;

	for (;;) {
		ssize_t count = recv(tcp->station_fd, &request, 1, 0);

		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0 || send_batch(tcp))
			return NULL;
	}
}

static int tcp_request(struct source *source)
{
	const struct source_tcp *tcp = (const struct source_tcp *)source;
	const uint8_t request = 1;

	return send(tcp->reader_fd, &request, 1, MSG_NOSIGNAL) == 1 ? 0
								    : -errno;
}

static ssize_t tcp_read(struct source *source, uint8_t *into, size_t size)
{
	const struct source_tcp *tcp = (const struct source_tcp *)source;

	return loopback_receive(tcp->reader_fd, into, size);
}

static void tcp_close(struct source *source)
{
	struct source_tcp *tcp = (struct source_tcp *)source;

	/*
	 * The station may be blocked in send, with every buffer full: only
	 * its own side, shut down, wakes it.
	 */
	shutdown(tcp->station_fd, SHUT_RDWR);
	pthread_join(tcp->station, NULL);
	close(tcp->reader_fd);
	close(tcp->station_fd);
	free(tcp);
}

static int accept_station(struct source_tcp *tcp, int listener)
{
	const int on = 1;

	tcp->station_fd = accept(listener, NULL, NULL);
	if (tcp->station_fd < 0)
		return -errno;
	/* A request is one byte and must not wait for more to send. */
	return setsockopt(tcp->reader_fd, IPPROTO_TCP, TCP_NODELAY, &on,
			  sizeof(on))
		       ? -errno
		       : 0;
}

/* Loopback connects as soon as somebody listens, so one thread does both. */
static int connect_both(struct source_tcp *tcp)
{
	uint16_t port = 0;
	int listener = loopback_listen(&port);
	int err;

	if (listener < 0)
		return listener;
	tcp->reader_fd = loopback_connect(port);
	err = tcp->reader_fd < 0 ? tcp->reader_fd
				 : accept_station(tcp, listener);
	close(listener);
	return err;
}

static int start(struct source_tcp *tcp)
{
	int err = connect_both(tcp);

	if (!err)
		err = -pthread_create(&tcp->station, NULL, station_main, tcp);
	if (!err)
		return 0;
	if (tcp->reader_fd >= 0)
		close(tcp->reader_fd);
	if (tcp->station_fd >= 0)
		close(tcp->station_fd);
	return err;
}

int source_tcp_open(struct source **source, const uint8_t *batch,
		    size_t batch_bytes)
{
	static const struct source_kind kind = {tcp_request, tcp_read,
						tcp_close};
	struct source_tcp *tcp = calloc(1, sizeof(*tcp));
	int err;

	if (!tcp)
		return -ENOMEM;
	tcp->source.kind = &kind;
	tcp->batch = batch;
	tcp->batch_bytes = batch_bytes;
	tcp->reader_fd = -1;
	tcp->station_fd = -1;
	err = start(tcp);
	if (err) {
		free(tcp);
		return err;
	}
	*source = &tcp->source;
	return 0;
}
