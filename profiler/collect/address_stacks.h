/*
 * collect/address_stacks.h - stacks of addresses, before anything has a name.
 *
 * While the target runs, only the addresses of stacks are kept, in a trie: a
 * stack that was seen before takes no more than its number. Names are looked up
 * later, once per address.
 *
 * Ids        0 is the empty stack; a parent's id is always smaller.
 * Errors     0 or -ENOMEM.
 * Read next  naming.h, which turns these into a session's stacks.
 */
#ifndef CLINIC_COLLECT_ADDRESS_STACKS_H
#define CLINIC_COLLECT_ADDRESS_STACKS_H

#include <stddef.h>
#include <stdint.h>

#include "collect/renumbering.h"

/* Instead of a module's number. */
#define CLINIC_ADDRESS_KERNEL UINT32_MAX /* address as it is */
#define CLINIC_ADDRESS_NOWHERE                                                 \
	(UINT32_MAX - 1) /* in nothing that is mapped                          \
			  */
#define CLINIC_ADDRESS_UNSAMPLED                                               \
	(UINT32_MAX - 2) /* time that gave no ticks                            \
			  */

struct clinic_address_frame {
	uint64_t address; /* offset in the module's file */
	uint32_t module;  /* clinic_module_index() or CLINIC_ADDRESS_* */
	uint32_t parent;  /* stack */
};

struct clinic_address_stacks;

int clinic_address_stacks_new(struct clinic_address_stacks **stacks);
void clinic_address_stacks_free(struct clinic_address_stacks *stacks);

/* The stack in which frame->parent called that frame. */
int clinic_address_stacks_push(struct clinic_address_stacks *stacks,
			       const struct clinic_address_frame *frame,
			       uint32_t *id);

/*
 * Forgets all stacks but those with kept[id] != 0 and their callers. From then
 * on kept[id] is the new number of each; 0: it is forgotten. Before a stack is
 * pushed, clinic_address_stacks_reindex() must follow.
 */
void clinic_address_stacks_compact(struct clinic_address_stacks *stacks,
				   uint32_t *kept);

/*
 * Calls for the number of each module that a stack refers to. When these
 * numbers have changed, clinic_address_stacks_reindex() must follow, too.
 */
void clinic_address_stacks_modules(struct clinic_address_stacks *stacks,
				   clinic_on_number *on_number, void *context);
int clinic_address_stacks_reindex(struct clinic_address_stacks *stacks);

/* rows[id]; count includes the empty stack. */
const struct clinic_address_frame *
clinic_address_stacks_rows(const struct clinic_address_stacks *stacks,
			   uint32_t *count);

#endif
