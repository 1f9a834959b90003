/*
 * threaded_pipeline.c - a thread for each stage, and a queue before each.
 *
 *	spare -> ingress -> validate -> dedup -> order -> forward -> spare
 *
 * A batch belongs to the stage that took it from its queue.
 */
#include "threaded_pipeline.h"

#include "batch.h"
#include "batch_queue.h"
#include "checksum.h"
#include "dedup.h"
#include "forward.h"
#include "ingress.h"
#include "order.h"
#include "pipeline.h"
#include "reject.h"
#include "validate.h"

#include <clinic/stage.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { VALIDATE, DEDUP, ORDER, FORWARD, SPARE, QUEUES_COUNT };

#define THREADS_COUNT SPARE

struct batch_work {
	struct batch batch;
	struct reject_log rejects;
	int err;
};

struct threaded_pipeline {
	struct ingress ingress;
	struct dedup *dedup;
	struct forwarder forwarder;
	batch_done *done;
	void *context;
	struct batch_work works[BATCHES_IN_FLIGHT];
	struct batch_queue queues[QUEUES_COUNT];
	pthread_t threads[THREADS_COUNT];
	atomic_int err; /* of the first batch that failed */
};

static void release(struct batch_work *work)
{
	clinic_stage_begin("release");
	batch_reset(&work->batch);
	reject_log_reset(&work->rejects);
	work->err = 0;
	clinic_stage_end("release");
}

static void ingest(struct threaded_pipeline *pipeline, struct batch_work *work)
{
	clinic_stage_begin("ingress");
	work->err = ingest_batch(&pipeline->ingress, &work->batch);
	clinic_stage_end("ingress");
}

static void validate(struct threaded_pipeline *pipeline,
		     struct batch_work *work)
{
	(void)pipeline;
	clinic_stage_begin("validate");
	work->err = validate_batch(&work->batch, &work->rejects);
	clinic_stage_end("validate");
}

static void dedup(struct threaded_pipeline *pipeline, struct batch_work *work)
{
	clinic_stage_begin("dedup");
	work->err = dedup_batch(pipeline->dedup, &work->batch, &work->rejects);
	clinic_stage_end("dedup");
}

static void order(struct threaded_pipeline *pipeline, struct batch_work *work)
{
	(void)pipeline;
	clinic_stage_begin("order");
	work->err = order_batch(&work->batch);
	clinic_stage_end("order");
}

static void forward(struct threaded_pipeline *pipeline, struct batch_work *work)
{
	clinic_stage_begin("forward");
	pipeline->forwarder.digest = 0;
	pipeline->forwarder.messages_count = 0;
	work->err = forward_batch(&pipeline->forwarder, &work->batch);
	clinic_stage_end("forward");
	if (!work->err)
		pipeline->done(
			pipeline->context,
			pipeline_digest(&pipeline->forwarder, &work->rejects));
}

/*
 * A batch that failed goes on to the end. When it is there, all before it are
 * done, and no stage touches any after it.
 */
static void work_on(struct threaded_pipeline *pipeline, int queue,
		    void (*stage)(struct threaded_pipeline *,
				  struct batch_work *))
{
	struct batch_work *work;

	do {
		work = batch_queue_take(&pipeline->queues[queue]);
		if (work && !work->err && !pipeline->err)
			stage(pipeline, work);
		if (work && work->err && queue == FORWARD && !pipeline->err)
			pipeline->err = work->err;
		batch_queue_put(&pipeline->queues[queue + 1], work);
	} while (work);
}

/*
 * A function of its own for each thread, by which its waits are known in a
 * profile and in the table of contention.
 */
static void *validate_thread(void *pipeline)
{
	work_on(pipeline, VALIDATE, validate);
	return NULL;
}

static void *dedup_thread(void *pipeline)
{
	work_on(pipeline, DEDUP, dedup);
	return NULL;
}

static void *order_thread(void *pipeline)
{
	work_on(pipeline, ORDER, order);
	return NULL;
}

static void *forward_thread(void *pipeline)
{
	work_on(pipeline, FORWARD, forward);
	return NULL;
}

static void ingress_work(struct threaded_pipeline *pipeline,
			 size_t batches_count)
{
	for (size_t i = 0; i < batches_count && !pipeline->err; i++) {
		struct batch_work *work =
			batch_queue_take(&pipeline->queues[SPARE]);
		int err;

		release(work);
		ingest(pipeline, work);
		err = work->err;
		batch_queue_put(&pipeline->queues[VALIDATE], work);
		if (err)
			return;
	}
}

/* From the last stage on, so that a stage that runs has a next one. */
static int run_threads(struct threaded_pipeline *pipeline, size_t batches_count)
{
	static void *(*const mains[THREADS_COUNT])(void *) = {
		validate_thread, dedup_thread, order_thread, forward_thread};
	int first = THREADS_COUNT;
	int err = 0;

	while (!err && first > 0) {
		err = -pthread_create(&pipeline->threads[first - 1], NULL,
				      mains[first - 1], pipeline);
		first -= !err;
	}
	if (!err)
		ingress_work(pipeline, batches_count);
	batch_queue_put(&pipeline->queues[first], NULL);
	for (int i = first; i < THREADS_COUNT; i++)
		pthread_join(pipeline->threads[i], NULL);
	return err ? err : pipeline->err;
}

static void open_queues(struct threaded_pipeline *pipeline)
{
	for (int i = 0; i < QUEUES_COUNT; i++)
		batch_queue_open(&pipeline->queues[i]);
	for (int i = 0; i < BATCHES_IN_FLIGHT; i++)
		batch_queue_put(&pipeline->queues[SPARE], &pipeline->works[i]);
}

static void close_works(struct threaded_pipeline *pipeline)
{
	for (int i = 0; i < QUEUES_COUNT; i++)
		batch_queue_close(&pipeline->queues[i]);
	for (int i = 0; i < BATCHES_IN_FLIGHT; i++) {
		batch_free(&pipeline->works[i].batch);
		reject_log_reset(&pipeline->works[i].rejects);
	}
}

int threaded_pipeline_run(struct source *source, int downstream_fd,
			  size_t batches_count, batch_done *done, void *context)
{
	struct threaded_pipeline *pipeline = calloc(1, sizeof(*pipeline));
	int err = -ENOMEM;

	if (!pipeline)
		return err;
	pipeline->ingress.source = source;
	pipeline->forwarder.fd = downstream_fd;
	pipeline->done = done;
	pipeline->context = context;
	pipeline->dedup = dedup_new();
	if (pipeline->dedup) {
		checksum_prepare();
		open_queues(pipeline);
		err = run_threads(pipeline, batches_count);
		close_works(pipeline);
		dedup_free(pipeline->dedup);
	}
	free(pipeline);
	return err;
}
