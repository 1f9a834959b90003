/*
 * order.h - fourth stage: frames by time stamp, whatever path they came.
 *
 * Errors     0 or -ENOMEM.
 * Read next  forward.h, the last stage.
 */
#ifndef TELEMETRY_ORDER_H
#define TELEMETRY_ORDER_H

#include "batch.h"

/* Equal time stamps: by station, then by sequence number. */
int order_batch(struct batch *batch);

#endif
