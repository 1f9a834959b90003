/*
 * sources/arena_file.h - read an arena that libclinic-preload.so writes.
 *
 *	clinic_arena_open(&folder, "1234.0", &file);
 *	clinic_arena_refresh(&file);              again and again
 *	clinic_arena_block(&file, BLOCK_ROWS, i);
 *	clinic_arena_close(&file);
 *
 * The target writes the file. It may be damaged or hostile, and may change
 * anything at any time. The lengths of blocks are read once, checked and kept
 * here: every block lies inside the file. Callers check the content of a block.
 *
 * Ownership  pointers lead into the mapped file, and are valid until the next
 *            refresh. The struct must not move while it is open.
 * Errors     0 or -errno; -EBADMSG: damaged, -EPROTO: of another version.
 *            file->damage names damage that is found later; the blocks after
 *            it stay unknown.
 * Read next  shared_memory/arena_layout.h.
 */
#ifndef CLINIC_SOURCES_ARENA_FILE_H
#define CLINIC_SOURCES_ARENA_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "shared_memory/arena_layout.h"
#include "sources/guarded_mapping.h"
#include "sources/shared_folder.h"
#include "unwind/address_space.h"

struct arena_entry {
	uint64_t at; /* of the payload, in the file */
	uint64_t bytes;
};

struct arena_blocks {
	struct arena_entry *entries; /* in the order in which they were made */
	size_t count, room;
};

struct arena_file {
	const struct clinic_shared_folder *folder;
	char name[32];
	struct clinic_guarded_mapping mapping;
	struct arena_head *head; /* where mapping is */
	uint32_t pid;
	uint64_t read_bytes; /* the blocks up to here are known */
	bool is_behind;      /* an unfinished block hides those after it */
	struct arena_blocks blocks[BLOCK_KINDS];
	const char *damage; /* NULL: none was found */
};

int clinic_arena_open(const struct clinic_shared_folder *folder,
		      const char *name, struct arena_file *file);
/* Finds the blocks that were made since. */
int clinic_arena_refresh(struct arena_file *file);
/* Notes what the caller found damaged; nothing more is read from then on. */
void clinic_arena_note_damage(struct arena_file *file, const char *what);
void clinic_arena_close(struct arena_file *file);

/* The payload of a block; NULL: there are not so many of that kind. */
const void *clinic_arena_block(const struct arena_file *file,
			       enum block_kind kind, size_t index);

#define CLINIC_ARENA_NO_BLOCK SIZE_MAX

/* The number of the block of that kind whose payload is at that offset. */
size_t clinic_arena_find(const struct arena_file *file, enum block_kind kind,
			 uint64_t offset);

/* The length of the text in a block of that kind; 0: there is none (yet). */
size_t clinic_arena_text(const struct arena_file *file, enum block_kind kind,
			 size_t index, const char **text);

/* false: the stage has no name. */
bool clinic_arena_stage(const struct arena_file *file, uint32_t node,
			char name[STAGE_NAME_BYTES]);

/*
 * Reads one line of a listing of maps. false: it is damaged. path has room for
 * PATH_MAX bytes, and mapping->path points there.
 */
bool clinic_arena_mapping(const char *text, struct clinic_mapping *mapping,
			  char *path);

/* Ticks to nanoseconds. */
uint64_t clinic_arena_ticks_ns(const struct arena_file *file, uint64_t ticks);
/* Our CLOCK_MONOTONIC at that tick; 0: before the recording. */
uint64_t clinic_arena_instant_ns(const struct arena_file *file, uint64_t ticks);

#endif
