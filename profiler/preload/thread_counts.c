#include "preload/thread_counts.h"
#include "preload/arena.h"
#include "preload/stage_table.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct thread_block *thread_block;

/* A depth that never comes back to 0: whoever stands here counts nothing. */
#define DEPTH_FOREVER 0x40000000u

static struct thread_block nobody = {.depth = DEPTH_FOREVER};
static _Atomic uint64_t lost_count;
static _Atomic uint32_t blocks_count;
static _Atomic(struct stage_table *) stages;
static struct thread_block *folded; /* under fold_lock, as is the walk */
static atomic_flag fold_lock = ATOMIC_FLAG_INIT;

void thread_lock(void)
{
	while (atomic_flag_test_and_set_explicit(&fold_lock,
						 memory_order_acquire))
		sched_yield();
}

void thread_unlock(void)
{
	atomic_flag_clear_explicit(&fold_lock, memory_order_release);
}

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

static bool has_ended(const struct thread_block *block)
{
	return block->tid && syscall(SYS_tgkill, getpid(), block->tid, 0) < 0 &&
	       errno == ESRCH;
}

static void fold(struct thread_block *into, struct thread_block *from)
{
	for (size_t i = 0; i < SIZE_CLASSES; i++)
		into->sizes_count[i] += from->sizes_count[i];
	for (size_t i = 0; i < STAGE_NODES_MAX; i++) {
		struct stage_counts *sum = &into->stages[i];
		const struct stage_counts *part = &from->stages[i];

		sum->allocations_count += part->allocations_count;
		sum->frees_count += part->frees_count;
		sum->allocated_bytes += part->allocated_bytes;
		sum->begins_count += part->begins_count;
	}
	into->folded_count++;
	memset(from, 0, sizeof(*from));
}

/* The block of a thread that is gone, emptied; NULL when all still run. */
static struct thread_block *take_over(void)
{
	struct thread_block *block = NULL;

	thread_lock();
	if (!folded)
		folded = arena_take(BLOCK_THREAD, sizeof(*folded));
	while (folded && (block = arena_next(BLOCK_THREAD, block)))
		if (has_ended(block)) {
			fold(folded, block);
			break;
		}
	/* Still under the lock, or another newcomer would take it too. */
	if (block)
		block->tid = (uint32_t)gettid();
	thread_unlock();
	return block;
}

static struct thread_block *find_block(void)
{
	struct thread_block *block = NULL;

	if (!thread_stages())
		return NULL;
	if (atomic_fetch_add(&blocks_count, 1) >= THREAD_BLOCKS_MAX)
		block = take_over();
	return block ? block : arena_take(BLOCK_THREAD, sizeof(*block));
}

struct thread_block *thread_attach(void)
{
	int saved_errno = errno;
	struct thread_block *block = find_block();

	if (block) {
		block->tid = (uint32_t)gettid();
		prctl(PR_GET_NAME, block->name);
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
	struct stage_table names;

	if (stage != STAGE_OUTSIDE)
		names = *thread_stages();
	atomic_flag_clear(&fold_lock);
	atomic_store(&lost_count, 0);
	atomic_store(&blocks_count, 0);
	atomic_store(&stages, NULL);
	folded = NULL;
	thread_block = NULL;
	arena_restart();
	if (stage != STAGE_OUTSIDE)
		restart_stage(thread_attach(), &names, stage);
}

void thread_add(struct stage_counts *sum, const struct thread_block *block,
		const char *stage_name)
{
	const struct stage_table *table = thread_stages();

	for (uint16_t i = 0; i < STAGE_NODES_MAX; i++) {
		const struct stage_counts *part = &block->stages[i];

		if (stage_name && !stage_within(table, i, stage_name))
			continue;
		sum->allocations_count += count_read(&part->allocations_count);
		sum->frees_count += count_read(&part->frees_count);
		sum->allocated_bytes += count_read(&part->allocated_bytes);
		/* A stage inside this one is not this one begun again. */
		if (!stage_name || stage_named(table, i, stage_name))
			sum->begins_count += count_read(&part->begins_count);
	}
}

struct stage_counts thread_sum(const char *stage_name)
{
	struct stage_counts sum = {0};
	const struct thread_block *block = NULL;

	thread_lock();
	while ((block = arena_next(BLOCK_THREAD, block)))
		thread_add(&sum, block, stage_name);
	thread_unlock();
	return sum;
}
