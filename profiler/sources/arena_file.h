/*
 * sources/arena_file.h - an arena that libclinic-preload.so left, read back.
 *
 * The file is checked once: every block lies inside it, every count inside
 * its block, every thread and stage that is referred to exists.
 *
 * Ownership  all pointers are into the file's bytes, until close.
 * Errors     0 or -errno; -EBADMSG: damaged, -EPROTO: of another version.
 * Read next  shared_memory/arena_layout.h.
 */
#ifndef CLINIC_SOURCES_ARENA_FILE_H
#define CLINIC_SOURCES_ARENA_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared_memory/arena_layout.h"
#include "unwind/address_space.h"

struct arena_file {
	const struct arena_head *head;
	size_t bytes;
	const struct stage_table *stages; /* NULL: nothing was counted */
	const struct text_block *command; /* NULL: not known */
};

int clinic_arena_open(const char *path, struct arena_file *file);
void clinic_arena_close(struct arena_file *file);

/* The payload after previous (NULL: the first) of that kind, or NULL. */
const void *clinic_arena_next(const struct arena_file *file,
			      enum block_kind kind, const void *previous);

/* NULL: that offset is not a thread's. */
const struct thread_block *clinic_arena_thread(const struct arena_file *file,
					       uint64_t thread_at);

/* NULL: that offset is not a lock's. */
const struct lock_block *clinic_arena_lock(const struct arena_file *file,
					   uint64_t lock_at);

/*
 * One line of a listing of maps. false: it is damaged. path holds PATH_MAX
 * bytes, and mapping->path points there.
 */
bool clinic_arena_mapping(const char *text, struct clinic_mapping *mapping,
			  char *path);

/* Ticks to nanoseconds; 0 when nothing tells how long a tick is. */
uint64_t clinic_arena_ticks_ns(const struct arena_file *file, uint64_t ticks);
/* CLOCK_MONOTONIC at that tick. */
uint64_t clinic_arena_instant_ns(const struct arena_file *file, uint64_t ticks);

#endif
