/*
 * batch_queue.c - a ring of addresses under one lock.
 */
#include "batch_queue.h"

void batch_queue_open(struct batch_queue *queue)
{
	*queue = (struct batch_queue){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.filled = PTHREAD_COND_INITIALIZER,
	};
}

void batch_queue_close(struct batch_queue *queue)
{
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
}

void batch_queue_put(struct batch_queue *queue, struct batch_work *work)
{
	pthread_mutex_lock(&queue->lock);
	queue->works[(queue->first + queue->count) % BATCH_QUEUE_CAPACITY] =
		work;
	queue->count++;
	pthread_cond_signal(&queue->filled);
	pthread_mutex_unlock(&queue->lock);
}

struct batch_work *batch_queue_take(struct batch_queue *queue)
{
	struct batch_work *work;

	pthread_mutex_lock(&queue->lock);
	while (queue->count == 0)
		pthread_cond_wait(&queue->filled, &queue->lock);
	work = queue->works[queue->first];
	queue->first = (queue->first + 1) % BATCH_QUEUE_CAPACITY;
	queue->count--;
	pthread_mutex_unlock(&queue->lock);
	return work;
}
