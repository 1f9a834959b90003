/*
 * loopback.h - connections within this machine.
 *
 * Ownership  descriptors are the caller's.
 * Errors     a descriptor or a count, or -errno.
 * Threads    any number at once.
 * Read next  source.h, which reads from such a connection.
 */
#ifndef TELEMETRY_LOOPBACK_H
#define TELEMETRY_LOOPBACK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* *port: 0 chooses any free one; it is set to the chosen port. */
int loopback_listen(uint16_t *port);

/* Connects as soon as somebody listens, before anybody accepts. */
int loopback_connect(uint16_t port);

/* Like recv(), but not ended by a signal. */
ssize_t loopback_receive(int fd, void *into, size_t size);

#endif
