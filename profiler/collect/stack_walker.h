/*
 * collect/stack_walker.h - find the number of a sample's stack from its
 * registers and stack bytes.
 *
 *	clinic_stack_walker_new(stacks, &walker);
 *	clinic_stack_walk(walker, process, &event, &walked);
 *	sample.stack_id = walked.stack_id;
 *	clinic_stack_walker_forget(walker);     when something was mapped
 *
 * The user part is unwound, and the kernel's frames, if any, are put on top of
 * it. When a walk reaches code that no event reported, the maps in /proc are
 * read again, and the walk is repeated.
 *
 * Speed      from the outermost frame on, most of a stack is the same as in the
 *            last sample, and is not looked up again. This memory ends with
 *            clinic_stack_walker_forget().
 * Ownership  stacks belong to the caller, and outlive the walker.
 * Errors     0 or -errno. It is no error if a walk ends early: its flags say
 *            so, and clinic_stack_walker_counts() has the reasons.
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
	/* Guessed walks that reached the function of their thread. */
	uint64_t guessed_outermost_count;
	/* Walks for which CLINIC_STACK_BYTES are too few. */
	uint64_t short_count;
	/* Other walks that the kernel's chain might have continued. */
	uint64_t stranded_count;
};

int clinic_stack_walker_new(struct clinic_address_stacks *stacks,
			    struct clinic_stack_walker **walker);
void clinic_stack_walker_free(struct clinic_stack_walker *walker);

/* Walks a CLINIC_EVENT_SAMPLE or CLINIC_EVENT_SWITCH_STACK of that process. */
int clinic_stack_walk(struct clinic_stack_walker *walker,
		      struct clinic_process *process,
		      const struct clinic_event *event,
		      struct clinic_walked *walked);

/* To be called when a process has ended, or has other code than before. */
void clinic_stack_walker_forget(struct clinic_stack_walker *walker);

const struct clinic_walk_counts *
clinic_stack_walker_counts(const struct clinic_stack_walker *walker);

#endif
