/* Sums the rows of an arena by call site, and saves them by thread. */
#include "collect/alloc_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "session/session.h"

/*
 * The peak is the highest of three: the one that the program noted itself,
 * exact to one portion per thread; one between two drains in which nothing
 * changed; and the live bytes at the end.
 */
enum peak { PEAK_NOTED, PEAK_QUIET, PEAK_END, PEAKS };

/* The sum of a stage by its counters, and the sum of its call sites. */
struct stage_sum {
	uint64_t counted_count, counted_bytes;
	uint64_t sited_count, sited_bytes;
};

/* A call site, over all threads. */
struct site_sum {
	uint32_t threads_count; /* which allocated here */
	uint64_t frees_count, temporary_count, lifetime_ticks;
	int64_t live_count, live_bytes;
	int64_t peak_bytes[PEAKS]; /* live at each */
};

struct saving {
	struct clinic_arena_sums *sums;
	const struct arena_image *image;
	struct site_sum *sites; /* by id */
	uint32_t sites_count;
	enum peak peak; /* the highest */
	uint64_t peak_bytes[PEAKS];
	struct stage_sum stages[STAGE_NODES_MAX];
	uint64_t siteless_count;
	/* The thread of the rows being saved, looked up once per block. */
	uint32_t thread_id;
};

/* How many bytes this row had live at the peak: see site_row. */
static int64_t peak_of(const struct arena_image *image,
		       const struct site_row *row)
{
	return (uint32_t)row->epoch == image->file.head->peaks_count
		       ? row->peak_bytes
		       : (int64_t)(row->allocated_bytes - row->freed_bytes);
}

static int64_t live_of(const struct site_row *row)
{
	return (int64_t)(row->allocated_bytes - row->freed_bytes);
}

/* quiet_bytes: how much of that row was live at the quiet peak. */
typedef int on_row(struct saving *saving, uint32_t site,
		   const struct site_row *row, int64_t quiet_bytes);

/*
 * Where an arena is damaged, the counts that were read before the damage are
 * used.
 */
static struct site_row row_at(const struct saving *saving,
			      const struct rows_block *rows, size_t at,
			      uint32_t i)
{
	struct arena_row_seen **seen = saving->image->rows.elements;
	const struct arena_row_seen *before =
		at < saving->image->rows.count ? seen[at] : NULL;

	if (!saving->image->file.damage)
		return rows->rows[i];
	if (!before)
		return (struct site_row){0};
	return (struct site_row){
		.allocations_count = before[i].allocations_count,
		.allocated_bytes = before[i].bytes,
		.frees_count = before[i].frees_count,
		.freed_bytes = before[i].freed_bytes,
	};
}

static int each_row(struct saving *saving, size_t at, on_row *call)
{
	const struct rows_block *rows =
		clinic_arena_block(&saving->image->file, BLOCK_ROWS, at);
	uint32_t first = __atomic_load_n(&rows->first_site, __ATOMIC_RELAXED);
	struct arena_row_seen **seen = saving->image->rows.elements;
	const struct arena_row_seen *before =
		at < saving->image->rows.count ? seen[at] : NULL;
	int err = 0;

	for (uint32_t i = 0; !err && i < ROWS_PER_BLOCK; i++) {
		struct site_row row = row_at(saving, rows, at, i);

		if (first < SITES_MAX && first + i < saving->sites_count)
			err = call(saving, first + i, &row,
				   before ? before[i].quiet_bytes : 0);
	}
	return err;
}

static uint32_t stage_of(const struct saving *saving, uint32_t id)
{
	const struct arena_site *sites = saving->image->sites.elements;
	const struct site_block *block =
		id < saving->image->sites.count && sites[id].block
			? clinic_arena_block(&saving->image->file, BLOCK_SITE,
					     sites[id].block - 1)
			: NULL;

	return block && block->stage < STAGE_NODES_MAX ? block->stage : 0;
}

