/*
 * pipeline.h - the five stages in a row, one batch at a time.
 *
 * Ownership  pipeline_new() takes the source over, even when it fails;
 *            the downstream descriptor stays the caller's.
 * Errors     0 or -errno; a batch that failed leaves the pipeline unusable.
 * Threads    one.
 * Read next  ingress.h, the first stage; threaded_pipeline.h, the stages as
 *            threads.
 */
#ifndef TELEMETRY_PIPELINE_H
#define TELEMETRY_PIPELINE_H

#include "forward.h"
#include "reject.h"
#include "source.h"

#include <stdint.h>

struct pipeline;

struct pipeline *pipeline_new(struct source *source, int downstream_fd);
void pipeline_free(struct pipeline *pipeline);

/*
 * One batch, ingress to downstream. The digest covers every message in order
 * and the number of rejects for each reason.
 */
int pipeline_run(struct pipeline *pipeline, uint64_t *digest);

/* That digest, of the batch that was forwarded last and its rejects. */
uint64_t pipeline_digest(const struct forwarder *forwarder,
			 const struct reject_log *rejects);

/* Of the last batch. */
const struct reject_log *pipeline_rejects(const struct pipeline *pipeline);

#endif
