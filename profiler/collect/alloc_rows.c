#include "collect/alloc_rows.h"

#include "session/session.h"

/* What this thread's row says was live at the peak: see site_row. */
static int64_t peak_of(const struct arena_image *image,
		       const struct site_row *row)
{
	return row->epoch == image->file.head->peak_epoch
		       ? row->peak_bytes
		       : (int64_t)(row->allocated_bytes - row->freed_bytes);
}

static void add_row(const struct arena_image *image, struct arena_site *site,
		    const struct site_row *row)
{
	site->threads_count += row->allocations_count > 0;
	site->sum.allocations_count += row->allocations_count;
	site->sum.frees_count += row->frees_count;
	site->sum.bytes += row->allocated_bytes;
	site->sum.temporary_count += row->temporary_count;
	site->lifetime_ticks += row->lifetime_ticks;
	site->live_count +=
		(int64_t)(row->allocations_count - row->frees_count);
	site->live_bytes += (int64_t)(row->allocated_bytes - row->freed_bytes);
	site->peak_bytes += peak_of(image, row);
}

typedef int on_row(struct arena_reading *reading, struct arena_image *image,
		   const struct rows_block *rows, uint32_t site,
		   const struct site_row *row);

static int each_row(struct arena_reading *reading, struct arena_image *image,
		    on_row *call)
{
	const struct rows_block *rows = NULL;
	int err = 0;

	while (!err &&
	       (rows = clinic_arena_next(&image->file, BLOCK_ROWS, rows)))
		for (uint32_t i = 0; !err && i < ROWS_PER_BLOCK; i++)
			if (rows->first_site + i < image->sites_count)
				err = call(reading, image, rows,
					   rows->first_site + i,
					   &rows->rows[i]);
	return err;
}

static int sum_row(struct arena_reading *reading, struct arena_image *image,
		   const struct rows_block *rows, uint32_t site,
		   const struct site_row *row)
{
	(void)reading;
	(void)rows;
	add_row(image, &image->sites[site], row);
	return 0;
}

int clinic_alloc_rows_sum(struct arena_reading *reading,
			  struct arena_image *image)
{
	return each_row(reading, image, sum_row);
}

static uint64_t not_negative(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

/* Everything about frees: of all threads together. */
static void fill_lives(const struct arena_image *image,
		       const struct arena_site *site,
		       struct clinic_allocation *row)
{
	if (!image->file.head->has_live)
		return;
	row->frees_count = site->sum.frees_count;
	row->temporary_count = site->sum.temporary_count;
	row->leaked_count = not_negative(site->live_count);
	row->leaked_bytes = not_negative(site->live_bytes);
	row->peak_bytes = not_negative(site->peak_bytes);
	row->lifetime_ns =
		clinic_arena_ticks_ns(&image->file, site->lifetime_ticks);
}

static uint32_t stage_of(const struct arena_image *image,
			 const struct arena_site *site)
{
	return site->block ? image->stages[site->block->stage] : 0;
}

static int save_row(struct arena_reading *reading, struct arena_image *image,
		    const struct rows_block *rows, uint32_t site_id,
		    const struct site_row *row)
{
	const struct arena_site *site = &image->sites[site_id];
	struct clinic_allocation allocation = {
		.stack_id = reading->stacks[site->raw_stack],
		.stage_id = stage_of(image, site),
		.allocations_count = row->allocations_count,
		.bytes = row->allocated_bytes,
	};
	int err = 0;

	if (!row->allocations_count)
		return 0;
	if (rows != reading->rows)
		err = clinic_arena_thread_id(reading->session, image,
					     rows->thread_at,
					     &reading->rows_thread_id);
	reading->rows = rows;
	allocation.thread_id = reading->rows_thread_id;
	if (site->threads_count == 1)
		fill_lives(image, site, &allocation);
	return err ? err
		   : clinic_session_add(reading->session, CLINIC_ALLOCATIONS,
					&allocation);
}

static int save_shared_sites(struct arena_reading *reading,
			     struct arena_image *image)
{
	int err = 0;

	for (uint32_t i = 0; !err && i < image->sites_count; i++) {
		const struct arena_site *site = &image->sites[i];
		struct clinic_allocation row = {
			.stack_id = reading->stacks[site->raw_stack],
			.stage_id = stage_of(image, site),
		};

		if (site->threads_count < 2)
			continue;
		fill_lives(image, site, &row);
		err = clinic_session_add(reading->session, CLINIC_ALLOCATIONS,
					 &row);
	}
	return err;
}

static int save_sizes_of(struct arena_reading *reading,
			 const struct arena_image *image, uint32_t node,
			 const uint64_t counts[SIZE_CLASSES])
{
	int err = 0;

	for (uint32_t class = 0; !err && class < SIZE_CLASSES; class ++) {
		struct clinic_allocation_size size = {
			.stage_id = image->stages[node],
			.up_to_bytes = class ? UINT64_C(1) << (class - 1) : 0,
			.allocations_count = counts[class],
		};

		if (counts[class])
			err = clinic_session_add(reading->session,
						 CLINIC_ALLOCATION_SIZES,
						 &size);
	}
	return err;
}

static int save_sizes(struct arena_reading *reading,
		      const struct arena_image *image)
{
	int err = 0;

	for (uint32_t node = 0; !err && node < STAGE_NODES_MAX; node++) {
		const struct thread_block *thread = NULL;
		uint64_t counts[SIZE_CLASSES] = {0};

		while ((thread = clinic_arena_next(&image->file, BLOCK_THREAD,
						   thread)))
			for (size_t i = 0; i < SIZE_CLASSES; i++)
				counts[i] +=
					thread->stages[node].sizes_count[i];
		err = save_sizes_of(reading, image, node, counts);
	}
	return err;
}

static void save_quality(struct arena_reading *reading,
			 const struct arena_image *image)
{
	struct clinic_quality *quality =
		clinic_session_quality(reading->session);
	const struct arena_head *head = image->file.head;
	uint64_t peak_bytes = not_negative(head->peak_bytes);

	quality->allocations_observed = 1;
	quality->unmatched_frees_count += head->unmatched_frees_count;
	quality->lost_count += head->sites_lost_count + head->lost_count;
	/* Of several processes, each has its own: the largest stands. */
	if (peak_bytes > quality->peak_bytes) {
		quality->peak_bytes = peak_bytes;
		quality->peak_time_ns =
			clinic_arena_instant_ns(&image->file, head->peak_ticks);
	}
}

int clinic_alloc_rows_save(struct arena_reading *reading,
			   struct arena_image *image)
{
	int err = each_row(reading, image, save_row);

	if (!err)
		err = save_shared_sites(reading, image);
	if (!err)
		err = save_sizes(reading, image);
	if (!err)
		save_quality(reading, image);
	return err;
}
