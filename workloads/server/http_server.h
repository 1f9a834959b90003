/*
 * http_server.h - answers GET /item/NUMBER on the loopback interface.
 *
 * Ownership  http_server_open() makes a server. http_server_close() waits until
 *            every request that was begun is answered, and frees it.
 * Errors     0 or -errno; -EADDRINUSE if the port is in use.
 * Threads    the server has threads of its own; one caller at a time may call
 *            these functions.
 * Read next  shop.h, where the prices come from.
 */
#ifndef SERVER_HTTP_SERVER_H
#define SERVER_HTTP_SERVER_H

#include <stdint.h>

struct http_server;

/* port: 0 chooses any free one. */
int http_server_open(struct http_server **server, uint16_t port);
void http_server_close(struct http_server *server);
uint16_t http_server_port(const struct http_server *server);

/* To be called when the prices change: the cached ones are forgotten. */
void http_server_forget(struct http_server *server);

#endif
