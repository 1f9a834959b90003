/*
 * request.h - reads the head of an HTTP/1.1 request: GET /item/NUMBER.
 *
 * Errors     request_parse() returns 0, -EAGAIN while the head has no end,
 *            and -EPROTO for any request but a GET of an item. request_read()
 *            also returns -ENODATA if the connection ended before a request,
 *            -ENOMEM, -EMSGSIZE for a head above REQUEST_BYTES_MAX, and the
 *            errors of recv().
 * Threads    any number at once.
 * Read next  response.h.
 */
#ifndef SERVER_REQUEST_H
#define SERVER_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#define REQUEST_BYTES_MAX 2048

/* The part of the path after a ? is ignored. */
int request_parse(const char *head, size_t head_bytes, uint32_t *item);

/* Waits until the whole head has arrived. */
int request_read(int fd, uint32_t *item);

#endif
