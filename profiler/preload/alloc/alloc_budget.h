/*
 * preload/alloc/alloc_budget.h - limits on what a stage may allocate.
 *
 * An allocation beyond a limit is reported on stderr with its call stack, and
 * ends the process.
 *
 * Threads    any.
 * Read next  clinic/assert_alloc.h, which documents the limits for programs.
 */
#ifndef PRELOAD_ALLOC_ALLOC_BUDGET_H
#define PRELOAD_ALLOC_ALLOC_BUDGET_H

#include "preload/stack/stack_walk.h"

/* on_breach() is called before a breach ends the process, to save the data. */
void budget_open(void (*on_breach)(void));

/* Allows no allocations in the stages that are named in a list "a,b". */
void budget_forbid(const char *stages);

/* To be called when the stage begins: nothing of its limit is used up yet. */
void budget_begin(struct thread_block *self, uint16_t stage);

/*
 * Counts the allocation for each stage that the thread is in. If one of their
 * limits is exceeded, this does not return.
 */
void budget_allocation(struct thread_block *self, size_t bytes,
		       const struct stack_entry *entry);

/*
 * To be called in a forked child. A thread of the parent that was adding a rule
 * during the fork does not exist here, so its lock is released.
 */
void budget_restart(void);

#endif
