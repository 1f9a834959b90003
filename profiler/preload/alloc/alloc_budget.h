/*
 * preload/alloc/alloc_budget.h - stages that may allocate only so much.
 *
 * Threads    any.
 * Read next  clinic/assert_alloc.h, the promise that is kept here.
 */
#ifndef PRELOAD_ALLOC_ALLOC_BUDGET_H
#define PRELOAD_ALLOC_ALLOC_BUDGET_H

#include "preload/stack/stack_walk.h"

/* on_breach: what has to be saved before the process ends. */
void budget_open(void (*on_breach)(void));

/* "a,b": stages that may not allocate. */
void budget_forbid(const char *stages);

/* The stage begins: its allowance is whole again. */
void budget_begin(struct thread_block *self, uint16_t stage);

/* Returns, unless that was too much. */
void budget_allocation(struct thread_block *self, size_t bytes,
		       const struct stack_entry *entry);

/* In a forked child: whoever was adding a rule is not here. */
void budget_restart(void);

#endif
