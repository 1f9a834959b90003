/*
 * exchange.h - sends a request on a connection, and receives its response.
 *
 * Errors     exchange_begin() and exchange_receive() return 0 or -errno:
 *            -EAGAIN while the response is incomplete, -EPROTO if it is not
 *            one of HTTP/1.1, -ENODATA if the connection ended before it.
 * Threads    one caller at a time for each exchange.
 * Read next  load_generator.h.
 */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESPONSE_BYTES_MAX 1024

struct exchange {
	int fd; /* -1: not connected */
	bool is_reused;
	bool stays_open; /* the server did not announce that it closes it */
	size_t request;  /* the request that is being sent or answered */
	size_t have_bytes;
	uint32_t status;
	uint32_t price;
	char received[RESPONSE_BYTES_MAX];
};

/* Connects, unless the exchange is connected already, and sends. */
int exchange_begin(struct exchange *exchange, uint16_t port, uint32_t item,
		   bool is_first);
int exchange_receive(struct exchange *exchange);

/* Closes the connection at once; no state remains in the kernel. */
void exchange_close(struct exchange *exchange);

#endif
