#include "collect/alloc_raw.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/alloc_capture.h"
#include "collect/arena_reading.h"
#include "collect/naming.h"
#include "collect/lock_raw.h"
#include "collect/observable.h"
#include "collect/raw_stacks.h"
#include "session/session.h"
#include "unwind/address_space.h"

static void free_image(struct arena_image *image)
{
	for (uint32_t i = 0; i < image->spaces_count; i++)
		clinic_space_free(image->spaces[i]);
	free(image->spaces);
	free(image->sites);
	free(image->stages);
	clinic_arena_close(&image->file);
}

static int map_line(struct clinic_space *space, const char *line)
{
	struct clinic_mapping mapping;
	char path[PATH_MAX];

	return clinic_arena_mapping(line, &mapping, path)
		       ? clinic_space_map(space, &mapping)
		       : -EBADMSG;
}

static int read_listing(struct arena_reading *reading,
			struct arena_image *image,
			const struct text_block *listing)
{
	struct clinic_space *space;
	struct clinic_space **grown =
		realloc(image->spaces, (image->spaces_count + 1) *
					       sizeof(struct clinic_space *));
	const char *at = listing->text, *end = at + listing->bytes, *newline;
	int err;

	if (!grown)
		return -ENOMEM;
	image->spaces = grown;
	err = clinic_space_new(reading->modules, (pid_t)image->file.head->pid,
			       &space);
	if (err)
		return err;
	image->spaces[image->spaces_count++] = space;
	for (; !err && at < end; at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline)
			break;
		err = map_line(space, at);
	}
	return err == -EBADMSG ? 0 : err;
}

static int read_listings(struct arena_reading *reading,
			 struct arena_image *image)
{
	const struct text_block *listing = NULL;
	int err = 0;

	while (!err &&
	       (listing = clinic_arena_next(&image->file, BLOCK_MAPS, listing)))
		err = read_listing(reading, image, listing);
	return err;
}

static int push_frame(struct arena_reading *reading,
		      const struct clinic_space *space, uint64_t address,
		      uint32_t *stack)
{
	struct clinic_raw_frame frame = {.address = address,
					 .module = CLINIC_RAW_NOWHERE,
					 .parent = *stack};
	struct clinic_place place;

	if (space && !clinic_space_find(space, address, &place)) {
		frame.module = (uint32_t)clinic_module_index(place.module);
		frame.address = place.file_offset;
	}
	return clinic_raw_stacks_push(reading->raw, &frame, stack);
}

static int push_frames(struct arena_reading *reading,
		       const struct arena_image *image, uint32_t maps_at,
		       const uint64_t *frames, uint32_t count, uint32_t *stack)
{
	const struct clinic_space *space =
		maps_at < image->spaces_count ? image->spaces[maps_at] : NULL;
	int err = 0;

	*stack = 0;
	while (!err && count)
		err = push_frame(reading, space, frames[--count], stack);
	return err;
}

static int read_sites(struct arena_reading *reading, struct arena_image *image)
{
	const struct site_block *block = NULL;
	uint64_t count = image->file.head->sites_count + 1;
	int err = 0;

	image->sites_count = (uint32_t)(count < SITES_MAX ? count : SITES_MAX);
	image->sites = calloc(image->sites_count, sizeof(*image->sites));
	if (!image->sites)
		return -ENOMEM;
	while (!err &&
	       (block = clinic_arena_next(&image->file, BLOCK_SITE, block))) {
		struct arena_site *site = &image->sites[block->id];

		if (!block->id || block->id >= image->sites_count)
			continue;
		site->block = block;
		err = push_frames(reading, image, block->maps_at, block->frames,
				  block->frames_count, &site->raw_stack);
	}
	return err;
}

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

int clinic_arena_thread_id(struct clinic_session *session,
			   const struct arena_image *image, uint64_t thread_at,
			   uint32_t *id)
{
	const struct thread_block *thread =
		clinic_arena_thread(&image->file, thread_at);
	char name[sizeof(thread->name) + 1] = "";

	*id = 0;
	/* One that stands for several threads is none of them. */
	if (!thread || thread->folded_count)
		return 0;
	memcpy(name, thread->name, sizeof(thread->name));
	return clinic_session_thread_id(session, image->file.head->pid,
					thread->tid, name, id);
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
		   : clinic_session_add_allocation(reading->session,
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
		err = clinic_session_add_allocation(reading->session, &row);
	}
	return err;
}

