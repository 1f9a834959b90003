/*
 * collect/alloc_raw.h - what libclinic-preload.so left behind, as a session.
 *
 *	clinic_alloc_prepare(&plan, argv[0], &capture);
 *	... run argv with clinic_alloc_settings(capture) in its environment ...
 *	clinic_alloc_collect(capture, &naming, session);
 *	clinic_alloc_free(capture);
 *
 * Each process, and each program it execs, leaves one file in a folder of
 * our own: also when it was killed. They are read once, after the run.
 *
 * Truth      what cannot be observed (static and setuid programs, programs
 *            with their own malloc) gives a note with the reason, and
 *            quality.allocations_observed stays 0: never rows of zero.
 * Threads    a block is freed where it is freed: for a call site at which
 *            several threads allocated, frees, leaks and peak stand in one
 *            more row, of no thread.
 * Ownership  the capture owns its folder and removes it.
 * Errors     0 or -errno. A damaged file is left out, with a note.
 * Read next  shared_memory/arena_layout.h, the files; session/rows.h.
 */
#ifndef CLINIC_COLLECT_ALLOC_RAW_H
#define CLINIC_COLLECT_ALLOC_RAW_H

#include <stdbool.h>
#include <stdint.h>

struct clinic_naming_options;
struct clinic_session;

struct clinic_alloc_plan {
	const char *preload; /* libclinic-preload.so */
	bool with_alloc;     /* call sites, live blocks, peak, leaks */
	bool with_lock;
	uint64_t sample_bytes;   /* 0: every allocation */
	const char *no_alloc_in; /* stages, comma-separated; or NULL */
};

struct clinic_alloc_capture;

/* program: as given to execvp. */
int clinic_alloc_prepare(const struct clinic_alloc_plan *plan,
			 const char *program,
			 struct clinic_alloc_capture **capture);

/* "NAME=value", ends with NULL. */
char *const *clinic_alloc_settings(const struct clinic_alloc_capture *capture);

int clinic_alloc_collect(struct clinic_alloc_capture *capture,
			 const struct clinic_naming_options *naming,
			 struct clinic_session *session);

void clinic_alloc_free(struct clinic_alloc_capture *capture); /* NULL: fine */

#endif
