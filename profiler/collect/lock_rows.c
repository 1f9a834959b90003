/* Saves the waits of an arena, and the acquisitions without a wait. */
#include "collect/lock_rows.h"

#include <errno.h>

#include "session/session.h"

static int begin_row(const struct clinic_arena_sums *sums,
		     const struct arena_image *image, size_t lock,
		     struct clinic_lock *row)
{
	const struct arena_lock_seen *locks = image->locks.elements;

	*row = (struct clinic_lock){0};
	return lock < image->locks.count
		       ? clinic_counted_lock(sums->numbers, locks[lock].number,
					     &row->kind_id, &row->name_id)
		       : -ENOENT;
}

static struct clinic_counted_site site_of(const struct clinic_arena_sums *sums,
					  const struct arena_image *image,
					  uint32_t id)
{
	return clinic_counted_site(sums->numbers,
				   clinic_arena_site_number(image, id));
}

static int save_wait(struct clinic_arena_sums *sums,
		     const struct arena_image *image,
		     const struct wait_block *wait)
{
	size_t lock =
		clinic_arena_find(&image->file, BLOCK_LOCK, wait->lock_at);
	struct clinic_counted_site site = site_of(sums, image, wait->site);
	struct clinic_counted_site owner =
		site_of(sums, image, wait->owner_site);
	struct clinic_lock row;
	int err;

	/* A lock that no event was sent for has no name. */
	if (!wait->count || begin_row(sums, image, lock, &row))
		return 0;
	row.stack_id = clinic_arena_stack_id(sums, site.stack_id);
	row.owner_stack_id = clinic_arena_stack_id(sums, owner.stack_id);
	row.stage_id = site.stage_id;
	row.acquisitions_count = wait->expired_count < wait->count
					 ? wait->count - wait->expired_count
					 : 0;
	row.contended_count = wait->count;
	row.wait_ns = wait->wait_ns;
	row.longest_wait_ns = wait->longest_ns;
	row.hold_ns = wait->hold_ns;
	err = clinic_arena_thread_id(sums, image, wait->thread_at,
				     &row.thread_id);
	return err ? err : clinic_arena_sums_add(sums, CLINIC_LOCKS, &row);
}

static int save_uncontended(const struct clinic_arena_sums *sums,
			    const struct arena_image *image, size_t at)
{
	const struct arena_lock_seen *locks = image->locks.elements;
	const struct lock_block *lock =
		clinic_arena_block(&image->file, BLOCK_LOCK, at);
	uint64_t waits = locks[at].waits_count;
	struct clinic_lock row;

	if (lock->acquisitions_count <= waits ||
	    begin_row(sums, image, at, &row))
		return 0;
	row.acquisitions_count = lock->acquisitions_count - waits;
	return clinic_arena_sums_add(sums, CLINIC_LOCKS, &row);
}

/* Each thread counts the locks for which it found no room. */
static uint64_t count_lost(const struct arena_image *image)
{
	uint64_t lost_count = 0;

	for (size_t at = 0; at < image->file.blocks[BLOCK_THREAD].count; at++) {
		const struct thread_block *thread =
			clinic_arena_block(&image->file, BLOCK_THREAD, at);

		lost_count += thread->locks_lost_count;
	}
	return lost_count;
}

int clinic_lock_rows_save(struct clinic_arena_sums *sums,
			  const struct arena_image *image)
{
	const struct wait_block *wait;
	int err = 0;

	/*
	 * Of a damaged arena only the changes that were read before are kept,
	 * and no sums.
	 */
	if (image->file.damage)
		return 0;
	clinic_session_quality(sums->session)->lost_locks_count +=
		count_lost(image);
	for (size_t at = 0;
	     !err && at < image->waits.count &&
	     (wait = clinic_arena_block(&image->file, BLOCK_WAIT, at));
	     at++)
		err = save_wait(sums, image, wait);
	for (size_t at = 0; !err && at < image->locks.count; at++)
		err = save_uncontended(sums, image, at);
	return err;
}