static int name_stages(struct arena_reading *reading, struct arena_image *image)
{
	const struct stage_table *table = image->file.stages;
	int err = 0;

	image->stages = calloc(STAGE_NODES_MAX, sizeof(*image->stages));
	if (!image->stages)
		return -ENOMEM;
	for (uint32_t i = 1; !err && table && i < STAGE_NODES_MAX; i++)
		if (table->nodes[i].name[0])
			err = clinic_session_stage_id(reading->session,
						      table->nodes[i].name,
						      &image->stages[i]);
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
			err = clinic_session_add_allocation_size(
				reading->session, &size);
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

static int save_allocations(struct arena_reading *reading,
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

static int save_image(struct arena_reading *reading, struct arena_image *image)
{
	int err = name_stages(reading, image);

	if (!err && reading->with_alloc && !image->file.head->is_unobservable)
		err = save_allocations(reading, image);
	if (!err && reading->with_lock)
		err = clinic_lock_save(reading, image);
	return err;
}

static const char *command_of(const struct arena_image *image)
{
	const struct text_block *command = image->file.command;

	return command && command->bytes &&
			       memchr(command->text, 0, command->bytes)
		       ? command->text
		       : "a program";
}

static int note_bypassed(struct arena_reading *reading,
			 const struct arena_image *image)
{
	char text[PATH_MAX + 200];

	snprintf(text, sizeof(text),
		 "allocations of %s (process %" PRIu32
		 ") are not observable: it brings its own malloc, whose calls "
		 "never leave it",
		 command_of(image), image->file.head->pid);
	return clinic_session_add_note(reading->session, 1, text);
}

static int read_image(struct arena_reading *reading, const char *path)
{
	struct arena_image *grown = realloc(
		reading->images, (reading->images_count + 1) * sizeof(*grown));
	struct arena_image *image;
	int err;

	if (!grown)
		return -ENOMEM;
	reading->images = grown;
	image = &grown[reading->images_count];
	memset(image, 0, sizeof(*image));
	err = clinic_arena_open(path, &image->file);
	if (err) {
		reading->damaged_count++;
		return err == -ENOMEM ? err : 0;
	}
	reading->images_count++;
	if (image->file.head->is_unobservable && reading->with_alloc)
		err = note_bypassed(reading, image);
	if (!err)
		err = read_listings(reading, image);
	if (!err)
		err = read_sites(reading, image);
	return err ? err : each_row(reading, image, sum_row);
}

static int read_folder(struct arena_reading *reading, const char *folder)
{
	struct dirent **files;
	int count = scandir(folder, &files, NULL, versionsort);
	int err = count < 0 ? -errno : 0;

	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", folder, files[i]->d_name);
		if (!err && files[i]->d_name[0] != '.')
			err = read_image(reading, path);
		free(files[i]);
	}
	if (count >= 0)
		free(files);
	return err;
}

/* Nothing was left behind: say why, where that can be known. */
static int note_unobserved(struct arena_reading *reading,
			   const struct clinic_alloc_capture *capture)
{
	const char *why = clinic_unobservable(capture->program);
	char text[PATH_MAX + 300];

	if (reading->images_count)
		return 0;
	snprintf(text, sizeof(text), "allocations of %s are not observable: %s",
		 capture->program,
		 why ? why : "the library was not loaded into it");
	return clinic_session_add_note(reading->session, 1, text);
}

static int note_sampled(struct arena_reading *reading,
			const struct clinic_alloc_capture *capture)
{
	char text[200];

	if (!capture->plan.sample_bytes)
		return 0;
	snprintf(text, sizeof(text),
		 "allocations are estimated from samples, one in %" PRIu64
		 " bytes: counts, bytes and leaks are unbiased sums, not exact",
		 capture->plan.sample_bytes);
	return clinic_session_add_note(reading->session, 0, text);
}

static int note_damaged(struct arena_reading *reading)
{
	char text[120];

	if (!reading->damaged_count)
		return 0;
	snprintf(text, sizeof(text),
		 "%zu allocation records could not be read and are missing",
		 reading->damaged_count);
	return clinic_session_add_note(reading->session, 1, text);
}

static int save(struct arena_reading *reading,
		const struct clinic_naming_options *naming)
{
	struct clinic_naming_facts facts = {0};
	int err = clinic_naming_run(naming, reading->modules, reading->raw,
				    reading->session, &reading->stacks, &facts);

	for (size_t i = 0; !err && i < reading->images_count; i++)
		err = save_image(reading, &reading->images[i]);
	return err;
}

int clinic_alloc_collect(struct clinic_alloc_capture *capture,
			 const struct clinic_naming_options *naming,
			 struct clinic_session *session)
{
	struct arena_reading reading = {
		.session = session,
		.with_alloc = capture->plan.with_alloc,
		.with_lock = capture->plan.with_lock,
	};
	int err = clinic_modules_new(&reading.modules);

	if (!err)
		err = clinic_raw_stacks_new(&reading.raw);
	if (!err)
		err = read_folder(&reading, capture->folder);
	if (!err)
		err = save(&reading, naming);
	if (!err)
		err = note_unobserved(&reading, capture);
	if (!err)
		err = note_damaged(&reading);
	if (!err)
		err = note_sampled(&reading, capture);
	for (size_t i = 0; i < reading.images_count; i++)
		free_image(&reading.images[i]);
	free(reading.images);
	free(reading.stacks);
	clinic_raw_stacks_free(reading.raw);
	clinic_modules_free(reading.modules);
	return err;
}
