/* Unwinds registers and stack bytes, and finds the number of the stack. */
#include "collect/stack_walker.h"

#include <errno.h>
#include <stdlib.h>

#include "sources/event_source.h"
#include "collect/processes.h"
#include "collect/address_stacks.h"
#include "session/session.h"
#include "unwind/address_space.h"

/*
 * No copy of a stack has as many frames (a frame takes at least 16 bytes), so
 * this limit never truncates a walk.
 */
#define FRAMES_MAX (CLINIC_STACK_BYTES_DEEP / 16)

struct clinic_stack_walker {
	struct clinic_address_stacks *stacks;
	struct clinic_unwinder unwinder;
	uint64_t frames[FRAMES_MAX];

	/* The last user stack, outermost frame first; space NULL: none. */
	struct last_walk {
		const struct clinic_space *space;
		size_t levels_count;
		uint64_t addresses[FRAMES_MAX];
		uint32_t ids[FRAMES_MAX];
	} last;

	struct clinic_walk_counts counts;
};

int clinic_stack_walker_new(struct clinic_address_stacks *stacks,
			    struct clinic_stack_walker **walker)
{
	*walker = calloc(1, sizeof(**walker));
	if (!*walker)
		return -ENOMEM;
	(*walker)->stacks = stacks;
	return 0;
}

void clinic_stack_walker_free(struct clinic_stack_walker *walker)
{
	free(walker);
}

void clinic_stack_walker_forget(struct clinic_stack_walker *walker)
{
	walker->last.space = NULL;
}

const struct clinic_walk_counts *
clinic_stack_walker_counts(const struct clinic_stack_walker *walker)
{
	return &walker->counts;
}

static struct clinic_address_frame locate(const struct clinic_space *space,
					  uint64_t address)
{
	struct clinic_place place;

	if (clinic_space_find(space, address, &place))
		return (struct clinic_address_frame){
			.address = address, .module = CLINIC_ADDRESS_NOWHERE};
	return (struct clinic_address_frame){
		.address = place.file_offset,
		.module = (uint32_t)clinic_module_index(place.module),
	};
}

/*
 * From the outermost frame on, most of a stack is the same as in the last
 * sample: these levels need not be looked up again.
 */
static size_t levels_as_before(const struct clinic_stack_walker *walker,
			       const struct clinic_space *space,
			       const struct clinic_unwound *walk)
{
	const struct last_walk *last = &walker->last;
	size_t level = 0;

	if (last->space != space)
		return 0;
	while (level < last->levels_count && level < walk->frames_count &&
	       last->addresses[level] ==
		       walk->frames[walk->frames_count - 1 - level])
		level++;
	return level;
}

static int push_user(struct clinic_stack_walker *walker,
		     const struct clinic_space *space,
		     const struct clinic_unwound *walk, uint32_t *stack_id)
{
	struct last_walk *last = &walker->last;
	size_t level = levels_as_before(walker, space, walk);
	int err = 0;

	if (level)
		*stack_id = last->ids[level - 1];
	for (; !err && level < walk->frames_count; level++) {
		uint64_t address = walk->frames[walk->frames_count - 1 - level];
		struct clinic_address_frame frame = locate(space, address);

		frame.parent = *stack_id;
		err = clinic_address_stacks_push(walker->stacks, &frame,
						 stack_id);
		last->addresses[level] = address;
		last->ids[level] = *stack_id;
	}
	last->space = space;
	last->levels_count = err ? 0 : walk->frames_count;
	return err;
}

/* All but the innermost are return addresses: minus 1, they are in the call. */
static int push_kernel(struct clinic_stack_walker *walker,
		       const struct clinic_event_sample *sample,
		       uint32_t *stack_id)
{
	int err = 0;

	for (size_t i = sample->kernel_count; !err && i-- > 0;) {
		struct clinic_address_frame frame = {
			.address = sample->kernel_chain[i] - (i > 0),
			.module = CLINIC_ADDRESS_KERNEL,
			.parent = *stack_id,
		};

		err = clinic_address_stacks_push(walker->stacks, &frame,
						 stack_id);
	}
	return err;
}

