#include "collect/lock_raw.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/data_symbol.h"
#include "session/session.h"

static const char *const kinds[LOCK_KINDS] = {
	[LOCK_MUTEX] = "mutex", [LOCK_RWLOCK] = "rwlock", [LOCK_COND] = "cond",
	[LOCK_SEM] = "sem",     [LOCK_JOIN] = "join",
};

/* Whether the file of this line of maps has the variable. */
static bool name_by_line(const char *line, uint64_t address, char *name,
			 size_t bytes)
{
	char path[PATH_MAX];
	uint64_t start, offset;

	if (sscanf(line, "%" SCNx64 "-%*x %*s %" SCNx64 " %*s %*s %4095[^\n]",
		   &start, &offset, path) != 3 ||
	    path[0] != '/')
		return false;
	return clinic_data_symbol_at(path, start, offset, address, name,
				     bytes) != -ERANGE;
}

/* A static lock by its name; any other by its address. */
static void name_lock(const struct arena_image *image,
		      const struct lock_block *lock, char *name, size_t bytes)
{
	const struct text_block *maps = NULL;

	while ((maps = clinic_arena_next(&image->file, BLOCK_MAPS, maps))) {
		const char *line = maps->text, *end = line + maps->bytes;
		const char *newline;

		for (; line < end &&
		       (newline = memchr(line, '\n', (size_t)(end - line)));
		     line = newline + 1)
			if (name_by_line(line, lock->address, name, bytes))
				return;
	}
	snprintf(name, bytes, "0x%" PRIx64, lock->address);
}

static int begin_row(struct arena_reading *reading,
		     const struct arena_image *image,
		     const struct lock_block *lock, struct clinic_lock *row)
{
	char name[256];
	int err;

	*row = (struct clinic_lock){0};
	name_lock(image, lock, name, sizeof(name));
	err = clinic_session_text_id(reading->session, kinds[lock->kind],
				     &row->kind_id);
	if (!err)
		err = clinic_session_text_id(reading->session, name,
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

static int save_wait(struct arena_reading *reading,
		     const struct arena_image *image,
		     const struct wait_block *wait)
{
	const struct lock_block *lock =
		clinic_arena_lock(&image->file, wait->lock_at);
	struct clinic_lock row;
	int err = lock ? begin_row(reading, image, lock, &row) : 0;

	if (err || !lock || !wait->count)
		return err;
	row.stack_id = stack_of(reading, image, wait->site);
	row.owner_stack_id = stack_of(reading, image, wait->owner_site);
	row.stage_id = stage_of(image, wait->site);
	row.acquisitions_count = wait->count;
	row.contended_count = wait->count;
	row.wait_ns = wait->wait_ns;
	row.longest_wait_ns = wait->longest_ns;
	row.hold_ns = wait->hold_ns;
	err = clinic_arena_thread_id(reading->session, image, wait->thread_at,
				     &row.thread_id);
	return err ? err : clinic_session_add_lock(reading->session, &row);
}

static uint64_t waits_for(const struct arena_image *image,
			  const struct lock_block *lock)
{
	const struct wait_block *wait = NULL;
	uint64_t lock_at =
		(uint64_t)((const char *)lock - (const char *)image->file.head);
	uint64_t sum = 0;

	while ((wait = clinic_arena_next(&image->file, BLOCK_WAIT, wait)))
		if (wait->lock_at == lock_at)
			sum += wait->count;
	return sum;
}

static int save_uncontended(struct arena_reading *reading,
			    const struct arena_image *image,
			    const struct lock_block *lock)
{
	uint64_t waits = waits_for(image, lock);
	struct clinic_lock row;
	int err;

	if (lock->acquisitions_count <= waits)
		return 0;
	err = begin_row(reading, image, lock, &row);
	row.acquisitions_count = lock->acquisitions_count - waits;
	return err ? err : clinic_session_add_lock(reading->session, &row);
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
	const struct wait_block *wait = NULL;
	const struct lock_block *lock = NULL;
	int err = note_deadlock(reading, image);

	while (!err &&
	       (wait = clinic_arena_next(&image->file, BLOCK_WAIT, wait)))
		err = save_wait(reading, image, wait);
	while (!err &&
	       (lock = clinic_arena_next(&image->file, BLOCK_LOCK, lock)))
		err = save_uncontended(reading, image, lock);
	return err;
}
