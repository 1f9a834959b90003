/*
 * collect/stack_walker.h - from a sample's registers and stack bytes to one
 * number: its stack, among all that were seen.
 *
 *	clinic_stack_walker_new(stacks, &walker);
 *	clinic_stack_walk(walker, process, &event, &walked);
 *	sample.stack_id = walked.stack_id;
 *	clinic_stack_walker_forget(walker);     when something was mapped
 *
 * The user part is unwound, and the kernel's frames, if any, go on top of it.
 * Code that no event reported is looked for in /proc once more before a walk
 * gives up in it.
 *
 * Speed      most of a stack is as it was one sample ago: from its outermost
 *            frame on, what is the same is not looked up again. That holds
 *            until clinic_stack_walker_forget().
 * Ownership  stacks are the caller's, and outlive the walker.
 * Errors     0 or -errno. A walk that ends early is none: its flags say so,
 *            and clinic_stack_walker_counts() why.
 * Threads    one.
 * Read next  unwind/unwind.h, which walks; address_stacks.h, which keeps.
 */
#ifndef CLINIC_COLLECT_STACK_WALKER_H
#define CLINIC_COLLECT_STACK_WALKER_H

#include <stdint.h>

#include "unwind/unwind.h"

struct clinic_event;
struct clinic_process;
struct clinic_address_stacks;
struct clinic_stack_walker;

struct clinic_walked {
	uint32_t stack_id; /* of the raw stacks */
	uint16_t flags;    /* CLINIC_SAMPLE_*: how far it can be trusted */
};

/* How the walks of samples ended; those of departures are not counted. */
struct clinic_walk_counts {
	uint64_t truths_count[CLINIC_UNWIND_GUESSED + 1];
	uint64_t ends_count[CLINIC_ENDS];
	/* Guessed ones that came to where their thread began. */
	uint64_t guessed_outermost_count;
	/* Walks for which CLINIC_STACK_BYTES were too few, or would be. */
	uint64_t short_count;
	/* Others that the kernel's chain might have gone on with. */
	uint64_t stranded_count;
};

int clinic_stack_walker_new(struct clinic_address_stacks *stacks,
			    struct clinic_stack_walker **walker);
void clinic_stack_walker_free(struct clinic_stack_walker *walker);

/* Of a CLINIC_EVENT_SAMPLE or CLINIC_EVENT_SWITCH_STACK of that process. */
int clinic_stack_walk(struct clinic_stack_walker *walker,
		      struct clinic_process *process,
		      const struct clinic_event *event,
		      struct clinic_walked *walked);

/* Some process is gone, or has other code than before. */
void clinic_stack_walker_forget(struct clinic_stack_walker *walker);

const struct clinic_walk_counts *
clinic_stack_walker_counts(const struct clinic_stack_walker *walker);

#endif
