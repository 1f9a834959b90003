/*
 * response.h - sends the response to a request: the price of an item, or 400.
 *
 * Ownership  response_of() returns a text that the caller frees.
 * Errors     0 or -errno; response_of() returns NULL without memory.
 * Threads    any number at once.
 * Read next  http_server.h, which calls these.
 */
#ifndef SERVER_RESPONSE_H
#define SERVER_RESPONSE_H

#include <stddef.h>
#include <stdint.h>

char *response_of(uint32_t item, uint32_t price);
int response_send(int fd, uint32_t item, uint32_t price);

/* Sends 400 Bad Request. */
int response_refuse(int fd);

#endif
