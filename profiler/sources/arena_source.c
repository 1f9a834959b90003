/* Finds all arenas of a run as they appear, and drains them until they end. */
#include "sources/arena_source.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "foundation/growing_array.h"
#include "foundation/row_index.h"
#include "shared_memory/settings.h"
#include "shared_memory/ticks.h"
#include "sources/arena_changes.h"
#include "sources/file_owner.h"
#include "sources/preload_injection.h"

/* A folder's time of modification may be as coarse as that. */
#define FOLDER_SETTLE_S 1

struct arena_source {
	struct clinic_arena_plan plan;
	struct clinic_modules *modules;
	struct clinic_preload_injection injection;
	struct timespec scanned; /* when the folder was last changed */
	size_t handed_count;     /* files beside it, at that scan */
	struct arena_image **images;
	size_t images_count, images_room;
	struct clinic_row_index names; /* of images, and of what is none */
	char (*known)[32];
	size_t known_count, known_room;
	size_t unreadable_count;
	uint32_t drains_count;
};

static bool is_known(const struct arena_source *source, const char *name,
		     uint32_t hash)
{
	struct clinic_row_cursor at;
	uint32_t id = clinic_row_index_first(&source->names, hash, &at);

	while (id != CLINIC_NO_ROW && strcmp(source->known[id], name))
		id = clinic_row_index_next(&source->names, &at);
	return id != CLINIC_NO_ROW;
}

