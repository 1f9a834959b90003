/*
 * threaded_pipeline.h - the second shape: a thread for each stage, several
 * batches at a time, and the same answers.
 *
 * Ownership  source and downstream descriptor stay the caller's.
 * Errors     0 or -errno of the first batch that failed; none is taken in
 *            after it. It returns when the source gave its last batch, or
 *            ended.
 * Threads    one caller at a time; ingress runs in the caller's thread.
 * Read next  pipeline.h, the first shape; batch_queue.h.
 */
#ifndef TELEMETRY_THREADED_PIPELINE_H
#define TELEMETRY_THREADED_PIPELINE_H

#include "source.h"

#include <stddef.h>
#include <stdint.h>

/* Called for each batch in order, in the thread of the last stage. */
typedef void batch_done(void *context, uint64_t digest);

int threaded_pipeline_run(struct source *source, int downstream_fd,
			  size_t batches_count, batch_done *done,
			  void *context);

#endif
