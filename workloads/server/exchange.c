/*
 * exchange.c - connects, sends a request and reads its response; never waits.
 */
#include "exchange.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PRICE "\"price\": "

/*
 * On the loopback interface a connection is established or refused when
 * connect() returns: the call does not wait for the server to accept it.
 */
static int connect_to(struct exchange *exchange, uint16_t port)
{
	const int on = 1;
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	exchange->fd = fd;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) &&
	    errno != EINPROGRESS)
		return -errno;
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on))
		       ? -errno
		       : 0;
}

int exchange_begin(struct exchange *exchange, uint16_t port, uint32_t item,
		   bool is_first)
{
	char head[96];
	int bytes = snprintf(head, sizeof(head),
			     "GET /item/%u%s HTTP/1.1\r\nHost: shop\r\n\r\n",
			     item, is_first ? "?first" : "");
	int err = 0;

	exchange->have_bytes = 0;
	exchange->is_reused = exchange->fd >= 0;
	if (!exchange->is_reused)
		err = connect_to(exchange, port);
	if (err)
		return err;
	return send(exchange->fd, head, (size_t)bytes, MSG_NOSIGNAL) == bytes
		       ? 0
		       : -errno;
}

static bool is_whole(const struct exchange *exchange, const char *end)
{
	const char *length = strstr(exchange->received, "Content-Length: ");
	size_t head_bytes = (size_t)(end + 4 - exchange->received);

	if (!length || length > end)
		return false;
	return exchange->have_bytes >=
	       head_bytes + strtoul(length + 16, NULL, 10);
}

/* Reads the status of HTTP/1.1, and the price if the body has one. */
static int read_response(struct exchange *exchange)
{
	char *text = exchange->received;
	const char *end, *price;

	text[exchange->have_bytes] = '\0';
	end = strstr(text, "\r\n\r\n");
	if (!end || !is_whole(exchange, end))
		return exchange->have_bytes < RESPONSE_BYTES_MAX - 1 ? -EAGAIN
								     : -EPROTO;
	if (strncmp(text, "HTTP/1.1 ", 9) != 0)
		return -EPROTO;
	exchange->status = (uint32_t)strtoul(text + 9, NULL, 10);
	price = strstr(end, PRICE);
	exchange->price =
		price ? (uint32_t)strtoul(price + strlen(PRICE), NULL, 10) : 0;
	exchange->stays_open = !strstr(text, "Connection: close");
	return 0;
}

int exchange_receive(struct exchange *exchange)
{
	size_t room = RESPONSE_BYTES_MAX - 1 - exchange->have_bytes;
	ssize_t count = recv(exchange->fd,
			     exchange->received + exchange->have_bytes, room,
			     0);

	if (count < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (count == 0)
		return -ENODATA;
	exchange->have_bytes += (size_t)count;
	return read_response(exchange);
}

void exchange_close(struct exchange *exchange)
{
	const struct linger none = {.l_onoff = 1};

	if (exchange->fd < 0)
		return;
	setsockopt(exchange->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(exchange->fd);
	exchange->fd = -1;
}
