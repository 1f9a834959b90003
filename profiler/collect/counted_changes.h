/*
 * collect/counted_changes.h - what arenas report, kept until it is read.
 *
 * Changes of allocations and of locks wait in rings for a session. Their call
 * sites and locks are numbers of collect/counted_numbers.h.
 *
 * Ownership  session and numbers are the caller's, and outlive the changes.
 *            Threads are rows of that session.
 * Memory     bounded: a full ring overwrites its oldest changes, and counts
 *            them.
 * Errors     0 or -errno.
 * Read next  sources/arena_source.h, the sender; alloc_rows.h and lock_rows.h,
 *            the exact sums beside the changes.
 */
#ifndef CLINIC_COLLECT_COUNTED_CHANGES_H
#define CLINIC_COLLECT_COUNTED_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "collect/counted_numbers.h"
#include "collect/renumbering.h"

struct clinic_counted_changes;
struct clinic_event;

int clinic_counted_changes_new(struct clinic_session *session,
			       struct clinic_counted_numbers *numbers,
			       struct clinic_counted_changes **changes);
void clinic_counted_changes_free(struct clinic_counted_changes *changes);

/* Handles a CLINIC_EVENT_ALLOCATIONS or CLINIC_EVENT_LOCK. */
int clinic_counted_changes_handle(struct clinic_counted_changes *changes,
				  const struct clinic_event *event);

/* Calls on_number for the row of a thread of each change. */
void clinic_counted_changes_threads(struct clinic_counted_changes *changes,
				    clinic_on_number *on_number, void *context);

/*
 * Adds the changes in from_ns <= time < to_ns to a session whose stages,
 * threads and texts are those of ours. stack_ids maps each stack of addresses
 * to a stack of that session.
 */
int clinic_counted_changes_save(struct clinic_counted_changes *changes,
				const uint32_t *stack_ids, uint64_t from_ns,
				uint64_t to_ns, struct clinic_session *session);

/*
 * Gives numbers of sites and locks out again to which no change and none of
 * these images refers. The images are all that are open. -ENOMEM: no number
 * is given out again.
 */
int clinic_counted_changes_reuse(struct clinic_counted_changes *changes,
				 struct arena_image *const *images,
				 size_t images_count);

/* How many changes were overwritten by younger ones. */
uint64_t clinic_counted_changes_overwritten(
	const struct clinic_counted_changes *changes);

#endif
