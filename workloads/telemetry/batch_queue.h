/*
 * batch_queue.h - hands batches from one thread to the next, in order.
 *
 * It has room for every batch that exists and for the end, so that only
 * taking waits.
 *
 * Ownership  the queue holds addresses; what they lead to belongs to whoever
 *            took it last.
 * Threads    one puts and one takes.
 * Read next  threaded_pipeline.h.
 */
#ifndef TELEMETRY_BATCH_QUEUE_H
#define TELEMETRY_BATCH_QUEUE_H

#include <pthread.h>
#include <stddef.h>

#define BATCHES_IN_FLIGHT    8
#define BATCH_QUEUE_CAPACITY (BATCHES_IN_FLIGHT + 1)

struct batch_work;

struct batch_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct batch_work *works[BATCH_QUEUE_CAPACITY];
	size_t first;
	size_t count;
};

void batch_queue_open(struct batch_queue *queue);
void batch_queue_close(struct batch_queue *queue);

/* NULL is the end: whoever takes it need not take again. */
void batch_queue_put(struct batch_queue *queue, struct batch_work *work);

/* Waits until there is one. */
struct batch_work *batch_queue_take(struct batch_queue *queue);

#endif
