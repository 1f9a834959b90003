/*
 * sources/arena_image.h - a program image: a process until its end or exec.
 *
 * Its arena, and what a reader keeps beside it: where its addresses are, which
 * sites, threads and locks it has, and how much of each was emitted already.
 *
 *	file  [head|STAGES|MAPS|THREAD|ROWS|SITE|SITE|WAIT|ROWS|MAPS|...
 *	            by kind and number:  spaces, sites, threads, rows, waits
 *
 * A block is there before it is filled: a site has no id yet, a listing no
 * text. Such a one is looked at again at the next refresh.
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
	uint32_t number; /* the receiver's; 0: it was not told yet */
};

/* What a thread did with a site, as far as it was emitted. */
struct arena_row_seen {
	uint64_t allocations_count, bytes, frees_count, freed_bytes;
	int64_t quiet_bytes; /* live at the quiet peak */
};

/*
 * What the program itself adds up, thread by thread, it knows in portions.
 * Where nothing changed from one look to the next, what the rows hold is
 * exact: the most of these moments.
 */
struct arena_quiet_peak {
	int64_t bytes;
	uint64_t time_ns;
};

struct arena_wait_seen {
	uint64_t count, expired_count, wait_ns, hold_ns;
};

struct arena_lock_seen {
	uint64_t acquisitions_count; /* that did not wait */
	uint64_t waits_count;        /* that got it */
	uint32_t number; /* the receiver's; 0: it was not told yet */
};

/* Of elements by the number of a block, or by id. */
struct arena_array {
	void *elements;
	size_t count, capacity;
};

struct arena_image {
	struct arena_file file;
	struct clinic_modules *modules;
	struct arena_array spaces;  /* clinic_space *; NULL: not there yet */
	struct arena_array sites;   /* arena_site, by id */
	struct arena_array rows;    /* arena_row_seen *; NULL: nothing told */
	struct arena_array waits;   /* arena_wait_seen */
	struct arena_array locks;   /* arena_lock_seen */
	struct arena_array pending; /* size_t: blocks of sites without an id */
	size_t sites_read;          /* blocks of sites, the pending ones too */
	uint32_t looks_count;       /* at all of it */
	int64_t live_bytes;         /* as far as it was emitted */
	bool is_changing;           /* at the last look */
	struct arena_quiet_peak quiet_peak;
	uint64_t resident_seen_bytes; /* the receiver's: most, at its looks */
	bool is_damage_emitted;
	bool is_gone;     /* its process is not there any more */
	bool is_replaced; /* the process went on as another program */
	bool is_done;     /* its process has ended, and all of it was read */
};

int clinic_arena_image_open(const struct clinic_shared_folder *folder,
			    const char *name, struct clinic_modules *modules,
			    struct arena_image **image);
void clinic_arena_image_free(struct arena_image *image); /* NULL: fine */

/* What has been added since: blocks, listings, sites. */
int clinic_arena_image_refresh(struct arena_image *image);

/* Room for as many elements, by the number of a block; new ones are zero. */
int clinic_arena_array_reach(struct arena_array *array, size_t wanted,
			     size_t element_bytes);

/* A site for an event, with its stage's name. */
struct arena_event_site {
	struct clinic_event_site site;
	char stage[STAGE_NAME_BYTES];
};

/*
 * The site of that id. -ENOENT: there is none; -EAGAIN: not all of it is there
 * yet. Without a space, which may still come, it is -EAGAIN too, unless
 * is_final.
 */
int clinic_arena_image_site(struct arena_image *image, uint32_t id,
			    bool is_final, struct arena_event_site *found);

/* It has call stacks, and said nowhere what their addresses belong to. */
bool clinic_arena_image_is_unlisted(const struct arena_image *image);

/* The program's own word for itself, or "a program". */
const char *clinic_arena_image_command(const struct arena_image *image,
				       char *text, size_t bytes);

#endif
