/*
 * preload/stack_walk.h - who called this hook, at the price of a few loads.
 *
 * A walk follows the compact tables of profiler/unwind, which hold with and
 * without frame pointers. It notes each word of the stack that it depended
 * on. When a thread comes back to the same place and all those words are
 * unchanged, a walk could only end the same way, so it is not made again:
 * that comparison is all that most allocations pay.
 *
 * Memory     a walker belongs to one thread; tables were compiled before, at
 *            start and after a library was loaded.
 * Bounds     nothing is read outside the thread's own stack. On any other
 *            stack (signal stack, coroutine) only the caller is told.
 * Signals    not to be entered again from a handler: the caller sees to it.
 * Read next  unwind/unwind.h; preload/call_sites.h, what a stack is kept as.
 */
#ifndef PRELOAD_STACK_WALK_H
#define PRELOAD_STACK_WALK_H

#include "preload/alloc_layout.h"
#include <stdbool.h>
#include <stddef.h>

struct stack_walker;

struct stack {
	size_t frames_count;
	enum site_truth truth;
	/* Of which binaries the frames are: after a dlclose, the same addresses
	 * may be another library. */
	uint64_t modules_hash;
	uint64_t frames[SITE_FRAMES_MAX];
};

/* Where a hook was entered: taken in the hook itself. */
struct stack_entry {
	const uint64_t *frame; /* its frame pointer */
	uint64_t pc;           /* anywhere behind its prologue */
};

__attribute__((always_inline)) static inline uint64_t stack_entry_pc(void)
{
	uint64_t pc;

#if defined(__x86_64__)
	__asm__ volatile("leaq 0(%%rip), %0" : "=r"(pc));
#else
	__asm__ volatile("adr %0, ." : "=r"(pc));
#endif
	return pc;
}

/*
 * Compiles the tables of all that is loaded, and saves the listing of maps
 * that belongs to them. Nobody waits here: the loader's lock may be held, by
 * this thread (a callback of dl_iterate_phdr that allocates) or by another
 * that waits for us. Whoever comes while another thread is at it walks by
 * the old tables, and its stack may be cut short; it is marked so.
 */
void stack_walk_prepare(void);

/* After a dlclose: what was remembered may be of what is gone. */
void stack_walk_forget(void);

/* In a forked child: whoever was compiling is not here. */
void stack_walk_restart(void);

/* Of the calling thread; NULL: no memory. */
struct stack_walker *stack_walker_new(void);
void stack_walker_free(struct stack_walker *walker);

/*
 * The id that stack_walk_remember gave to this very stack in this stage, or
 * 0: not seen before, or forgotten.
 */
uint32_t stack_walk_recall(struct stack_walker *walker,
			   const struct stack_entry *entry, uint16_t stage);
void stack_walk(struct stack_walker *walker, const struct stack_entry *entry,
		struct stack *stack);
/* Right after stack_walk of the same entry. */
void stack_walk_remember(struct stack_walker *walker, uint16_t stage,
			 uint32_t id);

/* The file that holds the address, and where in it; false: none known. */
bool stack_walk_place(uint64_t address, const char **path,
		      uint64_t *file_offset);

#endif
