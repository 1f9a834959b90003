/*
 * shared_memory/unseen_roll.h - which processes of a recording are not
 * observed, and why.
 *
 * It is a page in the folder of the recording. Each process maps it when it
 * starts, and its children inherit it, even if they cannot open the file any
 * more. It contains:
 * - how many processes could neither make a file there nor hand one over,
 * - the programs that are started without the library, because they would end
 *   with it, and those in which it is not loaded,
 * - how many processes were sampled only until they confined themselves,
 * - how many were forked, but are not observed yet.
 *
 * Writers    any process of the recording, by atomic additions. A text is
 *            written before its length.
 * Reader     the collector, which checks each length.
 * Read next  preload/unseen.h, the writer; sources/preload_injection.h, the
 *            reader.
 */
#ifndef CLINIC_SHARED_MEMORY_UNSEEN_ROLL_H
#define CLINIC_SHARED_MEMORY_UNSEEN_ROLL_H

#include <stdint.h>

/* The file in the folder; no other file's name begins with a dot. */
#define UNSEEN_ROLL_NAME ".roll"

#define UNSEEN_TEXTS      4u
#define UNSEEN_TEXT_BYTES 500u

struct unseen_text {
	uint32_t bytes; /* 0: not yet written */
	char text[UNSEEN_TEXT_BYTES];
};

/* Processes that became a program without the library, for the same reason. */
struct unseen_leavers {
	uint32_t count;
	uint32_t pid;               /* the last */
	struct unseen_text program; /* "PATH (WHY)" */
};

struct unseen_roll {
	uint32_t unopened_count; /* processes without shared memory */
	uint32_t errno_number;   /* the reason of the last one */
	uint32_t pid;            /* the last */
	uint32_t unfit_count;    /* programs started without the library */
	/* their timers ended when they gave up rights */
	uint32_t confined_count;
	uint32_t starting_count; /* forked, but not observed or noted yet */
	/* "PATH: WHY" of the first ones */
	struct unseen_text unfit[UNSEEN_TEXTS];
	struct unseen_leavers leavers[UNSEEN_TEXTS];
	uint32_t more_leavers_count; /* others, for which there was no room */
};

#endif
