/*
 * shared_memory/unseen_roll.h - who is not observed, and why.
 *
 * A page in the folder of a recording, which each process maps when it starts
 * and its children inherit, whatever they may still open by then. Who can
 * neither make a file there nor hand one over is counted; programs that are
 * started without the library, as they would end with it, or in which it is
 * not loaded, are named. So is it said who confined itself, and was sampled
 * until then, and how many were forked and have not come so far that they are
 * seen.
 *
 * Writers    any process of the run, by atomic additions; a text before its
 *            length. The reader believes no length.
 * Read next  preload/unseen.h, who writes; sources/preload_injection.h.
 */
#ifndef CLINIC_SHARED_MEMORY_UNSEEN_ROLL_H
#define CLINIC_SHARED_MEMORY_UNSEEN_ROLL_H

#include <stdint.h>

/* In the folder; no other file's name begins with a dot. */
#define UNSEEN_ROLL_NAME ".roll"

#define UNSEEN_TEXTS      4u
#define UNSEEN_TEXT_BYTES 500u

struct unseen_text {
	uint32_t bytes; /* 0: not yet written */
	char text[UNSEEN_TEXT_BYTES];
};

/* Processes that became a program without the library, for one reason. */
struct unseen_leavers {
	uint32_t count;
	uint32_t pid;               /* the last */
	struct unseen_text program; /* "PATH (WHY)" */
};

struct unseen_roll {
	uint32_t unopened_count; /* programs without shared memory */
	uint32_t errno_number;   /* why, of the last */
	uint32_t pid;            /* the last */
	uint32_t unfit_count;    /* programs started without the library */
	uint32_t confined_count; /* whose timers ended with their rights */
	uint32_t starting_count; /* forked, and not yet seen or noted */
	struct unseen_text unfit[UNSEEN_TEXTS]; /* "PATH: WHY", of the first */
	struct unseen_leavers leavers[UNSEEN_TEXTS];
	uint32_t more_leavers_count; /* for whom there was no room */
};

#endif
