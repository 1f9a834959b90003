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

#include "collect/alloc_capture.h"

struct clinic_naming_options;
struct clinic_session;

int clinic_alloc_collect(struct clinic_alloc_capture *capture,
			 const struct clinic_naming_options *naming,
			 struct clinic_session *session);

#endif
