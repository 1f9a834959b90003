/*
 * collect/counted_numbers.h - numbers for call sites and locks that arenas
 * report.
 *
 * Each call site gets a number at its first event. From then on the number
 * stands for the site's stack, among all stacks of addresses, and its stage.
 * Each lock gets a number likewise, and later a name.
 *
 *	event of a site --> site without a number? --> number 7
 *	                                               stack_id, stage_id
 *	image ends, rows overwritten --> nothing refers to 7 --> 7 is free,
 *	                                        and the next new site gets it
 *
 * Ownership  session and stacks are the caller's, and outlive the numbers.
 *            Stages, kinds and names are texts and rows of that session.
 * Errors     0 or -errno.
 * Read next  collect/counted_changes.h, the rows that refer to the numbers.
 */
#ifndef CLINIC_COLLECT_COUNTED_NUMBERS_H
#define CLINIC_COLLECT_COUNTED_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "collect/renumbering.h"

struct arena_image;
struct clinic_address_stacks;
struct clinic_counted_numbers;
struct clinic_event_lock;
struct clinic_event_site;
struct clinic_session;

struct clinic_counted_site {
	uint32_t stack_id; /* among the stacks of addresses */
	uint32_t stage_id; /* of the session */
};

int clinic_counted_numbers_new(struct clinic_session *session,
			       struct clinic_address_stacks *stacks,
			       struct clinic_counted_numbers **numbers);
void clinic_counted_numbers_free(struct clinic_counted_numbers *numbers);

/* The number of a site, which gets one if it has none; of NULL: 0. */
int clinic_counted_numbers_site(struct clinic_counted_numbers *numbers,
				const struct clinic_event_site *site,
				uint32_t *number);
/* The number of the lock of an event, which gets one if it has none. */
int clinic_counted_numbers_lock(struct clinic_counted_numbers *numbers,
				const struct clinic_event_lock *event,
				uint32_t *number);

/* The site of a number: zeroes for 0 and for unknown numbers. */
struct clinic_counted_site
clinic_counted_site(const struct clinic_counted_numbers *numbers,
		    uint32_t number);
/* The kind and the name of a lock: texts of the session. -ENOENT: no name. */
int clinic_counted_lock(const struct clinic_counted_numbers *numbers,
			uint32_t number, uint32_t *kind_id, uint32_t *name_id);

/* All sites: their stacks are renumbered when the stacks of addresses are. */
struct clinic_counted_site *
clinic_counted_sites(struct clinic_counted_numbers *numbers, size_t *count);
/* Calls on_number for each text of the session that a lock refers to. */
void clinic_counted_numbers_texts(struct clinic_counted_numbers *numbers,
				  clinic_on_number *on_number, void *context);

/*
 * Gives names to the locks that have none. Names are texts of the session, so
 * this comes before the session is copied.
 */
int clinic_counted_numbers_name_locks(struct clinic_counted_numbers *numbers);
/* The image will be closed: its locks can be named no longer. */
void clinic_counted_numbers_end(struct clinic_counted_numbers *numbers,
				const struct arena_image *image);

/* Which numbers are in use: one element per number, freed by the caller. */
struct clinic_used_numbers {
	uint32_t *sites, *locks;
};

/* Nothing is marked. -ENOMEM: free what was allocated all the same. */
int clinic_counted_numbers_start_marks(
	const struct clinic_counted_numbers *numbers,
	struct clinic_used_numbers *used);
/* Marks the sites and locks of an open image. */
void clinic_used_numbers_mark_image(const struct arena_image *image,
				    const struct clinic_used_numbers *used);
/* Numbers without a mark will be given to new sites and locks. */
int clinic_counted_numbers_free_unused(struct clinic_counted_numbers *numbers,
				       const struct clinic_used_numbers *used);

#endif
