/*
 * collect/arena_sums.h - the exact sums of a run's arenas, as session rows.
 *
 * The changes were told drain by drain; the arenas hold the sums of all, to
 * the call and byte, and what no change has: peaks, lifetimes, sizes.
 *
 * Errors     0 or -errno.
 * Read next  arena_rows.h, which saves them; arena_findings.h, what must be
 *            said about them.
 */
#ifndef CLINIC_COLLECT_ARENA_SUMS_H
#define CLINIC_COLLECT_ARENA_SUMS_H

#include "collect/counted_changes.h"
#include "sources/arena_image.h"

struct clinic_arena_sums {
	struct clinic_session *session; /* stages and threads are as in that
					 * of the changes */
	struct clinic_counted_changes *changes;
	const uint32_t *stack_ids; /* session's, by raw stack */
};

/* The number that a site of that image was given; 0: it was never told. */
static inline uint32_t clinic_arena_site_number(const struct arena_image *image,
						uint32_t id)
{
	const struct arena_site *sites = image->sites.elements;

	return id < image->sites.count ? sites[id].number : 0;
}

/* The session's id of that thread; 0 when it stands for several. */
int clinic_arena_thread_id(struct clinic_arena_sums *sums,
			   const struct arena_image *image, uint64_t thread_at,
			   uint32_t *id);

#endif
