#include "collect/alloc_raw.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "collect/alloc_capture.h"
#include "collect/alloc_rows.h"
#include "sources/arena_reading.h"
#include "collect/lock_raw.h"
#include "collect/naming.h"
#include "collect/address_stacks.h"
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
		clinic_grow(image->spaces, image->spaces_count,
			    &image->spaces_capacity, sizeof(*grown));
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
	struct clinic_address_frame frame = {.address = address,
					     .module = CLINIC_ADDRESS_NOWHERE,
					     .parent = *stack};
	struct clinic_place place;

	if (space && !clinic_space_find(space, address, &place)) {
		frame.module = (uint32_t)clinic_module_index(place.module);
		frame.address = place.file_offset;
	}
	return clinic_address_stacks_push(reading->raw, &frame, stack);
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

static int save_image(struct arena_reading *reading, struct arena_image *image)
{
	int err = name_stages(reading, image);

	if (!err && reading->with_alloc && !image->file.head->is_unobservable)
		err = clinic_alloc_rows_save(reading, image);
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
	struct arena_image *grown =
		clinic_grow(reading->images, reading->images_count,
			    &reading->images_capacity, sizeof(*grown));
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
	return err ? err : clinic_alloc_rows_sum(reading, image);
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
	const char *why = capture->unobservable;
	char text[PATH_MAX + 300];

	if (reading->images_count)
		return 0;
	snprintf(text, sizeof(text), "allocations of %s are not observable: %s",
		 capture->program,
		 why ? why : "the library was not loaded into it");
	return clinic_session_add_note(reading->session, 1, text);
}

#define UNFIT_NOTES_MAX 4

static int note_one_unfit(struct arena_reading *reading,
			  const struct text_block *unfit)
{
	char text[PATH_MAX + 100];
	int bytes = unfit->bytes < PATH_MAX ? (int)unfit->bytes : PATH_MAX;

	snprintf(text, sizeof(text), "not observed: %.*s", bytes, unfit->text);
	return clinic_session_add_note(reading->session, 1, text);
}

/* Programs that were started without the library: the first few of them. */
static int note_unfit(struct arena_reading *reading)
{
	const struct text_block *unfit = NULL;
	size_t at = 0, count = 0;
	int err = 0;

	while (!err && at < reading->images_count && count < UNFIT_NOTES_MAX) {
		unfit = clinic_arena_next(&reading->images[at].file,
					  BLOCK_UNFIT, unfit);
		at += !unfit;
		count += unfit != NULL;
		if (unfit)
			err = note_one_unfit(reading, unfit);
	}
	return err;
}

/* What it was before an exec is not its end. */
static bool is_last_of_process(const struct arena_reading *reading, size_t at)
{
	return at + 1 == reading->images_count ||
	       reading->images[at + 1].file.head->pid !=
		       reading->images[at].file.head->pid;
}

/* From here a kill and an exec of what the library cannot enter look alike. */
static int note_unfinished(struct arena_reading *reading)
{
	size_t count = 0;
	char text[300];

	for (size_t i = 0; i < reading->images_count; i++)
		count += is_last_of_process(reading, i) &&
			 !reading->images[i].file.head->ended.ticks;
	if (!count)
		return 0;
	snprintf(text, sizeof(text),
		 "%zu %s without an end: killed, or gone on as a program that "
		 "is not observable (static, setuid), whose allocations and "
		 "locks are then missing",
		 count, count == 1 ? "process is" : "processes are");
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
		err = clinic_address_stacks_new(&reading.raw);
	if (!err)
		err = read_folder(&reading, capture->folder);
	if (!err)
		err = save(&reading, naming);
	if (!err)
		err = note_unobserved(&reading, capture);
	if (!err)
		err = note_unfit(&reading);
	if (!err)
		err = note_unfinished(&reading);
	if (!err)
		err = note_damaged(&reading);
	if (!err)
		err = note_sampled(&reading, capture);
	for (size_t i = 0; i < reading.images_count; i++)
		free_image(&reading.images[i]);
	free(reading.images);
	free(reading.stacks);
	clinic_address_stacks_free(reading.raw);
	clinic_modules_free(reading.modules);
	return err;
}
