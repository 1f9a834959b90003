#include "collect/lock_raw.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "foundation/growing_array.h"
#include "sources/data_symbol.h"
#include "session/session.h"

static const char *const kinds[LOCK_KINDS] = {
	[LOCK_MUTEX] = "mutex", [LOCK_RWLOCK] = "rwlock", [LOCK_COND] = "cond",
	[LOCK_SEM] = "sem",     [LOCK_JOIN] = "join",
};

/* A file that the process had loaded. */
struct object {
	char path[PATH_MAX];
	struct clinic_loaded_range range;
};

/* How often a lock was waited for. */
struct waited {
	uint64_t lock_at;
	uint64_t count;
};

struct locks {
	struct arena_reading *reading;
	const struct arena_image *image;
	struct object *objects;
	size_t objects_count, objects_capacity;
	struct waited *waited; /* few: only locks that somebody waited for */
	size_t waited_count, waited_capacity;
};

static int add_object(struct locks *locks, const char *line)
{
	struct object *grown, *object;
	struct clinic_mapping mapping;

	grown = clinic_grow(locks->objects, locks->objects_count,
			    &locks->objects_capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	locks->objects = grown;
	object = &grown[locks->objects_count];
	if (clinic_arena_mapping(line, &mapping, object->path) &&
	    object->path[0] == '/' &&
	    !clinic_loaded_range(&mapping, &object->range))
		locks->objects_count++;
	return 0;
}

static int find_objects(struct locks *locks)
{
	const struct text_block *maps = NULL;
	int err = 0;

	while (!err && (maps = clinic_arena_next(&locks->image->file,
						 BLOCK_MAPS, maps))) {
		const char *line = maps->text, *end = line + maps->bytes;
		const char *newline;

		for (; !err && line < end &&
		       (newline = memchr(line, '\n', (size_t)(end - line)));
		     line = newline + 1)
			err = add_object(locks, line);
	}
	return err;
}

/* A static lock by its name; any other by its address. */
static void name_lock(const struct locks *locks, const struct lock_block *lock,
		      char *name, size_t bytes)
{
	for (size_t i = 0; i < locks->objects_count; i++) {
		const struct object *object = &locks->objects[i];
		uint64_t address = lock->address - object->range.bias;

		if (lock->address < object->range.low ||
		    lock->address >= object->range.high)
			continue;
		if (clinic_data_symbol(object->path, address, name, bytes))
			snprintf(name, bytes, "%s+0x%" PRIx64, object->path,
				 address);
		return;
	}
	snprintf(name, bytes, "0x%" PRIx64, lock->address);
}

static int add_waited(struct locks *locks, const struct wait_block *wait)
{
	struct waited *grown;

	for (size_t i = 0; i < locks->waited_count; i++)
		if (locks->waited[i].lock_at == wait->lock_at) {
			locks->waited[i].count += wait->count;
			return 0;
		}
	grown = clinic_grow(locks->waited, locks->waited_count,
			    &locks->waited_capacity, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	locks->waited = grown;
	grown[locks->waited_count++] =
		(struct waited){wait->lock_at, wait->count};
	return 0;
}

static uint64_t waits_for(const struct locks *locks,
			  const struct lock_block *lock)
{
	uint64_t lock_at = (uint64_t)((const char *)lock -
				      (const char *)locks->image->file.head);

	for (size_t i = 0; i < locks->waited_count; i++)
		if (locks->waited[i].lock_at == lock_at)
			return locks->waited[i].count;
	return 0;
}

static int begin_row(const struct locks *locks, const struct lock_block *lock,
		     struct clinic_lock *row)
{
	char name[PATH_MAX + 32];
	int err;

	*row = (struct clinic_lock){0};
	name_lock(locks, lock, name, sizeof(name));
	err = clinic_session_text_id(locks->reading->session, kinds[lock->kind],
				     &row->kind_id);
	if (!err)
		err = clinic_session_text_id(locks->reading->session, name,
					     &row->name_id);
	return err;
}

static uint32_t stack_of(const struct arena_reading *reading,
			 const struct arena_image *image, uint32_t site)
{
	return site < image->sites_count
		       ? reading->stacks[image->sites[site].raw_stack]
		       : 0;
}

static uint32_t stage_of(const struct arena_image *image, uint32_t site)
{
	return site < image->sites_count && image->sites[site].block
		       ? image->stages[image->sites[site].block->stage]
		       : 0;
}

static int save_wait(struct locks *locks, const struct wait_block *wait)
{
	const struct arena_image *image = locks->image;
	struct clinic_session *session = locks->reading->session;
	const struct lock_block *lock =
		clinic_arena_lock(&image->file, wait->lock_at);
	struct clinic_lock row;
	int err;

	if (!lock || !wait->count)
		return 0;
	err = begin_row(locks, lock, &row);
	row.stack_id = stack_of(locks->reading, image, wait->site);
	row.owner_stack_id = stack_of(locks->reading, image, wait->owner_site);
	row.stage_id = stage_of(image, wait->site);
	row.acquisitions_count = wait->count;
	row.contended_count = wait->count;
	row.wait_ns = wait->wait_ns;
	row.longest_wait_ns = wait->longest_ns;
	row.hold_ns = wait->hold_ns;
	if (!err)
		err = clinic_arena_thread_id(session, image, wait->thread_at,
					     &row.thread_id);
	if (!err)
		err = clinic_session_add(session, CLINIC_LOCKS, &row);
	return err ? err : add_waited(locks, wait);
}

static int save_uncontended(const struct locks *locks,
			    const struct lock_block *lock)
{
	uint64_t waits = waits_for(locks, lock);
	struct clinic_lock row;
	int err;

	if (lock->acquisitions_count <= waits)
		return 0;
	err = begin_row(locks, lock, &row);
	row.acquisitions_count = lock->acquisitions_count - waits;
	return err ? err
		   : clinic_session_add(locks->reading->session, CLINIC_LOCKS,
					&row);
}

static int note_deadlock(struct arena_reading *reading,
			 const struct arena_image *image)
{
	char text[120];

	if (!image->file.head->deadlocks_count)
		return 0;
	snprintf(text, sizeof(text),
		 "process %" PRIu32 " ran into a deadlock; its threads and "
		 "locks were told when it was found",
		 image->file.head->pid);
	return clinic_session_add_note(reading->session, 1, text);
}

int clinic_lock_save(struct arena_reading *reading,
		     const struct arena_image *image)
{
	struct locks locks = {.reading = reading, .image = image};
	const struct wait_block *wait = NULL;
	const struct lock_block *lock = NULL;
	int err = note_deadlock(reading, image);

	if (!err)
		err = find_objects(&locks);
	while (!err &&
	       (wait = clinic_arena_next(&image->file, BLOCK_WAIT, wait)))
		err = save_wait(&locks, wait);
	while (!err &&
	       (lock = clinic_arena_next(&image->file, BLOCK_LOCK, lock)))
		err = save_uncontended(&locks, lock);
	free(locks.objects);
	free(locks.waited);
	return err;
}
