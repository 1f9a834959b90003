/* An arena's rows, summed by call site, and saved by thread. */
#include "collect/alloc_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "session/session.h"

/* A call site, over all threads. */
struct site_sum {
	uint32_t threads_count; /* which allocated here */
	uint64_t frees_count, temporary_count, lifetime_ticks;
	int64_t live_count, live_bytes, peak_bytes;
};

struct saving {
	struct clinic_arena_sums *sums;
	const struct arena_image *image;
	struct site_sum *sites; /* by id */
	uint32_t sites_count;
	/* The thread of the rows being saved: looked up once a block. */
	uint32_t thread_id;
};

/* What this thread's row says was live at the peak: see site_row. */
static int64_t peak_of(const struct arena_image *image,
		       const struct site_row *row)
{
	return (uint32_t)row->epoch == image->file.head->peaks_count
		       ? row->peak_bytes
		       : (int64_t)(row->allocated_bytes - row->freed_bytes);
}

typedef int on_row(struct saving *saving, uint32_t site,
		   const struct site_row *row);

/* Of a damaged arena, what was told before stands for what is there. */
static struct site_row row_at(const struct saving *saving,
			      const struct rows_block *rows, size_t at,
			      uint32_t i)
{
	struct arena_row_seen **seen = saving->image->rows.elements;
	const struct arena_row_seen *told =
		at < saving->image->rows.count ? seen[at] : NULL;

	if (!saving->image->file.damage)
		return rows->rows[i];
	if (!told)
		return (struct site_row){0};
	return (struct site_row){
		.allocations_count = told[i].allocations_count,
		.allocated_bytes = told[i].bytes,
		.frees_count = told[i].frees_count,
		.freed_bytes = told[i].freed_bytes,
	};
}

static int each_row(struct saving *saving, size_t at, on_row *call)
{
	const struct rows_block *rows =
		clinic_arena_block(&saving->image->file, BLOCK_ROWS, at);
	uint32_t first = __atomic_load_n(&rows->first_site, __ATOMIC_RELAXED);
	int err = 0;

	for (uint32_t i = 0; !err && i < ROWS_PER_BLOCK; i++) {
		struct site_row row = row_at(saving, rows, at, i);

		if (first < SITES_MAX && first + i < saving->sites_count)
			err = call(saving, first + i, &row);
	}
	return err;
}

static int sum_row(struct saving *saving, uint32_t id,
		   const struct site_row *row)
{
	struct site_sum *site = &saving->sites[id];

	site->threads_count += row->allocations_count > 0;
	site->frees_count += row->frees_count;
	site->temporary_count += row->temporary_count;
	site->lifetime_ticks += row->lifetime_ticks;
	site->live_count +=
		(int64_t)(row->allocations_count - row->frees_count);
	site->live_bytes += (int64_t)(row->allocated_bytes - row->freed_bytes);
	site->peak_bytes += peak_of(saving->image, row);
	return 0;
}

