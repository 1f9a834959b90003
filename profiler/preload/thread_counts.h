/*
 * preload/thread_counts.h - each thread's own counters.
 *
 * This is the hot path of every hook: a thread-local pointer, and plain
 * additions to memory that no other thread writes.
 *
 * Threads    thread_self .. count_* by the owner; the rest from any thread.
 * Signals    a counter is one instruction, so that a handler that allocates
 *            loses nothing.
 * Errors     a thread that gets no block counts nothing; thread_lost_count is
 *            the number of these threads.
 * Read next  preload/alloc/alloc_hooks.c
 */
#ifndef PRELOAD_THREAD_COUNTS_H
#define PRELOAD_THREAD_COUNTS_H

#include "shared_memory/arena_layout.h"
#include <stddef.h>

/* NULL until the thread's first call. */
extern __attribute__((
	visibility("hidden"))) __thread struct thread_block *thread_block;

/*
 * Zero in a child that a raw clone() has made, until thread_in_child has run
 * there: the kernel wipes this page in every new address space. Such a child
 * has all that its parent had, and would write into its parent's arena.
 */
#define PROCESS_MARK_BYTES 4096u
extern __attribute__((visibility("hidden"))) struct process_mark {
	uint32_t is_set;
	char padding[PROCESS_MARK_BYTES - sizeof(uint32_t)];
} process_mark;

/* To be called once, before there are threads. in_child must call
 * process_mark_set. */
void process_mark_open(void (*in_child)(void));
void process_mark_set(void);

/* The result is never NULL; errno does not change. */
struct thread_block *thread_attach(void);

struct stage_table *thread_stages(void);

/* In a forked child, with one thread: takes a new block, in the same stage,
 * with counting paused. */
void thread_restart(void);

/*
 * Adds what happened between begin and end of that stage, including stages
 * inside it; stage_name NULL: everything. thread_sum: over all threads.
 */
void thread_add(struct stage_counts *sum, const struct thread_block *block,
		const char *stage_name);
struct stage_counts thread_sum(const char *stage_name);
/* The same without the stages inside it. */
void thread_add_own(struct stage_counts *sum, const struct thread_block *block,
		    const char *stage_name);

/*
 * Above this number, new threads use the blocks of threads that have ended: a
 * program that starts a million threads must not make us keep a million blocks.
 * Such a block counts for all threads that have used it.
 */
#define THREAD_BLOCKS_MAX 1024u

uint64_t count_allocations(const struct stage_counts *counts);

uint64_t thread_lost_count(void);

static inline void count_add(uint64_t *counter, uint64_t amount)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	__asm__("addq %1, %0" : "+m"(*counter) : "er"(amount) : "cc");
#else
	__atomic_fetch_add(counter, amount, __ATOMIC_RELAXED);
#endif
}

static inline uint64_t count_read(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

static inline struct thread_block *thread_self(void)
{
	struct thread_block *self = thread_block;

	return __builtin_expect(self && process_mark.is_set, 1)
		       ? self
		       : thread_attach();
}

/*
 * Between these two, the thread's calls are not counted, because they are ours
 * or an allocator's own. The pairs may nest.
 */
static inline void thread_pause_counting(struct thread_block *self)
{
	self->depth++;
}

/* From now on nothing of this thread is counted. */
void thread_stop_counting(struct thread_block *self);

static inline void thread_resume_counting(struct thread_block *self)
{
	self->depth--;
}

static inline size_t size_class(size_t bytes)
{
	return bytes > 1 ? 65u - (size_t)__builtin_clzl(bytes - 1) : bytes;
}

static inline void count_allocation(struct thread_block *self, size_t bytes)
{
	struct stage_counts *stage = &self->stages[self->stage];

	if (self->depth)
		return;
	count_add(&stage->allocated_bytes, bytes);
	count_add(&stage->sizes_count[size_class(bytes)], 1);
}

static inline void count_free(struct thread_block *self)
{
	if (!self->depth)
		count_add(&self->stages[self->stage].frees_count, 1);
}

#endif
