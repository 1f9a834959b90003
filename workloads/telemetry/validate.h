/*
 * validate.h - second stage: frames that cannot be trusted leave the batch.
 *
 * Errors     0 or -errno of the reject log; a bad frame is no error.
 * Read next  dedup.h, the next stage.
 */
#ifndef TELEMETRY_VALIDATE_H
#define TELEMETRY_VALIDATE_H

#include "batch.h"
#include "reject.h"

int validate_batch(struct batch *batch, struct reject_log *rejects);

#endif