static int sum_row(struct saving *saving, uint32_t id,
		   const struct site_row *row, int64_t quiet_bytes)
{
	struct site_sum *site = &saving->sites[id];
	struct stage_sum *stage = &saving->stages[stage_of(saving, id)];

	/*
	 * Allocations without a stack are not in here: they are the difference
	 * to the counters.
	 */
	if (id) {
		stage->sited_count += row->allocations_count;
		stage->sited_bytes += row->allocated_bytes;
	}

	site->threads_count += row->allocations_count > 0;
	site->frees_count += row->frees_count;
	site->temporary_count += row->temporary_count;
	site->lifetime_ticks += row->lifetime_ticks;
	site->live_count +=
		(int64_t)(row->allocations_count - row->frees_count);
	site->live_bytes += live_of(row);
	site->peak_bytes[PEAK_NOTED] += peak_of(saving->image, row);
	site->peak_bytes[PEAK_QUIET] += quiet_bytes;
	site->peak_bytes[PEAK_END] += live_of(row);
	return 0;
}

static uint64_t not_negative(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

/*
 * Fills in all that depends on frees, which is known only for all threads
 * together.
 */
static void fill_lives(const struct saving *saving, const struct site_sum *site,
		       struct clinic_allocation *row)
{
	if (!saving->image->file.head->has_live)
		return;
	row->frees_count = site->frees_count;
	row->temporary_count = site->temporary_count;
	row->leaked_count = not_negative(site->live_count);
	row->leaked_bytes = not_negative(site->live_bytes);
	row->peak_bytes = not_negative(site->peak_bytes[saving->peak]);
	row->lifetime_ns = clinic_arena_ticks_ns(&saving->image->file,
						 site->lifetime_ticks);
}

/*
 * Sampled allocations are not in the counters, and the counters of a damaged
 * arena are not believed.
 */
static bool has_counters(const struct saving *saving)
{
	return !saving->image->file.head->sample_bytes &&
	       !saving->image->file.damage;
}

/*
 * Site 0 stands for allocations without a call stack; their number comes from
 * the counters of their stage.
 */
static bool is_siteless(const struct saving *saving, uint32_t id)
{
	return !id && has_counters(saving);
}

static struct clinic_allocation begin_row(const struct saving *saving,
					  uint32_t id)
{
	struct clinic_counted_site site = clinic_counted_site(
		saving->sums->numbers,
		clinic_arena_site_number(saving->image, id));

	return (struct clinic_allocation){
		.stack_id = clinic_arena_stack_id(saving->sums, site.stack_id),
		.stage_id = site.stage_id,
	};
}

static int save_row(struct saving *saving, uint32_t id,
		    const struct site_row *row, int64_t quiet_bytes)
{
	struct clinic_allocation allocation;

	(void)quiet_bytes;
	if (!row->allocations_count || is_siteless(saving, id))
		return 0;
	allocation = begin_row(saving, id);
	allocation.thread_id = saving->thread_id;
	allocation.allocations_count = row->allocations_count;
	allocation.bytes = row->allocated_bytes;
	if (saving->sites[id].threads_count == 1)
		fill_lives(saving, &saving->sites[id], &allocation);
	return clinic_arena_sums_add(saving->sums, CLINIC_ALLOCATIONS,
				     &allocation);
}

static int save_shared_sites(struct saving *saving)
{
	int err = 0;

	for (uint32_t id = 0; !err && id < saving->sites_count; id++) {
		struct clinic_allocation row;

		if (saving->sites[id].threads_count < 2 &&
		    !(is_siteless(saving, id) &&
		      saving->sites[id].threads_count))
			continue;
		row = begin_row(saving, id);
		fill_lives(saving, &saving->sites[id], &row);
		err = clinic_arena_sums_add(saving->sums, CLINIC_ALLOCATIONS,
					    &row);
	}
	return err;
}

/*
 * Saves what a stage allocated without a call stack; it belongs to no thread.
 */
static int save_siteless(struct saving *saving)
{
	int err = 0;

	for (uint32_t node = 0; !err && node < STAGE_NODES_MAX; node++) {
		const struct stage_sum *stage = &saving->stages[node];
		struct clinic_allocation row = begin_row(saving, 0);
		char name[STAGE_NAME_BYTES];

		if (stage->counted_count <= stage->sited_count)
			continue;
		row.allocations_count =
			stage->counted_count - stage->sited_count;
		row.bytes = stage->counted_bytes > stage->sited_bytes
				    ? stage->counted_bytes - stage->sited_bytes
				    : 0;
		if (node &&
		    clinic_arena_stage(&saving->image->file, node, name))
			err = clinic_session_stage_id(saving->sums->session,
						      name, &row.stage_id);
		if (!err)
			err = clinic_arena_sums_add(saving->sums,
						    CLINIC_ALLOCATIONS, &row);
		saving->siteless_count += row.allocations_count;
	}
	return err;
}

static void sum_counters(struct saving *saving)
{
	const struct arena_file *file = &saving->image->file;

	for (size_t at = 0; at < file->blocks[BLOCK_THREAD].count; at++) {
		const struct thread_block *thread =
			clinic_arena_block(file, BLOCK_THREAD, at);

		for (uint32_t node = 0; node < STAGE_NODES_MAX; node++) {
			const struct stage_counts *counts =
				&thread->stages[node];
			struct stage_sum *sum = &saving->stages[node];

			sum->counted_bytes += counts->allocated_bytes;
			for (size_t i = 0; i < SIZE_CLASSES; i++)
				sum->counted_count += counts->sizes_count[i];
		}
	}
}

static void find_peak(struct saving *saving)
{
	const struct arena_image *image = saving->image;
	int64_t live_bytes = 0;

	for (uint32_t id = 0; id < saving->sites_count; id++)
		live_bytes += saving->sites[id].live_bytes;
	saving->peak_bytes[PEAK_NOTED] =
		not_negative(image->file.head->peak_bytes);
	saving->peak_bytes[PEAK_QUIET] = not_negative(image->quiet_peak.bytes);
	saving->peak_bytes[PEAK_END] = not_negative(live_bytes);
	for (enum peak peak = PEAK_NOTED; peak < PEAKS; peak++)
		if (saving->peak_bytes[peak] > saving->peak_bytes[saving->peak])
			saving->peak = peak;
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
	if (!saving->image->file.damage) {
		find_peak(saving);
		sum_counters(saving);
	}
	for (size_t at = 0; !err && at < count; at++)
		err = save_block(saving, at);
	if (!err)
		err = save_shared_sites(saving);
	return err || !has_counters(saving) ? err : save_siteless(saving);
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
			err = clinic_arena_sums_add(
				saving->sums, CLINIC_ALLOCATION_SIZES, &size);
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

/*
 * Each of several threads adds its live bytes to the sum in portions. The true
 * peak may be higher by all that the threads had not added yet.
 */
static uint64_t peak_margin_bytes(const struct saving *saving)
{
	uint64_t threads_count = saving->image->file.head->peak_threads_count;
	uint64_t most = saving->peak_bytes[PEAK_NOTED] +
			threads_count * LIVE_PORTION_BYTES;

	return most > saving->peak_bytes[saving->peak]
		       ? most - saving->peak_bytes[saving->peak]
		       : 0;
}

static uint64_t peak_time_ns(const struct saving *saving)
{
	const struct arena_file *file = &saving->image->file;

	switch (saving->peak) {
	case PEAK_QUIET:
		return saving->image->quiet_peak.time_ns;
	case PEAK_END:
		return clinic_arena_instant_ns(file, file->head->ended_ticks);
	default:
		return clinic_arena_instant_ns(file, file->head->peak_ticks);
	}
}

/*
 * If there was no room for some call stacks, all allocations without one are
 * counted as lost.
 */
static uint64_t count_lost(const struct saving *saving)
{
	const struct arena_head *head = saving->image->file.head;

	if (!has_counters(saving))
		return head->sites_lost_count;
	return head->sites_lost_count || head->lost_count
		       ? saving->siteless_count
		       : 0;
}

static void save_quality(const struct saving *saving)
{
	struct clinic_quality *quality =
		clinic_session_quality(saving->sums->session);
	const struct arena_head *head = saving->image->file.head;
	uint64_t peak_bytes = saving->peak_bytes[saving->peak];

	quality->allocations_observed = 1;
	if (saving->image->file.damage)
		return;
	quality->unmatched_frees_count += head->unmatched_frees_count;
	quality->lost_allocations_count += count_lost(saving);
	/* Each process has a peak of its own; the largest is kept. */
	if (peak_bytes > quality->peak_bytes) {
		quality->peak_bytes = peak_bytes;
		quality->peak_margin_bytes = peak_margin_bytes(saving);
		quality->peak_time_ns = peak_time_ns(saving);
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
