/* Adds up the times off the CPU of a session: all, by thread, by stack. */
#include "session/waiting.h"

#include <errno.h>
#include <stdlib.h>

#include "session/session.h"

/* A thread has a row for each of its names. */
struct identity {
	uint32_t pid, tid;
	uint32_t row;
};

static int compare_identities(const void *left, const void *right)
{
	const struct identity *a = left, *b = right;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	return (a->row > b->row) - (a->row < b->row);
}

/* For each row of threads, the last row of the same thread: its latest name. */
static uint32_t *latest_rows(const struct clinic_session *session)
{
	uint32_t count;
	const struct clinic_thread *thread =
		clinic_session_rows(session, CLINIC_THREADS, &count);
	struct identity *sorted = calloc(count, sizeof(*sorted));
	uint32_t *latest = calloc(count, sizeof(*latest));

	if (!sorted || !latest) {
		free(sorted);
		free(latest);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++)
		sorted[i] = (struct identity){thread[i].pid, thread[i].tid, i};
	qsort(sorted, count, sizeof(*sorted), compare_identities);
	for (uint32_t i = count; i-- > 0;) {
		bool is_same = i + 1 < count &&
			       sorted[i].pid == sorted[i + 1].pid &&
			       sorted[i].tid == sorted[i + 1].tid;

		latest[sorted[i].row] = is_same ? latest[sorted[i + 1].row]
						: sorted[i].row;
	}
	free(sorted);
	return latest;
}

static void add_wait(struct clinic_waiting_row *row,
		     const struct clinic_sample *wait)
{
	if (wait->flags & CLINIC_SAMPLE_PREEMPTED)
		row->ready_ns += wait->weight_ns;
	else
		row->blocked_ns += wait->weight_ns;
	if (wait->weight_ns > row->longest_ns)
		row->longest_ns = wait->weight_ns;
	row->waits_count++;
	row->approximate_count += !!(wait->flags & CLINIC_SAMPLE_APPROXIMATE);
}

static void add_waits(const struct clinic_session *session,
		      const uint32_t *latest, struct clinic_waiting *waiting)
{
	uint32_t count;
	const struct clinic_sample *wait =
		clinic_session_rows(session, CLINIC_WAITS, &count);

	for (uint32_t i = 0; i < count; i++) {
		add_wait(&waiting->all, &wait[i]);
		add_wait(&waiting->thread[latest[wait[i].thread_id]], &wait[i]);
		add_wait(&waiting->stack[wait[i].stack_id], &wait[i]);
	}
}

static void add_lifetimes(const struct clinic_session *session,
			  const uint32_t *latest,
			  struct clinic_waiting *waiting)
{
	uint32_t count;
	const struct clinic_lifetime *life =
		clinic_session_rows(session, CLINIC_LIFETIMES, &count);

	for (uint32_t i = 0; i < count; i++) {
		waiting->all.watched_ns += life[i].watched_ns;
		waiting->thread[latest[life[i].thread_id]].watched_ns +=
			life[i].watched_ns;
	}
}

/*
 * Where the kernel may not be sampled, one sample without a thread stands for
 * the kernel's time of all threads.
 */
static void add_samples(const struct clinic_session *session,
			const uint32_t *latest, struct clinic_waiting *waiting)
{
	bool kernel_visible =
		clinic_session_get_quality(session)->kernel_visible;
	uint32_t count;
	const struct clinic_sample *sample =
		clinic_session_rows(session, CLINIC_SAMPLES, &count);

	for (uint32_t i = 0; i < count; i++) {
		if (!kernel_visible && sample[i].flags & CLINIC_SAMPLE_KERNEL)
			continue;
		waiting->all.sampled_cpu_ns += sample[i].weight_ns;
		waiting->thread[latest[sample[i].thread_id]].sampled_cpu_ns +=
			sample[i].weight_ns;
	}
}

static int compare_rows(const struct clinic_waiting_row *a,
			const struct clinic_waiting_row *b, uint64_t a_ns,
			uint64_t b_ns)
{
	if (a_ns != b_ns)
		return a_ns > b_ns ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static int compare_watched(const void *left, const void *right)
{
	const struct clinic_waiting_row *a = left, *b = right;

	return compare_rows(a, b, a->watched_ns, b->watched_ns);
}

static int compare_waited(const void *left, const void *right)
{
	const struct clinic_waiting_row *a = left, *b = right;

	return compare_rows(a, b, a->blocked_ns + a->ready_ns,
			    b->blocked_ns + b->ready_ns);
}

/* Moves the rows that were watched or waited to the front; returns how many. */
static uint32_t keep_seen(struct clinic_waiting_row *rows, uint32_t count)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (!rows[i].watched_ns && !rows[i].waits_count)
			continue;
		rows[kept] = rows[i];
		rows[kept++].id = i;
	}
	return kept;
}

static void add_all(const struct clinic_session *session,
		    const uint32_t *latest, struct clinic_waiting *waiting,
		    uint32_t threads_count, uint32_t stacks_count)
{
	add_waits(session, latest, waiting);
	add_lifetimes(session, latest, waiting);
	add_samples(session, latest, waiting);
	waiting->threads_count = keep_seen(waiting->thread, threads_count);
	waiting->stacks_count = keep_seen(waiting->stack, stacks_count);
	qsort(waiting->thread, waiting->threads_count, sizeof(*waiting->thread),
	      compare_watched);
	qsort(waiting->stack, waiting->stacks_count, sizeof(*waiting->stack),
	      compare_waited);
}

int clinic_waiting_sum(const struct clinic_session *session,
		       struct clinic_waiting *waiting)
{
	uint32_t threads_count, stacks_count;
	uint32_t *latest = latest_rows(session);

	clinic_session_rows(session, CLINIC_THREADS, &threads_count);
	clinic_session_rows(session, CLINIC_STACKS, &stacks_count);
	*waiting = (struct clinic_waiting){
		.thread = calloc(threads_count, sizeof(*waiting->thread)),
		.stack = calloc(stacks_count, sizeof(*waiting->stack)),
	};
	if (!latest || !waiting->thread || !waiting->stack) {
		free(latest);
		clinic_waiting_free(waiting);
		return -ENOMEM;
	}
	add_all(session, latest, waiting, threads_count, stacks_count);
	free(latest);
	return 0;
}

void clinic_waiting_free(struct clinic_waiting *waiting)
{
	free(waiting->thread);
	free(waiting->stack);
}

bool clinic_waiting_is_observed(const struct clinic_session *session)
{
	uint32_t count;

	clinic_session_rows(session, CLINIC_LIFETIMES, &count);
	return count > 0;
}

int64_t clinic_waiting_unexplained(const struct clinic_waiting_row *row,
				   uint64_t cpu_ns)
{
	return (int64_t)row->watched_ns - (int64_t)row->blocked_ns -
	       (int64_t)row->ready_ns - (int64_t)cpu_ns;
}