static int keep_name(struct arena_source *source, const char *name,
		     uint32_t hash)
{
	char(*grown)[32] = clinic_grow(source->known, source->known_count,
				       &source->known_room, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	source->known = grown;
	snprintf(grown[source->known_count], sizeof(*grown), "%s", name);
	return clinic_row_index_add(&source->names, hash,
				    (uint32_t)source->known_count++);
}

/* Images are sorted by process, and then in the order of its execs. */
static int insert_image(struct arena_source *source, struct arena_image *image)
{
	struct arena_image **grown =
		clinic_grow(source->images, source->images_count,
			    &source->images_room, sizeof(struct arena_image *));
	size_t at = source->images_count;

	if (!grown)
		return -ENOMEM;
	source->images = grown;
	for (; at && strverscmp(grown[at - 1]->file.name, image->file.name) > 0;
	     at--)
		grown[at] = grown[at - 1];
	grown[at] = image;
	source->images_count++;
	return 0;
}

/*
 * An arena whose head is not written yet is tried again at the next scan, if
 * there is one.
 */
static int add_image(struct arena_source *source, const char *name,
		     bool is_final)
{
	uint32_t hash = clinic_row_hash(name, strlen(name));
	struct arena_image *image;
	int err;

	if (is_known(source, name, hash))
		return 0;
	err = clinic_arena_image_open(&source->injection.folder, name,
				      source->modules, &image);
	if (err == -ENOMEM || (err == -EBADMSG && !is_final))
		return err == -ENOMEM ? err : 0;
	if (err)
		source->unreadable_count++;
	else
		err = insert_image(source, image);
	return err == -ENOMEM ? err : keep_name(source, name, hash);
}

struct scan {
	struct arena_source *source;
	bool is_final;
};

static int scan_name(void *context, const char *name)
{
	const struct scan *scan = context;

	return add_image(scan->source, name, scan->is_final);
}

static bool is_unchanged(const struct arena_source *source,
			 const struct stat *status)
{
	return status->st_mtim.tv_sec == source->scanned.tv_sec &&
	       status->st_mtim.tv_nsec == source->scanned.tv_nsec &&
	       source->injection.folder.door.files_count ==
		       source->handed_count &&
	       time(NULL) > status->st_mtim.tv_sec + FOLDER_SETTLE_S;
}

static int find_images(struct arena_source *source, bool is_final)
{
	struct clinic_shared_folder *folder = &source->injection.folder;
	struct scan scan = {source, is_final};
	struct stat status;

	clinic_handover_receive(&folder->door);
	if (fstat(folder->fd, &status))
		return -errno;
	if (!is_final && is_unchanged(source, &status))
		return 0;
	source->scanned = status.st_mtim;
	source->handed_count = folder->door.files_count;
	return clinic_shared_folder_each(folder, scan_name, &scan);
}

static int emit_damage(struct arena_image *image,
		       const struct arena_emission *emission)
{
	struct clinic_event event = {.kind = CLINIC_EVENT_DAMAGED,
				     .pid = image->file.pid,
				     .damage = image->file.damage};

	if (!image->file.damage || image->is_damage_emitted)
		return 0;
	image->is_damage_emitted = true;
	return emission->on_event(emission->context, &event);
}

/* What the program counted before its end can be read after this. */
static bool has_ended(const struct arena_image *image)
{
	return __atomic_load_n(&image->file.head->ended_ticks,
			       __ATOMIC_ACQUIRE) != 0;
}

/*
 * A process that was killed, or became a program that we do not observe, leaves
 * no end in its arena. Its number may be one of another namespace.
 */
static bool is_gone(const struct arena_image *image)
{
	return kill((pid_t)image->file.pid, 0) && errno == ESRCH &&
	       (has_ended(image) ||
		!clinic_number_is_used(image->file.head->pid));
}

/* Is called before the drain, so that nothing comes after the last one. */
static void find_gone(struct arena_source *source)
{
	if (source->images_count <= CLINIC_ARENAS_MOST)
		return;
	for (size_t i = 0; i < source->images_count; i++)
		if (!source->images[i]->is_gone)
			source->images[i]->is_gone = is_gone(source->images[i]);
}

static int drain_image(struct arena_source *source, struct arena_image *image,
		       const struct arena_emission *drain)
{
	struct arena_emission emission = *drain;
	int err;

	/*
	 * The end is read before the rows are, so that nothing can be written
	 * after the last look.
	 */
	image->is_done = image->is_gone || has_ended(image);
	emission.is_final |= image->is_done;
	emission.is_full = emission.is_final ||
			   image->looks_count++ < CLINIC_ARENA_LOOKS;
	/* Hooks see the new number before we look at what they did. */
	__atomic_store_n(&image->file.head->drains_count, emission.drains_count,
			 __ATOMIC_SEQ_CST);
	err = clinic_arena_image_refresh(image);
	if (!err && source->plan.with_alloc &&
	    !image->file.head->is_unobservable)
		err = clinic_arena_emit_allocations(image, &emission);
	if (!err && source->plan.with_lock)
		err = clinic_arena_emit_locks(image, &emission);
	return err ? err : emit_damage(image, &emission);
}

static int drain(void *state, uint64_t until_ns, clinic_on_event *on_event,
		 void *context)
{
	struct arena_source *source = state;
	struct arena_emission emission = {
		.on_event = on_event,
		.context = context,
		.time_ns = until_ns == UINT64_MAX ? clock_ns() : until_ns,
		.is_final = until_ns == UINT64_MAX,
		.drains_count = ++source->drains_count,
	};
	int err = find_images(source, emission.is_final);

	find_gone(source);
	for (size_t i = 0; !err && i < source->images_count; i++)
		if (!source->images[i]->is_done || emission.is_final)
			err = drain_image(source, source->images[i], &emission);
	return err;
}

static void forget_name(struct arena_source *source, const char *name)
{
	for (size_t i = 0; i < source->known_count; i++)
		if (!strcmp(source->known[i], name)) {
			memmove(source->known[i],
				source->known[--source->known_count],
				sizeof(*source->known));
			return;
		}
}

/* Builds the index anew, because another process may get a name that is free.
 */
static int index_names(struct arena_source *source)
{
	int err = 0;

	clinic_row_index_clear(&source->names);
	for (size_t i = 0; !err && i < source->known_count; i++)
		err = clinic_row_index_add(
			&source->names,
			clinic_row_hash(source->known[i],
					strlen(source->known[i])),
			(uint32_t)i);
	return err;
}

static void remove_image(struct arena_source *source, size_t at)
{
	struct arena_image *image = source->images[at];

	forget_name(source, image->file.name);
	clinic_shared_folder_drop(&source->injection.folder, image->file.name);
	clinic_arena_image_free(image);
	source->images_count--;
	memmove(&source->images[at], &source->images[at + 1],
		(source->images_count - at) * sizeof(struct arena_image *));
}

static bool is_replaced(const struct arena_source *source, size_t at)
{
	return at + 1 < source->images_count &&
	       source->images[at + 1]->file.pid == source->images[at]->file.pid;
}

int clinic_arena_source_retire(const struct clinic_source *opened,
			       int (*on_ended)(void *context,
					       const struct arena_image *image),
			       void *context, size_t *retired_count)
{
	struct arena_source *source = opened->state;
	size_t at = 0;
	int err = 0;

	*retired_count = 0;
	if (source->images_count <= CLINIC_ARENAS_MOST)
		return 0;
	while (!err && at < source->images_count &&
	       source->images_count > CLINIC_ARENAS_MOST / 2) {
		struct arena_image *image = source->images[at];

		if (!image->is_gone || !image->is_done) {
			at++;
			continue;
		}
		image->is_replaced = is_replaced(source, at);
		err = on_ended(context, image);
		remove_image(source, at);
		++*retired_count;
	}
	return err ? err : index_names(source);
}

static void describe(const void *state, struct clinic_source_facts *facts)
{
	(void)state;
	*facts = (struct clinic_source_facts){.backend = "preload",
					      .event = "counters"};
}

static unsigned period_ms(const void *state)
{
	(void)state;
	return CLINIC_ARENA_PERIOD_MS;
}

/* Nothing is stopped: the program goes on counting. */
static void stop(void *state)
{
	(void)state;
}

static void close_source(void *state)
{
	struct arena_source *source = state;

	for (size_t i = 0; i < source->images_count; i++)
		clinic_arena_image_free(source->images[i]);
	free(source->images);
	free(source->known);
	clinic_row_index_clear(&source->names);
	clinic_preload_injection_close(&source->injection);
	free(source);
}

static int add_settings(struct clinic_preload_injection *injection,
			const struct clinic_arena_plan *plan)
{
	int err = clinic_preload_injection_set(injection, SETTING_ARENA_FOLDER,
					       "%s", injection->folder.path);

	if (!err && plan->with_alloc)
		err = clinic_preload_injection_set(injection, SETTING_STACKS,
						   SETTING_ON);
	if (!err && plan->with_alloc)
		err = clinic_preload_injection_set(injection, SETTING_LIVE,
						   SETTING_ON);
	if (!err && plan->with_lock)
		err = clinic_preload_injection_set(injection, SETTING_LOCKS,
						   SETTING_ON);
	if (!err && plan->sample_bytes)
		err = clinic_preload_injection_set(
			injection, SETTING_SAMPLE_BYTES, "%" PRIu64,
			plan->sample_bytes);
	if (!err && plan->no_alloc_in)
		err = clinic_preload_injection_set(
			injection, SETTING_ZERO_ALLOC, "%s", plan->no_alloc_in);
	return err;
}

int clinic_arena_source_open(const struct clinic_arena_plan *plan,
			     struct clinic_modules *modules,
			     struct clinic_source *source)
{
	struct arena_source *opened = calloc(1, sizeof(*opened));
	int err;

	if (!opened)
		return -ENOMEM;
	opened->plan = *plan;
	opened->modules = modules;
	err = clinic_preload_injection_open(&opened->injection, plan->preload,
					    "clinic-alloc-",
					    SETTING_ARENA_HANDOVER);
	if (!err)
		err = add_settings(&opened->injection, plan);
	if (err) {
		close_source(opened);
		return err;
	}
	*source = (struct clinic_source){
		.state = opened,
		.describe = describe,
		.drain = drain,
		.period_ms = period_ms,
		.stop = stop,
		.close = close_source,
	};
	return 0;
}

char *const *clinic_arena_source_settings(const struct clinic_source *source)
{
	const struct arena_source *opened = source->state;

	return opened->injection.settings;
}

void clinic_arena_source_facts_get(const struct clinic_source *source,
				   struct clinic_arena_facts *facts)
{
	const struct arena_source *opened = source->state;

	*facts = (struct clinic_arena_facts){
		.images = opened->images,
		.images_count = opened->images_count,
		.unreadable_count = opened->unreadable_count,
	};
	clinic_preload_injection_unseen(&opened->injection, &facts->unseen);
}
