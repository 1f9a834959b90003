/*
 * listener.h - opens a socket that listens on the loopback interface.
 *
 * Errors     listener_open() returns the descriptor, or -errno.
 * Threads    any number at once.
 * Read next  http_server.h.
 */
#ifndef SERVER_LISTENER_H
#define SERVER_LISTENER_H

#include <stdint.h>

/* *port: 0 chooses any free one; it is set to the chosen port. */
int listener_open(uint16_t *port);

#endif