/*
 * A task that is just ending has no user stack any more: then the kernel's
 * frames alone are the complete stack.
 */
static bool has_user_part(const struct clinic_event_sample *sample)
{
	return sample->registers || sample->user_count;
}

static void unwind(struct clinic_stack_walker *walker,
		   const struct clinic_space *space,
		   const struct clinic_event_sample *sample,
		   struct clinic_unwound *walk)
{
	const struct clinic_registers *registers = sample->registers;
	struct clinic_unwind_moment moment = {
		.registers = registers,
		.stack_start = registers ? registers->value[CLINIC_REGISTER_SP]
					 : 0,
		.stack = sample->stack,
		.stack_bytes = sample->stack ? sample->stack_bytes : 0,
		.chain = sample->user_chain,
		.chain_count = sample->user_count,
	};

	clinic_unwind(&walker->unwinder, space, &moment, walk);
}

/* If code is unknown, its mapping was not reported or lost: maps are reread. */
static void unwind_known(struct clinic_stack_walker *walker,
			 struct clinic_process *process,
			 const struct clinic_event *event,
			 struct clinic_unwound *walk)
{
	unwind(walker, process->space, &event->sample, walk);
	if (walk->has_unmapped &&
	    clinic_processes_reread(process, event->time_ns)) {
		clinic_stack_walker_forget(walker);
		unwind(walker, process->space, &event->sample, walk);
	}
}

static bool is_short(const struct clinic_unwound *walk)
{
	return walk->end == CLINIC_END_STACK_SHORT ||
	       walk->stack_read_bytes > CLINIC_STACK_BYTES;
}

static bool is_stranded(const struct clinic_unwound *walk)
{
	return walk->end != CLINIC_END_OUTERMOST &&
	       walk->end != CLINIC_END_DEPTH;
}

/* These counts decide how much of each stack is copied from now on. */
static void count_walk(struct clinic_stack_walker *walker,
		       const struct clinic_unwound *walk)
{
	walker->counts.truths_count[walk->truth]++;
	walker->counts.ends_count[walk->end]++;
	walker->counts.guessed_outermost_count +=
		walk->truth == CLINIC_UNWIND_GUESSED &&
		walk->end == CLINIC_END_OUTERMOST;
	if (is_short(walk))
		walker->counts.short_count++;
	else if (is_stranded(walk))
		walker->counts.stranded_count++;
}

static uint16_t flags_of(const struct clinic_unwound *walk)
{
	static const uint16_t of_truth[] = {
		[CLINIC_UNWIND_COMPLETE] = 0,
		[CLINIC_UNWIND_TRUNCATED] = CLINIC_SAMPLE_TRUNCATED,
		[CLINIC_UNWIND_GUESSED] = CLINIC_SAMPLE_GUESSED,
	};

	return walk->end == CLINIC_END_ALTERNATE_STACK
		       ? of_truth[walk->truth] | CLINIC_SAMPLE_ALTERNATE_STACK
		       : of_truth[walk->truth];
}

static int walk_user(struct clinic_stack_walker *walker,
		     struct clinic_process *process,
		     const struct clinic_event *event,
		     struct clinic_walked *walked)
{
	struct clinic_unwound walk = {.frames = walker->frames,
				      .frames_max = FRAMES_MAX};

	unwind_known(walker, process, event, &walk);
	if (event->kind == CLINIC_EVENT_SAMPLE)
		count_walk(walker, &walk);
	walked->flags |= flags_of(&walk);
	return push_user(walker, process->space, &walk, &walked->stack_id);
}

int clinic_stack_walk(struct clinic_stack_walker *walker,
		      struct clinic_process *process,
		      const struct clinic_event *event,
		      struct clinic_walked *walked)
{
	const struct clinic_event_sample *sample = &event->sample;
	int err = 0;

	*walked = (struct clinic_walked){0};
	if (sample->in_kernel)
		walked->flags |= CLINIC_SAMPLE_KERNEL;
	if (has_user_part(sample))
		err = walk_user(walker, process, event, walked);
	return err ? err : push_kernel(walker, sample, &walked->stack_id);
}
