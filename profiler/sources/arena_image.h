/*
 * sources/arena_image.h - a program image: a process until its end or exec.
 *
 * An image is an arena and what its reader keeps: where the addresses are,
 * which sites, threads and locks there are, and how much of each was emitted.
 *
 *	file  [head|STAGES|MAPS|THREAD|ROWS|SITE|SITE|WAIT|ROWS|MAPS|...
 *	            by kind and number:  spaces, sites, threads, rows, waits
 *
 * A block exists before it is filled: a site has no id yet, a listing no text.
 * Such a block is read again at the next refresh.
 *
 * Ownership  an image must not move while it is open.
 * Errors     0 or -errno.
 * Read next  arena_file.h below it; arena_changes.h, which emits what changed.
 */
#ifndef CLINIC_SOURCES_ARENA_IMAGE_H
#define CLINIC_SOURCES_ARENA_IMAGE_H

#include <stdbool.h>

#include "sources/arena_file.h"
#include "sources/trace_event.h"

struct arena_site {
	uint32_t block;  /* which of its kind, from 1; 0: none is known */
	uint32_t number; /* the receiver's; 0: not emitted yet */
};

/* What was emitted of the work of a thread at a site. */
struct arena_row_seen {
	uint64_t allocations_count, bytes, frees_count, freed_bytes;
	int64_t quiet_bytes; /* live at the quiet peak */
};

/*
 * The threads of a program add to its own sum in portions, so its peak is not
 * exact. When nothing changes between two drains, the sum of the rows is exact.
 * This is the largest of these exact sums.
 */
struct arena_quiet_peak {
	int64_t bytes;
	uint64_t time_ns;
};

struct arena_wait_seen {
	uint64_t count, expired_count, wait_ns, hold_ns;
};

struct arena_lock_seen {
	uint64_t acquisitions_count; /* without a wait */
	uint64_t waits_count;        /* that ended in an acquisition */
	uint32_t number;             /* the receiver's; 0: not emitted yet */
};

/* An array whose index is the number of a block, or an id. */
struct arena_array {
	void *elements;
	size_t count, capacity;
};

struct arena_image {
	struct arena_file file;
	struct clinic_modules *modules;
	struct arena_array spaces;  /* clinic_space *; NULL: not read yet */
	struct arena_array sites;   /* arena_site, by id */
	struct arena_array rows;    /* arena_row_seen *; NULL: none emitted */
	struct arena_array waits;   /* arena_wait_seen */
	struct arena_array locks;   /* arena_lock_seen */
	struct arena_array pending; /* size_t: blocks of sites without an id */
	size_t sites_read;          /* blocks of sites, the pending ones too */
	uint32_t looks_count;       /* how often all rows were compared */
	int64_t live_bytes;         /* by what was emitted */
	bool is_changing;           /* at the last drain */
	struct arena_quiet_peak quiet_peak;
	uint64_t resident_seen_bytes; /* the receiver's: the most it has seen */
	bool is_damage_emitted;
	bool is_gone;     /* its process does not exist any more */
	bool is_replaced; /* the process went on as another program */
	bool is_done;     /* its process has ended, and everything was read */
};

int clinic_arena_image_open(const struct clinic_shared_folder *folder,
			    const char *name, struct clinic_modules *modules,
			    struct arena_image **image);
void clinic_arena_image_free(struct arena_image *image); /* NULL: fine */

/* Reads what was added since the last call: blocks, listings, sites. */
int clinic_arena_image_refresh(struct arena_image *image);

/* Makes room for so many elements; new ones are zero. */
int clinic_arena_array_reach(struct arena_array *array, size_t wanted,
			     size_t element_bytes);

/* A site of an event, with the name of its stage. */
struct arena_event_site {
	struct clinic_event_site site;
	char stage[STAGE_NAME_BYTES];
};

/*
 * The site with that id. -ENOENT: there is none. -EAGAIN: it is not complete
 * yet; or, unless is_final, its space is still missing.
 */
int clinic_arena_image_site(struct arena_image *image, uint32_t id,
			    bool is_final, struct arena_event_site *found);

/* It has call stacks, but no listing of what their addresses belong to. */
bool clinic_arena_image_is_unlisted(const struct arena_image *image);

/* The program's name as it calls itself, or "a program". */
const char *clinic_arena_image_command(const struct arena_image *image,
				       char *text, size_t bytes);

#endif
