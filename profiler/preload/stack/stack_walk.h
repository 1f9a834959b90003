/*
 * preload/stack/stack_walk.h - who called this hook.
 *
 * A walk follows the compact tables of profiler/unwind, which hold with and
 * without frame pointers. It notes each word of the stack that it depended
 * on: while they stay as they are, any walk from there ends the same way.
 *
 * Memory     a walker belongs to one thread.
 * Bounds     nothing is read outside the thread's own stack. On any other
 *            stack (signal stack, coroutine) only the caller is known.
 * Signals    not to be entered again from a handler: the caller sees to it.
 * Read next  preload/stack/stack_memo.h, which saves most walks;
 *            preload/stack/call_sites.h, what a stack is kept as.
 */
#ifndef PRELOAD_STACK_STACK_WALK_H
#define PRELOAD_STACK_STACK_WALK_H

#include "shared_memory/arena_layout.h"
#include <stddef.h>
#include <stdint.h>

/* Two a frame where frame pointers are kept, and some. */
#define STACK_WORDS_MAX (2 * SITE_FRAMES_MAX + 16)

struct stack_word {
	uint64_t offset; /* from the hook's frame, in bytes */
	uint64_t word;
};

struct stack {
	size_t frames_count;
	enum site_truth truth;
	/* Of which binaries the frames are: after a dlclose, the same addresses
	 * may be another library. */
	uint64_t modules_hash;
	uint64_t frames[SITE_FRAMES_MAX];
	size_t words_count; /* 0: it depended on more than words */
	struct stack_word words[STACK_WORDS_MAX];
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

struct stack_walker;

/* Of the calling thread, on whose stack the entry is; NULL: no memory. */
struct stack_walker *stack_walker_new(const struct stack_entry *entry);
void stack_walker_free(struct stack_walker *walker);

void stack_walk(struct stack_walker *walker, const struct stack_entry *entry,
		struct stack *stack);

#endif
