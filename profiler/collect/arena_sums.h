/*
 * collect/arena_sums.h - the exact sums of a run's arenas, as session rows.
 *
 * Changes are read at each drain. The arenas hold the sums of all changes, to
 * the call and byte, and also peaks, lifetimes and sizes, which no change has.
 *
 * Errors     0 or -errno.
 * Read next  arena_rows.h, which saves them; arena_findings.h, the notes on
 *            them.
 */
#ifndef CLINIC_COLLECT_ARENA_SUMS_H
#define CLINIC_COLLECT_ARENA_SUMS_H

#include "collect/counted_numbers.h"
#include "session/rows.h"
#include "sources/arena_image.h"

typedef int clinic_on_sum(void *context, enum clinic_table table,
			  const void *row);

struct clinic_arena_sums {
	struct clinic_session *session; /* its stages and threads are those
					 * of the numbers' session */
	struct clinic_counted_numbers *numbers;
	/* The session's, by raw stack; NULL: rows keep the raw numbers. */
	const uint32_t *stack_ids;
	/* Gets the rows in the session's place, without threads; or NULL. */
	clinic_on_sum *on_sum;
	void *context;
};

uint32_t clinic_arena_stack_id(const struct clinic_arena_sums *sums,
			       uint32_t address_stack);
int clinic_arena_sums_add(const struct clinic_arena_sums *sums,
			  enum clinic_table table, const void *row);

/* The number of a site of that image; 0: it has none. */
static inline uint32_t clinic_arena_site_number(const struct arena_image *image,
						uint32_t id)
{
	const struct arena_site *sites = image->sites.elements;

	return id < image->sites.count ? sites[id].number : 0;
}

/* The session's id of that thread; 0 when it stands for several, or when the
 * rows go to on_sum. */
int clinic_arena_thread_id(struct clinic_arena_sums *sums,
			   const struct arena_image *image, uint64_t thread_at,
			   uint32_t *id);

#endif
