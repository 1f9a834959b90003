/* Gives each thread a block, which may be that of a thread that has ended. */
#include "preload/thread_counts.h"
#include "preload/arena.h"
#include "preload/confinement.h"
#include "preload/raw_calls.h"
#include "preload/alloc/real_allocator.h"
#include "preload/stage_table.h"
#include "preload/thread_number.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct thread_block *thread_block;
__attribute__((aligned(PROCESS_MARK_BYTES))) struct process_mark process_mark;
static void (*restart_in_child)(void);

/* A depth that never returns to 0: a thread with this depth counts nothing. */
#define DEPTH_FOREVER 0x40000000u

static struct thread_block nobody = {.depth = DEPTH_FOREVER};
static _Atomic uint64_t lost_count;
static _Atomic uint32_t blocks_count;
static _Atomic(struct stage_table *) stages;

uint64_t thread_lost_count(void)
{
	return atomic_load(&lost_count);
}

struct stage_table *thread_stages(void)
{
	struct stage_table *table = atomic_load(&stages);
	struct stage_table *expected = NULL;

	if (table)
		return table;
	table = arena_take(BLOCK_STAGES, sizeof(*table));
	if (!atomic_compare_exchange_strong(&stages, &expected, table))
		return expected;
	return table;
}

static bool has_ended(uint32_t tid)
{
	return syscall(SYS_tgkill, raw_pid(), tid, 0) < 0 && errno == ESRCH;
}

/*
 * Takes over the block of a thread that has ended; NULL when all threads still
 * run.
 */
static struct thread_block *take_over(uint32_t self)
{
	struct thread_block *block = NULL;

	while ((block = arena_next(BLOCK_THREAD, block))) {
		uint32_t tid = __atomic_load_n(&block->tid, __ATOMIC_RELAXED);

		/*
		 * 0: another thread is just taking this block from the arena.
		 */
		if (tid && has_ended(tid) &&
		    __atomic_compare_exchange_n(&block->tid, &tid, self, false,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			break;
	}
	if (block) {
		block->folded_count++;
		block->stage = STAGE_OUTSIDE;
		block->depth = 0;
	}
	return block;
}

void thread_stop_counting(struct thread_block *self)
{
	self->depth += DEPTH_FOREVER;
}

static struct thread_block *find_block(void)
{
	struct thread_block *block = NULL;

	if (confinement.is_clockless || !thread_stages())
		return NULL;
	if (atomic_fetch_add(&blocks_count, 1) >= THREAD_BLOCKS_MAX &&
	    !confinement.is_filtered)
		block = take_over(thread_number());
	return block ? block : arena_take(BLOCK_THREAD, sizeof(*block));
}

void process_mark_set(void)
{
	process_mark.is_set = 1;
}

/*
 * Kernels before 4.14 cannot do this. There only children of fork() are
 * noticed.
 */
void process_mark_open(void (*in_child)(void))
{
	(void)madvise(&process_mark, sizeof(process_mark), MADV_WIPEONFORK);
	restart_in_child = in_child;
	process_mark_set();
}

static struct thread_block *attach_child(void)
{
	int saved_errno = errno;

	process_mark_set(); /* set first, because the restart comes back to this
			       function */
	restart_in_child();
	errno = saved_errno;
	return thread_block;
}

struct thread_block *thread_attach(void)
{
	int saved_errno = errno;
	struct thread_block *block;

	if (!process_mark.is_set && restart_in_child)
		return attach_child();

	/* A call from here that enters the hooks again counts nothing. */
	thread_block = &nobody;
	if (!real.is_resolved)
		real_resolve();
	block = find_block();
	if (block) {
		__atomic_store_n(&block->tid, thread_number(),
				 __ATOMIC_RELAXED);
		block->handle = (uint64_t)pthread_self();
		if (!confinement.is_filtered)
			(void)raw_call(SYS_prctl, PR_GET_NAME,
				       (long)block->name, 0, 0);
	} else {
		atomic_fetch_add(&lost_count, 1);
		block = &nobody;
	}
	thread_block = block;
	errno = saved_errno;
	return block;
}

static void restart_stage(struct thread_block *block,
			  const struct stage_table *old, uint16_t node)
{
	if (node == STAGE_OUTSIDE)
		return;
	restart_stage(block, old, old->nodes[node].parent);
	block->stage = stage_child(thread_stages(), block->stage,
				   old->nodes[node].name);
}

void thread_restart(void)
{
	struct thread_block *before = thread_block;
	uint16_t stage = before ? before->stage : STAGE_OUTSIDE;
	static struct stage_table names; /* static, because it is large; no
					    other thread runs here */

	if (stage != STAGE_OUTSIDE)
		names = *thread_stages();
	atomic_store(&lost_count, 0);
	atomic_store(&blocks_count, 0);
	atomic_store(&stages, NULL);
	thread_block = NULL;
	arena_restart();
	thread_pause_counting(thread_attach());
	if (stage != STAGE_OUTSIDE)
		restart_stage(thread_block, &names, stage);
}

static void add_part(struct stage_counts *sum, const struct stage_counts *part)
{
	sum->frees_count += count_read(&part->frees_count);
	sum->allocated_bytes += count_read(&part->allocated_bytes);
	for (size_t i = 0; i < SIZE_CLASSES; i++)
		sum->sizes_count[i] += count_read(&part->sizes_count[i]);
}

void thread_add(struct stage_counts *sum, const struct thread_block *block,
		const char *stage_name)
{
	const struct stage_table *table = thread_stages();

	for (uint16_t i = 0; i < STAGE_NODES_MAX; i++) {
		const struct stage_counts *part = &block->stages[i];

		if (!stage_name || stage_within(table, i, stage_name))
			add_part(sum, part);
		/*
		 * Beginnings of other stages inside this one are not its own.
		 */
		if (!stage_name || stage_named(table, i, stage_name))
			sum->begins_count += count_read(&part->begins_count);
	}
}

void thread_add_own(struct stage_counts *sum, const struct thread_block *block,
		    const char *stage_name)
{
	const struct stage_table *table = thread_stages();

	for (uint16_t i = 1; i < STAGE_NODES_MAX; i++)
		if (stage_named(table, i, stage_name))
			add_part(sum, &block->stages[i]);
}

uint64_t count_allocations(const struct stage_counts *counts)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SIZE_CLASSES; i++)
		sum += counts->sizes_count[i];
	return sum;
}

struct stage_counts thread_sum(const char *stage_name)
{
	struct stage_counts sum = {0};
	const struct thread_block *block = NULL;

	while ((block = arena_next(BLOCK_THREAD, block)))
		thread_add(&sum, block, stage_name);
	return sum;
}
