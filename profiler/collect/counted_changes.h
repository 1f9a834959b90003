/*
 * collect/counted_changes.h - what arenas tell, kept until it is read.
 *
 * Each call site gets a number at its first event, by which its stack, among
 * all raw stacks, and its stage are known from then on; so does each lock.
 * Changes of allocations and of locks wait in rings for a session.
 *
 * Ownership  session and stacks are the caller's, and outlive it. Stages and
 *            threads are that session's.
 * Errors     0 or -errno.
 * Read next  sources/arena_source.h, the sender; alloc_rows.h and lock_rows.h,
 *            the exact sums beside the changes.
 */
#ifndef CLINIC_COLLECT_COUNTED_CHANGES_H
#define CLINIC_COLLECT_COUNTED_CHANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/renumbering.h"

struct arena_image;
struct clinic_address_stacks;
struct clinic_counted_changes;
struct clinic_event;
struct clinic_session;

struct clinic_counted_site {
	uint32_t stack_id; /* of the raw stacks */
	uint32_t stage_id; /* of the session */
};

int clinic_counted_changes_new(struct clinic_session *session,
			       struct clinic_address_stacks *stacks,
			       struct clinic_counted_changes **changes);
void clinic_counted_changes_free(struct clinic_counted_changes *changes);

/* A CLINIC_EVENT_ALLOCATIONS or CLINIC_EVENT_LOCK. */
int clinic_counted_changes_handle(struct clinic_counted_changes *changes,
				  const struct clinic_event *event);

/* By number; of number 0, and of unknown ones, nothing is known: zeroes. */
struct clinic_counted_site
clinic_counted_site(const struct clinic_counted_changes *changes,
		    uint32_t number);
/* A lock's kind and name, texts of the session. */
int clinic_counted_lock(struct clinic_counted_changes *changes, uint32_t number,
			uint32_t *kind_id, uint32_t *name_id);

/* All sites' stacks, to be renumbered when the raw stacks are. */
struct clinic_counted_site *
clinic_counted_sites(struct clinic_counted_changes *changes, size_t *count);

/* Calls for the number of each row of threads, or each text, of the session. */
void clinic_counted_changes_threads(struct clinic_counted_changes *changes,
				    clinic_on_number *on_number, void *context);
void clinic_counted_changes_texts(struct clinic_counted_changes *changes,
				  clinic_on_number *on_number, void *context);

/*
 * The changes in from_ns <= time < to_ns, into a session whose stages,
 * threads and texts are those of ours. stack_ids[raw stack] is its own.
 */
int clinic_counted_changes_save(struct clinic_counted_changes *changes,
				const uint32_t *stack_ids, uint64_t from_ns,
				uint64_t to_ns, struct clinic_session *session);

/* Locks have got names, which are texts of our session: before it is copied. */
int clinic_counted_changes_name_locks(struct clinic_counted_changes *changes);

/* Names the locks of that image, which is closed after this. */
void clinic_counted_changes_end(struct clinic_counted_changes *changes,
				const struct arena_image *image);
/*
 * Numbers of sites and locks that no change and none of these images, which
 * are all that are open, refers to are given again. -ENOMEM: they are not.
 */
int clinic_counted_changes_reuse(struct clinic_counted_changes *changes,
				 struct arena_image *const *images,
				 size_t images_count);

/* Changes for which there was no room any more: the oldest. */
uint64_t clinic_counted_changes_overwritten(
	const struct clinic_counted_changes *changes);

#endif
