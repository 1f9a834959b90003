/*
 * pipeline.c - call the stages, and mark where each begins and ends.
 */
#include "pipeline.h"

#include "batch.h"
#include "checksum.h"
#include "dedup.h"
#include "digest.h"
#include "forward.h"
#include "ingress.h"
#include "order.h"
#include "validate.h"

#include <clinic/stage.h>
#include <stdlib.h>

struct pipeline {
	struct ingress ingress;
	struct dedup *dedup;
	struct forwarder forwarder;
	struct batch batch;
	struct reject_log rejects;
};

struct pipeline *pipeline_new(struct source *source, int downstream_fd)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	struct dedup *dedup = dedup_new();

	if (!pipeline || !dedup) {
		source_close(source);
		dedup_free(dedup);
		free(pipeline);
		return NULL;
	}
	checksum_prepare();
	pipeline->ingress.source = source;
	pipeline->dedup = dedup;
	pipeline->forwarder.fd = downstream_fd;
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	source_close(pipeline->ingress.source);
	dedup_free(pipeline->dedup);
	batch_free(&pipeline->batch);
	reject_log_reset(&pipeline->rejects);
	free(pipeline);
}

static int ingress_stage(struct pipeline *pipeline)
{
	int err;

	clinic_stage_begin("ingress");
	err = ingest_batch(&pipeline->ingress, &pipeline->batch);
	clinic_stage_end("ingress");
	return err;
}

static int validate_stage(struct pipeline *pipeline)
{
	int err;

	clinic_stage_begin("validate");
	err = validate_batch(&pipeline->batch, &pipeline->rejects);
	clinic_stage_end("validate");
	return err;
}

static int dedup_stage(struct pipeline *pipeline)
{
	int err;

	clinic_stage_begin("dedup");
	err = dedup_batch(pipeline->dedup, &pipeline->batch,
			  &pipeline->rejects);
	clinic_stage_end("dedup");
	return err;
}

static int order_stage(struct pipeline *pipeline)
{
	int err;

	clinic_stage_begin("order");
	err = order_batch(&pipeline->batch);
	clinic_stage_end("order");
	return err;
}

static int forward_stage(struct pipeline *pipeline)
{
	int err;

	clinic_stage_begin("forward");
	err = forward_batch(&pipeline->forwarder, &pipeline->batch);
	clinic_stage_end("forward");
	return err;
}

/*
 * The last batch's frames and rejects stay readable until the next, so
 * freeing them comes first. Not inlined: the profile knows it by this name.
 */
__attribute__((noinline)) static void release_batch(struct pipeline *pipeline)
{
	batch_reset(&pipeline->batch);
	reject_log_reset(&pipeline->rejects);
	pipeline->forwarder.digest = 0;
	pipeline->forwarder.messages_count = 0;
}

static void release_stage(struct pipeline *pipeline)
{
	clinic_stage_begin("release");
	release_batch(pipeline);
	clinic_stage_end("release");
}

uint64_t pipeline_digest(const struct forwarder *forwarder,
			 const struct reject_log *rejects)
{
	uint64_t digest =
		digest_word(forwarder->digest, forwarder->messages_count);

	for (size_t i = 0; i < REJECT_REASONS_COUNT; i++)
		digest = digest_word(digest, rejects->reason_counts[i]);
	return digest;
}

int pipeline_run(struct pipeline *pipeline, uint64_t *digest)
{
	static int (*const stages[])(struct pipeline *) = {
		ingress_stage, validate_stage, dedup_stage,
		order_stage,   forward_stage,
	};

	release_stage(pipeline);
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++) {
		int err = stages[i](pipeline);

		if (err)
			return err;
	}
	*digest = pipeline_digest(&pipeline->forwarder, &pipeline->rejects);
	return 0;
}

const struct reject_log *pipeline_rejects(const struct pipeline *pipeline)
{
	return &pipeline->rejects;
}
