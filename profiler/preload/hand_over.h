/*
 * preload/hand_over.h - gives the collector memory that has no name.
 *
 * Errors     -errno; -ENOENT: the environment names no receiver.
 * Signals    handover_send may be called in a handler; it never waits.
 * Read next  shared_memory/handover.h
 */
#ifndef PRELOAD_HAND_OVER_H
#define PRELOAD_HAND_OVER_H

#include "shared_memory/handover.h"
#include <sys/socket.h>
#include <sys/un.h>

struct handover {
	struct sockaddr_un address;
	socklen_t address_bytes; /* 0: there is no receiver */
	char secret[HANDOVER_SECRET_BYTES];
};

/* Reads the setting of that name in the environment. */
void handover_read(struct handover *handover, const char *setting);

/* Makes new memory of no length, and returns its descriptor. */
int handover_make(void);

int handover_send(const struct handover *handover, int fd);

#endif