static uint64_t not_negative(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

/* Everything about frees: of all threads together. */
static void fill_lives(const struct saving *saving, const struct site_sum *site,
		       struct clinic_allocation *row)
{
	if (!saving->image->file.head->has_live)
		return;
	row->frees_count = site->frees_count;
	row->temporary_count = site->temporary_count;
	row->leaked_count = not_negative(site->live_count);
	row->leaked_bytes = not_negative(site->live_bytes);
	row->peak_bytes = not_negative(site->peak_bytes);
	row->lifetime_ns = clinic_arena_ticks_ns(&saving->image->file,
						 site->lifetime_ticks);
}

static struct clinic_allocation begin_row(const struct saving *saving,
					  uint32_t id)
{
	struct clinic_counted_site site = clinic_counted_site(
		saving->sums->changes,
		clinic_arena_site_number(saving->image, id));

	return (struct clinic_allocation){
		.stack_id = saving->sums->stack_ids[site.stack_id],
		.stage_id = site.stage_id,
	};
}

static int save_row(struct saving *saving, uint32_t id,
		    const struct site_row *row)
{
	struct clinic_allocation allocation;

	if (!row->allocations_count)
		return 0;
	allocation = begin_row(saving, id);
	allocation.thread_id = saving->thread_id;
	allocation.allocations_count = row->allocations_count;
	allocation.bytes = row->allocated_bytes;
	if (saving->sites[id].threads_count == 1)
		fill_lives(saving, &saving->sites[id], &allocation);
	return clinic_session_add(saving->sums->session, CLINIC_ALLOCATIONS,
				  &allocation);
}

static int save_shared_sites(struct saving *saving)
{
	int err = 0;

	for (uint32_t id = 0; !err && id < saving->sites_count; id++) {
		struct clinic_allocation row;

		if (saving->sites[id].threads_count < 2)
			continue;
		row = begin_row(saving, id);
		fill_lives(saving, &saving->sites[id], &row);
		err = clinic_session_add(saving->sums->session,
					 CLINIC_ALLOCATIONS, &row);
	}
	return err;
}

static int save_block(struct saving *saving, size_t at)
{
	const struct rows_block *rows =
		clinic_arena_block(&saving->image->file, BLOCK_ROWS, at);
	int err = clinic_arena_thread_id(saving->sums, saving->image,
					 rows->thread_at, &saving->thread_id);

	return err ? err : each_row(saving, at, save_row);
}

static int save_sites(struct saving *saving)
{
	size_t count = saving->image->file.blocks[BLOCK_ROWS].count;
	int err = 0;

	for (size_t at = 0; !err && at < count; at++)
		err = each_row(saving, at, sum_row);
	for (size_t at = 0; !err && at < count; at++)
		err = save_block(saving, at);
	return err ? err : save_shared_sites(saving);
}

static int save_sizes_of(const struct saving *saving, uint32_t node,
			 const uint64_t counts[SIZE_CLASSES])
{
	char name[STAGE_NAME_BYTES];
	uint32_t stage_id = 0;
	int err = 0;

	for (uint32_t class = 0; !err && class < SIZE_CLASSES; class ++) {
		struct clinic_allocation_size size = {
			.up_to_bytes = class ? UINT64_C(1) << (class - 1) : 0,
			.allocations_count = counts[class],
		};

		if (!counts[class])
			continue;
		if (node &&
		    clinic_arena_stage(&saving->image->file, node, name))
			err = clinic_session_stage_id(saving->sums->session,
						      name, &stage_id);
		size.stage_id = stage_id;
		if (!err)
			err = clinic_session_add(saving->sums->session,
						 CLINIC_ALLOCATION_SIZES,
						 &size);
	}
	return err;
}

static int save_sizes(const struct saving *saving)
{
	const struct arena_file *file = &saving->image->file;
	int err = 0;

	for (uint32_t node = 0; !err && node < STAGE_NODES_MAX; node++) {
		uint64_t counts[SIZE_CLASSES] = {0};

		for (size_t at = 0; at < file->blocks[BLOCK_THREAD].count;
		     at++) {
			const struct thread_block *thread =
				clinic_arena_block(file, BLOCK_THREAD, at);

			for (size_t i = 0; i < SIZE_CLASSES; i++)
				counts[i] +=
					thread->stages[node].sizes_count[i];
		}
		err = save_sizes_of(saving, node, counts);
	}
	return err;
}

static void save_quality(const struct saving *saving)
{
	struct clinic_quality *quality =
		clinic_session_quality(saving->sums->session);
	const struct arena_head *head = saving->image->file.head;
	uint64_t peak_bytes = not_negative(head->peak_bytes);

	quality->allocations_observed = 1;
	if (saving->image->file.damage)
		return;
	quality->unmatched_frees_count += head->unmatched_frees_count;
	quality->lost_allocations_count +=
		head->sites_lost_count + head->lost_count;
	/* Of several processes, each has its own: the largest stands. */
	if (peak_bytes > quality->peak_bytes) {
		quality->peak_bytes = peak_bytes;
		quality->peak_time_ns = clinic_arena_instant_ns(
			&saving->image->file, head->peak_ticks);
	}
}

int clinic_alloc_rows_save(struct clinic_arena_sums *sums,
			   const struct arena_image *image)
{
	struct saving saving = {
		.sums = sums,
		.image = image,
		.sites_count = image->sites.count ? (uint32_t)image->sites.count
						  : 1,
	};
	int err;

	saving.sites = calloc(saving.sites_count, sizeof(*saving.sites));
	err = saving.sites ? save_sites(&saving) : -ENOMEM;
	if (!err && !image->file.damage)
		err = save_sizes(&saving);
	if (!err)
		save_quality(&saving);
	free(saving.sites);
	return err;
}
