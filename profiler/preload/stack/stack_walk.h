/*
 * preload/stack/stack_walk.h - the call stack of a hook.
 *
 * A walk follows the compact tables of profiler/unwind, which work with and
 * without frame pointers. It notes each word of the stack that it depended on:
 * as long as these words are unchanged, a walk from there has the same result.
 *
 * Ownership  a walker belongs to one thread.
 * Bounds     beyond the hook's own frame, nothing is read outside the thread's
 *            stack. On another stack (of a signal or a coroutine) only the
 *            caller of the hook is found.
 * Signals    a caller makes sure that a signal handler does not use the walker
 *            that it has interrupted.
 * Read next  preload/stack/stack_memo.h, which makes most walks unnecessary;
 *            preload/stack/call_sites.h, which keeps the stacks.
 */
#ifndef PRELOAD_STACK_STACK_WALK_H
#define PRELOAD_STACK_STACK_WALK_H

#include "shared_memory/arena_layout.h"
#include <stddef.h>
#include <stdint.h>

/* With frame pointers, a walk reads two words for each frame. */
#define STACK_WORDS_MAX (2 * SITE_FRAMES_MAX + 16)

struct stack_word {
	uint64_t offset; /* from the hook's frame, in bytes */
	uint64_t word;
};

struct stack {
	size_t frames_count;
	enum site_truth truth;
	/* A hash of the binaries of the frames, because after a dlclose another
	 * library may be at the same addresses. */
	uint64_t modules_hash;
	uint64_t frames[SITE_FRAMES_MAX];
	size_t words_count; /* 0: the walk depended on more than words */
	struct stack_word words[STACK_WORDS_MAX];
};

/* Where a walk begins; the hook itself must fill this in. */
struct stack_entry {
	const uint64_t *frame; /* its frame pointer */
	uint64_t pc;           /* any address after its prologue */
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

/* A walker for the calling thread; NULL: there is no memory. */
struct stack_walker *stack_walker_new(const struct stack_entry *entry);
void stack_walker_free(struct stack_walker *walker);

void stack_walk(struct stack_walker *walker, const struct stack_entry *entry,
		struct stack *stack);

#endif
