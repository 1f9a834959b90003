/*
 * forward.h - last stage: good frames go downstream, each as one message.
 *
 * Errors     0 or -errno of the link.
 */
#ifndef TELEMETRY_FORWARD_H
#define TELEMETRY_FORWARD_H

#include "batch.h"

#include <stdint.h>

struct forwarder {
	int fd;          /* the downstream link; the caller's */
	uint64_t digest; /* of every message, in order */
	uint64_t messages_count;
};

int forward_batch(struct forwarder *forwarder, const struct batch *batch);

#endif
